"""Every road into the library: the same values give the same bits whatever holds them, and stay as they were."""

from __future__ import annotations

import array
import bz2
import collections
import copy
import datetime
import decimal
import fractions
import gzip
import os
import tracemalloc
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import config

import fastgd

X, Y = [1.0, 2.0, 4.0, 7.0], [2.0, 3.0, 3.0, 9.0]
XY = np.column_stack([X, Y])


def bits(result: fastgd.FitResult) -> tuple[str, str, str]:
    return result.intercept.hex(), result.slope.hex(), result.error.hex()


def names(result: fastgd.FitResult) -> tuple[tuple[str, ...], str]:
    return result.feature_names, result.moments.target_name


EXPECTED = bits(fastgd.fit(XY))
AB = (("a",), "b")
DEFAULT = (("x",), "y")


def test_expected() -> None:
    """The rest of this file compares with the fit of a plain array: here it is compared with a hand calculation."""
    slope = fractions.Fraction(47, 42)  # x: mean 7/2, y: mean 17/4; Sxy = 23.5, Sxx = 21
    result = fastgd.fit(XY)
    assert result.slope == float(slope)
    assert result.intercept == pytest.approx(float(fractions.Fraction(17, 4) - slope * fractions.Fraction(7, 2)), rel=1e-15)


# arrays and lists


def _unaligned(a: np.ndarray) -> np.ndarray:
    out = np.frombuffer(b"\0" + a.tobytes(), np.uint8)[1:].view(a.dtype).reshape(a.shape)
    assert not out.flags.aligned
    return out


def _matrix(a: np.ndarray) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        return np.matrix(a)


def _read_only(a: np.ndarray) -> np.ndarray:
    a = a.copy()
    a.flags.writeable = False
    return a


def _strided(a: np.ndarray) -> np.ndarray:
    out = np.full((2 * a.shape[0], 3 * a.shape[1]), np.nan)
    out[::2, ::3] = a
    return out[::2, ::3]


class Arraylike:
    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return np.asarray(self.values, dtype)


EXACT: dict[str, Callable[[np.ndarray], Any]] = {
    "Fortran order": np.asfortranarray,
    "negative strides": lambda a: a[::-1, ::-1].copy()[::-1, ::-1],
    "strided": _strided,
    "read-only": _read_only,
    "unaligned": _unaligned,
    "big-endian": lambda a: a.astype(">f8"),
    "long double": lambda a: a.astype(np.longdouble),
    "object": lambda a: a.astype(object),
    "np.matrix": _matrix,
    "masked, none": np.ma.array,
    "__array__": Arraylike,
    "list of lists": np.ndarray.tolist,
    "list of tuples": lambda a: [tuple(row) for row in a.tolist()],
    "tuple of tuples": lambda a: tuple(tuple(row) for row in a.tolist()),
    "list of arrays": list,
    "list of 0-d arrays": lambda a: [[np.array(v) for v in row] for row in a],
    "Decimal": lambda a: [[decimal.Decimal(v) for v in row] for row in a.tolist()],
    "Fraction": lambda a: [[fractions.Fraction(v) for v in row] for row in a.tolist()],
}
"""Containers that hold any finite float64 exactly."""

SMALL: dict[str, Callable[[np.ndarray], Any]] = {
    **{np.dtype(t).name: lambda a, t=t: a.astype(t) for t in "f2 f4 i1 i2 i4 i8 u1 u2 u4 u8 >i4".split()},
    "list of int": lambda a: a.astype(int).tolist(),
}
"""Containers that hold small whole numbers exactly."""

finite = st.floats(-1e150, 1e150).filter(lambda v: v == 0 or abs(v) > 1e-150)
some_rows = st.lists(st.tuples(finite, finite), min_size=3, max_size=40).filter(lambda rows: len({x for x, _ in rows}) > 1)


