"""What holds for any data: against exact arithmetic, against the plain loop, and against the same data in other clothes."""

from __future__ import annotations

import math
from fractions import Fraction

import exact
import naive
import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import fastgd

plain = st.floats(-100, 100, allow_subnormal=False).map(lambda v: round(v, 3))
anything = st.floats(allow_nan=True, allow_infinity=True)
powers = st.integers(-900, 900)


@st.composite
def lines(draw: st.DrawFn, least: int = 2, most: int = 30) -> tuple[np.ndarray, np.ndarray]:
    """x and y of moderate size, with offsets up to 10^9 times the spread, duplicates and constants among them."""
    n = draw(st.integers(least, most))
    columns = []
    for _ in range(2):
        values = np.array(draw(st.lists(plain, min_size=n, max_size=n)))
        columns.append(values + draw(st.sampled_from([0.0, 0.0, 1.0, -3e4, 1e9, 1.7e12])))
    return columns[0], columns[1]


def close(value: float, wanted: Fraction, scale: Fraction, digits: int) -> bool:
    """To so many digits of `wanted`, or of what is left of `scale` in double-double where terms of that size cancelled."""
    return abs(Fraction(value) - wanted) <= abs(wanted) / 10**digits + scale / 10**28


def lies_between(rounded: float, wanted: Fraction) -> bool:
    half = Fraction(math.ulp(rounded)) / 2
    return abs(abs(Fraction(rounded) - wanted) - half) < half / 10**9


def bits(result: fastgd.FitResult) -> list[str]:
    numbers = [result.intercept, result.slope, result.error, result.remaining, result.learning_rate, result.optimum.coef.item()]
    return [number.hex() for number in numbers] + [str(result.n_iter)]


@given(lines())
def test_limit_is_exact_least_squares(xy: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = xy
    assume(np.ptp(x) > 0)
    wanted = exact.Problem.of([x.tolist()], y.tolist()).limit()
    result = fastgd.fit(x, y)
    spread = Fraction(float(np.ptp(y))) / Fraction(float(np.ptp(x)))
    assert close(result.slope, wanted[1], spread, 14)
    assert close(result.intercept, wanted[0], Fraction(float(abs(y).max())) + spread * Fraction(float(abs(x).max())), 14)


@given(lines(), st.lists(st.integers(0, 5), min_size=30, max_size=30))
def test_weights_are_repeats(xy: tuple[np.ndarray, np.ndarray], counts: list[int]) -> None:
    x, y = xy
    weight = np.array(counts[: len(x)])
    assume(weight.any())
    repeated = fastgd.fit(np.repeat(x, weight), np.repeat(y, weight))
    weighted = fastgd.fit(x, y, sample_weight=weight)
    assert weighted.rank == repeated.rank
    assert weighted.slope == pytest.approx(repeated.slope, rel=1e-14, abs=1e-14)
    assert weighted.intercept == pytest.approx(repeated.intercept, rel=1e-13, abs=1e-12)
    assert weighted.error == pytest.approx(repeated.error, rel=1e-12, abs=1e-14)


@given(lines(), anything, anything, st.integers(0, 30))
def test_a_row_of_weight_zero_is_absent_whatever_stands_in_it(
    xy: tuple[np.ndarray, np.ndarray], fill_x: float, fill_y: float, place: int
) -> None:
    x, y = xy
    place = min(place, len(x))
    weight = np.insert(np.ones(len(x)), place, 0.0)
    filled = fastgd.fit(np.insert(x, place, fill_x), np.insert(y, place, fill_y), sample_weight=weight)
    assert bits(filled) == bits(fastgd.fit(x, y, sample_weight=np.ones(len(x))))


@given(lines(), st.floats(0.01, 0.99), st.integers(0, 6))
def test_iterates_are_those_of_the_loop_in_exact_arithmetic(
    xy: tuple[np.ndarray, np.ndarray], share: float, k: int
) -> None:
    x, y = xy
    rate = fastgd.analyse(x, y).max_learning_rate * share
    line = [Fraction(0), Fraction(0)]
    columns, v = exact.design([x.tolist()]), exact.fractions(y.tolist())
    for _ in range(k):
        line = exact.step(columns, v, line, Fraction(rate))
    result = fastgd.fit(x, y, learning_rate=rate, max_iter=k)
    size = Fraction(float(abs(y).max()))
    assert close(result.intercept, line[0], size, 12)
    assert close(result.slope, line[1], size, 12)
    assert result.error == pytest.approx(float(exact.error(columns, v, line)), rel=1e-10, abs=1e-20)


@given(lines(most=6), st.floats(0.05, 0.95), st.tuples(plain, plain))
def test_the_plain_loop_is_the_witness(
    xy: tuple[np.ndarray, np.ndarray], share: float, start: tuple[float, float]
) -> None:
    x, y = xy[0] - xy[0].mean().round(), xy[1] - xy[1].mean().round()  # near zero, where the loop's own rounding is small
    rate = fastgd.analyse(x, y).max_learning_rate * share
    b, m = naive.gradient_descent(list(zip(x.tolist(), y.tolist(), strict=True)), *start, rate, 50)
    result = fastgd.fit(x, y, learning_rate=rate, max_iter=50, start=start)
    size = abs(y).max() + max(map(abs, start)) * (1 + abs(x).max())
    assert result.intercept == pytest.approx(b, rel=1e-9, abs=1e-11 * size)
    assert result.slope == pytest.approx(m, rel=1e-9, abs=1e-11 * size)


@given(lines(), powers, powers)
@example((np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.0, 4.0])), -900, 900)
def test_powers_of_two_pass_through(xy: tuple[np.ndarray, np.ndarray], a: int, c: int) -> None:
    x, y = xy
    plain = fastgd.fit(x, y)
    scaled_x, scaled_y = np.ldexp(x, a), np.ldexp(y, c)
    assume(np.ptp(x) > 0)
    expected = [math.ldexp(plain.intercept, c), math.ldexp(plain.slope, c - a)] if abs(c - a) < 1000 else []
    if expected and all(v == 0 or 1e-290 < abs(v) < 1e300 for v in expected):
        result = fastgd.fit(scaled_x, scaled_y)
        assert [result.intercept, result.slope] == expected


