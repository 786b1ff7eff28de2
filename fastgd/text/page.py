"""Pages of paragraphs and tables, as text and as HTML for notebooks: of a fit, of an inference, of learning rates.

Small p values get no stars: p and the interval are shown (Wasserstein & Lazar 2016, *The ASA statement on p-values*).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from html import escape
from textwrap import fill
from typing import NamedTuple

import numpy as np

from fastgd.arguments import counted
from fastgd.descent.run import Run
from fastgd.errors import DataError, Status
from fastgd.moments.moments import Moments
from fastgd.result.inference import Inference, infer
from fastgd.result.path import trace
from fastgd.result.stability import Stability
from fastgd.text.words import BEYOND, MILLIONTH, count, fate, held, in_words, iterations, share

_WIDTH = 100
_ROWS = 40  # features in a table
_LEAST_P = 1e-300  # smaller ones are at the end of float64

_Rows = list[tuple[str, ...]]


class Table(NamedTuple):
    """Rows of cells: below titles columns of numbers, aligned right; without titles a label and a text each."""

    rows: _Rows
    has_titles: bool = False

    def text(self) -> str:
        widths = [max(map(len, column)) for column in zip(*self.rows, strict=True)]
        if self.has_titles:
            rows = ([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])] for row in self.rows)
            return "\n".join("  ".join(row).rstrip() for row in rows)
        indent = widths[0] + 2
        fold = partial(fill, width=_WIDTH, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False)
        return "\n".join(fold(text, initial_indent=label.ljust(indent)) for label, text in self.rows)

    def html(self) -> str:
        """All text is escaped, and nothing is loaded."""
        rows = [[escape(cell) for cell in row] for row in self.rows]
        head = f"<thead><tr>{_cells('th', rows.pop(0))}</tr></thead>" if self.has_titles else ""
        cell = "td" if self.has_titles else 'td style="text-align: left"'
        body = "".join(f"<tr><th>{label}</th>{_cells(cell, cells)}</tr>" for label, *cells in rows)
        return f"<table>{head}<tbody>{body}</tbody></table>"


def _cells(tag: str, texts: list[str]) -> str:
    return "".join(f"<{tag}>{text}</{tag[:2]}>" for text in texts)


class Page(NamedTuple):
    """Paragraphs and tables in their order."""

    parts: list[str | Table]

    def text(self) -> str:
        """Lines of at most 100 characters, except in tables of long names."""
        return "\n\n".join(fill(part, _WIDTH) if isinstance(part, str) else part.text() for part in self.parts)

    def html(self) -> str:
        parts = (f"<p>{escape(part)}</p>" if isinstance(part, str) else part.html() for part in self.parts)
        return f"<div>{''.join(parts)}</div>"


def of_run(run: Run, stability: Stability, level: float) -> Page:
    """Coefficients, their statistics or the reason why there are none, and the descent."""
    try:
        inference, reason = infer(run, level), ""
    except (DataError, ImportError) as error:
        inference, reason = None, str(error)
    first = not run.fit_intercept
    names = ("intercept", *run.feature_names)[first:]
    reached, best = _numbers((run.intercept, *run.coef)[first:]), _optimum(run)[first:]
    arrived = reached == best
    table = _coefficients(names, reached, best)
    parts: list[str | Table] = [_title(run.moments)]
    if not arrived:
        parts.append(_alongside(run.remaining, run.status is Status.DIVERGED, inference is not None))
    if inference is not None:
        parts += _statistics(table, inference)
    else:
        parts += [_table(table), f"No standard errors: {reason}."]
        if arrived:
            parts.append(Table([("R squared", held(lambda: run.r2, 12))]))
    return Page([*parts, Table([*_descent(run, arrived), *_limits(stability)])])


def of_inference(inference: Inference) -> Page:
    """The least squares solution, and what a descent that stopped short of it reached."""
    reached, best = _numbers(inference.descent_coef), _numbers(inference.coef)
    parts = ["Least squares solution"] + [_alongside(inference.remaining, False, True)] * (reached != best)
    return Page([*parts, *_statistics(_coefficients(inference.names, reached, best), inference)])


def of_rates(stability: Stability, rate: float | None) -> Page:
    """Limits, eigenvalues, iterations at the best rate and at `rate`."""
    facts = [
        *_limits(stability),
        ("eigenvalues", _eigenvalues(stability)),
        ("at the best rate", _to_a_millionth(stability.iterations(MILLIONTH) or 0)),
    ]
    if rate is not None:
        needed = stability.iterations(MILLIONTH, rate)
        verdict = f"not stable: {fate(stability.overflow_iteration(rate))}"
        facts.append((f"at {rate:.9g}", verdict if needed is None else f"stable: {_to_a_millionth(needed)}"))
    return Page([_title(stability.moments), Table(facts)])


def _title(moments: Moments) -> str:
    """Target, features, rows."""
    hidden = moments.n_features - _ROWS
    names = ", ".join(moments.feature_names[:_ROWS]) + (f" and {hidden} more" if hidden > 0 else "")
    dropped = f" ({moments.n_dropped:,} more left out because a value was missing)" if moments.n_dropped else ""
    return f"{moments.target_name} on {names}, {counted(moments.n_samples, 'row')}{dropped}"


def _alongside(remaining: float, diverged: bool, with_statistics: bool) -> str:
    how = "diverged and was stopped" if diverged else f"stopped with {share(remaining)} of the distance still to go"
    about = "; the statistics refer to it" if with_statistics else ""
    return f"The descent {how}. The least squares solution is shown alongside{about}."


def _numbers(values: Iterable[float]) -> list[str]:
    return [f"{value:.9g}" for value in values]


def _optimum(run: Run) -> list[str]:
    try:
        intercept, coef = run._parts.in_units("limit")
    except DataError:
        return [BEYOND] * (1 + len(run.coef))
    return _numbers((intercept, *coef))


def _coefficients(names: Sequence[str], reached: list[str], best: list[str]) -> _Rows:
    """What the descent reached, and beside it the optimum where the two differ."""
    if reached == best:
        return [("", "coef"), *zip(names, best, strict=True)]
    return [("", "descent", "optimum"), *zip(names, reached, best, strict=True)]


def _statistics(table: _Rows, inference: Inference) -> list[str | Table]:
    """The coefficients with standard error, t, p and interval, what is undecided, and how well they fit."""
    i = inference
    rows = [("std error", "t", "p", f"{100.0 * i.level:.6g} % from", "to")]
    for error, t, p, (lower, upper) in zip(*(v.tolist() for v in (i.standard_error, i.t, i.p_value, i.interval)), strict=True):
        if error is None:
            rows.append(("undecided", "", "", "", ""))
        else:
            half = upper / 2.0 - lower / 2.0
            rows.append((f"{error:.6g}", f"{t:.6g}", _p(p), _seen(lower, half), _seen(upper, half)))
    parts: list[str | Table] = [_table([one + other for one, other in zip(table, rows, strict=True)])]
    undecided = [name for name, estimable in zip(i.names, i.estimable, strict=True) if not estimable]
    if undecided:
        parts.append(
            f"Undecided: {in_words(undecided)}, because columns depend on each other. Of all solutions that fit equally well, "
            "this is the nearest to the start."
        )
    return [*parts, _goodness(i)]


def _seen(value: float, beside: float, digits: int = 6) -> str:
    """With these digits, or up to 15 so that four digits of `beside`, by which it may differ, are seen."""
    if beside > 0.0 and abs(value) > beside:
        digits = max(digits, 4 + math.ceil(math.log10(abs(value)) - math.log10(beside)))
    return f"{value:.{min(digits, 15)}g}"


def _p(value: float) -> str:
    if value < _LEAST_P:
        return f"<{_LEAST_P:.0e}"
    return f"{value:.3f}" if value >= 0.001 else f"{value:.1e}"


def _table(rows: _Rows) -> Table:
    """Without the rows past the intercept and forty features."""
    hidden = len(rows) - 2 - _ROWS
    if hidden > 0:
        rows = [*rows[:-hidden], (f"and {hidden} more", *["..."] * (len(rows[0]) - 1))]
    return Table(rows, has_titles=True)


def _goodness(i: Inference) -> Table:
    df = f"{counted(i.degrees_of_freedom, 'degree')} of freedom"
    about = "" if i.names[0] == "intercept" else ", about 0"
    r = "" if i.r_value is None else f", r {i.r_value:.6g}"
    facts: _Rows = [
        ("residual sd", f"{i.residual_sd:.6g} on {df}"),
        ("R squared", f"{_seen(i.r2, 1.0 - i.r2, 9)}{about}, adjusted {_seen(i.adjusted_r2, 1.0 - i.r2, 9)}{r}"),
        ("F", f"{i.f_statistic:.6g} on {i.f_degrees_of_freedom:,} and {df}, p {_p(i.f_p_value)}"),
        ("log-likelihood", f"{i.log_likelihood:.8g}, AIC {i.aic:.8g}, BIC {i.bic:.8g}"),
    ]
    return Table(facts + ([] if i.condition is None else [("condition of X", f"{i.condition:.6g}")]))


def _descent(run: Run, arrived: bool) -> _Rows:
    facts: _Rows = [
        ("status", f"{run.status.name.lower()}: {run.status.value}"),
        ("iterations", count(run.n_iter)),
        ("distance to go", "more than at the start" if run.status is Status.DIVERGED else share(run.remaining)),
        ("mean squared error", _errors(run, arrived)),
    ]
    if any(run.start):
        facts.append(("start", ", ".join(_numbers(run.start[:_ROWS]))))
    if not arrived:
        facts.append(("R squared at end", held(lambda: run.r2, 12)))
    return [*facts, ("learning rate", held(lambda: run.learning_rate))]


def _errors(run: Run, arrived: bool) -> str:
    numbers: tuple[Callable[[], float], ...] = (
        lambda: trace(run._complete, np.zeros(1, np.int64)).error[0], lambda: run.error, lambda: run.optimum.error
    )
    start, end, least = (held(number, 12) for number in numbers)
    last = "the least possible" if arrived and end == least else f"at best {least}"
    return f"{start} at the start, {end} at the end, {last}"


def _limits(stability: Stability) -> _Rows:
    """The limits of the rate and what they come from."""
    p = stability.moments.n_features
    return [
        ("stable below", held(lambda: stability.max_learning_rate)),
        ("best rate", held(lambda: stability.best_learning_rate)),
        ("condition", held(lambda: stability.condition, 6)),
        ("coordinates", "standardised" if stability.standardize else "as in the data"),
        ("rank", f"{stability.rank}" + (f" of {p + stability.fit_intercept}" if p > 1 else "")),
    ]


def _eigenvalues(stability: Stability) -> str:
    """All, or of many the smallest and the largest three."""
    try:
        values = _numbers(stability.eigenvalues)
    except DataError:
        return BEYOND
    return ", ".join(values if len(values) <= 8 else [*values[:3], "...", *values[-3:]])


def _to_a_millionth(needed: int) -> str:
    return f"{iterations(needed)} to come within a millionth of the distance"
