"""The other doors, each with the habits of its own: the scikit-learn estimator, and the command line."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strange import Own, Thing, benign, clothed, columns, numbers, tables, things
from verdict import require_sound_fit

Table = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]
SKLEARNS = (ValueError, TypeError, ArithmeticError, MemoryError, Own)
"""What scikit-learn's checks raise, or let through, before fastgd sees the data; they warn as well."""


def estimated(call: Callable[[], Any]) -> Any:
    """What a method of the estimator returns or raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return call()
        except SKLEARNS as error:
            return error


@given(tables(), st.data())
@pytest.mark.parts(8)
def test_estimator_on_any_clothes(part: int, table: Table, data: st.DataObject) -> None:
    sklearn = pytest.importorskip("fastgd.sklearn")
    X, y = data.draw(clothed(table[0])), data.draw(clothed(table[1], 3))
    weight = data.draw(st.none() | st.none() | columns(len(table[1])).map(abs))
    model = sklearn.GradientDescentRegressor(standardize=data.draw(st.booleans()))
    for found in (estimated(lambda: model.fit(X, y, weight)), estimated(lambda: model.partial_fit(X, y, weight))):
        if found is model:
            require_sound_fit(model.result_)
            predicted = estimated(lambda: model.predict(X))
            assert isinstance(predicted, Exception) or np.isfinite(predicted).all()


PARAMETERS = ["learning_rate", "max_iter", "tol", "standardize", "fit_intercept", "unstable", "n_jobs", "X", "y", "sample_weight"]


@given(benign(), st.sampled_from(PARAMETERS), things)
@pytest.mark.parts(6)
def test_anything_as_an_argument_of_the_estimator(part: int, table: Table, name: str, thing: Thing) -> None:
    sklearn = pytest.importorskip("fastgd.sklearn")
    arguments = {"X": table[0], "y": table[1], "sample_weight": None}
    if name in arguments:
        arguments[name] = thing.value
        model = sklearn.GradientDescentRegressor()
    else:
        model = sklearn.GradientDescentRegressor(**{name: thing.value})
    if estimated(lambda: model.fit(**arguments)) is model:
        require_sound_fit(model.result_)


words = st.sampled_from(["auto", "raise", "run", "drop", "x", "y", "x,y", "", "1", "0.1", "-1", "nan", "inf", "1e400"])
words |= st.sampled_from(["1_0", "y ~ x", "--", "-1e-3", "9" * 5000, "\ud800", "a\0b", "é", "0x10", "1,2", "1,,2", "[1]"])
words |= numbers.map(str)
OPTIONS = ["--learning-rate", "--max-iter", "--tol", "--start", "--unstable", "--features", "--weights", "--missing", "--n-jobs"]


@given(
    st.sampled_from(["fit", "fit", "check", "show", "predict", "nothing"]),
    tables(),
    st.lists(st.tuples(st.sampled_from(OPTIONS), words), max_size=3),
    st.lists(st.sampled_from(["--json", "--standardize", "--help", "--version", "-x"]), max_size=2),
    st.lists(words, max_size=2),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parts(8)
def test_command_line(
    part: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    table: Table,
    options: list[tuple[str, str]],
    flags: list[str],
    more: list[str],
) -> None:
    """Status 0 and an answer; or 1 and one line of what is wrong; or 2 and how it is used."""
    pytest.importorskip("typer")
    from typer.testing import CliRunner

    from fastgd.cli import app

    monkeypatch.chdir(tmp_path)
    rows = np.column_stack(table).tolist()
    Path("data.csv").write_text("".join(",".join(map(repr, row)) + "\n" for row in rows), encoding="utf-8")
    asked = [*(word for option in options for word in option), *flags, *more]
    done = CliRunner().invoke(app, [command, "data.csv", *asked])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code in (0, 1, 2)
    if done.exit_code == 1:
        told = done.stderr.rstrip("\n").split("\n")
        assert told[-1].startswith("fastgd: ") and len(told) <= 2
    if done.exit_code == 0 and "--json" in flags and not {"--help", "--version"} & {*asked}:
        assert json.loads(done.stdout, parse_constant=float.fromhex)
