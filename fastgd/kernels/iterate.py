"""Iterate k of gradient descent on least squares in closed form, in double-double.

The objective is quadratic in the parameters theta = (intercept, coefficients), with Hessian H = 2A, A the mean products of the
columns, ones included. Along an eigenvector of A, a direction, the distance to the minimum is multiplied by
rho = 1 - 2 eta lambda(A) in each step. So iterate k is start - sum over directions of vector * (1 - rho^k) * distance. What A
maps to zero never moves, and is no direction.

Descent in raw coordinates moves theta / 2^(the target's exponent); in standardised ones the level at the mean and coefficients
times a standard deviation. Only what leaves the kernels is in the data's units, so that only that can over- or underflow.
`layout` says which row of an array holds what.
"""

from __future__ import annotations

import math

import numpy as np

from fastgd.kernels import layout as row
from fastgd.kernels._compile import inlined, inner
from fastgd.kernels.double_double import ONE, TWO, Array, Pair, add, at, divide, multiply, scale, scale_pair, set_at, subtract

NEVER = -1e300  # log of a contraction to zero: k times it stays finite for k = 0
_FAR = 200  # log2 of a distance in the target's units, squares of more than which could overflow
_LARGEST_STEP = 1e220  # of 2 eta: products of more with eigenvalues, below 2^210 beside their exponents, would overflow
_FLAT = 2.0**-900  # u, from which on it and its error underflow


@inner
def log_contraction(u: Pair) -> float:
    """log |1 - u| to full relative accuracy near 0, 1 and 2 alike."""
    if u[0] < 0.5:
        return np.log1p(-u[0])
    if u[0] > 1.5:
        return np.log1p(subtract(u, TWO)[0])
    r = subtract(ONE, u)[0]
    return np.log(abs(r)) if r != 0.0 else NEVER


@inner
def move(problem: Array, work: Array) -> None:
    """The vector of the ways work[0] + work[1] along the directions, in work[2] + work[3]: theta'' / 2^`unit`."""
    d = problem.shape[1]
    for j in range(d):
        set_at(work, 2, j, (0.0, 0.0))
    for i in range(int(problem[row.DIRECTIONS, 0])):
        c = at(work, 0, i)
        for j in range(d):
            set_at(work, 2, j, add(at(work, 2, j), multiply(c, at(problem, row.VECTORS + 2 * i, j))))
    if problem[row.STANDARDIZED, 0] == 0.0:
        return
    level = at(work, 2, 0)
    for j in range(1, d):
        if problem[row.SCALE, j] > 0.0:
            w = divide(at(work, 2, j), at(problem, row.SCALE, j))
            set_at(work, 2, j, w)
            level = subtract(level, multiply(w, at(problem, row.MEAN, j)))
    if problem[row.INTERCEPT, 0] == 1.0:
        set_at(work, 2, 0, level)


@inlined
def unit(problem: Array, j: int) -> int:
    """Exponent that a parameter of `move` is still to be multiplied by, for theta''."""
    return int(problem[row.EXPONENT, j]) if problem[row.STANDARDIZED, 0] == 0.0 else 0


@inlined
def measure(problem: Array, target: Array, run: Array, work: Array) -> None:
    """Distances along the directions from BEST to START, whose difference in the coordinates descended in is work[2] + work[3].

    Where the rank is short, BEST still is a solution, and only its component along a direction counts.
    """
    d = problem.shape[1]
    for j in range(d):
        set_at(work, 2, j, subtract((run[row.START, j], 0.0), at(target, row.BEST, j)))
    if problem[row.STANDARDIZED, 0] == 0.0:
        for j in range(1, d):
            set_at(work, 2, j, scale_pair(at(work, 2, j), -int(problem[row.EXPONENT, j])))
    else:
        level = at(work, 2, 0)
        for j in range(1, d):
            w = at(work, 2, j)
            level = add(level, multiply(w, at(problem, row.MEAN, j)))
            set_at(work, 2, j, multiply(w, at(problem, row.SCALE, j)))
        if problem[row.INTERCEPT, 0] == 1.0:
            set_at(work, 2, 0, level)
    for i in range(int(problem[row.DIRECTIONS, 0])):
        c = (0.0, 0.0)
        for j in range(d):
            c = add(c, multiply(at(problem, row.VECTORS + 2 * i, j), at(work, 2, j)))
        set_at(run, row.DISTANCE, i, c)


