"""Kernels that a wheel brings compiled: the bits of those that numba compiles, and no numba in the process."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from fastgd.kernels._compile import IS_AHEAD

pytestmark = pytest.mark.skipif(not IS_AHEAD, reason="needs a wheel with compiled kernels, for this processor")

CODE = """
import sys
import numpy as np
import fastgd
from fastgd.moments import wide

wide.PRODUCTS = 0
rng = np.random.default_rng(7)
found = []
for n, p in ((50, 1), (9000, 1), (9000, 4), (5000, 45), (30, 3), (5, 9)):
    X = rng.normal(1e3, 1.0, (n, p)) * np.logspace(-3, 3, p)
    y = (X * rng.normal(size=p)).sum(axis=1) + rng.normal(size=n)
    weights = {"sample_weight": np.arange(n) % 3, "max_iter": 9}
    for options in ({}, {"max_iter": 1000}, {"standardize": True, "tol": 1e-9}, weights):
        result = fastgd.fit(X, y, **options)
        found += [result.intercept, *result.coef, result.n_iter, *result.path(at=[0, 7, 10**9]).error]
    found.append(fastgd.compute_error(1.0, X[0].tolist() if p > 1 else 2.0, np.column_stack([X, y])))
half = fastgd.Moments.from_arrays(X[:2], y[:2]) + fastgd.Moments.from_arrays(X[2:], y[2:])
found += [*half.mean, *fastgd.tutorial.gradient_descent_runner([(1, 2), (2, 4)], 0, 0, 0.1, 1000)]
print("numba" in sys.modules, *(float(value).hex() for value in found))
"""


def run(**variables: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", CODE], env=os.environ | variables, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_they_have_the_bits_of_those_that_numba_compiles_without_numba() -> None:
    loaded, *ahead = run()
    loaded_by_jit, *compiled = run(FASTGD_JIT="1")
    assert (loaded, loaded_by_jit) == ("False", "True")
    assert len(ahead) > 300 and ahead == compiled
