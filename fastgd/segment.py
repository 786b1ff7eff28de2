"""Rows in the order of their source, reduced to sums: in memory, from a stream, on threads or on a cluster, with the same bits.

Rows are summed in blocks, which begin at fixed rows, and the sums of blocks are added in one binary tree. A segment holds what
the rows `start` to `stop` of a source make of that tree: its largest whole subtrees, and as rows those of blocks that a border
of the segment cuts. Segments side by side can be joined: wherever the cuts are, the tree of the whole is the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from threading import Lock
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastgd.errors import DataError
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


class _Border:
    """Rows of a block that is cut: columns, then the weight. Those past `n` do not count."""

    __slots__ = ("n", "rows", "weighted")

    def __init__(self, rows: Array, n: int = 0, weighted: bool = False) -> None:
        self.rows = rows
        self.n = n
        self.weighted = weighted

    def copy(self) -> _Border:
        return _Border(self.rows[: self.n].copy(), self.n, self.weighted)

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
        """The segment that gave this content."""
        shift = arrays.pop(0) if held["shift"] else None
        segment = cls(held["q"], held["start"], shift)
        segment.stop = held["stop"]
        segment._head, segment._tail = (_Border(arrays.pop(0), n, weighted) for n, weighted in held["borders"])
        segment._pieces = {(level, index): sums for (level, index), sums in zip(held["pieces"], arrays, strict=True)}
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
