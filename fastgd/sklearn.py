"""The descent as a scikit-learn estimator.

`fit` is `fastgd.fit`, `partial_fit` collects `fastgd.Moments`; what is learned beyond scikit-learn's attributes is `result_`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from numbers import Real
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

import fastgd
from fastgd.errors import missing_extra

try:
    from scipy.sparse import issparse
    from sklearn.base import BaseEstimator, RegressorMixin
    from sklearn.utils.validation import check_array, check_is_fitted, column_or_1d, validate_data
except ImportError:
    raise missing_extra("scikit-learn 1.6 or later", "sklearn", "the estimator") from None
try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # before scikit-learn 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """No callbacks."""

    def with_callbacks(method: Any) -> Any:
        """The method itself."""
        return method


__all__ = ["GradientDescentRegressor"]


class GradientDescentRegressor(CallbackSupportMixin, RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Least squares by plain full-batch gradient descent that cannot blow up, at the cost of one pass over the data.

    Without `max_iter` and `tol` it is a drop-in for `LinearRegression`: the limit of the descent is the least squares
    solution, to all digits that float64 has. With them it stops early, where the plain loop would be.

    Parameters
    ----------
    learning_rate : float or "auto"
        Constant rate; "auto" is the fastest for the data. One of 2 / lambda_max or more raises
        `fastgd.UnstableLearningRateError` in `fit`, which a grid search counts as a failed fit.
    max_iter : int, optional
        Exactly so many iterations or, with `tol`, at most. Without both: to the limit.
    tol : float, optional
        Stop where this share of the distance to the solution is left.
    standardize : bool
        Descend on (x - mean) / standard deviation; coefficients are in the data's units all the same.
    fit_intercept : bool
    unstable : {"raise", "run"}
        "run" descends at a rate that is not stable too, up to the last iterate that float64 can hold.
    n_jobs : int
        Threads that sum up the rows; -1 for one a processor. They never change a bit.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
    intercept_ : float
    n_iter_ : int
        Iterations that the plain loop needs; it may be 10^20, and costs nothing.
    result_ : fastgd.FitResult
        All that is known of the fit: `FitResult.summary`, `FitResult.explain`, `FitResult.optimum` and more.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features,)
        Where X had names, all of them text.

    Notes
    -----
    y of several columns is refused: a result is one descent, with one path, one distance left and one number of iterations;
    `sklearn.multioutput.MultiOutputRegressor(GradientDescentRegressor())` fits one a column. Sparse X is refused too: about their
    means, the columns are dense.

    Examples
    --------
    >>> from fastgd.sklearn import GradientDescentRegressor
    >>> model = GradientDescentRegressor().fit([[1], [2], [3], [4]], [2, 4, 5, 8])
    >>> model.predict([[5]]).round(6).tolist(), round(model.score([[1], [2], [3], [4]], [2, 4, 5, 8]), 6)
    ([9.5], 0.962667)
    """

    def __init__(
        self,
        learning_rate: float | Literal["auto"] = "auto",
        max_iter: int | None = None,
        tol: float | None = None,
        standardize: bool = False,
        fit_intercept: bool = True,
        unstable: Literal["raise", "run"] = "raise",
        n_jobs: int = 1,
    ) -> None:
        self.learning_rate = learning_rate
        self.max_iter = max_iter
        self.tol = tol
        self.standardize = standardize
        self.fit_intercept = fit_intercept
        self.unstable = unstable
        self.n_jobs = n_jobs

    @with_callbacks  # type: ignore[untyped-decorator]
    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Fit to all rows at once.

        Parameters
        ----------
        X : array_like or frame of shape (n_samples, n_features)
        y : array_like of shape (n_samples,)
        sample_weight : array_like of shape (n_samples,), optional
            How often each row counts.

        Returns
        -------
        self
        """
        rows, target = self._rows(X, y, reset=True)
        with self._watched(rows, target, sample_weight):
            self._take(self._descend((rows, target), _weights(sample_weight, len(target))))
        return self

    def partial_fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Add rows. However they are cut up, the model has the bits of `fit` on all of them at once.

        Two exceptions: where `fit` goes by BLAS, for 40 features or more of large data, a coefficient in 2^16 may differ in its
        last bit. And to rows that `fit` has seen new ones are added to about 31 digits, or 16 where it went by BLAS; begin with
        `partial_fit` to have the bits.

        Parameters
        ----------
        X : array_like or frame of shape (n_samples, n_features)
        y : array_like of shape (n_samples,)
        sample_weight : array_like of shape (n_samples,), optional
            How often each row counts.

        Returns
        -------
        self
        """
        begun = hasattr(self, "_moments")
        rows, target = self._rows(X, y, reset=not begun)
        collected = self._moments.copy() if begun else fastgd.Moments()  # so that a failure leaves the model as it was
        collected.update((rows, target), sample_weight=_weights(sample_weight, len(target)), n_jobs=self.n_jobs)
        self._take(self._descend(collected, None), collected)
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """``intercept_ + X coef_``.

        Parameters
        ----------
        X : array_like or frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        check_is_fitted(self)
        result: fastgd.FitResult = self.result_
        return result.predict(self._features(X, reset=False))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        tags.target_tags.multi_output = False
        return tags

    def _rows(self, X: Any, y: Any, reset: bool) -> tuple[Any, Any]:
        """X and y as `fastgd.fit` takes them."""
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        X = self._features(X, reset)
        if len(getattr(y, "shape", ())) == 1 and hasattr(y, "name"):  # a series
            return X, y
        checked = check_array(y, dtype="numeric", ensure_2d=False, input_name="y")
        if checked.ndim == 2 and checked.shape[1] > 1:
            raise fastgd.DataError(
                f"y should be a 1d array, and has {checked.shape[1]} columns: fit a descent for each, "
                "MultiOutputRegressor(GradientDescentRegressor())"
            )
        return X, column_or_1d(checked, warn=True)

    def _features(self, X: Any, reset: bool) -> Any:
        """A frame as it is, for its names, and anything else as an array; with the attributes that scikit-learn wants of it."""
        if issparse(X):
            raise fastgd.DataError(
                f"X is sparse ({type(X).__name__}): about their means the columns are dense, so pass X.toarray()"
            )
        return validate_data(self, X, reset=reset, skip_check_array=hasattr(X, "columns"))

    def _descend(self, data: Any, sample_weight: Any) -> fastgd.FitResult:
        return fastgd.fit(data, sample_weight=sample_weight, **self.get_params(deep=False))

    def _take(self, result: fastgd.FitResult, collected: fastgd.Moments | None = None) -> None:
        """Learn all of it at once, so that Ctrl-C leaves the model as it was or as it will be."""
        self.__dict__.update(_learned(result), _moments=collected or result.moments)

    @contextmanager
    def _watched(self, X: Any, y: Any, sample_weight: Any) -> Iterator[None]:
        """Callbacks see the fit as a task and in it, after the fact, log-spaced iterates of the descent."""
        if not hasattr(self, "_skl_callbacks"):
            yield
            return
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        shown = {"estimator": self, "X": X, "y": y, "metadata": metadata}
        whole = self._init_callback_context(max_subtasks=None)
        whole.call_on_fit_task_begin(**shown)
        yield
        for number in self.result_.path().iterations.tolist():
            task = whole.subcontext(task_name=f"up to iteration {number}")
            task.call_on_fit_task_begin(**shown)
            if task.call_on_fit_task_end(**shown, reconstruction_attributes=partial(self._stopped_after, number)):
                self._take(self._stopped_after(number)["result_"])
                break
        whole.call_on_fit_task_end(**shown, reconstruction_attributes=partial(_learned, self.result_))

    def _stopped_after(self, iterations: int) -> dict[str, Any]:
        """What a fit of so many iterations would have learned, from the same moments."""
        settings = self.get_params(deep=False) | {"max_iter": iterations, "tol": None, "unstable": "run"}
        return _learned(fastgd.fit(self.result_.moments, **settings))


def _weights(sample_weight: Any, n: int) -> Any:
    """One a row; a single number weighs all alike, as in scikit-learn."""
    if isinstance(sample_weight, Real):
        return np.full(n, sample_weight)  # as it is: a number too large for float64 is refused as such
    return None if sample_weight is None else check_array(sample_weight, ensure_2d=False, input_name="sample_weight")


def _learned(result: fastgd.FitResult) -> dict[str, Any]:
    return {"coef_": result.coef, "intercept_": result.intercept, "n_iter_": result.n_iter, "result_": result}
