"""Many features: iterates, what is left of the distance, counts and curvature against powers of the step in 120 digits."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import exact
import mpmath
import numpy as np
import precise
import pytest

import fastgd

COUNTS = [0, 1, 2, 3, 10, 1000, 10**6 + 1, 10**12, 10**18]


def noise(n: int, p: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, p))


def houses() -> np.ndarray:
    rng = np.random.default_rng(2)
    area = rng.integers(850, 4500, 47)
    return np.column_stack([area, area // 700 + rng.integers(0, 3, 47), rng.integers(0, 90, 47)]).astype(float)


def units() -> np.ndarray:
    return noise(30, 4) * [1.0, 1e-2, 1e-4, 3e-6]


def twins() -> np.ndarray:
    x = noise(25, 3)
    return np.column_stack([x[:, 0], x[:, 0] + 2.0**-19 * x[:, 1], x[:, 2]])


def powers() -> np.ndarray:
    return np.linspace(0.0, 1.0, 21)[:, np.newaxis] ** np.arange(1, 6)


def far() -> np.ndarray:
    return noise(20, 2) * [1.0, 0.5] + [600.0, -500.0]


def same() -> np.ndarray:
    """Eigenvalues that are equal."""
    return np.array([[i >> j & 1 for j in range(3)] for i in range(8)]) * 2.0 - 1.0


def multiples() -> np.ndarray:
    x = np.round(8 * noise(15, 2)) / 8
    return np.column_stack([x[:, 0], 3.0 * x[:, 0], x[:, 1], np.full(15, 2.0), x[:, 0] - x[:, 1]])


def wide() -> np.ndarray:
    return np.round(16 * noise(4, 6)) / 4


DESIGNS = [houses, units, twins, powers, far, same, multiples, wide]


@dataclass(frozen=True)
class Case:
    X: np.ndarray
    y: np.ndarray
    fit_intercept: bool = True
    standardize: bool = False
    start: list[float] | None = None
    weights: list[float] | None = None

    @classmethod
    def of(cls, make: Callable[[], np.ndarray], dress: str) -> Case:
        X = make()
        rng = np.random.default_rng(5)
        y = X @ (rng.normal(size=X.shape[1]) / X.std(axis=0).clip(1e-9)) + 3.0 + rng.normal(size=len(X))
        fit_intercept = "origin" not in dress
        start = None if dress in ("raw", "standardised") else rng.normal(size=X.shape[1] + fit_intercept).tolist()
        weights = rng.integers(1, 9, len(X)).tolist() if "weighted" in dress else None
        return cls(X, y, fit_intercept, "standardised" in dress, start, weights)

    @property
    def problem(self) -> exact.Problem:
        return exact.Problem.of(self.X.T.tolist(), self.y.tolist(), self.weights, self.fit_intercept, self.standardize)

    @property
    def stability(self) -> fastgd.Stability:
        return fastgd.analyse(
            self.X, self.y, sample_weight=self.weights, fit_intercept=self.fit_intercept, standardize=self.standardize
        )

    def fit(self, **options: object) -> fastgd.FitResult:
        return fastgd.fit(
            self.X, self.y, sample_weight=self.weights, fit_intercept=self.fit_intercept, standardize=self.standardize,
            start=self.start, **options,  # type: ignore[arg-type]
        )  # fmt: skip

    def theta(self, result: fastgd.FitResult) -> list[float]:
        return ([result.intercept] if self.fit_intercept else []) + result.coef.tolist()

    def left(self, problem: exact.Problem, theta: list[Fraction]) -> mpmath.mpf:
        """Distance to the limit point as a share of the start's."""
        start = exact.fractions(self.start or [0] * len(theta))
        limit = problem.limit(self.start)
        return mpmath.sqrt(precise.number(problem.squared_distance(theta, limit) / problem.squared_distance(start, limit)))


# All but the first two have a start of their own.
DRESSES = ["raw", "standardised", "weighted", "origin", "standardised, weighted", "standardised, origin"]
cases = pytest.mark.parametrize("dress", DRESSES)
designs = pytest.mark.parametrize("make", DESIGNS)


def require_digits(ours: list[float], wanted: list[Fraction], before: list[list[Fraction]], digits: int) -> None:
    """So many digits of each coefficient; of a thousandth of what it was in iterates before, where it is less than that: where
    a coefficient passes through zero, it has no digits of its own."""
    for j, (mine, value) in enumerate(zip(ours, wanted, strict=True)):
        size = max([abs(value), *(abs(theta[j]) / 1000 for theta in before)])
        assert abs(Fraction(mine) - value) * 10**digits <= size, (j, mine, float(value))


