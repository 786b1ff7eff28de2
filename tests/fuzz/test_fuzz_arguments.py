"""Any parameter, of any value and type: good ones give a result, and the message about a bad one begins with its name."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strange import HUGE, Thing, Unshown, Vague, benign, numbers, tables, things
from verdict import outcome, require_sound

import fastgd

Table = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]

finite = st.floats(allow_nan=False, allow_infinity=False)
NUMBER_TYPES: list[Callable[[float], Any]] = [float, np.float64, np.longdouble, Fraction, Decimal, np.array]
WHOLE_TYPES: list[Callable[[int], Any]] = [int, np.int64, lambda k: np.array(min(k, 2**63 - 1))]
FLAG_TYPES: list[Callable[[bool], Any]] = [bool, np.bool_]


def number(values: st.SearchStrategy[float]) -> st.SearchStrategy[Any]:
    return st.builds(lambda make, value: make(value), st.sampled_from(NUMBER_TYPES), values)


def whole(most: int) -> st.SearchStrategy[Any]:
    return st.integers(0, most) | st.builds(
        lambda make, k: make(k), st.sampled_from(WHOLE_TYPES), st.integers(0, min(most, 2**62))
    )


flag = st.builds(lambda make, value: make(value), st.sampled_from(FLAG_TYPES), st.booleans())
rates = number(st.floats(0.0, exclude_min=True, allow_infinity=False))
tolerances = number(st.floats(0.0, 1.0, exclude_min=True, exclude_max=True))
GOOD: dict[str, st.SearchStrategy[Any]] = {
    "learning_rate": st.just("auto") | st.just(np.str_("auto")) | rates,
    "max_iter": st.none() | whole(10**3999),
    "tol": st.none() | st.none() | tolerances,
    "fit_intercept": flag,
    "standardize": flag,
    "unstable": st.sampled_from(["raise", "run", np.str_("run")]),
    "missing": st.sampled_from(["raise", "drop"]),
    "n_jobs": st.sampled_from([1, 2, -1, np.int64(1), 2**70]),
    "progress": st.sampled_from([None, False, len, lambda rows, share: None]),
}


@st.composite
def starts(draw: st.DrawFn, count: int) -> Any:
    values = draw(st.lists(st.floats(-1e280, 1e280), min_size=count, max_size=count))
    return draw(st.sampled_from([list, tuple, np.array, lambda v: np.array(v, object), lambda v: list(map(Fraction, v))]))(values)


@given(tables() | benign(), st.fixed_dictionaries({}, optional=GOOD), st.data())
@pytest.mark.parts(24)
def test_good_arguments(part: int, table: Table, chosen: dict[str, Any], data: st.DataObject) -> None:
    X, y = table
    chosen = dict(chosen)
    if data.draw(st.booleans()):
        chosen["start"] = data.draw(starts(X.shape[1] + bool(chosen.get("fit_intercept", True))))
    found = outcome(lambda: fastgd.fit(X, y, **chosen))
    require_sound(found)
    if isinstance(found, fastgd.FitResult) and chosen.get("max_iter") is not None and chosen.get("tol") is None:
        assert found.n_iter == chosen["max_iter"] or found.status is fastgd.Status.DIVERGED
    if isinstance(found, fastgd.UnstableLearningRateError):
        assert found.learning_rate >= found.max_learning_rate and chosen.get("unstable", "raise") == "raise"


odd = st.builds(Unshown) | st.builds(Vague) | st.sampled_from([1, -1]).map(lambda sign: sign * HUGE)
"""Not among others in a list: Hypothesis shows lists."""


def bad_number(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    words = ["", "auto ", "0.1", b"0.1", np.array("0.1"), np.complex128(0.1), 1j, np.ma.masked, [0.1], np.array([0.1]), {}]
    return values | odd | st.sampled_from([*words, math.nan, math.inf, Decimal("nan"), np.datetime64("2020")])


def among(*values: Any) -> st.SearchStrategy[Any]:
    return odd | st.sampled_from(values)


not_whole = among(1.0, math.nan, "3", b"3", 1j, Decimal(3), np.array([3]), np.array(3.0))
no_flag = among(0, 1, "yes", 1.0, np.array([True]), np.array([True, False]), math.nan, None)
no_word = among("", "Raise", b"raise", 0, True, ["raise"], np.array(["raise", "drop"]), None)
BAD: dict[str, st.SearchStrategy[Any]] = {
    "learning_rate": bad_number(st.floats(max_value=0.0)) | st.none(),
    "max_iter": not_whole | st.sampled_from([-1, True, np.array(None)]),
    "tol": bad_number(st.floats(max_value=0.0) | st.floats(min_value=1.0)) | st.just("auto"),
    "start": st.lists(numbers, max_size=1) | st.lists(numbers, min_size=3) | among([0.0, math.nan], [0.0, 1e290]),
    "fit_intercept": no_flag,
    "standardize": no_flag,
    "unstable": no_word | st.just("drop"),
    "missing": no_word | st.just("run"),
    "n_jobs": odd.filter(lambda value: type(value) is not int or value < 0) | st.sampled_from([1.0, "3", np.array([3]), 0, None]),
    "progress": among(0, 1, "yes", np.array([True, False]), []),
    "sample_weight": among([1, 1], [1, -1, 1], [0, 0, 0], [1, math.nan, 1], [[1, 1, 1]], "w", ["a", 1, 1], 3),
    "features": among(["a"], "a", 3, np.array(["a", "b"]), []),
}


@given(st.sampled_from(sorted(BAD)).flatmap(lambda name: st.tuples(st.just(name), BAD[name].map(Thing))))
@pytest.mark.parts(8)
def test_a_bad_argument_is_named(part: int, chosen: tuple[str, Thing]) -> None:
    name, thing = chosen
    error = outcome(lambda: fastgd.fit([1.0, 2.0, 4.0], [2.0, 3.0, 4.5], **{name: thing.value}))
    assert type(error) is fastgd.DataError and str(error).startswith(name)


@given(benign(), st.sampled_from([*sorted(BAD), "target"]), things)
@pytest.mark.parts(8)
def test_anything_as_an_argument(part: int, table: Table, name: str, thing: Thing) -> None:
    require_sound(outcome(lambda: fastgd.fit(table, **{name: thing.value})))


@given(tables(), numbers, numbers)
@pytest.mark.parts(6)
def test_stability_is_asked_about_any_rate(part: int, table: Table, rate: float, tol: float) -> None:
    stability = outcome(lambda: fastgd.analyse(*table))
    require_sound(stability)
    if isinstance(stability, fastgd.Stability):
        for ask in (stability.is_stable, stability.overflow_iteration, stability.summary, lambda r: stability.iterations(tol, r)):
            outcome(lambda ask=ask: ask(rate))


def test_the_things_are_read_without_being_counted() -> None:
    """Python's limit on digits is what makes some of them hard to show."""
    assert len(f"{HUGE:x}") > 4000 and sys.get_int_max_str_digits() == 4300
