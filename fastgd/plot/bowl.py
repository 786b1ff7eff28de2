"""The error as a function of two parameters: a bowl, or a valley, seen from above with the path of the descent on it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import fastgd
from fastgd.plot import canvas
from fastgd.plot.canvas import BLUE, ORANGE
from fastgd.plot.course import run
from fastgd.plot.plane import MOST_SWINGS, Plane, plane_of, steps
from fastgd.text.words import condition, in_words, ratio

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DARK = "#86a0b5"
_BANDS = 14  # each a tenth of the error of the one outside it
_AROUND = 2.0 * np.pi * np.arange(721) / 720.0
_MARGIN = 0.12  # on each side, as a share of the width of what is shown
_FAR_AWAY = 10.0  # times the start's distance


def surface(result: fastgd.FitResult, *, ax: Sequence[Axes] | None = None) -> NDArray[Any]:
    """The error as a function of intercept and slope, with the path of the descent: as in the data, and standardised.

    One of the two shows the run itself; the other shows where the same start would lead at the best rate in those coordinates.
    Each band has a tenth of the error above the minimum of the band outside it. The bands are drawn from their closed form and
    the axes fit the path, so that a valley of any length and narrowness is visible.

    With several features, the axes are the distances from the optimum along the slowest and the steepest direction of the error,
    which determine how long the descent takes and which rates are stable; the bands take all other distances as 0.

    Parameters
    ----------
    result : FitResult
    ax : pair of matplotlib.axes.Axes, optional
        Where to draw the two.

    Returns
    -------
    ndarray of matplotlib.axes.Axes, shape (2,)
        As in the data, standardised.

    Raises
    ------
    DataError
        Where the data determine fewer than two directions: one parameter, a constant feature.

    Examples
    --------
    >>> import fastgd
    >>> from matplotlib.figure import Figure
    >>> result = fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8], learning_rate=0.05, max_iter=100)
    >>> raw, standardised = fastgd.plot.surface(result, ax=Figure().subplots(1, 2))
    >>> raw.get_xlabel(), raw.get_ylabel(), raw.get_legend().get_title().get_text()
    ('intercept (y)', 'slope (y / x)', 'as in the data, 55.8 : 1')
    """
    if result.rank < 2:
        found = ("no direction", "one direction")[result.rank]
        names = in_words(result.feature_names)
        raise fastgd.DataError(f"the data determine {found} (features: {names}): a surface needs two; see error_curve")
    if ax is not None and len(np.atleast_1d(np.asarray(ax, dtype=object))) != 2:
        raise fastgd.DataError("ax is one Axes: the surface needs a pair of them, one as in the data and one standardised")
    raw, scaled = (_counterpart(result), result) if result.standardize else (result, _counterpart(result))
    planes = plane_of(raw), plane_of(scaled)
    if ax is None:
        ax = canvas.pyplot().subplots(1, 2, figsize=(8.0, 4.5), layout="constrained")[1]
    pair: NDArray[Any] = np.asarray(ax, dtype=object)
    for one, plane, title in zip(pair, planes, ("as in the data", "standardised"), strict=True):
        _draw(one, plane, plane.result is result, title)
    return pair


def _counterpart(result: fastgd.FitResult) -> fastgd.FitResult:
    """The descent from the same start in the other coordinates, at the best rate there."""
    standardize = not result.standardize
    return fastgd.fit(result.moments, start=result.start, fit_intercept=result.fit_intercept, standardize=standardize)


def _draw(ax: Axes, plane: Plane, is_run: bool, title: str) -> None:
    """Bands, path, start and optimum."""
    result = plane.result
    set_window(ax, plane)
    bands(ax, plane)
    end = float(result.n_iter)
    label = run(result) if is_run else f"at its best rate: {run(result).removeprefix('run: ')}"
    _draw_path(ax, plane, 0.0, end, label, "-")
    if plane.last > end:
        _draw_path(ax, plane, end, plane.last, "if it went on", "--")
    decades = 10.0 ** np.arange(math.floor(math.log10(plane.last)) + 1.0) if plane.last else np.zeros(0)
    style: dict[str, Any] = {"color": BLUE, "ls": "", "marker": "o", "ms": 4, "mec": "white", "mew": 0.7}
    ax.plot(*plane.points(decades).T, label="iterations 1, 10, 100, …", **style)
    ax.plot(*plane.points(np.zeros(1)).T, color="black", ls="", marker="s", ms=5, label="start")
    ax.plot(*plane.optimum, color=ORANGE, ls="", marker="*", ms=11, mec="white", label="optimum")
    canvas.legend_above(ax, f"{title}, {ratio(condition(result.stability))} : 1")


def _draw_path(ax: Axes, plane: Plane, first: float, last: float, label: str, style: str) -> None:
    """The path from one iteration to another, as a line; or where it swings from side to side, the area that it covers."""
    at = steps(first, last)
    if plane.swings:
        even = 2.0 * np.floor(0.5 * at)
        one, other = plane.points(even), plane.points(even + 1.0)
        ax.fill(*np.vstack([one, other[::-1]]).T, color=BLUE, alpha=0.25, lw=0.0, label=f"{label}, swinging")
        for side in (one, other):
            ax.plot(*side.T, color=BLUE, lw=1.0, ls=style)
        return
    points = plane.points(np.unique(np.append(at, np.arange(first, min(last, first + MOST_SWINGS) + 1.0))))
    if plane.diverges:  # as far as it takes to leave the picture
        radius = plane.radius(points)
        points = points[: 2 + int(np.argmax(radius > _FAR_AWAY * radius[0]))]
    ax.plot(*points.T, color=BLUE, lw=1.5, ls=style, label=label)


def set_window(ax: Axes, plane: Plane) -> None:
    """Limits around the path and the optimum; where the two are one point, as wide around it as the error is large."""
    low, high = plane.window()
    size = float(plane.radius(plane.points(np.zeros(1)))[0]) or math.sqrt(plane.result.optimum.error) or 1.0
    span = high - low
    span = np.where(span > 1e-9 * np.maximum(np.abs(low), np.abs(high)), span, size * np.hypot(*plane.axes.T))
    if plane.result.standardize:  # so that the bands of two equal directions are round
        span[:] = span.max()
        ax.set_aspect("equal", adjustable="box")
    middle, half = 0.5 * (low + high), (0.5 + _MARGIN) * span
    ax.set(xlim=(middle[0] - half[0], middle[0] + half[0]), ylim=(middle[1] - half[1], middle[1] + half[1]))
    canvas.plain_ticks(ax)
    canvas.name_axes(ax, *plane.names)


def bands(ax: Axes, plane: Plane) -> None:
    """Ellipses, the outermost through the farthest corner; polygons, as a grid misses a valley narrower than its cells."""
    from matplotlib.collections import PolyCollection
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.path import Path
    from matplotlib.transforms import Bbox

    limits = np.array([ax.get_xlim(), ax.get_ylim()])
    span = limits[:, 1] - limits[:, 0]
    corners = np.array([(x, y) for x in limits[0] for y in limits[1]])
    radii = float(plane.radius(corners).max()) * 10.0 ** (0.25 - 0.5 * np.arange(_BANDS))
    radii = radii[(np.multiply.outer(radii, np.hypot(*plane.axes.T)) > 0.004 * span).any(axis=1)]
    around = Bbox.from_extents(*(limits[:, 0] - span), *(limits[:, 1] + span))
    circle = plane.axes @ np.vstack([np.cos(_AROUND), np.sin(_AROUND)])
    ellipses = [Path((plane.optimum + radius * circle.T), closed=True).clip_to_bbox(around).vertices for radius in radii]
    colors = LinearSegmentedColormap.from_list("bands", [_DARK, "#ffffff"])(np.linspace(0.0, 1.0, len(radii) + 1))
    ax.set_facecolor(colors[0])
    drawn = PolyCollection(ellipses, facecolors=colors[1:], edgecolors="#5f7789", linewidths=0.4, zorder=0.5)
    ax.add_collection(drawn, autolim=False)
    ax.plot([], [], color=_DARK, ls="", marker="s", label="bands: each a tenth of the error")
