"""Rows in the order of their source, reduced to sums: in memory, from a stream, on threads or on a cluster, with the same bits.

Rows are summed in blocks, which begin at fixed rows, and the sums of blocks are added in one binary tree. A segment holds what
the rows `start` to `stop` of a source make of that tree: its largest whole subtrees, and as rows those of blocks that a border
of the segment cuts. Segments side by side can be joined: wherever the cuts are, the tree of the whole is the same.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from functools import cache
from threading import Lock
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastgd.errors import DataError
from fastgd.packing import is_count, require
from fastgd.sources.table import EMPTY, Table, as_float64

if TYPE_CHECKING:
    from concurrent.futures import Executor

Array = NDArray[np.float64]

_THREADED, _CONVERTED, _READY = 4, 6, 12
"""Levels of the subtrees summed at a time: on threads 65,536 rows, so that 10^6 rows give each of two its half; of values to be
converted first four times as many; of others more, as each costs Python some 20 microseconds."""

LINE = 2
"""Columns of a line, x and y."""

SHORT = 4096
"""Rows that `sum_short_line` takes, a block: known here without the kernels, of which a longer line then needs others."""

LARGEST_EXPONENT = 1100
"""Of a power of two by which columns are divided: those of float64's numbers, with room."""
_LARGEST_WEIGHT, _LARGEST_SHIFT, _LARGEST_SUM = 2.0**270, 2.0**450, 2.0**770
"""Of a block, weights are from 2^-200 to 2^200 and other sums below 2^700, and no data have 2^70 blocks."""
_ROUNDING, _UNDERFLOW = 2.0**-22, 2.0**-500
"""More than the rounding of sums, and of products of columns that lie 2^26 standard deviations from zero."""
_MANY_COLUMNS = 4000  # whose sums may be more than a small machine holds, 1 GB while blocks are added
_MOST_COLUMNS = 2**16
"""The sums of more would take 70 GB."""

_compiling = Lock()


@cache
def moments_kernels() -> ModuleType:
    """The kernels of the sums; importing them is what loads numba."""
    from fastgd.kernels import moments

    return moments


@cache
def summing(name: str) -> Any:
    """`sum_rows` or `sum_line`, compiled or loaded for any strided float64 arrays, writeable or not."""
    kernel = getattr(moments_kernels(), name)
    with _compiling:
        if hasattr(kernel, "compile") and not kernel.signatures:  # no dispatcher under NUMBA_DISABLE_JIT
            from numba import types

            matrix = types.Array(types.float64, 2, "A", readonly=True)
            vector = types.Array(types.float64, 1, "A", readonly=True)
            flags = () if name == "sum_short_line" else (types.boolean, types.boolean)
            weight = (vector,) if name == "sum_rows" else ()
            kernel.compile((matrix, vector, *weight, *flags, types.float64[:, ::1]))
            kernel.disable_compile()
    return kernel


def sums_of(q: int) -> int:
    """Sums over q columns: of the weights, of the columns and of products of two."""
    return 1 + q + q * (q + 1) // 2


def columns_of(sums: Array) -> int:
    """The q of `sums_of`."""
    return int((np.sqrt(8 * sums.shape[1] + 1) - 3) / 2)


