"""The one door for data: decides what came, by type, and hands it on."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from fastgd.errors import DataError
from fastgd.sources.arrays import read_arrays, read_points
from fastgd.sources.table import Table


def read(data: Any, target: Any = None, features: Sequence[str] | None = None) -> Table:
    """Feature columns and target out of arrays, lists, a frame or a file.

    Parameters
    ----------
    data : (x, y), array of shape (n, p + 1), list of rows, frame, or path of a CSV or Parquet file
    target : str, optional
        Column name, for a frame or a file; the last column of a file without it. Or y, where `data` is x alone.
    features : sequence of str, optional
        Columns of the frame or file to take; the others without it.

    Raises
    ------
    DataError
        What came, what was needed, what to do.
    """
    if features is None:  # arrays first, for their speed
        if type(data) is ndarray:
            if target is None:
                return read_points(data)
            if type(target) is ndarray:
                return read_arrays(data, target)
        elif target is None and type(data) is tuple and len(data) == 2 and type(data[0]) is ndarray is type(data[1]):
            return read_arrays(*data)
    if isinstance(data, str | os.PathLike):
        from fastgd.sources.files import read_file

        return read_file(os.fsdecode(data), target, features)
    if target is None and isinstance(data, tuple) and len(data) == 2 and not _is_row_of_points(data):
        return read_pair(*data, features)
    if target is not None and not isinstance(target, str):
        return read_pair(data, target, features)
    if isinstance(data, np.ndarray | list | tuple):
        _refuse_features(features)
        if target is not None:
            raise DataError(f"the target {target!r} is a column name, and arrays have none: pass (x, y)")
        return read_points(data)
    from fastgd.sources.frames import read_frame

    return read_frame(data, target, features)


def read_pair(x: Any, y: Any, features: Sequence[str] | None = None) -> Table:
    """x and y row by row, each an array, a list, a frame or a series; frames and series give their names."""
    if isinstance(x, np.ndarray | list | tuple) and isinstance(y, np.ndarray | list | tuple):
        _refuse_features(features)
        return read_arrays(x, y)
    from fastgd.sources.frames import read_columns

    return read_columns(x, y, features)


def _refuse_features(features: Sequence[str] | None) -> None:
    if features is not None:
        raise DataError("features= picks columns by name, and arrays have none: pass the columns themselves")


def _is_row_of_points(data: tuple[Any, Any]) -> bool:
    """Whether a tuple of two is two points ((x, y), (x, y)) rather than (x, y): tuples in a tuple, of numbers, two each."""
    return all(isinstance(row, tuple) and len(row) == 2 and all(np.isscalar(cell) for cell in row) for row in data)
