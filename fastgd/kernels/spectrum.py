"""Eigenvalues and eigenvectors of a symmetric matrix of mean products, in double-double, by cyclic Jacobi rotations.

Jacobi finds each eigenvalue of a positive definite matrix to a relative accuracy that depends on the condition of the matrix
scaled to a unit diagonal only, so the smallest come out as well as the largest (Demmel & Veselic 1992, *Jacobi's method is more
accurate than QR*, SIAM J. Matrix Anal. Appl. 13(4)): a column's units do not matter.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fastgd.kernels._compile import kernel
from fastgd.kernels._double_double import ONE, Pair, add, divide, multiply, square_root, subtract
from fastgd.kernels._exact import two_product, two_sum

SWEEPS = 60
"""Rounds over all pairs at the most; it takes 5 to 10."""

_SMALL = 2.0**-106
"""An element is zero below this share of the geometric mean of its two diagonal elements."""


@kernel
def _rotation(app: Pair, apq: Pair, aqq: Pair) -> tuple[Pair, Pair, Pair]:
    """tan, cos and sin of the smaller angle that makes the element apq zero."""
    theta = divide(subtract(aqq, app), (2.0 * apq[0], 2.0 * apq[1]))
    if abs(theta[0]) > 2.0**110:
        tan = divide((0.5, 0.0), theta)
    else:
        size = theta if theta[0] >= 0.0 else (-theta[0], -theta[1])
        tan = divide(ONE, add(size, square_root(add(ONE, multiply(size, size)))))
        if theta[0] < 0.0:
            tan = (-tan[0], -tan[1])
    cos = divide(ONE, square_root(add(ONE, multiply(tan, tan))))
    return tan, cos, multiply(tan, cos)


@kernel
def _rotate(
    high: NDArray[np.float64], low: NDArray[np.float64], i: int, j: int, cos: Pair, sin: Pair
) -> None:
    """Rows i and j become cos row_i - sin row_j and sin row_i + cos row_j."""
    xh, xl, yh, yl = high[i], low[i], high[j], low[j]
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


@kernel
def diagonalise(
    high: NDArray[np.float64], low: NDArray[np.float64], out_high: NDArray[np.float64], out_low: NDArray[np.float64]
) -> bool:
    """Eigenvalues on the diagonal of `high` + `low`, in no order, and their vectors in the rows of `out`.

    Returns False where it did not end after SWEEPS rounds.
    """
    n = high.shape[0]
    out_high[:] = 0.0
    out_low[:] = 0.0
    for i in range(n):
        out_high[i, i] = 1.0
    for _ in range(SWEEPS):
        done = True
        for i in range(n - 1):
            for j in range(i + 1, n):
                size = np.sqrt(abs(high[i, i])) * np.sqrt(abs(high[j, j]))
                if abs(high[i, j]) <= _SMALL * size:
                    continue
                done = False
                app, apq, aqq = (high[i, i], low[i, i]), (high[i, j], low[i, j]), (high[j, j], low[j, j])
                tan, cos, sin = _rotation(app, apq, aqq)
                _rotate(high, low, i, j, cos, sin)
                _rotate(out_high, out_low, i, j, cos, sin)
                shift = multiply(tan, apq)
                high[i, i], low[i, i] = subtract(app, shift)
                high[j, j], low[j, j] = add(aqq, shift)
                high[i, j], low[i, j], high[j, i], low[j, i] = 0.0, 0.0, 0.0, 0.0
                for r in range(n):
                    if r != i and r != j:
                        high[r, i], low[r, i] = high[i, r], low[i, r]
                        high[r, j], low[r, j] = high[j, r], low[j, r]
        if done:
            return True
    return False
