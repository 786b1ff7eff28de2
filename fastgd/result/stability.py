"""Which learning rates are stable for these data, which is the fastest, and how many iterations they need."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fastgd.arguments import real
from fastgd.descent.run import Descent, analyse, descent_kernels, scale, unheld
from fastgd.errors import DataError, shown
from fastgd.text import report

if TYPE_CHECKING:
    from fastgd.moments.moments import Moments


def require_rate(learning_rate: float | str) -> float:
    """A learning rate as a positive, finite float."""
    rate = learning_rate if type(learning_rate) is float else real(learning_rate)
    if rate is None or not 0.0 < rate < math.inf:
        raise DataError(f"learning_rate={shown(learning_rate)}: it must be a positive, finite number; 'auto' finds the fastest")
    return rate


def require_tolerance(tol: float) -> float:
    """A share of the distance as a float between 0 and 1."""
    tolerance = real(tol)
    if tolerance is None or not 0.0 < tolerance < 1.0:
        raise DataError(f"tol={shown(tol)}: it must lie between 0 and 1, the share of the distance that may be left")
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

    __slots__ = ("_descent",)

    def __init__(self, descent: Descent) -> None:
        self._descent = descent

    @property
    def moments(self) -> Moments:
        """The moments of the data that these are the limits for."""
        return self._descent.moments.copy()

    @property
    def fit_intercept(self) -> bool:
        """Whether there is an intercept."""
        return self._descent.fit_intercept

    @property
    def standardize(self) -> bool:
        """Whether all of this holds in standardised coordinates."""
        return self._descent.standardize

    @property
    def eigenvalues(self) -> NDArray[np.float64]:
        """Eigenvalues of H in ascending order, one a parameter; zero where the data leave a direction undecided.

        Those that are not zero are known to one digit at least, and but for columns that are nearly combinations of others to
        fifteen: a direction of which double-double moments do not know one digit counts as undecided. `DataError` where float64
        cannot hold one.
        """
        kernels, descent = descent_kernels(), self._descent
        values = np.zeros(descent.n_parameters)
        for i in range(descent.rank):
            value, exponent = (descent.state.item(row, i) for row in (kernels.EIGENVALUE, kernels.EIGENVALUE_EXPONENT))
            what = "the largest eigenvalue" if i == 0 else "an eigenvalue"
            values[-1 - i] = scale(2.0 * value, exponent, what, descent.columns())
            if values[-1 - i] == 0.0:
                raise unheld(2.0 * value, exponent, what, descent.columns("smallest"))
        return values

    @property
    def directions(self) -> NDArray[np.float64]:
        """Unit eigenvectors of H, a row each, shape (rank, parameters), the intercept's part first.

        In the coordinates descended in; in the order of `eigenvalues` without those that are zero: the slowest first.
        """
        kernels, descent = descent_kernels(), self._descent
        vectors = descent.state[kernels.VECTORS : kernels.VECTORS + 2 * descent.rank : 2]
        return vectors[::-1, not descent.fit_intercept :].copy()

    @property
    def rank(self) -> int:
        """Number of directions in which the error is curved: one a parameter, fewer where columns depend on each other."""
        return self._descent.rank

    @property
    def condition(self) -> float:
        """Largest over smallest eigenvalue that is not zero: how much slower the slowest direction is. 1 is best."""
        kernels, state, last = descent_kernels(), self._descent.state, self.rank - 1
        if last < 1:
            return 1.0
        exponent = state[kernels.EIGENVALUE_EXPONENT, 0] - state[kernels.EIGENVALUE_EXPONENT, last]
        (largest, e), (smallest, f) = (math.frexp(state.item(kernels.EIGENVALUE, i)) for i in (0, last))
        return scale(largest / smallest, exponent + e - f, "the condition number", self._descent.columns())

    @property
    def max_learning_rate(self) -> float:
        """2 / lambda_max: the first float64 at which descent is not stable any more; 0.0 where any of them is too large."""
        descent = self._descent
        return scale(descent.get("MAX_RATE"), -descent.get("RATE_EXPONENT"), "the largest stable rate", descent.columns())

    @property
    def best_learning_rate(self) -> float:
        """2 / (lambda_min + lambda_max): the fastest constant rate."""
        descent = self._descent
        value, exponent = descent.get("BEST_RATE"), -descent.get("RATE_EXPONENT")
        rate = scale(value, exponent, "the best rate", descent.columns())
        if rate == 0.0:
            raise unheld(value, exponent, "the best rate", descent.columns())
        return rate

    def is_stable(self, learning_rate: float) -> bool:
        """Whether 0 < learning_rate < 2 / lambda_max.

        Parameters
        ----------
        learning_rate : float

        Returns
        -------
        bool

        Raises
        ------
        DataError
            For what is no number.
        """
        rate = real(learning_rate)
        if rate is None:
            raise DataError(f"learning_rate={shown(learning_rate)}: it must be a number")
        return 0.0 < rate < self.max_learning_rate

    def iterations(self, tol: float = 1e-6, learning_rate: float | None = None) -> int | None:
        """Iterations that bring any start's distance to the minimum down to the share `tol`.

        The smallest k with ``max |1 - eta * lambda|^k <= tol`` over the directions that move, for the worst start; past 2^53,
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

        Raises
        ------
        DataError
            For a tolerance that is not between 0 and 1, or a rate that is not positive.

        Examples
        --------
        >>> import fastgd
        >>> stability = fastgd.analyse([1, 2, 3, 4], [2, 4, 5, 8])
        >>> stability.iterations(), stability.iterations(1e-3, learning_rate=0.01), stability.iterations(learning_rate=0.2)
        (386, 2304, None)
        """
        tol = require_tolerance(tol)
        if learning_rate is not None and not self.is_stable(require_rate(learning_rate)):
            return None
        descent = self._descent.begin(learning_rate)
        return descent.iterations_for(tol, list(range(descent.rank)))

    def overflow_iteration(self, learning_rate: float) -> int | None:
        """The iteration at which the sum of squared residuals exceeds float64, from the start 0.

        Parameters
        ----------
        learning_rate : float
            Positive.

        Returns
        -------
        int or None
            None if it never does.

        Raises
        ------
        DataError
            For a rate that is not positive.

        Examples
        --------
        >>> import fastgd
        >>> stability = fastgd.analyse([1, 2, 3, 4], [2, 4, 5, 8])
        >>> stability.overflow_iteration(0.2), stability.overflow_iteration(0.1)
        (415, None)
        """
        _, overflow = self._descent.begin(require_rate(learning_rate)).count(math.nan)
        return int(overflow) if overflow < math.inf else None

    def standardized(self) -> Stability:
        """The same data in standardised coordinates.

        Returns
        -------
        Stability

        Examples
        --------
        >>> import fastgd
        >>> stability = fastgd.analyse([1, 2, 3, 4], [2, 4, 5, 8])
        >>> round(stability.condition, 2), stability.standardized().condition
        (55.78, 1.0)
        """
        descent = self._descent
        return Stability(Descent(descent.moments, analyse(descent.moments, descent.fit_intercept, True)))

    def summary(self, learning_rate: float | None = None) -> str:
        """Limit, best rate, condition, eigenvalues and the iterations needed as a table.

        Parameters
        ----------
        learning_rate : float, optional
            Positive; a last line then says whether it is stable and how many iterations it needs, or when the error
            overflows.

        Returns
        -------
        str

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

    def __repr__(self) -> str:
        return f"<Stability: stable below {self.max_learning_rate:.9g}, best {self.best_learning_rate:.9g}>"
