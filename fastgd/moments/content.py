"""What moments hold, and how it grows: rows after those before, and moments of other rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastgd.errors import DataError, shown
from fastgd.moments.details import NO_DETAILS, Details
from fastgd.moments.segment import Segment
from fastgd.moments.sums import columns_of, piece_kernels
from fastgd.sources import Table

if TYPE_CHECKING:
    from concurrent.futures import Executor

Array = NDArray[np.float64]


class Content(NamedTuple):
    """All that moments hold. Its methods return new contents and leave this one as it is.

    Attributes
    ----------
    sums : ndarray of shape (4, sums) or None
        Those of rows whose places in the source are not known.
    n_closed : int
        The number of these rows.
    segment : Segment or None
        The other rows, after which more can be added.
    feature_names : tuple of str or None
    target_name : str or None
    details : Details
    precision : ndarray of shape (p + 1,) or None
        That of `sums`; see `Moments`.
    """

    sums: Array | None = None
    n_closed: int = 0
    segment: Segment | None = None
    feature_names: tuple[str, ...] | None = None
    target_name: str | None = None
    details: Details = NO_DETAILS
    precision: Array | None = None

    @property
    def n_samples(self) -> int:
        return self.n_closed + (0 if self.segment is None else self.segment.n)

    def copy(self) -> Content:
        """A content to add other rows to than to this one."""
        return self if self.segment is None else self._replace(segment=self.segment.copy())

    def with_rows(self, table: Table, pool: Executor | None = None) -> Content:
        """This and the rows that follow. Of several made so from one content, only one may be added to."""
        segment = Segment(table.n_columns) if self.segment is None else self.segment.beside()
        if features_of(self.sums, self.segment):
            table = table.in_order(self.feature_names)
            self._require_columns(table.n_features, table.feature_names, table.target_name, table.formula)
        segment.add(table, pool)
        return self._replace(
            segment=segment,
            feature_names=self.feature_names or table.feature_names,
            target_name=self.target_name or table.target_name,
            details=self.details.with_rows(table),
        )

    def merged(self, other: Content) -> Content:
        """This and the rows of the other, side by side if its rows follow, else as sums of rows that may be anywhere."""
        p = features_of(other.sums, other.segment)
        if p and features_of(self.sums, self.segment):
            self._require_columns(p, other.feature_names, other.target_name, other.details.formula)
        if self._adds_nothing_to(other):
            total = other.copy()
        elif other._adds_nothing_to(self):
            total = self.copy()
        else:
            joined = None
            if self.segment is not None and other.segment is not None and other.sums is None:
                joined = self.segment.joined(other.segment)
            if joined is not None:
                total = self._replace(segment=joined)
            else:
                closed = other.closed()
                total = self.closed()._with_sums(closed.sums, closed.n_closed, closed.precision)
            total = total._replace(details=self.details.merged(other.details))
        return total._replace(
            feature_names=self.feature_names or other.feature_names, target_name=self.target_name or other.target_name
        )

    def _adds_nothing_to(self, other: Content) -> bool:
        """Whether it has neither rows nor a place that the other's rows could follow."""
        return self.n_samples == 0 and (self.segment is None or other.sums is not None)

    def closed(self) -> Content:
        """The same with all rows in `sums`; their places are given up."""
        if self.segment is None:
            return self
        sums = self.segment.total() if self.segment.n else None
        return self._replace(segment=None)._with_sums(sums, self.segment.n, None)

    def _with_sums(self, sums: Array | None, n: int, precision: Array | None) -> Content:
        """With the closed sums of n other rows."""
        if sums is None:
            return self
        if self.sums is None:
            return self._replace(sums=sums, n_closed=n, precision=precision)
        total, more = self.sums.copy(), sums.copy()
        piece_kernels().merge(total, more, columns_of(sums))
        known = [shares for shares in (self.precision, precision) if shares is not None]
        return self._replace(
            sums=total,
            n_closed=self.n_closed + n,
            details=self.details._replace(solution=None),
            precision=np.maximum.reduce(known) if known else None,
        )

    def _require_columns(self, p: int, features: tuple[str, ...] | None, target: str | None, formula: Any) -> None:
        """Refuse other columns than those of this content."""
        ours = features_of(self.sums, self.segment)
        if p != ours:
            raise DataError(f"these moments have {ours} features and the others {p}: they need the same columns")
        for what, name, other in (("features", self.feature_names, features), ("target", self.target_name, target)):
            if name is not None and other is not None and name != other:
                raise DataError(f"these moments have the {what} {shown(name, 200)} and the others {shown(other, 200)}")
        known = self.details.formula
        if known is not None and formula is not None and known is not formula and known.to_dict() != formula.to_dict():
            raise DataError(
                f"the formula {known.text!r} learned other categories or transforms from these rows than from those before: "
                "pass all rows to one call, as a list of frames or files, or call update without a formula: "
                "it keeps what was learned before"
            )


def features_of(sums: Array | None, segment: Segment | None) -> int:
    """Number of feature columns; 0 where nothing is known of the rows yet."""
    if segment is not None:
        return segment.q - 1
    return 0 if sums is None else columns_of(sums) - 1
