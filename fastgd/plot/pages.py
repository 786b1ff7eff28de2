"""Plots side by side."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import fastgd
from fastgd.plot import canvas
from fastgd.plot.bowl import surface
from fastgd.plot.course import error_curve
from fastgd.plot.lines import fit
from fastgd.plot.observed import predicted, residuals
from fastgd.plot.rates import directions, stability
from fastgd.plot.rows import Rows, rows_of

_WIDTH, _HEIGHT = 8.0, 4.5  # inches of a row of two
_LINE = 36  # letters of a sentence instead of a picture


def page(result: fastgd.FitResult, X: Any = None, y: Any = None) -> NDArray[Any]:
    """The most informative plots of a fit, on one figure: what `FitResult.plot` shows.

    With one feature, `fit` and `error_curve` above the two of `surface`, or without an intercept above `stability` and
    `directions`. With several features, `error_curve` and `directions`, with points below `predicted` and `residuals`.

    Parameters
    ----------
    result : FitResult
    X, y : optional
        Points to show, as `FitResult.plot` takes them.

    Returns
    -------
    ndarray of matplotlib.axes.Axes, shape (2, 2), or with several features and no points (1, 2)
        As pandas gives for subplots; `axes[0, 0].figure` is the figure.

    Raises
    ------
    DataError
        For points that cannot be shown.

    Examples
    --------
    >>> import fastgd
    >>> axes = fastgd.plot.page(fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8]))
    >>> axes.shape
    (2, 2)
    """
    is_line, rows = len(result.feature_names) == 1, rows_of(result, X, y)
    height = 1 + (is_line or rows is not None)
    figure = canvas.pyplot().figure(figsize=(_WIDTH, _HEIGHT * height), layout="constrained")
    try:
        axes: NDArray[Any] = figure.subplots(height, 2, squeeze=False)
        (_draw_line if is_line else _draw_many)(result, rows, axes)
        canvas.break_again(axes.flat, figure)
    except BaseException:
        canvas.pyplot().close(figure)
        raise
    return axes


def _draw_line(result: fastgd.FitResult, rows: Rows | None, axes: NDArray[Any]) -> None:
    fit(result, rows, ax=axes[0, 0])
    error_curve(result, ax=axes[0, 1])
    if result.rank == 2:
        _or_reason(surface, result, axes[1])
    else:
        _or_reason(stability, result, axes[1, 0])
        _or_reason(directions, result, axes[1, 1])


def _draw_many(result: fastgd.FitResult, rows: Rows | None, axes: NDArray[Any]) -> None:
    if rows is not None:
        predicted(result, rows, ax=axes[0, 0])
        residuals(result, rows, ax=axes[0, 1])
    error_curve(result, ax=axes[-1, 0])
    _or_reason(directions, result, axes[-1, 1])


def _or_reason(draw: Callable[..., Any], result: fastgd.FitResult, ax: Any) -> None:
    """A picture, or why there is none: one figure that float64 cannot hold must not make the page fail."""
    try:
        draw(result, ax=ax)
    except fastgd.DataError as error:
        for one in np.ravel(ax):
            canvas.say(one, textwrap.fill(str(error), _LINE))
