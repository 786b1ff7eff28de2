"""The same question put otherwise: to the last bit where nothing but the form changes, to 14 digits where rounding may.

Every road is asked everything: limit point, iterates, error, what is left, counts, curvature, inference. The rows reach past the
borders of blocks, of 4,096 rows, and where BLAS does the work of some hundred.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import fastgd
import fastgd.moments.wide

BLOCK = 4096
COUNTS = [1, 2, 1000, 10**6 + 1, 10**12]


@dataclass(frozen=True)
class Question:
    X: np.ndarray
    y: np.ndarray
    weights: np.ndarray | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def ask(self, **more: Any) -> fastgd.FitResult:
        return fastgd.fit(self.X, self.y, sample_weight=self.weights, **self.options, **more)

    def parts(self, cuts: list[int]) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray | None]]:
        edges = [0, *sorted(cut % (len(self.y) + 1) for cut in cuts), len(self.y)]
        for a, b in zip(edges[:-1], edges[1:], strict=True):
            if a < b:
                yield self.X[a:b], self.y[a:b], None if self.weights is None else self.weights[a:b]


def question(n: int, p: int, seed: int, weigh: bool = False, **options: Any) -> Question:
    """Numbers that float32 holds, of several sizes, some of the columns far from zero."""
    rng = np.random.default_rng(seed)
    X = rng.integers(-999, 1000, (n, p)) * 2.0 ** rng.integers(-9, 10, p)
    X += rng.choice([0.0, 0.0, 2.0**14], p)
    X = X.astype(np.float32).astype(float)
    y = rng.integers(-99, 100, n) + np.rint(X @ rng.normal(size=p) / (1.0 + np.abs(X).max()) * 40.0)
    weights = rng.integers(1, 5, n) * 0.75 if weigh else None
    return Question(X, y, weights, options)


def answers(result: fastgd.FitResult) -> dict[str, list[str]]:
    """All that a fit says, bit by bit."""
    stability, optimum = result.stability, result.optimum
    path = result.path(at=COUNTS)
    said = {
        "where it ended": [result.intercept, *result.coef],
        "how far": [result.error, result.remaining, result.r2, result.n_iter, result.rank],
        "rate": [result.learning_rate, stability.max_learning_rate, stability.best_learning_rate],
        "curvature": [*stability.eigenvalues, stability.condition, *stability.directions.flat],
        "optimum": [optimum.intercept, *optimum.coef, optimum.error],
        "path": [*path.intercept, *path.coef.flat, *path.error],
        "mean": [*result.moments.mean],
    }
    return {name: [float(value).hex() for value in values] for name, values in said.items()}


def limit_bits(result: fastgd.FitResult) -> list[str]:
    return [float(value).hex() for value in (result.intercept, *result.coef, result.rank)]


def aligned(array: np.ndarray, offset: int) -> np.ndarray:
    """A C-ordered copy that begins so many bytes after a cache line does."""
    memory = np.zeros(array.nbytes + 128, np.uint8)
    start = -memory.ctypes.data % 64 + offset
    moved = memory[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    moved[...] = array
    return moved


FORMS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "F": np.asfortranarray,
    "every third row": lambda a: np.repeat(a, 3, axis=0)[::3],
    "backwards": lambda a: np.flip(np.flip(a).copy()),
    "inside another": lambda a: np.pad(a, [(2, 3)] * a.ndim, constant_values=np.nan)[(slice(2, -3),) * a.ndim],
    "float32": partial(np.asarray, dtype=np.float32),
    "big-endian": partial(np.asarray, dtype=">f8"),
    "longdouble": partial(np.asarray, dtype=np.longdouble),
    "objects": partial(np.asarray, dtype=object),
    **{f"{offset} bytes on": partial(aligned, offset=offset) for offset in (1, 4, 8, 16, 24, 32, 40, 48, 56)},
}
requests = st.fixed_dictionaries(
    {}, optional={"max_iter": st.sampled_from([0, 3, 10**9]), "fit_intercept": st.just(False), "standardize": st.just(True)}
)
sizes = st.one_of(st.integers(45, 300), st.sampled_from([BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 77]))


@given(st.sampled_from(list(FORMS)), sizes, st.sampled_from([1, 2, 3, 9]), st.booleans(), requests, st.integers(0, 99))
@settings(max_examples=60)
def test_the_form_changes_no_bit(form: str, n: int, p: int, weigh: bool, options: dict[str, Any], seed: int) -> None:
    plain, dress = question(n, p, seed, weigh, **options), FORMS[form]
    dressed = replace(plain, X=dress(plain.X), y=dress(plain.y))
    assert np.array_equal(dressed.X, plain.X)
    assert answers(dressed.ask()) == answers(plain.ask())
    if form in ("float32", "objects"):
        return
    weights = None if plain.weights is None else dress(plain.weights)
    table = np.column_stack([plain.X, plain.y])
    assert answers(fastgd.fit(dress(table), sample_weight=weights, **options)) == answers(plain.ask())


@pytest.fixture
def blas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small data of many features go the way of large ones."""
    monkeypatch.setattr(fastgd.moments.wide, "PRODUCTS", 0)


