"""What pictures share: colours, axes, scales, ticks, names and the legend. matplotlib is imported inside the functions."""

from __future__ import annotations

import math
import textwrap
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fastgd.errors import missing_extra

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe & Ito's colours, which the colour-blind tell apart.
BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#888888"

_MOST_POINTS = 5000  # more hide one another: from there on their density is drawn
_CELLS = 60  # of the density, along either axis
_CHUNK = 262_144  # rows counted at a time
_LONGEST_NAME = 40
_HANDLE = 5  # letters' width of a legend's sample of line or marker


def pyplot() -> ModuleType:
    try:
        import matplotlib.pyplot
    except ImportError:
        raise missing_extra("matplotlib", "plot", "a picture") from None
    return matplotlib.pyplot


def axes_or_new(ax: Axes | None) -> Axes:
    if ax is not None:
        return ax
    new: Axes = pyplot().subplots(layout="constrained")[1]
    return new


def padded(low: float, high: float) -> tuple[float, float]:
    edge = 0.04 * (high - low)
    return low - edge, high + edge


def draw_points(ax: Axes, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    label = f"{len(x):,} point" + ("" if len(x) == 1 else "s")
    if len(x) <= _MOST_POINTS:
        ax.plot(x, y, color=GREY, ls="", marker="o", ms=4, alpha=0.7, label=label)
        return
    from matplotlib.colors import LinearSegmentedColormap

    # Neither so light that a cell of one point is lost, nor so dark that the lines are.
    greys = LinearSegmentedColormap.from_list("density", ["#dddddd", "#666666"])
    edges = [np.linspace(*limits, _CELLS + 1) for limits in (ax.get_xlim(), ax.get_ylim())]
    counts = np.zeros((_CELLS, _CELLS))
    for start in range(0, len(x), _CHUNK):  # hexbin took 900 MB for 10^7 points, this 28
        counts += np.histogram2d(x[start : start + _CHUNK], y[start : start + _CHUNK], edges)[0]
    ax.pcolormesh(*edges, np.ma.masked_equal(counts.T, 0.0), norm="log", cmap=greys)
    ax.plot([], [], color=GREY, ls="", marker="s", label=f"{label} (the darker, the more)")


def outside(is_so: bool) -> str:
    """What the legend adds of something that the limits of the axes leave out."""
    return " (outside)" if is_so else ""


def plain(name: str) -> str:
    """A column's name, cut where no axis is as long; matplotlib takes what stands between two dollar signs for a formula."""
    short = name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
    return short.replace("$", r"\$")


def plain_ticks(ax: Axes) -> None:
    """Numbers in full with commas, never less an offset; on the x axis as many as have room side by side."""
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    steps = [1, 2, 2.5, 5, 10]
    widest = max(len(f"{tick:,.15g}") for tick in MaxNLocator(8, steps=steps).tick_values(*ax.get_xlim()))
    for axis, most in (ax.xaxis, min(8, max(2, 40 // (widest + 2)))), (ax.yaxis, 8):
        axis.set_major_locator(MaxNLocator(most, steps=steps))
        axis.set_major_formatter(StrMethodFormatter("{x:,.15g}"))
    if widest > 10:
        ax.tick_params(axis="x", labelrotation=30)


def log_axes(ax: Axes, last: int, least: float, most: float) -> None:
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


def legend_above(ax: Axes) -> None:
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
