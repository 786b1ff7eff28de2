"""The compile policy of every kernel; the only file that says ``njit``.

A wheel may bring the kernels compiled ahead of time, for some processors: then numba is not even loaded. Otherwise, or with
``FASTGD_JIT=1``, numba compiles each on its first call.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any, ParamSpec, TypeVar

import numpy as np

from fastgd.kernels._loading import load_numba

P = ParamSpec("P")
R = TypeVar("R")

_LEVELS = (("v4", "AVX512_SKX"), ("v3", "AVX2"))
"""Levels of x86-64, best first, each with a feature, as NumPy calls it, of processors that have it."""


@cache
def ahead(file: str) -> ModuleType | None:
    """The kernels of a file that a wheel brings for the best level that this processor has; None without such a wheel."""
    if os.environ.get("FASTGD_JIT") == "1" or os.environ.get("NUMBA_DISABLE_JIT") == "1":
        return None
    try:
        from numpy._core._multiarray_umath import __cpu_features__ as features  # type: ignore[import-not-found]
    except ImportError:
        return None
    for level, feature in _LEVELS:
        if features.get(feature) and features.get("FMA3"):
            try:
                return import_module(f"fastgd.kernels._{file}_{level}")
            except ImportError:
                continue
    return None


IS_AHEAD = ahead("moments") is not None
if not IS_AHEAD and os.environ.get("NUMBA_DISABLE_JIT") != "1":
    load_numba()


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` on its first call, and keep the machine code on disk where a cache can be written.

    NumPy's error model (x / 0 is inf: no exception leaves a kernel, and loops vectorise), the GIL released,
    IEEE arithmetic as written: no ``fastmath`` of any kind, so a kernel equals its plain-Python run bit for bit.

    Compiled ahead of time are those that Python calls; the others, which are part of these, stay as they are.
    """
    if IS_AHEAD:
        found: Callable[P, R] = getattr(ahead(function.__module__.rpartition(".")[2]), function.__name__, function)
        return found
    from numba import config, njit

    plain: Any = function
    if config.DISABLE_JIT:  # type: ignore[attr-defined]
        plain = np.errstate(all="ignore")(function)  # NumPy's scalars warn of infinities that compiled code makes in silence
    compiled: Callable[P, R]
    try:
        compiled = _forgiving(njit(cache=True, error_model="numpy", nogil=True)(plain))
    except RuntimeError:  # numba found no place that it may write to: read-only installation and no writable home
        compiled = njit(error_model="numpy", nogil=True)(plain)
    return compiled


class _Cache:
    """numba's cache of a kernel on disk, whose failures cost time and not the fit.

    numba lets them out of the first call: a disk that is full, and, until somebody deletes it, a file that a crash cut off.
    """

    def __init__(self, cache: Any) -> None:
        self._cache = cache

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cache, name)

    def load_overload(self, *asked: Any) -> Any:
        """The machine code, or None where there is none that can be read; the next to be saved then begins a new cache."""
        try:
            return self._cache.load_overload(*asked)
        except Exception:
            with suppress(Exception):
                self._cache.flush()
            return None

    def save_overload(self, *made: Any) -> None:
        with suppress(Exception):
            self._cache.save_overload(*made)


def _forgiving(compiled: Any) -> Any:
    if hasattr(compiled, "_cache"):  # not under NUMBA_DISABLE_JIT
        compiled._cache = _Cache(compiled._cache)
    return compiled


def inner(function: Callable[P, R]) -> Callable[P, R]:
    """A function that only kernels call: without what Python would need to call it, and kept on disk as part of those."""
    if IS_AHEAD:
        return function
    from numba import njit

    options: Any = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    compiled: Callable[P, R] = njit(error_model="numpy", nogil=True, **options)(function)
    return compiled


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """A piece that is copied into the kernels before compilation.

    LLVM then vectorises the loops around it: the moments of (x, y) ran twice as fast as with the same pieces as functions.
    """
    if IS_AHEAD:
        return function
    from numba import njit

    compiled: Callable[P, R] = njit(inline="always", error_model="numpy", nogil=True)(function)
    return compiled
