"""Golden bits: all that some 800 fits and calls return, to prove that a change of structure changes none of it.

    PYTHONPATH=$PWD python tests/golden.py write FILE.json              before the change
    PYTHONPATH=$PWD python tests/golden.py compare FILE.json            after it: each case and field that differs
    PYTHONPATH=$PWD python tests/golden.py compare FILE.json --numbers  where texts were reworded on purpose

A field is of one of three kinds: values (numbers, names, classes of errors and warnings), texts, and bytes (saved files and
`to_bytes`). The bits are those of one machine and of compiled kernels: another processor, another NumPy, or the kernels run as
Python round otherwise in places. Public names only.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import partial
from hashlib import sha256
from importlib.metadata import version
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray
from threadpoolctl import threadpool_info, threadpool_limits

import fastgd
from fastgd import FitResult, Moments, Stability, fit

ROOT = Path(os.environ.get("FASTGD_ROOT") or Path(__file__).parent.parent).resolve()
VALUES, TEXTS, BYTES = KINDS = ("values", "texts", "bytes")
Array = NDArray[Any]
Options = dict[str, Any]

# A question is an expression that follows `thing.`; it names its field.
RESULT = """intercept; slope; coef; error; n_iter; learning_rate; status.name; converged; remaining; rank; r2; centre; start;
    fit_intercept; standardize; n_dropped; feature_names; formula; optimum.intercept; optimum.coef; optimum.error;
    iterations_to(0.5); iterations_to(1e-6)"""
ROWS = """predict(few); predict(outside); score(few, few[:, 0]); predict_interval(few); predict_interval(few, 0.5, 'mean');
    predict_interval(outside); predict_interval(outside, 0.9, 'mean'); inference(0.5).interval"""
STABILITY = """eigenvalues; directions; rank; condition; max_learning_rate; best_learning_rate; fit_intercept; standardize;
    iterations(1e-6); iterations(1e-3, thing.best_learning_rate / 3); overflow_iteration(2 * thing.max_learning_rate);
    standardized().eigenvalues; standardized().directions; standardized().best_learning_rate"""
MOMENTS = "n_samples; n_dropped; n_features; feature_names; target_name; mean; covariance"
PATHS = "path(); path(at=[0, 1, 2, 10, 10**12, 2**62 + 1]); path(every=10**14 + 1)"
INFERENCE = "; ".join(field.name for field in fields(fastgd.Inference) if field.name[0] != "_")


def bits(value: Any) -> str:
    """The same only for the same types and bits; of an array also the first elements, for people."""
    if isinstance(value, np.ma.MaskedArray):
        return f"{bits(value.data)} masked {bits(np.ma.getmaskarray(value))}"
    if isinstance(value, np.ndarray):
        raw = np.ascontiguousarray(value, value.dtype.newbyteorder("<")).tobytes()
        start = ", ".join(map(bits, value.ravel()[:4].tolist()))
        return f"{value.dtype}{value.shape} {sha256(raw).hexdigest()} {start}{', ...' * (value.size > 4)}"
    if isinstance(value, np.generic):
        return f"{type(value).__name__} {bits(value.item())}"
    if isinstance(value, tuple | list):
        return f"{type(value).__name__}({', '.join(map(bits, value))})"
    return value.hex() if isinstance(value, float) else str(value)


def evaluate(expression: str, **names: Any) -> Any:
    return eval(compile(expression, __file__, "eval"), globals() | names)



def _figures(error: Exception) -> tuple[Any, ...]:
    """The numbers that an error of an unstable rate carries."""
    names = ("learning_rate", "max_learning_rate", "overflow_iteration")
    return tuple(getattr(error, name) for name in names if hasattr(error, name))

class Record:
    """The fields of one case, by their kind."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.fields: dict[str, dict[str, str]] = {kind: {} for kind in KINDS}

    def note(self, name: str, get: Callable[[], Any], kind: str = "") -> Any:
        """What `get` returns, noted if there is a kind; or None, and its error is noted. So are warnings on the way."""
        found = None
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                found = get()
            except Exception as error:  # of any class: one that nobody meant to raise is a difference like others
                self._add(VALUES, name, f"raises {type(error).__name__}{bits(_figures(error))[5:]}")
                self._add(TEXTS, name, str(error))
            else:
                self._add(kind, name, found)
        for i, warning in enumerate(caught):
            place = "here" if warning.filename == __file__ else "elsewhere"  # it is to point at the caller
            self._add(VALUES, f"{name}: warning {i}", f"{warning.category.__name__} {place}")
            self._add(TEXTS, f"{name}: warning {i}", str(warning.message))
        return found

    def ask(self, name: str, thing: object, questions: str, kind: str = VALUES, **names: Any) -> None:
        for question in map(str.strip, questions.split(";")):
            self.note(f"{name}.{question}", partial(evaluate, f"thing.{question}", thing=thing, **names), kind)

    def _add(self, kind: str, name: str, found: Any) -> None:
        if kind == BYTES:
            self.fields[kind][name] = f"{sha256(found).hexdigest()} of {len(found)} bytes"
        elif kind == TEXTS:
            text = str(found).replace(self.folder, "FOLDER").replace(str(ROOT), "ROOT")
            self.fields[kind][name] = text if len(text) < 300 else f"{sha256(text.encode()).hexdigest()} {text[:80]}"
        elif kind:
            self.fields[kind][name] = bits(found)


