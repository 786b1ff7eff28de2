"""CSV and Parquet files: one, several or a pattern, as a stream of tables."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from glob import glob
from typing import Any

from fastgd.arguments import argument_error, flag
from fastgd.errors import DataError, missing_extra
from fastgd.sources.files.csv_files import CsvFile
from fastgd.sources.files.parquet_files import ParquetFile
from fastgd.sources.frames import listing
from fastgd.sources.table import Stream, Table

_PARQUET = (".parquet", ".pq")


def read_files(
    data: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    choose: Callable[[list[str], str], Any],
    delimiter: str | None = None,
    header: bool | None = None,
    n_features: int | None = None,
) -> Stream:
    """Rows of files one after the other, some at a time; each file is looked at before the first row is read.

    Parameters
    ----------
    data : path, list of paths, or pattern
        "part-*.parquet" stands for all such files, sorted by name. CSV files may be compressed: .gz, .bz2, .zst. A pipe is
        read as CSV, once.
    choose : callable
        Of the first file's column names and its path; its result says which are `needed` and makes a `table` of a frame of them,
        as `frames.Columns` does. If its `missing` is "drop", empty cells and NA, N/A, NaN, nan, null, NULL, None in a CSV are
        missing; if it has `as_text`, those columns of a CSV are text whatever they hold.
    delimiter : str, optional
        What separates the cells of a CSV; by default comma, semicolon, tab or |, whichever the first two rows show.
    header : bool, optional
        Whether a CSV begins with column names; by default it does unless its first row holds numbers only.
    n_features : int, optional
        To predict from, where a target need not be there: a CSV of so many columns holds features only.

    Raises
    ------
    DataError
        Here for a file that is missing, empty or lacks a column; from the stream for a row or a cell, with file and line.
    """
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise missing_extra("pyarrow", "files", "reading files") from None
    if delimiter is not None and not (isinstance(delimiter, str) and re.fullmatch(r'[^"\r\n\x80-\U0010ffff]', delimiter)):
        raise argument_error("delimiter", delimiter, "pass the one character that separates cells, as ';' or '\\t'")
    if header is not None:
        header = flag(header, "header")
    paths = _paths(data)
    first = _open(paths[0], None, delimiter, header, n_features)
    _refuse_twice(first.names, first.path)
    choice = choose(first.names, first.path)
    first.require_rows()
    files = [first]
    for path in paths[1:]:
        file = _open(path, first, delimiter, header, n_features)
        _require_columns(file, choice.needed, first.path)
        file.require_rows()
        files.append(file)
    stream = Stream(iter(()))
    stream.tables = _tables(files, choice, stream)
    return stream


def _tables(files: list[CsvFile | ParquetFile], choice: Any, stream: Stream) -> Iterator[Table]:
    sizes = [os.path.getsize(file.path) for file in files]
    total, before = sum(sizes), 0
    types: dict[str, Any] = {}
    for file, size in zip(files, sizes, strict=True):
        with closing(file.tables(choice, types)) as tables:  # type: ignore[type-var]
            for table, share in tables:
                stream.share = None if share is None else (before + share * size) / total
                yield table
        before += size


def _paths(data: Any) -> list[str]:
    if isinstance(data, str | os.PathLike):
        path = os.fsdecode(data)
        if os.path.lexists(path) or not any(c in path for c in "*?["):
            return [path]
        found = sorted(glob(path, recursive=True))
        if not found:
            raise DataError(f"no file matches {path!r} (looked in {os.getcwd()})")
        return found
    paths = [found for one in data for found in _paths(one)]
    if not paths:
        raise DataError("no files: the list is empty")
    return paths


def _open(
    path: str, like: CsvFile | ParquetFile | None, delimiter: str | None, header: bool | None, n_features: int | None
) -> CsvFile | ParquetFile:
    """A file, looked at; `like` the first one if it is another."""
    if not os.path.exists(path):
        raise DataError(f"no file {path!r} (looked in {os.getcwd()})")
    if os.path.isdir(path):
        raise DataError(f"{path} is a folder: name a CSV or Parquet file in it")
    if os.path.isfile(path):
        if os.path.getsize(path) == 0:
            raise DataError(f"{path} is empty: at least one row is needed")
        if path.lower().endswith(_PARQUET):
            return ParquetFile(path)
    elif like is not None:
        raise DataError(f"{path} is a pipe or a device: it can be read only as the first of the files")
    if isinstance(like, CsvFile):
        return CsvFile(path, like, like.delimiter, header, n_features)
    return CsvFile(path, None, delimiter, header, n_features)


def _require_columns(file: CsvFile | ParquetFile, needed: Sequence[str], first: str) -> None:
    wanted, found = set(needed), set(file.names)
    for name in needed:
        if name not in found:
            raise DataError(f"no column {name!r} in {file.path}, which {first} has: it has {listing(file.names)}")
    _refuse_twice([name for name in file.names if name in wanted], file.path)


def _refuse_twice(names: list[str], path: str) -> None:
    counts = Counter(names)
    twice = next((name for name in names if name and counts[name] > 1), None)
    if twice is not None:
        raise DataError(f"{path} has two columns named {twice!r}: rename one")
