"""How the rate shrinks the distance along each direction of the error: in one iteration, and in those that were run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

import fastgd
from fastgd.plot import canvas
from fastgd.plot.canvas import BLUE, GREEN, GREY, ORANGE, PURPLE
from fastgd.text.words import condition, ratio, share

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FAR = 4.0  # how many times above the limit, or five times below it, a rate needs a logarithmic axis
_ZONES, _NAMES = (GREEN, ORANGE, PURPLE), ("monotone", "oscillating", "diverging")
_LONGEST_NAME = 24  # in the text of a bar
_MOST_NAMED = 20  # directions whose bars have a name and a figure


def stability(result: fastgd.FitResult, *, ax: Axes | None = None) -> Axes:
    """The factor by which one iteration multiplies the distance to the optimum, for each learning rate, and where the run's is.

    Along the steepest direction the factor is 1 - 2 rate / limit; along the slowest it is closer to 1, by as much as that is
    flatter. Below half of the limit no direction overshoots, from there to the limit the steepest one oscillates as it converges,
    and past the limit each iteration takes it farther away.

    Parameters
    ----------
    result : FitResult
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        For data whose limit float64 cannot hold.

    Examples
    --------
    >>> import fastgd
    >>> from matplotlib.figure import Figure
    >>> result = fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8], learning_rate=0.05, max_iter=100)
    >>> ax = fastgd.plot.stability(result, ax=Figure().subplots())
    >>> [text.get_text() for text in ax.get_legend().get_texts()][-2:]
    ['limit: 0.119756', 'this run: 0.05, × 0.165 and × 0.985']
    """
    rate = result.learning_rate
    limit = result.stability.max_learning_rate if result.rank else math.inf
    ax = canvas.axes_or_new(ax)
    ax.set(xlabel="learning rate", ylabel="factor of the distance, per iteration")
    if limit in (0.0, math.inf):
        return canvas.say(ax, "No direction is curved:\nany rate is stable." if result.rank == 0 else "No rate is stable.")
    times = condition(result.stability)
    is_far = not limit / (5.0 * _FAR) < rate < _FAR * limit
    first, last = min(0.01 * limit, 0.3 * rate) if is_far else 0.0, max(1.5 * limit, (3.0 if is_far else 1.15) * rate)
    rates = np.geomspace(first, last, 400) if is_far else np.linspace(0.0, last, 400)
    rates = np.sort(np.append(rates, [0.5 * limit, limit]))  # the corners
    curvatures = [2.0 / limit] + [2.0 / limit / times] * (times > 1.0)
    ax.set_xlim(first, last)
    ax.set_ylim(0.0, max(1.6, 1.15 * abs(1.0 - 2.0 * last / limit)))
    canvas.rate_ticks(ax, is_far)
    for low, high, color, zone in zip((first, 0.5 * limit, limit), (0.5 * limit, limit, last), _ZONES, _NAMES, strict=True):
        ax.axvspan(low, high, color=color, alpha=0.15, lw=0.0, label=zone)
    names = "steepest direction", f"slowest direction, {ratio(times)} times flatter"
    for curvature, name, style in zip(curvatures, names, ("-", "--"), strict=False):
        ax.plot(rates, np.abs(1.0 - curvature * rates), color=BLUE, lw=2.0, ls=style, label=name)
    ax.axvline(limit, color=GREY, lw=1.5, label=f"limit: {limit:.6g}")
    own = [curvature * rate for curvature in curvatures]
    label = f"this run: {rate:.6g}, " + " and ".join(f"× {_factor(u)}" for u in own)
    ax.plot([rate] * len(own), np.abs(1.0 - np.array(own)), color="black", ls="", marker="o", zorder=3.0, label=label)
    canvas.legend_above(ax)
    return ax


def _factor(step: float) -> str:
    """|1 - step|, which is rounded to 1 only where it is 1."""
    near = min(step, 2.0 - step)
    return f"(1 - {near:.2g})" if 0.0 < near < 1e-3 else f"{abs(1.0 - step):.4g}"


def directions(result: fastgd.FitResult, *, ax: Axes | None = None) -> Axes:
    """How much of the distance along each direction of the error is left after the run, from the steepest to the slowest.

    The directions are the eigenvectors of the curvature, in the coordinates descended in. The descent along each is independent
    of the others: after k iterations ``|1 - rate * eigenvalue|^k`` of the start's distance is left.

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
    >>> ax = fastgd.plot.directions(result, ax=Figure().subplots())
    >>> [text.get_text() for text in ax.texts]
    ['1: mostly x, 5.5e-77 %', '2: mostly intercept, 22.1 %']
    """
    shares = np.abs(result.factors(result.n_iter))[::-1]
    shares[np.abs(shares - 1.0) < 1e-9] = 1.0  # at the limit of the rate, which is a float64
    ax = canvas.axes_or_new(ax)
    ax.set(xlabel="share of the distance left", ylabel="from the steepest direction to the slowest")
    if len(shares) == 0:
        return canvas.say(ax, "No direction is curved:\nthe data determine nothing.")
    is_named = len(shares) <= _MOST_NAMED
    ax.barh(np.arange(1, len(shares) + 1), shares, color=BLUE, height=0.4 if is_named else 1.0)
    ax.set_ylim(len(shares) + 0.5, 0.5 - 0.2 * is_named)
    canvas.share_ticks(ax, float(shares.max()))
    if is_named:
        ax.set_yticks([])
        parameters = ["intercept"] * result.fit_intercept + list(result.feature_names)
        largest = np.abs(result.stability.directions[::-1]).argmax(axis=1)
        for place, (i, left) in enumerate(zip(largest, shares.tolist(), strict=True), 1):
            figure = share(left) if left <= 1.0 else f"× {left:.3g}"
            canvas.above_bar(ax, place, f"{place}: mostly {canvas.plain(parameters[i], _LONGEST_NAME)}, {figure}")
    return ax