def ask_moments(record: Record, moments: Moments) -> None:
    record.ask("moments", moments, MOMENTS)
    record.ask("moments", moments, "__repr__()", TEXTS)
    record.ask("moments", moments, "to_bytes(); from_bytes(thing.to_bytes()).to_bytes()", BYTES)
    for call in ("fit(moments).coef", "fit(moments, max_iter=5).coef"):
        record.note(call, partial(evaluate, call, moments=moments), VALUES)


def ask_stability(record: Record, name: str, stability: Stability) -> None:
    record.ask(name, stability, STABILITY)
    record.ask(name, stability, "__repr__(); summary(); summary(0.001)", TEXTS)


def ask_result(record: Record, result: FitResult, few: Array) -> None:
    """All that a fit says; `few` are rows to predict at."""
    outside = 1.5 * few[:1] + 1.0  # it breaks what columns have in common that depend on each other
    record.ask("fit", result, RESULT)
    record.ask("fit", result, ROWS, few=few, outside=outside)
    record.ask("fit", result, "__repr__(); summary(); summary(0.5); explain(); _repr_html_()", TEXTS)
    if stability := record.note("stability", lambda: result.stability):
        ask_stability(record, "stability", stability)
    for question in PATHS.split("; "):
        if path := record.note(question, partial(evaluate, f"result.{question}", result=result)):
            record.ask(question, path, "iterations; intercept; coef; error")
    if inference := record.note("inference", result.inference):
        record.ask("inference", inference, INFERENCE)
    ask_moments(record, result.moments)
    file = Path(record.folder) / "model.json"
    record.note("save", lambda: result.save(file))
    record.note("saved", file.read_bytes, BYTES)
    if loaded := record.note("load", lambda: fastgd.load(file)):
        record.ask("loaded", loaded, RESULT)
        record.note("saved again", lambda: (loaded.save(file), file.read_bytes())[1], BYTES)
    record.ask("at last", result, "coef")  # no question has moved it


def ask_fit(record: Record, n: int, p: int, spoil: str, way: str, asked: Options) -> None:
    """A fit and all about it. Ours are `rate`, times the largest stable one, `weigh`, a name, and `start`, times 1, 2, 3, ..."""
    X, y = SPOILS[spoil](*rows(n, p))
    asked = dict(asked)
    if "weigh" in asked:
        asked["sample_weight"] = WEIGHTS[asked.pop("weigh")](np.arange(n))
    if "start" in asked:
        asked["start"] = asked["start"] * np.arange(1, p + 1 + asked.get("fit_intercept", True))
    shared = {key: asked[key] for key in asked.keys() & {"sample_weight", "fit_intercept", "standardize", "missing", "n_jobs"}}
    rate = asked.pop("rate", None)
    if stability := record.note("analysed", lambda: fastgd.analyse(**WAYS[way](X, y, record.folder), **shared)):
        ask_stability(record, "analysed", stability)
        if rate:
            asked["learning_rate"] = record.note("rate", lambda: rate * stability.max_learning_rate) or "auto"
    if result := record.note("fit", lambda: fit(**WAYS[way](X, y, record.folder), **asked)):
        ask_result(record, result, X[:4])


