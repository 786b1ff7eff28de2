"""Every error and warning by its whole text, and that no raise statement of the package goes without.

A text that ends in … is the beginning of the message: what follows is another library's wording.
"""

from __future__ import annotations

import ast
import gzip
import os
import pickle
import re
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import forging
import numpy as np
import pytest
import test_blocks
import test_frames

import fastgd
from fastgd.errors import spelling
from fastgd.request import Request
from fastgd.sources import Table
from fastgd.sources.columns import Columns, Wanted
from fastgd.sources.files.files import Files

Call = Callable[[], object]
DATA = Path(__file__).parent.parent / "data"

nan, inf = float("nan"), float("inf")
x, y = [1.0, 2.0, 3.0], [2.0, 4.0, 7.0]
P = [(1, 2), (2, 4)]
fit, analyse, from_arrays = fastgd.fit, fastgd.analyse, fastgd.Moments.from_arrays

FINITE = "every value must be a finite number"
CELL = f"{FINITE}; correct the cell or drop the row"
MISSING = f"{CELL}, e.g. with missing='drop'"
LOPSIDED = [6.2e246, 1.9e-153, 1.0, 3.0]
ROWS = "(rows count from 0)"
TOL = "it must be a number between 0 and 1, the share of the distance that may be left"
RATE = "it must be a positive, finite number; 'auto' finds the fastest"
SHAPE = "without a target it must be (n, p + 1), the target in the last column; or pass (x, y)"
WEIGHT = f"weights must be finite and not negative {ROWS}"
UTF8 = "is not UTF-8 text: save it as CSV in UTF-8, or if it is Parquet name it .parquet"
POWER = "is about 1e+400, which float64 cannot hold: divide"
NUMBER = "it must be a number that float64 can hold"
WHOLE = "it must be a whole number (an int)"


def shares(n: int, p: int) -> np.ndarray:
    """Columns that make up one together."""
    X = np.random.default_rng(0).integers(0, 2**20, (n, p)) * 2.0**-40
    X[:, 0] = 1.0 - X[:, 1:].sum(axis=1)
    return X


class Unreadable:
    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        raise ValueError("closed")


ARRAYS: list[tuple[Call, str]] = [
    # not finite
    (lambda: fit([1, nan, 3], y), f"nan in row 1, x: {MISSING} {ROWS}"),
    (lambda: fit(x, [1, -inf, 3]), f"-inf in row 1, the target y: {CELL} {ROWS}"),
    (lambda: fit([[1, 2], [nan, 3]]), f"nan in row 1, x: {MISSING} {ROWS}"),
    (lambda: fit([[1, 2], [3, inf]]), f"inf in row 1, the target y: {CELL} {ROWS}"),
    (lambda: analyse(np.array([1, 2, inf], np.float32), y), f"inf in row 2, x: {CELL} {ROWS}"),
    (lambda: from_arrays(x, [nan, 2, 3]), f"nan in row 0, the target y: {CELL} {ROWS}"),
    (lambda: fit(np.array([1, 2, np.longdouble("1e400")]), y), f"inf in row 2, x: {CELL} {ROWS}"),
    (lambda: fit(np.ma.array(x, mask=[0, 0, 1]), y), f"x is masked in row 2: {FINITE}; drop the row {ROWS}"),
    (
        lambda: fit(np.ma.array([[1, 2], [3, 4]], mask=[[0, 0], [0, 1]])),
        f"data is masked in row 1, column 1: {FINITE}; drop the row {ROWS}",
    ),
    (lambda: fit(np.ma.array(1.0, mask=True), y), f"x is masked throughout: {FINITE}; drop the row {ROWS}"),
    # no numbers
    (lambda: fit([1, "a", 3], y), f"x holds 'a' in row 1: a number is needed, not text {ROWS}"),
    (lambda: fit(x, ["1", "2", "3"]), f"y holds '1' in row 0: a number is needed, not text {ROWS}"),
    (lambda: fit([[1, 2], [3, "zz"]]), f"data holds 'zz' in row 1, column 1: a number is needed, not text {ROWS}"),
    (lambda: fit(np.array([b"1", b"2", b"3"]), y), f"x holds b'1' in row 0: a number is needed, not text {ROWS}"),
    (lambda: fit([1, None, 3], y), f"x holds None in row 1: a number is needed {ROWS}"),
    (lambda: fit(np.array([[1], 2, 3], dtype=object), y), f"x holds [1] in row 0: a number is needed {ROWS}"),
    (lambda: fit([1, 10**309, 3], y), f"x holds 1{'0' * 39} in row 1: it is too large for float64 {ROWS}"),
    (lambda: fit([1j, 2, 3], y), "x holds complex numbers: real numbers are needed"),
    (lambda: fit(np.zeros(3, "M8[s]"), y), "x holds dates: convert them to numbers first, e.g. seconds"),
    (lambda: fit(np.zeros(3, "m8[s]"), y), "x holds time spans: convert them to numbers first, e.g. seconds"),
    (lambda: fit(np.zeros(3, "V8")), "data holds values of type |V8: real numbers are needed"),
    (
        lambda: fit(np.zeros(3, [("a", float), ("b", float)])),
        "data is a structured array with fields a, b: pass two of them as (x, y)",
    ),
    (lambda: fit((v for v in x), y), "x of type generator cannot be read: pass an array, a list or a column"),
    (lambda: fit((x, None)), "y of type NoneType cannot be read: pass an array, a list or a column"),
    (lambda: fit(("a.csv", "price")), "x of type str cannot be read: pass an array, a list or a column"),
    # shapes
    (lambda: fit([1, 2], y), "x has 2 rows and y has 3: each x needs its y"),
    (lambda: fit(3, y), "x is one value, 3: an array, a list or a column is needed"),
    (lambda: fit(x, 1), "y is one value, 1: one number a row of x is needed, or in a frame or file the target's name"),
    (lambda: fit(np.zeros((3, 1, 1)), y), "x has shape (3, 1, 1): it must be (n,), or (n, p) with one column a feature"),
    (lambda: fit(np.zeros((3, 0)), y), "x has shape (3, 0): at least one feature column is needed"),
    (lambda: fit(x, np.zeros((3, 2))), "y has shape (3, 2): it must be (n,), one number a row of x"),
    (lambda: fit([], []), "no rows: x and y are empty; at least one is needed"),
    (lambda: fit([]), "no rows: the data are empty; at least one point is needed"),
    (lambda: fit(np.zeros((0, 2))), "no rows: the data are empty; at least one point is needed"),
    (lambda: fit(np.array(1.0)), f"data has shape (): {SHAPE}"),
    (lambda: fit(np.zeros(3)), f"data has shape (3,): {SHAPE}"),
    (lambda: fit(np.zeros((3, 1))), f"data has shape (3, 1): {SHAPE}"),
    (lambda: fit(np.zeros((1, 3, 2))), f"data has shape (1, 3, 2): {SHAPE}"),
    (
        lambda: fit([[1, 2], [3, 4], [5]]),
        f"data holds a list of 1 in row 2 and a list of 2 in row 0: all rows must be equally long {ROWS}",
    ),
    (
        lambda: fit([1, [2, 3], 4], y),
        f"x holds a list of 2 in row 1 and one number in row 0: all rows must be equally long {ROWS}",
    ),
    (lambda: fit([[[1], [2, 3]]]), "data is not a table of numbers: …"),
    (lambda: fit(Unreadable(), y), "x is not a table of numbers: closed"),
    # names where there are none, other types
    (lambda: fit(np.zeros((3, 2)), "b"), "the target 'b' is a column name, and arrays have none: pass (x, y)"),
    (
        lambda: fit(np.zeros((3, 2)), features=["a"]),
        "features picks columns by name, but arrays have no names: pass the columns themselves",
    ),
    (lambda: fit(x, y, features=["a"]), "features picks columns by name, but arrays have no names: pass the columns themselves"),
    (
        lambda: fit({"a": x, "b": y}, "b"),
        "data of type dict cannot be read: pass (x, y), an array, a list of rows, a frame or a path",
    ),
    (lambda: fit(None), "data of type NoneType cannot be read: pass (x, y), an array, a list of rows, a frame or a path"),
    # several features
    # weights
    (lambda: fit(x, y, sample_weight=[1, -1, 1]), f"sample_weight is -1.0 in row 1: {WEIGHT}"),
    (lambda: analyse(x, y, sample_weight=[1, 1, nan]), f"sample_weight is nan in row 2: {WEIGHT}"),
    (lambda: from_arrays(x, y, [inf, 1, 1]), f"sample_weight is inf in row 0: {WEIGHT}"),
    (lambda: fit(x, y, sample_weight=[0, 0, 0]), "sample_weight is zero in every row: at least one row must count"),
    (lambda: fit(x, y, sample_weight=[1, 1]), "sample_weight has shape (2,) for 3 rows: one weight a row is needed"),
    (lambda: fit(x, y, sample_weight=np.ones((3, 1))), "sample_weight has shape (3, 1) for 3 rows: one weight a row is needed"),
    (
        lambda: fit(x, y, sample_weight="w"),
        "sample_weight='w': arrays have no column names, pass the weights themselves",
    ),
]



