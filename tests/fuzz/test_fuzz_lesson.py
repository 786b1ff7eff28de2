"""The lesson's three functions: what the pure Python of it gives, or a `DataError`."""

from __future__ import annotations

import math
from typing import Any

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strange import Own, Thing, cells, clothed, numbers, tables, things
from verdict import DOCUMENTED, outcome

import fastgd

Table = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]
steps = st.sampled_from([0, 1, 2, 3, 17, np.int64(5)])


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=8), numbers, numbers, numbers, steps)
@pytest.mark.parts(12)
def test_any_numbers(part: int, points: list[tuple[float, float]], b: float, m: float, rate: float, count: int) -> None:
    found = outcome(lambda: fastgd.gradient_descent(points, b, m, rate, count))
    error = outcome(lambda: fastgd.compute_error(b, m, points))
    with np.errstate(all="ignore"):
        wanted = naive.gradient_descent(points, b, m, rate, int(count))
    assert [value.hex() for value in found] == [value.hex() for value in wanted]
    assert error.hex() == naive.compute_error(b, m, points).hex()


@given(tables(), st.data())
@pytest.mark.parts(8)
def test_any_clothes(part: int, table: Table, data: st.DataObject) -> None:
    points = data.draw(clothed(np.column_stack(table)))
    m = data.draw(clothed(np.array(data.draw(st.lists(cells, min_size=1, max_size=5)))) | numbers)
    b, rate = data.draw(cells), data.draw(cells)
    require_lesson(outcome(lambda: fastgd.gradient_descent(points, b, m, rate, 3)))
    require_lesson(outcome(lambda: fastgd.step_gradient(b, m, points, rate)))
    error = outcome(lambda: fastgd.compute_error(b, m, points))
    assert isinstance(error, (float, Own, *DOCUMENTED))


@given(things, st.sampled_from(["points", "b", "m", "rate", "steps"]))
@pytest.mark.parts(6)
def test_anything_as_an_argument(part: int, thing: Thing, place: str) -> None:
    arguments: dict[str, Any] = {"points": [(1.0, 2.0), (2.0, 4.0)], "b": 0.0, "m": 1.0, "rate": 0.1, "steps": 2}
    value = thing.value
    if place == "steps" and type(value) is int:
        value = min(value, 1000)  # the loop is run, and takes its time
    arguments[place] = value
    points, b, m, rate, steps = arguments.values()
    require_lesson(outcome(lambda: fastgd.gradient_descent(points, b, m, rate, steps)))
    found = outcome(lambda: fastgd.compute_error(b, m, points))
    assert isinstance(found, (float, Own, *DOCUMENTED))


def require_lesson(found: Any) -> None:
    """[b, m], or what is documented; infinity and NaN are the lesson's own."""
    if isinstance(found, list):
        b, m = found
        assert type(b) is float and not (math.isnan(b) and isinstance(m, np.ndarray) and m.ndim != 1)
        assert type(m) is float or m.dtype == np.float64 and m.ndim == 1
    else:
        assert isinstance(found, (Own, *DOCUMENTED)), type(found)
