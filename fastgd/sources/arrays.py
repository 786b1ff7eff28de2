"""Arrays and lists: shapes and number types."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray
from numpy.typing import NDArray

from fastgd.errors import DataError
from fastgd.sources.table import FLOAT64, Table

_AS_COLUMN = (slice(None), np.newaxis)


def read_pair(x: Any, y: Any) -> Table:
    """x of shape (n,) or (n, p) and y of shape (n,)."""
    X = numbers(x, "x")
    t = numbers(y, "y")
    if X.ndim == 1:
        X = X[_AS_COLUMN]
    if X.ndim == 2 and t.ndim == 1 and len(X) == len(t) > 0 < X.shape[1]:
        return Table(X, t)
    if X.ndim != 2:
        raise DataError(f"x has shape {X.shape}: it must be (n,), or (n, p) with one column a feature")
    if t.ndim == 2 and t.shape[1] == 1:
        t = t[:, 0]
    if t.ndim != 1:
        raise DataError(f"y has shape {t.shape}: it must be (n,), one number a row of x")
    if len(X) != len(t):
        raise DataError(f"x has {len(X)} rows and y has {len(t)}: each x needs its y")
    if len(X) == 0:
        raise DataError("no rows: x and y are empty; at least one is needed")
    if X.shape[1] == 0:
        raise DataError(f"x has shape {X.shape}: at least one feature column is needed")
    return Table(X, t)


def read_points(data: Any) -> Table:
    """Rows of features with the target last: (n, p + 1)."""
    points = numbers(data, "data")
    if points.ndim == 2:
        n, width = points.shape
        if n > 0 and width > 1:
            return Table(points)
    if points.ndim == 1 and points.size == 0 or points.ndim == 2 and points.shape[0] == 0:
        raise DataError("no rows: the data are empty; at least one point is needed")
    raise DataError(
        f"data has shape {points.shape}: without a target it must be (n, p + 1), the target in the last column; "
        "or pass (x, y)"
    )


def numbers(values: Any, name: str) -> NDArray[Any]:
    """An array of real numbers, not converted yet."""
    if type(values) is ndarray and values.dtype is FLOAT64:
        return values
    if isinstance(values, np.ma.MaskedArray):
        if np.ma.is_masked(values):
            row = int(np.argmax(np.ma.getmaskarray(values).reshape(len(values), -1).any(axis=1)))
            raise DataError(f"{name} is masked in row {row}: every value must be a finite number; drop the row")
        values = values.data
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise DataError(f"{name} is not a table of numbers: its rows differ in length ({error})") from None
    kind = array.dtype.kind
    if kind in "fiub":
        return array
    if kind in "OSU":  # NumPy turns a list's numbers into text beside one text: look at the cells as they came
        return _parse(np.asarray(values, dtype=object), name)
    words = {"c": "complex numbers", "M": "dates", "m": "time spans"}.get(kind, f"values of type {array.dtype}")
    advice = "convert them to numbers first, e.g. seconds" if kind in "Mm" else "real numbers are needed"
    raise DataError(f"{name} holds {words}: {advice}")


def _parse(array: NDArray[Any], name: str) -> NDArray[np.float64]:
    """Objects as float64, if each is a number; text is not taken for one."""
    out = np.empty(array.shape)
    for index, cell in np.ndenumerate(array):
        where = f"row {index[0]}" + (f", column {index[1]}" if len(index) > 1 else "") if index else "it"
        if cell is None:
            raise DataError(f"{name} is missing (None) in {where}: every value must be a finite number; drop the row")
        try:
            if isinstance(cell, str | bytes):
                raise TypeError
            out[index] = float(cell)
        except OverflowError:
            raise DataError(f"{name} holds {cell!r:.40} in {where}, which is too large for float64") from None
        except (TypeError, ValueError):
            raise DataError(f"{name} holds {cell!r:.40} in {where}: a number is needed") from None
    return out