def with_another_solution() -> fastgd.Moments:
    """Moments beside whose sums stands a solution, as of many features, that cannot be theirs."""
    header, arrays = forging.opened(fit([[1, 2], [2, 1], [4, 4]], y).moments.to_bytes())
    theta = np.array([[0.0, 1e300, 0.0], [0.0, 0.0, 0.0]])
    return fastgd.Moments.from_bytes(forging.closed(header | {"solution": [True, 0.0]}, [*arrays, theta]))


ARGUMENTS: list[tuple[Call, str]] = [
    (lambda: Request(penalty=object()).to_dict(), "a run with a penalty, or by another rule than plain descent, cannot be saved"),
    (lambda: fit(x, y).factors(0.5), "k=0.5: iterations are whole numbers, 0 or more"),
    (lambda: fit(x, y).factors([1, -1]), "k=[1, -1]: iterations are whole numbers, 0 or more"),
    (lambda: fit(x, y).excess([1.0, 2.0, 3.0]), "theta has shape (3,): it must hold the intercept and 1 coefficient"),
    (lambda: fit([[1, 2], [2, 1], [3, 5]], y).excess(1.0), "theta has shape (): it must hold the intercept and 2 coefficients"),
    (
        lambda: fit(with_another_solution()),
        "these moments hold a solution that is not theirs: it was changed, or its sums were",
    ),
    (lambda: fit(x, y, learning_rate=0), f"learning_rate=0: {RATE}"),
    (lambda: fit(x, y, learning_rate=-0.5), f"learning_rate=-0.5: {RATE}"),
    (lambda: fit(x, y, learning_rate=nan), f"learning_rate=nan: {RATE}"),
    (lambda: fit(x, y, learning_rate=inf), f"learning_rate=inf: {RATE}"),
    (lambda: fit(x, y, learning_rate="fast"), f"learning_rate='fast': {RATE}"),
    (lambda: fit(x, y, learning_rate="0.1"), f"learning_rate='0.1': {RATE}"),
    (lambda: fit(x, y, learning_rate=None), f"learning_rate=None: {RATE}"),
    (lambda: fit(x, y, learning_rate=10**400), f"learning_rate=1{'0' * 59}: {RATE}"),
    (lambda: fit(x, y, learning_rate=np.array([0.1, 0.2])), f"learning_rate=array([0.1, 0.2]): {RATE}"),
    (lambda: fit(x, y, max_iter=-1), "max_iter=-1: it must not be negative"),
    (lambda: fit(x, y, max_iter=10**4000), f"max_iter=1{'0' * 59}: it must be below 10**4000"),
    (lambda: fit(x, y, max_iter=1.5), "max_iter=1.5: it must be a whole number (an int), or None for the limit point"),
    (lambda: fit(x, y, max_iter="5"), "max_iter='5': it must be a whole number (an int), or None for the limit point"),
    (lambda: fit(x, y, max_iter=True), "max_iter=True: it must be a whole number (an int), or None for the limit point"),
    (lambda: fit(x, y, standardize="yes"), "standardize='yes': pass True or False"),
    (lambda: fit(x, y, fit_intercept=None), "fit_intercept=None: pass True or False"),
    (lambda: analyse(x, y, standardize=2), "standardize=2: pass True or False"),
    (lambda: fit(x, y, tol=0), f"tol=0: {TOL}"),
    (lambda: fit(x, y, tol=1.0), f"tol=1.0: {TOL}"),
    (lambda: fit(x, y, tol=nan), f"tol=nan: {TOL}"),
    (lambda: fit(x, y, tol="1e-6"), f"tol='1e-6': {TOL}"),
    (lambda: fit(x, y, start=[1]), "start=[1]: it must hold 2 numbers, (intercept, slope)"),
    (lambda: fit(x, y, start=[[1, 2]]), "start=[[1, 2]]: it must have one dimension, a number for each parameter"),
    (
        lambda: fit(x, y, start=[1, 2], fit_intercept=False),
        "start=[1, 2]: it must hold 1 number, (slope,), without an intercept",
    ),
    (lambda: fit(x, y, start=[1, "a"]), f"start holds 'a' in row 1: a number is needed, not text {ROWS}"),
    (lambda: fit(x, y, start=[1, inf]), "start=[1, inf]: each number must be finite and below 1e290"),
    (lambda: fit(x, y, start=[nan, 1]), "start=[nan, 1]: each number must be finite and below 1e290"),
    (lambda: fit(x, y, unstable="warn"), "unstable='warn': pass 'raise' or 'run'"),
    (
        lambda: fit(from_arrays(x, y), sample_weight=[1, 1, 1]),
        "data are Moments: target, features and weights were decided when they were made",
    ),
    (lambda: analyse(from_arrays(x, y), "y"), "data are Moments: target, features and weights were decided when they were made"),
    (
        lambda: fit([1e-300, 2e-300, 4e-300], [1e300, 2e300, 5e300]),
        "the coefficients exceed float64 (intercept -5e+299, x inf): scale the columns or the start",
    ),
    (
        lambda: fit([1.0], [1.0], fit_intercept=False, learning_rate=1.0, unstable="run"),
        "learning_rate=1.0 is so close to the limit that descent neither settles nor overflows: pass max_iter",
    ),
    (
        lambda: fit([1e-5, 2e-5], y[:2], learning_rate=1e-300, tol=1e-6),
        "learning_rate=1e-300 is so small that the tolerance 1e-06 takes more iterations than float64 can count: "
        "pass a larger rate, or max_iter",
    ),
    (
        lambda: from_arrays([1e200, -1e200], [1, 2]).covariance,
        "a variance exceeds float64: divide the column by a power of two and ask again",
    ),
    (lambda: analyse([1e200, -1e200], [1, 2]).eigenvalues, f"the largest eigenvalue {POWER} x by a power of two"),
    (
        lambda: analyse([1e-200, 2e-200], [1, 2]).eigenvalues,
        "an eigenvalue is about 1e-400, which float64 cannot hold: divide x by a power of two",
    ),
    (
        lambda: analyse(np.eye(3) * [1.0, 1e-200, 1.0], [1, 2, 3], fit_intercept=False).eigenvalues,
        "an eigenvalue is about 1e-400, which float64 cannot hold: divide the smallest column by a power of two",
    ),
    (
        lambda: analyse([1e200, -1e200], [1, 2]).best_learning_rate,
        "the best rate is about 1e-400, which float64 cannot hold: divide x by a power of two",
    ),
    (lambda: analyse([1e200, -1e200], [1, 2]).condition, f"the condition number {POWER} x by a power of two"),
    (lambda: fit([1, 2, 3], [1e200, -1e200, 1e200]).error, f"the mean squared error {POWER} y by a power of two"),
    (
        lambda: fit([1e9, 2e9, 3e9], [1.7e308, -1.7e308, 1.7e308], fit_intercept=False).inference(),
        "the residual standard deviation is about 1e+308, which float64 cannot hold: divide the target by a power of two",
    ),
    (
        lambda: analyse([1e-200, 2e-200], [1, 2], fit_intercept=False).max_learning_rate,
        f"the largest stable rate {POWER} x by a power of two",
    ),
    (lambda: analyse(x, y).is_stable("a"), f"learning_rate='a': {NUMBER}"),
    (lambda: analyse(x, y).overflow_iteration("a"), f"learning_rate='a': {RATE}"),
    (lambda: analyse(x, y).iterations("a"), f"tol='a': {TOL}"),
    (lambda: analyse(x, y).iterations(1e-6, nan), f"learning_rate=nan: {RATE}"),
    (lambda: fit(x, y).iterations_to(0), f"tol=0: {TOL}"),
    (lambda: fit(x, y).predict(5), "X has shape (): one feature was fitted, so (n,) or (n, 1) is needed"),
    (lambda: fit(x, y).predict([[1, 2]]), "X has shape (1, 2): one feature was fitted, so (n,) or (n, 1) is needed"),
    (lambda: fit(x, y).predict([1, nan]), f"X is nan in row 1: {FINITE} {ROWS}"),
    (lambda: fit(np.eye(3), y).predict([1, 2, 3]), "X has shape (3,): 3 features were fitted, so (n, 3) is needed"),
    (lambda: fit(np.eye(3), y).predict([[0, 0, 0], [1, inf, 0]]), f"X is inf in row 1, column 1: {FINITE} {ROWS}"),
    (
        lambda: fit(np.eye(3), y).predict([[1e308, 1e308, 1e308]]),
        f"X is of finite numbers in row 0: its prediction exceeds float64 {ROWS}",
    ),
    (
        lambda: fit(np.eye(3) * [1e300, 1e-300, 1.0], y, max_iter=1, fit_intercept=False),
        "the columns differ in size by a factor of about 1e600, too much for descent in the data's own coordinates: "
        "pass standardize=True, or multiply columns by powers of two",
    ),
    (
        lambda: analyse([[1e-28, 9.5e218], [1e-28, 7.8e228], [9.5e-76, 1e-153], [3, 9]], [0] * 4, sample_weight=LOPSIDED),
        "the columns, or the weights, differ in size so much that a direction of the descent is lost to float64: "
        "multiply columns by powers of two, or leave out rows whose weight is next to nothing",
    ),
    (
        lambda: fit(fit(shares(30_000, 40), np.arange(30_000) % 7, fit_intercept=False).moments),
        "these moments have the 16 digits of a fit of many features to the limit point, too few for this question: the "
        "columns depend on each other too strongly for it; make the moments by Moments.from_arrays",
    ),
    (lambda: fit(np.eye(3), y).slope, "slope: 3 features were fitted, and each has a coefficient, in .coef"),
    (lambda: fit(np.eye(3), y, start=[1, 2]), "start=[1, 2]: it must hold 4 numbers, (intercept, 3 coefficients)"),
    (lambda: fit(x, y).predict([1.7e308]), f"X is 1.7e+308 in row 0: its prediction exceeds float64 {ROWS}"),
    (lambda: fit(x, y).predict(["a"]), f"X holds 'a' in row 0: a number is needed, not text {ROWS}"),
    (lambda: fit(x, y).score([1, 2], [1]), "x has 2 rows and y has 1: each x needs its y"),
    (lambda: fit(x, y).score([1, 2], [1, nan]), f"nan in row 1, the target y: {CELL} {ROWS}"),
    (
        lambda: fit(x, y).explore("page.html", type("Array", (), {"__module__": "dask.array"})()),
        "the data are a Dask collection: pass rows in memory or files to explore, or no data",
    ),
    (lambda: fit(x, y).factors(-1), "k=-1: iterations are whole numbers, 0 or more"),
    (lambda: fit(x, y).excess([1, 2, 3]), "theta has shape (3,): it must hold the intercept and 1 coefficient"),
    (lambda: fit(fastgd.Moments()), "no rows: these moments are empty; at least one row is needed"),
    (lambda: fit(x, y, n_jobs=0), "n_jobs=0: pass 1 or more threads, or -1 for all processors"),
    (lambda: fit(x, y, n_jobs=0.5), f"n_jobs=0.5: {WHOLE} of threads, or -1 for all processors"),
    (
        lambda: fit(x, y, n_jobs=2, progress="yes"),
        "progress='yes': pass True, False or a function of the rows read and their share of all",
    ),
    (lambda: fit(x, y, missing="keep"), "missing='keep': pass 'raise' or 'drop'"),
    (lambda: fit(x, y).path(every=1, at=[1]), "path(every=…, at=…): pass one of the two"),
    (lambda: fit(x, y).path(every=0), "every=0: it must be at least 1"),
    (lambda: fit(x, y).path(every=1.5), f"every=1.5: {WHOLE}"),
    (lambda: fit(x, y).path(at=5), "at=5: pass a list of iterations, at=[5]"),
    (lambda: fit(x, y).path(at=[2**63]), "at=9223372036854775808: it must be below 2**63"),
    (
        lambda: fit(x, y, max_iter=10**9).path(every=1),
        "path(every=1) would have 1000000001 rows: the most is 10000000; pass a larger step, or the iterations by at=",
    ),
    (
        lambda: fit(x, y, learning_rate=1, unstable="run").path(at=[0, 10**6]),
        "iteration 1000000 cannot be shown: its coefficients or its error exceed float64; ask for fewer iterations",
    ),
]

