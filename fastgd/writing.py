"""Files written all at once."""

from __future__ import annotations

import contextlib
import os

from fastgd.errors import DataError


def replace(path: str, content: str | bytes) -> None:
    """Write a file: whatever fails, and whenever, `path` holds the whole of the old content or of the new one."""
    if os.path.exists(path) and not os.path.isfile(path):
        raise DataError(f"{path} is a folder or a device: name a file")
    temporary = os.path.join(os.path.dirname(path), f".fastgd-{os.urandom(8).hex()}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        if os.path.exists(path):
            os.chmod(temporary, os.stat(path).st_mode & 0o7777)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
