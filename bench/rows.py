"""The rows that the jobs run on, and what is exactly true of them."""

from __future__ import annotations

from fractions import Fraction
from functools import cache, cached_property
from operator import mul
from pathlib import Path

import numpy as np

HOURS = Path(__file__).parent.parent / "data" / "hours_scores.csv"
GRID = 50
"""Values are multiples of 2^-50, so that they can be summed as integers."""


class Data:
    """Contiguous columns x and y."""

    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        self.x, self.y = np.ascontiguousarray(x), np.ascontiguousarray(y)

    @cached_property
    def points(self) -> np.ndarray:
        return np.column_stack((self.x, self.y))

    @cached_property
    def sums(self) -> list[Fraction]:
        """Of x, y, x x and x y."""
        totals = [0, 0, 0, 0]
        for start in range(0, len(self.x), 100_000):  # Python's integers are large
            u, v = (on_grid(column[start : start + 100_000]) for column in (self.x, self.y))
            totals = [total + sum(part) for total, part in zip(totals, (u, v, map(mul, u, u), map(mul, u, v)), strict=True)]
        return [Fraction(total, 2 ** (GRID * power)) for total, power in zip(totals, (1, 1, 2, 2), strict=True)]

    @cached_property
    def line(self) -> tuple[Fraction, Fraction]:
        """Intercept and slope of the least squares line."""
        n, (x, y, xx, xy) = len(self.x), self.sums
        slope = (n * xy - x * y) / (n * xx - x * x)
        return (y - slope * x) / n, slope


def on_grid(column: np.ndarray) -> list[int]:
    scaled = np.ldexp(column, GRID)
    if not np.array_equal(scaled, np.rint(scaled)):
        raise ValueError(f"a value is no multiple of 2^-{GRID}: its sums would not be exact")
    return list(map(int, scaled.tolist()))


@cache
def lesson(rows: int) -> Data:
    return Data(*np.loadtxt(HOURS, delimiter=",", skiprows=1, unpack=True)[:, :rows])


@cache
def cloud(rows: int) -> Data:
    """A noisy line, the same for the same number of rows."""
    rng = np.random.default_rng(20)
    x = rng.uniform(0.0, 100.0, rows)
    y = 0.5 * x + rng.normal(10.0, 5.0, rows)
    return Data(*(np.ldexp(np.rint(np.ldexp(column, GRID)), -GRID) for column in (x, y)))