def ask_collected(record: Record, way: str, cuts: tuple[int, ...], p: int, weigh: str) -> None:
    """Moments of rows that came in parts, and a fit of them."""
    X, y = rows(9_000, p)
    w = WEIGHTS[weigh](np.arange(len(y)))
    first, *others = ((X[i:j], y[i:j], w[i:j]) for i, j in pairwise((0, *cuts, len(y))))
    moments = Moments.from_arrays(*first)
    if way == "updated":
        for part in others:
            moments.update(*part[:2], sample_weight=part[2])
    elif way == "from starting_at":
        starts = [int(np.count_nonzero(w[:cut])) for cut in cuts]
        begun = [moments.starting_at(row).update([part]) for row, part in zip(starts, others, strict=True)]
        moments = sum((Moments.from_bytes(part.to_bytes()) for part in begun), moments)
    elif way == "added":
        moments = sum((Moments.from_arrays(*part) for part in reversed(others)), moments)
    else:
        moments = fit([first]).moments.update(iter(others), n_jobs=2)
    ask_moments(record, moments)
    ask_result(record, fit(moments), X[:4])


def ask_call(record: Record, call: str) -> None:
    found = record.note("call", partial(evaluate, call))
    if isinstance(found, FitResult):
        ask_result(record, found, 30.0 + np.arange(4.0 * len(found.feature_names)).reshape(4, -1) % 7.0)
    elif found is not None:
        record.note("value", lambda: found, VALUES)


# Rows: made without BLAS, and without sums whose order NumPy may choose, so that they have the same bits everywhere.


def rows(n: int, p: int) -> tuple[Array, Array]:
    noise = np.random.default_rng([n, p]).standard_normal((n, p + 1))
    X = 50.0 + 10.0 * noise[:, :1] if p == 1 else noise[:, :p] * (1.0 + np.arange(p) % 3) + 0.5 * noise[:, :1] + np.arange(p) % 5
    return X, sum((X[:, j] * (1.3 - j % 3) / (1.0 + j) for j in range(p)), 8.0 + 3.0 * noise[:, p])


def column(j: int, make: Callable[[Array], Any]) -> Callable[[Array, Array], tuple[Array, Array]]:
    """Column j, or the last, replaced."""
    return lambda X, y: (np.where(np.arange(X.shape[1]) == min(j, X.shape[1] - 1), np.c_[make(X)], X), y)


