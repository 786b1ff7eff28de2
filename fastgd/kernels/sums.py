"""Sums of rows of any columns, and of their products, in double-double: the one pass over the data.

A sum is an unevaluated pair high + low. `two_sum` and `two_product` give the rounding error of each addition and product, and
the errors go into `low`: Ogita, Rump & Oishi (2005), *Accurate sum and dot product*, SIAM J. Sci. Comput. 26(6). The result is
off by about 2^-104 of the sum of magnitudes.

Row r of a block goes to lane r mod LANES. The inner loops run over lanes, so they vectorise; one accumulator in a scalar would
not. `pieces` adds lanes and blocks, `layout` says what stands where in the result, and `line_sums` does the same for a line.
"""

from __future__ import annotations

from fastgd.kernels._compile import inner, kernel
from fastgd.kernels.double_double import Array
from fastgd.kernels.exact import aligned, two_product, two_sum
from fastgd.kernels.layout import BLOCK, LANES, PIECE_ROWS, POWER, SHIFT
from fastgd.kernels.pieces import add_all, add_equals, close, fold, is_in_range, shift_far_columns

GROUP = 512
"""Rows that are copied by column and then summed for one pair of columns after the other, whose accumulators stay in the
first-level cache meanwhile. ns a row of 11 and of 40 columns, without the copy: 128 rows 11.6 and 168, 512 rows 9.9 and 112.
"""

FACTOR_ROWS = 4
"""Buffers of a column: value and error, which are its right factor, and the same times the weight, its left factor."""


@inner
def _copy(X: Array, y: Array, t: int, factors: Array) -> None:
    """The values of at most LANES rows by column, then zeros. In one loop with the arithmetic, that would not vectorise."""
    m, p = X.shape
    for i in range(factors.shape[0]):
        value = factors[i, 0, t]
        column = X[:, i] if i < p else y
        for r in range(m):
            value[r] = column[r]
        for r in range(m, LANES):
            value[r] = 0.0


@inner
def _take_off(shift: float, m: int, value: Array, error: Array) -> int:
    """value + error = m values minus shift, exactly; returns how many errors are not zero."""
    for r in range(m):
        value[r], error[r] = two_sum(value[r], -shift)
    for r in range(m, LANES):
        error[r] = 0.0
    inexact = 0
    for r in range(m):
        inexact += error[r] != 0.0
    return inexact


@inner
def _accumulate(factors: Array, chunks: int, high: Array, low: Array) -> None:
    """Sums of a and of ab over columns a, b without weights and errors."""
    q = factors.shape[0]
    s = 1 + q
    for i in range(q):
        h, l = high[1 + i], low[1 + i]
        for t in range(chunks):
            a = factors[i, 0, t]
            for r in range(LANES):
                h[r], e = two_sum(h[r], a[r])
                l[r] += e
        for j in range(i, q):
            h, l = high[s], low[s]
            for t in range(chunks):
                a, b = factors[i, 0, t], factors[j, 0, t]
                for r in range(LANES):
                    p, d = two_product(a[r], b[r])
                    h[r], e = two_sum(h[r], p)
                    l[r] += e + d
            s += 1


@inner
def _accumulate_pairs(factors: Array, side: int, chunks: int, high: Array, low: Array) -> None:
    """Sums of a + c and of (a + c)(b + d) = ab + (ad + cb), where c and d are errors, and cd is too small to count.

    `side` is the first buffer of the left factors: 0 for the columns themselves, 2 for the weighted ones.
    A function of its own: as a branch in `_accumulate` it keeps LLVM from vectorising either (6.0 against 3.7 ns a row).
    """
    q = factors.shape[0]
    s = 1 + q
    for i in range(q):
        h, l = high[1 + i], low[1 + i]
        for t in range(chunks):
            a, c = factors[i, side, t], factors[i, side + 1, t]
            for r in range(LANES):
                h[r], e = two_sum(h[r], a[r])
                l[r] += e + c[r]
        for j in range(i, q):
            h, l = high[s], low[s]
            for t in range(chunks):
                a, c = factors[i, side, t], factors[i, side + 1, t]
                b, d = factors[j, 0, t], factors[j, 1, t]
                for r in range(LANES):
                    p, f = two_product(a[r], b[r])
                    h[r], e = two_sum(h[r], p)
                    l[r] += (e + f) + (a[r] * d[r] + c[r] * b[r])
            s += 1


