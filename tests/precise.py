"""Iterates and curvature to as many digits as mpmath is told to carry, from the exact sums of `exact.Problem`."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import mpmath
from exact import Number, Problem, solve

DIGITS = 120
"""Powers lose those of the exponent and of the condition number: some 30 of them at 10^18 iterations."""


def number(value: Number) -> mpmath.mpf:
    numerator, denominator = value.as_integer_ratio()
    return mpmath.mpf(numerator) / denominator


def matrix(rows: Sequence[Sequence[Number]]) -> mpmath.matrix:
    return mpmath.matrix([[number(value) for value in row] for row in rows])


def _step(problem: Problem, rate: Number) -> mpmath.matrix:
    """One iteration as a matrix that acts on (theta, 1): theta less rate times the inverse of the metric times the gradient."""
    q, m = len(problem.gram), problem.moving
    metric = problem.among_moving(problem.metric)
    rows = [[Fraction(int(i == j)) for j in range(q + 1)] for i in range(q + 1)]
    for j in range(q + 1):
        column = [problem.gram[i][j] if j < q else -problem.moment[i] for i in m]
        move, _ = solve(metric, column)
        for i, value in zip(m, move, strict=True):
            rows[i][j] -= 2 * Fraction(rate) * value
    return matrix(rows)


def iterate(problem: Problem, rate: Number, k: int, start: Sequence[Number] | None = None) -> list[Fraction]:
    """theta after k iterations, by powers of the step, so that k may be 10^18 at a stable rate: to 80 digits and more."""
    with mpmath.workdps(DIGITS):
        theta = matrix([[value] for value in [*(start if start is not None else [0] * len(problem.gram)), 1]])
        end = _step(problem, rate) ** k * theta
        tiny = mpmath.mpf(10) ** -5000  # less would be a fraction of as many digits as there were iterations
        return [Fraction(*mpmath.libmp.to_rational(v._mpf_)) if abs(v) > tiny else Fraction(0) for v in end[: len(end) - 1]]


def eigenvalues(problem: Problem) -> list[mpmath.mpf]:
    """Of the Hessian 2 X'X / W in the coordinates descended in: ascending, one a parameter, zero where nothing curves."""
    if not problem.moving:
        return [mpmath.mpf(0)] * len(problem.gram)
    with mpmath.workdps(DIGITS):
        metric = matrix(problem.among_moving(problem.metric))
        unit = mpmath.diag([1 / mpmath.sqrt(metric[i, i]) for i in range(metric.rows)])  # for a diagonal of ones
        root = mpmath.cholesky(unit * metric * unit) ** -1 * unit
        values = mpmath.eigsy(2 * root * matrix(problem.among_moving(problem.gram)) * root.T, eigvals_only=True)
        curved = sorted(values)[len(problem.moving) - problem.rank :]
        return [mpmath.mpf(0)] * (len(problem.gram) - problem.rank) + curved
