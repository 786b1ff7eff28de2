"""Files from strangers: what is signed and lies is refused, takes no memory that it only claims to need, and runs nothing."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import forging
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastgd

BLOCK = 4096
RNG = np.random.default_rng(5)
X = RNG.normal(3.0, 2.0, (3 * BLOCK + 50, 2))
Y = X @ [1.0, -2.0] + RNG.normal(size=len(X))
WIDE = RNG.normal(size=(21_000, 40))


def of_formula() -> fastgd.Moments:
    pd = pytest.importorskip("pandas")
    pytest.importorskip("formulaic", reason="needs formulaic")
    return fastgd.fit(pd.DataFrame({"a": X[:9, 0], "y": Y[:9]}), "y ~ a").moments


HONEST: dict[str, Callable[[], fastgd.Moments]] = {
    "few rows": lambda: fastgd.Moments.from_arrays([1.0, 2.0, 3.0], [2.0, 4.0, 9.0]),
    "many rows": lambda: fastgd.Moments.from_arrays(X, Y),
    "weights": lambda: fastgd.Moments.from_arrays(X[:50], Y[:50], np.arange(1.0, 51.0)),
    "a part": lambda: fastgd.Moments.from_arrays(X, Y).starting_at(len(X)).update(X[:9000], Y[:9000]),
    "of a fit": lambda: fastgd.fit(X[:30], Y[:30]).moments,
    "of a fit and more": lambda: fastgd.fit(X[:30], Y[:30]).moments.update(X[30:60], Y[30:60]),
    "refined": lambda: fastgd.fit(WIDE, WIDE @ np.ones(40) + np.arange(len(WIDE)) % 7).moments,
    "formula": of_formula,
    "empty": fastgd.Moments,
}
"""All kinds of moments: what is refused below is refused of those that are honest but for one lie."""


@cache
def honest(kind: str) -> bytes:
    return HONEST[kind]().to_bytes()


def forged(kind: str, lie: Callable[[dict[str, Any], list[np.ndarray]], Any]) -> bytes:
    header, arrays = forging.opened(honest(kind))
    lie(header, arrays)
    return forging.closed(header, arrays)


def said(key: str, value: Any) -> Callable[[dict[str, Any], list[np.ndarray]], Any]:
    return lambda header, arrays: header.__setitem__(key, value)


def of_segment(key: str, value: Any) -> Callable[[dict[str, Any], list[np.ndarray]], Any]:
    return lambda header, arrays: header["segment"].__setitem__(key, value)


def number(array: int, place: int | tuple[int, ...], value: float) -> Callable[[dict[str, Any], list[np.ndarray]], Any]:
    return lambda header, arrays: arrays[array].__setitem__(place, value)


@pytest.mark.parametrize("kind", HONEST)
def test_honest_moments_come_back_to_the_bit(kind: str) -> None:
    data = honest(kind)
    assert fastgd.Moments.from_bytes(data).to_bytes() == data
    assert fastgd.Moments.from_bytes(forging.closed(*forging.opened(data))).to_bytes() == data


@pytest.mark.parametrize(
    ("kind", "lie", "text"),
    [
        ("few rows", said("code", 1), "the header does not have the keys that it should"),
        ("few rows", lambda header, arrays: header.pop("target"), "the header does not have the keys that it should"),
        ("few rows", said("shapes", [[-1, 3], [3, 3]]), "the shapes of the arrays are not valid"),
        ("few rows", said("shapes", "x"), "the shapes of the arrays are not valid"),
        ("few rows", said("shapes", [[1] * 70]), "the shapes of the arrays are not valid"),
        ("few rows", said("shapes", [[2**62, 2**62]]), "there are more or fewer numbers than the shapes say"),
        ("few rows", said("shapes", [[0, 3], [2, 3]]), "there are more or fewer numbers than the shapes say"),
        ("few rows", said("features", 3), "the names of the features are not valid"),
        ("few rows", said("features", [3]), "the names of the features are not valid"),
        ("few rows", said("features", ["a", "b"]), "there are more or fewer names than features"),
        ("few rows", said("target", {}), "the name of the target is not valid"),
        ("few rows", said("n_closed", 10**400), "a number of rows is not valid"),
        ("few rows", said("n_closed", True), "a number of rows is not valid"),
        ("few rows", said("n_dropped", -1), "a number of rows is not valid"),
        ("few rows", said("n_closed", 3), "there are sums without rows, or rows without sums"),
        ("few rows", said("sums", 1), "it does not say whether there are sums"),
        ("few rows", said("solution", [True, 1.0]), "there is a solution without sums"),
        ("few rows", said("library", "os"), "the library of the frame is not one that is known"),
        ("few rows", said("library", ["os"]), "the library of the frame is not one that is known"),
        ("few rows", said("log_weight", 2.5), "the logarithm of the weights is not valid"),
        ("few rows", said("log_weight", 10**4000), "the logarithm of the weights is not valid"),
        ("few rows", said("segment", None), "there are arrays that belong to nothing"),
        ("few rows", said("segment", []), "the segment does not have the keys that it should"),
        ("few rows", of_segment("q", 10**6), "the number of columns is not from 2 to 65,536"),
        ("few rows", of_segment("q", -1), "the number of columns is not from 2 to 65,536"),
        ("few rows", of_segment("q", 3), "the rows at the borders are not valid"),
        ("few rows", of_segment("start", 5), "the rows end before they begin"),
        ("few rows", of_segment("stop", 10**30), "the rows end before they begin"),
        ("few rows", of_segment("stop", 10**18), "the rows at the borders are not as many as the blocks leave"),
        ("few rows", of_segment("borders", [[0, False], [10**9, False]]), "the rows at the borders are not as many"),
        ("few rows", of_segment("borders", 3), "the rows at the borders are not as many"),
        ("few rows", of_segment("borders", [[0, 1], [3, False]]), "the rows at the borders are not valid"),
        ("few rows", of_segment("shift", 1), "arrays are missing"),
        ("few rows", number(1, (0, 2), 2.0), "the rows at the borders are not valid"),
        ("weights", number(1, (0, 3), 0.0), "the rows at the borders are not valid"),
        ("many rows", of_segment("pieces", [[1, 0], [1, 0]]), "the sums are not those of the blocks of the rows"),
        ("many rows", of_segment("pieces", [[1, 0], [0, 3]]), "the sums are not those of the blocks of the rows"),
        ("many rows", of_segment("pieces", [[1.0, 0], [0, 2]]), "the sums are not those of the blocks of the rows"),
        ("many rows", of_segment("pieces", [["a", 1], [0, 2]]), "the sums are not those of the blocks of the rows"),
        ("many rows", lambda header, arrays: arrays.__setitem__(3, arrays[3][:, :4]), "the sums are not those of 3 columns"),
        ("many rows", lambda header, arrays: arrays.__setitem__(0, np.zeros(9)), "there is not one shift for each column"),
        ("many rows", number(3, (3, 1), 0.5), "an exponent is not valid"),
        ("many rows", number(3, (3, 1), 5000.0), "an exponent is not valid"),
        ("many rows", number(3, (0, 0), -3.0), "the sum of the weights is not valid"),
        ("many rows", number(3, (0, 4), 1e-9), "no rows have such sums"),
        ("many rows", number(3, (2, 1), 1e200), "a shift is not valid"),
        ("of a fit", number(0, (0, 1), 1e9), "no rows have such sums"),
        ("of a fit", number(0, (0, 5), 1e9), "no rows have such sums"),
        ("of a fit", number(0, (1, 5), 1.0), "no rows have such sums"),
        ("of a fit", number(0, (3, 1), 1100.0), "no rows have such sums"),
        ("of a fit", lambda header, arrays: arrays.__setitem__(0, np.ones((4, 1))), "the sums are not those of"),
        ("of a fit", lambda header, arrays: arrays.__setitem__(0, np.ones((2, 10))), "the sums are not those of"),
        ("of a fit", lambda header, arrays: arrays.__setitem__(0, np.ones(())), "the sums are not a table"),
        ("of a fit", lambda header, arrays: arrays.clear(), "arrays are missing"),
        ("of a fit and more", of_segment("q", 2), "the rows at the borders are not valid"),
        ("refined", said("solution", [1, 2]), "the solution is not valid"),
        ("refined", said("solution", [True, -1.0]), "the solution is not valid"),
        ("refined", lambda header, arrays: arrays.__setitem__(1, np.ones((2, 3))), "the solution is of other columns"),
        ("refined", number(0, (2, 45), -0.5), "the precision of the sums is not valid"),
        ("refined", number(0, (2, 45), 1.5), "the precision of the sums is not valid"),
        ("empty", said("features", ["a"]), "there are more or fewer names than features"),
    ],
)
def test_a_lie_is_refused(kind: str, lie: Any, text: str) -> None:
    with pytest.raises(fastgd.DataError, match=f"^these moments are not what to_bytes writes: {text}"):
        fastgd.Moments.from_bytes(forged(kind, lie))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused(value: float) -> None:
    with pytest.raises(fastgd.DataError, match="^these moments are not what to_bytes writes: a number is not finite$"):
        fastgd.Moments.from_bytes(forged("of a fit", number(0, (0, 2), value)))


@pytest.mark.parametrize(
    "header",
    [b"", b"{", b"[]", b"3", b"\xff", b"[" * 100_000, b'{"shapes": [], "n_closed": ' + b"9" * 5000 + b"}", b"null"],
    ids=["none", "cut", "list", "number", "bytes", "deep", "long", "null"],
)
def test_a_header_that_is_none_is_refused(header: bytes) -> None:
    with pytest.raises(fastgd.DataError, match="the header is not JSON, or not a group of keys$"):
        fastgd.Moments.from_bytes(forging.signed(header))


def test_a_header_longer_than_the_bytes_is_refused() -> None:
    with pytest.raises(fastgd.DataError, match="^these moments are not what to_bytes writes: "):
        fastgd.Moments.from_bytes(forging.signed(b'{"shapes": []}', size=2**63))


@pytest.mark.parametrize(
    "lie",
    [
        said("shapes", [[2**31, 2**31]]),
        said("n_closed", 2**62),
        of_segment("q", 2**16),
        of_segment("q", 2**60),
        of_segment("stop", 2**62),
        of_segment("borders", [[0, False], [2**40, False]]),
        of_segment("pieces", [[0, i] for i in range(100)]),
    ],
)
def test_a_size_is_checked_before_memory_is_taken(lie: Any) -> None:
    data = forged("few rows", lie)
    tracemalloc.start()
    try:
        with pytest.raises(fastgd.DataError, match="^these moments are not what to_bytes writes: |sums of their products take"):
            fastgd.Moments.from_bytes(data)
        assert tracemalloc.get_traced_memory()[1] < 10**6
    finally:
        tracemalloc.stop()


@st.composite
def lies(draw: st.DrawFn) -> tuple[str, list[tuple[int, int, float]]]:
    kind = draw(st.sampled_from(["few rows", "many rows", "weights", "a part", "of a fit", "of a fit and more"]))
    odd = st.sampled_from([0.0, 1.0, -1.0, -4096.0, 1e300, 2.0**60])
    values = st.one_of(st.floats(allow_nan=False, allow_infinity=False), odd)
    return kind, draw(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 40), values), min_size=1, max_size=3))


@given(lies())
def test_any_numbers_are_refused_or_give_finite_answers(lie: tuple[str, list[tuple[int, int, float]]]) -> None:
    """Nor a warning nor another error comes of them, and no kernel is led out of its arrays."""
    kind, changes = lie
    header, arrays = forging.opened(honest(kind))
    for which, place, value in changes:
        flat = arrays[which % len(arrays)].reshape(-1)
        if flat.size:
            flat[place % flat.size] = value
    try:
        moments = fastgd.Moments.from_bytes(forging.closed(header, arrays))
        result = fastgd.fit(moments)
        told = [moments.mean, result.coef, result.path(at=[0, 7]).coef, fastgd.fit(moments + moments).coef]
        told.append(fastgd.fit(moments, standardize=True, max_iter=9).coef)
        assert all(np.isfinite(values).all() for values in told)
        fastgd.analyse(moments).summary()
        fastgd.fit(moments.update(X[:3, : moments.n_features], Y[:3])).summary()
    except fastgd.DataError:
        pass


# models


def model(folder: Path, **lies: Any) -> Path:
    """A model file of one column of a frame, with other things said of its moments, and signed."""
    pd = pytest.importorskip("pandas")
    path = folder / "model.json"
    fastgd.fit(pd.DataFrame({"a": X[:40, 0], "y": Y[:40]}), "y", features=["a"]).save(path)
    content = json.loads(path.read_text(encoding="utf-8"))
    content["moments"].update(lies)
    del content["sha256"]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    content["sha256"] = hashlib.sha256(text.encode()).hexdigest()
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.mark.parametrize("library", ["stranger.part", "stranger", "os.path", "..", "duckdb", "PANDAS", "", 3, ["pandas"]])
def test_a_library_of_another_name_is_refused(tmp_path: Path, library: object) -> None:
    path = model(tmp_path, library=library)
    with pytest.raises(fastgd.DataError, match=r"'library' in moments is not 'pandas', 'polars', 'pyarrow' or null$"):
        fastgd.load(path)


def test_a_model_imports_nothing_by_name(tmp_path: Path) -> None:
    """To look for a module inside a package imports the package: its name must not come from a file."""
    (tmp_path / "stranger").mkdir()
    (tmp_path / "stranger" / "__init__.py").write_text("open('taken', 'w')", encoding="utf-8")
    path = model(tmp_path, library="stranger.part")
    code = f"import fastgd\ntry:\n  fastgd.load({str(path)!r}).to_frame()\nexcept fastgd.DataError as error:\n  print(error)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "'library' in moments is not" in done.stdout
    assert not (tmp_path / "taken").exists()


@pytest.mark.parametrize("value", [10**4000, -(10**4000), 2**64 * 10**6])
def test_weights_of_no_rows_are_refused(tmp_path: Path, value: int) -> None:
    with pytest.raises(fastgd.DataError, match="'log_weight' in moments is not a valid sum of logarithms"):
        fastgd.load(model(tmp_path, log_weight=value))


# names of columns


CODE = "__import__('os').mkdir('taken')"


@pytest.mark.parametrize("target", ["y", "y ~ .", "y ~ . - b", "y ~ .:b"])
@pytest.mark.parametrize("kind", ["frame", "csv", "parquet"])
def test_the_name_of_a_column_is_no_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, kind: str
) -> None:
    pd = pytest.importorskip("pandas")
    monkeypatch.chdir(tmp_path)
    frame = pd.DataFrame({CODE: [1.0, 2.0, 3.0, 5.0], "b": [1.0, 3.0, 2.0, 5.0], "y": [2.0, 4.0, 9.0, 1.0]})
    frame.to_csv("data.csv", index=False)
    frame.to_parquet("data.parquet")
    if "~" in target:
        pytest.importorskip("formulaic", reason="needs formulaic")
    data = frame if kind == "frame" else f"data.{kind}"
    result = fastgd.fit(data, target)
    assert any(CODE in name for name in result.feature_names)
    result.save("model.json")
    loaded = fastgd.load("model.json")
    assert loaded.predict(frame).tolist() == result.predict(frame).tolist()
    result.summary(), result.explain(), loaded.summary()
    assert not (tmp_path / "taken").exists()


# files of many columns


def columns(path: Path, count: int) -> Path:
    names = ",".join(f"c{i}" for i in range(count))
    rows = (",".join(str((7 * i + r * i * i) % 11) for i in range(count)) for r in (0, 1, 3))
    path.write_text("\n".join([names, *rows]), encoding="utf-8")
    return path


def test_a_few_of_many_columns_are_read(tmp_path: Path) -> None:
    """Its lines are longer than what Python's csv takes for a cell, and to look for names that stand twice takes no square."""
    pytest.importorskip("pyarrow")
    path = columns(tmp_path / "wide.csv", 40_000)
    assert fastgd.fit([path, path], "c0", features=["c1", "c2"]).moments.n_samples == 6


def test_columns_whose_sums_exceed_the_machine_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyarrow")
    path = columns(tmp_path / "wide.csv", 5000)
    monkeypatch.setattr("os.sysconf", lambda name: {"SC_PHYS_PAGES": 2**18, "SC_PAGE_SIZE": 4096}[name], raising=False)
    told = "^4,999 features: the sums of their products take 1 GiB, and this machine has 1: name those to use in features$"
    with pytest.raises(fastgd.DataError, match=told):
        fastgd.fit(path, "c0")


def test_a_group_of_very_many_keys_is_looked_through_once(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    keys = ",".join(f'"k{i}": 0' for i in range(200_000))
    path.write_text(f'{{{keys}, "k199999": 1}}', encoding="utf-8")
    with pytest.raises(fastgd.DataError, match="the key 'k199999' occurs twice in it$"):
        fastgd.load(path)
