"""Model files: the same bits after save and load; anything else than a whole, unchanged file is refused."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import hashlib
import json
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fastgd

Edit = Callable[[dict[str, Any]], object]

RNG = np.random.default_rng(11)
X = RNG.normal(3.0, 2.0, 40)
Y = 1.0 + 0.5 * X + RNG.normal(0.0, 0.3, 40)
LIMIT = fastgd.analyse(X, Y).max_learning_rate


def told(ask: Callable[[], Any]) -> Any:
    """An answer, to the bit, or the error in its place: whatever the first result says, the second must say."""
    try:
        value = ask()
        if isinstance(value, np.ndarray):
            return value.dtype, value.shape, value.tobytes()
        if dataclasses.is_dataclass(value):
            return {field.name: told(lambda name=field.name: getattr(value, name)) for field in dataclasses.fields(value)}
        return repr(value)
    except Exception as error:
        return repr(error)


def everything(result: fastgd.FitResult) -> dict[str, Any]:
    """All that can be asked of a result, its stability and its moments."""
    at = [0, 1, 2, 3, 1000, 10**15 + 1]
    answers = {
        "predict": told(lambda: result.predict([0.1, 1e5])),
        "score": told(lambda: result.score([1.0, 2.0, 4.0], [1.0, 3.0, 2.0])),
        "path": told(result.path),
        "path at": told(lambda: result.path(at=at)),
        "summary": told(result.summary),
        "explain": told(result.explain),
        "iterations_to": told(lambda: result.iterations_to(1e-9)),
        "inference": told(result.inference),
        "interval": told(lambda: result.predict_interval([0.1, 1e5])),
        "again": told(lambda: fastgd.fit(result.moments, max_iter=7).error),
        "iterations": told(lambda: result.stability.iterations(1e-9)),
        "overflow": told(lambda: result.stability.overflow_iteration(10 * result.stability.max_learning_rate)),
    }
    for thing in (result, result.stability, result.moments):
        for name in dir(type(thing)):
            if not name.startswith("_") and not callable(getattr(type(thing), name)):
                answers[f"{type(thing).__name__}.{name}"] = told(lambda thing=thing, name=name: getattr(thing, name))
    return answers


@pytest.fixture
def file(tmp_path: Path) -> Path:
    fastgd.fit(X, Y, learning_rate=0.01, max_iter=100).save(tmp_path / "model.json")
    return tmp_path / "model.json"


REQUESTS: dict[str, dict[str, Any]] = {
    "limit": {},
    "on the way": {"learning_rate": 0.01, "max_iter": 100, "start": [3, -1.5]},
    "tolerance": {"tol": 1e-3},
    "odd past 2^53": {"learning_rate": float(np.nextafter(LIMIT, 0.0)), "max_iter": 2**53 + 1},
    "even past 2^53": {"learning_rate": float(np.nextafter(LIMIT, 0.0)), "max_iter": 2**53},
    "many": {"max_iter": np.int64(10**18)},
    "through the origin": {"fit_intercept": False, "start": [-0.0], "max_iter": 1},
    "standardised": {"standardize": True, "max_iter": 3, "learning_rate": 0.1},
    "diverged": {"learning_rate": 3.0, "unstable": "run"},
    "diverged on the way": {"learning_rate": 1.0, "unstable": "run", "max_iter": 9},
    "weights": {"sample_weight": np.linspace(0.0, 3.0, 40)},
}


def same_after_save_and_load(result: fastgd.FitResult, folder: Path) -> bool:
    result.save(folder / "model.json")
    return everything(fastgd.load(folder / "model.json")) == everything(result)


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_same_bits_in_every_answer(request_: dict[str, Any], tmp_path: Path) -> None:
    assert same_after_save_and_load(fastgd.fit(X, Y, **request_), tmp_path)


@pytest.mark.parametrize("scale_x", [1e-300, 1e-160, 1.0, 1e150, 1e300])
@pytest.mark.parametrize("scale_y", [1e-300, 1.0, 1e300])
@pytest.mark.parametrize("weight", [None, np.linspace(0.0, 3e-300, 40)], ids=["", "weights"])
def test_same_bits_at_any_scale(scale_x: float, scale_y: float, weight: np.ndarray | None, tmp_path: Path) -> None:
    scale_y = scale_y if 1e-300 < scale_y / scale_x < 1e300 else scale_x  # else no float64 holds the slope
    assert same_after_save_and_load(fastgd.fit(X * scale_x, Y * scale_y, sample_weight=weight), tmp_path)


def test_parity_past_2_to_the_53_is_kept(tmp_path: Path) -> None:
    odd, even = (fastgd.fit(X, Y, **REQUESTS[f"{name} past 2^53"]) for name in ("odd", "even"))
    assert odd.slope != even.slope  # else the two requests above prove nothing
    odd.save(tmp_path / "model.json")
    assert fastgd.load(tmp_path / "model.json").slope == odd.slope


@pytest.mark.parametrize(
    "data",
    [
        ([5.0] * 4, [1.0, 2.0, 3.0, 7.0]),
        ([1.0], [2.0]),
        ([0.0, 0.0], [0.0, 0.0]),
        (1.7e12 + 60_000 * np.arange(30.0), np.sin(np.arange(30.0))),
        ([1, 2, 3], [2, 4, 6]),
    ],
    ids=["constant", "one row", "zeros", "milliseconds", "perfect"],
)
def test_same_bits_for_data_at_the_edge(data: Any, tmp_path: Path) -> None:
    assert same_after_save_and_load(fastgd.fit(data), tmp_path)


@given(
    st.lists(st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 2), min_size=1, max_size=6),
    st.booleans(),
    st.booleans(),
    st.none() | st.integers(0, 10**20),
)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_same_bits_for_any_floats(
    tmp_path: Path, points: list[tuple[float, float]], intercept: bool, standardize: bool, max_iter: int | None
) -> None:
    try:
        result = fastgd.fit(points, fit_intercept=intercept, standardize=standardize, max_iter=max_iter)
    except fastgd.FastGDError:
        return
    assert same_after_save_and_load(result, tmp_path)


def test_a_tolerance_not_met_warned_once_and_not_again_on_load(tmp_path: Path) -> None:
    with pytest.warns(fastgd.ConvergenceWarning):
        result = fastgd.fit(X, Y, tol=1e-9, max_iter=3)
    assert same_after_save_and_load(result, tmp_path)


def test_names_of_any_letters(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas", reason="names come with frames")
    result = fastgd.fit(pandas.DataFrame({'Fläche "m²" \u2028': X, "\U0001f600": Y}), "\U0001f600")
    result.save(tmp_path / "model.json")
    loaded = fastgd.load(str(tmp_path / "model.json"))
    assert (loaded.feature_names, loaded.moments.target_name) == (('Fläche "m²" \u2028',), "\U0001f600")


SPEAKING = "y ~ C(town) + center(a) + I(a ** 2 + (np.save('ran.npy', [1]) or 0))"  # a formula that leaves a trace where it runs


def table(n: int, seed: int = 0) -> Any:
    pandas = pytest.importorskip("pandas", reason="formulas need frames")
    rng = np.random.default_rng(seed)
    a, town = rng.normal(5.0, 2.0, n), rng.choice(list("ABC"), n)
    town[:3] = list("ABC")
    return pandas.DataFrame({"a": a, "town": town, "w": rng.integers(0, 3, n), "y": a + (town == "B") + rng.normal(size=n)})


@pytest.mark.parametrize("text", ["y ~ a * C(town)", "y ~ 0 + a + town", "y ~ scale(w) + poly(a, 3) + C(town, contr.sum)"])
def test_a_fit_by_a_formula(text: str, tmp_path: Path) -> None:
    pytest.importorskip("formulaic", reason="needs formulaic")
    result = fastgd.fit(table(60), text)
    assert same_after_save_and_load(result, tmp_path)
    loaded, new = fastgd.load(tmp_path / "model.json"), table(20, 1)
    assert loaded.formula == text
    assert loaded.predict(new[["town", "w", "a"]]).tobytes() == result.predict(new).tobytes()
    assert loaded.predict_interval(new).tobytes() == result.predict_interval(new).tobytes()
    loaded.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "model.json").read_bytes()


def test_a_formula_is_not_run_before_it_is_asked_about_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("formulaic", reason="needs formulaic")
    monkeypatch.chdir(tmp_path)
    result = fastgd.fit(table(60), SPEAKING)
    result.save("model.json")
    sent = result.moments.to_bytes()
    Path("ran.npy").unlink()
    loaded = fastgd.load("model.json")
    everything(loaded)
    fastgd.fit(fastgd.Moments.from_bytes(sent) + loaded.moments).summary()
    assert not Path("ran.npy").exists()
    for ask in (loaded.predict, loaded.moments.update, fastgd.Moments.from_bytes(sent).update):
        ask(table(20, 1))
        Path("ran.npy").unlink()


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"text": "y ~ 0 + a + town"}, "the formula is not what Formula.to_dict wrote"),
        ({"text": "y ~ a +"}, "the formula 'y ~ a [+]' cannot be used: Operator"),
        ({"features": ["a"]}, "now makes the columns 'a', 'town.*', and made 'a' when it was stored"),
        ({"columns": 3}, "the formula is not what Formula.to_dict wrote"),
    ],
)
def test_a_formula_that_was_changed_is_refused_when_it_is_used(change: dict[str, Any], text: str, tmp_path: Path) -> None:
    pytest.importorskip("formulaic", reason="needs formulaic")
    fastgd.fit(table(60), "y ~ a + town").save(tmp_path / "model.json")
    loaded = fastgd.load(edited(tmp_path / "model.json", lambda content: content["moments"]["formula"].update(change)))
    with pytest.raises(fastgd.DataError, match=text):
        loaded.predict(table(3))


@pytest.mark.parametrize("broken", [{}, [], "y ~ a", {"text": 3, "intercept": True}, {"text": "y ~ a", "intercept": 1}])
def test_what_is_no_formula_is_refused_on_load(broken: Any, file: Path) -> None:
    with pytest.raises(fastgd.DataError, match="cannot be loaded: the formula is not what Formula.to_dict wrote: it was changed"):
        fastgd.load(edited(file, put(broken, "moments", "formula")))


ROADS: dict[str, Callable[[Any, Path], Any]] = {
    "pandas": lambda frame, folder: frame,
    "polars": lambda frame, folder: pytest.importorskip("polars").from_pandas(frame),
    "lazy": lambda frame, folder: pytest.importorskip("polars").from_pandas(frame).lazy(),
    "list": lambda frame, folder: [frame[:2], frame[2:]],
    "iterator": lambda frame, folder: iter([frame[:2], frame[2:]]),
    "csv": lambda frame, folder: frame.to_csv(folder / "new.csv", index=False) or folder / "new.csv",
    "files": lambda frame, folder: frame.to_csv(folder / "new.csv", index=False) or [str(folder / "new.csv")],
}


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("text", [None, "y ~ a * C(town)", "y ~ 0 + center(a) + town + I(a ** 2)"])
def test_a_loaded_fit_takes_new_rows(road: str, text: str | None, tmp_path: Path) -> None:
    """They need not show every category, and the columns' names need not be said again."""
    pytest.importorskip("formulaic", reason="needs formulaic")
    whole, n = table(60), 57
    new = whole[n:].assign(more="text")
    assert len(set(new["town"])) < 3
    fastgd.fit(whole[:n], text or "y", features=None if text else ["a"]).save(tmp_path / "model.json")
    moments = fastgd.load(tmp_path / "model.json").moments
    if text is None:
        new = new.drop(columns="town")
    updated = fastgd.fit(moments.update(ROADS[road](new, tmp_path)))
    at_once = fastgd.fit(whole, text or "y", features=None if text else ["a"])
    assert updated.moments.n_samples == 60
    assert updated.predict(whole) == pytest.approx(at_once.predict(whole), rel=1e-12)
    assert updated.inference().p_value[-1] == pytest.approx(at_once.inference().p_value[-1], rel=1e-9)


