"""Names and arrays as bytes that another machine can read back: versioned, checked, nothing in them is executed."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastgd.errors import DataError

_MAGIC, _VERSION = b"fastgd moments ", b"01"
_COUNT, _CHECK = 8, 32  # bytes of the header's length, and of the SHA-256 at the end
_NUMBERS = np.dtype("<f8")


def pack(header: dict[str, Any], arrays: list[NDArray[np.float64]]) -> bytes:
    """Magic and version, the length of a JSON header, the header with the arrays' shapes, their numbers, SHA-256 of all that."""
    text = json.dumps({**header, "shapes": [array.shape for array in arrays]}, separators=(",", ":")).encode("ascii")
    numbers = [np.ascontiguousarray(array, _NUMBERS).tobytes() for array in arrays]
    whole = b"".join([_MAGIC, _VERSION, len(text).to_bytes(_COUNT, "little"), text, *numbers])
    return whole + _digest(whole)


def unpack(data: bytes) -> tuple[dict[str, Any], list[NDArray[np.float64]]]:
    """Header and arrays, or the error that says what is wrong with the bytes."""
    if not isinstance(data, bytes | bytearray | memoryview):
        raise DataError(f"moments are read from bytes, not from {type(data).__qualname__}: pass what to_bytes returned")
    data = bytes(data)
    start = len(_MAGIC) + len(_VERSION)
    if not data.startswith(_MAGIC):
        raise DataError("these bytes are no moments: they do not begin as those of to_bytes do")
    cut = DataError("these moments are cut off or were changed: their SHA-256 is not that of their content")
    if len(data) < start + _COUNT + _CHECK:
        raise cut
    version = data[len(_MAGIC) : start]
    if version != _VERSION:
        raise DataError(
            f"these moments have version {version!r} of the format, and this fastgd reads version {_VERSION!r}: "
            "read them with the fastgd that wrote them, or a later one"
        )
    whole, check = data[:-_CHECK], data[-_CHECK:]
    if _digest(whole) != check:
        raise cut
    size = int.from_bytes(whole[start : start + _COUNT], "little")
    start += _COUNT
    header = json.loads(whole[start : start + size])
    numbers = np.frombuffer(whole, _NUMBERS, offset=start + size)
    arrays, used = [], 0
    for shape in header.pop("shapes"):
        count = int(np.prod(shape))
        arrays.append(numbers[used : used + count].reshape(shape).astype(np.float64))
        used += count
    return header, arrays


def _digest(data: bytes) -> bytes:
    from hashlib import sha256  # here, as it loads OpenSSL: 6 ms of every import of fastgd

    return sha256(data).digest()
