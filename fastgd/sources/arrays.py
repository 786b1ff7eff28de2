"""Arrays and lists: shapes and number types."""

from __future__ import annotations

from typing import Any, Never

import numpy as np
from numpy import ndarray
from numpy.typing import NDArray

from fastgd.arguments import FLOAT64, argument_error, numbers
from fastgd.errors import DataError, shown, spelled
from fastgd.sources.table import Table, as_float64

_AS_COLUMN = (slice(None), np.newaxis)


def read_arrays(x: Any, y: Any, drop: bool = False) -> Table:
    """x of shape (n,) or (n, p) and y of shape (n,); `drop` as for `numbers`."""
    # Each call is a fortieth of a small fit.
    X = x if type(x) is ndarray and x.dtype is FLOAT64 else numbers(x, "x", drop)
    t = y if type(y) is ndarray and y.dtype is FLOAT64 else numbers(y, "y", drop)
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
        raise argument_error("sample_weight", sample_weight, "arrays have no column names, pass the weights themselves")
    weight = as_float64(numbers(sample_weight, "sample_weight", drop))
    if weight.shape != (n,):
        raise DataError(f"sample_weight has shape {weight.shape} for {n} rows: one weight a row is needed", "sample_weight")
    return weight


def refuse_features() -> Never:
    text = f"{spelled('features')} picks columns by name, but arrays have no names: pass the columns themselves"
    raise DataError(text, "features")


def weigh(table: Table, sample_weight: Any, missing: str) -> Table:
    """The rows of arrays that count."""
    if sample_weight is not None:
        table.weight = read_weight(sample_weight, len(table.X), missing == "drop")
    return table.settle(missing)
