"""Timing on, and the README's tables and its picture written after a run of everything that went well."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import curves
import nist
import pytest
import table
from jobs import JOBS

README = Path(__file__).parent.parent / "README.md"
VERSIONS = "numpy numba scipy scikit-learn statsmodels pyarrow pandas polars polars-ds duckdb dask dask-ml".split()
RESULTS = pytest.StashKey[dict[str, Any]]()
OUTCOME = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    if "--benchmark-disable" not in config.invocation_params.args:  # setup.cfg's is meant for the tests
        config.option.benchmark_enable = True
        config.option.benchmark_quiet = True  # its table has a row for each turn; ours follows
        config.option.benchmark_save = config.option.benchmark_save or "bench"  # in .benchmarks, to compare with


def pytest_benchmark_update_machine_info(machine_info: dict[str, Any]) -> None:
    machine_info["versions"] = {name: version(name) for name in VERSIONS}


def pytest_benchmark_update_json(config: pytest.Config, output_json: dict[str, Any]) -> None:
    config.stash[RESULTS] = output_json


def pytest_sessionfinish(session: pytest.Session) -> None:
    results = session.config.stash.get(RESULTS, None)
    if results is None:
        return
    session.config.stash[OUTCOME] = "README.md is left alone: "
    asked = sum("turn" in getattr(item, "fixturenames", ()) for item in session.items)
    if asked < sum(job.turns * len(job.contenders) for job in JOBS.values()):
        session.config.stash[OUTCOME] += "this was a part of the jobs"
    elif session.exitstatus != pytest.ExitCode.OK:
        session.config.stash[OUTCOME] += "the run failed"
    else:
        try:
            session.config.stash[OUTCOME] = publish(results)
        except table.Missing as missing:
            session.config.stash[OUTCOME] += str(missing)
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def publish(results: dict[str, Any]) -> str:
    """Write the README and the picture; returns what was done."""
    sections, done = {"speed": table.render(results)}, "README.md and its picture are written"
    if nist.FOLDER.exists():
        sections["digits"] = nist.render(nist.measure())
    else:
        done += f", its digits left as they are: {nist.ABSENT}"
    table.write(README, sections)
    curves.draw(table.collect(results), README.parent / table.PICTURE)
    return done


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if OUTCOME in config.stash:
        terminalreporter.section("bench")
        terminalreporter.write_line(table.job_tables(table.collect(config.stash[RESULTS])))
        terminalreporter.write_line(config.stash[OUTCOME])