@pytest.mark.parametrize("name", EXACT)
@given(rows=some_rows)
@settings(deadline=None, max_examples=25)
def test_same_bits_for_any_container(name: str, rows: list[tuple[float, float]]) -> None:
    a = np.array(rows)
    convert = EXACT[name]
    expected = fastgd.Moments.from_arrays(a[:, 0].copy(), a[:, 1].copy()).mean.tolist()
    assert fastgd.fit(convert(a), max_iter=0).moments.mean.tolist() == expected
    one, other = (fastgd.fit(d, standardize=True, max_iter=1) for d in (a, convert(a)))
    assert (one.intercept.hex(), one.slope.hex()) == (other.intercept.hex(), other.slope.hex())


@pytest.mark.parametrize("name", [*EXACT, *SMALL])
def test_points_and_pairs(name: str) -> None:
    convert = {**EXACT, **SMALL}[name]
    assert bits(fastgd.fit(convert(XY))) == EXPECTED
    x, y = convert(XY[:, :1]), convert(XY[:, 1:])
    assert bits(fastgd.fit(x, y)) == bits(fastgd.fit((x, y))) == EXPECTED
    assert names(fastgd.fit(x, y)) == DEFAULT
    assert bits(fastgd.fit(fastgd.Moments.from_arrays(x, y))) == EXPECTED


@pytest.mark.parametrize("dtype", ["f4", "i2", ">f8", "g"])
def test_converted_chunk_by_chunk_with_the_bits_of_one_pass(dtype: str) -> None:
    rng = np.random.default_rng(7)
    x = rng.integers(0, 100, 300_000).astype(float)
    y = 3 * x + rng.integers(0, 50, x.size)
    assert bits(fastgd.fit(x.astype(dtype), y.astype(dtype))) == bits(fastgd.fit(x, y))


