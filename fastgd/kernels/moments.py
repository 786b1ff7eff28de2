"""Sums of rows and of products of columns in double-double: the one pass over the data.

A sum is kept as an unevaluated pair ``high + low``. ``TwoSum`` and ``TwoProduct`` give the rounding error of each addition
and product exactly, and the errors go into ``low``: Ogita, Rump & Oishi (2005), *Accurate sum and dot product*, SIAM J. Sci.
Comput. 26(6). The result is off by about 2^-104 of the sum of magnitudes.

Row r of a block goes to lane r mod LANES; the loops run over lanes, which vectorises, where one accumulator in a scalar
would not. Blocks start at fixed rows and are added in one fixed tree, so that the rows alone decide the bits.

A piece of that tree is an array (4, sums) with sums = 1 + q + q (q + 1) / 2 for q columns: high and low parts of the sums of
weights, of the columns less their shifts, and of their products i <= j; then the shifts, at 1 : q + 1, and for sums that are not
in double-double what is not known of each square, as a share of it, at 1 + q : 1 + 2q; then the exponents of the powers of two by
which weights and columns were divided, at 0 : q + 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fastgd.kernels._compile import inlined, inner, kernel
from fastgd.kernels._double_double import add, multiply
from fastgd.kernels._exact import CACHE_LINE, aligned, as_run, prefetch, two_product, two_sum

LANES = 128
"""Rows summed side by side, which decides the bits. To begin a loop over them costs 5 ns, as much as a third of the loop."""

GROUP = 512
"""Rows whose columns are laid side by side, and summed pair of columns by pair: the accumulators of one pair stay in the
first-level cache for them. ns a row of 11 and of 40 columns, gathering not counted: 128 rows 11.6 and 168, 512 rows 9.9 and 112.
"""

BLOCK = 4096
"""Rows a block: folding the lanes into one sum costs 0.1 ns a row at this size."""

AHEAD = 256
"""Rows from those being summed to those being fetched from memory."""

LINE_SUMS = 6
"""Of a line: the weights, x, y, and their products."""

FACTOR_ROWS = 4
"""Lane buffers a column: value and rest, as the right factor and, weighted, as the left."""

_SMALLEST, _LARGEST = 2.0**-600, 2.0**700  # of squares: divided by the weights, their errors, 2^-106 as large, must not underflow
_MILD_SMALLEST, _MILD_LARGEST = 2.0**-200, 2.0**200  # of weights, and of shifts of columns that hardly vary
_FARTHEST = 2.0**450  # of shifts: their squares are in range with room
NOTHING = -4096.0
"""Exponent of a column that is zero throughout a block, whatever it is elsewhere."""

_FAR, _FAR_OF_LINE = 2.0**-14, 2.0**-34
"""Variance over mean square: below it, taking the mean out would cost over 14 of 106 bits, or of one feature 34.

Several features lose their condition besides, squared: at 10^5 standard deviations from zero and a condition of 10^6, 34 bits
cost all but 12 digits. One feature has 72 bits left, and the loop that reads it where it lies is three times as fast.
"""


@inner
def _copy(X: NDArray[np.float64], y: NDArray[np.float64], t: int, factors: NDArray[np.float64]) -> None:
    """Values of at most LANES rows, gathered by column, then zeros. Apart from the arithmetic, which would not vectorise here."""
    m, p = X.shape
    for i in range(factors.shape[0]):
        value = factors[i, 0, t]
        column = X[:, i] if i < p else y
        for r in range(m):
            value[r] = column[r]
        for r in range(m, LANES):
            value[r] = 0.0


@inner
def _take_off(shift: float, m: int, value: NDArray[np.float64], rest: NDArray[np.float64]) -> int:
    """m values minus shift, exactly, as value + rest; returns how many rests are not zero."""
    for r in range(m):
        value[r], rest[r] = two_sum(value[r], -shift)
    for r in range(m, LANES):
        rest[r] = 0.0
    inexact = 0
    for r in range(m):
        inexact += rest[r] != 0.0
    return inexact


@inner
def _accumulate(factors: NDArray[np.float64], chunks: int, high: NDArray[np.float64], low: NDArray[np.float64]) -> None:
    """Sums of columns and of products of columns over m rows, no weights, no rests."""
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


@inlined
def _accumulate_points(
    x: NDArray[np.float64], y: NDArray[np.float64], m: int, high: NDArray[np.float64], low: NDArray[np.float64]
) -> None:
    """`_accumulate` for two columns of m rows."""
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
def _accumulate_line(
    x: NDArray[np.float64], y: NDArray[np.float64], high: NDArray[np.float64], low: NDArray[np.float64]
) -> None:
    """`_accumulate` for two columns, over a whole block, in one loop that reads the columns where they lie.

    0.7 ns a row, from memory too. Whole lanes have a loop of their own, whose number of rows LLVM knows: one for any number took
    twice as long, and for 100 rows the same.
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
def _accumulate_pairs(
    factors: NDArray[np.float64], side: int, chunks: int, high: NDArray[np.float64], low: NDArray[np.float64]
) -> None:
    """`_accumulate` with the rests: (a + c)(b + d) = ab + (ad + cb), cd being too small to count.

    `side` is the buffer row of the left factors: 0 for the columns themselves, 2 for the weighted ones.
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
def _weigh(
    weight: NDArray[np.float64], factors: NDArray[np.float64], chunks: int, high: NDArray[np.float64], low: NDArray[np.float64]
) -> None:
    """Left factors weight * (value + rest), and the sum of the weights."""
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
def _factor(exponent: float, other: float) -> float:
    """What brings sums divided by 2^exponent to the larger of two exponents; 0 where that leaves nothing of them."""
    return 2.0 ** max(exponent - other, -2200.0) if exponent < other else 1.0


@inner
def _level(sums: NDArray[np.float64], more: NDArray[np.float64], q: int) -> None:
    """Bring two pieces to the larger of their exponents: exact but for what is 2^-960 as small as the other piece."""
    for piece, other in ((sums, more), (more, sums)):
        s = 1 + q
        factor = _factor(piece[3, 0], other[3, 0])
        for part in range(2):
            for t in range(piece.shape[1]):
                piece[part, t] *= factor
        for i in range(1, q + 1):
            factor = _factor(piece[3, i], other[3, i])
            for part in range(2):
                piece[part, i] *= factor
            for j in range(i, q + 1):
                second = _factor(piece[3, j], other[3, j])
                for part in range(2):
                    piece[part, s] = piece[part, s] * factor * second
                s += 1
    for i in range(q + 1):
        sums[3, i] = more[3, i] = max(sums[3, i], more[3, i])


@inner
def _add_piece(sums: NDArray[np.float64], more: NDArray[np.float64], q: int) -> None:
    """sums += more, for pieces about the same shifts; `more` is spent."""
    for i in range(q + 1):
        if sums[3, i] != more[3, i]:
            _level(sums, more, q)
            break
    high, low = sums[0], sums[1]
    value, rest = more[0], more[1]
    for s in range(high.size):
        t, e = two_sum(high[s], value[s])
        high[s] = t
        low[s] += e + rest[s]


@inner
def _fold(high: NDArray[np.float64], low: NDArray[np.float64], width: int, out: NDArray[np.float64]) -> None:
    """out[0] + out[1] = sums over the first `width` lanes, upper half onto lower."""
    for s in range(high.shape[0]):
        h, l = high[s], low[s]
        w = width
        while w > 1:
            half = (w + 1) // 2
            for r in range(w - half):
                t, e = two_sum(h[r], h[half + r])
                h[r] = t
                l[r] += e + l[half + r]
            w = half
        out[0, s] = h[0]
        out[1, s] = l[0]


@inner
def _accumulate_columns(
    X: NDArray[np.float64],
    y: NDArray[np.float64],
    weight: NDArray[np.float64],
    shift: NDArray[np.float64],
    room: NDArray[np.float64],
    high: NDArray[np.float64],
    low: NDArray[np.float64],
) -> None:
    """Any number of columns, weights and shifts, GROUP rows at a time through the buffer `room`."""
    n, q = X.shape[0], X.shape[1] + (y.size > 0)
    factors = room.reshape((q, FACTOR_ROWS, GROUP // LANES, LANES))
    for i in range(q):
        for t in range(-(-min(n, GROUP) // LANES)):
            rest = factors[i, 1, t]
            for r in range(LANES):
                rest[r] = 0.0
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
def _sum_block(
    X: NDArray[np.float64],
    y: NDArray[np.float64],
    weight: NDArray[np.float64],
    shift: NDArray[np.float64],
    work: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """out[0] + out[1] = the sums of one block of rows."""
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
    _fold(high[first:], low[first:], width, out[:, first:])


@inner
def _run(column: NDArray[np.float64]) -> NDArray[np.float64]:
    """A column where it lies, if its numbers follow each other; else a copy, which stays in cache: 0.5 ns a row of (x, y)."""
    if column.strides[0] == column.itemsize:
        return as_run(column)
    copy = np.empty((1, column.size))[0]
    for r in range(column.size):
        copy[r] = column[r]
    return copy


@inlined
def _sum_block_of_line(
    X: NDArray[np.float64], y: NDArray[np.float64], work: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """`_sum_block` for two columns, no weights, no shifts: with the same bits."""
    width = min(X.shape[0], LANES)
    high, low = work[:LINE_SUMS], work[LINE_SUMS:]
    for s in range(LINE_SUMS):
        for r in range(width):
            high[s, r] = 0.0
            low[s, r] = 0.0
    _accumulate_line(_run(X[:, 0]), _run(y if y.size > 0 else X[:, 1]), high, low)
    out[0, 0], out[1, 0] = X.shape[0], 0.0
    _fold(high[1:], low[1:], width, out[:, 1:])


@inner
def _shift_far_columns(X: NDArray[np.float64], y: NDArray[np.float64], out: NDArray[np.float64]) -> bool:
    """Set the shift of each column that lies far from zero to its first value; returns whether there is one.

    Values within a factor 2 of the shift lose nothing in the subtraction (Sterbenz), and a constant column becomes
    zero exactly, which is how rank deficiency is told from noise.
    """
    p = X.shape[1]
    q = p + (y.size > 0)
    far = False
    limit = _FAR_OF_LINE if q == 2 else _FAR
    s = 1 + q
    for i in range(q):
        total, squares = out[0, 1 + i], out[0, s]
        first = X[0, i] if i < p else y[0]
        if squares - total * (total / out[0, 0]) <= limit * squares and first != 0.0:
            out[2, 1 + i] = first
            far = True
        s += q - i
    return far


@inner
def _is_zero(column: NDArray[np.float64]) -> bool:
    for r in range(column.size):
        if column[r] != 0.0:
            return False
    return True


@inner
def _in_range(X: NDArray[np.float64], y: NDArray[np.float64], shift: NDArray[np.float64], out: NDArray[np.float64]) -> bool:
    """Whether the sums of a block are finite and safe from over- and underflow; sets the exponents, all but `NOTHING` being 0."""
    p = X.shape[1]
    q = p + (y.size > 0)
    out[3, 0] = 0.0
    safe = _MILD_SMALLEST <= out[0, 0] <= _MILD_LARGEST
    s = 1 + q
    for i in range(q):
        square = out[0, s]
        out[3, 1 + i] = 0.0
        safe = safe and abs(shift[1 + i]) <= _FARTHEST
        if not _SMALLEST <= square <= _LARGEST:
            if not square < _SMALLEST:
                safe = False
            elif shift[1 + i] != 0.0:  # a column that hardly varies
                safe = safe and _MILD_SMALLEST <= abs(shift[1 + i]) <= _MILD_LARGEST
            elif square == 0.0 and _is_zero(X[:, i] if i < p else y):
                out[3, 1 + i] = NOTHING
            else:
                safe = False
        s += q - i
    return safe


@inner
def _close(out: NDArray[np.float64], q: int) -> None:
    """Shifts in the units of the sums, and no exponent for a column that is zero throughout."""
    for i in range(q + 1):
        if out[3, i] == NOTHING:
            out[3, i] = 0.0
        elif out[3, i] != 0.0 and i > 0:
            out[2, i] = np.ldexp(out[2, i], -int(out[3, i]))


@inner
def _merge_equals(levels: NDArray[np.float64], depth: int, done: int, q: int) -> int:
    """After a block, the new depth: a binary counter, in which each set bit of the blocks done is a level, and equals merge."""
    while done % 2 == 0:
        done //= 2
        depth -= 1
        _add_piece(levels[4 * depth - 4 : 4 * depth], levels[4 * depth : 4 * depth + 4], q)
    return depth


@inner
def _merge_rest(levels: NDArray[np.float64], depth: int, q: int) -> None:
    """After the last block: the levels become one."""
    while depth > 1:
        depth -= 1
        _add_piece(levels[4 * depth - 4 : 4 * depth], levels[4 * depth : 4 * depth + 4], q)


@kernel
def sum_rows(
    X: NDArray[np.float64],
    y: NDArray[np.float64],
    weight: NDArray[np.float64],
    first: bool,
    last: bool,
    levels: NDArray[np.float64],
) -> int:
    """Sums of weights, of columns (those of X, then y) and of products of columns i <= j, about a shift.

    Parameters
    ----------
    X : (n, p), any strides
    y : (n,), any strides, or empty where the last column of X is the target
    weight : (n,), or empty for ones
    first : whether these are the first rows, which decide the shifts; else levels[2] holds them
    last : whether these are all rows: shifts are then divided by the powers of two as the columns were
    levels : (4 * levels, sums), levels > log2(blocks) + 1
        In the end, levels[:4] is the piece.

    Returns
    -------
    int
        n; or where the block begins that was not summed well, for not all in it is finite or squares left the range that
        double-double needs. If that is 0, levels[:4] is its piece all the same.
    """
    n = X.shape[0]
    q = X.shape[1] + (y.size > 0)
    lanes = 2 * levels.shape[1] + q * FACTOR_ROWS * (GROUP // LANES)
    work = aligned(lanes * LANES).reshape((lanes, LANES))
    out = levels[:4]
    if first:
        for i in range(q + 1):
            out[2, i] = 0.0
    for s in range(q + 1, out.shape[1]):
        out[2, s] = 0.0
        out[3, s] = 0.0
    depth = done = 0
    for start in range(0, n, BLOCK):
        stop = min(start + BLOCK, n)
        v = y[start:stop] if y.size > 0 else y
        w = weight[start:stop] if weight.size > 0 else weight
        block = levels[4 * depth : 4 * depth + 4]
        _sum_block(X[start:stop], v, w, out[2], work, block)
        if first and start == 0 and _shift_far_columns(X, y, out):
            _sum_block(X[start:stop], v, w, out[2], work, out)
        if not _in_range(X[start:stop], v, out[2], block):
            return start
        done += 1
        depth = _merge_equals(levels, depth + 1, done, q)
    _merge_rest(levels, depth, q)
    if last:
        _close(out, q)
    return n


@kernel
def sum_short_line(X: NDArray[np.float64], y: NDArray[np.float64], out: NDArray[np.float64]) -> int:
    """`sum_line` for the first and last rows of all, at most BLOCK of them, without what joins blocks."""
    for s in range(LINE_SUMS):
        out[2, s] = 0.0
        out[3, s] = 0.0
    _sum_block_of_line(X, y, np.empty((2 * LINE_SUMS, LANES)), out)
    if _shift_far_columns(X, y, out):
        return -1
    if not _in_range(X, y, out[2], out):
        return 0
    _close(out, 2)
    return X.shape[0]


@kernel
def sum_line(X: NDArray[np.float64], y: NDArray[np.float64], first: bool, last: bool, levels: NDArray[np.float64]) -> int:
    """`sum_rows` for two columns, no weights, no shifts, with the same bits; a kernel of its own for the sake of a first fit,
    which takes three seconds less to compile without what others need.

    Returns -1 where columns lie far from zero, which call for shifts.
    """
    n = X.shape[0]
    work = aligned(2 * LINE_SUMS * LANES).reshape((2 * LINE_SUMS, LANES))
    out = levels[:4]
    for s in range(LINE_SUMS):
        out[2, s] = 0.0
        out[3, s] = 0.0
    depth = done = 0
    for start in range(0, n, BLOCK):
        stop = min(start + BLOCK, n)
        v = y[start:stop] if y.size > 0 else y
        block = levels[4 * depth : 4 * depth + 4]
        _sum_block_of_line(X[start:stop], v, work, block)
        if first and start == 0 and _shift_far_columns(X, y, out):
            return -1
        if not _in_range(X[start:stop], v, out[2], block):
            return start
        done += 1
        depth = _merge_equals(levels, depth + 1, done, 2)
    _merge_rest(levels, depth, 2)
    if last:
        _close(out, 2)
    return n


@kernel
def add_pieces(pieces: NDArray[np.float64], q: int, last: bool) -> None:
    """pieces[0] += (pieces[1] + (pieces[2] + ...)), (k, 4, sums), about the same shifts; the others are spent."""
    for k in range(pieces.shape[0] - 1, 0, -1):
        _add_piece(pieces[k - 1], pieces[k], q)
    if last:
        _close(pieces[0], q)


@inner
def _move_shift(piece: NDArray[np.float64], target: NDArray[np.float64], q: int) -> None:
    """Sums about other shifts c': with d = c - c', S_i + W d_i and S_ij + d_i S_j + d_j S_i + W d_i d_j."""
    weight = piece[0, 0], piece[1, 0]
    s = q * (q + 1) // 2 + q
    for i in range(q, 0, -1):
        d = two_sum(piece[2, i], -target[i])
        for j in range(q, i - 1, -1):
            e = two_sum(piece[2, j], -target[j])
            a, b = (piece[0, i], piece[1, i]), (piece[0, j], piece[1, j])
            moved = add(add(multiply(d, b), multiply(e, a)), multiply(multiply(d, e), weight))
            piece[0, s], piece[1, s] = add((piece[0, s], piece[1, s]), moved)
            s -= 1
    for i in range(1, q + 1):
        d = two_sum(piece[2, i], -target[i])
        piece[0, i], piece[1, i] = add((piece[0, i], piece[1, i]), multiply(d, weight))
    for i in range(1, q + 1):
        piece[2, i] = target[i]


@kernel
def merge(sums: NDArray[np.float64], more: NDArray[np.float64], q: int) -> None:
    """sums += more, for closed pieces about any shifts (Chan, Golub & LeVeque 1983, from sums); `more` is spent."""
    for piece in (sums, more):
        s = 1 + q
        for i in range(1, q + 1):
            if piece[0, s] == 0.0 and piece[2, i] == 0.0:
                piece[3, i] = NOTHING
            else:
                piece[2, i] = np.ldexp(piece[2, i], int(piece[3, i]))
            s += q - i + 1
    _level(sums, more, q)
    target = np.zeros(q + 1)
    for i in range(1, q + 1):
        for piece in (sums, more):
            piece[2, i] = np.ldexp(piece[2, i], -int(piece[3, i])) if piece[3, i] > NOTHING else 0.0
        target[i] = sums[2, i] if sums[2, i] != 0.0 else more[2, i]
    _move_shift(sums, target, q)
    _move_shift(more, target, q)
    _add_piece(sums, more, q)
    for i in range(1, q + 1):
        sums[3, i] = 0.0 if sums[3, i] == NOTHING else sums[3, i]
        sums[2, q + i] = max(sums[2, q + i], more[2, q + i])
