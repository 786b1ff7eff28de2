"""Standard errors and intervals against NIST's certified values, exact fractions, statsmodels and scipy."""

from __future__ import annotations

import json
import sys
from fractions import Fraction
from pathlib import Path

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fastgd

stats = pytest.importorskip("scipy.stats", reason="inference needs SciPy")

NIST = Path(__file__).parents[2] / "shared/data/nist"


def digits(value: float, certified: float) -> float:
    return 17.0 if value == certified else -np.log10(abs(value - certified) / abs(certified))


def noisy_line(seed: int, n: int = 30) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(5.0, 2.0, n)
    return x, 3.0 + 0.2 * x + rng.normal(0.0, 1.0, n)


@pytest.mark.skipif(not NIST.is_dir(), reason="NIST's data sets are not in ../shared/data/nist")
@pytest.mark.parametrize("name", ["Norris", "NoInt1", "NoInt2"])
def test_nist_certified_values(name: str) -> None:
    certified = json.loads((NIST / "certified.json").read_text())[name]
    y, x = np.loadtxt(NIST / f"{name}.csv", delimiter=",", skiprows=1).T
    found = fastgd.fit(x, y, fit_intercept=certified["intercept"]).inference()
    assert found.names == (("intercept", "x") if certified["intercept"] else ("x",))
    for ours, theirs in (
        *zip(found.coef, certified["coefs"], strict=True),
        *zip(found.standard_error, certified["sds"], strict=True),
        (found.residual_sd, certified["rsd"]),
        (found.r2, certified["r2"]),
        (found.f_statistic, certified["anova"]["regression"]["f"]),
    ):
        assert digits(float(ours), float(theirs)) >= 12
    assert found.degrees_of_freedom == int(certified["anova"]["residual"]["df"])


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weights", ["none", "real", "some zero"])
def test_agrees_with_statsmodels(weights: str, fit_intercept: bool) -> None:
    api = pytest.importorskip("statsmodels.api", reason="statsmodels is the peer of this test")
    x, y = noisy_line(1)
    rng = np.random.default_rng(2)
    weight = {"none": None, "real": rng.uniform(0.1, 3.0, 30), "some zero": rng.integers(0, 3, 30)}[weights]
    new = np.array([-3.0, 4.0, 7.0, 100.0])
    result = fastgd.fit(x, y, sample_weight=weight, fit_intercept=fit_intercept)
    if weights == "some zero":  # the peer counts such rows
        x, y, weight = (v[weight > 0] for v in (x, y, weight))
    design, at = (api.add_constant(v) if fit_intercept else v[:, np.newaxis] for v in (x, new))
    peer = api.WLS(y, design, weights=1.0 if weight is None else weight).fit()
    ours = result.inference(0.9)
    for value, theirs in (
        (ours.coef, peer.params),
        (ours.standard_error, peer.bse),
        (ours.t, peer.tvalues),
        (ours.p_value, peer.pvalues),
        (ours.interval, peer.conf_int(0.1)),
        (ours.residual_sd, peer.scale**0.5),
        (ours.degrees_of_freedom, peer.df_resid),
        (ours.r2, peer.rsquared),
        (ours.adjusted_r2, peer.rsquared_adj),
        (ours.f_statistic, peer.fvalue),
        (ours.f_p_value, peer.f_pvalue),
    ):
        np.testing.assert_allclose(value, theirs, rtol=1e-11)
    frame = peer.get_prediction(at).summary_frame(alpha=0.1)
    for kind, short in (("observation", "obs"), ("mean", "mean")):
        theirs = frame[[f"{short}_ci_lower", f"{short}_ci_upper"]]
        np.testing.assert_allclose(result.predict_interval(new, 0.9, kind), theirs, rtol=1e-11)


def test_agrees_with_linregress() -> None:
    x, y = noisy_line(3)
    peer = stats.linregress(x, y)
    ours = fastgd.fit(x, y).inference()
    np.testing.assert_allclose(ours.coef, [peer.intercept, peer.slope], rtol=1e-12)
    np.testing.assert_allclose(ours.standard_error, [peer.intercept_stderr, peer.stderr], rtol=1e-12)
    assert ours.p_value[1] == pytest.approx(peer.pvalue, rel=1e-12)


