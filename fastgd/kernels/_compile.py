"""The compile policy of every kernel; the only file that says ``njit``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import numpy as np
from numba import config, njit

if TYPE_CHECKING:
    from numba.core.dispatcher import Dispatcher

P = ParamSpec("P")
R = TypeVar("R")


def kernel(function: Callable[P, R]) -> Dispatcher[Callable[P, R]]:
    """Compile `function` on its first call, and keep the machine code on disk where a cache can be written.

    NumPy's error model (x / 0 is inf: no exception leaves a kernel, and loops vectorise), the GIL released,
    IEEE arithmetic as written: no ``fastmath`` of any kind, so a kernel equals its plain-Python run bit for bit.
    """
    if config.DISABLE_JIT:  # type: ignore[attr-defined]
        function = np.errstate(all="ignore")(function)  # NumPy's scalars warn of infinities that compiled code makes in silence
    try:
        return njit(cache=True, error_model="numpy", nogil=True)(function)
    except RuntimeError:  # numba found no place that it may write to: read-only installation and no writable home
        return njit(error_model="numpy", nogil=True)(function)


def inlined(function: Callable[P, R]) -> Dispatcher[Callable[P, R]]:
    """A piece that is copied into the kernels before compilation.

    LLVM then vectorises the loops around it: the moments of (x, y) ran twice as fast as with the same pieces as functions.
    """
    return njit(inline="always", error_model="numpy", nogil=True)(function)
