"""Results as objects: copies, threads, prediction by name, and iterates for every option against 60 digits."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from fractions import Fraction

import exact
import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastgd

X, Y, WEIGHT = [1.0, 2.5, 4.0, 7.0, 7.5], [2.0, 3.0, 7.0, 6.5, 9.0], [1.0, 2.0, 0.5, 1.0, 3.0]


def everything(result: fastgd.FitResult) -> list[object]:
    texts = [result.summary(), result.explain(), repr(result)]
    return [*texts, result.predict(X).tolist(), result.path().error.tolist(), result.start]


@pytest.mark.parametrize("n", [0, 1, 4096, 10_001])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("p", [1, 2, 40])
def test_a_prediction_has_the_bits_of_additions_from_left_to_right(n: int, order: str, p: int) -> None:
    rng = np.random.default_rng(5)
    result = fastgd.fit(rng.normal(size=(50, p)), rng.normal(size=50))
    rows = np.asarray(rng.normal(size=(n, p)), order=order)  # type: ignore[call-overload]
    expected = [result.intercept] * n
    for j, w in enumerate(result.coef.tolist()):
        expected = [value + x * w for value, x in zip(expected, rows[:, j].tolist(), strict=True)]
    assert result.predict(rows).tolist() == expected


@pytest.mark.parametrize("duplicate", [lambda thing: pickle.loads(pickle.dumps(thing)), copy.copy, copy.deepcopy])
def test_copies_say_the_same(duplicate: object) -> None:
    result = fastgd.fit(X, Y, learning_rate=0.01, max_iter=10**20 + 1, start=[1, 2], sample_weight=WEIGHT)
    assert everything(duplicate(result)) == everything(result)  # type: ignore[operator]
    assert duplicate(result.moments).mean.tolist() == result.moments.mean.tolist()  # type: ignore[operator]
    assert duplicate(result.stability).summary() == result.stability.summary()  # type: ignore[operator]


def test_attributes_cannot_be_set() -> None:
    result = fastgd.fit(X, Y)
    for thing, name in ((result, "slope"), (result, "n_iter"), (result.moments, "n_samples"), (result.stability, "moments")):
        with pytest.raises(AttributeError):
            setattr(thing, name, 1)


def test_first_fits_of_many_threads() -> None:
    code = (
        "import fastgd; from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(8) as pool:\n"
        "    print(len(set(pool.map(lambda _: fastgd.fit([1., 2., 4.], [1., 3., 4.]).slope, range(32)))))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "1\n"


def test_prediction_takes_the_fitted_column_by_name() -> None:
    pd = pytest.importorskip("pandas", reason="needs pandas")
    frame = pd.DataFrame({"price": Y, "area": X, "town": ["a"] * 5})
    result = fastgd.fit(frame, "price", features=["area"])
    assert result.predict(frame).tolist() == result.predict(X).tolist()
    assert result.score(frame, frame["price"]) == pytest.approx(result.r2, rel=1e-13)
    with pytest.raises(fastgd.DataError, match="^no column 'area' in X, and the fit was made with it: it has 'price'$"):
        result.predict(frame[["price"]])
    assert fastgd.fit(X, Y).predict(frame[["area"]]).tolist() == result.predict(X).tolist()


def test_stable_rates() -> None:
    stability = fastgd.analyse(X, Y)
    limit = stability.max_learning_rate
    rates = [-1.0, 0.0, 1e-300, np.nextafter(limit, 0.0), limit, np.nan, np.inf]
    assert [stability.is_stable(rate) for rate in rates] == [False, False, True, True, False, False, False]


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("weights", [None, WEIGHT])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.99, 1.05])
def test_iterates_for_every_option(standardize: bool, fit_intercept: bool, weights: list[float] | None, share: float) -> None:
    options = {"standardize": standardize, "fit_intercept": fit_intercept, "sample_weight": weights}
    rate = fastgd.analyse(X, Y, **options).max_learning_rate * share
    start = [3.0, -2.0] if fit_intercept else [-2.0]
    for k in (0, 1, 2, 5, 100, 1001):
        result = fastgd.fit(X, Y, learning_rate=rate, max_iter=k, start=start, unstable="run", **options)
        with mpmath.workdps(80):
            b, m = iterate(rate, k, start if fit_intercept else [0.0, *start], **options)
            assert abs(mpmath.mpf(result.intercept) - b) <= mpmath.mpf(10) ** -12 * (1 + abs(b))
            assert abs(mpmath.mpf(result.slope) - m) <= mpmath.mpf(10) ** -12 * (1 + abs(m))


@pytest.mark.parametrize("k", [2200, 2201])
def test_the_end_of_a_way_from_far_off(k: int) -> None:
    rate = fastgd.analyse(X, Y).max_learning_rate * 0.99  # overshoots: odd and even iterates lie on either side
    result = fastgd.fit(X, Y, learning_rate=rate, max_iter=k, start=[1e20, 0.0])
    with mpmath.workdps(80):
        b, m = iterate(rate, k, [1e20, 0.0], standardize=False, fit_intercept=True, sample_weight=None)
        assert abs(result.slope / m - 1) < 1e-12 and abs(result.intercept / b - 1) < 1e-12


def test_both_directions_alike() -> None:
    result = fastgd.fit([-1.0, 1.0], [1.0, 4.0], learning_rate=0.1, max_iter=3)
    assert result.stability.condition == 1.0
    assert result.intercept == pytest.approx(2.5 * (1 - 0.8**3), rel=1e-14)
    assert result.slope == pytest.approx(1.5 * (1 - 0.8**3), rel=1e-14)


@pytest.mark.parametrize("scale", [1.0, 1e-100, 1e-200, 1e-300])
def test_a_diverging_run_ends_in_numbers(scale: float) -> None:
    y = [scale * v for v in (1.0, 2.0, 4.5)]
    result = fastgd.fit([1.0, 2.0, 4.0], y, learning_rate=9.0, unstable="run")
    assert result.status is fastgd.Status.DIVERGED
    assert np.isfinite([result.intercept, result.slope, result.error, result.r2]).all()
    assert result.r2 < -1e250


def test_a_step_past_float64_overflows_at_once() -> None:
    x, y = [1e200, 2e200, 4e200], [1e-200, 2e-200, 3e-200]
    columns, v = exact.design([x]), exact.fractions(y)
    first = exact.step(columns, v, [Fraction(0), Fraction(0)], Fraction(1))
    assert exact.error(columns, v, first) > Fraction(sys.float_info.max)
    assert fastgd.analyse(x, y).overflow_iteration(1.0) == 1


@given(st.lists(st.floats(-1e3, 1e3).filter(lambda v: abs(v) > 1e-3), min_size=1, max_size=5))
def test_the_limit_is_the_first_number_that_is_not_stable(x: list[float]) -> None:
    limit = fastgd.analyse(x, x, fit_intercept=False).max_learning_rate
    exactly = len(x) / sum(Fraction(v) ** 2 for v in x)  # 2 / lambda_max, lambda = 2 mean(x^2)
    assert Fraction(np.nextafter(limit, 0.0)) < exactly <= Fraction(limit)


def test_a_path_holds_the_iterates_and_its_ends() -> None:
    rate = fastgd.analyse(X, Y).max_learning_rate * 0.97  # odd and even iterates lie on either side
    result = fastgd.fit(X, Y, learning_rate=rate, max_iter=10)
    path = result.path(every=4)
    assert path.iterations.tolist() == [0, 4, 8, 10]
    assert result.path(every=5).iterations.tolist() == [0, 5, 10]
    assert (repr(path), repr(result.path(at=[]))) == ("<Path: 4 iterates, 0 to 10>", "<Path: 0 iterates>")
    whole = result.path(every=1)
    for k in range(11):
        there = fastgd.fit(X, Y, learning_rate=rate, max_iter=k)
        assert (whole.intercept[k], whole.coef[k, 0], whole.error[k]) == (there.intercept, there.slope, there.error)


def test_a_path_is_dense_on_a_logarithmic_axis() -> None:
    iterations = fastgd.fit(X, Y, learning_rate=1e-6, max_iter=10**6).path().iterations
    assert iterations[0] == 0 and iterations[-1] == 10**6
    assert 85 < len(iterations) < 125
    assert (np.diff(np.log10(iterations[20:])) < 0.12).all()


@pytest.mark.parametrize("scale", [1e-250, 1.0, 1e250])
def test_weights_count_in_the_overflow(scale: float) -> None:
    """The sum of weight * residual^2 overflows the earlier, the larger the weights."""
    stability = fastgd.analyse(X, Y, sample_weight=[scale] * 5)
    rate = stability.max_learning_rate * 1.5
    growth = 2.0 * np.log(abs(1.0 - 1.5 * 2.0))  # of the error, an iteration
    plain = fastgd.analyse(X, Y).overflow_iteration(rate)
    assert plain is not None
    assert stability.overflow_iteration(rate) == pytest.approx(plain - np.log(scale) / growth, abs=1)


def iterate(
    rate: float, k: int, start: list[float], standardize: bool, fit_intercept: bool, sample_weight: list[float] | None
) -> tuple[mpmath.mpf, mpmath.mpf]:
    """The loop in 80 digits, on (x - mean) / deviation, or without an intercept x / root mean square, if `standardize`."""
    weight = [mpmath.mpf(w) for w in sample_weight or [1.0] * len(X)]
    total = sum(weight)
    x, y = [mpmath.mpf(v) for v in X], [mpmath.mpf(v) for v in Y]
    centre, unit = mpmath.mpf(0), mpmath.mpf(1)
    if standardize and fit_intercept:
        centre = sum(w * v for w, v in zip(weight, x, strict=True)) / total
    if standardize:
        unit = mpmath.sqrt(sum(w * (v - centre) ** 2 for w, v in zip(weight, x, strict=True)) / total)
    z = [(v - centre) / unit for v in x]
    m = mpmath.mpf(start[1]) * unit
    b = mpmath.mpf(start[0]) + mpmath.mpf(start[1]) * centre
    for _ in range(k):
        residual = [w * (t - b - m * v) for w, t, v in zip(weight, y, z, strict=True)]
        step = 2 * mpmath.mpf(rate) / total
        b, m = (
            b + step * sum(residual) if fit_intercept else b,
            m + step * sum(r * v for r, v in zip(residual, z, strict=True)),
        )
    return b - m * centre / unit, m / unit


def test_a_start_far_away_in_the_targets_units() -> None:
    x, y = [1.0, 2.0, 3.0], [1e-200, 2e-200, 4e-200]
    result = fastgd.fit(x, y, start=[1, 0], learning_rate=0.1, max_iter=0)
    assert result.error == pytest.approx(1.0, rel=1e-14)
    with pytest.raises(fastgd.DataError, match="the error over the variance is about 1e[+]400, which float64 cannot hold"):
        _ = result.r2
    far = fastgd.fit(x, [1.0, 2.0, 4.0], start=[1e200, 0], max_iter=0)
    with pytest.raises(fastgd.DataError, match="the mean squared error is about 1e[+]400, which float64 cannot hold"):
        _ = far.error


def test_nothing_to_go_is_no_divergence() -> None:
    result = fastgd.fit([1, 2, 3], [0, 0, 0], learning_rate=10.0, unstable="run")
    assert (result.status, result.n_iter, result.remaining) == (fastgd.Status.CONVERGED, 0, 0.0)


def test_exact_zeros_come_out_as_zeros() -> None:
    assert fastgd.fit([1.312, 0.0], [3.0, 0.0]).intercept == 0.0
    assert fastgd.fit([0.1, 0.2, 0.3], [0.7, 0.7, 0.7]).slope == 0.0
    assert fastgd.fit([0.1, 0.2, 0.3, 0.7], [0.3, 0.6, 0.9, 2.1]).error < Fraction(1, 10**30)


@pytest.mark.parametrize(("options", "n_iter"), [({}, 41), ({"tol": 1e-3}, 8), ({"max_iter": 5}, 5)])
def test_past_the_limit_a_start_without_distance_where_it_grows_arrives(options: dict[str, float], n_iter: int) -> None:
    X = [[1.0, 0.0], [-1.0, 0.0], [0.0, 2.0], [0.0, -2.0]]
    result = fastgd.fit(X, [1.0, -1.0, 0.0, 0.0], fit_intercept=False, learning_rate=0.6, unstable="run", **options)
    assert result.stability.max_learning_rate == 0.5
    assert result.n_iter == n_iter
    assert result.status is (fastgd.Status.MAX_ITER if "max_iter" in options else fastgd.Status.CONVERGED)
    assert result.coef == pytest.approx([1.0 - 0.4**n_iter, 0.0], rel=1e-15)
    assert "must be below 0.5. But this start has no distance" in result.explain()


def test_columns_without_a_say_are_told_by_what_they_are() -> None:
    x, y = np.arange(6.0), np.array([1.0, 3.0, 2.0, 5.0, 4.0, 7.0])
    X = np.column_stack([x, np.zeros(6), 2.0 * x, (x - 2.0) ** 2])
    assert "x0 and x2 depend on each other, and x1 is the same in every row: the data leave 2 directions undecided" in (
        fastgd.fit(X, y).explain()
    )
    standardised = fastgd.fit(X[:, :2], y, standardize=True).explain()
    assert "x1 is the same in every row: the data leave 1 direction undecided" in standardised
    assert "x1 is zero in every row" in fastgd.fit(X[:, :2], y, fit_intercept=False).explain()


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("scale", [1.0, 2.0**-300, 2.0**300])
def test_numbers_in_double_double_have_thirty_digits(scale: float, standardize: bool) -> None:
    rng = np.random.default_rng(7)
    x, y = scale * rng.normal(3.0, 1.0, 50), rng.normal(size=50)
    xs, ys = (list(map(Fraction, v.tolist())) for v in (x, y))
    mean_x, mean_y = sum(xs) / 50, sum(ys) / 50
    xx, xy, yy = (sum((a - m) * (b - n) for a, b in zip(u, v, strict=True)) / 50
                  for u, m, v, n in ((xs, mean_x, xs, mean_x), (xs, mean_x, ys, mean_y), (ys, mean_y, ys, mean_y)))  # fmt: skip
    moments = fastgd.Moments.from_arrays(x, y)
    stability = fastgd.analyse(moments, standardize=standardize)
    mean, covariance = moments.in_double_double()
    optimum, unit, eigenvalues = stability.in_double_double()
    assert mean[:, 0].tobytes() == moments.mean.tobytes() and covariance[..., 0].tobytes() == moments.covariance.tobytes()
    assert eigenvalues[:, 0].tobytes() == stability.eigenvalues.tobytes()
    expected = [mean_x, mean_y, xx, xy, xy, yy, mean_y - xy / xx * mean_x, xy / xx, xx if standardize else Fraction(1)]
    found = [Fraction(h) + Fraction(low) for h, low in [*mean, *covariance.reshape(-1, 2), *optimum, *unit]]
    found[-1] **= 2
    slow, steep = (Fraction(h) + Fraction(low) for h, low in eigenvalues)
    expected += [Fraction(4)] * 2 if standardize else [2 * (1 + xx + mean_x**2), 4 * xx]
    found += [slow + steep, slow * steep]
    for ours, truth in zip(found, expected, strict=True):
        assert abs(ours - truth) <= abs(truth) / 10**29
