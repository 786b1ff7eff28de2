"""Data at the ends of float64, where an exact answer exists: Wilkinson's quiz, far scales and offsets, columns that hardly vary.

L. Wilkinson, Statistics Quiz (1985), in the numbers that a program reads: decimals are rounded to float64 before any fit.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import exact
import mpmath
import numpy as np
import precise
import pytest
from numba import config

import fastgd

COUNTS = [0, 1, 2, 1000, 10**6 + 1, 10**12]
ONE_TO_NINE = np.arange(1.0, 10.0)
QUIZ = {
    "ROUND": ONE_TO_NINE - 0.5,
    "X": ONE_TO_NINE,
    "ZERO": np.zeros(9),
    "BIG": 99999990.0 + ONE_TO_NINE,
    "LITTLE": np.array([float(f"0.9999999{i}") for i in range(1, 10)]),
    "HUGE": 1e12 * ONE_TO_NINE,
    "TINY": np.array([float(f"{i}e-12") for i in range(1, 10)]),
}
NOISE = np.array([3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0])
KNOWN = Fraction(1, 2**96)
"""Of the mean squares of the target and of each feature's part: when they cancel to less, double-double does not know it."""


@dataclass(frozen=True)
class Case:
    X: np.ndarray
    y: np.ndarray
    weights: np.ndarray | None = None
    fit_intercept: bool = True
    standardize: bool = False

    @property
    def problem(self) -> exact.Problem:
        weights = None if self.weights is None else self.weights.tolist()
        return exact.Problem.of(self.X.T.tolist(), self.y.tolist(), weights, self.fit_intercept, self.standardize)

    def fit(self, **options: object) -> fastgd.FitResult:
        return fastgd.fit(
            self.X, self.y, sample_weight=self.weights, fit_intercept=self.fit_intercept, standardize=self.standardize,
            **options,  # type: ignore[arg-type]
        )  # fmt: skip

    def theta(self, result: fastgd.FitResult) -> list[float]:
        return [result.intercept, *result.coef.tolist()][not self.fit_intercept :]

    def sizes(self, problem: exact.Problem) -> list[Fraction]:
        """Of each parameter, what moves the prediction by the target's root mean square."""
        roots = [root(problem.gram[j][j]) or Fraction(1) for j in range(len(problem.gram))]
        return [root(problem.square) / r for r in roots]


def root(value: Fraction) -> Fraction:
    with mpmath.workdps(30):
        return Fraction(*mpmath.libmp.to_rational(mpmath.sqrt(precise.number(value))._mpf_))


def columns(*parts: Sequence[float] | np.ndarray) -> np.ndarray:
    return np.column_stack(parts)


def require(ours: Sequence[float], wanted: Sequence[Fraction], sizes: Sequence[Fraction], known: int = 26) -> None:
    """Twelve digits of each, whatever cancels; where all do, it is less than the natural size by so many digits as are known."""
    for mine, value, size in zip(ours, wanted, sizes, strict=True):
        assert abs(Fraction(mine) - value) <= abs(value) / 10**12 + size / 10**known, (mine, float(value))


def require_error(case: Case, result: fastgd.FitResult, problem: exact.Problem, theta: Sequence[Fraction]) -> None:
    wanted, squares = problem.error(theta), [problem.gram[j][j] for j in range(len(theta))]
    if case.fit_intercept:
        squares = [square - level**2 for square, level in zip(squares, problem.gram[0], strict=True)]
    parts = problem.square + exact.dot([value**2 for value in theta], squares)
    assert abs(Fraction(result.error) - wanted) <= wanted / 10**12 + parts * KNOWN, (result.error, float(wanted))


def require_limit(case: Case, known: int = 26) -> None:
    problem, result = case.problem, case.fit()
    limit = problem.limit()
    assert result.rank == problem.rank
    assert result.converged
    require(case.theta(result), limit, case.sizes(problem), known)
    require_error(case, result, problem, limit)
    require_predictions(case, result, problem, limit)
    if case.fit_intercept:
        spread = problem.square - problem.moment[0] ** 2
        assert result.r2 == pytest.approx(float(1 - problem.error(limit) / spread) if spread else 1.0, abs=1e-12)


