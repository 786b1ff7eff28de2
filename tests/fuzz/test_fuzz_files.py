"""Files of strangers: CSV, models, bytes of moments, of which a few cells, keys or bytes are anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import forging
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from readers import (
    CSV_SAMPLES,
    model_samples,
    moments_samples,
    read_csv,
    read_model,
    read_moments,
    signed_model,
    taken_apart,
)

MOMENTS = moments_samples()
once_a_test = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

cells = st.sampled_from(["1", "-0.5", "1e308", "-1e-320", "", " ", "NA", "nan", "inf", "1,5", "x", '"3"', '"a,b"', '"', "'"])
cells |= st.sampled_from(["é", "1_0", "0x1", "true", "2020-01-01", "\0", "1" * 400, '"1\n2"', '""', "٣"]) | st.text(max_size=4)
ends = st.sampled_from(["\n", "\n", "\r\n", "\r", "\n\n", ""])


@st.composite
def csvs(draw: st.DrawFn) -> bytes:
    """Rows of cells of about the same number, in an encoding that may be another."""
    delimiter, width = draw(st.sampled_from([",", ",", ";", "\t", "|", " "])), draw(st.integers(1, 4))
    good = st.integers(-99, 99).map(str)
    rows = draw(st.lists(st.lists(good | good | good | cells, min_size=width, max_size=width), max_size=6))
    if draw(st.booleans()):
        rows.insert(0, draw(st.lists(st.sampled_from("abcxy") | cells, min_size=width, max_size=width)))
    if rows and draw(st.integers(0, 9)) == 0:
        rows[-1].append("7")
    text = "".join(delimiter.join(row) + draw(ends) for row in rows)
    encoded = text.encode(draw(st.sampled_from(["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1"])), "replace")
    return encoded + draw(st.sampled_from([b"", b"", b"", b"\0", b"\xff", b'"', b"\x1a"]))


@st.composite
def torn(draw: st.DrawFn, samples: list[bytes]) -> bytes:
    """One of the samples with a stretch of bytes replaced, or cut off."""
    data = draw(st.sampled_from(samples))
    start = draw(st.integers(0, len(data)))
    stop = draw(st.integers(start, min(start + 6, len(data))) | st.just(len(data)))
    return data[:start] + draw(st.binary(max_size=6)) + data[stop:]


@given(csvs() | torn(CSV_SAMPLES))
@once_a_test
@pytest.mark.parts(12)
def test_csv(part: int, tmp_path: Path, data: bytes) -> None:
    read_csv(data, tmp_path / "some.csv")


atoms = st.none() | st.booleans() | st.text(max_size=3) | st.floats(allow_nan=False, allow_infinity=False)
atoms |= st.sampled_from([0, 1, -1, 2, 3, 2**31, 2**63, 10**400, -(10**18), 1e308, -1e308, 1e-320, "x", "polars", "os", "a.b"])
trees = st.recursive(atoms, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3))


def places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Ways to every part of a tree."""
    yield path
    keys = tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    for key in keys:
        yield from places(tree[key], (*path, key))


@st.composite
def edited(draw: st.DrawFn, content: Any) -> Any:
    """A tree of JSON with a part or two of it put in, left out or replaced."""
    content = json.loads(json.dumps(content))
    for _ in range(draw(st.sampled_from([1, 1, 2, 3]))):
        *way, last = draw(st.sampled_from([path for path in places(content) if path]))
        parent = content
        for key in way:
            parent = parent[key]
        act = draw(st.sampled_from(["replace", "replace", "replace", "drop", "add"]))
        if act == "replace":
            parent[last] = draw(trees)
        elif act == "drop":
            del parent[last]
        elif isinstance(parent, list):
            parent.insert(last, draw(trees))
        else:
            parent[draw(st.text(max_size=3))] = draw(trees)
        if not content:
            break
    return content


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    return model_samples(tmp_path_factory.mktemp("models"))


@given(st.data())
@once_a_test
@pytest.mark.parts(10)
def test_models(part: int, models: list[bytes], tmp_path: Path, data: st.DataObject) -> None:
    content = data.draw(edited(json.loads(data.draw(st.sampled_from(models)))))
    read_model(signed_model(json.dumps(content).encode()), tmp_path / "model.json")


@given(st.data())
@once_a_test
@pytest.mark.parts(2)
def test_torn_models(part: int, models: list[bytes], tmp_path: Path, data: st.DataObject) -> None:
    text = data.draw(torn(models))
    read_model(text, tmp_path / "model.json")
    read_model(signed_model(text), tmp_path / "model.json")


@given(st.data())
@pytest.mark.parts(10)
def test_moments(part: int, data: st.DataObject) -> None:
    header, numbers = taken_apart(data.draw(st.sampled_from(MOMENTS)))
    edited_header = data.draw(st.just(header) | edited(header))
    edited_numbers = data.draw(st.just(numbers) | torn([numbers]))
    read_moments(forging.signed(json.dumps(edited_header).encode(), edited_numbers))


@given(torn(MOMENTS))
@pytest.mark.parts(1)
def test_torn_moments(part: int, data: bytes) -> None:
    read_moments(data)
