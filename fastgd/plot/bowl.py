"""The error over two parameters: a bowl, or a valley, seen from above with the path of the descent on it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import fastgd
from fastgd import report
from fastgd.plot import canvas
from fastgd.plot.canvas import BLUE, ORANGE
from fastgd.plot.course import LAST, MILLIONTH, run, spread
from fastgd.plot.rates import condition, factors

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

_DARK = "#86a0b5"
_BANDS = 14  # a tenth of the error each
_AROUND = 2.0 * np.pi * np.arange(721) / 720.0
_MARGIN = 0.12  # around what is to be seen, of its width
_MOST_GROWTH = 4.0  # a run that diverges is followed until its error is so many times the start's


@dataclass(frozen=True)
class Plane:
    """Two coordinates of the parameters, in which the error above the least is |offset|^2 for the point optimum + axes @ offset.

    Attributes
    ----------
    result : FitResult
        The descent that is shown.
    names : tuple of str
        Of the coordinates.
    optimum : ndarray of shape (2,)
    axes : ndarray of shape (2, 2)
    path : ndarray of shape (m, 2)
        The iterates `at`.
    at : ndarray of shape (m,)
    """

    result: fastgd.FitResult
    names: tuple[str, str]
    optimum: Floats
    axes: Floats
    path: Floats
    at: NDArray[np.int64]

    def radius(self, points: Floats) -> Floats:
        """Root of the error above the least, in this plane."""
        with np.errstate(over="ignore"):
            u, v = np.linalg.solve(self.axes, (points - self.optimum).T)
            distance: Floats = np.hypot(u, v)
            return distance


def surface(result: fastgd.FitResult, *, ax: Sequence[Axes] | None = None) -> NDArray[Any]:
    """The error over intercept and slope, with the path of the descent: once as in the data and once standardised.

    In one of the two is the run itself; the other shows where the same start would go at the best rate in those coordinates.
    Bands are a factor of ten of the error above the least apart. They are drawn from their closed form, and the picture is as
    large as the path, so that a valley of any length and narrowness can be seen.

    Of several features two coordinates of many are shown: the distances from the optimum along the slowest and along the steepest
    direction of the error, which decide how long the descent takes and which rates are stable. All other distances are taken
    as 0 for the bands.

    Parameters
    ----------
    result : FitResult
    ax : pair of matplotlib.axes.Axes, optional
        Where to draw the two; a new figure without it. In a figure with layout="constrained" the legends stand above the axes.

    Returns
    -------
    ndarray of matplotlib.axes.Axes, shape (2,)
        As in the data, standardised.

    Raises
    ------
    DataError
        Where the data decide fewer than two directions: one parameter, a constant feature.
    ImportError
        Without matplotlib.

    Examples
    --------
    >>> import fastgd
    >>> from matplotlib.figure import Figure
    >>> result = fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8], learning_rate=0.05, max_iter=100)
    >>> raw, standardised = fastgd.plot.surface(result, ax=Figure().subplots(1, 2))
    >>> raw.get_xlabel(), raw.get_ylabel(), raw.get_legend().get_title().get_text()
    ('intercept (y)', 'slope (y / x)', 'as in the data, 55.8 : 1')
    """
    require_surface(result)
    if ax is not None and len(np.atleast_1d(np.asarray(ax, dtype=object))) != 2:
        raise fastgd.DataError("ax is one Axes: the surface needs a pair of them, one as in the data and one standardised")
    own, other = result, counterpart(result)
    raw, scaled = (other, own) if result.standardize else (own, other)
    if ax is None:
        ax = canvas.pyplot().subplots(1, 2, figsize=(8.0, 4.5), layout="constrained")[1]
    pair: NDArray[Any] = np.asarray(ax, dtype=object)
    for one, descent, title in zip(pair, (raw, scaled), ("as in the data", "standardised"), strict=True):
        draw(one, plane_of(descent), descent is own, title)
    return pair


def require_surface(result: fastgd.FitResult) -> None:
    """Refuse what has no two directions to show."""
    if result.rank < 2:
        names = report.listing(result.feature_names)
        decided = ("no direction", "one direction")[result.rank]
        raise fastgd.DataError(f"the data decide {decided} (features: {names}): a surface is over two; see error_curve")


def counterpart(result: fastgd.FitResult) -> fastgd.FitResult:
    """The descent from the same start in the other coordinates, at the best rate there."""
    standardize = not result.standardize
    return fastgd.fit(result.moments, start=result.start, fit_intercept=result.fit_intercept, standardize=standardize)


def plane_of(result: fastgd.FitResult, at: NDArray[np.int64] | None = None) -> Plane:
    """The plane in the coordinates of this descent, and the iterates `at` or those that show its way."""
    if at is None:
        last = min(max(result.n_iter, result.iterations_to(MILLIONTH) or 0), LAST)
        at = spread(last, [result.n_iter])
        at = np.unique(np.minimum(np.append(at, at + (at < last)), last))  # pairs: some descents swing from side to side
    return _line_plane(result, at) if len(result.feature_names) == 1 else _plane_of_directions(result, at)


def _line_plane(result: fastgd.FitResult, at: NDArray[np.int64]) -> Plane:
    """Intercept and slope: the error above the least is (b + mean w)^2 + (sd w)^2, (b, w) being off the optimum."""
    mean, sd = float(result.moments.mean[0]), math.sqrt(result.moments.covariance[0, 0])
    path, optimum = result.path(at=at), result.optimum
    points = np.column_stack([path.intercept, path.coef[:, 0]])
    best = np.array([optimum.intercept, optimum.coef[0]])
    x, y = canvas.plain(result.feature_names[0]), canvas.plain(result.moments.target_name)
    if not result.standardize:
        axes = np.array([[1.0, -mean / sd], [0.0, 1.0 / sd]])
        return Plane(result, (f"intercept ({y})", f"slope ({y} / {x})"), best, axes, points, at)
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.column_stack([points[:, 0] + mean * points[:, 1], sd * points[:, 1]])
    names = f"intercept at the mean of {x} ({y})", f"slope ({y} / sd of {x})"
    return Plane(result, names, np.array([best[0] + mean * best[1], sd * best[1]]), np.eye(2), scaled, at)


def _plane_of_directions(result: fastgd.FitResult, at: NDArray[np.int64]) -> Plane:
    """Distances from the optimum along the slowest and the steepest direction; the error above the least is half of
    eigenvalue times distance^2.
    """
    found = result.stability
    signs, logs = factors(result)
    values = found.eigenvalues[-result.rank :]
    slow, steep = (distance * _powers(signs[i], logs[i], at) for i, distance in zip((0, -1), _distances(result), strict=True))
    parameters = ["intercept"] * result.fit_intercept + list(result.feature_names)
    names = [canvas.plain(parameters[int(np.abs(found.directions[i]).argmax())]) for i in (0, -1)]
    titles = f"along the slowest direction, mostly {names[0]}", f"along the steepest, mostly {names[1]}"
    axes = np.diag(np.sqrt(2.0 / values[[0, -1]]))
    return Plane(result, titles, np.zeros(2), axes, np.column_stack([slow, steep]), at)


def _powers(sign: float, log: float, at: NDArray[np.int64]) -> Floats:
    """(sign exp(log))^k."""
    with np.errstate(invalid="ignore", over="ignore"):
        size = np.where(at == 0, 1.0, np.exp(log * at))
    return np.where(at % 2 == 1, sign, 1.0) * size


def _distances(result: fastgd.FitResult) -> tuple[float, float]:
    """How far the start is from the optimum along the slowest and the steepest direction, in the coordinates descended in.

    The steepest by the gradient there, which is its eigenvalue times its distance: beside a slow distance that is many times
    larger, nothing would be left of it in the product of direction and distance.
    """
    moments, found, optimum = result.moments, result.stability, result.optimum
    mean, covariance = moments.mean[:-1], moments.covariance[:-1, :-1]
    start = result.path(at=[0])
    b, w = float(start.intercept[0]) - optimum.intercept, start.coef[0] - optimum.coef
    level, slopes = b + float(mean @ w), covariance @ w
    scale = np.ones(len(w))
    if result.standardize:
        scale = np.sqrt(np.diag(covariance) + (0.0 if result.fit_intercept else mean**2))
        scale[scale == 0.0] = 1.0
    centre = mean if not (result.standardize and result.fit_intercept) else np.zeros(len(w))
    inner = (slopes + level * centre) / scale
    intercept = [b if not result.standardize else level] * result.fit_intercept
    gradient = 2.0 * np.append([level] * result.fit_intercept, inner)
    slow = float(found.directions[0] @ np.append(intercept, w * scale))
    return slow, float(found.directions[-1] @ gradient) / float(found.eigenvalues[-1])


def draw(ax: Axes, plane: Plane, is_run: bool, title: str) -> None:
    """Bands, path, start and optimum."""
    result = plane.result
    set_window(ax, plane)
    bands(ax, plane)
    inside = _followed(plane)
    label = run(result) if is_run else f"at its best rate: {run(result).removeprefix('run: ')}"
    ran = plane.at <= result.n_iter
    ax.plot(*plane.path[inside & ran].T, color=BLUE, lw=1.5, label=label)
    if not ran.all():
        ax.plot(*plane.path[plane.at >= result.n_iter].T, color=BLUE, lw=1.5, ls="--", label="if it went on")
    decades = np.isin(plane.at, 10 ** np.arange(19, dtype=np.int64)) & inside
    ax.plot(*plane.path[decades].T, color=BLUE, ls="", marker="o", ms=4, mec="white", mew=0.7, label="iterations 1, 10, 100, …")
    ax.plot(*plane.path[0], color="black", ls="", marker="s", ms=5, label="start")
    ax.plot(*plane.optimum, color=ORANGE, ls="", marker="*", ms=11, mec="white", label="optimum")
    ax.set(xlabel=plane.names[0], ylabel=plane.names[1])
    canvas.legend_above(ax, f"{title}, {report.ratio(condition(result.stability))} : 1")


def _followed(plane: Plane) -> NDArray[np.bool_]:
    """Which iterates the picture is to hold."""
    radius = plane.radius(plane.path)
    if plane.result.status is not fastgd.Status.DIVERGED:
        return np.ones(len(radius), dtype=bool)
    return np.arange(len(radius)) < max(2, int(np.argmax(radius > math.sqrt(_MOST_GROWTH) * radius[0])) + 1)


def set_window(ax: Axes, plane: Plane) -> None:
    """Limits around the path and the optimum; where they are one point, around that as wide as the error is of its size."""
    seen = plane.path[_followed(plane)] if plane.result.status is not fastgd.Status.DIVERGED else plane.path[:1]
    points = np.vstack([seen, plane.optimum])
    low, high = points.min(axis=0), points.max(axis=0)
    size = float(plane.radius(plane.path[:1])[0]) or math.sqrt(plane.result.optimum.error) or 1.0
    span = high - low
    span = np.where(span > 1e-9 * np.abs(points).max(axis=0), span, size * np.hypot(*plane.axes.T))
    if plane.result.standardize:  # where bands of two equal directions are to be round
        span[:] = span.max()
        ax.set_aspect("equal", adjustable="box")
    middle, half = 0.5 * (low + high), (0.5 + _MARGIN) * span
    ax.set(xlim=(middle[0] - half[0], middle[0] + half[0]), ylim=(middle[1] - half[1], middle[1] + half[1]))
    canvas.plain_ticks(ax)


def bands(ax: Axes, plane: Plane) -> None:
    """Ellipses, the outermost through the farthest corner: polygons, for a grid misses a valley narrower than its cells."""
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
    ax.plot([], [], color=_DARK, ls="", marker="s", label="bands: a tenth of the error each")
