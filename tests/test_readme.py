"""The README's examples for clusters that the tests do not install, run on stand-ins for them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import fastgd

README = Path(__file__).parent.parent / "README.md"
COLUMNS = ["area", "rooms", "price"]


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
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    [code] = [block for block in blocks if re.search(rf"^(import|from) {package}", block, re.MULTILINE)]
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
