"""A descent as the kernels leave it: the one place that knows what stands where in their array."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fastgd.errors import DataError

if TYPE_CHECKING:
    from fastgd.moments.moments import Moments


_LARGEST_SOLUTION = 2.0**200  # of columns of about unit size; double-double sums that bear more do not know one digit of it
_FAR_APART = 900
"""Exponents: a column 2^-900 as large as another keeps in double-double what the other leaves of it."""

_MANY_DIRECTIONS = 16
"""From which on `_turn` goes before Jacobi's rotations, which then take two rounds and not eight.

Without and with it, ms: 16 features 0.21 and 0.12, 50 features 3.1 and 1.1, 200 features 168 and 35, 400 features 1200 and 260;
1000 features with it 4 s.
"""


@cache
def descent_kernels() -> ModuleType:
    """The kernels of the closed form; importing them is what loads numba."""
    from fastgd.kernels import descent

    return descent


def analyse(moments: Moments, fit_intercept: bool, standardize: bool, with_directions: bool = True) -> NDArray[np.float64]:
    """The kernels' array with all that the data decide.

    Of several features the directions cost far more than the limit point, which needs them only where the rank is short.
    """
    kernels = descent_kernels()
    sums = moments._sums
    d = moments.n_features + 1
    if d == kernels.LINE:
        state = np.zeros(kernels.LINE_SHAPE)
        kernels.analyse_line(sums, fit_intercept, standardize, state)
        return state
    from fastgd.kernels import least_squares

    state = np.zeros((kernels.VECTORS, d))
    layout, high, low = np.empty((2, d - 1), np.int64), np.empty((d, d)), np.empty((d, d))
    found = state[: kernels.SCALE + 2]
    refined = moments._details.solution
    is_refined = refined is not None and refined.fit_intercept == fit_intercept
    blur = np.zeros(d) if is_refined or moments.precision is None else moments.precision
    rank = fit_intercept + least_squares.solve(sums, blur, fit_intercept, found, layout, high, low)
    if rank < d - 1 + fit_intercept and blur.any():
        raise DataError(
            "these moments have the 16 digits of a fit of many features to the limit point, too few for this question: asked "
            "otherwise, or with other rows, the columns depend on each other too much; make the moments by Moments.from_arrays"
        )
    if refined is not None and is_refined:
        ey = int(found[kernels.EXPONENT_Y, 0])
        exponents = found[kernels.EXPONENT].astype(int) - ey
        with np.errstate(over="ignore"):
            theta, error = np.ldexp(refined.theta, exponents), np.ldexp(refined.error, -2 * ey)
        size = found[kernels.VAR_Y, 0] + found[kernels.MEAN_Y, 0] ** 2
        if not (np.abs(theta) < _LARGEST_SOLUTION).all() or error > 2.0 * size:
            raise DataError("these moments hold a solution that is not theirs: it was changed, or its sums were")
        found[kernels.BEST : kernels.BEST + 2], found[kernels.LEAST_ERROR, 0] = theta, error
    if with_directions or rank < d - 1 + fit_intercept:
        from fastgd.kernels import spectrum

        if not standardize:
            _require_near_scales(found[kernels.EXPONENT], fit_intercept)
        state = np.zeros((kernels.VECTORS + 2 * rank, d))
        state[: len(found)] = found
        columns, values = found[kernels.EXPONENT :], state[kernels.EIGENVALUE : kernels.EIGENVALUE_EXPONENT + 1]
        rows = state[kernels.VECTORS :].reshape(rank, 2, d)
        exponent, far = spectrum.lay_out_rows(high, low, layout, columns, fit_intercept, standardize, rows)
        if rank >= _MANY_DIRECTIONS and not far:
            rows[:] = _turn(rows)
        spectrum.find_directions(exponent, rows, values)
        if not (values[0, :rank] > 0.0).all():
            raise DataError(
                "the columns, or the weights, differ in size so much that a direction of the descent is lost to float64: "
                "multiply columns by powers of two, or leave out rows whose weight is next to nothing"
            )
        if far:
            spectrum.straighten(rows)
        state[kernels.DIRECTIONS, 0] = rank
    state[kernels.STANDARDIZED, 0], state[kernels.INTERCEPT, 0], state[kernels.RANK, 0] = standardize, fit_intercept, rank
    kernels.set_limits(state)
    return state


def _require_near_scales(exponents: NDArray[np.float64], fit_intercept: bool) -> None:
    """Refuse columns so different in size that their products are lost beside each other; the limit point would bear it."""
    apart = np.ptp(exponents[not fit_intercept :])
    if apart > _FAR_APART:
        raise DataError(
            f"the columns differ in size by a factor of about 1e{apart * math.log10(2.0):.0f}, too much for descent in the "
            "data's own coordinates: pass standardize=True, or multiply columns by powers of two"
        )


def _turn(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows of high and low parts, (m, 2, d), turned so that they are nearly orthogonal.

    By float64's eigenvectors V of the products of the rows, made orthonormal in double-double by one step of Newton and Schulz,
    V + (1 - V V') V / 2 (Higham 2008, *Functions of Matrices*, section 8.3).
    """
    from fastgd.kernels import spectrum

    m = len(rows)
    vectors = np.linalg.eigh(rows[:, 0] @ rows[:, 0].T)[1].T[::-1]
    factor, squares = np.zeros((m, 2, m)), np.empty((m, 2, m))
    factor[:, 0] = vectors.T
    other = factor.copy()
    other[:, 0] = vectors
    spectrum.multiply_rows(other, factor, squares)
    other[:, 1] = 0.5 * ((np.eye(m) - squares[:, 0]) - squares[:, 1]) @ vectors
    turned = np.empty_like(rows)
    spectrum.multiply_rows(other, rows, turned)
    return turned


