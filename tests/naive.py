"""The lesson's loops in pure Python: the reference of the pointwise kernels. Imports nothing from fastgd."""

from __future__ import annotations

Points = list[tuple[float, float]]


def compute_error(b: float, m: float, points: Points) -> float:
    total = 0.0
    for x, y in points:
        r = y - (m * x + b)
        total += r * r
    return total / len(points)


def gradient_descent(points: Points, b: float, m: float, learning_rate: float, num_iterations: int) -> list[float]:
    n = float(len(points))
    for _ in range(num_iterations):
        b_gradient = 0.0
        m_gradient = 0.0
        for x, y in points:
            b_gradient += -(2 / n) * (y - ((m * x) + b))
            m_gradient += -(2 / n) * x * (y - ((m * x) + b))
        b, m = b - (learning_rate * b_gradient), m - (learning_rate * m_gradient)
    return [b, m]
