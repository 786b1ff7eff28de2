"""Least squares on any number of features, from the sums of `moments.sum_rows`, in double-double.

`centre` makes mean products, about the means or about zero; `solve` scales them by powers of two to a diagonal near 1 and
eliminates: Cholesky with the largest pivot first, the target as the last column, so that what is left of its own mean square
is the least mean squared error. A pivot that double-double cannot tell from zero ends it: the columns left over are linear
combinations of those before (Higham 2002, *Accuracy and Stability of Numerical Algorithms*, sections 10.3 and 20.4).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fastgd.kernels._compile import kernel
from fastgd.kernels._double_double import ONE, add, difference, divide, multiply, square_root, subtract
from fastgd.kernels._exact import two_product, two_sum

PIVOT = 2.0**-96
"""Of the mean square, about the shift, of a column: its variance less what other columns make up of it is not known better."""


@kernel
def centre(
    sums: NDArray[np.float64],
    about_mean: bool,
    out_mean: NDArray[np.float64],
    out_high: NDArray[np.float64],
    out_low: NDArray[np.float64],
    out_noise: NDArray[np.float64],
) -> None:
    """Means, (2, q), and mean products, (q, q), of columns divided by 2^exponents, sums[3, 1 : q + 1], and how well the
    diagonal of the products is known, as a share of it, (q,)."""
    q = out_mean.shape[1]
    share = divide(ONE, two_sum(sums[0, 0], sums[1, 0]))
    s = 1 + q
    for i in range(q):
        total = (sums[0, 1 + i], sums[1, 1 + i])
        shift = (sums[2, 1 + i], 0.0)
        for j in range(i, q):
            # Sums about the shift, less the mean's part: cancels at most 34 of 106 bits, the shift having been chosen for that.
            mean = multiply((sums[0, 1 + j], sums[1, 1 + j]), share)
            product = multiply(difference((sums[0, s], sums[1, s]), multiply(total, mean)), share)
            if not about_mean:
                other = add(mean, (sums[2, 1 + j], 0.0))
                product = add(product, multiply(add(multiply(total, share), shift), other))
            out_high[i, j], out_low[i, j] = product
            out_high[j, i], out_low[j, i] = product
            if i == j:
                out_noise[i] = PIVOT * max(1.0, sums[0, s] * share[0] / product[0]) if product[0] > 0.0 else 1.0
            s += 1
        out_mean[0, i], out_mean[1, i] = add(multiply(total, share), shift)
        if out_high[i, i] <= 0.0:  # a column that does not vary
            for j in range(q):
                out_high[i, j] = out_low[i, j] = out_high[j, i] = out_low[j, i] = 0.0


@kernel
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


@kernel
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


@kernel
def solve(
    high: NDArray[np.float64],
    low: NDArray[np.float64],
    noise: NDArray[np.float64],
    order: NDArray[np.int64],
    out_coef: NDArray[np.float64],
) -> tuple[int, float]:
    """Coefficients, (2, p), of the last column on the p others, and the rank and the least mean squared error.

    `high` + `low`, the mean products, are overwritten; `noise` is that of `centre`. `order` (p,) becomes the order of the
    columns, those that are linear combinations of others last, and with coefficient 0.
    """
    p = order.size
    exponents = np.zeros(p + 1, np.int64)
    for i in range(p + 1):
        _, e = math.frexp(high[i, i])
        exponents[i] = e // 2
    for i in range(p + 1):
        for j in range(i, p + 1):
            high[i, j] = np.ldexp(high[i, j], -(exponents[i] + exponents[j]))
            low[i, j] = np.ldexp(low[i, j], -(exponents[i] + exponents[j]))
    for i in range(p):
        order[i] = i
    rank = p
    blur = 0.0  # of the columns taken so far
    for k in range(p):
        best = k
        for j in range(k + 1, p):
            if high[j, j] > high[best, best]:
                best = j
        blur = max(blur, noise[order[best]])
        if high[best, best] <= 2.0 * blur * p:
            rank = k
            break
        if best != k:
            _swap(high, low, k, best)
            order[k], order[best] = order[best], order[k]
        _eliminate(high, low, k)
    out_coef[:] = 0.0
    for k in range(rank - 1, -1, -1):
        value = (high[k, p], low[k, p])
        for j in range(k + 1, rank):
            i = order[j]
            value = subtract(value, multiply((high[k, j], low[k, j]), (out_coef[0, i], out_coef[1, i])))
        i = order[k]
        out_coef[0, i], out_coef[1, i] = divide(value, (high[k, k], low[k, k]))
    for i in range(p):
        for part in range(2):
            out_coef[part, i] = np.ldexp(out_coef[part, i], exponents[p] - exponents[i])
    return rank, np.ldexp(max(high[p, p], 0.0), 2 * exponents[p])
