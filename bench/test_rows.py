"""The exact answers, against fractions, and the count of digits."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import rows
from rows import BLOCK, GRID, LIMB, LIMBS, MOST_WEIGHT, Data, digits, lesson, limbs_of, single_table, table, weighted_table


def columns(data: Data) -> list[list[Fraction]]:
    design = np.column_stack((np.ones(len(data.y)), data.X, data.y))
    return [list(map(Fraction, column)) for column in design.T.tolist()]


def test_products_are_exact() -> None:
    data = table(BLOCK + 50, 2)
    wanted = [[sum(a * b for a, b in zip(u, v, strict=True)) for v in columns(data)] for u in columns(data)]
    assert [[Fraction(product, 4**GRID) for product in row] for row in data.products.tolist()] == wanted
    assert data.totals == (wanted[0][1] + wanted[0][2], wanted[0][3])


@pytest.mark.parametrize("weight", [1, MOST_WEIGHT - 1, MOST_WEIGHT])
def test_products_are_exact_where_limbs_are_largest(weight: int) -> None:
    """An odd number of odd products, so that a partial sum past 2^53 would be rounded."""
    full, n = 2 ** (LIMB - 1) - 1, BLOCK - 1
    value = full + (full << LIMB)
    column = np.full(n, np.ldexp(float(value), -GRID))
    data = Data(column, column, None if weight == 1 else np.full(n, float(weight)))
    assert set(data.products[1:, 1:].flat) == {weight * n * value**2}


def test_products_are_exact_past_what_one_integer_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = table(BLOCK + 50, 2).products
    monkeypatch.setattr(rows, "BLOCK", 100)
    monkeypatch.setattr(rows, "BLOCKS", 3)
    assert np.array_equal(Data(table(BLOCK + 50, 2).X, table(BLOCK + 50, 2).y).products, whole)


def test_weighted_products_are_those_of_repeated_rows() -> None:
    data = weighted_table(300, 3)
    repeated = np.repeat(np.arange(300), data.weight.astype(int))
    assert set(data.weight) == set(range(MOST_WEIGHT + 1))
    assert np.array_equal(data.products, Data(data.X[repeated], data.y[repeated]).products)


def test_single_precision_holds_the_values() -> None:
    data = single_table(300, 3)
    for values in (data.X, data.y):
        assert np.array_equal(values.astype(np.float32), values)
    assert data.solution != table(300, 3).solution


def test_an_iterate_is_that_of_the_loop() -> None:
    """In fractions, which grow with each step."""
    points, rate = lesson(100).points.tolist(), Fraction(1e-4)
    points = [list(map(Fraction, point)) for point in points]
    b = m = Fraction(0)
    for k in range(6):
        assert all(abs(v - e) < Fraction(1, 2**300) for v, e in zip(lesson(100).iterate(k, 1e-4), (b, m), strict=True))
        residuals = [y - m * x - b for x, y in points]
        b += 2 * rate / 100 * sum(residuals)
        m += 2 * rate / 100 * sum(x * r for (x, _), r in zip(points, residuals, strict=True))


def test_iterates_far_on() -> None:
    """The thousandth on the lesson's own points, to 18 digits, whose sums are those of ours to as many; and the limit."""
    data = lesson(100)
    known = Fraction("0.0889365199374136126"), Fraction("1.47774408518944491770")
    assert all(abs(v - e) < Fraction(1, 10**18) for v, e in zip(data.iterate(1000, 1e-4), known, strict=True))
    for steps in (10**15, 2**63 - 1):
        assert all(abs(v - e) < Fraction(1, 2**200) for v, e in zip(data.iterate(steps, 1e-4), data.solution, strict=True))


@pytest.mark.parametrize(("n", "features"), [(3, 1), (12, 4), (40, 7)])
def test_the_solution_leaves_no_feature_in_the_residuals(n: int, features: int) -> None:
    data = table(n, features)
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