def wide_question(weigh: bool, **options: Any) -> Question:
    """Two blocks of BLAS: of 42 features they have 5,460 rows."""
    return question(6000, fastgd.moments.wide.FEATURES + 2, 5, weigh, **options)


@pytest.mark.usefixtures("blas")
@pytest.mark.parametrize("weigh", [False, True])
def test_the_form_changes_no_bit_of_many_features(weigh: bool) -> None:
    plain = wide_question(weigh)
    result = plain.ask()
    assert result.moments.to_bytes() != fastgd.Moments.from_arrays(plain.X, plain.y, plain.weights).to_bytes()  # by BLAS
    wanted = answers(result)
    for form, dress in FORMS.items():
        assert answers(replace(plain, X=dress(plain.X), y=dress(plain.y)).ask()) == wanted, form


@pytest.mark.usefixtures("blas")
@pytest.mark.parametrize("n_jobs", [2, 3, 8])
@pytest.mark.parametrize("options", [{}, {"max_iter": 7}, {"fit_intercept": False}], ids=str)
def test_threads_change_no_bit(n_jobs: int, options: dict[str, Any]) -> None:
    for plain in (wide_question(True, **options), question(70_000, 3, 1, **options), question(70_000, 1, 2, True, **options)):
        assert answers(plain.ask(n_jobs=n_jobs)) == answers(plain.ask())


def collected(plain: Question, cuts: list[int]) -> fastgd.Moments:
    moments = fastgd.Moments()
    for X, y, weights in plain.parts(cuts):
        moments.update(X, y, sample_weight=weights)
    return moments


def joined(plain: Question, cuts: list[int]) -> fastgd.Moments:
    """Of parts that were summed elsewhere, once the first block was seen."""
    weights = None if plain.weights is None else plain.weights[:BLOCK]
    first = fastgd.Moments.from_arrays(plain.X[:BLOCK], plain.y[:BLOCK], weights)
    total, row = fastgd.Moments(), 0
    for X, y, more in plain.parts(cuts):
        part = first.starting_at(row) if row else fastgd.Moments()
        total, row = total + fastgd.Moments.from_bytes(part.update(X, y, sample_weight=more).to_bytes()), row + len(y)
    return total


ROADS: dict[str, Callable[[Question, list[int]], Any]] = {
    "blocks": lambda plain, cuts: iter(list(plain.parts(cuts))),
    "collected": collected,
    "joined": joined,
}
cuts = st.lists(st.integers(0, 10**6), max_size=5)


@given(st.sampled_from(list(ROADS)), sizes, st.sampled_from([1, 3, 45]), st.booleans(), requests, cuts, st.integers(0, 99))
@settings(max_examples=60)
@example("joined", 2 * BLOCK + 77, 45, True, {"max_iter": 3}, [BLOCK, BLOCK + 1, 5], 0)
def test_the_road_changes_no_bit(
    road: str, n: int, p: int, weigh: bool, options: dict[str, Any], borders: list[int], seed: int
) -> None:
    plain = question(n, p, seed, weigh, **options)
    if not weigh and road == "blocks":
        data: Any = ((X, y) for X, y, _ in plain.parts(borders))
    else:
        data = ROADS[road](plain, borders)
    assert answers(fastgd.fit(data, **options)) == answers(plain.ask())


@pytest.mark.usefixtures("blas")
@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_many_features_have_one_limit_point_by_any_road(road: str, fit_intercept: bool) -> None:
    plain = wide_question(True, fit_intercept=fit_intercept)
    data = ROADS[road](plain, [1, 4000, 5500])
    assert limit_bits(fastgd.fit(data, fit_intercept=fit_intercept)) == limit_bits(plain.ask())


