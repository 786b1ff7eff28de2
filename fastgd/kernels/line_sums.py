"""Sums of a line, which has two columns x and y, no weights and no shifts: the bits of `sums.sum_rows`, three times as fast.

The columns are read where they lie, in one loop for all five sums. These are kernels of their own because a first fit then takes
three seconds less to compile.
"""

from __future__ import annotations

import numpy as np

from fastgd.kernels._compile import inlined, inner, kernel
from fastgd.kernels.double_double import Array
from fastgd.kernels.exact import CACHE_LINE, aligned, as_contiguous, prefetch, two_product, two_sum
from fastgd.kernels.layout import BLOCK, LANES, PIECE_ROWS, POWER, SHIFT
from fastgd.kernels.pieces import add_all, add_equals, close, fold, is_in_range, shift_far_columns

LINE_SUMS = 6
"""The sums of the weights, of x, of y, and of xx, xy and yy."""

AHEAD = 256
"""Rows between those being summed and those being fetched from memory."""


@inlined
def _accumulate_points(x: Array, y: Array, m: int, high: Array, low: Array) -> None:
    """high + low += (x, y, xx, xy, yy), of m rows."""
    x_high, y_high, xx_high, xy_high, yy_high = high[1], high[2], high[3], high[4], high[5]
    x_low, y_low, xx_low, xy_low, yy_low = low[1], low[2], low[3], low[4], low[5]
    for r in range(m):
        a, b = x[r], y[r]
        x_high[r], e = two_sum(x_high[r], a)
        x_low[r] += e
        y_high[r], e = two_sum(y_high[r], b)
        y_low[r] += e
        p, d = two_product(a, a)
        xx_high[r], e = two_sum(xx_high[r], p)
        xx_low[r] += e + d
        p, d = two_product(a, b)
        xy_high[r], e = two_sum(xy_high[r], p)
        xy_low[r] += e + d
        p, d = two_product(b, b)
        yy_high[r], e = two_sum(yy_high[r], p)
        yy_low[r] += e + d


@inner
def _accumulate_line(x: Array, y: Array, high: Array, low: Array) -> None:
    """`_accumulate_points` of a whole block: 0.7 ns a row, also from memory.

    Whole groups of lanes have a loop of their own, whose number of rows LLVM knows. One loop for any number of rows takes twice
    as long, and for 100 rows the same.
    """
    for start in range(0, x.size, LANES):
        u, v = x[start : start + LANES], y[start : start + LANES]
        for r in range(start + AHEAD, start + AHEAD + LANES, CACHE_LINE):
            prefetch(x, r)
            prefetch(y, r)
        if u.size == LANES:
            _accumulate_points(u, v, LANES, high, low)
        else:
            _accumulate_points(u, v, u.size, high, low)


@inner
def _contiguous(column: Array) -> Array:
    """The column itself if its numbers follow each other in memory; else a copy, which stays in cache: 0.5 ns a row of (x, y)."""
    if column.strides[0] == column.itemsize:
        return as_contiguous(column)
    copy = np.empty((1, column.size))[0]
    for r in range(column.size):
        copy[r] = column[r]
    return copy


@inlined
def _sum_block_of_line(X: Array, y: Array, work: Array, out: Array) -> None:
    """The sums of one block of rows, its piece in `out`."""
    width = min(X.shape[0], LANES)
    high, low = work[:LINE_SUMS], work[LINE_SUMS:]
    for s in range(LINE_SUMS):
        for r in range(width):
            high[s, r] = 0.0
            low[s, r] = 0.0
    _accumulate_line(_contiguous(X[:, 0]), _contiguous(y if y.size > 0 else X[:, 1]), high, low)
    out[0, 0], out[1, 0] = X.shape[0], 0.0
    fold(high[1:], low[1:], width, out[:, 1:])


@kernel
def sum_short_line(X: Array, y: Array, out: Array) -> int:
    """`sum_line` of a whole data set of at most BLOCK rows, whose piece is `out`, without what adds blocks."""
    for s in range(LINE_SUMS):
        out[SHIFT, s] = 0.0
        out[POWER, s] = 0.0
    _sum_block_of_line(X, y, np.empty((2 * LINE_SUMS, LANES)), out)
    if shift_far_columns(X, y, out):
        return -1
    if not is_in_range(X, y, out[SHIFT], out):
        return 0
    close(out, 2)
    return X.shape[0]


@kernel
def sum_line(X: Array, y: Array, first: bool, last: bool, levels: Array) -> int:
    """`sums.sum_rows` of a line, with its arguments but for the weights.

    Returns what that returns, or -1 where columns lie so far from zero that they need shifts.
    """
    n = X.shape[0]
    work = aligned(2 * LINE_SUMS * LANES).reshape((2 * LINE_SUMS, LANES))
    out = levels[:PIECE_ROWS]
    for s in range(LINE_SUMS):
        out[SHIFT, s] = 0.0
        out[POWER, s] = 0.0
    depth = done = 0
    for start in range(0, n, BLOCK):
        stop = min(start + BLOCK, n)
        v = y[start:stop] if y.size > 0 else y
        block = levels[PIECE_ROWS * depth : PIECE_ROWS * depth + PIECE_ROWS]
        _sum_block_of_line(X[start:stop], v, work, block)
        if first and start == 0 and shift_far_columns(X, y, out):
            return -1
        if not is_in_range(X[start:stop], v, out[SHIFT], block):
            return start
        done += 1
        depth = add_equals(levels, depth + 1, done, 2)
    add_all(levels, depth, 2)
    if last:
        close(out, 2)
    return n
