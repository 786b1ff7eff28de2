"""Pictures of a fit, drawn by matplotlib: one function a picture, which draws on an Axes and returns it.

A result holds the moments of the data and not the rows, so a picture shows points only if they are passed again.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import fastgd
from fastgd import _canvas, report
from fastgd._canvas import BLUE, GREEN, GREY, ORANGE, PURPLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["error_curve", "fit", "page"]

_MARKS = ((0.1, "10 %", "s", GREEN), (0.01, "1 %", "D", PURPLE), (1e-6, "1e-6", "v", ORANGE))

_LAST = 2**63 - 1  # iteration that `FitResult.path` can show


def fit(result: fastgd.FitResult, X: ArrayLike | None = None, y: ArrayLike | None = None, *, ax: Axes | None = None) -> Axes:
    """The line that the run reached, the least squares line where that is another, the line of the start, and the points.

    The picture is as wide and as high as the points, or without them as mean +- 2 standard deviations. A line that lies
    far away does not stretch it: the legend says that it is outside.

    Parameters
    ----------
    result : FitResult
    X, y : array_like of shape (n,), optional
        Points to show, in the data's units. More than 5000 are shown by their density.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure without it. In a figure with layout="constrained" the legend stands above the axes.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        X without y or y without X, lengths that differ, values that are no finite numbers.
    ImportError
        Without matplotlib.

    Examples
    --------
    >>> import fastgd
    >>> from matplotlib.figure import Figure
    >>> result = fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8], learning_rate=0.05, max_iter=100)
    >>> ax = fastgd.plot.fit(result, [1, 2, 3, 4], [2, 4, 5, 8], ax=Figure().subplots())
    >>> [text.get_text() for text in ax.get_legend().get_texts()][-1]
    'least squares: 0 + 1.9 × x'
    """
    if len(result.feature_names) != 1:
        raise fastgd.DataError(f"{len(result.feature_names)} features were fitted: a line is drawn of one; see error_curve")
    points = _points(X, y)
    x, heights = _extent(result, points)
    with np.errstate(over="ignore"):  # of a run that diverged
        lines = [(label, b + w * x, style) for label, b, w, style in _lines(result)]
    ax = _canvas.axes_or_new(ax)
    low, high = _window(heights, [line for _, line, _ in reversed(lines)])
    ax.set(xlim=_canvas.padded(*x), ylim=(low, high))
    _canvas.plain_ticks(ax)
    if points is not None:
        _canvas.draw_points(ax, *points)
    for label, line, style in lines:
        outside = bool((line > high).all() or (line < low).all())
        ax.plot(x, line, label=label + _canvas.outside(outside), **style)
    ax.set_xlabel(_canvas.plain(result.feature_names[0]))
    ax.set_ylabel(_canvas.plain(result.moments.target_name))
    _canvas.legend_above(ax)
    return ax


def error_curve(result: fastgd.FitResult, *, ax: Axes | None = None) -> Axes:
    """How far the mean squared error lies above the least possible, by iteration, on logarithmic axes.

    Solid as far as the run went, dashed where it would go on to a millionth of the start's distance; marked is where
    10 %, 1 % and a millionth of that distance are left. The axis of iterations is linear from 0 to 1, so that the start
    has its place. Below what the rounding of the coefficients to float64 makes of the error, the curve keeps to the floor.

    Parameters
    ----------
    result : FitResult
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure without it. In a figure with layout="constrained" the legend stands above the axes.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ImportError
        Without matplotlib.

    Examples
    --------
    >>> import fastgd
    >>> from matplotlib.figure import Figure
    >>> result = fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8], learning_rate=0.05, max_iter=100)
    >>> ax = fastgd.plot.error_curve(result, ax=Figure().subplots())
    >>> [text.get_text() for text in ax.get_legend().get_texts()][:2]
    ['run: 7.13 % left at 100', 'if it went on']
    """
    needed = [result.iterations_to(share) for share, *_ in _MARKS]
    end = result.n_iter
    last = min(max(end, needed[-1] or 0), _LAST)
    at = _spread(last, [end, *(k for k in needed if k is not None)])
    error, floor = _course(result, at)
    ax = _canvas.axes_or_new(ax)
    ax.set_xlabel("iteration")
    ax.set_ylabel(f"error above the least ({_canvas.plain(result.moments.target_name)}²)")
    if error.max() == floor:
        ax.set(xticks=[], yticks=[])
        ax.text(0.5, 0.5, "The start is the optimum:\nno way to go.", ha="center", va="center", transform=ax.transAxes)
        return ax

    _canvas.log_axes(ax, last, float(error.min()), float(error.max()))
    ran = at <= end
    dot = [-1] if end <= last else []
    label = _run(result) + _canvas.outside(end > last)
    ax.plot(at[ran], error[ran], color=BLUE, lw=2.5, marker="o", markevery=dot, clip_on=False, label=label)
    if last > end:
        ax.plot(at[at >= end], error[at >= end], color=BLUE, lw=1.5, ls="--", zorder=1.9, label="if it went on")
    for k, (_, share, marker, color) in zip(needed, _MARKS, strict=True):
        if k is not None:
            label = f"{share} of the distance left at {report.count(k)}{_canvas.outside(k > last)}"
            ax.plot(at[at == k], error[at == k], color=color, ls="", marker=marker, clip_on=k > last, label=label)
    _canvas.legend_above(ax)
    return ax


def page(result: fastgd.FitResult, X: ArrayLike | None = None, y: ArrayLike | None = None) -> NDArray[Any]:
    """`fit` and `error_curve` side by side, of several features the latter alone: what `FitResult.plot` shows.

    Parameters
    ----------
    result : FitResult
    X, y : array_like of shape (n,), optional
        Points to show, as in `fit`; not of several features.

    Returns
    -------
    ndarray of matplotlib.axes.Axes, shape (2,), or of several features (1,)
        As pandas gives for subplots; `axes[0].figure` is the figure.

    Raises
    ------
    DataError, ImportError
        As `fit`.

    Examples
    --------
    >>> import fastgd
    >>> axes = fastgd.plot.page(fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8]))
    >>> axes.shape
    (2,)
    """
    one = len(result.feature_names) == 1
    points = (_points(X, y) if one else None) or (None, None)
    figure = _canvas.pyplot().figure(figsize=(8.0 if one else 4.5, 4.5), layout="constrained")
    axes = figure.subplots(1, 1 + one, squeeze=False)[0]
    if one:
        fit(result, *points, ax=axes[0])
    error_curve(result, ax=axes[-1])
    shown: NDArray[Any] = axes
    return shown


def _points(X: ArrayLike | None, y: ArrayLike | None) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    if X is None and y is None:
        return None
    if X is None or y is None:
        missing = "X" if X is None else "y"
        raise fastgd.DataError(f"{missing} is missing: to show points pass both X and y, or neither")
    width = fastgd.Moments.from_arrays(X, y).n_features  # refuses what cannot be shown, naming the row
    if width != 1:
        raise fastgd.DataError(f"x has {width} columns: a line is drawn of one feature")
    return np.asarray(X, dtype=np.float64).reshape(-1), np.asarray(y, dtype=np.float64).reshape(-1)


def _extent(
    result: fastgd.FitResult, points: tuple[NDArray[np.float64], NDArray[np.float64]] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lowest and highest x, and y."""
    if points is None:
        mean, spread = result.moments.mean, 2.0 * np.sqrt(np.diag(result.moments.covariance))
        low, high = mean - spread, mean + spread
    else:
        low, high = np.array([v.min() for v in points]), np.array([v.max() for v in points])
    same = low == high
    around = np.where(low == 0.0, 1.0, 0.5 * np.abs(low))
    low, high = np.where(same, low - around, low), np.where(same, high + around, high)
    return np.array([low[0], high[0]]), np.array([low[1], high[1]])


