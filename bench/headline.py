"""The table of the front page: jobs that most users have, beside what they would use otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import cold
import many_features as many
import nist
import one_feature as one
from contenders import LESSON, LSTSQ, SKLEARN, VECTORS
from figures import Figures, Key, duration
from table import seconds


class Row(NamedTuple):
    """Who takes part in a job, by contender's name."""

    job: str
    ours: str
    lstsq: str | None
    sklearn: str | None
    others: Mapping[str, str]
    """By how the table calls them."""


COLUMNS = ("time · correct digits (of 16)", "fastgd", "NumPy `lstsq`", "scikit-learn `LinearRegression`", "others")
LINREGRESS = "SciPy `linregress`"
LINE, MANY = (Row(job, one.FIT, LSTSQ.name, SKLEARN.name, {LINREGRESS: one.LINREGRESS}) for job in ("line", "many"))
TALL, WIDE = (Row(job, many.FASTGD.name, LSTSQ.name, SKLEARN.name, {}) for job in ("10^6 x 10", "10^5 x 200"))
FRESH = Row(cold.WARM, cold.OURS, None, cold.SKLEARN, {LINREGRESS: cold.SCIPY, "NumPy `polyfit`": cold.NUMPY})
LOOPS = Row("descent", one.FIT_STEPS, None, None, {"the lesson's code": LESSON, "a loop over NumPy vectors": VECTORS})
SOLVERS = Row("", nist.FASTGD, "np.linalg.lstsq", "LinearRegression()", {"statsmodels (QR)": "OLS, qr"})
Shown = Mapping[Key, tuple[float, str]]
"""What is the better the smaller it is, and how the table says it."""


def render(figures: Figures, measured: nist.Measured) -> str:
    times = {key: (seconds(key, figures), timed(key, figures)) for key in figures}
    memory = {key: (figure["MiB"], f"{figure['MiB']:.0f} MiB") for key, figure in figures.items() if "MiB" in figure}
    digits = {("", solver): (-worst, f"{nist.shown(worst)} digits") for solver, worst in nist.worst(measured).items()}
    rows: list[tuple[str, Row, Shown]] = [
        ("the lesson's 1000 iterations, 100 points", LOOPS, times),
        ("least squares line, 100 points", LINE, times),
        ("least squares line, 10^7 points", MANY, times),
        ("memory for that, beyond the data", MANY, memory),
        ("10^6 rows, 10 features", TALL, times),
        ("10^5 rows, 200 features", WIDE, times),
        ("worst of NIST's eleven data sets", SOLVERS, digits),
        ("import and first fit in a new process", FRESH, times),
    ]
    lines = [f"| {' | '.join(COLUMNS)} |", "|---|" + "--:|" * (len(COLUMNS) - 1)]
    return "\n".join([*lines, *(line(*row) for row in rows)])


def timed(key: Key, figures: Figures) -> str:
    digits = figures[key]["digits"]
    return duration(seconds(key, figures)) + ("" if digits is None else f" · {digits}")


def line(text: str, row: Row, shown: Shown) -> str:
    """With the least of the figures in bold, whoever's it is."""
    names = [row.ours, row.lstsq, row.sklearn, *row.others.values()]
    least = min(shown[row.job, name][0] for name in names if name)

    def cell(name: str | None) -> str:
        if not name:
            return ""
        figure, said = shown[row.job, name]
        return f"**{said}**" if figure == least else said

    others = ", ".join(f"{called} {cell(name)}" for called, name in row.others.items())
    return f"| {' | '.join([text, *map(cell, names[:3]), others])} |"
