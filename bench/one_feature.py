"""The jobs of one feature: the lesson's, and a line through few points and through many."""

from __future__ import annotations

import contenders
from contenders import LESSON, LINE, LSTSQ, RUNNER, remaining
from job import Claim, Job
from rows import cloud, lesson

FIT_STEPS = contenders.fit_name(1000)
LINREGRESS, FIT = contenders.LINREGRESS.name, contenders.FIT.name

NOT_OF_MANY = {contenders.RIVER.name: "takes half a minute"}
SLOW = (contenders.SGD, contenders.STATSMODELS, contenders.SKGLM, contenders.GLUM)
NOT_OF_MOST = {contenders.RIVER.name: "takes minutes"}
NOT_OF_MOST |= {c.name: "at least ten times linregress's time on 10^7 points" for c in SLOW}
DRAWN = [c for c in LINE if c.curve]

JOBS = {
    "descent": Job(
        "The lesson's run: 1000 iterations",
        lesson,
        100,
        [*contenders.descents(1000), contenders.EMPTY_KERNELS, contenders.NOTHING],
        unit=("descent", FIT_STEPS),
        turns=5,
        digits=12,
        iterations=1000,
    ),
    "line": Job(
        "Least squares line through the same points",
        lesson,
        100,
        [*LINE, contenders.FIT_POINTS],
        unit=("descent", FIT_STEPS),
        turns=5,
    ),
    "many": Job(
        "Least squares line through many points",
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
        "Least squares line through very many points",
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
        "1000 iterations with `fit`: time relative to `np.linalg.lstsq`",
        ("descent", FIT_STEPS),
        ("line", LSTSQ.name),
        at_most=0.6,
    ),
    Claim("the lesson's code: time relative to `fit`", ("descent", LESSON), ("descent", FIT_STEPS), at_least=10_000),
    Claim("the lesson's code: time relative to `tutorial`", ("descent", LESSON), ("descent", RUNNER), at_least=700),
    Claim("10^7 points: time relative to `linregress`", ("many", FIT), ("many", LINREGRESS), at_most=0.35),
    Claim("10^7 points: memory beyond the data, MiB", ("many", FIT), None, at_most=64),
]
