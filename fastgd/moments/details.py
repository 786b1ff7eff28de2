"""What moments know beside their sums."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastgd.moments.sums import LARGEST_EXPONENT
from fastgd.sources import Table
from fastgd.sources.table import LOG_BITS


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


class Rest(NamedTuple):
    """What most moments lack. `log_weight` is the sum of the weights' logarithms, as `Table.log_weight` has it."""

    n_dropped: int = 0
    solution: Solution | None = None
    formula: Any = None
    log_weight: int = 0
    library: str | None = None

    def and_of(self, table: Table) -> Rest:
        """With what rows of a table add to it."""
        return Rest(
            self.n_dropped + table.n_dropped,
            formula=self.formula or table.formula,
            log_weight=self.log_weight + table.log_weight(),
            library=self.library or table.library,
        )


NO_REST = Rest()


def rest_of(table: Table, solution: Solution | None = None) -> Rest:
    """What moments of a table have beside the sums."""
    return NO_REST.and_of(table)._replace(solution=solution)


def is_log_weight(value: Any, n_samples: int) -> bool:
    """Whether it can be the sum of the logarithms of so many weights."""
    return type(value) is int and abs(value) <= n_samples * LARGEST_EXPONENT << LOG_BITS
