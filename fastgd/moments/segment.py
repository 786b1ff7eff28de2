"""Rows in the order of their source, reduced to sums: in memory, from a stream, on threads or on a cluster, with the same bits.

Rows are summed in blocks, which begin at fixed rows, and the sums of blocks are added in one binary tree. A segment holds what
the rows `start` to `stop` of a source make of that tree: its largest whole subtrees, and as rows those of blocks that a border
of the segment cuts. Segments side by side can be joined: wherever the cuts are, the tree of the whole is the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastgd.errors import DataError
from fastgd.kernels.layout import BLOCK
from fastgd.moments.packing import is_count, require
from fastgd.moments.sums import add_subtree, piece_kernels, require_room, require_sums, sum_blocks, sums_of
from fastgd.sources.table import EMPTY, Table, as_float64

if TYPE_CHECKING:
    from concurrent.futures import Executor

Array = NDArray[np.float64]

_THREADED, _CONVERTED, _READY = 4, 6, 12
"""Levels of the subtrees summed at a time: on threads 65,536 rows, so that 10^6 rows give each of two its half; of values to be
converted first four times as many; of others more, as each costs Python some 20 microseconds."""

_MOST_COLUMNS = 2**16
"""The sums of more would take 70 GB."""


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


_KEYS = {"q", "start", "stop", "shift", "borders", "pieces"}  # the subtrees are called pieces there


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

    __slots__ = ("_head", "_subtrees", "_tail", "q", "shift", "start", "stop")

    def __init__(self, q: int, start: int = 0, shift: Array | None = None) -> None:
        require_room(q)
        self.q = q
        self.start = self.stop = start
        self.shift = shift
        self._subtrees: dict[tuple[int, int], Array] = {}  # (level, index): the blocks from index 2^level to (index + 1) 2^level
        self._head = _Border(np.empty((0, q + 1)))  # up to the first row on which a block begins
        self._tail = _Border(np.empty((0, q + 1)))

    def copy(self) -> Segment:
        """A segment that does not see what this one is given later."""
        other = Segment(self.q, self.start, self.shift)
        other.stop, other._subtrees = self.stop, dict(self._subtrees)
        other._head, other._tail = self._head.copy(), self._tail.copy()
        return other

    def beside(self) -> Segment:
        """The same to add to, while this one stays as it is: what `add` changes it replaces, or writes past where this one ends.

        Of two made beside one segment only one may be added to.
        """
        other = Segment(self.q, self.start, self.shift)
        other.stop, other._subtrees, other._head, other._tail = self.stop, self._subtrees, self._head, self._tail
        return other

    @property
    def n(self) -> int:
        """Number of rows."""
        return self.stop - self.start

    @property
    def _border(self) -> int:
        """The first row, from `start` on, on which a block begins."""
        return -(-self.start // BLOCK) * BLOCK

    def add(self, table: Table, pool: Executor | None = None) -> None:
        """Add the rows that follow; whatever fails, the segment stays as it was.

        Raises
        ------
        DataError
            For the first value that is not a finite number, by its place.
        """
        n = len(table.X)
        shift, subtrees, head, tail, stop = self.shift, self._subtrees, self._head, self._tail, self.stop
        done = 0
        if stop < self._border and n:
            done = min(n, self._border - stop)
            head = head.with_rows(table, 0, done, BLOCK)
        if done < n and (tail.n or n - done < BLOCK):
            more = min(n - done, BLOCK - tail.n)
            tail = tail.with_rows(table, done, done + more, BLOCK)
            done += more
            if tail.n == BLOCK:
                subtrees, shift = _with_blocks(subtrees, shift, tail.table(), (stop + done) // BLOCK - 1, None)
                tail = _Border(np.empty((0, self.q + 1)))
        remaining = (n - done) % BLOCK
        if n - done >= BLOCK:
            whole = table.part(done, n - remaining) if done or remaining else table
            subtrees, shift = _with_blocks(subtrees, shift, whole, (stop + done) // BLOCK, pool)
        if done < n and remaining:
            tail = tail.with_rows(table, n - remaining, n, BLOCK)
        self.shift, self._subtrees, self._head, self._tail, self.stop = shift, subtrees, head, tail, stop + n

    def joined(self, other: Segment) -> Segment | None:
        """The segment of this one's rows and those of `other`; None if `other` does not follow with the same shifts."""
        if other.start != self.stop:
            return None
        whole = self.copy()
        if whole.shift is None and whole.start:
            whole.shift = other.shift
        whole.add(other._head.table())
        if other.stop > whole.stop:
            known = whole.shift is not None and other.shift is not None and np.array_equal(whole.shift, other.shift)
            if other._subtrees and not known:
                return None
            for (level, index), sums in other._subtrees.items():
                add_subtree(whole._subtrees, level, index, sums)
            whole.stop = other.stop - other._tail.n
            whole.add(other._tail.table())
        return whole

    def content(self) -> tuple[dict[str, Any], list[Array]]:
        """All of the segment as JSON and arrays."""
        arrays = [] if self.shift is None else [self.shift]
        borders = [[border.n, border.weighted] for border in (self._head, self._tail)]
        arrays += [self._head.rows[: self._head.n], self._tail.rows[: self._tail.n], *self._subtrees.values()]
        held = {"shift": self.shift is not None, "borders": borders, "pieces": list(self._subtrees)}
        return {"q": self.q, "start": self.start, "stop": self.stop, **held}, arrays

    @classmethod
    def of_content(cls, held: dict[str, Any], arrays: list[Array]) -> Segment:
        """The segment that gave this content; a `DataError` for what none can have given, as it would lead kernels astray."""
        require(isinstance(held, dict) and held.keys() == _KEYS, "the segment does not have the keys that it should")
        q, start, stop = held["q"], held["start"], held["stop"]
        require(is_count(q, _MOST_COLUMNS) and q > 1, f"the number of columns is not from 2 to {_MOST_COLUMNS:,}")
        require(is_count(start) and is_count(stop) and start <= stop, "the rows end before they begin")
        require(type(held["shift"]) is bool and len(arrays) >= held["shift"] + 2, "arrays are missing")
        segment = cls(q, start, arrays.pop(0) if held["shift"] else None)
        segment.stop = stop
        require(segment.shift is None or segment.shift.shape == (q + 1,), "there is not one shift for each column")
        first, last = segment._border // BLOCK, stop // BLOCK
        tail = stop % BLOCK if last >= first else 0
        head = min(stop, segment._border) - start
        try:
            borders = [_Border(arrays.pop(0), n, weighted) for n, weighted in held["borders"]]
            subtrees = {(level, index): sums for (level, index), sums in zip(held["pieces"], arrays, strict=True)}
        except (TypeError, ValueError, IndexError):
            borders, subtrees = [], {}
        require([border.n for border in borders] == [head, tail], "the rows at the borders are not as many as the blocks leave")
        require(all(border.is_whole(q) for border in borders), "the rows at the borders are not valid")
        found = all(is_count(place) for key in subtrees for place in key) and subtrees.keys() == set(_groups(first, last, 63))
        require(found, "the sums are not those of the blocks of the rows")
        require(not subtrees or segment.shift is not None, "the sums lack the shifts")
        for sums in subtrees.values():
            require(sums.shape == (4, sums_of(q)), f"the sums are not those of {q} columns")
            closed = sums[np.newaxis].copy()
            piece_kernels().add_pieces(closed, q, True)
            require_sums(closed[0], q)
        segment._head, segment._tail = borders
        segment._subtrees = subtrees
        return segment

    def total(self) -> Array:
        """The sums of all rows, closed."""
        subtrees = self._subtrees
        if self._tail.n:
            subtrees, _ = _with_blocks(subtrees, self.shift, self._tail.table(), self.stop // BLOCK, None)
        parts = [subtrees[key] for key in sorted(subtrees, key=lambda key: key[1] << key[0])]
        if self._head.n:
            found, _ = _with_blocks({}, self.shift, self._head.table(), 0, None)
            parts.insert(0, found[0, 0])
        stacked = np.stack(parts)
        piece_kernels().add_pieces(stacked, self.q, True)
        total: Array = stacked[0]
        return total


def _with_blocks(
    subtrees: dict[tuple[int, int], Array], shift: Array | None, table: Table, first: int, pool: Executor | None
) -> tuple[dict[tuple[int, int], Array], Array]:
    """Subtrees and shift after whole blocks, or one that is not whole, from block `first` on."""
    n = len(table.X)
    last = first + -(-n // BLOCK)
    subtrees = dict(subtrees)
    if shift is None:
        if first > 0:
            raise DataError(
                f"these rows, from row {first * BLOCK:,} on, need to know the first {BLOCK:,}: begin with Moments.starting_at "
                "of moments that have seen them"
            )
        sums = sum_blocks(table.part(0, BLOCK) if n > BLOCK else table, None)
        shift = sums[2, : table.n_columns + 1].copy()
        add_subtree(subtrees, 0, 0, sums)
        first = 1
    level = _THREADED if pool is not None else _READY if table.is_ready() else _CONVERTED
    groups = list(_groups(first, last, level))
    start = last - -(-n // BLOCK)

    def sum_group(group: tuple[int, int]) -> Array:
        level, index = group
        a = ((index << level) - start) * BLOCK
        return sum_blocks(table.part(a, min(a + (BLOCK << level), n)), shift)

    for group, sums in zip(groups, map(sum_group, groups) if pool is None else pool.map(sum_group, groups), strict=True):
        add_subtree(subtrees, *group, sums)
    return subtrees, shift


def _groups(first: int, last: int, most: int) -> Iterator[tuple[int, int]]:
    """The largest subtrees, up to a level, that make up the blocks `first` to `last`."""
    while first < last:
        level = min(most, (last - first).bit_length() - 1)
        if first:
            level = min(level, (first & -first).bit_length() - 1)
        yield level, first >> level
        first += 1 << level
