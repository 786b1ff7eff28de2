"""A descent that was run: where it started, where it ended, and what is left of the way."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from fastgd import arguments
from fastgd.arguments import counted
from fastgd.descent.parts import Course, Parts, descend
from fastgd.errors import DataError, Status
from fastgd.kernels import layout
from fastgd.moments.moments import Moments
from fastgd.moments.units import in_float64
from fastgd.problem.penalties import mean_squared_error
from fastgd.problem.problem import Problem, Target
from fastgd.problem.study import study
from fastgd.problem.views import Array, fractions
from fastgd.request import Request

_SETTLED = 1e-320  # a share of the distance at which no float64 coefficient changes any more


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """The limit point of the descent: the least squares solution (that nearest to the start where several are).

    Attributes
    ----------
    intercept : float
    coef : ndarray of shape (p,)
    error : float
        The least mean squared error.

    Examples
    --------
    >>> import fastgd
    >>> optimum = fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8], max_iter=1).optimum
    >>> round(float(optimum.coef[0]), 12), round(optimum.error, 12)
    (1.9, 0.175)
    """

    intercept: float
    coef: Array
    error: float


class Run:
    """The iterate that a descent reached, and what can be said about it. Attributes cannot be set."""

    __slots__ = ("_arrays", "_moments", "_request")

    def __init__(self, moments: Moments, request: Request, arrays: Array | Parts) -> None:
        # `arrays`: what the kernels left, of a line in one piece; it is opened when asked, which keeps a small fit small.
        self._moments = moments
        self._request = request
        self._arrays = arrays

    @property
    def _parts(self) -> Parts:
        """What is known so far: of many features that went to the limit point not yet the directions."""
        arrays = self._arrays  # read once: another thread may open them meanwhile
        if isinstance(arrays, np.ndarray):
            arrays = self._arrays = Parts(Problem(self._moments, arrays), Target(arrays), Course(arrays))
        return arrays

    @property
    def _complete(self) -> Parts:
        """The same with the directions."""
        problem = self._parts.problem
        if not problem.is_complete:
            found = study(self._moments, problem.fit_intercept, problem.standardize, penalty=problem.penalty)
            self._arrays, _ = descend(*found, self._request)
        return self._parts

    @property
    def moments(self) -> Moments:
        """The moments of the rows that were fitted; what they are given later does not change the fit."""
        return self._moments.copy()

    @property
    def n_dropped(self) -> int:
        """Number of rows that were left out because a value was missing (`missing="drop"`)."""
        return self._moments.n_dropped

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the features, in the order of `coef`."""
        return self._moments.feature_names

    @property
    def formula(self) -> str | None:
        """The formula that made the columns, if one did; it is code, and `predict` runs it."""
        formula = self._moments._details.formula
        return None if formula is None else str(formula.text)

    @property
    def fit_intercept(self) -> bool:
        """Whether there is an intercept."""
        return self._parts.problem.fit_intercept

    @property
    def standardize(self) -> bool:
        """Whether the descent ran in standardised coordinates."""
        return self._parts.problem.standardize

    @property
    def start(self) -> tuple[float, ...]:
        """Where the descent began: intercept, if there is one, then coefficients."""
        parts = self._parts
        return tuple(parts.course.asked[not parts.problem.fit_intercept :].tolist())

    @property
    def _end(self) -> Array:
        """Intercept and coefficients. Read where they are: to open a line's arrays takes as long as its fit."""
        arrays = self._arrays
        end: Array = arrays[layout.END] if isinstance(arrays, np.ndarray) else arrays.course.end
        return end

    @property
    def intercept(self) -> float:
        """The value where all features are 0, in units of the target; 0.0 with fit_intercept=False."""
        return self._end.item(0)

    @property
    def coef(self) -> Array:
        """Coefficients, shape (p,), in units of the target a unit of the feature."""
        return self._end[1:].copy()

    @property
    def slope(self) -> float:
        """The one coefficient of a fit with one feature."""
        end = self._end
        if len(end) != 2:
            raise DataError(f"slope: {len(self.feature_names)} features were fitted, and each has a coefficient, in .coef")
        return end.item(1)

    @property
    def objective(self) -> float:
        """What is descended: the mean squared error, and the penalty where there is one."""
        course = self._parts.course
        return in_float64(course.objective, course.objective_exponent, "the mean squared error", "y")

    @property
    def error(self) -> float:
        """Mean squared error, (1/N) sum (y - intercept - x coef)^2, over the rows that were fitted."""
        return in_float64(*self._error, "the mean squared error", "y")

    @property
    def _error(self) -> tuple[float, float]:
        """It is value * 2^exponent."""
        problem, _, course, _ = self._parts
        if problem.penalty is None:
            return course.objective, course.objective_exponent
        return mean_squared_error(self._moments, fractions(course.end_pairs)), 0.0

    @property
    def n_iter(self) -> int:
        """Iterations run; at the limit point, those after which no coefficient changes in float64 any more."""
        k, max_iter = self._parts.course.iterations, self._request.max_iter
        if k < math.inf:
            return max_iter if max_iter is not None and k == self._request.numbers[1] else int(k)
        parts = self._complete
        settled, _ = parts.counts(math.nan)
        return int(settled) if settled < math.inf else parts.iterations_for(_SETTLED, parts.moving(), self._request.learning_rate)

    @property
    def learning_rate(self) -> float:
        """The rate of the descent."""
        rate = self._request.learning_rate
        return self._complete.problem.best_learning_rate if rate is None else rate

    @property
    def status(self) -> Status:
        """How the descent ended."""
        parts, tol = self._parts, self._request.tol
        if parts.diverges():
            return Status.DIVERGED
        arrived = bool(parts.course.settled) if tol is None else self.remaining <= tol
        return Status.CONVERGED if arrived else Status.MAX_ITER

    @property
    def converged(self) -> bool:
        """Whether the tolerance is met or, without one, the coefficients are those of the limit point to the last bit."""
        return self.status is Status.CONVERGED

    @property
    def remaining(self) -> float:
        """Distance to the optimum as a share of the start's, 0 to 1, in the coordinates descended in; 1 if it diverged."""
        return min(1.0, self._parts.course.left)

    @property
    def optimum(self) -> Optimum:
        """The limit point: the least squares solution, or with a penalty the minimum of the objective."""
        parts = self._parts
        least = parts.target.least, 2.0 * parts.target.exponent
        if parts.problem.penalty is not None:
            least = mean_squared_error(self._moments, parts.exactly("limit")), 0.0
        return Optimum(*parts.in_units("limit"), in_float64(*least, "the least mean squared error", "y"))

    @property
    def rank(self) -> int:
        """Rank of the design, its column of ones included: less than the number of parameters where columns depend on others."""
        return self._parts.problem.rank

    @property
    def r2(self) -> float:
        """Share of the target's variance that this run explains, 1 - error / var(y), as scikit-learn's `score`.

        Negative for a run that is far away. `inference().r2` is that of the least squares solution and, without an intercept,
        about 0 instead of the mean, as statsmodels has it.
        """
        target = self._parts.target
        (residual, exponent), variance = self._error, target.variance
        if variance == 0.0:
            return share_explained(residual, variance)
        (residual, e), (variance, f) = math.frexp(residual), math.frexp(variance)
        exponent += e - f - 2.0 * target.exponent
        return 1.0 - in_float64(residual / variance, exponent, "the error over the variance", "the start")

    def iterations_to(self, tol: float) -> int | None:
        """The first iteration, from this start at this rate, whose distance left is at most the share `tol`.

        Parameters
        ----------
        tol : float
            Between 0 and 1.

        Returns
        -------
        int or None
            None if there is none: the rate is not stable.

        Raises
        ------
        DataError
            For a tolerance that is not between 0 and 1.

        Examples
        --------
        >>> import fastgd
        >>> result = fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8], learning_rate=0.1, max_iter=9)
        >>> result.iterations_to(0.5), result.iterations_to(1e-6)
        (3, 418)
        """
        tol, parts = arguments.tolerance(tol), self._complete
        count, _ = parts.counts(tol)
        if count < math.inf:
            return int(count)
        return None if parts.diverges() else parts.iterations_for(tol, parts.moving(), self._request.learning_rate)

    @property
    def distances(self) -> Array:
        """From the limit point to the start along each of `Stability.directions`, (rank,), in the coordinates descended in."""
        problem, target, course, _ = self._complete
        distances = course.distances[: problem.rank][::-1]
        return np.array([in_float64(d, target.exponent, "a distance", "the target") for d in distances.tolist()])

    def factors(self, k: ArrayLike) -> Array:
        """What k iterations multiply the distance along each of `Stability.directions` by: (1 - learning_rate * eigenvalue)^k.

        Parameters
        ----------
        k : whole number, or array_like of them of shape (m,)
            0 or more, as int or float; any number costs the same.

        Returns
        -------
        ndarray of shape (rank,), or (m, rank)
            Those of 1e304 and more are given as 1e304.

        Raises
        ------
        DataError
            For what is not a number of iterations.

        Examples
        --------
        >>> import fastgd
        >>> result = fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8], learning_rate=0.1, max_iter=9)
        >>> result.factors([0, 1, 10]).round(4).tolist()
        [[1.0, 1.0], [0.9701, -0.6701], [0.7379, 0.0182]]
        """
        counts = arguments.numbers([k] if isinstance(k, int) else k, "k")  # of one int, whatever its size
        times = counts.astype(np.float64)
        if not ((times >= 0.0) & (times == np.floor(times)) & (times < np.inf)).all():
            raise arguments.argument_error("k", k, "iterations are whole numbers, 0 or more")
        problem, _, course, rule = self._complete
        u, logs = course.u[: problem.rank][::-1], course.logs[: problem.rank][::-1]
        if rule is not None:
            left = np.array([rule.left(u, count) for count in times.ravel().tolist()])
            factors: Array = left.reshape(*times.shape, problem.rank)
        else:
            with np.errstate(over="ignore", under="ignore"):
                sizes = np.exp(np.minimum(np.multiply.outer(times, logs), 700.0))
            factors = np.where((u > 1.0) & (counts % 2 == 1)[..., np.newaxis], -sizes, sizes)
        return factors[0] if isinstance(k, int) else factors

    def excess(self, theta: ArrayLike) -> Array:
        """How far the objective at some parameters lies above the least possible: (b + w mean)^2 + w' (C + P) w.

        (b, w) is theta less `optimum`, C the covariance of the features and P the matrix of a quadratic penalty. The difference
        of two errors would show the last digits of both.

        Parameters
        ----------
        theta : array_like of shape (p + 1,) or (m, p + 1)
            Intercept first, also where it is 0.

        Returns
        -------
        ndarray of shape () or (m,)

        Raises
        ------
        DataError
            For another shape.

        Examples
        --------
        >>> import fastgd
        >>> result = fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8])
        >>> result.excess([[0.0, 1.9], [0.0, 2.0]]).round(6).tolist()
        [0.0, 0.075]
        """
        at, optimum = np.asarray(arguments.numbers(theta, "theta"), np.float64), self.optimum
        p = len(optimum.coef)
        if at.ndim not in (1, 2) or at.shape[-1] != p + 1:
            raise DataError(f"theta has shape {at.shape}: it must hold the intercept and {counted(p, 'coefficient')}")
        b, w = at[..., 0] - optimum.intercept, at[..., 1:] - optimum.coef
        mean, curvature = self._moments.mean[:-1], self._moments.covariance[:-1, :-1] + np.diag(self._parts.problem.ridge)
        with np.errstate(over="ignore", under="ignore"):
            excess: Array = (b + w @ mean) ** 2 + np.maximum(((w @ curvature) * w).sum(axis=-1), 0.0)
        return excess


def share_explained(residual: float, total: float) -> float:
    """1 - residual / total; where the target does not vary, 1 for a perfect fit and else 0."""
    if total == 0.0:
        return 1.0 if residual == 0.0 else 0.0
    return 1.0 - residual / total
