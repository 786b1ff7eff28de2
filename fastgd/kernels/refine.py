"""Iterative refinement of least squares: the gradient at given coefficients in double-double, and a Newton step from there.

A row z = (1, x, y) and coefficients (b, w, -1) give r = z . coef = b + x . w - y, the residual with its sign changed. The
products r z, summed over the rows, are half the gradient. Where r comes from products that nearly cancel, double-double keeps
some 50 bits of it (Higham 2002, *Accuracy and Stability of Numerical Algorithms*, chapter 12: the first solution in working
precision, residuals in double that precision, and a few corrections).
"""

from __future__ import annotations

import numpy as np

from fastgd.kernels._compile import inlined, inner, kernel
from fastgd.kernels.double_double import Array, add, multiply, subtract
from fastgd.kernels.exact import aligned, two_product, two_sum

STEP = 16
"""The width of a buffer of rows is a multiple of this: columns that do not fill a vector take four times as long."""

_LANES = 64
_ROWS = 4
_LOW = _ROWS * _LANES
"""Where the low parts begin in an array of lanes, after the high parts of _ROWS rows side by side."""

_FEW = 8
"""Lanes of a row that are left when its sum is finished together with those of other rows, by loops over the rows."""

_TILE = 64
"""Rows whose sums are finished together. ns a row of 64 and 208 columns: 64 and 107; one row at a time, 90 and 150."""


@inlined
def _add_product(lanes: Array, k: int, x: float, b: float, c: float) -> None:
    """Add x (b + c) to lane k."""
    p, d = two_product(x, b)
    lanes[k], e = two_sum(lanes[k], p)
    lanes[_LOW + k] += (d + e) + x * c


@inlined
def _add_products(rows: Array, coef: Array, start: int, m: int, lanes: Array) -> None:
    """Add the products of m columns from `start` on."""
    x0, x1, x2, x3 = rows[0, start:], rows[1, start:], rows[2, start:], rows[3, start:]
    high, low = coef[0, start:], coef[1, start:]
    for k in range(m):
        b, c = high[k], low[k]
        _add_product(lanes, k, x0[k], b, c)
        _add_product(lanes, _LANES + k, x1[k], b, c)
        _add_product(lanes, 2 * _LANES + k, x2[k], b, c)
        _add_product(lanes, 3 * _LANES + k, x3[k], b, c)


@inlined
def _add_lane(lanes: Array, k: int, other: int) -> None:
    lanes[k], e = two_sum(lanes[k], lanes[other])
    lanes[_LOW + k] += e + lanes[_LOW + other]


@inlined
def _halve(lanes: Array, width: int) -> None:
    """Add the upper half of 2 width lanes to the lower half, in one loop for all rows: LLVM unrolls a shorter one instead of
    vectorising it."""
    for k in range(width):
        _add_lane(lanes, k, width + k)
        _add_lane(lanes, _LANES + k, _LANES + width + k)
        _add_lane(lanes, 2 * _LANES + k, 2 * _LANES + width + k)
        _add_lane(lanes, 3 * _LANES + k, 3 * _LANES + width + k)


@inner
def _multiply(rows: Array, coef: Array, lanes: Array) -> None:
    """rows . coef of _ROWS rows, each in _FEW lanes."""
    width = rows.shape[1]
    for k in range(2 * _LOW):
        lanes[k] = 0.0
    whole = width // _LANES * _LANES
    for start in range(0, whole, _LANES):
        _add_products(rows, coef, start, _LANES, lanes)
    if whole < width:
        _add_products(rows, coef, whole, width - whole, lanes)
    _halve(lanes, 32)
    _halve(lanes, 16)
    _halve(lanes, 8)