def _lines(result: fastgd.FitResult) -> list[tuple[str, float, float, dict[str, Any]]]:
    """Label, intercept, slope and style of the start, the run and, where it is another, least squares."""
    start, optimum = result.path(at=[0]), result.optimum
    best = (optimum.intercept, float(optimum.coef[0]))
    there = (result.intercept, result.slope) == best
    run = ("least squares " if there else "") + f"after {report.iterations(result.n_iter)}"
    lines: list[tuple[str, float, float, dict[str, Any]]] = [
        ("start", float(start.intercept[0]), float(start.coef[0, 0]), {"color": GREY, "ls": ":", "lw": 1.5}),
        (run, result.intercept, result.slope, {"color": BLUE, "lw": 2.5}),
    ]
    if not there:
        lines.append(("least squares", *best, {"color": ORANGE, "ls": "--", "lw": 1.5}))
    name = _canvas.plain(result.feature_names[0])
    return [(f"{label}: {b:.4g} {'-' if w < 0.0 else '+'} {abs(w):.4g} × {name}", b, w, style) for label, b, w, style in lines]


def _window(heights: NDArray[np.float64], lines: list[NDArray[np.float64]]) -> tuple[float, float]:
    """The heights to show: the given ones, and those lines that do not stretch them beyond four times."""
    low, high = map(float, heights)
    most = 4.0 * (high - low)
    for line in lines:
        bottom, top = min(low, float(line.min())), max(high, float(line.max()))
        if top - bottom <= most:
            low, high = bottom, top
    return _canvas.padded(low, high)


def _spread(last: int, also: list[int]) -> NDArray[np.int64]:
    """Iterations from 0 to `last`, evenly on a logarithmic axis, and those of `also` up to there."""
    evenly = [min(int(k), last) for k in np.geomspace(1.0, float(last), 300)] if last else []
    return np.array(sorted({0, last, *evenly, *(k for k in also if k <= last)}), dtype=np.int64)


def _course(result: fastgd.FitResult, at: NDArray[np.int64]) -> tuple[NDArray[np.float64], float]:
    """The error above the least after so many iterations, and its floor: what a last place of both coefficients makes."""
    path, optimum = result.path(at=at), result.optimum
    last_place = sys.float_info.epsilon
    off = np.copysign(optimum.coef, result.moments.mean[:-1])
    rounded = _excess(result, last_place * abs(optimum.intercept), last_place * off)
    floor = max(float(rounded), sys.float_info.min)
    return np.maximum(_excess(result, path.intercept - optimum.intercept, path.coef - optimum.coef), floor), floor


def _excess(result: fastgd.FitResult, b: Any, w: NDArray[np.float64]) -> Any:
    """Mean squared error above the least, of parameters that are (b, w) off the optimum: (1/N) sum (b + x w)^2.

    By the moments, (b + w mean)^2 + w' cov w: the difference of the two errors would show the last digits of both.
    """
    mean, covariance = result.moments.mean[:-1], result.moments.covariance[:-1, :-1]
    with np.errstate(over="ignore", under="ignore"):
        return (b + w @ mean) ** 2 + np.maximum(((w @ covariance) * w).sum(axis=-1), 0.0)


def _run(result: fastgd.FitResult) -> str:
    if result.status is fastgd.Status.DIVERGED:
        how = "diverged, stopped"
    elif result.remaining == 0.0:
        how = "arrived"
    else:
        how = f"{report.share(result.remaining)} left"
    return f"run: {how} at {report.count(result.n_iter)}"
