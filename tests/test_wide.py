"""Least squares on many features by BLAS and refinement, against exact fractions and against the double-double sums."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import NamedTuple

import exact
import numpy as np
import pytest

import fastgd
import fastgd.moments.wide
from fastgd.kernels import refine
from fastgd.moments.wide import pays, solve
from fastgd.sources import Table

SEED = 20
N, P = 220, 7


class Found(NamedTuple):
    """The solution and what stands beside it."""

    coef: np.ndarray
    intercept: tuple[float, float]
    error: float
    weight: float
    mean: np.ndarray
    products: np.ndarray


def fit(X: np.ndarray, y: np.ndarray, weight: np.ndarray | None = None, fit_intercept: bool = True) -> Found:
    return found(Table(X, y), weight, fit_intercept)


def found(table: Table, weight: np.ndarray | None, fit_intercept: bool) -> Found:
    if weight is not None:
        table.weight = weight
    answer = solve(table, fit_intercept)
    assert answer is not None
    (intercept, theta, error), total, mean, products = answer
    assert intercept is fit_intercept
    return Found(theta[:, 1:], tuple(theta[:, 0].tolist()), error, total, mean.sum(axis=0), products)


def whole(values: np.ndarray) -> tuple[np.ndarray, Fraction]:
    """Python integers and the unit of which the values are multiples."""
    ratios = [value.as_integer_ratio() for value in values.tolist()]
    unit = max(denominator for _, denominator in ratios)
    return np.array([numerator * (unit // denominator) for numerator, denominator in ratios], object), Fraction(1, unit)


def exact_solution(
    X: np.ndarray, y: np.ndarray, weight: np.ndarray | None, fit_intercept: bool
) -> tuple[list[Fraction], Fraction]:
    """(Intercept and) slopes, and the least mean squared error, by elimination on the matrix of integer products."""
    columns = [whole(column) for column in [*([np.ones(len(y))] if fit_intercept else []), *X.T, y]]
    w, _ = whole(np.ones(len(y)) if weight is None else weight)
    total = int(w.sum())
    rows = [[Fraction(int((a * w) @ b), total) * s * t for b, t in columns] for a, s in columns]
    k = len(rows) - 1
    for i in range(k):
        for r in range(i + 1, k + 1):
            share = rows[r][i] / rows[i][i]
            rows[r] = [a - share * b for a, b in zip(rows[r], rows[i], strict=True)]
    solution: list[Fraction] = []
    for i in range(k - 1, -1, -1):
        known = sum((a * b for a, b in zip(rows[i][i + 1 : k], solution, strict=True)), Fraction(0))
        solution.insert(0, (rows[i][k] - known) / rows[i][i])
    return solution, rows[k][k]


def ill_conditioned(rng: np.random.Generator, condition: float, n: int = N, p: int = P) -> np.ndarray:
    """Columns of about unit size whose condition number this is, not much less when they are scaled."""
    turn, _ = np.linalg.qr(rng.normal(size=(p, p)))
    return rng.normal(size=(n, p)) @ (turn * np.geomspace(1, 1 / condition, p)) @ turn.T


def trend(rng: np.random.Generator) -> np.ndarray:
    """A clock that starts far from its mean, its square, and noise."""
    time = np.arange(N) * 1e3 + 1.7e9
    return np.column_stack([time, (time - time[0]) ** 2, ill_conditioned(rng, 10.0)])


CASES = {
    "plain": lambda rng: ill_conditioned(rng, 1.0),
    "offset": lambda rng: ill_conditioned(rng, 1.0) + 1e6,
    "scales": lambda rng: ill_conditioned(rng, 1.0) * 10.0 ** np.arange(-30, 12, 6),
    "condition 1e5": lambda rng: ill_conditioned(rng, 1e5),
    "condition 5e5": lambda rng: ill_conditioned(rng, 5e5) * 10.0 ** np.arange(-3, 4),
    "both": lambda rng: ill_conditioned(rng, 1e4) + 1e3,
    "trend": trend,
}


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weigh", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_every_coefficient_is_the_exact_one_rounded(name: str, weigh: bool, fit_intercept: bool) -> None:
    rng = np.random.default_rng(SEED)
    X = CASES[name](rng)
    if not fit_intercept:
        X = X - X.mean(axis=0) * 0.9  # far columns without an intercept are nearly the same column
    y = X @ (rng.normal(size=X.shape[1]) / X.std(axis=0)) + rng.normal(size=N)
    weight = rng.uniform(0.1, 3.0, N) if weigh else None
    wanted, error = exact_solution(X, y, weight, fit_intercept)
    mine = fit(X, y, weight, fit_intercept)
    pairs = [mine.intercept, *mine.coef.T.tolist()] if fit_intercept else mine.coef.T.tolist()
    top = np.abs(X).max(axis=0).tolist()
    parts = [abs(value) for value in wanted]
    if fit_intercept:  # which is what is left of the target's mean less those of the contributions
        parts[0] = max(abs(value) * Fraction(size) for value, size in zip(wanted[1:], top, strict=True))
    for (high, low), value, part in zip(pairs, wanted, parts, strict=True):
        assert abs(Fraction(high) + Fraction(low) - value) <= max(abs(value), part) / 2**68
        assert high == float(value)
    assert mine.error == pytest.approx(float(error), rel=1e-13)
    if not fit_intercept:
        assert mine.intercept == (0.0, 0.0)


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_means_and_products(fit_intercept: bool) -> None:
    rng = np.random.default_rng(SEED)
    X, weight = rng.normal(size=(N, P)) + 3.0, rng.uniform(0.5, 2.0, N)
    y = X.sum(axis=1) + rng.normal(size=N)
    mine = fit(X, y, weight, fit_intercept)
    moments = fastgd.Moments.from_arrays(X, y, weight)
    np.testing.assert_allclose(mine.mean, moments.mean, rtol=1e-14)
    np.testing.assert_allclose(mine.products, moments.covariance, rtol=1e-12, atol=1e-14)
    assert mine.weight == pytest.approx(weight.sum(), rel=1e-14)


@pytest.mark.parametrize("nearness", [0.0, 1e3, 1e5])
def test_what_fits_exactly_comes_out_exactly(nearness: float) -> None:
    rng = np.random.default_rng(SEED)
    X = rng.integers(-50, 50, (N, 4)).astype(np.float64)
    X[:, 1] += nearness * X[:, 0]
    mine = fit(X, 7.0 + 2.0 * X[:, 0] - 3.0 * X[:, 2])
    assert mine.coef[0].tolist() == [2.0, 0.0, -3.0, 0.0]
    assert mine.intercept[0] == 7.0
    assert mine.error < 1e-40
    assert fit(X, 2.0 * X[:, 1]).intercept == (0.0, 0.0)


def test_a_target_that_the_features_say_nothing_of() -> None:
    X = np.array([[a, b, a * b, 3 * a * a - 2] for a in (-1.0, 0.0, 1.0) for b in (-1.0, 0.0, 1.0)] * 8)
    y = np.repeat(np.random.default_rng(SEED).normal(size=8), 9)
    mine = fit(X, y)
    assert not mine.coef.any()
    assert mine.error == pytest.approx(y.var(), rel=1e-14)


def whole_numbers(n: int, p: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(SEED)
    rows = rng.integers(-1000, 1000, (n, p + 1)).astype(np.float64)
    rows[:, 1] += rows[:, 0]
    return rows[:, :-1], rows[:, -1]


def unaligned(array: np.ndarray) -> np.ndarray:
    memory = np.zeros(array.nbytes + 1, np.uint8)
    moved = memory[1:].view(np.float64).reshape(array.shape)
    moved[:] = array
    return moved


FORMS = {
    "F": np.asfortranarray,
    "every other row": lambda X: np.repeat(X, 2, axis=0)[::2],
    "every other column": lambda X: np.repeat(X, 2, axis=1)[:, ::2],
    "backwards": lambda X: X[::-1].copy()[::-1],
    "float32": partial(np.asarray, dtype=np.float32),
    "int16": partial(np.asarray, dtype=np.int16),
    "int64": partial(np.asarray, dtype=np.int64),
    "longdouble": partial(np.asarray, dtype=np.longdouble),
    "big-endian": partial(np.asarray, dtype=">f8"),
    "unaligned": unaligned,
}


@pytest.mark.parametrize("form", FORMS)
def test_the_values_alone_decide_the_bits(form: str) -> None:
    X, y = whole_numbers(18_000, 5)  # two blocks of rows
    plain, other = fit(X, y), fit(FORMS[form](X), FORMS[form](y[:, np.newaxis])[:, 0])
    assert other.coef.tolist() == plain.coef.tolist()
    assert other.intercept == plain.intercept
    assert other.products.tolist() == plain.products.tolist()


def test_a_target_in_the_last_column_and_arrays_that_are_read_only() -> None:
    X, y = whole_numbers(500, 5)
    plain = fit(X, y)
    points = np.column_stack([X, y])
    points.flags.writeable = False
    other = found(Table(points), None, True)
    assert other.coef.tolist() == plain.coef.tolist()


def test_powers_of_two_only_move_the_exponent() -> None:
    X, y = whole_numbers(400, 5)
    powers = 2.0 ** np.array([-60, -3, 0, 5, 70])
    plain, scaled = fit(X, y), fit(X * powers, y * 2.0**9)
    assert scaled.coef.tolist() == (plain.coef / powers * 2.0**9).tolist()
    assert scaled.intercept == (plain.intercept[0] * 2.0**9, plain.intercept[1] * 2.0**9)


def test_a_weight_counts_a_row_that_often() -> None:
    X, y = whole_numbers(300, 5)
    counts = np.random.default_rng(SEED).integers(1, 5, 300)
    repeated, weighted = fit(np.repeat(X, counts, axis=0), np.repeat(y, counts)), fit(X, y, counts.astype(np.float64))
    assert weighted.coef[0].tolist() == repeated.coef[0].tolist()
    assert weighted.intercept[0] == repeated.intercept[0]
    assert weighted.error == pytest.approx(repeated.error, rel=1e-14)
    assert fit(X, y, np.full(300, 0.25)).coef[0].tolist() == fit(X, y).coef[0].tolist()


CODE = """
import numpy as np
import fastgd
from fastgd.moments import wide
wide.PRODUCTS = 0
rng = np.random.default_rng(3)
X = rng.normal(size=(1500, 90)).cumsum(axis=1) + 4.0  # not by BLAS, nor is y: the data must not depend on its threads
found = fastgd.fit(X, (X * rng.normal(size=90)).sum(axis=1) + rng.normal(size=1500))
assert found.moments._details.solution is not None
print(found.intercept.hex(), *map(float.hex, found.coef.tolist()))
"""


def test_threads_of_blas_do_not_change_the_bits() -> None:
    answers = []
    for threads in ("1", "2"):
        names = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
        environment = os.environ | dict.fromkeys(names, threads)
        run = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True, env=environment)
        answers.append(run.stdout.split())
    assert len(answers[0]) == 91
    assert answers[0] == answers[1]


@pytest.mark.parametrize("with_threadpoolctl", [True, False])
def test_threads_do_not_change_the_bits(monkeypatch: pytest.MonkeyPatch, with_threadpoolctl: bool) -> None:
    if not with_threadpoolctl:
        monkeypatch.setattr(fastgd.moments.wide, "_threadpools", lambda: None)
    else:
        pytest.importorskip("threadpoolctl", reason="needs threadpoolctl")
    monkeypatch.setattr(fastgd.moments.wide, "_BUFFER", 2**12)  # 64 rows a block, and more blocks than are under way at a time
    X, y = whole_numbers(2000, fastgd.moments.wide.FEATURES)
    monkeypatch.setattr(fastgd.moments.wide, "PRODUCTS", 0)
    for weight in None, np.arange(2000.0):
        one = fastgd.fit(X, y, sample_weight=weight)
        assert one.moments._details.solution is not None
        for n_jobs in 2, 3, 8:
            many = fastgd.fit(X, y, sample_weight=weight, n_jobs=n_jobs)
            assert (many.intercept.hex(), many.error.hex()) == (one.intercept.hex(), one.error.hex())
            assert many.coef.tobytes() == one.coef.tobytes()
            assert many.moments.to_bytes() == one.moments.to_bytes()


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_the_double_double_sums_say_the_same(fit_intercept: bool) -> None:
    rng = np.random.default_rng(SEED)
    different = 0
    for n, p in [*((int(rng.integers(60, 400)), int(rng.integers(2, 30))) for _ in range(20)), (16_390, 5), (900, 60)]:
        X = ill_conditioned(rng, 10.0 ** rng.uniform(0, 4), n, p) + rng.normal(size=p)
        y = X @ rng.normal(size=p) + 10.0 ** rng.uniform(-6, 1) * rng.normal(size=n)
        sums = fastgd.fit(fastgd.Moments.from_arrays(X, y), fit_intercept=fit_intercept)
        different += int((fit(X, y, None, fit_intercept).coef[0] != sums.coef).sum())
    assert different == 0


def rows() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(SEED)
    return rng.normal(size=(N, P)), rng.normal(size=N)


def combined(X: np.ndarray) -> None:
    X[:] = np.round(100 * X)
    X[:, 3] = X[:, 0] - 2 * X[:, 5]


def repeated(X: np.ndarray) -> None:
    X[:, 2] = X[:, 4]


def constant(X: np.ndarray) -> None:
    X[:, 1] = 0.1


def nearly_combined(X: np.ndarray) -> None:
    X[:, 6] = X[:, 0] + X[:, 1] + 1e-8 * X[:, 6]


def poison(X: np.ndarray, value: float) -> None:
    X[N // 2, 3] = value


def scale(X: np.ndarray, value: float) -> None:
    X[:, 2] *= value


def move(X: np.ndarray, value: float) -> None:
    X[:, 2] += value


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize(
    "spoil",
    [combined, repeated, nearly_combined, *(partial(poison, value=v) for v in (np.nan, np.inf, 1e300))]
    + [partial(scale, value=v) for v in (0.0, 1e-200, 1e-60, 1e60, 1e200)],
)
def test_what_is_left_to_the_sums(spoil: partial[None], fit_intercept: bool) -> None:
    X, y = rows()
    assert solve(Table(X, y), fit_intercept) is not None
    spoil(X)
    assert solve(Table(X, y), fit_intercept) is None


@pytest.mark.parametrize("spoil", [constant, partial(move, value=1e12)])
def test_columns_that_vary_too_little_about_their_mean_are_left_to_the_sums(spoil: partial[None]) -> None:
    X, y = rows()
    spoil(X)
    assert solve(Table(X, y), True) is None


@pytest.mark.parametrize("value", [0.0, 0.1, np.nan, 1e-200, 1e200])
def test_targets_that_are_left_to_the_sums(value: float) -> None:
    X, y = rows()
    y = y * value if abs(value) in (1e-200, 1e200) else np.full(N, value)
    assert solve(Table(X, y), True) is None


def test_fewer_rows_than_parameters_are_left_to_the_sums() -> None:
    X, y = rows()
    assert solve(Table(X[:P], y[:P]), True) is None
    assert solve(Table(X[: P - 1], y[: P - 1]), False) is None


def test_few_features_and_little_work_are_left_to_the_sums() -> None:
    assert pays(10**5, 200)
    assert pays(10**4, 128)
    assert not pays(10**6, 10)
    assert not pays(1000, 64)
    assert not pays(1000, 1000)


@pytest.mark.parametrize("weigh", [False, True])
@pytest.mark.parametrize("width", [16, 80, 208])
def test_the_gradient_of_residuals_that_nearly_cancel(width: int, weigh: bool) -> None:
    rng = np.random.default_rng(SEED)
    rows, coef = rng.normal(size=(12, width)), np.zeros((2, width))
    coef[:, :-1] = rng.normal(size=(2, width - 1)) * [[1.0], [2.0**-54]]
    coef[0, -1] = -1.0
    rows[:, -1] = rows[:, :-1] @ coef[0, :-1]
    weight = rng.uniform(0.1, 2.0, 12) if weigh else np.empty(0)
    gradient, squares = np.zeros((2, width)), np.zeros(2)
    for part in slice(0, 4), slice(4, 12):
        more, more_squares = np.empty((2, width)), np.empty(2)
        refine.gradient_of(rows[part], weight[part], coef, more, more_squares)
        refine.add_gradient(gradient, squares, more, more_squares)
    z = np.array([exact.fractions(row) for row in rows.tolist()])
    pairs = np.array(exact.fractions(coef[0].tolist())) + np.array(exact.fractions(coef[1].tolist()))
    w = np.array(exact.fractions(weight.tolist() if weigh else [1.0] * 12))
    residual, size = z @ pairs, abs(z) @ abs(pairs)
    wanted, blur = z.T @ (w * residual), abs(z).T @ (w * size) / 2**100
    found = [Fraction(high) + Fraction(low) for high, low in gradient.T.tolist()]
    assert all(abs(a - b) <= c for a, b, c in zip(found, wanted, blur, strict=True))
    assert squares.sum() == pytest.approx(float(w @ residual**2), rel=1e-12)


def test_the_inverse_factor() -> None:
    rng = np.random.default_rng(SEED)
    for p in (1, 2, 5, 8, 23):
        square = np.cov(rng.normal(size=(p, 3 * p + 2))).reshape(p, p)
        factor = np.empty((p, p))
        trace = refine.invert_factor(square.copy(), factor)
        np.testing.assert_allclose(factor @ square @ factor.T, np.eye(p), atol=1e-12)
        assert not np.triu(factor, 1).any()
        assert trace == pytest.approx(np.trace(np.linalg.inv(square)))
        square[-1, -1] = -1.0
        assert refine.invert_factor(square, factor) == np.inf


@pytest.fixture
def wide_data(monkeypatch: pytest.MonkeyPatch) -> tuple[np.ndarray, np.ndarray]:
    """Small data that go this way all the same."""
    monkeypatch.setattr(fastgd.moments.wide, "PRODUCTS", 0)
    rng = np.random.default_rng(SEED)
    p = fastgd.moments.wide.FEATURES
    X = rng.normal(size=(300, p)) @ rng.normal(size=(p, p)) + rng.normal(size=p) * 3.0
    return X, X @ rng.normal(size=p) + rng.normal(size=300) + 5.0


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weigh", [True, False])
def test_fit_goes_this_way_and_has_the_bits_of_the_sums(
    wide_data: tuple[np.ndarray, np.ndarray], fit_intercept: bool, weigh: bool
) -> None:
    X, y = wide_data
    weight = np.random.default_rng(1).integers(0, 4, len(y)) if weigh else None
    wide = fastgd.fit(X, y, fit_intercept=fit_intercept, sample_weight=weight)
    sums = fastgd.fit(fastgd.Moments.from_arrays(X, y, weight), fit_intercept=fit_intercept)
    assert wide.moments.covariance.tolist() != sums.moments.covariance.tolist()  # else this test says nothing
    assert (wide.intercept, wide.coef.tolist()) == (sums.intercept, sums.coef.tolist())
    assert wide.error == pytest.approx(sums.error, rel=1e-15)
    assert wide.moments.n_samples == sums.moments.n_samples
    np.testing.assert_allclose(wide.moments.covariance, sums.moments.covariance, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(wide.moments.mean, sums.moments.mean, rtol=1e-13)
    np.testing.assert_allclose(wide.stability.eigenvalues, sums.stability.eigenvalues, rtol=1e-9)
    assert wide.n_iter == pytest.approx(sums.n_iter, rel=1e-7)  # 16 digits less the condition
    np.testing.assert_allclose(wide.inference().standard_error, sums.inference().standard_error, rtol=1e-10)
    assert wide.path(at=[10**4]).coef == pytest.approx(sums.path(at=[10**4]).coef, rel=1e-9)


def test_what_fit_returned_can_be_fitted_and_saved_again(
    wide_data: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    X, y = wide_data
    first = fastgd.fit(X, y, start=np.ones(len(X.T) + 1), standardize=True)
    again = fastgd.fit(first.moments, standardize=True)
    assert (again.intercept, again.coef.tolist()) == (first.intercept, first.coef.tolist())
    first.save(tmp_path / "model.json")
    loaded = fastgd.load(tmp_path / "model.json")
    assert (loaded.intercept, loaded.coef.tolist(), loaded.error) == (first.intercept, first.coef.tolist(), first.error)
    assert loaded.path(at=[3]).coef.tolist() == first.path(at=[3]).coef.tolist()
    other = fastgd.fit(first.moments, fit_intercept=False)  # a question that was not refined
    assert other.coef == pytest.approx(fastgd.fit(X, y, fit_intercept=False).coef, rel=1e-9)


def shares(X: np.ndarray) -> np.ndarray:
    """Columns that make up one together."""
    X = np.round(np.abs(X) * 2.0**20) / 2.0**40
    return np.column_stack([X[:, 1:], 1.0 - X[:, 1:].sum(axis=1)])


TOO_FEW = (
    "^these moments have the 16 digits of a fit of many features to the limit point, too few for this question: the columns "
    "depend on each other too strongly for it; make the moments by Moments.from_arrays$"
)


def with_constant(X: np.ndarray) -> np.ndarray:
    return np.column_stack([X[:, 1:], np.full(len(X), 0.1)])


@pytest.mark.parametrize("spoil", [shares, with_constant])
def test_columns_that_depend_on_each_other_beside_an_intercept_only(
    wide_data: tuple[np.ndarray, np.ndarray], spoil: Callable[[np.ndarray], np.ndarray]
) -> None:
    X, y = spoil(wide_data[0]), wide_data[1]
    first = fastgd.fit(X, y, fit_intercept=False)
    assert fastgd.fit(first.moments, fit_intercept=False).coef.tolist() == first.coef.tolist()
    for moments in (first.moments, fastgd.Moments.from_bytes(first.moments.to_bytes())):
        with pytest.raises(fastgd.DataError, match=TOO_FEW):
            fastgd.fit(moments)
    assert fastgd.fit(fastgd.Moments.from_arrays(X, y)).rank == len(X.T)


def test_what_was_not_refined_and_has_few_digits_is_refused(wide_data: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = np.random.default_rng(SEED).normal(size=wide_data[0].shape), wide_data[1]
    X[:, 3] = X[:, 4] + 1e-4 * X[:, 3]
    first = fastgd.fit(X, y).moments
    more = fastgd.Moments.from_arrays(X[:9], y[:9])
    for moments, fit_intercept in ((first, False), (first + more, True), (more + first, True)):
        with pytest.raises(fastgd.DataError, match=TOO_FEW):
            fastgd.fit(moments, fit_intercept=fit_intercept)


@pytest.mark.parametrize("apart", [1.0, 1e-5])
def test_a_saved_fit_takes_rows_as_the_unsaved_one(
    wide_data: tuple[np.ndarray, np.ndarray], tmp_path: Path, apart: float
) -> None:
    """With its bits; or where two columns are too near each other for the 16 digits, with its refusal."""
    X, y = np.random.default_rng(SEED).normal(size=wide_data[0].shape), wide_data[1]
    X[:, 3] = X[:, 4] + apart * X[:, 3]
    first = fastgd.fit(X, y)
    first.save(tmp_path / "model.json")
    loaded = fastgd.load(tmp_path / "model.json")
    loaded.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "model.json").read_bytes()
    assert json.loads((tmp_path / "model.json").read_text())["version"] == 2
    updated = [result.moments.update(X[:10] + 1.0, y[:10]) for result in (first, loaded)]
    for moments in updated:
        assert moments.precision.tolist() == first.moments.precision.tolist()
        if apart < 1.0:
            with pytest.raises(fastgd.DataError, match=TOO_FEW):
                fastgd.fit(moments)
    if apart == 1.0:
        one, other = map(fastgd.fit, updated)
        assert (one.intercept, one.coef.tolist(), one.error) == (other.intercept, other.coef.tolist(), other.error)


def forged(file: Path, **changes: object) -> Path:
    """The file with other things said of its moments, None for nothing, and of the version; signed."""
    content = json.loads(file.read_text())
    del content["sha256"]
    content["version"] = changes.pop("version", 2)
    content["moments"] |= changes
    content["moments"] = {key: value for key, value in content["moments"].items() if key not in changes or value is not None}
    content["sha256"] = hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    file.write_text(json.dumps(content))
    return file


def test_a_file_of_version_1_does_not_know_its_precision(wide_data: tuple[np.ndarray, np.ndarray], tmp_path: Path) -> None:
    X, y = wide_data
    result = fastgd.fit(X, y)
    result.save(tmp_path / "model.json")
    loaded = fastgd.load(forged(tmp_path / "model.json", version=1, precision=None))
    assert (loaded.intercept, loaded.coef.tolist(), loaded.error) == (result.intercept, result.coef.tolist(), result.error)
    assert loaded.path(at=[3]).coef.tolist() == result.path(at=[3]).coef.tolist()
    for moments, fit_intercept in ((loaded.moments, False), (loaded.moments.copy().update(X[:9], y[:9]), True)):
        with pytest.raises(fastgd.DataError, match=TOO_FEW):
            fastgd.fit(moments, fit_intercept=fit_intercept)


@pytest.mark.parametrize("change", [-0.25, 1.25, 0, None])
def test_a_precision_that_is_not_valid_is_refused(
    wide_data: tuple[np.ndarray, np.ndarray], tmp_path: Path, change: float | None
) -> None:
    X, y = wide_data
    fastgd.fit(X, y).save(tmp_path / "model.json")
    q = X.shape[1] + 1
    wrong = [0.5] * (q - 1) if change is None else [0.5] * (q - 1) + [change]
    text = "shares from 0 to 1" if isinstance(change, float) else f"a list of {q} numbers"
    with pytest.raises(fastgd.DataError, match=f"'precision' in moments is not {text}"):
        fastgd.load(forged(tmp_path / "model.json", precision=wrong))


def test_adding_nothing_keeps_the_solution(wide_data: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = wide_data
    moments = fastgd.fit(X, y).moments
    placed = fastgd.Moments.from_arrays(X[:9], y[:9]).starting_at(9)
    for same in (fastgd.Moments() + moments, moments + fastgd.Moments(), sum([moments]), placed + moments, moments + placed):
        assert isinstance(same, fastgd.Moments)
        assert same.to_bytes() == moments.to_bytes()
        found, wanted = fastgd.fit(same), fastgd.fit(moments)
        assert (found.intercept, found.coef.tolist(), found.error) == (wanted.intercept, wanted.coef.tolist(), wanted.error)
    more, other = X[:9] + 1.0, fastgd.Moments() + moments
    assert other.update(more, y[:9]).to_bytes() == moments.update(more, y[:9]).to_bytes()


def test_more_than_the_limit_takes_the_sums(wide_data: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = wide_data
    exact = fastgd.Moments.from_arrays(X, y).covariance.tolist()
    assert fastgd.fit(X, y, max_iter=3).moments.covariance.tolist() == exact
    assert fastgd.analyse(X, y).moments.covariance.tolist() == exact


def test_what_is_wrong_is_told_by_the_sums(wide_data: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = wide_data
    X[7, 3] = np.nan
    with pytest.raises(fastgd.DataError, match=r"nan in row 7, x\[:, 3\]"):
        fastgd.fit(X, y)
    X[:, 3] = X[:, 4]
    assert fastgd.fit(X, y).rank == len(X.T)
