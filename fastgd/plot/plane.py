"""Two coordinates of the parameters, and the way of a descent in them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import fastgd
from fastgd.plot import canvas
from fastgd.plot.course import MILLIONTH
from fastgd.plot.rates import factors
from fastgd.plot.rows import Floats

STEPS = 300
"""Of a way, evenly on a logarithmic scale."""

MOST_SWINGS = 100
"""From side to side that are drawn one by one."""

_MOST_LOG = 700.0  # of what exp can take


@dataclass(frozen=True)
class Plane:
    """Two coordinates of the parameters, and the way of a descent in them by its closed form, for any number of iterations.

    Attributes
    ----------
    result : FitResult
        The descent that is shown.
    names : tuple of str
        Of the coordinates.
    optimum : ndarray of shape (2,)
    axes : ndarray of shape (2, 2)
        The error above the least is |offset|^2 at the point optimum + axes @ offset.
    basis : ndarray of shape (2, 2)
        The slowest and the steepest direction, a row each.
    distances : ndarray of shape (2,)
        From the optimum to the start, along these.
    signs, logs : ndarray of shape (2,)
        As `factors`, of these.
    """

    result: fastgd.FitResult
    names: tuple[str, str]
    optimum: Floats
    axes: Floats
    basis: Floats
    distances: Floats
    signs: Floats
    logs: Floats

    def points(self, at: Floats, is_odd: bool | NDArray[np.bool_]) -> Floats:
        """Iterates, (m, 2): distance times factor^k along each direction."""
        k = at[:, np.newaxis]
        with np.errstate(over="ignore", invalid="ignore"):
            shares = np.where(k == 0.0, 1.0, np.exp(np.minimum(self.logs * k, _MOST_LOG)))
            signs = np.where(np.broadcast_to(is_odd, len(at))[:, np.newaxis], self.signs, 1.0)
            points: Floats = self.optimum + (self.distances * signs * shares) @ self.basis
        return points

    def radius(self, points: Floats) -> Floats:
        """Root of the error above the least, in this plane."""
        with np.errstate(over="ignore"):
            u, v = np.linalg.solve(self.axes, (points - self.optimum).T)
            distance: Floats = np.hypot(u, v)
            return distance

    @property
    def swings(self) -> bool:
        """Whether the descent goes from side to side, so often that a line would blacken what it crosses."""
        return bool(self.signs[1] < 0.0) and self.result.n_iter > MOST_SWINGS and not self.diverges

    @property
    def diverges(self) -> bool:
        return self.result.status is fastgd.Status.DIVERGED

    @property
    def last(self) -> float:
        """The iteration up to which the way is shown: as the error's course."""
        if self.diverges:
            return float(self.result.n_iter)
        return float(max(self.result.n_iter, self.result.iterations_to(MILLIONTH) or 0))

    def window(self) -> Floats:
        """Corners (2, 2), lowest first, of the start, the optimum and, unless it diverges, the way."""
        k = np.append(0.0, np.geomspace(1.0, max(self.last, 1.0), STEPS)) if self.last and not self.diverges else np.zeros(1)
        seen = np.vstack([self.points(k, False), self.points(k[1:], True), self.optimum])
        return np.array([seen.min(axis=0), seen.max(axis=0)])


def plane_of(result: fastgd.FitResult) -> Plane:
    """The plane in the coordinates of this descent."""
    signs, logs = factors(result)
    way = np.array(_distances(result)), signs[[0, -1]], logs[[0, -1]]
    if len(result.feature_names) == 1:
        return Plane(result, *_line_plane(result), result.stability.directions, *way)
    return Plane(result, *_plane_of_directions(result), np.eye(2), *way)


def _line_plane(result: fastgd.FitResult) -> tuple[tuple[str, str], Floats, Floats]:
    """Intercept and slope: the error above the least is (b + mean w)^2 + (sd w)^2, (b, w) being off the optimum."""
    mean, sd = float(result.moments.mean[0]), math.sqrt(result.moments.covariance[0, 0])
    b, w = result.optimum.intercept, float(result.optimum.coef[0])
    x, y = canvas.plain(result.feature_names[0]), canvas.plain(result.moments.target_name)
    if result.standardize:
        return (f"{y} at the mean of {x}", f"slope ({y} / sd of {x})"), np.array([b + mean * w, sd * w]), np.eye(2)
    axes = np.array([[1.0, -mean / sd], [0.0, 1.0 / sd]])
    return (f"intercept ({y})", f"slope ({y} / {x})"), np.array([b, w]), axes


def _plane_of_directions(result: fastgd.FitResult) -> tuple[tuple[str, str], Floats, Floats]:
    """Distances from the optimum: the error above the least is half of eigenvalue times distance^2."""
    found = result.stability
    parameters = ["intercept"] * result.fit_intercept + list(result.feature_names)
    slow, steep = (canvas.plain(parameters[int(np.abs(found.directions[i]).argmax())]) for i in (0, -1))
    axes = np.diag(np.sqrt(2.0 / found.eigenvalues[[-result.rank, -1]]))
    return (f"slowest direction, mostly {slow}", f"steepest direction, mostly {steep}"), np.zeros(2), axes


def _distances(result: fastgd.FitResult) -> tuple[float, float]:
    """How far the start is from the optimum along the slowest and the steepest direction, in the coordinates descended in.

    The steepest by the gradient there, which is its eigenvalue times its distance: beside a slow distance that is many times
    larger, nothing would be left of it in the product of direction and distance.
    """
    moments, found, optimum = result.moments, result.stability, result.optimum
    mean, covariance = moments.mean[:-1], moments.covariance[:-1, :-1]
    start = result.path(at=[0])
    b, w = float(start.intercept[0]) - optimum.intercept, start.coef[0] - optimum.coef
    level, slopes = b + float(mean @ w), covariance @ w
    scale = np.ones(len(w))
    if result.standardize:
        scale = np.sqrt(np.diag(covariance) + (0.0 if result.fit_intercept else mean**2))
        scale[scale == 0.0] = 1.0
    centre = mean if not (result.standardize and result.fit_intercept) else np.zeros(len(w))
    inner = (slopes + level * centre) / scale
    intercept = [b if not result.standardize else level] * result.fit_intercept
    gradient = 2.0 * np.append([level] * result.fit_intercept, inner)
    slow = float(found.directions[0] @ np.append(intercept, w * scale))
    return slow, float(found.directions[-1] @ gradient) / float(found.eigenvalues[-1])
