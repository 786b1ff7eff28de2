"""Eigenvalues in double-double: the smallest as right as the largest, whatever the columns' units."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastgd.kernels import spectrum


def diagonalise(matrix: np.ndarray) -> tuple[list[mpmath.mpf], np.ndarray]:
    """Eigenvalues in ascending order, and their vectors as rows."""
    n = len(matrix)
    high, low, vectors, rest = matrix.copy(), np.zeros((n, n)), np.empty((n, n)), np.empty((n, n))
    assert spectrum.diagonalise(high, low, vectors, rest)
    values = [mpmath.mpf(h) + mpmath.mpf(l) for h, l in zip(np.diag(high).tolist(), np.diag(low).tolist(), strict=True)]
    order = sorted(range(n), key=lambda i: values[i])
    return [values[i] for i in order], (vectors + rest)[order]


def digits(matrix: np.ndarray) -> float:
    """Right digits of the worst eigenvalue."""
    with mpmath.workdps(80):
        wanted = sorted(mpmath.eigsy(mpmath.matrix(matrix.tolist()), eigvals_only=True))
        values, _ = diagonalise(matrix)
        worst = max(abs(v / w - 1) for v, w in zip(values, wanted, strict=True))
        return float(-mpmath.log10(worst)) if worst else 40.0


@given(st.integers(1, 7), st.integers(0, 2**32 - 1))
def test_units_cost_no_digits(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(3 * n + 2, n)) * 10.0 ** rng.uniform(-8, 8, n)
    assert digits(rows.T @ rows) > 26


def test_a_condition_of_1e13_leaves_20_digits() -> None:
    hilbert = np.array([[1.0 / (i + j + 1) for j in range(10)] for i in range(10)])
    assert digits(hilbert) > 19


@given(st.integers(1, 8), st.integers(0, 2**32 - 1))
def test_vectors_are_orthonormal_and_the_matrix_is_theirs(n: int, seed: int) -> None:
    rows = np.random.default_rng(seed).integers(-9, 10, size=(n + 1, n)).astype(float)
    matrix = rows.T @ rows  # singular now and then
    values, vectors = diagonalise(matrix)
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(n), atol=1e-15)
    np.testing.assert_allclose(vectors.T @ np.diag([float(v) for v in values]) @ vectors, matrix, atol=1e-12)


def test_vectors_are_in_double_double_too() -> None:
    rows = np.random.default_rng(1).normal(size=(9, 5))
    high, low, vectors, rest = rows.T @ rows, np.zeros((5, 5)), np.empty((5, 5)), np.empty((5, 5))
    matrix = mpmath.matrix(high.tolist())
    assert spectrum.diagonalise(high, low, vectors, rest)
    with mpmath.workdps(60):
        v = mpmath.matrix(vectors.tolist()) + mpmath.matrix(rest.tolist())
        values = v * matrix * v.T
        assert max(abs(values[i, j]) for i in range(5) for j in range(5) if i != j) < 1e-28
        assert mpmath.norm(v * v.T - mpmath.eye(5)) < 1e-29


def test_a_small_angle_between_far_scales() -> None:
    values, _ = diagonalise(np.array([[1.0, 1e-170], [1e-170, 1e-300]]))
    assert [float(v) for v in values] == pytest.approx([1e-300, 1.0], rel=1e-15)


@pytest.mark.parametrize("matrix", [np.zeros((3, 3)), np.eye(4), np.diag([1e300, 1e-300, 0.0])])
def test_diagonal_matrices_stay(matrix: np.ndarray) -> None:
    values, _ = diagonalise(matrix)
    assert [float(v) for v in values] == sorted(np.diag(matrix).tolist())
