"""The error-free transformations: what they return, added up, is the exact result, compiled or not."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fastgd.kernels import double_double, exact
from fastgd.kernels._compile import IS_AHEAD

moderate = st.floats(-1e150, 1e150).filter(lambda v: v == 0.0 or abs(v) > 1e-130)
pairs = st.tuples(moderate, st.floats(-1.0, 1.0)).map(lambda pair: (pair[0], pair[0] * pair[1] * 2.0**-54))
jit = pytest.mark.skipif(IS_AHEAD or bool(numba.config.DISABLE_JIT), reason="of pieces that numba writes into kernels")


def compiled(function: Callable[..., Any]) -> Any:
    """A kernel that does nothing else; where kernels come compiled, numba is not told of their pieces."""
    if IS_AHEAD:
        return function
    return numba.njit(error_model="numpy")(lambda a, b: function(a, b))


FORMULAS = {
    name: (function, compiled(function))
    for name, function in [
        ("two_sum", exact.two_sum),
        ("two_product", exact.two_product),
        *((name, getattr(double_double, name)) for name in ("add", "subtract", "multiply", "divide")),
    ]
}


@given(moderate, moderate)
def test_sum_and_error_are_the_exact_sum(a: float, b: float) -> None:
    for function in FORMULAS["two_sum"]:
        s, e = function(a, b)
        assert s == a + b
        assert Fraction(s) + Fraction(e) == Fraction(a) + Fraction(b)


@given(moderate, moderate)
def test_product_and_error_are_the_exact_product(a: float, b: float) -> None:
    for function in FORMULAS["two_product"]:
        p, e = function(a, b)
        assert p == a * b
        assert Fraction(p) + Fraction(e) == Fraction(a) * Fraction(b)


@jit
@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "divide"])
@given(pairs, pairs)
@example((1.0, 2.0**-60), (-1.0, -(2.0**-60)))
def test_double_double_has_the_same_bits_compiled(name: str, a: tuple[float, float], b: tuple[float, float]) -> None:
    plain, kernel = FORMULAS[name]
    with np.errstate(all="ignore"):
        expected = plain(*(tuple(map(np.float64, pair)) for pair in (a, b)))
    assert [v.hex() for v in kernel(a, b)] == [float(v).hex() for v in expected]


@jit
@pytest.mark.parametrize("has_fma", [True, False])
def test_products_have_the_same_errors_on_processors_without_a_fused_operation(
    has_fma: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fastgd.kernels import _intrinsics

    monkeypatch.setattr(_intrinsics, "_HAS_FMA", has_fma)
    product = compiled(exact.two_product)
    rng = np.random.default_rng(3)
    for a, b in (rng.normal(size=(300, 2)) * 10.0 ** rng.integers(-120, 120, (300, 2))).tolist():
        p, e = product(a, b)
        assert p == a * b and Fraction(p) + Fraction(e) == Fraction(a) * Fraction(b)
    assert abs(product(1e-300, 0.3)[1]) < 1e-300 and math.isnan(product(math.nan, 1.0)[1])
    written = product.inspect_llvm(product.signatures[0])
    assert ("llvm.fma" in written) == has_fma


@given(moderate, moderate)
def test_halves_give_what_the_fused_operation_gives(a: float, b: float) -> None:
    _, e = FORMULAS["two_product"][1](a, b)
    assert exact.product_error(a, b, a * b) == e


@given(st.floats(-1.0, 1.0), st.floats(-1e-300, 1e-300))
def test_where_products_leave_float64_halves_do_no_harm(a: float, b: float) -> None:
    assert abs(exact.product_error(a, b, a * b)) <= 2.0**-1013
