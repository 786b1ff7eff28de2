"""Columns of numbers on their way to the moments, and the checks that name the cell that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from typing import Any, NamedTuple, Never

import numpy as np
from numpy.typing import NDArray

from fastgd.arguments import FLOAT64
from fastgd.errors import COUNTED, DataError, spelled

EMPTY = np.empty(0)
"""The y of a table whose X holds the target, told by identity."""

CHUNK = 262_144
"""Rows converted at a time: 64 blocks of the moments' kernel, 4 MB of (x, y)."""

_CORRECT = "correct the cell or drop the row"


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
        Positive once the table is settled.
    weight_name : str or None
    formula : Formula or None
        What made the columns.
    n_dropped : int
        Rows that had a missing value and are left out.
    n_absent : int
        Rows that had weight 0 and are left out.
    library : str or None
        Of the frame that the columns are from, as narwhals calls it.
    can_drop : bool
        Whether the caller takes missing='drop', for messages.
    """

    feature_names: tuple[str, ...] | None = None
    target_name: str | None = None
    path: str | None = None
    line_of: Callable[[int], int] | None = None
    rows: NDArray[np.intp] | None = None
    first_row: int = 0
    block: int | None = None
    weight: NDArray[Any] = EMPTY
    weight_name: str | None = None
    n_dropped: int = 0
    formula: Any = None
    library: str | None = None
    n_absent: int = 0
    can_drop: bool = True

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

    def settle(self, missing: str = "raise") -> Table:
        """The rows that count.

        A row of weight 0 is absent, whatever stands in it. With missing='drop', so is one with a NaN in a feature, the target or
        the weight. Both are counted; that any row is left is for `require_rows`.

        Raises
        ------
        DataError
            A weight that is negative or not finite.
        """
        table = self if self.weight is EMPTY else self._present(missing)
        return table._complete() if missing == "drop" else table

    def _present(self, missing: str) -> Table:
        weight = self.weight
        bad = ~(weight >= 0.0) | (weight == np.inf)
        if missing == "drop":
            bad &= ~np.isnan(weight)
        if bad.any():
            row = int(np.argmax(bad))
            raise DataError(
                f"{self.name_of(self.n_features + 1)} is {weight[row]} {self.place_of(row)}: "
                f"weights must be finite and not negative{self.counted}"
            )
        if weight.all():
            return self
        rows = np.flatnonzero(weight)
        table = self.take(rows)
        table.n_absent += len(weight) - len(rows)
        return table

    def _complete(self) -> Table:
        missing = np.zeros(len(self.X), bool)
        for start in range(0, len(missing), CHUNK):
            rows = slice(start, start + CHUNK)
            missing[rows] = np.isnan(self.X[rows]).any(axis=1)
            for column in (self.y, self.weight):
                if column is not EMPTY:
                    missing[rows] |= np.isnan(column[rows])
        if not missing.any():
            return self
        table = self.take(np.flatnonzero(~missing))
        table.n_dropped += int(np.count_nonzero(missing))
        return table

    def require_rows(self) -> Table:
        """The table itself; an error that says why if no row is left."""
        if len(self.X) == 0:
            raise _no_rows(self.n_dropped, self.n_absent)
        return self

    def pieces(self) -> Iterator[Table]:
        """The same rows, at most CHUNK at a time, where they are."""
        if len(self.X) <= CHUNK:
            yield self
            return
        for start in range(0, len(self.X), CHUNK):
            piece = self.part(start, start + CHUNK)
            if start:
                piece.n_dropped = piece.n_absent = 0
            yield piece

    def chunks(self) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """The columns as float64, CHUNK rows at a time."""
        for start in range(0, len(self.X), CHUNK):
            stop = start + CHUNK
            yield as_float64(self.X[start:stop]), as_float64(self.y[start:stop])

    def name_of(self, column: int) -> str:
        """How to call a column in a message; the target comes after the features, and the weights after it."""
        if column > self.n_features:
            return "sample_weight" if self.weight_name is None else f"the weight {self.weight_name!r}"
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
                self.refuse(row0 + row, column, f"{cells[column]}", missing=bool(np.isnan(cells[column])))
            row0 += len(X)

    def refuse(self, row: int, column: int, what: str, missing: bool = False, cure: str = _CORRECT) -> Never:
        advice = f", e.g. with {spelled('missing', 'drop')}" if missing and self.can_drop else ""
        raise DataError(
            f"{what} {self.place_of(row)}, {self.name_of(column)}: every value must be a finite number; "
            f"{cure}{advice}{self.counted}"
        )

    @property
    def counted(self) -> str:
        """How rows are counted, where `place_of` names one."""
        return "" if self.line_of else " " + COUNTED


class Collection(NamedTuple):
    """Data on a cluster, to be read where they are."""

    data: Any
    target: Any
    features: Sequence[str] | None
    sample_weight: Any
    missing: str


class Stream:
    """Tables of one source, one after the other, for data that are not in memory at once.

    The tables have the same columns and at most some hundred thousand rows each; one without rows counts for nothing.

    Attributes
    ----------
    share : float or None
        How much of the source has been read, 0 to 1; None where that is not known.
    """

    share: float | None = None

    def __init__(self, tables: Iterator[Any]) -> None:
        self.tables = tables

    def __iter__(self) -> Iterator[Table]:
        rows = dropped = absent = 0
        try:
            for table in self.tables:
                rows += len(table.X)
                dropped += table.n_dropped
                absent += table.n_absent
                yield from table.pieces()
        finally:
            if hasattr(self.tables, "close"):  # whoever stops early leaves no file open
                self.tables.close()
        if rows == 0:
            raise _no_rows(dropped, absent)


def _no_rows(dropped: int, absent: int) -> DataError:
    """Why none is left."""
    if dropped == absent == 0:
        return DataError("no rows: the data are empty; at least one row is needed")
    if dropped == 0:
        return DataError(f"{spelled('sample_weight')} is zero in every row: at least one row must count", "sample_weight")
    among = f" of weight above 0 ({absent} {'has' if absent == 1 else 'have'} weight 0)" if absent else ""
    return DataError(
        f"no rows are left: every row{among} has a missing value, and {spelled('missing', 'drop')} leaves them out, {dropped} in "
        "all; take out a column that is empty throughout, or fill its cells"
    )


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
