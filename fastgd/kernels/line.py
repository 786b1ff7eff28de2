"""A line, y = b + w x, from its sums to its iterate in one call, since each call is a tenth of a small fit's time."""

from __future__ import annotations

import math

import numpy as np

from fastgd.kernels import layout as row
from fastgd.kernels._compile import inlined, inner, kernel
from fastgd.kernels.double_double import (
    ONE,
    Array,
    add,
    at,
    difference,
    divide,
    exponent_of,
    multiply,
    scale_pair,
    set_at,
    set_pair,
    square_root,
    subtract,
)
from fastgd.kernels.exact import two_sum
from fastgd.kernels.run import arrive, find_limits, run_down, set_out

_FAINT = 2.0**-500  # a variance in units of the mean square, by weights: quotients of smaller ones could underflow
_SAME = 2.0**-400  # of what A differs from the identity by, whose square could underflow


@inner
def solve_line(sums: Array, fit_intercept: bool, problem: Array, target: Array) -> None:
    """Means and least squares: w = cov / var, b = mean(y) - w mean(x), error = var(y) - w cov; or all about 0."""
    weight = two_sum(sums[0, 0], sums[1, 0])
    sum_x = two_sum(sums[0, 1], sums[1, 1])
    sum_y = two_sum(sums[0, 2], sums[1, 2])
    share = divide(ONE, weight)
    x, y = multiply(sum_x, share), multiply(sum_y, share)
    # Sums about the shift, less the mean's part: cancels at most 34 of 106 bits, the shift having been chosen for that.
    xx = difference((sums[0, 3], sums[1, 3]), multiply(sum_x, x))
    xy = difference((sums[0, 4], sums[1, 4]), multiply(sum_x, y))
    yy = difference((sums[0, 5], sums[1, 5]), multiply(sum_y, y))
    if xx[0] <= 0.0:  # a column that does not vary
        xx = xy = (0.0, 0.0)
    if yy[0] <= 0.0:
        yy = xy = (0.0, 0.0)
    x, y = add(x, (sums[2, 1], 0.0)), add(y, (sums[2, 2], 0.0))
    xx, xy, yy = multiply(xx, share), multiply(xy, share), multiply(yy, share)
    ex, ey = exponent_of(x[0], xx[0], sums[3, 1]), exponent_of(y[0], yy[0], sums[3, 2])
    x, xx = scale_pair(x, -ex), scale_pair(xx, -2 * ex)
    y, yy = scale_pair(y, -ey), scale_pair(yy, -2 * ey)
    xy = scale_pair(xy, -ex - ey)
    set_pair(problem, row.WEIGHT, weight)
    set_pair(target, row.MEAN_Y, y)
    set_pair(target, row.VAR_Y, yy)
    problem[row.WEIGHT_EXPONENT, 0] = sums[3, 0]
    target[row.EXPONENT_Y, 0] = sums[3, 2] + ey
    problem[row.EXPONENT, 0], problem[row.EXPONENT, 1] = 0.0, sums[3, 1] + ex
    if not fit_intercept:
        xx, xy, yy = add(xx, multiply(x, x)), add(xy, multiply(x, y)), add(yy, multiply(y, y))
    set_at(problem, row.MEAN, 0, ONE)
    set_at(problem, row.MEAN, 1, x)
    set_at(problem, row.SPREAD, 0, (0.0, 0.0))
    set_at(problem, row.SPREAD, 1, xx)
    w = divide(xy, xx) if xx[0] > 0.0 else (0.0, 0.0)
    set_at(target, row.BEST, 1, w)
    set_at(target, row.BEST, 0, difference(y, multiply(w, x)) if fit_intercept else (0.0, 0.0))
    target[row.LEAST, 0] = max(difference(yy, multiply(w, xy))[0], 0.0)


