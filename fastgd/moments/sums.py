"""Sums of blocks of rows by the kernels: their layout, how they are made, and which numbers cannot be sums of rows.

The sums of any number of rows are an array of shape (4, sums): the high and the low parts of the sums; the shifts taken off the
columns; and the exponents of the powers of two by which the weights and columns were divided. They are open while more blocks
can be added to them, and closed once the shifts are divided by these powers, too.
"""

from __future__ import annotations

import math
import os
from functools import cache
from threading import Lock
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastgd.errors import DataError, spelled
from fastgd.kernels.layout import BLOCK, NOTHING
from fastgd.moments.packing import require
from fastgd.sources.table import EMPTY, Table, as_float64

Array = NDArray[np.float64]

LINE = 2
"""Columns of a line, x and y."""

LARGEST_EXPONENT = 1100
"""Of a power of two by which columns are divided: those of float64's numbers, with room."""
_LARGEST_WEIGHT, _LARGEST_SHIFT, _LARGEST_SUM = 2.0**270, 2.0**450, 2.0**770
"""Of a block, weights are from 2^-200 to 2^200 and other sums below 2^700, and no data have 2^70 blocks."""
_ROUNDING, _UNDERFLOW = 2.0**-22, 2.0**-500
"""More than the rounding of sums, and of products of columns that lie 2^26 standard deviations from zero."""
_MANY_COLUMNS = 4000  # whose sums may be more than a small machine holds, 1 GB while blocks are added

_compiling = Lock()


@cache
def piece_kernels() -> ModuleType:
    """The kernels that add pieces; importing them is what loads numba."""
    from fastgd.kernels import pieces

    return pieces


def _file_of(name: str) -> ModuleType:
    """The file of a kernel: the first fit of a line has no need of the other."""
    if name == "sum_rows":
        from fastgd.kernels import sums

        return sums
    from fastgd.kernels import line_sums

    return line_sums


@cache
def summing(name: str) -> Any:
    """`sum_rows`, `sum_line` or `sum_short_line`, compiled or loaded for any strided float64 arrays, writeable or not."""
    kernel = getattr(_file_of(name), name)
    with _compiling:
        if hasattr(kernel, "compile") and not kernel.signatures:  # no dispatcher under NUMBA_DISABLE_JIT
            from numba import types

            matrix = types.Array(types.float64, 2, "A", readonly=True)
            vector = types.Array(types.float64, 1, "A", readonly=True)
            flags = () if name == "sum_short_line" else (types.boolean, types.boolean)
            weight = (vector,) if name == "sum_rows" else ()
            kernel.compile((matrix, vector, *weight, *flags, types.float64[:, ::1]))
            kernel.disable_compile()
    return kernel


def sums_of(q: int) -> int:
    """Sums over q columns: of the weights, of the columns and of products of two."""
    return 1 + q + q * (q + 1) // 2


def columns_of(sums: Array) -> int:
    """The q of `sums_of`."""
    return int((np.sqrt(8 * sums.shape[1] + 1) - 3) / 2)


