"""The lesson's three functions under its own names: replace its definitions by ``from fastgd.tutorial import *``.

They run the lesson's loop, point by point, and return its numbers to the last bit, the overflow included; then a
`ConvergenceWarning` names the largest stable rate. (The error may differ in the last bits: it squares by ``r * r``.)

Of several features, `m` is a list or array of p coefficients and a row of `points` holds p features before the target. The
loop is the same, with the prediction ``((m[0] * x[0] + m[1] * x[1]) + ...) + b`` added in that order, and one gradient a feature.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sized
from functools import cache
from types import ModuleType
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastgd.arguments import FLOAT64, counted, number, numbers, real, whole
from fastgd.errors import ConvergenceWarning, DataError
from fastgd.sources.table import as_float64

__all__ = ["compute_error_for_line_given_points", "gradient_descent_runner", "step_gradient"]

_STEPS_A_CALL = 200_000_000
"""Points (x, y) visited before Python looks at the signals again: about 0.2 s, so that Ctrl-C ends a long loop."""


@cache
def _kernels() -> ModuleType:
    """The point-by-point kernels."""
    from fastgd.kernels import pointwise

    return pointwise


def compute_error(b: float, m: ArrayLike, points: ArrayLike) -> float:
    """Mean squared error of the line y = m x + b, or of a plane: (1/N) sum (y - (m . x + b))^2.

    Parameters
    ----------
    b : float
        Intercept.
    m : float, or array_like of shape (p,)
        Slope, or a coefficient for each feature.
    points : array_like of shape (n, 2) or (n, p + 1)
        Rows (x, y); of p features, the target is last.

    Returns
    -------
    float
        Summed in the order of the rows; inf where it exceeds float64, with a `ConvergenceWarning`.

    Raises
    ------
    DataError
        If the shape of points does not fit `m`, a value is not finite, or another argument is not a number.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.compute_error(0, 1, [(1, 2), (2, 4)])
    2.5
    >>> fastgd.compute_error(0, [1, 2], [(1, 2, 5), (2, 4, 8)])
    2.0
    """
    b, slopes = number(b, "b"), _coefficients(m)
    array = _points(points, slopes)
    kernels = _kernels()
    compute = kernels.compute_error if isinstance(slopes, float) else kernels.compute_error_of_features
    error = float(compute(b, slopes, array))
    if not math.isfinite(error):
        _warn_overflow(array, b, slopes, 3)
    return error


@overload
def step_gradient(b: float, m: float, points: ArrayLike, learning_rate: float) -> list[float]: ...
@overload
def step_gradient(b: float, m: ArrayLike, points: ArrayLike, learning_rate: float) -> list[Any]: ...
def step_gradient(b: float, m: ArrayLike, points: ArrayLike, learning_rate: float) -> list[Any]:
    """One step of gradient descent: (b, m) - learning_rate * gradient of the mean squared error.

    Parameters
    ----------
    b : float
        Intercept.
    m : float, or array_like of shape (p,)
        Slope, or a coefficient for each feature.
    points : array_like of shape (n, 2) or (n, p + 1)
        Rows (x, y); of p features, the target is last.
    learning_rate : float

    Returns
    -------
    [b, m] : list
        A float, and m as it came: a float, or a new float64 array of shape (p,).

    Raises
    ------
    DataError
        If the shape of points does not fit `m`, a value is not finite, or another argument is not a number.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.step_gradient(0, 0, [(1, 2), (2, 4)], 0.1)
    [0.6000000000000001, 1.0]
    >>> fastgd.step_gradient(0, [0, 0], [(1, 2, 5), (2, 4, 8)], 0.125)
    [1.625, array([2.625, 5.25 ])]
    """
    return _descend(points, b, m, learning_rate, 1)


@overload
def gradient_descent(points: ArrayLike, b: float, m: float, learning_rate: float, num_iterations: int) -> list[float]: ...
@overload
def gradient_descent(points: ArrayLike, b: float, m: ArrayLike, learning_rate: float, num_iterations: int) -> list[Any]: ...
def gradient_descent(points: ArrayLike, b: float, m: ArrayLike, learning_rate: float, num_iterations: int) -> list[Any]:
    """Steps of gradient descent one after the other, as the lesson's loop takes them.

    Parameters
    ----------
    points : array_like of shape (n, 2) or (n, p + 1)
        Rows (x, y); of p features, the target is last.
    b : float
        Intercept to start from.
    m : float, or array_like of shape (p,)
        Slope, or a coefficient for each feature, to start from.
    learning_rate : float
    num_iterations : int

    Returns
    -------
    [b, m] : list
        A float, and m as it came: a float, or a new float64 array of shape (p,). They are inf or nan where the loop
        overflows, with a `ConvergenceWarning`.

    Raises
    ------
    DataError
        If the shape of points does not fit `m`, a value is not finite, another argument is not a number, or the number of
        iterations is not whole.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.gradient_descent([(1, 2), (2, 4)], 0, 0, 0.1, 1000)
    [3.703367906465687e-07, 1.999999771119276]
    >>> b, m = fastgd.gradient_descent([(1, 0, 3), (0, 1, 4), (1, 1, 6)], 0, [0, 0], 0.25, 1000)
    >>> round(b, 9), m.round(9).tolist()
    (1.0, [2.0, 3.0])
    """
    return _descend(points, b, m, learning_rate, num_iterations)


compute_error_for_line_given_points = compute_error
gradient_descent_runner = gradient_descent


def _descend(points: ArrayLike, b: float, m: ArrayLike, learning_rate: float, num_iterations: int) -> list[Any]:
    b, slopes, rate = number(b, "b"), _coefficients(m), number(learning_rate, "learning_rate")
    left = whole(num_iterations, "num_iterations")
    array = _points(points, slopes)
    first = b, slopes
    kernels = _kernels()
    descend = kernels.descend if isinstance(slopes, float) else kernels.descend_features
    most = 2 + 2 * (_STEPS_A_CALL // array.size)  # even: a loop that overshoots forever comes back every other step
    while left > 0:
        before = b, slopes
        b, slopes = descend(b, slopes, array, rate, min(left, most))
        left -= most
        if left > 0 and all(np.array_equal(u, v, equal_nan=True) for u, v in zip(before, (b, slopes), strict=True)):
            left %= most  # the loop stands still, at nan or not, or goes round in `most` steps
    if not _finite(b, slopes):
        _warn_overflow(array, *first, 4)
    return [float(b), slopes if isinstance(slopes, np.ndarray) else float(slopes)]  # NumPy scalars under NUMBA_DISABLE_JIT


def _coefficients(m: Any) -> float | NDArray[np.float64]:
    """The slope of one feature, or a new array of p coefficients."""
    if type(m) is float or real(m) is not None or not isinstance(m, Sized) or isinstance(m, str | bytes):
        return number(m, "m")
    array = as_float64(numbers(m, "m"))
    if array.ndim != 1 or array.size == 0:
        raise DataError(f"m has shape {array.shape}: it must be one number, or one-dimensional, a coefficient for each feature")
    return array.copy()


def _points(points: Any, m: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows (features, y) as a C-contiguous float64 array; not yet looked through for NaN, which shows in the result."""
    if type(points) is np.ndarray and points.dtype is FLOAT64 and points.ndim == 2 and points.flags.carray:
        array = points
    else:
        array = np.require(as_float64(numbers(points, "points")), None, ["C", "WRITEABLE"])
    if array.ndim == 2 and array.size and array.shape[1] == (2 if isinstance(m, float) else m.size + 1):
        return array
    if array.ndim > 0 and len(array) == 0:
        raise DataError("no rows: points is empty; at least one point is needed")
    if array.ndim != 2 or array.shape[1] < 2:
        raise DataError(f"points has shape {array.shape}: rows (x, y) are needed, shape (n, 2), or of p features (n, p + 1)")
    p = array.shape[1] - 1
    came = "is one number" if isinstance(m, float) else f"has shape {m.shape}"
    raise DataError(
        f"m {came} and points has shape {array.shape}: the last column being the target, m must hold "
        f"{counted(p, 'coefficient')}, one for each other column"
    )


def _finite(b: float, m: float | NDArray[np.float64]) -> bool:
    return math.isfinite(b) and (math.isfinite(m) if isinstance(m, float) else bool(np.isfinite(m).all()))


def _warn_overflow(points: NDArray[np.float64], b: float, m: float | NDArray[np.float64], stacklevel: int) -> None:
    """After a result that is not finite: bad cells are an error; a start that was finite has overflowed."""
    from fastgd.fit import analyse
    from fastgd.sources import Origin, Table

    table = Table(points)
    table.origin = Origin(can_drop=False)
    table.refuse_bad_cell()
    if _finite(b, m):
        try:
            where = f"on these points it is stable for learning rates below {analyse(points).max_learning_rate:.9g}"
        except DataError as error:
            where = str(error)
        warnings.warn(
            f"the lesson's loop overflowed float64: {where}; fastgd.fit(points) picks the best",
            ConvergenceWarning,
            stacklevel=stacklevel,
        )
