"""Two saved runs side by side, job by job; exit status 1 when fastgd has become slower."""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

from figures import Figures, Key, collect, duration, number, processor, read

RELATIVE, ABSOLUTE = 0.15, 20e-6
"""A job is slower by that share and by so many seconds: one alone is the noise of long jobs, or of short ones."""
OURS = "fastgd"
"""In the name of each contender that is; the others tell what the machine did."""


def main(old: Path, new: Path) -> int:
    before, after = read(old), read(new)
    if (was := processor(before)) != (now := processor(after)):
        print(f"warning: {old} is of {was}, {new} of {now}: times of different processors do not compare", file=sys.stderr)
    lines, slower = report(collect(before), collect(after))
    print("\n".join(lines))
    return int(any(OURS in contender for _, contender in slower))


def report(before: Figures, after: Figures) -> tuple[list[str], list[Key]]:
    """The lines to print, and what is slower."""
    both = [key for key in after if key in before]
    verdicts = {key: verdict(before[key]["seconds"], after[key]["seconds"]) for key in both}
    rows = [[*key, *sides(before[key]["seconds"], after[key]["seconds"]), verdicts[key]] for key in both]
    lines = [*columns([["job", "contender", "old", "new", "ratio", ""], *rows]), ""]
    lines += [f"vanished: {what}" for what in beyond(before, after)]
    lines += [f"new: {what}" for what in beyond(after, before)]
    for who, ours in ((OURS, True), ("the others", False)):
        ratios = [after[key]["seconds"] / before[key]["seconds"] for key in both if (OURS in key[1]) == ours]
        if ratios:
            lines.append(f"{who}: {number(statistics.median(ratios))} of the old time in the median of {len(ratios)}")
    slower = [key for key in both if verdicts[key] == "slower"]
    lines.append(f"slower by more than {RELATIVE:.0%} and {duration(ABSOLUTE)}: {len(slower)} of {len(both)}")
    return lines, slower


def beyond(these: Figures, those: Figures) -> list[str]:
    """What these have and those have not; a job of which those have nothing as a whole."""
    jobs = {job for job, _ in those}
    left = [(job, contender) for job, contender in these if (job, contender) not in those]
    return list(dict.fromkeys(f"{job}: {contender}" if job in jobs else f"all of {job}" for job, contender in left))


def verdict(old: float, new: float) -> str:
    if is_slower(old, new):
        return "slower"
    return "faster" if is_slower(new, old) else ""


def is_slower(old: float, new: float) -> bool:
    return new > old * (1 + RELATIVE) and new > old + ABSOLUTE


def sides(old: float, new: float) -> list[str]:
    return [duration(old), duration(new), f"{new / old:.2f}"]


def columns(rows: list[list[str]]) -> list[str]:
    """Padded to the widest of each; times and ratios to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    aligned = (str.ljust, str.ljust, str.rjust, str.rjust, str.rjust, str.ljust)
    return ["  ".join(a(cell, w) for a, cell, w in zip(aligned, row, widths, strict=True)).rstrip() for row in rows]
