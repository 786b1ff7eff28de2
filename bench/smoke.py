"""A minute's part of the benchmark: what a change to the library most likely shows in, to run before and after it."""

from __future__ import annotations

from functools import cache

import cold
from compare import OURS
from figures import Key
from jobs import CLAIMS, JOBS

SMOKE = {"descent", "line", "iterations", "100 x 5", "10^6 x 10", cold.IMPORT, cold.WARM}
TURNS = (1, 2)
"""Not 0, in which memory is measured too."""


def is_smoke(job: str, contender: str, turn: int) -> bool:
    """The library's own contenders, and those that a promise measures them by; building a wheel would take half of the minute."""
    is_chosen = OURS in contender or (job, contender) in promised() or contender == JOBS[job].less
    return job in SMOKE and turn in TURNS and is_chosen and contender != cold.WHEEL


@cache
def promised() -> set[Key]:
    return {key for claim in CLAIMS for key in (claim.of, claim.against) if key}