def levels_of(n: int, block: int) -> int:
    """Rows of the workspace in which `sum_rows` adds up the blocks of n rows."""
    return 4 * ((n // block).bit_length() + 2)


def require_sums(sums: Array, q: int) -> None:
    """Refuse a closed piece that cannot be that of rows of q columns.

    Of rows, (sum w u)^2 <= (sum w) (sum w u^2), and likewise for the products of two columns (Cauchy-Schwarz).
    """
    require(q > 1 and sums.shape == (4, sums_of(q)), f"their sums are not those of {q} columns")
    (high, low), shift, exponents = sums[:2], sums[2, 1 : q + 1], sums[3]
    known = (np.abs(exponents) <= LARGEST_EXPONENT) & (exponents == np.trunc(exponents))
    require(bool(known.all()), "an exponent in them is none")
    require(bool(1.0 / _LARGEST_WEIGHT <= high[0] <= _LARGEST_WEIGHT), "the sum of their weights is none")
    require(bool((np.abs(shift) <= _LARGEST_SHIFT).all()), "a shift in them is none")
    i, j = np.triu_indices(q)
    with np.errstate(all="ignore"):
        size = np.sqrt(high[0]) * np.hypot(_ROUNDING * shift, _UNDERFLOW)
        size = np.concatenate([[np.sqrt(high[0])], np.hypot(np.sqrt(np.abs(high[1 + q :][i == j])), size)])
        most = np.concatenate([size[:1] * size[: q + 1], size[1 + i] * size[1 + j]])
        good = (np.abs(high) <= np.minimum((1.0 + _ROUNDING) * most, _LARGEST_SUM)) & (np.abs(low) <= _ROUNDING * most)
        far = np.ldexp([shift, size[1:] / size[0] / 4.0], exponents[1 : q + 1].astype(np.int64))
    require(bool(good.all() and np.isfinite(far).all()), "their sums are those of no rows")


def _require_room(q: int) -> None:
    """Refuse more columns than this machine can hold the sums of: a short file with many takes as much as a long one."""
    needed = 8 * levels_of(1, 1) * sums_of(q)
    held = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else math.inf
    if needed > held:
        raise DataError(
            f"{q - 1:,} features: the sums of their products take {needed / 2**30:,.0f} GiB, and this machine has "
            f"{held / 2**30:,.0f}: name those to be used, features=[...]"
        )


class _Border:
    """Rows of a block that is cut: columns, then the weight. Those past `n` do not count."""

    __slots__ = ("n", "rows", "weighted")

    def __init__(self, rows: Array, n: int = 0, weighted: bool = False) -> None:
        self.rows = rows
        self.n = n
        self.weighted = weighted

    def copy(self) -> _Border:
        return _Border(self.rows[: self.n].copy(), self.n, self.weighted)

    def is_whole(self, q: int) -> bool:
        """Whether it holds rows of q columns and a weight, as many as it says."""
        if self.rows.shape != (self.n, q + 1) or type(self.weighted) is not bool:
            return False
        weight = self.rows[:, -1]
        return bool((weight > 0.0).all() if self.weighted else (weight == 1.0).all())

    def with_rows(self, table: Table, start: int, stop: int, block: int) -> _Border:
        """These and the rows `start` to `stop` of a table, checked now, as they may be summed much later."""
        n = self.n + stop - start
        rows = self.rows
        if len(rows) < n:
            rows = np.empty((block, rows.shape[1]))  # once: a stream may bring single rows
            rows[: self.n] = self.rows[: self.n]
        new = rows[self.n : n]
        X = as_float64(table.X[start:stop])
        new[:, : X.shape[1]] = X
        if table.y is not EMPTY:
            new[:, -2] = as_float64(table.y[start:stop])
        weighted = table.weight is not EMPTY
        new[:, -1] = table.weight[start:stop] if weighted else 1.0
        if not np.isfinite(new).all():
            table.refuse_bad_cell()
        return _Border(rows, n, self.weighted or weighted)

    def table(self) -> Table:
        table = Table(self.rows[: self.n, :-1])
        if self.weighted:
            table.weight = self.rows[: self.n, -1]
        return table


_KEYS = {"q", "start", "stop", "shift", "borders", "pieces"}


class Segment:
    """Sums over the rows `start` to `stop` of a source.

    Parameters
    ----------
    q : int
        Columns, the target among them as the last.
    start : int
    shift : ndarray of shape (q + 1,), optional
        From 1 on, what is taken off each column before it is summed. The first block of the source decides it.
    """

    __slots__ = ("_head", "_pieces", "_tail", "q", "shift", "start", "stop")

    def __init__(self, q: int, start: int = 0, shift: Array | None = None) -> None:
        if q > _MANY_COLUMNS:
            _require_room(q)
        self.q = q
        self.start = self.stop = start
        self.shift = shift
        self._pieces: dict[tuple[int, int], Array] = {}  # (level, index): the blocks from index 2^level to (index + 1) 2^level
        self._head = _Border(np.empty((0, q + 1)))  # up to the first row on which a block begins
        self._tail = _Border(np.empty((0, q + 1)))

    def copy(self) -> Segment:
        """A segment that does not see what this one is given later."""
        other = Segment(self.q, self.start, self.shift)
        other.stop, other._pieces = self.stop, dict(self._pieces)
        other._head, other._tail = self._head.copy(), self._tail.copy()
        return other

    def beside(self) -> Segment:
        """The same to add to, while this one stays as it is: what `add` changes it replaces, or writes past where this one ends.

        Of two made beside one segment only one may be added to.
        """
        other = Segment(self.q, self.start, self.shift)
        other.stop, other._pieces, other._head, other._tail = self.stop, self._pieces, self._head, self._tail
        return other

    @property
    def n(self) -> int:
        """Number of rows."""
        return self.stop - self.start

    @property
    def _border(self) -> int:
        """The first row, from `start` on, on which a block begins."""
        block: int = moments_kernels().BLOCK
        return -(-self.start // block) * block

    def add(self, table: Table, pool: Executor | None = None) -> None:
        """Add the rows that follow; whatever fails, the segment stays as it was.

        Raises
        ------
        DataError
            For the first value that is not a finite number, by its place.
        """
        n, block = len(table.X), moments_kernels().BLOCK
        shift, pieces, head, tail, stop = self.shift, self._pieces, self._head, self._tail, self.stop
        done = 0
        if stop < self._border and n:
            done = min(n, self._border - stop)
            head = head.with_rows(table, 0, done, block)
        if done < n and (tail.n or n - done < block):
            more = min(n - done, block - tail.n)
            tail = tail.with_rows(table, done, done + more, block)
            done += more
            if tail.n == block:
                pieces, shift = _with_blocks(pieces, shift, tail.table(), (stop + done) // block - 1, None)
                tail = _Border(np.empty((0, self.q + 1)))
        rest = (n - done) % block
        if n - done >= block:
            whole = table.part(done, n - rest) if done or rest else table
            pieces, shift = _with_blocks(pieces, shift, whole, (stop + done) // block, pool)
        if done < n and rest:
            tail = tail.with_rows(table, n - rest, n, block)
        self.shift, self._pieces, self._head, self._tail, self.stop = shift, pieces, head, tail, stop + n

    def joined(self, other: Segment) -> Segment | None:
        """The segment of this one's rows and those of `other`; None if `other` does not follow with the same shifts."""
        if other.start != self.stop:
            return None
        whole = self.copy()
        if whole.shift is None and whole.start:
            whole.shift = other.shift
        whole.add(other._head.table())
        if other.stop > whole.stop:
            if whole.shift is None or other.shift is None or not np.array_equal(whole.shift, other.shift):
                return None
            for (level, index), sums in other._pieces.items():
                _put(whole._pieces, level, index, sums)
            whole.stop = other.stop - other._tail.n
            whole.add(other._tail.table())
        return whole

    def content(self) -> tuple[dict[str, Any], list[Array]]:
        """All of the segment as JSON and arrays."""
        arrays = [] if self.shift is None else [self.shift]
        borders = [[border.n, border.weighted] for border in (self._head, self._tail)]
        arrays += [self._head.rows[: self._head.n], self._tail.rows[: self._tail.n], *self._pieces.values()]
        held = {"shift": self.shift is not None, "borders": borders, "pieces": list(self._pieces)}
        return {"q": self.q, "start": self.start, "stop": self.stop, **held}, arrays

    @classmethod
    def of_content(cls, held: dict[str, Any], arrays: list[Array]) -> Segment:
        """The segment that gave this content; a `DataError` for what none can have given, as it would lead kernels astray."""
        require(isinstance(held, dict) and held.keys() == _KEYS, "the keys of their segment are others")
        q, start, stop = held["q"], held["start"], held["stop"]
        require(is_count(q, _MOST_COLUMNS) and q > 1, f"the number of their columns is not from 2 to {_MOST_COLUMNS:,}")
        require(is_count(start) and is_count(stop) and start <= stop, "their rows end before they begin")
        require(type(held["shift"]) is bool and len(arrays) >= held["shift"] + 2, "arrays are missing")
        segment = cls(q, start, arrays.pop(0) if held["shift"] else None)
        segment.stop = stop
        require(segment.shift is None or segment.shift.shape == (q + 1,), "their shifts are not one a column")
        block: int = moments_kernels().BLOCK
        first, last = segment._border // block, stop // block
        tail = stop % block if last >= first else 0
        head = min(stop, segment._border) - start
        try:
            borders = [_Border(arrays.pop(0), n, weighted) for n, weighted in held["borders"]]
            pieces = {(level, index): sums for (level, index), sums in zip(held["pieces"], arrays, strict=True)}
        except (TypeError, ValueError, IndexError):
            borders, pieces = [], {}
        require([border.n for border in borders] == [head, tail], "the rows at their borders are not as many as the blocks leave")
        require(all(border.is_whole(q) for border in borders), "the rows at their borders are none")
        found = all(is_count(place) for key in pieces for place in key) and pieces.keys() == set(_groups(first, last, 63))
        require(found, "their sums are not those of the blocks of their rows")
        require(not pieces or segment.shift is not None, "their sums lack the shifts")
        for sums in pieces.values():
            require(sums.shape == (4, sums_of(q)), f"their sums are not those of {q} columns")
            closed = sums[np.newaxis].copy()
            moments_kernels().add_pieces(closed, q, True)
            require_sums(closed[0], q)
        segment._head, segment._tail = borders
        segment._pieces = pieces
        return segment

    def total(self) -> Array:
        """The sums as one closed piece."""
        kernels = moments_kernels()
        pieces = self._pieces
        if self._tail.n:
            pieces, _ = _with_blocks(pieces, self.shift, self._tail.table(), self.stop // kernels.BLOCK, None)
        parts = [pieces[key] for key in sorted(pieces, key=lambda key: key[1] << key[0])]
        if self._head.n:
            found, _ = _with_blocks({}, self.shift, self._head.table(), 0, None)
            parts.insert(0, found[0, 0])
        if len(parts) == 0:
            raise DataError("no rows: nothing has been added to these moments yet")
        stacked = np.stack(parts)
        kernels.add_pieces(stacked, self.q, True)
        total: Array = stacked[0]
        return total


def _with_blocks(
    pieces: dict[tuple[int, int], Array], shift: Array | None, table: Table, first: int, pool: Executor | None
) -> tuple[dict[tuple[int, int], Array], Array]:
    """Pieces and shift after whole blocks, or one that is not whole, from block `first` on."""
    kernels = moments_kernels()
    block, n = kernels.BLOCK, len(table.X)
    last = first + -(-n // block)
    pieces = dict(pieces)
    if shift is None:
        if first > 0:
            raise DataError(
                f"these rows, from row {first * block:,} on, need to know the first {block:,}: begin with Moments.starting_at "
                "of moments that have seen them"
            )
        sums = _sum(table.part(0, block) if n > block else table, None)
        shift = sums[2, : table.n_columns + 1].copy()
        _put(pieces, 0, 0, sums)
        first = 1
    level = _THREADED if pool is not None else _READY if table.is_ready() else _CONVERTED
    groups = list(_groups(first, last, level))
    start = last - -(-n // block)

    def sum_group(group: tuple[int, int]) -> Array:
        level, index = group
        a = ((index << level) - start) * block
        return _sum(table.part(a, min(a + (block << level), n)), shift)

    for group, sums in zip(groups, map(sum_group, groups) if pool is None else pool.map(sum_group, groups), strict=True):
        _put(pieces, *group, sums)
    return pieces, shift


def _groups(first: int, last: int, most: int) -> Iterator[tuple[int, int]]:
    """The largest subtrees, up to a level, that make up the blocks `first` to `last`."""
    while first < last:
        level = min(most, (last - first).bit_length() - 1)
        if first:
            level = min(level, (first & -first).bit_length() - 1)
        yield level, first >> level
        first += 1 << level


def _put(pieces: dict[tuple[int, int], Array], level: int, index: int, sums: Array) -> None:
    """Add a subtree, and each that it completes with the one beside it; no array that is in `pieces` changes."""
    while True:
        beside = pieces.pop((level, index ^ 1), None)
        if beside is None:
            break
        pair = np.stack([beside, sums] if index & 1 else [sums, beside])
        moments_kernels().add_pieces(pair, columns_of(sums), False)
        level, index, sums = level + 1, index >> 1, pair[0]
    pieces[level, index] = sums


def _sum(table: Table, shift: Array | None) -> Array:
    """The piece of some blocks; the first of the source decide the shift."""
    X, y, weight = as_float64(table.X), as_float64(table.y), as_float64(table.weight)
    kernels, n = moments_kernels(), len(X)
    levels = np.empty((levels_of(n, kernels.BLOCK), sums_of(table.n_columns)))
    if shift is not None:
        levels[2, : len(shift)] = shift
    done = -1
    if table.n_columns == LINE and weight is EMPTY and (shift is None or not shift.any()):
        done = summing("sum_line")(X, y, shift is None, False, levels)
    if done < 0:
        done = summing("sum_rows")(X, y, weight, shift is None, False, levels)
    if done == n:
        return levels[:4].copy()
    if n <= kernels.BLOCK:
        return _sum_scaled(table, X, y, weight, shift)
    pieces: dict[tuple[int, int], Array] = {}
    for index in range(n // kernels.BLOCK):
        _put(pieces, 0, index, _sum(table.part(index * kernels.BLOCK, (index + 1) * kernels.BLOCK), shift))
    [sums] = pieces.values()
    return sums


def _sum_scaled(table: Table, X: Array, y: Array, weight: Array, shift: Array | None) -> Array:
    """After sums that left double-double's range: refuse values that are not finite, or divide by powers of two, exactly."""
    kernels, q = moments_kernels(), table.n_columns
    top = np.abs(X).max(axis=0)
    top = np.concatenate([[weight.max() if weight.size else 1.0], top, [np.abs(y).max()] if y.size else []])
    if not np.isfinite(top).all():
        table.refuse_bad_cell()
    if shift is not None:
        top[1:] = np.maximum(top[1:], np.abs(shift[1:]))
    exponents = np.frexp(top)[1].astype(np.int64)
    if weight.size == 0:
        exponents[0] = 0
    levels = np.empty((levels_of(len(X), kernels.BLOCK), sums_of(q)))
    with np.errstate(under="ignore"):
        if shift is not None:
            levels[2, : q + 1] = np.ldexp(shift, -exponents)
        X, y, weight = np.ldexp(X, -exponents[1 : X.shape[1] + 1]), np.ldexp(y, -exponents[q]), np.ldexp(weight, -exponents[0])
        summing("sum_rows")(X, y, weight, shift is None, False, levels)
        sums = levels[:4]
        sums[2, 1 : q + 1] = np.ldexp(sums[2, 1 : q + 1], exponents[1:])
    sums[3, : q + 1] = np.where(sums[3, : q + 1] == kernels.NOTHING, kernels.NOTHING, exponents)
    return sums.copy()
