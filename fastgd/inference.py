"""Standard errors, tests and intervals of the least squares line, from the moments alone.

With SSE = sum w r^2 of the line, W = sum w, df = n - parameters and sd^2 = var(x) (about 0 without an intercept),
se(slope) = sqrt(SSE / W / df) / sd and se(intercept) = sqrt(SSE / W / df) hypot(1, mean(x) / sd): the textbook's
s / sqrt(Sxx) and so on, s^2 = SSE / df (Draper & Smith 1998, *Applied Regression Analysis*, sections 1.3 and 3.1).
SSE and the variances come from double-double moments, so that nothing is left to cancel.
t^2 is F(1, df), whose tail and quantile have 15 digits in SciPy 1.17, where the quantile of t has 4 to 12.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastgd.errors import DataError, missing_extra
from fastgd.stability import line_kernels, mean_squares, scale

if TYPE_CHECKING:
    from fastgd.result import FitResult

_ROUNDING = 2.0**-100
"""Mean squared error, over mean squares of y and slope x, of residuals of four units in the last place (2^-50)."""


@dataclass(frozen=True, slots=True, eq=False)
class Inference:
    """What the scatter about the least squares line says about its coefficients; arrays have an entry a coefficient.

    Attributes
    ----------
    names : tuple of str
        "intercept", if there is one, then the features.
    coef : ndarray of shape (p + 1,), or (p,) without an intercept
        The least squares solution.
    standard_error : ndarray of the same shape
    t : ndarray of the same shape
        coef / standard_error.
    p_value : ndarray of the same shape
        Two-sided, of the hypothesis that the coefficient is 0.
    interval : ndarray of shape (p + 1, 2), or (p, 2)
        Confidence interval, lower and upper end.
    residual_sd : float
        sqrt(SSE / degrees_of_freedom) with SSE = sum of weight * residual^2, in units of the target.
    degrees_of_freedom : int
        Rows less coefficients.
    r2 : float
        1 - SSE / SST. SST is about the mean, or without an intercept about 0.
    adjusted_r2 : float
    f_statistic, f_p_value : float
        Of the hypothesis that all coefficients but the intercept are 0.
    level : float
        Of the intervals.

    Examples
    --------
    >>> import fastgd
    >>> found = fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8]).inference()
    >>> found.degrees_of_freedom, round(found.residual_sd, 6), found.interval[1].round(4).tolist()
    (2, 0.591608, [0.7616, 3.0384])
    """

    names: tuple[str, ...]
    coef: NDArray[np.float64]
    standard_error: NDArray[np.float64]
    t: NDArray[np.float64]
    p_value: NDArray[np.float64]
    interval: NDArray[np.float64]
    residual_sd: float
    degrees_of_freedom: int
    r2: float
    adjusted_r2: float
    f_statistic: float
    f_p_value: float
    level: float


def infer(result: FitResult, level: float) -> Inference:
    """`FitResult.inference`."""
    special = _special()
    level = _require_level(level)
    c = _scatter(result)
    intercept, slope = result._limit()
    names, coefs = result.feature_names, [slope]
    slope_error = c.noise / c.sd_x
    errors = [scale(slope_error, c.ey - c.ex, "the slope's standard error")]
    ratios = [c.slope / slope_error]
    if c.has_intercept:
        error = c.noise * math.hypot(1.0, c.mean_x / c.sd_x)
        errors.insert(0, scale(error, c.ey, "the intercept's standard error"))
        ratios.insert(0, c.intercept / error)
        names, coefs = ("intercept", *names), [intercept, slope]
    coef, standard_error, t = np.array(coefs), np.array(errors), np.array(ratios)
    with np.errstate(over="ignore"):
        half = _quantile(special, level, c.df) * standard_error
        interval = np.column_stack([coef - half, coef + half])
    if not np.isfinite(interval).all():
        raise DataError(f"the intervals of level {level!r} exceed float64: divide the columns by a power of two")
    p_value = np.asarray(special.fdtrc(1.0, c.df, t * t))
    return Inference(
        names=names,
        coef=coef,
        standard_error=standard_error,
        t=t,
        p_value=p_value,
        interval=interval,
        residual_sd=scale(c.noise * c.root_weight, c.ey, "the residual standard deviation"),
        degrees_of_freedom=c.df,
        r2=1.0 - c.share,
        adjusted_r2=1.0 - c.share * ((c.df + 1) / c.df),
        f_statistic=float(t[-1] * t[-1]),  # of one feature
        f_p_value=float(p_value[-1]),
        level=level,
    )


def bounds(result: FitResult, x: NDArray[np.float64], level: float, kind: str) -> NDArray[np.float64]:
    """Rows of lower and upper end at each x; not finite where float64 cannot hold them."""
    special = _special()
    level = _require_level(level)
    if kind != "observation" and kind != "mean":
        raise DataError(f"kind={kind!r}: pass 'observation' for a new row, or 'mean' for the line itself")
    c = _scatter(result)
    intercept, slope = result._limit()
    with np.errstate(over="ignore", invalid="ignore"):
        centre = intercept + x * slope
        away = (np.ldexp(x, -c.ex) - c.mean_x) / c.sd_x
        spread = np.hypot(away, 1.0 if c.has_intercept else 0.0)
        if kind == "observation":
            spread = np.hypot(spread, c.root_weight)
        half = np.ldexp(_quantile(special, level, c.df) * c.noise * spread, c.ey)
        return np.column_stack([centre - half, centre + half])


@dataclass(frozen=True, slots=True, eq=False)
class _Scatter:
    """What standard errors are made of, for x / 2^ex and y / 2^ey."""

    ex: int
    ey: int
    df: int
    has_intercept: bool
    intercept: float
    slope: float
    noise: float
    """sqrt(SSE / W / df)"""
    share: float
    """SSE / SST"""
    root_weight: float
    """sqrt(W): the residual standard deviation is noise * sqrt(W)."""
    mean_x: float
    """0 without an intercept: the line turns about this point."""
    sd_x: float
    """About that point."""


def _scatter(result: FitResult) -> _Scatter:
    """Or the error that says why there is none."""
    k, state = line_kernels(), result._state
    has_intercept = bool(state[k.INTERCEPT])
    name, rows, parameters = result.feature_names[0], result.moments.n_samples, 1 + has_intercept
    if rows <= parameters:
        raise DataError(
            f"{rows} row{'s'[: rows - 1]} for {parameters} coefficient{'s'[: parameters - 1]}: nothing is left to "
            f"estimate the scatter from, and there are no standard errors; at least {parameters + 1} rows are needed"
        )
    if result.rank < parameters:
        raise DataError(
            f"{name} is {'the same' if has_intercept else 'zero'} in every row, so its coefficient is undecided and has no "
            f"standard error: rows with another {name} are needed"
        )
    error, slope = state.item(k.BEST_ERROR), state.item(k.BEST_W)
    square_x, square_y = mean_squares(state)
    if error <= _ROUNDING * (square_y + slope * slope * square_x):
        raise DataError(
            f"the line passes through all {rows} rows, up to rounding: there is no scatter to estimate standard errors from; "
            "the coefficients themselves are in .optimum"
        )
    mean_x = 0.0
    if has_intercept:
        mean_x, square_x, square_y = state.item(k.MEAN_X), state.item(k.VAR_X), state.item(k.VAR_Y)
    weight = scale(state.item(k.WEIGHT), state.item(k.EXPONENT_WEIGHT), "the sum of the weights")
    df = rows - parameters
    return _Scatter(
        ex=int(state[k.EXPONENT_X]),
        ey=int(state[k.EXPONENT_Y]),
        df=df,
        has_intercept=has_intercept,
        intercept=float(state[k.BEST_B]),
        slope=slope,
        noise=math.sqrt(error / df),
        share=error / square_y,
        root_weight=math.sqrt(weight),
        mean_x=mean_x,
        sd_x=math.sqrt(square_x),
    )


def _require_level(level: float) -> float:
    try:
        value = float(level)
    except (TypeError, ValueError, OverflowError):
        raise DataError(f"level={level!r}: it must be a number between 0 and 1, for example 0.95") from None
    if not 0.0 < value < 1.0:
        raise DataError(f"level={level!r}: it must lie between 0 and 1, for example 0.95")
    return value


def _quantile(special: Any, level: float, df: int) -> float:
    """What |t| exceeds with probability 1 - level."""
    return math.sqrt(special.fdtri(1.0, df, level))


def _special() -> Any:
    try:
        from scipy import special
    except ImportError:
        raise missing_extra("scipy", "stats", "inference") from None
    return special
