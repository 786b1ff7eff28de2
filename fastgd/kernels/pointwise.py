"""The lesson's three loops, point by point, in its order of operations: equal to plain Python to the last bit.

The squared residual is ``r * r``, not ``r ** 2``: Python's power goes through the C library, whose last bit varies.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fastgd.kernels._compile import kernel


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
    """Steps (b, m) - learning_rate * (sum of -(2/N) (y - (m x + b)), sum of -(2/N) x (y - (m x + b)))."""
    n = points.shape[0]
    scale = -(2.0 / n)
    for _ in range(num_iterations):
        b_gradient = 0.0
        m_gradient = 0.0
        for i in range(n):
            x = points[i, 0]
            r = points[i, 1] - ((m * x) + b)
            b_gradient += scale * r
            m_gradient += scale * x * r
        new_b = b - learning_rate * b_gradient
        new_m = m - learning_rate * m_gradient
        if new_b == b and new_m == m:  # a fixed point in float64: every later step is the same
            break
        b, m = new_b, new_m
    return b, m