ROWS_NEEDED = "rows (x, y) are needed, shape (n, 2), or of p features (n, p + 1)"
COEFFICIENTS = "it must be one number, or one-dimensional, a coefficient for each feature"
LAST, EACH = "the last column being the target", "one for each other column"
TUTORIAL: list[tuple[Call, str]] = [
    (lambda: fastgd.compute_error("a", 1, P), f"b='a': {NUMBER}"),
    (lambda: fastgd.compute_error(0, None, P), f"m=None: {NUMBER}"),
    (lambda: fastgd.step_gradient(0, 0, P, "a"), f"learning_rate='a': {NUMBER}"),
    (lambda: fastgd.gradient_descent(P, 10**400, 0, 0.1, 1), f"b=1{'0' * 59}: {NUMBER}"),
    (lambda: fastgd.gradient_descent(P, 0, 0, 0.1, 1.5), "num_iterations=1.5: it must be a whole number (an int)"),
    (lambda: fastgd.gradient_descent(P, 0, 0, 0.1, -1), "num_iterations=-1: it must not be negative"),
    (lambda: fastgd.compute_error(0, 1, []), "no rows: points is empty; at least one point is needed"),
    (lambda: fastgd.compute_error(0, 1, np.zeros((0, 2))), "no rows: points is empty; at least one point is needed"),
    (lambda: fastgd.gradient_descent([1, 2], 0, 0, 0.1, 1), f"points has shape (2,): {ROWS_NEEDED}"),
    (lambda: fastgd.compute_error(0, [1, 2], [[1], [2]]), f"points has shape (2, 1): {ROWS_NEEDED}"),
    (
        lambda: fastgd.step_gradient(0, 0, [(1, 2, 3)], 0.1),
        f"m is one number and points has shape (1, 3): {LAST}, m must hold 2 coefficients, {EACH}",
    ),
    (
        lambda: fastgd.compute_error(0, [1, 2, 3], np.ones((5, 3))),
        f"m has shape (3,) and points has shape (5, 3): {LAST}, m must hold 2 coefficients, {EACH}",
    ),
    (
        lambda: fastgd.gradient_descent(P, 0, [1, 2], 0.1, 1),
        f"m has shape (2,) and points has shape (2, 2): {LAST}, m must hold 1 coefficient, {EACH}",
    ),
    (lambda: fastgd.compute_error(0, [[1, 2]], np.ones((5, 3))), f"m has shape (1, 2): {COEFFICIENTS}"),
    (lambda: fastgd.compute_error(0, [], np.ones((5, 1))), f"m has shape (0,): {COEFFICIENTS}"),
    (lambda: fastgd.compute_error(0, "ab", np.ones((5, 3))), f"m='ab': {NUMBER}"),
    (lambda: fastgd.compute_error(0, [1, "a"], np.ones((5, 3))), f"m holds 'a' in row 1: a number is needed, not text {ROWS}"),
    (
        lambda: fastgd.compute_error(0, [[1, 2], [3]], np.ones((5, 3))),
        f"m holds a list of 1 in row 1 and a list of 2 in row 0: all rows must be equally long {ROWS}",
    ),
    (lambda: fastgd.compute_error([[1], [2, 3]], 0, P), f"b=[[1], [2, 3]]: {NUMBER}"),
    (lambda: fastgd.compute_error(0, [1, 1], [(1, 2, 3), (1, nan, 4)]), f"nan in row 1, x[:, 1]: {CELL} {ROWS}"),
    (lambda: fastgd.gradient_descent([(1, 2, inf)], 0, [0, 0], 0.1, 3), f"inf in row 0, the target y: {CELL} {ROWS}"),
    (lambda: fastgd.compute_error(0, 1, [(1, 2), (nan, 4)]), f"nan in row 1, x: {CELL} {ROWS}"),
    (lambda: fastgd.gradient_descent([(1, inf)], 0, 0, 0.1, 3), f"inf in row 0, the target y: {CELL} {ROWS}"),
    (lambda: fastgd.compute_error(0, 1, [(1, "a")]), f"points holds 'a' in row 0, column 1: a number is needed, not text {ROWS}"),
]

