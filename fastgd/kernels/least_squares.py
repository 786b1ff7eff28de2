"""Least squares on any number of features, from the sums of `moments.sum_rows`, in double-double.

`centre` makes mean products about the means; `solve` scales them by powers of two to a diagonal near 1 and eliminates: Cholesky
with the largest pivot first, the target as the last column, so that what is left of its own mean square is the least mean
squared error. A pivot of which double-double does not know one digit ends it: the columns left over are linear combinations of
those before (Higham 2002, *Accuracy and Stability of Numerical Algorithms*, sections 10.3 and 20.4).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fastgd.kernels._compile import inner, kernel
from fastgd.kernels.double_double import (
    NOISE,
    ONE,
    add,
    difference,
    divide,
    exponent_of,
    multiply,
    scale,
    scale_pair,
    square_root,
    subtract,
)
from fastgd.kernels.exact import two_product, two_sum

PIVOT = 2.0**-96
"""Of the mean square, about the shift, of a column: its variance less what other columns make up of it is not known better."""

DIGIT = 20.0
"""How many times larger than what is not known of it a pivot must be, to count."""


@kernel
def centre(
    sums: NDArray[np.float64],
    out_mean: NDArray[np.float64],
    out_high: NDArray[np.float64],
    out_low: NDArray[np.float64],
    out_noise: NDArray[np.float64],
) -> None:
    """Means, (2, q), and mean products about them, (q, q), of columns divided by 2^exponents, sums[3, 1 : q + 1], and how well
    the diagonal of the products is known, as a share of it, (q,)."""
    q = out_mean.shape[1]
    share = divide(ONE, two_sum(sums[0, 0], sums[1, 0]))
    s = 1 + q
    for i in range(q):
        total = two_sum(sums[0, 1 + i], sums[1, 1 + i])
        for j in range(i, q):
            # Sums about the shift, less the mean's part: that cancels at most 14 of 106 bits, the shift being chosen for it.
            mean = multiply(two_sum(sums[0, 1 + j], sums[1, 1 + j]), share)
            product = multiply(difference((sums[0, s], sums[1, s]), multiply(total, mean)), share)
            out_high[i, j], out_low[i, j] = product
            out_high[j, i], out_low[j, i] = product
            if i == j:
                out_noise[i] = PIVOT * max(1.0, sums[0, s] * share[0] / product[0]) if product[0] > 0.0 else 1.0
            s += 1
        out_mean[0, i], out_mean[1, i] = add(multiply(total, share), (sums[2, 1 + i], 0.0))
    for i in range(q):
        if out_high[i, i] <= 0.0:  # a column that does not vary
            for j in range(q):
                out_high[i, j] = out_low[i, j] = out_high[j, i] = out_low[j, i] = 0.0


@inner
def _eliminate(high: NDArray[np.float64], low: NDArray[np.float64], k: int) -> None:
    """Row k of the factor, and what is left of the rows below it."""
    q = high.shape[0]
    root = square_root((high[k, k], low[k, k]))
    for j in range(k, q):
        high[k, j], low[k, j] = divide((high[k, j], low[k, j]), root)
    for i in range(k + 1, q):
        a, c = high[k, i], low[k, i]
        b, d = high[k, i:], low[k, i:]
        h, l = high[i, i:], low[i, i:]
        for j in range(b.size):
            p, f = two_product(a, b[j])
            f += a * d[j] + c * b[j]
            s, e = two_sum(h[j], -p)
            h[j], l[j] = two_sum(s, e + (l[j] - f))


@inner
def _swap(high: NDArray[np.float64], low: NDArray[np.float64], k: int, j: int) -> None:
    """Columns and rows k < j of a symmetric matrix whose upper triangle counts, rows above k being those of the factor."""
    for part in (high, low):
        for i in range(k):
            part[i, k], part[i, j] = part[i, j], part[i, k]
        for i in range(k + 1, j):
            part[k, i], part[i, j] = part[i, j], part[k, i]
        for i in range(j + 1, part.shape[0]):
            part[k, i], part[j, i] = part[j, i], part[k, i]
        part[k, k], part[j, j] = part[j, j], part[k, k]


@inner
def _move_to_zero(
    mean: NDArray[np.float64], high: NDArray[np.float64], low: NDArray[np.float64], noise: NDArray[np.float64]
) -> None:
    """Mean products about zero from those about the means."""
    for i in range(noise.size):
        varied = high[i, i]
        for j in range(i, noise.size):
            square = multiply((mean[0, i], mean[1, i]), (mean[0, j], mean[1, j]))
            high[i, j], low[i, j] = add((high[i, j], low[i, j]), square)
        noise[i] = max(PIVOT, noise[i] * varied / high[i, i]) if high[i, i] > 0.0 else 1.0


@inner
def _factorise(
    high: NDArray[np.float64], low: NDArray[np.float64], noise: NDArray[np.float64], order: NDArray[np.int64]
) -> int:
    """Cholesky with the largest pivot first, the target staying last; returns the number of pivots that count."""
    p = order.size
    for i in range(p):
        order[i] = i
    blur = 0.0  # of the columns taken so far
    for k in range(p):
        best = k
        for j in range(k + 1, p):
            if high[j, j] > high[best, best]:
                best = j
        blur = max(blur, noise[order[best]])
        if high[best, best] <= DIGIT * blur * p:
            return k
        if best != k:
            _swap(high, low, k, best)
            order[k], order[best] = order[best], order[k]
        _eliminate(high, low, k)
    return p


@kernel
def solve(
    sums: NDArray[np.float64],
    blur: NDArray[np.float64],
    fit_intercept: bool,
    out: NDArray[np.float64],
    layout: NDArray[np.int64],
    high: NDArray[np.float64],
    low: NDArray[np.float64],
) -> int:
    """Least squares of the last of q = p + 1 columns on the others; returns how many of these are independent.

    Parameters
    ----------
    sums : those of `moments.sum_rows`
    blur : (q,)
        What is not known of each column's square about the mean, as a share of it; 0 for what double-double leaves.
    out : (15, q)
        Rows 0 to 5, in the first one or two columns: sum of weights and its exponent; mean, variance and exponent of the target;
        least mean squared error. Then rows with a parameter a column, the intercept first: exponents, means, mean squares about
        the mean (without an intercept about 0), a least squares solution, and the roots of the mean squares; but for the
        exponents two rows each, high and low. Columns are divided by 2^exponent, which makes very large or small ones about 1.
    layout : (2, p)
        The order of the columns in the factor, those that are linear combinations of others last, and with coefficient 0; and
        the exponents of 2 that its columns, at their old places, are still to be multiplied by.
    high, low : (q, q)
        Upper triangle: the Cholesky factor of the mean products of the columns in the new order, the target last.
    """
    p = int(layout.shape[1])
    order, exponents = layout[0], layout[1]
    mean, coef, noise = np.empty((2, p + 1)), np.empty((2, p)), np.empty(p + 1)
    centre(sums, mean, high, low, noise)
    for i in range(p + 1):
        noise[i] = max(noise[i], blur[i])
    balance, unit = np.empty(p + 1, np.int64), np.empty(p + 1, np.int64)  # exponents of columns'', and of near-unit ones
    for i in range(p + 1):
        balance[i] = exponent_of(mean[0, i], high[i, i], sums[3, 1 + i])
    out[0, 0], out[0, 1] = two_sum(sums[0, 0], sums[1, 0])
    out[1, 0] = sums[3, 0]
    out[2, 0], out[2, 1] = scale_pair((mean[0, p], mean[1, p]), -int(balance[p]))
    out[3, 0], out[3, 1] = scale_pair((high[p, p], low[p, p]), -2 * int(balance[p]))
    out[4, 0] = sums[3, 1 + p] + balance[p]
    if not fit_intercept:
        _move_to_zero(mean, high, low, noise)
    for i in range(p):
        spread = scale_pair((high[i, i], low[i, i]), -2 * balance[i])
        out[6, 1 + i] = sums[3, 1 + i] + balance[i]
        out[7, 1 + i], out[8, 1 + i] = scale_pair((mean[0, i], mean[1, i]), -balance[i])
        out[9, 1 + i], out[10, 1 + i] = spread
        out[13, 1 + i], out[14, 1 + i] = square_root(spread)
    for i in range(p + 1):
        _, exponent = math.frexp(high[i, i])
        unit[i] = exponent // 2
    for i in range(p + 1):
        for j in range(i, p + 1):
            high[i, j], low[i, j] = scale_pair((high[i, j], low[i, j]), -int(unit[i] + unit[j]))
    rank = _factorise(high, low, noise, order)
    coef[:] = 0.0
    for k in range(rank - 1, -1, -1):
        value = (high[k, p], low[k, p])
        for j in range(k + 1, rank):
            i = order[j]
            value = subtract(value, multiply((high[k, j], low[k, j]), (coef[0, i], coef[1, i])))
        i = order[k]
        coef[0, i], coef[1, i] = divide(value, (high[k, k], low[k, k]))
    intercept = (out[2, 0], out[2, 1])
    top = abs(intercept[0])
    for i in range(p):
        exponents[i] = unit[i] - balance[i]
        w = scale_pair((coef[0, i], coef[1, i]), int(unit[p] - balance[p] - exponents[i]))
        out[11, 1 + i], out[12, 1 + i] = w
        part = multiply(w, (out[7, 1 + i], out[8, 1 + i]))
        intercept = subtract(intercept, part)
        top = max(top, abs(part[0]))
    if not fit_intercept or abs(intercept[0]) <= NOISE * top:
        intercept = (0.0, 0.0)
    for row in range(6, 15):
        out[row, 0] = 0.0
    out[7, 0] = 1.0  # the column of ones
    out[11, 0], out[12, 0] = intercept
    known = high[p, p] > 4.0 * (p + 1) * noise[p]
    out[5, 0] = scale(high[p, p], 2 * int(unit[p] - balance[p])) if known else 0.0
    return rank