SPOILS: dict[str, Callable[[Array, Array], tuple[Array, Array]]] = {
    "": lambda X, y: (X, y),
    "a column twice": column(2, lambda X: X[:, 0]),
    "a constant column": column(1, lambda X: 7.1),
    "a column of zeros": column(1, lambda X: 0.0),
    "a sum of columns": column(3, lambda X: X[:, 0] + X[:, 1 % X.shape[1]]),
    "nearly a multiple": column(3, lambda X: 3.0 * X[:, 0] * (1.0 + 1e-15 * np.sign(X[:, -1]))),
    "nearly a column": column(3, lambda X: X[:, 0] + 1e-4 * X[:, -1]),
    "constants alone": lambda X, y: (0.0 * X + 3.3, y),
    "a constant target": lambda X, y: (X, 0.0 * y + 2.5),
    "a target without scatter": lambda X, y: (X, 2.0 * X[:, 0]),
    "timestamps": column(0, lambda X: 1.7e12 + 60_000.0 * np.arange(len(X))),
    "means far off": lambda X, y: (X + 1e9, y - 1e9),
    "of 1e300": lambda X, y: (X * 1e300, y),
    "of 1e-300": lambda X, y: (X * 1e-300, y),
    "of 1e100, and its target": lambda X, y: (X * 1e100, y * 1e100),
    "2**100 apart": lambda X, y: (X * 2.0 ** (100 * np.arange(X.shape[1])), y),
    "subnormal": lambda X, y: (X * 1e-310, y),
    "a target of 1e300": lambda X, y: (X, y * 1e300),
    "a target of 1e-300": lambda X, y: (X, y * 1e-300),
    "missing values": column(2, lambda X: np.where(np.arange(len(X)) % 9 == 4, np.nan, X[:, 0])),
}
WEIGHTS: dict[str, Callable[[Array], Array]] = {
    "one": lambda i: np.ones(len(i)),
    "ordinary": lambda i: 0.5 + i % 7,
    "zeros": lambda i: 1.0 * ((i + 1) % 3),
    "tiny": lambda i: 1e-200 * (1.0 + i % 5),
    "large": lambda i: 1e200 * (1.0 + i % 5),
    "apart": lambda i: 10.0 ** (20.0 * (i % 5) - 40.0),
}


def frame_of(X: Array, y: Array) -> pd.DataFrame:
    return pd.DataFrame({**{f"c{j}": X[:, j] for j in range(X.shape[1])}, "price": y})


def blocks(*parts: Array) -> Iterator[tuple[Array, ...]]:
    for i, j in pairwise((0, 1, 60, len(parts[0]))):
        yield tuple(part[i:j] for part in parts)


def in_files(X: Array, y: Array, folder: str, write: Callable[[pd.DataFrame, str], Any]) -> Options:
    for number, part in enumerate(blocks(X, y)):
        write(frame_of(*part), f"{folder}/part-{number}")
    return {"data": f"{folder}/part-*", "target": "price"}


