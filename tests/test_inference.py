"""Standard errors and intervals against NIST's certified values, exact fractions, statsmodels and scipy."""

from __future__ import annotations

import json
import math
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import exact
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


def nist(name: str) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """X with the powers of a polynomial, each rounded once, y, and what is certified."""
    about = json.loads((NIST / "certified.json").read_text())[name]
    table = np.loadtxt(NIST / f"{name}.csv", delimiter=",", skiprows=1)
    X, degree = table[:, 1:], about["degree"]
    if degree:
        X = np.array([[float(Fraction(x) ** k) for k in range(1, degree + 1)] for x in X[:, 0].tolist()])
    return X, table[:, 0], about


needs_nist = pytest.mark.skipif(not NIST.is_dir(), reason="NIST's data sets are not in ../shared/data/nist")


@needs_nist
@pytest.mark.parametrize("name", "Norris Pontius NoInt1 NoInt2 Filip Longley Wampler3 Wampler4 Wampler5".split())
def test_nist_certified_values(name: str) -> None:
    """Filip: its powers rounded to float64 have standard errors that agree with the certified ones to 7.6 digits only."""
    X, y, about = nist(name)
    found = fastgd.fit(X, y, fit_intercept=about["intercept"]).inference()
    assert len(found.names) == about["n_params"] and ("intercept" in found.names) == about["intercept"]
    for ours, theirs in (
        *zip(found.coef, about["coefs"], strict=True),
        *zip(found.standard_error, about["sds"], strict=True),
    ):
        assert digits(float(ours), float(theirs)) >= (7.5 if name == "Filip" else 12)
    for value, certified in (
        (found.residual_sd, about["rsd"]),
        (found.r2, about["r2"]),
        (found.f_statistic, about["anova"]["regression"]["f"]),
    ):
        assert digits(value, float(certified)) >= (9 if name == "Filip" else 12)
    assert found.degrees_of_freedom == int(about["anova"]["residual"]["df"])
    assert found.f_degrees_of_freedom == int(about["anova"]["regression"]["df"])


@needs_nist
@pytest.mark.parametrize(("name", "least"), [("Norris", 14), ("Longley", 14), ("Filip", 13), ("Wampler5", 14)])
def test_nist_against_exact_fractions_of_the_numbers_handed_over(name: str, least: float) -> None:
    X, y, about = nist(name)
    exactly = Exactly(exact.Problem.of(X.T.tolist(), y.tolist()), len(y))
    found = fastgd.fit(X, y).inference()
    for j, ours in enumerate(found.standard_error):
        assert digits(float(ours), exactly.standard_error([int(i == j) for i in range(len(found.coef))])) >= least
    assert digits(found.residual_sd, exactly.residual_sd) >= 14
    assert digits(found.r2, float(exactly.r2)) >= 14


@needs_nist
@pytest.mark.parametrize("name", ["Wampler1", "Wampler2"])
def test_nist_certifies_that_there_is_no_scatter(name: str) -> None:
    X, y, about = nist(name)
    assert {float(sd) for sd in about["sds"]} == {0.0}
    result = fastgd.fit(X, y)
    with pytest.raises(fastgd.DataError, match="passes through all 21 rows, up to rounding"):
        result.inference()
    assert result.r2 == float(about["r2"]) == 1.0


class Exactly:
    """Standard errors in exact fractions, but for the roots; of dependent columns too."""

    def __init__(self, problem: exact.Problem, n: int) -> None:
        self.problem = problem
        self.df = n - problem.rank
        self.error = problem.error(problem.limit())
        self.residual_sd = root(self.error * problem.weight / self.df)

    @property
    def r2(self) -> Fraction:
        """About the mean."""
        return 1 - self.error / (self.problem.square - self.problem.moment[0] ** 2)

    def is_estimable(self, c: list[int]) -> bool:
        zero = [Fraction(0)] * len(c)
        return not any(exact.dot([Fraction(v) for v in c], v) for v in exact.solve(self.problem.gram, zero)[1])

    def standard_error(self, c: list[int]) -> float:
        """Of c . theta."""
        row = [Fraction(v) for v in c]
        solution, _ = exact.solve(self.problem.gram, row)
        return root(self.error / self.df * exact.dot(row, solution))


