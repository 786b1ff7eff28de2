"""The rows that the jobs run on, and what is exactly true of them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np

HOURS = Path(__file__).parent.parent / "data" / "hours_scores.csv"
GRID = 50
"""Values are multiples of 2^-50, so that they can be summed as integers."""

LIMB, LIMBS, BLOCK = 20, 3, 2**14
PLACES = 240


class Data:
    """Features X, of shape (n, p) or one of (n,), and target y, C-contiguous."""

    def __init__(self, X: np.ndarray, y: np.ndarray) -> None:
        self.X, self.y = np.ascontiguousarray(X.reshape(len(y), -1)), np.ascontiguousarray(y)

    @property
    def x(self) -> np.ndarray:
        """The first feature; where there is but one, contiguous."""
        return self.X[:, 0]

    @cached_property
    def points(self) -> np.ndarray:
        return np.column_stack((self.X, self.y))

    @cached_property
    def products(self) -> np.ndarray:
        """Sums of products of the columns 1, x_1 .. x_p, y, as Python's integers, in units of 4^-GRID.

        Values are cut into limbs of at most 2^(LIMB - 1). A product of two limbs is at most 2^38, and the sum of a block's 2^14
        products 2^52: whatever the order in which BLAS adds them, each partial sum is an integer that float64 holds. int64
        then holds 2^11 blocks.
        """
        q = self.X.shape[1] + 2
        total = np.zeros((LIMBS * q, LIMBS * q), np.int64)
        for start in range(0, len(self.y), BLOCK):
            X, y = self.X[start : start + BLOCK], self.y[start : start + BLOCK]
            limbs = np.hstack(limbs_of(np.column_stack((np.ones(len(y)), X, y))))
            total += (limbs.T @ limbs).astype(np.int64)
        parts = total.reshape(LIMBS, q, LIMBS, q).astype(object)
        return sum(parts[i, :, j] << LIMB * (i + j) for i in range(LIMBS) for j in range(LIMBS))  # type: ignore[no-any-return]

    @cached_property
    def totals(self) -> tuple[Fraction, Fraction]:
        """The sum of all of X, and of y."""
        *features, target = self.products[0, 1:]
        return Fraction(sum(features), 4**GRID), Fraction(target, 4**GRID)

    @cached_property
    def solution(self) -> list[Fraction]:
        """Intercept and coefficients of least squares, to 2^-PLACES.

        The normal equations are solved in float64, again and again for what the solution so far leaves of the right side,
        which is computed exactly; each time gains the digits that the condition number leaves, until no more are asked for.
        """
        matrix, right = self.products[:-1, :-1], self.products[:-1, -1] << PLACES
        rounded, solution = matrix.astype(float), np.zeros(len(matrix), object)
        for _ in range(99):
            step = np.linalg.solve(rounded, (right - matrix @ solution).astype(float))
            if abs(step).max() < 1.0:
                return [Fraction(int(value), 2**PLACES) for value in solution]
            solution += np.array([int(value) for value in step], object)
        raise ArithmeticError("the features are too nearly dependent for an exact solution by refinement")


def limbs_of(values: np.ndarray) -> list[np.ndarray]:
    """Whole floats u, v, w of at most 2^(LIMB - 1) with values * 2^GRID = u + v 2^LIMB + w 4^LIMB."""
    scaled = np.ldexp(values, GRID)
    if not np.array_equal(scaled, np.rint(scaled)):
        raise ValueError(f"a value is no multiple of 2^-{GRID}: its sums would not be exact")
    if not (abs(scaled) <= 2.0 ** (LIMB * LIMBS - 2)).all():
        raise ValueError(f"a value is too large for {LIMBS} limbs of {LIMB} bits")
    rest, limbs, half = scaled.astype(np.int64), [], 2 ** (LIMB - 1)
    for _ in range(LIMBS):
        limb = ((rest + half) & (2 * half - 1)) - half
        limbs.append(limb.astype(float))
        rest = (rest - limb) >> LIMB
    return limbs


def digits(values: Iterable[Any], exact: Iterable[Fraction]) -> float:
    """Right significant digits of the worst value; 16 is all that float64 has, and 0 stands for no values or none right."""
    worst = max((abs(Fraction(float(v)) / e - 1) for v, e in zip(values, exact, strict=True)), default=1)
    return 16.0 if worst < Fraction(1, 10**16) else max(0.0, -math.log10(worst))


@cache
def lesson(rows: int) -> Data:
    return Data(*np.loadtxt(HOURS, delimiter=",", skiprows=1, unpack=True)[:, :rows])


@cache
def cloud(rows: int) -> Data:
    """A noisy line, the same for the same number of rows."""
    rng = np.random.default_rng(20)
    x = rng.uniform(0.0, 100.0, rows)
    return Data(on_grid(x), on_grid(0.5 * x + rng.normal(10.0, 5.0, rows)))


@cache
def table(rows: int, features: int) -> Data:
    """Features off zero, coefficients of either sign, noise."""
    rng = np.random.default_rng(21)
    X = rng.normal(4.0, 2.0, (rows, features))
    coef = np.linspace(0.5, 1.5, features) * (-1.0) ** np.arange(features)
    return Data(on_grid(X), on_grid(X @ coef + rng.normal(10.0, 2.0, rows)))


def on_grid(values: np.ndarray) -> np.ndarray:
    rounded: np.ndarray = np.ldexp(np.rint(np.ldexp(values, GRID)), -GRID)
    return rounded
