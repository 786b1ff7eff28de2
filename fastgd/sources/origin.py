"""Where rows come from, as error messages say it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Never

import numpy as np
from numpy.typing import NDArray

from fastgd.errors import COUNTED, DataError, spelled

_CORRECT = "correct the cell or drop the row"


class Origin(NamedTuple):
    """The place of a table's rows in the data that the user passed."""

    path: str | None = None  # the file
    line_of: Callable[[int], int] | None = None  # for a text file, the line on which a row begins
    block: int | None = None  # for an iterable of blocks, the number of the block
    first_row: int = 0  # the row of the data with which the table begins
    rows: NDArray[np.intp] | None = None  # which rows of the data the table has; None if all from `first_row` on
    can_drop: bool = True  # whether the user can pass missing='drop'

    def part(self, start: int, stop: int) -> Origin:
        """The origin of the rows from `start` to `stop`."""
        rows = None if self.rows is None else self.rows[start:stop]
        return self._replace(first_row=self.first_row + start, rows=rows)

    def take(self, rows: NDArray[np.intp]) -> Origin:
        """The origin of these rows only."""
        return self._replace(rows=rows + self.first_row if self.rows is None else self.rows[rows])

    def without_drop(self) -> Origin:
        """The same where missing='drop' cannot be passed."""
        return self._replace(can_drop=False)

    def place_of(self, row: int) -> str:
        """Where a row of the table is: "in line 7 of data.csv", "in row 3 of block 1"."""
        number = self.first_row + row if self.rows is None else int(self.rows[row])
        if self.block is not None:
            return f"in row {number} of block {self.block}"
        if self.path is None:
            return f"in row {number}"
        if self.line_of is None:
            return f"in row {number} of {self.path}"
        return f"in line {self.line_of(number)} of {self.path}"

    @property
    def counted(self) -> str:
        """How rows are counted: the end of a message that names one."""
        return "" if self.line_of else f" {COUNTED}"

    @property
    def gap(self) -> str:
        """What a missing value is called."""
        return "empty cell" if self.line_of else "missing value"

    def refuse(self, row: int, column: str, what: Any, missing: bool = False, cure: str = _CORRECT) -> Never:
        """Raise the error for a cell that cannot be used: what it holds, where it is, and what to do."""
        advice = f", e.g. with {spelled('missing', 'drop')}" if missing and self.can_drop else ""
        raise DataError(
            f"{what} {self.place_of(row)}, {column}: every value must be a finite number; {cure}{advice}{self.counted}"
        )