def root(value: Fraction) -> float:
    with mpmath.workdps(40):
        return float(mpmath.sqrt(mpmath.mpf(value.numerator) / value.denominator))


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
        (ours.log_likelihood, peer.llf),
        (ours.aic, peer.aic),
        (ours.bic, peer.bic),
        (ours.condition, peer.condition_number),
    ):
        np.testing.assert_allclose(value, theirs, rtol=1e-11)
    assert (ours.n_samples, ours.f_degrees_of_freedom) == (peer.nobs, peer.df_model)
    frame = peer.get_prediction(at).summary_frame(alpha=0.1)
    for kind, short in (("observation", "obs"), ("mean", "mean")):
        theirs = frame[[f"{short}_ci_lower", f"{short}_ci_upper"]]
        np.testing.assert_allclose(result.predict_interval(new, 0.9, kind), theirs, rtol=1e-11)


@pytest.mark.parametrize("slope", [0.2, -1e-9, -3.0])  # the peer loses digits where r is near 1
def test_agrees_with_linregress(slope: float) -> None:
    x, noise = noisy_line(3)
    peer = stats.linregress(x, slope * x + noise)
    ours = fastgd.fit(x, slope * x + noise).inference()
    fields = (peer.slope, peer.intercept, peer.rvalue, peer.pvalue, peer.stderr, peer.intercept_stderr)
    assert len(fields) == 1 + len(peer)
    found = (ours.coef[1], ours.coef[0], ours.r_value, ours.p_value[1], ours.standard_error[1], ours.standard_error[0])
    np.testing.assert_allclose(found, fields, rtol=1e-12)


def test_r_is_that_of_one_feature_about_the_means() -> None:
    x, y = noisy_line(3)
    assert fastgd.fit(x, -y).inference().r_value == pytest.approx(np.corrcoef(x, -y)[0, 1], rel=1e-13)
    assert fastgd.fit(x, y, fit_intercept=False).inference().r_value is None
    assert fastgd.fit(np.column_stack([x, x**2]), y).inference().r_value is None


