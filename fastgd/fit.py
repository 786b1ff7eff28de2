"""`fit` and `analyse`: data to moments, moments to the descent."""

from __future__ import annotations

import math
import operator
import os
import warnings
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from fastgd.arguments import numbers
from fastgd.descent.run import Descent, descent_kernels
from fastgd.descent.run import analyse as analyse_moments
from fastgd.errors import ConvergenceWarning, DataError, UnstableLearningRateError, shown
from fastgd.moments import wide
from fastgd.moments.moments import Moments
from fastgd.moments.passes import sum_stream, sum_table
from fastgd.moments.progress import Progress, reporting
from fastgd.moments.threads import threads
from fastgd.result.fit_result import FitResult
from fastgd.result.stability import Stability, require_rate, require_tolerance
from fastgd.sources import Collection, Stream, Table, read
from fastgd.store import model
from fastgd.text import report

_NAN, _INF, _empty = math.nan, math.inf, np.empty
_SUMS_OF_LINE = 6
_MANY = 10**300  # iterations: more, and float64 overflows; the slowest descent on float64 data has long arrived
_MOST = 10**4000  # digits that Python writes


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
    sample_weight: ArrayLike | str | None = None,
    missing: Literal["raise", "drop"] = "raise",
    unstable: Literal["raise", "run"] = "raise",
    n_jobs: int = 1,
    progress: bool | Progress | None = None,
) -> FitResult:
    """Linear regression by plain full-batch gradient descent, at the cost of one pass over the data.

    The result is the iterate that the loop ``b, w -= learning_rate * gradient of (1/N) sum (y - b - x w)^2`` would reach in
    exact arithmetic, found in closed form: ``theta_k = theta* + Q (1 - eta Lambda)^k Q' (theta_0 - theta*)``.

    Parameters
    ----------
    data : (x, y), array, list of rows, frame, path, iterable, Dask collection or Moments
        x of shape (n,) or (n, p) and y of shape (n,); or one array of shape (n, p + 1), the target last; or a frame that
        narwhals reads (pandas, Polars, PyArrow, DuckDB); or CSV or Parquet files: a path, a list of paths or a pattern like
        ``part-*.parquet``; or an iterable of blocks (x, y) or frames; or `Moments`. Lazy frames, files and iterables are read
        piece by piece and may be larger than memory. x may be a frame and y a series: rows belong together by position, and the
        names are kept.
    target : str or array_like, optional
        Column name in a frame or file (of a file, the last column without it). Or y, where `data` is x. Or a formula,
        "price ~ area * C(town) + np.log(age)" (extra `formula`), which is code: the Python in it is run, so take one only from
        people whose programs you would run; `features` is the way that runs nothing. What the categories are is learned from a
        first look at all rows, but of an iterable from its first block.
    features : sequence of str, optional
        Columns of the frame or file to take; all but the target without it.
    learning_rate : float or "auto"
        Constant rate; "auto" is the fastest for these data, 2 / (lambda_min + lambda_max).
    max_iter : int, optional
        Exactly so many iterations, or, with `tol`, at most. Without both: to the limit point.
    tol : float, optional
        Stop at the first iterate whose distance to the least squares solution is at most this share of the start's.
    start : array_like of shape (p + 1,) or, without intercept, (p,)
        Intercept first; zeros without it. Where columns depend on each other, directions that the data leave undecided stay
        where the start has them: from zeros in raw coordinates, the limit is the solution of least norm.
    fit_intercept : bool
        Whether there is an intercept; 0 without it.
    standardize : bool
        Descend on (x - mean) / standard deviation, or without an intercept x / root mean square; all that is given
        and returned is in the data's units.
    sample_weight : array_like of shape (n,), or str, optional
        How often each row counts; not negative, not all zero. Of a frame or file, also the name of a column.
    missing : {"raise", "drop"}
        What to do with rows in which a value that is used is missing, null or NaN: refuse, or leave them out and count them
        (`FitResult.n_dropped`).
    unstable : {"raise", "run"}
        What to do with a rate that is not stable: refuse, or descend up to the last iterate whose error float64 can
        hold, in the target's units and as a multiple of its variance.
    n_jobs : int
        Threads that sum up the rows; -1 for one a processor. The bits are the same for any number. Forty features or more are
        summed by BLAS, which has threads of its own: to gain from ours beside them takes threadpoolctl (extra `threads`).
    progress : bool or callable, optional
        True shows a bar on a terminal while a stream is read (extra `cli`). A function is called, with the number of rows read
        and their share of the whole or None, after each piece of a stream.

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
    rate = learning_rate if type(learning_rate) is float and 0.0 < learning_rate < _INF else _rate(learning_rate)
    if max_iter is None:
        iterations, odd = _INF, False
    else:
        if type(max_iter) is not int or not 0 <= max_iter < _MOST:
            max_iter = _whole(max_iter)
        iterations, odd = float(max_iter if max_iter < _MANY else _MANY), max_iter & 1 == 1
    tolerance = _NAN if tol is None else require_tolerance(tol)
    theta = None if start is None else _start(start)
    if not isinstance(unstable, str) or unstable != "raise" and unstable != "run":
        raise DataError(f"unstable={shown(unstable)}: pass 'raise' or 'run'")
    if type(fit_intercept) is not bool or type(standardize) is not bool:
        fit_intercept, standardize = _flag(fit_intercept, "fit_intercept"), _flag(standardize, "standardize")

    limit_only = max_iter is None and tol is None and rate != rate
    if isinstance(data, Moments):
        moments = _as_made(data, target, features, sample_weight)
    else:
        source = read(data, target, features, sample_weight, missing)
        if type(source) is not Table:
            moments = _moments(source, n_jobs, progress)
        else:
            if theta is not None:
                _require_parameters(start, source.n_features, fit_intercept)
            wanted = None
            if limit_only and source.X.shape[1] >= wide.FEATURES:
                wanted = fit_intercept and (source.formula is None or source.formula.has_intercept)
            plain = type(n_jobs) is int and n_jobs == 1 and progress is None and wanted is None
            moments = sum_table(source) if plain else _moments(source, n_jobs, progress, wanted)
    if moments._details.formula is not None:
        fit_intercept = fit_intercept and moments._details.formula.has_intercept
    kernels = descent_kernels()
    if moments._sums.shape[1] == _SUMS_OF_LINE and theta is None:
        state = _empty(kernels.LINE_SHAPE)
        if tol is None:
            outcome = kernels.fit_line(moments._sums, fit_intercept, standardize, rate, iterations, odd, state)
        else:
            outcome = kernels.fit_line_to(moments._sums, fit_intercept, standardize, rate, iterations, odd, tolerance, state)
    else:
        state = analyse_moments(moments, fit_intercept, standardize, with_directions=not limit_only)
        if theta is not None:
            _require_parameters(start, moments.n_features, fit_intercept)
            state[kernels.ASKED, not fit_intercept :] = theta
        outcome = kernels.descend(state, rate, iterations, odd, tolerance)
    result = FitResult(moments, state, max_iter)
    if outcome != kernels.DONE:
        _refuse_or_warn(result, outcome, unstable)
    return result


def analyse(
    data: Any,
    target: Any = None,
    *,
    features: Sequence[str] | None = None,
    fit_intercept: bool = True,
    standardize: bool = False,
    sample_weight: ArrayLike | str | None = None,
    missing: Literal["raise", "drop"] = "raise",
    n_jobs: int = 1,
    progress: bool | Progress | None = None,
) -> Stability:
    """Which learning rates are stable on these data, the best one and the iterations it needs, without a fit.

    Parameters
    ----------
    data, target, features, fit_intercept, standardize, sample_weight, missing, n_jobs, progress
        As for `fit`; a formula as `target` is code here, too.

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
    fit_intercept, standardize = _flag(fit_intercept, "fit_intercept"), _flag(standardize, "standardize")
    if isinstance(data, Moments):
        moments = _as_made(data, target, features, sample_weight)
    else:
        moments = _moments(read(data, target, features, sample_weight, missing), n_jobs, progress)
    if moments._details.formula is not None:
        fit_intercept = fit_intercept and moments._details.formula.has_intercept
    return Stability(Descent(moments, analyse_moments(moments, fit_intercept, standardize)))


