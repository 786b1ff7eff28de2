"""Data frames of any library that narwhals reads: columns by name."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, Never

import numpy as np
from numpy.typing import NDArray

from fastgd.errors import DataError
from fastgd.sources.arrays import read_points
from fastgd.sources.table import EMPTY, Table


def read_frame(
    data: Any,
    target: Any,
    features: Sequence[str] | None,
    path: str | None = None,
    first_line: int | None = None,
) -> Table:
    """The target and feature columns of a frame; of a file if `path` says so."""
    import narwhals as nw

    try:
        frame = nw.from_native(data)
    except TypeError:
        if hasattr(data, "__array__") and target is None:
            return read_points(np.asarray(data))
        raise DataError(
            f"data of type {type(data).__qualname__} cannot be read: pass (x, y), an array, a frame or a path"
        ) from None
    if isinstance(frame, nw.LazyFrame):
        frame = frame.collect()
    target_name, feature_names = choose_columns(frame.columns, target, features, path)
    if len(frame) == 0:
        raise DataError(f"no rows: {path or 'the frame'} holds column names only; at least one row is needed")
    table = Table(EMPTY)
    table.feature_names, table.target_name, table.path, table.first_line = feature_names, target_name, path, first_line
    columns = [_column(frame[name], i, table) for i, name in enumerate((*feature_names, target_name))]
    table.X = columns[0][:, np.newaxis] if len(columns) == 2 else np.column_stack(columns[:-1])
    table.y = columns[-1]
    return table


def choose_columns(
    names: list[str], target: Any, features: Sequence[str] | None, path: str | None = None
) -> tuple[str, tuple[str, ...]]:
    """Target and feature names, each checked; by default the last column and all others."""
    where = path or "the frame"
    if target is None:
        if path is None:
            raise DataError(f"a frame needs a target: name one of its columns, {_listing(names)}")
        target = names[-1]
    if not isinstance(target, str):
        raise DataError(f"the target of {where} must be a column name, not {type(target).__qualname__}")
    if isinstance(features, str):
        raise DataError(f"features={features!r} is a string: pass a list of column names, features=[{features!r}]")
    chosen = tuple(features) if features is not None else tuple(name for name in names if name != target)
    for name in (target, *chosen):
        if name not in names:
            close = get_close_matches(str(name), names, 3)
            hint = f"did you mean {_listing(close)}?" if close else f"it has {_listing(names)}"
            raise DataError(f"no column {name!r} in {where}: {hint}")
    if not chosen:
        raise DataError(f"no feature columns: {where} holds only the target {target!r}")
    if target in chosen:
        raise DataError(f"the target {target!r} is among the features: a column can explain another, not itself")
    return target, chosen


def _listing(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:12])
    return f"{shown} and {len(names) - 12} more" if len(names) > 12 else shown


def _column(series: Any, index: int, table: Table) -> NDArray[Any]:
    """One column as numbers; the first cell that is none is named."""
    dtype = series.dtype
    if not (dtype.is_numeric() or dtype.is_boolean()):
        if dtype.is_temporal():
            raise DataError(
                f"{table.name_of(index)} holds dates or times ({dtype}): convert them to numbers first, e.g. seconds"
            )
        _refuse_text(series, index, table)
    if series.null_count():
        row = int(np.argmax(series.is_null().to_numpy()))
        table.refuse(row, index, "empty cell")
    values: NDArray[Any] = series.to_numpy()
    if dtype.is_boolean():
        return values.astype(np.float64)
    return values if values.dtype.kind in "fiu" else values.astype(np.float64)


def _refuse_text(series: Any, index: int, table: Table) -> Never:
    for row, cell in enumerate(series.to_list()):
        try:
            float(cell)
        except (TypeError, ValueError):
            what = "empty cell" if cell is None else f"{str(cell)!r:.60}"
            table.refuse(row, index, what)
    raise DataError(f"{table.name_of(index)} holds numbers as text ({series.dtype}): convert the column to numbers first")