def require_predictions(case: Case, result: fastgd.FitResult, problem: exact.Problem, theta: Sequence[Fraction]) -> None:
    """To twelve digits of the target and of what the deviations of the features move it by: not of what lies beneath these."""
    squares = [problem.gram[j][j] for j in range(len(theta))]
    if case.fit_intercept:
        squares = [square - level**2 for square, level in zip(squares, problem.gram[0], strict=True)]
    size = root(problem.square) + exact.dot([abs(value) for value in theta], [root(square) for square in squares])
    found = result.predict(case.X)
    for value, row in zip(found.tolist(), zip(*exact.design(case.X.T.tolist(), case.fit_intercept), strict=True), strict=True):
        assert abs(Fraction(value) - exact.dot(theta, row)) <= size / 10**12
    assert [result.predict(row[np.newaxis]).item() for row in case.X] == found.tolist()


def require_iterates(case: Case, known: int = 26) -> None:
    problem = case.problem
    rate = 0.3 * case.fit().stability.max_learning_rate
    path = case.fit(learning_rate=rate, max_iter=0).path(at=COUNTS)
    for row, k in enumerate(COUNTS):
        theta, result = precise.iterate(problem, rate, k), case.fit(learning_rate=rate, max_iter=k)
        require(case.theta(result), theta, case.sizes(problem), known)
        require_error(case, result, problem, theta)
        require_predictions(case, result, problem, theta)
        assert [path.intercept[row], *path.coef[row]] == [result.intercept, *result.coef]


with_and_without = pytest.mark.parametrize("fit_intercept", [True, False])
raw_and_standardised = pytest.mark.parametrize("standardize", [False, True])


@with_and_without
@raw_and_standardised
@pytest.mark.parametrize(("x", "y"), list(itertools.permutations(QUIZ, 2)))
def test_the_quiz_each_on_each(x: str, y: str, fit_intercept: bool, standardize: bool) -> None:
    case = Case(columns(QUIZ[x]), QUIZ[y], None, fit_intercept, standardize)
    require_limit(case)
    require_iterates(case)


@pytest.mark.parametrize("name", QUIZ)
def test_the_quiz_with_noise(name: str) -> None:
    """As feature and as target, with weights; what no line goes through has standard errors too."""
    weights = ONE_TO_NINE[::-1].copy()
    for case in (Case(columns(QUIZ[name]), NOISE, weights), Case(columns(NOISE), QUIZ[name] + QUIZ[name] * NOISE, weights)):
        require_limit(case)
        require_iterates(case)
        if name != "ZERO":
            require_inference(case)


def require_inference(case: Case) -> None:
    pytest.importorskip("scipy", reason="inference needs SciPy")
    problem, n = case.problem, len(case.y)
    found, q = case.fit().inference(), len(problem.gram)
    variance = problem.error(problem.limit()) / (n - problem.rank)
    for j in range(q):
        inverse, _ = exact.solve(problem.gram, [Fraction(int(i == j)) for i in range(q)])
        assert found.standard_error[j] == pytest.approx(float(root(variance * inverse[j])), rel=1e-12)
    assert found.residual_sd == pytest.approx(float(root(variance * problem.weight)), rel=1e-12)


def test_the_quiz_has_a_column_of_missing_values() -> None:
    with pytest.raises(fastgd.DataError, match=r"^nan in row 0, x: every value must be a finite number; correct the cell or"):
        fastgd.fit(np.full(9, np.nan), ONE_TO_NINE)
    with pytest.raises(fastgd.DataError, match=r"^nan in row 0, the target y: every value must be a finite number; correct"):
        fastgd.fit(ONE_TO_NINE, np.full(9, np.nan))


