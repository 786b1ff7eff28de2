"""The README's section of speed and its picture, from invented figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import curves
import pytest
import table
from jobs import CLAIMS, JOBS
from matplotlib.image import imread


def invented() -> dict[str, Any]:
    benchmarks = [
        {
            "params": {"job": key, "turn": turn, "contender": c.name},
            "stats": {"min": turn + (0.5 if c.name == job.less else 1.0), "rounds": 2},
            "extra_info": {"digits": 12 + turn, "rows": 5} | ({"MiB": 1.0} if job.memory and turn == 0 else {}),
        }
        for key, job in JOBS.items()
        for turn in range(2)
        for c in job.contenders
    ]
    return {
        "benchmarks": benchmarks,
        "machine_info": {"python_version": "3.x", "cpu": {"count": 2, "brand_raw": "abacus"}, "versions": {"numpy": "2.x"}},
        "commit_info": {"id": "abcdef012", "dirty": False},
        "datetime": "2025-01-01T00:00:00",
    }


def test_table_goes_between_the_markers_and_marks_what_is_missed(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("above\n<!-- bench:speed -->\nold\n<!-- /bench:speed -->\nbelow\n")
    table.write(readme, {"speed": table.render(invented())})
    text = readme.read_text()
    assert text.startswith("above\n<!-- bench:speed -->\n2025-01-01, commit abcdef0, ")
    assert text.endswith("<!-- /bench:speed -->\nbelow\n")
    assert "| ≤ 0.6 | **1: missed** |" in text and "| ≤ 1.5 | 1 |" in text
    assert "| fastgd.fit(x, y) | 1 s | 1 | 12 | 4 | 1 MiB |" in text
    assert all(f"\n| {c.name} |" in text for job in JOBS.values() for c in job.contenders)
    assert f"]({table.PICTURE})\n" in text
    assert not any(job.title in text for job in JOBS.values() if not job.tabled)
    assert len(CLAIMS) == text.count("≤") + text.count("≥")


def test_contenders_without_figures_are_named() -> None:
    results = invented()
    for benchmark in results["benchmarks"]:
        benchmark["extra_info"].pop("MiB", None)
    results["benchmarks"] = [b for b in results["benchmarks"] if b["params"]["contender"] != "first fastgd.fit"]
    with pytest.raises(table.Missing, match="^no figures for many: .*; fresh: first fastgd.fit; 10.6 x 10: .*; 10.5 x 200: .*"):
        table.render(results)


def test_a_readme_without_markers_is_refused(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    text = "<!-- bench:speed -->\n<!-- /bench:speed -->\n<!-- /bench:digits -->\n<!-- bench:digits -->"
    readme.write_text(text)
    with pytest.raises(table.Missing, match="README.md lacks <!-- bench:digits --> or, after it, <!-- /bench:digits -->"):
        table.write(readme, {"speed": "figures", "digits": "figures"})
    assert readme.read_text() == text


def test_the_picture_has_each_point(tmp_path: Path) -> None:
    results = invented()
    for benchmark in results["benchmarks"]:
        job = JOBS[benchmark["params"]["job"]]
        benchmark["stats"]["min"] = 1e-6 * job.rows * job.features**2
    figures = table.collect(results)
    assert curves.curve("rows", "fastgd", figures)[0] == [100, 1000, 10_000, 100_000, 1_000_000]
    assert curves.curve("rows", "fastgd", figures)[1] == pytest.approx([0.0025, 0.025, 0.25, 2.5, 25])
    assert curves.curve("features", "scikit-learn", figures)[0] == [1, 2, 5, 10, 20, 50, 100, 200]
    assert curves.curve("features", "scikit-learn", figures)[1] == pytest.approx([1, 2, 5, 10, 20, 50, 100, 200])

    picture = tmp_path / "speed.png"
    curves.draw(figures, picture)
    assert imread(picture).shape[1] >= 800
    assert picture.stat().st_size < 60_000