WAYS: dict[str, Callable[[Array, Array, str], Options]] = {  # to hand the same rows in
    "arrays": lambda X, y, _: {"data": X, "target": y},
    "a vector": lambda X, y, _: {"data": X[:, 0], "target": y},
    "a pair": lambda X, y, _: {"data": (X, y)},
    "points": lambda X, y, _: {"data": np.column_stack([X, y])},
    "lists": lambda X, y, _: {"data": X.tolist(), "target": y.tolist()},
    "Fortran's order": lambda X, y, _: {"data": np.asfortranarray(X), "target": y},
    "every second row": lambda X, y, _: {"data": np.repeat(X, 2, axis=0)[::2], "target": np.repeat(y, 2)[::2]},
    "backwards": lambda X, y, _: {"data": X[::-1].copy()[::-1], "target": y[::-1].copy()[::-1]},
    "float32": lambda X, y, _: {"data": X.astype(np.float32), "target": y.astype(np.float32)},
    "int64": lambda X, y, _: {"data": np.rint(1e3 * X).astype(np.int64), "target": np.rint(1e3 * y).astype(np.int64)},
    "int8 and float64": lambda X, y, _: {"data": np.rint(X).astype(np.int8), "target": y},
    "bool": lambda X, y, _: {"data": X > X[:1], "target": y},
    "big endian": lambda X, y, _: {"data": X.astype(">f8"), "target": y.astype(">f8")},
    "blocks": lambda X, y, _: {"data": blocks(X, y)},
    "blocks with weights": lambda X, y, _: {"data": blocks(X, y, WEIGHTS["ordinary"](np.arange(len(y))))},
    "pandas": lambda X, y, _: {"data": frame_of(X, y), "target": "price"},
    "Polars": lambda X, y, _: {"data": pl.from_pandas(frame_of(X, y)), "target": "price"},
    "lazy Polars": lambda X, y, _: {"data": pl.from_pandas(frame_of(X, y)).lazy(), "target": "price"},
    "PyArrow": lambda X, y, _: {"data": pa.Table.from_pandas(frame_of(X, y)), "target": "price"},
    "frame and series": lambda X, y, _: {"data": frame_of(X, y).drop(columns="price"), "target": pd.Series(y, name="price")},
    "frames": lambda X, y, _: {"data": (frame_of(*part) for part in blocks(X, y)), "target": "price"},
    "moments": lambda X, y, _: {"data": Moments.from_arrays(X, y)},
    "CSV": partial(in_files, write=lambda frame, file: frame.to_csv(f"{file}.csv", index=False)),
    "CSV, quoted": partial(in_files, write=lambda frame, file: frame.to_csv(f"{file}.csv", index=False, quoting=1)),
    "Parquet": partial(in_files, write=lambda frame, file: frame.to_parquet(f"{file}.parquet")),
}
HOURS, HOUSES = "data/hours_scores.csv", "data/portland_houses_bedrooms.csv"
TOWNS = pd.DataFrame({"town": list("ABCAB") * 6, "area": np.arange(30.0) ** 2, "rooms": [1, 2, None, 3, 1, 4] * 5})
TOWNS["price"] = 3.0 * TOWNS["area"] + (TOWNS["town"] == "B") * 20.0 + np.arange(30) % 7
X1, Y1 = np.array([1.0, 2.0, 4.0]), np.array([2.0, 4.0, 9.0])
POINTS, ROWS3 = np.column_stack(rows(100, 1)), np.column_stack(rows(100, 2))
CALLS = """
fit(HOURS, "score")
fit(HOURS, "score", learning_rate=0.0001, max_iter=1000)
fit(HOURS, "score", learning_rate=0.001)
fit(HOURS, "score", learning_rate=0.001, unstable="run")
fit(HOURS, "score ~ hours + I(hours**2)")
fit(HOURS, "score ~ hours + I(hours**2)").predict(HOURS)
fit(HOURS, "score ~ 0 + hours", max_iter=3)
fit(HOURS, "score", standardize=True, tol=1e-6).predict(HOURS)
fit("data/portland_houses.csv")
fit("data/portland_houses.csv", fit_intercept=False)
fit(HOUSES, "price_usd", standardize=True, tol=1e-6)
fit(HOUSES, "price_usd", features=["bedrooms"], sample_weight="area_sqft")
fit(TOWNS, "price ~ area + C(town)")
fit(TOWNS, "price ~ area + C(town)").predict(TOWNS[::-1])
fit(TOWNS, "price ~ bs(area, df=4) + scale(area)", max_iter=10**6)
fit(TOWNS, "price ~ poly(area, 2) : town + rooms", missing="drop")
fit(pl.from_pandas(TOWNS), "price ~ C(town) * np.log(1 + area)", standardize=True)
fit(iter([TOWNS[:13], TOWNS[13:]]), "price ~ town + center(area)")
fit(TOWNS, "price", features=["rooms", "area"], missing="drop")
fit(TOWNS, "price", features=["rooms", "area"])
fit(pl.from_pandas(TOWNS).lazy(), "price", features=["rooms"], missing="drop", sample_weight="area")
fit(TOWNS, "price", features=["area"]).to_frame().to_dict("list")
fit(pl.from_pandas(TOWNS), "price", features=["area"]).to_frame().to_dict(as_series=False)
fit(X1, Y1, sample_weight=[1.0, -1.0, 1.0])
fit(X1, Y1, max_iter=-1)
fit(X1, Y1, start=[1.0])
fit(X1, [1.0, np.inf, 3.0])
fit(X1, Y1).predict_interval([1.0, np.nan])
fit(X1, Y1).moments.starting_at(3)
fit(Moments())
Moments.from_bytes(b"hours,score")
fastgd.load(HOURS)
fastgd.compute_error(0.5, 1.0, POINTS)
fastgd.compute_error(0.5, [1.0, -2.0], ROWS3)
fastgd.compute_error(0.5, 1e200, POINTS)
fastgd.step_gradient(0.5, 1.0, POINTS, 1e-4)
fastgd.step_gradient(0.5, [1.0, -2.0], ROWS3, 1e-2)
fastgd.tutorial.gradient_descent_runner(POINTS, 0.5, 1.0, 1e-4, 1001)
fastgd.tutorial.gradient_descent_runner(POINTS, 0.5, 1.0, 1e-2, 1000)
fastgd.tutorial.gradient_descent_runner(ROWS3, 0.5, [1.0, -2.0], 1e-2, 1001)
fastgd.tutorial.gradient_descent_runner(ROWS3, 0.5, [1.0, -2.0], 10.0, 1000)
"""

