"""Files as streams: several of them, pieces of any length, early ends, and what Python's own reader makes of the same text."""

from __future__ import annotations

import csv
import gzip
import io
import os
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fastgd
from fastgd.sources import Origin, Source
from fastgd.sources.ahead import in_order, work_ahead
from fastgd.sources.columns import Columns, Wanted
from fastgd.sources.files import rows
from fastgd.sources.files.files import Files

pa = pytest.importorskip("pyarrow", reason="reading files needs pyarrow")
from pyarrow import parquet  # noqa: E402

TARGET = "y"


def source(data: Any, wanted: Wanted = Wanted(), **options: Any) -> Source:  # noqa: B008
    files = Files(fastgd.CSV(data, **options) if options else data)
    choice = Columns.choose(files.names, wanted, files.path)
    return Source(lambda: files.tables(choice), files.once)


def values(tables: Any) -> list[list[float]]:
    return [row for t in tables for row in np.column_stack([t.X, t.y]).tolist()]


def read(data: Any, **options: Any) -> list[list[float]]:
    return values(source(data, **options))


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.fixture
def short_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of some bytes, so that small files have many."""
    monkeypatch.setattr(rows, "FIRST", 16)
    monkeypatch.setattr(rows, "PIECE", 16)


# several files


def test_list_and_pattern_in_the_order_of_names(tmp_path: Path) -> None:
    for name, text in (("p2.csv", "b,a\n4,3\n"), ("p1.csv", "a,b\n1,2\n"), ("p10.csv", "s,a,b\nq,5,6\n")):
        write(tmp_path / name, text)
    assert read(f"{tmp_path}/p*.csv") == [[1, 2], [5, 6], [3, 4]]
    assert read([tmp_path / "p2.csv", tmp_path / "p1.csv"]) == [[4, 3], [2, 1]]  # the first one's last column is the target


def test_a_file_that_exists_is_no_pattern(tmp_path: Path) -> None:
    write(tmp_path / "a[1].csv", "a,b\n1,2\n")
    write(tmp_path / "a1.csv", "a,b\n3,4\n")
    assert read(tmp_path / "a[1].csv") == [[1, 2]]
    assert read(tmp_path / "a[1-2].csv") == [[3, 4]]


def test_a_first_line_is_names_in_all_files_or_in_none(tmp_path: Path) -> None:
    """Also where the names that a file without them gets are those of the other file."""
    named, plain = write(tmp_path / "1.csv", "x,y\n1,2\n"), write(tmp_path / "2.csv", "5,6\n7,8\n")
    with pytest.raises(fastgd.DataError, match=r"^no column 'x' in .*2\.csv, which .*1\.csv has: it has '5', '6'$"):
        read([named, plain])
    with pytest.raises(fastgd.DataError, match=r"^text 'x' in line 1 of .*1\.csv, column 'x': every value must be"):
        read([plain, named])


def test_csv_without_names_and_parquet_in_one_list(tmp_path: Path) -> None:
    one, two = write(tmp_path / "1.csv", "1,2\n"), write(tmp_path / "2.csv", "3,4\n")
    parquet.write_table(pa.table({"y": [6], "x": [5.0]}), tmp_path / "3.parquet")
    assert read([one, two, tmp_path / "3.parquet"]) == [[1, 2], [3, 4], [5, 6]]


def test_share_is_that_of_all_bytes(tmp_path: Path, short_pieces: None) -> None:
    text = "a,b\n" + "1,2\n" * 10
    paths = [write(tmp_path / "1.csv", text), write(tmp_path / "2.csv.gz", gzip.compress(text.encode()))]
    parquet.write_table(pa.table({"a": [1, 1], "b": [1, 1]}), tmp_path / "3.parquet")
    found = source([*paths, tmp_path / "3.parquet"])
    assert found.share is None
    shares = [(t.origin.path, found.share) for t in found]
    assert sorted(shares, key=lambda pair: pair[1] or 0) == shares and shares[-1][1] == 1.0
    sizes = [os.path.getsize(p) for p in (*paths, tmp_path / "3.parquet")]
    assert max(s or 0 for p, s in shares if p == str(paths[0])) == pytest.approx(sizes[0] / sum(sizes))


# what the first rows show


@pytest.mark.parametrize("delimiter", list(",;\t|"))
def test_separators_are_found(tmp_path: Path, delimiter: str) -> None:
    other = ";" if delimiter == "," else ","
    path = write(tmp_path / "f.csv", f'"a{other}"{delimiter}b\n1{delimiter}2\n3{delimiter}4\n')
    assert read(path) == [[1, 2], [3, 4]]


def test_separator_and_header_forced(tmp_path: Path) -> None:
    assert read(write(tmp_path / "a.csv", "a:b\n1:2\n"), delimiter=":") == [[1, 2]]
    assert read(write(tmp_path / "b.csv", "2019,2020\n1,2\n"), header=True) == [[1, 2]]
    assert read(write(tmp_path / "c.csv", "1,2\n3,4\n"), header=False) == [[1, 2], [3, 4]]


def test_truth_values_are_0_and_1_in_every_piece(tmp_path: Path, short_pieces: None) -> None:
    path = write(tmp_path / "f.csv", "a,b\n" + "true,2\nfalse,3\n" * 9)
    assert read(path) == [[1, 2], [0, 3]] * 9


def test_numbers_that_become_truth_values_or_dates_are_refused(tmp_path: Path, short_pieces: None) -> None:
    for cell in ("true", "2020-01-01", "q"):
        path = write(tmp_path / "f.csv", "a,b\n" + "1,2\n" * 20 + f"{cell},2\n" * 20)
        with pytest.raises(fastgd.DataError, match=rf"^text '{cell}' in line 22 of .*f\.csv, column 'a': "):
            read(path)


class Raw:
    """A choice that hands the frame on."""

    def __init__(self, needed: tuple[str, ...], as_text: tuple[str, ...] = (), missing: str = "raise") -> None:
        self.needed, self.as_text, self.missing = needed, as_text, missing

    def name_of(self, column: str) -> str:
        return column

    def table(self, frame: Any, origin: Origin) -> Any:
        return frame


def test_columns_kept_as_text(tmp_path: Path, short_pieces: None) -> None:
    path = write(tmp_path / "f.csv", "town,b,c\n" + "01,2,q\n" * 5 + "B,3,4\n" * 5)
    frames = [frame for frame, _ in Files(path).tables(Raw(("town", "b", "c"), ("town",)))]
    assert len(frames) > 2
    assert {tuple(map(str, frame.schema.types)) for frame in frames} == {("string", "double", "string")}
    assert pa.concat_tables(frames)["town"].to_pylist() == ["01"] * 5 + ["B"] * 5


def test_spellings_of_a_missing_value_count_where_those_are_dropped(tmp_path: Path) -> None:
    words = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"]
    path = write(tmp_path / "f.csv", "a,b\n1,1\n" + "".join(f"{word},1\n" for word in words))
    ((frame, _),) = Files(path).tables(Raw(("a",), missing="drop"))
    assert frame["a"].to_pylist() == [1.0] + [None] * len(words)


# pieces

cell = st.one_of(
    st.integers(-99, 99).map(str),
    st.text("ab,\n\"' ;", max_size=6).map(lambda s: '"' + s.replace('"', '""') + '"'),
    st.sampled_from(["6'2\"", "x\"y", ""]),  # a quote inside a cell is a character
)


@given(
    notes=st.lists(cell, min_size=1, max_size=12),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    blank=st.booleans(),
    closed=st.booleans(),
    size=st.integers(1, 60),
)
@settings(deadline=None, max_examples=300)
def test_pieces_are_rows_as_python_reads_them(notes: list[str], newline: str, blank: bool, closed: bool, size: int) -> None:
    """Whatever is quoted, and wherever pieces end: the same rows on the same lines."""
    text = newline.join(f"{note},{i}" + (newline if blank else "") for i, note in enumerate(notes)) + (newline if closed else "")
    expected = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "FIRST", size)
        patch.setattr(rows, "PIECE", size)
        raw = io.BytesIO(text.encode())
        pieces = list(rows.Rows(raw, "f.csv", raw, None).pieces(",", 2, 0))
    assert b"".join(piece.data for piece in pieces) == text.encode()
    assert [cells for piece in pieces for _, cells in piece.rows(",")] == expected
    lines = [line for piece in pieces for line, _ in piece.rows(",")]
    assert lines == [line for line, _ in rows.read_rows(text.encode(), ",")]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_rows_and_lines_over_many_pieces(tmp_path: Path, short_pieces: None, newline: str) -> None:
    text = newline.join(["s,a,b", *(f'"q{newline}",{i},{i % 7}' for i in range(200)), "z,bad,1"])
    path = write(tmp_path / "f.csv", text)
    seen = []
    with pytest.raises(fastgd.DataError, match=r"^text 'bad' in line 402 of .*f\.csv, column 'a': "):
        for t in source(path, Wanted("b", ["a"])):
            seen += values([t])
    assert seen == [[i, i % 7] for i in range(len(seen))] and len(seen) > 190


@pytest.mark.parametrize("quoted", [False, True])
def test_a_row_of_megabytes(tmp_path: Path, quoted: bool) -> None:
    note = "z" * 5_000_000
    note = f'"{note}\n{note}"' if quoted else note
    path = write(tmp_path / "f.csv", "s,a,b\n" + "q,1,2\n" * 3 + f"{note},3,4\n")
    found = values(source(path, Wanted("b", ["a"])))
    assert found == [[1, 2]] * 3 + [[3, 4]]


@pytest.mark.parametrize(("row", "text"), [("7", "1 cell"), ("7,8,9", "3 cells")])
def test_a_row_of_another_length_in_a_late_piece(tmp_path: Path, short_pieces: None, row: str, text: str) -> None:
    path = write(tmp_path / "f.csv", "a,b\n" + "1,2\n" * 50 + row)
    with pytest.raises(fastgd.DataError, match=rf"^{text} in line 52 of .* where line 1 has 2: every line needs as many$"):
        read(path)


def test_compressed_pieces(tmp_path: Path, short_pieces: None) -> None:
    two_members = gzip.compress(b"a,b\n" + b"1,2\n" * 30) + gzip.compress(b"3,4\n" * 30)
    assert read(write(tmp_path / "f.csv.gz", two_members)) == [[1, 2]] * 30 + [[3, 4]] * 30
    zstd = pa.compress(b"a,b\n" + b"1,2\n" * 30, "zstd", asbytes=True)
    assert read(write(tmp_path / "f.csv.zst", zstd)) == [[1, 2]] * 30


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_read_once(tmp_path: Path, short_pieces: None) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("a,b\n" + "1,2\n" * 100,))
    writer.start()
    assert read(pipe) == [[1, 2]] * 100
    writer.join()


def test_a_row_group_larger_than_a_table(tmp_path: Path) -> None:
    n = 500_000
    path = tmp_path / "f.parquet"
    parquet.write_table(pa.table({"s": ["q"] * n, "a": np.arange(n), "b": np.arange(n) / 2}), path, row_group_size=2**26)
    tables = list(source(path, Wanted("b", ["a"])))
    assert max(len(t.X) for t in tables) <= 2**18 and len(tables) > 1
    assert np.array_equal(np.concatenate([t.X[:, 0] for t in tables]), np.arange(n))
    assert tables[1].origin.place_of(5) == f"in row {len(tables[0].X) + 5} of {path}"


# threads and open files


def many(tmp_path: Path, kind: str) -> Path:
    if kind == "csv":
        return write(tmp_path / "f.csv", "a,b\n" + "1,2\n" * 1000)
    parquet.write_table(pa.table({"a": np.ones(400_000), "b": np.ones(400_000)}), tmp_path / "f.parquet")
    return tmp_path / "f.parquet"


def open_files(path: Path) -> int:
    names = [f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd")]
    return sum(os.path.realpath(name) == str(path.resolve()) for name in names if os.path.lexists(name))


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_one_who_stops_early_leaves_nothing_behind(tmp_path: Path, short_pieces: None, kind: str) -> None:
    path, before = many(tmp_path, kind), threading.active_count()
    tables = iter(source(path))
    assert open_files(path) == 0, "opened before the first table is asked for"
    next(tables), next(tables)
    assert threading.active_count() > before and open_files(path) > 0
    tables.close()  # type: ignore[attr-defined]
    assert (threading.active_count(), open_files(path)) == (before, 0)


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_ctrl_c_in_a_read_leaves_nothing_behind(tmp_path: Path, short_pieces: None, kind: str, n_jobs: int) -> None:
    path, before, reports = many(tmp_path, kind), threading.active_count(), []

    def interrupt(rows: int, share: float | None) -> None:
        reports.append(rows)
        if len(reports) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fastgd.fit(path, "b", progress=interrupt, n_jobs=n_jobs)
    assert len(reports) == 2 and reports[1] > reports[0]
    assert (threading.active_count(), open_files(path)) == (before, 0)


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
def test_files_that_are_refused_are_closed(tmp_path: Path) -> None:
    for name, text in (("1.csv", "a\n1\n"), ("2.csv", "a,b\n1,q\n"), ("3.csv.gz", "a,b")):
        path = write(tmp_path / name, text)
        with pytest.raises(fastgd.DataError):
            read(path)
        assert open_files(path) == 0


def test_work_goes_on_while_the_caller_is_busy_and_not_further() -> None:
    started = [threading.Event() for _ in range(20)]

    def work(i: int) -> int:
        started[i].set()
        return i

    with closing(work_ahead(iter(range(20)), work)) as results:  # type: ignore[type-var]
        assert next(results) == 0
        assert started[3].wait(10)  # nobody has asked for it
        assert not any(event.is_set() for event in started[5:])
        assert list(results) == list(range(1, 20))


def test_results_come_in_the_order_in_which_the_work_began() -> None:
    begun: list[int] = []

    def futures() -> Iterator[Future[int]]:
        for i in range(9):
            begun.append(i)
            future: Future[int] = Future()
            future.set_result(i)
            yield future

    seen = []
    for result in in_order(futures(), 3):
        seen.append(result)
        assert len(begun) == min(9, len(seen) + 3)
    assert seen == list(range(9))


@pytest.mark.parametrize("where", ["pieces", "work"])
def test_an_error_comes_where_its_piece_would(where: str) -> None:
    def pieces() -> Any:
        yield from (0, 1)
        if where == "pieces":
            raise RuntimeError("here")
        yield from (2, 3)

    def work(i: int) -> int:
        if i == 2:
            raise RuntimeError("here")
        return i

    before, seen = threading.active_count(), []
    with pytest.raises(RuntimeError, match="^here$"):
        for i in work_ahead(pieces(), work):
            seen.append(i)
    assert (seen, threading.active_count()) == ([0, 1], before)


def test_names_are_those_of_the_first_file(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{i}.csv", text) for i, text in enumerate(["a,b\n1,2\n", "b,a\n2,1\n", "c,a,b\n0,1,2\n"])]
    found = list(source(paths))
    assert values(found) == [[1, 2]] * 3
    assert [t.origin.path for t in found] == [str(path) for path in paths]


def test_each_csv_of_a_list_has_its_own_separator(tmp_path: Path) -> None:
    a, b = write(tmp_path / "a.csv", "a,y\n1,2\n2,5\n"), write(tmp_path / "b.csv", "a:y\n3:6\n")
    assert fastgd.fit([a, fastgd.CSV(b, ":")], "y").moments.n_samples == 3
    for path in (3, fastgd.CSV(a)):
        with pytest.raises(fastgd.DataError, match="path=.*: pass the path of a file"):
            fastgd.CSV(path)  # type: ignore[arg-type]
