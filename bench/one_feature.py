"""The jobs of one feature: the lesson's, and a line through few points and through many."""

from __future__ import annotations

import contenders
from contenders import LESSON, LINE, LSTSQ, RUNNER, remaining
from job import Claim, Job
from rows import cloud, lesson

FIT_STEPS = contenders.fit_name(1000)
LINREGRESS, FIT = contenders.LINREGRESS.name, contenders.FIT.name

NOT_OF_MANY = {contenders.RIVER.name: "half a minute"}
SLOW = (contenders.SGD, contenders.STATSMODELS, contenders.SKGLM, contenders.GLUM)
NOT_OF_MOST = {contenders.RIVER.name: "minutes"} | {c.name: "ten times or more linregress's time on 10^7 points" for c in SLOW}
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
        turns=4,
        rounds=1,
        memory="extra",
        drawn="rows",
        left_out=NOT_OF_MANY,
    ),
    "most": Job(
        "The least squares line of very many points",
        cloud,
        100_000_000,
        [*remaining(LINE, NOT_OF_MOST), contenders.READING],
        unit=("most", FIT),
        turns=2,
        rounds=1,
        drawn="rows",
        left_out=NOT_OF_MOST,
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
]
