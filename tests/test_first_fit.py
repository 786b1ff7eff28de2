"""What the first fit of a process compiles and loads: counts and names, as times would be of the machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from numba import config

from fastgd.kernels._compile import IS_AHEAD

pytestmark = pytest.mark.skipif(IS_AHEAD or bool(config.DISABLE_JIT), reason="of kernels that numba compiles")

COUNTING = """
import json, sys
import fastgd
from numba.core import event

class Count(event.Listener):
    n = 0
    def on_start(self, event):
        self.n += 1
    def on_end(self, event):
        pass

count = Count()
event.register("numba:compile", count)
{fit}
print(json.dumps({{"compiled": count.n, "modules": list(sys.modules)}}))
"""
LINE = "fastgd.fit([1.0, 2.0, 3.0, 4.0], [2.0, 4.0, 5.0, 8.0])"

AFTERWARDS = f"""
import json, sys
import numpy as np
import fastgd
{LINE}
before = "scipy.linalg" in sys.modules
import numba
from numba.np import arraymath, linalg
own = arraymath.ensure_blas is linalg.ensure_blas and linalg.ensure_blas.__module__ == "numba.np.linalg"

@numba.njit
def product(a):
    return np.dot(a, a)[0, 0]

print(json.dumps([before, arraymath._HAVE_BLAS, own, product(2.0 * np.eye(2)), "scipy.linalg" in sys.modules]))
"""


def fresh(code: str, cache: Path) -> Any:
    env = os.environ | {"NUMBA_CACHE_DIR": str(cache)}
    return json.loads(subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout)


def entries(cache: Path) -> set[str]:
    """The kernels that are kept on disk."""
    return {path.name.split("-")[0] for path in cache.rglob("*.nbi")}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def test_the_first_small_fit_compiles_two_kernels_and_few_pieces(cache: Path) -> None:
    found = fresh(COUNTING.format(fit=LINE), cache)
    assert entries(cache) == {"line_sums.sum_short_line", "line.fit_line"}
    assert 20 < found["compiled"] <= 36  # it was 92 once, which took three times as long
    assert "scipy.linalg" not in found["modules"] and "fastgd.kernels.spectrum" not in found["modules"]


def test_the_next_process_compiles_nothing(cache: Path) -> None:
    fresh(COUNTING.format(fit=LINE), cache)
    assert fresh(COUNTING.format(fit=LINE), cache)["compiled"] == 0


EVERY = """
import json
import fastgd
from fastgd.kernels._compile import every_kernel

fastgd.warmup()
print(json.dumps({kernel.py_func.__qualname__: len(kernel.nopython_signatures) for kernel in every_kernel()}))
"""


def test_warmup_compiles_each_kernel_once() -> None:
    """The wheel takes the types of the kernels from it."""
    found = json.loads(subprocess.run([sys.executable, "-c", EVERY], capture_output=True, text=True, check=True).stdout)
    assert len(found) > 15 and {name: n for name, n in found.items() if n != 1} == {}


def test_numba_is_left_as_it_was_and_finds_its_blas_when_a_kernel_needs_it(cache: Path) -> None:
    pytest.importorskip("scipy")
    assert fresh(AFTERWARDS, cache) == [False, True, True, 4.0, True]


def test_without_scipy_numba_has_no_blas(cache: Path) -> None:
    hidden = "import sys; sys.modules['scipy'] = None\n"
    code = hidden + f"import fastgd; {LINE}; from numba.np import arraymath; print(int(arraymath._HAVE_BLAS))"
    assert fresh(code, cache) == 0
