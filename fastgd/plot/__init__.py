"""Pictures of a fit, drawn by matplotlib: one function a picture, which draws on an Axes and returns it.

A result holds the moments of the data and not the rows, so a picture shows points only if they are passed again.
"""

from fastgd.plot.bowl import surface
from fastgd.plot.course import error_curve
from fastgd.plot.film import animate
from fastgd.plot.lines import fit
from fastgd.plot.observed import predicted, residuals
from fastgd.plot.pages import page
from fastgd.plot.rates import directions, stability

__all__ = ["animate", "directions", "error_curve", "fit", "page", "predicted", "residuals", "stability", "surface"]
