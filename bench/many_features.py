"""The jobs of several features: three sizes, threads, and the points of the picture."""

from __future__ import annotations

from functools import partial

import contenders
from contenders import FASTGD, READING, SKLEARN, STACKED, TABLE, of_fastgd, on_table, remaining
from job import Claim, Contender, Job
from rows import table

import fastgd

DRAWN = [c for c in TABLE if c.curve]
CELLS = 4_000_000
OF_MANY_ROWS = {
    contenders.RIVER.name: "takes at least ten seconds",
    contenders.SKGLM.name: "at least ten times LinearRegression's time",
}


def sums_on_threads(n_jobs: int) -> Contender:
    name = f"fastgd.Moments.from_arrays(X, y, n_jobs={n_jobs})"
    sums = partial(fastgd.Moments.from_arrays, n_jobs=n_jobs)
    return Contender(name, sums, on_table, read=lambda moments: of_fastgd(fastgd.fit(moments)))


def fit_on_threads(n_jobs: int) -> Contender:
    return Contender(f"fastgd.fit(X, y, n_jobs={n_jobs})", partial(fastgd.fit, n_jobs=n_jobs), on_table, read=of_fastgd)


def point(features: int) -> dict[str, Job]:
    """CELLS values in all."""
    rows = CELLS // features
    title = f"along features: {rows} x {features}"
    data, unit = partial(table, features=features), (title, FASTGD.name)
    job = Job(title, data, rows, DRAWN, unit, turns=3, features=features, rounds=1, drawn="features", tabled=False)
    return {title: job}


JOBS = {
    "100 x 5": Job(
        "Least squares on 100 rows of 5 features",
        partial(table, features=5),
        100,
        [STACKED, *TABLE],
        unit=("100 x 5", FASTGD.name),
        turns=5,
        features=5,
    ),
    "10^6 x 10": Job(
        "Least squares on 10^6 rows of 10 features",
        partial(table, features=10),
        1_000_000,
        [*remaining(TABLE, OF_MANY_ROWS), READING],
        unit=("10^6 x 10", FASTGD.name),
        turns=3,
        features=10,
        rounds=2,
        memory="extra",
        left_out=OF_MANY_ROWS,
    ),
    "10^5 x 200": Job(
        "Least squares on 10^5 rows of 200 features",
        partial(table, features=200),
        100_000,
        [*remaining(TABLE, OF_MANY_ROWS), READING],
        unit=("10^5 x 200", FASTGD.name),
        turns=4,  # BLAS on all cores takes five times as long while another process has one: there must be a quiet moment
        features=200,
        rounds=1,
        memory="extra",
        left_out=OF_MANY_ROWS,
    ),
}
JOBS["threads"] = Job(
    "10^6 rows of 50 features on one and two threads: double-double sums, and BLAS with refinement",
    partial(table, features=50),
    1_000_000,
    [make(n_jobs) for make in (sums_on_threads, fit_on_threads) for n_jobs in (1, 2)],
    unit=("threads", fit_on_threads(1).name),
    turns=3,
    features=50,
    rounds=1,
)
for features in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000):
    JOBS |= point(features)

CLAIMS = [
    Claim(
        "100 × 5: time relative to `np.linalg.lstsq`, not counting the time to stack its columns",
        ("100 x 5", FASTGD.name),
        ("100 x 5", STACKED.name),
        at_most=1,
    ),
    Claim("10^6 × 10: time relative to `LinearRegression`", ("10^6 x 10", FASTGD.name), ("10^6 x 10", SKLEARN.name), at_most=0.2),
    Claim("10^6 × 10: memory beyond the data, MiB", ("10^6 x 10", FASTGD.name), None, at_most=64),
    Claim(
        "10^5 × 200: time relative to `LinearRegression`", ("10^5 x 200", FASTGD.name), ("10^5 x 200", SKLEARN.name), at_most=0.25
    ),
    Claim(
        "10^6 × 50: sums on one thread, time relative to two threads",
        ("threads", sums_on_threads(1).name),
        ("threads", sums_on_threads(2).name),
        at_least=1.6,
    ),
]
