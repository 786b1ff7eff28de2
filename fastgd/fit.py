"""`fit` and `analyse`: data to moments, moments to the descent."""

from __future__ import annotations

import math
import operator
import warnings
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from fastgd import report
from fastgd.errors import ConvergenceWarning, DataError, UnstableLearningRateError
from fastgd.moments import Moments, sum_table
from fastgd.result import FitResult
from fastgd.sources import read
from fastgd.sources.arrays import numbers
from fastgd.stability import Stability, line_kernels, require_rate, require_tolerance

_NAN, _INF, _isfinite = math.nan, math.inf, math.isfinite
_AUTO = "auto"
_MANY = 10**300  # iterations: more, and float64 overflows; the slowest descent on float64 data has long arrived


def fit(
    data: Any,
    target: Any = None,
    *,
    features: Sequence[str] | None = None,
    learning_rate: float | Literal["auto"] = "auto",
    max_iter: int | None = None,
    tol: float | None = None,
    start: ArrayLike | None = None,
    fit_intercept: bool = True,
    standardize: bool = False,
    sample_weight: ArrayLike | None = None,
    unstable: Literal["raise", "run"] = "raise",
) -> FitResult:
    """Linear regression by plain full-batch gradient descent, at the cost of one pass over the data.

    The result is the iterate that the loop b, w -= learning_rate * gradient of (1/N) sum (y - b - x w)^2 would reach in
    exact arithmetic, found in closed form: theta_k = theta* + Q (1 - eta Lambda)^k Q' (theta_0 - theta*).

    Parameters
    ----------
    data : (x, y), array, list of rows, frame, path or Moments
        x of shape (n,) or (n, 1) and y of shape (n,); or one array of shape (n, 2), the target last; or a frame that
        narwhals reads (pandas, Polars, PyArrow); or the path of a CSV or Parquet file; or `Moments`.
        x may be a frame and y a series: rows belong together by position, and the names are kept.
    target : str or array_like, optional
        Column name in a frame or file (of a file, the last column without it). Or y, where `data` is x.
    features : sequence of str, optional
        Columns of the frame or file to take; all but the target without it.
    learning_rate : float or "auto"
        Constant rate; "auto" is the fastest for these data, 2 / (lambda_min + lambda_max).
    max_iter : int, optional
        Exactly so many iterations, or, with `tol`, at most. Without both: to the limit point.
    tol : float, optional
        Stop at the first iterate whose distance to the least squares solution is at most this share of the start's.
    start : array_like of shape (p + 1,) or, without intercept, (p,)
        Intercept first; zeros without it.
    fit_intercept : bool
        Whether there is an intercept; 0 without it.
    standardize : bool
        Descend on (x - mean) / standard deviation, or without an intercept x / root mean square; all that is given
        and returned is in the data's units.
    sample_weight : array_like of shape (n,), optional
        How often each row counts; not negative, not all zero.
    unstable : {"raise", "run"}
        What to do with a rate that is not stable: refuse, or descend up to the last iterate whose error is finite.

    Returns
    -------
    FitResult

    Raises
    ------
    UnstableLearningRateError
        Before any iteration, for a rate of 2 / lambda_max or more.
    DataError
        For data or arguments that cannot be used.

    Warns
    -----
    ConvergenceWarning
        If `tol` was asked for and `max_iter` ended the descent before.

    Examples
    --------
    >>> import fastgd
    >>> result = fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8])
    >>> round(result.intercept, 12), round(result.slope, 12)
    (0.0, 1.9)
    """
    auto = learning_rate is _AUTO or (isinstance(learning_rate, str) and learning_rate == _AUTO)
    rate = _NAN if auto else require_rate(learning_rate)
    iterations, odd = (_INF, False) if max_iter is None else _iterations(max_iter)
    tolerance = _NAN if tol is None else require_tolerance(tol)
    b, w = (0.0, 0.0) if start is None else _start(start, fit_intercept)
    if unstable != "raise" and unstable != "run":
        raise DataError(f"unstable={unstable!r}: pass 'raise' or 'run'")

    moments = _moments(data, target, features, sample_weight)
    kernels = line_kernels()
    state = np.empty(kernels.STATE_SIZE)
    outcome = kernels.fit(
        moments._sums, fit_intercept, standardize, b, w, rate, iterations, odd, tolerance, state
    )
    result = FitResult(moments, state, outcome, (rate, iterations, tolerance, b, w))
    intercept, slope, _, remaining, _, limit = outcome
    if rate >= limit:
        _refuse_or_run(result, rate, unstable)
    if not (_isfinite(intercept) and _isfinite(slope)):
        raise DataError(
            f"the coefficients exceed float64 (intercept {intercept:.3g}, slope {slope:.3g}): scale the columns or the start"
        )
    if remaining > tolerance:
        _warn_unmet(result, tolerance)
    return result


