"""The lesson's loops in pure Python, for one feature and for several: the reference of the pointwise kernels.

Imports nothing from fastgd.
"""

from __future__ import annotations

Points = list[tuple[float, float]]
Rows = list[tuple[float, ...]]


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


def _residual(b: float, m: list[float], row: tuple[float, ...]) -> float:
    prediction = m[0] * row[0]
    for j in range(1, len(m)):
        prediction = prediction + m[j] * row[j]
    return row[-1] - (prediction + b)


def compute_error_of_features(b: float, m: list[float], points: Rows) -> float:
    total = 0.0
    for row in points:
        r = _residual(b, m, row)
        total += r * r
    return total / len(points)


def gradient_descent_of_features(
    points: Rows, b: float, m: list[float], learning_rate: float, num_iterations: int
) -> tuple[float, list[float]]:
    n = float(len(points))
    for _ in range(num_iterations):
        b_gradient = 0.0
        m_gradient = [0.0] * len(m)
        for row in points:
            r = _residual(b, m, row)
            b_gradient += -(2 / n) * r
            for j in range(len(m)):
                m_gradient[j] += -(2 / n) * row[j] * r
        b = b - (learning_rate * b_gradient)
        m = [m[j] - (learning_rate * m_gradient[j]) for j in range(len(m))]
    return b, m
