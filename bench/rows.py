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

LIMB, LIMBS, BLOCK, BLOCKS = 20, 3, 2**14, 2**11
MOST_WEIGHT = 8
PLACES = 240
STEP_PLACES = 420
"""Of numbers on the way to an iterate: k steps leave it wrong by some k 2^-STEP_PLACES, and k is at most 2^63."""


class Data:
    """Features X, of shape (n, p) or one of (n,), and target y, C-contiguous; weights, whole numbers to MOST_WEIGHT, or none."""

    def __init__(self, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None = None) -> None:
        self.X, self.y, self.weight = np.ascontiguousarray(X.reshape(len(y), -1)), np.ascontiguousarray(y), weight

    @property
    def x(self) -> np.ndarray:
        """The first feature; where there is but one, contiguous."""
        return self.X[:, 0]

    @cached_property
    def points(self) -> np.ndarray:
        return np.column_stack((self.X, self.y))

    @cached_property
    def products(self) -> np.ndarray:
        """Sums of weighted products of the columns 1, x_1 .. x_p, y, as Python's integers, in units of 4^-GRID.

        Values are cut into limbs of at most 2^(LIMB - 1). A product of two limbs is at most 2^38, and the sum of a block's 2^14
        products 2^52: whatever the order in which BLAS adds them, each partial sum is an integer that float64 holds. int64
        then holds BLOCKS blocks. Limbs times weights are larger, and blocks as much smaller.
        """
        block = BLOCK if self.weight is None else BLOCK // MOST_WEIGHT
        q = self.X.shape[1] + 2
        total = np.zeros((q, q), object)
        for start in range(0, len(self.y), BLOCKS * block):
            some = np.zeros((LIMBS * q, LIMBS * q), np.int64)
            for first in range(start, min(start + BLOCKS * block, len(self.y)), block):
                some += self._block_products(slice(first, first + block))
            parts = some.reshape(LIMBS, q, LIMBS, q).astype(object)
            total += sum(parts[i, :, j] << LIMB * (i + j) for i in range(LIMBS) for j in range(LIMBS))
        return total

    def _block_products(self, rows: slice) -> np.ndarray:
        columns = np.column_stack((np.ones(len(self.y[rows])), self.X[rows], self.y[rows]))
        limbs = np.hstack(limbs_of(columns))
        weighted = limbs if self.weight is None else limbs * self.weight[rows, np.newaxis]
        return (weighted.T @ limbs).astype(np.int64)

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

    def iterate(self, steps: int, rate: float) -> list[Fraction]:
        """Intercept and coefficients after so many steps of descent from zeros, to 2^-PLACES.

        A step is a matrix that maps (1, theta) to the next: squared again and again, in fixed point, it makes many steps.
        """
        matrix, right = self.products[:-1, :-1], self.products[:-1, -1]
        share = 2 * Fraction(rate) / int(matrix[0, 0])  # the sum of weights, in the unit of the products
        step = np.zeros((len(matrix) + 1, len(matrix) + 1), object)
        step[0, 0], step[1:, 0], step[1:, 1:] = Fraction(1), share * right, np.eye(len(matrix), dtype=int) - share * matrix
        step = np.vectorize(lambda value: round(value * 2**STEP_PLACES), otypes=[object])(step)
        theta = np.array([2**STEP_PLACES] + [0] * len(matrix), object)
        while steps:
            if steps & 1:
                theta = (step @ theta) >> STEP_PLACES
            steps, step = steps >> 1, (step @ step) >> STEP_PLACES
        return [Fraction(int(value), 2**STEP_PLACES) for value in theta[1:]]


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
    coef *= min(1.0, 500 / features)  # whatever their number, y stays what LIMBS hold
    return Data(on_grid(X), on_grid(X @ coef + rng.normal(10.0, 2.0, rows)))


@cache
def weighted_table(rows: int, features: int) -> Data:
    """Each row of `table` counts 0 to MOST_WEIGHT times."""
    plain = table(rows, features)
    return Data(plain.X, plain.y, np.random.default_rng(22).integers(0, MOST_WEIGHT, rows, endpoint=True).astype(float))


@cache
def single_table(rows: int, features: int) -> Data:
    """`table` rounded to float32, whose values are multiples of 2^-GRID as well."""
    plain = table(rows, features)
    return Data(plain.X.astype(np.float32).astype(float), plain.y.astype(np.float32).astype(float))


def on_grid(values: np.ndarray) -> np.ndarray:
    rounded: np.ndarray = np.ldexp(np.rint(np.ldexp(values, GRID)), -GRID)
    return rounded