@given(st.lists(st.tuples(st.integers(-1000, 1000), st.integers(-1000, 1000)), min_size=3, max_size=9), st.booleans())
@settings(deadline=None)
def test_equals_exact_fractions_or_says_why_not(points: list[tuple[int, int]], intercept: bool) -> None:
    n = len(points)
    mx, my = (Fraction(sum(column), n) if intercept else Fraction(0) for column in zip(*points, strict=True))
    sxx = sum((x - mx) ** 2 for x, _ in points)
    result = fastgd.fit(points, fit_intercept=intercept)
    if sxx == 0:
        with pytest.raises(fastgd.DataError, match="x is (the same|zero) in every row, so its coefficient is undecided"):
            result.inference()
        return
    slope = sum((x - mx) * (y - my) for x, y in points) / sxx
    sse = sum((y - my - slope * (x - mx)) ** 2 for x, y in points)
    if sse == 0:
        with pytest.raises(fastgd.DataError, match=f"passes through all {n} rows, up to rounding"):
            result.inference()
        with pytest.raises(fastgd.DataError, match=f"passes through all {n} rows, up to rounding"):
            result.predict_interval([1.0])
        return
    found = result.inference()
    df = n - 1 - intercept
    variances = [sse / df / sxx]
    if intercept:
        variances.insert(0, sse / df * (Fraction(1, n) + mx**2 / sxx))
    assert found.standard_error == pytest.approx([float(v) ** 0.5 for v in variances], rel=1e-14)
    assert found.residual_sd == pytest.approx(float(sse / df) ** 0.5, rel=1e-14)
    assert np.isfinite(found.interval).all()


@pytest.mark.parametrize("df", [1, 2, 7, 40])
@pytest.mark.parametrize("level", [0.1, 0.95, 0.999999])
def test_tails_have_12_digits(df: int, level: float) -> None:
    x, y = noisy_line(df, df + 2)
    found = fastgd.fit(x, y).inference(level)

    def tail(t: mpmath.mpf) -> mpmath.mpf:
        return mpmath.betainc(mpmath.mpf(df) / 2, 0.5, 0, df / (df + t * t), regularized=True)

    half = (found.interval[1, 1] - found.interval[1, 0]) / 2 / found.standard_error[1]
    with mpmath.workdps(40):
        for t, p in zip(found.t, found.p_value, strict=True):
            assert float(tail(mpmath.mpf(float(t)))) == pytest.approx(p, rel=1e-12)
        assert float(tail(mpmath.mpf(float(half)))) == pytest.approx(1.0 - level, rel=1e-9)


@pytest.mark.parametrize(("scale_x", "scale_y"), [(2.0**1000, 2.0**990), (2.0**-1000, 2.0**-990), (2.0**500, 2.0**-490)])
def test_units_change_the_units_and_nothing_else(scale_x: float, scale_y: float) -> None:
    x, y = noisy_line(5)
    plain, scaled = fastgd.fit(x, y), fastgd.fit(x * scale_x, y * scale_y)
    a, b = plain.inference(), scaled.inference()
    units = np.array([scale_y, scale_y / scale_x])
    assert b.standard_error == pytest.approx(a.standard_error * units, rel=1e-14)
    assert b.residual_sd == pytest.approx(a.residual_sd * scale_y, rel=1e-14)
    assert b.t == pytest.approx(a.t, rel=1e-13)
    assert scaled.predict_interval([3 * scale_x]) == pytest.approx(plain.predict_interval([3.0]) * scale_y, rel=1e-13)


