"""Parquet files, read by pyarrow some rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastgd.errors import DataError
from fastgd.sources.files.ahead import read_ahead
from fastgd.sources.files.csv_files import first_line
from fastgd.sources.table import Table

ROWS, CELLS = 1 << 17, 6 << 16
"""Rows and cells read at a time, at most."""
WHOLE = 4096
"""Rows are a multiple of this: those of a block that is cut are copied."""
BUFFER = 1 << 18
"""Bytes of a column read at a time: without it, a row group's whole column is, and a row group may be the whole file."""


class ParquetFile:
    """One file and the names of its columns."""

    def __init__(self, path: str) -> None:
        from pyarrow import parquet

        self.path = path
        with _errors(path), parquet.ParquetFile(path) as file:
            self.names: list[str] = file.schema_arrow.names
            self._rows: int = file.metadata.num_rows

    def require_rows(self) -> None:
        if self._rows == 0:
            raise DataError(f"no rows: {self.path} holds column names only; at least one row is needed")

    def tables(self, choose: Any, types: dict[str, Any]) -> Iterator[tuple[Table, float | None]]:
        """The chosen columns, some rows at a time, each with the share of the file that is read; `types` are in the file."""
        import pyarrow as pa
        from pyarrow import parquet

        columns = list(choose.needed)
        size = max(1024, min(ROWS, CELLS // len(columns)))
        size -= size % WHOLE if size > WHOLE else 0
        with _errors(self.path), parquet.ParquetFile(self.path, pre_buffer=False, buffer_size=BUFFER) as file:
            # Of two processors one decodes, and the caller's sums what is decoded; Arrow's threads would have them take turns,
            # a third slower.
            use_threads = pa.cpu_count() > 2
            row = 0
            for batch in read_ahead(file.iter_batches(size, columns=columns, use_threads=use_threads)):
                table = choose.table(pa.Table.from_batches([batch]), self.path, None, row, None)
                row += len(batch)
                yield table, row / self._rows


@contextmanager
def _errors(path: str) -> Iterator[None]:
    import pyarrow

    try:
        yield
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:  # also names that are no text, sizes beyond memory
        raise DataError(f"{path} is not a whole Parquet file: {first_line(error)}") from None
