"""The floor of a small fit: kernels that take what its kernels take, and do nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastgd.kernels._compile import kernel
from fastgd.kernels.layout import LINE_SHAPE

Array = NDArray[np.float64]


@kernel
def sum_nothing(X: Array, y: Array, weight: Array, first: bool, last: bool, levels: Array) -> int:
    return 0


@kernel
def fit_nothing(
    sums: Array, fit_intercept: bool, standardize: bool, rate: float, max_iter: float, odd: bool, tolerance: float, memory: Array
) -> int:
    return 0


def arguments(X: Array, y: Array) -> tuple[Any, ...]:
    return X, y, np.empty(0), np.empty((4, 6)), np.empty(LINE_SHAPE)


def call_both(X: Array, y: Array, weight: Array, sums: Array, memory: Array) -> None:
    sum_nothing(X, y, weight, True, True, sums)
    fit_nothing(sums, True, False, np.nan, np.inf, False, np.nan, memory)