@with_and_without
@pytest.mark.parametrize("degree", range(2, 10))
@pytest.mark.parametrize("column", ["X", "ROUND"])
def test_the_quiz_powers_up_to_the_ninth(column: str, degree: int, fit_intercept: bool) -> None:
    """Nine rows: from the eighth power on the polynomial goes through all, and the ninth is one too many.

    Coefficients that are zero: the condition of the powers, 10^12 and more, takes as many digits off what is known of them.
    """
    powers = columns(*(QUIZ[column] ** k for k in range(1, degree + 1)))
    for y in (NOISE, QUIZ["X"]):
        case = Case(powers, y, None, fit_intercept)
        require_limit(case, known=18)
        if degree in (2, 5, 9):
            require_iterates(case, known=18)


@pytest.mark.parametrize("degree", [2, 3])
def test_powers_of_a_column_far_from_zero(degree: int) -> None:
    require_limit(Case(columns(*(QUIZ["BIG"] ** k for k in range(1, degree + 1))), NOISE))


@with_and_without
@raw_and_standardised
def test_the_quiz_several_at_once(fit_intercept: bool, standardize: bool) -> None:
    """They lie on one line but for the rounding of decimals, of which no digit is left in sums of squares: one direction."""
    names = ["ROUND", "BIG", "HUGE", "TINY"]
    X = columns(*(QUIZ[name] for name in names))
    intended = [[Fraction(v) for v in QUIZ[name].tolist()] for name in names]
    intended[-1] = [Fraction(i, 10**12) for i in range(1, 10)]
    problem = exact.Problem.of(intended, NOISE.tolist(), None, fit_intercept, standardize)
    result = fastgd.fit(X, NOISE, fit_intercept=fit_intercept, standardize=standardize)
    assert result.rank == problem.rank == 2
    case = Case(X, NOISE, None, fit_intercept, standardize)
    require(case.theta(result), problem.limit(), case.sizes(problem))
    assert result.predict(X) == pytest.approx([float(v) for v in fitted(intended, problem, fit_intercept)], rel=1e-12)


def fitted(parts: list[list[Fraction]], problem: exact.Problem, fit_intercept: bool) -> list[Fraction]:
    return [exact.dot(problem.limit(), row) for row in zip(*exact.design(parts, fit_intercept), strict=True)]


RNG = np.random.default_rng(42)
DRAWN = np.round(RNG.normal(size=(12, 4)), 3)
TARGET = np.round(RNG.normal(size=12), 3)
FEW = np.arange(12.0) % 5.0
MILLISECONDS = 1.7e12 + 60_000.0 * np.arange(12.0)
ENDS = {
    "1e300 and 1e-300": DRAWN[:, :2] * [1e300, 1e-300],
    "1e300, 1 and 1e-300": DRAWN[:, :3] * [1e300, 1.0, 1e-300],
    "1e300": DRAWN[:, :1] * 1e300,
    "1e-300": DRAWN[:, :1] * 1e-300,
    "the largest": np.where(np.arange(12.0) % 2 == 0.0, 1.0, -1.0)[:, np.newaxis] * np.finfo(float).max,
    "1e15 deviations from zero": columns(1e15 + FEW),
    "two so far": columns(1e15 + FEW, np.arange(12.0) % 7.0 - 3e15),
    "one unit in the last place": columns(np.where(np.arange(12) == 5, np.nextafter(1.0, 2.0), 1.0)),
    "milliseconds": columns(MILLISECONDS),
    "milliseconds and their squares": columns(MILLISECONDS, MILLISECONDS**2),
    "milliseconds and minutes of the day": columns(MILLISECONDS, np.arange(12.0) * 37.0 % 12.0),
}