def analyse(
    data: Any,
    target: Any = None,
    *,
    features: Sequence[str] | None = None,
    fit_intercept: bool = True,
    standardize: bool = False,
    sample_weight: ArrayLike | None = None,
) -> Stability:
    """Which learning rates are stable on these data, the best one and the iterations it needs, without a fit.

    Parameters
    ----------
    data, target, features, fit_intercept, standardize, sample_weight
        As for `fit`.

    Returns
    -------
    Stability

    Raises
    ------
    DataError
        For data that cannot be used.

    Examples
    --------
    >>> import fastgd
    >>> round(fastgd.analyse([1, 2, 3, 4], [2, 4, 5, 8]).condition, 4)
    55.7821
    """
    moments = _moments(data, target, features, sample_weight)
    kernels = line_kernels()
    state = np.empty(kernels.STATE_SIZE)
    kernels.analyse(moments._sums, fit_intercept, standardize, state)
    return Stability(state, moments)


def _moments(data: Any, target: Any, features: Sequence[str] | None, sample_weight: ArrayLike | None) -> Moments:
    if isinstance(data, Moments):
        if target is not None or features is not None or sample_weight is not None:
            raise DataError("data are Moments: target, features and weights were decided when they were made")
        data.require_one_feature()
        return data
    return sum_table(read(data, target, features), sample_weight)


def _iterations(max_iter: int) -> tuple[float, bool]:
    """As float, and whether odd: past 2^53 a float no longer tells."""
    try:
        count = operator.index(max_iter)
    except TypeError:
        raise DataError(f"max_iter={max_iter!r}: it must be a whole number (an int), or None for the limit point") from None
    if count < 0:
        raise DataError(f"max_iter={max_iter!r}: it must not be negative")
    return float(count if count < _MANY else _MANY), count % 2 == 1


def _start(start: ArrayLike, fit_intercept: bool) -> tuple[float, float]:
    values = numbers(start, "start")
    needed = 2 if fit_intercept else 1
    what = "(intercept, slope)" if fit_intercept else "(slope,), there being no intercept"
    if values.shape != (needed,):
        raise DataError(f"start={start!r}: it must hold {needed} number{'s'[: needed - 1]}, {what}")
    theta = [float(value) for value in values]
    if not all(abs(number) < 1e290 for number in theta):
        raise DataError(f"start={start!r}: each number must be finite and below 1e290")
    return (theta[0], theta[1]) if fit_intercept else (0.0, theta[0])


def _refuse_or_run(result: FitResult, rate: float, unstable: str) -> None:
    """Of a rate that is not stable: the error, or for unstable='run' only the case that would never end."""
    kernels = line_kernels()
    _, overflow = kernels.count(result._state, _NAN)
    if unstable == "raise":
        stability = result.stability
        first = int(overflow) if overflow < _INF else None
        message = report.refusal(stability, rate, first)
        raise UnstableLearningRateError(message, rate, stability.max_learning_rate, first)
    if result._outcome[4] == _INF:
        raise DataError(
            f"learning_rate={rate!r} is so close to the limit that descent neither settles nor overflows: pass max_iter"
        )


def _warn_unmet(result: FitResult, tolerance: float) -> None:
    needed = result.iterations_to(tolerance)
    if needed is None:
        cure = "this rate never meets it; use learning_rate='auto'"
    else:
        cure = f"it takes {report.iterations(needed)} at this rate; raise max_iter, or pass standardize=True"
    warnings.warn(
        f"tol={tolerance:g} is not met after {report.iterations(result.n_iter)}, "
        f"{report.share(result.remaining)} of the distance is left: {cure}",
        ConvergenceWarning,
        stacklevel=3,
    )
