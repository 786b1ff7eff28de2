"""Ctrl-C in the middle of each operation: what was there stays as it was, nothing is left behind, and the next call works."""

from __future__ import annotations

import gc
import gzip
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from interrupting import interrupted, places, spread

import fastgd

PACKAGE = os.path.dirname(fastgd.__file__)
ENV = {**os.environ, "PYTHONPATH": os.path.dirname(PACKAGE)}
BLOCK = 4096
RNG = np.random.default_rng(8)
X = RNG.normal(2.0, 1.0, (3 * BLOCK, 2))
Y = X @ [1.0, -3.0] + RNG.normal(size=len(X))
W = RNG.uniform(0.5, 2.0, len(X))
LOST = np.where(np.arange(len(X)) % 10 == 3, np.nan, Y)
FEW = slice(0, 50)

UPDATES: dict[str, tuple[int, Callable[[fastgd.Moments], Any]]] = {
    "first rows": (0, lambda moments: moments.update(X[FEW], Y[FEW])),
    "more rows": (50, lambda moments: moments.update(X[50:90], Y[50:90])),
    "weights": (50, lambda moments: moments.update(X[50:90], Y[50:90], sample_weight=W[50:90])),
    "missing": (50, lambda moments: moments.update(X[50:90], LOST[50:90], missing="drop")),
    "past a block": (BLOCK - 5, lambda moments: moments.update(X[BLOCK - 5 : BLOCK + 9], Y[BLOCK - 5 : BLOCK + 9])),
    "many blocks": (50, lambda moments: moments.update(X[50:], Y[50:])),
    "stream": (50, lambda moments: moments.update(iter([(X[50:60], Y[50:60], W[50:60]), (X[60:90], Y[60:90], W[60:90])]))),
    "threads": (50, lambda moments: moments.update(X[50:], Y[50:], n_jobs=2)),
}


def start(code: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code], env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def begun(rows: int) -> fastgd.Moments:
    return fastgd.Moments.from_arrays(X[:rows], Y[:rows]) if rows else fastgd.Moments()


@pytest.mark.parametrize("kind", UPDATES)
def test_an_update_is_done_or_not_begun(kind: str) -> None:
    rows, update = UPDATES[kind]
    before = begun(rows).to_bytes()
    after = update(begun(rows)).to_bytes()
    fresh, outcomes = begun(rows), []
    count = places(PACKAGE, lambda: update(fresh))
    for at in spread(count, 400):
        moments = begun(rows)
        outcomes.append(interrupted(PACKAGE, lambda moments=moments: update(moments), at))
        found = moments.to_bytes()
        assert found in (before, after), f"place {at} of {count}"
        if found == before:
            assert update(moments).to_bytes() == after
    assert count > 50 and sum(outcomes) > 0.9 * len(outcomes)


def test_a_model_learns_all_of_a_batch_or_nothing() -> None:
    sklearn = pytest.importorskip("fastgd.sklearn", reason="needs scikit-learn")

    def first() -> Any:
        return sklearn.GradientDescentRegressor().partial_fit(X[FEW], Y[FEW])

    def state(model: Any) -> Any:
        return model.coef_.tobytes(), model.intercept_, model.n_iter_, model.result_.moments.n_samples, model._moments.n_samples

    before, after = state(first()), state(first().partial_fit(X[50:90], Y[50:90]))
    fresh = first()
    count = places(PACKAGE, lambda: fresh.partial_fit(X[50:90], Y[50:90]))
    for at in spread(count, 150):
        model = first()
        interrupted(PACKAGE, lambda model=model: model.partial_fit(X[50:90], Y[50:90]), at)
        assert state(model) in (before, after)


