"""The jobs of many iterations: one, 10^15 and all between, and every iterate on the way to 10^6."""

from __future__ import annotations

from contenders import LESSON, descents, fit_name, paths
from job import Claim, Contender, Job
from rows import lesson

ONE_STEP, ALL_STEPS = fit_name(1), fit_name(10**15)
POWERS = 15
AFFORDABLE = {"the lesson's code": 4, "PyTorch": 3, "NumPy vectors": 5, "JAX": 6, "fastgd.tutorial": 7, "fastgd": POWERS}
"""The power of ten up to which each is run: ten times as many iterations would take it over a second."""
LOOP_DIGITS = 9
"""A loop rounds at each of its steps, of which there are up to 10^7."""
STEPS, SHOWN = 10**6, 1000
NO_PATH = {LESSON: "takes a minute", "the loop in PyTorch: SGD, mse_loss and backward": "takes two minutes"}


def fit_of(steps: int) -> Contender:
    return next(c for c in descents(steps) if c.name == fit_name(steps))


def point(power: int) -> dict[str, Job]:
    title, steps = f"along iterations: 10^{power}", 10**power
    runners = [c for c in descents(steps) if power <= AFFORDABLE.get(c.curve or "", -1)]
    runners = [c if c.name == fit_name(steps) else c._replace(digits=LOOP_DIGITS) for c in runners]
    unit = title, fit_name(steps)
    return {title: Job(title, lesson, 100, runners, unit, turns=3, digits=12, iterations=steps, drawn="iterations", tabled=False)}


JOBS = {
    "iterations": Job(
        "More iterations, same points",
        lesson,
        100,
        [fit_of(1), fit_of(10**15)],
        unit=("iterations", ONE_STEP),
        turns=10,
        digits=12,
    ),
    "path": Job(
        "All 10^6 iterates, same points",
        lesson,
        100,
        paths(STEPS, SHOWN),
        unit=("path", paths(STEPS, SHOWN)[-1].name),
        turns=2,
        rounds=1,
        memory="extra",
        iterations=STEPS,
        left_out=NO_PATH,
    ),
}
for power in range(POWERS + 1):
    JOBS |= point(power)

CLAIMS = [
    Claim("10^15 iterations: time relative to one iteration", ("iterations", ALL_STEPS), ("iterations", ONE_STEP), at_most=1.5)
]