@pytest.mark.parametrize("p", [1, 3, 45])
@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow", "csv", "parquet"])
def test_frames_and_files_change_no_bit(kind: str, p: int, tmp_path: Path) -> None:
    plain = question(BLOCK + 500, p, 8, True)
    names = [f"f{j}" for j in range(p)]
    pa = pytest.importorskip("pyarrow")
    table = pa.table({**dict(zip(names, plain.X.T, strict=True)), "y": plain.y, "w": plain.weights})
    data: Any = table
    if kind == "pandas":
        data = pytest.importorskip("pandas").DataFrame(table.to_pydict())
    elif kind == "polars":
        data = pytest.importorskip("polars").from_arrow(table)
    elif kind == "csv":
        data = tmp_path / "rows.csv"
        pytest.importorskip("pyarrow.csv").write_csv(table, data)
    elif kind == "parquet":
        data = tmp_path / "rows.parquet"
        pytest.importorskip("pyarrow.parquet").write_table(table, data, row_group_size=999)
    for options in ({}, {"max_iter": 3, "standardize": True}):
        found = fastgd.fit(data, "y", features=names, sample_weight="w", **options)
        assert answers(found) == answers(replace(plain, options=options).ask())


everyone = st.sampled_from([1, 2, 5])


@given(sizes, everyone, st.booleans(), requests, st.integers(0, 99), st.integers(-60, 60), st.data())
@settings(max_examples=40)
def test_powers_of_two_change_no_digit(
    n: int, p: int, weigh: bool, options: dict[str, Any], seed: int, of_y: int, data: st.DataObject
) -> None:
    """On the target, at any iteration; on columns, of the limit point and in standardised coordinates. Weights, on all of it."""
    plain = question(n, p, seed, weigh, **options)
    result = plain.ask()
    scaled = replace(plain, y=np.ldexp(plain.y, of_y)).ask()
    assert [scaled.intercept, *scaled.coef] == np.ldexp([result.intercept, *result.coef], of_y).tolist()
    assert scaled.error == math.ldexp(result.error, 2 * of_y)
    assert (scaled.r2, scaled.remaining, scaled.n_iter) == (result.r2, result.remaining, result.n_iter)
    assert scaled.stability.eigenvalues.tolist() == result.stability.eigenvalues.tolist()
    if weigh:
        assert plain.weights is not None
        heavier = replace(plain, weights=np.ldexp(plain.weights, of_y))
        assert answers(heavier.ask()) == answers(result)
    powers = np.array(data.draw(st.lists(st.integers(-60, 60), min_size=p, max_size=p)))
    if "max_iter" in options and "standardize" not in options:
        return
    other = replace(plain, X=np.ldexp(plain.X, powers)).ask()
    assert [other.intercept, *np.ldexp(other.coef, powers)] == [result.intercept, *result.coef]
    assert (other.error, other.r2, other.rank) == (result.error, result.r2, result.rank)


@pytest.mark.usefixtures("blas")
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_powers_of_two_change_no_digit_of_many_features(fit_intercept: bool) -> None:
    plain = wide_question(False, fit_intercept=fit_intercept)
    powers = np.random.default_rng(0).integers(-60, 61, plain.X.shape[1])
    result, scaled = plain.ask(), replace(plain, X=np.ldexp(plain.X, powers), y=np.ldexp(plain.y, 9)).ask()
    assert [scaled.intercept, *np.ldexp(scaled.coef, powers)] == np.ldexp([result.intercept, *result.coef], 9).tolist()


@given(sizes, everyone, st.booleans(), requests, st.integers(0, 99), st.sampled_from([np.nan, np.inf, -1e300, 0.0]))
@settings(max_examples=40)
def test_appended_rows_of_weight_zero_change_no_bit(
    n: int, p: int, weigh: bool, options: dict[str, Any], seed: int, fill: float
) -> None:
    plain = question(n, p, seed, weigh, **options)
    weights = np.ones(n) if plain.weights is None else plain.weights
    more = 1 + seed * 50
    longer = Question(
        np.vstack([plain.X, np.full((more, p), fill)]), np.append(plain.y, np.full(more, fill)),
        np.append(weights, np.zeros(more)), options,
    )  # fmt: skip
    assert answers(longer.ask()) == answers(plain.ask())


@given(sizes, everyone, st.booleans(), requests, st.integers(0, 99))
@settings(max_examples=40)
def test_signs_change_no_digit(n: int, p: int, weigh: bool, options: dict[str, Any], seed: int) -> None:
    plain = question(n, p, seed, weigh, **options)
    result, down = plain.ask(), replace(plain, y=-plain.y).ask()
    assert [down.intercept, *down.coef] == [-result.intercept, *-result.coef]
    assert (down.error, down.remaining, down.n_iter) == (result.error, result.remaining, result.n_iter)
    signs = np.where(np.arange(p) % 2 == 0, -1.0, 1.0)
    turned = replace(plain, X=plain.X * signs).ask()
    assert [turned.intercept, *turned.coef] == [result.intercept, *(result.coef * signs)]
    assert (turned.error, turned.remaining, turned.n_iter) == (result.error, result.remaining, result.n_iter)


