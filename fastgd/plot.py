"""Pictures of a fit, drawn by matplotlib: one function a picture, which draws on an Axes and returns it.

A result holds the moments of the data and not the rows, so a picture shows points only if they are passed again.
"""

from __future__ import annotations

import math
import sys
import textwrap
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import fastgd
from fastgd import report
from fastgd.errors import missing_extra

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe & Ito's colours, which the colour-blind tell apart.
_BLUE, _ORANGE, _GREEN, _PURPLE, _GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#888888"
_MARKS = ((0.1, "10 %", "s", _GREEN), (0.01, "1 %", "D", _PURPLE), (1e-6, "1e-6", "v", _ORANGE))

_MOST_POINTS = 5000  # more hide one another: from there on their density is drawn
_CELLS = 60  # of the density, along either axis
_CHUNK = 262_144  # rows counted at a time
_LONGEST_NAME = 40
_HANDLE = 5  # letters' width of a legend's sample of line or marker
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
    points = _points(X, y)
    x, heights = _extent(result, points)
    with np.errstate(over="ignore"):  # of a run that diverged
        lines = [(label, b + w * x, style) for label, b, w, style in _lines(result)]
    ax = _axes(ax)
    low, high = _window(heights, [line for _, line, _ in reversed(lines)])
    ax.set(xlim=_padded(*x), ylim=(low, high))
    _plain_ticks(ax)
    if points is not None:
        _draw_points(ax, *points)
    for label, line, style in lines:
        outside = bool((line > high).all() or (line < low).all())
        ax.plot(x, line, label=label + _outside(outside), **style)
    ax.set_xlabel(_plain(result.feature_names[0]))
    ax.set_ylabel(_plain(result.moments.target_name))
    _legend(ax)
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
    ax = _axes(ax)
    ax.set_xlabel("iteration")
    ax.set_ylabel(f"error above the least ({_plain(result.moments.target_name)}²)")
    if error.max() == floor:
        ax.set(xticks=[], yticks=[])
        ax.text(0.5, 0.5, "The start is the optimum:\nno way to go.", ha="center", va="center", transform=ax.transAxes)
        return ax

    _log_axes(ax, last, float(error.min()), float(error.max()))
    ran = at <= end
    dot = [-1] if end <= last else []
    label = _run(result) + _outside(end > last)
    ax.plot(at[ran], error[ran], color=_BLUE, lw=2.5, marker="o", markevery=dot, clip_on=False, label=label)
    if last > end:
        ax.plot(at[at >= end], error[at >= end], color=_BLUE, lw=1.5, ls="--", zorder=1.9, label="if it went on")
    for k, (_, share, marker, color) in zip(needed, _MARKS, strict=True):
        if k is not None:
            label = f"{share} of the distance left at {report.count(k)}{_outside(k > last)}"
            ax.plot(at[at == k], error[at == k], color=color, ls="", marker=marker, clip_on=k > last, label=label)
    _legend(ax)
    return ax


