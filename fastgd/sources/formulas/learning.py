"""The first look at the rows: what a formula learns of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastgd.errors import DataError, shown
from fastgd.sources.columns import shown_names
from fastgd.sources.formulas.design import Design
from fastgd.sources.formulas.levels import Levels, coded_columns, settle
from fastgd.sources.formulas.rows import look_at, require_frame
from fastgd.sources.formulas.terms import Parsed, UnseenInError, evaluate, explained, factors_of, learns
from fastgd.sources.origin import Origin

_PROBED = 4096
"""First rows on which the formula is tried."""


def learn(parsed: Parsed, frames: Iterable[Any], weight: str | None, in_parts: bool) -> Design:
    """The levels of text columns and the state of transforms, in one pass over frames.

    Of rows that come `in_parts`, no other frame is taken if the first shows no categories, and transforms that must see all rows
    at once are refused.
    """
    seen: dict[str, Levels] = {}
    levels: dict[str, list[Any] | None] = {}
    state: dict[str, Any] = {}
    first: dict[str, Any] = {}
    for frame in frames:
        data = look_at(require_frame(frame), parsed.columns, weight, seen)
        levels = {name: seen[name].ordered() if name in seen else None for name in parsed.columns}
        columns = coded_columns(data, levels, Origin())
        learning = [factor.expr for factor in factors_of(parsed.sides) if learns(factor)]
        for expr in learning:
            _learn_state(parsed.text, expr, columns, state, in_parts)
        if not _n_rows(first):
            first = data
        if in_parts and not seen and not learning:
            break
    if not _n_rows(first):
        raise DataError(f"no rows for the formula {parsed.text!r}: at least one is needed that has all the columns' values")
    settle(state)
    design = Design(parsed, levels, state)
    design.probe(coded_columns({name: cells[:_PROBED] for name, cells in first.items()}, levels, Origin()))
    return design


def _learn_state(text: str, expr: str, columns: dict[str, Any], state: dict[str, Any], in_parts: bool) -> None:
    """Let the transforms in an expression, C(...) among them, learn from columns."""
    try:
        with explained(text):
            evaluate(expr, columns, state)
    except UnseenInError as error:
        cell, known = shown(error.level.cell), shown_names(error.level.levels)
        raise DataError(f"{expr} holds {cell}, which is none of the levels named in it, {known}") from None
    late = next((name for name, learned in state.items() if learned and "seen" not in learned), None)
    if in_parts and late is not None:
        raise DataError(
            f"{late} in the formula {text!r} must see all rows at once, and these come in parts: "
            "make the column beforehand, or pass a frame that is in memory"
        )


def _n_rows(data: dict[str, Any]) -> int:
    return len(next(iter(data.values()), ()))
