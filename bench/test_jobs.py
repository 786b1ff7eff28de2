"""Each contender of each job: its answer is checked, then it is timed; all contenders of all jobs take turns."""

from __future__ import annotations

import math
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from fresh import fresh
from jobs import JOBS
from rows import digits

SMOKE_VALUES = 100_000


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "turn" in metafunc.fixturenames:
        most = 99 if metafunc.config.getoption("benchmark_enable") else 1
        cases = [(turn, key, c.name) for key, job in JOBS.items() for c in job.contenders for turn in range(min(job.turns, most))]
        metafunc.parametrize(("turn", "job", "contender"), sorted(cases, key=lambda case: case[0]))


@pytest.mark.benchmark(min_time=1e-4, max_time=0.1, min_rounds=3, disable_gc=True)
@pytest.mark.filterwarnings("ignore:Benchmark fixture was not used")  # its answer is wrong, or all that was asked for
@pytest.mark.filterwarnings("ignore:'@' is faster on contiguous arrays")  # of skglm, on one column: it counts as C-contiguous too
def test_contender(benchmark: Any, turn: int, job: str, contender: str) -> None:
    plan, chosen = JOBS[job], JOBS[job].contender(contender)
    if chosen.needs and find_spec(chosen.needs) is None:
        pytest.skip(f"{chosen.needs} is not installed (extra peers)")
    smoke_rows = max(SMOKE_VALUES // (1 + plan.features), plan.features + 100)  # with fewer than features, no answer is exact
    rows = plan.rows if benchmark.enabled else min(plan.rows, smoke_rows)
    data = plan.data(rows)
    arguments = chosen.given(data)

    exact = list(chosen.exact(data))
    right = math.floor(digits(chosen.read(chosen.function(*arguments)), exact))
    assert right >= (plan.digits if chosen.digits is None else chosen.digits) or not exact
    benchmark.extra_info.update(digits=right if exact else None, rows=rows)
    if plan.memory and turn == 0 and (benchmark.enabled or chosen is plan.contenders[-1]):  # one shows that it can be measured
        folder = Path(__file__).parent
        if plan.memory == "extra":
            command = [str(folder / "memory.py"), job, contender, str(rows)]
        else:
            command = [str(folder / "readers.py"), chosen.function.__name__, *arguments]
        [benchmark.extra_info["MiB"]] = fresh(*command)

    if not benchmark.enabled:
        return
    if plan.rounds is None:
        benchmark(chosen.function, *arguments)
    else:
        benchmark.pedantic(chosen.function, arguments, rounds=plan.rounds)