@designs
@cases
@pytest.mark.parametrize("share", [0.3, 0.99])
def test_iterates_have_9_digits(make: Callable[[], np.ndarray], dress: str, share: float) -> None:
    """Past half of the largest stable rate, directions alternate: the parity of the count counts."""
    case = Case.of(make, dress)
    problem = case.problem
    rate = case.stability.max_learning_rate * share
    path = case.fit(learning_rate=rate, max_iter=0).path(at=COUNTS)
    before: list[list[Fraction]] = []
    for row, k in enumerate(COUNTS):
        wanted = precise.iterate(problem, rate, k, case.start)
        result = case.fit(learning_rate=rate, max_iter=k)
        require_digits(case.theta(result), wanted, before, 9)
        assert result.error == pytest.approx(float(problem.error(wanted)), rel=1e-9, abs=1e-25)
        assert result.remaining == pytest.approx(float(case.left(problem, wanted)), rel=1e-9, abs=1e-80)
        assert [path.intercept[row], *path.coef[row]] == [result.intercept, *result.coef]
        assert path.error[row] == pytest.approx(result.error, rel=1e-12)
        before.append(wanted)
    assert before[3] != before[4]  # it moves


def test_the_designs_are_as_hard_as_they_should_be() -> None:
    conditions = {}
    for make in DESIGNS:
        curved = [value for value in precise.eigenvalues(Case.of(make, "raw").problem) if value > 0]
        conditions[make.__name__] = (round(float(mpmath.log10(curved[-1] / curved[0]))), len(curved))
    assert conditions == {
        "houses": (8, 4),
        "units": (11, 5),
        "twins": (12, 4),
        "powers": (7, 6),
        "far": (12, 3),
        "same": (0, 4),
        "multiples": (1, 3),
        "wide": (1, 4),
    }


@designs
@cases
def test_curvature(make: Callable[[], np.ndarray], dress: str) -> None:
    case = Case.of(make, dress)
    stability, problem = case.stability, case.problem
    wanted = precise.eigenvalues(problem)
    assert stability.rank == problem.rank == np.count_nonzero(stability.eigenvalues)
    assert stability.eigenvalues == pytest.approx([float(value) for value in wanted], rel=1e-9, abs=0)
    curved = [value for value in wanted if value > 0]
    assert stability.condition == pytest.approx(float(curved[-1] / curved[0]), rel=1e-9)
    assert stability.best_learning_rate == pytest.approx(float(2 / (curved[0] + curved[-1])), rel=1e-12)
    most = stability.max_learning_rate
    with mpmath.workdps(60):
        assert math.nextafter(most, 0.0) < 2 / curved[-1] <= most
    for share in (0.01, 0.3, 0.99):
        with mpmath.workdps(60):
            slowest = max(abs(1 - mpmath.mpf(most * share) * value) for value in curved)
            count = int(mpmath.ceil(mpmath.log(mpmath.mpf(1e-6)) / mpmath.log(slowest)))
        assert abs(stability.iterations(1e-6, most * share) - count) <= count // 10**12


@designs
@cases
@pytest.mark.parametrize("tol", [0.5, 1e-3, 1e-12])
def test_tolerance_names_the_first_iterate_that_meets_it(make: Callable[[], np.ndarray], dress: str, tol: float) -> None:
    case = Case.of(make, dress)
    problem = case.problem
    for share in (0.2, 0.9):
        rate = case.stability.max_learning_rate * share
        result = case.fit(learning_rate=rate, tol=tol)
        k = result.n_iter
        slack = k // 10**9  # of a count, nine digits
        assert result.converged and 0 < result.remaining <= tol
        assert case.left(problem, precise.iterate(problem, rate, k + slack, case.start)) <= tol
        assert case.left(problem, precise.iterate(problem, rate, k - 1 - slack, case.start)) > tol
        assert k <= result.stability.iterations(tol, rate) * (1 + 1e-12)


@designs
@cases
def test_the_limit_and_the_count_at_which_the_loop_stands_still(make: Callable[[], np.ndarray], dress: str) -> None:
    case = Case.of(make, dress)
    problem = case.problem
    for rate in (0.3 * case.stability.max_learning_rate, "auto"):
        limit = case.fit(learning_rate=rate)
        ours, k = case.theta(limit), limit.n_iter
        require_digits(ours, problem.limit(case.start), [exact.fractions(case.start)] if case.start else [], 14)
        slack = 2 + k // 10**5  # one of these limits lies within 1 % of the middle of two float64 numbers
        before = max(0, k - slack)
        counts = [k + slack, k + slack + 1, 4 * k, before, max(0, before - 1)]  # of a pair, one may be there by its sign alone
        there = [precise.iterate(problem, limit.learning_rate, count, case.start) for count in counts]
        arrived = [[float(value) for value in theta] == ours for theta in there]
        assert all(arrived[:3])
        assert not all(arrived[3:])


def squares(problem: exact.Problem, rate: float, k: int, start: list[float] | None) -> Fraction:
    """Sum of squared residuals after k iterations."""
    return problem.error(precise.iterate(problem, rate, k, start)) * problem.weight


