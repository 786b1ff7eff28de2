"""The pages for readers: their commands run, print what stands there, and lead where they say. Doctest runs their Python."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import fastgd

ROOT = Path(__file__).parent.parent
FILES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]
PAGES = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in FILES}
DIRECTIVES = ["{include} ../README.md", "{include} ../CHANGELOG.md", "{toctree}"]
COLUMNS = ["area", "rooms", "price"]


def blocks(text: str, *languages: str) -> list[tuple[str, str]]:
    """(language, code) of each fenced block in them."""
    return re.findall(rf"^```({'|'.join(languages)})\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def installs(code: str) -> bool:
    return "pip install" in code


@pytest.fixture
def shell(tmp_path: Path) -> Callable[[str], str]:
    """Runs a script in a folder that has the data, with `fastgd` among the programs; gives what it prints, errors included."""
    shutil.copytree(ROOT / "data", tmp_path / "data")
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "fastgd").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m fastgd "$@"\n', encoding="utf-8")
    (programs / "fastgd").chmod(0o755)
    path, house = os.pathsep.join([str(programs), os.environ["PATH"]]), str(Path(fastgd.__file__).parent.parent)
    environment = os.environ | {"PATH": path, "PYTHONPATH": house, "COLUMNS": "100"}

    def run(script: str, fails: bool = False) -> str:
        command = ["bash", "-euo", "pipefail", "-c", script]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
        assert (done.returncode != 0) == fails, done.stderr
        return done.stdout + done.stderr

    return run


@pytest.mark.parametrize("page", [page for page, text in PAGES.items() if blocks(text, "sh", "console")])
def test_commands_run_and_print_what_stands_there(page: str, shell: Callable[..., str]) -> None:
    for language, code in blocks(PAGES[page], "sh", "console"):
        if language == "sh" and not installs(code):
            shell(code)
        for command, printed in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", code, re.MULTILINE) if language == "console" else []:
            assert shell(command, fails=printed.startswith("fastgd: ")).strip() == printed.strip()


def test_the_two_commands_that_install_are_those_that_the_checks_look_for() -> None:
    found = [(page, code) for page, text in PAGES.items() for _, code in blocks(text, "sh", "console") if installs(code)]
    assert [page for page, _ in found] == ["README.md", "README.md"]
    for (_, code), end in zip(found, ["price_usd", "pytest -n logical"], strict=True):
        assert re.fullmatch(rf"python3 -m venv .* {end}\n", code)


def test_blocks_are_of_a_kind_that_is_run() -> None:
    for page, text in PAGES.items():
        fences = re.findall(r"^```(.*)$", text, re.MULTILINE)
        assert set(fences[::2]) <= {"sh", "console", "python", "text", *DIRECTIVES}, page
        assert set(fences[1::2]) <= {""}, page
        for _, code in blocks(text, "python"):
            assert code.startswith(">>> ") or re.search("^(import ray|from pyspark)", code, re.MULTILINE), code


def links() -> Iterator[tuple[str, str]]:
    for page, text in PAGES.items():
        prose = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
        yield from ((page, target) for target in re.findall(r"\]\(([^)#]+)\)", prose) if not target.startswith("http"))


def test_links_lead_somewhere() -> None:
    found = list(links())
    assert len(found) > 10
    assert [(page, target) for page, target in found if not (ROOT / page).parent.joinpath(target).exists()] == []


def test_the_promises_name_tests_that_exist() -> None:
    table = PAGES["README.md"].partition("<!-- docs:promises -->")[2].partition("<!-- /docs:promises -->")[0]
    named = set(re.findall(r"`(\w+/\w+\.py)`", table))
    assert len(named) > 10
    assert {name for name in named if name.startswith("tests/") and not (ROOT / name).exists()} == set()


def test_the_reference_has_every_public_name() -> None:
    listed = set(re.findall(r"^   ([\w.]+)$", (ROOT / "docs" / "api.rst").read_text(encoding="utf-8"), re.MULTILINE))
    modules = {name for name in fastgd.__all__ if isinstance(getattr(fastgd, name), ModuleType)}
    inside = {f"{module}.{name}" for module in modules for name in getattr(fastgd, module).__all__}
    assert listed == set(fastgd.__all__) - modules | inside


@pytest.fixture
def houses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    frame = pd.DataFrame(rng.normal(5.0, 2.0, (12_000, 3)), columns=COLUMNS)
    monkeypatch.chdir(tmp_path)
    Path("houses").mkdir()
    for number, part in enumerate((frame[:5000], frame[5000:9100], frame[9100:])):
        part.to_parquet(f"houses/part-{number}.parquet")
    return frame


def run(package: str) -> fastgd.FitResult:
    """The example for a cluster that the tests do not install, on a stand-in for it."""
    found = [code for _, code in blocks(PAGES["docs/data.md"], "python")]
    [code] = [code for code in found if re.search(rf"^(import|from) {package}", code, re.MULTILINE)]
    assert len(code.splitlines()) <= 30
    names: dict[str, Any] = {}
    exec(code, names)
    result: fastgd.FitResult = names["result"]
    return result


def test_ray(houses: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    ray = ModuleType("ray")
    ray.remote = lambda function: SimpleNamespace(remote=function)  # type: ignore[attr-defined]
    ray.get = list  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ray", ray)
    assert run("ray").coef.tobytes() == fastgd.fit(houses, "price").coef.tobytes()


class Spark:
    """Just so much of a session and of its frame."""

    def __init__(self) -> None:
        self.builder = self.read = self

    def getOrCreate(self) -> Spark:
        return self

    def parquet(self, folder: str) -> Spark:
        self.parts = [[pd.read_parquet(path)] for path in sorted(Path(folder).iterdir())] + [[]]
        return self

    def select(self, *names: str) -> Spark:
        assert list(names) == COLUMNS
        return self

    def mapInPandas(self, function: Callable[[Iterator[pd.DataFrame]], Iterator[pd.DataFrame]], schema: str) -> Spark:
        self.rows = [row for part in self.parts for frame in function(iter(part)) for row in frame.itertuples()]
        assert schema == "moments binary" and len(self.rows) == 3
        return self

    def collect(self) -> list[Any]:
        return self.rows


def test_spark(houses: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    sql = ModuleType("pyspark.sql")
    sql.SparkSession = Spark()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pyspark", ModuleType("pyspark"))
    monkeypatch.setitem(sys.modules, "pyspark.sql", sql)
    assert run("pyspark").coef == pytest.approx(fastgd.fit(houses, "price").coef, rel=1e-14)
