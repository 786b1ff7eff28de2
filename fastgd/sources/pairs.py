"""x and y row by row: arrays, lists, frames and series, which give their names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.typing import NDArray

from fastgd.arguments import numbers
from fastgd.errors import DataError, spelled
from fastgd.sources.arrays import read_arrays, read_weight, refuse_features, weigh
from fastgd.sources.cells import Cells, Column, as_matrix
from fastgd.sources.columns import choose_features, library_of, require_column, shown_names
from fastgd.sources.frames import Frame, open_frame, series_of
from fastgd.sources.origin import Origin
from fastgd.sources.table import EMPTY, Table

ARRAYS = (ndarray, list, tuple)
_NO_DROP = Origin(can_drop=False)


def read_pair(
    x: Any, y: Any, features: Sequence[str] | None = None, sample_weight: Any = None, missing: str | None = None
) -> Table:
    """x and y, each an array, a list, a frame or a series.

    Without `missing` every value must be there, and no message says that rows can be dropped.
    """
    origin = _NO_DROP if missing is None else Table.origin
    return read_pair_of(x, y, features, sample_weight, missing or "raise", origin).require_rows()


def read_pair_of(
    x: Any, y: Any, features: Sequence[str] | None, sample_weight: Any, missing: str, origin: Origin = Table.origin
) -> Table:
    """`read_pair`, which may leave no row."""
    weight = as_weight(sample_weight, missing)
    if isinstance(x, ARRAYS) and isinstance(y, ARRAYS):
        if features is not None:
            refuse_features()
        table = read_arrays(x, y, missing == "drop")
        table.origin = origin
        return weigh(table, weight, missing)
    X, t = open_frame(x), open_frame(y)
    if features is not None:
        if not isinstance(X, Frame):
            raise DataError(f"{spelled('features')} picks columns by name, but x is not a frame: pass the columns themselves")
        X = Frame(X.collect(choose_features(features, X.names, "x")))
    if isinstance(t, Frame) and len(t.names) != 1:
        raise DataError(f"y is a frame of {len(t.names)} columns, {shown_names(t.names)}: pass one of them")
    xs, ys = series_of(X), series_of(t)
    named = Table(np.empty((0, len(xs))), np.empty(0))  # knows what messages call the columns
    named.feature_names = tuple(s.name for s in xs) if xs and all(_is_name(s.name) for s in xs) else None
    named.target_name = ys[0].name if ys and _is_name(ys[0].name) else None
    if weight is not None and (xs or ys):
        weight = read_weight(weight, len((xs or ys)[0]), missing == "drop")
    cells = Cells(origin, missing, EMPTY if weight is None else weight)
    if xs:
        x = as_matrix(cells.numbers([Column(s, named.name_of(i)) for i, s in enumerate(xs)]))
    if ys:
        [y] = cells.numbers([Column(ys[0], named.name_of(len(xs)))])
    table = read_arrays(x, y, missing == "drop")
    table.feature_names, table.target_name, table.origin = named.feature_names, named.target_name, origin
    if xs or ys:
        first = X if xs else t
        table.library = library_of(first.rows if isinstance(first, Frame) else first)
    return weigh(table, weight, missing)


def read_features(X: Any, names: tuple[str, ...] | None) -> NDArray[Any]:
    """Feature columns to predict from; of a frame those of these names, in any order, if the fit knew names."""
    if isinstance(X, ARRAYS):
        return numbers(X, "X")
    frame = open_frame(X)
    if isinstance(frame, Frame) and names is not None:
        for name in names:
            require_column(name, frame.names, "X, and the fit was made with it")
        frame = Frame(frame.collect(names))
    columns = series_of(frame)
    if not columns:
        return numbers(X, "X")
    return as_matrix(Cells(_NO_DROP).numbers([Column(series, f"column {str(series.name)!r}") for series in columns]))


def as_weight(sample_weight: Any, missing: str) -> Any:
    """Weights as an array, a list or a name, as they came; a series as an array."""
    if sample_weight is None or isinstance(sample_weight, (*ARRAYS, str)):
        return sample_weight
    series = series_of(open_frame(sample_weight))
    if len(series) != 1:
        return sample_weight
    return Cells(Table.origin, missing).numbers([Column(series[0], "sample_weight")])[0]


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and name != ""
