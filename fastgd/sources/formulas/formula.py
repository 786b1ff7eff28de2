"""Formulas: "price ~ area * C(town)" and a frame become columns of numbers, by formulaic.

Every frame is first turned into the same pandas columns, numbers as float64 and text as categories whose levels are fixed. So the
library that a frame comes from cannot change a bit, and the matrix depends on the formula, the levels and the state of its
transforms alone: that is what `Formula` learns, keeps and writes.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fastgd.errors import DataError, spelled
from fastgd.sources.columns import Choice, Columns, Frames, Known, Wanted, library_of, require_column, shown_names
from fastgd.sources.formulas.design import Design, learn
from fastgd.sources.formulas.levels import packed, unpacked
from fastgd.sources.formulas.rows import read_rows, require_frame
from fastgd.sources.formulas.terms import Parsed, is_formula, parse
from fastgd.sources.frames import Frame
from fastgd.sources.origin import Origin
from fastgd.sources.source import refuse_second_pass
from fastgd.sources.table import EMPTY, Table

_BROKEN = "the formula is not what Formula.to_dict wrote: it was changed or cut off"


class Formula:
    """A formula and what it learned from data: how the rows of a frame become features and target.

    A formula is code: formulaic evaluates the Python in it, with NumPy as np and formulaic's own transforms, and without the
    caller's variables. Use formulas, and files that hold one, only from people whose programs you would run.

    Text columns and `C(...)` are categories: a column for each level but the first, as in formulaic. Their levels are those of
    the rows that count (weight not 0, nothing missing): text sorted, those of a pandas Categorical or an Enum in their own
    order. Booleans are 0 and 1. In expressions a column is a pandas Series of float64, and what becomes of a row must not
    depend on other rows; `center`, `scale`, `poly`, `bs` and the like keep what they need to know of the first frame.

    Parameters
    ----------
    text : str
        "target ~ terms" of + - : * ** C(town) np.log(age) I(a + b) poly(age, 2); 0 + or - 1 for no intercept; . for all others.
    frame : pandas, Polars or PyArrow frame, or a narwhals one
        All rows to learn from; `Formula.learn` takes them frame by frame.
    weight : str, optional
        Column of weights: rows of weight 0 are absent.
    missing : {"raise", "drop"}
        What to do with a null or NaN, in a column that is used or in what the formula makes of it: refuse, or leave the row out.

    Attributes
    ----------
    text, weight, missing
        As given.
    target_name : str
        The left side.
    feature_names : tuple of str
        Columns of the matrix, without the intercept: "area", "C(town)[T.B]", "area:C(town)[T.B]".
    has_intercept : bool

    Raises
    ------
    DataError
        For a formula that cannot be read, whose columns are missing, that makes no feature or has more than one target.

    Examples
    --------
    >>> import pandas
    >>> frame = pandas.DataFrame({"price": [3.0, 5.0, 9.0], "area": [1.0, 2.0, 4.0], "town": ["A", "B", "A"]})
    >>> formula = Formula("price ~ area * town", frame)
    >>> formula.feature_names
    ('area', 'town[T.B]', 'area:town[T.B]')
    >>> formula.features(frame)[1].tolist()
    [2.0, 1.0, 2.0]
    """

    weight: str | None = None
    missing = "raise"
    _with_target = True
    _stored: Any = None  # what `from_dict` was given

    def __init__(self, text: str, frame: Any, weight: str | None = None, missing: str = "raise") -> None:
        frame = require_frame(frame)
        parsed = _parse(text, frame.columns, weight, "the frame")
        self._set(learn(parsed, [frame], weight, in_parts=False), weight, missing)

    @classmethod
    def learn(cls, text: str, frames: Frames, weight: str | None = None, missing: str = "raise") -> Self:
        """From rows that come in parts: a first look, one pass for the levels of the categories and nothing else.

        If the first frame shows no categories, no other is taken. Transforms that need to see all rows at once are refused.
        """
        if frames.once is not None:
            refuse_second_pass(frames.once, f"the formula {text!r} needs a look at the categories before the rows")
        parsed = _parse(text, frames.names, weight, frames.path or "the frame")
        formula = cls.__new__(cls)
        with closing(frames.tables(_Look(_needed(parsed.columns, weight), missing))) as pieces:
            formula._set(learn(parsed, (frame for frame, _ in pieces), weight, in_parts=True), weight, missing)
        return formula

    def _set(self, design: Design, weight: str | None, missing: str) -> None:
        self.text, self.has_intercept, self._design = design.parsed.text, design.has_intercept, design
        self.weight, self.missing = weight, missing

    @classmethod
    def from_dict(cls, stored: Any) -> Self:
        """What `to_dict` returned. A formula is code: this one is not run before it is asked about rows."""
        formula = cls.__new__(cls)
        try:
            formula.text, formula.has_intercept = stored["text"], stored["intercept"]
        except (TypeError, KeyError):
            raise DataError(_BROKEN) from None
        if type(formula.text) is not str or type(formula.has_intercept) is not bool:
            raise DataError(_BROKEN)
        formula._stored = stored
        return formula

    @cached_property
    def _design(self) -> Design:
        return _design_of(self._stored)

    @property
    def target_name(self) -> str:
        """The left side."""
        return self._design.parsed.target_name

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The columns of the matrix."""
        return self._design.feature_names

    @property
    def needed(self) -> tuple[str, ...]:
        """Columns to read, each once: those of the formula and the weights."""
        return _needed(self._levels, self.weight)

    @property
    def as_text(self) -> tuple[str, ...]:
        """Those of them that were text: a reader of CSV must not turn them into numbers."""
        return tuple(name for name, levels in self._levels.items() if levels and isinstance(levels[0], str))

    @property
    def _levels(self) -> dict[str, list[Any] | None]:
        """Of the columns that are read."""
        levels = self._design.levels
        return levels if self._with_target else {name: levels[name] for name in self._design.parsed.sources}

    def name_of(self, column: str) -> str:
        """What a message calls a column."""
        return f"the weight {column!r}" if column == self.weight else f"column {column!r}"

    def table(self, frame: Any, origin: Origin = Table.origin) -> Table:
        """Features and target of a frame's rows, float64."""
        frame, design = require_frame(frame), self._design
        if not self._with_target:
            origin = origin.without_drop()
        rows = read_rows(frame, self._levels, self.weight, self.missing, origin)
        specs = [*([design.left] if self._with_target else []), design.right]
        (*y, X), lost = design.evaluate(rows.columns, rows.n, specs, rows.origin, self.missing)
        table = Table(X, y[0][:, 0] if y else EMPTY)
        table.feature_names, table.target_name, table.formula = self.feature_names, self.target_name, self
        table.origin, table.weight, table.n_dropped = rows.origin, rows.weight, rows.n_dropped
        table.library = None if origin.path else library_of(frame)
        if lost.any():
            table = table.take(np.flatnonzero(~lost))
            table.n_dropped += int(np.count_nonzero(lost))
        return table

    def features(self, frame: Any) -> NDArray[np.float64]:
        """The feature columns of other data, coded as those that the formula learned from; no target is needed."""
        frame, formula = require_frame(frame), self.without_target()
        for name in formula.needed:
            require_column(name, frame.columns, "X")
        return formula.table(frame).X

    def without_target(self) -> Self:
        """The same formula for rows to predict from, which need its right side only."""
        other = self.resumed(None, "raise")
        other._with_target = False
        return other

    def resumed(self, weight: str | None, missing: str) -> Self:
        """The same formula, with what it has learned, for more rows."""
        _ = self._design  # opened once
        other = copy(self)
        other.weight, other.missing = weight, missing
        return other

    def to_dict(self) -> Any:
        """The formula, its levels and what its transforms learned, in JSON's types: `from_dict` gives the same bits again."""
        if self._stored is not None:
            return self._stored
        return {
            "text": self.text,
            "columns": [[name, levels] for name, levels in self._design.levels.items()],
            "state": [[name, packed(state, name)] for name, state in self._design.state.items()],
            "features": list(self.feature_names),
            "intercept": self.has_intercept,
        }


