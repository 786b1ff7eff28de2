"""Rows of a frame as formulas take them: numbers as float64, text as it is, and which rows count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastgd.errors import DataError
from fastgd.sources.cells import Cells, Column
from fastgd.sources.formulas.levels import Levels, coded_columns, is_text
from fastgd.sources.frames import Frame, open_frame
from fastgd.sources.origin import Origin
from fastgd.sources.table import EMPTY, require_weights


class Rows(NamedTuple):
    """Those rows of a frame that count."""

    columns: dict[str, Any]  # their cells, those of text as categories
    n: int
    weight: NDArray[np.float64]  # empty for ones
    origin: Origin
    n_dropped: int  # rows of positive weight that were left out


def read_rows(
    frame: Any, levels: Mapping[str, list[Any] | None], weight_name: str | None, missing: str, origin: Origin
) -> Rows:
    """The columns that have these levels, of a narwhals frame; cells that cannot be used are refused."""
    n = len(frame)
    weight = _weights(frame, weight_name, Cells(origin, "drop"))
    if weight_name is not None:
        require_weights(weight, f"the weight {weight_name!r}", origin, missing)
    present = np.ones(n, bool) if weight_name is None else weight != 0.0
    lost = np.zeros(n, bool) if weight_name is None else np.isnan(weight)
    cells, data = Cells(origin, missing, weight), {}
    for name, known in levels.items():
        data[name], bad = _cells(frame.get_column(name), name, known is not None, cells)
        bad = bad & present
        if bad.any():
            is_number = known is None
            refused = bad if missing == "raise" else bad & np.isinf(data[name]) if is_number else np.zeros(n, bool)
            if refused.any():
                row = int(np.argmax(refused))
                what = data[name][row] if is_number else origin.gap
                origin.refuse(row, f"column {name!r}", what, missing=not (is_number and np.isinf(what)))
            lost |= bad
    keep = present & ~lost
    n_dropped = int(np.count_nonzero(lost & present))
    if not keep.all():
        rows = np.flatnonzero(keep)
        origin, data = origin.take(rows), {name: values[rows] for name, values in data.items()}
        weight = weight if weight_name is None else weight[rows]
    return Rows(coded_columns(data, levels, origin), int(np.count_nonzero(keep)), weight, origin, n_dropped)


def look_at(frame: Any, names: tuple[str, ...], weight_name: str | None, seen: dict[str, Levels]) -> dict[str, Any]:
    """The cells of those rows of a frame that can be used, and in `seen` the levels of its columns of text."""
    weight = _weights(frame, weight_name, Cells(Origin(), "drop"))
    keep = np.ones(len(frame), bool) if weight_name is None else weight > 0.0
    cells, data = Cells(Origin(), "drop", weight), {}
    for name in names:
        data[name], bad = _cells(frame.get_column(name), name, is_text(frame.get_column(name)), cells)
        keep &= ~bad
    data = {name: values if keep.all() else values[keep] for name, values in data.items()}
    for name, values in data.items():
        if is_text(frame.get_column(name)):
            seen.setdefault(name, Levels()).look(values, frame.get_column(name))
    return data


def require_frame(data: Any) -> Any:
    """A frame in memory, as a narwhals one."""
    opened = open_frame(data)
    if not isinstance(opened, Frame) or opened.is_lazy:
        raise DataError(
            f"data of type {type(data).__qualname__} have no named columns, which a formula needs: "
            "pass a pandas, Polars or PyArrow table"
        )
    return opened.rows


def _weights(frame: Any, name: str | None, cells: Cells) -> NDArray[np.float64]:
    if name is None:
        return EMPTY
    [weight] = cells.numbers([Column(frame.get_column(name), f"the weight {name!r}")])
    return np.ascontiguousarray(weight, np.float64)


def _cells(series: Any, name: str, text: bool, cells: Cells) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """A column's cells, and which of them cannot be used."""
    if text:
        return series.to_numpy(), np.asarray(series.is_null().to_numpy(), bool)
    [values] = cells.numbers([Column(series, f"column {name!r}")])
    values = np.ascontiguousarray(values, np.float64)
    return values, ~np.isfinite(values)
