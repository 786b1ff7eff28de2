"""The numbers behind a fit in double-double, each as [high, low] in the data's units: for programs that compute on from there.

The explorer's page does. At a rate close to the limit the rounding of an eigenvalue to float64 would cost it as many digits of an
iterate as the condition number has.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastgd.descent.run import Run
from fastgd.moments.moments import Moments
from fastgd.problem.study import study
from fastgd.problem.views import fractions

_Pair = list[float]


def numbers(run: Run) -> dict[str, Any]:
    """What a page computes on from: of one feature `of_line`, of several `of_problem` in either coordinates."""
    if len(run.feature_names) == 1:
        return of_line(run.moments)
    names = {"raw": False, "standardized": True}
    return {name: of_problem(run.moments, run.fit_intercept, choice) for name, choice in names.items()}


def of_line(moments: Moments) -> dict[str, Any]:
    """Means of x and y, and covariances [[xx, xy], [xy, yy]]."""
    problem, target = study(moments, True, False)
    x, y = int(problem.exponents[1]), int(target.exponent)
    pairs = problem.mean_pairs, problem.spread_pairs, target.best_pairs
    [mean], [spread], [slope] = (fractions(pair[:, 1:]) for pair in pairs)
    mean_y, variance = (Fraction(high) + Fraction(low) for high, low in (target.mean_pair, target.variance_pair))
    xy = _pair(slope * spread, x + y)
    covariance = [[_pair(spread, 2 * x), xy], [xy, _pair(variance, 2 * y)]]
    return {"mean": [_pair(mean, x), _pair(mean_y, y)], "covariance": covariance}


def of_problem(moments: Moments, fit_intercept: bool, standardize: bool) -> dict[str, Any]:
    """Of many features: a least squares solution, and what the descent turns and shrinks along.

    best: intercept, coefficients. mean, scale: of the features. eigenvalues: of A = H / 2 in descending order, those of zero left
    out. directions: their vectors as float64 holds them, the intercept's part first, being multiplied by shares and no power.
    """
    problem, target = study(moments, fit_intercept, standardize)
    columns = problem.exponents.astype(int)

    def scaled(pairs: NDArray[np.float64], exponents: Any) -> list[_Pair]:
        found: list[_Pair] = np.ldexp(pairs, exponents).T.tolist()
        return found

    return {
        "standardize": standardize,
        "best": scaled(target.best_pairs, int(target.exponent) - columns),
        "mean": scaled(problem.mean_pairs, columns)[1:],
        "scale": scaled(problem.scale_pairs, columns)[1:],
        "eigenvalues": scaled(problem.eigenvalue_pairs, problem.eigenvalue_exponents.astype(int)),
        "directions": problem.vectors[:, 0].tolist(),
    }


def _pair(value: Fraction, exponent: int) -> _Pair:
    scaled = value * Fraction(2) ** exponent
    return [float(scaled), float(scaled - Fraction(float(scaled)))]