def load(path: str | os.PathLike[str]) -> FitResult:
    """A fit that `FitResult.save` wrote.

    It is computed anew from the moments and the request in the file: where the file was saved, every property and method has
    the same bits. Elsewhere, or by a later fastgd, the last digits may differ. Nothing in the file is executed. But where
    the fit was by a formula (`FitResult.formula`), that is code, which `predict` and `moments.update` run: give rows to them
    only where the file is from people whose programs you would run.

    Parameters
    ----------
    path : str or os.PathLike

    Returns
    -------
    FitResult

    Raises
    ------
    DataError
        For a file that is missing, cut off, changed after it was saved, or not of this format and version.

    Examples
    --------
    >>> import fastgd, os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = os.path.join(folder, "model.json")
    ...     fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8]).save(file)
    ...     fastgd.load(file).predict([5]).round(6).tolist()
    [9.5]
    """
    try:
        stored = model.read(path)
        with warnings.catch_warnings(), np.errstate(all="ignore"):  # of sums that an edited file made up
            warnings.simplefilter("ignore", ConvergenceWarning)  # given when it was fitted
            result = fit(stored.moments, unstable="run", **stored.request.to_dict())
            stored.require_agreement([result.intercept, *result.coef.tolist()], result._begun.natural_sizes())
    except (ArithmeticError, ValueError) as error:
        reason = error if isinstance(error, DataError) else f"its moments are not those of any rows ({error})"
        name = path if isinstance(path, str | os.PathLike) else shown(path)
        raise DataError(f"{name} cannot be loaded: {reason}") from error
    return result


