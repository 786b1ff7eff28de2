"""The error-free transformations: what they return, added up, is the exact result."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from fastgd.kernels import _exact

moderate = st.floats(-1e150, 1e150).filter(lambda v: v == 0.0 or abs(v) > 1e-130)


@given(moderate, moderate)
def test_sum_and_error_are_the_exact_sum(a: float, b: float) -> None:
    s, e = _exact.two_sum(a, b)
    assert s == a + b
    assert Fraction(s) + Fraction(e) == Fraction(a) + Fraction(b)


@given(moderate, moderate)
def test_product_and_error_are_the_exact_product(a: float, b: float) -> None:
    p, e = _exact.two_product(a, b)
    assert p == a * b
    assert Fraction(p) + Fraction(e) == Fraction(a) * Fraction(b)


@given(moderate, moderate)
def test_halves_give_what_the_fused_operation_gives(a: float, b: float) -> None:
    _, e = _exact.two_product(a, b)
    assert _exact.product_error(a, b, a * b) == e


@given(st.floats(-1.0, 1.0), st.floats(-1e-300, 1e-300))
def test_where_products_leave_float64_halves_do_no_harm(a: float, b: float) -> None:
    assert abs(_exact.product_error(a, b, a * b)) <= 2.0**-1013