def levels_of(n: int, block: int) -> int:
    """Rows of the workspace in which `sum_rows` adds up the blocks of n rows."""
    return 4 * ((n // block).bit_length() + 2)


def require_sums(sums: Array, q: int) -> None:
    """Refuse closed sums that no rows of q columns can have.

    Of rows, (sum w u)^2 <= (sum w) (sum w u^2), and likewise for the products of two columns (Cauchy-Schwarz).
    """
    require(q > 1 and sums.shape == (4, sums_of(q)), f"the sums are not those of {q} columns")
    (high, low), shift, exponents = sums[:2], sums[2, 1 : q + 1], sums[3]
    known = (np.abs(exponents) <= LARGEST_EXPONENT) & (exponents == np.trunc(exponents))
    require(bool(known.all()), "an exponent is not valid")
    require(bool(1.0 / _LARGEST_WEIGHT <= high[0] <= _LARGEST_WEIGHT), "the sum of the weights is not valid")
    require(bool((np.abs(shift) <= _LARGEST_SHIFT).all()), "a shift is not valid")
    i, j = np.triu_indices(q)
    with np.errstate(all="ignore"):
        size = np.sqrt(high[0]) * np.hypot(_ROUNDING * shift, _UNDERFLOW)
        size = np.concatenate([[np.sqrt(high[0])], np.hypot(np.sqrt(np.abs(high[1 + q :][i == j])), size)])
        most = np.concatenate([size[:1] * size[: q + 1], size[1 + i] * size[1 + j]])
        good = (np.abs(high) <= np.minimum((1.0 + _ROUNDING) * most, _LARGEST_SUM)) & (np.abs(low) <= _ROUNDING * most)
        far = np.ldexp([shift, size[1:] / size[0] / 4.0], exponents[1 : q + 1].astype(np.int64))
    require(bool(good.all() and np.isfinite(far).all()), "no rows have such sums")


def require_room(q: int) -> None:
    """Refuse more columns than this machine can hold the sums of: a short file with many takes as much as a long one."""
    if q <= _MANY_COLUMNS:
        return
    needed = 8 * levels_of(1, 1) * sums_of(q)
    held = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else math.inf
    if needed > held:
        raise DataError(
            f"{q - 1:,} features: the sums of their products take {needed / 2**30:,.0f} GiB, and this machine has "
            f"{held / 2**30:,.0f}: name those to use in {spelled('features')}"
        )


def add_subtree(subtrees: dict[tuple[int, int], Array], level: int, index: int, sums: Array) -> None:
    """Add a subtree, and each that it completes with the one beside it; no array that is in `subtrees` changes."""
    while True:
        beside = subtrees.pop((level, index ^ 1), None)
        if beside is None:
            break
        pair = np.stack([beside, sums] if index & 1 else [sums, beside])
        piece_kernels().add_pieces(pair, columns_of(sums), False)
        level, index, sums = level + 1, index >> 1, pair[0]
    subtrees[level, index] = sums


def sum_blocks(table: Table, shift: Array | None) -> Array:
    """The open sums of some blocks; the first block of the source decides the shift."""
    X, y, weight = as_float64(table.X), as_float64(table.y), as_float64(table.weight)
    n = len(X)
    levels = np.empty((levels_of(n, BLOCK), sums_of(table.n_columns)))
    if shift is not None:
        levels[2, : len(shift)] = shift
    done = -1
    if table.n_columns == LINE and weight is EMPTY and (shift is None or not shift.any()):
        done = summing("sum_line")(X, y, shift is None, False, levels)
    if done < 0:
        done = summing("sum_rows")(X, y, weight, shift is None, False, levels)
    if done == n:
        return levels[:4].copy()
    if n <= BLOCK:
        return _sum_scaled(table, X, y, weight, shift)
    subtrees: dict[tuple[int, int], Array] = {}
    for index in range(n // BLOCK):
        add_subtree(subtrees, 0, index, sum_blocks(table.part(index * BLOCK, (index + 1) * BLOCK), shift))
    [sums] = subtrees.values()
    return sums


def _sum_scaled(table: Table, X: Array, y: Array, weight: Array, shift: Array | None) -> Array:
    """After sums that left double-double's range: refuse values that are not finite, or divide by powers of two, exactly."""
    q = table.n_columns
    top = np.abs(X).max(axis=0)
    top = np.concatenate([[weight.max() if weight.size else 1.0], top, [np.abs(y).max()] if y.size else []])
    if not np.isfinite(top).all():
        table.refuse_bad_cell()
    if shift is not None:
        top[1:] = np.maximum(top[1:], np.abs(shift[1:]))
    exponents = np.frexp(top)[1].astype(np.int64)
    exponents[0] = exponents[0] - 1 if weight.size else 0  # so that weights of 1 have none, as rows without weights
    levels = np.empty((levels_of(len(X), BLOCK), sums_of(q)))
    with np.errstate(under="ignore"):
        if shift is not None:
            levels[2, : q + 1] = np.ldexp(shift, -exponents)
        X, y, weight = np.ldexp(X, -exponents[1 : X.shape[1] + 1]), np.ldexp(y, -exponents[q]), np.ldexp(weight, -exponents[0])
        summing("sum_rows")(X, y, weight, shift is None, False, levels)
        sums = levels[:4]
        sums[2, 1 : q + 1] = np.ldexp(sums[2, 1 : q + 1], exponents[1:])
    sums[3, : q + 1] = np.where(sums[3, : q + 1] == NOTHING, NOTHING, exponents)
    return sums.copy()