PLAIN = "a,b\n1,2\n2,4\n3,7\n"
DAYS = "holds dates or times (Date): convert them to numbers first, e.g. seconds"
ONE_COLUMN = (
    "feature and target are needed, separated by a comma, semicolon, tab or |, or by what delimiter says"
)
DECIMAL_COMMA = "has a decimal comma: write decimal points, or pass a frame, pandas.read_csv(path, sep=';', decimal=',')"
FILES: list[tuple[str, str | bytes, dict[str, Any], str]] = [
    ("f.csv", "", {}, "{path} is empty: at least one row is needed"),
    ("f.csv", "\n\n", {}, "{path} is empty: at least one row is needed"),
    ("f.csv", "a,b\n", {}, "no rows: {path} holds column names only; at least one row is needed"),
    ("f.csv", "a,b", {}, "no rows: {path} holds column names only; at least one row is needed"),
    ("f.csv", "area,price\n1,2\n", {"target": "prise"}, "no column 'prise' in {path}: did you mean 'price'?"),
    (
        "f.csv",
        "area,price\n1,2\n",
        {"target": "price", "features": ["aera"]},
        "no column 'aera' in {path}: did you mean 'area'?",
    ),
    ("f.csv", PLAIN, {"target": "zzz"}, "no column 'zzz' in {path}: it has 'a', 'b'"),
    (
        "f.csv",
        ",".join(f"c{i:02}" for i in range(14)) + "\n" + ",".join("1" * 14),
        {"target": "zzz"},
        "no column 'zzz' in {path}: it has " + ", ".join(f"'c{i:02}'" for i in range(12)) + " and 2 more",
    ),
    ("f.csv", PLAIN, {"features": "a"}, "features='a': pass a list of column names, features=['a']"),
    ("f.csv", PLAIN, {"features": 0}, "features=0: pass a list of column names"),
    ("f.csv", PLAIN, {"features": [0]}, "no column 0 in {path}: it has 'a', 'b'"),
    ("f.csv", PLAIN, {"features": ["a", "a"]}, "features=['a', 'a'] names 'a' twice: name each column once"),
    ("f.csv", PLAIN, {"features": []}, "no feature columns: {path} holds only the target 'b'"),
    ("f.csv", PLAIN, {"features": ["a", "b"]}, "the target 'b' is among the features: a column can explain another, not itself"),
    ("f.csv", PLAIN, {"target": [1, 2, 3]}, "the target of {path} must be a column name, not list"),
    ("f.csv", "a,b\n1,2\nabc,4\n", {}, "text 'abc' in line 3 of {path}, column 'a': " + CELL),
    ("f.csv", "a,b\n1,2\n1_0,4\n", {}, "text '1_0' in line 3 of {path}, column 'a': " + CELL),
    ("f.csv", "a,b\n1,2\n2,NA\n", {}, "text 'NA' in line 3 of {path}, the target 'b': " + CELL),
    ("f.csv", "a,b\n1,2\n2,nan\n", {}, "nan in line 3 of {path}, the target 'b': " + MISSING),
    ("f.csv", "a,b\n1,2\ninf,3\n", {}, "inf in line 3 of {path}, column 'a': " + CELL),
    ("f.csv", "a,b\n1,2\n,4\n", {}, "empty cell in line 3 of {path}, column 'a': " + MISSING),
    ("f.csv", "a,b\n1,2\n,4\nu,5\n", {}, "empty cell in line 3 of {path}, column 'a': " + MISSING),
    ("f.csv", b"a,b\n1,2\ncaf\xe9,4\n", {}, "text 'caf\ufffd' in line 3 of {path}, column 'a': " + CELL),
    ("f.csv", "a,b\n2020-01-01,2\n2020-01-02,4\n", {}, "column 'a' of {path} " + DAYS),
    ("f.csv", "a,b\n1,2\n2,4,5\n", {}, "3 cells in line 3 of {path} where line 1 has 2: every line needs as many"),
    ("f.csv", "1,2\n\n2\n", {}, "1 cell in line 3 of {path} where line 1 has 2: every line needs as many"),
    ("f.csv", "a\n1\n", {}, "{path} has one column, 'a': " + ONE_COLUMN),
    ("f.csv", "a:b\n1:2\n", {}, "{path} has one column, 'a:b': " + ONE_COLUMN),
    ("f.csv", "a;b\n1,5;2\n", {}, "'1,5' in line 2 of {path} " + DECIMAL_COMMA),
    ("f.csv", "a;b\n1;2\n3;2,5\n", {}, "'2,5' in line 3 of {path} " + DECIMAL_COMMA),
    ("f.csv", "1,5;2,5\n2,5;3,5\n", {}, "'2,5' in line 2 of {path} " + DECIMAL_COMMA),
    ("f.csv", 's,a,b\nq,1,2\n"r,3,4\ns,5,6\n', {"target": "b"}, "the quote in line 3 of {path} is not closed …"),
    ("f.csv", 's,a,b\n"q,1,2\nr,3,4\n"s",5,6\n', {}, "text follows a closing quote in line 4 of {path}: …"),
    ("f.csv", "s,a\n" + "1" * (1 << 26), {}, "{path} cannot be read: field larger than field limit (131072)"),
    ("f.csv", "a,b\n1,2\n3,4\n" + "1" * (1 << 26), {}, "the row that begins in line 4 of {path} is longer than 32 MiB: …"),
    ("f.csv", "a,a\n1,2\n", {}, "{path} has two columns named 'a': rename one"),
    ("f.csv", ",a,b\n0,1,2\n", {}, "column 1 of 3 in {path} has no name: give it one, or pick others by name"),
    ("f.csv", PLAIN.encode("utf-16"), {}, "{path} " + UTF8),
    ("f.csv", gzip.compress(b"1", mtime=0), {}, "{path} " + UTF8),
    ("f.csv", "a,b\n" + "1" * 200_000, {}, "{path} cannot be read: field larger than field limit (131072)"),
    ("f.csv.gz", gzip.compress(b"a,b\n1,2\nq,4\n", mtime=0), {}, "text 'q' in line 3 of {path}, column 'a': " + CELL),
    ("f.csv.gz", PLAIN, {}, "{path} cannot be read: …"),
    ("f.csv.gz", gzip.compress(PLAIN.encode(), mtime=0)[:-9], {}, "{path} cannot be read: …"),
    ("f.parquet", PLAIN, {}, "{path} is not a whole Parquet file: …"),
    ("f.pq", "", {}, "{path} is empty: at least one row is needed"),
]


