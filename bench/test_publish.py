"""When a run is published, when it fails by that, and what of a run is smoke."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import cold
import nist
import pages
import publish
import pytest
import smoke
from figures import Results
from invented import invented
from jobs import JOBS

ROOT = Path(__file__).parent.parent
TURNS = sum(job.turns * len(job.contenders) for job in JOBS.values())


def test_contenders_without_figures_are_named() -> None:
    results = invented()
    for benchmark in results["benchmarks"]:
        benchmark["extra_info"].pop("MiB", None)
    results["benchmarks"] = [b for b in results["benchmarks"] if b["params"]["contender"] != cold.WHEEL]
    with pytest.raises(
        pages.Missing, match="^no figures for many: .*; first fit: fastgd, of a wheel .*; 10.6 x 10: .*; 10.5 x 200: "
    ):
        publish.publish(results)


def test_a_run_of_every_job_loses_nothing_that_the_pages_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As they stand: a contender that the code has no more, or a promise, has to be taken out of the pages too."""
    copies = [tmp_path / str(number) for number in range(len(pages.pages()))]
    for copy, page in zip(copies, pages.pages(), strict=True):
        copy.write_bytes(page.read_bytes())
    monkeypatch.setattr(pages, "pages", lambda: copies)
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    monkeypatch.setattr(nist, "FOLDER", tmp_path / "nowhere")  # its table is of figures that are not a run's
    (tmp_path / "bench").mkdir()
    assert publish.publish(invented()).startswith("the pages and their picture are written, headline left as it is")
    assert "2025-01-01, commit abcdef0" in copies[0].read_text()
    assert (tmp_path / publish.PICTURE).exists()


def test_sections_that_cannot_be_made_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text("".join(f"<!-- bench:{name} -->\nold {name}\n<!-- /bench:{name} -->\n" for name in publish.SECTIONS))
    monkeypatch.setattr(pages, "pages", lambda: [page])
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    monkeypatch.setattr(nist, "FOLDER", tmp_path / "nowhere")
    (tmp_path / "bench").mkdir()
    done = publish.publish(invented())
    assert done.endswith(f"written, headline left as it is: {nist.ABSENT}, digits left as it is: {nist.ABSENT}")
    assert [line for line in page.read_text().splitlines() if line.startswith("old")] == ["old headline", "old digits"]


def test_a_part_of_a_run_or_a_failed_one_is_not_published(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "publish", pytest.fail)
    done = publish.conclude(invented(), TURNS - 1, True), publish.conclude(invented(), TURNS, False)
    assert done == (
        publish.Done("the pages are left alone: this was a part of the jobs"),
        publish.Done("the pages are left alone: the run failed"),
    )


def test_what_would_get_lost_fails_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(results: Results) -> str:
        raise pages.Missing("page.md has what its new speed would not")

    monkeypatch.setattr(publish, "publish", lose)
    assert publish.conclude(invented(), TURNS, True) == publish.Done(
        "the pages are left alone: page.md has what its new speed would not", failed=True
    )
    monkeypatch.setattr(publish, "publish", lambda results: "written")
    assert publish.conclude(invented(), TURNS, True) == publish.Done("written")


def test_a_saved_run_can_be_published_again(tmp_path: Path) -> None:
    results = invented()
    results["benchmarks"] = [b for b in results["benchmarks"] if b["params"]["job"] != "line"]
    path = tmp_path / "run.json"
    path.write_text(json.dumps(results))
    command = [sys.executable, "-m", "bench", "publish", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("the pages are left alone: no figures for line: np.polyfit(x, y, 1); line: ")


def test_smoke_is_chosen_by_k() -> None:
    """By pytest itself, before which the marks have to be there."""
    chosen = ["-k", "smoke and test_contender", "--benchmark-enable"]
    command = [sys.executable, "-m", "pytest", "bench", *chosen, "--collect-only", "-qq"]
    alone = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}  # not a worker of this run
    done = subprocess.run(command, cwd=ROOT, env=alone, capture_output=True, text=True, check=True)
    [total] = re.findall(r"^bench/test_jobs.py: (\d+)$", done.stdout, re.MULTILINE)
    promised = [(job, c.name) for job in ("line", "iterations") for c in JOBS[job].contenders if smoke.is_smoke(job, c.name, 1)]
    names = ["np.linalg.lstsq([1, X], y), stacking counted", "fastgd.sklearn.GradientDescentRegressor().fit(X, y)"]
    names += ["fastgd.fit(x, y)", "fastgd.fit(points)"]
    assert promised == [("line", name) for name in names] + [("iterations", c.name) for c in JOBS["iterations"].contenders]
    assert smoke.is_smoke(cold.WARM, cold.SCIPY, 1) and not smoke.is_smoke(cold.WARM, cold.WHEEL, 1)
    assert not any(smoke.is_smoke("many", c.name, 1) for c in JOBS["many"].contenders)
    turns = [(key, c.name, turn) for key, job in JOBS.items() for c in job.contenders for turn in range(job.turns)]
    assert 30 < int(total) == sum(smoke.is_smoke(*each) for each in turns) < 100
