"""The oracle: what may come out of fastgd, whatever goes in."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from strange import Own

import fastgd

LONGEST = 2000
DOCUMENTED = (fastgd.DataError, fastgd.UnstableLearningRateError)


def outcome(call: Callable[[], Any]) -> Any:
    """What a call returns, or the exception that it is documented to raise; any other comes through, and so does a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", fastgd.ConvergenceWarning)
        try:
            return call()
        except (*DOCUMENTED, Own) as error:
            require_readable(error)
            return error


def require_readable(error: Exception) -> None:
    """A message that says something, at a length that someone will read."""
    if not isinstance(error, Own):
        assert 10 < len(str(error)) < LONGEST


def require_sound(found: Any) -> None:
    """Of what came out of `fit` or `analyse`: every figure is finite, or says in a `DataError` why it cannot be had."""
    if isinstance(found, fastgd.FitResult):
        require_sound_fit(found)
    elif isinstance(found, fastgd.Stability):
        require_sound_stability(found)
    else:
        assert isinstance(found, (*DOCUMENTED, Own)), type(found)


def require_sound_fit(result: fastgd.FitResult) -> None:
    assert type(result.intercept) is float and math.isfinite(result.intercept)
    assert result.coef.dtype == np.float64 and np.isfinite(result.coef).all()
    assert result.coef.shape == (len(result.feature_names),)
    assert 0.0 <= result.remaining <= 1.0
    assert isinstance(result.status, fastgd.Status)
    assert 0 <= result.rank <= len(result.start)
    asked: list[Callable[[], Iterable[float]]] = [
        lambda: [result.error],
        lambda: [result.r2],
        lambda: [result.learning_rate],
        lambda: [result.optimum.intercept, *result.optimum.coef, result.optimum.error],
        lambda: result.path().error,
        lambda: result.moments.mean,
        lambda: result.moments.covariance.flat,
        lambda: list(map(_whole, [result.n_iter, result.iterations_to(1e-6)])),
        lambda: of_inference(result.inference()),
    ]
    require_finite(asked)
    require_sound(outcome(lambda: result.stability))
    named = any("nan" in str(name) for name in (*result.feature_names, result.moments.target_name))
    for text in (lambda: repr(result), result.summary, result.explain, result._repr_html_):
        shown = outcome(text)
        if not isinstance(shown, fastgd.DataError):
            assert isinstance(shown, str) and (named or "nan" not in shown.replace("nan_", ""))


def require_sound_stability(stability: fastgd.Stability) -> None:
    asked: list[Callable[[], Iterable[float]]] = [
        lambda: stability.eigenvalues,
        lambda: stability.directions.flat,
        lambda: [stability.condition],
        lambda: [stability.max_learning_rate],
        lambda: [stability.best_learning_rate],
        lambda: list(map(_whole, [stability.iterations(), stability.iterations(0.5, 1e-3)])),
        lambda: list(map(_whole, [stability.overflow_iteration(1.0), stability.overflow_iteration(1e300)])),
        lambda: stability.standardized().eigenvalues,
    ]
    require_finite(asked)
    assert isinstance(outcome(stability.summary), str | fastgd.DataError)


def of_inference(found: fastgd.Inference) -> list[float]:
    """Its figures; what is masked is filled in with numbers too."""
    arrays = [found.coef, found.standard_error, found.t, found.p_value, found.interval]
    alone = [found.residual_sd, found.r2, found.adjusted_r2, found.f_statistic, found.f_p_value, found.aic, found.bic]
    return [*(value for values in arrays for value in np.ma.getdata(values).flat), *alone]


def require_finite(asked: Iterable[Callable[[], Iterable[float]]]) -> None:
    for ask in asked:
        found = outcome(ask)
        if not isinstance(found, fastgd.DataError):
            assert all(math.isfinite(value) for value in found), found


def _whole(count: int | None) -> float:
    """A count is an int of any size, or None."""
    assert count is None or type(count) is int and count >= 0
    return 0.0
