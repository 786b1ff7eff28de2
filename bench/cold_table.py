"""The table of cold start: a row for each library."""

from __future__ import annotations

from cold import EMPTY, IMPORT, LIBRARIES, NOTHING, WARM
from figures import Figures, duration
from table import seconds

COLUMNS = (IMPORT, WARM, EMPTY)


def render(figures: Figures) -> str:
    lines = [
        "Each figure is from new processes, with a numba cache made in this run. A first fit includes the import and reading a "
        f"file of 100 rows. The start of Python itself, {duration(figures[IMPORT, NOTHING]['seconds'])}, is subtracted. skglm "
        "keeps no cache and compiles in each process; the other libraries except fastgd compile nothing.",
        "",
        f"| | {' | '.join(COLUMNS)} | digits |",
        "|---|" + "--:|" * (len(COLUMNS) + 1),
    ]
    for name in LIBRARIES:
        there = [key for key in COLUMNS if (key, name) in figures]
        times = [duration(seconds((key, name), figures)) if key in there else "" for key in COLUMNS]
        digits = min((figures[key, name]["digits"] for key in there if key != IMPORT), default="")
        lines.append(f"| {' | '.join([name, *times, str(digits)])} |")
    return "\n".join(lines)