def test_weights_and_missing_values_of_new_rows(tmp_path: Path) -> None:
    pytest.importorskip("formulaic", reason="needs formulaic")
    whole, text = table(60), "y ~ a + town"
    whole.loc[58, "a"] = np.nan
    fastgd.fit(whole[:50], text, sample_weight="w").save(tmp_path / "model.json")
    at_once = fastgd.fit(whole, text, sample_weight="w", missing="drop")
    moments = fastgd.load(tmp_path / "model.json").moments
    updated = fastgd.fit(moments.update(whole[50:], sample_weight="w", missing="drop"))
    assert updated.coef == pytest.approx(at_once.coef, rel=1e-12)
    assert (updated.n_dropped, at_once.n_dropped) == (1, 1)
    rows = whole[50:].drop(index=58)
    given = fastgd.fit(fastgd.load(tmp_path / "model.json").moments.update(rows, sample_weight=rows["w"].to_numpy()))
    assert given.coef.tolist() == updated.coef.tolist()


def test_new_rows_without_names_are_taken_by_position(tmp_path: Path) -> None:
    frame = table(60)
    fastgd.fit(frame[["a", "w"]], frame["y"]).save(tmp_path / "model.json")
    expected = fastgd.fit(np.vstack([frame[["a", "w", "y"]].to_numpy(), [[1.0, 2.0, 3.0]]])).coef
    X, y = np.array([[1.0, 2.0]]), np.array([3.0])
    named = frame[["w", "a"]][:1].assign(w=2.0, a=1.0), frame["y"][:1] * 0.0 + 3.0  # a pair of columns, and no two blocks
    news: list[Any] = [named, (X, y), [[1.0, 2.0, 3.0]], [(X, y)], iter([(X, y)]), np.array([[1.0, 2.0, 3.0]])]
    for new in news:
        updated = fastgd.fit(fastgd.load(tmp_path / "model.json").moments.update(new))
        assert (updated.moments.n_samples, updated.feature_names) == (61, ("a", "w"))
        assert updated.coef == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda new: new.assign(town="Z"), "^town holds 'Z' in row 0, a level that the fit did not see: it knows 'A', 'B', 'C'"),
        (lambda new: new.drop(columns="a"), "^no column 'a' in the frame"),
        (lambda new: new[:0], "^no rows: the frame holds column names only"),
        (lambda new: [new[:2], new.assign(town="Z")], "^town holds 'Z' in row 0 of block 1"),
        (lambda new: new[["a", "y"]].to_numpy(), "^these moments have 3 features and the others 1"),
    ],
)
def test_new_rows_that_do_not_fit_are_refused_and_change_nothing(change: Any, text: str, tmp_path: Path) -> None:
    pytest.importorskip("formulaic", reason="needs formulaic")
    fastgd.fit(table(60), "y ~ a + C(town)").save(tmp_path / "model.json")
    moments = fastgd.load(tmp_path / "model.json").moments
    before = moments.to_bytes()
    with pytest.raises(fastgd.DataError, match=text):
        moments.update(change(table(5)))
    assert moments.to_bytes() == before


