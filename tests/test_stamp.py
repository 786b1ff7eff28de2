"""numba's disk cache of a kernel notices a change in any file of `fastgd/kernels`, not only in the kernel's own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from numba import config

import fastgd
from fastgd.kernels._compile import IS_AHEAD

pytestmark = pytest.mark.skipif(IS_AHEAD or bool(config.DISABLE_JIT), reason="of kernels that numba compiles")

CALLER = """
from fastgd.kernels._compile import kernel
from fastgd.kernels.callee import callee
from fastgd.kernels.constants import CONSTANT

@kernel
def caller(x: float) -> float:
    return callee(x) + CONSTANT
"""
CALLEE = """
from fastgd.kernels._compile import inner

@inner
def callee(x: float) -> float:
    return 2.0 * x
"""
CODE = """
import json
from numba.core import event
from fastgd.kernels.caller import caller

class Count(event.Listener):
    n = 0
    def on_start(self, event):
        self.n += 1
    def on_end(self, event):
        pass

count = Count()
event.register("numba:compile", count)
value = caller(3.0)
print(json.dumps({"value": value, "compiled": count.n, "hits": sum(caller.stats.cache_hits.values())}))
"""


@pytest.fixture
def kernels(tmp_path: Path) -> Path:
    """The kernels of a copy of the package, with one more that calls another file's and reads another's constant."""
    package = tmp_path / "site" / "fastgd"
    shutil.copytree(Path(fastgd.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    folder = package / "kernels"
    for name, text in {"caller": CALLER, "callee": CALLEE, "constants": "CONSTANT = 1.0\n"}.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return folder


def call(kernels: Path) -> dict[str, Any]:
    """What the kernel returns in a new process, and what numba had to compile for it."""
    site = kernels.parents[1]
    env = os.environ | {"PYTHONPATH": str(site), "NUMBA_CACHE_DIR": str(site.parent / "cache")}
    done = subprocess.run([sys.executable, "-c", CODE], env=env, cwd=site, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_nothing_is_compiled_again_as_long_as_no_file_changes(kernels: Path) -> None:
    assert call(kernels) == {"value": 7.0, "compiled": 2, "hits": 0}
    assert call(kernels) == {"value": 7.0, "compiled": 0, "hits": 1}


@pytest.mark.parametrize(
    ("file", "old", "new", "value"),
    [("callee.py", "2.0 * x", "20.0 * x", 61.0), ("constants.py", "1.0", "10.0", 16.0), ("caller.py", "+ CONSTANT", "", 6.0)],
)
def test_a_change_in_any_file_is_noticed(kernels: Path, file: str, old: str, new: str, value: float) -> None:
    assert call(kernels)["value"] == 7.0
    edit(kernels / file, old, new)
    assert call(kernels) == {"value": value, "compiled": 2, "hits": 0}
    assert call(kernels) == {"value": value, "compiled": 0, "hits": 1}
