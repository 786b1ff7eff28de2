"""Least squares and descent in exact rational arithmetic: the reference. Imports nothing but the standard library.

A design is a list of columns, a column of ones first where there is an intercept, as `design` makes it; theta holds one number
a column. `step` and `error` are the definition, row by row. `Problem` is the same in the form of normal equations, fast for
thousands of rows, and finds the limit of the descent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from operator import mul

Number = float | int | Fraction
Vector = list[Fraction]
Matrix = list[Vector]


def fractions(values: Sequence[Number]) -> Vector:
    return [Fraction(value) for value in values]


def mean(values: Sequence[Fraction], weights: Sequence[Fraction]) -> Fraction:
    return sum((v * w for v, w in zip(values, weights, strict=True)), Fraction(0)) / sum(weights)


def dot(u: Sequence[Fraction], v: Sequence[Fraction]) -> Fraction:
    return sum(map(mul, u, v), Fraction(0))


def design(columns: Sequence[Sequence[Number]], fit_intercept: bool = True) -> Matrix:
    ones = [[Fraction(1)] * len(columns[0])] if fit_intercept else []
    return ones + [fractions(column) for column in columns]


def residuals(columns: Matrix, y: Vector, theta: Sequence[Fraction]) -> Vector:
    return [v - dot(theta, row) for v, row in zip(y, zip(*columns, strict=True), strict=True)]


def step(
    columns: Matrix, y: Vector, theta: Sequence[Fraction], rate: Fraction, weights: Vector | None = None
) -> Vector:
    """One iteration of gradient descent on the mean squared error."""
    w = weights or [Fraction(1)] * len(y)
    pull = list(map(mul, w, residuals(columns, y, theta)))
    return [t + 2 * rate * dot(column, pull) / sum(w) for t, column in zip(theta, columns, strict=True)]


def error(columns: Matrix, y: Vector, theta: Sequence[Fraction], weights: Vector | None = None) -> Fraction:
    """Mean squared error."""
    return mean([r * r for r in residuals(columns, y, theta)], weights or [Fraction(1)] * len(y))


def integers(values: Sequence[Number]) -> tuple[list[int], int]:
    """Numerators over one denominator, and that."""
    ratios = [value.as_integer_ratio() for value in values]
    under = math.lcm(*{denominator for _, denominator in ratios})
    return [numerator * (under // denominator) for numerator, denominator in ratios], under


def reduce(rows: Matrix, width: int) -> list[int]:
    """To reduced echelon form, in place, by the first `width` columns; which of them have pivots."""
    pivots: list[int] = []
    for c in range(width):
        r = len(pivots)
        best = next((i for i in range(r, len(rows)) if rows[i][c] != 0), None)
        if best is None:
            continue
        rows[r], rows[best] = rows[best], rows[r]
        rows[r] = [value / rows[r][c] for value in rows[r]]
        for i in range(len(rows)):
            if i != r and rows[i][c] != 0:
                factor = rows[i][c]
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[r], strict=True)]
        pivots.append(c)
    return pivots


def solve(matrix: Matrix, right: Vector) -> tuple[Vector, Matrix]:
    """Of matrix @ v = right: one solution (there must be one), and a basis of the vectors that matrix takes to zero."""
    n = len(right)
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    pivots = reduce(rows, n)
    assert not any(row[n] for row in rows[len(pivots) :]), "no solution"
    solution, null = [Fraction(0)] * n, []
    for row, pivot in zip(rows, pivots, strict=False):
        solution[pivot] = row[n]
    for free in set(range(n)) - set(pivots):
        vector = [Fraction(int(i == free)) for i in range(n)]
        for row, pivot in zip(rows, pivots, strict=False):
            vector[pivot] = -row[free]
        null.append(vector)
    return solution, null


@dataclass(frozen=True)
class Problem:
    """The mean squared error as square - 2 moment . theta + theta . gram theta, and the coordinates descended in.

    Those are raw, or standardised: the level at the mean, and w_j times the deviation of column j (without an intercept, times
    its root mean square). A move d of theta has the length d . metric d, squared, in them: rational, where the deviation is not.
    Only the columns `moving` move: standardised, a column without deviation does not.
    """

    gram: Matrix
    moment: Vector
    square: Fraction
    weight: Fraction
    metric: Matrix
    moving: list[int]

    @classmethod
    def of(
        cls,
        columns: Sequence[Sequence[Number]],
        y: Sequence[Number],
        weights: Sequence[Number] | None = None,
        fit_intercept: bool = True,
        standardize: bool = False,
    ) -> Problem:
        w, under = integers(weights if weights is not None else [1] * len(y))
        ones = [[1] * len(y)] if fit_intercept else []
        scaled = [integers(column) for column in [*ones, *columns, y]]
        q = len(scaled) - 1
        products = [[Fraction(0)] * (q + 1) for _ in range(q + 1)]
        for i, (u, over) in enumerate(scaled):
            weighted = list(map(mul, u, w))
            for j, (v, other) in enumerate(scaled[: i + 1]):
                products[i][j] = products[j][i] = Fraction(sum(map(mul, weighted, v)), over * other * sum(w))
        gram = [row[:q] for row in products[:q]]
        metric, moving = [[Fraction(int(i == j)) for j in range(q)] for i in range(q)], list(range(q))
        if standardize:
            level = gram[0] if fit_intercept else [Fraction(0)] * q
            for i in range(q):
                for j in range(q):
                    metric[i][j] = level[i] * level[j] if i != j else gram[i][i]
            moving = [i for i in range(q) if gram[i][i] > level[i] ** 2 or (fit_intercept and i == 0)]
        return cls(gram, products[q][:q], products[q][q], Fraction(sum(w), under), metric, moving)

    def error(self, theta: Sequence[Fraction]) -> Fraction:
        return self.square - 2 * dot(self.moment, theta) + dot(theta, [dot(row, theta) for row in self.gram])

    def downhill(self, theta: Sequence[Fraction]) -> Vector:
        """Half the gradient, turned round."""
        return [m - dot(row, theta) for m, row in zip(self.moment, self.gram, strict=True)]

    def among_moving(self, matrix: Matrix) -> Matrix:
        return [[matrix[i][j] for j in self.moving] for i in self.moving]

    @property
    def rank(self) -> int:
        return len(reduce([list(row) for row in self.gram], len(self.gram)))

    def squared_distance(self, one: Sequence[Fraction], other: Sequence[Fraction]) -> Fraction:
        """In the coordinates descended in."""
        d = [one[i] - other[i] for i in self.moving]
        return dot(d, [dot(row, d) for row in self.among_moving(self.metric)])

    def limit(self, start: Sequence[Number] | None = None) -> Vector:
        """The least squares solution that is nearest to the start (zeros) in the coordinates descended in."""
        theta = fractions(start if start is not None else [0] * len(self.gram))
        downhill = self.downhill(theta)
        move, null = solve(self.among_moving(self.gram), [downhill[i] for i in self.moving])
        metric = self.among_moving(self.metric)
        lengths = [[dot(row, vector) for row in metric] for vector in null]  # metric @ null
        shares, _ = solve([[dot(u, v) for v in null] for u in lengths], [dot(u, move) for u in lengths])
        for i, place in enumerate(self.moving):
            theta[place] += move[i] - sum(share * vector[i] for share, vector in zip(shares, null, strict=True))
        return theta