GZIPPED = gzip.compress(PLAIN.encode(), mtime=0)
SEVERAL: list[tuple[list[tuple[str, str | bytes]] | str, dict[str, Any], str]] = [
    ([], {}, "no files: the list is empty"),
    ("part-*.csv", {}, "no file matches '{folder}/part-*.csv' (looked in …"),
    (
        [("1.csv", PLAIN), ("2.csv", PLAIN), ("3.csv", "a,c\n1,2\n")],
        {},
        "no column 'b' in {folder}/3.csv, which {folder}/1.csv has: it has 'a', 'c'",
    ),
    ([("1.csv", PLAIN), ("2.csv", "")], {}, "{folder}/2.csv is empty: at least one row is needed"),
    ([("1.csv", PLAIN), ("2.csv", "a,b\n")], {}, "no rows: {folder}/2.csv holds column names only; at least one row is needed"),
    ([("1.csv", PLAIN), ("2.csv", "a,b,b\n1,2,3")], {}, "{folder}/2.csv has two columns named 'b': rename one"),
    ([("1.csv", "1,2\n"), ("2.csv", "1,2,3\n")], {}, "{folder}/2.csv has 3 columns, and {folder}/1.csv has 2: …"),
    ([("1.csv", PLAIN), ("2.csv", "b,a\n1,2\n3,q\n")], {}, "text 'q' in line 3 of {folder}/2.csv, column 'a': " + CELL),
    ([("1.csv", PLAIN), ("2.csv", "a,b\ntrue,2\n")], {}, "text 'true' in line 2 of {folder}/2.csv, column 'a': " + CELL),
    ([("1.csv", PLAIN), ("2.csv.gz", GZIPPED[:-9])], {}, "{folder}/2.csv.gz cannot be read: …"),
    ([("1.csv", PLAIN), ("2.parquet", PLAIN)], {}, "{folder}/2.parquet is not a whole Parquet file: …"),
    ([("1.csv", PLAIN), ("2.csv", "a;b\n1;2\n")], {}, "{folder}/2.csv has one column, 'a;b': …"),
    ([("1.csv", PLAIN)], {"delimiter": "::"}, "delimiter='::': pass the one character that separates cells, as ';' or '\\t'"),
    ([("1.csv", PLAIN)], {"header": 0}, "header=0: pass True or False"),
    ([("1.csv", PLAIN)], {"header": False}, "text 'a' in line 1 of {folder}/1.csv, column 'x': " + FINITE + "; leave …"),
    ([("1.csv", PLAIN), ("null", "")], {}, "/dev/null is a pipe or a device: it can be read only as the first of the files"),
]