ANSWERS: dict[str, Callable[[fastgd.FitResult], Any]] = {
    "inference": lambda result: result.inference().standard_error.tolist(),
    "path": lambda result: result.path().coef.tolist(),
    "summary": lambda result: result.summary(),
    "explain": lambda result: result.explain(),
    "stability": lambda result: result.stability.summary(),
    "interval": lambda result: result.predict_interval(X[:3]).tolist(),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_an_answer_that_was_interrupted_comes_when_asked_again(kind: str) -> None:
    ask = ANSWERS[kind]

    def fitted() -> fastgd.FitResult:
        return fastgd.fit(X[FEW], Y[FEW], learning_rate=0.01, max_iter=30)

    wanted, fresh = ask(fitted()), fitted()
    count = places(PACKAGE, lambda: ask(fresh))
    for at in spread(count, 60):
        result = fitted()
        interrupted(PACKAGE, lambda result=result: ask(result), at)
        assert ask(result) == wanted
    assert count > 20


WRITERS: dict[str, tuple[int, str, Callable[[fastgd.FitResult, Path], Any]]] = {
    "save": (400, "model.json", lambda result, path: result.save(path)),
    "explore": (8, "page.html", lambda result, path: result.explore(path, X[FEW, 0], Y[FEW])),
    "animate": (4, "film.gif", lambda result, path: result.animate(path)),
}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of a file that nobody held yet
@pytest.mark.parametrize("kind", WRITERS)
def test_a_file_is_the_old_or_the_new_one(kind: str, tmp_path: Path) -> None:
    if kind == "explore":
        pytest.importorskip("bokeh", reason="needs bokeh")
    if kind == "animate":
        pytest.importorskip("PIL", reason="needs Pillow")
        pytest.importorskip("matplotlib", reason="needs matplotlib")
    most, name, write = WRITERS[kind]
    path = tmp_path / name
    result = fastgd.fit(X[FEW, 0], Y[FEW], max_iter=3, standardize=True)
    write(result, path)
    new = path.read_bytes()
    count = places(PACKAGE, lambda: write(result, path))
    for at in spread(count, most):
        path.write_bytes(b"old")
        interrupted(PACKAGE, lambda: write(result, path), at)
        assert list(tmp_path.iterdir()) == [path], f"place {at} of {count}"
        assert path.read_bytes() == b"old" or path.read_bytes()[-100:] == new[-100:]  # bokeh numbers what it draws anew
    assert count > 20


READS: dict[str, Callable[[Path, int], Any]] = {
    "csv": lambda path, n_jobs: fastgd.fit(path / "rows.csv", n_jobs=n_jobs),
    "parquet": lambda path, n_jobs: fastgd.fit(path / "rows.parquet", n_jobs=n_jobs),
    "in memory": lambda path, n_jobs: fastgd.fit(X, Y, n_jobs=n_jobs),
}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # as above
@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("kind", READS)
def test_a_read_leaves_no_thread_and_no_open_file(
    kind: str, n_jobs: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    np.savetxt(tmp_path / "rows.csv", np.column_stack([X, Y]), delimiter=",", header="a,b,y", comments="")
    parquet.write_table(pa.table({"a": X[:, 0], "b": X[:, 1], "y": Y}), tmp_path / "rows.parquet")
    read = READS[kind]
    wanted = read(tmp_path, n_jobs).coef.tobytes()
    threads, files = threading.enumerate(), len(os.listdir("/proc/self/fd"))
    count = places(PACKAGE, lambda: read(tmp_path, n_jobs))
    gc.freeze()  # what a whole session has loaded need not be looked through at every place
    request.addfinalizer(gc.unfreeze)
    for at in spread(count, 25):
        interrupted(PACKAGE, lambda: read(tmp_path, n_jobs), at)
        gc.collect()
        for thread in threading.enumerate():
            if thread not in threads:  # of a pool that Ctrl-C kept from waiting for it
                thread.join(60)
                assert not thread.is_alive(), f"place {at} of {count}"
        assert len(os.listdir("/proc/self/fd")) == files, f"place {at} of {count}"
    assert read(tmp_path, n_jobs).coef.tobytes() == wanted


LONG: dict[str, str] = {
    "fit, one feature": "fastgd.fit(x, x[::-1], n_jobs=2)",
    "fit, many features": "fastgd.fit(wide, wide[:, 0])",
    "path": "fastgd.fit(wide[:200], wide[:200, 0]).path(at=range(10**5))",
}


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.parametrize("kind", LONG)
def test_a_signal_in_a_long_operation_is_heard(kind: str) -> None:
    """A real one, at whatever moment it comes: the process has said that it begins, and goes on and on otherwise."""
    code = f"""
import numpy as np, fastgd
x = np.arange(10.0**6)
wide = np.random.default_rng(0).normal(size=(10**4, 60))
run = lambda: {LONG[kind]}
run()
before = fastgd.fit([1, 2, 3], [2, 4, 5]).coef.tolist()
try:
    print("begun", flush=True)
    while True:
        run()
except KeyboardInterrupt:
    print(fastgd.fit([1, 2, 3], [2, 4, 5]).coef.tolist() == before)
"""
    with start(code) as child:
        assert child.stdout is not None and child.stdout.readline() == "begun\n"
        child.send_signal(signal.SIGINT)
        assert child.communicate(timeout=120) == ("True\n", "")
        assert child.returncode == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("name", ["rows.csv", "rows.csv.gz"])
def test_a_signal_is_heard_while_a_pipe_gives_nothing(name: str, tmp_path: Path) -> None:
    """The writer keeps the pipe open and writes no more."""
    pipe, done = tmp_path / name, "print(rows, flush=True)"
    os.mkfifo(pipe)
    code = f"import fastgd\nfastgd.fit({str(pipe)!r}, progress=lambda rows, share: {done})"
    with start(code) as child:
        with open(pipe, "wb") as rows:
            text = b"x,y\n" + b"1,2\n2,3.5\n" * 2**18
            rows.write(gzip.compress(text) if name.endswith("gz") else text)
            rows.flush()
            assert child.stdout is not None and int(child.stdout.readline()) > 0
            child.send_signal(signal.SIGINT)
            assert child.communicate(timeout=120)[1].rstrip().endswith("KeyboardInterrupt")
