"""Descent and least squares on one feature in exact rational arithmetic: the reference. Imports nothing from fastgd."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

Line = tuple[Fraction, Fraction]


def fractions(values: Sequence[float]) -> list[Fraction]:
    return [Fraction(value) for value in values]


def mean(values: Sequence[Fraction], weights: Sequence[Fraction]) -> Fraction:
    return sum((v * w for v, w in zip(values, weights, strict=True)), Fraction(0)) / sum(weights)


def least_squares(x: Sequence[float], y: Sequence[float], weights: Sequence[float] | None = None) -> Line | None:
    """Intercept and slope; None where all x are equal."""
    w = fractions(weights if weights is not None else [1] * len(x))
    u, v = fractions(x), fractions(y)
    mu, mv = mean(u, w), mean(v, w)
    variance = mean([(a - mu) ** 2 for a in u], w)
    if variance == 0:
        return None
    slope = mean([(a - mu) * (c - mv) for a, c in zip(u, v, strict=True)], w) / variance
    return mv - slope * mu, slope


def through_origin(x: Sequence[float], y: Sequence[float]) -> Fraction:
    u, v = fractions(x), fractions(y)
    return sum((a * c for a, c in zip(u, v, strict=True)), Fraction(0)) / sum(a * a for a in u)


def step(x: Sequence[Fraction], y: Sequence[Fraction], line: Line, rate: Fraction) -> Line:
    """One iteration of gradient descent on the mean squared error."""
    b, m = line
    factor = rate * 2 / len(x)
    residuals = [c - (b + m * a) for a, c in zip(x, y, strict=True)]
    return b + factor * sum(residuals), m + factor * sum(a * r for a, r in zip(x, residuals, strict=True))


def error(x: Sequence[float], y: Sequence[float], line: Line) -> Fraction:
    """Mean squared error."""
    residuals = [c - (line[0] + line[1] * a) for a, c in zip(fractions(x), fractions(y), strict=True)]
    return sum((r * r for r in residuals), Fraction(0)) / len(x)
