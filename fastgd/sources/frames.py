"""Data frames and series of any library that narwhals or Arrow reads: columns by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fastgd.arguments import argument_error, numbers, real
from fastgd.errors import DataError, missing_extra, shown, spelled
from fastgd.sources.arrays import read_arrays, read_weight, weigh
from fastgd.sources.table import CHUNK, EMPTY, Stream, Table, as_float64

LIBRARIES = ("pandas", "polars", "pyarrow")
"""Those that frames come from and are made of."""


class Choice(Protocol):
    """What is wanted of a frame or of each block of a stream: `Columns`, or a formula."""

    @property
    def needed(self) -> tuple[str, ...]:
        """The names to read, each once."""

    def table(
        self,
        frame: Any,
        path: str | None = None,
        line_of: Callable[[int], int] | None = None,
        first_row: int = 0,
        block: int | None = None,
    ) -> Table:
        """Rows of a narwhals frame or an Arrow table that has these columns."""


@dataclass(frozen=True)
class Columns:
    """Which columns of a frame or file are the target, the features and the weights, and how a frame of them becomes a table.

    `weight` is a column's name; or, for a single frame in memory, the weights of its rows. `by_name` says whether the features
    were asked for by name, for messages.
    """

    target: str
    features: tuple[str, ...]
    weight: Any = None
    missing: str = "raise"
    by_name: bool = True

    @classmethod
    def choose(
        cls,
        names: list[str],
        target: Any,
        features: Sequence[str] | None,
        weight: Any = None,
        missing: str = "raise",
        path: str | None = None,
    ) -> Columns:
        """Those of a frame, or of the file `path`, that has columns of these names."""
        target, chosen = choose_columns(names, target, features, path, weight if isinstance(weight, str) else None)
        return cls(target, chosen, weight, missing, features is not None)

    @property
    def needed(self) -> tuple[str, ...]:
        """The names to read, each once."""
        return tuple(dict.fromkeys((*self.features, self.target, *([self.weight] if isinstance(self.weight, str) else []))))

    def table(
        self,
        frame: Any,
        path: str | None = None,
        line_of: Callable[[int], int] | None = None,
        first_row: int = 0,
        block: int | None = None,
    ) -> Table:
        """Rows of a frame that has these columns: what a stream hands on as well as a frame in memory."""
        import narwhals as nw

        table = Table(EMPTY)
        table.feature_names, table.target_name, table.path, table.line_of = self.features, self.target, path, line_of
        table.first_row, table.block, table.library = first_row, block, None if path else library_of(frame)
        names = (*self.features, self.target)
        columns = _arrow_floats(frame, names)
        if columns is None or self.weight is not None:
            frame = nw.from_native(frame, eager_only=True)
        if isinstance(self.weight, str):
            table.weight_name = self.weight
            table.weight = as_float64(_values([frame.get_column(self.weight)], table, self.missing, len(self.features) + 1)[0])
        elif self.weight is not None:
            table.weight = read_weight(self.weight, len(frame), self.missing == "drop")
        if columns is None:
            columns = _values([frame.get_column(name) for name in names], table, self.missing, 0, not self.by_name)
        table.X, table.y = _matrix(columns[:-1]), columns[-1]
        return table.settle(self.missing)


@dataclass(frozen=True)
class Known:
    """In the place of a target: the columns of rows that were read before, or the formula with what it learned from them."""

    target: str
    features: tuple[str, ...]
    formula: Any = None

    def choice(self, names: list[str], weight: Any, missing: str, path: str | None = None) -> Choice:
        """The same columns of other rows."""
        if self.formula is None:
            return Columns.choose(names, self.target, self.features, weight, missing, path)
        choice: Choice = self.formula.resumed(weight, missing)
        for name in choice.needed:
            require_column(name, names, path or "the frame")
        return choice


def library_of(frame: Any) -> str | None:
    """Of a narwhals frame or series, as narwhals calls it, or of an Arrow table; None of those that narwhals only reads."""
    if not hasattr(frame, "implementation"):
        return "pyarrow" if hasattr(frame, "__arrow_c_stream__") or _is_batch(frame) else None
    name = str(frame.implementation.value)
    return name if name in LIBRARIES else None


def read_frame(frame: Any, choice: Choice) -> Table | Stream:
    """The rows of what `open_frame` gave; a stream of them where they are not in memory."""
    if is_lazy(frame):
        return Stream(_tables(frame, choice))
    require_frame_rows(frame, "the frame")
    return choice.table(frame).require_rows()


def require_frame_rows(frame: Any, where: str) -> None:
    if len(frame) == 0:
        raise DataError(f"no rows: {where} holds column names only; at least one row is needed")


def _tables(frame: Any, choice: Choice) -> Iterator[Table]:
    import narwhals as nw

    first_row = 0
    for batch in batches(frame, choice.needed):
        yield choice.table(nw.from_native(batch, eager_only=True), first_row=first_row)
        first_row += len(batch)


def batches(frame: Any, needed: tuple[str, ...]) -> Iterator[Any]:
    """Native frames that have these columns, one after the other; what is computed for them is these columns only."""
    import narwhals as nw

    if isinstance(frame, nw.LazyFrame):
        frame = frame.select(*needed)
        native = nw.to_native(frame)
        if hasattr(native, "collect_batches"):  # Polars 1.34 or later
            yield from native.collect_batches(chunk_size=CHUNK)
            return
        if not hasattr(native, "__arrow_c_stream__"):
            yield nw.to_native(frame.collect())
            return
        frame = _arrow_reader(native)
    try:
        for batch in frame:
            yield _arrow_table(batch)
    finally:
        frame.close()  # until then, a DuckDB connection takes no other query


def read_columns(
    x: Any, y: Any, features: Sequence[str] | None, sample_weight: Any = None, missing: str = "raise", can_drop: bool = True
) -> Table:
    """x and y row by row, as scikit-learn takes them: a frame or a series gives its names.

    Rows belong together by position; an index is not looked at.
    """
    X, t = open_frame(x), open_frame(y)
    if features is not None:
        if not _is_opened(X):
            raise DataError(f"{spelled('features')} picks columns by name, but x is not a frame: pass the columns themselves")
        X = collect(X, _choose_features(features, names_of(X), "x"))
    if _is_opened(t) and len(names_of(t)) != 1:
        raise DataError(f"y is a frame of {len(names_of(t))} columns, {listing(names_of(t))}: pass one of them")
    xs, ys = _series(X), _series(t)
    named = Table(np.empty((0, len(xs))), np.empty(0))
    named.feature_names = tuple(s.name for s in xs) if xs and all(_is_name(s.name) for s in xs) else None
    named.target_name = ys[0].name if ys and _is_name(ys[0].name) else None
    named.can_drop = can_drop
    drop = missing == "drop"
    if not (xs or ys):  # neither is: what may still be an array to NumPy
        table = read_arrays(x, y, drop)
        table.can_drop = can_drop
        return weigh(table, sample_weight, missing)
    if sample_weight is not None:
        named.weight = read_weight(sample_weight, len((xs or ys)[0]), drop)
    table = read_arrays(
        _matrix(_values(xs, named, missing)) if xs else x,
        _values(ys, named, missing, len(xs))[0] if ys else y,
        drop,
    )
    table.feature_names, table.target_name = named.feature_names, named.target_name
    table.weight, table.can_drop, table.library = named.weight, can_drop, library_of(X if xs else t)
    return table.settle(missing)


def read_features(X: Any, names: tuple[str, ...] | None) -> NDArray[Any]:
    """Feature columns alone: of a frame those of these names, if the fit knew names, in any order."""
    frame = open_frame(X)
    if _is_opened(frame) and names is not None:
        for name in names:
            require_column(name, names_of(frame), "X, and the fit was made with it")
        frame = collect(frame, names)
    columns = _series(frame)
    if not columns:
        return numbers(X, "X")
    named = Table(np.empty((0, len(columns))), np.empty(0))
    named.feature_names = tuple(str(column.name) for column in columns)
    named.can_drop = False
    return _matrix(_values(columns, named))


def read_series(values: Any, missing: str) -> Any:
    """Weights out of a series, or `values` themselves if they are none."""
    series = _series(open_frame(values))
    return _values(series, Table(np.empty((0, 0)), np.empty(0)), missing, 1)[0] if len(series) == 1 else values


def choose_columns(
    names: list[str], target: Any, features: Sequence[str] | None, path: str | None = None, weight: str | None = None
) -> tuple[str, tuple[str, ...]]:
    """Target and feature names, each checked; by default the last column and all others but that of the weights."""
    where = path or "the frame"
    if not names:
        raise DataError(f"{where} has no columns: a feature and a target are needed")
    if target is None:
        if path is None:
            raise DataError(f"a frame needs a target: name one of its columns, {listing(names)}")
        target = names[-1]
    if not isinstance(target, str):
        raise DataError(f"the target of {where} must be a column name, not {type(target).__qualname__}")
    if features is None:
        chosen = tuple(name for name in names if name not in (target, weight))
    else:
        chosen = _choose_features(features, names, where)
    odd = next((name for name in (*chosen, target) if not isinstance(name, str)), None)
    if odd is not None:
        raise DataError(f"{where} has the column name {shown(odd)}, which is no text: rename the columns, or pass arrays (x, y)")
    require_column(target, names, where)
    if weight is not None:
        require_column(weight, names, where)
        if weight == target:
            raise DataError(f"{spelled('sample_weight', weight)} names the target: weights are a column of their own")
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
        raise argument_error("features", features, f"pass a list of column names, {spelled('features', [features])}")
    try:
        chosen = tuple(features)
    except TypeError:
        raise argument_error("features", features, "pass a list of column names") from None
    for name in chosen:
        require_column(name, names, where)
        if chosen.count(name) > 1:
            raise DataError(f"{spelled('features', features)} names {shown(name)} twice: name each column once", "features")
    return chosen


def require_column(name: str, names: Sequence[str], where: str) -> None:
    if name not in names:
        close = get_close_matches(str(name), [other for other in names if isinstance(other, str)], 3)
        hint = f"did you mean {listing(close)}?" if close else f"it has {listing(names)}"
        raise DataError(f"no column {shown(name, 200)} in {where}: {hint}")


def listing(names: Sequence[str]) -> str:
    """Names for a message, at most twelve."""
    first = ", ".join(shown(name, 200) for name in names[:12])
    return f"{first} and {len(names) - 12} more" if len(names) > 12 else first


def is_frame(data: Any) -> bool:
    """Whether `data` is a table whose columns have names, in memory or lazy."""
    import narwhals as nw

    frame = _from_native(data)
    return isinstance(frame, nw.DataFrame | nw.LazyFrame) or (frame is data and (_is_stream(data) or _is_batch(data)))


def open_frame(data: Any) -> Any:
    """A narwhals frame or series, an Arrow reader of a stream that only Arrow knows, or `data` itself if it is none."""
    frame = _from_native(data)
    if frame is data and _is_stream(data):
        reader = data if _is_reader(data) else _arrow_reader(data)
        _from_native(reader.schema.empty_table())  # looks at the names
        return reader
    return _from_native(_arrow_table(data)) if frame is data and _is_batch(data) else frame


def _from_native(data: Any) -> Any:
    """What narwhals makes of it, or `data` itself if that is nothing."""
    import narwhals as nw

    try:
        frame = nw.from_native(data, pass_through=True, allow_series=True)
        if isinstance(frame, nw.DataFrame):
            _ = frame.columns  # narwhals looks at the names here
    except nw.exceptions.DuplicateError as error:
        raise DataError(f"the frame has two columns of one name: rename one ({' '.join(str(error).split())})") from None
    return frame


def _is_stream(data: Any) -> bool:
    return hasattr(data, "__arrow_c_stream__") and not hasattr(data, "__array__")


def _is_batch(data: Any) -> bool:
    return hasattr(data, "__arrow_c_array__") and hasattr(data, "schema")  # an Arrow array has no schema


def _is_reader(data: Any) -> bool:
    return hasattr(data, "read_next_batch")


def names_of(frame: Any) -> list[str]:
    """Of a frame's columns."""
    import narwhals as nw

    if isinstance(frame, nw.DataFrame):
        return list(frame.columns)
    return list(frame.collect_schema().names() if isinstance(frame, nw.LazyFrame) else frame.schema.names)


