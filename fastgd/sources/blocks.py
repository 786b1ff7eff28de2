"""Rows in blocks: any iterable of pairs (x, y), of triples with weights, or of frames."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator, Sequence, Sized
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from fastgd.arguments import counted
from fastgd.errors import DataError, shown
from fastgd.sources.arrays import read_arrays
from fastgd.sources.columns import Choice, Wanted, require_column, require_name
from fastgd.sources.frames import Frame, is_frame, open_frame
from fastgd.sources.origin import Origin
from fastgd.sources.pairs import ARRAYS, read_pair_of
from fastgd.sources.table import Table

_SCALARS = (float, int, np.number)
_PAIR = (2, 3)


class _Shape(NamedTuple):
    """The columns of a block."""

    block: int
    n_features: int
    feature_names: tuple[str, ...] | None
    target_name: str | None


class Blocks:
    """Blocks that have the columns of the first, frames in any order; each is read when its turn comes.

    `once` says what they are if they can be read only once: an iterator, for example a generator.
    """

    def __init__(self, data: Iterable[Any], wanted: Wanted) -> None:
        require_name(wanted.weight, "the data come in blocks: pass blocks (X, y, weight), or name a column")
        self._data, self._wanted = data, wanted
        self.once = f"data of type {type(data).__qualname__}" if isinstance(data, Iterator) else None
        self._choice: Choice[Table] | None = None  # of the first block that is a frame
        self._first: _Shape | None = None  # of the first block that is a pair

    def tables(self) -> Generator[tuple[Table, None]]:
        """One pass: a table for each block that has rows."""
        for number, block in enumerate(self._data):
            if isinstance(block, tuple | list) and len(block) in _PAIR and not isinstance(block[0], _SCALARS):
                table = self._pair(number, *block)
            else:
                table = self._frame(number, block)
            if table is not None:
                yield table, None

    def _pair(self, number: int, x: Any, y: Any, weight: Any = None) -> Table | None:
        target, features, weight_name, missing = self._wanted
        name = target if isinstance(target, str) else weight_name
        if name is not None:
            raise DataError(f"block {number} is a pair (X, y), and {name!r} names a column of a frame: leave the name out")
        if _is_empty(x) and _is_empty(y):
            return None
        try:
            if weight is None and features is None and missing == "raise" and type(x) is ndarray is type(y):
                table = read_arrays(x, y)
            else:
                if self._first and self._first.feature_names and not isinstance(x, ARRAYS) and _is_frame(x):
                    features = self._first.feature_names  # in whatever order this block has them
                table = read_pair_of(x, y, features, weight, missing)
        except DataError as error:
            raise DataError(f"block {number}: {error}") from None
        first = self._first = self._first or _Shape(number, table.n_features, table.feature_names, table.target_name)
        if table.n_features != first.n_features:
            raise DataError(
                f"block {number} has {counted(table.n_features, 'feature column')} and block {first.block} has "
                f"{first.n_features}: every block needs the same columns"
            )
        table.feature_names, table.target_name = first.feature_names, first.target_name
        table.origin = table.origin._replace(block=number)
        return table

    def _frame(self, number: int, block: Any) -> Table | None:
        if number == 0 and isinstance(block, str | os.PathLike):
            raise DataError(f"the data give paths one by one, {shown(block)} first: pass a list of them")
        try:
            frame = open_frame(block)
            if isinstance(frame, Frame) and self._choice is None:
                from fastgd.sources.formulas.formula import choice_of

                self._choice = choice_of(frame, self._wanted)
        except DataError as error:
            raise DataError(f"block {number}: {error}") from None
        if self._choice is None or not isinstance(frame, Frame):
            raise DataError(
                f"block {number} of the data is {shown(block)}: a block is (X, y), (X, y, weight) or a frame; "
                "rows go into one array or list"
            )
        for name in self._choice.needed:
            require_column(name, frame.names, f"block {number}")
        rows = frame.collect(self._choice.needed)
        return self._choice.table(rows, Origin(block=number)) if len(rows) else None


def is_blocks(data: Sequence[Any]) -> bool:
    """Whether a list is one of blocks or of files, and not of rows; its first element decides."""
    first = data[0] if data else None
    if isinstance(first, list | tuple):
        return len(first) in _PAIR and _is_columns(first[0])
    return isinstance(first, str | os.PathLike) or not isinstance(first, ndarray) and _is_frame(first)


def _is_columns(x: Any) -> bool:
    """Whether it is an array of one or two dimensions, or a frame."""
    return x.ndim in (1, 2) if isinstance(x, ndarray) else not isinstance(x, list | tuple | str) and _is_frame(x)


def _is_frame(data: Any) -> bool:
    return data is not None and not isinstance(data, _SCALARS) and is_frame(data)  # numbers do not load narwhals


def _is_empty(x: Any) -> bool:
    if isinstance(x, ndarray):
        return x.ndim > 0 and len(x) == 0
    return isinstance(x, Sized) and len(x) == 0