WRITTEN = """{
 "format": "fastgd model",
 "version": 1,
 "result": {
  "status": "converged",
  "intercept": 0.0,
  "coef": [1.9],
  "error": 0.175,
  "n_iter": 20781,
  "remaining": 0.0
 },
 "request": {
  "learning_rate": "auto",
  "max_iter": null,
  "tol": null,
  "start": [0.0, 0.0],
  "fit_intercept": true,
  "standardize": false
 },
 "moments": {
  "n_samples": 4,
  "n_dropped": 0,
  "feature_names": ["hours"],
  "target_name": "score",
  "formula": null,
  "log_weight": 0,
  "library": "pandas",
  "high": [4.0, 10.0, 19.0, 30.0, 57.0, 109.0],
  "low": [0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
  "shift": [0.0, 0.0],
  "exponent": [0, 0, 0],
  "solution": null
 },
 "sha256": "8a402d0ec3f8f70007f6e5f3aea618730da99a97b3f3c3e2583759b027579243"
}
"""


def test_a_file_of_version_1_stays_readable(tmp_path: Path) -> None:
    """Whatever changes here would shut out the files that people have: it takes another version, and this one's still read."""
    (tmp_path / "old.json").write_text(WRITTEN)
    loaded = fastgd.load(tmp_path / "old.json")
    assert loaded.predict([5.0]).tolist() == [9.5]
    assert loaded.moments.update([5.0], [9.5]).n_samples == 5
    pandas = pytest.importorskip("pandas", reason="names come with frames")
    new = fastgd.fit(pandas.DataFrame({"hours": [1, 2, 3, 4], "score": [2, 4, 5, 8]}), "score")
    new.save(tmp_path / "new.json")
    machines_own = r'"(n_iter|sha256)": .*'  # the first follows from logarithms, whose last digit is the machine's
    assert re.sub(machines_own, "", (tmp_path / "new.json").read_text()) == re.sub(machines_own, "", WRITTEN)