@pytest.mark.parametrize("factor", [2.0**-1000, 0.25, 2.0**1000])
def test_a_common_factor_of_the_weights_changes_only_the_residual_sd(factor: float) -> None:
    x, y = noisy_line(6)
    weight = np.arange(1.0, 31.0)
    one, other = (fastgd.fit(x, y, sample_weight=weight * f).inference() for f in (1.0, factor))
    assert other.standard_error == pytest.approx(one.standard_error, rel=1e-14)
    assert other.residual_sd == pytest.approx(one.residual_sd * factor**0.5, rel=1e-13)


def test_a_run_that_stopped_short_has_the_inference_of_the_optimum() -> None:
    x, y = noisy_line(7)
    short, limit = fastgd.fit(x, y, max_iter=1), fastgd.fit(x, y)
    assert short.slope != limit.slope
    assert short.inference().coef.tolist() == limit.inference().coef.tolist() == [limit.intercept, limit.slope]
    assert short.predict_interval([1.0]).tolist() == limit.predict_interval([1.0]).tolist()


def test_milliseconds_keep_their_digits() -> None:
    minutes = np.arange(50.0)
    y = np.round(3.0 + 0.5 * minutes + np.random.default_rng(8).normal(size=50), 3)
    plain, stamps = fastgd.fit(minutes, y), fastgd.fit(1.7e12 + 60_000.0 * minutes, y)
    assert stamps.inference().standard_error[1] * 60_000.0 == pytest.approx(plain.inference().standard_error[1], rel=1e-13)
    at = np.array([10.0, 60.0])
    for kind in ("observation", "mean"):
        there = stamps.predict_interval(1.7e12 + 60_000.0 * at, kind=kind)
        widths, expected = np.diff(there), np.diff(plain.predict_interval(at, kind=kind))
        assert widths == pytest.approx(expected, rel=1e-8)  # the ends are centre -+ half, and the centre has lost digits


@pytest.mark.parametrize("noise", [1e-9, 1e-12])
def test_little_noise_is_noise(noise: float) -> None:
    x = np.arange(20.0)
    found = fastgd.fit(x, 1.0 + 2.0 * x + noise * (-1.0) ** x * 2.0**5).inference()
    assert found.residual_sd == pytest.approx(noise * 2.0**5 * (20 / 18) ** 0.5, rel=0.02)


@pytest.mark.parametrize("slope", [0.1, 1e-3, 12345.678])
@pytest.mark.parametrize("offset", [0.0, 1e3, 1.7e12])
def test_rounding_is_not_noise(slope: float, offset: float) -> None:
    x = offset + np.arange(50.0)
    with pytest.raises(fastgd.DataError, match="passes through all 50 rows, up to rounding"):
        fastgd.fit(x, 1.0 + slope * x).inference()


def test_one_interval_a_row_for_each_shape() -> None:
    result = fastgd.fit(*noisy_line(9))
    assert result.predict_interval([]).shape == (0, 2)
    assert result.predict_interval([[1.0], [2.0]]).tolist() == result.predict_interval((1, 2)).tolist()


@pytest.mark.parametrize(
    ("points", "intercept", "text"),
    [
        ([(1, 2), (3, 5)], True, "2 rows for 2 coefficients: nothing is left.*at least 3 rows are needed"),
        ([(1, 2)], True, "1 row for 2 coefficients"),
        ([(1, 2)], False, "1 row for 1 coefficient: nothing is left.*at least 2 rows"),
        ([(2, 1), (2, 3), (2, 4)], True, "x is the same in every row.*rows with another x are needed"),
        ([(0, 1), (0, 3)], False, "x is zero in every row"),
        ([(1, 5), (2, 5), (3, 5)], True, "passes through all 3 rows, up to rounding.*in .optimum"),
        ([(0, 0), (0, 0), (1, 0)], False, "passes through all 3 rows"),
    ],
)
def test_no_standard_error_is_said(points: list[tuple[float, float]], intercept: bool, text: str) -> None:
    result = fastgd.fit(points, fit_intercept=intercept)
    with pytest.raises(fastgd.DataError, match=text):
        result.inference()
    with pytest.raises(fastgd.DataError, match=text):
        result.predict_interval([1.0])


