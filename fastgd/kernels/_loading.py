"""Numba's start in a process, which takes far longer than loading a compiled kernel."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import find_spec


def load_numba() -> None:
    """Make numba load what it needs before it compiles or loads a kernel, without scipy.linalg, which takes more than half of it.

    To find out whether there is a BLAS, numba imports SciPy's. Here it only looks whether the file is there. Users' kernels that
    need BLAS still import it when they are compiled or called. Nothing is done if numba has loaded all of that already, or if a
    later numba has no such names.
    """
    if "numba.np.arraymath" in sys.modules:
        return
    try:
        target = import_module("numba.core.registry").cpu_target
        linalg = import_module("numba.np.linalg")
        importing = linalg.ensure_blas
    except (ImportError, AttributeError):
        return

    def look() -> None:
        if not _has_blas():
            raise ImportError("SciPy is not installed")
        if check := getattr(linalg, "_check_lapack_int_width", None):
            check()

    linalg.ensure_blas = look  # type: ignore[attr-defined]
    try:
        target.target_context.refresh()  # what numba does at the first call of a compiled function
    finally:
        for module in (linalg, sys.modules.get("numba.np.arraymath")):
            if getattr(module, "ensure_blas", None) is look:
                module.ensure_blas = importing  # type: ignore[union-attr]


def _has_blas() -> bool:
    """Whether SciPy's BLAS can be imported, without importing its package."""
    scipy = find_spec("scipy")
    if scipy is None:
        return False
    folders = [os.path.join(folder, "linalg") for folder in scipy.submodule_search_locations or ()]
    return PathFinder.find_spec("scipy.linalg.cython_blas", folders) is not None