@pytest.mark.skipif(config.DISABLE_JIT, reason="minutes where kernels run as Python")
def test_conversion_takes_little_memory() -> None:
    x = np.arange(1_500_000, dtype=np.int32)
    fastgd.fit(x[:10], x[:10])
    tracemalloc.start()
    fastgd.fit(x, x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < x.size * 8, "a float64 copy of one column has been made"


def test_bool() -> None:
    yes = np.array([True, False, True, False])
    assert bits(fastgd.fit(yes, Y)) == bits(fastgd.fit(yes.tolist(), Y)) == bits(fastgd.fit([1.0, 0.0, 1.0, 0.0], Y))


@pytest.mark.parametrize(
    "convert", [lambda v: array.array("d", v), collections.deque, lambda v: memoryview(np.array(v)), tuple, np.array]
)
def test_other_sequences_as_columns(convert: Callable[[list[float]], Any]) -> None:
    assert bits(fastgd.fit(convert(X), convert(Y))) == EXPECTED
    assert bits(fastgd.fit(convert(X), Y)) == bits(fastgd.fit(X, convert(Y))) == EXPECTED


def test_range() -> None:
    assert bits(fastgd.fit(range(4), Y)) == bits(fastgd.fit([0, 1, 2, 3], Y))


def test_a_tuple_of_two_is_x_and_y_and_a_list_is_points() -> None:
    assert fastgd.fit(((1, 2), (3, 5))).slope == pytest.approx(2, rel=1e-14)
    assert fastgd.fit([(1, 2), (3, 5)]).slope == pytest.approx(1.5, rel=1e-14)
    assert bits(fastgd.fit((tuple(X), tuple(Y)))) == EXPECTED
    assert fastgd.fit(([1, 2], [2, 5])).slope == pytest.approx(3, rel=1e-14)


def test_fields_of_a_packed_structure() -> None:
    packed = np.zeros(4, [("pad", "i1"), ("x", "f8"), ("y", "f4")])
    packed["x"], packed["y"] = X, Y
    assert bits(fastgd.fit(packed["x"], packed["y"])) == EXPECTED


@pytest.mark.parametrize("name", ["float32", "int64", *EXACT])
def test_the_callers_data_are_not_modified(name: str) -> None:
    data = {**EXACT, **SMALL}[name](XY)
    before = copy.deepcopy(data)
    weight = np.array([1.0, 2.0, 1.0, 0.0])
    fastgd.fit(data, standardize=True, sample_weight=weight).path()
    fastgd.fit(data, learning_rate=1e-3, max_iter=10).score(X, Y)
    fastgd.gradient_descent(data, 0.0, 0.0, 1e-3, 10)
    if isinstance(data, Arraylike):
        data, before = data.values, before.values
    assert type(data) is type(before)
    assert np.array_equal(np.asarray(data, float), np.asarray(before, float))
    assert weight.tolist() == [1.0, 2.0, 1.0, 0.0]


@pytest.mark.parametrize("scale", [1e300, 1e-300])
def test_data_that_need_scaling_are_not_modified(scale: float) -> None:
    data = XY * scale
    before = data.copy()
    fastgd.fit(data)
    assert np.array_equal(data, before)


# frames


def _pandas() -> dict[str, Any]:
    pd = pytest.importorskip("pandas", reason="needs pandas")
    plain = pd.DataFrame({"a": X, "b": Y})
    frames = {
        "plain": plain,
        "float32": plain.astype("f4"),
        "float16": plain.astype("f2"),
        "int": plain.astype(int),
        "Int64": plain.astype("Int64"),
        "Float64": plain.astype("Float64"),
        "object": plain.astype(object),
        "object of Decimal": plain.map(decimal.Decimal).astype(object),
        "category": plain.astype("category"),
        "Sparse": plain.astype(pd.SparseDtype(float)),
        "another index": plain.set_axis([9, 3, 3, 1]),
        "strided": pd.DataFrame(np.repeat(XY, 2, axis=1)[::1, ::2], columns=["a", "b"]),
    }
    try:
        import pyarrow as pa
    except ImportError:
        return frames
    frames["Arrow float"] = plain.convert_dtypes(dtype_backend="pyarrow").astype("double[pyarrow]")
    frames["Arrow int"] = plain.astype("int64[pyarrow]")
    frames["Arrow decimal"] = plain.map(decimal.Decimal).astype(pd.ArrowDtype(pa.decimal128(9, 2)))
    return frames


def _polars() -> dict[str, Any]:
    pl = pytest.importorskip("polars", reason="needs Polars")
    plain = pl.DataFrame({"a": X, "b": Y})
    types = {"f4": pl.Float32, "int": pl.Int32, "uint": pl.UInt8, "int128": pl.Int128, "decimal": pl.Decimal(9, 2)}
    chunked = pl.concat([plain[:1], plain[1:]], rechunk=False)
    frames = {"plain": plain, "lazy": plain.lazy(), "chunked": chunked}
    return frames | {name: plain.cast(dtype) for name, dtype in types.items()}


def _arrow() -> dict[str, Any]:
    pa = pytest.importorskip("pyarrow", reason="needs PyArrow")
    plain = pa.table({"a": X, "b": Y})
    whole = [int(v) for v in X]
    return {
        "plain": plain,
        "chunked": pa.concat_tables([plain[:1], plain[1:]]),
        "float32": pa.table({"a": pa.array(X, pa.float32()), "b": Y}),
        "float16": pa.table({"a": pa.array(np.array(X, np.float16)), "b": Y}),
        "int8": pa.table({"a": pa.array(whole, pa.int8()), "b": Y}),
        "dictionary": pa.table({"a": pa.array(X).dictionary_encode(), "b": Y}),
        "decimal": pa.table({"a": pa.array([decimal.Decimal(v) for v in whole], pa.decimal128(9, 2)), "b": Y}),
        "decimal256": pa.table({"a": pa.array([decimal.Decimal(v) for v in whole], pa.decimal256(60, 2)), "b": Y}),
    }


@pytest.mark.parametrize("make", [_pandas, _polars, _arrow])
def test_frames_by_name(make: Callable[[], dict[str, Any]]) -> None:
    for name, frame in make().items():
        result = fastgd.fit(frame, "b")
        assert (bits(result), names(result)) == (EXPECTED, AB), name
        assert bits(fastgd.fit(frame, "b", features=["a"])) == EXPECTED, name
        assert names(fastgd.fit(frame, "a")) == (("b",), "a"), name


@pytest.mark.parametrize("make", [_pandas, _polars, _arrow])
def test_frame_as_x_and_series_as_y(make: Callable[[], dict[str, Any]]) -> None:
    for name, frame in make().items():
        if hasattr(frame, "collect"):  # a lazy frame has no series
            continue
        x, y = frame.select(["a"]) if hasattr(frame, "select") else frame[["a"]], frame["b"]
        expected = ("a",), getattr(y, "name", "y")  # a PyArrow column has no name
        for result in (
            fastgd.fit(x, y),
            fastgd.fit((x, y)),
            fastgd.fit(frame, y, features=["a"]),
            fastgd.fit(fastgd.Moments.from_arrays(x, y)),
        ):
            assert (bits(result), names(result)) == (EXPECTED, expected), name
        assert bits(fastgd.fit(frame["a"], y)) == bits(fastgd.fit((frame["a"], y))) == EXPECTED, name
        assert names(fastgd.fit(x, Y)) == (("a",), "y"), name
        assert names(fastgd.fit(x, np.array(Y))) == (("a",), "y"), name
        assert names(fastgd.fit(X, y)) == (("x",), expected[1]), name
        assert fastgd.analyse(x, y).condition == fastgd.analyse(XY).condition, name


def test_lazy_frame_as_x() -> None:
    frame = _polars()["plain"]
    result = fastgd.fit(frame.lazy().select("a"), frame["b"])
    assert (bits(result), names(result)) == (EXPECTED, AB)


def test_pandas_columns_without_a_name_or_with_a_number_for_one() -> None:
    pd = pytest.importorskip("pandas", reason="needs pandas")
    for x in (pd.Series(X), pd.DataFrame({0: X}), pd.Series(X, name=3), pd.Index(X), pd.array(X)):
        for y in (pd.Series(Y), pd.Series(Y, name=0), pd.Index(Y)):
            result = fastgd.fit(x, y)
            assert (bits(result), names(result)) == (EXPECTED, DEFAULT)


def test_rows_of_series_belong_together_by_position() -> None:
    pd = pytest.importorskip("pandas", reason="needs pandas")
    assert bits(fastgd.fit(pd.Series(X, index=[3, 2, 1, 0]), pd.Series(Y, index=list("wxyz")))) == EXPECTED


def test_frame_of_one_column_as_y() -> None:
    frame = _pandas()["plain"]
    result = fastgd.fit(frame[["a"]], frame[["b"]])
    assert (bits(result), names(result)) == (EXPECTED, AB)


def test_frames_as_points_of_the_lesson() -> None:
    points = _pandas()["plain"]
    assert fastgd.compute_error(1.0, 1.0, points) == fastgd.compute_error(1.0, 1.0, XY)


def test_features_pick_columns_of_a_wide_frame() -> None:
    pd = pytest.importorskip("pandas", reason="needs pandas")
    wide = pd.DataFrame({"s": list("uvwx"), "b": Y, "n": [np.nan] * 4, "a": X})
    for features in (["a"], ("a",), pd.Index(["a"]), np.array(["a"])):
        result = fastgd.fit(wide, "b", features=features)
        assert (bits(result), names(result)) == (EXPECTED, AB)


def test_frames_are_not_modified() -> None:
    for make in (_pandas, _polars):
        for name, frame in make().items():
            if hasattr(frame, "collect"):
                continue
            before = copy.deepcopy(frame)
            fastgd.fit(frame, "b", standardize=True)
            fastgd.fit(frame["a"], frame["b"])
            assert frame.equals(before), name


# files


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    pytest.importorskip("pyarrow", reason="reading files needs pyarrow")

    def write(content: str | bytes, name: str = "f.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


ROWS = ["1,2", "2,3", "4,3", "7,9"]
TEXT = "a,b\n" + "\n".join(ROWS) + "\n"

CSV: dict[str, tuple[str | bytes, tuple[tuple[str, ...], str]]] = {
    "header": (TEXT, AB),
    "no header": (TEXT[4:], DEFAULT),
    "no header, signs and exponents": ("+1e0,2.\n.2E1,3\n4,300e-2\n7,9\n", DEFAULT),
    "quoted names": ('"a, in m","b ""c"""' + TEXT[3:], (("a, in m",), 'b "c"')),
    "name over two lines": ('"a\nb",c' + TEXT[3:], (("a\nb",), "c")),
    "spaces around names": (" a ,\tb " + TEXT[3:], AB),
    "spaces around cells": (TEXT.replace(",", " , "), AB),
    "name in another script": ("größe,b" + TEXT[3:], (("größe",), "b")),
    "a number among the names": ("2019,b" + TEXT[3:], (("2019",), "b")),
    "byte order mark": (b"\xef\xbb\xbf" + TEXT.encode(), AB),
    "byte order mark, no header": (b"\xef\xbb\xbf" + TEXT[4:].encode(), DEFAULT),
    "CRLF": (TEXT.replace("\n", "\r\n"), AB),
    "CR": (TEXT.replace("\n", "\r"), AB),
    "blank lines": ("\n\n" + TEXT.replace("\n", "\n\n"), AB),
    "no newline at the end": (TEXT[:-1], AB),
    "blank lines at the end": (TEXT + "\n\r\n", AB),
    "quoted numbers": (TEXT.replace("2", '"2"'), AB),
    "leading zeros": (TEXT.replace("2,", "002,"), AB),
}


@pytest.mark.parametrize("name", CSV)
def test_csv(name: str, file: Callable[..., Path]) -> None:
    content, expected = CSV[name]
    result = fastgd.fit(file(content))
    assert (bits(result), names(result)) == (EXPECTED, expected)
    for target in expected[1], expected[0][0]:
        assert fastgd.fit(file(content), target).moments.target_name == target


def test_csv_columns_by_name(file: Callable[..., Path]) -> None:
    path = file("s,b,,a,c\nu,2,0,1,\nv,3,0,2,q\nw,3,0,4,\nx,9,0,7,1\n")
    result = fastgd.fit(path, "b", features=["a"])
    assert (bits(result), names(result)) == (EXPECTED, AB)


def test_csv_paths(file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    class Pathlike:
        def __fspath__(self) -> str:
            return str(path)

    path = file(TEXT)
    monkeypatch.chdir(path.parent)
    for given_path in (path, str(path), "f.csv", Path("f.csv"), Pathlike()):
        assert bits(fastgd.fit(given_path)) == EXPECTED
    assert bits(fastgd.fit(file(TEXT, "f.tsv.txt"), "b")) == EXPECTED


def test_compressed_csv(file: Callable[..., Path]) -> None:
    assert bits(fastgd.fit(file(gzip.compress(TEXT.encode()), "f.csv.gz"))) == EXPECTED
    assert bits(fastgd.fit(file(bz2.compress(TEXT.encode()), "f.csv.bz2"))) == EXPECTED


def test_csv_of_one_row(file: Callable[..., Path]) -> None:
    assert names(fastgd.fit(file("3,4"))) == DEFAULT
    assert fastgd.fit(file("3,4")).moments.mean.tolist() == [3.0, 4.0]


@given(numbers=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=20), data=st.data())
@settings(deadline=None, max_examples=60)
def test_csv_decimals_are_rounded_as_float_does(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[float], data: st.DataObject
) -> None:
    pytest.importorskip("pyarrow", reason="reading files needs pyarrow")
    texts = [f"{v:.{data.draw(st.integers(0, 25))}e}" for v in numbers]
    for text in texts:
        if not np.isfinite(float(text)):  # rounded up past the largest float64
            continue
        path = tmp_path_factory.getbasetemp() / "decimals.csv"
        path.write_text(f"x,y\n{text},1\n{text},1\n")
        assert fastgd.fit(path, max_iter=0).moments.mean[0] == float(text)


@pytest.mark.parametrize(
    "text",
    [
        "0.1",
        "9007199254740993",
        "18446744073709551615",
        "90071992547409930000000001",
        "8.5" + "0" * 40 + "1e-3",
        "1.00000000000000011102230246251565404236316680908203125",
        "1.00000000000000011102230246251565404236316680908203124",
        "2.2250738585072011e-308",
        "5e-324",
        "1.7976931348623157e308",
    ],
)
def test_csv_numbers_hard_to_round(text: str, file: Callable[..., Path]) -> None:
    assert fastgd.fit(file(f"x,y\n{text},1\n"), max_iter=0).moments.mean[0] == float(text)


def test_csv_lines_are_counted_as_an_editor_does(file: Callable[..., Path]) -> None:
    content = '\ns,a,b\n\n"one\ntwo\n\nfour",1,2\n,2,3\n\n"q\n",bad,3\n'
    line = content[: content.index("bad")].count("\n")  # the row begins a line before the cell
    for text in (content, content.replace("\n", "\r\n")):
        with pytest.raises(fastgd.DataError, match=rf"text 'bad' in line {line} of .*f\.csv, column 'a'"):
            fastgd.fit(file(text), "b", features=["a"])


def test_csv_line_of_a_ragged_row_after_cells_over_lines(file: Callable[..., Path]) -> None:
    with pytest.raises(fastgd.DataError, match=r"^2 cells in line 5 of .* where line 1 has 3"):
        fastgd.fit(file('s,a,b\n"one\ntwo",1,2\n\n1,2\nq,3,4\n'), "b", features=["a"])


@pytest.mark.parametrize("inner", ["", ",", "1,2", "0,5,6"])
def test_csv_quoted_newlines_at_the_edges_of_blocks(inner: str, file: Callable[..., Path]) -> None:
    n = 60_000  # some MB: several of the reader's blocks
    rows = [f'"first\n{inner}\n{"z" * (i % 50)}",{i % 101},{i % 7}' for i in range(n)]
    result = fastgd.fit(file("s,a,b\n" + "\n".join(rows)), "b", features=["a"])
    i = np.arange(n)
    assert result.moments.n_samples == n
    assert bits(result) == bits(fastgd.fit(i % 101, i % 7))


def test_csv_integers_that_turn_into_decimals_late(file: Callable[..., Path]) -> None:
    n = 300_000
    path = file("a,b\n" + "1,2\n" * n + "1.5,3\n")
    x, y = np.ones(n + 1), np.full(n + 1, 2.0)
    x[-1], y[-1] = 1.5, 3.0
    assert bits(fastgd.fit(path)) == bits(fastgd.fit(x, y))


def test_csv_bad_cell_on_a_late_line(file: Callable[..., Path]) -> None:
    for cell, what in (("", "empty cell"), ("nan", "nan"), ("q", "text 'q'")):
        path = file("a,b\n" + "1,2\n" * 300_000 + f"{cell},3\n" + "1,2\n" * 10)
        with pytest.raises(fastgd.DataError, match=f"^{what} in line 300002 of "):
            fastgd.fit(path)


def test_parquet(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="reading files needs pyarrow")
    for name, table in _arrow().items():
        for suffix in ("parquet", "pq", "PARQUET"):
            path = tmp_path / f"{name}.{suffix}"
            parquet.write_table(table, path, row_group_size=2)
            result = fastgd.fit(path)
            assert (bits(result), names(result)) == (EXPECTED, AB), name
            assert names(fastgd.fit(path, "a")) == (("b",), "a"), name
            assert bits(fastgd.fit(os.fspath(path), "b", features=["a"])) == EXPECTED, name


PARQUET: list[tuple[Callable[[Any], Any], str]] = [
    (lambda pa: pa.table({"a": pa.array([1, None, 3]), "b": [1.0, 2.0, 3.0]}), "missing value in row 1 of {path}, column 'a': "),
    (lambda pa: pa.table({"a": [1.0, 2.0], "b": [np.nan, 1.0]}), "nan in row 0 of {path}, the target 'b': "),
    (lambda pa: pa.table({"a": pa.nulls(2), "b": [1.0, 2.0]}), "missing value in row 0 of {path}, column 'a': "),
    (lambda pa: pa.table({"a": ["1", "q"], "b": [1.0, 2.0]}), "text 'q' in row 1 of {path}, column 'a': "),
    (lambda pa: pa.table({"a": ["1", "2"], "b": [1.0, 2.0]}), "column 'a' holds numbers as text, '1' in row 0 of {path}: "),
    (
        lambda pa: pa.table({"a": pa.array(["u", "v"]).dictionary_encode(), "b": [1.0, 2.0]}),
        "text 'u' in row 0 of {path}, column 'a': ",
    ),
    (lambda pa: pa.table({"a": [[1.0], [2.0]], "b": [1.0, 2.0]}), "[1.0] in row 0 of {path}, column 'a': "),
    (lambda pa: pa.table({"a": [datetime.date(2020, 1, 1)], "b": [1.0]}), "column 'a' of {path} holds dates or times (Date): "),
    (lambda pa: pa.table({"a": [1.0], "b": [1.0]})[:0], "no rows: {path} holds column names only"),
    (lambda pa: pa.table({"a": [1.0]}), "no feature columns: {path} holds only the target 'a'"),
    (lambda pa: pa.table([[1.0], [1.0], [1.0]], names=["a", "a", "b"]), "{path} has two columns named 'a': rename one"),
]


@pytest.mark.parametrize(("make", "text"), PARQUET)
def test_parquet_that_cannot_be_used(make: Callable[[Any], Any], text: str, tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow", reason="reading files needs pyarrow")
    from pyarrow import parquet

    path = tmp_path / "f.parquet"
    parquet.write_table(make(pa), path)
    with pytest.raises(fastgd.DataError) as info:
        fastgd.fit(path)
    assert str(info.value).startswith(text.replace("{path}", str(path)))


@pytest.mark.parametrize("kept", [3, 100, -1])
def test_truncated_parquet(kept: int, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="reading files needs pyarrow")
    from pyarrow import parquet

    path = tmp_path / "f.parquet"
    parquet.write_table(_arrow()["plain"], path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(fastgd.DataError, match=r"f\.parquet is not a whole Parquet file: "):
        fastgd.fit(path)


def test_parquet_whose_pages_are_damaged(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="reading files needs pyarrow")
    from pyarrow import parquet

    path = tmp_path / "f.parquet"
    parquet.write_table(_arrow()["plain"], path)
    content = bytearray(path.read_bytes())
    content[4:60] = b"\xff" * 56
    path.write_bytes(content)
    with pytest.raises(fastgd.DataError, match=r"f\.parquet is not a whole Parquet file: "):
        fastgd.fit(path)


def test_every_road_gives_the_same_bits(tmp_path: Path) -> None:
    """One set of awkward numbers through a CSV, a Parquet file, frames and arrays."""
    pa = pytest.importorskip("pyarrow", reason="reading files needs pyarrow")
    from pyarrow import parquet

    rng = np.random.default_rng(3)
    x = 1.7e12 + rng.normal(size=10_000) * 1e3
    y = rng.normal(size=x.size) * 10.0 ** rng.integers(-8, 8, x.size)
    table = pa.table({"a": x, "b": y})
    parquet.write_table(table, tmp_path / "f.parquet")
    (tmp_path / "f.csv").write_text("a,b\n" + "".join(f"{u!r},{v!r}\n" for u, v in zip(x.tolist(), y.tolist(), strict=True)))
    expected = bits(fastgd.fit(x, y))
    roads = [np.column_stack([x, y]), np.column_stack([x, y]).tolist(), tmp_path / "f.csv", tmp_path / "f.parquet"]
    assert [bits(fastgd.fit(road)) for road in roads] == [expected] * len(roads)
    assert bits(fastgd.fit(table, "b")) == bits(fastgd.fit(table.select(["a"]), table["b"])) == expected
