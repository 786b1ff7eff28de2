"""Directions in double-double: the smallest eigenvalue as right as the largest, whatever the columns' units."""

from __future__ import annotations

from fractions import Fraction

import exact
import mpmath
import numpy as np
import precise
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import fastgd
from fastgd.kernels import layout, spectrum


def split(value: mpmath.mpf) -> tuple[float, float]:
    high = float(value)
    return high, float(value - high)


def directions(factor: mpmath.matrix) -> tuple[list[mpmath.mpf], mpmath.matrix]:
    """Eigenvalues of factor' factor, largest first, and their vectors as rows; the factor is triangular, without an intercept."""
    m, p = factor.rows, factor.cols
    high, low = np.zeros((p + 1, p + 1)), np.zeros((p + 1, p + 1))
    for i in range(m):
        for j in range(i, p):
            high[i, j], low[i, j] = split(factor[i, j])
    order = np.array([np.arange(p), np.zeros(p)], dtype=np.int64)
    problem = np.zeros((layout.VECTORS, p + 1))
    problem[layout.MEAN] = 1.0
    values, vectors = np.zeros((3, p + 1)), np.empty((m, 2, p + 1))
    exponent, _ = spectrum.lay_out_rows(high, low, order, problem, False, False, vectors)
    spectrum.find_directions(exponent, vectors, values)
    assert not vectors[:, :, 0].any()  # the intercept's part
    found = [(mpmath.mpf(h) + mpmath.mpf(l)) * mpmath.mpf(2) ** int(e) for h, l, e in values[:, :m].T.tolist()]
    return found, mpmath.matrix(vectors[:, 0, 1:].tolist()) + mpmath.matrix(vectors[:, 1, 1:].tolist())


def factor_of(rows: np.ndarray) -> mpmath.matrix:
    matrix = mpmath.matrix(rows.T.tolist()) * mpmath.matrix(rows.tolist())
    return mpmath.cholesky(matrix).T


def digits(factor: mpmath.matrix) -> float:
    """Right digits of the worst eigenvalue."""
    wanted = sorted(mpmath.eigsy(factor.T * factor, eigvals_only=True), reverse=True)
    found, _ = directions(factor)
    worst = max(abs(v / w - 1) for v, w in zip(found, wanted, strict=True))
    return float(-mpmath.log10(worst)) if worst else 40.0


