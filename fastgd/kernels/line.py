"""Gradient descent on one feature in closed form, in double-double: spectrum, least squares, iterate k, iteration counts.

The mean squared error of y = b + w x is quadratic, with Hessian H = 2A, A = [[1, m], [m, q]], m = mean(x), q = mean(x^2).
Its eigenvalues are those of A doubled, and along an eigenvector the distance to the minimum is multiplied by
rho = 1 - 2 eta lambda(A) in each step. So iterate k is start - sum over directions of vector * (1 - rho^k) * distance.

Scales: x'' = x / 2^ex and y'' = y / 2^ey make the mean squares of very large or small data about 1, exactly. Descent in raw
coordinates moves (b, w) / 2^ey, in standardised ones (mean level, slope a standard deviation) / 2^ey. lambda1 is kept as
l1 * 2^e1, lambda2 as l2 * 2^e2, and a learning rate as eta * 2^e1, so that only what leaves the kernel can over- or underflow.

One array, `state`, holds it all: what the data decide, what start and rate add, the iterate. A double-double number takes
two neighbouring slots.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fastgd.kernels._compile import inlined, kernel
from fastgd.kernels._double_double import ONE, TWO, Pair, add, difference, divide, multiply, square_root, subtract
from fastgd.kernels._exact import two_sum

# Slots of `state`. Decided by the data:
WEIGHT, MEAN_X, MEAN_Y, VAR_X, COV, VAR_Y, SQUARE_X = 0, 2, 4, 6, 8, 10, 12
EXPONENT_X, EXPONENT_Y, EXPONENT_WEIGHT = 14, 15, 16
L1, L2, E1, E2 = 17, 19, 21, 22
VECTOR_B, VECTOR_W, SCALE = 23, 25, 27  # the vector of lambda1; that of lambda2 is (-w, b)
STANDARDIZED, INTERCEPT, RANK, MAX_RATE, BEST_RATE = 29, 30, 31, 32, 33
BEST_B, BEST_W, BEST_ERROR = 34, 36, 38
# by start and rate:
U1, U2, D1, D2, LIMIT_B, LIMIT_W = 39, 41, 43, 45, 47, 49
RATE, LOG1, LOG2, START_B, START_W = 51, 52, 53, 54, 55
# the request:
ASKED_B, ASKED_W, ASKED_RATE, MAX_ITER, TOLERANCE = 56, 57, 58, 59, 60
# the end: intercept, slope, error / 2^exponent, share of the distance left, iterations, whether at the limit point.
END_B, END_W, END_ERROR, END_ERROR_EXPONENT, END_LEFT, END_ITER, SETTLED = 61, 62, 63, 64, 65, 66, 67
STATE_SIZE = 68

DONE, UNSTABLE, TOO_LARGE, UNMET, ENDLESS = 0, 1, 2, 3, 4  # what `descend` returns: the worst of them

_MANY = 1e300  # iterations
_NEVER = -1e300  # log of a contraction to zero: k times it stays finite for k = 0
_LOG_MAX = 709.782712893384  # log of the largest float64
_TINY, _HUGE = 2.0**-200, 2.0**200
_LARGEST_STEP = 1e290  # of 2 eta / lambda_max: the products of more would overflow
_ALMOST = 1.0 - 1e-9  # of the room that rounding leaves: as much as exp(k log) may be off


@inlined
def _put(out: NDArray[np.float64], slot: int, pair: Pair) -> None:
    out[slot] = pair[0]
    out[slot + 1] = pair[1]


@inlined
def _get(values: NDArray[np.float64], slot: int) -> Pair:
    return values[slot], values[slot + 1]


@kernel
def _scale(value: float, exponent: int) -> float:
    """value * 2^exponent; a call of the C library, 5 ns, only where there is something to do."""
    return value if exponent == 0 else np.ldexp(value, exponent)


@inlined
def _scaled(pair: Pair, exponent: int) -> Pair:
    return _scale(pair[0], exponent), _scale(pair[1], exponent)


@kernel
def _exponent(mean_square: float) -> int:
    """e with mean_square / 4^e in [1/2, 2); 0 where fourth powers are safe without."""
    if mean_square == 0.0 or _TINY < mean_square < _HUGE:
        return 0
    _, e = math.frexp(mean_square)
    return e // 2


@kernel
def _centre(sums: NDArray[np.float64], state: NDArray[np.float64]) -> None:
    """Means, variances and covariance, scaled to mean squares of about 1 where those are very large or small."""
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
    gx, gy = _exponent(xx[0] + x[0] * x[0]), _exponent(yy[0] + y[0] * y[0])
    x, xx = _scaled(x, -gx), _scaled(xx, -2 * gx)
    _put(state, WEIGHT, weight)
    _put(state, MEAN_X, x)
    _put(state, MEAN_Y, _scaled(y, -gy))
    _put(state, VAR_X, xx)
    _put(state, COV, _scaled(xy, -gx - gy))
    _put(state, VAR_Y, _scaled(yy, -2 * gy))
    _put(state, SQUARE_X, add(xx, multiply(x, x)))
    state[EXPONENT_WEIGHT] = sums[3, 0]
    state[EXPONENT_X] = sums[3, 1] + gx
    state[EXPONENT_Y] = sums[3, 2] + gy


@kernel
def _minimise(state: NDArray[np.float64]) -> None:
    """Least squares: w = cov / var, b = mean(y) - w mean(x), error = var(y) - w cov; through the origin without means."""
    x, y = _get(state, MEAN_X), _get(state, MEAN_Y)
    xx, xy, yy = _get(state, VAR_X), _get(state, COV), _get(state, VAR_Y)
    if state[INTERCEPT] == 0.0:
        xx = _get(state, SQUARE_X)
        xy = add(xy, multiply(x, y))
        yy = add(yy, multiply(y, y))
    slope = (0.0, 0.0)
    if xx[0] > 0.0:
        slope = divide(xy, xx)
    _put(state, BEST_W, slope)
    if state[INTERCEPT] == 1.0:
        _put(state, BEST_B, difference(y, multiply(slope, x)))
    error = difference(yy, multiply(slope, xy))
    state[BEST_ERROR] = max(error[0], 0.0)


@kernel
def _spectrum_standardised(state: NDArray[np.float64]) -> None:
    """A is the identity, but for a column of zeros (or, without an intercept, for the only direction)."""
    intercept = state[INTERCEPT]
    xx = _get(state, VAR_X) if intercept == 1.0 else _get(state, SQUARE_X)
    _put(state, SCALE, square_root(xx))
    slope = 1.0 if xx[0] > 0.0 else 0.0
    state[RANK] = intercept + slope
    state[L1], state[L2] = (1.0, slope) if intercept == 1.0 else (slope, 0.0)
    state[VECTOR_B], state[VECTOR_W] = intercept, 1.0 - intercept


@kernel
def _spectrum(state: NDArray[np.float64]) -> None:
    """Eigenvalues and first eigenvector of A in raw coordinates.

    lambda1 = (1 + q + sqrt((q - 1)^2 + 4 m^2)) / 2; lambda2 = det A / lambda1 = var / lambda1, without cancellation;
    vector (m, lambda1 - 1) or (lambda1 - q, m), whichever difference adds.
    """
    xx, q = _get(state, VAR_X), _get(state, SQUARE_X)
    ex = int(state[EXPONENT_X])
    if state[INTERCEPT] == 0.0:
        _put(state, L1, q)
        state[E1] = 2.0 * ex
        state[RANK] = 1.0 if q[0] > 0.0 else 0.0
        state[VECTOR_W] = 1.0
        return
    one = 1.0
    if ex > 0:  # A / 4^ex
        one = np.ldexp(1.0, -2 * ex)
        state[E1] = 2.0 * ex
    else:
        q = _scaled(q, 2 * ex)
        state[E2] = 2.0 * ex
    m = _scaled(_get(state, MEAN_X), -abs(ex))
    mm = multiply(m, m)
    gap = add(q, (-one, 0.0))
    root = square_root(add(multiply(gap, gap), (4.0 * mm[0], 4.0 * mm[1])))
    l1 = add(add(q, (one, 0.0)), root)
    l1 = (0.5 * l1[0], 0.5 * l1[1])
    _put(state, L1, l1)
    _put(state, L2, divide(xx, l1))
    state[RANK] = 2.0 if xx[0] > 0.0 else 1.0
    up = gap[0] >= 0.0
    v = add(gap, root) if up else subtract(root, gap)
    v = (0.5 * v[0], 0.5 * v[1])
    if v[0] == 0.0:  # A is the identity: any pair of directions will do
        v, m, mm = ONE, (0.0, 0.0), (0.0, 0.0)
    length = square_root(add(multiply(v, v), mm))
    v, m = divide(v, length), divide(m, length)
    _put(state, VECTOR_B, m if up else v)
    _put(state, VECTOR_W, v if up else m)


@kernel
def _rates(state: NDArray[np.float64]) -> None:
    """1 / lambda1(A), the first float64 that is not stable, and 1 / (lambda1 + lambda2), kept below it.

    In terms of H = 2A: 2 / lambda_max, and 2 / (lambda_min + lambda_max) over the directions that move.
    """
    l1 = _get(state, L1)
    if l1[0] == 0.0:
        state[MAX_RATE], state[BEST_RATE] = 1.7976931348623157e308, 1.0
        return
    top, rest = divide(ONE, l1)
    if rest > 0.0:
        top = np.nextafter(top, math.inf)
    l2 = l1
    if state[RANK] == 2.0:
        l2 = _scaled(_get(state, L2), int(state[E2] - state[E1]))
    best = divide(ONE, add(l1, l2))
    state[MAX_RATE] = top
    state[BEST_RATE] = min(best[0], np.nextafter(top, 0.0))


@kernel
def analyse(
    sums: NDArray[np.float64], fit_intercept: bool, standardize: bool, out_state: NDArray[np.float64]
) -> None:
    """What the data decide, from the sums of `moments.sum_rows`."""
    for i in range(STATE_SIZE):
        out_state[i] = 0.0
    out_state[INTERCEPT] = fit_intercept
    out_state[STANDARDIZED] = standardize
    _centre(sums, out_state)
    _minimise(out_state)
    if standardize:
        _spectrum_standardised(out_state)
    else:
        _spectrum(out_state)
    _rates(out_state)


@kernel
def _log_contraction(u: Pair) -> float:
    """log |1 - u| to full relative accuracy near 0, 1 and 2 alike."""
    if u[0] < 0.5:
        return np.log1p(-u[0])
    if u[0] > 1.5:
        return np.log1p(subtract(u, TWO)[0])
    r = subtract(ONE, u)[0]
    return np.log(abs(r)) if r != 0.0 else _NEVER


@kernel
def _move(state: NDArray[np.float64], share1: Pair, share2: Pair) -> tuple[Pair, Pair]:
    """b'' and w'' of the vector that is these shares of the two distances."""
    vector_b, vector_w = _get(state, VECTOR_B), _get(state, VECTOR_W)
    d1, d2 = multiply(share1, _get(state, D1)), multiply(share2, _get(state, D2))
    b = subtract(multiply(vector_b, d1), multiply(vector_w, d2))
    w = add(multiply(vector_w, d1), multiply(vector_b, d2))
    if state[STANDARDIZED] == 0.0:
        w = _scaled(w, int(state[EXPONENT_X]))
    elif state[SCALE] > 0.0:
        w = divide(w, _get(state, SCALE))
        if state[INTERCEPT] == 1.0:
            b = subtract(b, multiply(w, _get(state, MEAN_X)))
    return b, w


@kernel
def _begin(state: NDArray[np.float64], start_b: float, start_w: float, rate: float) -> None:
    """Contractions, distances along the directions, limit point. `rate` is in the data's units; NaN for the best."""
    ex, ey, e1 = int(state[EXPONENT_X]), int(state[EXPONENT_Y]), int(state[E1])
    state[ASKED_RATE] = rate
    state[RATE] = _scale(rate, e1) if rate == rate else state[BEST_RATE]
    eta = (min(2.0 * state[RATE], _LARGEST_STEP), 0.0)
    u1 = multiply(eta, _get(state, L1))
    u2 = _scaled(multiply(eta, _get(state, L2)), int(state[E2] - state[E1]))
    _put(state, U1, u1)
    _put(state, U2, u2)
    state[LOG1], state[LOG2] = _log_contraction(u1), _log_contraction(u2)
    if eta[0] == _LARGEST_STEP:
        state[LOG1] = np.log(2.0 * state[L1]) + np.log(rate) + e1 * np.log(2.0)

    state[START_B], state[START_W] = _scale(start_b, -ey), _scale(start_w, ex - ey)
    start_b_, start_w_ = (state[START_B], 0.0), (state[START_W], 0.0)
    # Where the rank is short, BEST still is a solution, and only its component along a moving direction counts.
    b, w = subtract(start_b_, _get(state, BEST_B)), subtract(start_w_, _get(state, BEST_W))
    if state[STANDARDIZED] == 0.0:
        w = _scaled(w, -ex)
    else:
        if state[INTERCEPT] == 1.0:
            b = add(b, multiply(w, _get(state, MEAN_X)))
        w = multiply(w, _get(state, SCALE))
    vector_b, vector_w = _get(state, VECTOR_B), _get(state, VECTOR_W)
    if state[L1] > 0.0:
        _put(state, D1, add(multiply(vector_b, b), multiply(vector_w, w)))
    else:
        _put(state, D1, (0.0, 0.0))
    if state[L2] > 0.0:
        _put(state, D2, subtract(multiply(vector_b, w), multiply(vector_w, b)))
    else:
        _put(state, D2, (0.0, 0.0))
    limit_b, limit_w = _get(state, BEST_B), _get(state, BEST_W)
    if state[RANK] != state[INTERCEPT] + 1.0:
        b, w = _move(state, ONE, ONE)
        limit_b, limit_w = subtract(start_b_, b), subtract(start_w_, w)
    _put(state, LIMIT_B, limit_b)
    _put(state, LIMIT_W, limit_w)


