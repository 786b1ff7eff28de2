"""The columns of numbers that a formula makes, by formulaic, and what it learns for them at its first look at the rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Never

import numpy as np
from numpy.typing import NDArray

from fastgd.errors import DataError, shown
from fastgd.sources.columns import shown_names
from fastgd.sources.formulas.levels import Levels, coded, coded_columns, plain, refuse_level, settle, transforms
from fastgd.sources.formulas.rows import look_at, require_frame
from fastgd.sources.formulas.terms import (
    Parsed,
    UnseenInError,
    as_pandas,
    evaluate,
    explained,
    factors_of,
    learns,
    term_of,
)
from fastgd.sources.origin import Origin
from fastgd.sources.table import CHUNK

_PROBED, _PROBE = 4096, 64
"""Of so many first rows, those at either end are worked out once more by themselves."""


class Design:
    """What a formula makes of rows. It follows from the formula, the levels and the state of its transforms alone.

    `levels` are those of each column if it is text, else None; `state` is what the transforms have learned, by expression. `left`
    and `right` are formulaic's ModelSpecs of the target and of the features, without the intercept.
    """

    def __init__(self, parsed: Parsed, levels: dict[str, list[Any] | None], state: dict[str, Any]) -> None:
        import formulaic

        self.parsed, self.levels, self.state = parsed, levels, state
        empty = {name: np.empty(0) if known is None else coded([], known) for name, known in levels.items()}
        with explained(parsed.text):
            specs = formulaic.ModelSpec.from_spec(
                parsed.sides, output="numpy", na_action="ignore", transform_state=state
            ).get_model_matrix(as_pandas(empty), context=transforms()).model_spec
        self.left, right = specs.lhs, specs.rhs
        if len(self.left.column_names) != 1 or not next(iter(self.left.structure)).scoped_terms[0].factors:
            raise DataError(f"the left side of the formula {parsed.text!r} must be one column of numbers")
        for expr, (kind, learned) in (*self.left.encoder_state.items(), *right.encoder_state.items()):
            if kind.value == "categorical" and learned.get("categories") == []:
                raise DataError(f"{expr} in the formula {parsed.text!r} gives no numbers: write C({expr}) if it gives categories")
        kept = [term for term in right.structure if any(scoped.factors for scoped in term.scoped_terms) or not term.scoped_terms]
        self.has_intercept = len(kept) < len(right.structure)
        self.right = right.update(structure=kept)
        self.feature_names = tuple(map(str, self.right.column_names))
        target = parsed.target_name
        if not self.feature_names:
            raise DataError(f"no feature columns: the formula {parsed.text!r} makes none for {target!r}")
        if target in map(str, parsed.sides.rhs):
            raise DataError(f"the target {target!r} is among the features: a column can explain another, not itself")

    def evaluate(
        self, columns: dict[str, Any], n: int, specs: Sequence[Any], origin: Origin, missing: str
    ) -> tuple[list[NDArray[np.float64]], NDArray[np.bool_]]:
        """The matrix of each spec, and which of the n rows came out missing; what is not finite otherwise is refused."""
        lost = np.zeros(n, bool)
        out: list[NDArray[np.float64]] = []
        for start in range(0, n, CHUNK) if n else (0,):
            part = slice(start, min(start + CHUNK, n))
            made = self._matrices(columns, part, specs, origin)
            if not out:
                out = made if part.stop == n else [np.empty((n, matrix.shape[1])) for matrix in made]
            for spec, matrix, values in zip(specs, out, made, strict=True):
                if matrix is not values:
                    matrix[part] = values
                good = np.isfinite(values)
                if not good.all():
                    refused = np.isinf(values) if missing == "drop" else ~good
                    if refused.any():
                        row, column = map(int, np.argwhere(refused)[0])
                        self._refuse(spec, column, values[row, column], columns, row + start, origin)
                    lost[part] |= ~good.all(axis=1)
        return out, lost

    def probe(self, columns: dict[str, Any]) -> None:
        """Refuse terms in which a row depends on others: another frame, or another part of this one, would get other numbers."""
        n = len(next(iter(columns.values())))
        size = min(_PROBE, n // 2)
        if size == 0:
            return
        specs, origin = (self.left, self.right), Origin()
        whole = self._matrices(columns, slice(0, n), specs, origin)
        for part in (slice(0, size), slice(n - size, n)):
            for spec, among, alone in zip(specs, whole, self._matrices(columns, part, specs, origin), strict=True):
                same = np.isclose(among[part], alone, rtol=1e-6, atol=0.0, equal_nan=True).all(axis=0)
                if not same.all():
                    expr, _ = term_of(spec, int(np.argmin(same)))
                    raise DataError(
                        f"{expr} in the formula {self.parsed.text!r} depends on other rows than its own: "
                        "use center(...) or scale(...), or make the column beforehand"
                    )

    def _matrices(self, columns: dict[str, Any], part: slice, specs: Sequence[Any], origin: Origin) -> list[NDArray[np.float64]]:
        """The matrix of each spec on these rows."""
        import formulaic

        named = {f"m{i}": spec for i, spec in enumerate(specs)}
        data = as_pandas({name: cells[part] for name, cells in columns.items()}, part.stop - part.start)
        try:
            with explained(self.parsed.text):
                made = formulaic.ModelSpecs(**named).get_model_matrix(data, transforms())
                return [np.asarray(made[name].__wrapped__, np.float64) for name in named]
        except UnseenInError as error:
            refuse_level(error.expr, error.level, origin, part.start)

    def _refuse(self, spec: Any, column: int, value: float, columns: dict[str, Any], row: int, origin: Origin) -> Never:
        """Raise the error for what a term made of cells that could be used."""
        expr, sources = term_of(spec, column, list(columns))
        cells = ", ".join(f"{name} is {plain(columns[name][row])!r:.60}" for name in sources)
        raise DataError(
            f"{expr} is {value} {origin.place_of(row)}, where {cells}: every value must be a finite number; "
            f"change the formula or drop the row{origin.counted}"
        )


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
        raise DataError(f"{expr} holds {cell}, which is not among the levels named in it, {known}") from None
    late = next((name for name, learned in state.items() if learned and "seen" not in learned), None)
    if in_parts and late is not None:
        raise DataError(
            f"{late} in the formula {text!r} must see all rows at once, and these come in parts: "
            "make the column beforehand, or pass a frame that is in memory"
        )


def _n_rows(data: dict[str, Any]) -> int:
    return len(next(iter(data.values()), ()))
