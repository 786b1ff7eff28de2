"""Parquet files, read by pyarrow some rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastgd.errors import DataError
from fastgd.sources.ahead import work_ahead
from fastgd.sources.csv_files import first_line
from fastgd.sources.table import Table

ROWS, CELLS = 3 << 16, 6 << 16
"""Rows and cells read at a time, at most: columns of 2 MB would come from the system each time, a fifth slower."""
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
        import narwhals as nw
        import pyarrow as pa
        from pyarrow import parquet

        columns = list(choose.needed)
        size = max(1024, min(ROWS, CELLS // len(columns)))
        size -= size % WHOLE if size > WHOLE else 0
        with _errors(self.path), parquet.ParquetFile(self.path, pre_buffer=False, buffer_size=BUFFER) as file:
            def batches() -> Iterator[tuple[int, Any]]:
                row = 0
                for batch in file.iter_batches(size, columns=columns):
                    yield row, batch
                    row += len(batch)

            def work(piece: tuple[int, Any]) -> tuple[Table, float | None]:
                row, batch = piece
                frame = nw.from_native(pa.Table.from_batches([batch]))
                return choose.table(frame, self.path, None, row, None), (row + len(batch)) / self._rows

            yield from work_ahead(batches(), work)


@contextmanager
def _errors(path: str) -> Iterator[None]:
    import pyarrow

    try:
        yield
    except (pyarrow.ArrowInvalid, OSError) as error:
        raise DataError(f"{path} is not a whole Parquet file: {first_line(error)}") from None
