"""Directions in double-double: the smallest eigenvalue as right as the largest, whatever the columns' units."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fastgd.kernels import spectrum


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
    layout = np.array([np.arange(p), np.zeros(p), np.zeros(p)], dtype=np.int64)
    columns = np.zeros((9, p + 1))
    columns[1] = 1.0
    values, vectors = np.zeros((3, p + 1)), np.empty((m, 2, p + 1))
    exponent = spectrum.lay_out_rows(high, low, layout, columns, False, False, vectors)
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
