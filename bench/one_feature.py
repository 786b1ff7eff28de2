"""The jobs of one feature: what is handed over outside the timing, what is timed, and the exact answer to it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from contenders import LSTSQ, READING, SKLEARN, of_fastgd
from fresh import fresh_with_compiled_kernels, fresh_with_own_cache
from job import Claim, Contender, Job
from rows import HOURS, Data, cloud, lesson
from scipy.stats import linregress

import fastgd
from fastgd.tutorial import gradient_descent_runner

RATE, STEPS = 1e-4, 1000


def lesson_step(b_current: float, m_current: float, points: np.ndarray, learning_rate: float) -> list[float]:
    """Written as the lesson writes it."""
    b_gradient = 0.0
    m_gradient = 0.0
    n = float(len(points))
    for i in range(len(points)):
        x = points[i, 0]
        y = points[i, 1]
        b_gradient += -(2 / n) * (y - ((m_current * x) + b_current))
        m_gradient += -(2 / n) * x * (y - ((m_current * x) + b_current))
    return [b_current - learning_rate * b_gradient, m_current - learning_rate * m_gradient]


def list_step(b_current: float, m_current: float, points: list[list[float]], learning_rate: float) -> list[float]:
    b_gradient = 0.0
    m_gradient = 0.0
    n = float(len(points))
    for x, y in points:
        b_gradient += -(2 / n) * (y - ((m_current * x) + b_current))
        m_gradient += -(2 / n) * x * (y - ((m_current * x) + b_current))
    return [b_current - learning_rate * b_gradient, m_current - learning_rate * m_gradient]


def vector_step(b_current: float, m_current: float, points: np.ndarray, learning_rate: float) -> list[float]:
    x, y = points[:, 0], points[:, 1]
    residual = y - (m_current * x + b_current)
    share = 2 * learning_rate / len(points)
    return [b_current + share * residual.sum(), m_current + share * (x @ residual)]


def descend(step: Callable[..., list[float]], points: Any, steps: int = STEPS) -> list[float]:
    b, m = 0.0, 0.0
    for _ in range(steps):
        b, m = step(b, m, points, RATE)
    return [b, m]


def lesson_run(points: np.ndarray) -> list[float]:
    """The lesson copies the points for each step, which is a hundredth of its time."""
    return descend(lambda b, m, points, rate: lesson_step(b, m, np.array(points), rate), points)


def fit_of_steps(steps: int) -> Callable[[np.ndarray], fastgd.FitResult]:
    return lambda points: fastgd.fit(points, learning_rate=RATE, max_iter=steps)


def fresh_import(code: str) -> Contender:
    return Contender(code, fresh_with_own_cache, lambda d: ("-c", code), exact=lambda d: ())


def fresh_fit(name: str, code: str, start: Callable[..., list[float]] = fresh_with_own_cache) -> Contender:
    code = f"import numpy as np; x, y = np.loadtxt({str(HOURS)!r}, delimiter=',', skiprows=1, unpack=True); " + code
    return Contender(name, start, lambda d: ("-c", code))


def on_xy(d: Data) -> tuple[Any, ...]:
    return d.x, d.y


def on_points(d: Data) -> tuple[Any, ...]:
    return (d.points,)


def iterate_1(d: Data) -> list[Fraction]:
    return list(map(Fraction, descend(list_step, d.points.tolist(), 1)))


def iterate_1000(d: Data) -> tuple[Fraction, Fraction]:
    """On the lesson's points, by 60-digit arithmetic."""
    return Fraction("0.0889365199374136126"), Fraction("1.47774408518944491770")


LESSON, RUNNER = "the lesson's code, Python on a NumPy array", "fastgd.tutorial.gradient_descent_runner"
FIT_STEPS = "fastgd.fit(points, learning_rate=1e-4, max_iter=1000)"
ONE_STEP = "fastgd.fit(points, learning_rate=1e-4, max_iter=1)"
ALL_STEPS = "fastgd.fit(points, learning_rate=1e-4, max_iter=10**15)"
LINREGRESS, FIT = "scipy.stats.linregress(x, y)", "fastgd.fit(x, y)"

