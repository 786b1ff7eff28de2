"""The one door for data: decides what came, by type, and hands it on."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence, Set
from functools import partial
from typing import Any

from numpy import ndarray

from fastgd import arguments
from fastgd.errors import DataError
from fastgd.sources.arrays import read_arrays, read_points, read_weight, refuse_features, weigh
from fastgd.sources.blocks import Blocks, is_blocks
from fastgd.sources.columns import Columns, Frames, Known, Wanted, require_column, require_name
from fastgd.sources.frames import Frame, is_frame, open_frame
from fastgd.sources.pairs import ARRAYS, as_weight, read_pair
from fastgd.sources.source import Source
from fastgd.sources.table import Collection, Table


def read(
    data: Any,
    target: Any = None,
    features: Sequence[str] | None = None,
    sample_weight: Any = None,
    missing: str = "raise",
) -> Table | Source | Collection:
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
        One weight a row, for data in memory; or the column that holds them, which is not a feature unless `features` names it.
        A row of weight 0 is absent, whatever stands in it.
    missing : {"raise", "drop"}
        Whether rows with a null, a masked cell or a NaN in a column that is used are refused, or left out and counted.

    Returns
    -------
    Table, Source or Collection
        A collection for Dask's; a source where the rows are not in memory at once: lazy frames, Arrow streams, files, iterables.

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
    arguments.choice(missing, "missing", "raise", "drop")
    if isinstance(target, Known) and not _has_names(data):
        target = None
    if any(map(_is_on_cluster, data if isinstance(data, tuple) else (data,))):
        return Collection(data, target, features, sample_weight, missing)
    wanted = Wanted(target, features, as_weight(sample_weight, missing), missing)
    if isinstance(data, str | os.PathLike) or isinstance(data, list) and data and isinstance(data[0], str | os.PathLike):
        return _read_files(data, wanted)
    if target is not None and not isinstance(target, str | Known):
        return read_pair(data, *wanted)
    if not isinstance(data, ARRAYS):
        return _read_object(data, wanted)
    is_pair = isinstance(data, tuple) and len(data) == 2 and target is None
    if not is_pair and not isinstance(data, ndarray) and is_blocks(data):
        return _read_blocks(data, wanted)
    if target is not None:
        raise DataError(f"the target {target!r} is a column name, and arrays have none: pass (x, y)")
    if is_pair:
        x, y = data
        return read_pair(x, y, *wanted[1:])
    return _read_points(data, wanted)


def _read_points(data: Any, wanted: Wanted) -> Table:
    if wanted.features is not None:
        refuse_features()
    return weigh(read_points(data, wanted.missing == "drop"), wanted.weight, wanted.missing).require_rows()


def _read_object(data: Any, wanted: Wanted) -> Table | Source:
    """A frame, something that NumPy takes for an array, or an iterable of blocks."""
    kind = type(data).__qualname__
    frame = open_frame(data)
    if isinstance(frame, Frame):
        return _read_frame(frame, wanted)
    if hasattr(data, "__array__") or isinstance(data, memoryview):
        if wanted.target is not None:
            raise DataError(
                f"data of type {kind} are not a frame and have no column {wanted.target!r}: "
                "pass (x, y), or a pandas, Polars or PyArrow table"
            )
        return _read_points(data, wanted)
    if isinstance(data, Iterable) and not isinstance(data, Mapping | Set | bytes | bytearray):
        return _read_blocks(data, wanted)
    raise DataError(f"data of type {kind} cannot be read: pass (x, y), an array, a list of rows, a frame or a path")


def _has_names(data: Any) -> bool:
    """Whether the columns may have names: of files, frames and blocks."""
    if isinstance(data, str | os.PathLike):
        return True
    if isinstance(data, ARRAYS):
        is_pair = isinstance(data, tuple) and len(data) == 2
        return not isinstance(data, ndarray) and not is_pair and is_blocks(data)
    return is_frame(data) or not hasattr(data, "__array__")


def _is_on_cluster(data: Any) -> bool:
    return type(data).__module__.partition(".")[0] in ("dask", "dask_expr")


def _read_files(data: Any, wanted: Wanted) -> Source:
    from fastgd.sources.files.files import Files  # loads csv and re: 2 ms of every import of fastgd, as formulas do
    from fastgd.sources.formulas.formula import choice_of

    require_name(wanted.weight, "files are read piece by piece: name a column of them")
    return _source_of(files := Files(data), choice_of(files, wanted))


def _read_blocks(data: Iterable[Any], wanted: Wanted) -> Source:
    blocks = Blocks(data, wanted)
    return Source(blocks.tables, blocks.once)


def _read_frame(frame: Frame, wanted: Wanted) -> Table | Source:
    from fastgd.sources.formulas.formula import choice_of
    from fastgd.sources.formulas.terms import is_formula

    if frame.is_lazy:
        require_name(wanted.weight, "the frame is lazy: name a column of it, or collect it first")
        return _source_of(frame, choice_of(frame, wanted))
    target, weight = wanted.target, wanted.weight
    by_formula = target.formula is not None if isinstance(target, Known) else is_formula(target, frame.names)
    if by_formula and isinstance(weight, ARRAYS):
        frame, name = _weighed(frame, weight, wanted.missing)
        wanted = wanted._replace(weight=name)
    choice = choice_of(frame, wanted, in_parts=False)
    if len(frame.rows) == 0:
        raise DataError("no rows: the frame holds column names only; at least one row is needed")
    return choice.table(frame.rows, Table.origin).require_rows()


def _weighed(frame: Frame, weight: Any, missing: str) -> tuple[Frame, str]:
    """A frame in memory with weights as a column, and its name: a formula must not learn from rows that do not count."""
    import narwhals as nw

    name = "sample_weight"
    while name in frame.names:
        name += "_"
    values = read_weight(weight, len(frame.rows), missing == "drop")
    return Frame(frame.rows.with_columns(nw.new_series(name, values, backend=frame.rows.implementation))), name


def _source_of(frames: Frames, choice: Any) -> Source:
    return Source(partial(frames.tables, choice), frames.once)


def read_formula(stored: Any) -> Any:
    """The formula that `Formula.to_dict` wrote, if there is one; it is not run yet."""
    if stored is None:
        return None
    from fastgd.sources.formulas.formula import Formula

    return Formula.from_dict(stored)


def read_features_of_files(X: str | os.PathLike[str], names: tuple[str, ...], formula: Any) -> Source:
    """Feature columns to predict from, piece by piece, checked; the target need not be there."""
    from fastgd.sources.files.files import Files

    choice = Columns(None, names) if formula is None else formula.without_target()
    files = Files(X, n_features=len(choice.needed))
    for name in choice.needed:
        require_column(name, files.names, f"{files.path}, and the fit was made with it")
    return _source_of(files, choice)