@given(st.integers(1, 7), st.integers(0, 2**32 - 1))
def test_units_cost_no_digits(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    with mpmath.workdps(90):
        assert digits(factor_of(rng.normal(size=(3 * n + 2, n)) * 10.0 ** rng.uniform(-8, 8, n))) > 26


def test_a_condition_of_1e13_leaves_20_digits() -> None:
    with mpmath.workdps(90):
        hilbert = mpmath.matrix(10, 10)
        for i in range(10):
            for j in range(10):
                hilbert[i, j] = mpmath.mpf(1) / (i + j + 1)
        assert digits(mpmath.cholesky(hilbert).T) > 22


@given(st.integers(1, 8), st.integers(0, 2**32 - 1))
def test_vectors_are_orthonormal_and_the_matrix_is_theirs(n: int, seed: int) -> None:
    rows = np.random.default_rng(seed).integers(-9, 10, size=(n + 1, n)).astype(float)
    assume(abs(np.linalg.det(rows.T @ rows)) > 0.5)
    with mpmath.workdps(60):
        factor = factor_of(rows)
        values, v = directions(factor)
        assert mpmath.norm(v * v.T - mpmath.eye(n)) < 1e-29
        assert values == sorted(values, reverse=True)
        assert mpmath.norm(v.T * mpmath.diag(values) * v - factor.T * factor) < 1e-27


@pytest.mark.parametrize("diagonal", [[1.0, 1.0, 1.0], [1e150, 1e-150, 3.0], [1e-300, 1e-290]])
def test_diagonal_matrices_stay(diagonal: list[float]) -> None:
    with mpmath.workdps(60):
        found, _ = directions(mpmath.diag(diagonal))
        for value, wanted in zip(found, sorted(diagonal, reverse=True), strict=True):
            assert abs(value / mpmath.mpf(wanted) ** 2 - 1) < 1e-14


def test_fewer_rows_than_columns_have_as_many_directions_as_rows() -> None:
    with mpmath.workdps(60):
        factor = mpmath.matrix([[3, 1, 2, 5], [0, 2, 7, 1]])
        values, v = directions(factor)
        assert mpmath.norm(v.T * mpmath.diag(values) * v - factor.T * factor) < 1e-28


def design(kind: str) -> np.ndarray:
    """Columns of one size, to be made of many; in all but the first kind some depend on others."""
    Z = np.round(64 * (np.random.default_rng(17).normal(size=(24, 7)) + 0.5)) / 64
    Z[:, 1] += Z[:, 0]
    Z[:, 6] -= 3 * Z[:, 3]
    if kind == "dependent":  # twice among those that get one size in GROUPS
        Z[:, 4] = 2.0 * Z[:, 0] - Z[:, 2]
        Z[:, 5] = Z[:, 1] - 0.25 * Z[:, 3]
    if kind == "shifted":  # two columns make the ones, and so does the one that never varies
        Z[:, 4] = 2.0 * Z[:, 0] + 5.0
        Z[:, 5] = 3.0
    return Z


GROUPS = [
    [0, 0, 0, 0, 0, 0, 0],
    [-30, 0, -30, 0, -30, 0, 30],
    [-40, 40, -40, 40, -40, 40, 0],
    [0, -300, 0, -300, 0, -300, -600],
    [-880, -600, -880, -600, -880, -600, -300],
    [440, -440, 440, -440, 440, -440, 0],
    [-300, -880, -300, -880, -300, -880, 0],
    [0, -140, -280, -420, -560, -700, -840],
    [-12, -204, -396, 0, -24, -216, -408],
    [201, 199, -199, -201, 200, -200, -202],
]


def far_apart(kind: str, sizes: list[int], fit_intercept: bool) -> tuple[np.ndarray, np.ndarray, exact.Problem]:
    X, y = design(kind) * 2.0 ** np.array(sizes, dtype=float), np.random.default_rng(18).normal(size=24)
    return X, y, exact.Problem.of(X.T.tolist(), y.tolist(), None, fit_intercept, False)


every_size = pytest.mark.parametrize("sizes", GROUPS, ids=str)
every_kind = pytest.mark.parametrize("kind", ["full", "dependent", "shifted"])
with_and_without = pytest.mark.parametrize("fit_intercept", [True, False])


@every_size
@every_kind
@with_and_without
def test_columns_of_sizes_far_apart(kind: str, sizes: list[int], fit_intercept: bool) -> None:
    """Eigenvalues to 1e-15; and each part of a direction, in its own size: from large columns to small ones and back."""
    X, y, problem = far_apart(kind, sizes, fit_intercept)
    stability = fastgd.analyse(X, y, fit_intercept=fit_intercept)
    q = len(problem.gram)
    assert stability.rank == problem.rank
    with mpmath.workdps(1400):
        values, vectors = mpmath.eigsy(2 * precise.matrix(problem.gram))
        curved = sorted(range(q), key=lambda i: values[i])[q - problem.rank :]
        lengths = [mpmath.sqrt(precise.number(problem.gram[j][j])) for j in range(q)]
        for found, i in zip(stability.directions.tolist(), curved, strict=True):
            length = mpmath.sqrt(values[i])
            sign = mpmath.sign(mpmath.fdot(found, vectors[:, i]))
            for j in range(q):
                part = min(length / lengths[j], lengths[j] / length)
                assert abs(sign * found[j] - vectors[j, i]) < 1e-14 * part
        if values[curved[0]] > 1e-300:
            for value, i in zip(stability.eigenvalues.tolist()[q - problem.rank :], curved, strict=True):
                assert abs(value / values[i] - 1) < 1e-15
        else:
            with pytest.raises(fastgd.DataError, match="^an eigenvalue is about 1e-"):
                _ = stability.eigenvalues
            assert "beyond float64" in stability.summary()
        condition = values[curved[-1]] / values[curved[0]]
        if condition < 1e300:
            assert abs(stability.condition / condition - 1) < 1e-14


@every_size
@every_kind
@with_and_without
def test_iterates_on_columns_of_sizes_far_apart(kind: str, sizes: list[int], fit_intercept: bool) -> None:
    """Twelve digits of each coefficient, fourteen of the limit, unless it is less than 1e-300 of the target's size, and of that
    over the column's; 1e-20 of the latter where columns depend on each other, which double-double knows no better."""
    X, y, problem = far_apart(kind, sizes, fit_intercept)
    limit = fastgd.fit(X, y, fit_intercept=fit_intercept)
    share = Fraction(1, 10 ** (300 if kind == "full" else 20))
    slack = [share / root(problem.gram[j][j]) for j in range(len(problem.gram))]
    if kind == "full":
        slack = [min(least, share) for least in slack]
    for value, wanted, least in zip([limit.intercept, *limit.coef][not fit_intercept :], problem.limit(), slack, strict=True):
        assert abs(Fraction(value) - wanted) <= abs(wanted) / 10**14 + least
    rate = 0.3 * limit.stability.max_learning_rate
    for k in (1, 2, 1000, 10**18):
        result = fastgd.fit(X, y, fit_intercept=fit_intercept, learning_rate=rate, max_iter=k)
        theta = iterate(problem, rate, k)
        for value, wanted, least in zip([result.intercept, *result.coef][not fit_intercept :], theta, slack, strict=True):
            assert abs(Fraction(value) - wanted) <= abs(wanted) / 10**12 + least


def root(value: Fraction) -> Fraction:
    with mpmath.workdps(20):
        return Fraction(*mpmath.libmp.to_rational(mpmath.sqrt(precise.number(value))._mpf_))


def iterate(problem: exact.Problem, rate: float, k: int) -> list[Fraction]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(precise, "DIGITS", 1200)
        return precise.iterate(problem, rate, k)


@every_kind
@with_and_without
def test_halfway_along_the_small_columns(kind: str, fit_intercept: bool) -> None:
    """Where small coefficients, 2^100 times as large, have gone half of their way, the large columns' follow."""
    X, y, problem = far_apart(kind, [-100, 0, -100, 0, -100, 0, 0], fit_intercept)
    rate = 0.3 * fastgd.analyse(X, y, fit_intercept=fit_intercept).max_learning_rate
    result = fastgd.fit(X, y, fit_intercept=fit_intercept, learning_rate=rate, tol=0.5)
    theta = iterate(problem, rate, result.n_iter)
    for value, wanted in zip([result.intercept, *result.coef][not fit_intercept :], theta, strict=True):
        assert abs(Fraction(value) - wanted) <= abs(wanted) / 10**12
