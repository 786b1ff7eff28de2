"""Files written all at once."""

from __future__ import annotations

import contextlib
import os

from fastgd.errors import DataError


def replace(path: str | os.PathLike[str], content: str | bytes, what: str) -> None:
    """Write a file: whatever fails, and whenever, `path` holds the whole of the old content or of the new one.

    Raises
    ------
    DataError
        That says why `what` cannot be written.
    """
    target = os.path.realpath(path)
    if os.path.exists(target) and not os.path.isfile(target):
        raise DataError(f"{target} is a folder or a device: name a file")
    temporary = os.path.join(os.path.dirname(target), f".fastgd-{os.urandom(8).hex()}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        if os.path.exists(target):
            os.chmod(temporary, os.stat(target).st_mode & 0o7777)
        os.replace(temporary, target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        if isinstance(error, OSError):
            raise DataError(f"{what} cannot be written to {os.fsdecode(path)}: {error.strerror or error}") from error
        raise
