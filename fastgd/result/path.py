"""Iterates along a descent, each by the closed form."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fastgd.arguments import argument_error, whole
from fastgd.descent import rules
from fastgd.descent.parts import Parts
from fastgd.errors import DataError, spelled

_MOST_ROWS = 10_000_000
_BELOW = 2**63, "2**63"


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """Rows of iterates.

    Attributes
    ----------
    iterations : ndarray of int64, shape (m,)
    intercept : ndarray of shape (m,)
    coef : ndarray of shape (m, p)
    error : ndarray of shape (m,)
        Mean squared error.

    Examples
    --------
    >>> import fastgd
    >>> path = fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8], learning_rate=0.1, max_iter=100).path(at=[0, 1, 100])
    >>> path.iterations.tolist(), path.error.round(4).tolist()
    ([0, 1, 100], [27.25, 12.3588, 0.1751])
    """

    iterations: NDArray[np.int64]
    intercept: NDArray[np.float64]
    coef: NDArray[np.float64]
    error: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.iterations)

    def __repr__(self) -> str:
        ends = f", {self.iterations[0]} to {self.iterations[-1]}" if len(self) else ""
        return f"<Path: {len(self)} iterates{ends}>"


def choose_iterations(last: int, every: int | None, at: Iterable[int] | None) -> NDArray[np.int64]:
    """Which iterates to show: `at` as given, one in `every`, or about 20 a decade up to `last`."""
    if every is not None and at is not None:
        raise DataError("path(every=…, at=…): pass one of the two")
    if at is not None:
        try:
            numbers = iter(at)
        except TypeError:
            raise argument_error("at", at, f"pass a list of iterations, {spelled('at', [at])}") from None
        return np.array([whole(k, "at", below=_BELOW) for k in numbers], dtype=np.int64)
    last = min(last, _BELOW[0] - 1)
    if every is not None:
        step = whole(every, "every", 1, _BELOW)
        rows = last // step + 1
        if rows > _MOST_ROWS:
            raise DataError(
                f"path(every={every}) would have {rows} rows: the most is {_MOST_ROWS}; "
                "pass a larger step, or the iterations by at="
            )
        chosen = np.arange(rows, dtype=np.int64) * step
        return chosen if chosen[-1] == last else np.append(chosen, np.int64(last))
    decades = math.log10(last) if last else 0.0
    marks = np.unique(np.floor(10.0 ** np.linspace(0.0, decades, 1 + math.ceil(20 * decades))))
    inner = marks[(marks > 0) & (marks < last)].astype(np.int64)
    return np.concatenate([[0], inner, [last] if last else []]).astype(np.int64)


def trace(parts: Parts, iterations: NDArray[np.int64]) -> Path:
    """The path of a run, by the kernel."""
    from fastgd.kernels import run

    problem, target, course, rule = parts
    d = problem.rows.shape[1]
    if rule is None:
        out = np.empty((len(iterations), d + 2))
        run.trace(problem.rows, target.rows, course.rows, iterations.astype(np.float64), iterations % 2 == 1, out)
    else:
        left = [rule.left(course.u[: problem.rank], k) for k in iterations.tolist()]
        out = rules.trace(problem, target, course.rows, np.array(left).reshape(-1, problem.rank))
    with np.errstate(over="ignore"):
        error = np.ldexp(out[:, d], out[:, d + 1].astype(np.int64))
    bad = ~(np.isfinite(error) & np.isfinite(out[:, :d]).all(axis=1))
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(
            f"iteration {iterations[row]} cannot be shown: its coefficients or its error exceed float64; ask for fewer iterations"
        )
    return Path(iterations, out[:, 0].copy(), out[:, 1:d].copy(), error)
