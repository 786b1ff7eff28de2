"""The picture of time against rows, features and iterations."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path

import numpy as np
from figures import Figures, duration
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import LogLocator
from PIL import Image
from series import PANELS, Curve, curves_of

Style = tuple[str, str]
OURS = "fastgd"
# Okabe & Ito's colours, which the colour-blind tell apart, and a shape each: the library's own, then its peers'.
OWN: Style = ("#D55E00", "o")
OTHERS: list[Style] = [
    ("#0072B2", "s"),
    ("#009E73", "^"),
    ("#CC79A7", "D"),
    ("#56B4E9", "v"),
    ("#B8860B", "P"),
    ("#777777", "<"),
    ("#7B3294", ">"),
    ("#000000", "X"),
]
COLOURS = 64
LIFT = 0.01
"""Of the height of the axes, what a name gives way by."""


def draw(figures: Figures, path: Path) -> None:
    panels = {along: curves for along in PANELS if (curves := curves_of(along, figures))}
    styles = styles_of([label for curves in panels.values() for label in curves])
    figure = Figure(figsize=(8, 3.5 * -(-len(panels) // 2)), dpi=150, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = axes_of(figure, list(panels))
    for along, curves in panels.items():
        plot(axes[along], along, curves, styles)
        name_ends(axes[along], curves, styles)
    canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    picture.quantize(COLOURS).save(path, optimize=True)  # a third of the bytes


def axes_of(figure: Figure, panels: list[str]) -> dict[str, Axes]:
    """Two in a row; an odd one, the last, is as wide as both."""
    rows = [panels[i : i + 2] for i in range(0, len(panels), 2)]
    return figure.subplot_mosaic([row * (2 // len(row)) for row in rows])  # type: ignore[return-value]


def styles_of(labels: list[str]) -> dict[str, Style]:
    """The same in each panel; beyond so many peers they come again, in another panel than the first ones."""
    peers = [label for label in dict.fromkeys(labels) if label != OURS]
    return {OURS: OWN} | dict(zip(peers, cycle(OTHERS)))


def plot(ax: Axes, along: str, curves: dict[str, Curve], styles: dict[str, Style]) -> None:
    for label, curve in curves.items():
        colour, marker = styles[label]
        over = 3 if label == OURS else 2
        ax.plot(list(curve), list(curve.values()), color=colour, marker=marker, ms=4.5, lw=1.8, zorder=over)
    ax.set(xscale="log", yscale="log", xlabel=along, ymargin=0.14)
    ax.set_title(PANELS[along], loc="left", fontsize=10)
    if (largest := max(map(max, curves.values()))) < 10_000:
        ax.xaxis.set_major_formatter(lambda size, _: str(round(size)))
    ax.xaxis.set_major_locator(LogLocator(100.0 if largest > 10**9 else 10.0, numticks=9))
    ax.tick_params(labelsize=9)
    ax.minorticks_off()
    low, high = ax.get_ylim()
    if len({max(curve) for curve in curves.values()}) > 1:  # names inside the axes need room
        ax.set_ylim(low, high * (high / low) ** 0.15)
    ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 3.0) if high < 1e4 * low else (1.0,)))
    ax.yaxis.set_major_formatter(lambda value, _: duration(value))
    ax.grid(color="#dddddd", lw=0.6)
    ax.spines[["top", "right"]].set_visible(False)


def name_ends(ax: Axes, curves: dict[str, Curve], styles: dict[str, Style]) -> None:
    """Each curve's name beside its end, lifted where that of a lower one stands already."""
    ax.autoscale_view()
    height, placed = ax.transAxes.inverted().transform, []
    ends = {label: list(curve.items())[-1] for label, curve in curves.items()}
    for label, (size, time) in sorted(ends.items(), key=lambda item: (-item[1][0], item[1][1])):
        name = ax.annotate(
            label,
            (size, height(ax.transData.transform((size, time)))[1]),
            xycoords=ax.get_xaxis_transform(),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            fontsize=9.5,
            color=styles[label][0],
            fontweight="bold" if label == OURS else "normal",
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
        )
        while any(name.get_window_extent().overlaps(other.get_window_extent()) for other in placed):
            name.xy = size, name.xy[1] + LIFT
        placed.append(name)
