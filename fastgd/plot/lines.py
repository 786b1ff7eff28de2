"""The line on the points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import fastgd
from fastgd.plot import canvas
from fastgd.plot.canvas import BLUE, GREY, ORANGE
from fastgd.plot.rows import Floats, Points, rows_of
from fastgd.text import words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import LineCollection

_MOST_RESIDUALS = 200  # more hide each other


def fit(result: fastgd.FitResult, X: Any = None, y: Any = None, *, ax: Axes | None = None) -> Axes:
    """The line of the run, the least squares line where it is different, the line of the start, and the points.

    The axes cover the points, or without points mean +- 2 standard deviations. A line that is far away does not stretch them: the
    legend says that it is outside.

    Parameters
    ----------
    result : FitResult
    X, y : optional
        Points to show, as `FitResult.plot` takes them. Up to 200 are joined to the run's line; of more than 5000 the density is
        shown.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        For several features, X without y or y without X, lengths that differ, values that are not finite numbers.

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
        raise fastgd.DataError(f"{len(result.feature_names)} features were fitted: a line needs one; see error_curve")
    points = points_of(result, X, y)
    x, heights = extent(result, points)
    lines = lines_of(result, x)
    ax = canvas.axes_or_new(ax)
    low, high = set_window(ax, result, x, heights, [line for _, line, _ in reversed(lines)])
    if points is not None:
        _draw_points(ax, points, result)
    for label, line, style in lines:
        outside = bool((line > high).all() or (line < low).all())
        ax.plot(x, line, label=label + canvas.outside(outside), **style)
    canvas.legend_above(ax)
    return ax


def points_of(result: fastgd.FitResult, X: Any, y: Any) -> Points | None:
    """The points (x, y) to show, if any are given."""
    rows = rows_of(result, X, y)
    return None if rows is None else Points(rows, lambda X, y: (X[:, 0], y))


def _draw_points(ax: Axes, points: Points, result: fastgd.FitResult) -> None:
    """Points and, unless they are many, their distances from the run's line."""
    hairs = residuals_of(points, result.intercept, result.slope, ax.get_ylim())
    points.draw(ax, " and their residuals" if len(hairs) else "")
    if len(hairs):
        draw_residuals(ax, hairs)


def residuals_of(points: Points, intercept: float, slope: float, window: tuple[float, float]) -> Floats:
    """From each point straight to a line, (m, 2, 2), where the line is in the window; of many points none."""
    x, y = points.together() if points.n <= _MOST_RESIDUALS else (np.zeros(0), np.zeros(0))
    with np.errstate(over="ignore"):
        line = intercept + slope * x
    seen = (line >= window[0]) & (line <= window[1])
    return np.stack([x, y, x, line], axis=-1)[seen].reshape(-1, 2, 2)


def draw_residuals(ax: Axes, hairs: Floats) -> LineCollection:
    from matplotlib.collections import LineCollection

    drawn = LineCollection(list(hairs), colors=BLUE, linewidths=0.6, alpha=0.5, zorder=1.5)
    ax.add_collection(drawn, autolim=False)
    return drawn


def extent(result: fastgd.FitResult, points: Points | None) -> tuple[Floats, Floats]:
    """Lowest and highest x, and y, of the points or without them of mean +- 2 standard deviations."""
    if points is None:
        mean, spread = result.moments.mean, 2.0 * np.sqrt(np.diag(result.moments.covariance))
        low, high = mean - spread, mean + spread
    else:
        low, high = points.low, points.high
    return np.array(canvas.widened(low[0], high[0])), np.array(canvas.widened(low[1], high[1]))


def lines_of(result: fastgd.FitResult, x: Floats) -> list[tuple[str, Floats, dict[str, Any]]]:
    """Label, heights over x and style of the start, the run and, where it is different, least squares."""
    start, optimum = result.path(at=[0]), result.optimum
    best = (optimum.intercept, float(optimum.coef[0]))
    there = (result.intercept, result.slope) == best
    run = ("least squares " if there else "") + f"after {words.iterations(result.n_iter)}"
    lines: list[tuple[str, float, float, dict[str, Any]]] = [
        ("start", float(start.intercept[0]), float(start.coef[0, 0]), {"color": GREY, "ls": ":", "lw": 1.5}),
        (run, result.intercept, result.slope, {"color": BLUE, "lw": 2.5}),
    ]
    if not there:
        lines.append(("least squares", *best, {"color": ORANGE, "ls": "--", "lw": 1.5}))
    name = canvas.plain(result.feature_names[0])
    with np.errstate(over="ignore"):  # of a run that diverged
        return [(f"{label}: {words.equation(b, [w], [name], 4, '×')}", b + w * x, style) for label, b, w, style in lines]


def set_window(ax: Axes, result: fastgd.FitResult, x: Floats, heights: Floats, lines: list[Floats]) -> tuple[float, float]:
    """Limits, ticks and names of the axes: the heights, and those of the lines that stretch them to at most four times."""
    low, high = map(float, heights)
    most = 4.0 * (high - low)
    for line in lines:
        bottom, top = min(low, float(line.min())), max(high, float(line.max()))
        if top - bottom <= most:
            low, high = bottom, top
    low, high = canvas.padded(low, high)
    ax.set(xlim=canvas.padded(*x), ylim=(low, high))
    canvas.plain_ticks(ax)
    ax.set_xlabel(canvas.plain(result.feature_names[0]))
    ax.set_ylabel(canvas.plain(result.moments.target_name))
    return low, high
