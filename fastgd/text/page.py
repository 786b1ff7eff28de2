"""A fit as a page: coefficients with their statistics, the fit, the descent. As text, and as HTML for notebooks.

No stars beside small p values: p and the interval stand there (Wasserstein & Lazar 2016, *The ASA statement on p-values*).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from textwrap import fill
from typing import NamedTuple

import numpy as np

from fastgd.arguments import counted
from fastgd.descent.run import Run
from fastgd.errors import DataError, Status
from fastgd.result.inference import Inference, infer
from fastgd.result.path import trace
from fastgd.result.stability import Stability
from fastgd.text import report

_WIDTH = 100
_LEAST_P = 1e-300  # smaller ones are at the end of float64

_Columns = list[list[str]]
_Facts = list[tuple[str, str]]


class Page(NamedTuple):
    """The parts in their order; what is empty is left out."""

    title: str
    opening: str
    table: _Columns
    notes: list[str]
    fit: _Facts
    descent: _Facts

    def text(self) -> str:
        """Lines of at most 100 characters, but for tables of long names."""
        parts = [fill(self.title, _WIDTH), fill(self.opening, _WIDTH), "\n".join(report.table(self.table))]
        parts += [*(fill(note, _WIDTH) for note in self.notes), _lines(self.fit), _lines(self.descent)]
        return "\n\n".join(part for part in parts if part)

    def html(self) -> str:
        """Paragraphs and tables that need nothing from outside; all text is escaped."""
        parts = [_paragraph(self.title), _paragraph(self.opening), _html_table(self.table)]
        parts += [*map(_paragraph, self.notes), _html_facts(self.fit), _html_facts(self.descent)]
        return f"<div>{''.join(parts)}</div>"


def page_of_run(run: Run, stability: Stability, level: float) -> Page:
    """Where there is no inference, it says so and why in a line, and shows the rest."""
    try:
        inference, reason = infer(run, level), ""
    except (DataError, ImportError) as error:
        inference, reason = None, str(error)
    first = 0 if run.fit_intercept else 1
    names = ("intercept", *run.feature_names)[first:]
    reached, best = _numbers((run.intercept, *run.coef)[first:]), _optimum(run)[first:]
    arrived, title = reached == best, report.title(run.moments)
    opening = "" if arrived else _opening(run.remaining, run.status is Status.DIVERGED, inference is not None)
    table, descent = _coefficients(names, reached, best), _descent(run, stability, arrived)
    if inference is None:
        fit = [("R squared", report.held(lambda: run.r2, 12))] if arrived else []
        return Page(title, opening, _cut(table), [f"No standard errors: {reason}."], fit, descent)
    return Page(title, opening, _cut(table + _statistics(inference)), _undecided(inference), _fit(inference), descent)


def page_of_inference(inference: Inference) -> Page:
    """The least squares solution by itself, and what a descent that stopped short reached."""
    reached, best = _numbers(inference.descent_coef), _numbers(inference.coef)
    opening = "" if reached == best else _opening(inference.remaining, False, True)
    table = _coefficients(inference.names, reached, best) + _statistics(inference)
    return Page("Least squares solution", opening, _cut(table), _undecided(inference), _fit(inference), [])


def _coefficients(names: Sequence[str], reached: list[str], best: list[str]) -> _Columns:
    """What the descent reached stands beside the optimum where that is not the same."""
    columns = [["coef", *best]] if reached == best else [["descent", *reached], ["optimum", *best]]
    return [["", *names], *columns]


def _numbers(values: Iterable[float]) -> list[str]:
    return [f"{value:.9g}" for value in values]


def _optimum(run: Run) -> list[str]:
    try:
        intercept, coef = run._parts.in_units("limit")
    except DataError:
        return [report.BEYOND] * (1 + len(run.coef))
    return _numbers((intercept, *coef))


def _opening(remaining: float, diverged: bool, with_statistics: bool) -> str:
    how = "moved away and was stopped" if diverged else f"stopped with {report.share(remaining)} of the distance still to go"
    about = ", which the statistics are about" if with_statistics else ""
    return f"The descent {how}. Beside where it ended stands the least squares solution{about}."


def _statistics(inference: Inference) -> _Columns:
    """Standard error, t, p, lower and upper end; empty where a coefficient is undecided."""
    rows = []
    numbers = (inference.standard_error, inference.t, inference.p_value, inference.interval)
    for error, t, p, (lower, upper) in zip(*(part.tolist() for part in numbers), strict=True):
        if error is None:
            rows.append(["undecided", "", "", "", ""])
        else:
            half = upper / 2.0 - lower / 2.0
            rows.append([f"{error:.6g}", f"{t:.6g}", _p(p), _seen(lower, half), _seen(upper, half)])
    titles = ["std error", "t", "p", f"{100.0 * inference.level:.6g} % from", "to"]
    return [[title, *column] for title, column in zip(titles, zip(*rows, strict=True), strict=True)]


def _seen(value: float, beside: float, digits: int = 6) -> str:
    """With these digits, and up to 15 so that four digits of `beside`, what it may differ by, are seen."""
    if beside > 0.0 and abs(value) > beside:
        digits = max(digits, 4 + math.ceil(math.log10(abs(value)) - math.log10(beside)))
    return f"{value:.{min(digits, 15)}g}"


def _p(value: float) -> str:
    if value < _LEAST_P:
        return f"<{_LEAST_P:.0e}"
    return f"{value:.3f}" if value >= 0.001 else f"{value:.1e}"


def _undecided(inference: Inference) -> list[str]:
    names = [name for name, estimable in zip(inference.names, inference.estimable, strict=True) if not estimable]
    if not names:
        return []
    return [
        f"Undecided: {report.listing(names)}, since columns depend on each other; of the solutions that fit as well, this is the "
        "nearest to the start."
    ]


def _cut(table: _Columns) -> _Columns:
    """Without the rows past the intercept and forty features."""
    hidden = len(table[0]) - 2 - report.ROWS
    if hidden <= 0:
        return table
    labels, *numbers = table
    return [[*labels[:-hidden], f"and {hidden} more"], *([*column[:-hidden], "..."] for column in numbers)]


def _fit(inference: Inference) -> _Facts:
    i, df = inference, f"{counted(inference.degrees_of_freedom, 'degree')} of freedom"
    about = "" if i.names[0] == "intercept" else ", about 0"
    r = "" if i.r_value is None else f", r {i.r_value:.6g}"
    facts = [
        ("residual sd", f"{i.residual_sd:.6g} on {df}"),
        ("R squared", f"{_seen(i.r2, 1.0 - i.r2, 9)}{about}, adjusted {_seen(i.adjusted_r2, 1.0 - i.r2, 9)}{r}"),
        ("F", f"{i.f_statistic:.6g} on {i.f_degrees_of_freedom:,} and {df}, p {_p(i.f_p_value)}"),
        ("log-likelihood", f"{i.log_likelihood:.8g}, AIC {i.aic:.8g}, BIC {i.bic:.8g}"),
    ]
    return facts + ([] if i.condition is None else [("condition of X", f"{i.condition:.6g}")])


def _descent(run: Run, stability: Stability, arrived: bool) -> _Facts:
    away = run.status is Status.DIVERGED
    start = ", ".join(f"{value:.9g}" for value in run.start[: report.ROWS])
    facts = [
        ("status", f"{run.status.name.lower()}: {run.status.value}"),
        ("iterations", report.count(run.n_iter)),
        ("distance to go", "more than at the start" if away else report.share(run.remaining)),
        ("mean squared error", _errors(run, arrived)),
    ]
    if any(run.start):
        facts.append(("start", start))
    if not arrived:
        facts.append(("R squared at end", report.held(lambda: run.r2, 12)))
    return [*facts, ("learning rate", report.held(lambda: run.learning_rate)), *report.limits(stability)]


def _errors(run: Run, arrived: bool) -> str:
    numbers = (lambda: trace(run._complete, np.zeros(1, np.int64)).error[0], lambda: run.error, lambda: run.optimum.error)
    start, end, least = (report.held(number, 12) for number in numbers)
    last = "the least possible" if arrived and end == least else f"at best {least}"
    return f"{start} at the start, {end} at the end, {last}"


def _lines(facts: _Facts) -> str:
    """Label and value, which goes on below itself."""
    width = max((len(label) for label, _ in facts), default=0) + 2
    folded = (fill(value, _WIDTH - width, break_long_words=False, break_on_hyphens=False).splitlines() for _, value in facts)
    return "\n".join(
        label.ljust(width) + ("\n" + " " * width).join(lines) for (label, _), lines in zip(facts, folded, strict=True)
    )


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>" if text else ""


def _html_table(columns: _Columns) -> str:
    head, *rows = zip(*columns, strict=True)
    titles = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    cells = ("".join(f"<td>{escape(cell)}</td>" for cell in row[1:]) for row in rows)
    lines = "".join(f"<tr><th>{escape(row[0])}</th>{numbers}</tr>" for row, numbers in zip(rows, cells, strict=True))
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table>"


def _html_facts(facts: _Facts) -> str:
    left = ' style="text-align: left"'
    lines = "".join(f"<tr><th>{escape(label)}</th><td{left}>{escape(value)}</td></tr>" for label, value in facts)
    return f"<table><tbody>{lines}</tbody></table>" if facts else ""
