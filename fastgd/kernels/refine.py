"""The gradient of least squares at given coefficients, rows and sums in double-double: what iterative refinement needs.

A row z = (1, x, y) and coefficients (b, w, -1) give the residual r = z . coef = b + x . w - y, minus that of the fit; its
products with z, summed over the rows, are half the gradient. Where r comes from products that nearly cancel, double-double
keeps some 50 bits of it (Higham 2002, *Accuracy and Stability of Numerical Algorithms*, chapter 12: fixed precision makes the
first solution, double precision the residual, and a few corrections the digits).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fastgd.kernels._compile import inner, kernel
from fastgd.kernels._double_double import add, multiply, subtract
from fastgd.kernels._exact import two_product, two_sum

STEP = 16
"""Columns a buffer's width is a multiple of: what is left over from the vectors runs four times slower."""

_LANES = 64
_ROWS = 4


@inner
def _row_times(row: NDArray[np.float64], coef: NDArray[np.float64], h: NDArray[np.float64], l: NDArray[np.float64]) -> None:
    """h[0] + l[0] = row . coef."""
    high, low = coef[0], coef[1]
    for k in range(_LANES):
        h[k] = 0.0
    for k in range(_LANES):
        l[k] = 0.0
    for s in range(0, row.size, _LANES):
        x, b, c = row[s : s + _LANES], high[s : s + _LANES], low[s : s + _LANES]
        for k in range(x.size):
            p, d = two_product(x[k], b[k])
            h[k], e = two_sum(h[k], p)
            l[k] += (d + e) + x[k] * c[k]
    width = _LANES
    while width > 1:
        width //= 2
        for k in range(width):
            h[k], e = two_sum(h[k], h[width + k])
            l[k] += e + l[width + k]


@inner
def _add_rows(rows: NDArray[np.float64], factor: NDArray[np.float64], h: NDArray[np.float64], l: NDArray[np.float64]) -> None:
    """h + l += rows' factor, _ROWS of them: the sums are loaded and stored once for all."""
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
def gradient_of(
    rows: NDArray[np.float64],
    weight: NDArray[np.float64],
    coef: NDArray[np.float64],
    out_gradient: NDArray[np.float64],
    out_squares: NDArray[np.float64],
) -> None:
    """out_gradient = sum weight z r, out_squares = sum weight r^2 over the rows z, for r = z . coef.

    Parameters
    ----------
    rows : (m, width), m a multiple of 4, width of STEP; rows and columns of zeros fill them up
    weight : (m,), or empty for ones
    coef, out_gradient : (2, width), high and low parts
    out_squares : (2,)
    """
    h, l, factor = np.empty(_LANES), np.empty(_LANES), np.empty((2, _ROWS))
    total = (0.0, 0.0)
    out_gradient[:] = 0.0
    for start in range(0, rows.shape[0], _ROWS):
        four = rows[start : start + _ROWS]
        for i in range(_ROWS):
            _row_times(four[i], coef, h, l)
            r = two_sum(h[0], l[0])
            wr = r
            if weight.size > 0:
                wr = multiply(r, (weight[start + i], 0.0))
            factor[0, i], factor[1, i] = wr
            total = add(total, multiply(wr, r))
        _add_rows(four, factor, out_gradient[0], out_gradient[1])
    out_squares[0], out_squares[1] = total


@kernel
def add_gradient(
    gradient: NDArray[np.float64], squares: NDArray[np.float64], more: NDArray[np.float64], more_squares: NDArray[np.float64]
) -> None:
    """Add what `gradient_of` found in other rows."""
    h, l = gradient[0], gradient[1]
    value, rest = more[0], more[1]
    for k in range(h.size):
        h[k], e = two_sum(h[k], value[k])
        l[k] += e + rest[k]
    squares[0], squares[1] = add((squares[0], squares[1]), (more_squares[0], more_squares[1]))


@inner
def _subtract_rows(rows: NDArray[np.float64], factor: NDArray[np.float64], out: NDArray[np.float64]) -> None:
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
def invert_factor(matrix: NDArray[np.float64], out: NDArray[np.float64]) -> float:
    """The inverse L of the Cholesky factor, so that L matrix L' = 1 and L'L inverts `matrix`, which is overwritten.

    Returns the trace of the inverse; infinity where the matrix is not positive definite. Not LAPACK's: its threads wait for
    each other at every step, which on a busy machine took 250 ms for 128 columns, and this takes 0.3.
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
    gradient: NDArray[np.float64],
    total: float,
    mean: NDArray[np.float64],
    factor: NDArray[np.float64],
    fit_intercept: bool,
    coef: NDArray[np.float64],
    out_step: NDArray[np.float64],
) -> float:
    """One Newton step from `coef`, whose gradient this is; returns by how much it lowers the mean squared error.

    The step of the slopes is -L'L (gradient_j - mean_j gradient_0) / total, that of the level at the mean -gradient_0 / total.
    out_step, (1 + p,), becomes that of the intercept and of the slopes. `mean` is (2, p), parts whose sum it is: rounded to
    float64, means 10^6 deviations from zero would cost as many digits a step.
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
