"""Which learning rates are stable for these data, which is the fastest, and how many iterations they need."""

from __future__ import annotations

import math
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fastgd import report
from fastgd.errors import DataError
from fastgd.sources.arrays import real

if TYPE_CHECKING:
    from fastgd.moments import Moments


@cache
def line_kernels() -> ModuleType:
    """The kernels of the closed form; importing them is what loads numba."""
    from fastgd.kernels import line

    return line


def mean_squares(state: NDArray[np.float64]) -> tuple[float, float]:
    """Mean squares of x / 2^ex and y / 2^ey."""
    k = line_kernels()
    return state.item(k.SQUARE_X), state.item(k.MEAN_Y) ** 2 + state.item(k.VAR_Y)


def scale(value: float, exponent: float, what: str, column: str = "x") -> float:
    """value * 2^exponent, or the error that says that float64 cannot hold it, `column` being too large or small for that."""
    try:
        return math.ldexp(value, int(exponent))
    except OverflowError:
        raise _unheld(value, exponent, what, column) from None


def _unheld(value: float, exponent: float, what: str, column: str) -> DataError:
    digits = math.log10(abs(value)) + exponent * math.log10(2.0)
    return DataError(f"{what} is about 1e{digits:+.0f}, which float64 cannot hold: divide {column} by a power of two")


def require_rate(learning_rate: float | str) -> float:
    """A learning rate as a positive, finite float."""
    rate = learning_rate if type(learning_rate) is float else real(learning_rate)
    if rate is None or not 0.0 < rate < math.inf:
        raise DataError(f"learning_rate={learning_rate!r:.60}: it must be a positive, finite number; 'auto' finds the fastest")
    return rate


def require_tolerance(tol: float) -> float:
    """A share of the distance as a float between 0 and 1."""
    tolerance = real(tol)
    if tolerance is None or not 0.0 < tolerance < 1.0:
        raise DataError(f"tol={tol!r:.60}: it must lie between 0 and 1, the share of the distance that may be left")
    return tolerance


