"""Data frames of any library that narwhals or Arrow reads: opened, in memory or not."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from typing import Any, TypeVar

from fastgd.errors import DataError, missing_extra
from fastgd.sources.columns import Choice
from fastgd.sources.origin import Origin
from fastgd.sources.table import CHUNK

T = TypeVar("T")


class Frame:
    """`Frames` that are a narwhals frame, in memory or lazy, or a reader of Arrow batches, which can be read only once."""

    path = None

    def __init__(self, rows: Any, once: str | None = None) -> None:
        import narwhals as nw

        self.rows, self.once = rows, once
        self.is_lazy = not isinstance(rows, nw.DataFrame)
        if isinstance(rows, nw.LazyFrame):
            self.names = list(rows.collect_schema().names())
        else:
            self.names = list(rows.schema.names if self.is_lazy else rows.columns)

    def tables(self, choice: Choice[T]) -> Generator[tuple[T, None]]:
        """What is chosen, piece by piece; only the columns needed for it are computed."""
        import narwhals as nw

        first_row = 0
        with closing(self._batches(choice.needed)) as batches:
            for batch in batches:
                yield choice.table(nw.from_native(batch, eager_only=True), Origin(first_row=first_row)), None
                first_row += len(batch)

    def collect(self, names: Sequence[str]) -> Any:
        """These columns in memory, as a narwhals frame."""
        import narwhals as nw

        if isinstance(self.rows, nw.LazyFrame):
            return self.rows.select(*names).collect()
        if not self.is_lazy:
            return self.rows.select(*names)
        with self.rows as reader:
            return nw.from_native(reader.read_all(), eager_only=True).select(*names)

    def _batches(self, names: Sequence[str]) -> Generator[Any]:
        import narwhals as nw

        rows = self.rows
        if not self.is_lazy:
            yield rows
            return
        if isinstance(rows, nw.LazyFrame):
            rows = rows.select(*names)
            native = nw.to_native(rows)
            if hasattr(native, "collect_batches"):  # Polars 1.34 or later
                yield from native.collect_batches(chunk_size=CHUNK)
                return
            if not _is_stream(native):
                yield nw.to_native(rows.collect())
                return
            rows = _reader_of(native)
        try:
            for batch in rows:
                yield _arrow_table(batch)
        finally:
            rows.close()  # until then, a DuckDB connection takes no other query


def is_frame(data: Any) -> bool:
    """Whether `data` is a table whose columns have names, in memory or lazy."""
    import narwhals as nw

    frame = _from_native(data)
    return isinstance(frame, nw.DataFrame | nw.LazyFrame) or (frame is data and (_is_stream(data) or _is_batch(data)))


def open_frame(data: Any) -> Any:
    """A `Frame`, a narwhals series, or `data` itself if it is neither."""
    import narwhals as nw

    opened = _from_native(data)
    if isinstance(opened, nw.DataFrame | nw.LazyFrame):
        return Frame(opened)
    if opened is data and _is_stream(data):
        reader = data if hasattr(data, "read_next_batch") else _reader_of(data)
        _from_native(reader.schema.empty_table())  # looks at the names
        return Frame(reader, f"data of type {type(data).__qualname__}")
    return Frame(_from_native(_arrow_table(data))) if opened is data and _is_batch(data) else opened


def series_of(data: Any) -> list[Any]:
    """The columns of what `open_frame` gave, as narwhals series; none of what has none."""
    import narwhals as nw

    if isinstance(data, Frame):
        return list((data.collect(data.names) if data.is_lazy else data.rows).iter_columns())
    return [data] if isinstance(data, nw.Series) else []


def pyarrow_for(purpose: str) -> Any:
    """The module, or the error that says how to install it."""
    try:
        import pyarrow
    except ImportError:
        raise missing_extra("pyarrow", "files", purpose) from None
    return pyarrow


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


def _reader_of(stream: Any) -> Any:
    return pyarrow_for("reading this frame").RecordBatchReader.from_stream(stream)


def _arrow_table(batch: Any) -> Any:
    pyarrow = pyarrow_for("reading this frame")
    return pyarrow.Table.from_batches([batch if isinstance(batch, pyarrow.RecordBatch) else pyarrow.record_batch(batch)])
