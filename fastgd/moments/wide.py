"""Least squares on many features: BLAS for the matrix, refinement on the rows for the digits.

1. One pass: the matrix of mean products by BLAS in float64, of blocks of rows less a shift near the means.
2. Its inverse, columns scaled to a unit diagonal, gives coefficients right to some digits.
3. One more pass finds the gradient there in double-double, and the inverse makes of it a correction, which is as small as
   the first solution was good. Each such pass adds as many digits again, until what is left is below 2^-70.

Double-double sums take n p^2 / 2 steps of 0.18 ns; this takes as many of 0.04 ns, and n p of 1 ns a pass, one for most data.
Where the condition is bad it is also the better of the two, because a residual of the rows loses digits in proportion to the
condition number, and a matrix of products in proportion to its square (Higham 2002, *Accuracy and Stability of Numerical
Algorithms*, sections 12.1 and 20.5).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastgd.moments.details import NO_DETAILS, Solution
from fastgd.moments.moments import Moments
from fastgd.moments.passes import closed_moments
from fastgd.sources.ahead import in_order
from fastgd.sources.table import EMPTY, Table, as_float64

if TYPE_CHECKING:
    from concurrent.futures import Executor

Array = NDArray[np.float64]

FEATURES = 40
PRODUCTS = 2**25
"""Features, and rows times features squared, from which `solve` beats the double-double sums.

Milliseconds of a fit by the sums, then by `solve` with one thread of BLAS:

====  ===========  ===========
p     10^4 rows    10^5 rows
====  ===========  ===========
16    0.36, 1.4    3.7, 11
24    0.70, 1.5    7.5, 13
32    1.2, 1.7     13, 15
40    1.9, 2.0     19, 18
48    2.6, 2.4     26, 23
64    4.7, 3.1     44, 29
128   28, 8.0      238, 69
====  ===========  ===========

Sums that take less than 5 ms keep the work all the same: there is little to win, and threads of BLAS that wait for a processor
which other programs use can cost 50 a call.
"""

_BUFFER = 2**18
"""Numbers in a block of rows: 2 MB, a second-level cache."""

_UNDER_WAY = 8
"""Blocks worked on, waiting for their turn or being added, at a time: each has a buffer and a matrix."""

_INFLATION = 2.0**42
"""Of the variance inflation factors, their sum, the trace of the inverse: its reciprocal is below the least eigenvalue, and
float64's products of rows leave that uncertain by some 2^-47."""

_OFFSET = 2.0**26
"""Of a mean in standard deviations: further off, residuals lose more digits than double-double can spare."""

_UNKNOWN, _UNKNOWN_OF_TARGET = 2.0**-28, 2.0**-47
"""Shares of a variance. The products leave 2^-47 unknown; of a feature we say more, so that coefficients have nine digits or are
refused where the moments are asked for others than were refined."""

_SMALLEST, _LARGEST = 2.0**-300, 2.0**300  # mean squares whose products with residuals and their errors stay in range
_PASSES = 12
_LEFT = 2.0**-70  # of a coefficient: rounded to float64 it is decided, but for one tie in 2^16
_SHARE = 2.0**-20  # of the largest contribution: smaller ones are known to that times _LEFT
_ROUNDING = 2.0**-50  # no pass does better
_ZERO = 2.0**-86  # of the largest contribution: what the others' rounding leaves of a coefficient that is zero
_STALLED = 2.0**-78  # corrections so small that no longer shrink are the rounding of double-double


def pays(n: int, p: int) -> bool:
    """Whether `solve` is worth asking for n rows of p features."""
    return n > p >= FEATURES and n * p * p >= PRODUCTS


