"""The numbers behind a fit in double-double, each as [high, low] in the data's units: for programs that compute on from there.

The explorer's page does. At a rate close to the limit the rounding of an eigenvalue to float64 would cost it as many digits of an
iterate as the condition number has.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from fastgd.descent.run import Descent, analyse, descent_kernels
from fastgd.moments.moments import Moments

_Pair = list[float]


def of_line(moments: Moments) -> dict[str, Any]:
    """Means of x and y, and covariances [[xx, xy], [xy, yy]]."""
    kernels, descent = descent_kernels(), Descent(moments, analyse(moments, True, False))
    state, x, y = descent.state, int(descent.row("EXPONENT")[1]), int(descent.get("EXPONENT_Y"))
    mean, spread, slope = (state[row : row + 2, 1].tolist() for row in (kernels.MEAN, kernels.SPREAD, kernels.BEST))
    mean_y, variance = (state[row, :2].tolist() for row in (kernels.MEAN_Y, kernels.VAR_Y))
    xy = _pair(_value(slope) * _value(spread), x + y)
    covariance = [[_pair(_value(spread), 2 * x), xy], [xy, _pair(_value(variance), 2 * y)]]
    return {"mean": [_pair(_value(mean), x), _pair(_value(mean_y), y)], "covariance": covariance}


def of_problem(moments: Moments, fit_intercept: bool, standardize: bool) -> dict[str, Any]:
    """Of many features: a least squares solution, and what the descent turns and shrinks along.

    best: intercept, coefficients. mean, scale: of the features. eigenvalues: of A = H / 2 in descending order, those of zero left
    out. directions: their vectors as float64 holds them, the intercept's part first, being multiplied by shares and no power.
    """
    kernels, descent = descent_kernels(), Descent(moments, analyse(moments, fit_intercept, standardize))
    state, rank, columns = descent.state, descent.rank, descent.row("EXPONENT").astype(int)

    def pairs(row: int, exponents: Any, count: int) -> list[_Pair]:
        found: list[_Pair] = np.ldexp(state[row : row + 2, :count], exponents).T.tolist()
        return found

    width = state.shape[1]
    return {
        "standardize": standardize,
        "best": pairs(kernels.BEST, int(descent.get("EXPONENT_Y")) - columns, width),
        "mean": pairs(kernels.MEAN, columns, width)[1:],
        "scale": pairs(kernels.SCALE, columns, width)[1:],
        "eigenvalues": pairs(kernels.EIGENVALUE, state[kernels.EIGENVALUE_EXPONENT, :rank].astype(int), rank),
        "directions": state[kernels.VECTORS : kernels.VECTORS + 2 * rank : 2].tolist(),
    }


def _value(pair: _Pair) -> Fraction:
    return Fraction(pair[0]) + Fraction(pair[1])


def _pair(value: Fraction, exponent: int) -> _Pair:
    scaled = value * Fraction(2) ** exponent
    return [float(scaled), float(scaled - Fraction(float(scaled)))]
