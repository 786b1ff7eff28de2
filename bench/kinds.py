"""The jobs of other kinds of data: weights, float32, columns that lie together, and rows that come one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
from contenders import (
    FASTGD,
    GLUM,
    LSTSQ,
    NORMAL,
    POLARS_DS,
    READING,
    RIDGE,
    SKLEARN,
    STATSMODELS,
    STREAMS,
    by_column,
    in_single,
    on_polars,
    on_weighted_table,
    weighted_lstsq,
    wls,
)
from job import Contender, Job
from rows import Data, single_table, table, weighted_table

import fastgd

ROWS, FEATURES = 1_000_000, 10
DIGITS_OF_SINGLE = 2
"""Of those that compute in float32; the exact answer is that of the values as they are."""


def weighted(contender: Contender, function: Callable[..., Any] | None = None) -> Contender:
    return contender._replace(function=function or contender.function, given=on_weighted_table)


def single(contender: Contender) -> Contender:
    return contender._replace(given=in_single, digits=DIGITS_OF_SINGLE)


def both_orders(contender: Contender) -> list[Contender]:
    return [
        contender._replace(name=f"{contender.name}, {order}", given=given)
        for order, given in (("by rows", contender.given), ("by columns", by_column))
    ]


def totals(d: Data) -> tuple[Fraction, ...]:
    return *table(*d.X.shape).totals, Fraction(d.weight.sum())


def fit_weighted(X: np.ndarray, y: np.ndarray, weight: np.ndarray) -> fastgd.FitResult:
    return fastgd.fit(X, y, sample_weight=weight)


def job(
    key: str,
    title: str,
    data: Callable[..., Any],
    contenders: Sequence[Contender],
    unit: str,
    left_out: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Job]:
    """Of 10^6 rows of 10 features."""
    made = Job(
        title,
        partial(data, features=FEATURES),
        ROWS,
        contenders,
        unit=(key, unit),
        turns=3,
        features=FEATURES,
        rounds=1,
        memory="extra",
        left_out=left_out,
    )
    return {key: made}


JOBS = (
    job(
        "weights",
        "10^6 rows of 10 features, weighted",
        weighted_table,
        [
            weighted(LSTSQ, weighted_lstsq)._replace(name="np.linalg.lstsq of rows times the roots of weights"),
            weighted(NORMAL),
            weighted(SKLEARN),
            weighted(RIDGE),
            weighted(STATSMODELS, wls)._replace(name="statsmodels WLS(y, [1, X], weights).fit(), stacking counted"),
            weighted(GLUM),
            weighted(FASTGD, fit_weighted)._replace(name="fastgd.fit(X, y, sample_weight=w)"),
            Contender(
                "X.sum(), y.sum(), w.sum(): reading once", lambda *rows: [a.sum() for a in rows], on_weighted_table, totals
            ),
        ],
        "fastgd.fit(X, y, sample_weight=w)",
        left_out={POLARS_DS.name: "with weights, version 0.13 calls a function that polars 2 no longer has"},
    )
    | job(
        "float32",
        "10^6 rows of 10 features in float32",
        single_table,
        [
            *map(single, (LSTSQ, NORMAL, SKLEARN, RIDGE, STATSMODELS, GLUM)),
            POLARS_DS._replace(given=partial(on_polars, dtype=np.float32), digits=DIGITS_OF_SINGLE),
            FASTGD._replace(given=in_single),
            single(READING),
        ],
        FASTGD.name,
    )
    | job(
        "order",
        "10^6 rows of 10 features in C order (by rows) and in F order (by columns)",
        table,
        [c for contender in (LSTSQ, NORMAL, SKLEARN, GLUM, FASTGD, READING) for c in both_orders(contender)],
        f"{FASTGD.name}, by rows",
    )
    | {
        "stream": Job(
            "10^5 rows of 5 features, one at a time or in blocks of 1000",
            partial(table, features=5),
            100_000,
            STREAMS,
            unit=("stream", STREAMS[-1].name),
            turns=2,
            features=5,
            rounds=1,
        )
    }
)
