"""Files one after the other: a path, several, or a pattern. `READERS` says which class reads which."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from glob import glob
from typing import Any, TypeVar

from fastgd.errors import DataError
from fastgd.sources.columns import Choice, Reader, shown_names
from fastgd.sources.files.csv_files import CsvFile
from fastgd.sources.files.parquet_files import ParquetFile
from fastgd.sources.files.reader import CSV, Options

T = TypeVar("T")

READERS: dict[str, Callable[[str, Options], Reader]] = {".parquet": ParquetFile, ".pq": ParquetFile}
"""What reads files whose names end so; `CsvFile` reads all others. A format is a class like `Reader` and an entry here."""


class Files:
    """Files with the columns of the first. Each is looked at when this is made; the rows are read anew on each pass.

    Parameters
    ----------
    data : path, list of paths, pattern, or CSV
        "part-*.parquet" stands for all such files, sorted by name. CSV files may be compressed: .gz, .bz2, .zst. A pipe is
        read as CSV, once.
    n_features : int, optional
        To predict from, where a target need not be there: a CSV of so many columns holds features only.

    Attributes
    ----------
    names : list of str
        The columns of the first file.
    path : str
        The first file.
    once : str or None
        What it is, if it can be read only once.

    Raises
    ------
    DataError
        For a file that is missing or has no rows; at the beginning of a pass for one that lacks a column, and then for a row or a
        cell, with file and line.
    """

    def __init__(self, data: Any, n_features: int | None = None) -> None:
        self._files: list[tuple[str, Reader]] = []
        for one in data if isinstance(data, list) and data else [data]:
            text = one if isinstance(one, CSV) else CSV("")
            for path in _paths(one):
                first = self._files[0][1] if self._files else None
                self._files.append((path, _open(path, Options(text.delimiter, text.header, n_features, first))))
        self.path, self.names = self._files[0][0], self._files[0][1].names
        self.once = None if os.path.isfile(self.path) else f"the pipe {self.path}"
        _refuse_twice(self.names, self.path)

    def tables(self, choice: Choice[T]) -> Generator[tuple[T, float | None]]:
        """One pass: what is chosen of one piece after the other, each with the share of all files that is then read."""
        for path, reader in self._files:
            self._require(path, reader.names, choice.needed)
        sizes = [os.path.getsize(path) for path, _ in self._files]
        before = 0
        for (_, reader), size in zip(self._files, sizes, strict=True):
            with closing(reader.tables(choice)) as tables:
                for table, share in tables:
                    yield table, None if share is None else (before + share * size) / sum(sizes)
            before += size

    def _require(self, path: str, names: Sequence[str], needed: Sequence[str]) -> None:
        """Refuse a file that lacks a column or has two of its name."""
        wanted, found = set(needed), set(names)
        for name in needed:
            if name not in found:
                raise DataError(f"no column {name!r} in {path}, which {self.path} has: it has {shown_names(names)}")
        _refuse_twice([name for name in names if name in wanted], path)


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


def _open(path: str, options: Options) -> Reader:
    if not os.path.exists(path):
        raise DataError(f"no file {path!r} (looked in {os.getcwd()})")
    if os.path.isdir(path):
        raise DataError(f"{path} is a folder: name a CSV or Parquet file in it")
    if not os.path.isfile(path):
        if options.first is not None:
            raise DataError(f"{path} is a pipe or a device: it can be read only as the first of the files")
        return CsvFile(path, options)
    if os.path.getsize(path) == 0:
        raise DataError(f"{path} is empty: at least one row is needed")
    suffixes = [suffix for suffix in READERS if path.lower().endswith(suffix)]
    reader = READERS[max(suffixes, key=len)] if suffixes else CsvFile
    return reader(path, options)


def _refuse_twice(names: Sequence[str], path: str) -> None:
    counts = Counter(names)
    twice = next((name for name in names if name and counts[name] > 1), None)
    if twice is not None:
        raise DataError(f"{path} has two columns named {twice!r}: rename one")
