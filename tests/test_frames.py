"""Frames of every library to tables: weights, missing values, lazy ones, and what their errors say."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_sources import Arraylike

import fastgd
from fastgd.sources import Source, Table, read, read_features, read_pair

A, B, W = [1.0, 2.0, 4.0, 7.0], [2.0, 3.0, 3.0, 9.0], [1.0, 0.0, 2.0, 1.0]
CELL = "every value must be a finite number; correct the cell or drop the row, e.g. with missing='drop' (rows count from 0)"
Call = Callable[[], Any]


def rows(source: Table | Source) -> list[tuple[float, ...]]:
    """(features, target, weight if any) row by row."""
    out = []
    for table in [source] if isinstance(source, Table) else source:
        columns = [table.X, *([table.y] if table.y.size else []), *([table.weight] if table.weight.size else [])]
        out += [tuple(row) for row in np.column_stack(columns).astype(float).tolist()] if len(table.X) else []
    return out


def pandas() -> Any:
    return pytest.importorskip("pandas", reason="needs pandas")


def polars() -> Any:
    return pytest.importorskip("polars", reason="needs Polars")


def arrow() -> Any:
    return pytest.importorskip("pyarrow", reason="needs PyArrow")


class OnlyArrow:
    """What knows the Arrow stream interface and nothing else."""

    def __init__(self, table: Any) -> None:
        self.table = table

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.table.__arrow_c_stream__(requested_schema)


def duck(table: Any) -> Any:
    duckdb = pytest.importorskip("duckdb", reason="needs DuckDB")
    return duckdb.connect().from_arrow(table)


def batches(table: Any) -> Any:
    pa = arrow()
    return pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=3))


MAKERS: dict[str, Callable[[dict[str, list[Any]]], Any]] = {
    "pandas": lambda d: pandas().DataFrame(d),
    "pandas nullable": lambda d: pandas().DataFrame(d).convert_dtypes(),
    "pandas Arrow": lambda d: arrow() and pandas().DataFrame(d).convert_dtypes(dtype_backend="pyarrow"),
    "pandas object": lambda d: pandas().DataFrame(d, dtype=object),
    "Polars": lambda d: polars().DataFrame(d),
    "Polars lazy": lambda d: polars().LazyFrame(d),
    "PyArrow": lambda d: arrow().table(d),
    "record batch": lambda d: arrow().record_batch(d),
    "reader": lambda d: batches(arrow().table(d)),
    "Arrow stream": lambda d: OnlyArrow(arrow().table(d)),
    "DuckDB": lambda d: duck(arrow().table(d)),
}
LAZY = {"Polars lazy", "reader", "Arrow stream", "DuckDB"}


@pytest.mark.parametrize("name", MAKERS)
def test_columns_by_name(name: str) -> None:
    make = MAKERS[name]
    data = {"s": list("uvwx"), "b": B, "w": W, "a": A, "t": [True, False, True, True]}
    source = read(make(data), "b", ["a", "t"], "w")
    assert isinstance(source, Source) == (name in LAZY)
    assert rows(source) == [(1, 1, 2, 1), (4, 1, 3, 2), (7, 1, 9, 1)]
    table = next(iter(read(make(data), "b", ["a"]))) if name in LAZY else read(make(data), "b", ["a"])
    assert (table.feature_names, table.target_name) == (("a",), "b")
    assert rows(read(make({"a": A, "w": W, "b": B}), "b", None, "w")) == [(1, 2, 1), (4, 3, 2), (7, 9, 1)]


@pytest.mark.parametrize("name", MAKERS)
@given(data=st.lists(st.tuples(*[st.none() | st.integers(-99, 99)] * 2, st.none() | st.integers(0, 2)), min_size=1, max_size=9))
@settings(deadline=None, max_examples=15)
def test_rows_with_nulls_are_dropped(name: str, data: list[tuple[int | None, ...]]) -> None:
    """Against plain Python: weight 0 is absent, the rest of the rows must be whole."""
    present = [row for row in data if row[2] != 0]
    whole = [row for row in present if None not in row]
    floats = [[None if v is None else float(v) for v in values] for values in zip(*data, strict=True)]
    columns = dict(zip("abw", floats, strict=True))
    pa = arrow()
    typed = pa.table({key: pa.array(values, pa.float64()) for key, values in columns.items()})
    makers = {"PyArrow": lambda: typed, "reader": lambda: batches(typed), "DuckDB": lambda: duck(typed)}
    if name in makers:
        frame = makers[name]()
    elif name == "record batch":
        frame = typed.combine_chunks().to_batches()[0]
    elif name == "Arrow stream":
        frame = OnlyArrow(typed)
    elif name.startswith("Polars"):
        frame = polars().from_arrow(typed)
        frame = frame.lazy() if name.endswith("lazy") else frame
    else:
        frame = MAKERS[name](columns)
    if not whole:
        with pytest.raises(fastgd.DataError, match="^no rows are left|^sample_weight is zero in every row"):
            rows(read(frame, "b", ["a"], "w", "drop"))
        return
    source = read(frame, "b", ["a"], "w", "drop")
    tables = list(source) if isinstance(source, Source) else [source]
    assert [row for table in tables for row in rows(table)] == whole
    assert sum(table.n_dropped for table in tables) == len(present) - len(whole)


@given(st.lists(st.tuples(*[st.sampled_from([1.0, math.nan, -3.0])] * 3), min_size=1, max_size=9))
@settings(deadline=None)
def test_arrays_drop_nan_and_masked_alike(data: list[tuple[float, ...]]) -> None:
    whole = [row for row in data if not any(map(math.isnan, row))]
    a = np.array(data)
    masked = np.ma.masked_invalid(a)
    lists = [[None if math.isnan(v) else v for v in row] for row in data]
    for points in (a, masked, lists):
        if not whole:
            with pytest.raises(fastgd.DataError, match="^no rows are left: every row has a missing value"):
                read(points, missing="drop")
            continue
        table = read(points, missing="drop")
        assert isinstance(table, Table)
        assert (rows(table), table.n_dropped) == (whole, len(data) - len(whole))
    if whole:
        assert rows(read((masked[:, :2], masked[:, 2]), missing="drop")) == whole
        assert rows(read(Arraylike(a), missing="drop")) == whole


def test_rows_of_what_is_an_array_to_numpy_can_be_left_out() -> None:
    x, y = Arraylike(np.array([1.0, math.nan, 2.0])), Arraylike(np.array([1.0, 2.0, 4.0]))
    with pytest.raises(fastgd.DataError, match=r"^nan in row 1, x: .*, e\.g\. with missing='drop' \(rows count from 0\)$"):
        fastgd.fit(x, y)
    assert fastgd.fit(x, y, missing="drop").n_dropped == 1


def test_rows_whose_weight_is_missing_are_left_out() -> None:
    masked = np.ma.array([1.0, 99.0, 2.0], mask=[False, True, False])
    for weight in (masked, pandas().Series([1, None, 2], dtype="Int64"), polars().Series([1.0, None, 2.0])):
        table = read(([1.0, 2.0, 3.0], [1.0, 2.0, 4.0]), sample_weight=weight, missing="drop")
        assert isinstance(table, Table)
        assert (table.weight.tolist(), table.n_dropped) == ([1.0, 2.0], 1)


@pytest.mark.parametrize("missing", ["raise", "drop"])
def test_text_in_a_column_that_also_misses_values(missing: str) -> None:
    text, hole = "^text 'many' in row {}, column 'a'", "^missing value in row 0, column 'a'"
    for cells, fault in (
        ([1.0, "many", None], text.format(1)),
        ([None, 2.0, "many"], text.format(2) if missing == "drop" else hole),
    ):
        frame = pandas().DataFrame({"a": pandas().Series(cells, dtype=object), "y": [1.0, 2.0, 3.0]})
        with pytest.raises(fastgd.DataError, match=fault):
            fastgd.fit(frame, "y", missing=missing)


def test_rows_left_out_keep_their_numbers() -> None:
    table = read(([1, math.nan, 2, math.inf], [1, 1, 1, 1]), sample_weight=[0, 1, 1, 1], missing="drop")
    assert isinstance(table, Table)
    assert (table.n_dropped, table.n_absent) == (1, 1)
    with pytest.raises(fastgd.DataError, match="^inf in row 3, x: "):
        table.refuse_bad_cell()


def test_whatever_stands_beside_weight_0() -> None:
    frame = pandas().DataFrame({"a": [1, "text", None, 4], "b": [1.0, 2.0, math.nan, 3.0]}, index=[5, 5, 1, 0])
    weight = [1, 0, 0, 3]
    expected = [(1, 1, 1), (4, 3, 3)]
    assert rows(read(frame, "b", None, weight)) == rows(read(frame.assign(w=weight), "b", None, "w")) == expected
    assert rows(read((frame[["a"]], frame["b"]), sample_weight=weight)) == expected
    for series in (pandas().Series(weight), pandas().Series(weight, dtype="Int64"), polars().Series(weight)):
        assert rows(read(frame, "b", None, series)) == expected
    assert rows(read_pair(frame[["a"]], frame["b"], sample_weight=np.array(weight))) == expected


@pytest.mark.parametrize("kind", ["Polars lazy", "DuckDB"])
def test_lazy_frame_of_several_batches_counts_rows_on(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import narwhals as nw

    monkeypatch.delattr(nw.LazyFrame, "collect")  # all at once
    n = 600_000
    tables = list(read(MAKERS[kind]({"a": np.arange(n, dtype=float), "b": np.ones(n)}), "b"))
    assert len(tables) > 1 and max(len(t.X) for t in tables) <= 262_144
    assert np.array_equal(np.concatenate([t.X[:, 0] for t in tables]), np.arange(n))
    last = tables[-1]
    assert last.origin.place_of(len(last.X) - 1) == f"in row {n - 1}"


def test_only_the_needed_columns_of_a_lazy_frame_are_computed() -> None:
    pl = polars()

    def fail(_: Any) -> Any:
        raise RuntimeError("computed")

    frame = pl.LazyFrame({"a": A, "b": B}).with_columns(bad=pl.col("a").map_batches(fail, return_dtype=pl.Float64))
    assert rows(read(frame, "b", ["a"])) == list(zip(A, B, strict=True))


def test_predict_reads_by_name() -> None:
    data = {"z": list("uvwx"), "b": B, "a": A}
    for make in MAKERS.values():
        assert read_features(make(data), ("a", "b")).tolist() == [list(row) for row in zip(A, B, strict=True)]
    assert read_features(pandas().Series(A), None).tolist() == [[v] for v in A]


def errors() -> list[tuple[Call, str]]:
    pd, pl, pa = pandas(), polars(), arrow()
    frame = pd.DataFrame({"a": A, "b": B, "town": list("uvwx"), "w": W})
    nulls = pl.DataFrame({"a": [1.0, 2.0, None], "b": [1.0, None, 2.0], "w": [1.0, 2.0, None]})
    weights = "weights must be finite and not negative (rows count from 0)"
    return [
        (lambda: read((A, B), missing="x"), "missing='x': pass 'raise' or 'drop'"),
        (lambda: read((A, B), missing=None), "missing=None: pass 'raise' or 'drop'"),
        (lambda: read(nulls, "b", ["a"]), f"missing value in row 1, the target 'b': {CELL}"),
        (lambda: read(nulls[1:], "b", ["a"]), f"missing value in row 0, the target 'b': {CELL}"),
        (lambda: list(read(nulls.lazy(), "b", ["a"])), f"missing value in row 1, the target 'b': {CELL}"),
        (lambda: read(nulls[:1].vstack(nulls[2:]), "b", ["a"], "w"), f"missing value in row 1, the weight 'w': {CELL}"),
        (
            lambda: read(frame, "b"),
            "text 'u' in row 0, column 'town': every value must be a finite number; "
            "leave the column out of features, or use a formula, 'b ~ C(town)' (rows count from 0)",
        ),
        (
            lambda: read(frame, "b", ["town"]),
            "text 'u' in row 0, column 'town': every value must be a finite number; "
            "correct the cell or drop the row (rows count from 0)",
        ),
        (lambda: read(frame, "b", ["a"], "v"), "no column 'v' in the frame: it has 'a', 'b', 'town', 'w'"),
        (lambda: read(frame, "b", ["a"], "b"), "sample_weight='b' names the target: weights are a column of their own"),
        (lambda: read(frame.assign(w=[1, -1, 1, 1]), "b", ["a"], "w"), f"the weight 'w' is -1.0 in row 1: {weights}"),
        (lambda: read(frame, "b", ["a"], [1, math.inf, 1, 1]), f"sample_weight is inf in row 1: {weights}"),
        (lambda: read(frame, "b", ["a"], [1]), "sample_weight has shape (1,) for 4 rows: one weight a row is needed"),
        (lambda: read((A, B), None, None, W[:3]), "sample_weight has shape (3,) for 4 rows: one weight a row is needed"),
        (
            lambda: read((A, B), None, None, "w"),
            "sample_weight='w': arrays have no column names, pass the weights themselves",
        ),
        (lambda: read((A, B), None, None, [0] * 4), "sample_weight is zero in every row: at least one row must count"),
        (lambda: read(frame.assign(w=0), "b", ["a"], "w"), "sample_weight is zero in every row: at least one row must count"),
        (
            lambda: read(frame.assign(a=math.nan), "b", ["a"], "w", "drop"),
            "no rows are left: every row of weight above 0 (1 has weight 0) has a missing value, and missing='drop' leaves "
            "them out, 3 in all; take out a column that is empty throughout, or fill its cells",
        ),
        (
            lambda: read(nulls.lazy(), "b", ["a"], [1, 1, 1]),
            "sample_weight is an array, and the frame is lazy: name a column of it, or collect it first",
        ),
        (lambda: list(read(nulls.lazy().head(0), "b", ["a"])), "no rows: the data are empty; at least one row is needed"),
        (
            lambda: read(OnlyArrow(pa.table([A, B], names=["a", "a"])), "a"),
            "the frame has two columns of one name: rename one (…",
        ),
        (
            lambda: read_features(frame, ("A", "b")),
            "no column 'A' in X, and the fit was made with it: it has 'a', 'b', 'town', 'w'",
        ),
        (
            lambda: read_features(frame.rename(columns={"a": "area1"}), ("area", "b")),
            "no column 'area' in X, and the fit was made with it: did you mean 'area1'?",
        ),
        (
            lambda: read_features(nulls, ("a", "b")),
            "missing value in row 1, column 'b': every value must be a finite number; "
            "correct the cell or drop the row (rows count from 0)",
        ),
        (
            lambda: read_pair([1, None], [1, 2]),
            "x holds None in row 1: a number is needed (rows count from 0)",
        ),
    ]


def test_text_of_errors() -> None:
    for call, text in errors():
        with pytest.raises(fastgd.DataError) as info:
            call()
        assert str(info.value) == text or (text.endswith("…") and str(info.value).startswith(text[:-1]))


def test_pandas_labels_that_are_no_text_may_stand_beside() -> None:
    frame = pandas().DataFrame({"a": A, 0: B, "b": B})
    assert rows(read(frame, "b", ["a"])) == list(zip(A, B, strict=True))


def test_missing_pyarrow_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = OnlyArrow(arrow().table({"a": A}))
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r"^reading this frame needs pyarrow, .*: pip install 'fastgd\[files\]'$"):
        read(stream, "a")


def test_a_series_beside_a_list_with_a_hole() -> None:
    pd = pytest.importorskip("pandas", reason="needs pandas")
    found = fastgd.fit(pd.Series([1.0, 2.0, 3.0, 4.0]), [2.0, None, 4.0, 9.0], missing="drop")
    assert (found.n_dropped, found.slope) == (1, fastgd.fit([1.0, 3.0, 4.0], [2.0, 4.0, 9.0]).slope)
