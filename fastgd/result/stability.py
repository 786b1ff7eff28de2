"""Which learning rates are stable for these data, which is the fastest, and how many iterations they need."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fastgd import arguments
from fastgd.descent.parts import begin
from fastgd.moments.moments import Moments
from fastgd.problem.problem import Problem, Target
from fastgd.problem.study import study


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

    __slots__ = ("_problem", "_target")

    def __init__(self, problem: Problem, target: Target) -> None:
        self._problem = problem
        self._target = target

    @property
    def moments(self) -> Moments:
        """The moments of the data that these are the limits for."""
        return self._problem.moments.copy()

    @property
    def fit_intercept(self) -> bool:
        """Whether there is an intercept."""
        return self._problem.fit_intercept

    @property
    def standardize(self) -> bool:
        """Whether all of this holds in standardised coordinates."""
        return self._problem.standardize

    @property
    def eigenvalues(self) -> NDArray[np.float64]:
        """Eigenvalues of H in ascending order, one a parameter; zero where the data leave a direction undecided.

        Those that are not zero are known to one digit at least, and but for columns that are nearly combinations of others to
        fifteen: a direction of which double-double moments do not know one digit counts as undecided. `DataError` where float64
        cannot hold one.
        """
        return self._problem.eigenvalues

    @property
    def directions(self) -> NDArray[np.float64]:
        """Unit eigenvectors of H, a row each, shape (rank, parameters), the intercept's part first.

        In the coordinates descended in; in the order of `eigenvalues` without those that are zero: the slowest first.
        """
        return self._problem.directions

    @property
    def rank(self) -> int:
        """Number of directions in which the error is curved: one a parameter, fewer where columns depend on each other."""
        return self._problem.rank

    @property
    def condition(self) -> float:
        """Largest over smallest eigenvalue that is not zero: how much slower the slowest direction is. 1 is best."""
        return self._problem.condition

    @property
    def max_learning_rate(self) -> float:
        """2 / lambda_max: the first float64 at which descent is not stable any more; 0.0 where any of them is too large."""
        return self._problem.max_learning_rate

    @property
    def best_learning_rate(self) -> float:
        """2 / (lambda_min + lambda_max): the fastest constant rate."""
        return self._problem.best_learning_rate

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
        return 0.0 < arguments.number(learning_rate, "learning_rate") < self.max_learning_rate

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
        tol = arguments.tolerance(tol)
        if learning_rate is not None and not self.is_stable(arguments.rate(learning_rate)):
            return None
        parts = begin(self._problem, self._target, learning_rate)
        return parts.iterations_for(tol, range(self.rank), learning_rate)

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
        _, overflow = begin(self._problem, self._target, arguments.rate(learning_rate)).counts(math.nan)
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
        problem = self._problem
        return Stability(*study(problem.moments, problem.fit_intercept, True, penalty=problem.penalty))

    def in_double_double(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """What a program needs to compute iterates of its own, in double-double: each number as [high, low], whose sum it is.

        An eigenvalue rounded to float64 would cost an iterate, at a rate close to the limit, as many digits as the condition
        number has. `directions` and `Moments.in_double_double` have the rest.

        Returns
        -------
        optimum : ndarray of shape (p + 1, 2)
            A least squares solution in the data's units, intercept first, also where it is 0.
        scale : ndarray of shape (p, 2)
            What each feature is divided by in the coordinates descended in; 1 in the data's own.
        eigenvalues : ndarray of shape (rank, 2)
            Those of `eigenvalues` that are not zero.

        Raises
        ------
        DataError
            Where float64 cannot hold one of them.

        Examples
        --------
        >>> import fastgd
        >>> optimum, scale, eigenvalues = fastgd.analyse([1, 2, 3, 4], [2, 4, 5, 8]).in_double_double()
        >>> [f"{part:.8g}" for part in optimum[1]], scale.tolist(), eigenvalues[:, 0].round(6).tolist()
        (['1.9', '8.8817842e-17'], [[1.0, 0.0]], [0.29939, 16.70061])
        """
        problem, target = self._problem, self._target
        intercept, coef = target.in_units(problem, target.best)
        columns, exponents = problem.exponents.astype(int), problem.eigenvalue_exponents.astype(int)
        scale = np.tile([1.0, 0.0], (len(coef), 1))
        if problem.standardize:
            scale = np.ldexp(problem.scale_pairs, columns).T[1:]
        below = np.ldexp(target.best_pairs[1], int(target.exponent) - columns)
        values = problem.eigenvalues[problem.n_parameters - problem.rank :]
        eigenvalues = np.column_stack([values, np.ldexp(problem.eigenvalue_pairs[1], exponents + 1)[::-1]])
        return np.column_stack([[intercept, *coef], below]), scale, eigenvalues

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
        from fastgd.text import page

        return page.of_rates(self, None if learning_rate is None else arguments.rate(learning_rate)).text()

    def __repr__(self) -> str:
        return f"<Stability: stable below {self.max_learning_rate:.9g}, best {self.best_learning_rate:.9g}>"