def test_the_file_is_small_json_with_the_outcome_in_it(file: Path) -> None:
    result = fastgd.load(file)
    content = json.loads(file.read_text())
    assert file.stat().st_size < 1500
    assert (content["format"], content["version"]) == ("fastgd model", 1)
    assert content["result"] == {
        "status": "max_iter",
        "intercept": result.intercept,
        "coef": [result.slope],
        "error": result.error,
        "n_iter": 100,
        "remaining": result.remaining,
    }


@pytest.mark.parametrize("request_", [{}, {"learning_rate": 1.0, "max_iter": 9, "unstable": "run"}], ids=["limit", "diverged"])
def test_an_error_past_float64_is_null_in_the_file(tmp_path: Path, request_: dict[str, Any]) -> None:
    result = fastgd.fit(X * 1e150, Y * 1e200, **request_)
    assert same_after_save_and_load(result, tmp_path)
    assert json.loads((tmp_path / "model.json").read_text())["result"]["error"] is None


def edited(file: Path, edit: Edit, sign: bool = True) -> Path:
    """The file with its content edited, and signed again so that only the edit can be what is refused."""
    content = json.loads(file.read_text())
    edit(content)
    if sign:
        rest = {key: value for key, value in content.items() if key != "sha256"}
        canonical = json.dumps(rest, sort_keys=True, separators=(",", ":")).encode()
        content["sha256"] = hashlib.sha256(canonical).hexdigest()
    file.write_text(json.dumps(content))
    return file


