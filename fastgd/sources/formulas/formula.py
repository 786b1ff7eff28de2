"""Formulas: "price ~ area * C(town)" and a frame become columns of numbers, by formulaic.

Every frame is first turned into the same pandas columns, numbers as float64 and text as categories whose levels are fixed. So the
library that a frame comes from cannot change a bit, and the matrix depends on the formula, the levels and the state of its
transforms alone: that is what `Formula` learns, keeps and writes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from copy import copy
from functools import cached_property
from typing import Any, Never, Self

import numpy as np
from numpy.typing import NDArray

from fastgd.errors import COUNTED, DataError, shown, spelled
from fastgd.sources.formulas.levels import Levels, UnseenLevelError, coded, is_text, packed, plain, settle, transforms, unpacked
from fastgd.sources.formulas.terms import (
    UnseenInError,
    as_pandas,
    evaluate,
    explained,
    factors_of,
    learns,
    parse,
    sources_of,
    term_of,
)
from fastgd.sources.frames import Choice, Columns, Known, column_values, library_of, listing, open_frame, require_column
from fastgd.sources.table import CHUNK, EMPTY, Table

_PROBED, _PROBE = 4096, 64  # of so many first rows, those at either end are worked out once more by themselves
_BROKEN = "the formula is not what Formula.to_dict wrote: it was changed or cut off"
_Data = dict[str, Any]


def is_formula(target: Any, names: Collection[str] = ()) -> bool:
    """Whether a target is a formula: text with a ~ that is no column's name."""
    return isinstance(target, str) and "~" in target and target not in names


def choice_of(
    names: list[str],
    target: Any,
    features: Sequence[str] | None,
    weight: Any,
    missing: str,
    look: Callable[[], Iterable[Any]],
    path: str | None = None,
) -> Choice:
    """The columns by name, or the formula, that is wanted of data that come in parts; `look` gives their first look at them."""
    if isinstance(target, Known):
        return target.choice(names, weight, missing, path)
    if not is_formula(target, names):
        return Columns.choose(names, target, features, weight, missing, path)
    refuse_features_of(target, features)
    return Formula.learn(target, look(), weight, missing)


def refuse_features_of(formula: str, features: Sequence[str] | None) -> None:
    if features is not None:
        raise DataError(f"{spelled('features')} and the formula {formula!r} both choose columns: leave one out")


def columns_of(text: str, names: Iterable[str], weight: str | None, where: str = "the frame") -> tuple[str, ...]:
    """Those of the columns `names` that a formula uses, features first, and the weights; an error for one that is missing."""
    names = list(names)
    parsed = parse(text, names)
    left, right = sources_of(parsed.lhs, names, where), sources_of(parsed.rhs, names, where)
    if weight is not None:
        require_column(weight, names, where)
    return tuple(dict.fromkeys((*right, *left, *([] if weight is None else [weight]))))


