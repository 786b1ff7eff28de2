"""A descent from a start at a rate: where it ends, when it arrives or overflows, and the iterates on its way.

Of a problem and a target that `factor` and `spectrum` have filled in; `line` does the same for one feature in one call.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fastgd.kernels import layout as row
from fastgd.kernels._compile import inlined, kernel
from fastgd.kernels.count import LOG_MAX, exceeds, iterations_to, overflow
from fastgd.kernels.double_double import ONE, Array, add, at, divide, multiply, scale, scale_pair, set_at, subtract
from fastgd.kernels.iterate import NEVER, begin, distance_left, move, objective_after, place, put_in_units


@inlined
def find_limits(problem: Array) -> None:
    """1 / lambda_max(A), the first float64 that is not stable, and 1 / (lambda_max + lambda_min), kept below it.

    In terms of H = 2A: 2 / lambda_max, and 2 / (lambda_min + lambda_max) over the directions that move.
    """
    last = int(problem[row.DIRECTIONS, 0]) - 1
    if last < 0:
        problem[row.MAX_RATE, 0], problem[row.BEST_RATE, 0], problem[row.RATE_EXPONENT, 0] = 1.7976931348623157e308, 1.0, 0.0
        return
    largest = at(problem, row.EIGENVALUE, 0)
    top, rest = divide(ONE, largest)
    if rest > 0.0:
        top = np.nextafter(top, math.inf)
    smallest = scale_pair(
        at(problem, row.EIGENVALUE, last), int(problem[row.EIGENVALUE_EXPONENT, last] - problem[row.EIGENVALUE_EXPONENT, 0])
    )
    best = divide(ONE, add(largest, smallest))
    problem[row.MAX_RATE, 0] = top
    problem[row.BEST_RATE, 0] = min(best[0], np.nextafter(top, 0.0))
    problem[row.RATE_EXPONENT, 0] = problem[row.EIGENVALUE_EXPONENT, 0]


@kernel
def set_limits(problem: Array) -> None:
    """Of what `factor` and `spectrum` have filled in, the limit of the rate and the best one."""
    find_limits(problem)


@inlined
def set_out(problem: Array, target: Array, run: Array, rate: float, max_iter: float, tolerance: float) -> None:
    """Note the request, and begin."""
    run[row.ASKED_RATE, 0], run[row.MAX_ITER, 0], run[row.TOLERANCE, 0] = rate, max_iter, tolerance
    begin(problem, target, run)


@inlined
def arrive(problem: Array, target: Array, run: Array, k: float, odd: bool) -> int:
    """After at most k iterations, from where `set_out` left: what `descend` returns."""
    work = run[row.WORK : row.WORK + row.WORK_ROWS]
    max_iter, tolerance = run[row.MAX_ITER, 0], run[row.TOLERANCE, 0]
    k = min(k, max(0.0, overflow(problem, target, run) - 1.0))
    variance = target[row.VAR_Y, 0] if target[row.VAR_Y, 0] > 0.0 else 1.0
    k = min(k, max(0.0, exceeds(problem, run, LOG_MAX - 1.0 + np.log(variance)) - 1.0))  # and where R^2 would
    if k != max_iter:
        odd = k % 2.0 == 1.0
    d, m, ey = problem.shape[1], int(problem[row.DIRECTIONS, 0]), int(target[row.EXPONENT_Y, 0])
    place(problem, target, run, k, odd, work, run[row.END : row.END + 2])
    finite = settled = True
    for j in range(d):
        finite = finite and math.isfinite(run[row.END, j])
        settled = settled and run[row.END, j] == scale(run[row.LIMIT, j], ey - int(problem[row.EXPONENT, j]))
    run[row.SETTLED, 0] = settled
    run[row.END_ITER, 0] = k
    if k == math.inf:
        run[row.END_LEFT, 0], run[row.END_OBJECTIVE, 0], run[row.END_OBJECTIVE_EXPONENT, 0] = 0.0, target[row.LEAST, 0], 2 * ey
    else:
        run[row.END_LEFT, 0] = distance_left(run, m, k)
        run[row.END_OBJECTIVE, 0], run[row.END_OBJECTIVE_EXPONENT, 0] = objective_after(problem, target, run, k, work[0])
    if run[row.RATE, 0] >= problem[row.MAX_RATE, 0]:
        return row.UNSTABLE
    if k == math.inf and tolerance == tolerance:
        return row.ENDLESS
    if not finite:
        return row.TOO_LARGE
    return row.UNMET if run[row.END_LEFT, 0] > tolerance else row.DONE


@inlined
def run_down(problem: Array, target: Array, run: Array, rate: float, max_iter: float, odd: bool, tolerance: float) -> int:
    set_out(problem, target, run, rate, max_iter, tolerance)
    k = max_iter
    if tolerance == tolerance:
        k = min(k, iterations_to(problem, target, run, tolerance, run[row.WORK : row.WORK + row.WORK_ROWS]))
    return arrive(problem, target, run, k, odd)


@kernel
def descend(problem: Array, target: Array, run: Array, rate: float, max_iter: float, odd: bool, tolerance: float) -> int:
    """From ASKED at `rate` (NaN: the best) for `max_iter` iterations (`odd`: whether that is odd; inf: to the limit point),
    fewer where `tolerance` (NaN: none) is met before, or where the error would overflow.

    Returns how it ended, as `layout` has it.
    """
    return run_down(problem, target, run, rate, max_iter, odd, tolerance)


@kernel
def count(problem: Array, target: Array, run: Array, tolerance: float) -> tuple[float, float]:
    """Of a run that `descend` has begun: iterations to `tolerance` (NaN: until no coefficient changes), and to overflow."""
    work = np.empty((row.WORK_ROWS, problem.shape[1]))
    return iterations_to(problem, target, run, tolerance, work), overflow(problem, target, run)


@kernel
def trace(problem: Array, target: Array, run: Array, k: Array, odd: NDArray[np.bool_], out: Array) -> None:
    """Row i of `out`: parameters, objective / 2^exponent and exponent after k[i] iterations of a run that `descend` has begun."""
    d = problem.shape[1]
    work, end = np.empty((row.WORK_ROWS, d)), np.empty((2, d))
    for i in range(k.size):
        place(problem, target, run, k[i], odd[i], work, end)
        for j in range(d):
            out[i, j] = end[0, j]
        out[i, d], out[i, d + 1] = objective_after(problem, target, run, k[i], work[0])


@kernel
def trace_shares(problem: Array, target: Array, run: Array, left: Array, out: Array) -> None:
    """Row i of `out` as `trace` has it, where left[i] are the shares of the distances that are left; LOG is overwritten."""
    d = problem.shape[1]
    work, end = np.empty((row.WORK_ROWS, d)), np.empty((2, d))
    for i in range(left.shape[0]):
        for j in range(left.shape[1]):
            set_at(work, 0, j, multiply(subtract(ONE, (left[i, j], 0.0)), at(run, row.DISTANCE, j)))
            run[row.LOG, j] = np.log(abs(left[i, j])) if left[i, j] != 0.0 else NEVER
        move(problem, work)
        put_in_units(problem, target, run, False, True, work, end)
        for j in range(d):
            out[i, j] = end[0, j]
        out[i, d], out[i, d + 1] = objective_after(problem, target, run, 1.0, work[0])
