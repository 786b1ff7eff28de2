"""Moments: all that the data have to say about a least squares fit, made in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastgd.arguments import whole
from fastgd.errors import DataError
from fastgd.moments.content import Content, features_of
from fastgd.moments.details import NO_DETAILS
from fastgd.moments.encoding import decode, encode
from fastgd.moments.segment import Segment
from fastgd.moments.sums import columns_of
from fastgd.moments.threads import threads
from fastgd.moments.units import in_float64
from fastgd.sources import Collection, Known, Table, read, read_pair
from fastgd.sources.table import default_names


class Moments:
    """Number of rows, means and co-moments of the features and the target, in double-double.

    Any fit makes them (`FitResult.moments`), and they can be given to `fit` and `analyse` in the place of the data. They can also
    be collected: an empty `Moments()` takes rows by `update` as they come, and moments of different rows can be added.

    They are some kilobytes whatever the number of rows. Those that are collected keep, beside the sums, the rows of the last
    block of 4,096 while it is not full: so the sums have the bits of those of all rows at once, however the rows were cut up.

    The co-moments are sums of products about the mean, S_uv = sum w (u - mean u) (v - mean v), carried to about 31
    digits (Ogita, Rump & Oishi 2005, *Accurate sum and dot product*). The `FitResult.moments` of many features that went to
    the limit point are an exception: they have 16 digits, beside a limit point that was refined on the rows to all of its own.
    Asked for another, or added to, they give nine digits, or an error where the columns depend on each other too much for that.

    Attributes
    ----------
    precision : ndarray of shape (p + 1,) or None
        How well each column's sum of squares about the mean is known, the target's last: the share of it that is not. None where
        double-double leaves next to nothing unknown: for all moments but those with 16 digits.

    Examples
    --------
    >>> import fastgd
    >>> moments = fastgd.Moments()
    >>> for x, y in ([1, 2], [2, 4]), ([3], [9]):
    ...     moments = moments.update(x, y)
    >>> moments.n_samples, moments.mean.tolist()
    (3, [2.0, 5.0])
    >>> fastgd.fit(moments).slope
    3.5
    """

    __slots__ = ("_details", "_feature_names", "_n_closed", "_segment", "_sums", "_target_name", "_precision")

    def __init__(self) -> None:
        self._sums: Any = None  # (4, sums): those of rows whose place is not known
        self._n_closed = 0  # the number of these
        self._segment: Segment | None = None  # the other rows, to which more can be added
        self._feature_names: tuple[str, ...] | None = None
        self._target_name: str | None = None
        self._details = NO_DETAILS
        self._precision: NDArray[np.float64] | None = None  # of `_sums`

    @classmethod
    def from_arrays(cls, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None, *, n_jobs: int = 1) -> Moments:
        """Moments of feature columns X and target y.

        Parameters
        ----------
        X : array_like of shape (n,) or (n, p)
        y : array_like of shape (n,)
            A frame as X and a series as y give their names.
        sample_weight : array_like of shape (n,), optional
            How often each row counts; not negative, not all zero.
        n_jobs : int
            Threads to sum on; -1 for all processors. The bits are the same for any number.

        Returns
        -------
        Moments

        Raises
        ------
        DataError
            Lengths that differ, no rows, values that are no finite numbers.

        Examples
        --------
        >>> import fastgd
        >>> fastgd.Moments.from_arrays([1, 2, 3], [2, 4, 9], sample_weight=[1, 1, 0]).mean.tolist()
        [1.5, 3.0]
        """
        moments = cls()
        with threads(n_jobs) as pool:
            moments._hold(moments._content().with_rows(read_pair(X, y, sample_weight=sample_weight), pool))
        return moments

    def update(
        self,
        data: Any,
        target: Any = None,
        *,
        features: Any = None,
        sample_weight: Any = None,
        missing: str = "raise",
        n_jobs: int = 1,
    ) -> Moments:
        """Add rows in place; the sums have the bits of those of all rows at once.

        Where these moments are those of a fit or were added up from others, the new rows are added to about 31 digits instead.

        Parameters
        ----------
        data, target, features, sample_weight, missing, n_jobs
            As for `fit`. Columns with names must be those of the rows before, in any order; without `target` and `features` they
            are taken, and if those were made by a formula, by the same formula with the categories and transforms that it learned
            then: it is code, and run here. A formula as `target` learns anew, and must learn the same.

        Returns
        -------
        Moments
            These, for chaining.

        Raises
        ------
        DataError
            For data that cannot be used; the moments then stay as they were.

        Examples
        --------
        >>> import fastgd
        >>> fastgd.Moments().update([1, 2], [2, 4]).update([3], [9]) + fastgd.Moments.from_arrays([4], [8])
        <Moments of 4 rows: x -> y>
        """
        if target is None is features and self._feature_names is not None and self._target_name is not None:
            target = Known(self._target_name, self._feature_names, self._details.formula)
        source = read(data, target, features, sample_weight, missing)
        if isinstance(source, Collection):
            raise DataError("the data are a Dask collection: pass it to fastgd.dask.moments, and add what that returns")
        with threads(n_jobs) as pool:
            if isinstance(source, Table):
                content = self._content().with_rows(source, pool)
            else:
                content = self._content().copy()  # which an error in the middle leaves as it was
                for table in source:
                    content = content.with_rows(table, pool)
        self._hold(content)
        return self

    def starting_at(self, row: int) -> Moments:
        """Empty moments for the rows from `row` on of the same data, to be summed elsewhere.

        Added up in order, ``first + second + third``, such moments have the bits of those of all rows at once, whatever the
        borders and wherever the rows are: the columns' shifts, which the first 4,096 rows decide, are handed on by this method.

        Parameters
        ----------
        row : int
            Counted from 0, rows of weight 0 and rows that were dropped not counted.

        Returns
        -------
        Moments

        Examples
        --------
        >>> import fastgd
        >>> x, y = [1, 2, 3, 4], [2, 4, 9, 8]
        >>> first = fastgd.Moments.from_arrays(x[:3], y[:3])
        >>> second = first.starting_at(3).update(x[3:], y[3:])
        >>> (first + second).covariance.tolist() == fastgd.Moments.from_arrays(x, y).covariance.tolist()
        True
        """
        segment = self._segment
        if segment is None or segment.start > 0 or self._n_closed:
            raise DataError("starting_at needs moments of the first rows, collected by from_arrays or update")
        begun = Segment(segment.q, whole(row, "row", more=", the number of rows before"), segment.shift)
        return Moments._of(self._content()._replace(segment=begun, details=NO_DETAILS))

    def copy(self) -> Moments:
        """Moments that do not see what is added to these later.

        Returns
        -------
        Moments
        """
        return Moments._of(self._content().copy())

    @classmethod
    def _of(cls, content: Content) -> Moments:
        moments = cls()
        moments._hold(content)
        return moments

    def _content(self) -> Content:
        return Content(
            self._sums, self._n_closed, self._segment, self._feature_names, self._target_name, self._details, self._precision
        )

    def _hold(self, content: Content) -> None:
        # One statement without a call in it: Python looks for signals where functions begin, calls end and loops turn.
        (
            self._sums, self._n_closed, self._segment, self._feature_names, self._target_name, self._details, self._precision
        ) = content

    @property
    def n_samples(self) -> int:
        """Number of rows, those of weight 0 not counted."""
        return self._content().n_samples

    @property
    def n_dropped(self) -> int:
        """Number of rows that were left out because a value was missing."""
        return self._details.n_dropped

    @property
    def n_features(self) -> int:
        """Number of feature columns, p."""
        return features_of(self._sums, self._segment)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the feature columns; x, or x0, x1, …, where the data had none."""
        return self._feature_names or default_names(self.n_features)

    @property
    def target_name(self) -> str:
        """Name of the target column; y where the data had none."""
        return self._target_name or "y"

    @property
    def total_weight(self) -> float:
        """Sum of the weights; without weights, the number of rows.

        Raises
        ------
        DataError
            Where float64 cannot hold it.

        Examples
        --------
        >>> import fastgd
        >>> fastgd.Moments.from_arrays([1, 2, 3], [2, 4, 9], sample_weight=[0.5, 1, 3]).total_weight
        4.5
        """
        high, low, _, exponent = self._closed()._sums[:, 0].tolist()
        return in_float64(high + low, exponent, "the sum of the weights", "sample_weight")

    @property
    def precision(self) -> NDArray[np.float64] | None:
        """What is not known of each column's sum of squares about its mean, as a share of it, (p + 1,); None for 31 digits."""
        return None if self._precision is None else self._precision.copy()

    @property
    def mean(self) -> NDArray[np.float64]:
        """Weighted means, shape (p + 1,), the target last."""
        return self._centred()[0][:, 0].copy()

    @property
    def covariance(self) -> NDArray[np.float64]:
        """Weighted covariances divided by the sum of weights, shape (p + 1, p + 1), the target last."""
        return self.in_double_double()[1][:, :, 0].copy()

    def in_double_double(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """`mean` and `covariance` in double-double: each number as [high, low], whose sum it is, for programs that compute on.

        Returns
        -------
        mean : ndarray of shape (p + 1, 2)
        covariance : ndarray of shape (p + 1, p + 1, 2)

        Raises
        ------
        DataError
            Where float64 cannot hold a variance.

        Examples
        --------
        >>> import fastgd
        >>> mean, _ = fastgd.Moments.from_arrays([1, 2, 4], [2, 4, 9]).in_double_double()
        >>> [f"{part:.8g}" for part in mean[0]]
        ['2.3333333', '-1.4802974e-16']
        """
        mean, covariance = self._centred()
        if not np.isfinite(covariance).all():
            raise DataError("a variance exceeds float64: divide the column by a power of two and ask again")
        return mean, covariance

    def to_bytes(self) -> bytes:
        """All of these moments as some kilobytes, for a file or another machine.

        Returns
        -------
        bytes

        Examples
        --------
        >>> import fastgd
        >>> fastgd.Moments.from_bytes(fastgd.Moments.from_arrays([1, 2, 3], [2, 4, 9]).to_bytes())
        <Moments of 3 rows: x -> y>
        """
        return encode(self._content())

    @classmethod
    def from_bytes(cls, data: bytes) -> Moments:
        """Moments that `to_bytes` wrote, with the same bits. Nothing in the bytes is executed, and what they say is checked.

        But moments by a formula keep it, and a formula is code, which `update` and the `predict` of their fits run.

        Parameters
        ----------
        data : bytes

        Returns
        -------
        Moments

        Raises
        ------
        DataError
            For bytes that are cut off, were changed, are of another format or version, or say what no rows have.

        Examples
        --------
        >>> import fastgd
        >>> fastgd.Moments.from_bytes(b"hours,score")
        Traceback (most recent call last):
        fastgd.errors.DataError: these bytes are not moments: they do not begin as those of to_bytes do
        """
        return Moments._of(decode(data))

    def __reduce__(self) -> tuple[Any, tuple[bytes]]:
        return Moments.from_bytes, (self.to_bytes(),)

    def __add__(self, other: object) -> Moments:
        if not isinstance(other, Moments):
            return NotImplemented
        return Moments._of(self._content().merged(other._content()))

    def __radd__(self, other: object) -> Moments:
        """For `sum`, which begins with 0."""
        return self.copy() if other == 0 else NotImplemented

    def _closed(self) -> Moments:
        """The same moments with all of them in `_sums`, as the fit reads them."""
        if self._segment is None and self._sums is not None:
            return self
        if self.n_samples == 0:
            raise DataError("no rows: these moments are empty; at least one row is needed")
        return Moments._of(self._content().closed())

    def _centred(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Means and covariances as pairs; infinite where float64 cannot hold one."""
        from fastgd.kernels import factor

        sums = self._closed()._sums
        q = columns_of(sums)
        mean, high, low = np.empty((2, q)), np.empty((q, q)), np.empty((q, q))
        factor.centre(sums, mean, high, low, np.empty(q))
        exponents = sums[3, 1 : q + 1].astype(np.int64)
        with np.errstate(over="ignore", under="ignore"):
            covariance = np.ldexp(np.stack([high, low]), exponents[:, np.newaxis] + exponents)
            return np.ldexp(mean, exponents).T, np.moveaxis(covariance, 0, -1)

    def __repr__(self) -> str:
        if self.n_samples == 0:
            return "<Moments of 0 rows>"
        return f"<Moments of {self.n_samples} rows: {', '.join(self.feature_names)} -> {self.target_name}>"
