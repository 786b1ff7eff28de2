"""Directions of the descent: eigenvalues and eigenvectors of the mean products A of the columns, in double-double.

They are taken from a factor, A = G'G, whose rows are made orthogonal by plane rotations (one-sided Jacobi): the squared lengths
of the rows are then the eigenvalues and the rows, divided by their lengths, the vectors. A is never formed, and of the smallest
eigenvalue so many digits are right as the factor gives, whatever the columns' units (Demmel & Veselic 1992, *Jacobi's method is
more accurate than QR*, SIAM J. Matrix Anal. Appl. 13(4); Drmac & Veselic 2008, *New fast and accurate Jacobi SVD algorithm*,
29(4)). What A makes of zero has no row, so that wide data cost by their rank.

Columns of sizes far apart would be lost in each other's rows: the factor is then turned first (`_grade`), and the directions are
made orthogonal in the end in each parameter's own size (`straighten`).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fastgd.kernels import layout as row
from fastgd.kernels._compile import inner, kernel
from fastgd.kernels.double_double import ONE, Array, Pair, add, at, divide, multiply, scale, scale_pair, square_root
from fastgd.kernels.exact import two_product, two_sum

SWEEPS = 60
"""Rounds over all pairs at the most; it takes 5 to 10."""

_SMALL = 2.0**-104
"""Two rows are orthogonal below this cosine, times the number of their elements."""

_FAR, _FAR_IF_DEPENDENT = 48, 24
"""Exponents: from where on columns are far apart in size. Where some depend on others the limit point comes from the directions,
and the coefficients of large columns had seven digits at 2^40."""

_SIZE = 16
"""Exponents: columns within such a step are of one size."""

_KNOWN = 2.0**-64
"""Of a column: less than that, left over by larger columns, is rounding."""

_GONE = -(2**30)


@inner
def _dot(x: Array, y: Array, work: Array) -> Pair:
    """Product of two rows, each high and low; sums by halves, which vectorise."""
    a, c, b, d = x[0], x[1], y[0], y[1]
    h, l = work[0, : a.size], work[1, : a.size]
    for r in range(h.size):
        p, e = two_product(a[r], b[r])
        h[r], l[r] = p, e + (a[r] * d[r] + c[r] * b[r])
    w = h.size
    while w > 1:
        half = (w + 1) // 2
        upper, rest = h[half:w], l[half:w]
        for r in range(upper.size):
            t, e = two_sum(h[r], upper[r])
            h[r] = t
            l[r] += e + rest[r]
        w = half
    return two_sum(h[0], l[0])


@inner
def _rotate(x: Array, y: Array, cos: Pair, sin: Pair) -> None:
    """Rows x and y, each high and low, become cos x - sin y and sin x + cos y."""
    xh, xl, yh, yl = x[0], x[1], y[0], y[1]
    c, c_ = cos
    s, s_ = sin
    for r in range(xh.size):
        a, b = xh[r], yh[r]
        p, e = two_product(c, a)
        q, f = two_product(s, b)
        e += c * xl[r] + c_ * a
        f += s * yl[r] + s_ * b
        u, g = two_sum(p, -q)
        u, g = two_sum(u, g + (e - f))
        p, e = two_product(s, a)
        q, f = two_product(c, b)
        e += s * xl[r] + s_ * a
        f += c * yl[r] + c_ * b
        v, h = two_sum(p, q)
        v, h = two_sum(v, h + (e + f))
        xh[r], xl[r], yh[r], yl[r] = u, g, v, h


@inner
def _scale_row(row: Array, exponent: int) -> None:
    """Multiply a row, high and low, by 2^exponent."""
    for r in range(row.shape[1]):
        row[0, r], row[1, r] = np.ldexp(row[0, r], exponent), np.ldexp(row[1, r], exponent)


@inner
def _balance(row: Array) -> int:
    """Divide a row, high and low, by a power of two, and return its exponent, where its squares might leave float64."""
    top = 0.0
    for r in range(row.shape[1]):
        top = max(top, abs(row[0, r]))
    if 2.0**-200 < top < 2.0**200 or top == 0.0:
        return 0
    _, e = math.frexp(top)
    _scale_row(row, -e)
    return e


@inner
def _make_orthogonal(rows: Array, exponents: NDArray[np.int64], work: Array) -> None:
    """Rotate pairs of rows, (m, 2, d), each times 2^exponent, until all are orthogonal.

    A rotation must be one to the last bit of double-double, but its angle need not be right: float64 will do, and what it leaves
    is left to the next round.
    """
    m, _, d = rows.shape
    small = _SMALL * (d + 8)
    squares = np.empty(m)
    for _ in range(SWEEPS):
        done = True
        for i in range(m):
            squares[i] = _dot(rows[i], rows[i], work)[0]
        for i in range(m - 1):
            for j in range(i + 1, m):
                product = _dot(rows[i], rows[j], work)[0]
                if abs(product) <= small * np.sqrt(squares[i]) * np.sqrt(squares[j]):
                    continue
                done = False
                apart = exponents[i] != exponents[j]
                if apart:
                    top = max(exponents[i], exponents[j])
                    for k in (i, j):
                        _scale_row(rows[k], exponents[k] - top)
                        exponents[k] = top
                        squares[k] = _dot(rows[k], rows[k], work)[0]
                    product = _dot(rows[i], rows[j], work)[0]
                theta = (squares[j] - squares[i]) / (2.0 * product)
                tan = 1.0 / (abs(theta) + np.sqrt(1.0 + theta * theta))
                if theta < 0.0:
                    tan = -tan
                square, rest = two_product(tan, tan)
                cos = divide(ONE, square_root(add(ONE, (square, rest))))
                _rotate(rows[i], rows[j], cos, multiply((tan, 0.0), cos))
                squares[i] -= tan * product
                squares[j] += tan * product
                if apart:
                    for k in (i, j):
                        exponents[k] += _balance(rows[k])
                        squares[k] = _dot(rows[k], rows[k], work)[0]
        if done:
            break


@inner
def _sort(values: Array, rows: Array) -> None:
    """Largest eigenvalue first; values are high, low, exponent."""
    m = rows.shape[0]
    for i in range(m - 1):
        best = i
        for j in range(i + 1, m):
            if scale(values[0, j], int(values[2, j] - values[2, best])) > values[0, best]:
                best = j
        if best != i:
            for part in range(3):
                values[part, i], values[part, best] = values[part, best], values[part, i]
            for part in range(2):
                for r in range(rows.shape[2]):
                    rows[i, part, r], rows[best, part, r] = rows[best, part, r], rows[i, part, r]


@kernel
def multiply_rows(factor: Array, rows: Array, out: Array) -> None:
    """out = factor rows, each (m, 2, d): rows of high and low parts."""
    for i in range(factor.shape[0]):
        h, l = out[i, 0], out[i, 1]
        h[:] = 0.0
        l[:] = 0.0
        for k in range(rows.shape[0]):
            a, c = factor[i, 0, k], factor[i, 1, k]
            b, d = rows[k, 0], rows[k, 1]
            for r in range(h.size):
                p, e = two_product(a, b[r])
                h[r], f = two_sum(h[r], p)
                l[r] += (e + f) + (a * d[r] + c * b[r])
        for r in range(h.size):
            h[r], l[r] = two_sum(h[r], l[r])


@inner
def _grade(rows: Array, problem: Array, top: int, first: int) -> bool:
    """Turn the rows of columns far apart in size so that each carries no column larger than its own; whether there were such.

    Or else rows of small columns would carry parts of large ones that cancel, and be lost in these. Rows are eliminated (Givens)
    by the largest column; of those of one size, by the one that the rows left over carry most of.
    """
    m, _, d = rows.shape
    sizes, units = np.empty(d, np.int64), np.empty(d)
    least, most = 2**30, _GONE
    for c in range(d):
        square = problem[row.MEAN, c] ** 2 + problem[row.SPREAD, c]
        sizes[c] = _GONE
        if c >= first and square > 0.0:
            _, e = math.frexp(square)
            sizes[c] = int(problem[row.EXPONENT, c]) - top + e // 2
            units[c] = np.ldexp(1.0, -sizes[c])
            least, most = min(least, sizes[c]), max(most, sizes[c])
    if most - least <= (_FAR if m == d - first else _FAR_IF_DEPENDENT):
        return False
    before = rows.copy()
    k = 0
    while k < m:
        size = sizes.max()
        if size == _GONE:  # what is known of the columns does not suffice
            rows[:] = before
            return False
        pivot, best = -1, _KNOWN
        for c in range(d):
            if sizes[c] <= size - _SIZE:
                continue
            share = 0.0
            for i in range(k, m):
                share = math.hypot(share, rows[i, 0, c] * units[c])
            if share > best:
                pivot, best = c, share
        if pivot < 0:  # what is left of these columns is rounding
            for c in range(d):
                if sizes[c] > size - _SIZE:
                    sizes[c] = _GONE
                    rows[k:, :, c] = 0.0
            continue
        sizes[pivot] = _GONE
        for i in range(k + 1, m):
            if abs(rows[i, 0, pivot]) > abs(rows[k, 0, pivot]):
                for part in range(2):
                    for r in range(d):
                        rows[i, part, r], rows[k, part, r] = rows[k, part, r], rows[i, part, r]
        for i in range(k + 1, m):
            if rows[i, 0, pivot] != 0.0:
                tan = divide((rows[i, 0, pivot], rows[i, 1, pivot]), (rows[k, 0, pivot], rows[k, 1, pivot]))
                cos = divide(ONE, square_root(add(ONE, multiply(tan, tan))))
                _rotate(rows[i], rows[k], cos, multiply(tan, cos))
                rows[i, :, pivot] = 0.0
        k += 1
    return True


@kernel
def lay_out_rows(
    high: Array,
    low: Array,
    layout: NDArray[np.int64],
    problem: Array,
    fit_intercept: bool,
    standardize: bool,
    out: Array,
) -> tuple[int, bool]:
    """The factor G of A = G'G / 4^exponent in the coordinates descended in, from what `factor.solve` found.

    Parameters
    ----------
    high, low, layout : as `factor.solve` left them
    problem : as `factor.solve` filled it in, with d = p + 1 columns
    fit_intercept, standardize : the coordinates
    out : (m, 2, d)
        m is the rank of `solve`, and one more with an intercept.

    Returns
    -------
    (int, bool)
        The exponent; whether the columns are far apart in size, and the rows in order of it, to be kept so.
    """
    m, _, d = out.shape
    order, exponents = layout[0], layout[1]
    first = 1 if fit_intercept else 0
    top = 0  # exponent of the largest column
    if not standardize:
        top = -(2**30)
        for i in range(1, d):
            if problem[row.MEAN, i] != 0.0 or problem[row.SPREAD, i] != 0.0:
                top = max(top, int(problem[row.EXPONENT, i]))
        if fit_intercept:
            top = max(top, 0)
    for i in range(m):
        for part in range(2):
            for r in range(d):
                out[i, part, r] = 0.0
    if fit_intercept:  # the column of ones, and the means
        out[0, 0, 0] = 1.0 if standardize else np.ldexp(1.0, -top)
        if not standardize:
            for i in range(1, d):
                e = int(problem[row.EXPONENT, i]) - top
                out[0, 0, i], out[0, 1, i] = scale_pair(at(problem, row.MEAN, i), e)
    for k in range(m - first):
        for j in range(k, d - 1):
            i = order[j]
            value = scale_pair((high[k, j], low[k, j]), exponents[i])
            if not standardize:
                value = scale_pair(value, int(problem[row.EXPONENT, 1 + i]) - top)
            elif problem[row.SCALE, 1 + i] > 0.0:
                value = divide(value, at(problem, row.SCALE, 1 + i))
            out[first + k, 0, 1 + i], out[first + k, 1, 1 + i] = value
    return top, not standardize and _grade(out, problem, top, 1 - first)


@kernel
def find_directions(exponent: int, rows: Array, out_values: Array) -> None:
    """Directions, steepest first: `rows`, (m, 2, d), as of `lay_out_rows`, become unit eigenvectors.

    out_values, (3, d): the m eigenvalues of A, each (high + low) * 2^exponent.
    """
    m, _, d = rows.shape
    work = np.empty((2, d))
    exponents = np.empty(m, np.int64)
    for k in range(m):
        exponents[k] = _balance(rows[k])
    _make_orthogonal(rows, exponents, work)
    for k in range(m):
        e = exponents[k] + _balance(rows[k])
        square = _dot(rows[k], rows[k], work)
        length = square_root(square)
        out_values[0, k], out_values[1, k] = square
        out_values[2, k] = 2.0 * (exponent + e)
        for r in range(d):
            rows[k, 0, r], rows[k, 1, r] = divide((rows[k, 0, r], rows[k, 1, r]), length)
    _sort(out_values, rows)


@kernel
def straighten(rows: Array) -> None:
    """Make directions of eigenvalues far apart orthogonal in each parameter's own size.

    Rows of sizes far apart count as orthogonal before the small one has its part in the large columns, 2^-300 it may be; but that
    is what moves the large coefficients when the small ones, 2^300 times as large, have gone far.
    """
    m, _, d = rows.shape
    work = np.empty((2, d))
    for i in range(m):
        for j in range(i - 1, -1, -1):
            c, c_ = _dot(rows[i], rows[j], work)
            a, b, h, l = rows[j, 0], rows[j, 1], rows[i, 0], rows[i, 1]
            for r in range(d):
                p, e = two_product(c, a[r])
                e += c * b[r] + c_ * a[r]
                s, f = two_sum(h[r], -p)
                h[r], l[r] = two_sum(s, f + (l[r] - e))
