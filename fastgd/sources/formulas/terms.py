"""What formulas ask of formulaic: to parse, to name the columns in a term, to evaluate; its errors as one line."""

from __future__ import annotations

import builtins
import re
import warnings
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from fastgd.errors import DataError, missing_extra
from fastgd.sources.columns import require_column
from fastgd.sources.formulas.levels import UnseenLevelError, transforms


class UnseenInError(Exception):
    """A level that a C(...) in an expression does not know."""

    def __init__(self, expr: str, level: UnseenLevelError) -> None:
        self.expr, self.level = expr, level


class Parsed(NamedTuple):
    """A formula as formulaic reads it."""

    text: str
    sides: Any  # its terms, `lhs` and `rhs`
    sources: tuple[str, ...]  # the columns that the right side uses
    columns: tuple[str, ...]  # these and those that the left side uses

    @property
    def target_name(self) -> str:
        """The left side."""
        return str(self.sides.lhs[0])


def is_formula(target: Any, names: Collection[str] = ()) -> bool:
    """Whether a target is a formula: text with a ~ that is not the name of a column."""
    return isinstance(target, str) and "~" in target and target not in names


def parse(text: str, names: Iterable[Any], where: str = "the frame") -> Parsed:
    """A formula for columns of these names, if it has one target and features; an error for a column that there is not."""
    try:
        import formulaic
    except ImportError:
        raise missing_extra("formulaic", "formula", "a formula") from None
    if "~" in text and not text.partition("~")[0].strip():
        raise DataError(f"the formula {text!r} has no left side: write the target before the ~, 'price {text.strip()}'")
    names = [name for name in names if isinstance(name, str)]
    with explained(text):
        sides = formulaic.Formula(text, _context={"__formulaic_variables_available__": names})
    if not all(isinstance(getattr(sides, side, None), formulaic.SimpleFormula) for side in ("lhs", "rhs")):
        raise DataError(f"the formula {text!r} must have one left and one right side, as 'price ~ area + town'")
    if len(sides.lhs) != 1:
        targets = ", ".join(map(str, sides.lhs)) or "none"
        raise DataError(f"the formula {text!r} has {len(sides.lhs)} targets ({targets}): one is needed; I(a + b) is their sum")
    left, sources = _sources_of(sides.lhs, names, where), _sources_of(sides.rhs, names, where)
    return Parsed(text, sides, sources, tuple(dict.fromkeys((*sources, *left))))


def _sources_of(terms: Any, names: Sequence[str], where: str) -> tuple[str, ...]:
    """Columns that some terms use, in the order of the columns."""
    used = {variable for term in terms for factor in term.factors for variable in _variables(factor)}
    for name in sorted(used.difference(names, transforms(), dir(builtins))):
        require_column(name, names, where)
    return tuple(name for name in names if name in used)


def _variables(factor: Any) -> set[str]:
    """Names in the expression of a factor, but those of the functions that are called."""
    if factor.eval_method.value == "literal":
        return set()
    if factor.eval_method.value == "lookup":
        return {factor.expr}
    return {str(v.root) for v in _names(factor) if "." in v or "value" in {role.value for role in v.roles}}


def _names(factor: Any) -> set[Any]:
    """All names in Python code.

    `Factor.required_variables` would do, but it evaluates calls of stateful transforms without the columns, and finds nothing
    where that fails; only Q('a name') needs it.
    """
    from formulaic.utils.variables import get_required_variables

    try:
        names: set[Any] = get_required_variables(factor.expr, {"Q": transforms()["Q"]})
        return names
    except Exception:  # not Python: evaluation says it better
        return set()


def factors_of(sides: Any) -> list[Any]:
    """The factors of both sides of a formula, each once."""
    return list({factor.expr: factor for terms in (sides.lhs, sides.rhs) for term in terms for factor in term.factors}.values())


def learns(factor: Any) -> bool:
    """Whether a stateful transform is called in it."""
    if factor.eval_method.value != "python":
        return False
    return any(getattr(transforms().get(name), "__is_stateful_transform__", False) for name in _names(factor))


def evaluate(expr: str, columns: dict[str, Any], state: dict[str, Any]) -> None:
    """Evaluate an expression for what its transforms learn from the columns, which goes into `state`."""
    from formulaic.utils.layered_mapping import LayeredMapping
    from formulaic.utils.stateful_transforms import stateful_eval

    stateful_eval(expr, LayeredMapping(LayeredMapping(as_pandas(columns), name="data"), transforms()), {}, state, None)


def as_pandas(columns: dict[str, Any], n: int | None = None) -> Any:
    """A pandas frame of these columns, with n rows even if there is no column."""
    import pandas

    return pandas.DataFrame(columns, index=None if n is None else pandas.RangeIndex(n), copy=False)


def term_of(spec: Any, column: int, names: Sequence[str] = ()) -> tuple[str, list[str]]:
    """The term that a column of the matrix belongs to, and the columns of the data that it uses."""
    end = 0
    for entry in spec.structure:
        end += len(entry.columns)
        if column < end:
            used = {variable for factor in entry.term.factors for variable in _variables(factor)}
            return str(entry.term), [name for name in names if name in used]
    raise AssertionError(column)


@contextmanager
def explained(text: str) -> Iterator[None]:
    """What a formula raises, as one line; what it would warn of, not at all: results are looked at."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            yield
    except DataError:
        raise
    except Exception as error:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, UnseenLevelError):
                expr = re.search("factor `(.*?)`[.] ", str(error))
                raise UnseenInError(expr[1] if expr else "C(...)", cause) from None
            if isinstance(cause, DataError):
                raise cause from None
            cause = cause.__cause__
        said = re.sub("\x1b\\[[0-9;]*m|[⧛⧚]|\\[[0-9;]*m(?=[^ ])", "", str(error)).partition("\n")[0] or type(error).__name__
        raise DataError(f"the formula {text!r} cannot be used: {said}") from None