def is_lazy(frame: Any) -> bool:
    """Whether the rows of what `open_frame` gave are yet to be read."""
    import narwhals as nw

    return not isinstance(frame, nw.DataFrame)


def collect(frame: Any, names: Sequence[str]) -> Any:
    """These columns of what `open_frame` gave, in memory."""
    import narwhals as nw

    if isinstance(frame, nw.LazyFrame) and not hasattr(nw.to_native(frame), "__arrow_c_stream__"):
        return frame.select(*names).collect()
    if isinstance(frame, nw.LazyFrame):
        frame = _arrow_reader(nw.to_native(frame.select(*names)))
    if not isinstance(frame, nw.DataFrame):
        with frame:
            frame = nw.from_native(frame.read_all(), eager_only=True)
    return frame.select(*names)


def _is_opened(frame: Any) -> bool:
    import narwhals as nw

    return isinstance(frame, nw.DataFrame | nw.LazyFrame) or _is_reader(frame)


def _arrow_reader(data: Any) -> Any:
    return _pyarrow().RecordBatchReader.from_stream(data)


def _arrow_table(batch: Any) -> Any:
    pyarrow = _pyarrow()
    return pyarrow.Table.from_batches([batch if isinstance(batch, pyarrow.RecordBatch) else pyarrow.record_batch(batch)])


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ImportError:
        raise missing_extra("pyarrow", "files", "reading this frame") from None
    return pyarrow


