"""CSV and Parquet files, read by pyarrow."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from typing import Any

from fastgd.errors import DataError, missing_extra
from fastgd.sources.frames import choose_columns, read_frame
from fastgd.sources.table import Table

_PARQUET = (".parquet", ".pq")


def read_file(path: str, target: Any, features: Sequence[str] | None) -> Table:
    """The target and feature columns of a CSV or Parquet file."""
    if not os.path.exists(path):
        raise DataError(f"no file {path!r} (looked in {os.getcwd()})")
    if os.path.isdir(path):
        raise DataError(f"{path} is a folder: name a CSV or Parquet file in it")
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise missing_extra("pyarrow", "files", "reading files") from None
    if os.path.getsize(path) == 0:
        raise DataError(f"{path} is empty: at least one row is needed")
    if path.lower().endswith(_PARQUET):
        return _read_parquet(path, target, features)
    return _read_csv(path, target, features)


def _read_parquet(path: str, target: Any, features: Sequence[str] | None) -> Table:
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            target, chosen = choose_columns(file.schema_arrow.names, target, features, path)
            frame = file.read(columns=[*chosen, target])
    except (pyarrow.ArrowInvalid, OSError) as error:
        raise DataError(f"{path} is not a whole Parquet file: {_first_line(error)}") from None
    return read_frame(frame, target, chosen, path)


def _read_csv(path: str, target: Any, features: Sequence[str] | None) -> Table:
    import pyarrow
    from pyarrow import csv as arrow

    names, first_line = _read_names(path)
    target, chosen = choose_columns(names, target, features, path)

    def parse(**options: Any) -> Any:
        return arrow.read_csv(
            path,
            read_options=arrow.ReadOptions(column_names=names, skip_rows=first_line - 1, **options),
            convert_options=arrow.ConvertOptions(include_columns=[*chosen, target]),
        )

    try:
        frame = parse()
    except pyarrow.ArrowInvalid as error:
        raise DataError(_ragged_row(path, len(names), first_line) or f"{path}: {_first_line(error)}") from None
    if frame.num_rows == 0:
        raise DataError(f"no rows: {path} holds column names only; at least one row is needed")
    return read_frame(frame, target, chosen, path, first_line)


def _read_names(path: str) -> tuple[list[str], int]:
    """Column names, and the line of the first row of numbers.

    A first row of numbers only is data: its columns are then x and y, or x0, x1, … and y.
    """
    with open(path, newline="", encoding="utf-8-sig", errors="replace") as file:
        reader = csv.reader(file)
        cells = next((row for row in reader if row), [])
        line = reader.line_num
    if not cells:
        raise DataError(f"{path} is empty: at least one row is needed")
    if len(cells) == 1:
        raise DataError(f"{path} has one column, {cells[0]!r:.60}: features and target must be separated by commas")
    if all(_is_number(cell) for cell in cells):
        p = len(cells) - 1
        return (["x"] if p == 1 else [f"x{i}" for i in range(p)]) + ["y"], line
    names = [cell.strip() for cell in cells]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"{path} has two columns named {twice!r}: rename one")
    return names, line + 1


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _ragged_row(path: str, width: int, first_line: int) -> str | None:
    """What is wrong with the first row whose number of cells differs, if that is the trouble."""
    with open(path, newline="", encoding="utf-8-sig", errors="replace") as file:
        reader = csv.reader(file)
        for row in reader:
            if row and reader.line_num >= first_line and len(row) != width:
                return f"{path}, line {reader.line_num}: {len(row)} cells where the first row has {width}"
    return None


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
