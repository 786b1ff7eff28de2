"""Columns of numbers on their way to the moments, and the checks that name the value that is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastgd.arguments import FLOAT64
from fastgd.errors import DataError, spelled
from fastgd.sources.origin import Origin

EMPTY = np.empty(0)
"""The y of a table whose X holds the target, and the weights of a table without any: compared by identity."""

CHUNK = 262_144
"""Rows converted at a time: 64 blocks of the moments' kernel, 4 MB of (x, y)."""


class Table:
    """Feature columns and target of rows that are in memory; iterated, the same rows in pieces of at most `CHUNK`.

    Attributes
    ----------
    X : ndarray of shape (n, p), or (n, p + 1) where its last column is the target
    y : ndarray of shape (n,), or empty where X holds the target
    """

    # Attributes of the class, so that to make a table of plain arrays costs next to nothing.
    feature_names: tuple[str, ...] | None = None  # None for the default names
    target_name: str | None = None
    origin: Origin = Origin()
    weight: NDArray[Any] = EMPTY  # shape (n,), positive once the table is settled; empty for ones
    weight_name: str | None = None
    formula: Any = None  # what made the columns
    n_dropped: int = 0  # rows left out because a value is missing
    n_absent: int = 0  # rows left out because their weight is 0
    library: str | None = None  # of the frame that the columns come from, by the name that narwhals gives it

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
        X, y = self.X, self.y  # without calls, each a fiftieth of a small fit
        ready = X.dtype is FLOAT64 and X.flags.aligned and (y is EMPTY or y.dtype is FLOAT64 and y.flags.aligned)
        return ready and (self.weight is EMPTY or _is_ready(self.weight))

    def __iter__(self) -> Iterator[Table]:
        """The same rows, at most `CHUNK` at a time, not copied."""
        if len(self.X) <= CHUNK:
            yield self
            return
        for start in range(0, len(self.X), CHUNK):
            piece = self.part(start, start + CHUNK)
            if start:
                piece.n_dropped = piece.n_absent = 0
            yield piece

    def in_order(self, names: tuple[str, ...] | None) -> Table:
        """With the feature columns in the order of these names, where they are the same ones."""
        ours = self.feature_names
        if self.y is EMPTY or names is None or ours is None or ours == names or sorted(ours) != sorted(names):
            return self
        ordered = copy(self)
        ordered.X, ordered.feature_names = self.X[:, [ours.index(name) for name in names]], names
        return ordered

    def part(self, start: int, stop: int) -> Table:
        """The rows from `start` to `stop`, not copied."""
        return self._with(slice(start, stop), self.origin.part(start, stop))

    def take(self, rows: NDArray[np.intp]) -> Table:
        """These rows only."""
        return self._with(rows, self.origin.take(rows))

    def _with(self, rows: Any, origin: Origin) -> Table:
        table = copy(self)
        table.origin = origin
        table.X = self.X[rows]
        table.y, table.weight = (values if values is EMPTY else values[rows] for values in (self.y, self.weight))
        return table

    def settle(self, missing: str = "raise") -> Table:
        """The rows that count.

        A row of weight 0 is absent, whatever stands in it. With missing='drop', so is one with a NaN in a feature, the target or
        the weight. Both are counted; that any row is left is for `require_rows`.

        Raises
        ------
        DataError
            For a weight that is negative or not finite.
        """
        table = self if self.weight is EMPTY else self._present(missing)
        return table._complete() if missing == "drop" else table

    def _present(self, missing: str) -> Table:
        require_weights(self.weight, self.name_of(self.n_features + 1), self.origin, missing)
        if self.weight.all():
            return self
        rows = np.flatnonzero(self.weight)
        table = self.take(rows)
        table.n_absent += len(self.weight) - len(rows)
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
            raise no_rows(self.n_dropped, self.n_absent)
        return self

    def name_of(self, column: int) -> str:
        """What a message calls a column; the target comes after the features, and the weights after it."""
        if column > self.n_features:
            return "sample_weight" if self.weight_name is None else f"the weight {self.weight_name!r}"
        if column == self.n_features:
            return "the target y" if self.target_name is None else f"the target {self.target_name!r}"
        if self.feature_names:
            return f"column {self.feature_names[column]!r}"
        return f"x[:, {column}]" if self.n_features > 1 else "x"

    def refuse_bad_cell(self) -> None:
        """Raise for the first value that is not finite, naming row and column."""
        for start in range(0, len(self.X), CHUNK):
            rows = slice(start, start + CHUNK)
            X, y = as_float64(self.X[rows]), as_float64(self.y[rows])
            bad = ~np.isfinite(X).all(axis=1)
            if y.size:
                bad |= ~np.isfinite(y)
            if bad.any():
                row = int(np.argmax(bad))
                cells = np.append(X[row], y[row] if y.size else [])
                column = int(np.argmax(~np.isfinite(cells)))
                self.origin.refuse(start + row, self.name_of(column), cells[column], missing=bool(np.isnan(cells[column])))


class Collection(NamedTuple):
    """Data on a Dask cluster, to be read where they are."""

    data: Any
    target: Any
    features: Sequence[str] | None
    sample_weight: Any
    missing: str


def require_weights(weight: NDArray[Any], name: str, origin: Origin, missing: str) -> None:
    """Refuse a weight that is negative or not finite; with missing='drop', NaN leaves its row out."""
    bad = ~(weight >= 0.0) | (weight == np.inf)
    if missing == "drop":
        bad &= ~np.isnan(weight)
    if bad.any():
        row = int(np.argmax(bad))
        place = origin.place_of(row)
        raise DataError(f"{name} is {weight[row]} {place}: weights must be finite and not negative{origin.counted}")


def no_rows(dropped: int, absent: int) -> DataError:
    """The error that says why no row is left."""
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
    """Names of feature columns that have none."""
    return ("x",) if p == 1 else tuple(f"x{i}" for i in range(p))


def as_float64(values: NDArray[Any]) -> NDArray[np.float64]:
    """Aligned float64, copied only if need be."""
    if _is_ready(values):
        return values
    with np.errstate(over="ignore"):  # a long double past float64 becomes inf, which is then refused with its place
        return np.require(values, np.float64, ["ALIGNED", "C"])


def _is_ready(values: NDArray[Any]) -> bool:
    return values.dtype is FLOAT64 and values.flags.aligned
