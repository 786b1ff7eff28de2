"""One feature: the closed form against exact and 120-digit references, and the lesson's loops to the last bit."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path

import exact
import numpy as np
import precise
import pytest

import fastgd

NIST = Path(__file__).parents[2] / "shared" / "data" / "nist"
DATA = Path(__file__).parent.parent / "data"


def load(name: str) -> np.ndarray:
    return np.loadtxt(DATA / name, delimiter=",", skiprows=1)


def problem(xy: np.ndarray) -> exact.Problem:
    *columns, y = xy.T.tolist()
    return exact.Problem.of(columns, y)


def test_lesson_numbers() -> None:
    result = fastgd.fit(load("hours_scores.csv"), learning_rate=1e-4, max_iter=1000)
    assert result.intercept == pytest.approx(0.0889365199374136126, rel=1e-12)
    assert result.slope == pytest.approx(1.47774408518944491770, rel=1e-12)
    assert result.error == pytest.approx(112.614810116134703, rel=1e-12)
    assert result.n_iter == 1000
    assert result.status is fastgd.Status.MAX_ITER


@pytest.mark.parametrize("name", ["hours_scores.csv", "portland_houses.csv", "milliseconds"])
@pytest.mark.parametrize("k", [1, 2, 7, 1000, 10**6 + 1, 10**9, 10**12])
def test_iterate_has_12_digits(name: str, k: int) -> None:
    if name == "milliseconds":
        t = np.arange(100.0)
        xy = np.column_stack([1.7e12 + 60_000.0 * t, 3.0 + 0.5 * t + np.sin(t)])
    else:
        xy = load(name)
    rate = fastgd.analyse(xy).max_learning_rate * 0.3
    result = fastgd.fit(xy, learning_rate=rate, max_iter=k)
    b, m = precise.iterate(problem(xy), rate, k)
    assert abs(Fraction(result.intercept) / b - 1) < Fraction(1, 10**12)
    assert abs(Fraction(result.slope) / m - 1) < Fraction(1, 10**12)


@pytest.mark.parametrize("name", ["hours_scores.csv", "portland_houses.csv"])
def test_limit_is_exact_least_squares(name: str) -> None:
    xy = load(name)
    intercept, slope = problem(xy).limit()
    result = fastgd.fit(xy)
    assert abs(Fraction(result.intercept) / intercept - 1) < Fraction(1, 10**15)
    assert abs(Fraction(result.slope) / slope - 1) < Fraction(1, 10**15)


@pytest.mark.skipif(not NIST.exists(), reason="NIST's sets are not part of the project")
@pytest.mark.parametrize(("name", "fit_intercept"), [("Norris", True), ("NoInt1", False), ("NoInt2", False)])
def test_nist_sets_to_14_digits(name: str, fit_intercept: bool) -> None:
    y, x = np.loadtxt(NIST / f"{name}.csv", delimiter=",", skiprows=1).T
    exact = [Fraction(text) for text in json.loads((NIST / "certified.json").read_text())[name]["exact_f64_design_coefs"]]
    for offset in range(0, len(x), max(1, len(x) // 4)):
        result = fastgd.fit(np.roll(x, offset), np.roll(y, offset), fit_intercept=fit_intercept)
        ours = [result.intercept, result.slope] if fit_intercept else [result.slope]
        assert max(abs(Fraction(a) / b - 1) for a, b in zip(ours, exact, strict=True)) < Fraction(1, 10**14)


def test_unstable_run_stops_at_the_last_finite_iterate() -> None:
    result = fastgd.fit(load("hours_scores.csv"), learning_rate=1e-3, unstable="run")
    assert result.status is fastgd.Status.DIVERGED
    assert result.n_iter == 251
    assert math.isfinite(result.error)


@pytest.mark.parametrize("scale", [1e300, 1e-300])
def test_extreme_scales(scale: float) -> None:
    result = fastgd.fit([1 * scale, 2 * scale, 4 * scale], [1.0, 3.0, 4.0])
    intercept, slope = problem(np.array([[1 * scale, 1.0], [2 * scale, 3.0], [4 * scale, 4.0]])).limit()
    assert result.slope == pytest.approx(float(slope), rel=1e-14)
    assert result.intercept == pytest.approx(float(intercept), rel=1e-13)


@pytest.mark.parametrize("convert", [np.float32, np.int64, np.asfortranarray, lambda a: a[::1, ::-1][:, ::-1], np.ndarray.tolist])
def test_same_bits_for_any_container(convert: object) -> None:
    xy = np.round(load("portland_houses.csv"))
    plain, other = fastgd.fit(xy), fastgd.fit(convert(xy))  # type: ignore[operator]
    assert (plain.intercept.hex(), plain.slope.hex()) == (other.intercept.hex(), other.slope.hex())


def test_chunks_have_the_bits_of_one_pass() -> None:
    rng = np.random.default_rng(7)
    x = rng.integers(0, 1000, 600_000)
    y = 3 * x + rng.integers(0, 50, x.size)
    whole, chunked = fastgd.fit(x.astype(float), y.astype(float)), fastgd.fit(x, y)
    assert (whole.intercept.hex(), whole.slope.hex()) == (chunked.intercept.hex(), chunked.slope.hex())


def test_weights_mean_repeats() -> None:
    weighted = fastgd.fit([1.0, 2.0, 3.0, 9.0], [2.0, 3.0, 5.0, 1.0], sample_weight=[1, 2, 1, 0])
    repeated = fastgd.fit([1.0, 2.0, 2.0, 3.0], [2.0, 3.0, 3.0, 5.0])
    assert weighted.slope == pytest.approx(repeated.slope, rel=1e-14)
    assert weighted.intercept == pytest.approx(repeated.intercept, rel=1e-14)


def test_standardised_arrives_in_one_iteration() -> None:
    xy = load("hours_scores.csv")
    limit = fastgd.fit(xy)
    one = fastgd.fit(xy, standardize=True, max_iter=1)
    assert one.slope == pytest.approx(limit.slope, rel=1e-14)
    assert one.intercept == pytest.approx(limit.intercept, rel=1e-13)


def test_through_the_origin() -> None:
    result = fastgd.fit([1.0, 2.0, 4.0], [1.0, 3.0, 4.0], fit_intercept=False)
    assert (result.intercept, result.slope) == (0.0, float(Fraction(23, 21)))


def test_constant_feature_gives_the_minimum_norm_line() -> None:
    result = fastgd.fit([2.0, 2.0, 2.0], [1.0, 2.0, 6.0])
    assert result.rank == 1
    assert result.intercept == pytest.approx(0.6, rel=1e-14)
    assert result.slope == pytest.approx(1.2, rel=1e-14)


def test_tolerance_stops_at_the_first_iterate_that_meets_it() -> None:
    xy = load("hours_scores.csv")
    result = fastgd.fit(xy, learning_rate=1e-4, tol=0.5)
    before = fastgd.fit(xy, learning_rate=1e-4, max_iter=result.n_iter - 1)
    assert result.remaining <= 0.5 < before.remaining
    assert result.converged


def test_iterations_past_2_to_the_53_are_counted_exactly() -> None:
    xy = load("hours_scores.csv")
    assert [fastgd.fit(xy, max_iter=k).n_iter for k in (2**53 + 1, 10**20 + 1, 10**400)] == [2**53 + 1, 10**20 + 1, 10**400]


def test_a_fit_whose_error_exceeds_float64_still_has_a_line_and_a_status() -> None:
    result = fastgd.fit([1.0, 2.0, 4.0], [1e200, 3e200, 4e200])
    assert result.converged
    assert repr(result) == "<FitResult: y = 5e+199 + 9.28571429e+199 * x, converged>"
    with pytest.raises(fastgd.DataError, match="the mean squared error is about 1e[+]399, which float64 cannot hold"):
        _ = result.error


@pytest.mark.parametrize("exponent", [-450, -500, -515, -530, -540, -600])
def test_the_count_for_tiny_x_goes_with_its_square(exponent: int) -> None:
    x, y = np.array([1.0, 2.0, 4.0]), [1.0, 3.0, 4.0]
    first, second = (fastgd.analyse(x * 2.0**e, y).iterations(1e-6) for e in (-300, exponent))
    assert first is not None and second is not None
    assert float(second / first) == pytest.approx(4.0 ** (-300 - exponent), rel=1e-9)


@pytest.mark.parametrize(
    ("size_x", "size_y", "weight"),
    [(1.0, 1e250, 1e-240), (1e240, 1.0, 1e-240), (1e-200, 1e-150, 1e260), (1e-115, 1.0, 1e240), (1e150, 1e-150, 1e-300)],
)
@pytest.mark.parametrize("shift", [0.0, 2.0**40])
def test_weights_far_from_one_and_values_that_make_up_for_them(size_x: float, size_y: float, weight: float, shift: float) -> None:
    """Weighted squares are then in range, and divided by the weights they are not."""
    x, y = (np.array([1.0, 2.0, 3.0, 5.0]) + shift) * size_x, np.array([1.0, 3.0, 2.0, 7.0]) * size_y
    w = np.array([1.0, 2.0, 1.0, 0.5]) * weight
    result = fastgd.fit(x, y, sample_weight=w)
    intercept, slope = exact.Problem.of([x.tolist()], y.tolist(), weights=w.tolist()).limit()
    assert abs(Fraction(result.slope) / slope - 1) < Fraction(1, 10**14)
    assert abs(Fraction(result.intercept) / intercept - 1) < Fraction(1, 10**14)
    assert np.isfinite(result.inference().standard_error).all()
    assert fastgd.analyse(x, y, sample_weight=w).summary()


@pytest.mark.parametrize("weight", [1.0, 1e-240])
def test_a_far_column_and_weights_that_let_its_squares_in(weight: float) -> None:
    """Over two blocks: the shift is beyond what float64 can square, and what is left of the column is not."""
    n = 4096 + 900
    steps = np.random.default_rng(0).integers(-8, 8, n) * 2.0**-50
    x, y, w = 1e262 * (1.0 + steps), np.arange(n) % 7.0, np.full(n, 1e-240)
    w[4096:] = weight
    x[4096:] = x[0]
    x[-1], w[-1] = 1e262 * (1.0 - 3.0 * 2.0**-50), 1e-240
    result = fastgd.fit(x, y, sample_weight=w)
    _, slope = exact.Problem.of([x.tolist()], y.tolist(), weights=w.tolist()).limit()
    assert abs(Fraction(result.slope) / slope - 1) < Fraction(1, 10**12)
    assert fastgd.analyse(x, y, sample_weight=w).summary()
    assert np.isfinite(result.inference().standard_error).all()