class Look:
    """The choice of a first look at a source: its frames as they are, of the columns that are `needed`."""

    as_text: tuple[str, ...] = ()

    def __init__(self, needed: tuple[str, ...], missing: str) -> None:
        self.needed, self.missing = needed, missing

    def table(self, frame: Any, *place: Any) -> Any:
        """The frame."""
        return frame


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

    _levels: dict[str, list[Any] | None]

    def __init__(self, text: str, frame: Any, weight: str | None = None, missing: str = "raise") -> None:
        self._learn(text, [frame], weight, missing, streamed=False)

    @classmethod
    def learn(cls, text: str, frames: Iterable[Any], weight: str | None = None, missing: str = "raise") -> Self:
        """From data that come frame by frame: a first look, one pass for the levels of the categories and nothing else.

        If the first frame shows no categories, no other is taken. Transforms that need to see all rows at once are refused.
        """
        made = cls.__new__(cls)
        made._learn(text, frames, weight, missing, streamed=True)
        return made

    @property
    def needed(self) -> tuple[str, ...]:
        """Columns to read, each once: those of the formula and the weights."""
        return tuple(dict.fromkeys((*self._levels, *([] if self.weight is None else [self.weight]))))

    @property
    def as_text(self) -> tuple[str, ...]:
        """Those of them that were text: a reader of CSV must not turn them into numbers."""
        return tuple(name for name, levels in self._levels.items() if levels and isinstance(levels[0], str))

    def table(
        self,
        frame: Any,
        path: str | None = None,
        line_of: Callable[[int], int] | None = None,
        first_row: int = 0,
        block: int | None = None,
    ) -> Table:
        """Features and target of a frame's rows, float64; parameters as those of `Columns.table`."""
        place = self._place(tuple(self._levels), path, line_of, first_row, block)
        columns, n, weight, n_dropped = self._rows(_require_frame(frame), place, self.missing, weighted=True)
        (y, X), lost = self._evaluate(columns, n, (self._left, self._right), place, self.missing)
        table = self._place(self.feature_names, path, line_of, first_row, block)
        table.target_name, table.rows, table.library = self.target_name, place.rows, None if path else library_of(frame)
        table.X, table.y, table.weight, table.n_dropped, table.formula = X, y[:, 0], weight, n_dropped, self
        if lost.any():
            table = table.take(np.flatnonzero(~lost))
            table.n_dropped = n_dropped + int(np.count_nonzero(lost))
        return table

    def features(self, frame: Any) -> NDArray[np.float64]:
        """The feature columns of other data, coded as those that the formula learned from; no target is needed."""
        frame = _require_frame(frame)
        for name in self._sources:
            require_column(name, frame.columns, "X")
        return self._features(frame, self._place(self._sources))

    def _features(self, frame: Any, place: Table) -> NDArray[np.float64]:
        columns, n, _, _ = self._rows(frame, place, "raise", weighted=False)
        return self._evaluate(columns, n, (self._right,), place, "raise")[0][0]

    def without_target(self) -> _Features:
        """The choice of the feature columns of files to predict from."""
        return _Features(self)

    def resumed(self, weight: str | None, missing: str) -> Formula:
        """The same formula, with what it has learned, for more rows."""
        other = copy(self)
        other.weight, other.missing = weight, missing
        return other

    def to_dict(self) -> dict[str, Any]:
        """The formula, its levels and what its transforms learned, in JSON's types: `from_dict` gives the same bits again."""
        return {
            "text": self.text,
            "columns": [[name, levels] for name, levels in self._levels.items()],
            "state": [[name, packed(state, name)] for name, state in self._state.items()],
            "features": list(self.feature_names),
            "intercept": self.has_intercept,
        }

    @classmethod
    def from_dict(cls, stored: Any) -> Self:
        """What `to_dict` returned, without a look at data; the formula is evaluated on no rows."""
        made = cls.__new__(cls)
        try:
            made.text, made.weight, made.missing = stored["text"], None, "raise"
            levels = {name: found for name, found in stored["columns"]}
            state = {name: unpacked(learned) for name, learned in stored["state"]}
            features, intercept = tuple(stored["features"]), stored["intercept"]
            if not isinstance(made.text, str) or not all(map(_is_levels, levels.items())):
                raise TypeError
        except (TypeError, ValueError, KeyError, AttributeError):
            raise DataError(_BROKEN) from None
        made._parse(list(levels), "the stored formula")
        if set(levels) != set(made._levels):
            raise DataError(f"the formula {made.text!r} and the columns stored with it, {listing(list(levels))}, differ")
        made._levels, made._state = levels, state
        made._build()
        if made.has_intercept is not intercept:
            raise DataError(_BROKEN)
        if made.feature_names != features:
            raise DataError(
                f"the formula {made.text!r} now makes the columns {listing(made.feature_names)}, and made "
                f"{listing(features)} when it was stored: it was changed, or another release of formulaic names them otherwise"
            )
        return made

    def _learn(self, text: str, frames: Iterable[Any], weight: str | None, missing: str, streamed: bool) -> None:
        self.text, self.weight, self.missing = text, weight, missing
        self._state: dict[str, Any] = {}
        seen: dict[str, Levels] = {}
        first: _Data = {}
        for frame in frames:
            frame = _require_frame(frame)
            if not first:
                self._parse(frame.columns, "the frame")
            data = self._look(frame, seen)
            self._levels = {name: seen[name].ordered() if name in seen else None for name in self._levels}
            categories = self._learn_state(data, streamed)
            if not first or not len(next(iter(first.values()))):
                first = data
            if streamed and not seen and not categories:
                break
        if not first or not len(next(iter(first.values()))):
            raise DataError(f"no rows for the formula {text!r}: at least one is needed that has all the columns' values")
        settle(self._state)
        self._build()
        self._probe({name: cells[:_PROBED] for name, cells in first.items()})

    def _parse(self, names: Sequence[Any], where: str) -> None:
        """Find sources and target; the levels are not known yet."""
        if self.weight is not None:
            require_column(self.weight, names, where)
        names = [name for name in names if isinstance(name, str) and name != self.weight]
        self._parsed = parse(self.text, names)
        left, self._sources = sources_of(self._parsed.lhs, names, where), sources_of(self._parsed.rhs, names, where)
        self._levels = dict.fromkeys((*self._sources, *left))
        self.target_name = str(self._parsed.lhs[0])

    def _look(self, frame: Any, seen: dict[str, Levels]) -> _Data:
        """The cells of a frame's rows that count, and in `seen` the levels of its text columns."""
        place = self._place(tuple(self._levels))
        keep = np.ones(len(frame), bool)
        if self.weight is not None:
            keep = _numbers(frame[self.weight], len(self._levels), place) > 0.0
        data = {}
        for i, name in enumerate(self._levels):
            data[name], bad = _cells(frame[name], i, place, is_text(frame[name]))
            keep &= ~bad
        data = {name: cells if keep.all() else cells[keep] for name, cells in data.items()}
        for name, cells in data.items():
            if is_text(frame[name]):
                seen.setdefault(name, Levels()).look(cells, frame[name])
        return data

    def _learn_state(self, data: _Data, streamed: bool) -> bool:
        """Evaluate the transforms that learn, C(...) among them; whether there are any."""
        columns = self._coded(data, self._place(tuple(data)))
        learning = [factor for factor in factors_of(self._parsed) if learns(factor)]
        for factor in learning:
            try:
                with explained(self.text):
                    evaluate(factor.expr, columns, self._state)
            except UnseenInError as error:
                cell, levels = error.level.cell, listing(error.level.levels)
                raise DataError(f"{factor.expr} holds {shown(cell)}, which is none of the levels named in it, {levels}") from None
            late = next((name for name, state in self._state.items() if state and "seen" not in state), None)
            if streamed and late is not None:
                raise DataError(
                    f"{late} in the formula {self.text!r} must see all rows at once, and these come in parts: "
                    "make the column beforehand, or pass a frame that is in memory"
                )
        return bool(learning)

    def _build(self) -> None:
        """Work out the columns, on no rows: they follow from the formula, the levels and the state alone."""
        import formulaic

        empty: _Data = {name: np.empty(0) if levels is None else coded([], levels) for name, levels in self._levels.items()}
        with explained(self.text):
            specs = formulaic.ModelSpec.from_spec(
                self._parsed, output="numpy", na_action="ignore", transform_state=self._state
            ).get_model_matrix(as_pandas(empty), context=transforms()).model_spec
        self._left, right = specs.lhs, specs.rhs
        if len(self._left.column_names) != 1 or not next(iter(self._left.structure)).scoped_terms[0].factors:
            raise DataError(f"the left side of the formula {self.text!r} must be one column of numbers")
        for expr, (kind, state) in (*self._left.encoder_state.items(), *right.encoder_state.items()):
            if kind.value == "categorical" and state.get("categories") == []:
                raise DataError(f"{expr} in the formula {self.text!r} gives no numbers: write C({expr}) if it gives categories")
        kept = [term for term in right.structure if any(scoped.factors for scoped in term.scoped_terms) or not term.scoped_terms]
        self.has_intercept = len(kept) < len(right.structure)
        self._right = right.update(structure=kept)
        self.feature_names = tuple(map(str, self._right.column_names))
        if not self.feature_names:
            raise DataError(f"no feature columns: the formula {self.text!r} makes none for {self.target_name!r}")
        if str(self._parsed.lhs[0]) in map(str, self._parsed.rhs):
            raise DataError(f"the target {self.target_name!r} is among the features: a column can explain another, not itself")

    def _probe(self, data: _Data) -> None:
        """Refuse terms in which a row depends on others: another frame, or another part of this one, would get other numbers."""
        place = self._place(tuple(data))
        columns = self._coded(data, place)
        n = len(next(iter(columns.values())))
        size = min(_PROBE, n // 2)
        if size == 0:
            return
        specs = (self._left, self._right)
        whole = self._matrices(columns, slice(0, n), specs, place)
        for part in (slice(0, size), slice(n - size, n)):
            for spec, among, alone in zip(specs, whole, self._matrices(columns, part, specs, place), strict=True):
                same = np.isclose(among[part], alone, rtol=1e-6, atol=0.0, equal_nan=True).all(axis=0)
                if not same.all():
                    expr, _ = term_of(spec, int(np.argmin(same)))
                    raise DataError(
                        f"{expr} in the formula {self.text!r} depends on other rows than its own: "
                        "use center(...) or scale(...), or make the column beforehand"
                    )

    def _place(
        self,
        names: tuple[str, ...],
        path: str | None = None,
        line_of: Callable[[int], int] | None = None,
        first_row: int = 0,
        block: int | None = None,
    ) -> Table:
        """A table without rows, for what it says of cells."""
        place = Table(EMPTY)
        place.feature_names, place.path, place.line_of, place.first_row, place.block = names, path, line_of, first_row, block
        return place

    def _rows(
        self, frame: Any, place: Table, missing: str, weighted: bool
    ) -> tuple[_Data, int, NDArray[np.float64], int]:
        """Of a frame's rows that count: the columns that `place` names, coded; how many; their weights; how many were left out.

        Cells that cannot be used are refused. `place` knows afterwards which rows they are.
        """
        n = len(frame)
        weight, present, lost = EMPTY, np.ones(n, bool), np.zeros(n, bool)
        if weighted and self.weight is not None:
            weight = self._read_weight(frame, place, missing)
            present = weight != 0.0
            lost |= np.isnan(weight)
        data = {}
        for i, name in enumerate(place.feature_names or ()):
            text = self._levels[name] is not None
            data[name], bad = _cells(frame[name], i, place, text)
            bad = bad & present
            if bad.any():
                refused = bad if missing == "raise" else np.zeros(n, bool) if text else bad & np.isinf(data[name])
                if refused.any():
                    row = int(np.argmax(refused))
                    null = "empty cell" if place.line_of else "missing value"
                    place.refuse(row, i, null if text or frame[name].is_null()[row] else f"{data[name][row]}")
                lost |= bad
        keep = present & ~lost
        if not keep.all():
            rows = np.flatnonzero(keep)
            place.rows = rows + place.first_row
            data = {name: cells[rows] for name, cells in data.items()}
            weight = weight if weight is EMPTY else weight[rows]
        return self._coded(data, place), int(np.count_nonzero(keep)), weight, int(np.count_nonzero(lost & present))

    def _read_weight(self, frame: Any, place: Table, missing: str) -> NDArray[np.float64]:
        weight = _numbers(frame[self.weight], 0, self._place((str(self.weight),), place.path, place.line_of, place.first_row))
        bad = ~(weight >= 0.0) | np.isinf(weight)
        if missing == "drop":
            bad &= ~np.isnan(weight)
        if bad.any():
            row = int(np.argmax(bad))
            counted = "" if place.line_of else f" {COUNTED}"
            where = f"{weight[row]} {place.place_of(row)}"
            raise DataError(f"the weight {self.weight!r} is {where}: weights must be finite and not negative{counted}")
        return weight

    def _coded(self, data: _Data, place: Table) -> _Data:
        """Text cells as categories."""
        columns = {}
        for name, cells in data.items():
            levels = self._levels[name]
            try:
                columns[name] = cells if levels is None else coded(cells, levels)
            except UnseenLevelError as error:
                self._refuse_level(name, error, place, 0)
        return columns

    def _refuse_level(self, name: str, error: UnseenLevelError, place: Table, start: int) -> Never:
        counted = "" if place.line_of else f" {COUNTED}"
        raise DataError(
            f"{name} holds {shown(error.cell)} {place.place_of(start + error.row)}, a level that the fit did not see: "
            f"it knows {listing(error.levels)}{counted}"
        ) from None

    def _evaluate(
        self, columns: _Data, n: int, specs: Sequence[Any], place: Table, missing: str
    ) -> tuple[list[NDArray[np.float64]], NDArray[np.bool_]]:
        """The matrix of each spec, and which rows came out missing; what is not finite otherwise is refused."""
        lost = np.zeros(n, bool)
        out: list[NDArray[np.float64]] = []
        for start in range(0, n, CHUNK) if n else (0,):
            part = slice(start, min(start + CHUNK, n))
            made = self._matrices(columns, part, specs, place)
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
                        self._refuse_result(spec, columns, row + start, column, values[row, column], place)
                    lost[part] |= ~good.all(axis=1)
        return out, lost

    def _matrices(self, columns: _Data, part: slice, specs: Sequence[Any], place: Table) -> list[NDArray[np.float64]]:
        """The matrix of each spec on these rows."""
        import formulaic

        named = {str(i): spec for i, spec in enumerate(specs)}
        data = as_pandas({name: cells[part] for name, cells in columns.items()}, part.stop - part.start)
        try:
            with explained(self.text):
                made = formulaic.ModelSpecs(**{f"m{i}": spec for i, spec in named.items()}).get_model_matrix(data, transforms())
                return [np.asarray(made[f"m{i}"].__wrapped__, np.float64) for i in named]
        except UnseenInError as error:
            self._refuse_level(error.expr, error.level, place, part.start)

    def _refuse_result(self, spec: Any, columns: _Data, row: int, column: int, value: float, place: Table) -> Never:
        """For what a term made of cells that could be used."""
        expr, sources = term_of(spec, column, list(columns))
        cells = ", ".join(f"{name} is {plain(columns[name][row])!r:.60}" for name in sources)
        counted = "" if place.line_of else f" {COUNTED}"
        raise DataError(
            f"{expr} is {value} {place.place_of(row)}, where {cells}: every value must be a finite number; "
            f"change the formula or drop the row{counted}"
        )


class StoredFormula:
    """What `Formula.to_dict` wrote: a formula is code, and this one is not run before it is asked about rows.

    Parameters
    ----------
    stored : dict

    Attributes
    ----------
    text, has_intercept
        As of `Formula`.

    Raises
    ------
    DataError
        For something else.
    """

    def __init__(self, stored: Any) -> None:
        try:
            self.text, self.has_intercept = stored["text"], stored["intercept"]
        except (TypeError, KeyError):
            raise DataError(_BROKEN) from None
        if type(self.text) is not str or type(self.has_intercept) is not bool:
            raise DataError(_BROKEN)
        self._stored = stored

    @cached_property
    def _opened(self) -> Formula:
        return Formula.from_dict(self._stored)

    def features(self, frame: Any) -> NDArray[np.float64]:
        """`Formula.features`."""
        return self._opened.features(frame)

    def without_target(self) -> _Features:
        """`Formula.without_target`."""
        return self._opened.without_target()

    def resumed(self, weight: str | None, missing: str) -> Formula:
        """`Formula.resumed`."""
        return self._opened.resumed(weight, missing)

    def to_dict(self) -> Any:
        """What was stored."""
        return self._stored


class _Features:
    """The choice of what a formula's right side needs."""

    def __init__(self, formula: Formula) -> None:
        self.needed = tuple(formula._sources)
        self.as_text = tuple(name for name in formula.as_text if name in self.needed)
        self._formula = formula

    def table(
        self, frame: Any, path: str, line_of: Callable[[int], int] | None, first_row: int = 0, block: int | None = None
    ) -> Table:
        """The features of a frame's rows, as X."""
        place = self._formula._place(self.needed, path, line_of, first_row, block)
        table = self._formula._place(self._formula.feature_names, path, line_of, first_row, block)
        table.X = self._formula._features(_require_frame(frame), place)
        return table


def _require_frame(frame: Any) -> Any:
    import narwhals as nw

    opened = open_frame(frame)
    if not isinstance(opened, nw.DataFrame):
        raise DataError(
            f"data of type {type(frame).__qualname__} have no named columns, which a formula needs: "
            "pass a pandas, Polars or PyArrow table"
        )
    return opened


def _cells(series: Any, column: int, place: Table, text: bool) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """A column's cells, and which of them cannot be used."""
    if text:
        return series.to_numpy(), np.asarray(series.is_null().to_numpy(), bool)
    values = _numbers(series, column, place)
    return values, ~np.isfinite(values)


def _numbers(series: Any, column: int, place: Table) -> NDArray[np.float64]:
    """Contiguous float64, null as NaN."""
    if not series.null_count():
        return np.ascontiguousarray(column_values(series, column, place), np.float64)
    present = ~np.asarray(series.is_null().to_numpy(), bool)
    values = np.full(len(series), np.nan)
    if present.any():
        whole, place.rows = place.rows, np.flatnonzero(present) + place.first_row
        values[present] = column_values(series.drop_nulls(), column, place)
        place.rows = whole
    return values


def _is_levels(column: tuple[Any, Any]) -> bool:
    """Whether a column's name and levels can be such."""
    name, levels = column
    if not isinstance(name, str):
        return False
    return levels is None or isinstance(levels, list) and len(set(levels)) == len(levels) > 0
