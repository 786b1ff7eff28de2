"""Predictions: intercept + x coef, counted from where the features lie.

Of a feature far from zero, as timestamps are, its part and the intercept are large and nearly cancel: rounded to float64 each,
they leave nine digits of a target that grows by 0.5 a minute, at 1.7e12 milliseconds. Counted from a float64 number near the
mean, from which the difference is exact (Sterbenz), nothing large is left, and what is lost is in proportion to the deviation.
"""

from __future__ import annotations

import math
import sys
from fractions import Fraction
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastgd.descent.parts import Parts

_FAR = 2.0**20
"""Squared mean over variance: nearer, intercept + x coef as such loses three digits at the most."""

_PIECE, _NARROW = 4096, 32
"""Rows predicted at a time where up to so many columns lie side by side in a row: each column would bring all of the rows from
memory anew. 10^6 rows of 2 and 10 features: 8.6 and 85 ms at once, 1.8 and 25 in pieces. Of 100 features pieces are slower."""


class Plane(NamedTuple):
    """level + (x - centre) coef."""

    level: float
    centre: NDArray[np.float64]
    coef: NDArray[np.float64]

    def at(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Each row of x by itself: the same bits whatever rows stand beside it (BLAS does not give that)."""
        value = np.empty(len(x))
        step = _PIECE if 1 < len(self.coef) <= _NARROW and x.flags.c_contiguous else max(len(x), 1)
        for start in range(0, len(x), step):
            self._fill(x[start : start + step], value[start : start + step])
        return value

    def _fill(self, x: NDArray[np.float64], value: NDArray[np.float64]) -> None:
        parts = zip(x.T, self.centre.tolist(), self.coef.tolist(), strict=True)
        terms = ((column - c if c else column) * w for column, c, w in parts)
        np.add(next(terms), self.level, out=value)
        for term in terms:
            value += term


def plane_of(parts: Parts, which: Literal["end", "limit"]) -> Plane:
    """Of the end of a run or of its limit point.

    Counted from the means of the features that lie far from zero; from all means where the value there exceeds float64.
    """
    problem = parts.problem
    intercept, coef = parts.in_units(which)
    mean, spread, exponents = problem.means[1:], problem.spreads[1:], problem.exponents[1:]
    for far in (mean * mean > _FAR * spread, mean != 0.0):
        centre = np.ldexp(np.where(far, mean, 0.0), exponents.astype(int))
        if not far.any():
            return Plane(intercept, centre, coef)
        parameters = parts.exactly(which)
        level = sum((parameters[1 + j] * Fraction(centre.item(j)) for j in np.flatnonzero(far).tolist()), parameters[0])
        if abs(level) <= sys.float_info.max:
            return Plane(float(level), centre, coef)
    return Plane(math.inf if level > 0 else -math.inf, centre, coef)
