"""Moments as bytes, taken apart and put together again with a good checksum, as one who means harm would. Nothing of fastgd."""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any

import numpy as np

BEGIN = b"fastgd moments 01"

Header = dict[str, Any]
Arrays = list[np.ndarray]


def opened(data: bytes) -> tuple[Header, Arrays]:
    """Header, its "shapes" left out, and arrays."""
    start = len(BEGIN) + 8
    size = int.from_bytes(data[len(BEGIN) : start], "little")
    header = json.loads(data[start : start + size])
    numbers = np.frombuffer(data[:-32], "<f8", offset=start + size)
    shapes = header.pop("shapes")
    ends = np.cumsum([math.prod(shape) for shape in shapes], dtype=int)
    return header, [numbers[end - math.prod(s) : end].reshape(s).copy() for end, s in zip(ends, shapes, strict=True)]


def closed(header: Header, arrays: Arrays) -> bytes:
    """Bytes with a good checksum; "shapes" in the header are those that it shall say."""
    told = {"shapes": [array.shape for array in arrays], **header}
    return signed(json.dumps(told).encode(), b"".join(np.asarray(array, "<f8").tobytes() for array in arrays))


def signed(header: bytes, rest: bytes = b"", size: int | None = None) -> bytes:
    whole = BEGIN + (len(header) if size is None else size).to_bytes(8, "little") + header + rest
    return whole + hashlib.sha256(whole).digest()