def _series(columns: Any) -> list[Any]:
    import narwhals as nw

    if _is_opened(columns):
        return list((collect(columns, names_of(columns)) if is_lazy(columns) else columns).iter_columns())
    return [columns] if isinstance(columns, nw.Series) else []


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and name != ""


def _matrix(columns: list[NDArray[Any]]) -> NDArray[Any]:
    """Column by column in memory, as they come: column_stack takes three times as long, and the kernels are no slower."""
    return columns[0][:, np.newaxis] if len(columns) == 1 else np.array(columns).T


_Fault = tuple[int, int, str, bool]
"""Of a bad cell: its row, its column, what it holds, whether it is missing."""


def _values(series: list[Any], table: Table, missing: str = "raise", first: int = 0, advise: bool = False) -> list[NDArray[Any]]:
    """Columns as numbers, NaN for null; the first row with a cell that is none is refused, unless its weight is 0.

    `first` is what the table calls the first of them; `advise` whether a column of text could be left out.
    """
    faults: list[_Fault] = []
    columns = [_column(s, first + i, table, missing == "drop", advise, faults) for i, s in enumerate(series)]
    if faults:
        row, column, what, is_null = min(faults)
        table.refuse(row, column, what, is_null)
    return columns


def _arrow_floats(frame: Any, names: Sequence[str]) -> list[NDArray[Any]] | None:
    """Columns of an Arrow table where they lie, if all are float64 in one chunk without nulls, as in the pieces of most files.

    By narwhals it takes 0.15 ms for six columns, as long as a twentieth of all else that is done with 65,536 rows.
    """
    if not hasattr(frame, "to_batches"):
        return None
    columns = []
    for name in names:
        column = frame.column(name)
        if column.num_chunks != 1 or str(column.type) != "double" or column.null_count:
            return None
        columns.append(np.from_dlpack(column.chunk(0)))
    return columns


