"""The exact answers, against fractions, and the count of digits."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from rows import BLOCK, GRID, LIMB, LIMBS, Data, digits, limbs_of, table


def columns(data: Data) -> list[list[Fraction]]:
    design = np.column_stack((np.ones(len(data.y)), data.X, data.y))
    return [list(map(Fraction, column)) for column in design.T.tolist()]


def test_products_are_exact() -> None:
    data = table(BLOCK + 50, 2)
    wanted = [[sum(a * b for a, b in zip(u, v, strict=True)) for v in columns(data)] for u in columns(data)]
    assert [[Fraction(product, 4**GRID) for product in row] for row in data.products.tolist()] == wanted
    assert data.totals == (wanted[0][1] + wanted[0][2], wanted[0][3])


def test_products_are_exact_where_limbs_are_largest() -> None:
    """An odd number of odd products, so that a partial sum past 2^53 would be rounded."""
    full, rows = 2 ** (LIMB - 1) - 1, BLOCK - 1
    value = full + (full << LIMB)
    column = np.full(rows, np.ldexp(float(value), -GRID))
    assert set(Data(column, column).products[1:, 1:].flat) == {rows * value**2}


@pytest.mark.parametrize(("rows", "features"), [(3, 1), (12, 4), (40, 7)])
def test_the_solution_leaves_no_feature_in_the_residuals(rows: int, features: int) -> None:
    data = table(rows, features)
    *design, y = columns(data)
    fitted = [sum(c * value for c, value in zip(data.solution, row, strict=True)) for row in zip(*design, strict=True)]
    for column in design:
        assert abs(sum(u * (v - f) for u, v, f in zip(column, y, fitted, strict=True))) < Fraction(1, 2**200)


def test_dependent_features_have_no_exact_solution() -> None:
    x = table(20, 1).x
    with pytest.raises((np.linalg.LinAlgError, ArithmeticError)):
        _ = Data(np.column_stack((x, x)), x).solution


def test_limbs_add_up() -> None:
    values = np.array([[1.0, -1.0], [2.0**-GRID, -(2.0**-GRID)], [256.0, -256.0], [199.9999999, -199.9999999], [0.3, 0.0]])
    values = np.ldexp(np.rint(np.ldexp(values, GRID)), -GRID)
    limbs = limbs_of(values)
    assert len(limbs) == LIMBS and all((abs(limb) <= 2 ** (LIMB - 1)).all() for limb in limbs)
    for place, value in np.ndenumerate(values):
        assert sum(int(limb[place]) << LIMB * i for i, limb in enumerate(limbs)) == Fraction(value) * 2**GRID


def test_values_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="no multiple of 2.-50: its sums would not be exact"):
        limbs_of(np.array([2.0**-51]))
    for value in (256.5, -(2.0**14)):
        with pytest.raises(ValueError, match="too large for 3 limbs of 20 bits"):
            limbs_of(np.array([value]))


def test_digits() -> None:
    assert digits([1.0, 2.001], [Fraction(1), Fraction(2)]) == pytest.approx(3.30103)
    assert digits([0.5], [Fraction(1, 2)]) == 16
    assert digits([7.0], [Fraction(1, 2)]) == 0
    assert digits([], []) == 0
