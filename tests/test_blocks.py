"""Iterables of blocks to streams of tables."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fastgd
from fastgd.sources import Source, Table, read

Call = Callable[[], Any]
XY = np.array([[1.0, 2.0], [2.0, 3.0], [4.0, 3.0], [7.0, 9.0], [3.0, 3.0]])
pair = (np.ones((2, 2)), np.ones(2))


def joined(source: Table | Source) -> list[list[float]]:
    assert isinstance(source, Source)
    return [row for t in source for row in np.column_stack([t.X, t.y, *([t.weight] if t.weight.size else [])]).tolist()]


def cut(borders: list[int]) -> list[np.ndarray]:
    return np.split(XY, sorted(borders))


@given(st.lists(st.integers(0, 5), max_size=6), st.booleans())
@settings(deadline=None)
def test_any_cut_gives_the_same_rows(borders: list[int], generator: bool) -> None:
    pieces = cut(borders)
    blocks = [(p[:, 0] if i % 2 else p[:, :1], p[:, 1]) for i, p in enumerate(pieces)]
    assert joined(read((b for b in blocks) if generator else blocks)) == XY.tolist()
    weighted = [(*block, np.full(len(block[1]), 2.0)) for block in blocks]
    assert joined(read(weighted)) == [[*row, 2.0] for row in XY.tolist()]


def test_frames_in_any_order_of_columns() -> None:
    pd = pytest.importorskip("pandas", reason="needs pandas")
    pl = pytest.importorskip("polars", reason="needs Polars")
    a = pd.DataFrame(XY[:2], columns=["a", "b"])
    rest = pl.DataFrame(XY[2:][:, ::-1], schema=["b", "a"])
    for blocks in ([a, rest.lazy(), a[:0]], (a, rest), iter([a, rest.to_arrow()])):
        assert joined(read(blocks, "b")) == XY.tolist()
    pairs = [(a[["a", "b"]], [1, 1]), (rest.select("b", "a"), rest["b"])]
    tables = list(read(pairs))
    assert [t.feature_names for t in tables] == [("a", "b")] * 2
    assert tables[1].X.tolist() == XY[2:].tolist()
    weighted = [a.assign(w=[0, 2]), a.assign(w=[1, 1])[["w", "b", "a"]]]
    assert joined(read(weighted, "b", None, "w")) == [[2, 3, 2], [1, 2, 1], [2, 3, 1]]


def test_chunks_of_pandas_read_csv() -> None:
    pd = pytest.importorskip("pandas", reason="needs pandas")
    text = "a,b\n" + "".join(f"{a},{b}\n" for a, b in XY)
    assert joined(read(pd.read_csv(StringIO(text), chunksize=2), "b")) == XY.tolist()


def test_blocks_are_read_when_their_turn_comes() -> None:
    seen = []

    def blocks() -> Iterator[Any]:
        for i in range(3):
            seen.append(i)
            yield XY[:, 0], XY[:, 1]

    stream = iter(read(blocks()))
    next(stream)
    assert seen == [0]


def test_exceptions_of_the_iterable_pass_through() -> None:
    def blocks() -> Iterator[Any]:
        yield pair
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        list(read(blocks()))


def test_rows_dropped_are_counted_by_block() -> None:
    nan = math.nan
    tables = list(read([([1.0, nan], [1.0, 1.0]), (np.array([nan]), [1.0]), (np.array([2.0]), [5.0])][::-1], missing="drop"))
    assert [(len(t.X), t.n_dropped) for t in tables] == [(1, 0), (0, 1), (1, 1)]


def test_large_blocks_come_in_pieces_that_know_their_rows() -> None:
    x = np.arange(600_000.0)
    x[-1] = math.inf
    tables = list(read([(x, x)]))
    assert [len(t.X) for t in tables] == [262_144, 262_144, 75_712]
    assert all(np.shares_memory(t.X, x) for t in tables)
    with pytest.raises(fastgd.DataError, match="^inf in row 599999 of block 0, x: "):
        tables[-1].refuse_bad_cell()


def test_lists_of_rows_keep_their_meaning() -> None:
    for rows in (XY.tolist(), list(XY), [tuple(row) for row in XY], [[np.array(v) for v in row] for row in XY], (XY[0], XY[1])):
        assert isinstance(read(rows), Table)


def test_memory_map_is_read_where_it_is(tmp_path: Path) -> None:
    mapped = np.memmap(tmp_path / "m", np.float64, "w+", shape=(5, 2))
    mapped[:] = XY
    table, both = read(mapped), read((mapped[:, :1], mapped[:, 1]))
    assert isinstance(table, Table) and isinstance(both, Table)
    assert np.shares_memory(table.X, mapped) and np.shares_memory(both.X, mapped) and np.shares_memory(both.y, mapped)


def test_rows_of_a_block_are_named() -> None:
    (table,) = read([(np.array([1.0, math.nan]), np.ones(2))])
    with pytest.raises(fastgd.DataError, match="^nan in row 1 of block 0, x: every .* e.g. with missing='drop'"):
        table.refuse_bad_cell()


class Named:
    """A frame of one column, if PyArrow is there."""

    def __new__(cls, *names: str, value: Any = 1.0) -> Any:
        pa = pytest.importorskip("pyarrow", reason="needs PyArrow")
        return pa.table({name: pa.array([1.0, value]) for name in names})


ROWS = "(rows count from 0)"
ERRORS: list[tuple[Call, str]] = [
    (lambda: list(read(iter([]))), "no rows: the data are empty; at least one row is needed"),
    (lambda: list(read([(np.ones((0, 2)), [])])), "no rows: the data are empty; at least one row is needed"),
    (lambda: list(read([(np.ones(1), [1], [0])])), "sample_weight is zero in every row: at least one row must count"),
    (
        lambda: list(read([pair, (np.ones((2, 3)), np.ones(2))])),
        "block 1 has 3 feature columns and block 0 has 2: every block needs the same columns",
    ),
    (lambda: list(read([pair, (np.ones((2, 2)), [1])])), "block 1: x has 2 rows and y has 1: each x needs its y"),
    (
        lambda: list(read([(*pair, [1, -1])])),
        f"block 0: sample_weight is -1.0 in row 1: weights must be finite and not negative {ROWS}",
    ),
    (lambda: list(read([pair], "b")), "block 0 is a pair (X, y), and 'b' names a column of a frame: leave the name out"),
    (
        lambda: list(read([pair], None, None, [1, 1])),
        "sample_weight is an array, and the data come in blocks: pass blocks (X, y, weight), or name a column",
    ),
    (
        lambda: list(read(zip([1.0], [2.0], strict=True))),
        "block 0 of the data is (1.0, 2.0): a block is (X, y), (X, y, weight) or a frame; rows go into one array or list",
    ),
    (lambda: list(read([Named("a", "b")])), "block 0: a frame needs a target: name one of its columns, 'a', 'b'"),
    (lambda: list(read([Named("a", "b"), Named("A", "b")], "b")), "no column 'a' in block 1: it has 'A', 'b'"),
    (
        lambda: list(read([Named("a", "b"), Named("a", "b", value=None)], "b")),
        "missing value in row 1 of block 1, column 'a': every value must be a finite number; "
        f"correct the cell or drop the row, e.g. with missing='drop' {ROWS}",
    ),
    (lambda: read({"a": [1]}, "a"), "data of type dict cannot be read: pass (x, y), an array, a list of rows, a frame or a path"),
]


@pytest.mark.parametrize(("call", "text"), ERRORS)
def test_text_of_errors(call: Call, text: str) -> None:
    with pytest.raises(fastgd.DataError) as info:
        call()
    assert str(info.value) == text
