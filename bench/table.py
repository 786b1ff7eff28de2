"""Figures as Markdown: the promises, and a table for each job."""

from __future__ import annotations

from collections.abc import Iterable

from figures import Figures, Key, duration, number
from job import Claim
from jobs import CLAIMS, JOBS
from series import PANELS, Curve, curves_of

MEMORY = {"extra": "extra memory", "process": "memory of the process"}


def claim_table(figures: Figures) -> str:
    lines = ["| promise | target | measured |", "|---|--:|--:|"]
    for claim in CLAIMS:
        value = measured(claim, figures)
        if claim.at_most is not None:
            figure, kept = f"≤ {claim.at_most:,}", value <= claim.at_most
        else:
            figure, kept = f"≥ {claim.at_least:,}", value >= claim.at_least
        shown = number(value) if kept or value >= 100 else f"{value:.4g}"  # 1.003 misses 1
        lines.append(f"| {claim.text} | {figure} | {shown if kept else f'**{shown}: missed**'} |")
    return "\n".join(lines)


def measured(claim: Claim, figures: Figures) -> float:
    if claim.against is None:
        return seconds(claim.of, figures) if claim.unit == "seconds" else float(figures[claim.of]["MiB"])
    return seconds(claim.of, figures) / seconds(claim.against, figures)


def tables(figures: Figures, keys: Iterable[str]) -> str:
    """Of those jobs that have figures; what the picture shows follows, a column a point."""
    ran = [key for key in keys if any(key == job for job, _ in figures)]
    parts = [job_table(key, figures) for key in ran if JOBS[key].tabled]
    drawn = {along: curves_of(along, figures) for along in PANELS}
    parts += [curve_table(along, curves) for along, curves in drawn.items() if curves]
    return "\n\n".join(parts)


def curve_table(along: str, curves: dict[str, Curve]) -> str:
    sizes = sorted({size for curve in curves.values() for size in curve})
    lines = [f"**{PANELS[along]}**", "", f"| {along} | {' | '.join(map(power, sizes))} |", "|---|" + "--:|" * len(sizes)]
    for label, curve in curves.items():
        lines.append(f"| {' | '.join([label, *(duration(curve[size]) if size in curve else '' for size in sizes)])} |")
    return "\n".join(lines)


def power(size: int) -> str:
    """Large powers of ten as such."""
    exponent = len(str(size)) - 1
    return f"10^{exponent}" if size == 10**exponent and exponent > 3 else f"{size:,}"


def job_table(key: str, figures: Figures) -> str:
    job = JOBS[key]
    present = [(c.name, figures[key, c.name]) for c in job.contenders if (key, c.name) in figures]
    less = f"; times less that of `{job.less}`" if (key, job.less) in figures else ""
    lines = [
        f"**{job.title}** ({present[0][1]['rows']:,} rows{less})",
        "",
        "| | time | relative | digits | rounds |" + (f" {MEMORY[job.memory]} |" if job.memory else ""),
        "|---|--:|--:|--:|--:|" + ("--:|" if job.memory else ""),
    ]
    for name, figure in present:
        time = seconds((key, name), figures)
        relative = number(time / seconds(job.unit, figures)) if job.unit in figures and name != job.less else ""
        digits = "" if figure["digits"] is None else str(figure["digits"])
        cells = [name, duration(time), relative, digits, f"{figure['rounds']:,}"]
        if job.memory:
            cells.append(f"{figure['MiB']:.0f} MiB" if "MiB" in figure else "")
        lines.append(f"| {' | '.join(cells)} |")
    if job.left_out:
        reasons = {why: [name for name, its in job.left_out.items() if its == why] for why in job.left_out.values()}
        lines += ["", " ".join(f"Left out ({why}): {'; '.join(names)}." for why, names in reasons.items())]
    return "\n".join(lines)


def seconds(key: Key, figures: Figures) -> float:
    """Of a contender, less those of the contender that its job takes off."""
    job, name = key
    off = figures.get((job, JOBS[job].less or ""))
    return float(figures[key]["seconds"] - (off["seconds"] if off and name != JOBS[job].less else 0.0))
