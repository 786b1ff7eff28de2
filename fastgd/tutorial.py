"""The lesson's three functions under its own names: replace its definitions by ``from fastgd.tutorial import *``.

They run the lesson's loop, point by point, and return its numbers to the last bit, the overflow included; then a
`ConvergenceWarning` names the largest stable rate. (The error may differ in the last bits: it squares by ``r * r``.)
"""

from __future__ import annotations

import math
import operator
import warnings
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastgd.errors import ConvergenceWarning, DataError
from fastgd.sources.arrays import numbers, real
from fastgd.sources.table import as_float64

__all__ = ["compute_error_for_line_given_points", "gradient_descent_runner", "step_gradient"]

_FLOAT64 = np.dtype(np.float64)
_STEPS_A_CALL = 200_000_000
"""Points visited before Python looks at the signals again: about 0.2 s, so that Ctrl-C ends a long loop."""


@cache
def _kernels() -> ModuleType:
    """The point-by-point kernels."""
    from fastgd.kernels import pointwise

    return pointwise


def compute_error(b: float, m: float, points: ArrayLike) -> float:
    """Mean squared error of the line y = m x + b: (1/N) sum (y - (m x + b))^2.

    Parameters
    ----------
    b, m : float
        Intercept and slope.
    points : array_like of shape (n, 2)
        Rows (x, y).

    Returns
    -------
    float
        Summed in the order of the rows; inf where it exceeds float64, with a `ConvergenceWarning`.

    Raises
    ------
    DataError
        For points of another shape, or that are no finite numbers, or another argument that is no number.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.compute_error(0, 1, [(1, 2), (2, 4)])
    2.5
    """
    b, m = _number(b, "b"), _number(m, "m")
    array = _points(points)
    error = float(_kernels().compute_error(b, m, array))
    if not math.isfinite(error):
        _warn_overflow(array, b, m, 3)
    return error


def step_gradient(b: float, m: float, points: ArrayLike, learning_rate: float) -> list[float]:
    """One step of gradient descent: (b, m) - learning_rate * gradient of the mean squared error.

    Parameters
    ----------
    b, m : float
        Intercept and slope.
    points : array_like of shape (n, 2)
        Rows (x, y).
    learning_rate : float

    Returns
    -------
    [b, m] : list of float

    Raises
    ------
    DataError
        For points of another shape, or that are no finite numbers, or another argument that is no number.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.step_gradient(0, 0, [(1, 2), (2, 4)], 0.1)
    [0.6000000000000001, 1.0]
    """
    return _descend(points, b, m, learning_rate, 1)


def gradient_descent(
    points: ArrayLike, b: float, m: float, learning_rate: float, num_iterations: int
) -> list[float]:
    """Steps of gradient descent one after the other, as the lesson's loop takes them.

    Parameters
    ----------
    points : array_like of shape (n, 2)
        Rows (x, y).
    b, m : float
        Intercept and slope to start from.
    learning_rate : float
    num_iterations : int

    Returns
    -------
    [b, m] : list of float
        inf or nan where the loop overflows, with a `ConvergenceWarning`.

    Raises
    ------
    DataError
        For points of another shape, or that are no finite numbers, another argument that is no number, or a number of
        iterations that is not whole.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.gradient_descent([(1, 2), (2, 4)], 0, 0, 0.1, 1000)
    [3.703367906465687e-07, 1.999999771119276]
    """
    return _descend(points, b, m, learning_rate, num_iterations)


compute_error_for_line_given_points = compute_error
gradient_descent_runner = gradient_descent


def _descend(points: ArrayLike, b: float, m: float, learning_rate: float, num_iterations: int) -> list[float]:
    b, m, rate = _number(b, "b"), _number(m, "m"), _number(learning_rate, "learning_rate")
    try:
        left = operator.index(num_iterations)
    except TypeError:
        raise DataError(f"num_iterations={num_iterations!r}: it must be a whole number (an int)") from None
    if left < 0:
        raise DataError(f"num_iterations={num_iterations!r}: it must not be negative")
    array = _points(points)
    first_b, first_m = b, m
    descend = _kernels().descend
    most = 2 + 2 * (_STEPS_A_CALL // (2 * len(array)))  # even: a loop that overshoots forever comes back every other step
    while left > 0:
        before = (b, m)
        b, m = map(float, descend(b, m, array, rate, min(left, most)))  # NumPy scalars where NUMBA_DISABLE_JIT is set
        left = max(0, left - most)
        if b != b and m != m:  # nan stays
            break
        if (b.hex(), m.hex()) == (before[0].hex(), before[1].hex()):  # the loop goes round in `most` steps, or stands still
            left %= most
    if not (math.isfinite(b) and math.isfinite(m)):
        _warn_overflow(array, first_b, first_m, 4)
    return [b, m]


def _number(value: Any, name: str) -> float:
    number = value if type(value) is float else real(value)
    if number is None:
        raise DataError(f"{name}={value!r:.60}: it must be a number that float64 can hold")
    return number


def _points(points: Any) -> NDArray[np.float64]:
    """Rows (x, y) as a C-contiguous float64 array; not yet looked through for NaN, which shows in the result."""
    if type(points) is np.ndarray and points.dtype is _FLOAT64 and points.ndim == 2 and points.flags.carray:
        array = points
    else:
        array = np.require(as_float64(numbers(points, "points")), None, ["C", "WRITEABLE"])
    if array.ndim > 0 and len(array) == 0:
        raise DataError("no rows: points is empty; at least one point is needed")
    if array.ndim != 2 or array.shape[1] != 2:
        raise DataError(f"points has shape {array.shape}: the lesson's functions take rows (x, y), shape (n, 2)")
    return array


def _warn_overflow(points: NDArray[np.float64], b: float, m: float, stacklevel: int) -> None:
    """After a result that is not finite: bad cells are an error; a start that was finite has overflowed."""
    from fastgd.fit import analyse
    from fastgd.sources import Table

    Table(points).refuse_bad_cell()
    if math.isfinite(b) and math.isfinite(m):
        limit = analyse(points).max_learning_rate
        warnings.warn(
            f"the lesson's loop overflowed float64: on these points it is stable for learning rates below {limit:.9g}; "
            "fastgd.fit(points) picks the best",
            ConvergenceWarning,
            stacklevel=stacklevel,
        )