def require_14_digits(found: fastgd.FitResult, wanted: fastgd.FitResult, parameters: np.ndarray, plain: Question) -> None:
    """Of each parameter, intercept first, which are those `wanted` in other clothes; of the rest that a fit says."""
    size = np.sqrt((plain.y**2).mean()) / np.append(1.0, plain.X.std(axis=0))
    assert (np.abs([found.intercept, *found.coef] - parameters) <= 1e-14 * np.abs(parameters) + 1e-20 * size).all()
    assert found.error == pytest.approx(wanted.error, rel=1e-14)
    assert found.rank == wanted.rank
    most, mine = wanted.stability.max_learning_rate, found.stability.max_learning_rate
    assert mine == pytest.approx(most, rel=1e-14)


def parameters_of(result: fastgd.FitResult) -> np.ndarray:
    return np.array([result.intercept, *result.coef])


many = st.sampled_from([1, 2, 5, 45])


@given(sizes, many, st.booleans(), requests, st.integers(0, 99))
@settings(max_examples=40)
def test_the_order_of_rows_and_columns_changes_no_14_digits(
    n: int, p: int, weigh: bool, options: dict[str, Any], seed: int
) -> None:
    plain, rng = question(n, p, seed, weigh, **options), np.random.default_rng(seed)
    result, rows, columns = plain.ask(), rng.permutation(n), rng.permutation(p)
    weights = None if plain.weights is None else plain.weights[rows]
    other = Question(plain.X[rows][:, columns], plain.y[rows], weights, options)
    parameters = parameters_of(result)[np.append(0, 1 + columns)]
    require_14_digits(other.ask(), result, parameters, other)


@given(sizes, many, requests, st.integers(0, 99))
@settings(max_examples=40)
def test_whole_weights_are_repeats_to_14_digits(n: int, p: int, options: dict[str, Any], seed: int) -> None:
    plain = question(n, p, seed, **options)
    plain = replace(plain, X=plain.X / 3.0, y=plain.y / 7.0)  # so that products with weights round
    counts = np.random.default_rng(seed).integers(0, 4, n)
    counts[: p + 2] += 1
    weighted = replace(plain, weights=counts.astype(float)).ask()
    repeated = replace(plain, X=np.repeat(plain.X, counts, axis=0), y=np.repeat(plain.y, counts)).ask()
    require_14_digits(weighted, repeated, parameters_of(repeated), plain)


@given(sizes, many, st.booleans(), requests, st.integers(0, 99))
@settings(max_examples=40)
def test_a_plane_added_to_the_target_is_added_to_the_fit(
    n: int, p: int, weigh: bool, options: dict[str, Any], seed: int
) -> None:
    """To 14 digits, at any iteration if it is added to the start too; with none, to the limit point."""
    plain, rng = question(n, p, seed, weigh, **options), np.random.default_rng(seed)
    first = options.get("fit_intercept", True)
    plane = rng.integers(-9, 10, p + 1).astype(float) * np.append(first, np.ones(p))
    start = rng.integers(-9, 10, p + 1).astype(float)
    result = plain.ask(start=start[not first :])
    raised = replace(plain, y=plain.y + plane[0] + plain.X @ plane[1:])
    found = raised.ask(start=(start + plane)[not first :])
    require_14_digits(found, result, parameters_of(result) + plane, raised)
    assert found.remaining == pytest.approx(result.remaining, rel=1e-13)


@pytest.mark.usefixtures("blas")
@pytest.mark.parametrize("weigh", [False, True])
def test_many_features_by_blas_to_14_digits(weigh: bool) -> None:
    plain, rng = wide_question(weigh), np.random.default_rng(1)
    result, (n, p) = plain.ask(), plain.X.shape
    rows, columns = rng.permutation(n), rng.permutation(p)
    weights = None if plain.weights is None else plain.weights[rows]
    other = Question(plain.X[rows][:, columns], plain.y[rows], weights)
    require_14_digits(other.ask(), result, parameters_of(result)[np.append(0, 1 + columns)], other)
    plane = rng.integers(-9, 10, p + 1).astype(float)
    raised = replace(plain, y=plain.y + plane[0] + plain.X @ plane[1:])
    require_14_digits(raised.ask(), result, parameters_of(result) + plane, raised)
    signs = rng.choice([-1.0, 1.0], p)
    turned = replace(plain, X=plain.X * signs, y=-plain.y)
    require_14_digits(turned.ask(), result, -parameters_of(result) * np.append(1.0, signs), turned)
    counts = rng.integers(1, 4, n)
    repeated = Question(np.repeat(plain.X, counts, axis=0), np.repeat(plain.y, counts)).ask()
    weighted = replace(plain, weights=counts.astype(float))
    require_14_digits(weighted.ask(), repeated, parameters_of(repeated), weighted)