def put(value: object, *keys: str | int) -> Edit:
    def edit(content: Any) -> None:
        for key in keys[:-1]:
            content = content[key]
        content[keys[-1]] = value

    return edit


def drop(*keys: str) -> Edit:
    def edit(content: Any) -> None:
        for key in keys[:-1]:
            content = content[key]
        del content[keys[-1]]

    return edit


def test_layout_may_change_and_content_may_not(file: Path) -> None:
    before = everything(fastgd.load(file))
    assert everything(fastgd.load(edited(file, lambda content: None, sign=False))) == before
    assert everything(fastgd.load(edited(file, lambda content: content, sign=True))) == before


@pytest.mark.parametrize(
    "edit",
    [
        put(41, "moments", "n_samples"),
        put("income", "moments", "target_name"),
        put(0.25, "result", "error"),
        put([0.5000000001], "result", "coef"),
        put(101, "request", "max_iter"),
        put("0" * 64, "sha256"),
        put(None, "sha256"),
    ],
)
def test_an_edited_file_is_refused(file: Path, edit: Edit) -> None:
    with pytest.raises(fastgd.DataError, match="model.json cannot be loaded: it was changed after it was saved"):
        fastgd.load(edited(file, edit, sign=False))


@pytest.mark.parametrize(
    ("edit", "text"),
    [
        (put("onnx", "format"), "it is not a model file: 'format' in it is not 'fastgd model'"),
        (drop("format"), "it is not a model file"),
        (put(3, "version"), "it has version 3 of the format, and this fastgd reads versions 1 and 2"),
        (put(2, "version"), "moments lacks 'precision'"),
        (put([0.0, 0.0], "moments", "precision"), "moments has the unknown key 'precision'"),
        (drop("version"), "it has version None of the format"),
        (drop("moments"), "the file lacks 'moments'"),
        (drop("request", "tol"), "request lacks 'tol'"),
        (put(1, "result", "code"), "result has the unknown key 'code'"),
        (put([], "moments"), "'moments' in it is not a group of keys"),
        (put("x", "moments", "feature_names"), "'feature_names' in moments is not a list of names"),
        (put([1], "moments", "feature_names"), "'feature_names' in moments is not a list of names"),
        (put(None, "moments", "target_name"), "'target_name' in moments is not a name"),
        (put(0, "moments", "n_samples"), "'n_samples' in moments is not a number of rows"),
        (put(True, "moments", "n_samples"), "'n_samples' in moments is not a number of rows"),
        (put(10**400, "moments", "n_samples"), "'n_samples' in moments is not a number of rows"),
        (put(-1, "moments", "n_dropped"), "'n_dropped' in moments is not a number of rows"),
        (put(0.5, "moments", "log_weight"), "'log_weight' in moments is not a valid sum of logarithms"),
        (put(1, "moments", "library"), "'library' in moments is not 'pandas', 'polars', 'pyarrow' or null"),
        (put([1.0] * 5, "moments", "high"), "'high' in moments is not a list of 6 numbers"),
        (put([1.0] * 7, "moments", "low"), "'low' in moments is not a list of 6 numbers"),
        (put("1", "moments", "high", 2), "'high' in moments is not a list of 6 numbers"),
        (put([0.0], "moments", "shift"), "'shift' in moments is not a list of 2 numbers"),
        (put([0, 0.5, 0], "moments", "exponent"), "'exponent' in moments is not a list of 3 whole numbers"),
        (put([0, 10**400, 0], "moments", "exponent"), "'exponent' in moments is not exponents of float64 numbers"),
        (put(["a", "b"], "moments", "feature_names"), "'high' in moments is not a list of 10 numbers"),
        (put([1.0, 2.0], "result", "coef"), "'coef' in result is not a list of 1 number$"),
        (put("1", "result", "intercept"), "'intercept' in result is not a number"),
        (put(1, "request", "standardize"), "standardize=1: pass True or False"),
        (put(-1.0, "request", "learning_rate"), "learning_rate=-1.0: it must be a positive"),
        (put(10**400, "request", "learning_rate"), "learning_rate=1000.*: it must be a positive, finite number"),
        (put([], "request", "learning_rate"), r"learning_rate=\[\]: it must be a positive, finite number"),
        (put(0.5, "request", "max_iter"), "max_iter=0.5: it must be a whole number"),
        (put(2.0, "request", "tol"), "tol=2.0: it must be a number between 0 and 1"),
        (put([1.0], "request", "start"), "start=.*: it must hold 2 numbers"),
        (put({}, "request", "start"), "start of type dict cannot be read"),
        (put([0.5000001], "result", "coef"), "its slope is 0.5000001, and its moments and request give 0.6538897"),
        (put(-40.0, "moments", "high", 0), r"its moments are not those of any rows \(math domain error\)"),
        (put(1.5, "result", "intercept"), "its intercept is 1.5, and its moments and request give 0.4857963"),
        (put(1000, "request", "max_iter"), "its intercept is 0.4857963.*and its moments and request give"),
        (put(-57.0, "moments", "high", 1), "its intercept is 0.4857963.*and its moments and request give"),
    ],
)
def test_what_is_wrong_is_said(file: Path, edit: Edit, text: str) -> None:
    with pytest.raises(fastgd.DataError, match=f"model.json cannot be loaded: {text}"):
        fastgd.load(edited(file, edit))


