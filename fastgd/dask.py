"""Moments of Dask collections: each partition is summed where it lies, and nothing but moments and border rows travels.

1. The first partitions are read until 4,096 rows are seen: these decide the columns' shifts.
2. The lengths of the partitions, where Dask does not know them, give each its place among the rows.
3. Each partition becomes moments that start at its place; these are joined, side by side, in a tree.

What is summed with what depends on the rows' places alone, so the answer has the bits of the fit in memory: for any partitioning,
any scheduler and any number of workers, and also if one of them dies on the way and its work is done again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from fastgd import DataError, Moments
from fastgd.errors import missing_extra
from fastgd.kernels.layout import BLOCK

__all__ = ["moments"]

_JOINED = 8  # moments joined by a task


def moments(
    data: Any,
    target: Any = None,
    *,
    features: Sequence[str] | None = None,
    sample_weight: Any = None,
    missing: Literal["raise", "drop"] = "raise",
) -> Moments:
    """Moments of a Dask DataFrame or of Dask arrays, to the bits of those of the same rows in memory.

    Where the partitions' lengths are not known beforehand (DataFrames, arrays of unknown chunks, weights, dropped rows), the
    collection is computed twice: once for the lengths. Call `persist()` first if computing it is expensive.

    Parameters
    ----------
    data : dask DataFrame, dask array of shape (n, p + 1), or (X, y)
        X of shape (n,) or (n, p) and y of shape (n,), dask arrays or DataFrame and Series, with the same partitions.
    target : str or dask array, optional
        Column name in a DataFrame. Or y, where `data` is X.
    features : sequence of str, optional
        Columns of the DataFrame to take; all but the target without it.
    sample_weight : str or dask array, optional
        Column name, or weights with the partitions of `data`.
    missing : {"raise", "drop"}
        As for `fit`.

    Returns
    -------
    Moments

    Raises
    ------
    DataError
        For data that cannot be used, by partition and row.

    Examples
    --------
    >>> import dask.array
    >>> import fastgd
    >>> x = dask.array.arange(10, chunks=3)
    >>> moments = fastgd.dask.moments(x, 2 * x + 1)
    >>> fastgd.fit(moments).slope
    2.0
    """
    try:
        import dask
    except ImportError:
        raise missing_extra("dask", "dask", "fitting Dask collections") from None
    parts, known, with_y = _partitions(data, target, sample_weight)
    options = {"features": features, "missing": missing}
    options |= {"target": target} if isinstance(target, str) else {}
    options |= {"sample_weight": sample_weight} if isinstance(sample_weight, str) else {}
    plan = _Plan(options, with_y)
    every_row_counts = missing == "raise" and sample_weight is None
    lengths = known if every_row_counts else None

    first, seen, step = Moments(), 0, 1
    while seen < len(parts) and first.n_samples < BLOCK:
        [first] = dask.compute(dask.delayed(plan.add_heads)(first, parts[seen : seen + step], seen))
        seen, step = seen + step, 2 * step
    if lengths is None:
        count = dask.delayed(_length if every_row_counts else plan.rows_of)
        lengths = dask.compute(*(count(part, i) for i, part in enumerate(parts)))
    tasks, start = [], 0
    for i, (part, length) in enumerate(zip(parts, lengths, strict=True)):
        if length:
            tasks.append(dask.delayed(plan.add)(first.starting_at(start), part, i))
        start += length
    if not tasks:
        raise DataError("no rows: the partitions are empty; at least one row is needed")
    while len(tasks) > 1:
        tasks = [dask.delayed(_join)(tasks[i : i + _JOINED]) for i in range(0, len(tasks), _JOINED)]
    [total] = dask.compute(tasks[0])
    found: Moments = total
    return found


class _Plan(NamedTuple):
    """How the pieces of a partition go into `Moments.update`."""

    options: dict[str, Any]
    with_y: bool

    def add(self, to: Moments, part: list[Any], number: int, rows: int | None = None) -> Moments:
        """The rows of a partition, or its first ones, added to moments; an error says in which partition."""
        data, *rest = (piece[:rows] for piece in part)
        if len(data) == 0:
            return to
        options = dict(self.options)
        if self.with_y:
            options["target"] = rest.pop(0)
        if rest:
            options["sample_weight"] = rest[0]
        try:
            return to.update(data, **options)
        except DataError as error:
            raise DataError(f"partition {number}: {error}") from None

    def add_heads(self, to: Moments, parts: list[list[Any]], number: int) -> Moments:
        """The first rows of partitions added."""
        for i, part in enumerate(parts):
            to = self.add(to, part, number + i, BLOCK)
        return to

    def rows_of(self, part: list[Any], number: int) -> int:
        """How many rows of a partition have a weight and miss nothing."""
        return self.add(Moments(), part, number).n_samples


def _partitions(data: Any, target: Any, sample_weight: Any) -> tuple[list[list[Any]], Sequence[int] | None, bool]:
    """The delayed pieces of each partition, data first, then y, then weights; their lengths, if known; whether there is y."""
    pair = data if isinstance(data, tuple) else (data,) if target is None or isinstance(target, str) else (data, target)
    collections = [*pair] + ([] if sample_weight is None or isinstance(sample_weight, str) else [sample_weight])
    names = ["data" if len(pair) == 1 else "X", "y"][: len(pair)] + ["sample_weight"]
    lengths: Sequence[int] | None = None
    pieces = []
    for name, collection in zip(names, collections, strict=False):
        if not hasattr(collection, "to_delayed"):
            kind = type(collection).__qualname__
            raise DataError(f"{name} of type {kind} is not a Dask collection: all parts of the data must be")
        known = None
        if hasattr(collection, "rechunk"):
            if collection.ndim > 1:
                collection = collection.rechunk({1: -1})
            if lengths is not None and sum(lengths) == collection.shape[0]:
                collection = collection.rechunk({0: tuple(lengths)})
            sizes = collection.chunks[0]
            known = None if any(size != size for size in sizes) else sizes
        lengths = lengths if known is None else known
        pieces.append(list(_flat(collection.to_delayed())))
    counts = [len(piece) for piece in pieces]
    if len(set(counts)) > 1:
        found = ", ".join(f"{name} {count}" for name, count in zip(names, counts, strict=False))
        raise DataError(f"the data differ in their number of partitions ({found}): repartition them alike")
    return [list(part) for part in zip(*pieces, strict=True)], lengths, len(pair) == 2


def _flat(delayed: Any) -> Any:
    return delayed.ravel() if hasattr(delayed, "ravel") else delayed


def _length(part: list[Any], number: int) -> int:
    return len(part[0])


def _join(parts: list[Moments]) -> Moments:
    return sum(parts[1:], start=parts[0])
