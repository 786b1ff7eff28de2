"""The table of contenders: none is lost, none spoils what it is handed, and fastgd's roads all give the same bits."""

from __future__ import annotations

import copy
from typing import Any

import narwhals as nw
import numpy as np
import pytest
from contenders import ESTIMATOR, FASTGD, FIT, FIT_POINTS, LINE, STREAMS, TABLE, by_column, in_blocks, in_single
from hypothesis import given
from hypothesis import strategies as st
from job import Contender
from jobs import JOBS
from rows import Data, digits, lesson, on_grid, single_table, table

ROADS = [
    FASTGD,
    FIT_POINTS,
    ESTIMATOR,
    FASTGD._replace(name="by columns", given=by_column),
    *(c for c in STREAMS if c.name.startswith("fastgd")),
    FASTGD._replace(name="in threes", given=lambda d: in_blocks(d, 3)),
]


COMPLETE = dict.fromkeys(("line", "many", "most"), LINE) | dict.fromkeys(("100 x 5", "10^6 x 10", "10^5 x 200"), TABLE)


@pytest.mark.parametrize("key", COMPLETE)
def test_contenders_run_or_are_left_out_for_a_reason(key: str) -> None:
    run, left_out, all_of_them = (
        {c.name for c in JOBS[key].contenders},
        set(JOBS[key].left_out),
        {c.name for c in COMPLETE[key]},
    )
    assert run >= all_of_them - left_out
    assert left_out <= all_of_them - run


@pytest.mark.parametrize("key", JOBS)
def test_names_of_a_job(key: str) -> None:
    names = [c.name for c in JOBS[key].contenders]
    assert len(set(names)) == len(names)
    job, unit = JOBS[key].unit
    assert unit in [c.name for c in JOBS[job].contenders]


@pytest.mark.filterwarnings("ignore:'@' is faster on contiguous arrays")
@pytest.mark.parametrize(
    ("contender", "data"), [(c, lesson(100)) for c in LINE] + [(c, table(120, 4)) for c in (*TABLE, *STREAMS)]
)
def test_what_is_handed_over_stays_as_it_is(contender: Contender, data: Data) -> None:
    """Else the next round would have other data, and so would the others."""
    arguments = contender.given(data)
    before = copy.deepcopy(arguments)
    contender.function(*arguments)
    assert flat(arguments) == flat(before)


def flat(value: Any) -> Any:
    """Arrays and frames as bytes, whatever they are in."""
    if isinstance(value, tuple | list):
        return [flat(item) for item in value]
    if isinstance(value, dict | float):
        return value
    return nw.from_native(value, eager_only=True, allow_series=True, pass_through=True).__array__().tobytes()


@given(st.integers(1, 4), st.integers(8, 60), st.floats(0.0, 90.0), st.floats(1e-3, 4.0), st.integers(0, 2**32 - 1))
def test_all_roads_of_fastgd_give_the_same_right_answer(features: int, n: int, mean: float, spread: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    X = on_grid(mean + spread * rng.uniform(-1.0, 1.0, (n, features)))
    data = Data(X, on_grid(X.sum(axis=1) / 8 + rng.uniform(-1.0, 1.0, n)))
    found = {road.name: road.read(road.function(*road.given(data))) for road in ROADS}
    assert len({tuple(map(float.hex, map(float, values))) for values in found.values()}) == 1, found
    assert digits(found[FASTGD.name], data.solution) >= 14


def test_float32_is_taken_as_it_is() -> None:
    data = single_table(100, 3)
    singles, doubles = FASTGD.function(*in_single(data)), FASTGD.function(*FASTGD.given(data))
    assert FASTGD.read(singles) == FASTGD.read(doubles)


def test_a_line_is_a_table_of_one_feature() -> None:
    assert FIT.read(FIT.function(*FIT.given(lesson(100)))) == FASTGD.read(FASTGD.function(*FASTGD.given(lesson(100))))
