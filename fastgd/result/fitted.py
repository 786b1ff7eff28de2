"""What follows from a run: predictions, statistics, iterates on the way."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastgd.descent.parts import Parts
from fastgd.descent.run import Run, share_explained
from fastgd.errors import COUNTED, DataError
from fastgd.moments.moments import Moments
from fastgd.request import Request
from fastgd.result import inference
from fastgd.result.inference import Inference
from fastgd.result.path import Path, choose_iterations, trace
from fastgd.result.prediction import Plane, plane_of
from fastgd.result.stability import Stability
from fastgd.sources import read_features, read_features_of_files, read_pair
from fastgd.sources.table import as_float64


class Fitted(Run):
    """The part of `FitResult` that computes."""

    __slots__ = ("_known_plane",)

    def __init__(self, moments: Moments, request: Request, arrays: NDArray[np.float64] | Parts) -> None:
        self._moments = moments  # as `Run` does: a call of it would cost 0.1 of the 4 microseconds of a small fit
        self._request = request
        self._arrays = arrays
        self._known_plane: Plane | None = None

    @property
    def stability(self) -> Stability:
        """Which learning rates are stable on these data."""
        return Stability(self._complete.problem, self._complete.target)

    @property
    def _plane(self) -> Plane:
        if self._known_plane is None:
            self._known_plane = plane_of(self._parts, "end")
        return self._known_plane

    @property
    def centre(self) -> NDArray[np.float64]:
        """Where `predict` counts the features from, shape (p,): 0, or near the mean of a feature that lies far from zero.

        That is, a thousand standard deviations and more, as timestamps do. The intercept and the feature's part are then large
        and nearly cancel, and ``intercept + X @ coef`` loses as many digits; without an intercept it does not. Where the value at
        these exceeds float64, all features are counted from near their means.

        Examples
        --------
        >>> import fastgd
        >>> minutes = [0, 1, 2, 3]
        >>> result = fastgd.fit([1.7e12 + 60_000 * minute for minute in minutes], [0.1, 0.3, 0.5, 0.7])
        >>> round(float(result.intercept + 1.7e12 * result.slope), 15), result.predict([1.7e12]).round(15).tolist()
        (0.099999999627471, [0.1])
        """
        return self._plane.centre.copy()

    def predict(self, X: ArrayLike | str | os.PathLike[str]) -> NDArray[np.float64]:
        """intercept + X coef, counted from `centre`: the value there, unrounded intercept and coefficients, + (X - centre) coef.

        Parameters
        ----------
        X : array_like of shape (n, p), or with one feature (n,), or a frame, or the path or pattern of files
            Of a frame or file, the columns that were fitted are taken by their names, in any order; others may stand beside
            them. After a fit by a formula, the columns that it was made of. Files are read piece by piece.

        Returns
        -------
        ndarray of shape (n,)

        Raises
        ------
        DataError
            For a shape or values that do not fit.

        Examples
        --------
        >>> import fastgd
        >>> result = fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8])
        >>> result.predict([5, 6]).round(6).tolist()
        [9.5, 11.4]
        """
        if isinstance(X, str | os.PathLike):
            tables = read_features_of_files(X, self.feature_names, self._moments._details.formula)
            return np.concatenate([self.predict(table.X) for table in tables])
        x = self._columns(X)
        with np.errstate(over="ignore", invalid="ignore"):
            return _finite(self._plane.at(x), x, "prediction")

    def score(self, X: ArrayLike, y: ArrayLike) -> float:
        """R^2 on other data, 1 - sum (y - predict(X))^2 / sum (y - mean(y))^2, as scikit-learn's regressors give it.

        Parameters
        ----------
        X : array_like of shape (n, p), or with one feature (n,)
        y : array_like of shape (n,)

        Returns
        -------
        float
            At most 1; negative where the mean of y would predict better.

        Raises
        ------
        DataError
            For a shape or values that do not fit.

        Examples
        --------
        >>> import fastgd
        >>> round(fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8]).score([5, 6], [9, 12]), 4)
        0.8644
        """
        table = read_pair(self._columns(X), y)
        table.refuse_bad_cell()
        t, predicted = as_float64(table.y), self.predict(table.X)
        _, exponent = np.frexp(max(np.abs(t).max(), np.abs(predicted).max()))
        t, predicted = np.ldexp(t, -exponent), np.ldexp(predicted, -exponent)  # so that no square leaves float64
        residual = t - predicted
        return share_explained(float(residual @ residual), float(((t - t.mean()) ** 2).sum()))

    def inference(self, level: float = 0.95) -> Inference:
        """Standard errors, t and F tests, intervals, likelihood of the least squares solution, at no pass over the data.

        They are those of `optimum`, whatever this descent reached (`Inference.descent_coef`), under the classical assumptions:
        independent errors of one variance with a normal distribution. Of columns that depend on each other, the coefficients
        that the data decide have theirs, and the others are masked. Weights are read as `statsmodels.WLS` reads them, an error's
        variance being inverse to its weight: the standard errors do not change if all weights are multiplied, and a row of
        weight 2 is not two rows here. (A row of weight 0 is none, where WLS counts it.)

        Parameters
        ----------
        level : float
            Of the confidence intervals, between 0 and 1.

        Returns
        -------
        Inference

        Raises
        ------
        DataError
            Where there are no standard errors: no more rows than coefficients, features that are all constant, or a line
            through every row (up to rounding), so that there is no scatter to estimate them from.
        ImportError
            Without SciPy.

        Examples
        --------
        >>> import fastgd
        >>> found = fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8]).inference()
        >>> found.names, found.standard_error.round(6).tolist(), found.p_value.round(6).tolist()
        (('intercept', 'x'), [0.724569, 0.264575], [1.0, 0.018844])
        """
        return inference.infer(self, level)

    def predict_interval(
        self, X: ArrayLike, level: float = 0.95, kind: Literal["observation", "mean"] = "observation"
    ) -> NDArray[np.float64]:
        """Where a new observation at X, or the line itself, lies with probability `level`.

        b + x w +- t s sqrt(1/W + (x - mean)^2 / Sxx [+ 1 for an observation]), W being n, or the sum of the weights; about
        the least squares line and under the assumptions of `inference`. Each interval by itself, not a band for all X at once.
        A new observation is taken to have the weight 1.

        Parameters
        ----------
        X : array_like of shape (n, p), or with one feature (n,)
        level : float
            Between 0 and 1.
        kind : {"observation", "mean"}
            Prediction interval of a new observation, or confidence interval of the line.

        Returns
        -------
        ndarray of shape (n, 2)
            Lower and upper end.

        Raises
        ------
        DataError
            For a shape or values that do not fit, or where `inference` has no standard errors; for a row that breaks a
            dependence of the columns, so that the data leave its prediction undecided.
        ImportError
            Without SciPy.

        Examples
        --------
        >>> import fastgd
        >>> fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8]).predict_interval([5]).round(4).tolist()
        [[5.4752, 13.5248]]
        """
        x = self._columns(X)
        return _finite(inference.bounds(self, x, level, kind), x, "interval")

    def path(self, every: int | None = None, at: Iterable[int] | None = None) -> Path:
        """Iterates of this descent, each at the same cost whatever its number.

        Parameters
        ----------
        every : int, optional
            One iterate in so many, and the last, up to `n_iter`.
        at : iterable of int, optional
            These iterations, in this order, also past `n_iter`; up to 2^63 - 1.
            Without either: 0 to `n_iter` or 2^63 - 1, about 20 a decade.

        Returns
        -------
        Path

        Raises
        ------
        DataError
            For numbers that are no iterations, or both `every` and `at`.

        Examples
        --------
        >>> import fastgd
        >>> result = fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8], learning_rate=0.1, max_iter=100)
        >>> path = result.path(at=[0, 1, 10, 10**18])
        >>> path.coef[:, 0].round(4).tolist()
        [0.0, 2.85, 1.7236, 1.9]
        """
        return trace(self._complete, choose_iterations(self.n_iter, every, at))

    def _columns(self, X: ArrayLike) -> NDArray[np.float64]:
        """Rows of features, (n, p)."""
        formula = self._moments._details.formula
        if formula is None or isinstance(X, np.ndarray | list | tuple):
            x = read_features(X, self._moments._feature_names)
        else:
            x = formula.features(X)
        p = len(self.feature_names)
        if x.ndim == 1 and p == 1:
            x = x[:, np.newaxis]
        if x.ndim != 2 or x.shape[1] != p:
            fitted, needed = ("one feature was", "(n,) or (n, 1)") if p == 1 else (f"{p} features were", f"(n, {p})")
            raise DataError(f"X has shape {x.shape}: {fitted} fitted, so {needed} is needed")
        return as_float64(x)


def _finite(values: NDArray[np.float64], x: NDArray[np.float64], what: str) -> NDArray[np.float64]:
    """What was computed from the rows x, or the error that names the first row that it cannot be computed for."""
    bad = ~np.isfinite(values)
    if bad.any():
        row = int(np.argwhere(bad)[0, 0])
        broken = np.flatnonzero(~np.isfinite(x[row]))
        column = f", column {broken[0]}" if broken.size and x.shape[1] > 1 else ""
        shown = x[row, broken[0] if broken.size else 0] if column or x.shape[1] == 1 else "of finite numbers"
        reason = "every value must be a finite number" if broken.size else f"its {what} exceeds float64"
        raise DataError(f"X is {shown} in row {row}{column}: {reason} {COUNTED}")
    return values
