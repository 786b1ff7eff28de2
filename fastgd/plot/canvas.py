"""What plots share: colours, axes, scales, ticks, names and the legend. matplotlib is imported inside the functions."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable
from types import ModuleType
from typing import TYPE_CHECKING

from fastgd.errors import missing_extra

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe & Ito's colours, which colour-blind people can tell apart.
BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#888888"

_LONGEST_NAME = 40
_LONGEST_LINE = 36  # of an axis' name, with another picture beside it
_HANDLE = 5  # width of a legend's sample of line or marker, in letters


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


def widened(low: float, high: float) -> tuple[float, float]:
    """Limits that differ: around a single value, half of it on either side."""
    around = 0.5 * abs(low) or 1.0
    return (low, high) if low < high else (low - around, high + around)


def outside(is_so: bool) -> str:
    """What the legend adds for something outside the limits of the axes."""
    return " (outside)" if is_so else ""


def plain(name: str, longest: int = _LONGEST_NAME) -> str:
    """A column's name, cut to the length of an axis; matplotlib takes text between two dollar signs for a formula."""
    short = name if len(name) <= longest else name[: longest - 1] + "…"
    return short.replace("$", r"\$")


def name_axes(ax: Axes, x: str, y: str) -> None:
    """Names that may be wider than half a page, broken into lines."""
    ax.set(xlabel=textwrap.fill(x, _LONGEST_LINE), ylabel=textwrap.fill(y, _LONGEST_LINE))


def plain_ticks(ax: Axes) -> None:
    """Numbers in full with commas, never relative to an offset; on the x axis as many as fit."""
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    steps = [1, 2, 2.5, 5, 10]
    widest = max(len(f"{tick:,.15g}") for tick in MaxNLocator(8, steps=steps).tick_values(*ax.get_xlim()))
    for axis, most in (ax.xaxis, min(8, max(2, 40 // (widest + 2)))), (ax.yaxis, 8):
        axis.set_major_locator(MaxNLocator(most, steps=steps))
        axis.set_major_formatter(StrMethodFormatter("{x:,.15g}"))
    if widest > 10:
        ax.tick_params(axis="x", labelrotation=30)


def rate_ticks(ax: Axes, is_log: bool) -> None:
    """Learning rates along x, factors along y."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator

    if is_log:
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(LogLocator(numticks=6))
    else:
        ax.xaxis.set_major_locator(MaxNLocator(4))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda rate, _: f"{rate:.3g}"))
    if ax.get_ylim()[1] > 20.0:
        ax.set_yscale("symlog", linthresh=2.0)
        ax.yaxis.set_major_locator(FixedLocator([0.0, 1.0, *_powers(1.0, math.log10(ax.get_ylim()[1]))]))


def share_ticks(ax: Axes, largest: float) -> None:
    """Shares along x, as percentages, or where some are above 1 on a logarithmic axis, as multiples."""
    from matplotlib.ticker import PercentFormatter

    if largest > 1.0:
        ax.set_xscale("log")
        ax.set_xlim(0.1, 10.0 ** min(308.0, 1.4 * math.log10(largest) + 1.0))
    else:
        ax.set_xlim(0.0, 1.02)
        ax.set_xticks([0.0, 0.25, 0.5, 0.75, 1.0])
        ax.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))


def above_bar(ax: Axes, place: int, text: str) -> None:
    """A text above a horizontal bar, where it takes no width from it."""
    ax.annotate(text, (0.0, place - 0.24), (4, 1), xycoords=("axes fraction", "data"), textcoords="offset points", size="small")


def say(ax: Axes, text: str) -> Axes:
    """A sentence instead of a picture."""
    ax.set(xticks=[], yticks=[])
    ax.text(0.5, 0.5, text, ha="center", va="center", transform=ax.transAxes)
    return ax


def log_axes(ax: Axes, last: int, least: float, most: float) -> None:
    """Scales, limits and ticks, set before anything is drawn, as matplotlib's own overflow near 1e308."""
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
    """At most nine powers of ten, from 10^low to 10^high."""
    step = math.ceil((high - low) / 8.0)
    return [10.0**k for k in range(math.ceil(low), math.floor(high) + 1) if k % max(step, 1) == 0]


def legend_above(ax: Axes, title: str | None = None) -> None:
    """Above the axes, where it hides nothing, and no wider than they are; inside, where no layout engine makes room above."""
    from matplotlib.font_manager import FontProperties

    handles, labels = ax.get_legend_handles_labels()
    font = FontProperties(size="small")
    letters = int(72.0 * ax.get_window_extent().width / ax.figure.dpi / font.get_size_in_points() / 0.55) - _HANDLE
    labels = [_broken(label, max(12, letters)) for label in labels]
    style = {"prop": font, "title": title, "title_fontproperties": font, "alignment": "left"}
    if ax.figure.get_layout_engine() is None:
        ax.legend(handles, labels, loc="best", **style)
    else:
        ax.legend(handles, labels, loc="lower left", bbox_to_anchor=(0.0, 1.0), frameon=False, borderaxespad=0.2, **style)


def break_again(axes: Iterable[Axes], figure: Figure) -> None:
    """Draw the legends above axes again, once the layout has decided how wide the axes are."""
    figure.draw_without_rendering()
    for ax in axes:
        legend = ax.get_legend()
        if legend is not None:
            title = legend.get_title()
            legend_above(ax, title.get_text() if title.get_visible() else None)


def _broken(label: str, letters: int) -> str:
    """Lines of at most so many letters, the first of them ending at the colon."""
    if len(label) <= letters:
        return label
    return "\n".join(textwrap.fill(part, letters) for part in label.replace(": ", ":\n", 1).split("\n"))
