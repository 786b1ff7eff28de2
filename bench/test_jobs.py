"""Each contender of each job: its answer is checked, then it is timed; all contenders of all jobs take turns."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import table
from contenders import CLAIMS, JOBS, fresh

SMOKE_ROWS = 100_000


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "turn" in metafunc.fixturenames:
        most = 99 if metafunc.config.getoption("benchmark_enable") else 1
        cases = [(turn, key, c.name) for key, job in JOBS.items() for c in job.contenders for turn in range(min(job.turns, most))]
        metafunc.parametrize(("turn", "job", "contender"), sorted(cases, key=lambda case: case[0]))


@pytest.mark.benchmark(min_time=1e-4, max_time=0.1, min_rounds=3, disable_gc=True)
@pytest.mark.filterwarnings("ignore:Benchmark fixture was not used")  # its answer is wrong: one failure says enough
def test_contender(benchmark: Any, turn: int, job: str, contender: str) -> None:
    plan, chosen = JOBS[job], JOBS[job].contender(contender)
    rows = plan.rows if benchmark.enabled else min(plan.rows, SMOKE_ROWS)
    data = plan.data(rows)
    arguments = chosen.given(data)

    exact = list(chosen.exact(data))
    right = digits(chosen.read(chosen.function(*arguments)), exact)
    assert right >= plan.digits or not exact
    benchmark.extra_info.update(digits=right, rows=rows)
    if plan.memory and turn == 0:
        script = Path(__file__).with_name("memory.py")
        [benchmark.extra_info["MiB"]] = fresh(str(script), job, contender, str(rows))

    if plan.rounds is None:
        benchmark(chosen.function, *arguments)
    else:
        benchmark.pedantic(chosen.function, arguments, rounds=plan.rounds)


def digits(values: Iterable[Any], exact: Iterable[Fraction]) -> int:
    """Right significant digits of the worst value; 16 is all that float64 has, and 0 stands for no values."""
    worst = max((abs(Fraction(float(v)) / e - 1) for v, e in zip(values, exact, strict=True)), default=1)
    return 16 if worst < Fraction(1, 10**16) else math.floor(-math.log10(worst))


def test_digits() -> None:
    assert digits([1.0, 2.001], [Fraction(1), Fraction(2)]) == 3
    assert digits([0.5], [Fraction(1, 2)]) == 16
    assert digits([], []) == 0


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
    readme.write_text(f"above\n{table.BEGIN}\nold\n{table.END}\nbelow\n")
    table.write(readme, table.render(invented()))
    text = readme.read_text()
    assert text.startswith(f"above\n{table.BEGIN}\n2025-01-01, commit abcdef0, ") and text.endswith(f"{table.END}\nbelow\n")
    assert "| ≤ 0.6 | **1: missed** |" in text and "| ≤ 1.5 | 1 |" in text
    assert "| fastgd.fit(x, y) | 1 s | 1 | 12 | 4 | 1 MiB |" in text
    assert all(f"\n| {c.name} |" in text for job in JOBS.values() for c in job.contenders)
    assert len(CLAIMS) == text.count("≤") + text.count("≥")


def test_contenders_without_figures_are_named() -> None:
    results = invented()
    for benchmark in results["benchmarks"]:
        benchmark["extra_info"].pop("MiB", None)
    results["benchmarks"] = [b for b in results["benchmarks"] if b["params"]["contender"] != "first fastgd.fit"]
    with pytest.raises(table.Missing, match="^no figures for many: .*; many: fastgd.fit.*; fresh: first fastgd.fit$"):
        table.render(results)


def test_a_readme_without_markers_is_refused(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(table.END + table.BEGIN)
    with pytest.raises(table.Missing, match="README.md lacks"):
        table.write(readme, "figures")
    assert readme.read_text() == table.END + table.BEGIN
