"""What the readers of all file formats share."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from fastgd.arguments import argument_error, flag
from fastgd.errors import DataError
from fastgd.sources.frames import pyarrow_for


class Options(NamedTuple):
    """What a reader is told of its file."""

    delimiter: str | None = None  # separates the cells of a line of text; None to find out
    header: bool | None = None  # whether the first line holds names; None to find out
    n_features: int | None = None  # to predict from: a file without names of so many columns holds features only
    first: Any = None  # the reader of the first of several files


@dataclass(frozen=True)
class CSV:
    """A CSV file, or several, with what its text leaves open; it goes wherever a path does.

    Parameters
    ----------
    path : str or os.PathLike
        Or a pattern like ``part-*.csv``.
    delimiter : str, optional
        The one character that separates cells; by default ``,``, ``;``, tab or ``|``, whichever the first two rows show.
    header : bool, optional
        Whether the first row holds column names; by default it does unless it holds numbers only.

    Examples
    --------
    >>> import fastgd, pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "years.csv")
    ...     _ = file.write_text("2019:2020\\n1:2\\n2:4\\n4:7\\n")
    ...     fastgd.fit(fastgd.CSV(file, delimiter=":", header=True), "2020")
    <FitResult: 2020 = 0.5 + 1.64285714 * 2019, converged>
    """

    path: str | os.PathLike[str]
    delimiter: str | None = None
    header: bool | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.path, str | os.PathLike) or isinstance(self.path, CSV):
            raise argument_error("path", self.path, "pass the path of a file")
        one_character = isinstance(self.delimiter, str) and re.fullmatch(r'[^"\r\n\x80-\U0010ffff]', self.delimiter)
        if self.delimiter is not None and not one_character:
            raise argument_error("delimiter", self.delimiter, "pass the one character that separates cells, as ';' or '\\t'")
        if self.header is not None:
            flag(self.header, "header")

    def __fspath__(self) -> str:
        return os.fsdecode(self.path)


@contextmanager
def reading(path: str, fault: str, *errors: type[Exception]) -> Iterator[None]:
    """What Arrow and the system raise, as one line: the path, the fault and the reason."""
    pyarrow = pyarrow_for("reading files")
    try:
        yield
    except (pyarrow.ArrowException, OSError, *errors) as error:
        raise DataError(f"{path} {fault}: {first_line(error)}") from None


def first_line(error: Exception) -> str:
    """Of Arrow's messages, which may go on for a page."""
    return str(error).partition("\n")[0]


def refuse_no_rows(path: str, n: int) -> None:
    """Refuse a file of n = 0 rows."""
    if n == 0:
        raise DataError(f"no rows: {path} holds column names only; at least one row is needed")