def page(result: fastgd.FitResult, X: ArrayLike | None = None, y: ArrayLike | None = None) -> NDArray[Any]:
    """`fit` and `error_curve` side by side: what `FitResult.plot` shows.

    Parameters
    ----------
    result : FitResult
    X, y : array_like of shape (n,), optional
        Points to show, as in `fit`.

    Returns
    -------
    ndarray of matplotlib.axes.Axes, shape (2,)
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
    points = _points(X, y) or (None, None)
    _, axes = _pyplot().subplots(1, 2, figsize=(8.0, 4.5), layout="constrained")
    fit(result, *points, ax=axes[0])
    error_curve(result, ax=axes[1])
    shown: NDArray[Any] = axes
    return shown


def _pyplot() -> ModuleType:
    try:
        import matplotlib.pyplot
    except ImportError:
        raise missing_extra("matplotlib", "plot", "a picture") from None
    return matplotlib.pyplot


def _axes(ax: Axes | None) -> Axes:
    if ax is not None:
        return ax
    new: Axes = _pyplot().subplots(layout="constrained")[1]
    return new


def _points(X: ArrayLike | None, y: ArrayLike | None) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    if X is None and y is None:
        return None
    if X is None or y is None:
        missing = "X" if X is None else "y"
        raise fastgd.DataError(f"{missing} is missing: to show points pass both X and y, or neither")
    fastgd.Moments.from_arrays(X, y).require_one_feature()  # refuses what cannot be shown, naming the row
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
        ("start", float(start.intercept[0]), float(start.coef[0, 0]), {"color": _GREY, "ls": ":", "lw": 1.5}),
        (run, result.intercept, result.slope, {"color": _BLUE, "lw": 2.5}),
    ]
    if not there:
        lines.append(("least squares", *best, {"color": _ORANGE, "ls": "--", "lw": 1.5}))
    name = _plain(result.feature_names[0])
    return [(f"{label}: {b:.4g} {'-' if w < 0.0 else '+'} {abs(w):.4g} × {name}", b, w, style) for label, b, w, style in lines]


def _window(heights: NDArray[np.float64], lines: list[NDArray[np.float64]]) -> tuple[float, float]:
    """The heights to show: the given ones, and those lines that do not stretch them beyond four times."""
    low, high = map(float, heights)
    most = 4.0 * (high - low)
    for line in lines:
        bottom, top = min(low, float(line.min())), max(high, float(line.max()))
        if top - bottom <= most:
            low, high = bottom, top
    return _padded(low, high)


def _padded(low: float, high: float) -> tuple[float, float]:
    edge = 0.04 * (high - low)
    return low - edge, high + edge


def _draw_points(ax: Axes, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    label = f"{len(x):,} points"
    if len(x) <= _MOST_POINTS:
        ax.plot(x, y, color=_GREY, ls="", marker="o", ms=4, alpha=0.7, label=label)
        return
    from matplotlib.colors import LinearSegmentedColormap

    # Neither so light that a cell of one point is lost, nor so dark that the lines are.
    greys = LinearSegmentedColormap.from_list("density", ["#dddddd", "#666666"])
    edges = [np.linspace(*limits, _CELLS + 1) for limits in (ax.get_xlim(), ax.get_ylim())]
    counts = np.zeros((_CELLS, _CELLS))
    for start in range(0, len(x), _CHUNK):  # hexbin or one histogram of 10^7 points would take most of a gigabyte
        counts += np.histogram2d(x[start : start + _CHUNK], y[start : start + _CHUNK], edges)[0]
    ax.pcolormesh(*edges, np.ma.masked_equal(counts.T, 0.0), norm="log", cmap=greys)
    ax.plot([], [], color=_GREY, ls="", marker="s", label=f"{label} (the darker, the more)")


def _spread(last: int, also: list[int]) -> NDArray[np.int64]:
    """Iterations from 0 to `last`, evenly on a logarithmic axis, and those of `also` up to there."""
    evenly = [min(int(k), last) for k in np.geomspace(1.0, float(last), 300)] if last else []
    return np.array(sorted({0, last, *evenly, *(k for k in also if k <= last)}), dtype=np.int64)


def _course(result: fastgd.FitResult, at: NDArray[np.int64]) -> tuple[NDArray[np.float64], float]:
    """The error above the least after so many iterations, and its floor: what a last place of both coefficients makes."""
    path, optimum = result.path(at=at), result.optimum
    b, w = optimum.intercept, float(optimum.coef[0])
    last_place = sys.float_info.epsilon
    rounded = _excess(result, last_place * abs(b), math.copysign(last_place * w, result.moments.mean[0]))
    floor = max(float(rounded), sys.float_info.min)
    return np.maximum(_excess(result, path.intercept - b, path.coef[:, 0] - w), floor), floor


def _excess(result: fastgd.FitResult, b: Any, w: Any) -> Any:
    """Mean squared error above the least, of a line that is (b, w) off the optimum: (1/N) sum (b + w x)^2.

    By the moments, (b + w mean)^2 + w^2 var: the difference of the two errors would show the last digits of both.
    """
    mean, variance = result.moments.mean[0], result.moments.covariance[0, 0]
    with np.errstate(over="ignore", under="ignore"):
        return (b + w * mean) ** 2 + (w * np.sqrt(variance)) ** 2


def _outside(is_so: bool) -> str:
    """What the legend adds of something that the limits of the axes leave out."""
    return " (outside)" if is_so else ""


def _run(result: fastgd.FitResult) -> str:
    if result.status is fastgd.Status.DIVERGED:
        how = "diverged, stopped"
    elif result.remaining == 0.0:
        how = "arrived"
    else:
        how = f"{report.share(result.remaining)} left"
    return f"run: {how} at {report.count(result.n_iter)}"


def _plain(name: str) -> str:
    """A column's name, cut where no axis is as long; matplotlib takes what stands between two dollar signs for a formula."""
    short = name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
    return short.replace("$", r"\$")


