"""Standard errors, tests and intervals of the least squares solution, from the moments alone.

With SSE = sum w r^2, W = sum w, df = n - parameters and s^2 = SSE / df, the covariance of the estimates is s^2 (X'WX)^-1
(Draper & Smith 1998, *Applied Regression Analysis*, section 5.1) = SSE / W / df A^-1, with A the mean products of the columns.
Of standardised columns, whatever their units, A^-1 = V' Lambda^-1 V by the directions V of the descent: sums of squares, in
which nothing cancels. The intercept is the level at the mean, carried from there to 0.
t^2 is F(1, df), whose tail and quantile have 15 digits in SciPy 1.17, where the quantile of t has 4 to 12.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastgd.descent import Descent, analyse, descent_kernels, scale
from fastgd.errors import DataError, missing_extra

if TYPE_CHECKING:
    from fastgd.result import FitResult

_ROUNDING = 2.0**-100
"""Mean squared error, over mean squares of y and slope x, of residuals of four units in the last place (2^-50)."""


@dataclass(frozen=True, slots=True, eq=False)
class Inference:
    """What the scatter about the least squares solution says about its coefficients; arrays have an entry a coefficient.

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
    descent, first = c.descent, 0 if c.descent.fit_intercept else 1
    intercept, coefs = result._begun.in_units("LIMIT")
    names = ("intercept", *result.feature_names)[first:]
    slopes = np.sqrt((c.roots * c.roots).sum(axis=0)) / descent.row("SCALE")[1:]
    errors = c.noise * np.append(math.hypot(1.0, c.from_mean), slopes)
    exponents = descent.get("EXPONENT_Y") - descent.row("EXPONENT")
    coef = np.array([intercept, *coefs])[first:]
    standard_error = np.array(
        [
            scale(error, exponent, f"the standard error of {name}", name)
            for error, exponent, name in zip(errors[first:], exponents[first:], names, strict=True)
        ]
    )
    t = (descent.row("BEST") / np.where(errors > 0.0, errors, 1.0))[first:]
    with np.errstate(over="ignore"):
        half = _quantile(special, level, c.df) * standard_error
        interval = np.column_stack([coef - half, coef + half])
    if not np.isfinite(interval).all():
        raise DataError(f"the intervals of level {level!r} exceed float64: divide the columns by a power of two")
    p_value = np.asarray(special.fdtrc(1.0, c.df, t * t))
    p = len(coefs)
    f = (1.0 - c.share) / c.share * (c.df / p)
    return Inference(
        names=names,
        coef=coef,
        standard_error=standard_error,
        t=t,
        p_value=p_value,
        interval=interval,
        residual_sd=scale(c.noise * c.root_weight, descent.get("EXPONENT_Y"), "the residual standard deviation", "the target"),
        degrees_of_freedom=c.df,
        r2=1.0 - c.share,
        adjusted_r2=1.0 - c.share * ((c.df + p) / c.df),
        f_statistic=f,
        f_p_value=float(special.fdtrc(p, c.df, f)),
        level=level,
    )


def bounds(result: FitResult, x: NDArray[np.float64], level: float, kind: str) -> NDArray[np.float64]:
    """Rows of lower and upper end at each x; not finite where float64 cannot hold them."""
    special = _special()
    level = _require_level(level)
    if kind != "observation" and kind != "mean":
        raise DataError(f"kind={kind!r}: pass 'observation' for a new row, or 'mean' for the line itself")
    c = _scatter(result)
    descent = c.descent
    intercept, coef = result._begun.in_units("LIMIT")
    with np.errstate(over="ignore", invalid="ignore"):
        centre = intercept + (x * coef).sum(axis=1)
        away = np.ldexp(x, -descent.row("EXPONENT")[1:].astype(int))
        if descent.fit_intercept:
            away = away - descent.row("MEAN")[1:]
        spread = np.linalg.norm(away / descent.row("SCALE")[1:] @ c.roots.T, axis=1)
        for more in [1.0] * descent.fit_intercept + [c.root_weight] * (kind == "observation"):
            spread = np.hypot(spread, more)
        half = np.ldexp(_quantile(special, level, c.df) * c.noise * spread, int(descent.get("EXPONENT_Y")))
        return np.column_stack([centre - half, centre + half])


