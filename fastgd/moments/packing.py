"""Names and arrays as bytes that another machine can read back: versioned, checked, and never executed.

SHA-256 finds bytes that were cut off or changed by accident. An attacker can compute a new SHA-256 for what he changed, so what
the bytes say is checked as well: here before memory is taken for it, and with `require` by those who read it.
"""

from __future__ import annotations

import json
import math
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
        raise DataError("these bytes are not moments: they do not begin as those of to_bytes do")
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
    try:
        header = json.loads(whole[start : start + size])
    except (ValueError, RecursionError):
        header = None
    require(isinstance(header, dict), "the header is not JSON, or not a group of keys")
    shapes = header.pop("shapes", None)
    require(isinstance(shapes, list) and all(map(_is_shape, shapes)), "the shapes of the arrays are not valid")
    counts = [math.prod(shape) for shape in shapes]
    require(_NUMBERS.itemsize * sum(counts) == len(whole) - start - size, "there are more or fewer numbers than the shapes say")
    numbers = np.frombuffer(whole, _NUMBERS, offset=start + size)
    require(bool(np.isfinite(numbers).all()), "a number is not finite")
    arrays, used = [], 0
    for shape, count in zip(shapes, counts, strict=True):
        arrays.append(numbers[used : used + count].reshape(shape).astype(np.float64))
        used += count
    return header, arrays


def require(good: bool, what: str) -> None:
    """Refuse bytes whose SHA-256 is right, but which say what `pack` was never given."""
    if not good:
        raise DataError(f"these moments are not what to_bytes writes: {what}")


def is_count(value: Any, most: int = 2**63 - 1) -> bool:
    """Whether it is a whole number from 0 to `most`; no data have as many rows as 2^63."""
    return type(value) is int and 0 <= value <= most


def _is_shape(shape: Any) -> bool:
    return isinstance(shape, list) and len(shape) <= 2 and all(map(is_count, shape))


def _digest(data: bytes) -> bytes:
    from hashlib import sha256  # here, as it loads OpenSSL: 6 ms of every import of fastgd

    return sha256(data).digest()
