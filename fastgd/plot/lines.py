"""The line on the points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import fastgd
from fastgd import report
from fastgd.plot import canvas
from fastgd.plot.canvas import BLUE, GREY, ORANGE
from fastgd.plot.rows import Points, rows_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_RESIDUALS = 200  # more make a carpet


def fit(
    result: fastgd.FitResult, X: ArrayLike | None = None, y: ArrayLike | str | None = None, *, ax: Axes | None = None
) -> Axes:
    """The line that the run reached, the least squares line where that is another, the line of the start, and the points.

    The picture is as wide and as high as the points, or without them as mean +- 2 standard deviations. A line that lies
    far away does not stretch it: the legend says that it is outside.

    Parameters
    ----------
    result : FitResult
    X, y : optional
        Points to show, as `FitResult.plot` takes them. Up to 200 are joined to the run's line, more than 5000 are shown by
        their density.
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
    rows = rows_of(result, X, y)
    points = None if rows is None else Points(rows, lambda X, y: (X[:, 0], y))
    x, heights = _extent(result, points)
    with np.errstate(over="ignore"):  # of a run that diverged
        lines = [(label, b + w * x, style) for label, b, w, style in _lines(result)]
    ax = canvas.axes_or_new(ax)
    low, high = _window(heights, [line for _, line, _ in reversed(lines)])
    ax.set(xlim=canvas.padded(*x), ylim=(low, high))
    canvas.plain_ticks(ax)
    if points is not None:
        _draw_points(ax, points, result)
    for label, line, style in lines:
        outside = bool((line > high).all() or (line < low).all())
        ax.plot(x, line, label=label + canvas.outside(outside), **style)
    ax.set_xlabel(canvas.plain(result.feature_names[0]))
    ax.set_ylabel(canvas.plain(result.moments.target_name))
    canvas.legend_above(ax)
    return ax


def _draw_points(ax: Axes, points: Points, result: fastgd.FitResult) -> None:
    """Points and, of so few that these do not hide one another, their distances from the line that the run reached."""
    x, y = points.together() if points.n <= _MOST_RESIDUALS else (np.zeros(0), np.zeros(0))
    with np.errstate(over="ignore"):
        reached = result.intercept + result.slope * x
    low, high = ax.get_ylim()
    seen = (reached >= low) & (reached <= high)
    points.draw(ax, " and their residuals" if seen.any() else "")
    if seen.any():
        ax.vlines(x[seen], y[seen], reached[seen], color=BLUE, lw=0.6, alpha=0.5, zorder=1.5)


def _extent(result: fastgd.FitResult, points: Points | None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lowest and highest x, and y."""
    if points is None:
        mean, spread = result.moments.mean, 2.0 * np.sqrt(np.diag(result.moments.covariance))
        low, high = mean - spread, mean + spread
    else:
        low, high = points.low, points.high
    return np.array(canvas.widened(low[0], high[0])), np.array(canvas.widened(low[1], high[1]))


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
    name = canvas.plain(result.feature_names[0])
    return [(f"{label}: {b:.4g} {'-' if w < 0.0 else '+'} {abs(w):.4g} × {name}", b, w, style) for label, b, w, style in lines]


def _window(heights: NDArray[np.float64], lines: list[NDArray[np.float64]]) -> tuple[float, float]:
    """The heights to show: the given ones, and those lines that do not stretch them beyond four times."""
    low, high = map(float, heights)
    most = 4.0 * (high - low)
    for line in lines:
        bottom, top = min(low, float(line.min())), max(high, float(line.max()))
        if top - bottom <= most:
            low, high = bottom, top
    return canvas.padded(low, high)