@inner
def begin(problem: Array, target: Array, run: Array) -> None:
    """Contractions, distances along the directions, limit point, of the start and the rate that were asked for."""
    d, m = problem.shape[1], int(problem[row.DIRECTIONS, 0])
    work = run[row.WORK : row.WORK + row.WORK_ROWS]
    rate, top = run[row.ASKED_RATE, 0], int(problem[row.RATE_EXPONENT, 0])
    run[row.RATE, 0] = scale(rate, top) if rate == rate else problem[row.BEST_RATE, 0]
    eta = (min(2.0 * run[row.RATE, 0], _LARGEST_STEP), 0.0)
    for i in range(m):
        value = at(problem, row.EIGENVALUE, i)
        exponent = int(problem[row.EIGENVALUE_EXPONENT, i])
        u = scale_pair(multiply(eta, value), exponent - top)
        set_at(run, row.U, i, u)
        run[row.LOG, i] = log_contraction(u)
        if eta[0] == _LARGEST_STEP and u[0] > 2.0:
            run[row.LOG, i] = np.log(2.0 * value[0]) + np.log(rate) + exponent * np.log(2.0)

    ey = int(target[row.EXPONENT_Y, 0])
    for j in range(d):
        run[row.START, j] = scale(run[row.ASKED, j], int(problem[row.EXPONENT, j]) - ey)
    measure(problem, target, run, work)
    if problem[row.RANK, 0] == d - 1 + problem[row.INTERCEPT, 0]:
        for j in range(d):
            set_at(run, row.LIMIT, j, at(target, row.BEST, j))
    else:
        for i in range(m):
            set_at(work, 0, i, at(run, row.DISTANCE, i))
        move(problem, work)
        for j in range(d):
            set_at(run, row.LIMIT, j, subtract((run[row.START, j], 0.0), scale_pair(at(work, 2, j), unit(problem, j))))


@inner
def share_gone(u: Pair, log: float, k: float, odd: bool) -> Pair:
    """1 - rho^k for rho = 1 - u, to double-double relative accuracy.

    With r = |rho|, v = 1 - r and P(k) = 1 - r^k: P(0) = 0, P(2j) = P(j) (2 - P(j)), P(j + 1) = v + P(j) r, over the bits of k.
    """
    if k * log < -76.0:  # r^k < 2^-109
        return ONE
    v = u
    if u[0] > 1.0:
        v = subtract(TWO, u)
    r = subtract(ONE, v)
    p = (0.0, 0.0)
    mantissa, doublings = math.frexp(k)  # k = mantissa * 2^doublings; past 2^53 it ends in zero bits
    for _ in range(doublings):
        p = multiply(p, subtract(TWO, p))
        mantissa *= 2.0
        if mantissa >= 1.0:
            mantissa -= 1.0
            p = add(v, multiply(p, r))
    if odd and u[0] > 1.0:  # rho < 0: 1 + r^k
        p = subtract(TWO, p)
    return p


@inlined
def way_gone(problem: Array, run: Array, i: int, k: float, odd: bool) -> Pair:
    """(1 - rho^k) distance along a direction: of one so flat that u underflows (1 - e^-ku) distance, u by its exponent."""
    u, distance = at(run, row.U, i), at(run, row.DISTANCE, i)
    if u[0] > _FLAT:
        return multiply(share_gone(u, run[row.LOG, i], k, odd), distance)
    value = at(problem, row.EIGENVALUE, i)
    rate, e_rate = math.frexp(min(2.0 * run[row.RATE, 0], _LARGEST_STEP))
    _, e_value = math.frexp(value[0])
    times, e_times = math.frexp(k)
    share = multiply(multiply(scale_pair(value, -e_value), (rate, 0.0)), (times, 0.0))
    exponent = e_rate + e_value + e_times + int(problem[row.EIGENVALUE_EXPONENT, i] - problem[row.RATE_EXPONENT, 0])
    if exponent > -110:
        share, exponent = (-math.expm1(-np.ldexp(share[0], exponent)), 0.0), 0
    return scale_pair(multiply(share, distance), exponent)