SHAPES = [(n, 1) for n in (1, 2, 3, 100, 4096, 4097, 20_000)] + [(300, p) for p in (2, 3, 5, 10, 20, 39, 40, 60, 200)]
SHAPES += [(5, 8), (20, 50), (30, 45), (20_000, 3), (20_000, 50), (9_000, 64), (2_000, 200)]  # the last three go by BLAS
SMALL = [(100, 1), (300, 5)]
BASIC: list[Options] = [{}, {"max_iter": 7}, {"standardize": True}, {"fit_intercept": False}]
BELOW = 1.0 - 2.0**-53  # times a number: the float64 before it
RATES: list[Options] = [{}, {"learning_rate": 1e-5}, {"rate": BELOW}]
RUNS: list[Options] = [
    *({**rate, "max_iter": k} for rate in RATES for k in (0, 1, 2, 7, 1000, 10**6, 10**6 + 1, 10**15, 10**18, 10**18 + 1)),
    *({**rate, "tol": tol, **most} for rate in RATES for tol in (0.5, 1e-3, 1e-9) for most in ({}, {"max_iter": 5})),
    *({"rate": rate, "unstable": "run", **most} for rate in (1.0, 1.5, 100.0) for most in ({}, {"max_iter": 5})),
    *({"rate": rate, **most} for rate in (0.5, 1.0, 1.001, 100.0) for most in ({}, {"tol": 0.01})),
    *({"start": start, **more} for start in (1.0, 1e6, -1e200) for more in ({}, {"max_iter": 7}, {"tol": 1e-3})),
    *({"start": 2.0, "max_iter": 3, flag: flag == "standardize"} for flag in ("standardize", "fit_intercept")),
    {"rate": 1.5, "max_iter": 10**9, "unstable": "run"},
    {"rate": 0.5, "max_iter": 10, "standardize": True, "fit_intercept": False},
    *({"learning_rate": 1e-300, **most} for most in ({"tol": 0.5}, {"max_iter": 10**18})),
]


def fits() -> Iterator[tuple[int, int, str, str, Options]]:
    """Rows, features, how they are spoilt, how they are handed in, and what is asked of `fit`."""
    yield from ((n, p, "", "arrays", asked) for (n, p), asked in product(SHAPES, BASIC))
    yield from ((n, p, "", "arrays", asked) for (n, p), asked in product(SMALL, RUNS))
    yield from ((60, p, spoil, "arrays", asked) for p, spoil, asked in product((1, 4), SPOILS, [*BASIC, {"missing": "drop"}]))
    for (n, p), weigh, more in product([*SMALL, (5000, 1), (9_000, 64)], WEIGHTS, BASIC):
        yield n, p, "", "arrays", {"weigh": weigh, **more}
    yield from ((n, p, "", way, {}) for (n, p), way in product([*SMALL, (9_000, 3)], WAYS))
    yield from ((9_000, 64, "", way, {}) for way in ("points", "Fortran's order", "float32", "int64", "backwards", "moments"))
    yield from ((9_000, 64, spoil, "arrays", asked) for spoil, asked in product(SPOILS, (BASIC[0], BASIC[3])))
    yield from ((20_000, p, "", "arrays", {"n_jobs": n_jobs}) for p, n_jobs in product((1, 3, 50), (1, 2, 3)))
    draw = np.random.default_rng(2026)
    for _ in range(60):  # what the tables do not combine
        asked = {**BASIC[draw.integers(4)], "weigh": [*WEIGHTS][draw.integers(6)], "start": 0.5, **RUNS[draw.integers(len(RUNS))]}
        yield 60, int(draw.choice([1, 4])), [*SPOILS][draw.integers(len(SPOILS))], "arrays", asked