FIRST_FIT = "import fastgd; a = fastgd.fit(x, y); print(a.intercept, a.slope)"

LEAST_SQUARES = [
    Contender("np.polyfit(x, y, 1)", lambda x, y: np.polyfit(x, y, 1), on_xy, read=lambda a: a[::-1]),
    LSTSQ,
    Contender(LINREGRESS, linregress, on_xy, read=lambda a: (a.intercept, a.slope)),
    SKLEARN,
    Contender(FIT, fastgd.fit, on_xy, read=of_fastgd),
]

JOBS = {
    "descent": Job(
        "The lesson's job: 1000 iterations",
        lesson,
        100,
        [
            Contender(LESSON, lesson_run, on_points, iterate_1000),
            Contender("the same on lists of floats", descend, lambda d: (list_step, d.points.tolist()), iterate_1000),
            Contender("the loop over NumPy vectors", descend, lambda d: (vector_step, d.points), iterate_1000),
            Contender(RUNNER, gradient_descent_runner, lambda d: (d.points, 0.0, 0.0, RATE, STEPS), iterate_1000),
            Contender(FIT_STEPS, fit_of_steps(STEPS), on_points, iterate_1000, of_fastgd),
            Contender(
                "fastgd.fit(x, y, learning_rate=1e-4, max_iter=1000)",
                lambda x, y: fastgd.fit(x, y, learning_rate=RATE, max_iter=STEPS),
                on_xy,
                iterate_1000,
                of_fastgd,
            ),
        ],
        unit=("descent", FIT_STEPS),
        turns=5,
        digits=12,
    ),
    "line": Job(
        "The least squares line of the same points",
        lesson,
        100,
        [*LEAST_SQUARES, Contender("fastgd.fit(points)", fastgd.fit, on_points, read=of_fastgd)],
        unit=("descent", FIT_STEPS),
        turns=5,
    ),
    "iterations": Job(
        "More iterations, same points",
        lesson,
        100,
        [
            Contender(ONE_STEP, fit_of_steps(1), on_points, iterate_1, of_fastgd),
            Contender(ALL_STEPS, fit_of_steps(10**15), on_points, read=of_fastgd),
        ],
        unit=("iterations", ONE_STEP),
        turns=10,
        digits=12,
    ),
    "many": Job(
        "The least squares line of many points",
        cloud,
        10_000_000,
        [*LEAST_SQUARES, READING],
        unit=("many", FIT),
        turns=3,
        rounds=2,
        memory="extra",
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

CLAIMS = [
    Claim(
        "1000 iterations by `fit`, of the time of `np.linalg.lstsq`", ("descent", FIT_STEPS), ("line", LSTSQ.name), at_most=0.6
    ),
    Claim("the lesson's code, of the time of `fit`", ("descent", LESSON), ("descent", FIT_STEPS), at_least=10_000),
    Claim("the lesson's code, of the time of `tutorial`", ("descent", LESSON), ("descent", RUNNER), at_least=700),
    Claim("10^15 iterations, of the time of one", ("iterations", ALL_STEPS), ("iterations", ONE_STEP), at_most=1.5),
    Claim("10^7 points, of the time of `linregress`", ("many", FIT), ("many", LINREGRESS), at_most=0.35),
    Claim("10^7 points, MiB beyond the data", ("many", FIT), None, at_most=64),
    Claim("`import fastgd`, of the time of `import numpy`", ("fresh", "import fastgd"), ("fresh", "import numpy"), at_most=1.5),
    Claim("first fit, of the time of `linregress`", ("fresh", "first fastgd.fit"), ("fresh", "first linregress"), at_most=1),
]
