"""A whole run's figures into the pages, and its picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import cold
import cold_table
import curves
import headline
import kernels
import nist
import pages
import table
from figures import Figures, Results, about, collect, versions
from jobs import JOBS

PICTURE = "bench/speed.png"
"""Where the README looks for it."""


def front(results: Results) -> str:
    figures = collect(results)
    return f"""{about(results)}.

{table.claim_table(figures)}

![Time of a fit with fastgd and other libraries, by number of rows, features and iterations]({PICTURE})

In the plots, the time of `np.linalg.lstsq` includes adding the column of ones. All jobs and contenders are listed in
[Results](docs/results.md)."""


def jobs(results: Results) -> str:
    return f"""{about(results)}, {versions(results)}.

{table.tables(collect(results), [key for key in JOBS if key not in cold.JOBS])}"""


def digits_of_nist() -> nist.Measured:
    if not nist.FOLDER.exists():
        raise pages.Unavailable(nist.ABSENT)
    return nist.measure()


SECTIONS: dict[str, Callable[[Results], str]] = {
    "headline": lambda results: headline.render(collect(results), digits_of_nist()),
    "speed": front,
    "jobs": jobs,
    "kernels": lambda results: kernels.render(kernels.measure()),
    "cold": lambda results: cold_table.render(collect(results)),
    "digits": lambda results: nist.render(digits_of_nist()),
}
"""By the name in its markers, what makes a section's Markdown of a run."""


class Done(NamedTuple):
    text: str
    failed: bool = False


def conclude(results: Results, turns: int, went_well: bool) -> Done:
    """Publish what a run has found, if all turns were taken and went well."""
    if turns < sum(job.turns * len(job.contenders) for job in JOBS.values()):
        return Done("the pages are left alone: this was a part of the jobs")
    if not went_well:
        return Done("the pages are left alone: the run failed")
    return attempt(results)


def attempt(results: Results) -> Done:
    """Publish; it has failed where something would get lost."""
    try:
        return Done(publish(results))
    except pages.Missing as missing:
        return Done(f"the pages are left alone: {missing}", failed=True)


def publish(results: Results) -> str:
    """Returns what was done; `Missing` where something would not be in the pages any more."""
    figures = collect(results)
    check(figures)
    sections, done = {}, ["the pages and their picture are written"]
    for name, render in SECTIONS.items():
        try:
            sections[name] = render(results)
        except pages.Unavailable as reason:
            done.append(f"{name} left as it is: {reason}")
    pages.write(pages.pages(), sections)
    curves.draw(figures, pages.ROOT / PICTURE)
    return ", ".join(done)


def check(figures: Figures) -> None:
    """Every contender of every job has its figures."""
    keys = [(key, c.name, {"seconds", "MiB"} if job.memory else {"seconds"}) for key, job in JOBS.items() for c in job.contenders]
    missing = [f"{key}: {name}" for key, name, needed in keys if not needed <= figures.get((key, name), {}).keys()]
    if missing:
        raise pages.Missing(f"no figures for {'; '.join(missing)}")