@designs
@cases
@pytest.mark.parametrize("excess", [1.03, 1.7, 1e6])
def test_an_unstable_run_stops_where_the_squares_overflow(make: Callable[[], np.ndarray], dress: str, excess: float) -> None:
    case = Case.of(make, dress)
    problem = case.problem
    rate = case.stability.max_learning_rate * excess
    result = case.fit(learning_rate=rate, unstable="run")
    k, most = result.n_iter, Fraction(sys.float_info.max)
    assert result.status is fastgd.Status.DIVERGED
    assert k > 0 and math.isfinite(result.error)
    assert squares(problem, rate, max(0, k - 3), case.start) <= most < squares(problem, rate, k + 2, case.start)
    require_digits(case.theta(result), precise.iterate(problem, rate, k, case.start), [], 9)
    part = case.fit(learning_rate=rate, unstable="run", max_iter=k // 2)
    assert part.n_iter == k // 2
    require_digits(case.theta(part), precise.iterate(problem, rate, k // 2, case.start), [], 9)
    with pytest.raises(fastgd.UnstableLearningRateError, match="learning_rate"):
        case.fit(learning_rate=rate)
    first = result.stability.overflow_iteration(rate)  # from zeros
    assert first is not None
    assert squares(problem, rate, max(0, first - 3), None) <= most < squares(problem, rate, first + 2, None)


@pytest.mark.parametrize("make", [houses, same, multiples, wide])
@pytest.mark.parametrize("dress", ["raw", "weighted", "origin"])
@pytest.mark.parametrize("share", [0.1, 0.7, 2.5])
def test_iterate_by_iterate_the_plain_loop(make: Callable[[], np.ndarray], dress: str, share: float) -> None:
    """And the references: powers of the step by the normal equations against the loop, row by row."""
    case = Case.of(make, dress)
    rate = case.stability.max_learning_rate * share
    columns, y = exact.design(case.X.T.tolist(), case.fit_intercept), exact.fractions(case.y.tolist())
    weights = exact.fractions(case.weights) if case.weights else None
    path = case.fit(learning_rate=rate, max_iter=12, unstable="run").path(at=range(13))
    theta = exact.fractions(case.start or [0] * len(columns))
    before: list[list[Fraction]] = []
    for k in range(13):
        ours = ([path.intercept[k]] if case.fit_intercept else []) + path.coef[k].tolist()
        require_digits(ours, theta, before, 12)
        assert path.error[k] == pytest.approx(float(exact.error(columns, y, theta, weights)), rel=1e-11)
        again = precise.iterate(case.problem, rate, k, case.start)
        assert max(abs(a - b) for a, b in zip(theta, again, strict=True)) <= max(map(abs, theta)) / 10**90
        before.append(theta)
        theta = exact.step(columns, y, theta, Fraction(rate), weights)


def test_the_standardised_reference_is_the_loop_on_standardised_columns() -> None:
    case = Case.of(houses, "standardised, weighted")
    problem, rate, w = case.problem, 0.3, exact.fractions(case.weights)
    with mpmath.workdps(60):
        columns = [exact.fractions(x) for x in case.X.T.tolist()]
        means = [exact.mean(x, w) for x in columns]
        variances = [exact.mean([(v - m) ** 2 for v in x], w) for x, m in zip(columns, means, strict=True)]
        deviations = [mpmath.sqrt(precise.number(variance)) for variance in variances]
        rows = [
            [mpmath.mpf(1), *(precise.number(Fraction(v) - m) / s for v, m, s in zip(row, means, deviations, strict=True))]
            for row in case.X.tolist()
        ]
        start = exact.fractions(case.start)
        z = [precise.number(start[0] + exact.dot(start[1:], means))]
        z += [precise.number(t) * s for t, s in zip(start[1:], deviations, strict=True)]
        for _ in range(4):
            pull = [precise.number(a) * (y - mpmath.fdot(z, row)) for a, y, row in zip(w, case.y.tolist(), rows, strict=True)]
            gradient = [-2 * mpmath.fdot(pull, column) / precise.number(sum(w)) for column in zip(*rows, strict=True)]
            z = [t - rate * g for t, g in zip(z, gradient, strict=True)]
        coef = [t / s for t, s in zip(z[1:], deviations, strict=True)]
        theta = [z[0] - mpmath.fdot(coef, map(precise.number, means)), *coef]
        again = [precise.number(value) for value in precise.iterate(problem, rate, 4, case.start)]
        assert max(abs(a / b - 1) for a, b in zip(theta, again, strict=True)) < 1e-50


@pytest.mark.parametrize("standardize", [False, True])
def test_many_directions_of_far_scales(standardize: bool) -> None:
    """So many that float64's eigenvectors come first, which know nothing of the smallest."""
    rng = np.random.default_rng(31)
    X = np.round(rng.normal(size=(60, 20)) @ rng.normal(size=(20, 20)), 3) * 10.0 ** rng.integers(-7, 8, 20) + 1.0
    X[:, 7] = X[:, 3] * (1.0 + 1e-5 * rng.normal(size=60))
    y = rng.normal(size=60)
    problem = exact.Problem.of(X.T.tolist(), y.tolist(), None, True, standardize)
    stability = fastgd.analyse(X, y, standardize=standardize)
    wanted = sorted(precise.eigenvalues(problem))
    assert stability.rank == len(wanted) == 21
    for value, exact_value in zip(stability.eigenvalues.tolist(), wanted, strict=True):
        assert abs(value / exact_value - 1) < 1e-15
    vectors = stability.directions
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(21), atol=1e-15)
