"""Arrays and lists: shapes and number types."""

from __future__ import annotations

from collections.abc import Sized
from itertools import chain
from typing import Any, Never

import numpy as np
from numpy import ndarray
from numpy.typing import NDArray

from fastgd.errors import COUNTED, DataError, shown
from fastgd.sources.table import FLOAT64, Table, as_float64

_AS_COLUMN = (slice(None), np.newaxis)
_NO_NUMBERS = (str, bytes, list, tuple, np.complexfloating)
"""Types that float() would take, with a warning or without, and those that need no look."""


def read_arrays(x: Any, y: Any, drop: bool = False) -> Table:
    """x of shape (n,) or (n, p) and y of shape (n,); `drop` as for `numbers`."""
    X = numbers(x, "x", drop)
    t = numbers(y, "y", drop)
    if X.ndim == 1:
        X = X[_AS_COLUMN]
    if X.ndim == 2 and t.ndim == 1 and len(X) == len(t) > 0 < X.shape[1]:
        return Table(X, t)
    if X.ndim == 0:
        raise DataError(f"x is one value, {shown(x)}: an array, a list or a column is needed")
    if X.ndim != 2:
        raise DataError(f"x has shape {X.shape}: it must be (n,), or (n, p) with one column a feature")
    if t.ndim == 2 and t.shape[1] == 1:
        t = t[:, 0]
    if t.ndim == 0:
        raise DataError(f"y is one value, {shown(y)}: one number a row of x is needed, or in a frame or file the target's name")
    if t.ndim != 1:
        raise DataError(f"y has shape {t.shape}: it must be (n,), one number a row of x")
    if len(X) != len(t):
        raise DataError(f"x has {len(X)} rows and y has {len(t)}: each x needs its y")
    if len(X) == 0:
        raise DataError("no rows: x and y are empty; at least one is needed")
    if X.shape[1] == 0:
        raise DataError(f"x has shape {X.shape}: at least one feature column is needed")
    return Table(X, t)


def read_points(data: Any, drop: bool = False) -> Table:
    """Rows of features with the target last: (n, p + 1); `drop` as for `numbers`."""
    points = numbers(data, "data", drop)
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


def read_weight(sample_weight: Any, n: int, drop: bool = False) -> NDArray[np.float64]:
    """One weight for each of n rows; `Table.settle` looks at their values."""
    if isinstance(sample_weight, str):
        raise DataError(f"sample_weight={sample_weight!r} is a column name, and arrays have none: pass the weights themselves")
    weight = as_float64(numbers(sample_weight, "sample_weight", drop))
    if weight.shape != (n,):
        raise DataError(f"sample_weight has shape {weight.shape} for {n} rows: one weight a row is needed")
    return weight


def refuse_features() -> Never:
    raise DataError("features= picks columns by name, and arrays have none: pass the columns themselves")


def weigh(table: Table, sample_weight: Any, missing: str) -> Table:
    """The rows of arrays that count."""
    if sample_weight is not None:
        table.weight = read_weight(sample_weight, len(table.X), missing == "drop")
    return table.settle(missing)


def numbers(values: Any, name: str, drop: bool = False) -> NDArray[Any]:
    """An array of real numbers, not converted yet. With `drop`, cells that are masked or None become NaN."""
    if type(values) is ndarray and values.dtype is FLOAT64:
        return values
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        mask = np.ma.getmaskarray(values)
        if drop:
            data = np.where(mask, 0, values.data) if values.dtype.kind in "fiubO" else values.data
            filled = np.array(numbers(data, name), np.float64)
            filled[mask] = np.nan
            return filled
        where = _place(tuple(np.argwhere(mask)[0]))
        raise DataError(f"{name} is masked {where}: every value must be a finite number; drop the row {COUNTED}")
    if isinstance(values, list | tuple) and _has_masked(values):
        return numbers([_without_masks(value) for value in values], name, drop)
    try:
        array = np.asarray(values)
    except (TypeError, ValueError, MemoryError) as error:  # of objects that convert themselves, or lie about their length
        reason = str(error) or "there is no memory for as many as it says it has"
        raise DataError(_uneven(values, name) or f"{name} is not a table of numbers: {reason}") from None
    dtype = array.dtype
    if dtype.kind in "fiub":
        return array
    if dtype.kind in "OSUT":  # NumPy turns a list's numbers into text beside one text: look at the cells as they came
        if array.ndim == 0:
            raise DataError(f"{name} of type {type(values).__qualname__} cannot be read: pass an array, a list or a column")
        return _parse(np.asarray(values, dtype=object), name, drop)
    if dtype.names:
        raise DataError(f"{name} is a structured array with fields {', '.join(dtype.names)}: pass two of them as (x, y)")
    words = {"c": "complex numbers", "M": "dates", "m": "time spans"}.get(dtype.kind, f"values of type {dtype}")
    advice = "convert them to numbers first, e.g. seconds" if dtype.kind in "Mm" else "real numbers are needed"
    raise DataError(f"{name} holds {words}: {advice}")


def real(value: Any) -> float | None:
    """One number as float64, or None for what is none; text is not taken for one."""
    try:
        if isinstance(value, ndarray) and value.ndim == 0:
            value = value[()]
        if isinstance(value, _NO_NUMBERS) or np.ndim(value):  # ValueError: rows of several lengths
            return None
        return None if isinstance(value, np.ma.core.MaskedConstant) else float(value)  # NumPy loads `ma` when it is asked for
    except (TypeError, ValueError, OverflowError, MemoryError):
        return None


def _has_masked(values: list[Any] | tuple[Any, ...]) -> bool:
    """Whether masked arrays or cells are in a list or its rows: NumPy takes what is under the mask, or NaN with a warning."""
    kinds = set(map(type, values))
    if kinds and kinds <= {list, tuple}:
        kinds = set(map(type, chain.from_iterable(values)))
    return any(issubclass(kind, np.ma.MaskedArray) for kind in kinds)


def _without_masks(values: Any) -> Any:
    """Masked arrays and cells, in a list or in its rows, as lists that have None where they are masked."""
    if isinstance(values, np.ma.MaskedArray):
        return values.tolist()
    return [_without_masks(value) for value in values] if isinstance(values, list | tuple) else values


def _parse(array: NDArray[Any], name: str, drop: bool) -> NDArray[np.float64]:
    """Objects as float64, if each is a number."""
    out = np.empty(array.shape)
    for index, cell in np.ndenumerate(array):
        number = np.nan if cell is None and drop else real(cell)
        if number is None:
            reason = "a number is needed"
            if isinstance(cell, str | bytes):
                reason = "a number is needed, not text"
            elif isinstance(cell, int):
                reason = "it is too large for float64"
            raise DataError(f"{name} holds {shown(cell, 40)} {_place(index)}: {reason} {COUNTED}")
        out[index] = number
    return out


def _place(index: tuple[int, ...]) -> str:
    if not index:
        return "throughout"
    return f"in row {index[0]}" + (f", column {index[1]}" if len(index) > 1 else "")


def _uneven(rows: Any, name: str) -> str | None:
    """What is wrong with the first of `rows` that is not as long as row 0, if that is the trouble."""
    if not isinstance(rows, list | tuple):
        return None
    lengths = [len(row) if isinstance(row, Sized) and not isinstance(row, str) else None for row in rows]
    row = next((i for i, length in enumerate(lengths) if length != lengths[0]), None)
    if row is None:
        return None
    found, first = ("one number" if length is None else f"a list of {length}" for length in (lengths[row], lengths[0]))
    return f"{name} holds {found} in row {row} and {first} in row 0: all rows must be equally long {COUNTED}"
