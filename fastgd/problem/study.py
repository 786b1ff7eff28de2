"""From moments to a problem and its target, by the kernels."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fastgd.errors import DataError, spelled
from fastgd.kernels import layout
from fastgd.moments.moments import Moments
from fastgd.problem.penalties import Penalty, ridge_of
from fastgd.problem.problem import Problem, Target
from fastgd.problem.views import Array

_LARGEST_SOLUTION = 2.0**200  # of columns of about unit size; double-double sums that bear more do not know one digit of it
_FAR_APART = 900
"""Exponents: a column 2^-900 as large as another keeps in double-double what the other leaves of it."""

_MANY_DIRECTIONS = 16
"""From which on `_turn` goes before Jacobi's rotations, which then take two rounds and not eight.

Without and with it, ms: 16 features 0.21 and 0.12, 50 features 3.1 and 1.1, 200 features 168 and 35, 400 features 1200 and 260;
1000 features with it 4 s.
"""


def study(
    moments: Moments,
    fit_intercept: bool,
    standardize: bool,
    with_directions: bool = True,
    penalty: Penalty | None = None,
) -> tuple[Problem, Target]:
    """All that the data decide: scales, the minimum, the directions and the limits of the rate.

    Of several features the directions cost far more than the minimum, which needs them only where the rank is short.
    """
    d = moments.n_features + 1
    if d == layout.LINE and penalty is None:
        from fastgd.kernels import line

        memory = np.zeros(layout.LINE_SHAPE)
        line.analyse_line(moments._sums, fit_intercept, standardize, memory)
        return Problem(moments, memory), Target(memory)
    from fastgd.kernels import factor, run

    rows, target = np.zeros((layout.VECTORS, d)), Target(np.zeros((layout.TARGET_ROWS, d)))
    order, high, low = np.empty((2, d - 1), np.int64), np.empty((d, d)), np.empty((d, d))
    refined = moments._details.solution
    if refined is not None and (refined.fit_intercept != fit_intercept or penalty is not None):
        refined = None
    precision = np.zeros(d) if refined is not None or moments.precision is None else moments.precision
    ridge = ridge_of(penalty, d - 1, standardize)
    rank = fit_intercept + factor.solve(moments._sums, precision, ridge, fit_intercept, rows, target.rows, order, high, low)
    if rank < d - 1 + fit_intercept and precision.any():
        raise DataError(
            "these moments have the 16 digits of a fit of many features to the limit point, too few for this question: the "
            "columns depend on each other too strongly for it; make the moments by Moments.from_arrays"
        )
    if refined is not None:
        _take_refined(target, rows[layout.EXPONENT], refined.theta, refined.error)
    if with_directions or rank < d - 1 + fit_intercept:
        rows = _with_directions(rows, high, low, order, rank, fit_intercept, standardize)
    rows[layout.STANDARDIZED, 0], rows[layout.INTERCEPT, 0], rows[layout.RANK, 0] = standardize, fit_intercept, rank
    run.set_limits(rows)
    return Problem(moments, rows, penalty), target


def _take_refined(target: Target, exponents: Array, theta: Array, error: float) -> None:
    """A solution that was refined on the rows, in the place of that of the moments beside it, if it can be theirs."""
    ey = int(target.exponent)
    with np.errstate(over="ignore"):
        best, least = np.ldexp(theta, exponents.astype(int) - ey), np.ldexp(error, -2 * ey)
    size = target.variance + target.mean**2
    if not (np.abs(best) < _LARGEST_SOLUTION).all() or least > 2.0 * size:
        raise DataError("these moments hold a solution that is not theirs: it was changed, or its sums were")
    target.rows[layout.BEST : layout.BEST + 2], target.rows[layout.LEAST, 0] = best, least


def _with_directions(
    found: Array, high: Array, low: Array, order: NDArray[np.int64], rank: int, fit_intercept: bool, standardize: bool
) -> Array:
    """The rows of a problem and below them its directions, steepest first, from the factor that `factor.solve` left."""
    from fastgd.kernels import spectrum

    d = found.shape[1]
    if not standardize:
        _require_near_scales(found[layout.EXPONENT], fit_intercept)
    problem = np.zeros((layout.VECTORS + 2 * rank, d))
    problem[: layout.VECTORS] = found
    vectors = problem[layout.VECTORS :].reshape(rank, 2, d)
    exponent, far = spectrum.lay_out_rows(high, low, order, problem, fit_intercept, standardize, vectors)
    if rank >= _MANY_DIRECTIONS and not far:
        vectors[:] = _turn(vectors)
    values = problem[layout.EIGENVALUE : layout.EIGENVALUE_EXPONENT + 1]
    spectrum.find_directions(exponent, vectors, values)
    if not (values[0, :rank] > 0.0).all():
        raise DataError(
            "the columns, or the weights, differ in size so much that a direction of the descent is lost to float64: "
            "multiply columns by powers of two, or leave out rows whose weight is next to nothing"
        )
    if far:
        spectrum.straighten(vectors)
    problem[layout.DIRECTIONS, 0] = rank
    return problem


def _require_near_scales(exponents: Array, fit_intercept: bool) -> None:
    """Refuse columns so different in size that their products are lost beside each other; the limit point would bear it."""
    apart = np.ptp(exponents[not fit_intercept :])
    if apart > _FAR_APART:
        raise DataError(
            f"the columns differ in size by a factor of about 1e{apart * math.log10(2.0):.0f}, too much for descent in the "
            f"data's own coordinates: pass {spelled('standardize', True)}, or multiply columns by powers of two"
        )


def _turn(rows: Array) -> Array:
    """Rows of high and low parts, (m, 2, d), turned so that they are nearly orthogonal.

    By float64's eigenvectors V of the products of the rows, made orthonormal in double-double by one step of Newton and Schulz,
    V + (1 - V V') V / 2 (Higham 2008, *Functions of Matrices*, section 8.3).
    """
    from fastgd.kernels import spectrum

    m = len(rows)
    vectors = np.linalg.eigh(rows[:, 0] @ rows[:, 0].T)[1].T[::-1]
    factor, squares = np.zeros((m, 2, m)), np.empty((m, 2, m))
    factor[:, 0] = vectors.T
    other = factor.copy()
    other[:, 0] = vectors
    spectrum.multiply_rows(other, factor, squares)
    other[:, 1] = 0.5 * ((np.eye(m) - squares[:, 0]) - squares[:, 1]) @ vectors
    turned = np.empty_like(rows)
    spectrum.multiply_rows(other, rows, turned)
    return turned


