"""Categories for formulas: the levels of a column, and the C(...) that codes by them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Never

import numpy as np
from numpy.typing import NDArray

from fastgd.errors import DataError, shown
from fastgd.sources.columns import shown_names
from fastgd.sources.origin import Origin

_HELD = {"float64": np.float64, "int64": np.int64}  # arrays that JSON's numbers hold exactly


class UnseenLevelError(Exception):
    """A cell that is not among the levels; `refuse_level` says where."""

    def __init__(self, row: int, cell: Any, levels: Sequence[Any]) -> None:
        super().__init__(row, cell, levels)
        self.row, self.cell, self.levels = row, cell, levels


class Levels:
    """The levels of a text column, as frame after frame shows them."""

    def __init__(self) -> None:
        self._seen: set[Any] = set()
        self._declared: dict[Any, None] = {}

    def look(self, cells: NDArray[Any], series: Any) -> None:
        """`cells`: those of `series` that count."""
        self._declared.update(dict.fromkeys(_declared(series)))
        self._seen.update(_distinct(cells))

    def ordered(self) -> list[Any]:
        """As a pandas Categorical or an Enum declares them, the others sorted; those that no row has are left out."""
        declared = [level for level in self._declared if level in self._seen]
        return declared + sort(self._seen.difference(declared))


def is_text(series: Any) -> bool:
    """Whether a narwhals series is a category without a C(...)."""
    import narwhals as nw

    dtype = series.dtype
    if dtype == nw.Object:  # of pandas: text if its first cell is; what is mixed is then found cell by cell
        return isinstance(next((cell for cell in series.to_list() if cell is not None and cell == cell), None), str)
    return dtype in (nw.String, nw.Categorical, nw.Enum)


def coded(cells: Any, levels: Sequence[Any]) -> Any:
    """Cells as a pandas Categorical of these levels; the first cell that is not among them is refused."""
    import pandas

    text = bool(levels) and isinstance(levels[0], str)
    codes = pandas.Index(levels, dtype=object if text else None).get_indexer(pandas.Index(cells, dtype=object) if text else cells)
    if codes.size and codes.min() < 0:
        row = int(np.argmin(codes))
        raise UnseenLevelError(row, _level(cells[row]), levels)
    return pandas.Categorical.from_codes(codes, list(levels))


def coded_columns(data: dict[str, Any], levels: Mapping[str, Sequence[Any] | None], origin: Origin) -> dict[str, Any]:
    """Columns of cells; those that have levels become categories."""
    columns = {}
    for name, cells in data.items():
        known = levels[name]
        try:
            columns[name] = cells if known is None else coded(cells, known)
        except UnseenLevelError as error:
            refuse_level(name, error, origin)
    return columns


def refuse_level(expr: str, error: UnseenLevelError, origin: Origin, start: int = 0) -> Never:
    """Raise the error for a cell that is not among the levels; its row is counted from `start` on."""
    raise DataError(
        f"{expr} holds {shown(error.cell)} {origin.place_of(start + error.row)}, a level that the fit did not see: "
        f"it knows {shown_names(error.levels)}{origin.counted}"
    ) from None


def sort(levels: Iterable[Any]) -> list[Any]:
    """Text by its characters, numbers by size."""
    try:
        return sorted(levels)
    except TypeError:
        kinds = {type(level).__name__: level for level in levels}
        raise DataError(f"levels must be all text or all numbers, not {' and '.join(map(repr, kinds.values()))}") from None


def plain(cell: Any) -> Any:
    """As a Python object."""
    return cell.item() if isinstance(cell, np.generic) else cell


@cache
def transforms() -> Mapping[str, Any]:
    """Names for formulas besides the columns: formulaic's own, with a C whose levels are learned first and then fixed."""
    import pandas
    from formulaic.transforms import TRANSFORMS, stateful_transform

    def C(data: Any, contrasts: Any = None, *, levels: Any = None, spans_intercept: bool = True, _state: Any = None) -> Any:
        if isinstance(getattr(data, "dtype", None), pandas.CategoricalDtype):
            if levels is not None:
                data = coded(np.asarray(data, object), list(levels))
        else:
            cells = np.asarray(data)
            known = _state.get("levels") if levels is None else list(levels)
            if known is None:
                _state.setdefault("seen", set()).update(_distinct(cells))
                return np.zeros(len(cells))
            data = coded(cells, known)
        return TRANSFORMS["C"](pandas.Series(data), contrasts, spans_intercept=spans_intercept)

    return {**TRANSFORMS, "C": stateful_transform(C)}


def settle(state: dict[str, Any]) -> None:
    """The levels that the C(...) of a formula have seen become the levels that they know."""
    for learned in state.values():
        if "seen" in learned:
            learned["levels"] = sort(learned.pop("seen"))


def packed(value: Any, name: str) -> Any:
    """State of a transform in types that JSON has."""
    value = plain(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray) and value.dtype.name in _HELD:
        return {"array": value.ravel().tolist(), "shape": list(value.shape), "dtype": value.dtype.name}
    if isinstance(value, list | tuple):
        return {"list": [packed(item, name) for item in value]}
    if isinstance(value, dict):
        return {"dict": [[packed(key, name), packed(item, name)] for key, item in value.items()]}
    kind = type(value).__qualname__
    raise DataError(f"{name} has learned something that cannot be written down, a {kind}: make the column beforehand")


def unpacked(stored: Any) -> Any:
    if not isinstance(stored, dict):
        return stored
    if "array" in stored:
        return np.array(stored["array"], _HELD[stored["dtype"]]).reshape(stored["shape"])
    if "list" in stored:
        return [unpacked(item) for item in stored["list"]]
    return {unpacked(key): unpacked(item) for key, item in stored["dict"]}


def _declared(series: Any) -> Iterable[Any]:
    """The order of levels that a series brings along; a Polars or Arrow Categorical has none that outlives the process."""
    import narwhals as nw

    if series.dtype in (nw.Categorical, nw.Enum) and series.implementation.is_pandas():
        return [_level(level) for level in series.to_native().cat.categories]
    return series.dtype.categories if series.dtype == nw.Enum else ()


def _distinct(cells: NDArray[Any]) -> set[Any]:
    """Levels among cells, without missing ones; whole numbers as int, whatever type the cells have."""
    import pandas

    found = {_level(cell) for cell in pandas.unique(cells) if cell is not None and cell == cell}
    odd = next((cell for cell in found if not isinstance(cell, str | int | float)), None)
    if odd is not None:
        raise DataError(f"{shown(odd)} is not a level: levels are text or numbers")
    return found


def _level(cell: Any) -> Any:
    """A whole number as int, whatever type the cells have."""
    cell = plain(cell)
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell
