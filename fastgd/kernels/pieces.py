"""Pieces, the sums over some rows: how lanes become one, when it is accurate enough, and how pieces are added.

A block of rows is summed in LANES lanes, which `fold` adds up to the block's piece. Blocks begin at fixed rows, and their pieces
are added in one fixed tree, so that the rows alone decide the bits. `layout` says what a piece holds.

`shift_far_columns` and `is_in_range` decide whether double-double is accurate enough for a block: sums of columns that lie far
from zero are taken about a shift, and columns whose squares leave the range of float64 are first divided by a power of two.
"""

from __future__ import annotations

import numpy as np

from fastgd.kernels._compile import inner, kernel
from fastgd.kernels.double_double import Array, add, multiply
from fastgd.kernels.exact import two_sum
from fastgd.kernels.layout import HIGH, LOW, NOTHING, PIECE_ROWS, POWER, SHIFT

_SMALLEST, _LARGEST = 2.0**-600, 2.0**700  # of squares: divided by the weights, their errors, 2^-106 as large, must not underflow
_MILD_SMALLEST, _MILD_LARGEST = 2.0**-200, 2.0**200  # of weights, and of shifts of columns that hardly vary
_FARTHEST = 2.0**450  # of shifts, whose squares must be well within the range

_FAR, _FAR_OF_LINE = 2.0**-14, 2.0**-34
"""Variance over mean square: below it, subtracting the mean would cost more than 14 of 106 bits, or 34 with one feature.

Several features also lose digits by their condition number, squared: at 10^5 standard deviations from zero and a condition number
of 10^6, 34 bits would cost all but 12 digits. One feature keeps 72 bits, and the loop that needs no shift is three times as fast.
"""


@inner
def fold(high: Array, low: Array, width: int, out: Array) -> None:
    """out[HIGH] + out[LOW] = the sums over the first `width` lanes, the upper half added to the lower until one is left."""
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
        out[HIGH, s] = h[0]
        out[LOW, s] = l[0]


@inner
def shift_far_columns(X: Array, y: Array, out: Array) -> bool:
    """Set the shift of each column that lies far from zero to its first value; returns whether there is one.

    Subtracting the shift from values within a factor of 2 of it is exact (Sterbenz), and makes a constant column exactly zero,
    which tells rank deficiency from noise.
    """
    p = X.shape[1]
    q = p + (y.size > 0)
    far = False
    limit = _FAR_OF_LINE if q == 2 else _FAR
    s = 1 + q
    for i in range(q):
        total, squares = out[HIGH, 1 + i], out[HIGH, s]
        first = X[0, i] if i < p else y[0]
        if squares - total * (total / out[HIGH, 0]) <= limit * squares and first != 0.0:
            out[SHIFT, 1 + i] = first
            far = True
        s += q - i
    return far


@inner
def _is_zero(column: Array) -> bool:
    for r in range(column.size):
        if column[r] != 0.0:
            return False
    return True


@inner
def is_in_range(X: Array, y: Array, shift: Array, out: Array) -> bool:
    """Whether the sums of a block are finite and safe from over- and underflow; sets the exponents, to 0 or NOTHING."""
    p = X.shape[1]
    q = p + (y.size > 0)
    out[POWER, 0] = 0.0
    safe = _MILD_SMALLEST <= out[HIGH, 0] <= _MILD_LARGEST
    s = 1 + q
    for i in range(q):
        square = out[HIGH, s]
        out[POWER, 1 + i] = 0.0
        safe = safe and abs(shift[1 + i]) <= _FARTHEST
        if not _SMALLEST <= square <= _LARGEST:
            if not square < _SMALLEST:
                safe = False
            elif shift[1 + i] != 0.0:  # a column that hardly varies
                safe = safe and _MILD_SMALLEST <= abs(shift[1 + i]) <= _MILD_LARGEST
            elif square == 0.0 and _is_zero(X[:, i] if i < p else y):
                out[POWER, 1 + i] = NOTHING
            else:
                safe = False
        s += q - i
    return safe


@inner
def close(out: Array, q: int) -> None:
    """After the last block: divide shifts by the powers of two of their columns; a column of zeros has exponent 0."""
    for i in range(q + 1):
        if out[POWER, i] == NOTHING:
            out[POWER, i] = 0.0
        elif out[POWER, i] != 0.0 and i > 0:
            out[SHIFT, i] = np.ldexp(out[SHIFT, i], -int(out[POWER, i]))


@inner
def _factor(exponent: float, other: float) -> float:
    """What brings sums divided by 2^exponent to the larger of two exponents; 0 where nothing is left of them."""
    return 2.0 ** max(exponent - other, -2200.0) if exponent < other else 1.0


@inner
def _level(sums: Array, more: Array, q: int) -> None:
    """Bring two pieces to the larger of their exponents: exact but for what is less than 2^-960 of the other piece."""
    for piece, other in ((sums, more), (more, sums)):
        s = 1 + q
        factor = _factor(piece[POWER, 0], other[POWER, 0])
        for part in range(2):
            for t in range(piece.shape[1]):
                piece[part, t] *= factor
        for i in range(1, q + 1):
            factor = _factor(piece[POWER, i], other[POWER, i])
            for part in range(2):
                piece[part, i] *= factor
            for j in range(i, q + 1):
                second = _factor(piece[POWER, j], other[POWER, j])
                for part in range(2):
                    piece[part, s] = piece[part, s] * factor * second
                s += 1
    for i in range(q + 1):
        sums[POWER, i] = more[POWER, i] = max(sums[POWER, i], more[POWER, i])


@inner
def add_piece(sums: Array, more: Array, q: int) -> None:
    """sums += more, for pieces about the same shifts; `more` is overwritten."""
    for i in range(q + 1):
        if sums[POWER, i] != more[POWER, i]:
            _level(sums, more, q)
            break
    high, low = sums[HIGH], sums[LOW]
    more_high, more_low = more[HIGH], more[LOW]
    for s in range(high.size):
        t, e = two_sum(high[s], more_high[s])
        high[s] = t
        low[s] += e + more_low[s]


@inner
def add_equals(levels: Array, depth: int, done: int, q: int) -> int:
    """After a block, add pieces of equally many blocks; returns how many pieces are left.

    A binary counter: each bit set in `done`, the number of blocks so far, is a piece in `levels`.
    """
    while done % 2 == 0:
        done //= 2
        depth -= 1
        end = PIECE_ROWS * depth
        add_piece(levels[end - PIECE_ROWS : end], levels[end : end + PIECE_ROWS], q)
    return depth


@inner
def add_all(levels: Array, depth: int, q: int) -> None:
    """After the last block, add the pieces that are left, the last ones first."""
    while depth > 1:
        depth -= 1
        end = PIECE_ROWS * depth
        add_piece(levels[end - PIECE_ROWS : end], levels[end : end + PIECE_ROWS], q)


@kernel
def add_pieces(pieces: Array, q: int, last: bool) -> None:
    """pieces[0] += (pieces[1] + (pieces[2] + ...)), about the same shifts; the others are overwritten. `last`: close the sum."""
    for k in range(pieces.shape[0] - 1, 0, -1):
        add_piece(pieces[k - 1], pieces[k], q)
    if last:
        close(pieces[0], q)


@inner
def _move_shift(piece: Array, target: Array, q: int) -> None:
    """Sums about other shifts c': with d = c - c', S_i + W d_i and S_ij + d_i S_j + d_j S_i + W d_i d_j."""
    weight = piece[HIGH, 0], piece[LOW, 0]
    s = q * (q + 1) // 2 + q
    for i in range(q, 0, -1):
        d = two_sum(piece[SHIFT, i], -target[i])
        for j in range(q, i - 1, -1):
            e = two_sum(piece[SHIFT, j], -target[j])
            a, b = (piece[HIGH, i], piece[LOW, i]), (piece[HIGH, j], piece[LOW, j])
            moved = add(add(multiply(d, b), multiply(e, a)), multiply(multiply(d, e), weight))
            piece[HIGH, s], piece[LOW, s] = add((piece[HIGH, s], piece[LOW, s]), moved)
            s -= 1
    for i in range(1, q + 1):
        d = two_sum(piece[SHIFT, i], -target[i])
        piece[HIGH, i], piece[LOW, i] = add((piece[HIGH, i], piece[LOW, i]), multiply(d, weight))
    for i in range(1, q + 1):
        piece[SHIFT, i] = target[i]


@kernel
def merge(sums: Array, more: Array, q: int) -> None:
    """sums += more, for closed pieces about any shifts (Chan, Golub & LeVeque 1983, from sums); `more` is overwritten."""
    for piece in (sums, more):
        s = 1 + q
        for i in range(1, q + 1):
            if piece[HIGH, s] == 0.0 and piece[SHIFT, i] == 0.0:
                piece[POWER, i] = NOTHING
            else:
                piece[SHIFT, i] = np.ldexp(piece[SHIFT, i], int(piece[POWER, i]))
            s += q - i + 1
    _level(sums, more, q)
    target = np.zeros(q + 1)
    for i in range(1, q + 1):
        for piece in (sums, more):
            piece[SHIFT, i] = np.ldexp(piece[SHIFT, i], -int(piece[POWER, i])) if piece[POWER, i] > NOTHING else 0.0
        target[i] = sums[SHIFT, i] if sums[SHIFT, i] != 0.0 else more[SHIFT, i]
    _move_shift(sums, target, q)
    _move_shift(more, target, q)
    add_piece(sums, more, q)
    for i in range(1, q + 1):
        sums[POWER, i] = 0.0 if sums[POWER, i] == NOTHING else sums[POWER, i]
