"""How many iterations it takes to meet a tolerance, to stop changing, to overflow: all monotone in k, so found by bisection."""

from __future__ import annotations

import math

import numpy as np

from fastgd.kernels import layout as row
from fastgd.kernels._compile import inlined, inner
from fastgd.kernels.double_double import Array, Pair, at, scale
from fastgd.kernels.iterate import NEVER, distance_left, slowest

LOG_MAX = 709.782712893384
"""log of the largest float64."""

_MANY = 1e300  # iterations
_HARDLY = 1e-3  # faster: from a part that shrinks so, one beside it takes its share off for ever, but for as much of itself
_ALMOST = 1.0 - 1e-9  # of the room that rounding leaves: as much as exp(k log) may be off


@inner
def exceeds(problem: Array, run: Array, log_error: float) -> float:
    """First k at which the mean squared error / 4^ey exceeds e^log_error, by the directions that grow, or inf."""
    first = math.inf
    growing = 0
    for i in range(int(problem[row.DIRECTIONS, 0])):
        if run[row.LOG, i] > 0.0 and run[row.DISTANCE, i] != 0.0:
            growing += 1
            first = min(first, (log_error - log_part(problem, run, i)) / (2.0 * run[row.LOG, i]))
    first = max(0.0, np.ceil(first))
    if growing < 2 or first == math.inf:
        return first
    low, high = -1.0, first  # several together may exceed it before any does alone
    while high - low > 1.0:
        k = np.floor(0.5 * (low + high))
        if k <= low or k >= high:
            break
        total = 0.0
        for i in range(int(problem[row.DIRECTIONS, 0])):
            if run[row.LOG, i] > 0.0 and run[row.DISTANCE, i] != 0.0:
                total += np.exp(log_part(problem, run, i) + 2.0 * k * run[row.LOG, i] - log_error)
        if total > 1.0:
            high = k
        else:
            low = k
    return high


@inner
def log_part(problem: Array, run: Array, i: int) -> float:
    """log of what a direction adds to the mean squared error / 4^ey at the start."""
    distance = np.log(abs(run[row.DISTANCE, i])) + int(problem[row.EIGENVALUE_EXPONENT, i]) // 2 * np.log(2.0)
    return np.log(problem[row.EIGENVALUE, i]) + 2.0 * distance


@inlined
def overflow(problem: Array, target: Array, run: Array) -> float:
    """First k at which the sum of squared residuals exceeds float64, or inf."""
    exponents = problem[row.WEIGHT_EXPONENT, 0] + 2.0 * target[row.EXPONENT_Y, 0]
    return exceeds(problem, run, LOG_MAX - np.log(problem[row.WEIGHT, 0]) - exponents * np.log(2.0))


@inner
def room(limit: Pair, exponent: int) -> Pair:
    """How far below and above the limit point a coefficient / 2^exponent rounds to the same float64."""
    rounded = scale(scale(limit[0], exponent), -exponent)  # as float64 holds it, at the ends of its range too
    below = above = np.ldexp(1.0, -1075 - exponent)  # half a unit in the last place; here of the smallest numbers
    if rounded != 0.0:
        mantissa, e = math.frexp(rounded)
        below = max(below, np.ldexp(1.0, e - 55 if mantissa == 0.5 else e - 54))  # half as much towards zero from a power of 2
        above = max(above, np.ldexp(1.0, e - 55 if mantissa == -0.5 else e - 54))
    rest = (limit[0] - rounded) + limit[1]
    blur = 2.0**-54 * below  # of double-double, which also decides where the limit point lies just between two numbers
    return max(below + rest, blur), max(above - rest, blur)


@inner
def has_settled(problem: Array, target: Array, run: Array, k: float, work: Array) -> bool:
    """Whether no coefficient changes any more after k iterations: what is left of the distance is lost in rounding.

    work[0] and work[1]: how far the directions without alternation can move each parameter down and up, now and ever after;
    work[3]: the others both ways, of which work[4] and work[5], that part of the former which lasts as long, takes its share off.
    """
    d, m = problem.shape[1], int(problem[row.DIRECTIONS, 0])
    part = work[2]
    for i in range(row.WORK_ROWS):
        for j in range(d):
            work[i, j] = 0.0
    lasting = -math.inf
    for i in range(m):
        if run[row.U, i] > 1.0 and run[row.DISTANCE, i] != 0.0:
            lasting = max(lasting, run[row.LOG, i])
    for i in range(m):
        left = run[row.DISTANCE, i] * np.exp(k * run[row.LOG, i])
        level = left * problem[row.VECTORS + 2 * i, 0]
        for j in range(1, d):
            part[j] = left * problem[row.VECTORS + 2 * i, j]
            if problem[row.STANDARDIZED, 0] == 0.0:
                part[j] = scale(part[j], int(problem[row.EXPONENT, j]))
            elif problem[row.SCALE, j] > 0.0:
                part[j] /= problem[row.SCALE, j]
                level -= part[j] * problem[row.MEAN, j]
        part[0] = level if problem[row.INTERCEPT, 0] == 1.0 else 0.0
        for j in range(d):
            fall, rise = max(-part[j], 0.0), max(part[j], 0.0)
            if run[row.U, i] > 1.0:
                work[3, j] += fall + rise
                continue
            work[0, j] += fall
            work[1, j] += rise
            if run[row.LOG, i] >= lasting * (1.0 + _HARDLY):
                work[4, j] += fall
                work[5, j] += rise
    for j in range(d):
        below, above = room(at(run, row.LIMIT, j), int(target[row.EXPONENT_Y, 0] - problem[row.EXPONENT, j]))
        down = work[0, j] + max(_HARDLY * work[3, j], work[3, j] - work[5, j])
        up = work[1, j] + max(_HARDLY * work[3, j], work[3, j] - work[4, j])
        if down > below * _ALMOST or up > above * _ALMOST:
            return False
    return True


@inner
def iterations_to(problem: Array, target: Array, run: Array, tolerance: float, work: Array) -> float:
    """First k whose share of the distance left is at most `tolerance` (NaN: at which no coefficient changes); inf if none."""
    m = int(problem[row.DIRECTIONS, 0])
    slow = slowest(run, m)
    settle = tolerance != tolerance
    if tolerance >= 1.0 or distance_left(run, m, 0.0) == 0.0:
        return 0.0
    if slow == NEVER:
        return 1.0
    if slow > 0.0:
        return math.inf
    low = -1.0
    high = _MANY
    if slow < 0.0:
        # When every direction is as slow as the slowest; e^-3000 of a distance is below any float64's last place.
        high = np.ceil((-3000.0 if settle else np.log(tolerance)) / slow * (1.0 + 1e-9)) + 1.0
    elif settle or distance_left(run, m, high) > tolerance:
        return math.inf
    while high - low > 1.0:
        k = np.floor(0.5 * (low + high))
        if k <= low or k >= high:  # past 2^53 the counts themselves are rounded
            break
        met = has_settled(problem, target, run, k, work) if settle else distance_left(run, m, k) <= tolerance
        if met:
            high = k
        else:
            low = k
    return high
