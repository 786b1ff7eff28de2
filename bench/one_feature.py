"""The jobs of one feature: the lesson's, and a line through few points and through many."""

from __future__ import annotations

from collections.abc import Callable

import contenders
from contenders import LESSON, LINE, LSTSQ, RUNNER, VECTORS, remaining
from fresh import fresh_with_compiled_kernels, fresh_with_own_cache
from job import Claim, Contender, Job
from rows import HOURS, cloud, lesson

def fresh_import(code: str) -> Contender:
    return Contender(code, fresh_with_own_cache, lambda d: ("-c", code), exact=lambda d: ())


def fresh_fit(name: str, code: str, start: Callable[..., list[float]] = fresh_with_own_cache) -> Contender:
    code = f"import numpy as np; x, y = np.loadtxt({str(HOURS)!r}, delimiter=',', skiprows=1, unpack=True); " + code
    return Contender(name, start, lambda d: ("-c", code))


FIT_STEPS = contenders.fit_name(1000)
LINREGRESS, FIT = contenders.LINREGRESS.name, contenders.FIT.name

FIRST_FIT = "import fastgd; a = fastgd.fit(x, y); print(a.intercept, a.slope)"

NOT_OF_MANY = {contenders.RIVER.name: "it takes half a minute"}
NOT_OF_MOST = {contenders.RIVER.name: "it takes minutes"}
DRAWN = [c for c in LINE if c.curve]

JOBS = {
    "descent": Job(
        "The lesson's job: 1000 iterations",
        lesson,
        100,
        [*contenders.descents(1000), contenders.EMPTY_KERNELS, contenders.NOTHING],
        unit=("descent", FIT_STEPS),
        turns=5,
        digits=12,
        iterations=1000,
    ),
    "line": Job(
        "The least squares line of the same points",
        lesson,
        100,
        [*LINE, contenders.FIT_POINTS],
        unit=("descent", FIT_STEPS),
        turns=5,
    ),
    "many": Job(
        "The least squares line of many points",
        cloud,
        10_000_000,
        [*remaining(LINE, NOT_OF_MANY), contenders.READING],
        unit=("many", FIT),
        turns=3,
        rounds=2,
        memory="extra",
        drawn="rows",
        left_out=NOT_OF_MANY,
    ),
    "most": Job(
        "The least squares line of as many points as fit in memory twice",
        cloud,
        100_000_000,
        [*remaining(LINE, NOT_OF_MOST), contenders.READING],
        unit=("most", FIT),
        turns=2,
        rounds=1,
        memory="extra",
        drawn="rows",
        left_out=NOT_OF_MOST,
    ),
    "fresh": Job(
        "A fresh process: import, then a first fit with numba's cache warm",
        lesson,
        100,
        [
            fresh_import("pass"),
            fresh_import("import numpy"),
            fresh_import("import fastgd"),
            fresh_fit("first np.polyfit", "print(*np.polyfit(x, y, 1)[::-1])"),
            fresh_fit("first linregress", "from scipy.stats import linregress as f; a = f(x, y); print(a.intercept, a.slope)"),
            fresh_fit(
                "first LinearRegression",
                "from sklearn.linear_model import LinearRegression; "
                "a = LinearRegression().fit(x[:, None], y); print(a.intercept_, *a.coef_)",
            ),
            fresh_fit("first fastgd.fit", FIRST_FIT),
            fresh_fit("first fastgd.fit, of a wheel with compiled kernels", FIRST_FIT, fresh_with_compiled_kernels),
        ],
        unit=("fresh", "first fastgd.fit"),
        turns=8,
        rounds=2,
        less="pass",
    ),
}


def point(rows: int) -> dict[str, Job]:
    title = f"along rows: {rows}"
    return {title: Job(title, cloud, rows, DRAWN, (title, FIT), turns=4, drawn="rows", tabled=False)}


for rows in (100, 1000, 10_000, 100_000, 1_000_000):
    JOBS |= point(rows)

CLAIMS = [
    Claim(
        "1000 iterations by `fit`, of the time of `np.linalg.lstsq`", ("descent", FIT_STEPS), ("line", LSTSQ.name), at_most=0.6
    ),
    Claim("the lesson's code, of the time of `fit`", ("descent", LESSON), ("descent", FIT_STEPS), at_least=10_000),
    Claim("the lesson's code, of the time of `tutorial`", ("descent", LESSON), ("descent", RUNNER), at_least=700),
    Claim("10^7 points, of the time of `linregress`", ("many", FIT), ("many", LINREGRESS), at_most=0.35),
    Claim("10^7 points, MiB beyond the data", ("many", FIT), None, at_most=64),
    Claim("`import fastgd`, of the time of `import numpy`", ("fresh", "import fastgd"), ("fresh", "import numpy"), at_most=1.5),
    Claim("first fit, of the time of `linregress`", ("fresh", "first fastgd.fit"), ("fresh", "first linregress"), at_most=1),
]
