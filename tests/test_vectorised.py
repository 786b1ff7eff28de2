"""Loops that LLVM must make vectors of, by its own remarks while it compiles their kernels anew."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import fastgd
from fastgd.kernels._compile import IS_AHEAD

pytestmark = [
    pytest.mark.skipif(IS_AHEAD, reason="the kernels are compiled already"),
    pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="nothing is compiled"),
]

KERNELS = Path(fastgd.__file__).parent / "kernels"

# Of each kernel, how many of its lines LLVM makes the beginning of a loop over vectors, at least.
LOOPS = {
    "sums._copy": 2,
    "sums._take_off": 3,
    "sums._accumulate": 2,
    "line_sums._accumulate_points": 1,
    "sums._accumulate_pairs": 2,
    "sums._weigh": 4,
    "pieces.fold": 1,
    "pieces.add_piece": 1,
    "pointwise.descend": 2,
    "pointwise.descend_features": 5,
    "refine._add_products": 1,
    "refine._halve": 1,
    "refine._residuals": 2,
    "refine._add_rows": 1,
    "refine._subtract_rows": 2,
    "refine.add_gradient": 1,
    "factor._eliminate": 1,
    "spectrum._dot": 2,
    "spectrum._rotate": 1,
    "spectrum.multiply_rows": 2,
    "spectrum.straighten": 1,
}

# Line numbers without the rest of debugging, which would stop LLVM from inlining; nothing of them reaches the machine code.
CODE = """
from llvmlite import binding
binding.set_option("", "-pass-remarks=loop-vectorize")

from numba.core.cpu import CPUContext, CPUTargetOptions
from numba.core.debuginfo import DIBuilder

class Lines(DIBuilder):
    def initialize(self):
        self.emission_kind = "NoDebug"
        super().initialize()

def finalize(self, flags, options, plain=CPUTargetOptions.finalize):
    plain(self, flags, options)
    flags.debuginfo = flags.dbg_directives_only = True
    flags.dbg_extend_lifetimes = flags.boundscheck = False

CPUContext.DIBuilder, CPUTargetOptions.finalize = Lines, finalize

import numpy as np
from fastgd.moments import sums
from fastgd.moments import wide
from fastgd.kernels import factor, layout, pointwise, spectrum
from fastgd.sources.table import Table

sums.summing("sum_rows"), sums.summing("sum_line")
rows = np.array([(1.0, 2.0, 1.0), (2.0, 1.0, 4.0), (3.0, 4.0, 2.0), (4.0, 0.0, 3.0)])
wide.solve(Table(rows), True)
pointwise.descend(0.0, 0.0, rows[:, :2].copy(), 0.01, 1)
pointwise.descend_features(0.0, np.zeros(2), rows, 0.01, 1)
square = np.zeros((3, 3))
problem, target = np.zeros((layout.VECTORS, 3)), np.zeros((layout.TARGET_ROWS, 3))
order = np.zeros((2, 2), np.int64)
factor.solve(np.ones((4, 10)), np.zeros(3), np.zeros((2, 2)), True, problem, target, order, square, square.copy())
spectrum.find_directions(0, np.zeros((1, 2, 2)), np.zeros((3, 2)))
spectrum.multiply_rows(*np.zeros((3, 1, 2, 1)))
spectrum.straighten(np.zeros((1, 2, 2)))
"""




def functions(file: str) -> list[ast.FunctionDef]:
    body = ast.parse((KERNELS / file).read_text(encoding="utf-8")).body
    return [node for node in body if isinstance(node, ast.FunctionDef)]


def vectorised(cache_folder: Path) -> dict[str, int]:
    """Of each kernel, how many lines begin a loop over two numbers at a time or more."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CODE],
        cwd=KERNELS.parents[1],
        env=os.environ | {"NUMBA_CACHE_DIR": str(cache_folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    remarks = re.findall(r"(\w+\.py):(\d+):\d+: vectorized loop \(vectorization width: (?!1,)", done.stderr)
    found = {(file, int(line)) for file, line in remarks}
    return {
        f"{path.stem}.{node.name}": sum((path.name, line) in found for line in range(node.lineno, (node.end_lineno or 0) + 1))
        for path in KERNELS.glob("*.py")
        for node in functions(path.name)
    }


def test_llvm_makes_vectors_of_the_inner_loops(tmp_path: Path) -> None:
    found = vectorised(tmp_path)
    assert {name: found[name] for name, loops in LOOPS.items() if found[name] < loops} == {}