@inner
def turn_line(problem: Array) -> None:
    """Eigenvalues and vectors of A = [[1, m], [m, q]], m = mean(x), q = mean(x^2), in raw coordinates.

    lambda1 = (1 + q + sqrt((q - 1)^2 + 4 m^2)) / 2; lambda2 = det A / lambda1 = var / lambda1, without cancellation;
    vector (m, lambda1 - 1) or (lambda1 - q, m), whichever difference adds, and across it.
    """
    mean, var, ex = at(problem, row.MEAN, 1), at(problem, row.SPREAD, 1), int(problem[row.EXPONENT, 1])
    q = add(var, multiply(mean, mean))
    one = 1.0
    e1 = e2 = 0
    if ex > 0:  # A / 4^ex
        one = np.ldexp(1.0, -2 * ex)
        e1 = 2 * ex
    else:
        q = scale_pair(q, 2 * ex)
        e2 = 2 * ex
    m = scale_pair(mean, -abs(ex))
    mm = multiply(m, m)
    gap = add(q, (-one, 0.0))
    root = square_root(add(multiply(gap, gap), (4.0 * mm[0], 4.0 * mm[1])))
    l1 = add(add(q, (one, 0.0)), root)
    l1 = (0.5 * l1[0], 0.5 * l1[1])
    lift = 512 if var[0] < _FAINT else 0
    var, e2 = scale_pair(var, lift), e2 - lift
    set_at(problem, row.EIGENVALUE, 0, l1)
    set_at(problem, row.EIGENVALUE, 1, divide(var, l1))
    problem[row.EIGENVALUE_EXPONENT, 0], problem[row.EIGENVALUE_EXPONENT, 1] = e1, e2
    up = gap[0] >= 0.0
    v = add(gap, root) if up else subtract(root, gap)
    v = (0.5 * v[0], 0.5 * v[1])
    if v[0] < _SAME:  # A is the identity, to double-double and far beyond: any pair of directions will do
        v, m, mm = ONE, (0.0, 0.0), (0.0, 0.0)
    length = square_root(add(multiply(v, v), mm))
    v, m = divide(v, length), divide(m, length)
    b, w = (m, v) if up else (v, m)
    set_at(problem, row.VECTORS, 0, b)
    set_at(problem, row.VECTORS, 1, w)
    set_at(problem, row.VECTORS + 2, 0, (-w[0], -w[1]))
    set_at(problem, row.VECTORS + 2, 1, b)


@inlined
def study_line(sums: Array, fit_intercept: bool, standardize: bool, problem: Array, target: Array) -> None:
    solve_line(sums, fit_intercept, problem, target)
    spread = at(problem, row.SPREAD, 1)
    first = 1 if fit_intercept else 0  # the direction of the slope, where it is one of its own
    rank = first + (spread[0] > 0.0)
    problem[row.INTERCEPT, 0], problem[row.STANDARDIZED, 0] = fit_intercept, standardize
    problem[row.RANK, 0] = problem[row.DIRECTIONS, 0] = rank
    set_at(problem, row.SCALE, 1, square_root(spread) if standardize else (0.0, 0.0))
    if fit_intercept and not standardize:
        turn_line(problem)
    else:  # A is diagonal, and the identity in standardised coordinates
        for i in range(row.LINE):
            set_at(problem, row.EIGENVALUE, i, ONE)
            problem[row.EIGENVALUE_EXPONENT, i] = 0.0
            for j in range(row.LINE):
                set_at(problem, row.VECTORS + 2 * i, j, ONE if i + 1 - first == j else (0.0, 0.0))
        if not standardize:
            set_at(problem, row.EIGENVALUE, 0, spread)
            problem[row.EIGENVALUE_EXPONENT, 0] = 2.0 * problem[row.EXPONENT, 1]
    find_limits(problem)


@kernel
def analyse_line(sums: Array, fit_intercept: bool, standardize: bool, memory: Array) -> None:
    """What the data decide, for one feature, from the sums of `sums.sum_rows`."""
    study_line(sums, fit_intercept, standardize, memory, memory)


@kernel
def fit_line(
    sums: Array, fit_intercept: bool, standardize: bool, rate: float, max_iter: float, odd: bool, memory: Array
) -> int:
    """`analyse_line`, then `descend` from zero with no tolerance, in one call.

    Without the search for the iteration that meets a tolerance, which a first fit then need not compile.
    """
    study_line(sums, fit_intercept, standardize, memory, memory)
    memory[row.ASKED, 0] = memory[row.ASKED, 1] = 0.0
    set_out(memory, memory, memory, rate, max_iter, math.nan)
    return arrive(memory, memory, memory, max_iter, odd)


@kernel
def fit_line_to(
    sums: Array, fit_intercept: bool, standardize: bool, rate: float, max_iter: float, odd: bool, tolerance: float, memory: Array
) -> int:
    """`fit_line` to a tolerance."""
    study_line(sums, fit_intercept, standardize, memory, memory)
    memory[row.ASKED, 0] = memory[row.ASKED, 1] = 0.0
    return run_down(memory, memory, memory, rate, max_iter, odd, tolerance)
