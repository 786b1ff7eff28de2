"""Timing on, what is smoke, and the pages' tables and picture written after a run of everything that went well."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

import pytest
import table
from figures import collect
from jobs import JOBS
from publish import conclude
from smoke import is_smoke

VERSIONS = (
    "numpy numba scipy scikit-learn statsmodels skglm glum pyarrow pandas polars polars-ds duckdb dask dask-ml river jax torch"
).split()
RESULTS = pytest.StashKey[dict[str, Any]]()
OUTCOME = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "smoke: a minute's part of the benchmark, to run before and after a change")
    disabled = "--benchmark-disable" in config.invocation_params.args  # setup.cfg's is meant for the tests
    if not disabled and not config.option.collectonly:
        config.option.benchmark_enable = True
        config.option.benchmark_quiet = True  # its table has a row for each turn; ours follows
        config.option.benchmark_save = config.option.benchmark_save or "bench"  # in .benchmarks, to compare with


@pytest.hookimpl(tryfirst=True)  # before -k chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        params = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        if "turn" in params and is_smoke(**params):
            item.add_marker("smoke")


def pytest_benchmark_update_machine_info(machine_info: dict[str, Any]) -> None:
    machine_info["versions"] = {}
    for name in VERSIONS:
        try:
            machine_info["versions"][name] = version(name)
        except PackageNotFoundError:
            continue


def pytest_benchmark_update_json(config: pytest.Config, output_json: dict[str, Any]) -> None:
    config.stash[RESULTS] = output_json


def pytest_sessionfinish(session: pytest.Session) -> None:
    results = session.config.stash.get(RESULTS, None)
    if results is None:
        return
    turns = sum("turn" in getattr(item, "fixturenames", ()) for item in session.items)
    done = conclude(results, turns, session.exitstatus == pytest.ExitCode.OK)
    session.config.stash[OUTCOME] = done.text
    if done.failed:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if OUTCOME in config.stash:
        terminalreporter.section("bench")
        terminalreporter.write_line(table.tables(collect(config.stash[RESULTS]), JOBS))
        terminalreporter.write_line(config.stash[OUTCOME])
