"""What the picture is drawn from: time along rows, features and iterations."""

from __future__ import annotations

from figures import Figures
from jobs import JOBS
from many_features import CELLS

Curve = dict[int, float]
"""Seconds by size."""
PANELS = {
    "rows": "Time against rows, one feature",
    "features": f"Time against features, {CELLS:,} values in all",
    "iterations": "Time against iterations, 100 points",
}
"""What `Job.drawn` may say: a field of the job, and the title over its curves."""


def curves_of(along: str, figures: Figures) -> dict[str, Curve]:
    """By name, sizes ascending; a curve ends where its contender takes no part any more."""
    points = [
        (getattr(job, along), contender.curve, float(figures[key, contender.name]["seconds"]))
        for key, job in JOBS.items()
        for contender in job.contenders
        if job.drawn == along and contender.curve and (key, contender.name) in figures
    ]
    curves: dict[str, Curve] = {}
    for size, name, seconds in sorted(points, key=lambda point: point[0]):
        curves.setdefault(name, {})[size] = seconds
    return curves
