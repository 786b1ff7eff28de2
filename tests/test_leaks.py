"""Nothing is left of what is done a hundred thousand times: no memory, no thread, no open file."""

from __future__ import annotations

import gc
import os
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastgd

RNG = np.random.default_rng(7)
X = RNG.normal(size=(60, 3))
Y = X @ [1.0, 2.0, -1.0] + RNG.normal(size=60)
LINE = np.column_stack([X[:, 0], Y])
RESULT = fastgd.fit(X, Y, learning_rate=0.01, max_iter=9)
MOMENTS = RESULT.moments
BYTES = fastgd.Moments.from_arrays(X, Y).to_bytes()


def refused(call: Callable[..., Any], *arguments: Any, **options: Any) -> None:
    try:
        call(*arguments, **options)
    except fastgd.FastGDError:
        return
    raise AssertionError("that was to fail")


def interrupted_stream() -> None:
    def rows() -> Iterator[Any]:
        yield X[:9], Y[:9]
        raise KeyboardInterrupt

    try:
        fastgd.fit(rows())
    except KeyboardInterrupt:
        return
    raise AssertionError("that was to be interrupted")


JOBS: dict[str, tuple[int, Callable[[], Any]]] = {
    "a line": (100_000, lambda: fastgd.fit(LINE, learning_rate=0.01, max_iter=9)),
    "features": (5000, lambda: fastgd.fit(X, Y, standardize=True)),
    "path": (2000, lambda: fastgd.fit(LINE, learning_rate=0.01, max_iter=9).path().coef),
    "explain": (300, lambda: fastgd.fit(LINE).explain()),
    "predict": (20_000, lambda: RESULT.predict(X)),
    "inference": (300, lambda: fastgd.fit(X, Y).inference()),
    "update": (5000, lambda: fastgd.Moments().update(X, Y).update(X[:7], Y[:7])),
    "add": (2000, lambda: (MOMENTS + MOMENTS).mean),
    "bytes": (2000, lambda: fastgd.Moments.from_bytes(BYTES).to_bytes()),
    "threads": (100, lambda: fastgd.fit(np.tile(X, (500, 1)), np.tile(Y, 500), n_jobs=2)),
    "the lesson": (5000, lambda: fastgd.gradient_descent(LINE, 0.0, 0.0, 0.01, 10)),
    "a rate that is refused": (5000, lambda: refused(fastgd.fit, LINE, learning_rate=1e9)),
    "a cell that is refused": (5000, lambda: refused(fastgd.fit, [1.0, 2.0], [1.0, float("nan")])),
    "bytes that are refused": (5000, lambda: refused(fastgd.Moments.from_bytes, BYTES[:-1])),
    "a stream interrupted": (2000, interrupted_stream),
}


def growth(job: Callable[[], Any], count: int) -> int:
    """Bytes that are held after so many more calls than before them."""
    for _ in range(max(20, count // 50)):  # what is kept once and for all is kept by now
        job()
    gc.collect()
    tracemalloc.start()
    try:
        for _ in range(20):
            job()
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(count):
            job()
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", JOBS)
def test_python_holds_no_more_than_before(kind: str) -> None:
    """A byte a call would be one too many; Python's own free lists take some kilobytes."""
    if kind in ("inference", "explain"):
        pytest.importorskip("scipy", reason="needs SciPy")
    count, job = JOBS[kind]
    threads = threading.active_count()
    assert growth(job, count) < max(4000, min(count, 20_000))
    assert threading.active_count() == threads


def test_a_file_is_saved_and_loaded_and_read_again_and_again(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="needs pyarrow")
    model, rows = tmp_path / "model.json", tmp_path / "rows.csv"
    np.savetxt(rows, LINE, delimiter=",")

    jobs: dict[str, Callable[[], object]] = {
        "save": lambda: RESULT.save(model),
        "load": lambda: fastgd.load(model),
        "fit": lambda: fastgd.fit(rows),
        "no model": lambda: refused(fastgd.load, rows),
        "no column": lambda: refused(fastgd.fit, rows, "z"),
    }
    for job in jobs.values():
        job()
    threads, files = threading.active_count(), len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    for name, job in jobs.items():  # free lists of the JSON reader and of threads: up to 30,000 after any number
        assert growth(job, 500) < 50_000, name
    assert threading.active_count() == threads
    assert not files or len(os.listdir("/proc/self/fd")) == files


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="needs /proc")
def test_the_process_grows_by_nothing_in_a_hundred_thousand_fits() -> None:
    """What tracemalloc does not see: memory of compiled code, of BLAS and of reference counts that kernels hold."""

    def pages() -> int:
        gc.collect()
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])

    def job() -> None:
        fastgd.fit(LINE, learning_rate=0.01, max_iter=9)

    for _ in range(20_000):
        job()
    before = pages()
    for _ in range(100_000):
        job()
    grown = (pages() - before) * os.sysconf("SC_PAGE_SIZE")
    assert grown < 2**20, "10 bytes a fit"
