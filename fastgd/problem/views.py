"""Typed views of the kernels' arrays: an attribute for each row of `kernels.layout`."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class View:
    """An array of the kernels whose rows have names."""

    __slots__ = ("rows",)

    def __init__(self, rows: Array) -> None:
        self.rows = rows


class Number:
    """The number in a row; of a pair the high part."""

    def __init__(self, row: int) -> None:
        self.row = row

    def __get__(self, view: View, kind: type[View]) -> float:
        return view.rows.item(self.row, 0)


class Row:
    """A row with an entry for each parameter or direction; of pairs the high parts."""

    def __init__(self, row: int) -> None:
        self.row = row

    def __get__(self, view: View, kind: type[View]) -> Array:
        row: Array = view.rows[self.row]
        return row


class Pairs:
    """Two rows, high and low parts, of shape (2, d)."""

    def __init__(self, row: int) -> None:
        self.row = row

    def __get__(self, view: View, kind: type[View]) -> Array:
        rows: Array = view.rows[self.row : self.row + 2]
        return rows


def fractions(pairs: Array) -> list[Fraction]:
    """Pairs, (2, k), with all that is known of them."""
    return [Fraction(high) + Fraction(low) for high, low in pairs.T.tolist()]