def cases() -> Iterator[tuple[str, Callable[[Record], None]]]:
    for n, p, spoil, way, asked in fits():
        words = f"{n} rows of {p}", spoil, way, *(f"{key}={value!r}" for key, value in asked.items())
        yield ", ".join(filter(None, words)), partial(ask_fit, n=n, p=p, spoil=spoil, way=way, asked=asked)
    cuts = (100,), (4096,), (1, 4095, 4097), (4100, 8192)
    for way, cut, p, weigh in product(("updated", "from starting_at", "added", "after a fit"), cuts, (1, 3), ("one", "zeros")):
        yield f"moments {way}, cut at {cut}, {p} features, {weigh}", partial(ask_collected, way=way, cuts=cut, p=p, weigh=weigh)
    yield from ((call, partial(ask_call, call=call)) for call in CALLS.strip().splitlines())


def compute() -> dict[str, dict[str, dict[str, str]]]:
    fastgd.warmup()
    found = {}
    with threadpool_limits(1, "blas"):  # more have the same bits, but where others use the cores wait many times as long
        for name, ask in dict(cases()).items():  # the tables overlap
            with tempfile.TemporaryDirectory() as folder:
                record = Record(folder)
                record.note("the case", partial(ask, record))
            found[name] = record.fields
    return found


def compare(old: dict[str, Any], new: dict[str, Any], kinds: tuple[str, ...]) -> int:
    """Print each field that differs, kind by kind; how many do."""
    total = 0
    for kind in kinds:
        was, now = ({(name, key): case[kind][key] for name, case in side.items() for key in case[kind]} for side in (old, new))
        differ = [key for key in was | now if was.get(key) != now.get(key)]
        for key in differ:
            print(f"{kind}: {key[0]}: {key[1]}", f"    was {was.get(key)}", f"    now {now.get(key)}", sep="\n")
        print(f"{kind}: {len(differ)} of {len(was)} differ, in {len({name for name, _ in differ})} of {len(old)} cases")
        total += len(differ)
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("write", "compare"))
    parser.add_argument("file", type=Path)
    parser.add_argument("--numbers", action="store_true", help="compare values and bytes, and no texts")
    asked = parser.parse_args()
    if not Path(fastgd.__file__).is_relative_to(ROOT):
        parser.error(f"fastgd is that of {fastgd.__file__}, and not of {ROOT}: set PYTHONPATH={ROOT}")
    file = asked.file.resolve()
    os.chdir(ROOT)  # for the names of the data's files
    about = {name: version(name) for name in ("numpy", "numba", "scipy", "formulaic", "pandas", "polars", "pyarrow")}
    about["BLAS"] = ", ".join(sorted({str(pool.get("architecture")) for pool in threadpool_info()}))
    about["kernels"] = "as Python" if os.environ.get("NUMBA_DISABLE_JIT") == "1" else "compiled"
    if asked.what == "compare":
        old = json.loads(file.read_text())
        if old["about"] != about:
            print(f"Other libraries or another processor, which may round otherwise: was {old['about']}, now {about}")
        return int(compare(old["cases"], compute(), (VALUES, BYTES) if asked.numbers else KINDS) > 0)
    new = compute()
    file.write_text(json.dumps({"about": about, "cases": new}, indent=1))
    print(f"{len(new)} cases:", ", ".join(f"{sum(len(case[kind]) for case in new.values())} {kind}" for kind in KINDS))
    for name, case in new.items():
        for field, text in case[VALUES].items():
            if text.startswith("raises ") and not text.startswith(("raises DataError(", "raises UnstableLearningRateError(")):
                print(f"no error of ours: {name}: {field}: {text}: {case[TEXTS][field]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
