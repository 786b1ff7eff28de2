"""Least squares on any number of features, from the sums of `sums.sum_rows`, in double-double.

`centre` makes mean products about the means; `solve` scales them by powers of two to a diagonal near 1 and eliminates: Cholesky
with the largest pivot first, the target as the last column, so that what is left of its own mean square is the least mean
squared error. A pivot of which double-double does not know one digit ends it: the columns left over are linear combinations of
those before (Higham 2002, *Accuracy and Stability of Numerical Algorithms*, sections 10.3 and 20.4).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fastgd.kernels import layout as row
from fastgd.kernels._compile import inner, kernel
from fastgd.kernels.double_double import (
    NOISE,
    ONE,
    Array,
    add,
    at,
    difference,
    divide,
    exponent_of,
    multiply,
    scale,
    scale_pair,
    set_at,
    set_pair,
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
    sums: Array,
    out_mean: Array,
    out_high: Array,
    out_low: Array,
    out_noise: Array,
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
def _eliminate(high: Array, low: Array, k: int) -> None:
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
def _swap(high: Array, low: Array, k: int, j: int) -> None:
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
    mean: Array, high: Array, low: Array, noise: Array
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
    high: Array, low: Array, noise: Array, order: NDArray[np.int64]
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
    sums: Array,
    blur: Array,
    ridge: Array,
    fit_intercept: bool,
    problem: Array,
    target: Array,
    layout: NDArray[np.int64],
    high: Array,
    low: Array,
) -> int:
    """Least squares of the last of q = p + 1 columns on the others; returns how many of these are independent.

    Parameters
    ----------
    sums : those of `sum_rows`
    blur : (q,)
        What is not known of each column's square about the mean, as a share of it; 0 for what double-double leaves.
    ridge : (2, p)
        What a quadratic penalty adds to the mean square of each column about the mean: so much, and so many times it.
    problem, target
        To be filled in, the problem up to SCALE.
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
    set_pair(problem, row.WEIGHT, two_sum(sums[0, 0], sums[1, 0]))
    problem[row.WEIGHT_EXPONENT, 0] = sums[3, 0]
    set_pair(target, row.MEAN_Y, scale_pair((mean[0, p], mean[1, p]), -int(balance[p])))
    set_pair(target, row.VAR_Y, scale_pair((high[p, p], low[p, p]), -2 * int(balance[p])))
    target[row.EXPONENT_Y, 0] = sums[3, 1 + p] + balance[p]
    if not fit_intercept:
        _move_to_zero(mean, high, low, noise)
    problem[row.EXPONENT, 0] = 0.0
    set_at(problem, row.MEAN, 0, ONE)  # the column of ones
    set_at(problem, row.SPREAD, 0, (0.0, 0.0))
    set_at(problem, row.SCALE, 0, (0.0, 0.0))
    for i in range(p):
        spread = scale_pair((high[i, i], low[i, i]), -2 * balance[i])
        problem[row.EXPONENT, 1 + i] = sums[3, 1 + i] + balance[i]
        set_at(problem, row.MEAN, 1 + i, scale_pair((mean[0, i], mean[1, i]), -balance[i]))
        set_at(problem, row.SPREAD, 1 + i, spread)
        set_at(problem, row.SCALE, 1 + i, square_root(spread))
        if ridge[0, i] > 0.0 or ridge[1, i] > 0.0:
            more = multiply((ridge[1, i], 0.0), (high[i, i], low[i, i]))
            more = add(more, scale_pair((ridge[0, i], 0.0), -2 * int(sums[3, 1 + i])))
            high[i, i], low[i, i] = add((high[i, i], low[i, i]), more)
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
    intercept = (target[row.MEAN_Y, 0], target[row.MEAN_Y, 1])
    top = abs(intercept[0])
    for i in range(p):
        exponents[i] = unit[i] - balance[i]
        w = scale_pair((coef[0, i], coef[1, i]), int(unit[p] - balance[p] - exponents[i]))
        set_at(target, row.BEST, 1 + i, w)
        part = multiply(w, at(problem, row.MEAN, 1 + i))
        intercept = subtract(intercept, part)
        top = max(top, abs(part[0]))
    if not fit_intercept or abs(intercept[0]) <= NOISE * top:
        intercept = (0.0, 0.0)
    set_at(target, row.BEST, 0, intercept)
    known = high[p, p] > 4.0 * (p + 1) * noise[p]
    target[row.LEAST, 0] = scale(high[p, p], 2 * int(unit[p] - balance[p])) if known else 0.0
    return rank
