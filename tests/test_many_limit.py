"""Many features: the limit point against exact rational least squares, on NIST's sets, on real data and where ranks are short."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import exact
import numpy as np
import precise
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import fastgd

NIST = Path(__file__).parents[2] / "shared" / "data" / "nist"
SETS = ["Norris", "Pontius", "NoInt1", "NoInt2", "Filip", "Longley", "Wampler1", "Wampler2", "Wampler3", "Wampler4", "Wampler5"]
TARGETS = {
    "anes96": "vote",
    "cancer": "cancer",
    "ccard": "AVGEXP",
    "committee": "BILLS104",
    "copper": "WORLDCONSUMPTION",
    "cpunish": "EXECUTIONS",
    "danish_data": "lrm",
    "elnino": "DEC",
    "engel": "foodexp",
    "fair": "affairs",
    "grunfeld": "invest",
    "heart": "survival",
    "interest_inflation": "R",
    "longley": "TOTEMP",
    "macrodata": "realgdp",
    "modechoice": "choice",
    "nile": "volume",
    "randhie": "mdvis",
    "scotland": "YES",
    "spector": "GRADE",
    "stackloss": "STACKLOSS",
    "star98": "NABOVE",
    "statecrime": "murder",
    "strikes": "duration",
    "sunspots": "SUNACTIVITY",
}


def require_digits(
    result: fastgd.FitResult,
    wanted: list[Fraction],
    X: np.ndarray,
    y: np.ndarray,
    digits: int,
    start: list[float] | None = None,
) -> None:
    """So many digits of each coefficient, intercept first where `wanted` has one.

    Where a coefficient cancels to less than a thousandth of its natural size, so many digits of that thousandth: a zero has no
    digits of its own. The natural size moves the prediction, by a deviation of the column (its root mean square, if it is
    constant), as much as the target is large, or as much as the start moves it.
    """
    ours = [result.intercept, *result.coef.tolist()][-len(wanted) :]
    spread = np.array([1.0, *(x.std() or np.sqrt((x * x).mean()) or 1.0 for x in X.T)])[-len(wanted) :]
    reach = max(np.sqrt((y * y).mean()), *(spread * np.abs(start)) if start is not None else [0.0])
    sizes = (reach / spread).tolist()
    for mine, value, size in zip(ours, wanted, sizes, strict=True):
        assert abs(Fraction(mine) - value) * 10**digits <= max(abs(value), Fraction(size) / 1000), (mine, float(value))


@pytest.mark.skipif(not NIST.exists(), reason="NIST's sets are not part of the project")
@pytest.mark.parametrize("name", SETS)
def test_nist_sets_at_any_row_offset(name: str) -> None:
    about = json.loads((NIST / "certified.json").read_text())[name]
    y, *columns = np.loadtxt(NIST / f"{name}.csv", delimiter=",", skiprows=1).T
    X = np.column_stack(columns)
    if about["kind"] == "polynomial":
        X = np.array([[float(Fraction(v) ** k) for k in range(1, about["degree"] + 1)] for v in columns[0].tolist()])
    wanted = [Fraction(text) for text in about["exact_f64_design_coefs"]]
    reference = exact.Problem.of(X.T.tolist(), y.tolist(), fit_intercept=about["intercept"]).limit()
    assert max(abs(a / b - 1) for a, b in zip(reference, wanted, strict=True)) < Fraction(1, 10**20)
    digits = 12 if name == "Filip" else 14
    for offset in {0, 1, len(y) // 3, len(y) - 2}:
        rows, targets = np.roll(X, offset, axis=0), np.roll(y, offset)
        result = fastgd.fit(rows, targets) if about["intercept"] else fastgd.fit(rows, targets, fit_intercept=False)
        ours = ([result.intercept] if about["intercept"] else []) + result.coef.tolist()
        assert max(abs(Fraction(a) / b - 1) for a, b in zip(ours, wanted, strict=True)) < Fraction(1, 10**digits)
        assert result.rank == about["n_params"]


def of_statsmodels(name: str) -> tuple[np.ndarray, np.ndarray]:
    pytest.importorskip("statsmodels", reason="the data sets in statsmodels' wheel")
    frame = importlib.import_module(f"statsmodels.datasets.{name}").load_pandas().data.select_dtypes("number")
    return frame.drop(columns=TARGETS[name]).to_numpy(float), frame[TARGETS[name]].to_numpy(float)


def of_sklearn(name: str, **options: bool) -> tuple[np.ndarray, np.ndarray]:
    datasets = pytest.importorskip("sklearn.datasets", reason="the data sets in scikit-learn's wheel")
    X, y = getattr(datasets, f"load_{name}")(return_X_y=True, **options)
    return X.astype(float), y.astype(float)


@pytest.mark.parametrize("name", TARGETS)
def test_the_sets_in_statsmodels(name: str) -> None:
    X, y = of_statsmodels(name)
    require_digits(fastgd.fit(X, y), exact.Problem.of(X.T.tolist(), y.tolist()).limit(), X, y, 14)


@pytest.mark.parametrize("name", ["diabetes", "linnerud", "iris", "wine", "breast_cancer", "digits"])
def test_the_sets_in_scikit_learn(name: str) -> None:
    X, targets = of_sklearn(name, **({"scaled": False} if name == "diabetes" else {}))
    for y in np.atleast_2d(targets.T):
        require_digits(fastgd.fit(X, y), exact.Problem.of(X.T.tolist(), y.tolist()).limit(), X, y, 14)


def table(make: Callable[[np.random.Generator, int], list[np.ndarray]], n: int = 9) -> np.ndarray:
    return np.column_stack(make(np.random.default_rng(3), n))


def halves(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.integers(-40, 40, n) / 2.0


def proportional(rng: np.random.Generator, n: int) -> list[np.ndarray]:
    x = halves(rng, n) + 1e6
    return [x, 3.0 * x, halves(rng, n)]


def duplicated(rng: np.random.Generator, n: int) -> list[np.ndarray]:
    x = rng.normal(size=n)
    return [halves(rng, n), x, x, 5.0 + halves(rng, n)]


def constant(rng: np.random.Generator, n: int) -> list[np.ndarray]:
    return [np.full(n, 3.0), halves(rng, n), np.full(n, -1e4)]


def zero(rng: np.random.Generator, n: int) -> list[np.ndarray]:
    return [halves(rng, n), np.zeros(n)]


def dummy_trap(rng: np.random.Generator, n: int) -> list[np.ndarray]:
    kind = np.arange(n) % 3
    return [*(np.equal.outer(np.arange(3), kind) * 1.0), halves(rng, n)]


def sums_of_others(rng: np.random.Generator, n: int) -> list[np.ndarray]:
    a, b, c = halves(rng, n), 2.0**20 + halves(rng, n), halves(rng, n) / 2.0**10
    return [a, b, c, a - b, b + 2.0 * c]


def wide(rng: np.random.Generator, n: int) -> list[np.ndarray]:
    return [halves(rng, n // 2) for _ in range(n)]


SHORT = [proportional, duplicated, constant, zero, dummy_trap, sums_of_others, wide]


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("make", SHORT)
def test_where_the_rank_is_short_the_solution_nearest_to_the_start(
    make: Callable[[np.random.Generator, int], list[np.ndarray]], fit_intercept: bool, standardize: bool
) -> None:
    X = table(make)
    rng = np.random.default_rng(4)
    y = rng.integers(-99, 99, len(X)) / 4.0
    parameters = X.shape[1] + fit_intercept
    for weights in (None, rng.integers(1, 9, len(X)) / 8.0):
        problem = exact.Problem.of(
            X.T.tolist(), y.tolist(), None if weights is None else weights.tolist(), fit_intercept, standardize
        )
        for start in (None, rng.integers(-9, 9, parameters).astype(float)):
            result = fastgd.fit(
                X, y, start=start, sample_weight=weights, fit_intercept=fit_intercept, standardize=standardize
            )
            assert result.rank == problem.rank
            assert np.count_nonzero(result.stability.eigenvalues) == problem.rank
            given_start = None if start is None else start.tolist()
            require_digits(result, problem.limit(given_start), X, y, 13, given_start)


def test_the_ranks_are_short_with_or_without_the_intercept() -> None:
    """The test above is about something: rank and number of parameters, with the intercept and without."""
    ranks = {}
    for make in SHORT:
        columns = table(make).T.tolist()
        problems = [exact.Problem.of(columns, columns[0], fit_intercept=fit_intercept) for fit_intercept in (True, False)]
        ranks[make.__name__] = [(problem.rank, len(problem.gram)) for problem in problems]
    assert ranks == {
        "proportional": [(3, 4), (2, 3)],
        "duplicated": [(4, 5), (3, 4)],
        "constant": [(2, 4), (2, 3)],
        "zero": [(2, 3), (1, 2)],
        "dummy_trap": [(4, 5), (4, 4)],
        "sums_of_others": [(4, 6), (3, 5)],
        "wide": [(4, 10), (4, 9)],
    }


def test_far_scales_and_offsets_of_many_columns() -> None:
    rng = np.random.default_rng(8)
    X = rng.normal(size=(60, 6)) * [1e150, 1e-150, 1.0, 1e8, 1e-8, 1.0] + [0.0, 0.0, 1.7e12, 1e8, 1.0, -3e5]
    y = 1e-30 * rng.normal(size=60)
    wanted = exact.Problem.of(X.T.tolist(), y.tolist()).limit()
    require_digits(fastgd.fit(X, y), wanted, X, y, 14)


@pytest.mark.parametrize("offset", [0.0, 30.0, 1e3, 3e4, 1e6, 1e9])
def test_offsets_cost_no_digits(offset: float) -> None:
    """Twins with a condition number, about the means, of 10^6."""
    rng = np.random.default_rng(10)
    x = np.round(rng.normal(size=20) * 2.0**20) / 2.0**20
    X = np.column_stack([x, x + np.round(rng.normal(size=20) * 16.0) / 2.0**22]) + offset
    y = rng.normal(size=20)
    assert 3e5 < np.sqrt(condition(exact.Problem.of(X.T.tolist(), y.tolist(), standardize=True))) < 1e6
    require_digits(fastgd.fit(X, y), exact.Problem.of(X.T.tolist(), y.tolist()).limit(), X, y, 13)


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_weights_of_many_rows(fit_intercept: bool) -> None:
    rng = np.random.default_rng(9)
    X = rng.normal(size=(10_000, 3)) @ rng.normal(size=(3, 3)) + [1e5, 0.0, -7.0]
    y, weights = rng.normal(size=10_000), rng.uniform(size=10_000) * (rng.uniform(size=10_000) < 0.9)
    wanted = exact.Problem.of(X.T.tolist(), y.tolist(), weights.tolist(), fit_intercept).limit()
    result = fastgd.fit(X, y, sample_weight=weights, fit_intercept=fit_intercept)
    require_digits(result, wanted, X, y, 14)


@st.composite
def tables(draw: st.DrawFn) -> np.ndarray:
    """Whole numbers, with offsets, and columns that repeat another or a multiple of it; the target last."""
    n, p = draw(st.integers(1, 12)), draw(st.integers(1, 5))
    whole = st.lists(st.integers(-9, 9), min_size=n, max_size=n)
    columns = []
    for j in range(p):
        if j and draw(st.integers(0, 5)) == 0:
            columns.append(columns[draw(st.integers(0, j - 1))] * draw(st.sampled_from([1.0, -2.0, 3.0])))
        else:
            columns.append(np.array(draw(whole), float) + draw(st.sampled_from([0.0, 0.0, 0.0, 100.0, -3e5, 1e9])))
    return np.column_stack([*columns, draw(whole)])


@given(tables(), st.booleans(), st.booleans(), st.booleans(), st.integers(0, 2**32 - 1))
def test_whole_numbers(rows: np.ndarray, fit_intercept: bool, standardize: bool, weigh: bool, seed: int) -> None:
    X, y = rows[:, :-1], rows[:, -1]
    rng = np.random.default_rng(seed)
    start = rng.integers(-3, 4, X.shape[1] + fit_intercept).astype(float).tolist()
    weights = rng.integers(1, 5, len(y)).tolist() if weigh else None
    given = (X.T.tolist(), y.tolist(), weights, fit_intercept)
    assume(condition(exact.Problem.of(*given, standardize=True)) < 1e14)  # of 32 digits so many go; 14 are to be left, and some
    problem = exact.Problem.of(*given, standardize)
    result = fastgd.fit(X, y, start=start, sample_weight=weights, fit_intercept=fit_intercept, standardize=standardize)
    assert result.rank == problem.rank
    # Which of the solutions is nearest is a matter of the coordinates, and of their condition.
    assume(problem.rank == len(problem.gram) or condition(problem) < 1e14)
    require_digits(result, problem.limit(start), X, y, 14, start)


def condition(problem: exact.Problem) -> float:
    curved = [value for value in precise.eigenvalues(problem) if value > 0]
    return float(curved[-1] / curved[0]) if curved else 1.0


def test_columns_of_extreme_sizes_have_a_limit_point() -> None:
    rng = np.random.default_rng(17)
    X, y = np.round(rng.normal(size=(9, 3)), 3), np.round(rng.normal(size=9), 3)
    plain = fastgd.fit(X, y)
    powers = np.array([2.0**990, 2.0**-990, 1.0])
    far = fastgd.fit(X * powers, y)
    assert (far.intercept, (far.coef * powers).tolist()) == (plain.intercept, plain.coef.tolist())
    standardised = fastgd.fit(X * powers, y, standardize=True, max_iter=2)
    assert standardised.coef * powers == pytest.approx(fastgd.fit(X, y, standardize=True, max_iter=2).coef, rel=1e-14)
