"""The public verbs: data to moments, moments to a problem, the problem to a run."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from fastgd import arguments
from fastgd.descent.parts import descend
from fastgd.errors import ConvergenceWarning, DataError, UnstableLearningRateError, shown, spelled
from fastgd.kernels import layout
from fastgd.moments import wide
from fastgd.moments.moments import Moments
from fastgd.moments.passes import sum_stream, sum_table
from fastgd.moments.progress import Progress, reporting
from fastgd.moments.threads import threads
from fastgd.problem.study import study
from fastgd.request import Request, remembered, validated
from fastgd.result.fit_result import FitResult
from fastgd.result.stability import Stability
from fastgd.sources import Collection, Source, Table, read

_SUMS_OF_LINE = 6


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
    try:
        request = remembered(learning_rate, max_iter, tol, start, fit_intercept, standardize, unstable)
    except TypeError:  # a start, or numbers of another kind
        request = validated(learning_rate, max_iter, tol, start, fit_intercept, standardize, unstable)
    if isinstance(data, Moments):
        moments = _as_made(data, target, features, sample_weight)
    else:
        source = read(data, target, features, sample_weight, missing)
        if type(source) is not Table:
            moments = _moments(source, n_jobs, progress)
        elif type(n_jobs) is int and n_jobs == 1 and progress is None and source.X.shape[1] < wide.FEATURES:
            if request.start is not None:
                _by_formula(request, source.formula).require_parameters(source.n_features)
            moments = sum_table(source)
        else:
            asked = _by_formula(request, source.formula)
            asked.require_parameters(source.n_features)
            limit_only = asked.max_iter is asked.tol is asked.learning_rate is None
            moments = _moments(source, n_jobs, progress, asked.fit_intercept if limit_only else None)
    return run(moments, request)


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
    flags = arguments.flag(fit_intercept, "fit_intercept"), arguments.flag(standardize, "standardize")
    if isinstance(data, Moments):
        moments = _as_made(data, target, features, sample_weight)
    else:
        moments = _moments(read(data, target, features, sample_weight, missing), n_jobs, progress)
    formula = moments._details.formula
    return Stability(*study(moments, flags[0] and (formula is None or formula.has_intercept), flags[1]))


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
    from fastgd.store import model

    try:
        stored = model.read(path)
        with warnings.catch_warnings(), np.errstate(all="ignore"):  # of sums that an edited file made up
            warnings.simplefilter("ignore", ConvergenceWarning)  # given when it was fitted
            result = run(stored.moments, stored.request)
            parts = result._parts
            stored.require_agreement(parts.course.end.tolist(), parts.target.natural_sizes(parts.problem))
    except (ArithmeticError, ValueError) as error:
        reason = error if isinstance(error, DataError) else f"its moments are not those of any rows ({error})"
        name = path if isinstance(path, str | os.PathLike) else shown(path)
        raise DataError(f"{name} cannot be loaded: {reason}") from error
    return result


def _moments(
    source: Table | Source | Collection, n_jobs: int, progress: bool | Progress | None, has_intercept: bool | None = None
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


def _by_formula(request: Request, formula: Any) -> Request:
    """Without an intercept, where the formula that made the columns has none."""
    return request if formula is None or formula.has_intercept else replace(request, fit_intercept=False)


@cache
def _fit_line() -> Any:
    """The kernel, looked up once; importing it is what loads numba."""
    from fastgd.kernels.line import fit_line

    return fit_line


def run(moments: Moments, request: Request) -> FitResult:
    """What `fit` does once the rows are summed: the run that was asked for, or the error that says why there is none."""
    if moments._details.formula is not None:
        request = _by_formula(request, moments._details.formula)
    sums = moments._sums
    if sums.shape[1] == _SUMS_OF_LINE and request.start is request.penalty is request.rule is None:
        rate, iterations, odd, tolerance = request.numbers
        memory = np.empty(layout.LINE_SHAPE)
        if request.tol is None:
            outcome = _fit_line()(sums, request.fit_intercept, request.standardize, rate, iterations, odd, memory)
        else:
            from fastgd.kernels import line

            outcome = line.fit_line_to(sums, request.fit_intercept, request.standardize, rate, iterations, odd, tolerance, memory)
        result = FitResult(moments, request, memory)
    else:
        request.require_parameters(moments.n_features)
        limit_only = request.max_iter is None is request.tol and request.learning_rate is None
        found = study(moments, request.fit_intercept, request.standardize, not limit_only, request.penalty)
        parts, outcome = descend(*found, request)
        result = FitResult(moments, request, parts)
    if outcome:  # not DONE
        _refuse_or_warn(result, outcome)
    return result


def _refuse_or_warn(result: FitResult, outcome: int) -> None:
    """Of a descent that did not end well: the error, or the warning, that says so."""
    from fastgd.text import words

    request, parts = result._request, result._parts
    if outcome == layout.UNSTABLE:
        if request.unstable == "raise":
            raise _refusal(result)
        if parts.course.iterations == math.inf and parts.diverges():
            raise DataError(
                f"{spelled('learning_rate', result.learning_rate)} is so close to the limit that descent neither settles nor "
                f"overflows: pass {spelled('max_iter')}",
                "learning_rate",
            )
    if outcome == layout.ENDLESS:
        raise DataError(
            f"{spelled('learning_rate', result.learning_rate)} is so small that the tolerance {request.tol:g} takes more "
            f"iterations than float64 can count: pass a larger rate, or {spelled('max_iter')}",
            "learning_rate",
        )
    if not np.isfinite(parts.course.end).all():
        reached = words.parameters(result, result.intercept, result.coef, 3)
        raise DataError(f"the coefficients exceed float64 ({reached}): scale the columns or the start")
    if request.tol is not None and result.remaining > request.tol:
        _warn_unmet(result, request.tol)


def _refusal(result: FitResult) -> UnstableLearningRateError:
    from fastgd.text import report

    stability, rate = result.stability, result.learning_rate
    _, overflow = result._complete.counts(math.nan)
    first = int(overflow) if overflow < math.inf else None
    return UnstableLearningRateError(report.refusal(stability, rate, first), rate, stability.max_learning_rate, first)


def _warn_unmet(result: FitResult, tolerance: float) -> None:
    from fastgd.text import words

    needed = result.iterations_to(tolerance)
    if needed is None:
        cure = f"this rate never meets it; use {spelled('learning_rate', 'auto')}"
    else:
        cures = f"raise {spelled('max_iter')}, or pass {spelled('standardize', True)}"
        cure = f"it takes {words.iterations(needed)} at this rate; {cures}"
    warnings.warn(
        f"{spelled('tol', tolerance)} is not met after {words.iterations(result.n_iter)}, "
        f"{words.share(result.remaining)} of the distance is left: {cure}",
        ConvergenceWarning,
        stacklevel=5,
    )