@inner
def _weigh(weight: Array, factors: Array, chunks: int, high: Array, low: Array) -> None:
    """Left factors weight * (value + error), and the sum of the weights."""
    h, l = high[0], low[0]
    for t in range(chunks):
        some = weight[t * LANES : (t + 1) * LANES]
        w = factors[0, 2, t]
        for r in range(some.size):
            w[r] = some[r]
        for r in range(some.size, LANES):
            w[r] = 0.0
        for r in range(LANES):
            h[r], e = two_sum(h[r], w[r])
            l[r] += e
        for i in range(factors.shape[0] - 1, -1, -1):  # column 0 last: its row 2 holds the weights until then
            a, c = factors[i, 0, t], factors[i, 1, t]
            b, d = factors[i, 2, t], factors[i, 3, t]
            for r in range(LANES):
                v = w[r]
                p, e = two_product(v, a[r])
                b[r], d[r] = p, e + v * c[r]


@inner
def _accumulate_columns(X: Array, y: Array, weight: Array, shift: Array, room: Array, high: Array, low: Array) -> None:
    """The sums in lanes: GROUP rows at a time through the buffers in `room`."""
    n, q = X.shape[0], X.shape[1] + (y.size > 0)
    factors = room.reshape((q, FACTOR_ROWS, GROUP // LANES, LANES))
    for i in range(q):
        for t in range(-(-min(n, GROUP) // LANES)):
            error = factors[i, 1, t]
            for r in range(LANES):
                error[r] = 0.0
    for first in range(0, n, GROUP):
        chunks = inexact = 0
        for start in range(first, min(first + GROUP, n), LANES):
            stop = min(start + LANES, n)
            _copy(X[start:stop], y[start:stop] if y.size > 0 else y, chunks, factors)
            for i in range(q):
                if shift[1 + i] != 0.0:
                    inexact += _take_off(shift[1 + i], stop - start, factors[i, 0, chunks], factors[i, 1, chunks])
            chunks += 1
        if weight.size > 0:
            _weigh(weight[first : first + GROUP], factors, chunks, high, low)
            _accumulate_pairs(factors, 2, chunks, high, low)
        elif inexact > 0:
            _accumulate_pairs(factors, 0, chunks, high, low)
        else:
            _accumulate(factors, chunks, high, low)


@inner
def _sum_block(X: Array, y: Array, weight: Array, shift: Array, work: Array, out: Array) -> None:
    """The sums of one block of rows, its piece in `out`."""
    n = X.shape[0]
    sums = out.shape[1]
    high, low = work[:sums], work[sums : 2 * sums]
    width = min(n, LANES)
    for s in range(sums):
        for r in range(LANES):
            high[s, r] = 0.0
        for r in range(LANES):
            low[s, r] = 0.0
    _accumulate_columns(X, y, weight, shift, work[2 * sums :], high, low)
    first = 0
    if weight.size == 0:
        out[0, 0], out[1, 0] = n, 0.0
        first = 1
    fold(high[first:], low[first:], width, out[:, first:])


@kernel
def sum_rows(X: Array, y: Array, weight: Array, first: bool, last: bool, levels: Array) -> int:
    """Sums of weights, of columns (those of X, then y) and of products of columns i <= j, about a shift.

    Parameters
    ----------
    X : (n, p), any strides
    y : (n,), any strides, or empty where the last column of X is the target
    weight : (n,), or empty for ones
    first : whether these are the first rows, which decide the shifts; else they are in the row SHIFT of `levels`
    last : whether these are the last rows; the piece is then closed
    levels : (PIECE_ROWS * levels, sums), with levels > log2(blocks) + 1
        In the end, the first PIECE_ROWS rows are the piece.

    Returns
    -------
    int
        n; or the row at which a block begins whose sums are not accurate, as a value in it is not finite or squares leave the
        range that double-double needs. If that is row 0, the block's piece is in `levels` all the same.
    """
    n = X.shape[0]
    q = X.shape[1] + (y.size > 0)
    lanes = 2 * levels.shape[1] + q * FACTOR_ROWS * (GROUP // LANES)
    work = aligned(lanes * LANES).reshape((lanes, LANES))
    out = levels[:PIECE_ROWS]
    if first:
        for i in range(q + 1):
            out[SHIFT, i] = 0.0
    for s in range(q + 1, out.shape[1]):
        out[SHIFT, s] = 0.0
        out[POWER, s] = 0.0
    depth = done = 0
    for start in range(0, n, BLOCK):
        stop = min(start + BLOCK, n)
        v = y[start:stop] if y.size > 0 else y
        w = weight[start:stop] if weight.size > 0 else weight
        block = levels[PIECE_ROWS * depth : PIECE_ROWS * depth + PIECE_ROWS]
        _sum_block(X[start:stop], v, w, out[SHIFT], work, block)
        if first and start == 0 and shift_far_columns(X, y, out):
            _sum_block(X[start:stop], v, w, out[SHIFT], work, out)
        if not is_in_range(X[start:stop], v, out[SHIFT], block):
            return start
        done += 1
        depth = add_equals(levels, depth + 1, done, q)
    add_all(levels, depth, q)
    if last:
        close(out, q)
    return n
