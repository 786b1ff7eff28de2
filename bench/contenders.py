"""The contenders: for each its name, what it is handed outside the timing, what is called, and where the answer stands.

Each is called as a user of its library would call it. Those that fewer people have installed are imported inside the call,
which costs it a microsecond, so that processes whose memory is measured hold nothing of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import empty
import loops
import numpy as np
from job import Contender
from rows import Data
from scipy.stats import linregress
from sklearn.linear_model import LinearRegression, Ridge, SGDRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from statsmodels.regression.linear_model import OLS, WLS

import fastgd
from fastgd.sklearn import GradientDescentRegressor
from fastgd.tutorial import gradient_descent_runner, step_gradient

# What they are handed.


def on_xy(d: Data) -> tuple[Any, ...]:
    return d.x, d.y


def on_table(d: Data) -> tuple[Any, ...]:
    return d.X, d.y


def on_points(d: Data) -> tuple[Any, ...]:
    return (d.points,)


def on_weighted_table(d: Data) -> tuple[Any, ...]:
    return d.X, d.y, d.weight


def in_single(d: Data) -> tuple[Any, ...]:
    return d.X.astype(np.float32), d.y.astype(np.float32)


def by_column(d: Data) -> tuple[Any, ...]:
    return np.asfortranarray(d.X), d.y


def on_arrow(d: Data) -> tuple[Any, ...]:
    import pyarrow

    return (pyarrow.table({"x": d.x, "y": d.y}),)


def on_polars(d: Data, dtype: type = np.float64) -> tuple[Any, ...]:
    import polars

    frame = polars.from_numpy(d.X.astype(dtype, copy=False), orient="row")
    return (frame.with_columns(polars.Series("y", d.y.astype(dtype, copy=False))),)


def on_rows(d: Data) -> tuple[Any, ...]:
    """As a stream gives them: each a dictionary, and its target."""
    names = [f"x{i}" for i in range(d.X.shape[1])]
    return ([dict(zip(names, row, strict=True)) for row in d.X.tolist()], d.y.tolist())


def in_blocks(d: Data, rows: int = 1000) -> tuple[Any, ...]:
    return ([(d.X[start : start + rows], d.y[start : start + rows]) for start in range(0, len(d.y), rows)],)


def in_frames(d: Data) -> tuple[Any, ...]:
    import pandas

    [blocks] = in_blocks(d)
    return ([(pandas.DataFrame(X).rename(columns="x{}".format), pandas.Series(y, name="y")) for X, y in blocks],)


# What is called.


def stack(X: np.ndarray) -> np.ndarray:
    """A column of ones before the features; vstack and column_stack take a sixth longer, 100 points."""
    design = np.empty((len(X), 1 + X.shape[1]), X.dtype)
    design[:, 0] = 1.0
    design[:, 1:] = X
    return design


def lstsq(design: np.ndarray, y: np.ndarray) -> np.ndarray:
    solution: np.ndarray = np.linalg.lstsq(design, y, rcond=None)[0]
    return solution


def weighted_lstsq(X: np.ndarray, y: np.ndarray, weight: np.ndarray) -> np.ndarray:
    root = np.sqrt(weight)
    return lstsq(stack(X) * root[:, np.newaxis], y * root)


def normal_equations(X: np.ndarray, y: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
    design = stack(X)
    left = design if weight is None else design * weight[:, np.newaxis]
    solution: np.ndarray = np.linalg.solve(left.T @ design, left.T @ y)
    return solution


def ols(design: np.ndarray, y: np.ndarray, method: str = "pinv") -> np.ndarray:
    params: np.ndarray = OLS(y, design).fit(method=method).params
    return params


def wls(X: np.ndarray, y: np.ndarray, weight: np.ndarray) -> np.ndarray:
    params: np.ndarray = WLS(y, stack(X), weights=weight).fit().params
    return params


def sgd_model() -> Any:
    """For least squares no penalty, and columns scaled before, as its documentation says; the constant rate is its default."""
    return SGDRegressor(penalty=None, learning_rate="constant", random_state=0)


def sgd(X: np.ndarray, y: np.ndarray) -> Any:
    return make_pipeline(StandardScaler(), sgd_model()).fit(X, y)


def skglm_lasso(X: np.ndarray, y: np.ndarray) -> Any:
    from skglm import Lasso

    return Lasso(alpha=0.0).fit(X, y)


def glum_normal(X: np.ndarray, y: np.ndarray, weight: np.ndarray | None = None) -> Any:
    from glum import GeneralizedLinearRegressor

    return GeneralizedLinearRegressor(alpha=0).fit(X, y, weight)


def polars_ds_fit(frame: Any) -> Any:
    from polars_ds import lin_reg

    # Its test for dependent columns is a product over all columns, which takes 200 good ones for bad and returns null.
    return frame.select(lin_reg(*frame.columns[:-1], target="y", add_bias=True, singular_x_tol=0.0)).item()


def duckdb_line(frame: Any) -> Any:
    import duckdb

    return duckdb.sql("select regr_intercept(y, x), regr_slope(y, x) from frame").fetchall()[0]


def river_model() -> Any:
    """That of the example in its documentation."""
    from river.linear_model import LinearRegression
    from river.preprocessing import StandardScaler

    return StandardScaler() | LinearRegression(intercept_lr=0.1)


def river_rows(rows: list[dict[str, float]], targets: list[float]) -> Any:
    model = river_model()
    for row, target in zip(rows, targets, strict=True):
        model.learn_one(row, target)
    return model


def river_blocks(blocks: list[Any]) -> Any:
    model = river_model()
    for X, y in blocks:
        model.learn_many(X, y)
    return model


def sgd_blocks(blocks: list[Any]) -> Any:
    scaler, model = StandardScaler(), sgd_model()
    for X, y in blocks:
        model.partial_fit(scaler.partial_fit(X).transform(X), y)
    return scaler, model


def estimator_blocks(blocks: list[Any]) -> Any:
    model = GradientDescentRegressor()
    for X, y in blocks:
        model.partial_fit(X, y)
    return model


def updates(blocks: list[Any]) -> fastgd.FitResult:
    moments = fastgd.Moments()
    for X, y in blocks:
        moments.update((X, y))
    return fastgd.fit(moments)


# Where the answer stands.


def of_fastgd(answer: Any) -> tuple[float, ...]:
    return answer.intercept, *answer.coef


def of_sklearn(answer: Any) -> tuple[float, ...]:
    return answer.intercept_, *answer.coef_


def of_scaled_sklearn(answer: Any) -> tuple[float, ...]:
    scaler, model = answer
    coef = model.coef_ / scaler.scale_
    return model.intercept_.item() - coef @ scaler.mean_, *coef


def of_river(answer: Any) -> tuple[float, ...]:
    scaler, model = answer["StandardScaler"], answer["LinearRegression"]
    coef = {name: weight / scaler.vars[name] ** 0.5 for name, weight in model.weights.items()}
    return model.intercept - sum(c * scaler.means[name] for name, c in coef.items()), *coef.values()


def last_first(answer: Any) -> tuple[float, ...]:
    *coef, intercept = answer
    return intercept, *coef


def nothing_of(_: Any) -> tuple[()]:
    return ()


# Least squares.

LSTSQ = Contender(
    "np.linalg.lstsq([1, X], y), stacking counted", lambda X, y: lstsq(stack(X), y), on_table, curve="np.linalg.lstsq"
)
STACKED = Contender("np.linalg.lstsq, stacked beforehand", lstsq, lambda d: (stack(d.X), d.y))
NORMAL = Contender(
    "np.linalg.solve of the normal equations, stacking counted", normal_equations, on_table, digits=6, curve="normal equations"
)
POLYFIT = Contender("np.polyfit(x, y, 1)", lambda x, y: np.polyfit(x, y, 1), on_xy, read=last_first)
LINREGRESS = Contender(
    "scipy.stats.linregress(x, y)", linregress, on_xy, read=lambda a: (a.intercept, a.slope), curve="linregress"
)
SKLEARN = Contender(
    "sklearn LinearRegression().fit(X, y)",
    lambda *rows: LinearRegression().fit(*rows),
    on_table,
    read=of_sklearn,
    curve="scikit-learn",
)
SKLEARN_TOL = Contender(
    "sklearn LinearRegression(tol=0).fit(X, y)", lambda *rows: LinearRegression(tol=0.0).fit(*rows), on_table, read=of_sklearn
)
RIDGE = Contender(
    'sklearn Ridge(alpha=0, solver="cholesky").fit(X, y)',
    lambda *rows: Ridge(alpha=0.0, solver="cholesky").fit(*rows),
    on_table,
    read=of_sklearn,
)
SGD = Contender(
    'sklearn SGDRegressor(penalty=None, learning_rate="constant"), scaled', sgd, on_table, read=of_scaled_sklearn, digits=0
)
STATSMODELS = Contender("statsmodels OLS(y, [1, X]).fit(), stacking counted", lambda X, y: ols(stack(X), y), on_table)
SKGLM = Contender("skglm Lasso(alpha=0).fit(X, y), X by columns", skglm_lasso, by_column, read=of_sklearn, digits=3)
GLUM = Contender("glum GeneralizedLinearRegressor(alpha=0).fit(X, y)", glum_normal, on_table, read=of_sklearn)
POLARS_DS = Contender("polars_ds.lin_reg of a frame", polars_ds_fit, on_polars, read=last_first)
DUCKDB = Contender("duckdb, regr_slope and regr_intercept of a PyArrow table", duckdb_line, on_arrow)
RIVER = Contender("river LinearRegression, scaled, row after row", river_rows, on_rows, read=of_river, digits=0)
ESTIMATOR = Contender(
    "fastgd.sklearn.GradientDescentRegressor().fit(X, y)",
    lambda *rows: GradientDescentRegressor().fit(*rows),
    on_table,
    read=of_sklearn,
)
FIT = Contender("fastgd.fit(x, y)", fastgd.fit, on_xy, read=of_fastgd, curve="fastgd")
FIT_POINTS = Contender("fastgd.fit(points)", fastgd.fit, on_points, read=of_fastgd)
FASTGD = Contender("fastgd.fit(X, y)", fastgd.fit, on_table, read=of_fastgd, curve="fastgd")

TABLE = (LSTSQ, NORMAL, SKLEARN, SKLEARN_TOL, RIDGE, SGD, STATSMODELS, SKGLM, GLUM, POLARS_DS, RIVER, ESTIMATOR, FASTGD)
"""Whose job least squares on any number of features is."""
LINE = (POLYFIT, LINREGRESS, DUCKDB, *TABLE[:-1], FIT)
"""And on one."""


# Rows that come one after the other.

STREAMS = (
    RIVER,
    Contender("river, blocks as frames: learn_many", river_blocks, in_frames, read=of_river, digits=0),
    Contender("sklearn SGDRegressor, scaled, blocks: partial_fit", sgd_blocks, in_blocks, read=of_scaled_sklearn, digits=0),
    Contender("fastgd.Moments().update, row after row", updates, partial(in_blocks, rows=1), read=of_fastgd),
    Contender("fastgd.Moments().update, blocks", updates, in_blocks, read=of_fastgd),
    Contender("fastgd.sklearn, blocks: partial_fit", estimator_blocks, in_blocks, read=of_sklearn),
    Contender("fastgd.fit(blocks)", fastgd.fit, in_blocks, read=of_fastgd),
)


def remaining(contenders: Sequence[Contender], left_out: Mapping[str, str]) -> list[Contender]:
    """Those that the job does not leave out, for a reason."""
    return [contender for contender in contenders if contender.name not in left_out]


# The lesson's descent.

LESSON, VECTORS = "the lesson's code, Python on a NumPy array", "the loop over NumPy vectors"
RUNNER = "fastgd.tutorial.gradient_descent_runner"
RATE = loops.RATE


def fit_name(steps: int, data: str = "points") -> str:
    most = str(steps) if steps <= 1000 else f"10**{len(str(steps)) - 1}"
    return f"fastgd.fit({data}, learning_rate=1e-4, max_iter={most})"


def fit_of_steps(steps: int, *data: np.ndarray) -> fastgd.FitResult:
    return fastgd.fit(*data, learning_rate=RATE, max_iter=steps)


def descents(steps: int) -> list[Contender]:
    """Ways to an iterate of the lesson's descent, one of 1 to 1000 or of a power of ten."""

    def to_iterate(name: str, function: Callable[..., Any], given: Callable[[Data], tuple[Any, ...]], **more: Any) -> Contender:
        return Contender(name, function, given, exact=lambda d: d.iterate(steps, RATE), **more)

    return [
        to_iterate(LESSON, loops.lesson_run, lambda d: (d.points, steps), curve="the lesson's code"),
        to_iterate("the same on lists of floats", loops.descend, lambda d: (loops.list_step, d.points.tolist(), steps)),
        to_iterate(
            "the loop in PyTorch: SGD, mse_loss and backward",
            loops.torch_descend,
            lambda d: (*loops.torch_arrays(*on_xy(d)), steps),
            needs="torch",
            curve="PyTorch",
        ),
        to_iterate(VECTORS, loops.descend, lambda d: (loops.vector_step, d.points, steps), curve="NumPy vectors"),
        to_iterate(
            "the loop in JAX: jit, grad and fori_loop",
            loops.jax_descend,
            lambda d: (*loops.jax_arrays(*on_xy(d)), steps),
            needs="jax",
            curve="JAX",
        ),
        to_iterate(RUNNER, gradient_descent_runner, lambda d: (d.points, 0.0, 0.0, RATE, steps), curve="fastgd.tutorial"),
        to_iterate(fit_name(steps), partial(fit_of_steps, steps), on_points, read=of_fastgd, curve="fastgd"),
        to_iterate(fit_name(steps, "x, y"), partial(fit_of_steps, steps), on_xy, read=of_fastgd),
    ]


