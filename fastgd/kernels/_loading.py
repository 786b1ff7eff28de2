"""The start of numba in a process, which takes far longer than to load a compiled kernel."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import find_spec


def load_numba() -> None:
    """Have numba load what it needs before it compiles or loads anything, but without scipy.linalg, more than half of that.

    To know whether there is a BLAS, numba imports it if SciPy is installed; here it looks whether it is there, and no more. A
    kernel of the user's that needs BLAS imports it when it is compiled or called, as ever. Nothing is done where numba has
    loaded all of that already, or where a later numba has no such names.
    """
    if "numba.np.arraymath" in sys.modules:
        return
    try:
        target = import_module("numba.core.registry").cpu_target
        linalg = import_module("numba.np.linalg")
        importing = linalg.ensure_blas
    except (ImportError, AttributeError):
        return

    def looking() -> None:
        if not _has_blas():
            raise ImportError("SciPy is not installed")
        if check := getattr(linalg, "_check_lapack_int_width", None):
            check()

    linalg.ensure_blas = looking  # type: ignore[attr-defined]
    try:
        target.target_context.refresh()  # what numba does at the first call of a compiled function
    finally:
        for module in (linalg, sys.modules.get("numba.np.arraymath")):
            if getattr(module, "ensure_blas", None) is looking:
                module.ensure_blas = importing  # type: ignore[union-attr]


def _has_blas() -> bool:
    """Whether SciPy's BLAS can be imported, without importing the folder that it is in."""
    scipy = find_spec("scipy")
    if scipy is None:
        return False
    folders = [os.path.join(folder, "linalg") for folder in scipy.submodule_search_locations or ()]
    return PathFinder.find_spec("scipy.linalg.cython_blas", folders) is not None
