"""Two made runs side by side, through the command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import compare
import pytest
from figures import Results, collect, processor

Made = dict[tuple[str, str], float]
BEFORE: Made = {
    ("line", "fastgd.fit"): 100e-6,
    ("line", "numpy"): 200e-6,
    ("many", "fastgd.fit"): 1.0,
    ("many", "scipy"): 2.0,
}


def run_of(seconds: Made, brand: str = "abacus") -> Results:
    """Each in two turns, of which the first is the slower one."""
    benchmarks = [
        {
            "params": {"turn": turn, "job": job, "contender": contender},
            "stats": {"min": time * (2 - turn), "rounds": 3},
            "extra_info": {"digits": 16},
        }
        for turn in range(2)
        for (job, contender), time in seconds.items()
    ]
    return {
        "benchmarks": [*benchmarks, {"params": None, "stats": {"min": 1.0}, "extra_info": {}}],
        "machine_info": {"python_version": "3.x", "machine": "x", "cpu": {"count": 2, "brand_raw": brand}, "versions": {}},
        "commit_info": {"id": "abcdef012", "dirty": False},
        "datetime": "2025-01-01T00:00:00",
    }


def compared(tmp_path: Path, old: Any, new: Any) -> subprocess.CompletedProcess[str]:
    """By `python -m bench compare`, in a process of its own."""
    paths = [tmp_path / "old.json", tmp_path / "new.json"]
    for path, content in zip(paths, (old, new), strict=True):
        if content is not None:
            path.write_text(content if isinstance(content, str) else json.dumps(content))
    command = [sys.executable, "-m", "bench", "compare", *map(str, paths)]
    return subprocess.run(command, cwd=Path(__file__).parent.parent, capture_output=True, text=True)


def test_equal_runs(tmp_path: Path) -> None:
    done = compared(tmp_path, run_of(BEFORE), run_of(BEFORE))
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["job", "contender", "old", "new", "ratio"]
    assert lines[1].split() == ["line", "fastgd.fit", "100", "µs", "100", "µs", "1.00"]
    assert lines[-1] == "slower by more than 15% and 20 µs: 0 of 4"


def test_what_is_slower_and_what_is_faster(tmp_path: Path) -> None:
    after = BEFORE | {("line", "fastgd.fit"): 125e-6, ("many", "scipy"): 1.0}
    done = compared(tmp_path, run_of(BEFORE), run_of(after))
    assert (done.returncode, done.stderr) == (1, "")
    lines = done.stdout.splitlines()
    assert lines[1].split() == ["line", "fastgd.fit", "100", "µs", "125", "µs", "1.25", "slower"]
    assert lines[4].split() == ["many", "scipy", "2", "s", "1", "s", "0.50", "faster"]
    assert lines[-3:-1] == [
        "fastgd: 1.12 of the old time in the median of 2",
        "the others: 0.75 of the old time in the median of 2",
    ]
    assert lines[-1] == "slower by more than 15% and 20 µs: 1 of 4"


def test_a_slower_peer_is_no_failure(tmp_path: Path) -> None:
    done = compared(tmp_path, run_of(BEFORE), run_of(BEFORE | {("many", "scipy"): 3.0}))
    assert done.returncode == 0 and "slower by more than 15% and 20 µs: 1 of 4" in done.stdout


@pytest.mark.parametrize(
    ("old", "new", "slower"),
    [
        (100e-6, 119e-6, False),  # 19 %, 19 µs
        (100e-6, 121e-6, True),
        (10.0, 11.4, False),  # 1.4 s, 14 %
        (10.0, 11.6, True),
        (1e-6, 15e-6, False),  # fifteen times, 14 µs
        (2.0, 1.0, False),
    ],
)
def test_slower_is_by_a_share_and_by_microseconds(old: float, new: float, slower: bool) -> None:
    assert compare.is_slower(old, new) == slower
    key = "line", "fastgd.fit"
    assert compare.report(collect(run_of({key: old})), collect(run_of({key: new})))[1] == [key] * slower


def test_what_vanished_or_is_new_is_named(tmp_path: Path) -> None:
    after = {("line", "fastgd.fit"): 100e-6, ("line", "torch"): 1.0, ("wide", "fastgd.fit"): 1.0}
    done = compared(tmp_path, run_of(BEFORE), run_of(after))
    assert done.returncode == 0
    named = [line for line in done.stdout.splitlines() if line.startswith(("vanished", "new"))]
    assert named == ["vanished: line: numpy", "vanished: all of many", "new: line: torch", "new: all of wide"]


def test_runs_without_a_common_contender(tmp_path: Path) -> None:
    done = compared(tmp_path, run_of(BEFORE), run_of({("wide", "fastgd.fit"): 1.0}))
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "slower by more than 15% and 20 µs: 0 of 0"


def test_another_processor_is_warned_of(tmp_path: Path) -> None:
    done = compared(tmp_path, run_of(BEFORE), run_of(BEFORE, brand="quipu"))
    assert done.returncode == 0
    assert done.stderr == (
        f"warning: {tmp_path / 'old.json'} is of abacus (2 cores), {tmp_path / 'new.json'} of quipu (2 cores): "
        "times of different processors do not compare\n"
    )


def test_a_processor_without_a_name() -> None:
    results = run_of(BEFORE)
    del results["machine_info"]["cpu"]["brand_raw"]
    assert processor(results) == "x (2 cores)"


@pytest.mark.parametrize("content", ["# README", "[]", "{}", "null", '{"benchmarks": [{"params": {"contender": 1}}]}'])
def test_a_file_that_is_no_run_is_refused(tmp_path: Path, content: str) -> None:
    done = compared(tmp_path, run_of(BEFORE), content)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"{tmp_path / 'new.json'} is no JSON that `pytest bench` saved; those are in .benchmarks\n"


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    done = compared(tmp_path, None, run_of(BEFORE))
    assert (done.returncode, done.stderr) == (2, f"{tmp_path / 'old.json'}: No such file or directory\n")
