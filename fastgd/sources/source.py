"""Rows that are read in pieces: opened once, and iterated as often as asked."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from typing import Never

from fastgd.errors import DataError
from fastgd.sources.table import Table, no_rows


class Source:
    """Tables of rows that are not in memory at once. Each iteration is a pass over the data from the first row on.

    The tables have the same columns and at most some hundred thousand rows each; one without rows counts for nothing.

    Parameters
    ----------
    read : callable
        Begins a pass: a generator of tables, each with the share of the data that has been read with it, 0 to 1, or None.
    once : str, optional
        What the data are, if they can be read only once: "data of type generator".

    Attributes
    ----------
    share : float or None
        How much of the data this pass has read; None where that is not known.

    Raises
    ------
    DataError
        On a second pass over what can be read only once, and at the end of a pass that found no row.
    """

    share: float | None = None

    def __init__(self, read: Callable[[], Generator[tuple[Table, float | None]]], once: str | None = None) -> None:
        self._read, self.once = read, once
        self._is_read = False

    def __iter__(self) -> Iterator[Table]:
        if self._is_read and self.once is not None:
            refuse_second_pass(self.once, "another pass over its rows is needed")
        self._is_read = True
        return self._tables()

    def _tables(self) -> Iterator[Table]:
        rows = dropped = absent = 0
        with closing(self._read()) as tables:  # closes the file if the caller stops early
            for table, self.share in tables:
                rows += len(table.X)
                dropped += table.n_dropped
                absent += table.n_absent
                yield from table
        if rows == 0:
            raise no_rows(dropped, absent)


def refuse_second_pass(what: str, reason: str) -> Never:
    """Raise the error for data that can be read only once."""
    raise DataError(f"{what} can be read only once, and {reason}: pass a file, or rows that are in memory")