def column_values(series: Any, index: int, table: Table) -> NDArray[Any]:
    """One column without nulls as numbers."""
    return _values([series], table, first=index)[0]


def _column(series: Any, index: int, table: Table, drop: bool, advise: bool, faults: list[_Fault]) -> NDArray[Any]:
    dtype = series.dtype
    if dtype.is_temporal():
        where = f" of {table.path}" if table.path else ""
        raise DataError(
            f"{table.name_of(index)}{where} holds dates or times ({dtype}): convert them to numbers first, e.g. seconds"
        )
    if not series.null_count():
        return _known(series, None, index, table, drop, advise, faults)
    null = series.is_null().to_numpy()
    if not drop:
        counted = null & _present(table, len(null))
        if counted.any():
            faults.append((int(np.argmax(counted)), index, "empty cell" if table.line_of else "missing value", True))
    rows = np.flatnonzero(~null)
    values = np.full(len(null), np.nan)
    values[rows] = _known(series.drop_nulls(), rows, index, table, drop, advise, faults)
    return values


def _present(table: Table, n: int) -> Any:
    """Which rows count; all if there are no weights, or not one for each (which is refused later)."""
    return table.weight != 0.0 if len(table.weight) == n else np.ones(n, bool)


def _known(
    series: Any, rows: NDArray[np.intp] | None, index: int, table: Table, drop: bool, advise: bool, faults: list[_Fault]
) -> NDArray[Any]:
    """A column without nulls; `rows` says which of the table's these are, if not all."""
    dtype = series.dtype
    if dtype.is_boolean() or dtype.is_decimal():
        return np.asarray(series.to_numpy(), np.float64)
    if not dtype.is_numeric() or "128" in str(dtype):  # NumPy has no 128-bit integers
        return _cells(series.to_list(), range(len(series)) if rows is None else rows, index, table, drop, advise, faults)
    native = series.to_native()
    if hasattr(native, "iterchunks") and str(dtype) == "Float64":
        # Arrow's own conversion imports pandas, 50 MB; this copies nothing where there is one chunk.
        chunks = [np.from_dlpack(chunk) for chunk in native.iterchunks()]
        return chunks[0] if len(chunks) == 1 else np.concatenate(chunks or [EMPTY])
    values: NDArray[Any] = series.to_numpy()
    return values


