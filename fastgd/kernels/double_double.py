"""Arithmetic of double-double numbers, unevaluated pairs high + low of about 106 bits.

The algorithms are those of Joldes, Muller & Popescu (2017), *Tight and rigorous error bounds for basic building blocks of
double-word arithmetic*, ACM TOMS 44(2), with relative errors of a few 2^-106.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fastgd.kernels._compile import inlined, inner
from fastgd.kernels._straight import straight
from fastgd.kernels.exact import two_product, two_sum

Array = NDArray[np.float64]
Pair = tuple[float, float]

ONE, TWO = (1.0, 0.0), (2.0, 0.0)
NOISE = 2.0**-100
"""A few units in the last place."""


@straight
def add(a: Pair, b: Pair) -> Pair:
    s, e = two_sum(a[0], b[0])
    t, f = two_sum(a[1], b[1])
    s, e = two_sum(s, e + t)
    return two_sum(s, e + f)


@straight
def subtract(a: Pair, b: Pair) -> Pair:
    return add(a, (-b[0], -b[1]))


@inner
def difference(a: Pair, b: Pair) -> Pair:
    """a - b, or 0 where only rounding is left of two equal numbers."""
    d = subtract(a, b)
    return (0.0, 0.0) if abs(d[0]) <= NOISE * abs(a[0]) else d


@straight
def multiply(a: Pair, b: Pair) -> Pair:
    p, e = two_product(a[0], b[0])
    return two_sum(p, e + (a[0] * b[1] + a[1] * b[0]))


@straight
def divide(a: Pair, b: Pair) -> Pair:
    """The rounded quotient and one Newton correction from the exact remainder."""
    q = a[0] / b[0]
    p, e = two_product(q, b[0])
    return two_sum(q, ((((a[0] - p) - e) + a[1]) - q * b[1]) / b[0])


@inner
def square_root(a: Pair) -> Pair:
    if a[0] <= 0.0:
        return 0.0, 0.0
    s = np.sqrt(a[0])
    p, e = two_product(s, s)
    rest = subtract(a, (p, e))
    return two_sum(s, rest[0] / (2.0 * s))


@inner
def scale(value: float, exponent: int) -> float:
    """value * 2^exponent. The C library's function takes 5 ns, so it is called only where the exponent is not 0."""
    return value if exponent == 0 else np.ldexp(value, exponent)


@inlined
def scale_pair(pair: Pair, exponent: int) -> Pair:
    return scale(pair[0], exponent), scale(pair[1], exponent)


@inner
def half_exponent(square: float) -> int:
    """e with square / 4^e in [1/2, 2), or 0 where fourth powers are in range without scaling."""
    if square == 0.0 or 2.0**-200 < square < 2.0**200:
        return 0
    _, e = math.frexp(square)
    return e // 2


@inlined
def exponent_of(mean: float, spread: float, exponent: float) -> int:
    """`half_exponent` of spread + mean^2, also where that underflows because rows are far smaller than the shift of their sums.

    The column has been divided by 2^exponent. For a column of zeros it is -exponent, so that both make 0.
    """
    square = spread + mean * mean
    if square == 0.0:
        if mean == 0.0:
            return -int(exponent)
        _, e = math.frexp(mean)
        return e
    return half_exponent(square)


@straight
def set_pair(rows: Array, row: int, pair: Pair) -> None:
    """Put a pair side by side at the beginning of a row."""
    rows[row, 0] = pair[0]
    rows[row, 1] = pair[1]


@straight
def set_at(rows: Array, row: int, j: int, pair: Pair) -> None:
    """Put a pair one above the other into column j."""
    rows[row, j] = pair[0]
    rows[row + 1, j] = pair[1]


@straight
def at(rows: Array, row: int, j: int) -> Pair:
    """The pair in column j whose high part is in this row."""
    return rows[row, j], rows[row + 1, j]
