"""Two coordinates of the parameters, and the path of a descent in them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

import fastgd
from fastgd.plot import canvas
from fastgd.plot.rows import Floats
from fastgd.text.words import MILLIONTH

STEPS = 300
"""Of a path, evenly spaced on a logarithmic scale."""

MOST_SWINGS = 100
"""From side to side that are drawn one by one."""


@dataclass(frozen=True)
class Plane:
    """Two coordinates of the parameters, and the path of a descent in them.

    Attributes
    ----------
    result : FitResult
        The descent that is shown.
    names : tuple of str
        Of the coordinates.
    optimum : ndarray of shape (2,)
    basis : ndarray of shape (2, 2)
        The slowest and the steepest direction, a row each.
    axes : ndarray of shape (2, 2)
        The excess error at the point optimum + axes @ offset is |offset|^2.
    """

    result: fastgd.FitResult
    names: tuple[str, str]
    optimum: Floats
    basis: Floats
    axes: Floats

    def points(self, at: ArrayLike) -> Floats:
        """The iterates after these numbers of iterations, (m, 2)."""
        distances = self.result.distances[[0, -1]] * self.result.factors(at)[:, [0, -1]]
        with np.errstate(over="ignore", invalid="ignore"):
            points: Floats = self.optimum + distances @ self.basis
        return points

    def radius(self, points: Floats) -> Floats:
        """Root of the excess error in this plane."""
        with np.errstate(over="ignore"):
            u, v = np.linalg.solve(self.axes, (points - self.optimum).T)
            distance: Floats = np.hypot(u, v)
            return distance

    @property
    def swings(self) -> bool:
        """Whether the descent goes from side to side so often that a line would blacken what it crosses."""
        return bool(self.result.factors(1)[-1] < 0.0) and self.result.n_iter > MOST_SWINGS and not self.diverges

    @property
    def diverges(self) -> bool:
        return self.result.status is fastgd.Status.DIVERGED

    @property
    def last(self) -> float:
        """The iteration up to which the path is shown, the same as for the error."""
        if self.diverges:
            return float(self.result.n_iter)
        return float(max(self.result.n_iter, self.result.iterations_to(MILLIONTH) or 0))

    def window(self) -> Floats:
        """Corners (2, 2), lowest first, of the start, the optimum and, unless it diverges, the path."""
        k = steps(0.0, 0.0 if self.diverges else self.last)
        seen = np.vstack([self.points(k), self.points(k + 1.0 * (k > 0.0)), self.optimum])
        return np.array([seen.min(axis=0), seen.max(axis=0)])


def steps(first: float, last: float) -> Floats:
    """Whole numbers from one to another, evenly spaced on a logarithmic scale."""
    return np.unique(np.floor(np.append(first, np.geomspace(max(first, 1.0), max(last, 1.0), STEPS))).clip(first, last))


def plane_of(result: fastgd.FitResult) -> Plane:
    """The plane in the coordinates of this descent: of one feature intercept and slope, of several two distances."""
    directions, moments = result.stability.directions, result.moments
    if len(result.feature_names) > 1:
        parameters = ["intercept"] * result.fit_intercept + list(result.feature_names)
        slow, steep = (canvas.plain(parameters[int(np.abs(directions[i]).argmax())]) for i in (0, -1))
        names = f"slowest direction, mostly {slow}", f"steepest direction, mostly {steep}"
        optimum, basis = np.zeros(2), np.eye(2)
    else:
        x, y = canvas.plain(result.feature_names[0]), canvas.plain(moments.target_name)
        names, basis = (f"intercept ({y})", f"slope ({y} / {x})"), directions
        optimum = np.append(result.optimum.intercept, result.optimum.coef)
        if result.standardize:
            names = f"{y} at the mean of {x}", f"slope ({y} / sd of {x})"
            mean, sd = moments.mean[0], math.sqrt(moments.covariance[0, 0])
            optimum = np.array([[1.0, mean], [0.0, sd]]) @ optimum
    curvatures = result.stability.eigenvalues[[-result.rank, -1]]
    return Plane(result, names, optimum, basis, basis.T * np.sqrt(2.0 / curvatures))  # half of curvature * distance^2