def _cells(
    cells: list[Any], rows: Any, index: int, table: Table, drop: bool, advise: bool, faults: list[_Fault]
) -> NDArray[np.float64]:
    """A column of objects, if each is a number; text is not taken for one."""
    out = np.full(len(cells), np.nan)
    weight = table.weight
    text = None
    for i, (row, cell) in enumerate(zip(rows, cells, strict=True)):
        number = real(cell)
        if number is not None:
            out[i] = number
            continue
        if row < len(weight) and weight[row] == 0.0:
            continue
        word = cell.decode("utf-8", "replace") if isinstance(cell, bytes) else cell
        if not isinstance(word, str):
            what = shown(cell)
        elif is_number(word):
            text = i if text is None else text
            continue
        else:
            blank = not word.strip()
            if blank and drop:
                continue
            what = "empty cell" if blank else f"text {word!r:.60}"
            if advise and i == 0 and not blank and index < table.n_features and table.feature_names is not None:
                formula = f"{table.target_name} ~ C({table.feature_names[index]})"
                cure = f"leave the column out of {spelled('features')}, or use a formula, '{formula}'"
                table.refuse(int(row), index, what, cure=cure)
        faults.append((int(row), index, what, what == "empty cell"))
        return out
    if text is not None:
        raise DataError(
            f"{table.name_of(index)} holds numbers as text, {cells[text]!r:.60} {table.place_of(int(rows[text]))}: "
            f"convert the column to numbers first{table.counted}"
        )
    return out


def is_number(cell: str) -> bool:
    """Whether a cell of text is written as a decimal number; Python's underscores and other scripts' digits are none."""
    try:
        float(cell)
    except ValueError:
        return False
    return cell.isascii() and "_" not in cell
