"""CSV and Parquet files, read by pyarrow."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from itertools import islice
from typing import Any

from fastgd.errors import DataError, missing_extra
from fastgd.sources.frames import Columns, is_number, require_frame_rows
from fastgd.sources.table import Table, default_names

_PARQUET = (".parquet", ".pq")


def read_file(path: str, target: Any, features: Sequence[str] | None) -> Table:
    """The target and feature columns of a CSV or Parquet file."""
    if not os.path.exists(path):
        raise DataError(f"no file {path!r} (looked in {os.getcwd()})")
    if os.path.isdir(path):
        raise DataError(f"{path} is a folder: name a CSV or Parquet file in it")
    if not os.path.isfile(path):
        raise DataError(f"{path} is a pipe or a device: save what it holds to a file first")
    try:
        import pyarrow
    except ImportError:
        raise missing_extra("pyarrow", "files", "reading files") from None
    if os.path.getsize(path) == 0:
        raise DataError(f"{path} is empty: at least one row is needed")
    if path.lower().endswith(_PARQUET):
        return _read_parquet(path, target, features)
    try:
        return _read_csv(path, target, features)
    except (pyarrow.ArrowInvalid, OSError, csv.Error) as error:
        raise DataError(f"{path} cannot be read: {_first_line(error)}") from None


def _read_parquet(path: str, target: Any, features: Sequence[str] | None) -> Table:
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            names = file.schema_arrow.names
            _refuse_twice(names, path)
            columns = Columns.choose(names, target, features, path=path)
            frame = file.read(columns=list(columns.needed))
    except (pyarrow.ArrowInvalid, OSError) as error:
        raise DataError(f"{path} is not a whole Parquet file: {_first_line(error)}") from None
    return _table(frame, columns, path)


def _read_csv(path: str, target: Any, features: Sequence[str] | None) -> Table:
    """A first row of numbers only is data: its columns are then x and y, or x0, x1, … and y."""
    import pyarrow
    from pyarrow import csv as arrow

    with closing(_rows(path)) as rows:
        header = list(islice(rows, 2))
    if not header:
        raise DataError(f"{path} is empty: at least one row is needed")
    line, cells = header[0]
    _require_columns(cells, path)
    if all(is_number(cell) for cell in cells):
        names, skipped = [*default_names(len(cells) - 1), "y"], 0
    else:
        names, skipped = [cell.strip() for cell in cells], 1
        _refuse_twice(names, path)
    columns = Columns.choose(names, target, features, path=path)
    if len(header) == skipped:
        raise DataError(f"no rows: {path} holds column names only; at least one row is needed")
    try:
        frame = arrow.read_csv(
            path,
            read_options=arrow.ReadOptions(column_names=names, skip_rows=header[skipped][0] - 1),
            parse_options=arrow.ParseOptions(newlines_in_values=True),  # without it, rows at a block's edge are cut silently
            convert_options=arrow.ConvertOptions(include_columns=list(columns.needed), null_values=[""]),
        )
    except pyarrow.ArrowInvalid as error:
        raise DataError(_ragged_row(path, line, len(names)) or f"{path} cannot be read: {_first_line(error)}") from None

    def line_of(row: int) -> int:
        with closing(_rows(path)) as rows:
            return next(islice(rows, skipped + row, None))[0]

    return _table(frame, columns, path, line_of)


def _table(frame: Any, columns: Columns, path: str, line_of: Callable[[int], int] | None = None) -> Table:
    import narwhals as nw

    require_frame_rows(frame, path)
    return columns.table(nw.from_native(frame), path, line_of)


def _rows(path: str) -> Generator[tuple[int, list[str]], None, None]:
    """The rows that are not blank lines, each with the line on which it begins; decompressed as its name says."""
    import pyarrow

    with io.TextIOWrapper(pyarrow.input_stream(path), encoding="utf-8-sig", errors="replace", newline="") as text:
        reader = csv.reader(text)
        line = 1
        for cells in reader:
            if cells:
                yield line, cells
            line = reader.line_num + 1


def _require_columns(cells: list[str], path: str) -> None:
    if any(re.search("[\0-\10\ufffd]", cell) for cell in cells):
        raise DataError(f"{path} is not UTF-8 text: save it as CSV in UTF-8, or if it is Parquet name it .parquet")
    if len(cells) == 1:
        other = next((s for s in ";\t| " if s in cells[0].strip()), None)
        advice = "" if other is None else f"; if the separator is {other!r}, pass pandas.read_csv(path, sep={other!r})"
        raise DataError(f"{path} has one column, {cells[0]!r:.60}: feature and target are needed, separated by commas{advice}")


def _refuse_twice(names: list[str], path: str) -> None:
    twice = next((name for name in names if name and names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"{path} has two columns named {twice!r}: rename one")


def _ragged_row(path: str, first: int, width: int) -> str | None:
    """What is wrong with the first row whose number of cells is not that of the row on line `first`, if that is the trouble."""
    with closing(_rows(path)) as rows:
        for line, cells in rows:
            if len(cells) != width:
                count = f"{len(cells)} cell{'s'[: len(cells) - 1]}"
                return f"{count} in line {line} of {path} where line {first} has {width}: every line needs as many"
    return None


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