def scale(value: float, exponent: float, what: str, column: str) -> float:
    """value * 2^exponent, or the error that says that float64 cannot hold it, `column` being too large or small for that."""
    try:
        return math.ldexp(value, int(exponent))
    except OverflowError:
        raise unheld(value, exponent, what, column) from None


def unheld(value: float, exponent: float, what: str, column: str) -> DataError:
    """The error that says that float64 cannot hold value * 2^exponent."""
    digits = math.log10(abs(value)) + exponent * math.log10(2.0)
    return DataError(f"{what} is about 1e{digits:+.0f}, which float64 cannot hold: divide {column} by a power of two")


class Descent:
    """What the data decide and, once it has begun, where a start and a rate lead."""

    __slots__ = ("moments", "state")

    def __init__(self, moments: Moments, state: NDArray[np.float64]) -> None:
        self.moments = moments
        self.state = state

    def get(self, name: str) -> float:
        """A number by the name of its row."""
        return self.state.item(getattr(descent_kernels(), name), 0)

    def row(self, name: str) -> NDArray[np.float64]:
        """A row of parameters, the intercept's first, by its name; of pairs the high part."""
        row: NDArray[np.float64] = self.state[getattr(descent_kernels(), name)]
        return row

    @property
    def fit_intercept(self) -> bool:
        return bool(self.get("INTERCEPT"))

    @property
    def standardize(self) -> bool:
        return bool(self.get("STANDARDIZED"))

    @property
    def rank(self) -> int:
        return int(self.get("RANK"))

    @property
    def n_parameters(self) -> int:
        """Coefficients and, if there is one, intercept."""
        return int(self.state.shape[1]) - 1 + self.fit_intercept

    @property
    def is_complete(self) -> bool:
        """Whether the directions are known."""
        return self.get("DIRECTIONS") == self.get("RANK")

    def complete(self) -> Descent:
        """The same descent with its directions."""
        if self.is_complete:
            return self
        kernels = descent_kernels()
        state = analyse(self.moments, self.fit_intercept, self.standardize)
        state[kernels.ASKED] = self.row("ASKED")
        kernels.descend(state, self.get("ASKED_RATE"), self.get("MAX_ITER"), False, self.get("TOLERANCE"))
        return Descent(self.moments, state)

    def begin(self, learning_rate: float | None) -> Descent:
        """A descent of its own on the same data, begun at zero; at the best rate without one."""
        state = self.complete().state.copy()
        kernels = descent_kernels()
        state[kernels.ASKED] = 0.0
        kernels.descend(state, math.nan if learning_rate is None else learning_rate, 0.0, False, math.nan)
        return Descent(self.moments, state)

    @property
    def diverges(self) -> bool:
        """Whether a distance grows or, at the limit of the rate, stays; not where the start has none in such a direction."""
        kernels = descent_kernels()
        return self.get("RATE") >= self.get("MAX_RATE") and any(self.state[kernels.LOG, i] >= 0.0 for i in self.moving())

    def columns(self, which: str = "largest") -> str:
        """How to call the features in an error: the one by its name."""
        names = self.moments.feature_names
        return names[0] if len(names) == 1 else f"the {which} column"

    def in_units(self, row: str) -> tuple[float, NDArray[np.float64]]:
        """Intercept and coefficients of a row of parameters'', in the data's units."""
        exponents = (self.get("EXPONENT_Y") - self.row("EXPONENT")).tolist()
        names = ("the intercept", *(f"the coefficient of {name}" for name in self.moments.feature_names))
        values = [
            scale(value, exponent, what, what.removeprefix("the coefficient of ") if j else "the target")
            for j, (value, exponent, what) in enumerate(zip(self.row(row).tolist(), exponents, names, strict=True))
        ]
        return values[0], np.array(values[1:])

    def fractions(self, row: str) -> list[Fraction]:
        """Intercept and coefficients of a row of pairs, "END" or "LIMIT", in the data's units, with all that is known of them."""
        start = getattr(descent_kernels(), row)
        exponents = np.zeros(self.state.shape[1]) if row == "END" else self.get("EXPONENT_Y") - self.row("EXPONENT")
        pairs = zip(self.state[start : start + 2].T.tolist(), exponents.tolist(), strict=True)
        return [(Fraction(high) + Fraction(low)) * Fraction(2) ** int(e) for (high, low), e in pairs]

    def natural_sizes(self) -> list[Fraction]:
        """Of intercept and coefficients: root mean squares of the target, and of the target over each feature."""
        spread, mean = self.row("SPREAD"), self.row("MEAN")
        squares = spread + mean * mean if self.fit_intercept else spread
        target = math.sqrt(self.get("VAR_Y") + self.get("MEAN_Y") ** 2)
        exponents = (self.get("EXPONENT_Y") - self.row("EXPONENT")).tolist()
        roots = [1.0, *np.sqrt(squares[1:]).tolist()]
        return [Fraction(target / (root or 1.0)) * Fraction(2) ** int(e) for root, e in zip(roots, exponents, strict=True)]

    def moving(self) -> list[int]:
        """The directions with a distance to go, steepest first."""
        distances = self.row("DISTANCE")[: int(self.get("DIRECTIONS"))]
        return [int(i) for i in np.flatnonzero(distances)]

    def count(self, tolerance: float) -> tuple[float, float]:
        """Iterations until this share of the distance is left (NaN: until no coefficient changes), and until overflow."""
        needed, overflow = descent_kernels().count(self.state, tolerance)
        return needed, overflow

    def iterations_for(self, tolerance: float, directions: list[int]) -> int:
        """Smallest k at which the slowest of these directions has the share `tolerance` left."""
        if not directions:
            return 0
        kernels, state = descent_kernels(), self.state
        slowest = max(directions, key=lambda i: state.item(kernels.LOG, i))
        log = state.item(kernels.LOG, slowest)
        decay = -math.log(tolerance)
        count = decay / -log if log != 0.0 else math.inf
        if count < math.inf:
            return max(1, math.ceil(count))
        # Both are at the end of float64: as mantissa and exponent.
        if state.item(kernels.U, slowest) > 1.0:  # the steepest, at a rate that all but turns it over
            shrinks, exponent = math.frexp(-log or math.ulp(0.0))
        else:  # -log(1 - u) = u = 2 eta lambda, as of x of 1e-200
            rate, shift = self.get("ASKED_RATE"), 0
            if math.isnan(rate):
                rate, shift = self.get("BEST_RATE"), -int(self.get("RATE_EXPONENT"))
            m_rate, e_rate = math.frexp(rate)
            m_value, e_value = math.frexp(state.item(kernels.EIGENVALUE, slowest))
            shrinks = 2.0 * m_rate * m_value
            exponent = e_rate + shift + e_value + int(state.item(kernels.EIGENVALUE_EXPONENT, slowest))
        mantissa, power = math.frexp(decay / shrinks)
        return int(mantissa * 2.0**53) << (power - 53 - exponent)
