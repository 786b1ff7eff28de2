"""How kernels are compiled and cached; the only file that says ``njit``.

A wheel may bring the kernels compiled ahead of time for some processors, and then numba is not loaded. Otherwise, or with
``FASTGD_JIT=1``, numba compiles each kernel on its first call.
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

KERNELS: list[Any] = []
"""The kernels that numba compiles in this process, each on its first call."""

_LEVELS = (("v4", "AVX512_SKX"), ("v3", "AVX2"))
"""Levels of x86-64, best first, each with NumPy's name of a feature of the processors that have it."""


@cache
def ahead(file: str) -> ModuleType | None:
    """The kernels of a file, compiled in a wheel for the best level that this processor has; None without such a wheel."""
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


IS_AHEAD = ahead("line_sums") is not None
if not IS_AHEAD and os.environ.get("NUMBA_DISABLE_JIT") != "1":
    load_numba()


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` on its first call, and keep the machine code on disk where a cache can be written.

    NumPy's error model (x / 0 is inf: no exception leaves a kernel, and loops vectorise), the GIL released, and IEEE arithmetic
    as written: no ``fastmath`` of any kind. A kernel returns the bits of its run as plain Python, but for the last bit of
    functions of the C library, such as exp, where NumPy has its own.

    A wheel brings only the kernels that Python calls; the others are part of those and stay plain functions.
    """
    if IS_AHEAD:
        found: Callable[P, R] = getattr(ahead(function.__module__.rpartition(".")[2]), function.__name__, function)
        return found
    from numba import config, njit

    if config.DISABLE_JIT:  # type: ignore[attr-defined]
        return np.errstate(all="ignore")(function)  # NumPy's scalars warn of infinities; compiled code does not
    compiled: Any = njit(error_model="numpy", nogil=True)(function)
    with suppress(RuntimeError, ImportError, AttributeError):  # no place to write to, or a numba whose cache takes no stamp
        compiled._cache = _Cache(function)
    KERNELS.append(compiled)
    return compiled


def every_kernel() -> list[Any]:
    """All kernels, for the wheel and for tests: those of every file in this folder."""
    from pkgutil import iter_modules

    for module in iter_modules(import_module("fastgd.kernels").__path__, "fastgd.kernels."):
        import_module(module.name)
    return KERNELS


@cache
def _stamp() -> bytes:
    """A digest of all files of this folder.

    A kernel's machine code includes the functions and constants of other files, and numba looks only for changes in the
    kernel's own. The digest is of contents, as numba's own stamp is since 0.68, so that installing the same files again compiles
    nothing; it takes under a millisecond, once in a process.
    """
    from hashlib import blake2b
    from importlib.resources import files

    digest = blake2b()
    with suppress(OSError):  # in a frozen program there are no files; numba then stamps the program
        for file in sorted(files("fastgd.kernels").iterdir(), key=lambda file: file.name):
            if file.name.endswith(".py"):
                digest.update(file.name.encode() + file.read_bytes())
    return digest.digest()


class _Cache:
    """numba's disk cache of a kernel, for which a change in any file of the kernels makes a new one.

    Its failures cost time and not the fit. numba lets them out of the first call: a full disk, or a file that a crash cut off.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        from numba.core.caching import FunctionCache

        self._cache: Any = FunctionCache(function)  # type: ignore[no-untyped-call]
        index = self._cache._cache_file
        index._source_stamp = (index._source_stamp, _stamp())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cache, name)

    def load_overload(self, *asked: Any) -> Any:
        """The machine code, or None where none can be read; the next to be saved then begins a new cache."""
        try:
            return self._cache.load_overload(*asked)
        except Exception:
            with suppress(Exception):
                self._cache.flush()
            return None

    def save_overload(self, *made: Any) -> None:
        with suppress(Exception):
            self._cache.save_overload(*made)


def inner(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that only kernels call: it lacks what Python needs to call it, and is kept on disk as part of them."""
    if IS_AHEAD:
        return function
    from numba import njit

    options: Any = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    compiled: Callable[P, R] = njit(error_model="numpy", nogil=True, **options)(function)
    return compiled


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """Copy a function into each kernel that calls it, before compilation.

    LLVM then vectorises the loops around it: the moments of (x, y) ran twice as fast as with calls of the same functions.
    """
    if IS_AHEAD:
        return function
    from numba import njit

    compiled: Callable[P, R] = njit(inline="always", error_model="numpy", nogil=True)(function)
    return compiled
