"""Compile every kernel ahead of time, so that no later process waits for it."""

from __future__ import annotations

import numpy as np

from fastgd.descent import rules
from fastgd.fit import analyse, fit
from fastgd.kernels.layout import BLOCK
from fastgd.moments import wide
from fastgd.moments.moments import Moments
from fastgd.sources.table import Table
from fastgd.tutorial import compute_error, gradient_descent


def warmup() -> None:
    """Compile the kernels, or load them from numba's disk cache: some seconds once, then a fraction of one.

    For images and serverless functions: run ``python -m fastgd warmup`` as the user that will run the program, with
    ``NUMBA_CACHE_DIR`` set to a folder that stays writable.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.warmup()
    """
    from fastgd.kernels import spectrum

    points = [(1.0, 2.0), (2.0, 4.0), (3.0, 5.0)]
    for slope in (0.0, [0.0]):
        compute_error(0.0, slope, points)
        gradient_descent(points, 0.0, slope, 0.01, 1)
    analyse(points)
    fit(points).path()
    fit(points, tol=0.5)
    fit(np.tile(points, (BLOCK, 1)))
    rows = np.array([(1.0, 2.0, 1.0), (2.0, 1.0, 4.0), (3.0, 4.0, 2.0), (4.0, 0.0, 3.0)])
    result = fit(rows, max_iter=1)
    result.path()
    problem, target, course, _ = result._parts
    rules.trace(problem, target, course.rows, np.ones((1, 3)))
    wide.solve(Table(rows), True)
    (Moments.from_arrays(rows[:2, :2], rows[:2, 2]) + Moments.from_arrays(rows[2:, :2], rows[2:, 2])).mean.sum()
    spectrum.straighten(np.zeros((1, 2, 2)))
    spectrum.multiply_rows(*np.zeros((3, 1, 2, 1)))
