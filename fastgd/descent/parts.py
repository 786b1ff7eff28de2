"""The parts of a run, each a typed view of an array of the kernels, and the kernels that fill them in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Literal, NamedTuple

import numpy as np

from fastgd.descent.rules import Rule, trace
from fastgd.errors import DataError
from fastgd.kernels import layout
from fastgd.problem.problem import Problem, Target
from fastgd.problem.views import Array, Number, Pairs, Row, View, fractions
from fastgd.request import Request


class Course(View):
    """What a start and a rate add to a problem and its target."""

    __slots__ = ()

    asked, end, limit = Row(layout.ASKED), Row(layout.END), Row(layout.LIMIT)
    end_pairs, limit_pairs = Pairs(layout.END), Pairs(layout.LIMIT)
    rate, left, iterations, settled = (
        Number(layout.RATE), Number(layout.END_LEFT), Number(layout.END_ITER), Number(layout.SETTLED)
    )
    objective, objective_exponent = Number(layout.END_OBJECTIVE), Number(layout.END_OBJECTIVE_EXPONENT)
    u, logs, distances = Row(layout.U), Row(layout.LOG), Row(layout.DISTANCE)


class Parts(NamedTuple):
    """Of a run: what the features decide, what the target adds, what start and rate add, and the rule unless it is plain."""

    problem: Problem
    target: Target
    course: Course
    rule: Rule | None = None

    def in_units(self, which: Literal["end", "limit"]) -> tuple[float, Array]:
        """Intercept and coefficients in the data's units; of the limit point, the error where float64 cannot hold one."""
        if which == "end":
            return self.course.end.item(0), self.course.end[1:].copy()
        return self.target.in_units(self.problem, self.course.limit)

    def exactly(self, which: Literal["end", "limit"]) -> list[Fraction]:
        """The same with all that is known of them."""
        if which == "end":
            return fractions(self.course.end_pairs)
        exponents = self.target.exponents_of(self.problem)
        return [value * Fraction(2) ** int(e) for value, e in zip(fractions(self.course.limit_pairs), exponents, strict=True)]

    def counts(self, tolerance: float) -> tuple[float, float]:
        """Iterations until this share of the distance is left (NaN: until no coefficient changes), and until overflow."""
        from fastgd.kernels import run

        needed, overflow = run.count(self.problem.rows, self.target.rows, self.course.rows, tolerance)
        return needed, overflow

    def moving(self) -> list[int]:
        """The directions with a distance to go, steepest first."""
        return [int(i) for i in np.flatnonzero(self.course.distances[: self.problem.rank])]

    def diverges(self) -> bool:
        """Whether a distance grows or, at the limit of the rate, stays; not where the start has none in such a direction."""
        if self.rule is not None:
            return any(self.course.u[i] >= self.rule.limit for i in self.moving())
        at_limit = self.course.rate >= self.problem.max_rate
        return at_limit and any(self.course.logs[i] >= 0.0 for i in self.moving())

    def iterations_for(self, tolerance: float, directions: Sequence[int], rate: float | None) -> int:
        """Smallest k at which the slowest of these directions has the share `tolerance` left, the rate being `rate`."""
        if not directions:
            return 0
        slowest = max(directions, key=lambda i: self.course.logs.item(i))
        log = self.course.logs.item(slowest)
        decay = -math.log(tolerance)
        count = decay / -log if log != 0.0 else math.inf
        if count < math.inf:
            return max(1, math.ceil(count))
        # Both are at the end of float64: as mantissa and exponent.
        if self.course.u.item(slowest) > 1.0:  # the steepest, at a rate that all but turns it over
            shrinks, exponent = math.frexp(-log or math.ulp(0.0))
        else:  # -log(1 - u) = u = 2 eta lambda, as of x of 1e-200
            shift = 0
            if rate is None:
                rate, shift = self.problem.best_rate, -int(self.problem.rate_exponent)
            m_rate, e_rate = math.frexp(rate)
            m_value, e_value = math.frexp(self.problem.eigenvalue_pairs.item(0, slowest))
            shrinks = 2.0 * m_rate * m_value
            exponent = e_rate + shift + e_value + int(self.problem.eigenvalue_exponents.item(slowest))
        mantissa, power = math.frexp(decay / shrinks)
        return int(mantissa * 2.0**53) << (power - 53 - exponent)


def descend(problem: Problem, target: Target, request: Request) -> tuple[Parts, int]:
    """The run that was asked for, and how it ended, as `kernels.layout` has it."""
    from fastgd.kernels import run

    course = Course(np.zeros((layout.RUN_ROWS, problem.rows.shape[1])))
    if request.start is not None:
        course.asked[not problem.fit_intercept :] = request.start
    if request.rule is not None:
        return _descend_by(request.rule, problem, target, course, request)
    outcome: int = run.descend(problem.rows, target.rows, course.rows, *request.numbers)
    return Parts(problem, target, course), outcome


def _descend_by(rule: Rule, problem: Problem, target: Target, course: Course, request: Request) -> tuple[Parts, int]:
    """By another rule than plain descent, for as many steps as were asked for."""
    from fastgd.kernels import run

    rate, steps, _, _ = request.numbers
    if steps == math.inf or request.tol is not None:
        raise DataError("a rule other than plain descent needs max_iter, and takes no tol")
    run.descend(problem.rows, target.rows, course.rows, rate, 0.0, False, math.nan)
    u, distances = course.u[: problem.rank], course.distances[: problem.rank]
    left = rule.left(u, steps)
    rows = course.rows
    [end] = trace(problem, target, rows, left[np.newaxis])
    rows[layout.END], rows[layout.END + 1] = end[:-2], 0.0
    rows[[layout.END_OBJECTIVE, layout.END_OBJECTIVE_EXPONENT], 0] = end[-2:]
    rows[layout.END_ITER, 0] = steps
    rows[layout.END_LEFT, 0] = float(np.linalg.norm(left * distances)) / (float(np.linalg.norm(distances)) or 1.0)
    rows[layout.SETTLED, 0] = not distances.any()
    is_stable = not len(u) or u.max() < rule.limit
    return Parts(problem, target, course, rule), layout.DONE if is_stable else layout.UNSTABLE


def begin(problem: Problem, target: Target, learning_rate: float | None) -> Parts:
    """A run of no iteration from zero; at the best rate without one."""
    return descend(problem, target, Request(learning_rate=learning_rate, max_iter=0))[0]