def _moments(
    source: Table | Stream | Collection, n_jobs: int, progress: bool | Progress | None, has_intercept: bool | None = None
) -> Moments:
    """One pass over a source; given `has_intercept`, only the limit of a fit with or without one is wanted of a table."""
    if isinstance(source, Collection):
        from fastgd import dask

        data, target, features, sample_weight, missing = source
        options = {"features": features, "sample_weight": sample_weight, "missing": missing}
        return dask.moments(data, target, **options)._closed()
    with threads(n_jobs) as pool, reporting(progress) as report:
        if not isinstance(source, Table):
            return sum_stream(source, pool, report)
        refined = None if has_intercept is None else wide.summarise(source, has_intercept, pool)
        return sum_table(source, pool) if refined is None else refined


def _as_made(
    moments: Moments, target: Any, features: Sequence[str] | None, sample_weight: ArrayLike | str | None
) -> Moments:
    if target is not None or features is not None or sample_weight is not None:
        raise DataError("data are Moments: target, features and weights were decided when they were made")
    return moments._closed()


def _rate(learning_rate: Any) -> float:
    """As a float; NaN asks the kernel for the best."""
    return _NAN if isinstance(learning_rate, str) and learning_rate == "auto" else require_rate(learning_rate)


def _flag(value: Any, name: str) -> bool:
    if isinstance(value, bool | np.bool_):
        return bool(value)
    raise DataError(f"{name}={shown(value)}: pass True or False")


def _whole(max_iter: Any) -> int:
    try:
        if isinstance(max_iter, bool):
            raise TypeError
        count = operator.index(max_iter)
    except TypeError:
        raise DataError(f"max_iter={shown(max_iter)}: it must be a whole number (an int), or None for the limit point") from None
    if count < 0:
        raise DataError(f"max_iter={shown(max_iter)}: it must not be negative")
    if count >= _MOST:
        raise DataError(f"max_iter={shown(max_iter)}: it must be below 10**4000")
    return count


def _start(start: Any) -> list[float]:
    theta = [float(value) for value in numbers(start, "start").flat]
    if not all(abs(number) < 1e290 for number in theta):
        raise DataError(f"start={shown(start, 200)}: each number must be finite and below 1e290")
    return theta


def _require_parameters(start: Any, n_features: int, fit_intercept: bool) -> None:
    """A number a parameter."""
    needed = n_features + fit_intercept
    if np.shape(start) != (needed,):
        coefs = "slope" if n_features == 1 else f"{n_features} coefficients"
        what = f"(intercept, {coefs})" if fit_intercept else f"({coefs}{',' * (n_features == 1)}), there being no intercept"
        raise DataError(f"start={shown(start, 200)}: it must hold {needed} number{'s'[: needed - 1]}, {what}")


def _refuse_or_warn(result: FitResult, outcome: int, unstable: str) -> None:
    """Of a descent that did not end well: the error, or the warning, that says so."""
    kernels, descent = descent_kernels(), result._descent
    if outcome == kernels.UNSTABLE:
        if unstable == "raise":
            raise _refusal(result)
        if descent.get("END_ITER") == _INF and descent.diverges:
            raise DataError(
                f"learning_rate={result.learning_rate!r} is so close to the limit that descent neither settles nor overflows: "
                "pass max_iter"
            )
    if outcome == kernels.ENDLESS:
        raise DataError(
            f"learning_rate={result.learning_rate!r} is so small that the tolerance {descent.get('TOLERANCE'):g} takes "
            "more iterations than float64 can count: pass a larger rate, or max_iter"
        )
    if not np.isfinite(descent.row("END")).all():
        raise DataError(f"the coefficients exceed float64 ({report.parameters(result)}): scale the columns or the start")
    if result.remaining > descent.get("TOLERANCE"):  # NaN where none was asked for
        _warn_unmet(result)


def _refusal(result: FitResult) -> UnstableLearningRateError:
    stability, rate = result.stability, result.learning_rate
    _, overflow = result._descent.count(_NAN)
    first = int(overflow) if overflow < _INF else None
    return UnstableLearningRateError(report.refusal(stability, rate, first), rate, stability.max_learning_rate, first)


def _warn_unmet(result: FitResult) -> None:
    tolerance = result._descent.get("TOLERANCE")
    needed = result.iterations_to(tolerance)
    if needed is None:
        cure = "this rate never meets it; use learning_rate='auto'"
    else:
        cure = f"it takes {report.iterations(needed)} at this rate; raise max_iter, or pass standardize=True"
    warnings.warn(
        f"tol={tolerance:g} is not met after {report.iterations(result.n_iter)}, "
        f"{report.share(result.remaining)} of the distance is left: {cure}",
        ConvergenceWarning,
        stacklevel=4,
    )
