"""What a file format brings: a reader of one file, and the errors that all readers word alike."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol, TypeVar

from fastgd.errors import DataError
from fastgd.sources.columns import Choice
from fastgd.sources.frames import pyarrow_for

T = TypeVar("T")


class FileReader(Protocol):
    """One file, looked at when the reader is made, by `reader(path, options)`; its rows are read anew on each pass.

    Attributes
    ----------
    path : str
    names : list of str
        The columns.
    has_rows : bool
        Whether there is a row beside the names.
    """

    path: str
    names: list[str]
    has_rows: bool

    def tables(self, choice: Choice[T]) -> Generator[tuple[T, float | None]]:
        """One pass: `choice.table(frame, origin)` of one piece of the file after the other.

        A frame is one that narwhals reads, or an Arrow table, and has the columns `choice.needed`. With it comes the share of the
        file that has then been read, 0 to 1, or None where that is not known.
        """


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
    first : FileReader or None
        Of several files the first, whose columns the others have.
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
