"""Newton's method for losses other than the squared one: least squares on weighted rows, again and again.

1. The loss makes of eta = b + x w and y a weight and a working response for each row.
2. One pass over the rows makes moments of these, and their minimum is the next (b, w).
3. It ends where a step moves no parameter by more than rounding does, by the parameter's share of eta.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fastgd.descent.parts import Parts, descend
from fastgd.errors import DataError
from fastgd.moments.moments import Moments
from fastgd.problem.losses import Loss
from fastgd.problem.study import study
from fastgd.problem.views import Array
from fastgd.request import Request

Working = Callable[[Array, Array], tuple[Array, Array]]
"""Weights and working responses of rows, from their features and targets."""

_STEPS = 50
_ROUNDING = 2.0**-46


def minimise(sum_rows: Callable[[Working], Moments], loss: Loss, request: Request) -> tuple[Moments, Parts]:
    """The minimum of a loss, and the moments of the last pass.

    Parameters
    ----------
    sum_rows : callable
        Makes one pass over the rows: the moments of features and working responses, with the working weights.
    loss : Loss
    request : Request

    Raises
    ------
    DataError
        If the steps do not settle, as for classes that a line separates.
    """
    b, w = 0.0, np.zeros(0)

    def working(X: Array, y: Array) -> tuple[Array, Array]:
        with np.errstate(all="ignore"):  # where eta runs away
            weight, response = loss.working(_predictor(X, b, w), y)
        if not (np.isfinite(weight).all() and np.isfinite(response).all()):
            raise _unsettled()
        return weight, response

    for _ in range(_STEPS):
        moments = sum_rows(working)
        problem, target = study(moments, request.fit_intercept, request.standardize, False, request.penalty)
        parts, _ = descend(problem, target, request)
        before, (b, w) = np.append(b, w), parts.in_units("limit")
        sizes = np.append(1.0, np.hypot(moments.mean[:-1], np.sqrt(np.diag(moments.covariance)[:-1])))
        after = np.append(b, w)
        moved = after - np.append(before, np.zeros(len(after) - len(before)))
        if np.abs(moved * sizes).max() <= _ROUNDING * np.abs(after * sizes).max():
            return moments, parts
    raise _unsettled()


def _unsettled() -> DataError:
    return DataError("the steps of Newton's method do not settle: the loss may have no minimum on these data")


def _predictor(X: Array, b: float, w: Array) -> Array:
    """b + X w, each row by itself; before the first step 0."""
    eta = np.full(len(X), b)
    for column, slope in zip(X.T, w.tolist(), strict=False):
        eta += column * slope
    return eta
