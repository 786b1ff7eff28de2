"""A run of all jobs as pytest-benchmark would save it, with figures that are made up, for the tests."""

from __future__ import annotations

from figures import Results
from jobs import JOBS


def invented() -> Results:
    """Two turns; the second is slower and has more digits."""
    benchmarks = [
        {
            "params": {"job": key, "turn": turn, "contender": c.name},
            "stats": {"min": turn + (0.5 if c.name == job.less else 1.0), "rounds": 2},
            "extra_info": {"digits": 12 + turn, "rows": 5} | ({"MiB": 1.0} if job.memory and turn == 0 else {}),
        }
        for key, job in JOBS.items()
        for turn in range(2)
        for c in job.contenders
    ]
    return {
        "benchmarks": benchmarks,
        "machine_info": {"python_version": "3.x", "cpu": {"count": 2, "brand_raw": "abacus"}, "versions": {"numpy": "2.x"}},
        "commit_info": {"id": "abcdef012", "dirty": False},
        "datetime": "2025-01-01T00:00:00",
    }
