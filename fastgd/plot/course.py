"""The error by iteration."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

import fastgd
from fastgd.plot import canvas
from fastgd.plot.canvas import BLUE, GREEN, ORANGE, PURPLE
from fastgd.text.words import MILLIONTH, count, share

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MARKS = ((0.1, "10 %", "s", GREEN), (0.01, "1 %", "D", PURPLE), (MILLIONTH, "1e-6", "v", ORANGE))

AT_OPTIMUM = "The start is the optimum:\nthere is nothing to descend."

LAST = 2**63 - 1
"""The last iteration that `FitResult.path` can show."""


def error_curve(result: fastgd.FitResult, *, ax: Axes | None = None) -> Axes:
    """How far the mean squared error is above its minimum, by iteration, on logarithmic axes.

    Solid as far as the run went, dashed where it would go on, until a millionth of the start's distance is left; markers show
    where 10 %, 1 % and a millionth of that distance are left. The axis of iterations is linear from 0 to 1, so that it includes
    the start. The curve ends at the error that the rounding of the coefficients to float64 makes.

    Parameters
    ----------
    result : FitResult
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> import fastgd
    >>> from matplotlib.figure import Figure
    >>> result = fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8], learning_rate=0.05, max_iter=100)
    >>> ax = fastgd.plot.error_curve(result, ax=Figure().subplots())
    >>> [text.get_text() for text in ax.get_legend().get_texts()][:2]
    ['run: 7.13 % left at 100', 'if it went on']
    """
    needed = [result.iterations_to(left) for left, *_ in _MARKS]
    end = result.n_iter
    last = min(max(end, needed[-1] or 0), LAST)
    at = spread(last, [end, *(k for k in needed if k is not None)])
    error, floor = course(result, at)
    ax = canvas.axes_or_new(ax)
    ax.set_xlabel("iteration")
    ax.set_ylabel(f"error above the minimum ({canvas.plain(result.moments.target_name)}²)")
    if error.max() == floor:
        return canvas.say(ax, AT_OPTIMUM)

    canvas.log_axes(ax, last, float(error.min()), float(error.max()))
    ran = at <= end
    dot = [-1] if end <= last else []
    label = run(result) + canvas.outside(end > last)
    ax.plot(at[ran], error[ran], color=BLUE, lw=2.5, marker="o", markevery=dot, clip_on=False, label=label)
    if last > end:
        ax.plot(at[at >= end], error[at >= end], color=BLUE, lw=1.5, ls="--", zorder=1.9, label="if it went on")
    for k, (_, left, marker, color) in zip(needed, _MARKS, strict=True):
        if k is not None:
            label = f"{left} of the distance left at {count(k)}{canvas.outside(k > last)}"
            ax.plot(at[at == k], error[at == k], color=color, ls="", marker=marker, clip_on=k > last, label=label)
    canvas.legend_above(ax)
    return ax


def spread(last: int, also: list[int], number: int = 300) -> NDArray[np.int64]:
    """Iterations from 0 to `last`, evenly spaced on a logarithmic axis, and those of `also` up to there."""
    evenly = [min(int(k), last) for k in np.geomspace(1.0, float(last), number)] if last else []
    return np.array(sorted({0, last, *evenly, *(k for k in also if k <= last)}), dtype=np.int64)


def course(result: fastgd.FitResult, at: NDArray[np.int64]) -> tuple[NDArray[np.float64], float]:
    """The error above the minimum after these iterations, and what one unit in the last place of the coefficients makes of it."""
    path, optimum = result.path(at=at), result.optimum
    least = np.append(optimum.intercept, optimum.coef)
    same_side = np.append(1.0, np.copysign(1.0, result.moments.mean[:-1]))  # so that no part makes up for another
    floor = max(float(result.excess(least + np.spacing(abs(least)) * same_side)), sys.float_info.min)
    return np.maximum(result.excess(np.column_stack([path.intercept, path.coef])), floor), floor


def run(result: fastgd.FitResult) -> str:
    """How far the run got, for a legend."""
    if result.status is fastgd.Status.DIVERGED:
        how = "diverged, stopped"
    elif result.remaining == 0.0:
        how = "converged"
    else:
        how = f"{share(result.remaining)} left"
    return f"run: {how} at {count(result.n_iter)}"
