"""Faults around the process: caches that many share, that nobody may write or that are broken; forks, threads, full disks."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastgd

PACKAGE = Path(fastgd.__file__).parent
ROOT = Path(__file__).parent.parent
HOURS = str(ROOT / "data" / "hours_scores.csv")
ENV = {name: value for name, value in os.environ.items() if name not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")}
ENV |= {"PYTHONPATH": str(PACKAGE.parent), "FASTGD_JIT": "1"}  # to compile, whatever the wheel brings
LESSON = """
import fastgd
points = [(1.0, 2.5), (2.0, 4.0), (3.0, 5.0), (5.0, 8.5)]
b, m = fastgd.gradient_descent(points, 0.0, 0.0, 0.01, 100)
print(b.hex(), m.hex(), fastgd.compute_error(b, m, points).hex())
"""
"""Two kernels of their own file, which are compiled in a second or two; how numba keeps them is the same for all."""
RNG = np.random.default_rng(4)
X = RNG.normal(size=(30_000, 3))
Y = X @ [1.0, 2.0, -1.0] + RNG.normal(size=len(X))


def told(code: str) -> str:
    """What it prints in this process."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(code, {})
    return printed.getvalue()


def start(code: str, **options: Any) -> subprocess.Popen[str]:
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": ENV, **options}
    return subprocess.Popen([sys.executable, "-c", code], **streams)


def run(code: str, **options: Any) -> tuple[str, str, int]:
    with start(code, **options) as child:
        return *child.communicate(timeout=600), child.returncode


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


# the kernels' cache


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache that eight processes made who began at once with an empty one."""
    folder = tmp_path_factory.mktemp("cache")
    children = [start(LESSON, env={**ENV, "NUMBA_CACHE_DIR": str(folder)}) for _ in range(8)]
    outcomes = {(*child.communicate(timeout=600), child.returncode) for child in children}
    assert outcomes == {(told(LESSON), "", 0)}
    return folder


def test_eight_processes_on_one_empty_cache(cache: Path) -> None:
    left = files(cache)
    assert left and not [name for name in left if ".tmp" in name]
    assert run(LESSON, env={**ENV, "NUMBA_CACHE_DIR": str(cache)}) == (told(LESSON), "", 0)
    assert files(cache) == left, "a ninth compiles nothing"


@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
def test_a_cache_that_was_cut_off_is_made_anew(cache: Path, suffix: str, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    shutil.copytree(cache, folder)
    for i, path in enumerate(sorted(folder.rglob(f"*{suffix}"))):
        path.write_bytes(path.read_bytes()[: (0, 1, path.stat().st_size // 2, path.stat().st_size - 1)[i % 4]])
    cut = files(folder)
    outcome = run(LESSON, env={**ENV, "NUMBA_CACHE_DIR": str(folder)})
    assert outcome == (told(LESSON), "", 0)
    mended = files(folder)
    assert any(len(mended[name]) > len(content) for name, content in cut.items() if name.endswith(suffix))
    assert run(LESSON, env={**ENV, "NUMBA_CACHE_DIR": str(folder)}) == (told(LESSON), "", 0)
    assert files(folder) == mended, "nothing is left to be mended"


def test_a_full_disk_under_the_cache(tmp_path: Path) -> None:
    pytest.importorskip("resource", reason="needs POSIX")
    full = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
    assert run(full + LESSON, env={**ENV, "NUMBA_CACHE_DIR": str(tmp_path)}) == (told(LESSON), "", 0)
    assert not any(files(tmp_path).values())


def test_an_installation_and_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    """Even for root, who may write everywhere: in the place of each folder that would be made stands a file."""
    site, home = tmp_path / "site", tmp_path / "home"
    shutil.copytree(PACKAGE, site / "fastgd", ignore=shutil.ignore_patterns("__pycache__"))
    for folder in [site / "fastgd", *(path for path in (site / "fastgd").rglob("*") if path.is_dir())]:
        (folder / "__pycache__").write_bytes(b"")
    home.write_bytes(b"")
    before = files(tmp_path)
    env = {**ENV, "PYTHONPATH": str(site), "HOME": str(home), "USERPROFILE": str(home), "TMPDIR": str(home)}
    every = "from fastgd.kernels import _compile\nassert _compile.every_kernel()\nprint(_compile.__file__)"
    outcome = run(every + LESSON, env=env, cwd=tmp_path)
    assert outcome == (f"{site / 'fastgd' / 'kernels' / '_compile.py'}\n{told(LESSON)}", "", 0)
    assert files(tmp_path) == before


# forks and threads

ROADS = """
import os, threading, warnings
import numpy as np
import fastgd
rng = np.random.default_rng(1)
X = rng.normal(size=(30_000, 40))
y = X @ np.arange(40.0) + rng.normal(size=30_000)
ROADS = {
    "small": lambda: fastgd.fit(X[:50, 0], y[:50]).coef,
    "threads": lambda: fastgd.fit(X[:, :3], y, n_jobs=2).coef,
    "wide": lambda: fastgd.fit(X, y).coef,
    "iterate": lambda: fastgd.fit(X[:, :5], y, learning_rate=0.01, max_iter=99).coef,
    "path": lambda: fastgd.fit(X[:, :2], y, standardize=True).path().coef,
    "lesson": lambda: np.array(fastgd.gradient_descent(X[:50, :2], 0.0, 0.0, 0.01, 50)),
    "moments": lambda: (fastgd.Moments.from_arrays(X[:9, :2], y[:9]) + fastgd.Moments.from_arrays(X[9:, :2], y[9:])).mean,
    "file": lambda: fastgd.fit(FILE).coef,
}
def bits():
    return {name: road().tobytes() for name, road in ROADS.items()}
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_after_fits_fits_as_well() -> None:
    """After kernels were compiled, and threads of ours, of BLAS and of Arrow were used; by itself and in a pool."""
    code = f"FILE = {HOURS!r}\n{ROADS}" + """
import multiprocessing
def child(number):
    return bits()
before = bits()
warnings.simplefilter("ignore", DeprecationWarning)  # Python's, of forks beside threads
if (pid := os.fork()) == 0:
    os._exit(0 if bits() == before else 3)
assert os.waitpid(pid, 0)[1] == 0
with multiprocessing.get_context("fork").Pool(2) as pool:
    assert pool.map(child, range(4)) == [before] * 4
assert bits() == before
print("well")
"""
    assert run(code) == ("well\n", "", 0)