def several(folder: Path, data: list[tuple[str, str | bytes]] | str, **options: Any) -> list[Table]:
    """All tables of files, or of a pattern."""
    if isinstance(data, str):
        paths: Any = f"{folder}/{data}"
    else:
        paths = ["/dev/null" if name == "null" else write(folder, name, content) for name, content in data]
    files = Files([fastgd.CSV(paths[0], **options), *paths[1:]] if options else paths)
    return [table for table, _ in files.tables(Columns.choose(files.names, Wanted(), files.path))]


def beginning(value: object) -> str | None:
    """A name for a test, in ASCII: mutmut compares names with those that pytest prints."""
    return value.encode("ascii", "ignore").decode() if isinstance(value, str) else None


@pytest.mark.parametrize(("data", "options", "text"), SEVERAL, ids=beginning)
def test_text_of_several_files(
    tmp_path: Path, data: list[tuple[str, str | bytes]] | str, options: dict[str, Any], text: str
) -> None:
    pytest.importorskip("pyarrow", reason="reading files needs pyarrow")
    check(lambda: several(tmp_path, data, **options), text.replace("{folder}", str(tmp_path)))


def load(name: str) -> np.ndarray:
    return np.loadtxt(DATA / name, delimiter=",", skiprows=1)


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def caught(call: Call) -> fastgd.DataError:
    with pytest.raises(fastgd.DataError) as info:
        call()
    assert isinstance(info.value, fastgd.FastGDError) and isinstance(info.value, ValueError)
    return info.value


def check(call: Call, text: str) -> None:
    message = str(caught(call))
    if text.endswith("…"):
        assert message.startswith(text[:-1])
    else:
        assert message == text


@pytest.mark.parametrize(("call", "text"), ARRAYS + ARGUMENTS + TUTORIAL, ids=beginning)
def test_text(call: Call, text: str) -> None:
    check(call, text)


@pytest.mark.parametrize(("name", "content", "options", "text"), FILES, ids=beginning)
def test_text_of_files(tmp_path: Path, name: str, content: str | bytes, options: dict[str, Any], text: str) -> None:
    pytest.importorskip("pyarrow", reason="reading files needs pyarrow")
    path = write(tmp_path, name, content)
    check(lambda: fit(path, **options), text.replace("{path}", str(path)))


def test_missing_file_and_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    check(lambda: fit("nope.csv"), f"no file 'nope.csv' (looked in {Path.cwd()})")
    check(lambda: fit(tmp_path), f"{tmp_path} is a folder: name a CSV or Parquet file in it")


def test_missing_pyarrow_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "f.csv", PLAIN)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError) as info:
        fit(path)
    assert str(info.value) == "reading files needs pyarrow, which is not installed: pip install 'fastgd[files]'"