@inner
def _residuals(rows: Array, coef: Array, lanes: Array, sums: Array, residual: Array) -> None:
    """residual[0] + residual[1] = rows . coef, of at most _TILE rows; `sums`, (2, _FEW, _TILE), is work space for their lanes."""
    high, low = sums[0], sums[1]
    for start in range(0, rows.shape[0], _ROWS):
        _multiply(rows[start : start + _ROWS], coef, lanes)
        for i in range(_ROWS):
            for k in range(_FEW):
                high[k, start + i], low[k, start + i] = lanes[i * _LANES + k], lanes[_LOW + i * _LANES + k]
    width = _FEW
    while width > 1:
        width //= 2
        for k in range(width):
            a, b, c, d = high[k], high[width + k], low[k], low[width + k]
            for i in range(_TILE):
                a[i], e = two_sum(a[i], b[i])
                c[i] += e + d[i]
    a, c, r, r_ = high[0], low[0], residual[0], residual[1]
    for i in range(_TILE):
        r[i], r_[i] = two_sum(a[i], c[i])


@inner
def _add_rows(rows: Array, factor: Array, h: Array, l: Array) -> None:
    """h + l += rows' factor, of _ROWS rows at once, so that the sums are loaded and stored once for all of them."""
    x0, x1, x2, x3 = rows[0], rows[1], rows[2], rows[3]
    r0, r1, r2, r3 = factor[0, 0], factor[0, 1], factor[0, 2], factor[0, 3]
    s0, s1, s2, s3 = factor[1, 0], factor[1, 1], factor[1, 2], factor[1, 3]
    for k in range(h.size):
        p0, d0 = two_product(x0[k], r0)
        p1, d1 = two_product(x1[k], r1)
        p2, d2 = two_product(x2[k], r2)
        p3, d3 = two_product(x3[k], r3)
        p0, e0 = two_sum(p0, p1)
        p2, e2 = two_sum(p2, p3)
        p0, e1 = two_sum(p0, p2)
        h[k], e = two_sum(h[k], p0)
        rest = ((d0 + d1) + (d2 + d3)) + ((e0 + e2) + (e1 + e))
        l[k] += rest + ((x0[k] * s0 + x1[k] * s1) + (x2[k] * s2 + x3[k] * s3))


@kernel
def gradient_of(rows: Array, weight: Array, coef: Array, out_gradient: Array, out_squares: Array) -> None:
    """out_gradient = sum weight z r, out_squares = sum weight r^2 over the rows z, for r = z . coef.

    Parameters
    ----------
    rows : (m, width), m a multiple of 4, width one of STEP; filled up with rows and columns of zeros
    weight : (m,), or empty for ones
    coef, out_gradient : (2, width), high and low parts
    out_squares : (2,)
    """
    lanes, sums = aligned(2 * _LOW), aligned(2 * _FEW * _TILE).reshape((2, _FEW, _TILE))
    sums[:] = 0.0
    residual, factor = np.empty((2, _TILE)), np.empty((2, _ROWS))
    total = (0.0, 0.0)
    out_gradient[:] = 0.0
    for first in range(0, rows.shape[0], _TILE):
        tile = rows[first : first + _TILE]
        _residuals(tile, coef, lanes, sums, residual)
        for start in range(0, tile.shape[0], _ROWS):
            for i in range(_ROWS):
                r = residual[0, start + i], residual[1, start + i]
                wr = r
                if weight.size > 0:
                    wr = multiply(r, (weight[first + start + i], 0.0))
                factor[0, i], factor[1, i] = wr
                total = add(total, multiply(wr, r))
            _add_rows(tile[start : start + _ROWS], factor, out_gradient[0], out_gradient[1])
    out_squares[0], out_squares[1] = total


@kernel
def add_gradient(gradient: Array, squares: Array, more: Array, more_squares: Array) -> None:
    """gradient += more and squares += more_squares, from `gradient_of` of other rows."""
    h, l = gradient[0], gradient[1]
    more_h, more_l = more[0], more[1]
    for k in range(h.size):
        h[k], e = two_sum(h[k], more_h[k])
        l[k] += e + more_l[k]
    squares[0], squares[1] = add((squares[0], squares[1]), (more_squares[0], more_squares[1]))