@with_and_without
@raw_and_standardised
@pytest.mark.parametrize("name", ENDS)
def test_features_at_the_ends(name: str, fit_intercept: bool, standardize: bool) -> None:
    case = Case(ENDS[name], TARGET, None, fit_intercept, standardize)
    if name == "two so far" and not fit_intercept:  # about zero they agree to 30 digits, of which double-double knows 29
        assert case.fit().rank == 1
        return
    require_limit(case)
    try:
        most = case.fit().stability.max_learning_rate
    except fastgd.DataError as error:
        assert "1e" in name and re.search("columns differ in size by|which float64 cannot hold", str(error))
        return
    if most > 0.0:
        require_iterates(case)
    else:
        assert name in ("1e300", "the largest")


@with_and_without
@pytest.mark.parametrize("exponents", [[0, -600], [300, -500], [-75, -702], [-450, 400]], ids=str)
def test_a_direction_so_flat_that_its_curvature_is_no_float64(exponents: list[int], fit_intercept: bool) -> None:
    """What moves along it, 2^-1000 of the way a step and less, has its digits all the same."""
    case = Case(DRAWN[:, :2] * 2.0 ** np.array(exponents), TARGET, None, fit_intercept)
    problem, rate = case.problem, 0.3 / float(max(precise.eigenvalues(case.problem)))
    for k in (1, 2, 1000, 10**15):
        theta = case.theta(case.fit(learning_rate=rate, max_iter=k))
        require(theta, iterate(problem, rate, k), [Fraction(1, 10**280)] * len(theta))


def iterate(problem: exact.Problem, rate: float, k: int) -> list[Fraction]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(precise, "DIGITS", 1200)
        return precise.iterate(problem, rate, k)


@pytest.mark.parametrize("power", [10, 830, 880, 939, 941, 945, 1020])
def test_the_whole_way_along_a_flat_direction(power: int) -> None:
    """Orthogonal columns: 5 (1 - (1 - u)^k) of the second one's unit, for u = 2^-940 of the rate."""
    X, y, k = np.array([[1.0, 0.0], [0.0, 2.0**-470]]), np.array([3.0, 5.0]), 2**power
    result = fastgd.fit(X, y, fit_intercept=False, learning_rate=0.3, max_iter=k)
    with mpmath.workdps(400):
        gone = -mpmath.expm1(k * mpmath.log1p(-mpmath.mpf(0.3) * mpmath.mpf(2) ** -940))
        assert result.coef[1] == pytest.approx(float(5 * mpmath.mpf(2) ** 470 * gone), rel=1e-15)
    assert result.coef[0] == pytest.approx(3.0 * (1.0 - 0.7 ** min(k, 10**6)), rel=1e-14)


@pytest.mark.parametrize("start", [[1.5, 1e-30], [0.0, -3e-200], [1e-200, 0.0]], ids=str)
@pytest.mark.parametrize("exponents", [(-890, 0), (-600, 300), (0, 1000), (450, 900)], ids=str)
@raw_and_standardised
def test_a_start_is_where_it_was_put(exponents: tuple[int, int], start: list[float], standardize: bool) -> None:
    """Whatever the sizes of column and target, of which it may be nothing."""
    x, y = np.ldexp(DRAWN[:, 0], exponents[0]), np.ldexp(TARGET, exponents[1])
    for X in (x, columns(x, DRAWN[:, 1])):
        asked = start if X.ndim == 1 else [*start, 7.0]
        result = fastgd.fit(X, y, start=asked, max_iter=0, standardize=standardize)
        assert [result.intercept, *result.coef] == asked


def test_a_start_too_far_away_in_the_units_of_the_target_is_refused() -> None:
    with pytest.raises(fastgd.DataError, match=r"^the coefficients exceed float64 \(.*\): scale the columns or the start$"):
        fastgd.fit(2.0**990 * DRAWN[:, 0], 2.0**-990 * TARGET, start=[1.5, 1.0], max_iter=0)


@raw_and_standardised
def test_a_coefficient_that_exceeds_float64(standardize: bool) -> None:
    x = np.round(DRAWN[:, 0] * 1e3) * 5e-324
    with pytest.raises(fastgd.DataError, match=r"^the coefficients exceed float64 \(intercept -?0.01\d*, x -inf\): scale"):
        fastgd.fit(x, TARGET, standardize=standardize)
    assert fastgd.fit(x, 1e-300 * TARGET, standardize=standardize).rank == 2


