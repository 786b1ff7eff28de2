"""Gradient descent on least squares in closed form, in double-double: rates, iterate k, iteration counts.

The mean squared error is quadratic in the parameters theta = (intercept, coefficients), with Hessian H = 2A, A the mean products
of the columns, ones included. Along an eigenvector of A, a direction, the distance to the minimum is multiplied by
rho = 1 - 2 eta lambda(A) in each step. So iterate k is start - sum over directions of vector * (1 - rho^k) * distance. What A
makes of zero never moves, and is no direction.

Scales: column'' = column / 2^exponent makes mean squares of very large or small data about 1, exactly, and
theta'' = theta * 2^(exponent - target's exponent). Descent in raw coordinates moves theta / 2^target's exponent; in standardised
ones the level at the mean and coefficients a standard deviation. An eigenvalue is kept as value * 2^exponent, and a learning
rate as eta * 2^(exponent of the largest), so that only what leaves the kernels can over- or underflow.

One array, `state`, holds it all: what the data decide, what start and rate add, the iterate. It has a column a parameter, the
intercept's first, in use or not. Rows of eigenvalues and so on have a direction a column, the steepest first. (Views into
a flat array would cost a reshape, 100 ns a call.)

`fit` at the end does all of it for one feature in one call, since each call is a tenth of a small fit's time. For several,
`least_squares` and `spectrum` fill in what the data decide.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fastgd.kernels._compile import inlined, inner, kernel
from fastgd.kernels._straight import straight
from fastgd.kernels.double_double import (
    ONE,
    TWO,
    Pair,
    add,
    difference,
    divide,
    exponent_of,
    multiply,
    scale,
    scale_pair,
    square_root,
    subtract,
)
from fastgd.kernels.exact import two_sum

# Rows of one number, or of a pair side by side. Decided by the data; up to BEST as `least_squares.solve` gives them:
WEIGHT, WEIGHT_EXPONENT, MEAN_Y, VAR_Y, EXPONENT_Y, LEAST_ERROR = 0, 1, 2, 3, 4, 5
# Rows of parameters, pairs one above the other. SPREAD: mean square about the mean, or about zero without an intercept.
# BEST: a least squares solution. SCALE: root of SPREAD; of one feature in standardised coordinates only.
EXPONENT, MEAN, SPREAD, BEST, SCALE = 6, 7, 9, 11, 13
# One number each. DIRECTIONS: RANK, or 0 as long as they are not known.
STANDARDIZED, INTERCEPT, RANK, DIRECTIONS, MAX_RATE, BEST_RATE, RATE_EXPONENT = 15, 16, 17, 18, 19, 20, 21
# The request; NaN as tolerance or rate: none, the best.
ASKED_RATE, MAX_ITER, TOLERANCE = 22, 23, 24
# The end: error / 2^exponent, share of the distance left, iterations, whether at the limit point.
RATE, END_ERROR, END_ERROR_EXPONENT, END_LEFT, END_ITER, SETTLED = 25, 26, 27, 28, 29, 30
# Rows of parameters, by start, rate and request; and room to work. ASKED and END, a pair, are in the data's units.
LIMIT, START, ASKED, END, WORK = 31, 33, 34, 35, 37
WORK_ROWS = 6
# Rows of directions, as `spectrum.find_directions` gives them:
EIGENVALUE, EIGENVALUE_EXPONENT = 43, 45
# by start and rate, u = 2 eta lambda and log |1 - u|:
U, LOG, DISTANCE = 46, 48, 49
VECTORS = 51  # high and low, a row of parameters each, of each direction

DONE, UNSTABLE, TOO_LARGE, UNMET, ENDLESS = 0, 1, 2, 3, 4  # what `descend` returns: the worst of them

_MANY = 1e300  # iterations
_NEVER = -1e300  # log of a contraction to zero: k times it stays finite for k = 0
_LOG_MAX = 709.782712893384  # log of the largest float64
_FAINT = 2.0**-500  # a variance in units of the mean square, by weights: quotients of smaller ones could underflow
_SAME = 2.0**-400  # of what A differs from the identity by, whose square could underflow
_FAR = 200  # log2 of a distance in the target's units, squares of more than which could overflow
_LARGEST_STEP = 1e220  # of 2 eta: products of more with eigenvalues, below 2^210 beside their exponents, would overflow
_FLAT = 2.0**-900  # u, from which on it and its error underflow
_HARDLY = 1e-3  # faster: from a part that shrinks so, one beside it takes its share off for ever, but for as much of itself
_ALMOST = 1.0 - 1e-9  # of the room that rounding leaves: as much as exp(k log) may be off


@straight
def _put(state: NDArray[np.float64], row: int, pair: Pair) -> None:
    state[row, 0] = pair[0]
    state[row, 1] = pair[1]


@straight
def _get(state: NDArray[np.float64], row: int) -> Pair:
    return state[row, 0], state[row, 1]


@straight
def _set(state: NDArray[np.float64], row: int, j: int, pair: Pair) -> None:
    state[row, j] = pair[0]
    state[row + 1, j] = pair[1]


@straight
def _at(state: NDArray[np.float64], row: int, j: int) -> Pair:
    return state[row, j], state[row + 1, j]


@inlined
def _set_limits(state: NDArray[np.float64]) -> None:
    """1 / lambda_max(A), the first float64 that is not stable, and 1 / (lambda_max + lambda_min), kept below it.

    In terms of H = 2A: 2 / lambda_max, and 2 / (lambda_min + lambda_max) over the directions that move.
    """
    last = int(state[DIRECTIONS, 0]) - 1
    if last < 0:
        state[MAX_RATE, 0], state[BEST_RATE, 0], state[RATE_EXPONENT, 0] = 1.7976931348623157e308, 1.0, 0.0
        return
    largest = _at(state, EIGENVALUE, 0)
    top, rest = divide(ONE, largest)
    if rest > 0.0:
        top = np.nextafter(top, math.inf)
    smallest = scale_pair(
        _at(state, EIGENVALUE, last), int(state[EIGENVALUE_EXPONENT, last] - state[EIGENVALUE_EXPONENT, 0])
    )
    best = divide(ONE, add(largest, smallest))
    state[MAX_RATE, 0] = top
    state[BEST_RATE, 0] = min(best[0], np.nextafter(top, 0.0))
    state[RATE_EXPONENT, 0] = state[EIGENVALUE_EXPONENT, 0]


@kernel
def set_limits(state: NDArray[np.float64]) -> None:
    """Of what `least_squares` and `spectrum` have filled in, the limit of the rate and the best one."""
    _set_limits(state)


@inner
def _log_contraction(u: Pair) -> float:
    """log |1 - u| to full relative accuracy near 0, 1 and 2 alike."""
    if u[0] < 0.5:
        return np.log1p(-u[0])
    if u[0] > 1.5:
        return np.log1p(subtract(u, TWO)[0])
    r = subtract(ONE, u)[0]
    return np.log(abs(r)) if r != 0.0 else _NEVER


@inner
def _move(state: NDArray[np.float64], work: NDArray[np.float64]) -> None:
    """The vector of the ways work[0] + work[1] along the directions, in work[2] + work[3]: theta'' / 2^`_unit`."""
    d = state.shape[1]
    for j in range(d):
        _set(work, 2, j, (0.0, 0.0))
    for i in range(int(state[DIRECTIONS, 0])):
        c = _at(work, 0, i)
        for j in range(d):
            _set(work, 2, j, add(_at(work, 2, j), multiply(c, _at(state, VECTORS + 2 * i, j))))
    if state[STANDARDIZED, 0] == 0.0:
        return
    level = _at(work, 2, 0)
    for j in range(1, d):
        if state[SCALE, j] > 0.0:
            w = divide(_at(work, 2, j), _at(state, SCALE, j))
            _set(work, 2, j, w)
            level = subtract(level, multiply(w, _at(state, MEAN, j)))
    if state[INTERCEPT, 0] == 1.0:
        _set(work, 2, 0, level)


@inlined
def _unit(state: NDArray[np.float64], j: int) -> int:
    """Exponent that a parameter of `_move` is still to be multiplied by, for theta''."""
    return int(state[EXPONENT, j]) if state[STANDARDIZED, 0] == 0.0 else 0


@inner
def _measure(state: NDArray[np.float64], work: NDArray[np.float64]) -> None:
    """Distances along the directions from BEST to START, whose difference in the coordinates descended in is work[2] + work[3].

    Where the rank is short, BEST still is a solution, and only its component along a direction counts.
    """
    d = state.shape[1]
    for j in range(d):
        _set(work, 2, j, subtract((state[START, j], 0.0), _at(state, BEST, j)))
    if state[STANDARDIZED, 0] == 0.0:
        for j in range(1, d):
            _set(work, 2, j, scale_pair(_at(work, 2, j), -int(state[EXPONENT, j])))
    else:
        level = _at(work, 2, 0)
        for j in range(1, d):
            w = _at(work, 2, j)
            level = add(level, multiply(w, _at(state, MEAN, j)))
            _set(work, 2, j, multiply(w, _at(state, SCALE, j)))
        if state[INTERCEPT, 0] == 1.0:
            _set(work, 2, 0, level)
    for i in range(int(state[DIRECTIONS, 0])):
        c = (0.0, 0.0)
        for j in range(d):
            c = add(c, multiply(_at(state, VECTORS + 2 * i, j), _at(work, 2, j)))
        _set(state, DISTANCE, i, c)


@inner
def _begin(state: NDArray[np.float64], work: NDArray[np.float64]) -> None:
    """Contractions, distances along the directions, limit point, of the start and the rate that were asked for."""
    d, m = state.shape[1], int(state[DIRECTIONS, 0])
    rate, top = state[ASKED_RATE, 0], int(state[RATE_EXPONENT, 0])
    state[RATE, 0] = scale(rate, top) if rate == rate else state[BEST_RATE, 0]
    eta = (min(2.0 * state[RATE, 0], _LARGEST_STEP), 0.0)
    for i in range(m):
        value = _at(state, EIGENVALUE, i)
        exponent = int(state[EIGENVALUE_EXPONENT, i])
        u = scale_pair(multiply(eta, value), exponent - top)
        _set(state, U, i, u)
        state[LOG, i] = _log_contraction(u)
        if eta[0] == _LARGEST_STEP and u[0] > 2.0:
            state[LOG, i] = np.log(2.0 * value[0]) + np.log(rate) + exponent * np.log(2.0)

    ey = int(state[EXPONENT_Y, 0])
    for j in range(d):
        state[START, j] = scale(state[ASKED, j], int(state[EXPONENT, j]) - ey)
    _measure(state, work)
    if state[RANK, 0] == d - 1 + state[INTERCEPT, 0]:
        for j in range(d):
            _set(state, LIMIT, j, _at(state, BEST, j))
    else:
        for i in range(m):
            _set(work, 0, i, _at(state, DISTANCE, i))
        _move(state, work)
        for j in range(d):
            _set(state, LIMIT, j, subtract((state[START, j], 0.0), scale_pair(_at(work, 2, j), _unit(state, j))))


@inner
def _share_gone(u: Pair, log: float, k: float, odd: bool) -> Pair:
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
def _way_gone(state: NDArray[np.float64], i: int, k: float, odd: bool) -> Pair:
    """(1 - rho^k) distance along a direction: of one so flat that u underflows (1 - e^-ku) distance, u by its exponent."""
    u, distance = _at(state, U, i), _at(state, DISTANCE, i)
    if u[0] > _FLAT:
        return multiply(_share_gone(u, state[LOG, i], k, odd), distance)
    value = _at(state, EIGENVALUE, i)
    rate, e_rate = math.frexp(min(2.0 * state[RATE, 0], _LARGEST_STEP))
    _, e_value = math.frexp(value[0])
    times, e_times = math.frexp(k)
    share = multiply(multiply(scale_pair(value, -e_value), (rate, 0.0)), (times, 0.0))
    exponent = e_rate + e_value + e_times + int(state[EIGENVALUE_EXPONENT, i] - state[RATE_EXPONENT, 0])
    if exponent > -110:
        share, exponent = (-math.expm1(-np.ldexp(share[0], exponent)), 0.0), 0
    return scale_pair(multiply(share, distance), exponent)


@inlined
def _power(u: float, log: float, k: float, odd: bool) -> float:
    """(1 - u)^k."""
    r = np.exp(k * log)
    return -r if odd and u > 1.0 else r


@inner
def _left(state: NDArray[np.float64], k: float) -> float:
    """Distance to the limit point after k iterations, as a share of the start's."""
    top = 0.0
    for i in range(int(state[DIRECTIONS, 0])):
        top = max(top, abs(state[DISTANCE, i]))
    if top == 0.0:
        return 0.0
    left = whole = 0.0
    for i in range(int(state[DIRECTIONS, 0])):
        d = state[DISTANCE, i] / top
        a = d * np.exp(k * state[LOG, i])
        left += a * a
        whole += d * d
    return np.sqrt(left / whole)


