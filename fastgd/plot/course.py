"""The course of the error by iteration."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

import fastgd
from fastgd.plot import canvas
from fastgd.plot.canvas import BLUE, GREEN, ORANGE, PURPLE
from fastgd.text import words
from fastgd.text.words import MILLIONTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MARKS = ((0.1, "10 %", "s", GREEN), (0.01, "1 %", "D", PURPLE), (MILLIONTH, "1e-6", "v", ORANGE))

AT_OPTIMUM = "The start is the optimum:\nno way to go."

LAST = 2**63 - 1
"""The last iteration that `FitResult.path` can show."""


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
    last = min(max(end, needed[-1] or 0), LAST)
    at = spread(last, [end, *(k for k in needed if k is not None)])
    error, floor = course(result, at)
    ax = canvas.axes_or_new(ax)
    ax.set_xlabel("iteration")
    ax.set_ylabel(f"error above the least ({canvas.plain(result.moments.target_name)}²)")
    if error.max() == floor:
        return canvas.say(ax, AT_OPTIMUM)

    canvas.log_axes(ax, last, float(error.min()), float(error.max()))
    ran = at <= end
    dot = [-1] if end <= last else []
    label = run(result) + canvas.outside(end > last)
    ax.plot(at[ran], error[ran], color=BLUE, lw=2.5, marker="o", markevery=dot, clip_on=False, label=label)
    if last > end:
        ax.plot(at[at >= end], error[at >= end], color=BLUE, lw=1.5, ls="--", zorder=1.9, label="if it went on")
    for k, (_, share, marker, color) in zip(needed, _MARKS, strict=True):
        if k is not None:
            label = f"{share} of the distance left at {words.count(k)}{canvas.outside(k > last)}"
            ax.plot(at[at == k], error[at == k], color=color, ls="", marker=marker, clip_on=k > last, label=label)
    canvas.legend_above(ax)
    return ax


def spread(last: int, also: list[int], count: int = 300) -> NDArray[np.int64]:
    """Iterations from 0 to `last`, evenly on a logarithmic axis, and those of `also` up to there."""
    evenly = [min(int(k), last) for k in np.geomspace(1.0, float(last), count)] if last else []
    return np.array(sorted({0, last, *evenly, *(k for k in also if k <= last)}), dtype=np.int64)


def course(result: fastgd.FitResult, at: NDArray[np.int64]) -> tuple[NDArray[np.float64], float]:
    """The error above the least after so many iterations, and its floor: what a last place of the coefficients makes of it."""
    path, optimum = result.path(at=at), result.optimum
    least = np.append(optimum.intercept, optimum.coef)
    same_side = np.append(1.0, np.copysign(1.0, result.moments.mean[:-1]))  # so that no part makes up for another
    floor = max(float(result.excess(least + np.spacing(abs(least)) * same_side)), sys.float_info.min)
    return np.maximum(result.excess(np.column_stack([path.intercept, path.coef])), floor), floor


def run(result: fastgd.FitResult) -> str:
    if result.status is fastgd.Status.DIVERGED:
        how = "diverged, stopped"
    elif result.remaining == 0.0:
        how = "arrived"
    else:
        how = f"{words.share(result.remaining)} left"
    return f"run: {how} at {words.count(result.n_iter)}"