def _design_of(stored: Any) -> Design:
    """What `Formula.to_dict` wrote, checked; the formula is evaluated on no rows."""
    try:
        text, intercept, features = stored["text"], stored["intercept"], tuple(stored["features"])
        levels = {name: found for name, found in stored["columns"]}
        state = {name: unpacked(learned) for name, learned in stored["state"]}
        if not all(map(_is_levels, levels.items())):
            raise TypeError
    except (TypeError, ValueError, KeyError, AttributeError):
        raise DataError(_BROKEN) from None
    parsed = parse(text, levels, "the stored formula")
    if set(levels) != set(parsed.columns):
        raise DataError(f"the formula {text!r} and the columns stored with it, {shown_names(list(levels))}, differ")
    design = Design(parsed, levels, state)
    if design.has_intercept is not intercept:
        raise DataError(_BROKEN)
    if design.feature_names != features:
        raise DataError(
            f"the formula {text!r} now makes the columns {shown_names(design.feature_names)}, and made {shown_names(features)} "
            "when it was stored: it was changed, or another release of formulaic names them otherwise"
        )
    return design


@dataclass(frozen=True)
class _Look:
    """The choice of a first look at rows: the frames as they are."""

    needed: tuple[str, ...]
    missing: str
    as_text = ()

    def name_of(self, column: str) -> str:
        return f"column {column!r}"

    def table(self, frame: Any, origin: Origin) -> Any:
        return frame


def choice_of(frames: Frames, wanted: Wanted, in_parts: bool = True) -> Choice[Table]:
    """The columns by name, or the formula after its first look at the rows, that the user wants."""
    target, features, weight, missing = wanted
    if isinstance(target, Known):
        return target.choice(frames.names, wanted, frames.path)
    if not is_formula(target, frames.names):
        return Columns.choose(frames.names, wanted, frames.path)
    if features is not None:
        raise DataError(f"{spelled('features')} and the formula {target!r} both choose columns: leave one out")
    if isinstance(frames, Frame) and not in_parts:
        return Formula(target, frames.rows, weight, missing)
    return Formula.learn(target, frames, weight, missing)


def _needed(columns: Iterable[str], weight: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*columns, *([] if weight is None else [weight]))))


def _parse(text: str, names: Iterable[Any], weight: str | None, where: str) -> Parsed:
    if weight is not None:
        require_column(weight, list(names), where)
    return parse(text, [name for name in names if name != weight], where)


def _is_levels(column: tuple[Any, Any]) -> bool:
    """Whether a column's name and levels can be such."""
    name, levels = column
    if not isinstance(name, str):
        return False
    return levels is None or isinstance(levels, list) and len(set(levels)) == len(levels) > 0