class Stability:
    """What the curvature of the mean squared error allows: H = (2/N) X'X, with the intercept's column of ones.

    Descent with rate eta multiplies the distance to the minimum by 1 - eta * lambda along each eigenvector of H: it is
    stable if and only if 0 < eta < 2 / lambda_max (Nocedal & Wright 2006, *Numerical Optimization*, section 3.3).
    All of it is in the coordinates descended in: the data's own, or with `standardize=True` standardised ones.

    Examples
    --------
    >>> import fastgd
    >>> stability = fastgd.analyse([1, 2, 3, 4], [2, 4, 5, 8])
    >>> round(stability.max_learning_rate, 6), stability.is_stable(0.2)
    (0.119756, False)
    >>> stability.iterations(1e-6, learning_rate=0.1)
    455
    """

    __slots__ = ("_moments", "_state")

    def __init__(self, state: NDArray[np.float64], moments: Moments) -> None:
        self._state = state
        self._moments = moments

    @property
    def moments(self) -> Moments:
        """The moments of the data that these are the limits for."""
        return self._moments

    @property
    def eigenvalues(self) -> NDArray[np.float64]:
        """Eigenvalues of H in ascending order, one a parameter; zero where the data leave a direction undecided."""
        k, state = line_kernels(), self._state
        largest = scale(2.0 * state[k.L1], state[k.E1], "the largest eigenvalue")
        if not state[k.INTERCEPT]:
            return np.array([largest])
        return np.array([scale(2.0 * state[k.L2], state[k.E2], "the smallest eigenvalue"), largest])

    @property
    def standardize(self) -> bool:
        """Whether all of this holds in standardised coordinates."""
        return bool(self._state[line_kernels().STANDARDIZED])

    @property
    def rank(self) -> int:
        """Number of directions in which the error is curved: 2 for a line, 1 if all x are equal."""
        return int(self._state[line_kernels().RANK])

    @property
    def condition(self) -> float:
        """Largest over smallest eigenvalue that is not zero: how much slower the slowest direction is. 1 is best."""
        k, state = line_kernels(), self._state
        if self.rank < 2:
            return 1.0
        return scale(state[k.L1] / state[k.L2], state[k.E1] - state[k.E2], "the condition number")

    @property
    def max_learning_rate(self) -> float:
        """2 / lambda_max: the first float64 at which descent is not stable any more; 0.0 where any of them is too large."""
        k, state = line_kernels(), self._state
        return scale(state.item(k.MAX_RATE), -state.item(k.E1), "the largest stable rate")

    @property
    def best_learning_rate(self) -> float:
        """2 / (lambda_min + lambda_max): the fastest constant rate."""
        k, state = line_kernels(), self._state
        value, exponent = state.item(k.BEST_RATE), -state.item(k.E1)
        rate = scale(value, exponent, "the best rate")
        if rate == 0.0:
            raise _unheld(value, exponent, "the best rate", "x")
        return rate

    def is_stable(self, learning_rate: float) -> bool:
        """Whether 0 < learning_rate < 2 / lambda_max.

        Parameters
        ----------
        learning_rate : float
        """
        rate = real(learning_rate)
        if rate is None:
            raise DataError(f"learning_rate={learning_rate!r:.60}: it must be a number")
        return 0.0 < rate < self.max_learning_rate

    def iterations(self, tol: float = 1e-6, learning_rate: float | None = None) -> int | None:
        """Iterations that bring any start's distance to the minimum down to the share `tol`.

        The smallest k with max |1 - eta * lambda|^k <= tol over the directions that move, for the worst start; past 2^53,
        to 15 digits.

        Parameters
        ----------
        tol : float
            Between 0 and 1.
        learning_rate : float, optional
            The best rate without it.

        Returns
        -------
        int or None
            None if the rate is not stable.
        """
        tol = require_tolerance(tol)
        if learning_rate is not None and not self.is_stable(require_rate(learning_rate)):
            return None
        k = line_kernels()
        return iterations_for(tol, self._begin(learning_rate), [(k.LOG1, k.L1, k.E1), (k.LOG2, k.L2, k.E2)][: self.rank])

    def overflow_iteration(self, learning_rate: float) -> int | None:
        """The iteration at which the sum of squared residuals exceeds float64, from the start 0; None if it never does.

        Parameters
        ----------
        learning_rate : float
            Positive.
        """
        _, overflow = line_kernels().count(self._begin(require_rate(learning_rate)), math.nan)
        return int(overflow) if overflow < math.inf else None

    def summary(self, learning_rate: float | None = None) -> str:
        """Limit, best rate, condition, eigenvalues and the iterations needed as a table.

        Parameters
        ----------
        learning_rate : float, optional
            Positive; a last line then says whether it is stable and how many iterations it needs, or when the error
            overflows.

        Examples
        --------
        >>> import fastgd
        >>> print(fastgd.analyse([1, 2, 3, 4], [2, 4, 5, 8]).summary(learning_rate=0.1))
        y on x, 4 rows
        <BLANKLINE>
        stable below      0.119756107
        best rate         0.117647059
        condition         55.7821
        coordinates       as in the data
        rank              2
        eigenvalues       0.299390267, 16.7006097
        at the best rate  386 iterations to come within a millionth of the distance
        at 0.1            stable: 455 iterations to come within a millionth of the distance
        """
        return report.check(self, None if learning_rate is None else require_rate(learning_rate))

    def _begin(self, learning_rate: float | None) -> NDArray[np.float64]:
        """A state of its own, begun at zero."""
        state = self._state.copy()
        line_kernels().descend(state, 0.0, 0.0, math.nan if learning_rate is None else learning_rate, 0.0, False, math.nan)
        return state

    def __repr__(self) -> str:
        return f"<Stability: stable below {self.max_learning_rate:.9g}, best {self.best_learning_rate:.9g}>"


def iterations_for(tol: float, state: NDArray[np.float64], directions: list[tuple[int, int, int]]) -> int:
    """Smallest k at which the slowest direction has the share `tol` left, from slots of log contraction and eigenvalue."""
    if not directions:
        return 0
    k = line_kernels()
    log, eigenvalue, exponent = max(directions, key=lambda slots: state.item(slots[0]))
    decay = -math.log(tol)
    count = decay / -state.item(log) if state[log] != 0.0 else math.inf
    if count < math.inf:
        return max(1, math.ceil(count))
    # 2 eta lambda is at the end of float64, as for x of 1e-200: -log(1 - u) = u, as mantissa and exponent.
    rate, shift = state.item(k.ASKED_RATE), 0
    if math.isnan(rate):
        rate, shift = state.item(k.BEST_RATE), -int(state[k.E1])
    m_rate, e_rate = math.frexp(rate)
    m_eigenvalue, e_eigenvalue = math.frexp(state[eigenvalue])
    mantissa, power = math.frexp(decay / (2.0 * m_rate * m_eigenvalue))
    return int(mantissa * 2.0**53) << (power - 53 - e_rate - shift - e_eigenvalue - int(state[exponent]))