@dataclass(frozen=True, slots=True, eq=False)
class _Scatter:
    """What standard errors are made of, for columns / 2^exponent."""

    descent: Descent
    """In standardised coordinates."""
    df: int
    noise: float
    """sqrt(SSE / W / df)."""
    share: float
    """SSE / SST."""
    root_weight: float
    roots: NDArray[np.float64]
    """Rows vector / sqrt(eigenvalue) of the features' parts, whose products add up to A^-1."""
    from_mean: float
    """How far 0 is from the mean of the features, in these."""


def _scatter(result: FitResult) -> _Scatter:
    """Or the error that says why there is none."""
    descent = result._descent
    rows, parameters, has_intercept = result.moments.n_samples, descent.n_parameters, descent.fit_intercept
    if rows <= parameters:
        raise DataError(
            f"{rows} row{'s'[: rows - 1]} for {parameters} coefficient{'s'[: parameters - 1]}: nothing is left to "
            f"estimate the scatter from, and there are no standard errors; at least {parameters + 1} rows are needed"
        )
    if descent.rank < parameters:
        raise DataError(_undecided(result.feature_names, descent))
    if not result.standardize:
        descent = Descent(result.moments, analyse(result.moments, has_intercept, True))
    kernels = descent_kernels()
    error, mean_y, var_y = descent.get("LEAST_ERROR"), descent.get("MEAN_Y"), descent.get("VAR_Y")
    mean, spread, best = descent.row("MEAN")[1:], descent.row("SPREAD")[1:], descent.row("BEST")[1:]
    squares = spread + mean * mean if has_intercept else spread
    if error <= _ROUNDING * (var_y + mean_y * mean_y + float(best * best @ squares)):
        raise DataError(
            f"the {'line' if len(best) == 1 else 'fit'} passes through all {rows} rows, up to rounding: there is no scatter to "
            "estimate standard errors from; the coefficients themselves are in .optimum"
        )
    lengths = np.ldexp(
        np.sqrt(descent.state[kernels.EIGENVALUE, : descent.rank]),
        (descent.state[kernels.EIGENVALUE_EXPONENT, : descent.rank] / 2).astype(int),
    )
    weight = scale(descent.get("WEIGHT"), descent.get("WEIGHT_EXPONENT"), "the sum of the weights", "the weights")
    df = rows - parameters
    return _Scatter(
        descent=descent,
        df=df,
        noise=math.sqrt(error / df),
        share=error / (var_y if has_intercept else var_y + mean_y * mean_y),
        root_weight=math.sqrt(weight),
        roots=descent.state[kernels.VECTORS :: 2, 1:] / lengths[:, np.newaxis],
        from_mean=float(np.linalg.norm(_along_directions(descent) / lengths)),
    )


def _along_directions(descent: Descent) -> NDArray[np.float64]:
    """Of the mean over the deviation of each feature, the part along each direction: in double-double, since it cancels."""
    from fastgd.kernels import spectrum

    kernels, state = descent_kernels(), descent.state
    vectors = np.ascontiguousarray(state[kernels.VECTORS :].reshape(descent.rank, 2, -1)[:, :, 1:])
    pairs = [
        (Fraction(mean) + Fraction(mean_)) / (Fraction(scale) + Fraction(scale_))
        for mean, mean_, scale, scale_ in state[[kernels.MEAN, kernels.MEAN + 1, kernels.SCALE, kernels.SCALE + 1], 1:].T.tolist()
    ]
    far = np.array([[float(v), float(v - Fraction(float(v)))] for v in pairs])[:, :, np.newaxis]
    out = np.empty((descent.rank, 2, 1))
    spectrum.multiply_rows(vectors, far, out)
    along: NDArray[np.float64] = out[:, 0, 0]
    return along


def _undecided(names: tuple[str, ...], descent: Descent) -> str:
    if len(names) == 1:
        how = "the same" if descent.fit_intercept else "zero"
        return (
            f"{names[0]} is {how} in every row, so its coefficient is undecided and has no standard error: "
            f"rows with another {names[0]} are needed"
        )
    return (
        f"the columns depend on each other (rank {descent.rank} of {descent.n_parameters}), so that their coefficients are "
        "undecided and have no standard errors: leave out columns that others make up, or that never vary"
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
