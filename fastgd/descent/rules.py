"""Rules of descent other than plain: how the steps before make the next one, along each direction by itself.

Along a direction of curvature lambda (an eigenvalue of the Hessian) all that counts is u = learning_rate * lambda. A linear rule
leaves the same share of the distance after k steps wherever it began, as plain descent leaves (1 - u)^k.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from fastgd.problem.problem import Problem, Target
from fastgd.problem.views import Array


class Rule(Protocol):
    """A linear rule with a constant learning rate."""

    @property
    def limit(self) -> float:
        """The least u at which the rule is not stable; 2 for plain descent."""

    def left(self, u: Array, k: float) -> Array:
        """The share of the distance that is left after k steps, with its sign, for each u."""


def trace(problem: Problem, target: Target, rows: Array, left: Array) -> Array:
    """Where a run is that has these shares of its distances left, a row each: parameters, objective as value and exponent."""
    from fastgd.kernels import run

    out = np.empty((len(left), rows.shape[1] + 2))
    run.trace_shares(problem.rows, target.rows, rows.copy(), np.ascontiguousarray(left), out)
    return out
