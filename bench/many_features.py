"""The jobs of several features: three sizes, and the points of the picture."""

from __future__ import annotations

from functools import partial

from contenders import LSTSQ, READING, SKLEARN, lstsq, of_fastgd, ols, on_table, stack
from job import Claim, Contender, Job
from rows import table

import fastgd

STACKED = Contender("np.linalg.lstsq, stacked beforehand", lstsq, lambda d: (stack(d.X), d.y))
OLS = Contender("statsmodels OLS(y, [1, X]).fit(), stacking counted", lambda X, y: ols(stack(X), y), on_table)
FASTGD = Contender("fastgd.fit(X, y)", fastgd.fit, on_table, read=of_fastgd)
DRAWN = {"np.linalg.lstsq": LSTSQ, "scikit-learn": SKLEARN, "fastgd": FASTGD}
CELLS, POINT_FEATURES = 1_000_000, 5


def sums_on_threads(n_jobs: int) -> Contender:
    name = f"fastgd.Moments.from_arrays(X, y, n_jobs={n_jobs})"
    sums = partial(fastgd.Moments.from_arrays, n_jobs=n_jobs)
    return Contender(name, sums, on_table, read=lambda moments: of_fastgd(fastgd.fit(moments)))


def fit_on_threads(n_jobs: int) -> Contender:
    return Contender(f"fastgd.fit(X, y, n_jobs={n_jobs})", partial(fastgd.fit, n_jobs=n_jobs), on_table, read=of_fastgd)


def point(along: str, rows: int, features: int) -> dict[str, Job]:
    title = f"along {along}: {rows} x {features}"
    data, unit = partial(table, features=features), (title, FASTGD.name)
    return {title: Job(title, data, rows, list(DRAWN.values()), unit, turns=4, features=features, drawn=along)}


JOBS = {
    "100 x 5": Job(
        "Least squares on 100 rows of 5 features",
        partial(table, features=5),
        100,
        [LSTSQ, STACKED, SKLEARN, OLS, FASTGD],
        unit=("100 x 5", FASTGD.name),
        turns=5,
        features=5,
    ),
    "10^6 x 10": Job(
        "Least squares on 10^6 rows of 10 features",
        partial(table, features=10),
        1_000_000,
        [LSTSQ, SKLEARN, FASTGD, READING],
        unit=("10^6 x 10", FASTGD.name),
        turns=3,
        features=10,
        rounds=2,
        memory="extra",
    ),
    "10^5 x 200": Job(
        "Least squares on 10^5 rows of 200 features",
        partial(table, features=200),
        100_000,
        [LSTSQ, SKLEARN, FASTGD, READING],
        unit=("10^5 x 200", FASTGD.name),
        turns=4,  # BLAS on all cores takes five times as long while another process has one: there must be a quiet moment
        features=200,
        rounds=1,
        memory="extra",
    ),
}
JOBS["threads"] = Job(
    "10^6 rows of 50 features on threads, by double-double sums and by BLAS and refinement",
    partial(table, features=50),
    1_000_000,
    [make(n_jobs) for make in (sums_on_threads, fit_on_threads) for n_jobs in (1, 2)],
    unit=("threads", fit_on_threads(1).name),
    turns=3,
    features=50,
    rounds=1,
)
for features in (1, 2, 5, 10, 20, 50, 100, 200):
    JOBS |= point("features", CELLS // features, features)
for rows in (100, 1000, 10_000, 100_000, 1_000_000):
    JOBS |= point("rows", rows, POINT_FEATURES)

CLAIMS = [
    Claim(
        "100 × 5, of the time of `np.linalg.lstsq`, its stacking not counted",
        ("100 x 5", FASTGD.name),
        ("100 x 5", STACKED.name),
        at_most=1,
    ),
    Claim("10^6 × 10, of the time of `LinearRegression`", ("10^6 x 10", FASTGD.name), ("10^6 x 10", SKLEARN.name), at_most=0.2),
    Claim("10^6 × 10, MiB beyond the data", ("10^6 x 10", FASTGD.name), None, at_most=64),
    Claim(
        "10^5 × 200, of the time of `LinearRegression`", ("10^5 x 200", FASTGD.name), ("10^5 x 200", SKLEARN.name), at_most=0.25
    ),
    Claim(
        "10^6 × 50, sums on one thread, of the time on two",
        ("threads", sums_on_threads(1).name),
        ("threads", sums_on_threads(2).name),
        at_least=1.6,
    ),
]