def test_eight_threads_begin_at_once() -> None:
    """In a process that has loaded nothing yet: each a road of its own first, then all the others."""
    code = f"FILE = {HOURS!r}\n{ROADS}" + """
found, barrier, names = [None] * 8, threading.Barrier(8), list(ROADS)
def work(number):
    barrier.wait()
    found[number] = {name: ROADS[name]().tobytes() for name in names[number:] + names[:number]}
threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
alone = bits()
print([one == alone for one in found])
"""
    assert run(code) == (f"{[True] * 8}\n", "", 0)


# full disks


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    """No file can grow beyond so many bytes."""
    resource = pytest.importorskip("resource", reason="needs POSIX")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def lesson() -> fastgd.FitResult:
    return fastgd.fit(HOURS, "score", standardize=True, max_iter=1)


WRITERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "model.json": ("the fit", lambda path: lesson().save(path)),
    "page.html": ("the page", lambda path: lesson().explore(path, HOURS, "score")),
    "film.gif": ("the animation", lambda path: lesson().animate(path)),
}


@pytest.mark.parametrize("room", [0, 100])
@pytest.mark.parametrize("name", WRITERS)
def test_the_old_file_survives_a_full_disk(name: str, room: int, tmp_path: Path) -> None:
    pytest.importorskip({"page.html": "bokeh", "film.gif": "PIL"}.get(name, "numpy"))
    pytest.importorskip("matplotlib" if name == "film.gif" else "numpy")
    what, write = WRITERS[name]
    path = tmp_path / name
    path.write_text("old", encoding="utf-8")
    with full_disk(room), pytest.raises(fastgd.DataError, match=f"^{what} cannot be written to .*{name}: File too large$"):
        write(str(path))
    assert files(tmp_path) == {name: b"old"}


@pytest.mark.parametrize(
    ("name", "what", "arguments"),
    [
        ("model.json", "the fit", ["fit", HOURS, "--save"]),
        ("page.png", "the pictures", ["fit", HOURS, "--plot"]),
        ("page.html", "the page", ["explore", HOURS, "-o"]),
        ("out.csv", "the predictions", ["predict", "MODEL", HOURS, "-o"]),
    ],
)
def test_the_old_file_survives_a_full_disk_under_a_command(name: str, what: str, arguments: list[str], tmp_path: Path) -> None:
    testing = pytest.importorskip("typer.testing", reason="needs typer")
    from fastgd.cli import app

    pytest.importorskip({"page.html": "bokeh", "page.png": "matplotlib"}.get(name, "numpy"))
    model, path = tmp_path / "fit.json", tmp_path / name
    lesson().save(model)
    kept = model.read_bytes()
    path.write_text("old", encoding="utf-8")
    with full_disk(100):
        done = testing.CliRunner().invoke(app, [str(model) if word == "MODEL" else word for word in arguments] + [str(path)])
    assert done.exit_code == 1
    assert done.stderr == f"fastgd: {what} cannot be written to {path}: File too large\n"
    assert files(tmp_path) == {name: b"old", "fit.json": kept}


