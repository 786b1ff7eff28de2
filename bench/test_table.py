"""The sections of the pages and the picture, from invented figures."""

from __future__ import annotations

from pathlib import Path

import cold
import curves
import headline
import nist
import publish
import pytest
import series
import table
from contenders import FASTGD, FIT, LSTSQ
from figures import Figures, collect
from invented import invented
from jobs import CLAIMS, JOBS
from matplotlib.image import imread

DIGITS: nist.Measured = {
    "Norris": dict.fromkeys(nist.SOLVERS, 12.0) | {nist.FASTGD: 16.0, "np.polyfit": None},
    "Filip": dict.fromkeys(nist.SOLVERS, 0.0) | {nist.FASTGD: 13.39},
}


def test_promises_mark_what_is_missed() -> None:
    text = publish.front(invented())
    assert text.startswith("2025-01-01, commit abcdef0, abacus (2 cores), Python 3.x.\n\n| promise | target | measured |\n")
    assert "| ≤ 0.6 | **1: missed** |" in text and "| ≤ 1.5 | 1 |" in text
    assert "| first fit with an empty numba cache, seconds | ≤ 5 | 0.5 |" in text
    assert f"]({publish.PICTURE})\n" in text
    assert len(CLAIMS) == text.count("≤") + text.count("≥")


def test_tables_have_each_contender_and_their_worst() -> None:
    text = publish.jobs(invented())
    assert "2025-01-01, commit abcdef0, abacus (2 cores), Python 3.x, numpy 2.x.\n" in text
    assert "| fastgd.fit(x, y) | 1 s | 1 | 12 | 4 | 1 MiB |" in text
    with_table = [job for key, job in JOBS.items() if job.tabled and key not in cold.JOBS]
    assert all(f"**{job.title}**" in text and f"\n| {c.name} |" in text for job in with_table for c in job.contenders)
    assert text.count("| relative |") == len(with_table)
    assert all(name in text and f"({why})" in text for job in with_table for name, why in job.left_out.items())
    assert text.count("at least ten times linregress's time") == 1, "those left out for one reason stand together"
    assert "| features | 1 | 2 | 5 | 10 |" in text and "| scikit-learn | 1 s | 1 s |" in text


def test_no_digits_are_no_figure_and_none_right_are_zero() -> None:
    results = invented()
    for benchmark in results["benchmarks"]:
        name = benchmark["params"]["contender"]
        if name.startswith("np.polyfit") or "sum()" in name:
            benchmark["extra_info"]["digits"] = 0 if "polyfit" in name else None
    text = publish.jobs(results)
    assert "| np.polyfit(x, y, 1) | 1 s | 1 | 0 | 4 |" in text
    assert "| X.sum(), y.sum(): reading once | 1 s | 1 |  | 4 |" in text


def test_cold_start_has_a_row_for_each_library() -> None:
    results = invented()
    for benchmark in results["benchmarks"]:
        if benchmark["params"]["job"] == cold.IMPORT and benchmark["params"]["contender"] == cold.OURS:
            benchmark["extra_info"]["digits"] = None  # nothing is solved there
    lines = publish.SECTIONS["cold"](results).splitlines()
    assert "start of Python itself, 500 ms, is subtracted" in lines[0]
    assert lines[2] == "| | import | first fit | first fit, empty cache | digits |"
    assert [line.split(" | ")[0][2:] for line in lines[4:]] == list(cold.LIBRARIES)
    assert "| NumPy | 500 ms | 500 ms |  | 12 |" in lines
    assert "| skglm | 500 ms |  | 500 ms | 12 |" in lines
    assert "| fastgd | 500 ms | 500 ms | 500 ms | 12 |" in lines


def test_the_headline_has_the_best_in_bold_whoever_is() -> None:
    results = invented()
    for benchmark in results["benchmarks"]:
        key = benchmark["params"]["job"], benchmark["params"]["contender"]
        benchmark["stats"]["min"] = 2.0 if key in ((cold.WARM, cold.OURS), ("line", LSTSQ.name)) else 3.0
        if key == ("many", FIT.name) and "MiB" in benchmark["extra_info"]:
            benchmark["extra_info"]["MiB"] = 0.2
    lines = headline.render(collect(results), DIGITS).splitlines()
    assert len(lines) == 10 and {line.count("|") for line in lines} == {6}
    peers = "3 s · 12 | SciPy `linregress` 3 s · 12 |"
    assert f"| least squares line, 100 points | 3 s · 12 | **2 s · 12** | {peers}" in lines
    assert "| memory for that, beyond the data | **0 MiB** | 1 MiB | 1 MiB | SciPy `linregress` 1 MiB |" in lines
    by_qr = "statsmodels (QR) 0.0 digits"
    assert f"| worst of NIST's eleven data sets | **13.3 digits** | 0.0 digits | 0.0 digits | {by_qr} |" in lines


def test_curves_of_iterations_end_where_a_contender_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, loop = FASTGD, FASTGD._replace(name="loop", curve="loop")
    steps = {1: [ours, loop], 1000: [ours, loop], 10**15: [ours]}
    made = {str(k): JOBS["line"]._replace(contenders=these, drawn="iterations", iterations=k) for k, these in steps.items()}
    monkeypatch.setattr(series, "JOBS", made)
    figures: Figures = {(key, c.name): {"seconds": 1e-3 * float(key)} for key, job in made.items() for c in job.contenders}
    assert series.curves_of("iterations", figures) == {
        "fastgd": {1: 1e-3, 1000: 1.0, 10**15: pytest.approx(1e12)},
        "loop": {1: 1e-3, 1000: 1.0},
    }
    text = table.tables(figures, ())
    assert "**Time against iterations, 100 points**\n\n| iterations | 1 | 1,000 | 10^15 |\n" in text
    assert "| loop | 1 ms | 1 s |  |" in text
    curves.draw(figures, tmp_path / "speed.png")
    assert imread(tmp_path / "speed.png").shape[1] >= 800


def test_the_picture_has_each_point(tmp_path: Path) -> None:
    results = invented()
    for benchmark in results["benchmarks"]:
        job = JOBS[benchmark["params"]["job"]]
        benchmark["stats"]["min"] = 1e-6 * job.rows * job.features**2 * (job.iterations or 1)
    figures = collect(results)
    rows, features = series.curves_of("rows", figures), series.curves_of("features", figures)
    assert rows["fastgd"] == pytest.approx({10**k: 10**k * 1e-6 for k in range(2, 9)})
    assert features["scikit-learn"] == pytest.approx({p: 4.0 * p for p in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)})

    picture = tmp_path / "speed.png"
    curves.draw(figures, picture)
    assert imread(picture).shape[1] >= 800
    assert picture.stat().st_size < 90_000
