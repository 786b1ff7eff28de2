"""The kernels with numba's checks of bounds, which production code lacks.

``NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=$(mktemp -d) pytest tests/test_bounds.py tests/test_moments.py ...``: a cache of its own,
as the checks are no part of the key under which numba keeps machine code. Without that, a run says nothing.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.skipif(os.environ.get("NUMBA_BOUNDSCHECK") != "1", reason="needs NUMBA_BOUNDSCHECK=1")


def third(values: np.ndarray) -> float:
    return values[2]


def test_the_checks_are_live() -> None:
    """A canary: compiled as all kernels are, it must not get away with it."""
    from fastgd.kernels._compile import IS_AHEAD, kernel

    assert not IS_AHEAD, "kernels compiled ahead of time are not checked"
    canary = kernel(third)
    assert canary(np.arange(3.0)) == 2.0
    with pytest.raises(IndexError, match="index is out of bounds"):
        canary(np.arange(2.0))


def test_the_cache_has_no_code_without_checks() -> None:
    folder = os.environ.get("NUMBA_CACHE_DIR")
    assert folder, "without a cache of its own, kernels without checks are loaded: set NUMBA_CACHE_DIR to an empty folder"
    from fastgd.kernels import pointwise

    assert Path(pointwise.descend.stats.cache_path).is_relative_to(folder)  # type: ignore[attr-defined]