def summarise(table: Table, fit_intercept: bool, pool: Executor | None = None) -> Moments | None:
    """Moments in float64 with the refined solution beside them; None where the double-double sums should do it.

    Parameters
    ----------
    table : Table
    fit_intercept : bool
    pool : Executor, optional
        Threads to work on; the bits are the same without.
    """
    n = len(table.X)
    if not pays(n, table.n_features):
        return None
    found = solve(table, fit_intercept, pool)
    if found is None:
        return None
    solution, total, mean, products = found
    q = len(mean[0])
    sums = np.zeros((4, 1 + q + q * (q + 1) // 2))
    sums[0, 0], sums[2, 1 : 1 + q] = total, mean.sum(axis=0)
    sums[0, 1 + q :] = total * products[np.triu_indices(q)]
    details = NO_DETAILS.with_rows(table)._replace(solution=solution)
    precision = _precision(mean[1], np.diagonal(products))
    return closed_moments(sums, n, table.feature_names, table.target_name, details, precision)


def _precision(moved: Array, variance: Array) -> Array:
    """What is not known of each variance, as a share of it: more where it is what is left of a square about another point."""
    unknown = np.full(len(variance), _UNKNOWN)
    unknown[-1] = _UNKNOWN_OF_TARGET
    unknown *= variance + moved * moved
    share: Array = np.divide(unknown, variance, out=np.ones(len(unknown)), where=unknown < variance)
    return share


class _Space:
    """Memory for the work on one block."""

    def __init__(self, size: int, width: int, q: int) -> None:
        self.rows = np.zeros((size, width))
        self.products = np.empty((q, q))
        self.gradient = np.empty((2, width))
        self.squares = np.empty(2)


class _Rows:
    """Blocks of rows (1, x, y) in a buffer: whatever the order, the strides and the type of the data, the same numbers."""

    def __init__(self, table: Table, step: int) -> None:
        X, y = table.X, table.y
        self.p = p = table.n_features
        self.features, self.target = (X[:, :p], X[:, p]) if y is EMPTY else (X, y)
        self.weight = as_float64(table.weight)
        self.width = -(-(p + 2) // step) * step
        self.size = max(_BUFFER // self.width // 4, 1) * 4
        self.n = len(X)
        self._free: list[_Space] = []

    def each(
        self,
        work: Callable[[_Space, Array, Array], None],
        shift: Array | None,
        pool: Executor | None,
    ) -> Iterator[_Space]:
        """After `work` on each block of rows less the shift, and their weights, what it left, in the order of the blocks."""

        def fill_and_work(start: int) -> _Space:
            space = self._space()
            with np.errstate(all="ignore"):  # threads have their own
                work(space, *self.fill(space.rows, start, shift))
            return space

        starts = range(0, self.n, self.size)
        if pool is None:
            spaces: Iterator[_Space] = map(fill_and_work, starts)
        else:
            spaces = in_order((pool.submit(fill_and_work, start) for start in starts), _UNDER_WAY - 1)
        for space in spaces:
            yield space
            self._free.append(space)

    def mean_of_first(self) -> Array:
        """About the means of the columns."""
        space = self._space()
        block, _ = self.fill(space.rows, 0, None)
        self._free.append(space)
        mean: Array = block[: self.n, 1 : self.p + 2].mean(axis=0)
        return mean

    def fill(self, buffer: Array, start: int, shift: Array | None) -> tuple[Array, Array]:
        """Rows from start on, less the shift, and their weights, filled up with zeros to a multiple of 4."""
        stop = min(start + self.size, self.n)
        m, p = stop - start, self.p
        block = buffer[: -(-m // 4) * 4]
        if shift is None:
            np.copyto(block[:m, 1 : p + 1], self.features[start:stop], casting="same_kind")
            np.copyto(block[:m, p + 1], self.target[start:stop], casting="same_kind")
        else:
            np.subtract(self.features[start:stop], shift[:p], out=block[:m, 1 : p + 1], casting="same_kind")
            np.subtract(self.target[start:stop], shift[p], out=block[:m, p + 1], casting="same_kind")
        block[:m, 0] = 1.0
        block[m:] = 0.0
        weight = self.weight[start:stop]
        if weight.size:
            weight = np.append(weight, np.zeros(len(block) - m))
        return block, weight

    def _space(self) -> _Space:
        try:
            return self._free.pop()
        except IndexError:
            return _Space(min(self.size, -(-self.n // 4) * 4), self.width, self.p + 2)


def solve(
    table: Table, fit_intercept: bool, pool: Executor | None = None
) -> tuple[Solution, float, Array, Array] | None:
    """The refined solution, and in float64 the sum of the weights, the means and the mean products, the target's last.

    The means are in two parts, of which the first was taken off the rows; the products are about the means. None for columns that
    are, or nearly are, linear combinations of others; for values that are not finite or far out of the way; for fewer rows than
    parameters.
    """
    from fastgd.kernels import refine

    rows = _Rows(table, refine.STEP)
    with np.errstate(all="ignore"), nullcontext() if pool is None else _blas_on_one_thread():
        total, mean, centred = _mean_products(rows, pool)
        products = centred
        if not fit_intercept:
            products = centred + np.outer(mean.sum(axis=0), mean.sum(axis=0))
        factor = _factor(total, mean, products)
        if factor is None:
            return None
        refined = _refine(rows, fit_intercept, total, mean, products, factor, pool)
    if refined is None:
        return None
    theta, error = refined
    return Solution(fit_intercept, theta[:, : rows.p + 1].copy(), error), total, mean, centred


def _blas_on_one_thread() -> AbstractContextManager[Any]:
    """Where threadpoolctl is installed: beside our threads, those of BLAS are in the way.

    10^6 x 50 on two processors: 0.22 s on one of our threads, on two 0.24, and 0.135 with this.
    """
    controller = _threadpools()
    return nullcontext() if controller is None else controller.limit(limits=1, user_api="blas")


@cache
def _threadpools() -> Any:
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return None
    return ThreadpoolController()


def _mean_products(rows: _Rows, pool: Executor | None) -> tuple[float, Array, Array]:
    """Sum of weights, means in two parts, and mean products about the means, of features and target."""
    q = rows.p + 1
    shift = rows.mean_of_first()

    def multiply(space: _Space, block: Array, weight: Array) -> None:
        if weight.size:
            block *= np.sqrt(weight)[:, np.newaxis]
        columns = block[:, : q + 1]
        np.matmul(columns.T, columns, out=space.products)

    sums = np.zeros((q + 1, q + 1))
    for space in rows.each(multiply, shift, pool):
        sums += space.products
    total = float(sums[0, 0])
    moved = sums[0, 1:] / total
    products = sums[1:, 1:] / total - np.outer(moved, moved)
    return total, np.stack([shift, moved]), products


def _factor(total: float, mean: Array, products: Array) -> Array | None:
    """L with L'L the inverse of the features' mean products; None where they are not good enough to refine with."""
    from fastgd.kernels import refine

    square = np.append(np.diagonal(products), total)
    if not (np.isfinite(products).all() and ((_SMALLEST <= square) & (square <= _LARGEST)).all()):
        return None
    scale = np.sqrt(square[:-1])
    if not (np.abs(mean.sum(axis=0)) <= _OFFSET * scale).all():
        return None
    scale = scale[:-1]
    factor = np.empty((scale.size, scale.size))
    inflation = refine.invert_factor(products[:-1, :-1] / scale / scale[:, np.newaxis], factor)
    return factor / scale if inflation <= _INFLATION else None


def _refine(
    rows: _Rows, fit_intercept: bool, total: float, mean: Array, products: Array, factor: Array, pool: Executor | None
) -> tuple[Array, float] | None:
    """(intercept, slopes, -1, …) in double-double and the least mean squared error; None where corrections do not shrink."""
    from fastgd.kernels import refine

    p = rows.p
    scale = np.sqrt(np.diagonal(products))
    coef, gradient = np.zeros((2, 2, rows.width))
    if fit_intercept:
        coef[:, 0] = mean[:, p]
    coef[0, p + 1] = -1.0
    gradient[0, 1 : p + 1] = -total * products[:-1, -1]  # there, the level being right
    step = np.empty(p + 1)
    refine.correct(gradient, total, mean, factor, fit_intercept, coef, step)
    last = max(float(np.abs(step[1:] * scale[:-1]).max()), _SHARE * scale[p])

    def find_gradient(space: _Space, block: Array, weight: Array) -> None:
        refine.gradient_of(block, weight, coef, space.gradient, space.squares)

    for _ in range(_PASSES):
        gradient[:] = 0.0
        squares = np.zeros(2)
        for space in rows.each(find_gradient, None, pool):
            refine.add_gradient(gradient, squares, space.gradient, space.squares)
        lower = refine.correct(gradient, total, mean, factor, fit_intercept, coef, step)
        # Contributions of the features, and the intercept beside the parts that it is made of.
        size = np.abs(coef[0, : p + 1])
        moved = np.abs(step)
        largest = np.full(p + 1, (np.append(size[1:], 1.0) * np.abs(mean.sum(axis=0))).max())
        size[1:] *= scale[:-1]
        moved[1:] *= scale[:-1]
        largest[1:] = max(size[1:].max(), _SHARE * scale[p])
        ratio = max(moved[1:].max() / last, _ROUNDING) if last > 0.0 else _ROUNDING
        left = 2.0 * ratio * moved
        done = bool((left <= _LEFT * np.maximum(size, _SHARE * largest)).all())
        if not done and ratio > 0.125:
            if not (moved <= _STALLED * largest).all():
                return None
            done = True
        if done:
            coef[:, : p + 1][:, size <= _ZERO * largest] = 0.0
            return coef, max(float(squares[0] / total - lower), 0.0)
        last = moved[1:].max()
    return None
