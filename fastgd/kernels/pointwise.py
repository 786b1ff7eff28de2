"""The lesson's loops, point by point, in its order of operations: equal to plain Python to the last bit.

With p features, those of ``m``, the prediction is ``((m[0] * x[0] + m[1] * x[1]) + ...) + b``, added in that order.
The squared residual is ``r * r``, not ``r ** 2``: Python's power goes through the C library, whose last bit varies.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fastgd.kernels._compile import kernel

COLUMNS = 2**20
"""Up to so many points (x, y) are copied by column once, 16 MB; more are copied again in each iteration."""

CHUNK = 256
"""Points (x, y) copied at a time in each iteration. ns a point of 4 * 10^6: 256 points 0.82, 1,024 points 1.0, 4,096 points 1.6
and 2^20 points 1.3."""

TILE = 32
"""Points whose terms are computed before they are added. ns a point: 16 points 0.66, 32 points 0.56, 64 points 0.58."""


@kernel
def compute_error(b: float, m: float, points: NDArray[np.float64]) -> float:
    """(1/N) sum (y - (m x + b))^2."""
    n = points.shape[0]
    total = 0.0
    for i in range(n):
        r = points[i, 1] - (m * points[i, 0] + b)
        total += r * r
    return total / n


@kernel
def descend(
    b: float, m: float, points: NDArray[np.float64], learning_rate: float, num_iterations: int
) -> tuple[float, float]:
    """Steps (b, m) - learning_rate * (sum of -(2/N) (y - (m x + b)), sum of -(2/N) x (y - (m x + b))).

    Each of the two sums is one chain of additions, which no loop with the same bits can shorten. So the terms are computed
    before, TILE points at a time from contiguous columns, in a loop that vectorises: 0.59 ns a point, against 0.71 in one plain
    loop, and 0.49 for the additions alone.
    """
    n = points.shape[0]
    scale = -(2.0 / n)
    chunk = n if n <= COLUMNS and num_iterations > 1 else CHUNK
    columns = np.empty((2, chunk))
    terms = np.empty((2, TILE))
    b_terms, m_terms = terms[0], terms[1]
    copied = -1
    for _ in range(num_iterations):
        b_gradient = 0.0
        m_gradient = 0.0
        for start in range(0, n, chunk):
            rows = points[start : start + chunk]
            xs, ys = columns[0, : rows.shape[0]], columns[1, : rows.shape[0]]
            if copied != start:
                for i in range(rows.shape[0]):
                    xs[i] = rows[i, 0]
                    ys[i] = rows[i, 1]
                copied = start
            for tile in range(0, rows.shape[0], TILE):
                x, y = xs[tile : tile + TILE], ys[tile : tile + TILE]
                for i in range(x.size):
                    r = y[i] - ((m * x[i]) + b)
                    b_terms[i] = scale * r
                    m_terms[i] = scale * x[i] * r
                for i in range(x.size):
                    b_gradient += b_terms[i]
                    m_gradient += m_terms[i]
        new_b = b - learning_rate * b_gradient
        new_m = m - learning_rate * m_gradient
        fixed = new_b == b and new_m == m
        b, m = new_b, new_m
        if fixed:  # every later step gives the same, also where -0 has become 0
            break
    return b, m


@kernel
def compute_error_of_features(b: float, m: NDArray[np.float64], points: NDArray[np.float64]) -> float:
    """(1/N) sum (y - (m . x + b))^2.

    Four points at a time, whose sums do not wait for each other: 2.0 ns a point of 10 features, against 2.6 for one at a time.
    Loops over columns copied from 32 points, which vectorise, take 7.0.
    """
    n, p = points.shape[0], m.size
    total = 0.0
    for i in range(0, n - n % 4, 4):
        w0 = w1 = w2 = w3 = 0.0  # loses the sign of -0, which r * r loses anyway
        for j in range(p):
            slope = m[j]
            w0 += slope * points[i, j]
            w1 += slope * points[i + 1, j]
            w2 += slope * points[i + 2, j]
            w3 += slope * points[i + 3, j]
        r0 = points[i, p] - (w0 + b)
        r1 = points[i + 1, p] - (w1 + b)
        r2 = points[i + 2, p] - (w2 + b)
        r3 = points[i + 3, p] - (w3 + b)
        total = (((total + r0 * r0) + r1 * r1) + r2 * r2) + r3 * r3
    for i in range(n - n % 4, n):
        w0 = 0.0
        for j in range(p):
            w0 += m[j] * points[i, j]
        r0 = points[i, p] - (w0 + b)
        total += r0 * r0
    return total / n


@kernel
def descend_features(
    b: float, m: NDArray[np.float64], points: NDArray[np.float64], learning_rate: float, num_iterations: int
) -> tuple[float, NDArray[np.float64]]:
    """Steps (b, m) - learning_rate * (sum of -(2/N) r, sums of -(2/N) x_j r), where r = y - (m . x + b).

    As `descend`, with p + 1 chains of additions; but points that are copied in each iteration are copied tile by tile, in cache.
    ns a point of 2, 4, 10 and 30 features: 1.4, 2.3, 4.8 and 14. One loop over the rows, which vectorises across features, takes
    2.8, 2.8, 5.7 and 13; four chains added at a time take 1.7, 3.0, 4.9 and 13. A column is named just before the loops that
    read it, as a name that lives across other loops costs 20 ns a tile.
    """
    n, p = points.shape[0], m.size
    scale = -(2.0 / n)
    m = m.copy()
    gradient = np.empty(p)
    count = -(-n // TILE)
    kept = count * (p + 1) * TILE <= 2 * COLUMNS
    tiles = np.empty((count if kept else 1, p + 1, TILE))
    residuals = np.empty(TILE)
    terms = np.empty(TILE)
    for k in range(num_iterations):
        b_gradient = 0.0
        gradient[:] = 0.0
        for tile in range(count):
            size = min(TILE, n - tile * TILE)
            columns = tiles[tile if kept else 0]
            if k == 0 or not kept:
                for j in range(p + 1):
                    for i in range(size):
                        columns[j, i] = points[tile * TILE + i, j]
            r = residuals[:size]
            x = columns[0]
            for i in range(size):
                r[i] = m[0] * x[i]
            for j in range(1, p):
                slope = m[j]
                xj = columns[j]
                for i in range(size):
                    r[i] += slope * xj[i]
            y = columns[p]
            for i in range(size):
                r[i] = y[i] - (r[i] + b)
                terms[i] = scale * r[i]
            for i in range(size):
                b_gradient += terms[i]
            for j in range(p):
                xj = columns[j]
                m_gradient = gradient[j]
                for i in range(size):
                    terms[i] = scale * xj[i] * r[i]
                for i in range(size):
                    m_gradient += terms[i]
                gradient[j] = m_gradient
        new_b = b - learning_rate * b_gradient
        fixed = new_b == b
        b = new_b
        for j in range(p):
            new_m = m[j] - learning_rate * gradient[j]
            fixed = fixed and new_m == m[j]
            m[j] = new_m
        if fixed:
            break
    return b, m