@pytest.mark.parametrize("line", ['"tol": 0.5,', '"intercept": 7.0,', '"format": "x",'])
def test_a_key_that_stands_twice_is_refused(file: Path, line: str) -> None:
    key = line.partition(":")[0]
    file.write_text(file.read_text().replace(key, f"{line} {key}", 1))
    with pytest.raises(fastgd.DataError, match=f"cannot be loaded: the key '{key[1:-1]}' occurs twice in it"):
        fastgd.load(file)


@given(
    st.sampled_from(["high", "low", "shift", "exponent", "n_samples", "n_dropped"]),
    st.integers(0, 5),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0, 1, -1, 1100, -1100, 2**53, 10**400]),
)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
def test_moments_of_no_rows_are_refused_or_fitted(file: Path, key: str, place: int, value: float, whole: int) -> None:
    """Whoever signs an edit can make any moments: no other error than ours, and no warning, comes of them."""
    fastgd.fit(X, Y).save(file)

    def edit(content: Any) -> None:
        part = content["moments"]
        if key.startswith("n_"):
            part[key] = whole
        else:
            part[key][place % len(part[key])] = whole if key == "exponent" else value

    with contextlib.suppress(fastgd.DataError):
        loaded = fastgd.load(edited(file, edit))
        assert np.isfinite([loaded.intercept, loaded.slope, loaded.inference().standard_error[0]]).all()


def test_a_missing_checksum_is_said(file: Path) -> None:
    with pytest.raises(fastgd.DataError, match="the file lacks 'sha256'"):
        fastgd.load(edited(file, drop("sha256"), sign=False))