@inner
def _subtract_rows(rows: Array, factor: Array, out: Array) -> None:
    """out -= factor . rows, four rows at a time."""
    n = factor.size
    whole = n // 4 * 4
    for k in range(0, whole, 4):
        x0, x1, x2, x3 = rows[k], rows[k + 1], rows[k + 2], rows[k + 3]
        f0, f1, f2, f3 = factor[k], factor[k + 1], factor[k + 2], factor[k + 3]
        for j in range(out.size):
            out[j] -= (f0 * x0[j] + f1 * x1[j]) + (f2 * x2[j] + f3 * x3[j])
    for k in range(whole, n):
        x0, f0 = rows[k], factor[k]
        for j in range(out.size):
            out[j] -= f0 * x0[j]


@kernel
def invert_factor(matrix: Array, out: Array) -> float:
    """The inverse L of the Cholesky factor: L matrix L' = I, and L'L is the inverse of `matrix`, which is overwritten.

    Returns the trace of the inverse, or infinity where the matrix is not positive definite. LAPACK's threads wait for each other
    at every step: on a busy machine it took 250 ms for 128 columns, where this takes 0.3.
    """
    p = out.shape[0]
    out[:] = 0.0
    factor = np.empty(p)
    trace = 0.0
    for i in range(p):
        for k in range(i):
            factor[k] = matrix[k, i]
        _subtract_rows(matrix[:i, i:], factor[:i], matrix[i, i:])
        _subtract_rows(out[:i, :i], factor[:i], out[i, :i])
        if not matrix[i, i] > 0.0:
            return np.inf
        root = np.sqrt(matrix[i, i])
        for j in range(i, p):
            matrix[i, j] /= root
        out[i, i] = 1.0
        for j in range(i + 1):
            out[i, j] /= root
            trace += out[i, j] * out[i, j]
    return trace


@kernel
def correct(
    gradient: Array,
    total: float,
    mean: Array,
    factor: Array,
    fit_intercept: bool,
    coef: Array,
    out_step: Array,
) -> float:
    """One Newton step from `coef`, where the gradient is `gradient`; returns by how much it lowers the mean squared error.

    The step of the slopes is -L'L (gradient_j - mean_j gradient_0) / total, and that of the level at the mean
    -gradient_0 / total. out_step, (1 + p,), becomes the step of the intercept and of the slopes. `mean` is (2, p), high and low
    parts: rounded to float64, means 10^6 standard deviations from zero would cost six digits of each step.
    """
    p = factor.shape[0]
    level = two_sum(gradient[0, 0], gradient[1, 0])
    rest, product = np.empty(p), np.empty(p)
    for j in range(p):
        rest[j] = two_sum(gradient[0, 1 + j], gradient[1, 1 + j])[0]
        if fit_intercept:
            shifted = multiply(level, (mean[0, j], mean[1, j]))
            rest[j] = subtract(two_sum(gradient[0, 1 + j], gradient[1, 1 + j]), shifted)[0]
        rest[j] /= total
    lower = 0.0
    for i in range(p):
        product[i] = 0.0
        for j in range(i + 1):
            product[i] += factor[i, j] * rest[j]
        lower += product[i] * product[i]
    step = out_step[1:]
    for j in range(p):
        step[j] = 0.0
    _subtract_rows(factor, product, step)
    change = (0.0, 0.0)
    if fit_intercept:
        change = (-level[0] / total, 0.0)
        lower += change[0] * change[0]
    for j in range(p):
        coef[0, 1 + j], coef[1, 1 + j] = add((coef[0, 1 + j], coef[1, 1 + j]), (step[j], 0.0))
        if fit_intercept:
            change = subtract(change, multiply((mean[0, j], mean[1, j]), (step[j], 0.0)))
    coef[0, 0], coef[1, 0] = add((coef[0, 0], coef[1, 0]), change)
    out_step[0] = change[0]
    return lower
