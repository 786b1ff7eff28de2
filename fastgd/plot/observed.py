"""Predictions and observations."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

import fastgd
from fastgd.plot import canvas
from fastgd.plot.canvas import BLUE, ORANGE
from fastgd.plot.rows import Points, rows_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def predicted(result: fastgd.FitResult, X: Any, y: Any = None, *, ax: Axes | None = None) -> Axes:
    """The observed target against the run's predictions, for any number of features; on the diagonal the two are equal.

    Parameters
    ----------
    result : FitResult
    X, y
        Points to show, as `FitResult.plot` takes them. Of more than 5000 the density is shown.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        For points that cannot be shown.

    Examples
    --------
    >>> import fastgd
    >>> from matplotlib.figure import Figure
    >>> X, y = [[1, 2], [2, 1], [3, 5], [4, 4]], [2, 4, 5, 8]
    >>> ax = fastgd.plot.predicted(fastgd.fit(X, y), X, y, ax=Figure().subplots())
    >>> ax.get_xlabel(), ax.get_ylabel(), ax.get_legend().get_texts()[-1].get_text()
    ('predicted y', 'observed y', 'observed = predicted')
    """
    points = Points(_rows(result, X, y), lambda X, y: (result.predict(X), y))
    ax = _axes(result, points, (points.low[1], points.high[1]), "observed {}", ax)
    ax.axline((0.0, 0.0), slope=1.0, color=BLUE, lw=1.5, label="observed = predicted")
    canvas.legend_above(ax)
    return ax


def residuals(result: fastgd.FitResult, X: Any, y: Any = None, *, ax: Axes | None = None) -> Axes:
    """Residuals, observed minus predicted, against the run's predictions: a slope or a bend in them is what the run missed.

    Parameters
    ----------
    result : FitResult
    X, y
        Points to show, as `FitResult.plot` takes them. Of more than 5000 the density is shown.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        For points that cannot be shown.

    Examples
    --------
    >>> import fastgd
    >>> from matplotlib.figure import Figure
    >>> X, y = [1, 2, 3, 4], [2, 4, 5, 8]
    >>> ax = fastgd.plot.residuals(fastgd.fit(X, y), X, y, ax=Figure().subplots())
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['4 points', 'no residual', '± 2 × root mean square 0.4183']
    """

    def place(X: Any, y: Any) -> Any:
        values = result.predict(X)
        return values, y - values

    points = Points(_rows(result, X, y), place)
    largest = float(np.abs([points.low[1], points.high[1]]).max()) or 1.0
    spread = largest * math.sqrt(sum(float(((v / largest) ** 2).sum()) for _, v in points) / points.n)
    heights = min(points.low[1], -2.0 * spread), max(points.high[1], 2.0 * spread)
    ax = _axes(result, points, heights, "residual ({})", ax)
    ax.axhline(0.0, color=BLUE, lw=1.5, label="no residual")
    style: dict[str, Any] = {"color": ORANGE, "lw": 1.2, "ls": "--"}
    ax.axhline(2.0 * spread, label=f"± 2 × root mean square {spread:.4g}", **style)
    ax.axhline(-2.0 * spread, **style)
    canvas.legend_above(ax)
    return ax


def _axes(result: fastgd.FitResult, points: Points, heights: tuple[float, float], y: str, ax: Axes | None) -> Axes:
    """With the points."""
    ax, target = canvas.axes_or_new(ax), canvas.plain(result.moments.target_name)
    ax.set(xlim=canvas.padded(*canvas.widened(points.low[0], points.high[0])), ylim=canvas.padded(*canvas.widened(*heights)))
    ax.set(xlabel=f"predicted {target}", ylabel=y.format(target))
    canvas.plain_ticks(ax)
    points.draw(ax)
    return ax


def _rows(result: fastgd.FitResult, X: Any, y: Any) -> Any:
    rows = rows_of(result, X, y)
    if rows is None:
        raise fastgd.DataError("X is None: a result does not hold the rows of the data: pass X and y")
    return rows
