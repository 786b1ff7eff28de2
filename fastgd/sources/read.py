"""The one door for data: decides what came, by type, and hands it on."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

from numpy import ndarray
from numpy.typing import NDArray

from fastgd.arguments import choice, numbers
from fastgd.errors import DataError
from fastgd.sources.arrays import read_arrays, read_points, read_weight, refuse_features, weigh
from fastgd.sources.blocks import ARRAYS, as_weight, is_blocks, read_blocks, read_pair
from fastgd.sources.frames import (
    Choice,
    Columns,
    Known,
    batches,
    is_lazy,
    names_of,
    read_frame,
    require_column,
    require_frame_rows,
)
from fastgd.sources.table import Collection, Stream, Table


def read(
    data: Any,
    target: Any = None,
    features: Sequence[str] | None = None,
    sample_weight: Any = None,
    missing: str = "raise",
) -> Table | Stream | Collection:
    """Feature columns, target and weights out of arrays, lists, a frame, a file, or blocks of these.

    Parameters
    ----------
    data : (x, y), array of shape (n, p + 1), list of rows, frame, path of a CSV or Parquet file, or iterable
        An iterable gives blocks: (X, y), (X, y, weights) or frames with the same columns. A list is one of blocks if its first
        element is a frame, or a pair or triple that begins with an array of one or two dimensions or a frame.
    target : str, optional
        Column name, for a frame or a file; the last column of a file without it. Or y, where `data` is x alone. Or `Known`, which
        data without names of columns are read without.
    features : sequence of str, optional
        Columns of the frame or file to take; the others without it.
    sample_weight : array_like of shape (n,) or str, optional
        One weight a row, for data in memory; or the column that holds them, which is no feature unless `features` names it.
        A row of weight 0 is absent, whatever stands in it.
    missing : {"raise", "drop"}
        Whether rows with a null, a masked cell or a NaN in a column that is used are refused, or left out and counted.

    Returns
    -------
    Table, Stream or Collection
        A collection for Dask's; a stream where the rows are not in memory at once: lazy frames, Arrow streams and iterables.

    Raises
    ------
    DataError
        What came, what was needed, what to do.
    """
    # Two arrays: each 0.1 microseconds is a fortieth of a fit.
    if features is None is sample_weight and type(missing) is str and missing == "raise":
        if target is None:
            if type(data) is ndarray:
                return read_points(data)
            if type(data) is tuple and len(data) == 2:
                x, y = data
                if type(x) is ndarray is type(y):
                    return read_arrays(x, y)
        elif type(target) is ndarray is type(data):
            return read_arrays(data, target)
    choice(missing, "missing", "raise", "drop")
    if isinstance(target, Known) and not _has_names(data):
        target = None
    if any(map(_is_on_cluster, data if isinstance(data, tuple) else (data,))):
        return Collection(data, target, features, sample_weight, missing)
    weight = as_weight(sample_weight, missing)
    if isinstance(data, str | os.PathLike) or isinstance(data, list) and data and isinstance(data[0], str | os.PathLike):
        return _read_files(data, target, features, weight, missing)
    if target is not None and not isinstance(target, str | Known):
        return read_pair(data, target, features, weight, missing)
    if not isinstance(data, ARRAYS):
        return _read_object(data, target, features, weight, missing)
    is_pair = isinstance(data, tuple) and len(data) == 2 and target is None
    if not is_pair and not isinstance(data, ndarray) and is_blocks(data):
        return read_blocks(data, target, features, weight, missing)
    if target is not None:
        raise DataError(f"the target {target!r} is a column name, and arrays have none: pass (x, y)")
    if is_pair:
        x, y = data
        return read_pair(x, y, features, weight, missing)
    if features is not None:
        refuse_features()
    return weigh(read_points(data, missing == "drop"), weight, missing).require_rows()


def _read_object(data: Any, target: Any, features: Sequence[str] | None, weight: Any, missing: str) -> Table | Stream:
    """A frame, something that NumPy takes for an array, or an iterable of blocks."""
    from fastgd.sources import frames

    kind = type(data).__qualname__
    if frames.is_frame(data):
        return _read_frame(frames.open_frame(data), target, features, weight, missing)
    if hasattr(data, "__array__") or isinstance(data, memoryview):
        if target is not None:
            raise DataError(
                f"data of type {kind} are no frame and have no column {target!r}: "
                "pass (x, y), or a pandas, Polars or PyArrow table"
            )
        if features is not None:
            refuse_features()
        return weigh(read_points(data, missing == "drop"), weight, missing).require_rows()
    if isinstance(data, Iterable) and not isinstance(data, Mapping | Set | bytes | bytearray):
        return read_blocks(data, target, features, weight, missing)
    raise DataError(f"data of type {kind} cannot be read: pass (x, y), an array, a list of rows, a frame or a path")


def _has_names(data: Any) -> bool:
    """Whether the columns may have names: of files, frames and blocks."""
    if isinstance(data, str | os.PathLike):
        return True
    if isinstance(data, ARRAYS):
        is_pair = isinstance(data, tuple) and len(data) == 2
        return not isinstance(data, ndarray) and not is_pair and is_blocks(data)
    from fastgd.sources import frames

    return frames.is_frame(data) or not hasattr(data, "__array__")


def _is_on_cluster(data: Any) -> bool:
    return type(data).__module__.partition(".")[0] in ("dask", "dask_expr")


def _read_files(data: Any, target: Any, features: Sequence[str] | None, weight: Any, missing: str) -> Stream:
    from fastgd.sources.files.files import read_files
    from fastgd.sources.formulas.formula import Look, choice_of, columns_of

    if weight is not None and not isinstance(weight, str):
        raise DataError("sample_weight is an array, and files are read piece by piece: name a column of them")

    def choose(names: list[str], path: str) -> Choice:
        def look() -> Iterable[Any]:
            whole = Look(columns_of(target, names, weight, path), missing)
            return read_files(data, lambda names, path: whole).tables

        return choice_of(names, target, features, weight, missing, look, path)

    return read_files(data, choose)


def _read_frame(frame: Any, target: Any, features: Sequence[str] | None, weight: Any, missing: str) -> Table | Stream:
    from fastgd.sources.formulas.formula import is_formula, refuse_features_of

    names, lazy = names_of(frame), is_lazy(frame)
    if lazy and weight is not None and not isinstance(weight, str):
        raise DataError("sample_weight is an array, and the frame is lazy: name a column of it, or collect it first")
    by_formula = target.formula is not None if isinstance(target, Known) else is_formula(target, names)
    if by_formula and isinstance(weight, ndarray | list | tuple):
        frame, weight = _weighed(frame, weight, missing)
    if isinstance(target, Known):
        choice = target.choice(names_of(frame), weight, missing)
    elif not by_formula:
        choice = Columns.choose(names, target, features, weight, missing)
    else:
        refuse_features_of(target, features)
        choice = _learned(frame, target, weight, missing)
    return read_frame(frame, choice)


def _weighed(frame: Any, weight: Any, missing: str) -> tuple[Any, str]:
    """A frame in memory with weights as a column, and its name: a formula must not learn from rows that do not count."""
    import narwhals as nw

    name = "sample_weight"
    while name in frame.columns:
        name += "_"
    values = read_weight(weight, len(frame), missing == "drop")
    return frame.with_columns(nw.new_series(name, values, backend=frame.implementation)), name


def _learned(frame: Any, formula: str, weight: str | None, missing: str) -> Choice:
    """A formula after a look at a frame, in memory or lazy."""
    from fastgd.sources.formulas.formula import Formula, columns_of

    if not is_lazy(frame):
        require_frame_rows(frame, "the frame")
        return Formula(formula, frame, weight, missing)
    if not hasattr(frame, "select"):
        raise DataError(
            f"the formula {formula!r} needs a look at the categories before the rows, and these batches can be read only once: "
            "pass an Arrow table"
        )
    return Formula.learn(formula, batches(frame, columns_of(formula, names_of(frame), weight)), weight, missing)


def read_formula(stored: Any) -> Any:
    """The formula that `Formula.to_dict` wrote, if there is one; it is not run yet."""
    if stored is None:
        return None
    from fastgd.sources.formulas.formula import StoredFormula

    return StoredFormula(stored)


def read_features_of_files(X: str | os.PathLike[str], names: tuple[str, ...], formula: Any) -> Stream:
    """Feature columns to predict from, piece by piece, checked; the target need not be there."""
    from fastgd.sources.files.files import read_files

    def choose(found: list[str], path: str) -> Any:
        choice = OnlyFeatures(names) if formula is None else formula.without_target()
        for name in choice.needed:
            require_column(name, found, f"{path}, and the fit was made with it")
        return choice

    return read_files(X, choose, n_features=len(names) if formula is None else len(formula.without_target().needed))


class OnlyFeatures:
    """The choice of feature columns without a target."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.needed = names

    def table(self, frame: Any, *place: Any) -> Table:
        """The features of a frame's rows, as X."""
        table = Columns(self.needed[0], self.needed).table(frame, *place)
        table.refuse_bad_cell()
        return table


def read_features(X: Any, names: tuple[str, ...] | None) -> NDArray[Any]:
    """Feature columns to predict from; of a frame those of these names, if the fit knew names."""
    if isinstance(X, ARRAYS):
        return numbers(X, "X")
    from fastgd.sources import frames

    return frames.read_features(X, names)
