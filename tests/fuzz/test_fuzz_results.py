"""What is asked of a result: any rows to predict, any iterations, any level; and it comes back from a file as it was."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strange import Own, Thing, benign, clothed, columns, numbers, sizes, tables, things
from verdict import DOCUMENTED, outcome, require_finite

import fastgd

Table = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]
wholes = st.integers(-1, 50) | st.sampled_from([10**9, 2**53 + 1, 2**63 - 1, 2**63, 10**400])


def fitted(table: Table, **arguments: Any) -> fastgd.FitResult | None:
    found = outcome(lambda: fastgd.fit(*table, **arguments))
    return found if isinstance(found, fastgd.FitResult) else None


def require_numbers(found: Any, shape: tuple[int, ...] | None = None) -> None:
    if isinstance(found, np.ndarray):
        assert found.dtype == np.float64 and np.isfinite(found).all()
        assert shape is None or found.shape == shape
    elif not isinstance(found, float):
        assert isinstance(found, (Own, *DOCUMENTED)), type(found)


@given(tables(), st.data())
@pytest.mark.parts(14)
def test_any_rows(part: int, table: Table, data: st.DataObject) -> None:
    result = fitted(table)
    if result is None:
        return
    n = data.draw(sizes)
    rows = np.column_stack([data.draw(columns(n)) for _ in range(min(table[0].shape[1], 5))])
    X = data.draw(clothed(rows if rows.shape[1] == table[0].shape[1] else np.tile(rows, 40)[:, : table[0].shape[1]]))
    y = data.draw(columns(n).flatmap(clothed))
    require_numbers(outcome(lambda: result.predict(X)))
    require_numbers(outcome(lambda: result.predict(table[0])), (len(table[1]),))
    require_numbers(outcome(lambda: result.score(X, y)))
    require_numbers(outcome(lambda: result.predict_interval(X, data.draw(st.sampled_from([0.5, 0.95, 1e-300])))))


@given(benign(), things, st.sampled_from(["X", "score", "level", "kind", "tol", "every", "at", "backend", "summary", "rate"]))
@pytest.mark.parts(10)
def test_anything_as_an_argument(part: int, table: Table, thing: Thing, place: str) -> None:
    result, value = fastgd.fit(*table), thing.value
    calls = {
        "X": lambda: result.predict(value),
        "score": lambda: result.score(table[0], value),
        "level": lambda: result.inference(value).interval,
        "kind": lambda: result.predict_interval(table[0], kind=value),
        "tol": lambda: float(result.iterations_to(value) or 0),
        "every": lambda: result.path(every=value).error,
        "at": lambda: result.path(at=value).error,
        "backend": lambda: float(len(result.to_frame(backend=value))),
        "summary": lambda: float(len(result.summary(value))),
        "rate": lambda: float(result.stability.is_stable(value)) + len(result.stability.summary(value)),
    }
    require_numbers(outcome(calls[place]))


some_rates = st.sampled_from(["auto", 1e-3, 1.0, 1e300])


@given(tables(), st.lists(wholes, max_size=5), st.none() | wholes, st.none() | wholes, some_rates)
@pytest.mark.parts(10)
def test_any_iterations(
    part: int, table: Table, at: list[int], every: int | None, max_iter: int | None, rate: float | str
) -> None:
    max_iter = None if max_iter is not None and max_iter < 0 else max_iter
    result = fitted(table, learning_rate=rate, unstable="run", max_iter=max_iter)
    if result is None:
        return
    require_finite([lambda: result.path(at=at).coef.flat, lambda: result.path(at=at).error])
    if every is not None and (every > 10**6 or every < 1):  # ten million rows take seconds
        require_finite([lambda: result.path(every=every).error])


@given(tables(), numbers, st.booleans(), st.booleans(), wholes)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parts(8)
def test_a_saved_fit_is_the_same(
    part: int, tmp_path: Path, table: Table, rate: float, standardize: bool, fit_intercept: bool, max_iter: int
) -> None:
    chosen: dict[str, Any] = {"standardize": standardize, "fit_intercept": fit_intercept, "max_iter": max_iter, "unstable": "run"}
    result = fitted(table, learning_rate=rate, **chosen) if rate > 0 and max_iter >= 0 else fitted(table)
    if result is None:
        return
    path = tmp_path / "model.json"
    result.save(path)
    again = fastgd.load(path)
    assert (again.intercept.hex(), again.coef.tobytes()) == (result.intercept.hex(), result.coef.tobytes())
    for ask in (lambda r: r.error, lambda r: r.n_iter, lambda r: r.remaining, lambda r: r.summary(), lambda r: r.explain()):
        assert str(outcome(lambda ask=ask: ask(again))) == str(outcome(lambda ask=ask: ask(result)))


@given(things)
@pytest.mark.parts(2)
def test_anything_to_load_or_to_save_to(part: int, thing: Thing) -> None:
    value = thing.value
    if isinstance(value, str | bytes | os.PathLike) and value not in ("", b"", "\ud800", "a\0b"):
        return  # a name is a name
    result = fastgd.fit([1.0, 2.0, 4.0], [2.0, 3.0, 4.5])
    assert isinstance(outcome(lambda: fastgd.load(value)), (Own, *DOCUMENTED))
    assert isinstance(outcome(lambda: result.save(value)), (Own, *DOCUMENTED))
    assert isinstance(outcome(lambda: fastgd.Moments.from_bytes(value)), (Own, *DOCUMENTED))