def paths(steps: int, shown: int) -> list[Contender]:
    """Ways to all iterates up to `steps`, of which `shown` and the last are compared with the exact ones."""

    def to_path(name: str, function: Callable[..., Any], given: Callable[[Data], tuple[Any, ...]], **more: Any) -> Contender:
        more = {"read": lambda path: np.asarray(path)[[shown, -1]].ravel()} | more
        return Contender(name, function, given, exact=lambda d: d.iterate(shown, RATE) + d.iterate(steps, RATE), **more)

    return [
        to_path(VECTORS, loops.walk, lambda d: (loops.vector_step, d.points, steps)),
        to_path(
            "the loop in JAX: jit, grad and scan", loops.jax_walk, lambda d: (*loops.jax_arrays(*on_xy(d)), steps), needs="jax"
        ),
        to_path("a loop of fastgd.tutorial.step_gradient", loops.walk, lambda d: (step_gradient, d.points, steps)),
        to_path(
            "fastgd.fit(points, learning_rate=1e-4).path(at=range(10**6 + 1))",
            lambda points: fastgd.fit(points, learning_rate=RATE).path(at=range(steps + 1)),
            on_points,
            read=lambda path: np.column_stack((path.intercept, path.coef))[[shown, -1]].ravel(),
        ),
    ]


# Floors.

READING = Contender("X.sum(), y.sum(): reading once", lambda X, y: (X.sum(), y.sum()), on_table, lambda d: d.totals)
EMPTY_KERNELS = Contender(
    "the kernels of a small fit, empty", empty.call_both, lambda d: empty.arguments(d.X, d.y), nothing_of, nothing_of
)
NOTHING = Contender("nothing: the harness alone", lambda X, y: None, on_table, nothing_of, nothing_of)
