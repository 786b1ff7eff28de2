"""pytest-benchmark's figures as Markdown, and that between the README's markers."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from job import Claim
from jobs import CLAIMS, JOBS

Key = tuple[str, str]
Figures = dict[Key, dict[str, Any]]
PICTURE = "bench/speed.png"
"""Where the README looks for it."""
PICTURED = f"""![Time of a fit with fastgd, NumPy and scikit-learn, against features and against rows]({PICTURE})

In the picture, stacking the column of ones is counted for `np.linalg.lstsq`."""
MEMORY = {"extra": "extra memory", "process": "memory of the process"}
NONE = {"seconds": math.inf, "rounds": 0, "digits": 16}


class Missing(Exception):
    """A contender without figures, or a README without markers."""


def render(results: dict[str, Any]) -> str:
    """All of the section; `Missing` unless every contender of every job has its figures."""
    figures = collect(results)
    keys = [(key, c.name, {"seconds", "MiB"} if job.memory else {"seconds"}) for key, job in JOBS.items() for c in job.contenders]
    missing = [f"{key}: {name}" for key, name, needed in keys if not needed <= figures.get((key, name), {}).keys()]
    if missing:
        raise Missing(f"no figures for {'; '.join(missing)}")
    return "\n\n".join((about(results), claim_table(figures), PICTURED, job_tables(figures)))


def write(readme: Path, sections: dict[str, str]) -> None:
    """Put each section between the markers of its name; all of them or none."""
    text = readme.read_text(encoding="utf-8")
    for name, section in sections.items():
        begin, end = f"<!-- bench:{name} -->", f"<!-- /bench:{name} -->"
        before, _, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not closed:
            raise Missing(f"{readme.name} lacks {begin} or, after it, {end}")
        text = f"{before}{begin}\n{section}\n{end}{after}"
    readme.write_text(text, encoding="utf-8")


def collect(results: dict[str, Any]) -> Figures:
    """A contender's turns taken together: least time, all rounds, worst digits; memory is measured in one turn."""
    figures: Figures = {}
    for benchmark in results["benchmarks"]:
        figure = figures.setdefault((benchmark["params"]["job"], benchmark["params"]["contender"]), dict(NONE))
        stats, info = benchmark["stats"], benchmark["extra_info"]
        rounds, seconds = figure["rounds"] + stats["rounds"], min(figure["seconds"], stats["min"])
        figure |= info | {"rounds": rounds, "seconds": seconds, "digits": min(figure["digits"], info["digits"])}
    return figures


def about(results: dict[str, Any]) -> str:
    machine, commit = results["machine_info"], results["commit_info"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return (
        f"{results['datetime'][:10]}, commit {commit['id'][:7]}{' and changes' if commit['dirty'] else ''}, "
        f"{machine['cpu']['brand_raw']} ({machine['cpu']['count']} cores), Python {machine['python_version']}, {versions}. "
        "Times are the least of all rounds of one run, in which the contenders take turns; "
        "digits are those right in the worst of intercept and coefficients, of 16."
    )


def claim_table(figures: Figures) -> str:
    lines = ["| promise | figure | measured |", "|---|--:|--:|"]
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
        return float(figures[claim.of]["MiB"])
    return seconds(claim.of, figures) / seconds(claim.against, figures)


def job_tables(figures: Figures) -> str:
    """Of the contenders that have figures: all of them, or those of a part of the jobs."""
    keys = [key for key, plan in JOBS.items() if plan.tabled and any(key == job for job, _ in figures)]
    return "\n\n".join(job_table(key, figures) for key in keys)


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
        cells = [name, duration(time), relative, str(figure["digits"] or ""), f"{figure['rounds']:,}"]
        if job.memory:
            cells.append(f"{figure['MiB']:.0f} MiB" if "MiB" in figure else "")
        lines.append(f"| {' | '.join(cells)} |")
    if job.left_out:
        lines += ["", f"Left out: {'; '.join(f'{name} ({why})' for name, why in job.left_out.items())}."]
    return "\n".join(lines)


def seconds(key: Key, figures: Figures) -> float:
    """Of a contender, less those of the contender that its job takes off."""
    job, name = key
    off = figures.get((job, JOBS[job].less or ""))
    return float(figures[key]["seconds"] - (off["seconds"] if off and name != JOBS[job].less else 0.0))


def duration(time: float) -> str:
    size, unit = next(((size, unit) for size, unit in ((1.0, "s"), (1e-3, "ms")) if time >= size), (1e-6, "µs"))
    return f"{number(time / size)} {unit}"


def number(value: float) -> str:
    """Three significant digits, or all before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
