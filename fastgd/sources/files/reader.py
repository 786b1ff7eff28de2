"""What the readers of all file formats share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from fastgd.errors import DataError
from fastgd.sources.frames import pyarrow_for


class Options(NamedTuple):
    """What a reader is told of its file.

    Attributes
    ----------
    delimiter : str or None
        What separates the cells of a line of text; None to find out.
    header : bool or None
        Whether the first line holds names; None to find out.
    n_features : int or None
        To predict from, where a target need not be there: a file without names of so many columns holds features only.
    first : Reader or None
        That of the first of several files.
    """

    delimiter: str | None = None
    header: bool | None = None
    n_features: int | None = None
    first: Any = None


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