@pytest.mark.parametrize("level", [0, 1, 95, -0.5, float("nan"), True])
def test_level_is_between_0_and_1(level: float) -> None:
    result = fastgd.fit(*noisy_line(1))
    for ask in (result.inference, lambda level: result.predict_interval([1.0], level)):
        with pytest.raises(fastgd.DataError, match=f"level={level!r}: it must lie between 0 and 1, for example 0.95"):
            ask(level)


def test_bad_arguments_are_named() -> None:
    result = fastgd.fit(*noisy_line(1))
    with pytest.raises(fastgd.DataError, match="level='high': it must be a number between 0 and 1"):
        result.inference("high")
    with pytest.raises(fastgd.DataError, match="kind='obs': pass 'observation' for a new row, or 'mean' for the line"):
        result.predict_interval([1.0], kind="obs")
    with pytest.raises(fastgd.DataError, match=r"X has shape \(1, 2\): one feature was fitted"):
        result.predict_interval([[1.0, 2.0]])
    with pytest.raises(fastgd.DataError, match="X is nan in row 1: every value must be a finite number"):
        result.predict_interval([1.0, float("nan")])
    with pytest.raises(fastgd.DataError, match=r"X is 1e\+308 in row 0: its interval exceeds float64"):
        fastgd.fit([1, 2, 3], [1, 200, 250]).predict_interval([1e308])


def test_numbers_past_float64_are_an_error() -> None:
    with pytest.raises(fastgd.DataError, match="the standard error of x is about 1e"):
        fastgd.fit(2.0**-660 * np.arange(4), 2.0**500 * np.array([1, -1, -1, 1])).inference()
    with pytest.raises(fastgd.DataError, match="the intervals of level 0.9999999999 exceed float64"):
        fastgd.fit([1, 2, 3], [1e300, 2e300, 4e300]).inference(0.9999999999)


def test_without_scipy_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(ImportError, match=r"inference needs scipy.*pip install 'fastgd\[stats\]'"):
        fastgd.fit(*noisy_line(1)).inference()


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("exponent", [30, 100, 330])
def test_units_change_standard_errors_by_themselves_only(exponent: int, standardize: bool) -> None:
    rng = np.random.default_rng(23)
    X, y = rng.normal(size=(12, 3)) + [3.0, 0.0, -5.0], rng.normal(size=12)
    powers = 2.0 ** (exponent * np.array([1.0, 0.0, -1.0]))
    plain = fastgd.fit(X, y).inference()
    result = fastgd.fit(X * powers, y, standardize=standardize)
    far = result.inference()
    assert far.t == pytest.approx(plain.t, rel=1e-13)
    assert far.standard_error * [1.0, *powers] == pytest.approx(plain.standard_error, rel=1e-13)
    assert result.predict_interval(X * powers) == pytest.approx(fastgd.fit(X, y).predict_interval(X), rel=1e-12)
    assert "condition" in result.summary() and "converge" not in result.explain()


def test_many_features_agree_with_statsmodels() -> None:
    statsmodels = pytest.importorskip("statsmodels.api")
    rng = np.random.default_rng(29)
    X, y, w = rng.normal(size=(60, 4)) @ rng.normal(size=(4, 4)) + 7.0, rng.normal(size=60), rng.uniform(0.5, 2.0, 60)
    for fit_intercept in (True, False):
        found = fastgd.fit(X, y, sample_weight=w, fit_intercept=fit_intercept).inference()
        wanted = statsmodels.WLS(y, statsmodels.add_constant(X) if fit_intercept else X, w).fit()
        for ours, theirs in (
            (found.standard_error, wanted.bse),
            (found.p_value, wanted.pvalues),
            (found.interval, wanted.conf_int()),
            ([found.r2, found.adjusted_r2], [wanted.rsquared, wanted.rsquared_adj]),
            ([found.f_statistic, found.f_p_value], [wanted.fvalue, wanted.f_pvalue]),
        ):
            np.testing.assert_allclose(ours, theirs, rtol=1e-9)
