"""Sources: opened once, iterated as often as asked; and what can be read only once says so."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_frames import OnlyArrow, batches, duck

import fastgd
from fastgd.sources import Source, Table, read

pd = pytest.importorskip("pandas", reason="needs pandas")
pl = pytest.importorskip("polars", reason="needs Polars")
pa = pytest.importorskip("pyarrow", reason="needs PyArrow")


N = 700
FRAME = pd.DataFrame({"a": np.arange(N) / 8.0, "town": ["B", "A"] * (N // 2), "y": np.arange(N) % 5.0})


def parts(kind: str, folder: Path) -> list[Path]:
    paths = [folder / f"{i}.{kind}" for i in range(3)]
    for i, path in enumerate(paths):
        part = FRAME[250 * i : 250 * (i + 1)]
        part.to_csv(path, index=False) if kind == "csv" else part.to_parquet(path, row_group_size=100)
    return paths


def of_rows(source: Any) -> list[list[float]]:
    return [row for table in source for row in np.column_stack([table.X, table.y]).tolist()]


def one_by_one() -> Iterator[Any]:
    for start in range(0, N, 100):
        yield FRAME[start : start + 100]


class Anew:
    """An iterable that begins again, as a data set that is read from a database does."""

    def __iter__(self) -> Iterator[Any]:
        return one_by_one()


AGAIN: dict[str, Callable[[Path], Any]] = {
    "frame": lambda folder: FRAME,
    "lazy frame": lambda folder: pl.from_pandas(FRAME).lazy(),
    "DuckDB": lambda folder: duck(pa.Table.from_pandas(FRAME)),
    "list of frames": lambda folder: [FRAME[:300], pl.from_pandas(FRAME[300:])],
    "list of lazy frames": lambda folder: [pl.from_pandas(FRAME[:300]).lazy(), FRAME[300:]],
    "iterable": lambda folder: Anew(),
    "CSV": lambda folder: parts("csv", folder),
    "pattern of Parquet": lambda folder: (parts("parquet", folder), f"{folder}/*.parquet")[1],
    "CSV and Parquet": lambda folder: [*parts("csv", folder)[:1], *parts("parquet", folder)[1:]],
}
ONCE: dict[str, Callable[[], Any]] = {
    "generator": one_by_one,
    "RecordBatchReader": lambda: batches(pa.Table.from_pandas(FRAME)),
    "OnlyArrow": lambda: OnlyArrow(pa.Table.from_pandas(FRAME)),
    "list_iterator": lambda: iter([FRAME[:5], FRAME[5:]]),
}


@pytest.mark.parametrize("target", ["y", "y ~ a + town"])
@pytest.mark.parametrize("name", AGAIN)
def test_every_pass_gives_the_same_rows(name: str, target: str, tmp_path: Path) -> None:
    source = read(AGAIN[name](tmp_path), target, None if "~" in target else ["a"])
    assert isinstance(source, Source | Table)
    first = of_rows(source)
    assert len(first) == N and [row[0] for row in first] == FRAME["a"].tolist()
    broken_off = iter(source)
    next(broken_off)
    del broken_off
    assert of_rows(source) == of_rows(source) == first
    assert [tuple(row) for row in zip(of_rows(source), of_rows(source), strict=True)] == [(row, row) for row in first]


def test_arrays_and_blocks_of_arrays() -> None:
    x, y = FRAME["a"].to_numpy(), FRAME["y"].to_numpy()
    for data in ((x, y), (x[:, np.newaxis], y), [(x[:100], y[:100]), (x[100:], y[100:])]):
        source: Any = read(data)
        assert of_rows(source) == of_rows(source) == np.column_stack([x, y]).tolist()


def test_a_table_is_iterated_in_pieces() -> None:
    table: Any = read(np.ones((600_000, 2)))
    for _ in range(2):
        assert [len(piece.X) for piece in table] == [262_144, 262_144, 75_712]
        assert all(np.shares_memory(piece.X, table.X) for piece in table)


@pytest.mark.parametrize("name", ONCE)
def test_what_can_be_read_only_once_says_so(name: str) -> None:
    source: Any = read(ONCE[name](), "y", ["a"])
    assert len(of_rows(source)) == N
    text = (
        f"data of type {name} can be read only once, and another pass over its rows is needed: "
        "pass a file, or rows that are in memory"
    )
    for _ in range(2):
        with pytest.raises(fastgd.DataError) as info:
            iter(source)
        assert str(info.value) == text


@pytest.mark.parametrize("target", ["y", "y ~ a + town"])
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_read_once(target: str, tmp_path: Path) -> None:
    """A formula that looks at the rows before it reads them is refused: it would wait for ever for the rows to come again."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(FRAME.to_csv(index=False)))
    writer.start()
    try:
        if "~" in target:
            with pytest.raises(fastgd.DataError, match=f"^the pipe {pipe} can be read only once, and the formula 'y ~ .* needs"):
                read(pipe, target)
            return
        source: Any = read(pipe, target, ["a"])
        assert len(of_rows(source)) == N
        with pytest.raises(fastgd.DataError, match=f"^the pipe {pipe} can be read only once, and another pass over its rows is"):
            iter(source)
    finally:
        writer.join()


def test_a_formula_is_learned_once() -> None:
    """What it learned at the first pass holds for the others."""
    source: Any = read(Anew(), "y ~ a + town")
    formulas = {id(table.formula) for _ in range(2) for table in source}
    assert len(formulas) == 1


def test_a_source_is_not_read_before_its_first_pass(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("a,y\n1,2\n")
    source: Any = read(path)
    assert (source.share, source.once) == (None, None)
    path.write_text("a,y\n3,4\n")
    assert of_rows(source) == [[3.0, 4.0]] and source.share == 1.0
    path.write_text("a,y\n3,q\n")
    with pytest.raises(fastgd.DataError, match="^text 'q' in line 2 of "):
        of_rows(source)
    path.write_text("a,y\n5,6\n")
    assert of_rows(source) == [[5.0, 6.0]], "a pass that failed does not spoil the next"


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_an_error_in_a_late_file_comes_at_every_pass(kind: str, tmp_path: Path) -> None:
    paths = parts(kind, tmp_path)
    other = FRAME[:5].drop(columns="a")
    other.to_csv(paths[2], index=False) if kind == "csv" else other.to_parquet(paths[2])
    source: Any = read(paths, "y", ["a"])
    for _ in range(2):
        with pytest.raises(fastgd.DataError, match=r"^no column 'a' in .*2\.\w+, which .*0\.\w+ has: it has 'town', 'y'$"):
            next(iter(source))


def test_a_page_of_a_generator() -> None:
    """Several pictures of rows that come once: they are opened for all of them."""
    matplotlib = pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")
    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    frame = FRAME.assign(b=FRAME["a"] % 3.0).drop(columns="town")
    result = fastgd.fit(frame, "y")
    axes = result.plot((frame[i : i + 100] for i in range(0, N, 100)), "y")
    for ax in axes[0]:
        (points,) = [line for line in ax.lines if "700 points" in str(line.get_label())]
        assert len(points.get_xdata()) == N
    plt.close("all")
