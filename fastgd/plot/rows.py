"""Rows as pictures need them: piece by piece, in several passes, so that a file may be larger than memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import fastgd
from fastgd import sources
from fastgd.arguments import counted
from fastgd.plot.canvas import GREY
from fastgd.sources import Collection, Source, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

_MOST_POINTS = 5000  # more hide one another: from there on their density is drawn
_MOST_LARGE = 500  # more are drawn smaller
_CELLS = 60  # of the density, along either axis


class Rows:
    """Features (n, p) and target (n,) of the rows that a picture shows, in pieces.

    Parameters
    ----------
    result : FitResult
    X, y
        As `FitResult.plot` takes them, both given.
    """

    def __init__(self, result: fastgd.FitResult, X: Any, y: Any) -> None:
        self.result = result
        is_named = isinstance(y, str) and "~" not in y and not isinstance(X, np.ndarray)
        features = result.feature_names if is_named else None
        source = sources.read(X, y, features, None, "drop" if result.n_dropped else "raise")
        if isinstance(source, Collection):
            raise fastgd.DataError("the points are a Dask collection: pass a sample of them, computed")
        # A picture takes several passes: what can be read only once is kept.
        self.source = list(source) if isinstance(source, Source) and source.once is not None else source

    def __iter__(self) -> Iterator[tuple[Floats, Floats]]:
        for table in self.source:
            yield _split(self.chosen(table))

    def refuse_bad_cell(self) -> None:
        """Raise for the first cell that is not finite, naming row and column."""
        for table in map(self.chosen, self.source):
            table.origin = table.origin.without_drop()
            table.refuse_bad_cell()

    def chosen(self, table: Table) -> Table:
        """With the features that were fitted, of a frame those by their names."""
        wanted, found = self.result.feature_names, table.feature_names
        if table.n_features != len(wanted) and found is not None and set(wanted) <= set(found):
            chosen = Table(table.X[:, [found.index(name) for name in wanted]], _split(table)[1])
            chosen.feature_names = wanted
            return chosen
        table = table.in_order(wanted)
        if table.n_features != len(wanted):
            fitted = "one feature was" if len(wanted) == 1 else f"{len(wanted)} features were"
            raise fastgd.DataError(f"x has {counted(table.n_features, 'column')}, and {fitted} fitted")
        return table


def rows_of(result: fastgd.FitResult, X: Any, y: Any) -> Rows | None:
    """The rows to show, if any are given; of a frame or a file the target by its name. `Rows` as X are opened already."""
    if isinstance(X, Rows):
        return X
    if X is None and y is None:
        return None
    if y is None and (_is_files(X) or not isinstance(X, np.ndarray | list | tuple)):
        y = result.moments.target_name
    if X is None or y is None:
        missing = "X" if X is None else "y"
        raise fastgd.DataError(f"{missing} is missing: to show points pass both X and y, or neither")
    return Rows(result, X, y)


class Points:
    """Points of a picture: two numbers of each row, by `place` of its features and target.

    Attributes
    ----------
    n : int
    low, high : ndarray of shape (2,)
    """

    def __init__(self, rows: Rows, place: Callable[[Floats, Floats], tuple[Floats, Floats]]) -> None:
        self.rows, self.place = rows, place
        self.n = 0
        self.low, self.high = np.full(2, np.inf), np.full(2, -np.inf)
        for X, y in rows:
            if not np.isfinite([y.min(), y.max(), X.min(), X.max()]).all():
                rows.refuse_bad_cell()
            pair = place(X, y)
            self.n += len(y)
            self.low = np.minimum(self.low, [v.min() for v in pair])
            self.high = np.maximum(self.high, [v.max() for v in pair])

    def __iter__(self) -> Iterator[tuple[Floats, Floats]]:
        for X, y in self.rows:
            yield self.place(X, y)

    @property
    def are_few(self) -> bool:
        """Whether each can be seen."""
        return self.n <= _MOST_POINTS

    def together(self) -> tuple[Floats, Floats]:
        """All of them."""
        pairs = list(self)
        return np.concatenate([h for h, _ in pairs]), np.concatenate([v for _, v in pairs])

    def draw(self, ax: Axes, more: str = "") -> None:
        """On axes that have their limits: one by one, or of many their density."""
        label = counted(self.n, "point") + more
        if self.are_few:
            ax.plot(*self.together(), color=GREY, ls="", marker="o", ms=4 if self.n <= _MOST_LARGE else 2, alpha=0.7, label=label)
            return
        from matplotlib.colors import LinearSegmentedColormap

        # Neither so light that a cell of one point is lost, nor so dark that the lines are.
        greys = LinearSegmentedColormap.from_list("density", ["#dddddd", "#666666"])
        edges = [np.linspace(*limits, _CELLS + 1) for limits in (ax.get_xlim(), ax.get_ylim())]
        counts = sum((_counts(h, v, *edges) for h, v in self), start=np.zeros((_CELLS, _CELLS)))
        ax.pcolormesh(*edges, np.ma.masked_equal(counts.T, 0.0), norm="log", cmap=greys)
        ax.plot([], [], color=GREY, ls="", marker="s", label=f"{label} (the darker, the more)")


def _counts(h: Floats, v: Floats, h_edges: Floats, v_edges: Floats) -> Floats:
    """Points in each cell. 10^7 take 0.18 s; np.histogram2d, which searches edges that need not be even, 0.59."""
    columns, rows = _cells(h, h_edges), _cells(v, v_edges)
    inside = (columns >= 0) & (columns < _CELLS) & (rows >= 0) & (rows < _CELLS)
    cells = (columns * _CELLS + rows)[inside]
    return np.bincount(cells, minlength=_CELLS * _CELLS).reshape(_CELLS, _CELLS).astype(np.float64)


def _cells(values: Floats, edges: Floats) -> NDArray[np.intp]:
    shares = (values - edges[0]) * (_CELLS / (edges[-1] - edges[0]))
    cells: NDArray[np.intp] = np.floor(np.clip(shares, -1.0, _CELLS)).astype(np.intp)
    return cells


def _split(table: Table) -> tuple[Floats, Floats]:
    """Features and target, which may be the last column of X."""
    X, y = (table.X, table.y) if table.y.size else (table.X[:, :-1], table.X[:, -1])
    return np.asarray(X, dtype=np.float64), np.asarray(y, dtype=np.float64)


def _is_files(X: Any) -> bool:
    paths = X if isinstance(X, list) and X else [X]
    return isinstance(paths[0], str | os.PathLike)
