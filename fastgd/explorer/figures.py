"""The empty figures of the explorer: `pictures.js` fills their sources and sets their ranges. bokeh is imported here."""

from __future__ import annotations

from typing import Any

from bokeh.embed import json_item
from bokeh.models import BasicTicker, BasicTickFormatter, ColumnDataSource, FixedTicker, LogAxis, PlainText, Range1d
from bokeh.plotting import figure
from bokeh.resources import Resources

import fastgd

BLUE, ORANGE = "#0072B2", "#D55E00"

_LONGEST_NAME, _LONGEST_UNIT = 40, 15


def library() -> str:
    """bokeh's own JavaScript, without widgets, tables, WebGL and mathematical type."""
    return "\n".join(Resources(mode="inline", components=["bokeh"]).js_raw)


def draw(result: fastgd.FitResult, one: bool) -> dict[str, Any]:
    """Each figure, by the name of its element on the page."""
    names = [_plain(name) for name in (*result.feature_names, result.moments.target_name)]
    unit = _plain(names[-1], _LONGEST_UNIT)
    drawn = {"course": _course(unit)}
    if one:
        drawn["line"] = _line(*names)
        if result.fit_intercept:
            drawn["contours"] = _contours()
    else:
        drawn["paths"] = _paths(unit)
    return {name: json_item(plot) for name, plot in drawn.items()}


def _plain(name: str, most: int = _LONGEST_NAME) -> str:
    name = " ".join(name.split())
    return name if len(name) <= most else name[: most - 1] + "…"


def _figure(x: str, y: str, height: int, **options: Any) -> figure:
    """A figure that neither pans nor zooms: on a phone, a finger on it scrolls the page."""
    plot = figure(
        height=height,
        sizing_mode="stretch_width",
        toolbar_location=None,
        tools="",
        x_range=Range1d(start=0, end=1, name="x_range"),
        y_range=Range1d(start=0, end=1, name="y_range"),
        min_border_right=12,
        **options,
    )
    # A name between dollar signs would be taken for TeX, whose typesetter is fetched from the network.
    plot.xaxis.axis_label, plot.yaxis.axis_label = PlainText(text=x, name="x_label"), PlainText(text=y, name="y_label")
    for axis in plot.axis:
        axis.axis_label_text_font_style = "normal"
        axis.axis_label_text_font_size = axis.major_label_text_font_size = "13px"
        axis.minor_tick_line_color = None
        if not isinstance(axis, LogAxis):
            axis.formatter = BasicTickFormatter(power_limit_high=7, power_limit_low=-5)
            axis.ticker = BasicTicker(desired_num_ticks=5)
    plot.grid.grid_line_color = "#e6e6e6"
    plot.outline_line_color = "#bbbbbb"
    return plot


def _source(name: str, *columns: str) -> ColumnDataSource:
    return ColumnDataSource({column: [] for column in columns}, name=name)


def _line(feature: str, target: str) -> figure:
    """Points, their squares, the least squares line, the line of the descent and the handles at its ends."""
    plot = _figure(feature, target, 400)
    squares = _source("squares", "x", "y", "width", "height")
    plot.rect("x", "y", "width", "height", source=squares, color=BLUE, fill_alpha=0.05, line_alpha=0.25)
    points = _source("points", "x", "y", "size", "color")
    plot.scatter("x", "y", size="size", color="color", alpha=0.75, source=points)
    plot.line("x", "y", source=_source("optimum", "x", "y"), color=ORANGE, line_width=2, line_dash="dashed")
    plot.line("x", "y", source=_source("line", "x", "y"), color=BLUE, line_width=3)
    plot.scatter("x", "y", size=17, fill_color="white", line_color=BLUE, line_width=3, source=_source("ends", "x", "y"))
    return plot


def _contours() -> figure:
    """Lines of equal error, the path of the descent, the current iterate and the optimum."""
    plot = _figure("", "", 400)
    plot.multi_line("xs", "ys", source=_source("levels", "xs", "ys"), color="#aaaaaa", line_width=1)
    plot.multi_line("xs", "ys", source=_source("path", "xs", "ys"), color=BLUE, line_width=1.5)
    plot.scatter("x", "y", source=_source("iterates", "x", "y"), color=BLUE, size=5)
    plot.scatter("x", "y", source=_source("best", "x", "y"), color=ORANGE, marker="star", size=18)
    plot.scatter("x", "y", source=_source("here", "x", "y"), fill_color="white", line_color=BLUE, line_width=3, size=13)
    return plot


def _iterations(plot: figure) -> figure:
    """With an axis of log(1 + k), which includes 0, as the slider has it."""
    plot.xaxis[0].ticker = FixedTicker(name="x_ticker")
    return plot


def _course(target: str) -> figure:
    plot = _iterations(_figure("iteration", f"error above the minimum ({target}²)", 300, y_axis_type="log"))
    plot.line("x", "y", source=_source("curve", "x", "y"), color=BLUE, line_width=2.5)
    plot.scatter("x", "y", source=_source("marks", "x", "y", "color", "marker"), color="color", marker="marker", size=11)
    plot.scatter("x", "y", source=_source("now", "x", "y"), fill_color="white", line_color=BLUE, line_width=3, size=13)
    return plot


def _paths(target: str) -> figure:
    """Coefficients by iteration, with dotted lines at their limits."""
    plot = _iterations(_figure("iteration", f"coefficient × its column's spread ({target})", 400))
    plot.multi_line("xs", "ys", source=_source("goals", "xs", "ys", "color"), color="color", line_dash="dotted", line_width=1.5)
    plot.multi_line("xs", "ys", source=_source("coefficients", "xs", "ys", "color"), color="color", line_width=2.5)
    places = _source("places", "x", "y", "color")
    plot.scatter("x", "y", source=places, fill_color="white", line_color="color", line_width=3, size=11)
    return plot
