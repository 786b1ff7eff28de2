"""Moments of any number of columns, and least squares from them, against exact fractions and NIST's sets."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import exact
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastgd
from fastgd.kernels import factor, layout

NIST = Path(__file__).parents[2] / "shared" / "data" / "nist"
SETS = ["Norris", "Pontius", "NoInt1", "NoInt2", "Filip", "Longley", "Wampler1", "Wampler2", "Wampler3", "Wampler4", "Wampler5"]
number = st.floats(-100, 100).map(lambda v: round(v, 2))


@st.composite
def tables(draw: st.DrawFn, least: int = 1) -> np.ndarray:
    """Rows of two to five columns, with offsets, constants and copies among them."""
    q, n = draw(st.integers(2, 5)), draw(st.integers(least, 12))
    offsets = st.sampled_from([0.0, 3e4, 1e12])
    columns = [np.array(draw(st.lists(number, min_size=n, max_size=n))) + draw(offsets) for _ in range(q)]
    if draw(st.booleans()):
        columns[0] = np.full(n, columns[0][0])
    return np.column_stack(columns)


@given(tables(), st.booleans())
def test_means_and_covariances_are_exact_to_the_last_bits(rows: np.ndarray, weigh: bool) -> None:
    weight = np.arange(1.0, len(rows) + 1) if weigh else None
    moments = fastgd.Moments.from_arrays(rows[:, :-1], rows[:, -1], weight)
    weights = exact.fractions((weight if weigh else np.ones(len(rows))).tolist())
    columns = [exact.fractions(column.tolist()) for column in rows.T]
    means = [exact.mean(column, weights) for column in columns]
    for mine, mean in zip(moments.mean.tolist(), means, strict=True):
        assert abs(Fraction(mine) - mean) <= abs(mean) / 2**52
    for i, u in enumerate(columns):
        for j, v in enumerate(columns):
            products = [(a - means[i]) * (c - means[j]) for a, c in zip(u, v, strict=True)]
            covariance = exact.mean(products, weights)
            size = exact.mean([abs(a * c) for a, c in zip(u, v, strict=True)], weights)
            mine = Fraction(float(moments.covariance[i, j]))
            assert abs(mine - covariance) <= abs(covariance) / 2**52 + size / 2**96
            assert moments.covariance[i, j] == moments.covariance[j, i]


@given(tables(least=2))
def test_the_values_alone_decide_the_bits(rows: np.ndarray) -> None:
    rows = np.round(rows)
    plain = fastgd.Moments.from_arrays(rows[:, :-1], rows[:, -1]).covariance
    for other in (np.asfortranarray(rows), rows.astype(np.int64), np.repeat(rows, 2, axis=0)[::2], rows.tolist()):
        array = np.asarray(other)
        assert fastgd.Moments.from_arrays(array[:, :-1], array[:, -1]).covariance.tolist() == plain.tolist()


def test_many_rows_of_many_columns_and_far_scales() -> None:
    rows = np.random.default_rng(5).normal(size=(9000, 7)) * [1e200, 1.0, 1e-180, 1e3, 1e-3, 7.0, 1.0]
    moments = fastgd.Moments.from_arrays(rows[:, :-1], rows[:, -1])
    scaled = rows / [1e200, 1.0, 1e-180, 1e3, 1e-3, 7.0, 1.0]
    expected = np.cov(scaled.T, bias=True)
    with pytest.raises(fastgd.DataError, match="a variance exceeds float64"):
        _ = moments.covariance
    inner = fastgd.Moments.from_arrays(rows[:, 1:-1], rows[:, -1]).covariance
    np.testing.assert_allclose(inner[2:, 2:], np.cov(rows[:, 3:].T, bias=True), rtol=1e-9, atol=1e-12)
    assert inner[0, 0] == pytest.approx(expected[1, 1], rel=1e-12)


@pytest.mark.parametrize(
    ("weight", "total"),
    [(None, 3.0), ([0.5, 0.0, 3.0], 3.5), ([1e308, 0.0, 1e307], 1.1e308), ([5e-324] * 3, 1.5e-323), ([1.0, 2.0**-60, 0.0], 1.0)],
)
def test_total_weight(weight: list[float] | None, total: float) -> None:
    x, y = [1.0, 2.0, 4.0], [3.0, 5.0, 5.0]
    assert fastgd.Moments.from_arrays(x, y, weight).total_weight == total
    assert fastgd.fit(x, y, sample_weight=weight).moments.total_weight == total


def test_a_total_weight_past_float64() -> None:
    moments = fastgd.Moments.from_arrays([1.0, 2.0], [3.0, 5.0], [1e308, 1e308])
    with pytest.raises(fastgd.DataError, match=r"^the sum of the weights is about 1e\+308, which float64 cannot hold: divide"):
        _ = moments.total_weight


def drifting() -> np.ndarray:
    """Two blocks near 10^9, which set the shift, and two from which it cannot be taken off exactly; the last column, 0 and
    then of sum 0, makes the covariance a matter of the latter."""
    rng = np.random.default_rng(11)
    near, away = 1e9 + rng.normal(size=(8192, 3)), rng.normal(size=(8192, 3))
    near[:, 2], away[4096:, 2] = 0.0, -away[:4096, 2]
    return np.concatenate([near, away])


def offset() -> np.ndarray:
    """Three blocks 10^4 standard deviations from zero: too near for a shift, so 10^8 of each sum of squares cancels."""
    return 1e4 + np.random.default_rng(12).normal(size=(10_000, 3))


@pytest.mark.parametrize("columns", [[0, 2], [0, 1, 2]])
@pytest.mark.parametrize("weigh", [False, True])
@pytest.mark.parametrize("make", [drifting, offset])
def test_blocks_lose_nothing(make: Callable[[], np.ndarray], weigh: bool, columns: list[int]) -> None:
    rows = make()[:, columns]
    weight = None
    if weigh:
        weight = np.random.default_rng(13).uniform(0.5, 2.0, len(rows))
        weight[12288:] = weight[8192 : 8192 + len(weight[12288:])]
    moments = fastgd.Moments.from_arrays(rows[:, :-1], rows[:, -1], weight)
    w = exact.fractions((weight if weigh else np.ones(len(rows))).tolist())
    u, v = exact.fractions(rows[:, 0].tolist()), exact.fractions(rows[:, -1].tolist())
    mu, mv = exact.mean(u, w), exact.mean(v, w)
    wanted = exact.mean([(a - mu) * (b - mv) for a, b in zip(u, v, strict=True)], w)
    variance = exact.mean([(a - mu) ** 2 for a in u], w)
    assert abs(Fraction(float(moments.covariance[0, -1])) / wanted - 1) < Fraction(1, 2**52)
    assert abs(Fraction(float(moments.covariance[0, 0])) / variance - 1) < Fraction(1, 2**52)
    assert abs(Fraction(float(moments.mean[0])) / mu - 1) < Fraction(1, 2**52)


def solve(rows: np.ndarray, fit_intercept: bool) -> tuple[list[Fraction], int]:
    """Coefficients, intercept first, and rank of the features."""
    q = rows.shape[1]
    sums = fastgd.Moments.from_arrays(rows[:, :-1], rows[:, -1])._closed()._sums
    problem, target = np.empty((layout.VECTORS, q)), np.empty((layout.TARGET_ROWS, q))
    order, high, low = np.empty((2, q - 1), np.int64), np.empty((q, q)), np.empty((q, q))
    rank = factor.solve(sums, np.zeros(q), np.zeros((2, q - 1)), fit_intercept, problem, target, order, high, low)
    unit = Fraction(2) ** int(target[layout.EXPONENT_Y, 0])
    units = [Fraction(2) ** int(e) for e in problem[layout.EXPONENT]]
    best = target[layout.BEST : layout.BEST + 2].T.tolist()
    theta = [(Fraction(h) + Fraction(l)) * unit / u for (h, l), u in zip(best, units, strict=True)]
    return (theta if fit_intercept else theta[1:]), rank


@pytest.mark.skipif(not NIST.exists(), reason="NIST's sets are not part of the project")
@pytest.mark.parametrize("name", SETS)
def test_nist_sets(name: str) -> None:
    about = json.loads((NIST / "certified.json").read_text())[name]
    raw = np.loadtxt(NIST / f"{name}.csv", delimiter=",", skiprows=1)
    design = raw[:, 1:]
    if about["kind"] == "polynomial":
        design = np.array([[float(Fraction(v) ** k) for k in range(1, about["degree"] + 1)] for v in raw[:, 1].tolist()])
    coef, rank = solve(np.column_stack([design, raw[:, 0]]), about["intercept"])
    wanted = [Fraction(text) for text in about["exact_f64_design_coefs"]]
    digits = 13 if name == "Filip" else 15
    assert rank == design.shape[1]
    assert max(abs(Fraction(float(c)) / w - 1) for c, w in zip(coef, wanted, strict=True)) < Fraction(1, 10**digits)


@given(tables(least=2))
def test_one_column_through_the_origin(rows: np.ndarray) -> None:
    x, y = rows[:, 0], rows[:, -1]
    [slope], rank = solve(np.column_stack([x, y]), fit_intercept=False)
    assert rank == x.any()
    [wanted] = exact.Problem.of([x.tolist()], y.tolist(), fit_intercept=False).limit()
    assert abs(slope - wanted) <= (abs(wanted) + Fraction(float(abs(y).max())) / Fraction(float(abs(x).max() or 1))) / 10**26


@given(tables(least=6))
def test_columns_that_others_make_up_are_told(rows: np.ndarray) -> None:
    rows = np.round(rows)  # so that the combination is exact
    doubled = np.column_stack([rows[:, :-1], 2 * rows[:, 0] - 3 * rows[:, -2], rows[:, -1]])
    _, rank = solve(doubled, fit_intercept=True)
    *columns, y = doubled.T.tolist()
    assert rank == exact.Problem.of(columns, y).rank - 1


def test_the_precision_of_a_fit_cannot_be_changed_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fastgd.moments.wide.PRODUCTS", 0)
    X = np.random.default_rng(0).normal(size=(100, 41))
    result = fastgd.fit(X, X.sum(axis=1) + 1.0)
    before = result.moments.precision
    assert before is not None and before.max() > 0.0
    before[:] = 0.0
    assert result.moments.precision.max() > 0.0
