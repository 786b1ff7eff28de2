"""Data frames and series of any library that narwhals reads: columns by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastgd.errors import COUNTED, DataError
from fastgd.sources.arrays import numbers, read_arrays, read_points, real
from fastgd.sources.table import EMPTY, Table


@dataclass(frozen=True)
class Columns:
    """Which columns of a frame or file are the target, the features and the weights, and how a frame of them becomes a table."""

    target: str
    features: tuple[str, ...]
    weight: str | None = None
    missing: str = "raise"

    @property
    def needed(self) -> tuple[str, ...]:
        """The names to read, each once."""
        return tuple(dict.fromkeys((*self.features, self.target, *([self.weight] if self.weight is not None else []))))

    def table(
        self,
        frame: Any,
        path: str | None = None,
        line_of: Callable[[int], int] | None = None,
        first_row: int = 0,
        block: int | None = None,
    ) -> Table:
        """Rows of a narwhals frame that has these columns: what a stream hands on as well as a frame in memory."""
        table = Table(EMPTY)
        table.feature_names, table.target_name, table.path, table.line_of = self.features, self.target, path, line_of
        table.first_row, table.block = first_row, block
        columns = [_column(frame[name], i, table) for i, name in enumerate((*self.features, self.target))]
        table.X, table.y = _matrix(columns[:-1]), columns[-1]
        return table


def read_frame(
    data: Any,
    target: Any,
    features: Sequence[str] | None,
    path: str | None = None,
    line_of: Callable[[int], int] | None = None,
) -> Table:
    """The target and feature columns of a frame; of a file if `path` says so."""
    import narwhals as nw

    frame = _from_native(data)
    if not isinstance(frame, nw.DataFrame):
        if hasattr(data, "__array__") and target is None:
            return read_points(data)
        if hasattr(data, "__array__"):
            raise DataError(
                f"data of type {type(data).__qualname__} are no frame and have no column {target!r}: "
                "pass (x, y), or a pandas, Polars or PyArrow table"
            )
        raise DataError(
            f"data of type {type(data).__qualname__} cannot be read: pass (x, y), an array, a list of rows, a frame or a path"
        )
    columns = Columns(*choose_columns(frame.columns, target, features, path))
    if len(frame) == 0:
        raise DataError(f"no rows: {path or 'the frame'} holds column names only; at least one row is needed")
    return columns.table(frame, path, line_of)


def read_columns(x: Any, y: Any, features: Sequence[str] | None) -> Table:
    """x and y row by row, as scikit-learn takes them: at least one is a frame or a series, and gives its names.

    Rows belong together by position; an index is not looked at.
    """
    import narwhals as nw

    X, t = _from_native(x), _from_native(y)
    if features is not None:
        if not isinstance(X, nw.DataFrame):
            raise DataError("features= picks columns by name, and x is no frame: pass the columns themselves")
        X = X.select(*_choose_features(features, X.columns, "x"))
    if isinstance(t, nw.DataFrame) and len(t.columns) != 1:
        raise DataError(f"y is a frame of {len(t.columns)} columns, {listing(t.columns)}: pass one of them")
    xs, ys = _series(X), _series(t)
    named = Table(np.empty((0, len(xs))), np.empty(0))
    named.feature_names = tuple(s.name for s in xs) if xs and all(_is_name(s.name) for s in xs) else None
    named.target_name = ys[0].name if ys and _is_name(ys[0].name) else None
    table = read_arrays(
        _matrix([_column(s, i, named) for i, s in enumerate(xs)]) if xs else x,
        _column(ys[0], len(xs), named) if ys else y,
    )
    table.feature_names, table.target_name = named.feature_names, named.target_name
    return table


def read_features(X: Any, names: tuple[str, ...] | None) -> NDArray[Any]:
    """Feature columns alone: of a frame those of these names, if the fit knew names, in any order."""
    import narwhals as nw

    frame = _from_native(X)
    if isinstance(frame, nw.DataFrame) and names is not None:
        frame = frame.select(*_choose_features(names, frame.columns, "X"))
    columns = _series(frame)
    if not columns:
        return numbers(X, "X")
    named = Table(np.empty((0, len(columns))), np.empty(0))
    named.feature_names = tuple(str(column.name) for column in columns)
    return _matrix([_column(column, i, named) for i, column in enumerate(columns)])


def choose_columns(
    names: list[str], target: Any, features: Sequence[str] | None, path: str | None = None
) -> tuple[str, tuple[str, ...]]:
    """Target and feature names, each checked; by default the last column and all others."""
    where = path or "the frame"
    if not names:
        raise DataError(f"{where} has no columns: a feature and a target are needed")
    odd = next((name for name in names if not isinstance(name, str)), None)
    if odd is not None:
        raise DataError(f"{where} has the column name {odd!r}, which is no text: rename the columns, or pass arrays (x, y)")
    if target is None:
        if path is None:
            raise DataError(f"a frame needs a target: name one of its columns, {listing(names)}")
        target = names[-1]
    if not isinstance(target, str):
        raise DataError(f"the target of {where} must be a column name, not {type(target).__qualname__}")
    _require_column(target, names, where)
    chosen = tuple(n for n in names if n != target) if features is None else _choose_features(features, names, where)
    if not chosen:
        raise DataError(f"no feature columns: {where} holds only the target {target!r}")
    if target in chosen:
        raise DataError(f"the target {target!r} is among the features: a column can explain another, not itself")
    if "" in (target, *chosen):
        number = names.index("") + 1
        raise DataError(f"column {number} of {len(names)} in {where} has no name: give it one, or pick others by name")
    return target, chosen


def _choose_features(features: Sequence[str], names: Sequence[str], where: str) -> tuple[str, ...]:
    if isinstance(features, str):
        raise DataError(f"features={features!r} is a string: pass a list of column names, features=[{features!r}]")
    try:
        chosen = tuple(features)
    except TypeError:
        raise DataError(f"features={features!r}: pass a list of column names") from None
    for name in chosen:
        _require_column(name, names, where)
        if chosen.count(name) > 1:
            raise DataError(f"features={features!r:.80} names {name!r} twice: name each column once")
    return chosen


def _require_column(name: str, names: Sequence[str], where: str) -> None:
    if name not in names:
        close = get_close_matches(str(name), names, 3)
        hint = f"did you mean {listing(close)}?" if close else f"it has {listing(names)}"
        raise DataError(f"no column {name!r} in {where}: {hint}")


def listing(names: Sequence[str]) -> str:
    """Names for a message, at most twelve."""
    shown = ", ".join(repr(name) for name in names[:12])
    return f"{shown} and {len(names) - 12} more" if len(names) > 12 else shown


def _from_native(data: Any) -> Any:
    """A narwhals frame or series, or `data` itself if it is none."""
    import narwhals as nw

    try:
        frame = nw.from_native(data, pass_through=True, allow_series=True)
        if isinstance(frame, nw.LazyFrame):
            frame = frame.collect()
        if isinstance(frame, nw.DataFrame):
            _ = frame.columns  # narwhals looks at the names here
    except nw.exceptions.DuplicateError as error:
        raise DataError(f"the frame has two columns of one name: rename one ({' '.join(str(error).split())})") from None
    return frame


def _series(columns: Any) -> list[Any]:
    import narwhals as nw

    if isinstance(columns, nw.DataFrame):
        return list(columns.iter_columns())
    return [columns] if isinstance(columns, nw.Series) else []


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and name != ""


def _matrix(columns: list[NDArray[Any]]) -> NDArray[Any]:
    return columns[0][:, np.newaxis] if len(columns) == 1 else np.column_stack(columns)


def _column(series: Any, index: int, table: Table) -> NDArray[Any]:
    """One column as numbers; the first cell that is none is named."""
    dtype = series.dtype
    if dtype.is_temporal():
        where = f" of {table.path}" if table.path else ""
        raise DataError(
            f"{table.name_of(index)}{where} holds dates or times ({dtype}): convert them to numbers first, e.g. seconds"
        )
    if series.null_count():
        row = int(np.argmax(series.is_null().to_numpy()))
        table.refuse(row, index, "empty cell" if table.line_of else "missing value")
    if dtype.is_boolean() or dtype.is_decimal():
        return np.asarray(series.to_numpy(), np.float64)
    if not dtype.is_numeric() or "128" in str(dtype):  # NumPy has no 128-bit integers
        return _cells(series.to_list(), index, table)
    values: NDArray[Any] = series.to_numpy()
    return values


def _cells(cells: list[Any], index: int, table: Table) -> NDArray[np.float64]:
    """A column of objects, if each is a number; text is not taken for one."""
    out = np.empty(len(cells))
    text = None
    for row, cell in enumerate(cells):
        number = real(cell)
        if number is not None:
            out[row] = number
        elif isinstance(cell, str | bytes):
            word = cell if isinstance(cell, str) else cell.decode("utf-8", "replace")
            if not is_number(word):
                table.refuse(row, index, f"text {word!r:.60}" if word.strip() else "empty cell")
            text = row if text is None else text
        else:
            table.refuse(row, index, f"{cell!r:.60}")
    if text is not None:
        counted = "" if table.line_of else " " + COUNTED
        raise DataError(
            f"{table.name_of(index)} holds numbers as text, {cells[text]!r:.60} {table.place_of(text)}: "
            f"convert the column to numbers first{counted}"
        )
    return out


def is_number(cell: str) -> bool:
    """Whether a cell of text is written as a decimal number; Python's underscores and other scripts' digits are none."""
    try:
        float(cell)
    except ValueError:
        return False
    return cell.isascii() and "_" not in cell