@kernel
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
def _power(u: float, log: float, k: float, odd: bool) -> float:
    """(1 - u)^k."""
    r = np.exp(k * log)
    return -r if odd and u > 1.0 else r


@kernel
def _left(state: NDArray[np.float64], k: float) -> float:
    """Distance to the limit point after k iterations, as a share of the start's."""
    top = max(abs(state[D1]), abs(state[D2]))
    if top == 0.0:
        return 0.0
    d1, d2 = state[D1] / top, state[D2] / top
    a = d1 * np.exp(k * state[LOG1])
    b = d2 * np.exp(k * state[LOG2])
    return np.sqrt((a * a + b * b) / (d1 * d1 + d2 * d2))


@kernel
def _error(state: NDArray[np.float64], k: float) -> tuple[float, int]:
    """Mean squared error after k iterations: least + sum over directions of lambda * (distance left)^2, as value * 2^exponent."""
    a = _scale(state[D1], int(state[E1]) // 2) * np.exp(k * state[LOG1])
    b = _scale(state[D2], int(state[E2]) // 2) * np.exp(k * state[LOG2])
    exponent = 0
    top = max(abs(a), abs(b))
    if top > _HUGE:  # a start that lies far away in the target's units
        _, exponent = math.frexp(top)
        a, b = np.ldexp(a, -exponent), np.ldexp(b, -exponent)
    least = _scale(state[BEST_ERROR], -2 * exponent)
    return least + (state[L1] * a * a + state[L2] * b * b), 2 * (exponent + int(state[EXPONENT_Y]))


@kernel
def _slowest(state: NDArray[np.float64]) -> float:
    """log of the slower contraction among directions with a distance to go."""
    slow = _NEVER
    if state[D1] != 0.0:
        slow = state[LOG1]
    if state[D2] != 0.0:
        slow = max(slow, state[LOG2])
    return slow


@kernel
def _iterate(state: NDArray[np.float64], k: float, odd: bool) -> tuple[float, float]:
    """Intercept and slope after k iterations; k = inf is the limit point."""
    b, w = _get(state, LIMIT_B), _get(state, LIMIT_W)
    if k < math.inf and k * _slowest(state) < -37.0:
        # Close to the end, counted from there: from a start 10^20 times as far, double-double would show.
        left1 = (_power(state[U1], state[LOG1], k, odd), 0.0)
        left2 = (_power(state[U2], state[LOG2], k, odd), 0.0)
        left_b, left_w = _move(state, left1, left2)
        b, w = add(b, left_b), add(w, left_w)
    elif k < math.inf:
        gone_b, gone_w = _move(
            state,
            _share_gone(_get(state, U1), state[LOG1], k, odd),
            _share_gone(_get(state, U2), state[LOG2], k, odd),
        )
        b, w = subtract((state[START_B], 0.0), gone_b), subtract((state[START_W], 0.0), gone_w)
    ey = int(state[EXPONENT_Y])
    return _scale(b[0], ey) + 0.0, _scale(w[0], ey - int(state[EXPONENT_X])) + 0.0  # never -0


@kernel
def _exceeds(state: NDArray[np.float64], log_error: float) -> float:
    """First k at which the mean squared error / 4^ey exceeds e^log_error, or inf."""
    if state[LOG1] <= 0.0 or state[D1] == 0.0:
        return math.inf
    distance = abs(_scale(state[D1], int(state[E1]) // 2))
    return max(0.0, np.ceil((log_error - np.log(state[L1]) - 2.0 * np.log(distance)) / (2.0 * state[LOG1])))


@kernel
def _overflow(state: NDArray[np.float64]) -> float:
    """First k at which the sum of squared residuals exceeds float64, or inf."""
    exponents = state[EXPONENT_WEIGHT] + 2.0 * state[EXPONENT_Y]
    return _exceeds(state, _LOG_MAX - np.log(state[WEIGHT]) - exponents * np.log(2.0))


@kernel
def _room(limit: Pair, exponent: int) -> Pair:
    """How far below and above the limit point a coefficient / 2^exponent rounds to the same float64."""
    rounded = _scale(_scale(limit[0], exponent), -exponent)  # as float64 holds it, at the ends of its range too
    below = above = np.ldexp(1.0, -1075 - exponent)  # half a unit in the last place; here of the smallest numbers
    if rounded != 0.0:
        mantissa, e = math.frexp(rounded)
        below = max(below, np.ldexp(1.0, e - 55 if mantissa == 0.5 else e - 54))  # half as much towards zero from a power of 2
        above = max(above, np.ldexp(1.0, e - 55 if mantissa == -0.5 else e - 54))
    rest = (limit[0] - rounded) + limit[1]
    blur = 2.0**-54 * below  # of double-double, which also decides where the limit point lies just between two numbers
    return max(below + rest, blur), max(above - rest, blur)


@inlined
def _fits(part1: float, part2: float, both_signs1: bool, both_signs2: bool, below: float, above: float) -> bool:
    """Whether two parts of a distance, now and ever after, leave a coefficient within its room."""
    down = max(-part1, 0.0) + max(-part2, 0.0)
    up = max(part1, 0.0) + max(part2, 0.0)
    if both_signs1:
        down, up = down + max(part1, 0.0), up + max(-part1, 0.0)
    if both_signs2:
        down, up = down + max(part2, 0.0), up + max(-part2, 0.0)
    return down <= below * _ALMOST and up <= above * _ALMOST


@kernel
def _settled(state: NDArray[np.float64], k: float) -> bool:
    """Whether no coefficient changes any more after k iterations: what is left of the distance is lost in rounding."""
    ey, ex = int(state[EXPONENT_Y]), int(state[EXPONENT_X])
    zero = (0.0, 0.0)
    b1, w1 = _move(state, (np.exp(k * state[LOG1]), 0.0), zero)
    b2, w2 = _move(state, zero, (np.exp(k * state[LOG2]), 0.0))
    alternates1, alternates2 = state[U1] > 1.0, state[U2] > 1.0
    below, above = _room(_get(state, LIMIT_W), ey - ex)
    steady = _fits(w1[0], w2[0], alternates1, alternates2, below, above)
    if steady and state[INTERCEPT] == 1.0:
        below, above = _room(_get(state, LIMIT_B), ey)
        steady = _fits(b1[0], b2[0], alternates1, alternates2, below, above)
    return steady


@kernel
def _iterations(state: NDArray[np.float64], tolerance: float) -> float:
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
        met = _settled(state, k) if settle else _left(state, k) <= tolerance
        if met:
            high = k
        else:
            low = k
    return high


@kernel
def descend(
    state: NDArray[np.float64],
    start_b: float,
    start_w: float,
    rate: float,
    max_iter: float,
    odd: bool,
    tolerance: float,
) -> int:
    """From (start_b, start_w) at `rate` (NaN: the best) for `max_iter` iterations (`odd`: whether that is odd; inf: to the
    limit point), fewer where `tolerance` (NaN: none) is met before, or where the error would overflow.

    Returns DONE, or UNSTABLE for a rate past the limit, TOO_LARGE where float64 cannot hold the end, UNMET for a tolerance,
    ENDLESS where it is met after so many iterations that float64 cannot count them.
    """
    _begin(state, start_b, start_w, rate)
    k = max_iter
    if tolerance == tolerance:
        k = min(k, _iterations(state, tolerance))
    k = min(k, max(0.0, _overflow(state) - 1.0))
    if state[LOG1] > 0.0 and state[D1] != 0.0:  # and where R^2 would
        variance = state[VAR_Y] if state[VAR_Y] > 0.0 else 1.0
        k = min(k, max(0.0, _exceeds(state, _LOG_MAX - 1.0 + np.log(variance)) - 1.0))
    if k != max_iter:
        odd = k % 2.0 == 1.0
    b, w = _iterate(state, k, odd)
    left = 0.0 if k == math.inf else _left(state, k)
    error, exponent = (state[BEST_ERROR], 2 * int(state[EXPONENT_Y])) if k == math.inf else _error(state, k)
    limit_b, limit_w = _iterate(state, math.inf, False)
    state[ASKED_B], state[ASKED_W], state[MAX_ITER], state[TOLERANCE] = start_b, start_w, max_iter, tolerance
    state[END_B], state[END_W], state[END_ERROR], state[END_ERROR_EXPONENT] = b, w, error, exponent
    state[END_LEFT], state[END_ITER], state[SETTLED] = left, k, b == limit_b and w == limit_w
    if state[RATE] >= state[MAX_RATE]:
        return UNSTABLE
    if k == math.inf and tolerance == tolerance:
        return ENDLESS
    if not (math.isfinite(b) and math.isfinite(w)):
        return TOO_LARGE
    return UNMET if left > tolerance else DONE


@kernel
def fit(
    sums: NDArray[np.float64],
    fit_intercept: bool,
    standardize: bool,
    start_b: float,
    start_w: float,
    rate: float,
    max_iter: float,
    odd: bool,
    tolerance: float,
    out_state: NDArray[np.float64],
) -> int:
    """`analyse`, then `descend`: one call less, which is a tenth of a small fit's time."""
    analyse(sums, fit_intercept, standardize, out_state)
    return descend(out_state, start_b, start_w, rate, max_iter, odd, tolerance)


@kernel
def count(state: NDArray[np.float64], tolerance: float) -> tuple[float, float]:
    """Of a state that `descend` has begun: iterations to `tolerance` (NaN: until no coefficient changes), and to overflow."""
    return _iterations(state, tolerance), _overflow(state)


@kernel
def trace(state: NDArray[np.float64], k: NDArray[np.float64], odd: NDArray[np.bool_], out: NDArray[np.float64]) -> None:
    """Rows of intercept, slope, error / 2^exponent, exponent, one for each of k, of a state that `descend` has begun."""
    for i in range(k.size):
        out[i, 0], out[i, 1] = _iterate(state, k[i], odd[i])
        out[i, 2], out[i, 3] = _error(state, k[i])