def test_what_is_asked_for_is_written_and_nothing_else(tmp_path: Path) -> None:
    for package in ("matplotlib", "PIL", "bokeh", "typer", "pyarrow"):
        pytest.importorskip(package, reason=f"needs {package}")
    folders = {name: tmp_path / name for name in ("cwd", "home", "tmp", "caches")}
    for folder in folders.values():
        folder.mkdir()
    env = {**ENV, "HOME": str(folders["home"]), "TMPDIR": str(folders["tmp"])}
    import matplotlib

    env |= {"MPLCONFIGDIR": matplotlib.get_configdir(), "XDG_CACHE_HOME": str(folders["caches"]), "PYTHONDONTWRITEBYTECODE": "1"}
    del env["FASTGD_JIT"]
    code = f"""
import fastgd, sys
from fastgd.__main__ import main
result = fastgd.fit({HOURS!r}, "score")
result.save("a.json"); result.explore("a.html"); result.animate("a.gif"); result.plot()
fastgd.load("a.json").predict({HOURS!r})
fastgd.Moments.from_bytes(result.moments.to_bytes())
for words in (
    ["fit", {HOURS!r}, "--save", "b.json", "--plot", "b.png"],
    ["explore", {HOURS!r}, "-o", "b.html"],
    ["predict", "a.json", {HOURS!r}, "-o", "b.csv"],
):
    sys.argv = ["fastgd", *words]
    try:
        main()
    except SystemExit as done:
        assert not done.code
"""
    _, errors, status = run(code, cwd=folders["cwd"], env=env)
    assert (errors, status) == ("", 0)
    assert list(files(folders["cwd"])) == ["a.gif", "a.html", "a.json", "b.csv", "b.html", "b.json", "b.png"]
    assert files(folders["home"]) == files(folders["tmp"]) == {}


# files that end too early


def test_a_compressed_file_cut_anywhere_is_refused_and_never_fitted(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    whole = gzip.compress(b"x,y\n" + b"".join(b"%d,%d\n" % (i, 3 * i + i % 5) for i in range(2000)), mtime=0)
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(whole)
    assert fastgd.fit(path).moments.n_samples == 2000
    for kept in (0, 1, 5, 10, 11, *range(100, len(whole), 997), len(whole) - 9, len(whole) - 8, len(whole) - 1):
        path.write_bytes(whole[:kept])
        with pytest.raises(fastgd.DataError, match=r"rows\.csv\.gz (cannot be read: |is empty)"):
            fastgd.fit(path)


@pytest.mark.parametrize("compression", ["none", "snappy", "zstd"])
def test_a_parquet_file_cut_anywhere_is_refused(compression: str, tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "rows.parquet"
    parquet.write_table(pa.table({"x": X[:3000, 0], "y": Y[:3000]}), path, compression=compression, row_group_size=1000)
    whole = path.read_bytes()
    for kept in (1, 4, 8, *range(100, len(whole), 3001), len(whole) - 8, len(whole) - 1):
        path.write_bytes(whole[:kept])
        with pytest.raises(fastgd.DataError, match=r"rows\.parquet is not a whole Parquet file: "):
            fastgd.fit(path)


def test_a_parquet_file_with_bytes_changed_is_refused_or_read(tmp_path: Path) -> None:
    """No other error than ours, no warning, no memory for what the file says it holds: changes in the footer, mostly."""
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path, random = tmp_path / "rows.parquet", np.random.default_rng(2)
    parquet.write_table(pa.table({"x": X[:300, 0], "y": Y[:300], "town": ["a", "b", "c"] * 100}), path)
    whole, refused = path.read_bytes(), 0
    for _ in range(600):
        changed = bytearray(whole)
        for place in random.integers(1, 900, random.integers(1, 6)):
            changed[-place % len(whole)] = random.integers(256)
        path.write_bytes(changed)
        try:
            fastgd.fit(path, "y", features=["x"])
        except fastgd.DataError:
            refused += 1
    assert refused > 300