def frames() -> list[tuple[Call, str]]:
    pd = pytest.importorskip("pandas", reason="errors of frames are tested on pandas")
    ab = pd.DataFrame({"a": x, "b": y})
    cell, missing = (f"column 'a': {text} {ROWS}" for text in (CELL, MISSING))

    def a(values: Any) -> Any:
        return pd.DataFrame({"a": values, "b": y})

    return [
        (lambda: fit(ab), "a frame needs a target: name one of its columns, 'a', 'b'"),
        (lambda: fit(ab[:0], "b"), "no rows: the frame holds column names only; at least one row is needed"),
        (lambda: fit(pd.DataFrame(), "b"), "the frame has no columns: a feature and a target are needed"),
        (lambda: fit(a([1.0, b"caf\xe9", 3.0]), "b"), f"text 'caf\ufffd' in row 1, {cell}"),
        (lambda: fit(ab, "b").score(ab[["a"]], pd.Series([1, nan, 2])), f"missing value in row 1, the target y: {CELL} {ROWS}"),
        (lambda: fit(ab, "b ~ a", sample_weight=[1, nan, 1]), f"the weight 'sample_weight' is nan in row 1: {WEIGHT}"),
        (lambda: fit(ab, "B"), "no column 'B' in the frame: it has 'a', 'b'"),
        (
            lambda: fit(pd.DataFrame({0: x, 1: y}), "1"),
            "the frame has the column name 0, which is not text: rename the columns, or pass arrays (x, y)",
        ),
        (lambda: fit(pd.DataFrame([[1, 2]], columns=["a", "a"]), "a"), "the frame has two columns of one name: rename one …"),
        (lambda: fit(a([1, nan, 3]), "b"), f"missing value in row 1, {missing}"),
        (lambda: fit(a(pd.array([1, None, 3], "Int64")), "b"), f"missing value in row 1, {missing}"),
        (lambda: fit(a([1, inf, 3]), "b"), f"inf in row 1, {cell}"),
        (lambda: fit(a([1, "q", 3]), "b"), f"text 'q' in row 1, {cell}"),
        (lambda: fit(a([1, [2], 3]), "b"), f"[2] in row 1, {cell}"),
        (
            lambda: fit(a([1, "2", 3]), "b"),
            f"column 'a' holds numbers as text, '2' in row 1: convert the column to numbers first {ROWS}",
        ),
        (
            lambda: fit(a(pd.date_range("2020-01-01", periods=3, unit="us")), "b"),
            "column 'a' holds dates or times (Datetime(time_unit='us', time_zone=None)): "
            "convert them to numbers first, e.g. seconds",
        ),
        (lambda: fit(ab["a"]), f"data has shape (3,): {SHAPE}"),
        (
            lambda: fit(ab["a"], "b"),
            "data of type Series are not a frame and have no column 'b': pass (x, y), or a pandas, Polars or PyArrow table",
        ),
        (lambda: fit(ab[["a"]], ab), "y is a frame of 2 columns, 'a', 'b': pass one of them"),
        (lambda: fit(ab[["a"]], y[:2]), "x has 3 rows and y has 2: each x needs its y"),
        (lambda: fit(ab[["a"]], pd.Series([1, nan, 2], name="b")), f"missing value in row 1, the target 'b': {MISSING} {ROWS}"),
        (lambda: fit(x, pd.Series([1, nan, 2])), f"missing value in row 1, the target y: {MISSING} {ROWS}"),
        (lambda: fit(ab, ab["b"], features=["c"]), "no column 'c' in x: it has 'a', 'b'"),
        (
            lambda: fit(ab["a"], ab["b"], features=["a"]),
            "features picks columns by name, but x is not a frame: pass the columns themselves",
        ),
        (lambda: fit(a(pd.Categorical([(1,), (2,), (1,)])), "b ~ C(a)"), "(1,) is not a level: levels are text or numbers"),
        (
            lambda: fit(a([1, 2, 2]), "b ~ C(a.astype(object).where(a > 1, 'x'))"),
            "levels must be all text or all numbers, not …",
        ),
        (lambda: fit(ab[["a"]], np.zeros((3, 2))), "y has shape (3, 2): it must be (n,), one number a row of x"),
    ]


def test_text_of_frames() -> None:
    for call, text in frames():
        check(call, text)


OURS = r"DataError|argument_error|exceeds_float64|_no_rows"


def test_every_raise_is_in_a_table(tmp_path: Path) -> None:
    """The last line of fastgd in each error's traceback is its raise statement: none may be left over."""
    pytest.importorskip("pyarrow", reason="reading files needs pyarrow")
    calls = [call for call, _ in ARRAYS + ARGUMENTS + TUTORIAL + frames() + test_frames.errors() + test_blocks.ERRORS]
    for i, (name, content, options, _) in enumerate(FILES):
        path = write(tmp_path, f"{i}{name}", content)
        calls.append(lambda path=path, options=options: fit(path, **options))
    calls += [lambda path=path: fit(path) for path in (tmp_path / "nope.csv", tmp_path, os.devnull)]
    calls.append(lambda: fastgd.load(tmp_path / "nope.json"))
    from pyarrow import parquet, table

    parquet.write_table(table({"a": [], "b": []}), tmp_path / "no_rows.parquet")
    calls.append(lambda: fit(tmp_path / "no_rows.parquet"))
    calls += [lambda data=data, options=options: several(tmp_path, data, **options) for data, options, _ in SEVERAL]
    package = Path(fastgd.__file__).parent
    reached = set()
    for call in calls:
        frames_of_ours = [f for f in traceback.extract_tb(caught(call).__traceback__) if package in Path(f.filename).parents]
        reached.add((Path(frames_of_ours[-1].filename), frames_of_ours[-1].lineno))
    missed = [name for name in CHECKED if not any(package.glob(name))]
    for file in (p for name in CHECKED for p in sorted(package.glob(name))):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise) and node.exc is not None and re.search(OURS, ast.unparse(node.exc)):
                lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
                if not any((file, line) in reached for line in lines):
                    missed.append(f"{file.relative_to(package)}:{node.lineno}")
    assert missed == []


CHECKED = ["arguments.py", "fit.py", "request.py", "tutorial.py", "descent/run.py", "moments/progress.py", "moments/threads.py"]
CHECKED += ["moments/units.py", "problem/*.py", "result/[!is]*.py", "result/stability.py"]
CHECKED += ["sources/arrays.py", "sources/frames.py", "sources/table.py"]
"""Modules whose errors are all tested here."""


def texts_in(tree: ast.AST) -> list[str]:
    """Its strings, of an f-string the parts that are written out, without what regular expressions escape."""
    strings = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [string.replace("\\", "") for string in strings]


def test_every_text_is_in_a_test() -> None:
    """Three words in a row of each error, in all modules, stand in a test of some file."""
    package, tests = Path(fastgd.__file__).parent, Path(__file__).parent
    tested = "\n".join(text for file in tests.rglob("*.py") for text in texts_in(ast.parse(file.read_text(encoding="utf-8"))))
    missed = []
    for file in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("DataError", "argument_error", "BadParameter")):
                parts = [text.split() for text in texts_in(node)]
                runs = [" ".join(words[i : i + 3]) for words in parts for i in range(len(words) - 2)]
                if runs and not any(run in tested for run in runs):
                    missed.append(f"{file.relative_to(package)}:{node.lineno}")
    assert missed == []


@pytest.mark.parametrize("options", [{"learning_rate": -1}, {"max_iter": 0.5}, {"tol": 2}, {"start": [inf]}, {"unstable": "?"}])
def test_arguments_are_looked_at_before_the_data(options: dict[str, Any]) -> None:
    assert str(caught(lambda: fit("nope.csv", **options))).startswith(f"{next(iter(options))}=")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_read_once(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="reading files needs pyarrow")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_text, args=("x,y\n1,3\n2,5\n3,7\n",))
    writer.start()
    assert fit(pipe).slope == pytest.approx(2.0)
    writer.join()


