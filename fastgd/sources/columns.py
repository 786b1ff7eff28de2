"""What is wanted of data whose columns have names, and how the columns chosen by name become a table."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, NamedTuple, Protocol, TypeVar

from fastgd.arguments import argument_error
from fastgd.errors import DataError, shown, spelled
from fastgd.sources.arrays import read_weight
from fastgd.sources.cells import Cells, Column, arrow_floats, as_matrix
from fastgd.sources.origin import Origin
from fastgd.sources.table import EMPTY, Table, as_float64

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

LIBRARIES = ("pandas", "polars", "pyarrow")
"""Those that frames come from and are made of."""


class Wanted(NamedTuple):
    """What the user asks of data whose columns have names; the parameters are those of `read`."""

    target: Any = None
    features: Sequence[str] | None = None
    weight: Any = None
    missing: str = "raise"


class Choice(Protocol[T_co]):
    """What is made of a frame's rows: `Columns` chosen by name, a formula, or its first look at the rows.

    Attributes
    ----------
    needed : tuple of str
        The names of the columns to read, each once.
    as_text : tuple of str
        Those of them that are text, whatever their cells look like.
    missing : {"raise", "drop"}
        Whether a missing value is refused or leaves its row out.
    """

    @property
    def needed(self) -> tuple[str, ...]: ...
    @property
    def as_text(self) -> tuple[str, ...]: ...
    @property
    def missing(self) -> str: ...

    def name_of(self, column: str) -> str:
        """What a message calls a column."""

    def table(self, frame: Any, origin: Origin) -> T_co:
        """What is wanted of a narwhals frame or Arrow table that has these columns."""


class Reader(Protocol):
    """Rows whose columns have `names`, read anew on each pass.

    What a file format brings is a class of these, called with a path and `Options`: it looks at the file, and refuses one without
    rows.
    """

    @property
    def names(self) -> Sequence[str]: ...

    def tables(self, choice: Choice[T]) -> Generator[tuple[T, float | None]]:
        """One pass: `choice.table(frame, origin)` of one piece after the other, each with the share of the rows read so far.

        A frame is one that narwhals reads, or an Arrow table, and has the columns `choice.needed`. The share is None where it is
        not known.
        """


class Frames(Reader, Protocol):
    """A frame, or files; `path` is None for a frame, and `once` says what it is if it can be read only once."""

    @property
    def path(self) -> str | None: ...
    @property
    def once(self) -> str | None: ...


@dataclass(frozen=True)
class Columns:
    """The columns of a frame or file that are features, target and weights."""

    target: str | None  # None for the features alone, to predict from
    features: tuple[str, ...]
    weight: Any = None  # a column's name; for a single frame in memory also the weights of its rows
    missing: str = "raise"
    by_name: bool = True  # whether the features were asked for by name, for messages
    as_text = ()

    @classmethod
    def choose(cls, names: Sequence[str], wanted: Wanted, path: str | None = None) -> Columns:
        """Those of a frame, or of the file `path`, that has columns of these names; each is checked.

        By default the target is the last column of a file, and the features are all others but the weights.
        """
        target, features, where = wanted.target, wanted.features, path or "the frame"
        weight = wanted.weight if isinstance(wanted.weight, str) else None
        if not names:
            raise DataError(f"{where} has no columns: a feature and a target are needed")
        if target is None:
            if path is None:
                raise DataError(f"a frame needs a target: name one of its columns, {shown_names(names)}")
            target = names[-1]
        if not isinstance(target, str):
            raise DataError(f"the target of {where} must be a column name, not {type(target).__qualname__}")
        if features is None:
            chosen = tuple(name for name in names if name not in (target, weight))
        else:
            chosen = choose_features(features, names, where)
        odd = next((name for name in (*chosen, target) if not isinstance(name, str)), None)
        if odd is not None:
            cure = "rename the columns, or pass arrays (x, y)"
            raise DataError(f"{where} has the column name {shown(odd)}, which is not text: {cure}")
        require_column(target, names, where)
        if weight is not None:
            require_column(weight, names, where)
            if weight == target:
                raise DataError(f"{spelled('sample_weight', weight)} names the target: weights are a column of their own")
        if not chosen:
            raise DataError(f"no feature columns: {where} holds only the target {target!r}")
        if target in chosen:
            raise DataError(f"the target {target!r} is among the features: a column can explain another, not itself")
        if "" in (target, *chosen):
            number = names.index("") + 1
            raise DataError(f"column {number} of {len(names)} in {where} has no name: give it one, or pick others by name")
        return cls(target, chosen, wanted.weight, wanted.missing, features is not None)

    @property
    def needed(self) -> tuple[str, ...]:
        """The names to read, each once."""
        return tuple(dict.fromkeys(name for name in (*self.features, self.target, self.weight) if isinstance(name, str)))

    def name_of(self, column: str) -> str:
        """What a message calls a column."""
        if column == self.target:
            return f"the target {column!r}"
        is_weight = isinstance(self.weight, str) and column == self.weight and column not in self.features
        return f"the weight {column!r}" if is_weight else f"column {column!r}"

    def table(self, frame: Any, origin: Origin) -> Table:
        """The rows of a frame that has these columns: one in memory, or a piece of a file or stream."""
        names = self.features if self.target is None else (*self.features, self.target)
        table = Table(EMPTY)
        table.feature_names, table.target_name = self.features, self.target
        table.origin = origin if self.target is not None else origin.without_drop()
        table.library = None if origin.path else library_of(frame)
        columns = arrow_floats(frame, names)
        if columns is None or self.weight is not None:
            import narwhals as nw

            frame = nw.from_native(frame, eager_only=True)
        if isinstance(self.weight, str):
            table.weight_name = self.weight
            [weight] = Cells(origin, self.missing).numbers([Column(frame.get_column(self.weight), table.name_of(len(names)))])
            table.weight = as_float64(weight)
        elif self.weight is not None:
            table.weight = read_weight(self.weight, len(frame), self.missing == "drop")
        if columns is None:
            wanted = [Column(frame.get_column(name), self.name_of(name), self._if_text(name)) for name in names]
            columns = Cells(table.origin, self.missing, table.weight).numbers(wanted)
        if self.target is None:
            table.X = as_matrix(columns)
            table.refuse_bad_cell()
            return table
        table.X, table.y = as_matrix(columns[:-1]), columns[-1]
        return table.settle(self.missing)

    def _if_text(self, name: str) -> str | None:
        """The advice for a feature that is text and was not asked for."""
        if self.by_name or name == self.target:
            return None
        return f"leave the column out of {spelled('features')}, or use a formula, '{self.target} ~ C({name})'"


@dataclass(frozen=True)
class Known:
    """In the place of a target: the columns of rows that were read before, or the formula with what it learned from them."""

    target: str
    features: tuple[str, ...]
    formula: Any = None

    def choice(self, names: Sequence[str], wanted: Wanted, path: str | None = None) -> Choice[Table]:
        """The same columns of other rows."""
        if self.formula is None:
            return Columns.choose(names, wanted._replace(target=self.target, features=self.features), path)
        choice: Choice[Table] = self.formula.resumed(wanted.weight, wanted.missing)
        for name in choice.needed:
            require_column(name, names, path or "the frame")
        return choice


def library_of(frame: Any) -> str | None:
    """Of a narwhals frame or series, as narwhals calls it, or of an Arrow table; None of those that narwhals only reads."""
    if not hasattr(frame, "implementation"):
        return "pyarrow" if hasattr(frame, "__arrow_c_stream__") else None
    name = str(frame.implementation.value)
    return name if name in LIBRARIES else None


def choose_features(features: Sequence[str], names: Sequence[str], where: str) -> tuple[str, ...]:
    """The feature names that the user asks for, each checked."""
    if isinstance(features, str):
        raise argument_error("features", features, f"pass a list of column names, {spelled('features', [features])}")
    try:
        chosen = tuple(features)
    except TypeError:
        raise argument_error("features", features, "pass a list of column names") from None
    for name in chosen:
        require_column(name, names, where)
        if chosen.count(name) > 1:
            raise DataError(f"{spelled('features', features)} names {shown(name)} twice: name each column once", "features")
    return chosen


def require_column(name: str, names: Sequence[str], where: str) -> None:
    """Refuse the name of a column that there is not, with the names that come close."""
    if name not in names:
        close = get_close_matches(str(name), [other for other in names if isinstance(other, str)], 3)
        hint = f"did you mean {shown_names(close)}?" if close else f"it has {shown_names(names)}"
        raise DataError(f"no column {shown(name, 200)} in {where}: {hint}")


def require_name(weight: Any, why: str) -> None:
    """Refuse weights that are not the name of a column, for rows that are not in memory at once."""
    if weight is not None and not isinstance(weight, str):
        raise DataError(f"sample_weight is an array, and {why}")


def shown_names(names: Sequence[Any]) -> str:
    """Names for a message, at most twelve."""
    first = ", ".join(shown(name, 200) for name in names[:12])
    return f"{first} and {len(names) - 12} more" if len(names) > 12 else first
