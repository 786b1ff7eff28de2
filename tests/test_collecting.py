"""Moments that are collected: any cut of the rows, any threads, any order of joining give the bits of one pass."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from fractions import Fraction
from random import Random

import mpmath
import numpy as np
import pytest
from exact import fractions, mean
from hypothesis import example, given, settings
from hypothesis import strategies as st

import fastgd

BLOCK = 4096


def bits(moments: fastgd.Moments) -> tuple[object, ...]:
    """The sums and what follows from them."""
    result = fastgd.fit(moments, standardize=True)
    return result.moments.to_bytes(), result.intercept.hex(), result.coef.tobytes(), result.stability.eigenvalues.tobytes()


def rows(kind: str, n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 2))
    weight = None
    if kind == "far":
        X = X * [1.0, 1e3] + [1.7e12, -3.0]
    elif kind == "collinear":
        X[:, 1] = 2.0 * X[:, 0] + 1e-9 * rng.normal(size=n)
    elif kind == "huge":
        X *= [1e200, 1e-200]
    elif kind == "growing":
        X *= 10.0 ** np.linspace(-300, 300, n)[:, np.newaxis]
    elif kind == "late":  # a dummy that is zero for long
        X[:, 1] = np.arange(n) > n - 5
    elif kind == "weighted":
        weight = rng.integers(0, 3, n).astype(float)
        weight[-1] = 1e-3
    elif kind == "hugely weighted":
        weight = 10.0 ** rng.uniform(-290, 290, n)
    elif kind == "constant":
        X[:, 0] = 3.7
    y = rng.normal(size=n) + np.linspace(0.0, 1.0, n)
    return X, y, weight


KINDS = ["plain", "far", "collinear", "huge", "growing", "late", "weighted", "hugely weighted", "constant"]


def pieces(n: int, cuts: Sequence[int]) -> list[slice]:
    edges = [0, *sorted(c % (n + 1) for c in cuts), n]
    return [slice(a, b) for a, b in zip(edges[:-1], edges[1:], strict=True)]


def collect(X: np.ndarray, y: np.ndarray, weight: np.ndarray | None, cuts: Sequence[int]) -> fastgd.Moments:
    moments = fastgd.Moments()
    for part in pieces(len(X), cuts):
        if part.stop > part.start and (weight is None or weight[part].any()):
            moments.update(X[part], y[part], sample_weight=None if weight is None else weight[part])
    return moments


@pytest.mark.parametrize("n", [1, 100, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 5 * BLOCK + 17, 70 * BLOCK + 5])
@pytest.mark.parametrize("kind", KINDS)
def test_any_cut_has_the_bits_of_one_pass(kind: str, n: int) -> None:
    X, y, weight = rows(kind, n)
    whole = bits(fastgd.fit(X, y, sample_weight=weight, standardize=True).moments)
    rng = np.random.default_rng(n)
    for cuts in ([], [1], [BLOCK], [n // 2], rng.integers(0, n + 1, 5).tolist(), range(0, n, 1000)):
        assert bits(collect(X, y, weight, list(cuts))) == whole


@given(st.sampled_from(KINDS), st.integers(1, 9000), st.lists(st.integers(0, 10**6), max_size=6), st.integers(0, 99))
@settings(max_examples=60)
def test_random_cuts(kind: str, n: int, cuts: list[int], seed: int) -> None:
    X, y, weight = rows(kind, n, seed)
    if weight is not None:
        weight[0] = 1.0
    assert bits(collect(X, y, weight, cuts)) == bits(fastgd.fit(X, y, sample_weight=weight, standardize=True).moments)


def test_single_rows() -> None:
    X, y, _ = rows("far", BLOCK + 3)
    moments = fastgd.Moments()
    for x, t in zip(X, y, strict=True):
        moments.update(x[np.newaxis], t[np.newaxis])
    assert bits(moments) == bits(fastgd.Moments.from_arrays(X, y))


@pytest.mark.parametrize("n_jobs", [2, 3, 8])
@pytest.mark.parametrize("kind", KINDS)
def test_threads(kind: str, n_jobs: int) -> None:
    X, y, weight = rows(kind, 40 * BLOCK + 9)
    one = fastgd.fit(X, y, sample_weight=weight, standardize=True)
    several = fastgd.fit(X, y, sample_weight=weight, standardize=True, n_jobs=n_jobs)
    assert bits(one.moments) == bits(several.moments)
    stability = fastgd.analyse(X.tolist(), y.tolist(), sample_weight=weight, standardize=True, n_jobs=n_jobs)
    assert stability.eigenvalues.tobytes() == one.stability.eigenvalues.tobytes()


@given(
    st.sampled_from(KINDS),
    st.integers(1, 12 * BLOCK),
    st.lists(st.integers(0, 10**6), max_size=7),
    st.randoms(use_true_random=False),
)
@example("plain", 2, [0, 1], Random(0))
@settings(max_examples=60)
def test_segments_joined_in_any_grouping(kind: str, n: int, cuts: list[int], random: object) -> None:
    X, y, weight = rows(kind, n)
    if weight is not None:
        keep = weight > 0.0  # rows that are absent are not counted
        X, y, weight = X[keep], y[keep], weight[keep]
        n = len(X)
        if n == 0:
            return
    first = collect(X[: min(n, BLOCK)], y[: min(n, BLOCK)], None if weight is None else weight[:BLOCK], [])
    parts = []
    for part in pieces(n, cuts):
        moments = first.starting_at(part.start) if part.start else fastgd.Moments()
        if part.stop > part.start:
            moments.update(X[part], y[part], sample_weight=None if weight is None else weight[part])
        parts.append(pickle.loads(pickle.dumps(moments)))
    while len(parts) > 1:
        i = random.randrange(len(parts) - 1)  # type: ignore[attr-defined]
        parts[i : i + 2] = [parts[i] + parts[i + 1]]
    assert bits(parts[0]) == bits(fastgd.Moments.from_arrays(X, y, sample_weight=weight))


@given(st.sampled_from([*KINDS, "closed", "part"]), st.integers(1, 2 * BLOCK), st.integers(0, 9))
@settings(max_examples=40)
def test_adding_nothing_changes_nothing(kind: str, n: int, seed: int) -> None:
    X, y, weight = rows(kind, n, seed)
    if weight is not None:
        weight[0] = 1.0
    moments = fastgd.Moments.from_arrays(X, y, weight)
    if kind == "closed":
        moments = fastgd.fit(moments).moments
    elif kind == "part":
        moments = moments.starting_at(BLOCK + 7)
    before, empty = moments.to_bytes(), fastgd.Moments()
    for same in (empty + moments, moments + empty, empty + moments + empty, sum([moments]), empty + empty + moments):
        assert isinstance(same, fastgd.Moments)
        assert same.to_bytes() == before
        same += fastgd.Moments.from_arrays([[1.0, 2.0]], [3.0])
    for one in (first := empty + moments, moments + empty, moments.copy()):
        if kind != "part" or n >= BLOCK:
            assert one.update(X, y, sample_weight=weight).to_bytes() == first.to_bytes()
    assert moments.to_bytes() == before
    assert empty.to_bytes() == fastgd.Moments().to_bytes()


def exact_moments(X: np.ndarray, y: np.ndarray, weight: np.ndarray | None) -> tuple[list[Fraction], list[list[Fraction]]]:
    """Means and covariances of all columns, in rational arithmetic."""
    columns = [fractions(column) for column in np.column_stack([X, y]).T.tolist()]
    weights = fractions([1.0] * len(y) if weight is None else weight.tolist())
    means = [mean(column, weights) for column in columns]
    off = [[v - m for v in column] for column, m in zip(columns, means, strict=True)]
    return means, [[mean([a * b for a, b in zip(u, v, strict=True)], weights) for v in off] for u in off]


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "growing"])
def test_moments_of_separate_machines_add_to_14_digits(kind: str, order: int) -> None:
    X, y, weight = rows(kind, 300)
    if weight is not None:
        weight += weight == 0.0
    parts = [slice(0, 7), slice(7, 120), slice(120, 121), slice(121, 300)][::order]
    total = sum(fastgd.Moments.from_arrays(X[p], y[p], None if weight is None else weight[p]) for p in parts)
    assert isinstance(total, fastgd.Moments)
    assert total.n_samples == 300
    means, covariance = exact_moments(X, y, weight)
    with mpmath.workdps(30):
        squares = [mpmath.mpf(row[i].numerator) / row[i].denominator for i, row in enumerate(covariance)]
        sizes = [Fraction(str(mpmath.sqrt(square))) for square in squares]
    for i, (found, wanted) in enumerate(zip(total.mean.tolist(), means, strict=True)):
        assert abs(Fraction(found) - wanted) <= Fraction(1e-15) * max(abs(wanted), sizes[i])
    if kind == "huge":
        return  # a variance of 1e400
    for i, j in np.ndindex(3, 3):
        assert abs(Fraction(float(total.covariance[i, j])) - covariance[i][j]) <= Fraction(1e-14) * sizes[i] * sizes[j]


def test_sums_about_shifts_far_apart() -> None:
    """Each part lies far from zero and hardly varies: their sums are about shifts of their own."""
    rng = np.random.default_rng(5)
    parts = [(c + rng.normal(size=(50, 1)) * 1e-3, rng.normal(size=50)) for c in (1e9, -3e8, 0.0, 1e9 + 1)]
    total = sum(fastgd.Moments.from_arrays(X, y) for X, y in parts)
    assert isinstance(total, fastgd.Moments)
    X, y = np.concatenate([X for X, _ in parts]), np.concatenate([y for _, y in parts])
    _, covariance = exact_moments(X, y, None)
    assert total.covariance[0, 0] == pytest.approx(float(covariance[0][0]), rel=1e-14)
    assert total.covariance[0, 1] == pytest.approx(float(covariance[0][1]), rel=1e-14)
    assert fastgd.fit(total).slope == pytest.approx(fastgd.fit(X, y).slope, rel=1e-14)


def test_a_part_that_others_gave_its_shifts_is_added_about_its_own() -> None:
    """It begins where the first part ends, but was begun from moments of other first rows."""
    rng = np.random.default_rng(6)
    X, y = 1e9 + rng.normal(size=(3 * BLOCK, 1)), rng.normal(size=3 * BLOCK)
    first, others = (fastgd.Moments.from_arrays(X[:BLOCK] - offset, y[:BLOCK]) for offset in (0.0, 2e9))
    total = first + others.starting_at(BLOCK).update(X[BLOCK:], y[BLOCK:])
    assert total.n_samples == len(y)
    _, covariance = exact_moments(X, y, None)
    assert total.covariance[0].tolist() == pytest.approx([float(value) for value in covariance[0]], rel=1e-13)


def test_rows_beside_which_the_shift_leaves_nothing() -> None:
    """A part whose x float64 cannot tell from 0 in the units of the first rows: zero throughout, whatever those were."""
    for X in ([[5e-95], [3e-311]], [[5e-95, 2e-99], [3e-311, 0.0]]):
        first = fastgd.Moments.from_arrays(np.full((4098, len(X[0])), 1e243), np.full(4098, 1e-96))
        result = fastgd.fit(first.starting_at(4098).update(X, [3.0, 1.0]))
        assert result.coef.tolist() == [0.0] * len(X[0])
        assert result.intercept == 2.0
        assert result.stability.max_learning_rate == 1.0


def test_rows_go_on_after_a_fit_and_leave_it_alone() -> None:
    X, y, _ = rows("far", 500)
    result = fastgd.fit(X[:400], y[:400], max_iter=3, standardize=True)
    before = result.coef.tobytes(), result.stability.eigenvalues.tobytes()
    moments = result.moments
    more = moments.update(X[400:], y[400:])
    assert more is moments
    assert (result.coef.tobytes(), result.stability.eigenvalues.tobytes()) == before
    assert result.moments.n_samples == 400
    assert moments.n_samples == 500
    assert fastgd.fit(moments).coef == pytest.approx(fastgd.fit(X, y).coef, rel=1e-13)


def test_a_copy_and_its_original_go_their_own_ways() -> None:
    X, y, _ = rows("plain", 100)
    one = fastgd.Moments.from_arrays(X[:50], y[:50])
    other = one.copy()
    one.update(X[50:60], y[50:60])
    other.update(X[60:], y[60:])
    assert bits(one) == bits(fastgd.Moments.from_arrays(X[:60], y[:60]))
    assert bits(other) == bits(
        fastgd.Moments.from_arrays(np.delete(X, slice(50, 60), axis=0), np.delete(y, slice(50, 60)))
    )


@pytest.mark.parametrize("row", [50, BLOCK + 5, 2 * BLOCK])
def test_what_fails_changes_nothing(row: int) -> None:
    X, y, _ = rows("plain", 3 * BLOCK + 100)
    moments = fastgd.Moments.from_arrays(X[:77], y[:77])
    before = moments.to_bytes()
    broken = X.copy()
    broken[row, 1] = np.nan
    with pytest.raises(fastgd.DataError, match=rf"nan in row {row}, x\[:, 1\]: every value must be a finite number"):
        moments.update(broken, y)
    assert moments.to_bytes() == before
    moments.update(X[77:], y[77:])
    assert bits(moments) == bits(fastgd.Moments.from_arrays(X, y))


def test_ctrl_c_in_the_middle_of_an_update_leaves_the_moments_as_they_were() -> None:
    X, y = np.arange(20_000.0).reshape(-1, 2), np.arange(10_000.0) ** 2

    def blocks() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        yield X[5000:9000], y[5000:9000]
        raise KeyboardInterrupt

    moments = fastgd.Moments().update(X[:5000], y[:5000])
    before = moments.to_bytes()
    with pytest.raises(KeyboardInterrupt):
        moments.update(blocks())
    assert moments.to_bytes() == before
    assert bits(moments.update(X[5000:], y[5000:])) == bits(fastgd.Moments.from_arrays(X, y))


def test_a_size_of_kilobytes_for_any_number_of_rows() -> None:
    sizes = {len(fastgd.fit(*rows("plain", n)[:2]).moments.to_bytes()) for n in (10, 10**5)}
    assert max(sizes) < 1000
    open_ended = fastgd.Moments.from_arrays(*rows("plain", 100 * BLOCK - 1)[:2])
    assert len(open_ended.to_bytes()) < 8 * 4 * BLOCK + 10_000


def test_bytes_give_the_same_moments() -> None:
    X, y, weight = rows("weighted", 3 * BLOCK + 9)
    moments = fastgd.Moments.from_arrays(X[:-9], y[:-9], None if weight is None else weight[:-9])
    again = fastgd.Moments.from_bytes(bytearray(moments.to_bytes()))
    assert again.to_bytes() == moments.to_bytes()
    for one in (moments, again):
        one.update(X[-9:], y[-9:], sample_weight=None if weight is None else weight[-9:])
    assert bits(again) == bits(moments) == bits(fastgd.Moments.from_arrays(X, y, weight))


@given(st.integers(0, 10**6), st.integers(1, 255))
def test_a_changed_byte_is_noticed(place: int, change: int) -> None:
    data = bytearray(fastgd.Moments.from_arrays(*rows("plain", 30)[:2]).to_bytes())
    data[place % len(data)] ^= change
    with pytest.raises(fastgd.DataError, match="these bytes are not moments|have version|cut off or were changed"):
        fastgd.Moments.from_bytes(bytes(data))


@given(st.integers(0, 10**6))
def test_missing_bytes_are_noticed(place: int) -> None:
    data = fastgd.Moments.from_arrays(*rows("plain", 30)[:2]).to_bytes()
    with pytest.raises(fastgd.DataError, match="these bytes are not moments|cut off or were changed"):
        fastgd.Moments.from_bytes(data[: place % len(data)])


def test_other_versions_are_refused() -> None:
    data = fastgd.Moments().to_bytes()
    with pytest.raises(fastgd.DataError, match="have version b'02' of the format, and this fastgd reads version b'01'"):
        fastgd.Moments.from_bytes(data.replace(b"fastgd moments 01", b"fastgd moments 02"))
    with pytest.raises(fastgd.DataError, match="moments are read from bytes, not from str: pass what to_bytes returned"):
        fastgd.Moments.from_bytes("fastgd")  # type: ignore[arg-type]


def test_empty_moments() -> None:
    empty = fastgd.Moments()
    assert (empty.n_samples, empty.n_features, empty.n_dropped, repr(empty)) == (0, 0, 0, "<Moments of 0 rows>")
    one = fastgd.Moments.from_arrays([1, 2], [3, 5])
    assert bits(empty + one) == bits(one + empty) == bits(one)
    assert (empty + empty).n_samples == 0
    again = fastgd.Moments.from_bytes(empty.to_bytes())
    for use in (lambda: empty.mean, lambda: fastgd.fit(empty), lambda: fastgd.analyse(again)):
        with pytest.raises(fastgd.DataError, match="^no rows: these moments are empty; at least one row is needed$"):
            use()


def test_other_columns_are_refused() -> None:
    two, one = fastgd.Moments.from_arrays([[1, 2]], [3]), fastgd.Moments.from_arrays([1], [3])
    match = "^these moments have 2 features and the others 1: they need the same columns$"
    with pytest.raises(fastgd.DataError, match=match):
        two + one
    with pytest.raises(fastgd.DataError, match=match):
        two.update([1], [3])
    with pytest.raises(TypeError, match="unsupported operand"):
        two + 1  # type: ignore[operator]


def test_names_are_kept_and_compared() -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": [1.0, 2.0, 4.0], "b": [3.0, 5.0, 5.5], "y": [1.0, 0.0, 2.0]})
    moments = fastgd.Moments().update(frame, "y")
    moments.update(frame[["y", "b", "a"]], "y")
    assert moments.feature_names == ("a", "b")
    assert bits(moments) == bits(fastgd.Moments().update(pd.concat([frame, frame]), "y"))
    assert fastgd.Moments.from_bytes(moments.to_bytes()).target_name == "y"
    with pytest.raises(fastgd.DataError, match=r"^these moments have the features \('a', 'b'\) and the others \('a', 'c'\)$"):
        moments.update(frame.rename(columns={"b": "c"}), "y")
    with pytest.raises(fastgd.DataError, match=r"^these moments have the features \('a', 'b'\) and the others \('a', 'c'\)$"):
        moments + fastgd.Moments().update(frame.rename(columns={"b": "c"}), "y")
    with pytest.raises(fastgd.DataError, match=r"^these moments have the target 'y' and the others 'z'$"):
        moments + fastgd.Moments().update(frame.rename(columns={"y": "z"}), "z")


@pytest.mark.parametrize("row", [-1, 1.5, "2"])
def test_starting_at_refuses(row: object) -> None:
    moments = fastgd.Moments.from_arrays([1, 2], [3, 5])
    with pytest.raises(fastgd.DataError, match=r"^row=.*: it must (be a whole number \(an int\), the number of|not be negative)"):
        moments.starting_at(row)  # type: ignore[arg-type]


def test_starting_at_needs_the_first_rows() -> None:
    x = np.arange(2.0 * BLOCK)
    needs = "^starting_at needs moments of the first rows, collected by from_arrays or update$"
    with pytest.raises(fastgd.DataError, match=needs):
        fastgd.Moments().starting_at(5)
    with pytest.raises(fastgd.DataError, match=needs):
        fastgd.fit(x, x).moments.starting_at(5)
    with pytest.raises(fastgd.DataError, match=needs):
        fastgd.Moments.from_arrays(x[:9], x[:9]).starting_at(1).update(x[:9], x[:9]).starting_at(5)
    with pytest.raises(fastgd.DataError, match="^these rows, from row 4,096 on, need to know the first 4,096: begin"):
        fastgd.Moments.from_arrays(x[:9], x[:9]).starting_at(10).update(x, x)


@pytest.mark.parametrize("n_jobs", [0, -100, 1.5, "2", None])
def test_numbers_of_threads_that_are_none(n_jobs: object) -> None:
    with pytest.raises(fastgd.DataError, match=r"^n_jobs=.* threads, or -1 for all processors$"):
        fastgd.fit([1, 2, 3], [1, 2, 4], n_jobs=n_jobs)  # type: ignore[arg-type]


def test_all_processors() -> None:
    X, y, _ = rows("plain", 20 * BLOCK)
    assert bits(fastgd.fit(X, y, n_jobs=-1).moments) == bits(fastgd.fit(X, y).moments)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("trend", [0.0, 40.0])
@pytest.mark.parametrize("offset", [0.0, 1e3, 1e7])
def test_what_a_wide_fit_did_not_refine_has_nine_digits(trend: float, offset: float, fit_intercept: bool) -> None:
    """With or without the intercept that the fit had not, and with rows more than it had; or an error says that it has not."""
    rng = np.random.default_rng(9)
    X = rng.normal(size=(12_000, fastgd.moments.wide.FEATURES))  # two blocks
    X[:, 5] += np.linspace(offset, offset + trend, len(X))
    y = X @ rng.normal(size=X.shape[1]) + rng.normal(size=len(X))
    first = fastgd.fit(X, y, fit_intercept=not fit_intercept).moments
    found = fastgd.fit(first, fit_intercept=fit_intercept)
    assert found.coef == pytest.approx(fastgd.fit(X, y, fit_intercept=fit_intercept).coef, rel=1e-9)
    more = X[:50] + 1.0, y[:50]
    whole = fastgd.Moments.from_arrays(np.vstack([X, more[0]]), np.append(y, more[1]))
    for together in (first + fastgd.Moments.from_arrays(*more), fastgd.Moments.from_arrays(*more) + first, first.update(*more)):
        for choice in (True, False):
            found, wanted = fastgd.fit(together, fit_intercept=choice), fastgd.fit(whole, fit_intercept=choice)
            assert found.coef == pytest.approx(wanted.coef, rel=1e-9)
            assert found.error == pytest.approx(wanted.error, rel=1e-9)