@inlined
def power(u: float, log: float, k: float, odd: bool) -> float:
    """(1 - u)^k."""
    r = np.exp(k * log)
    return -r if odd and u > 1.0 else r


@inner
def distance_left(run: Array, m: int, k: float) -> float:
    """Distance to the limit point after k iterations, as a share of the start's."""
    top = 0.0
    for i in range(m):
        top = max(top, abs(run[row.DISTANCE, i]))
    if top == 0.0:
        return 0.0
    left = whole = 0.0
    for i in range(m):
        d = run[row.DISTANCE, i] / top
        a = d * np.exp(k * run[row.LOG, i])
        left += a * a
        whole += d * d
    return np.sqrt(left / whole)


@inner
def objective_after(problem: Array, target: Array, run: Array, k: float, part: Array) -> tuple[float, int]:
    """Mean squared error after k iterations: least + sum over directions of lambda * (distance left)^2, as value * 2^exponent.

    `part` is room for the distances.
    """
    exponent = 0
    for i in range(int(problem[row.DIRECTIONS, 0])):
        distance, e = math.frexp(run[row.DISTANCE, i])
        part[i] = distance * np.exp(k * run[row.LOG, i])
        _, more = math.frexp(part[i])
        reach = more + e + int(problem[row.EIGENVALUE_EXPONENT, i]) // 2
        exponent = reach if reach > exponent else exponent  # `max` of whole numbers would be one more function to compile
    if exponent <= _FAR:
        exponent = 0
    above = 0.0
    for i in range(int(problem[row.DIRECTIONS, 0])):
        _, e = math.frexp(run[row.DISTANCE, i])
        a = scale(part[i], e + int(problem[row.EIGENVALUE_EXPONENT, i]) // 2 - exponent)
        above += problem[row.EIGENVALUE, i] * a * a
    return scale(target[row.LEAST, 0], -2 * exponent) + above, 2 * (exponent + int(target[row.EXPONENT_Y, 0]))


@inner
def slowest(run: Array, m: int) -> float:
    """log of the slowest contraction among directions with a distance to go."""
    slow = NEVER
    for i in range(m):
        if run[row.DISTANCE, i] != 0.0:
            slow = max(slow, run[row.LOG, i])
    return slow


@inlined
def put_in_units(
    problem: Array, target: Array, run: Array, from_limit: bool, moves: bool, work: Array, out: Array
) -> None:
    """Start or limit point less the way in work[2] + work[3], if it `moves`: high and low, in the data's units.

    They are subtracted in these units: as theta'', a coefficient that has only begun to move, 2^-1000 of its size, would be lost
    where the column is as small.
    """
    ey = int(target[row.EXPONENT_Y, 0])
    for j in range(out.shape[1]):
        exponent = ey - int(problem[row.EXPONENT, j])
        value = (run[row.ASKED, j], 0.0)
        if from_limit:
            value = scale_pair(at(run, row.LIMIT, j), exponent)
        if moves:
            way = scale_pair(at(work, 2, j), exponent + unit(problem, j))
            high = value[0] - way[0]
            value = subtract(value, way) if math.isfinite(high) else (high, 0.0)
        set_at(out, 0, j, (value[0] + 0.0, value[1]))  # never -0


@inner
def place(problem: Array, target: Array, run: Array, k: float, odd: bool, work: Array, out: Array) -> None:
    """Intercept and coefficients after k iterations, high and low, in the data's units; k = inf is the limit point."""
    m = int(problem[row.DIRECTIONS, 0])
    near = k * slowest(run, m) < -37.0
    if k < math.inf:
        for i in range(m):
            if near:  # the way still to go: from a start 10^20 times as far as the limit, double-double would show
                left = -power(run[row.U, i], run[row.LOG, i], k, odd)
                set_at(work, 0, i, multiply((left, 0.0), at(run, row.DISTANCE, i)))
            else:
                set_at(work, 0, i, way_gone(problem, run, i, k, odd))
        move(problem, work)
    put_in_units(problem, target, run, near or k == math.inf, k < math.inf, work, out)
