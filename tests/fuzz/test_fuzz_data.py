"""Any data: numbers at the ends of float64, any type and layout, and what is no data at all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strange import Thing, benign, clothed, columns, sizes, tables, things
from verdict import DOCUMENTED, outcome, require_sound

import fastgd

Table = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]
flags = st.fixed_dictionaries({"fit_intercept": st.booleans(), "standardize": st.booleans()})
counts = st.sampled_from([None, None, 0, 1, 2, 7, 1000, 10**18, 10**400])


@given(tables(), flags, counts)
@pytest.mark.parts(30)
def test_any_numbers(part: int, table: Table, choice: dict[str, bool], max_iter: int | None) -> None:
    require_sound(outcome(lambda: fastgd.fit(*table, max_iter=max_iter, **choice)))


@given(benign(), flags, counts)
@pytest.mark.parts(10)
def test_good_rows_are_fitted(part: int, table: Table, choice: dict[str, bool], max_iter: int | None) -> None:
    result = fastgd.fit(*table, max_iter=max_iter, **choice)
    require_sound(result)
    assert max_iter is None or result.n_iter == max_iter


@given(tables(), st.data(), st.sampled_from(["raise", "drop"]))
@pytest.mark.parts(16)
def test_any_clothes(part: int, table: Table, data: st.DataObject, missing: str) -> None:
    x, y = data.draw(clothed(table[0])), data.draw(clothed(table[1], 3))
    n = data.draw(st.sampled_from([len(table[1]), len(table[1]), 3]))
    weight = data.draw(st.none() | columns(n).flatmap(lambda w: clothed(abs(w))))
    require_sound(outcome(lambda: fastgd.fit(x, y, sample_weight=weight, missing=missing)))
    require_sound(outcome(lambda: fastgd.analyse((x, y), sample_weight=weight, missing=missing)))


@given(tables(), st.data())
@pytest.mark.parts(10)
def test_any_clothes_of_one_array(part: int, table: Table, data: st.DataObject) -> None:
    points = data.draw(clothed(np.column_stack(table)))
    require_sound(outcome(lambda: fastgd.fit(points)))
    require_sound(outcome(lambda: fastgd.fit([points, points])))
    require_sound(outcome(lambda: fastgd.fit((part, part) for part in [points, points])))


@given(things, things, st.none() | things)
@pytest.mark.parts(8)
def test_what_is_no_data(part: int, x: Thing, y: Thing, weight: Thing | None) -> None:
    require_sound(outcome(lambda: fastgd.fit(x.value, y.value, sample_weight=weight and weight.value)))


@given(benign(3), things, st.sampled_from(["x", "y", "weight", "features", "alone", "pair", "blocks"]))
@pytest.mark.parts(10)
def test_one_argument_that_is_no_data(part: int, table: Table, thing: Thing, place: str) -> None:
    (x, y), value = table, thing.value
    calls = {
        "x": lambda: fastgd.fit(value, y),
        "y": lambda: fastgd.fit(x, value),
        "weight": lambda: fastgd.analyse(x, y, sample_weight=value),
        "features": lambda: fastgd.fit(x, y, features=value),
        "alone": lambda: fastgd.fit(value),
        "pair": lambda: fastgd.fit((value, y)),
        "blocks": lambda: fastgd.fit(iter([(x, y), value])),
    }
    require_sound(outcome(calls[place]))


@given(tables(), st.data())
@pytest.mark.parts(12)
def test_moments_of_anything(part: int, table: Table, data: st.DataObject) -> None:
    x, y = data.draw(clothed(table[0])), data.draw(clothed(table[1]))
    weight = data.draw(st.none() | columns(len(table[1])))
    made = outcome(lambda: fastgd.Moments.from_arrays(x, y, weight))
    grown = fastgd.Moments.from_arrays([[1.0] * table[0].shape[1]], [2.0])
    before = grown.to_bytes()
    added = outcome(lambda: grown.update(x, y, sample_weight=weight))
    assert isinstance(made, (fastgd.Moments, *DOCUMENTED))
    if isinstance(added, DOCUMENTED):
        assert grown.to_bytes() == before
    for moments in (made, grown):
        if isinstance(moments, fastgd.Moments):
            assert fastgd.Moments.from_bytes(moments.to_bytes()).to_bytes() == moments.to_bytes()
            require_sound(outcome(lambda moments=moments: fastgd.fit(moments)))


@given(sizes, st.data())
@pytest.mark.parts(10)
def test_frames(part: int, n: int, data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(["a", "b", "y", "", "a b", "é", 0]), min_size=1, max_size=4))
    parts = [data.draw(columns(n).flatmap(clothed)) for _ in names]
    library = data.draw(st.sampled_from(["pandas", "polars", "pyarrow"]))
    try:
        frame = FRAMES[library](dict(zip(names, parts, strict=True)))
    except KeyboardInterrupt:
        raise
    except BaseException:  # no frame of that library; of Decimals polars panics, which is no Exception
        return
    target = data.draw(st.sampled_from([None, "y", "a", "z", 0]))
    missing = data.draw(st.sampled_from(["raise", "drop"]))
    weight = data.draw(st.sampled_from([None, None, "b", "z"]))
    require_sound(outcome(lambda: fastgd.fit(frame, target, sample_weight=weight, missing=missing)))


def _pandas(columns: dict[Any, Any]) -> Any:
    import pandas

    return pandas.DataFrame(columns)


def _polars(columns: dict[Any, Any]) -> Any:
    import polars

    return polars.DataFrame(columns)


def _pyarrow(columns: dict[Any, Any]) -> Any:
    import pyarrow

    return pyarrow.table(columns)


FRAMES = {"pandas": _pandas, "polars": _polars, "pyarrow": _pyarrow}