@pytest.mark.parametrize("options", [{"standardize": True}, {"fit_intercept": False}], ids=str)
@pytest.mark.parametrize("exponent", [-996, 990])
def test_iterates_where_no_float64_is_a_rate(exponent: int, options: dict[str, bool]) -> None:
    """Of such a column the best rate, in no unit, is at hand; the iterates are those of the plain column, scaled."""
    plain = fastgd.fit(DRAWN[:, 0], TARGET, max_iter=1, **options)
    result = fastgd.fit(np.ldexp(DRAWN[:, 0], exponent), TARGET, max_iter=1, **options)
    assert (result.intercept, result.slope) == (plain.intercept, math.ldexp(plain.slope, -exponent))


@with_and_without
@pytest.mark.parametrize("scale", [1e300, 1e-300])
def test_targets_and_weights_at_the_ends(scale: float, fit_intercept: bool) -> None:
    weights = np.abs(DRAWN[:, 2]) + 0.5
    problem = Case(DRAWN[:, :2], TARGET * scale, weights, fit_intercept).problem
    case = Case(DRAWN[:, :2], TARGET * scale, weights, fit_intercept)
    require(case.theta(case.fit()), problem.limit(), case.sizes(problem))
    require_limit(Case(DRAWN[:, :2], TARGET, weights * scale, fit_intercept))
    require_iterates(Case(DRAWN[:, :2], TARGET, weights * scale, fit_intercept))


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("name", ENDS)
def test_moments_merged(name: str, order: int) -> None:
    """Of parts on their own machines, each with a shift of its own."""
    X = ENDS[name]
    parts = [slice(0, 1), slice(1, 6), slice(6, 9), slice(9, 12)][::order]
    total = sum(fastgd.Moments.from_arrays(X[part], TARGET[part]) for part in parts)
    case = Case(X, TARGET)
    problem = case.problem
    result = fastgd.fit(total)
    assert result.rank == problem.rank
    require(case.theta(result), problem.limit(), case.sizes(problem))


@pytest.mark.skipif(config.DISABLE_JIT, reason="minutes where kernels run as Python")
@pytest.mark.parametrize(("value", "other"), [(0.0, 1.0), (0.1, np.nextafter(0.1, 1.0)), (1e15, 1e15 + 1.0), (-1e-300, 1e300)])
def test_ten_million_values_equal_but_one(value: float, other: float) -> None:
    """The line goes through the other one and the mean of the rest; so it does with a second column of that kind."""
    n, first, second = 10**7, 123_456, 9_999_999
    y = (np.arange(n, dtype=np.int32) % 7).astype(np.int8)
    x = np.full(n, value)
    x[first] = other
    rest = Fraction(int(y.sum(dtype=np.int64)) - int(y[first]), n - 1)
    slope = (int(y[first]) - rest) / (Fraction(other) - Fraction(value))
    result = fastgd.fit(x, y)
    require([result.intercept, result.slope], [rest - slope * Fraction(value), slope], [Fraction(0)] * 2)
    squares = Fraction(int((y.astype(np.int64) ** 2).sum()) - int(y[first]) ** 2)
    assert result.error == pytest.approx(float((squares - (n - 1) * rest**2) / n), rel=1e-12)
    if abs(value) == 1e-300:
        return
    X = np.column_stack([x, np.ones(n)])
    X[second, 1] = 3.0
    rest = Fraction(int(y.sum(dtype=np.int64)) - int(y[first]) - int(y[second]), n - 2)
    slopes = [(int(y[first]) - rest) / (Fraction(other) - Fraction(value)), (int(y[second]) - rest) / 2]
    result = fastgd.fit(X, y)
    wanted = [rest - slopes[0] * Fraction(value) - slopes[1], *slopes]
    require([result.intercept, *result.coef], wanted, [Fraction(0)] * 3)
