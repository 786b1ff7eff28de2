"""What a fit is asked: each refusal by its text, the way to JSON and back, and a cache that confuses nothing."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastgd.errors import DataError
from fastgd.request import Request, request

nan, inf = math.nan, math.inf
RATE = "it must be a positive, finite number; 'auto' finds the fastest"
WHOLE = "it must be a whole number (an int), or None for the limit point"
TOL = "it must be a number between 0 and 1, the share of the distance that may be left"

REFUSED: list[tuple[str, Any, str]] = [
    *(("learning_rate", value, RATE) for value in (0, -0.0, -0.5, nan, inf, True - 1, "fast", "0.1", None, [0.1], 10**400)),
    *(("max_iter", value, WHOLE) for value in (1.5, 1e3, "5", True, nan, [1], np.True_)),
    ("max_iter", -1, "it must not be negative"),
    ("max_iter", 10**4000, "it must be below 10**4000"),
    *(("tol", value, TOL) for value in (0, 0.0, -0.0, 1.0, 1, -0.5, nan, inf, "1e-6", [0.5], True)),
    *(("start", value, "it must have one dimension, a number for each parameter") for value in (1.0, [[1, 2]], np.zeros((1, 2)))),
    *(("start", value, "each number must be finite and below 1e290") for value in ([1, inf], [nan], [1e290], [-1e300, 0])),
    *(("fit_intercept", value, "pass True or False") for value in (None, 1, 0, "yes", 1.0)),
    *(("standardize", value, "pass True or False") for value in (None, 1, 0, "yes", 0.0)),
    *(("unstable", value, "pass 'raise' or 'run'") for value in ("warn", None, True, ["run"], np.array(["run", "run"]))),
]


@pytest.mark.parametrize(("name", "value", "text"), REFUSED, ids=lambda value: repr(value)[:20])
@pytest.mark.parametrize("others", [{}, {"start": [1.0, 2.0]}], ids=["remembered", "with start"])
def test_refusal(name: str, value: Any, text: str, others: dict[str, Any]) -> None:
    for _ in range(2):  # an error is not remembered either
        with pytest.raises(DataError) as info:
            request(**{**others, name: value})
        assert str(info.value) == f"{name}={repr(value)[:60]}: {text}"
        assert info.value.argument == name


def test_text_in_a_start() -> None:
    with pytest.raises(DataError, match="^start holds 'a' in row 1: a number is needed, not text") as info:
        request(start=[1, "a"])
    assert info.value.argument == "start"


RATES = st.floats(0.0, exclude_min=True, allow_infinity=False)
REQUESTS = st.fixed_dictionaries(
    {
        "learning_rate": st.just("auto") | RATES,
        "max_iter": st.none() | st.integers(0, 10**3999),
        "tol": st.none() | st.floats(0.0, 1.0, exclude_min=True, exclude_max=True),
        "start": st.none() | st.lists(st.floats(-1e289, 1e289), min_size=1, max_size=4),
        "fit_intercept": st.booleans(),
        "standardize": st.booleans(),
    }
)


@given(REQUESTS)
def test_to_json_and_back(values: dict[str, Any]) -> None:
    asked = request(**values)
    assert asked.to_dict() == values
    again = Request.from_dict(json.loads(json.dumps(asked.to_dict())))
    assert again == asked and repr(again) == repr(asked)
    assert repr(again.numbers) == repr(asked.numbers)
    assert Request.from_dict(asked.to_dict(), unstable="run") == dataclasses.replace(asked, unstable="run")


@given(REQUESTS)
def test_numbers_are_what_the_kernels_take(values: dict[str, Any]) -> None:
    rate, iterations, odd, tolerance = request(**values).numbers
    assert math.isnan(rate) if values["learning_rate"] == "auto" else rate == values["learning_rate"]
    assert math.isnan(tolerance) if values["tol"] is None else tolerance == values["tol"]
    if (max_iter := values["max_iter"]) is None:
        assert iterations == inf and odd is False
    else:
        assert iterations == float(min(max_iter, 10**300)) and odd is (max_iter % 2 == 1)


def test_each_argument_has_the_type_that_is_computed_with() -> None:
    asked = request(np.float32(0.5), np.int8(3), np.float64(0.25), np.array([1, 2]), np.False_, np.True_, np.str_("run"))
    assert asked == Request(0.5, 3, 0.25, (1.0, 2.0), False, True, "run")
    assert list(map(type, dataclasses.astuple(asked)[:6])) == [float, int, float, tuple, bool, bool]
    assert asked.numbers == (0.5, 3.0, True, 0.25)
    assert type(request(1).learning_rate) is float


def test_the_numbers_follow_a_change() -> None:
    changed = dataclasses.replace(request(0.5, 3), max_iter=4)
    assert changed.numbers[:3] == (0.5, 4.0, False)
    with pytest.raises(DataError, match=r"^max_iter=-1: it must not be negative$"):
        dataclasses.replace(changed, max_iter=-1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        changed.max_iter = 5  # type: ignore[misc]


def test_what_is_equal_but_of_another_type_is_looked_at_anew() -> None:
    assert request(max_iter=1) == request(max_iter=1)
    for other in (True, 1.0, np.float64(1.0)):
        with pytest.raises(DataError, match=r"^max_iter="):
            request(max_iter=other)
    assert request(fit_intercept=True).fit_intercept is True
    with pytest.raises(DataError, match=r"^fit_intercept=1: "):
        request(fit_intercept=1)
    assert request(tol=0.5) is request(tol=0.5)
    for zero in (0.0, -0.0, 0.0):
        with pytest.raises(DataError, match=f"^tol={zero}: "):
            request(tol=zero)
        with pytest.raises(DataError, match=f"^learning_rate={zero}: "):
            request(learning_rate=zero)


@given(st.floats(-1e289, 1e289))
def test_a_start_of_either_zero_keeps_its_sign(value: float) -> None:
    for start in ([value, 0.0], [value, -0.0]):
        assert repr(request(start=start).start) == repr(tuple(start))


def test_a_number_that_changes_is_not_remembered() -> None:
    class Number:
        def __init__(self) -> None:
            self.value = 1

        def __index__(self) -> int:
            return self.value

        def __float__(self) -> float:
            return self.value / 4

    number = Number()
    for number.value in (1, 2, 3):
        asked = request(number, number, number)
        assert (asked.learning_rate, asked.max_iter, asked.tol) == (number.value / 4, number.value, number.value / 4)


@pytest.mark.parametrize(
    ("start", "fit_intercept", "n_features", "text"),
    [
        ([1], True, 1, "start=[1]: it must hold 2 numbers, (intercept, slope)"),
        ([1, 2], False, 1, "start=[1, 2]: it must hold 1 number, (slope,), without an intercept"),
        ([], False, 1, "start=[]: it must hold 1 number, (slope,), without an intercept"),
        ([1, 2], True, 3, "start=[1, 2]: it must hold 4 numbers, (intercept, 3 coefficients)"),
        ([1], False, 2, "start=[1]: it must hold 2 numbers, (2 coefficients), without an intercept"),
    ],
)
def test_a_start_needs_a_number_for_each_parameter(start: list[float], fit_intercept: bool, n_features: int, text: str) -> None:
    asked = request(start=start, fit_intercept=fit_intercept)
    with pytest.raises(DataError) as info:
        asked.require_parameters(n_features)
    assert (str(info.value), info.value.argument) == (text, "start")
    request(start=[0.0] * (n_features + fit_intercept), fit_intercept=fit_intercept).require_parameters(n_features)
    request(fit_intercept=fit_intercept).require_parameters(n_features)
