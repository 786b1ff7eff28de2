"""Moments: all that the data have to say about a least squares fit, made in one pass."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from threading import Lock
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastgd.errors import COUNTED, DataError
from fastgd.sources import Table, read_pair
from fastgd.sources.arrays import numbers
from fastgd.sources.table import EMPTY, as_float64, default_names

_empty = np.empty


_compiling = Lock()


@cache
def _kernel() -> tuple[Callable[..., bool], int]:
    """`sum_rows`, compiled or loaded on the first call for any strided float64 array, writeable or not, and its block."""
    from fastgd.kernels import moments

    with _compiling:
        _compile(moments)
    return moments.sum_rows, moments.BLOCK


def _compile(moments: ModuleType) -> None:
    if hasattr(moments.sum_rows, "compile") and not moments.sum_rows.signatures:  # no dispatcher under NUMBA_DISABLE_JIT
        from numba import types

        matrix = types.Array(types.float64, 2, "A", readonly=True)
        vector = types.Array(types.float64, 1, "A", readonly=True)
        levels = types.float64[:, ::1]
        moments.sum_rows.compile((matrix, vector, vector, types.intp, types.boolean, levels))
        moments.sum_rows.disable_compile()


class Solution(NamedTuple):
    """A least squares solution that was refined on the rows, better than the moments beside it.

    Attributes
    ----------
    fit_intercept : bool
    theta : ndarray of shape (2, p + 1)
        High and low parts of the intercept (0 without one) and the coefficients.
    error : float
        The least mean squared error.
    """

    fit_intercept: bool
    theta: NDArray[np.float64]
    error: float


class Moments:
    """Number of rows, means and co-moments of the features and the target, in double-double.

    They are made once, by `from_arrays` or by any fit (`FitResult.moments`), are a few hundred bytes whatever the
    number of rows, and can be given to `fit` and `analyse` in the place of the data.

    The co-moments are sums of products about the mean, S_uv = sum w (u - mean u) (v - mean v), carried to about 31
    digits (Ogita, Rump & Oishi 2005, *Accurate sum and dot product*). The `FitResult.moments` of many features that went to
    the limit point are an exception: they have 16 digits, beside a limit point that was refined on the rows to all of its own.

    Examples
    --------
    >>> import fastgd
    >>> moments = fastgd.Moments.from_arrays([1, 2, 3], [2, 4, 9])
    >>> moments.n_samples, moments.mean.tolist()
    (3, [2.0, 5.0])
    >>> fastgd.fit(moments).slope
    3.5
    """

    __slots__ = ("_feature_names", "_n_samples", "_solution", "_sums", "_target_name")

    def __init__(
        self,
        sums: NDArray[np.float64],
        n_samples: int,
        feature_names: tuple[str, ...] | None,
        target_name: str | None,
        solution: Solution | None = None,
    ) -> None:
        self._sums = sums
        self._n_samples = n_samples
        self._feature_names = feature_names
        self._target_name = target_name
        self._solution = solution

    @classmethod
    def from_arrays(cls, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Moments:
        """Moments of feature columns X and target y.

        Parameters
        ----------
        X : array_like of shape (n,) or (n, p)
        y : array_like of shape (n,)
            A frame as X and a series as y give their names.
        sample_weight : array_like of shape (n,), optional
            How often each row counts; not negative, not all zero.

        Raises
        ------
        DataError
            Lengths that differ, no rows, values that are no finite numbers.

        Examples
        --------
        >>> import fastgd
        >>> fastgd.Moments.from_arrays([1, 2, 3], [2, 4, 9], sample_weight=[1, 1, 0]).mean.tolist()
        [1.5, 3.0]
        """
        table = read_pair(X, y)
        return sum_table(table) if sample_weight is None else sum_table(*weigh(table, sample_weight))

    @property
    def n_samples(self) -> int:
        """Number of rows, those of weight 0 not counted."""
        return self._n_samples

    @property
    def n_features(self) -> int:
        """Number of feature columns, p."""
        return _columns_of(self._sums.shape[1]) - 1

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the feature columns; x, or x0, x1, …, where the data had none."""
        return self._feature_names or default_names(self.n_features)

    @property
    def target_name(self) -> str:
        """Name of the target column; y where the data had none."""
        return self._target_name or "y"

    @property
    def mean(self) -> NDArray[np.float64]:
        """Weighted means, shape (p + 1,), the target last."""
        return self._centred()[0]

    @property
    def covariance(self) -> NDArray[np.float64]:
        """Weighted covariances divided by the sum of weights, shape (p + 1, p + 1), the target last."""
        return self._centred()[1]

    def _centred(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        from fastgd.kernels import least_squares

        q = self.n_features + 1
        mean, high, low = _empty((2, q)), _empty((q, q)), _empty((q, q))
        least_squares.centre(self._sums, mean, high, low, _empty(q))
        exponents = self._sums[3, 1 : q + 1].astype(np.int64)
        with np.errstate(over="ignore", under="ignore"):
            covariance = np.ldexp(high, exponents[:, np.newaxis] + exponents)
        if not np.isfinite(covariance).all():
            raise DataError("a variance exceeds float64: divide the column by a power of two and ask again")
        return np.ldexp(mean[0], exponents), covariance

    def __repr__(self) -> str:
        return f"<Moments of {self.n_samples} rows: {', '.join(self.feature_names)} -> {self.target_name}>"


def _levels_of(n: int, block: int) -> int:
    """Rows of the workspace in which `sum_rows` adds up its blocks."""
    return 4 * ((n // block).bit_length() + 2)


def _sums_of(q: int) -> int:
    """Sums over q columns: of the weights, of the columns and of products of two."""
    return 1 + q + q * (q + 1) // 2


def _columns_of(sums: int) -> int:
    """The q of `_sums_of`."""
    return int((np.sqrt(8 * sums + 1) - 3) / 2)


def weigh(table: Table, sample_weight: Any) -> tuple[Table, NDArray[np.float64]]:
    """The rows that count, and their weights: a row of weight 0 is absent, whatever stands in it."""
    weight = _read_weight(sample_weight, len(table.X))
    if weight.all():
        return table, weight
    rows = np.flatnonzero(weight)
    return table.take(rows), weight[rows]


def sum_table(table: Table, weight: NDArray[np.float64] = EMPTY) -> Moments:
    """One pass over the rows of a table; weights as of `weigh`."""
    X, y = table.X, table.y
    n, q = X.shape
    if y is not EMPTY:
        q += 1
    sums = 6
    if q != 2:
        sums = _sums_of(q)
    if table.is_ready():
        sum_rows, block = _kernel()
        total = levels = _empty((4, sums))
        if n > block:
            levels = _empty((_levels_of(n, block), sums))
            total = levels[:4]
        safe = sum_rows(X, y, weight, 0, True, levels)
    else:
        total, safe = _sum_chunks(table, n, q, weight, None)
    if not safe:
        total = _sum_scaled(table, n, q, weight)
    return Moments(total, n, table.feature_names, table.target_name)


def _sum_chunks(
    table: Table, n: int, q: int, weight: NDArray[np.float64], exponents: NDArray[np.int64] | None
) -> tuple[NDArray[np.float64], bool]:
    """The sums, and whether they can be trusted. `exponents`: columns and weights are divided by powers of two first."""
    sum_rows, block = _kernel()
    levels = _empty((_levels_of(n, block), _sums_of(q)))
    safe = True
    done = 0
    for X, y in table.chunks():
        w = weight[done * block :][: len(X)]
        if exponents is not None:
            X, y, w = np.ldexp(X, -exponents[: X.shape[1]]), np.ldexp(y, -exponents[q - 1]), np.ldexp(w, -exponents[q])
        safe = sum_rows(X, y, w, done, done * block + len(X) == n, levels)
        done += -(-len(X) // block)
    return levels[:4], safe


def _sum_scaled(table: Table, n: int, q: int, weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """After sums that left the range of double-double: refuse cells that are not finite, else scale by powers of two, exactly."""
    table.refuse_bad_cell()
    top = np.zeros(q)
    for X, y in table.chunks():
        top = np.maximum(top, np.abs(np.column_stack([X, y]) if y.size else X).max(axis=0))
    exponents = np.append(np.frexp(top)[1], np.frexp(weight.max())[1] if weight.size else 0).astype(np.int64)
    sums, _ = _sum_chunks(table, n, q, weight, exponents)
    sums[3] = 0.0
    sums[3, 0], sums[3, 1 : q + 1] = exponents[q], exponents[:q]
    return sums


def _read_weight(sample_weight: Any, n: int) -> NDArray[np.float64]:
    weight = as_float64(numbers(sample_weight, "sample_weight"))
    if weight.shape != (n,):
        raise DataError(f"sample_weight has shape {weight.shape} for {n} rows: one weight a row is needed")
    bad = ~(weight >= 0.0) | ~np.isfinite(weight)
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(f"sample_weight is {weight[row]} in row {row}: weights must be finite and not negative {COUNTED}")
    if not weight.any():
        raise DataError("sample_weight is zero in every row: at least one row must count")
    return weight
