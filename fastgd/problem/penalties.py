"""Penalties on the size of the coefficients: what the objective has beside the mean squared error."""

from __future__ import annotations

from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fastgd.moments.moments import Moments
from fastgd.problem.views import fractions


class Penalty(Protocol):
    """A penalty on the coefficients w, never on the intercept, in the coordinates descended in."""

    def quadratic(self, p: int) -> NDArray[np.float64]:
        """c of shape (p,), not negative, for the penalty sum_j c_j w_j^2."""


def ridge_of(penalty: Penalty | None, p: int, standardize: bool) -> NDArray[np.float64]:
    """What the penalty adds to each column's mean square about the mean, as `factor.solve` takes it: so much, so many times it.

    A coefficient of a standardised column is w times the standard deviation, so that c w^2 is c var(x) times the data's own.
    """
    ridge = np.zeros((2, p))
    if penalty is not None:
        ridge[int(standardize)] = penalty.quadratic(p)
    return ridge


def mean_squared_error(moments: Moments, theta: list[Fraction]) -> float:
    """(b + mean w - mean y)^2 + (w, -1)' C (w, -1) of parameters in the data's units: the error apart from the penalty.

    Exactly, as the parts cancel: where the penalty is next to nothing, so is the difference of objective and penalty.
    """
    from fastgd.kernels import factor

    sums, q = moments._sums, len(theta)
    mean, high, low = np.empty((2, q)), np.empty((q, q)), np.empty((q, q))
    factor.centre(sums, mean, high, low, np.empty(q))
    units = [Fraction(2) ** int(exponent) for exponent in sums[3, 1 : q + 1]]
    v = [w * unit for w, unit in zip([*theta[1:], Fraction(-1)], units, strict=True)]
    level = theta[0] + sum(a * b for a, b in zip(v, fractions(mean), strict=True))
    rows = zip(v, map(fractions, np.stack([high, low], axis=1)), strict=True)
    return float(level**2 + sum(a * sum(b * c for b, c in zip(v, row, strict=True)) for a, row in rows))
