"""Losses other than the squared one: what Newton's method needs of them, row by row."""

from __future__ import annotations

from typing import Protocol

from fastgd.problem.views import Array


class Loss(Protocol):
    """A smooth, convex loss of the linear predictor eta = b + x w and the target y."""

    def value(self, eta: Array, y: Array) -> Array:
        """The loss of each row."""

    def working(self, eta: Array, y: Array) -> tuple[Array, Array]:
        """Curvature and working response of each row: weight = loss''(eta), and eta - loss'(eta) / weight.

        The least squares fit of the response with these weights is the next step of Newton's method (McCullagh & Nelder 1989,
        *Generalized Linear Models*, section 2.5). A loss of constant curvature may return no weights, an empty array.
        """
