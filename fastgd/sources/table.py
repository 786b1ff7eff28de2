"""Columns of numbers on their way to the moments, and the checks that name the cell that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from typing import Any, Never

import numpy as np
from numpy.typing import NDArray

from fastgd.errors import COUNTED, DataError

EMPTY = np.empty(0)
"""The y of a table whose X holds the target, told by identity."""

FLOAT64 = np.dtype(np.float64)
CHUNK = 262_144
"""Rows converted at a time: 64 blocks of the moments' kernel, 4 MB of (x, y)."""


class Table:
    """Feature columns and target of one source.

    Attributes
    ----------
    X : ndarray of shape (n, p), or (n, p + 1) where its last column is the target
    y : ndarray of shape (n,), or empty where X holds the target
    feature_names : tuple of str, or None for the default names
    target_name : str or None
    path : str or None
        The file, for messages.
    line_of : callable or None
        Of a text file, the line on which a row begins.
    rows : ndarray of int, or None
        Which rows of the source these are, for messages; None if all from `first_row` on.
    first_row : int
        Row of the source with which the table begins, for messages.
    block : int or None
        Of an iterable of blocks, which one this is, for messages.
    weight : ndarray of shape (n,), or empty for ones
    n_dropped : int
        Rows that had a missing value and are left out.
    """

    feature_names: tuple[str, ...] | None = None
    target_name: str | None = None
    path: str | None = None
    line_of: Callable[[int], int] | None = None
    rows: NDArray[np.intp] | None = None
    first_row: int = 0
    block: int | None = None
    weight: NDArray[Any] = EMPTY
    n_dropped: int = 0

    def __init__(self, X: NDArray[Any], y: NDArray[Any] = EMPTY) -> None:
        self.X = X
        self.y = y

    @property
    def n_features(self) -> int:
        """Number of feature columns, p."""
        if self.feature_names is not None:
            return len(self.feature_names)
        return int(self.X.shape[1]) - (self.y is EMPTY)

    @property
    def n_columns(self) -> int:
        """Number of columns with the target."""
        return int(self.X.shape[1]) + (self.y is not EMPTY)

    def is_ready(self) -> bool:
        """Whether the kernels can read the columns where they are."""
        return _is_ready(self.X) and (self.y is EMPTY or _is_ready(self.y)) and (self.weight is EMPTY or _is_ready(self.weight))

    def in_order(self, names: tuple[str, ...] | None) -> Table:
        """With the feature columns in the order of these names, where they are the same ones."""
        ours = self.feature_names
        if self.y is EMPTY or names is None or ours is None or ours == names or sorted(ours) != sorted(names):
            return self
        ordered = copy(self)
        ordered.X, ordered.feature_names = self.X[:, [ours.index(name) for name in names]], names
        return ordered

    def part(self, start: int, stop: int) -> Table:
        """Some rows on end, not copied."""
        part = copy(self)
        part.X = self.X[start:stop]
        part.y, part.weight = (v if v is EMPTY else v[start:stop] for v in (self.y, self.weight))
        if self.rows is not None:
            part.rows = self.rows[start:stop]
        part.first_row += start
        return part

    def take(self, rows: NDArray[np.intp]) -> Table:
        """These rows only."""
        taken = copy(self)
        taken.X = self.X[rows]
        taken.y, taken.weight = (v if v is EMPTY else v[rows] for v in (self.y, self.weight))
        taken.rows = rows + self.first_row if self.rows is None else self.rows[rows]
        return taken

    def chunks(self) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """The columns as float64, CHUNK rows at a time."""
        for start in range(0, len(self.X), CHUNK):
            stop = start + CHUNK
            yield as_float64(self.X[start:stop]), as_float64(self.y[start:stop])

    def name_of(self, column: int) -> str:
        """How to call a column, the target being the last, in a message."""
        if column == self.n_features:
            return "the target y" if self.target_name is None else f"the target {self.target_name!r}"
        if self.feature_names:
            return f"column {self.feature_names[column]!r}"
        return f"x[:, {column}]" if self.n_features > 1 else "x"

    def place_of(self, row: int) -> str:
        row = self.first_row + row if self.rows is None else int(self.rows[row])
        if self.block is not None:
            return f"in row {row} of block {self.block}"
        if self.path is None:
            return f"in row {row}"
        if self.line_of is None:
            return f"in row {row} of {self.path}"
        return f"in line {self.line_of(row)} of {self.path}"

    def refuse_bad_cell(self) -> None:
        """Raise for the first cell that is not finite, naming row and column."""
        row0 = 0
        for X, y in self.chunks():
            bad = ~np.isfinite(X).all(axis=1)
            if y.size:
                bad |= ~np.isfinite(y)
            if bad.any():
                row = int(np.argmax(bad))
                cells = np.append(X[row], y[row] if y.size else [])
                column = int(np.argmax(~np.isfinite(cells)))
                self.refuse(row0 + row, column, f"{cells[column]}")
            row0 += len(X)

    def refuse(self, row: int, column: int, what: str) -> Never:
        raise DataError(
            f"{what} {self.place_of(row)}, {self.name_of(column)}: every value must be a finite number; "
            f"correct the cell or drop the row{'' if self.line_of else ' ' + COUNTED}"
        )


class Stream:
    """Tables of one source, one after the other, for data that are not in memory at once.

    The tables have the same columns and at most some hundred thousand rows each; one without rows counts for nothing.

    Attributes
    ----------
    share : float or None
        How much of the source has been read, 0 to 1; None where that is not known.
    """

    share: float | None = None

    def __init__(self, tables: Iterator[Table]) -> None:
        self._tables = tables

    def __iter__(self) -> Iterator[Table]:
        return self._tables


def default_names(p: int) -> tuple[str, ...]:
    """Of feature columns without names."""
    return ("x",) if p == 1 else tuple(f"x{i}" for i in range(p))


def as_float64(values: NDArray[Any]) -> NDArray[np.float64]:
    """Aligned float64, copied only if need be."""
    if _is_ready(values):
        return values
    with np.errstate(over="ignore"):  # a long double past float64 becomes inf, which is then refused with its place
        return np.require(values, np.float64, ["ALIGNED", "C"])


def _is_ready(values: NDArray[Any]) -> bool:
    return values.dtype is FLOAT64 and values.flags.aligned