def test_the_last_bad_row_of_many_is_named() -> None:
    big = np.ones(300_001)
    big[-1] = nan
    check(lambda: fit(big, big), f"nan in row 300000, x: {MISSING} {ROWS}")
    check(lambda: fit(big.astype(np.float32), np.ones(300_001)), f"nan in row 300000, x: {MISSING} {ROWS}")


def test_unstable_rate() -> None:
    with pytest.raises(fastgd.UnstableLearningRateError) as info:
        fit(x, y, learning_rate=1, max_iter=1)
    error = info.value
    assert error.argument == "learning_rate"
    assert str(error) == (
        "learning_rate=1.0 is not stable on these data: descent is stable below 0.180294851, and here the error would overflow "
        "at iteration 153. Use learning_rate='auto' (the best is 0.176470588) or standardize=True; unstable='run' shows the "
        "divergence"
    )
    assert isinstance(error, fastgd.FastGDError) and isinstance(error, ValueError)
    assert (error.learning_rate, error.max_learning_rate, error.overflow_iteration) == (
        1.0,
        analyse(x, y).max_learning_rate,
        153,
    )
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error) and str(again) == str(error) and vars(again) == vars(error)


def test_unstable_rate_that_never_overflows() -> None:
    with pytest.raises(fastgd.UnstableLearningRateError, match="stable below 1, and here it would never settle. Use") as info:
        fit([1.0], [1.0], fit_intercept=False, learning_rate=1.0)
    assert info.value.overflow_iteration is None


def test_unstable_rate_on_house_prices() -> None:
    areas_and_prices = load("portland_houses.csv")
    text = r"stable below 2\.16410902e-07, and here the error would overflow at iteration 50\. "
    with pytest.raises(fastgd.UnstableLearningRateError, match=text):
        fit(areas_and_prices, learning_rate=1e-4, max_iter=1000)


@pytest.mark.parametrize("call", [lambda: fit(x, y, tol=2), lambda: fit(x, y, max_iter=lambda: 0), lambda: fit(3, y)])
def test_data_error_pickles(call: Call) -> None:
    error = caught(call)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is fastgd.DataError and str(again) == str(error) and vars(again) == vars(error)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        *((call, text.partition("=")[0]) for call, text in ARGUMENTS if re.match(r"\w+=", text)),
        (lambda: fit(x, y, start=[1, "a"]), "start"),
        (lambda: fit(x, y, features=["a"]), "features"),
        (lambda: fit(x, y, sample_weight="w"), "sample_weight"),
        (lambda: fit(x, y, sample_weight=[1, 1]), "sample_weight"),
        (lambda: fastgd.compute_error("a", 1, P), "b"),
        (lambda: fastgd.gradient_descent(P, 0, 0, 0.1, 1.5), "num_iterations"),
        (lambda: fit([1, nan, 3], y), None),
        (lambda: fit(x, y[:2]), None),
        (lambda: fit("nope.csv"), None),
    ],
    ids=beginning,
)
def test_an_error_knows_its_argument(call: Call, name: str | None) -> None:
    assert caught(call).argument == name


def test_another_spelling_of_arguments() -> None:
    def spell(name: str, *value: object) -> str:
        return ":".join([name.upper(), *map(str, value)])

    with spelling(spell):
        check(lambda: fit(x, y, tol=2), f"TOL:2: {TOL}")
        with pytest.raises(fastgd.UnstableLearningRateError, match="^LEARNING_RATE:1.0 is .*or STANDARDIZE:True; UNSTABLE:"):
            fit(x, y, learning_rate=1)
        with pytest.raises(ZeroDivisionError), spelling(str):
            raise ZeroDivisionError
        check(lambda: fit([1, nan, 3], y), f"nan in row 1, x: {CELL}, e.g. with MISSING:drop {ROWS}")
    check(lambda: fit(x, y, tol=2), f"tol=2: {TOL}")


OVERFLOW = (
    "the lesson's loop overflowed float64: on these points it is stable for learning rates below 0.291796068; "
    "fastgd.fit(points) picks the best"
)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda: fit(x, y, learning_rate=0.01, tol=1e-6, max_iter=1),
            "tol=1e-06 is not met after 1 iteration, 93.3 % of the distance is left: it takes 5,545 iterations at this rate; "
            "raise max_iter, or pass standardize=True",
        ),
        (
            lambda: fit(load("hours_scores.csv"), learning_rate=1e-4, tol=1e-6, max_iter=10),
            "tol=1e-06 is not met after 10 iterations, 98.3 % of the distance is left: it takes 1,828,163 iterations at this "
            "rate; raise max_iter, or pass standardize=True",
        ),
        (
            lambda: fit(x, y, learning_rate=1, unstable="run", tol=1e-6, max_iter=2),
            "tol=1e-06 is not met after 2 iterations, 100 % of the distance is left: this rate never meets it; "
            "use learning_rate='auto'",
        ),
        (lambda: fastgd.compute_error(1e308, 0, P), OVERFLOW),
        (lambda: fastgd.step_gradient(1e308, 1e308, P, 1e5), OVERFLOW),
        (lambda: fastgd.gradient_descent(P, 0, 0, 1e5, 1000), OVERFLOW),
    ],
)
def test_warning_and_that_it_points_at_the_caller(call: Call, text: str) -> None:
    with warnings.catch_warnings(record=True) as log:
        warnings.simplefilter("always")
        call()
    assert [(w.category, str(w.message), w.filename) for w in log] == [(fastgd.ConvergenceWarning, text, __file__)]


def test_a_constant_feature_is_no_error() -> None:
    result = fit([2.0, 2.0, 2.0], y)
    assert result.rank == 1
    assert result.predict([2.0])[0] == pytest.approx(13 / 3, rel=1e-14)


@pytest.mark.parametrize("scale", [1e308, 1e-308])
def test_score_at_the_ends_of_float64(scale: float) -> None:
    result = fit(x, [scale * v for v in (0.1, 0.3, -0.2)])
    t = np.array([0.2, 0.4, -0.6])
    line = np.polynomial.Polynomial.fit(x, [0.1, 0.3, -0.2], 1)(np.array(x))
    expected = 1 - ((t - line) ** 2).sum() / ((t - t.mean()) ** 2).sum()
    assert result.score(x, scale * t) == pytest.approx(expected, rel=1e-9)
