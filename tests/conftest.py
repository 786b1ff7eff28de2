"""Hypothesis: the same examples in every run, so that a failure is of the change under test; `fuzz` draws new ones."""

import os
import sys

import pytest
from hypothesis import settings

settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("fuzz", deadline=None, max_examples=2000)
settings.load_profile("same")

if os.environ.get("NUMBA_DISABLE_JIT") == "1":
    # Many blocks of 4,096 rows: what the kernels as Python take minutes for. test_moments and test_wide go through all of them.
    # And tests of scikit-learn, ONNX, the browser and pictures, which see no kernel that others do not; those of faults,
    # which start processes of their own, of interruptions, whose places are not in kernels, of a hundred thousand fits, and of
    # lies and of anything else that is handed in, which are refused before a kernel sees them.
    collect_ignore = ["test_collecting.py", "test_dask.py", "test_metamorphic.py", "test_roads.py", "test_sklearn.py"]
    collect_ignore += ["fuzz", "test_cli.py", "test_onnx.py", "test_readme.py"]
    collect_ignore += ["test_explorer.py", "test_faults.py", "test_interrupts.py", "test_leaks.py", "test_strangers.py"]
    collect_ignore_glob = ["test_plot*.py"]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail where Python has called a kernel with types of two kinds: compiled ahead of time, it would misread one of them."""
    compile = sys.modules.get("fastgd.kernels._compile")
    for kernel in getattr(compile, "KERNELS", ()):
        if len(kernel.nopython_signatures) > 1 and kernel.py_func.__module__.startswith("fastgd."):
            print(f"\n{kernel.py_func.__qualname__} was compiled for", *kernel.nopython_signatures, sep="\n    ")
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
