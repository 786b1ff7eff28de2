"""Parquet files, read by pyarrow some rows at a time."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

from fastgd.kernels.layout import BLOCK
from fastgd.sources.ahead import read_ahead
from fastgd.sources.columns import Choice
from fastgd.sources.files.reader import Options, reading, refuse_no_rows
from fastgd.sources.origin import Origin

T = TypeVar("T")

_ROWS, _CELLS = 1 << 17, 6 << 16
"""Rows and cells read at a time, at most."""
_BUFFER = 1 << 18
"""Bytes of a column read at a time: without it, a row group's whole column is, and a row group may be the whole file."""
_FAULTS: Any = "is not a whole Parquet file", UnicodeDecodeError  # for names that are not text


class ParquetFile:
    """A `Reader`."""

    def __init__(self, path: str, options: Options) -> None:
        self.path = path
        with reading(path, *_FAULTS):
            from pyarrow import parquet

            with parquet.ParquetFile(path) as file:
                self.names: list[str] = file.schema_arrow.names
                self._rows: int = file.metadata.num_rows
        refuse_no_rows(path, self._rows)

    def tables(self, choice: Choice[T]) -> Generator[tuple[T, float]]:
        """The chosen columns, some rows at a time."""
        import pyarrow as pa
        from pyarrow import parquet

        columns = list(choice.needed)
        size = max(1024, min(_ROWS, _CELLS // len(columns)))
        size -= size % BLOCK if size > BLOCK else 0  # rows of a block that a piece cuts are copied
        with reading(self.path, *_FAULTS), parquet.ParquetFile(self.path, pre_buffer=False, buffer_size=_BUFFER) as file:
            # Of two processors one decodes, and the caller's sums what is decoded; Arrow's threads would have them take turns,
            # a third slower.
            use_threads = pa.cpu_count() > 2
            row = 0
            for batch in read_ahead(file.iter_batches(size, columns=columns, use_threads=use_threads)):
                table = choice.table(pa.Table.from_batches([batch]), Origin(self.path, first_row=row))
                row += len(batch)
                yield table, row / self._rows
