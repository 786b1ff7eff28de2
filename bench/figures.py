"""The JSON of a run: figures by job and contender, and how they are written."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

Results = dict[str, Any]
"""What pytest-benchmark saves."""
Key = tuple[str, str]
"""Job and contender."""
Figures = dict[Key, dict[str, Any]]
NONE = {"seconds": math.inf, "rounds": 0, "digits": None}


class Unreadable(Exception):
    """The file holds no run of this benchmark."""


def read(path: Path) -> Results:
    try:
        results: Results = json.loads(path.read_text(encoding="utf-8"))
        collect(results)
        about(results)
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from error
    except (ValueError, LookupError, TypeError) as error:
        raise Unreadable(f"{path} is no JSON that `pytest bench` saved; those are in .benchmarks") from error
    return results


def collect(results: Results) -> Figures:
    """A contender's turns taken together: least time, all rounds, worst digits, if it has any; memory is measured in one turn."""
    figures: Figures = {}
    for benchmark in results["benchmarks"]:
        params = benchmark["params"]
        if not params or "contender" not in params:  # of a file with a table of its own
            continue
        figure = figures.setdefault((params["job"], params["contender"]), dict(NONE))
        stats, info = benchmark["stats"], benchmark["extra_info"]
        rounds, seconds = figure["rounds"] + stats["rounds"], min(figure["seconds"], stats["min"])
        digits = min((d for d in (figure["digits"], info["digits"]) if d is not None), default=None)
        figure |= info | {"rounds": rounds, "seconds": seconds, "digits": digits}
    return figures


def processor(results: Results) -> str:
    machine = results["machine_info"]
    return f"{machine['cpu'].get('brand_raw') or machine['machine']} ({machine['cpu']['count']} cores)"


def about(results: Results) -> str:
    commit = results["commit_info"]
    return (
        f"{results['datetime'][:10]}, commit {commit['id'][:7]}{' and changes' if commit['dirty'] else ''}, "
        f"{processor(results)}, Python {results['machine_info']['python_version']}"
    )


def versions(results: Results) -> str:
    return ", ".join(f"{name} {version}" for name, version in results["machine_info"]["versions"].items())


def duration(time: float) -> str:
    size, unit = next(((size, unit) for size, unit in ((1.0, "s"), (1e-3, "ms")) if time >= size), (1e-6, "µs"))
    return f"{number(time / size)} {unit}"


def number(value: float) -> str:
    """Three significant digits, or all before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