DRESSES = ["reversed", "strided", "fortran", "float32", "integer", "readonly", "offset", "big"]


@given(lines(least=1), st.sampled_from(DRESSES), st.data())
def test_the_values_alone_decide_the_bits(xy: tuple[np.ndarray, np.ndarray], dress: str, data: st.DataObject) -> None:
    x, y = np.round(xy[0]).astype(np.float32).astype(np.float64), np.round(xy[1])
    other_x, other_y = x, y
    if dress == "reversed":
        other_x, other_y = np.flip(np.flip(x).copy()), np.flip(np.flip(y).copy())
    elif dress == "strided":
        other_x, other_y = np.repeat(x, 3)[::3], np.repeat(y, 2)[::2]
    elif dress == "fortran":
        both = np.asfortranarray(np.column_stack([x, y]))
        other_x, other_y = both[:, 0], both[:, 1]
    elif dress == "float32":
        other_x = x.astype(np.float32)
    elif dress == "integer":
        other_x, other_y = x.astype(np.int64), y.astype(np.int64)
    elif dress == "readonly":
        other_x = x.copy()
        other_x.flags.writeable = False
    elif dress == "offset":
        raw = np.zeros(8 * len(x) + 1, dtype=np.uint8)
        raw[1:] = np.frombuffer(x.tobytes(), dtype=np.uint8)
        other_x = raw[1:].view(np.float64)
    else:
        other_x = x.astype(">f8")
    k = data.draw(st.sampled_from([None, 3, 10**6]))
    assert bits(fastgd.fit(other_x, other_y, max_iter=k)) == bits(fastgd.fit(x, y, max_iter=k))


@given(lines(), st.floats(1e-3, 0.999), st.floats(0.01, 0.99))
def test_tolerance_names_the_first_iterate_that_meets_it(
    xy: tuple[np.ndarray, np.ndarray], tol: float, share: float
) -> None:
    x, y = xy
    rate = fastgd.analyse(x, y).max_learning_rate * share
    result = fastgd.fit(x, y, learning_rate=rate, tol=tol)
    assert result.remaining <= tol
    if 0 < result.n_iter < 2**53:
        assert fastgd.fit(x, y, learning_rate=rate, max_iter=result.n_iter - 1).remaining > tol
    bound = result.stability.iterations(tol, rate)
    assert bound is not None
    assert result.n_iter <= bound + bound // 2**50  # past 2^53 the counts themselves are rounded


@given(lines(), st.floats(0.05, 0.95))
def test_the_count_at_the_limit_is_where_the_loop_stands_still(xy: tuple[np.ndarray, np.ndarray], share: float) -> None:
    x, y = xy
    rate = fastgd.analyse(x, y).max_learning_rate * share
    limit = fastgd.fit(x, y, learning_rate=rate)
    there = fastgd.fit(x, y, learning_rate=rate, max_iter=limit.n_iter)
    assert there.converged
    assert (there.intercept.hex(), there.slope.hex()) == (limit.intercept.hex(), limit.slope.hex())
    wanted = exact.Problem.of([x.tolist()], y.tolist()).limit()
    if np.ptp(x) == 0 or any(lies_between(v, w) for v, w in zip((limit.intercept, limit.slope), wanted, strict=True)):
        return  # between two float64 numbers, where double-double decides when the loop stands still
    if 2 < limit.n_iter < 2**53:
        earlier = limit.n_iter - 2 - limit.n_iter // 10**7  # the count has nine digits
        before = fastgd.fit(x, y, learning_rate=rate, max_iter=max(0, earlier))
        assert not before.converged


@given(lines(), st.floats(1.3, 50.0))
def test_overflow_is_forecast_within_two(xy: tuple[np.ndarray, np.ndarray], excess: float) -> None:
    x, y = xy
    stability = fastgd.analyse(x, y)
    rate = stability.max_learning_rate * excess
    forecast = stability.overflow_iteration(rate)
    points = list(zip(x.tolist(), y.tolist(), strict=True))
    line = [0.0, 0.0]
    happened = None
    for k in range(1, 3000):
        line = naive.gradient_descent(points, *line, rate, 1)
        if not math.isfinite(naive.compute_error(*line, points)):
            happened = k
            break
    if forecast is None or happened is None:
        assert happened is None and (forecast is None or forecast > 2990)
    else:
        assert abs(forecast - happened) <= 2
