"""Plots of a fit, drawn by matplotlib: one function for each plot.

Each draws on the Axes passed as `ax`, or on a new figure without one, and returns the Axes. In a figure with
`layout="constrained"` the legend is placed above the axes, elsewhere inside. A result holds the moments of the data and not the
rows: points are shown if they are passed again, as `FitResult.plot` takes them. Without matplotlib, each raises `ImportError`.
"""

from fastgd.plot.bowl import surface
from fastgd.plot.course import error_curve
from fastgd.plot.film import animate
from fastgd.plot.lines import fit
from fastgd.plot.observed import predicted, residuals
from fastgd.plot.pages import page
from fastgd.plot.rates import directions, stability

__all__ = ["animate", "directions", "error_curve", "fit", "page", "predicted", "residuals", "stability", "surface"]