def _plain_ticks(ax: Axes) -> None:
    """Numbers in full with commas, never less an offset; on the x axis as many as have room side by side."""
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    steps = [1, 2, 2.5, 5, 10]
    widest = max(len(f"{tick:,.15g}") for tick in MaxNLocator(8, steps=steps).tick_values(*ax.get_xlim()))
    for axis, most in (ax.xaxis, min(8, max(2, 40 // (widest + 2)))), (ax.yaxis, 8):
        axis.set_major_locator(MaxNLocator(most, steps=steps))
        axis.set_major_formatter(StrMethodFormatter("{x:,.15g}"))
    if widest > 10:
        ax.tick_params(axis="x", labelrotation=30)


def _log_axes(ax: Axes, last: int, least: float, most: float) -> None:
    """Scales, limits and ticks, set before anything is drawn: matplotlib's own overflow near 1e308."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    low, high = math.log10(least), math.log10(most)
    edge = 0.04 * (high - low) + 0.1
    low, high = max(low - edge, -307.0), min(high + edge, 308.0)
    ax.set_yscale("log")
    ax.set_ylim(10.0**low, 10.0**high)
    if high - low > 3.0:
        ax.yaxis.set_major_locator(FixedLocator(_powers(low, high)))
        ax.yaxis.set_minor_locator(NullLocator())
    decades = math.log10(max(last, 1))
    ax.set_xscale("symlog", linthresh=1.0, linscale=max(0.5, 0.06 * decades))
    ax.set_xlim(0.0, 1.3 * max(last, 1))
    ax.xaxis.set_major_locator(FixedLocator([0.0, *_powers(0.0, decades)] if last >= 10 else list(range(last + 1))))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda k, _: f"{k:.0f}" if k < 1000.0 else f"$10^{{{math.log10(k):.0f}}}$"))


def _powers(low: float, high: float) -> list[float]:
    """Nine powers of ten at the most, from 10^low to 10^high."""
    step = math.ceil((high - low) / 8.0)
    return [10.0**k for k in range(math.ceil(low), math.floor(high) + 1) if k % max(step, 1) == 0]


def _legend(ax: Axes) -> None:
    """Above the axes, where it hides nothing, and broken at their width, beyond which it would squeeze them.

    In a figure without a layout engine nobody makes room above them: there it stands inside, where the least is.
    """
    from matplotlib.font_manager import FontProperties

    handles, labels = ax.get_legend_handles_labels()
    font = FontProperties(size="small")
    letters = int(72.0 * ax.get_window_extent().width / ax.figure.dpi / font.get_size_in_points() / 0.5) - _HANDLE
    labels = [_broken(label, max(12, letters)) for label in labels]
    if ax.figure.get_layout_engine() is None:
        ax.legend(handles, labels, prop=font, loc="best")
    else:
        ax.legend(handles, labels, prop=font, loc="lower left", bbox_to_anchor=(0.0, 1.0), frameon=False, borderaxespad=0.2)


def _broken(label: str, letters: int) -> str:
    """Lines of so many letters at the most, the first of them ending at the colon."""
    if len(label) <= letters:
        return label
    return "\n".join(textwrap.fill(part, letters) for part in label.replace(": ", ":\n", 1).split("\n"))
