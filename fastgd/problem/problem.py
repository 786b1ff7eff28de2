"""What the features decide of a descent, and what a target adds."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from fastgd.kernels import layout
from fastgd.moments.moments import Moments
from fastgd.moments.units import exceeds_float64, in_float64
from fastgd.problem.penalties import Penalty, ridge_of
from fastgd.problem.views import Array, Number, Pairs, Row, View


class Problem(View):
    """The curvature of the objective, H = 2 (A + P): A = (1/N) X'X with the intercept's column of ones, P of a penalty.

    Columns are divided by 2^exponents (column''), which brings the numbers of very large or small ones near 1.
    """

    __slots__ = ("moments", "penalty")

    exponents, means, spreads, scales = Row(layout.EXPONENT), Row(layout.MEAN), Row(layout.SPREAD), Row(layout.SCALE)
    mean_pairs, scale_pairs = Pairs(layout.MEAN), Pairs(layout.SCALE)
    max_rate, best_rate, rate_exponent = Number(layout.MAX_RATE), Number(layout.BEST_RATE), Number(layout.RATE_EXPONENT)
    weight, weight_exponent = Number(layout.WEIGHT), Number(layout.WEIGHT_EXPONENT)
    _rank, _directions, _intercept, _standardized = (
        Number(layout.RANK), Number(layout.DIRECTIONS), Number(layout.INTERCEPT), Number(layout.STANDARDIZED)
    )

    def __init__(self, moments: Moments, rows: Array, penalty: Penalty | None = None) -> None:
        super().__init__(rows)
        self.moments = moments
        self.penalty = penalty

    @property
    def fit_intercept(self) -> bool:
        return bool(self._intercept)

    @property
    def standardize(self) -> bool:
        return bool(self._standardized)

    @property
    def rank(self) -> int:
        """Number of directions in which the objective is curved."""
        return int(self._rank)

    @property
    def n_parameters(self) -> int:
        """Coefficients and, if there is one, intercept."""
        return int(self.rows.shape[1]) - 1 + self.fit_intercept

    @property
    def is_complete(self) -> bool:
        """Whether the directions are known."""
        return self._directions == self._rank

    @property
    def eigenvalue_pairs(self) -> Array:
        """Of A + P, (2, rank), each to be multiplied by 2^(its exponent); the largest first, as all that follows."""
        pairs: Array = self.rows[layout.EIGENVALUE : layout.EIGENVALUE + 2, : self.rank]
        return pairs

    @property
    def eigenvalue_exponents(self) -> Array:
        exponents: Array = self.rows[layout.EIGENVALUE_EXPONENT, : self.rank]
        return exponents

    @property
    def vectors(self) -> Array:
        """The directions in double-double, (rank, 2, d), the intercept's part first."""
        vectors: Array = self.rows[layout.VECTORS : layout.VECTORS + 2 * self.rank].reshape(self.rank, 2, self.rows.shape[1])
        return vectors

    @property
    def lengths(self) -> Array:
        """Roots of the eigenvalues of A + P."""
        roots: Array = np.ldexp(np.sqrt(self.eigenvalue_pairs[0]), (self.eigenvalue_exponents / 2).astype(int))
        return roots

    @property
    def eigenvalues(self) -> Array:
        """Of H in ascending order, one for each parameter, 0 where the data leave a direction undecided."""
        values = np.zeros(self.n_parameters)
        pairs = zip(self.eigenvalue_pairs[0].tolist(), self.eigenvalue_exponents.tolist(), strict=True)
        for i, (value, exponent) in enumerate(pairs):
            what = "the largest eigenvalue" if i == 0 else "an eigenvalue"
            values[-1 - i] = in_float64(2.0 * value, exponent, what, self.columns())
            if values[-1 - i] == 0.0:
                raise exceeds_float64(2.0 * value, exponent, what, self.columns("smallest"))
        return values

    @property
    def directions(self) -> Array:
        """Unit eigenvectors of H, (rank, parameters), the slowest first."""
        directions: Array = self.vectors[::-1, 0, not self.fit_intercept :].copy()
        return directions

    @property
    def condition(self) -> float:
        """Largest over smallest eigenvalue that is not zero."""
        if self.rank < 2:
            return 1.0
        largest, e = math.frexp(self.eigenvalue_pairs.item(0, 0))
        smallest, f = math.frexp(self.eigenvalue_pairs.item(0, -1))
        exponent = self.eigenvalue_exponents.item(0) - self.eigenvalue_exponents.item(-1) + e - f
        return in_float64(largest / smallest, exponent, "the condition number", self.columns())

    @property
    def ridge(self) -> Array:
        """Of each coefficient w_j in the data's units, c_j of the penalty sum_j c_j w_j^2."""
        squares = np.ldexp(self.spreads[1:], 2 * self.exponents[1:].astype(int))
        raw, scaled = ridge_of(self.penalty, len(squares), self.standardize)
        ridge: Array = raw + scaled * squares
        return ridge

    @property
    def condition_of_columns(self) -> float | None:
        """Root of `condition`: largest over smallest singular value of the columns; None where float64 cannot hold it."""
        values, exponents = self.eigenvalue_pairs[0], self.eigenvalue_exponents
        apart = int(exponents[0] - exponents[-1])
        try:
            return math.ldexp(math.sqrt(math.ldexp(values.item(0) / values.item(-1), apart % 2)), apart // 2)
        except OverflowError:
            return None

    @property
    def max_learning_rate(self) -> float:
        """2 / lambda_max: the first float64 at which descent is not stable any more."""
        return in_float64(self.max_rate, -self.rate_exponent, "the largest stable rate", self.columns())

    @property
    def best_learning_rate(self) -> float:
        """2 / (lambda_min + lambda_max)."""
        rate = in_float64(self.best_rate, -self.rate_exponent, "the best rate", self.columns())
        if rate == 0.0:
            raise exceeds_float64(self.best_rate, -self.rate_exponent, "the best rate", self.columns())
        return rate

    def columns(self, which: str = "largest") -> str:
        """How to call the features in an error: the one by its name."""
        names = self.moments.feature_names
        return names[0] if len(names) == 1 else f"the {which} column"


class Target(View):
    """What a target adds to a problem: its mean and variance, and where the objective is least. It is divided by 2^exponent."""

    __slots__ = ()

    mean, variance, exponent, least = (
        Number(layout.MEAN_Y), Number(layout.VAR_Y), Number(layout.EXPONENT_Y), Number(layout.LEAST)
    )
    best, best_pairs = Row(layout.BEST), Pairs(layout.BEST)

    def in_units(self, problem: Problem, theta: Array) -> tuple[float, Array]:
        """Intercept and coefficients of theta'' in the data's units."""
        names = ("the intercept", *(f"the coefficient of {name}" for name in problem.moments.feature_names))
        values = [
            in_float64(value, exponent, what, what.removeprefix("the coefficient of ") if j else "the target")
            for j, (value, exponent, what) in enumerate(
                zip(theta.tolist(), self.exponents_of(problem), names, strict=True)
            )
        ]
        return values[0], np.array(values[1:])

    def exponents_of(self, problem: Problem) -> list[float]:
        """Of each parameter: theta = theta'' * 2^exponent."""
        exponents: list[float] = (self.exponent - problem.exponents).tolist()
        return exponents

    def natural_sizes(self, problem: Problem) -> list[Fraction]:
        """Of intercept and coefficients: root mean squares of the target, and of the target over each feature."""
        squares = problem.spreads + problem.means * problem.means if problem.fit_intercept else problem.spreads
        target = math.sqrt(self.variance + self.mean**2)
        roots = [1.0, *np.sqrt(squares[1:]).tolist()]
        exponents = self.exponents_of(problem)
        return [Fraction(target / (root or 1.0)) * Fraction(2) ** int(e) for root, e in zip(roots, exponents, strict=True)]
