"""Numbers in the data's units, and the error where float64 cannot hold one."""

from __future__ import annotations

import math

from fastgd.errors import DataError


def in_float64(value: float, exponent: float, what: str, column: str) -> float:
    """value * 2^exponent, or the error that says that `column` is too large or small for float64 to hold `what`."""
    try:
        return math.ldexp(value, int(exponent))
    except OverflowError:
        raise exceeds_float64(value, exponent, what, column) from None


def exceeds_float64(value: float, exponent: float, what: str, column: str) -> DataError:
    """The error that says that float64 cannot hold value * 2^exponent."""
    digits = math.log10(abs(value)) + exponent * math.log10(2.0)
    return DataError(f"{what} is about 1e{digits:+.0f}, which float64 cannot hold: divide {column} by a power of two")