def shipped(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Features and target of a set that statsmodels has in its wheel."""
    data = pytest.importorskip("statsmodels.api", reason="statsmodels is the peer of this test")
    loaded = getattr(data.datasets, name).load_pandas()
    return loaded.exog.to_numpy(float), loaded.endog.to_numpy(float)


def assert_agree(ours: Any, peer: Any, rtol: float) -> None:
    for value, theirs in (
        (ours.coef, peer.params),
        (ours.standard_error, peer.bse),
        (ours.t, peer.tvalues),
        (ours.p_value, peer.pvalues),
        (ours.interval, peer.conf_int()),
        (ours.residual_sd, peer.scale**0.5),
        (ours.n_samples, peer.nobs),
        (ours.degrees_of_freedom, peer.df_resid),
        (ours.f_degrees_of_freedom, peer.df_model),
        (ours.r2, peer.rsquared),
        (ours.adjusted_r2, peer.rsquared_adj),
        (ours.f_statistic, peer.fvalue),
        (ours.f_p_value, peer.f_pvalue),
        (ours.log_likelihood, peer.llf),
        (ours.aic, peer.aic),
        (ours.bic, peer.bic),
        (ours.condition, peer.condition_number),
    ):
        np.testing.assert_allclose(value, theirs, rtol=rtol)


@pytest.mark.parametrize(
    ("name", "rtol"),
    [("stackloss", 1e-10), ("scotland", 1e-9), ("copper", 1e-9), ("ccard", 1e-9), ("engel", 1e-10), ("longley", 1e-6)],
)
@pytest.mark.parametrize("weighted", [False, True])
def test_agrees_with_statsmodels_on_its_own_data(name: str, rtol: float, weighted: bool) -> None:
    """To the digits that the peer has: of Longley's columns, whose condition is 5e9, it has fewer."""
    X, y = shipped(name)
    import statsmodels.api as api

    weight = 1.0 / (1.0 + np.abs(X[:, 0])) if weighted else None
    peer = api.WLS(y, api.add_constant(X), weights=1.0 if weight is None else weight).fit()
    assert_agree(fastgd.fit(X, y, sample_weight=weight).inference(), peer, rtol)


def test_the_log_likelihood_knows_the_weights() -> None:
    """Also those whose sum is the number of rows, as if each were 1; their common factor does not matter."""
    api = pytest.importorskip("statsmodels.api", reason="statsmodels is the peer of this test")
    x, y = noisy_line(11)
    weight = np.random.default_rng(12).uniform(0.2, 3.0, 30)
    weight *= 30 / weight.sum()
    ours = fastgd.fit(x, y, sample_weight=weight).inference()
    assert ours.log_likelihood == pytest.approx(api.WLS(y, api.add_constant(x), weights=weight).fit().llf, rel=1e-12)
    for factor in (1e-200, 3.0, 1e200):
        again = fastgd.fit(x, y, sample_weight=weight * factor).inference()
        assert again.log_likelihood == pytest.approx(ours.log_likelihood, rel=1e-12)


def test_the_log_likelihood_has_the_same_bits_however_the_rows_came(tmp_path: Path) -> None:
    rng = np.random.default_rng(13)
    n = 40_000  # more than one piece of weights
    x, y, weight = rng.normal(size=n), rng.normal(size=n), rng.uniform(0.0, 2.0, n)
    whole = fastgd.fit(x, y, sample_weight=weight)
    expected = whole.inference().log_likelihood
    first = fastgd.Moments().update(x[:5000], y[:5000], sample_weight=weight[:5000])
    second = first.starting_at(5000).update(x[5000:7001], y[5000:7001], sample_weight=weight[5000:7001])
    second.update(x[7001:], y[7001:], sample_weight=weight[7001:])
    sent = fastgd.Moments.from_bytes(second.to_bytes())
    whole.save(tmp_path / "model.json")
    many = fastgd.fit(x, y, sample_weight=weight, n_jobs=2)
    for result in (fastgd.fit(first + sent), fastgd.load(tmp_path / "model.json"), many, fastgd.fit(whole.moments)):
        assert result.inference().log_likelihood == expected
    error = whole.optimum.error * weight.sum() / n
    assert expected == pytest.approx(0.5 * (np.log(weight).sum() - n * (math.log(2 * math.pi * error) + 1)), rel=1e-13)


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


@given(st.data(), st.booleans(), st.booleans())
@settings(deadline=None)
def test_dependent_columns_equal_exact_fractions(data: st.DataObject, intercept: bool, standardize: bool) -> None:
    """Of what the data decide; the rest is masked, and known as such from the exact null space."""
    p = data.draw(st.integers(2, 4))
    small = st.integers(-9, 9)
    base = data.draw(st.lists(st.lists(small, min_size=8, max_size=8), min_size=1, max_size=p - 1))
    mixes = [data.draw(st.lists(st.integers(-2, 2), min_size=len(base), max_size=len(base))) for _ in range(p - len(base))]
    shift = data.draw(st.sampled_from([0, 3]))
    columns = [*base, *([shift + sum(map(int.__mul__, mix, row)) for row in zip(*base, strict=True)] for mix in mixes)]
    columns = [columns[i] for i in data.draw(st.permutations(range(p)))]
    y = data.draw(st.lists(small, min_size=8, max_size=8))
    problem = exact.Problem.of(columns, y, fit_intercept=intercept)
    result = fastgd.fit(np.array(columns).T, y, fit_intercept=intercept, standardize=standardize)
    assert result.rank == problem.rank
    if problem.rank == intercept:
        with pytest.raises(fastgd.DataError, match="the columns depend on each other"):
            result.inference()
        return
    exactly = Exactly(problem, 8)
    if exactly.error == 0:
        with pytest.raises(fastgd.DataError, match="passes through all 8 rows"):
            result.inference()
        return
    found = result.inference()
    units = [[int(i == j) for i in range(p + intercept)] for j in range(p + intercept)]
    assert found.estimable.tolist() == [exactly.is_estimable(unit) for unit in units]
    errors = [exactly.standard_error(unit) for unit in units if exactly.is_estimable(unit)]
    assert found.standard_error[found.estimable].tolist() == pytest.approx(errors, rel=1e-12)
    assert found.residual_sd == pytest.approx(exactly.residual_sd, rel=1e-13)
    assert found.degrees_of_freedom == exactly.df
    for values in (found.t, found.p_value, found.standard_error, *found.interval.T):
        assert [value is None for value in values.tolist()] == (~found.estimable).tolist()
        assert np.isfinite(np.asarray(values)).all()  # and under the mask
    point = data.draw(st.lists(small, min_size=p, max_size=p))
    row = [1, *point] if intercept else point
    if exactly.is_estimable(row):
        ends = result.predict_interval([point], kind="mean")[0]
        quantile = stats.t.ppf(0.975, exactly.df)
        assert ends[1] - ends[0] == pytest.approx(2 * quantile * exactly.standard_error(row), rel=1e-9)
        assert ends.mean() == pytest.approx(result.optimum.intercept + result.optimum.coef @ point, abs=1e-9)
    else:
        with pytest.raises(fastgd.DataError, match=r"row 1 of X \(rows count from 0\) breaks a dependence"):
            result.predict_interval([[column[0] for column in columns], point])


@pytest.mark.filterwarnings("ignore:The design matrix is rank-deficient")
def test_dependent_columns_agree_with_statsmodels() -> None:
    """By its pseudo-inverse; it gives the others standard errors too, those of the solution of least norm."""
    api = pytest.importorskip("statsmodels.api", reason="statsmodels is the peer of this test")
    rng = np.random.default_rng(31)
    X = rng.normal(size=(40, 3)) + [0.0, 5.0, 100.0]
    X = np.column_stack([X, X[:, 0] - 2.0 * X[:, 1]])
    y, weight = rng.normal(size=40), rng.uniform(0.5, 2.0, 40)
    ours = fastgd.fit(X, y, sample_weight=weight).inference()
    peer = api.WLS(y, api.add_constant(X), weights=weight).fit()
    assert ours.estimable.tolist() == [True, False, False, True, False]
    decided = ours.estimable
    for value, theirs in (
        (ours.coef[decided], peer.params[decided]),
        (ours.standard_error[decided], peer.bse[decided]),
        (ours.p_value[decided], peer.pvalues[decided]),
        ([ours.degrees_of_freedom, ours.f_degrees_of_freedom], [peer.df_resid, peer.df_model]),
        ([ours.f_statistic, ours.f_p_value, ours.adjusted_r2], [peer.fvalue, peer.f_pvalue, peer.rsquared_adj]),
        ([ours.log_likelihood, ours.aic, ours.bic], [peer.llf, peer.aic, peer.bic]),
    ):
        np.testing.assert_allclose(value, theirs, rtol=1e-9)


@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_dependence_up_to_rounding_is_dependence(offset: float) -> None:
    rng = np.random.default_rng(32)
    X = np.round(rng.normal(size=(40, 4)), 3) + offset
    X[:, 1] = X[:, 0] + 0.01 * rng.normal(size=40)  # no dependence, but near one
    X = np.column_stack([X, X[:, 2] / 3.0])  # one but for rounding
    result = fastgd.fit(X, rng.normal(size=40))
    assert result.rank == 5
    assert result.inference().estimable.tolist() == [True, True, True, False, True, False]
    assert result.predict_interval(X).shape == (40, 2)


def test_a_constant_column_takes_the_intercept_with_it() -> None:
    x, y = noisy_line(14)
    plain = fastgd.fit(x, y).inference()
    for constant, estimable in ((3.0, [False, True, False]), (0.0, [True, True, False])):
        result = fastgd.fit(np.column_stack([x, np.full(30, constant)]), y)
        found = result.inference()
        assert found.estimable.tolist() == estimable
        assert found.standard_error[1] == pytest.approx(plain.standard_error[1], rel=1e-14)
        assert found.r2 == pytest.approx(plain.r2, rel=1e-14)
        expected = fastgd.fit(x, y).predict_interval([2.0])
        assert result.predict_interval([[2.0, constant]]) == pytest.approx(expected, rel=1e-13)
        with pytest.raises(fastgd.DataError, match=r"row 0 of X .*\(rank 2 of 3\): .* undecided, so it has no interval"):
            result.predict_interval([[2.0, 1.0]])


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


def test_a_run_that_stopped_short_stands_beside_the_optimum() -> None:
    x, y = noisy_line(7)
    for result in (fastgd.fit(x, y, max_iter=1), fastgd.fit(x, y)):
        found = result.inference()
        assert found.descent_coef.tolist() == [result.intercept, result.slope]
        assert found.remaining == result.remaining
    assert found.descent_coef.tolist() == found.coef.tolist() and found.remaining == 0.0


@pytest.mark.parametrize("intercept", [True, False])
def test_condition_is_that_of_the_data_in_either_coordinates(intercept: bool) -> None:
    rng = np.random.default_rng(33)
    X, y, weight = rng.normal(size=(20, 3)) * [1.0, 100.0, 1e-3] + 5.0, rng.normal(size=20), rng.uniform(0.5, 2.0, 20)
    design = np.column_stack([np.ones(20), X])[:, not intercept :] * np.sqrt(weight)[:, np.newaxis]
    for standardize in (False, True):
        result = fastgd.fit(X, y, sample_weight=weight, fit_intercept=intercept, standardize=standardize)
        assert result.inference().condition == pytest.approx(np.linalg.cond(design), rel=1e-9)
    assert result.inference().condition**2 == pytest.approx(fastgd.analyse(
        X, y, sample_weight=weight, fit_intercept=intercept
    ).condition, rel=1e-13)
    far = fastgd.fit(X * [1.0, 2.0**950, 1.0], y, standardize=True, fit_intercept=intercept)
    assert far.inference().condition is None


@pytest.mark.parametrize("scale", [1.0, 1e-9])
def test_small_r_squared_keeps_its_digits(scale: float) -> None:
    """1 - SSE / SST would lose 18 digits of it."""
    x = np.tile([-1.0, 1.0, -1.0, 1.0], 5)
    noise = np.tile([1.0, 1.0, -1.0, -1.0], 5)
    X = np.column_stack([x, np.arange(20.0) // 4 - 2])
    problem = exact.Problem.of(X.T.tolist(), (noise + scale * x).tolist())
    found = fastgd.fit(X, noise + scale * x).inference()
    expected = Exactly(problem, 20).r2
    assert found.r2 == pytest.approx(float(expected), rel=1e-14)
    assert found.f_statistic == pytest.approx(float(expected / (1 - expected) * 17 / 2), rel=1e-14)


def test_milliseconds_keep_their_digits() -> None:
    minutes = np.arange(50.0)
    y = np.round(3.0 + 0.5 * minutes + np.random.default_rng(8).normal(size=50), 3)
    plain, stamps = fastgd.fit(minutes, y), fastgd.fit(1.7e12 + 60_000.0 * minutes, y)
    assert stamps.inference().standard_error[1] * 60_000.0 == pytest.approx(plain.inference().standard_error[1], rel=1e-13)
    at = np.array([10.0, 60.0])
    for kind in ("observation", "mean"):
        there = stamps.predict_interval(1.7e12 + 60_000.0 * at, kind=kind)
        widths, expected = np.diff(there), np.diff(plain.predict_interval(at, kind=kind))
        assert widths == pytest.approx(expected, rel=1e-13)
        assert there == pytest.approx(plain.predict_interval(at, kind=kind), rel=1e-13)


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
        ([(2, 1), (2, 3), (2, 4)], True, "x is the same in every row.*rows with other values of x are needed"),
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
        with pytest.raises(fastgd.DataError, match=f"level={level!r}: it must be a number between 0 and 1, for example 0.95"):
            ask(level)


def test_bad_arguments_are_named() -> None:
    result = fastgd.fit(*noisy_line(1))
    with pytest.raises(fastgd.DataError, match="level='high': it must be a number between 0 and 1"):
        result.inference("high")
    with pytest.raises(fastgd.DataError, match="^kind='obs': pass 'observation' or 'mean'$"):
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