def test_another_versions_last_digits_are_accepted(file: Path) -> None:
    result = fastgd.load(file)
    near = fastgd.load(edited(file, put([result.slope * (1 + 1e-13)], "result", "coef")))
    assert near.slope == result.slope


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_not_finite_are_refused(file: Path, text: str) -> None:
    file.write_text(edited(file, put(12345, "moments", "low", 0)).read_text().replace("12345", text))
    with pytest.raises(fastgd.DataError, match=f"it holds {text}: every number must be finite"):
        fastgd.load(file)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", r"it is not JSON, or is cut off \(Expecting value: line 1"),
        (b"area,price\n1,2\n", "it is not JSON, or is cut off"),
        (b"\x93NUMPY\xff", "it is not JSON, or is cut off .*can't decode"),
        (b"[" * 100_000, "it is not JSON, or is cut off"),
        (b'{"format": ' + b"1" * 5000 + b"}", "it is not JSON, or is cut off"),
        (b"[1, 2]", "it is not a model file"),
        (b"3", "it is not a model file"),
    ],
    ids=["empty", "csv", "binary", "deep", "long", "list", "number"],
)
def test_other_files_are_refused(file: Path, content: bytes, text: str) -> None:
    file.write_bytes(content)
    with pytest.raises(fastgd.DataError, match=f"model.json cannot be loaded: {text}"):
        fastgd.load(file)


def test_a_file_cut_anywhere_is_refused(file: Path) -> None:
    whole = file.read_bytes()
    for length in range(len(whole.rstrip())):
        file.write_bytes(whole[:length])
        with pytest.raises(fastgd.DataError, match="it is not JSON, or is cut off"):
            fastgd.load(file)


@given(st.integers(0, 10**6), st.characters(min_codepoint=32, max_codepoint=126))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
def test_a_file_with_another_letter_is_refused_or_means_the_same(file: Path, place: int, letter: str) -> None:
    fastgd.fit(X, Y, learning_rate=0.01, max_iter=100).save(file)
    before = fastgd.load(file)
    text = file.read_text()
    place %= len(text)
    file.write_text(text[:place] + letter + text[place + 1 :])
    try:
        loaded = fastgd.load(file)
    except fastgd.DataError:
        return
    assert everything(loaded) == everything(before)


def test_missing_files_and_names_that_are_none(tmp_path: Path) -> None:
    result = fastgd.fit(X, Y)
    with pytest.raises(fastgd.DataError, match=r"none.json cannot be loaded: no such file \(looked in "):
        fastgd.load(tmp_path / "none.json")
    with pytest.raises(fastgd.DataError, match="cannot be loaded: Is a directory"):
        fastgd.load(tmp_path)
    with pytest.raises(fastgd.DataError, match="the fit cannot be written to .*none/model.json: No such file or directory"):
        result.save(tmp_path / "none" / "model.json")
    with pytest.raises(fastgd.DataError, match="is a folder or a device: name a file"):
        result.save(tmp_path)
    with pytest.raises(fastgd.DataError, match="is a folder or a device: name a file"):
        result.save(os.devnull)
    for name in (3, None, "a\0b"):
        with pytest.raises(fastgd.DataError, match=f"{name!r} is not the name of a file".replace("\\", "\\\\")):
            result.save(name)
        with pytest.raises(fastgd.DataError, match="is not the name of a file"):
            fastgd.load(name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_save_that_fails_leaves_the_old_file(file: Path, failing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = file.read_bytes()
    other = fastgd.fit(X, 2 * Y)

    def fail(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, failing, fail)
    with pytest.raises(fastgd.DataError, match="the fit cannot be written to .*model.json: No space left on device"):
        other.save(file)
    assert [file] == list(file.parent.iterdir())
    assert file.read_bytes() == before


def test_ctrl_c_in_a_save_leaves_the_old_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = file.read_bytes()

    def interrupt(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fastgd.fit(X, 2 * Y).save(file)
    assert [file] == list(file.parent.iterdir())
    assert file.read_bytes() == before


def test_a_save_is_on_the_disk_before_it_replaces(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda descriptor: (done.append("fsync"), fsync(descriptor)))
    monkeypatch.setattr(os, "replace", lambda a, b: (done.append("replace"), replace(a, b)))
    fastgd.fit(X, 2 * Y).save(file)
    assert done == ["fsync", "replace"]
    assert fastgd.load(file).slope == fastgd.fit(X, 2 * Y).slope


@pytest.mark.skipif(os.name != "posix", reason="permissions and links as POSIX has them")
def test_permissions_and_links_are_kept(file: Path) -> None:
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(file.stat().st_mode) == 0o666 & ~mask
    file.chmod(0o640)
    link = file.with_name("link.json")
    link.symlink_to(file)
    fastgd.fit(X, 2 * Y).save(link)
    assert link.is_symlink()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert fastgd.load(file).slope == fastgd.fit(X, 2 * Y).slope
