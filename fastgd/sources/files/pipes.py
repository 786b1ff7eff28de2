"""Pipes and devices, whose next bytes may never come: to wait for them can be ended from another thread."""

from __future__ import annotations

import io
import os
from select import select
from typing import Any


class Pipe(io.RawIOBase):
    """The bytes of a file until its end, or until `stop`.

    A thread that waits in `read` for the writer of a pipe does not see Ctrl-C, and the main thread, which does, waits for it.
    """

    def __init__(self, path: str) -> None:
        self._file = open(path, "rb", buffering=0)
        self._told, self._tell = os.pipe()

    def readable(self) -> bool:
        return True

    def readinto(self, memory: Any) -> int:
        ready, _, _ = select([self._file.fileno(), self._told], [], [])
        return 0 if self._told in ready else self._file.readinto(memory) or 0

    def stop(self) -> None:
        """End the read that waits and all later ones, as at the end of the file."""
        if not self.closed:
            os.write(self._tell, b".")

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._file.close()
            os.close(self._told)
            os.close(self._tell)


CAN_STOP = os.name == "posix"
"""Elsewhere one cannot wait for two files at once, unless they are sockets."""
