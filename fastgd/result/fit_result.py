"""What a fit returns."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastgd.descent.run import Descent, descent_kernels, scale
from fastgd.errors import COUNTED, DataError, Status
from fastgd.result import inference
from fastgd.result.inference import Inference
from fastgd.result.path import Path, choose_iterations, trace
from fastgd.result.prediction import Plane, plane_of
from fastgd.result.stability import Stability, require_tolerance
from fastgd.sources import Collection, Table, read, read_features, read_features_of_files, read_pair
from fastgd.sources.table import EMPTY, as_float64
from fastgd.store import model
from fastgd.store.writing import replace
from fastgd.text import report

if TYPE_CHECKING:
    from onnx import ModelProto

    from fastgd.moments.moments import Moments


_SETTLED = 1e-320  # a share of the distance at which no float64 coefficient changes any more


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """The limit point of the descent: the least squares solution (that nearest to the start where several are).

    Attributes
    ----------
    intercept : float
    coef : ndarray of shape (p,)
    error : float
        The least mean squared error.

    Examples
    --------
    >>> import fastgd
    >>> optimum = fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8], max_iter=1).optimum
    >>> round(float(optimum.coef[0]), 12), round(optimum.error, 12)
    (1.9, 0.175)
    """

    intercept: float
    coef: NDArray[np.float64]
    error: float


class FitResult:
    """The iterate that the descent reached, and what can be said about it. Attributes cannot be set.

    Examples
    --------
    >>> import fastgd
    >>> result = fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8], learning_rate=0.05, max_iter=100)
    >>> result.n_iter, round(result.slope, 4), round(result.remaining, 4)
    (100, 1.8564, 0.0713)
    >>> round(float(result.optimum.coef[0]), 4), round(float(result.predict([5])[0]), 3)
    (1.9, 9.41)
    """

    __slots__ = ("_known_plane", "_max_iter", "_moments", "_state")

    def __init__(self, moments: Moments, state: NDArray[np.float64], max_iter: int | None) -> None:
        # `state` is what the kernels left; properties read it when asked, which keeps a small fit small.
        self._moments = moments
        self._state = state
        self._max_iter = max_iter
        self._known_plane: Plane | None = None

    @property
    def _begun(self) -> Descent:
        """What is known so far: of many features that went to the limit point not yet the directions."""
        return Descent(self._moments, self._state)

    @property
    def _descent(self) -> Descent:
        descent = self._begun.complete()
        self._state = descent.state
        return descent

    @property
    def _plane(self) -> Plane:
        if self._known_plane is None:
            self._known_plane = plane_of(self._begun, self.intercept, self.coef, "END")
        return self._known_plane

    @property
    def moments(self) -> Moments:
        """The moments of the rows that were fitted; what they are given later does not change the fit."""
        return self._moments.copy()

    @property
    def n_dropped(self) -> int:
        """Number of rows that were left out because a value was missing (`missing="drop"`)."""
        return self._moments.n_dropped

    @property
    def intercept(self) -> float:
        """The value where all features are 0, in units of the target; 0.0 with fit_intercept=False."""
        return self._state.item(descent_kernels().END, 0)

    @property
    def coef(self) -> NDArray[np.float64]:
        """Coefficients, shape (p,), in units of the target a unit of the feature."""
        return self._state[descent_kernels().END, 1:].copy()

    @property
    def slope(self) -> float:
        """The one coefficient of a fit with one feature."""
        if self._state.shape[1] != 2:
            raise DataError(f"slope: {len(self.feature_names)} features were fitted, and each has a coefficient, in .coef")
        return self._state.item(descent_kernels().END, 1)

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

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the features, in the order of `coef`."""
        return self._moments.feature_names

    @property
    def formula(self) -> str | None:
        """The formula that made the columns, if one did; it is code, and `predict` runs it."""
        formula = self._moments._details.formula
        return None if formula is None else str(formula.text)

    @property
    def error(self) -> float:
        """Mean squared error, (1/N) sum (y - intercept - x coef)^2, over the rows that were fitted."""
        descent = self._begun
        return scale(descent.get("END_ERROR"), descent.get("END_ERROR_EXPONENT"), "the mean squared error", "y")

    @property
    def n_iter(self) -> int:
        """Iterations run; at the limit point, those after which no coefficient changes in float64 any more."""
        k = self._begun.get("END_ITER")
        if k < math.inf:
            return self._max_iter if self._max_iter is not None and k == self._begun.get("MAX_ITER") else int(k)
        descent = self._descent
        settled, _ = descent.count(math.nan)
        return int(settled) if settled < math.inf else descent.iterations_for(_SETTLED, descent.moving())

    @property
    def learning_rate(self) -> float:
        """The rate of the descent."""
        rate = self._begun.get("ASKED_RATE")
        return self.stability.best_learning_rate if math.isnan(rate) else rate

    @property
    def status(self) -> Status:
        """How the descent ended."""
        descent = self._begun
        if descent.diverges:
            return Status.DIVERGED
        tolerance = descent.get("TOLERANCE")
        if not math.isnan(tolerance):
            return Status.CONVERGED if self.remaining <= tolerance else Status.MAX_ITER
        return Status.CONVERGED if descent.get("SETTLED") else Status.MAX_ITER

    @property
    def converged(self) -> bool:
        """Whether the tolerance is met or, without one, the coefficients are those of the limit point to the last bit."""
        return self.status is Status.CONVERGED

    @property
    def remaining(self) -> float:
        """Distance to the optimum as a share of the start's, 0 to 1, in the coordinates descended in; 1 if it diverged."""
        return min(1.0, self._begun.get("END_LEFT"))

    @property
    def optimum(self) -> Optimum:
        """The least squares solution."""
        descent = self._begun
        error = scale(descent.get("LEAST_ERROR"), 2 * descent.get("EXPONENT_Y"), "the least mean squared error", "y")
        return Optimum(*descent.in_units("LIMIT"), error)

    @property
    def rank(self) -> int:
        """Rank of the design, its column of ones included: less than the number of parameters where columns depend on others."""
        return self._begun.rank

    @property
    def stability(self) -> Stability:
        """Which learning rates are stable on these data."""
        return Stability(self._descent)

    @property
    def r2(self) -> float:
        """Share of the target's variance that this run explains, 1 - error / var(y), as scikit-learn's `score`.

        Negative for a run that is far away. `inference().r2` is that of the least squares solution and, without an intercept,
        about 0 instead of the mean, as statsmodels has it.
        """
        descent = self._begun
        residual, variance = descent.get("END_ERROR"), descent.get("VAR_Y")
        if variance == 0.0:
            return _explained(residual, variance)
        exponent = descent.get("END_ERROR_EXPONENT") - 2 * descent.get("EXPONENT_Y")
        (residual, e), (variance, f) = math.frexp(residual), math.frexp(variance)
        return 1.0 - scale(residual / variance, exponent + e - f, "the error over the variance", "the start")

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
        return _explained(float(residual @ residual), float(((t - t.mean()) ** 2).sum()))

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

    def to_frame(self, level: float = 0.95, backend: Literal["pandas", "polars", "pyarrow"] | None = None) -> Any:
        """The coefficients of `inference` as a frame: term, coef, standard_error, t, p_value, lower, upper.

        Parameters
        ----------
        level : float
            Of the confidence intervals, between 0 and 1.
        backend : {"pandas", "polars", "pyarrow"}, optional
            The library of the frame. By default the one that the data came from; where they were no frame of these three, the
            first of the three that is installed.

        Returns
        -------
        pandas.DataFrame, polars.DataFrame or pyarrow.Table

        Raises
        ------
        DataError
            Where there are no standard errors.
        ImportError
            Without SciPy, or the library.

        Examples
        --------
        >>> import fastgd, pandas as pd
        >>> frame = pd.DataFrame({"hours": [1, 2, 3, 4], "score": [2, 4, 5, 8]})
        >>> print(fastgd.fit(frame, "score").to_frame().round(3))
                term  coef  standard_error      t  p_value  lower  upper
        0  intercept   0.0           0.725  0.000    1.000 -3.118  3.118
        1      hours   1.9           0.265  7.181    0.019  0.762  3.038
        """
        return self.inference(level).to_frame(backend)

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

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write this fit to a file that `fastgd.load` reads: JSON of about a kilobyte for one feature, 4 for ten, and no rows.

        A file already there is replaced only when the new one is complete on the disk: whatever fails, one of the two is whole.

        Parameters
        ----------
        path : str or os.PathLike

        Raises
        ------
        DataError
            If the file cannot be written; a file that was there is as it was.

        Examples
        --------
        >>> import fastgd, os, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = os.path.join(folder, "model.json")
        ...     fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8]).save(file)
        ...     fastgd.load(file)
        <FitResult: y = 0 + 1.9 * x, converged>
        """
        model.write(self, path)

    def to_onnx(self) -> ModelProto:
        """This fit as an ONNX model, for servers, browsers and languages that have no Python.

        The graph takes `X`, double of shape (N, p), and gives `y`, double of shape (N,), in standard operations whose order is
        that of `predict`: on onnxruntime the results are equal to the last bit, and on a runtime that adds in another order
        to about p units in the last place of the largest term. NaN and infinity, which `predict` refuses, come out as NaN or
        infinity. The names of the features, in their order, and of the target are in the model's metadata, as JSON.

        Returns
        -------
        onnx.ModelProto
            `onnx.save(model, path)` writes it, `model.SerializeToString()` gives bytes. Runtimes since 2020 read it (opset 13).

        Raises
        ------
        DataError
            After a fit by a formula: what makes its columns is Python.
        ImportError
            Without onnx.

        Examples
        --------
        >>> import fastgd
        >>> model = fastgd.fit([[1, 2], [2, 1], [3, 5]], [3, 4, 9]).to_onnx()
        >>> [node.op_type for node in model.graph.node]
        ['Mul', 'Split', 'Sum', 'Squeeze']
        """
        from fastgd.store import onnx

        return onnx.model(self)

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
        return trace(self._descent, choose_iterations(self.n_iter, every, at))

    def summary(self, level: float = 0.95) -> str:
        """The fit as a page of text: coefficients with standard error, t, p and interval; the fit; the descent.

        The statistics are those of `inference`, about the least squares solution; where the descent ended elsewhere, its
        coefficients stand beside. Where there are no standard errors, the page says why and shows the rest.

        Parameters
        ----------
        level : float
            Of the confidence intervals, between 0 and 1.

        Returns
        -------
        str

        Examples
        --------
        >>> import fastgd
        >>> text = fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8], learning_rate=0.1, max_iter=9).summary()
        >>> print(text.partition("status")[0].rstrip())
        y on x, 4 rows
        <BLANKLINE>
        The descent stopped with 24.6 % of the distance still to go. Beside where it ended stands the least
        squares solution, which the statistics are about.
        <BLANKLINE>
                       descent  optimum  std error        t      p  95 % from       to
        intercept  0.456365807        0   0.724569        0  1.000   -3.11757  3.11757
        x           1.79651474      1.9   0.264575  7.18132  0.019   0.761625  3.03837
        <BLANKLINE>
        residual sd     0.591608 on 2 degrees of freedom
        R squared       0.962666667, adjusted 0.944, r 0.981156
        F               51.5714 on 1 and 2 degrees of freedom, p 0.019
        log-likelihood  -2.1898155, AIC 8.379631, BIC 7.1522198
        condition of X  7.46874
        """
        from fastgd.text.page import page_of_result

        return page_of_result(self, inference.require_level(level)).text()

    def _repr_html_(self) -> str:
        """What a notebook shows: the page of `summary`."""
        from fastgd.text.page import page_of_result

        return page_of_result(self, 0.95).html()

    def explain(self) -> str:
        """In plain words: was the rate stable, how far did the run get, what would it take, what would scaling do.

        Returns
        -------
        str
            A line a paragraph.

        Examples
        --------
        >>> import fastgd
        >>> print(fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8], learning_rate=0.1, max_iter=9).explain().splitlines()[2])
        To come within a millionth of the distance takes 418 iterations at this rate, and at most 386 at the best.
        """
        return report.explain(self)

    def plot(self, X: Any = None, y: Any = None) -> NDArray[Any]:
        """The pictures that say most about this fit, on a new matplotlib figure that is not shown yet.

        Of one feature: the line, the course of the error, and the path on the bowl of the error, as in the data and standardised.
        Of several: the course of the error and how far each direction has come, and with points what was predicted and missed.
        `fastgd.plot` has each of them and more, to draw on axes of your own.

        Parameters
        ----------
        X, y : optional
            Points to show, in the data's units: a result holds their moments only. Arrays of shape (n,) or (n, p) and (n,); or a
            frame, the path of a file or a pattern of several as X, and as y the name of the target in it (without it that of
            the fit) or the formula that was fitted. Files are read piece by piece.

        Returns
        -------
        ndarray of matplotlib.axes.Axes, shape (2, 2), or of several features without points (1, 2)
            As pandas gives for subplots; `axes[0, 0].figure` is the figure.

        Raises
        ------
        DataError
            For points that cannot be shown.
        ImportError
            Without matplotlib.
        """
        from fastgd import plot

        return plot.page(self, X, y)

    def animate(self, path: str | os.PathLike[str], X: Any = None, y: Any = None) -> None:
        """Write a moving picture of the descent: the line, beside it the path on the bowl of the error, and the error's course.

        The iterations are spaced evenly on a logarithmic scale, so that the slow part is seen as well as the first steps.

        Parameters
        ----------
        path : str or os.PathLike
            File to write: .gif, or where ffmpeg is installed .mp4.
        X, y : optional
            Points to show beside the line of a fit with one feature, as `plot` takes them.

        Raises
        ------
        DataError
            For another kind of file, or one that cannot be written; for points that cannot be shown.
        ImportError
            Without matplotlib or Pillow.
        """
        from fastgd import plot

        plot.animate(self, path, X, y)

    def explore(
        self,
        path: str | os.PathLike[str],
        data: Any = None,
        target: Any = None,
        *,
        features: Any = None,
        sample_weight: Any = None,
        missing: str = "raise",
    ) -> None:
        """Write a page for a browser, one HTML file without network, in which points, line, rate and iteration can be moved.

        Of several features it shows the coefficients on their way.

        Parameters
        ----------
        path : str or os.PathLike
            HTML file to write; one already there is replaced.
        data, target, features, sample_weight, missing
            What was given to `fit`, to show the points: a result holds their moments only. Of more than 1000 rows a sample is
            drawn, the moments being of all. Not read for several features.

        Raises
        ------
        DataError
            For rows that are not those of the fit, for what the page cannot show, and for a file that cannot be written; as `fit`
            for data that cannot be used.
        ImportError
            Without bokeh.

        Examples
        --------
        >>> import fastgd, os, tempfile
        >>> x, y = [1, 2, 3, 4], [2, 4, 5, 8]
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = os.path.join(folder, "page.html")
        ...     fastgd.fit(x, y).explore(file, x, y)
        ...     os.path.getsize(file) < 2_000_000
        True
        """
        from fastgd import explorer

        rows = None
        if data is not None and len(self.feature_names) == 1:
            source = read(data, target, features, sample_weight, missing)
            if isinstance(source, Collection):
                raise DataError("the data are a Dask collection: pass rows in memory or files to explore, or none")
            rows = (_rows_of(table) for table in ([source] if isinstance(source, Table) else source))
        weight = self._begun.get("WEIGHT"), self._begun.get("WEIGHT_EXPONENT")
        total = scale(*weight, "the sum of the weights", "sample_weight")
        replace(path, explorer.page(self, total, self._in_pairs, rows), "the page")

    def _in_pairs(self) -> dict[str, Any]:
        from fastgd.result import exact

        if len(self.feature_names) == 1:
            return exact.of_line(self._moments)
        names = {"raw": False, "standardized": True}
        return {name: exact.of_problem(self._moments, self.fit_intercept, choice) for name, choice in names.items()}

    def iterations_to(self, tol: float) -> int | None:
        """The first iteration, from this start at this rate, whose distance left is at most the share `tol`.

        Parameters
        ----------
        tol : float
            Between 0 and 1.

        Returns
        -------
        int or None
            None if there is none: the rate is not stable.

        Raises
        ------
        DataError
            For a tolerance that is not between 0 and 1.

        Examples
        --------
        >>> import fastgd
        >>> result = fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8], learning_rate=0.1, max_iter=9)
        >>> result.iterations_to(0.5), result.iterations_to(1e-6)
        (3, 418)
        """
        tol = require_tolerance(tol)
        descent = self._descent
        count, _ = descent.count(tol)
        if count < math.inf:
            return int(count)
        return None if descent.diverges else descent.iterations_for(tol, descent.moving())

    @property
    def start(self) -> tuple[float, ...]:
        """Where the descent began: intercept, if there is one, then coefficients."""
        descent = self._begun
        return tuple(descent.row("ASKED")[not descent.fit_intercept :].tolist())

    @property
    def fit_intercept(self) -> bool:
        """Whether there is an intercept."""
        return self._begun.fit_intercept

    @property
    def standardize(self) -> bool:
        """Whether the descent ran in standardised coordinates."""
        return self._begun.standardize

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

    def __repr__(self) -> str:
        short = f", rank {self.rank} of {len(self.start)}" if self.rank < len(self.start) else ""
        return f"<FitResult: {self._moments.target_name} = {report.equation(self)}, {self.status.name.lower()}{short}>"


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


def _rows_of(table: Table) -> tuple[NDArray[Any], ...]:
    """x, y and, if there are any, weights."""
    x, y = (table.X[:, :-1], table.X[:, -1]) if table.y is EMPTY else (table.X, table.y)
    return (x, y) if table.weight is EMPTY else (x, y, table.weight)


def _explained(residual: float, total: float) -> float:
    """1 - residual / total; where the target does not vary, 1 for a perfect fit and else 0."""
    if total == 0.0:
        return 1.0 if residual == 0.0 else 0.0
    return 1.0 - residual / total
