"""Rows in blocks: one pair (x, y), or any iterable of pairs or of frames."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence, Sized
from itertools import chain, islice
from typing import Any

import numpy as np
from numpy import ndarray

from fastgd.arguments import counted
from fastgd.errors import DataError, shown
from fastgd.sources.arrays import read_arrays, refuse_features, weigh
from fastgd.sources.table import Stream, Table

ARRAYS = (ndarray, list, tuple)
_SCALARS = (float, int, np.number)
_PAIR = (2, 3)


def read_pair(
    x: Any, y: Any, features: Sequence[str] | None = None, sample_weight: Any = None, missing: str | None = None
) -> Table:
    """x and y row by row, each an array, a list, a frame or a series; frames and series give their names.

    Without `missing` every value must be there, and no message says that rows can be dropped.
    """
    can_drop = missing is not None
    return _rows_of(x, y, features, sample_weight, missing or "raise", can_drop).require_rows()


def _rows_of(x: Any, y: Any, features: Sequence[str] | None, sample_weight: Any, missing: str, can_drop: bool = True) -> Table:
    """`read_pair`, which may leave no row."""
    weight = as_weight(sample_weight, missing)
    if isinstance(x, ARRAYS) and isinstance(y, ARRAYS):
        if features is not None:
            refuse_features()
        table = read_arrays(x, y, missing == "drop")
        table.can_drop = can_drop
        return weigh(table, weight, missing)
    from fastgd.sources.frames import read_columns

    return read_columns(x, y, features, weight, missing, can_drop)


def as_weight(sample_weight: Any, missing: str) -> Any:
    """An array, list or name as it came; a series as an array."""
    if sample_weight is None or isinstance(sample_weight, (*ARRAYS, str)):
        return sample_weight
    from fastgd.sources.frames import read_series

    return read_series(sample_weight, missing)


def is_blocks(data: Sequence[Any]) -> bool:
    """Whether a list is one of blocks or of files, and not of rows; its first element decides."""
    first = data[0] if data else None
    if isinstance(first, list | tuple):
        return len(first) in _PAIR and _is_columns(first[0])
    return isinstance(first, str | os.PathLike) or not isinstance(first, ndarray) and _is_frame(first)


def _is_columns(x: Any) -> bool:
    """An array of one or two dimensions, or a frame."""
    return x.ndim in (1, 2) if isinstance(x, ndarray) else not isinstance(x, list | tuple | str) and _is_frame(x)


def _is_frame(data: Any) -> bool:
    if data is None or isinstance(data, _SCALARS):  # before narwhals is loaded
        return False
    from fastgd.sources.frames import is_frame

    return is_frame(data)


def read_blocks(
    data: Iterable[Any], target: Any, features: Sequence[str] | None, sample_weight: Any = None, missing: str = "raise"
) -> Stream:
    """An iterable of (x, y), of (x, y, weights) or of frames, each read when its turn comes; or of paths of files."""
    if sample_weight is not None and not isinstance(sample_weight, str):
        raise DataError("sample_weight is an array, and the data come in blocks: pass blocks (X, y, weight), or name a column")
    blocks = iter(data)
    first = list(islice(blocks, 1))
    if first and isinstance(first[0], str | os.PathLike):
        raise DataError(f"the data give paths one by one, {shown(first[0])} first: pass a list of them")
    return Stream(_tables(chain(first, blocks), target, features, sample_weight, missing))


def _tables(
    blocks: Iterable[Any], target: Any, features: Sequence[str] | None, sample_weight: str | None, missing: str
) -> Iterator[Table]:
    pairs, frames = _Pairs(features, missing), None
    for number, block in enumerate(blocks):
        if isinstance(block, tuple | list) and len(block) in _PAIR and not isinstance(block[0], _SCALARS):
            name = target if isinstance(target, str) else sample_weight
            if name is not None:
                raise DataError(f"block {number} is a pair (X, y), and {name!r} names a column of a frame: leave the name out")
            table = pairs.read(number, *block)
        else:
            frames = frames or _Frames(target, features, sample_weight, missing)
            table = frames.read(number, block)
        if table is not None:
            yield table


class _Pairs:
    """Reads blocks (x, y) that have the columns of the first."""

    def __init__(self, features: Sequence[str] | None, missing: str) -> None:
        self._features = features
        self._missing = missing
        self._first: tuple[int, int] | None = None
        self._names: tuple[tuple[str, ...] | None, str | None] = None, None

    def read(self, number: int, x: Any, y: Any, weight: Any = None) -> Table | None:
        """None if the block has no rows."""
        if _is_empty(x) and _is_empty(y):
            return None
        missing, features = self._missing, self._features
        try:
            if weight is None and features is None and missing == "raise" and type(x) is ndarray is type(y):
                table = read_arrays(x, y)
            else:
                if self._names[0] is not None and not isinstance(x, ARRAYS) and _is_frame(x):
                    features = self._names[0]  # in whatever order this block has them
                table = _rows_of(x, y, features, weight, missing)
        except DataError as error:
            raise DataError(f"block {number}: {error}") from None
        p = table.n_features
        if self._first is None:
            self._first, self._names = (number, p), (table.feature_names, table.target_name)
        elif p != self._first[1]:
            raise DataError(
                f"block {number} has {counted(p, 'feature column')} and block {self._first[0]} has {self._first[1]}: "
                "every block needs the same columns"
            )
        table.feature_names, table.target_name = self._names
        table.block = number
        return table


class _Frames:
    """Reads frames that have the columns chosen from the first, in any order."""

    def __init__(self, target: Any, features: Sequence[str] | None, sample_weight: str | None, missing: str) -> None:
        self._wanted = target, features, sample_weight, missing
        self._choice: Any = None

    def read(self, number: int, block: Any) -> Table | None:
        """None if the block has no rows."""
        from fastgd.sources import frames
        from fastgd.sources.formulas.formula import choice_of

        if not frames.is_frame(block):
            raise DataError(
                f"block {number} of the data is {shown(block)}: a block is (X, y), (X, y, weight) or a frame; "
                "rows go into one array or list"
            )
        try:
            frame = frames.open_frame(block)
            names = frames.names_of(frame)
            if self._choice is None:
                self._choice = choice_of(names, *self._wanted, look=lambda: [frame])
        except DataError as error:
            raise DataError(f"block {number}: {error}") from None
        for name in self._choice.needed:
            frames.require_column(name, names, f"block {number}")
        frame = frames.collect(frame, self._choice.needed)
        table: Table | None = self._choice.table(frame, block=number) if len(frame) else None
        return table


def _is_empty(x: Any) -> bool:
    if isinstance(x, ndarray):
        return x.ndim > 0 and len(x) == 0
    return isinstance(x, Sized) and len(x) == 0
