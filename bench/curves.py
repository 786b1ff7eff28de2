"""The picture of time against features and against rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jobs import JOBS
from many_features import CELLS
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator
from PIL import Image
from table import Figures, duration

# Okabe & Ito's colours, which the colour-blind tell apart, and a shape each.
STYLES = {"np.linalg.lstsq": ("#0072B2", "s"), "scikit-learn": ("#009E73", "^"), "fastgd": ("#D55E00", "o")}
PANELS = {
    "features": f"Time against features, {CELLS:,} values in all",
    "rows": "Time against rows, one feature",
}
COLOURS = 48
APART = 0.07  # of the height of the axes: a line of text


def draw(figures: Figures, path: Path) -> None:
    figure = Figure(figsize=(8, 3.6), dpi=150, layout="constrained")
    for ax, (along, title) in zip(figure.subplots(1, 2), PANELS.items(), strict=True):
        panel(ax, along, title, figures)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    picture.quantize(COLOURS).save(path, optimize=True)  # a third of the bytes


def curve(along: str, label: str, figures: Figures) -> tuple[list[int], list[float]]:
    """Features or rows, and seconds, by size."""
    points = sorted(
        (getattr(job, along), float(figures[key, contender.name]["seconds"]))
        for key, job in JOBS.items()
        for contender in job.contenders
        if job.drawn == along and contender.curve == label
    )
    return [size for size, _ in points], [seconds for _, seconds in points]


def panel(ax: Axes, along: str, title: str, figures: Figures) -> None:
    ends = {}
    for label, (colour, marker) in STYLES.items():
        sizes, seconds = curve(along, label, figures)
        ax.plot(sizes, seconds, color=colour, marker=marker, ms=4.5, lw=1.8, label=label)
        ends[label] = sizes[-1], seconds[-1]
    ax.set(xscale="log", yscale="log", xlabel=along, ymargin=0.14)
    ax.set_title(title, loc="left", fontsize=10)
    if along == "features":
        ax.set_xticks(sizes, map(str, sizes))
    ax.tick_params(labelsize=9)
    ax.minorticks_off()
    ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
    ax.yaxis.set_major_formatter(lambda value, _: duration(value))
    ax.grid(color="#dddddd", lw=0.6)
    ax.spines[["top", "right"]].set_visible(False)
    name_ends(ax, ends)


def name_ends(ax: Axes, ends: dict[str, tuple[int, float]]) -> None:
    """Each curve's name beside its end, lifted where that of a lower one stands already."""
    ax.autoscale_view()
    height, lowest = ax.transAxes.inverted().transform, 0.0
    for label, end in sorted(ends.items(), key=lambda item: item[1][1]):
        lowest = max(lowest, height(ax.transData.transform(end))[1])
        ax.annotate(
            label,
            (1.0, lowest),
            xycoords="axes fraction",
            xytext=(2, 0),
            textcoords="offset points",
            va="center",
            fontsize=9.5,
            color=STYLES[label][0],
            fontweight="bold" if label == "fastgd" else "normal",
        )
        lowest += APART
