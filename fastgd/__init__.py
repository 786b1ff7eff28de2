"""Gradient descent for linear regression that cannot blow up, at the cost of one pass over the data.

>>> import fastgd
>>> result = fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8], learning_rate=0.1, max_iter=1000)
>>> round(result.slope, 6), result.converged
(1.9, False)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from fastgd import tutorial
from fastgd._version import __version__ as __version__
from fastgd.descent.run import Optimum
from fastgd.errors import ConvergenceWarning, DataError, FastGDError, Status, UnstableLearningRateError
from fastgd.fit import analyse, fit, load
from fastgd.moments.moments import Moments
from fastgd.result.fit_result import FitResult
from fastgd.result.inference import Inference
from fastgd.result.path import Path
from fastgd.result.stability import Stability
from fastgd.sources import CSV
from fastgd.tutorial import compute_error, gradient_descent, step_gradient
from fastgd.warm import warmup

if TYPE_CHECKING:
    from fastgd import dask, explorer, plot, sklearn
else:  # a type checker that sees this function takes any misspelt name for one of ours

    def __getattr__(name: str) -> object:
        """The guests, imported when asked for: each has a package of its own to look for."""
        if name in ("dask", "explorer", "plot", "sklearn"):
            return import_module(f"fastgd.{name}")
        raise AttributeError(f"module 'fastgd' has no attribute {name!r}")


__all__ = [
    "CSV",
    "ConvergenceWarning",
    "DataError",
    "FastGDError",
    "FitResult",
    "Inference",
    "Moments",
    "Optimum",
    "Path",
    "Stability",
    "Status",
    "UnstableLearningRateError",
    "analyse",
    "compute_error",
    "dask",
    "explorer",
    "fit",
    "gradient_descent",
    "load",
    "plot",
    "sklearn",
    "step_gradient",
    "tutorial",
    "warmup",
]


def __dir__() -> list[str]:
    return __all__
