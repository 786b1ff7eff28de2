"""The scatter of the rows about the least squares solution, from which standard errors are computed.

Where columns depend on others, A has a null space, and a linear function c of the coefficients is estimable, the same for every
least squares solution, if and only if c has no part in it (Searle 1971, *Linear Models*, section 5.4): c = e_j for coefficient j,
c = the row for a prediction. The covariance in `inference` holds for such c, with a generalised inverse, which V gives.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fastgd.arguments import counted
from fastgd.descent.run import Run
from fastgd.errors import COUNTED, DataError
from fastgd.moments.details import LOG_BITS
from fastgd.moments.units import in_float64
from fastgd.problem.problem import Problem
from fastgd.problem.study import study
from fastgd.problem.views import fractions

_ROUNDING = 2.0**-100
"""Mean squared error, over mean squares of y and slope x, of residuals of four units in the last place (2^-50)."""

_ROUNDING_OF_ONE = 2.0**-50
_UNDECIDED = 2.0**-26
"""Length of a null part, of a unit vector of standardised columns, from which on a coefficient or a row is not estimable.

Where there is none, columns that depend on each other up to the rounding of float64 leave 2^-48 times their condition number.
"""


class Scatter:
    """What standard errors are computed from, for columns / 2^exponent; or the error that says why there are none.

    Attributes
    ----------
    problem, target : Problem, Target
        In standardised coordinates.
    rows, df, slope_rank, first : int
        `first` is the place of the first parameter: 1 without an intercept.
    noise : float
        sqrt(SSE / W / df).
    total, share : float
        SST / W; SSE / SST.
    root_weight : float
    unit : ndarray of shape (p,)
        Standard deviations of the features; 1 for those that do not vary, which no direction reaches.
    vectors : ndarray of shape (rank, 2, p)
        The features' parts of the directions, high and low.
    lengths : ndarray of shape (rank,)
        Roots of the eigenvalues.
    roots : ndarray of shape (rank, p)
        vectors / lengths, whose products add up to A^-1.
    """

    def __init__(self, run: Run) -> None:
        problem, target, *_ = run._complete
        rows, parameters, has_intercept = problem.moments.n_samples, problem.n_parameters, problem.fit_intercept
        if problem.penalty is not None:
            raise DataError("a penalised estimate is biased, and has no standard errors of least squares")
        if rows <= problem.rank:
            raise DataError(
                f"{counted(rows, 'row')} for {counted(parameters, 'coefficient')}: nothing is left to "
                f"estimate the scatter from, so there are no standard errors; at least {parameters + 1} rows are needed"
            )
        if problem.rank == has_intercept:
            raise DataError(_undecided(run.feature_names, problem))
        if not problem.standardize:
            problem, target = study(problem.moments, has_intercept, True)
        mean, spread, best = problem.means[1:], problem.spreads[1:], target.best[1:]
        squares = spread + mean * mean if has_intercept else spread
        about_0 = target.variance + target.mean * target.mean
        with np.errstate(over="ignore"):  # coefficients that make up for each other, as weights of 1e-280 bring about
            size = about_0 + float(best * best @ squares)
        if target.least <= _ROUNDING * size:
            raise DataError(
                f"the {'line' if len(best) == 1 else 'fit'} passes through all {rows} rows, up to rounding: there is no scatter "
                "to estimate standard errors from; the coefficients themselves are in .optimum"
            )
        self.problem, self.target = problem, target
        self.rows, self.df, self.first = rows, rows - problem.rank, 0 if has_intercept else 1
        self.slope_rank = problem.rank - has_intercept
        self.noise = math.sqrt(target.least / self.df)
        self.total = target.variance if has_intercept else about_0
        self.share = target.least / self.total
        self.root_weight = math.sqrt(
            in_float64(problem.weight, problem.weight_exponent, "the sum of the weights", "the weights")
        )
        deviations = problem.scales[1:]
        self.unit = np.where(deviations > 0.0, deviations, 1.0)
        self.vectors = problem.vectors[:, :, 1:]
        self.lengths = problem.lengths
        self.roots = self.vectors[:, 0] / self.lengths[:, np.newaxis]

    @property
    def slopes(self) -> NDArray[np.float64]:
        """Standard errors of the coefficients over the noise."""
        slopes: NDArray[np.float64] = np.sqrt((self.roots * self.roots).sum(axis=0)) / self.unit
        return slopes

    @property
    def from_mean(self) -> float:
        """How far 0 is from the mean of the features, in these."""
        units = zip(fractions(self.problem.mean_pairs[:, 1:]), self.deviations, strict=True)
        return float(norm(self.along([mean / unit if unit else Fraction(0) for mean, unit in units]) / self.lengths))

    @property
    def r2(self) -> float:
        """1 - SSE / SST or, where that cancels, the sum of squares of the fitted values over SST."""
        if self.share < 0.5:
            return 1.0 - self.share
        best = fractions(self.target.best_pairs[:, 1:])
        fitted = self.along([coef * unit for coef, unit in zip(best, self.deviations, strict=True)])
        return float(((fitted * self.lengths) ** 2).sum() / self.total)

    @property
    def deviations(self) -> list[Fraction]:
        """Standard deviations of the features."""
        return fractions(self.problem.scale_pairs[:, 1:])

    def along(self, values: list[Fraction]) -> NDArray[np.float64]:
        """Of a vector of the features, the part along each direction: in double-double, since it cancels."""
        pairs = np.array([[float(v), float(v - Fraction(float(v)))] for v in values])[:, :, np.newaxis]
        along: NDArray[np.float64] = _product(self.vectors, pairs)[:, 0, 0]
        return along

    @property
    def correlation(self) -> float:
        """Of the target and the one feature."""
        return float(self.target.best[1] * self.unit[0] / math.sqrt(self.target.variance))

    @property
    def log_likelihood(self) -> float:
        problem, target = self.problem, self.target
        exponent = problem.weight_exponent + 2.0 * target.exponent
        mean_square = math.log(target.least * problem.weight / self.rows) + exponent * math.log(2.0)
        weights = problem.moments._details.log_weight * 2.0**-LOG_BITS * math.log(2.0)
        return 0.5 * (weights - self.rows * (math.log(2.0 * math.pi) + mean_square + 1.0))

    @property
    def is_decided(self) -> bool:
        """Whether there is one solution."""
        return self.problem.rank == self.problem.n_parameters

    @property
    def estimable(self) -> NDArray[np.bool_]:
        """Of each parameter, the intercept first, whether it has no part that the data leave undecided."""
        decided = np.ones(len(self.unit) + 1, bool)
        if not self.is_decided:
            decided[1:] = np.diag(self.null) <= _UNDECIDED**2  # of a projector, the squared length of its column
            decided[0] = self.reached(self.problem.means[np.newaxis, 1:])[0]
        return decided

    def reached(self, away: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Of rows, as deviations from the mean, which of them the data decide the level at, up to the rounding of the columns."""
        mean, constant = np.abs(self.problem.means[1:]), self.problem.scales[1:] == 0.0
        at_constant = (np.abs(away) <= _ROUNDING_OF_ONE * mean)[:, constant].all(axis=1)
        there, rounding = (np.where(constant, 0.0, distance / self.unit) for distance in (away, _ROUNDING_OF_ONE * mean))
        allowed = _UNDECIDED * np.hypot(1.0, norm(there)) + norm(rounding)
        reached: NDArray[np.bool_] = at_constant & (norm(there @ self.null) <= allowed)
        return reached

    @cached_property
    def null(self) -> NDArray[np.float64]:
        """The projector on what no direction reaches of the features, 1 - V'V: in double-double, since it cancels."""
        square = _product(self.vectors.transpose(2, 1, 0), self.vectors)
        null: NDArray[np.float64] = (np.eye(len(self.unit)) - square[:, 0]) - square[:, 1]
        return null

    def require_decided(self, away: NDArray[np.float64]) -> None:
        """Refuse a row, `away` from the mean, whose prediction the data leave undecided."""
        if self.is_decided or not np.isfinite(away).all():
            return
        undecided = np.flatnonzero(~self.reached(away))
        if undecided.size:
            raise DataError(
                f"row {undecided[0]} of X {COUNTED} breaks a dependence that the columns had in all fitted rows (rank "
                f"{self.problem.rank} of {self.problem.n_parameters}): the data leave its prediction undecided, so it has no "
                "interval"
            )


def _product(factor: NDArray[np.float64], rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """factor rows in double-double, (m, 2, k) and (k, 2, d) of high and low parts."""
    from fastgd.kernels import spectrum

    out = np.empty((len(factor), 2, rows.shape[2]))
    spectrum.multiply_rows(np.ascontiguousarray(factor), np.ascontiguousarray(rows), out)
    return out


def norm(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lengths of the rows, also where float64 cannot hold the squares, as of means of 1e160 standard deviations."""
    exponents = np.frexp(np.abs(rows).max(axis=-1, initial=0.0))[1]
    lengths: NDArray[np.float64] = np.linalg.norm(np.ldexp(rows, -exponents[..., np.newaxis]), axis=-1)
    return np.ldexp(lengths, exponents)


def _undecided(names: tuple[str, ...], problem: Problem) -> str:
    if len(names) == 1:
        how = "the same" if problem.fit_intercept else "zero"
        return (
            f"{names[0]} is {how} in every row, so its coefficient is undecided and has no standard error: "
            f"rows with other values of {names[0]} are needed"
        )
    return (
        f"the columns depend on each other (rank {problem.rank} of {problem.n_parameters}), so their coefficients are "
        "undecided and have no standard errors: leave out columns that are combinations of others, or constant"
    )