@inner
def _error(state: NDArray[np.float64], k: float, part: NDArray[np.float64]) -> tuple[float, int]:
    """Mean squared error after k iterations: least + sum over directions of lambda * (distance left)^2, as value * 2^exponent.

    `part` is room for the distances.
    """
    exponent = 0
    for i in range(int(state[DIRECTIONS, 0])):
        distance, e = math.frexp(state[DISTANCE, i])
        part[i] = distance * np.exp(k * state[LOG, i])
        _, more = math.frexp(part[i])
        reach = more + e + int(state[EIGENVALUE_EXPONENT, i]) // 2
        exponent = reach if reach > exponent else exponent  # `max` of whole numbers would be one more function to compile
    if exponent <= _FAR:
        exponent = 0
    above = 0.0
    for i in range(int(state[DIRECTIONS, 0])):
        _, e = math.frexp(state[DISTANCE, i])
        a = scale(part[i], e + int(state[EIGENVALUE_EXPONENT, i]) // 2 - exponent)
        above += state[EIGENVALUE, i] * a * a
    return scale(state[LEAST_ERROR, 0], -2 * exponent) + above, 2 * (exponent + int(state[EXPONENT_Y, 0]))


@inner
def _slowest(state: NDArray[np.float64]) -> float:
    """log of the slowest contraction among directions with a distance to go."""
    slow = _NEVER
    for i in range(int(state[DIRECTIONS, 0])):
        if state[DISTANCE, i] != 0.0:
            slow = max(slow, state[LOG, i])
    return slow


@inner
def _iterate(
    state: NDArray[np.float64],
    k: float,
    odd: bool,
    work: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Intercept and coefficients after k iterations, high and low, in the data's units; k = inf is the limit point.

    Start and way are subtracted in these units: as theta'', a coefficient that has only begun to move, 2^-1000 of its size, would
    be lost where the column is as small.
    """
    m = int(state[DIRECTIONS, 0])
    near = k * _slowest(state) < -37.0
    if k < math.inf:
        for i in range(m):
            if near:  # the way still to go: from a start 10^20 times as far as the limit, double-double would show
                left = -_power(state[U, i], state[LOG, i], k, odd)
                _set(work, 0, i, multiply((left, 0.0), _at(state, DISTANCE, i)))
            else:
                _set(work, 0, i, _way_gone(state, i, k, odd))
        _move(state, work)
    ey = int(state[EXPONENT_Y, 0])
    for j in range(out.shape[1]):
        exponent = ey - int(state[EXPONENT, j])
        value = (state[ASKED, j], 0.0)
        if near or k == math.inf:
            value = scale_pair(_at(state, LIMIT, j), exponent)
        if k < math.inf:
            way = scale_pair(_at(work, 2, j), exponent + _unit(state, j))
            high = value[0] - way[0]
            value = subtract(value, way) if math.isfinite(high) else (high, 0.0)
        _set(out, 0, j, (value[0] + 0.0, value[1]))  # never -0


@inner
def _exceeds(state: NDArray[np.float64], log_error: float) -> float:
    """First k at which the mean squared error / 4^ey exceeds e^log_error, by the directions that grow, or inf."""
    first = math.inf
    growing = 0
    for i in range(int(state[DIRECTIONS, 0])):
        if state[LOG, i] > 0.0 and state[DISTANCE, i] != 0.0:
            growing += 1
            first = min(first, (log_error - _log_part(state, i)) / (2.0 * state[LOG, i]))
    first = max(0.0, np.ceil(first))
    if growing < 2 or first == math.inf:
        return first
    low, high = -1.0, first  # several together may exceed it before any does alone
    while high - low > 1.0:
        k = np.floor(0.5 * (low + high))
        if k <= low or k >= high:
            break
        total = 0.0
        for i in range(int(state[DIRECTIONS, 0])):
            if state[LOG, i] > 0.0 and state[DISTANCE, i] != 0.0:
                total += np.exp(_log_part(state, i) + 2.0 * k * state[LOG, i] - log_error)
        if total > 1.0:
            high = k
        else:
            low = k
    return high


@inner
def _log_part(state: NDArray[np.float64], i: int) -> float:
    """log of what a direction adds to the mean squared error / 4^ey at the start."""
    distance = np.log(abs(state[DISTANCE, i])) + int(state[EIGENVALUE_EXPONENT, i]) // 2 * np.log(2.0)
    return np.log(state[EIGENVALUE, i]) + 2.0 * distance


@inlined
def _overflow(state: NDArray[np.float64]) -> float:
    """First k at which the sum of squared residuals exceeds float64, or inf."""
    exponents = state[WEIGHT_EXPONENT, 0] + 2.0 * state[EXPONENT_Y, 0]
    return _exceeds(state, _LOG_MAX - np.log(state[WEIGHT, 0]) - exponents * np.log(2.0))


@inner
def _room(limit: Pair, exponent: int) -> Pair:
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
def _settled(state: NDArray[np.float64], k: float, work: NDArray[np.float64]) -> bool:
    """Whether no coefficient changes any more after k iterations: what is left of the distance is lost in rounding.

    work[0] and work[1]: how far the directions without alternation can move each parameter down and up, now and ever after;
    work[3]: the others both ways, of which work[4] and work[5], that part of the former which lasts as long, takes its share off.
    """
    d, m = state.shape[1], int(state[DIRECTIONS, 0])
    part = work[2]
    for row in range(WORK_ROWS):
        for j in range(d):
            work[row, j] = 0.0
    lasting = -math.inf
    for i in range(m):
        if state[U, i] > 1.0 and state[DISTANCE, i] != 0.0:
            lasting = max(lasting, state[LOG, i])
    for i in range(m):
        left = state[DISTANCE, i] * np.exp(k * state[LOG, i])
        level = left * state[VECTORS + 2 * i, 0]
        for j in range(1, d):
            part[j] = left * state[VECTORS + 2 * i, j]
            if state[STANDARDIZED, 0] == 0.0:
                part[j] = scale(part[j], int(state[EXPONENT, j]))
            elif state[SCALE, j] > 0.0:
                part[j] /= state[SCALE, j]
                level -= part[j] * state[MEAN, j]
        part[0] = level if state[INTERCEPT, 0] == 1.0 else 0.0
        for j in range(d):
            fall, rise = max(-part[j], 0.0), max(part[j], 0.0)
            if state[U, i] > 1.0:
                work[3, j] += fall + rise
                continue
            work[0, j] += fall
            work[1, j] += rise
            if state[LOG, i] >= lasting * (1.0 + _HARDLY):
                work[4, j] += fall
                work[5, j] += rise
    for j in range(d):
        below, above = _room(_at(state, LIMIT, j), int(state[EXPONENT_Y, 0] - state[EXPONENT, j]))
        down = work[0, j] + max(_HARDLY * work[3, j], work[3, j] - work[5, j])
        up = work[1, j] + max(_HARDLY * work[3, j], work[3, j] - work[4, j])
        if down > below * _ALMOST or up > above * _ALMOST:
            return False
    return True


@inner
def _iterations(state: NDArray[np.float64], tolerance: float, work: NDArray[np.float64]) -> float:
    """First k whose share of the distance left is at most `tolerance` (NaN: at which no coefficient changes); inf if none."""
    slow = _slowest(state)
    settle = tolerance != tolerance
    if tolerance >= 1.0 or _left(state, 0.0) == 0.0:
        return 0.0
    if slow == _NEVER:
        return 1.0
    if slow > 0.0:
        return math.inf
    low = -1.0
    high = _MANY
    if slow < 0.0:
        # When every direction is as slow as the slowest; e^-3000 of a distance is below any float64's last place.
        high = np.ceil((-3000.0 if settle else np.log(tolerance)) / slow * (1.0 + 1e-9)) + 1.0
    elif settle or _left(state, high) > tolerance:
        return math.inf
    while high - low > 1.0:
        k = np.floor(0.5 * (low + high))
        if k <= low or k >= high:  # past 2^53 the counts themselves are rounded
            break
        met = _settled(state, k, work) if settle else _left(state, k) <= tolerance
        if met:
            high = k
        else:
            low = k
    return high


@inlined
def _set_out(state: NDArray[np.float64], rate: float, max_iter: float, tolerance: float) -> None:
    """Note the request, and begin."""
    state[ASKED_RATE, 0], state[MAX_ITER, 0], state[TOLERANCE, 0] = rate, max_iter, tolerance
    _begin(state, state[WORK : WORK + WORK_ROWS])


@inlined
def _arrive(state: NDArray[np.float64], k: float, odd: bool) -> int:
    """After at most k iterations, from where `_set_out` left: what `descend` returns."""
    work = state[WORK : WORK + WORK_ROWS]
    max_iter, tolerance = state[MAX_ITER, 0], state[TOLERANCE, 0]
    k = min(k, max(0.0, _overflow(state) - 1.0))
    variance = state[VAR_Y, 0] if state[VAR_Y, 0] > 0.0 else 1.0
    k = min(k, max(0.0, _exceeds(state, _LOG_MAX - 1.0 + np.log(variance)) - 1.0))  # and where R^2 would
    if k != max_iter:
        odd = k % 2.0 == 1.0
    d, ey = state.shape[1], int(state[EXPONENT_Y, 0])
    _iterate(state, k, odd, work, state[END : END + 2])
    finite = settled = True
    for j in range(d):
        finite = finite and math.isfinite(state[END, j])
        settled = settled and state[END, j] == scale(state[LIMIT, j], ey - int(state[EXPONENT, j]))
    state[SETTLED, 0] = settled
    state[END_ITER, 0] = k
    if k == math.inf:
        state[END_LEFT, 0], state[END_ERROR, 0], state[END_ERROR_EXPONENT, 0] = 0.0, state[LEAST_ERROR, 0], 2 * ey
    else:
        state[END_LEFT, 0] = _left(state, k)
        state[END_ERROR, 0], state[END_ERROR_EXPONENT, 0] = _error(state, k, work[0])
    if state[RATE, 0] >= state[MAX_RATE, 0]:
        return UNSTABLE
    if k == math.inf and tolerance == tolerance:
        return ENDLESS
    if not finite:
        return TOO_LARGE
    return UNMET if state[END_LEFT, 0] > tolerance else DONE


@inlined
def _descend(state: NDArray[np.float64], rate: float, max_iter: float, odd: bool, tolerance: float) -> int:
    _set_out(state, rate, max_iter, tolerance)
    k = max_iter
    if tolerance == tolerance:
        k = min(k, _iterations(state, tolerance, state[WORK : WORK + WORK_ROWS]))
    return _arrive(state, k, odd)


@kernel
def descend(state: NDArray[np.float64], rate: float, max_iter: float, odd: bool, tolerance: float) -> int:
    """From ASKED at `rate` (NaN: the best) for `max_iter` iterations (`odd`: whether that is odd; inf: to the limit point),
    fewer where `tolerance` (NaN: none) is met before, or where the error would overflow.

    Returns DONE, or UNSTABLE for a rate past the limit, TOO_LARGE where float64 cannot hold the end, UNMET for a tolerance,
    ENDLESS where it is met after so many iterations that float64 cannot count them.
    """
    return _descend(state, rate, max_iter, odd, tolerance)


@kernel
def count(state: NDArray[np.float64], tolerance: float) -> tuple[float, float]:
    """Of a state that `descend` has begun: iterations to `tolerance` (NaN: until no coefficient changes), and to overflow."""
    return _iterations(state, tolerance, np.empty((WORK_ROWS, state.shape[1]))), _overflow(state)


@kernel
def trace(state: NDArray[np.float64], k: NDArray[np.float64], odd: NDArray[np.bool_], out: NDArray[np.float64]) -> None:
    """Rows of the parameters, error / 2^exponent, exponent, one for each of k, of a state that `descend` has begun."""
    d = state.shape[1]
    work, end = np.empty((WORK_ROWS, d)), np.empty((2, d))
    for i in range(k.size):
        _iterate(state, k[i], odd[i], work, end)
        for j in range(d):
            out[i, j] = end[0, j]
        out[i, d], out[i, d + 1] = _error(state, k[i], work[0])


LINE = 2  # parameters
LINE_SHAPE = (VECTORS + 2 * LINE, LINE)


@inner
def _solve_line(sums: NDArray[np.float64], fit_intercept: bool, state: NDArray[np.float64]) -> None:
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
    _put(state, WEIGHT, weight)
    _put(state, MEAN_Y, y)
    _put(state, VAR_Y, yy)
    state[WEIGHT_EXPONENT, 0] = sums[3, 0]
    state[EXPONENT_Y, 0] = sums[3, 2] + ey
    state[EXPONENT, 0], state[EXPONENT, 1] = 0.0, sums[3, 1] + ex
    if not fit_intercept:
        xx, xy, yy = add(xx, multiply(x, x)), add(xy, multiply(x, y)), add(yy, multiply(y, y))
    _set(state, MEAN, 0, ONE)
    _set(state, MEAN, 1, x)
    _set(state, SPREAD, 0, (0.0, 0.0))
    _set(state, SPREAD, 1, xx)
    w = divide(xy, xx) if xx[0] > 0.0 else (0.0, 0.0)
    _set(state, BEST, 1, w)
    _set(state, BEST, 0, difference(y, multiply(w, x)) if fit_intercept else (0.0, 0.0))
    state[LEAST_ERROR, 0] = max(difference(yy, multiply(w, xy))[0], 0.0)


@inner
def _turn_line(state: NDArray[np.float64]) -> None:
    """Eigenvalues and vectors of A = [[1, m], [m, q]], m = mean(x), q = mean(x^2), in raw coordinates.

    lambda1 = (1 + q + sqrt((q - 1)^2 + 4 m^2)) / 2; lambda2 = det A / lambda1 = var / lambda1, without cancellation;
    vector (m, lambda1 - 1) or (lambda1 - q, m), whichever difference adds, and across it.
    """
    mean, var, ex = _at(state, MEAN, 1), _at(state, SPREAD, 1), int(state[EXPONENT, 1])
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
    _set(state, EIGENVALUE, 0, l1)
    _set(state, EIGENVALUE, 1, divide(var, l1))
    state[EIGENVALUE_EXPONENT, 0], state[EIGENVALUE_EXPONENT, 1] = e1, e2
    up = gap[0] >= 0.0
    v = add(gap, root) if up else subtract(root, gap)
    v = (0.5 * v[0], 0.5 * v[1])
    if v[0] < _SAME:  # A is the identity, to double-double and far beyond: any pair of directions will do
        v, m, mm = ONE, (0.0, 0.0), (0.0, 0.0)
    length = square_root(add(multiply(v, v), mm))
    v, m = divide(v, length), divide(m, length)
    b, w = (m, v) if up else (v, m)
    _set(state, VECTORS, 0, b)
    _set(state, VECTORS, 1, w)
    _set(state, VECTORS + 2, 0, (-w[0], -w[1]))
    _set(state, VECTORS + 2, 1, b)


@inlined
def _analyse_line(sums: NDArray[np.float64], fit_intercept: bool, standardize: bool, state: NDArray[np.float64]) -> None:
    _solve_line(sums, fit_intercept, state)
    spread = _at(state, SPREAD, 1)
    first = 1 if fit_intercept else 0  # the direction of the slope, where it is one of its own
    rank = first + (spread[0] > 0.0)
    state[INTERCEPT, 0], state[STANDARDIZED, 0], state[RANK, 0], state[DIRECTIONS, 0] = fit_intercept, standardize, rank, rank
    _set(state, SCALE, 1, square_root(spread) if standardize else (0.0, 0.0))
    if fit_intercept and not standardize:
        _turn_line(state)
    else:  # A is diagonal, and the identity in standardised coordinates
        for i in range(LINE):
            _set(state, EIGENVALUE, i, ONE)
            state[EIGENVALUE_EXPONENT, i] = 0.0
            for j in range(LINE):
                _set(state, VECTORS + 2 * i, j, ONE if i + 1 - first == j else (0.0, 0.0))
        if not standardize:
            _set(state, EIGENVALUE, 0, spread)
            state[EIGENVALUE_EXPONENT, 0] = 2.0 * state[EXPONENT, 1]
    _set_limits(state)


@kernel
def analyse_line(sums: NDArray[np.float64], fit_intercept: bool, standardize: bool, state: NDArray[np.float64]) -> None:
    """What the data decide, for one feature, from the sums of `moments.sum_rows`."""
    _analyse_line(sums, fit_intercept, standardize, state)


@kernel
def fit_line(
    sums: NDArray[np.float64],
    fit_intercept: bool,
    standardize: bool,
    rate: float,
    max_iter: float,
    odd: bool,
    state: NDArray[np.float64],
) -> int:
    """`analyse_line`, then `descend` from zero with no tolerance, in one call.

    Without the search for the iteration that meets a tolerance, which a first fit then need not compile.
    """
    _analyse_line(sums, fit_intercept, standardize, state)
    state[ASKED, 0] = state[ASKED, 1] = 0.0
    _set_out(state, rate, max_iter, math.nan)
    return _arrive(state, max_iter, odd)


@kernel
def fit_line_to(
    sums: NDArray[np.float64],
    fit_intercept: bool,
    standardize: bool,
    rate: float,
    max_iter: float,
    odd: bool,
    tolerance: float,
    state: NDArray[np.float64],
) -> int:
    """`fit_line` to a tolerance."""
    _analyse_line(sums, fit_intercept, standardize, state)
    state[ASKED, 0] = state[ASKED, 1] = 0.0
    return _descend(state, rate, max_iter, odd, tolerance)
