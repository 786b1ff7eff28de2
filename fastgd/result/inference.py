"""Standard errors, tests and intervals of the least squares solution, from the moments alone.

With SSE = sum w r^2, W = sum w, df = n - rank and s^2 = SSE / df, the covariance of the estimates is s^2 (X'WX)^-1
(Draper & Smith 1998, *Applied Regression Analysis*, section 5.1) = SSE / W / df A^-1, with A the mean products of the columns.
Of standardised columns, whatever their units, A^-1 = V' Lambda^-1 V by the directions V of the descent: sums of squares, in
which nothing cancels. The intercept is the level at the mean, carried from there to 0.
t^2 is F(1, df), whose tail and quantile have 15 digits in SciPy 1.17, where the quantile of t has 4 to 12.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fastgd import arguments
from fastgd.descent.run import Run
from fastgd.errors import DataError, missing_extra, shown
from fastgd.moments.units import in_float64
from fastgd.problem.study import study
from fastgd.result.prediction import plane_of
from fastgd.result.scatter import Scatter, norm

_UNBOUNDED = 1e150  # under a mask: NumPy still computes there, and shall not overflow


@dataclass(frozen=True, slots=True, eq=False)
class Inference:
    """Standard errors, tests and intervals of the least squares solution; arrays have one entry for each coefficient.

    Where columns depend on others (`estimable` is not all True), `standard_error`, `t`, `p_value` and `interval` are masked
    arrays (`numpy.ma`): the coefficients that the data leave undecided are masked, and None in `tolist()`, instead of NaN. Under
    the mask are t 0, p 1, and 1e150 as standard error and ends of the interval.

    Attributes
    ----------
    names : tuple of str
        "intercept", if there is one, then the features.
    coef : ndarray of shape (p + 1,), or (p,) without an intercept
        The least squares solution; where there are several, that of `FitResult.optimum`.
    standard_error : ndarray of the same shape
    t : ndarray of the same shape
        coef / standard_error.
    p_value : ndarray of the same shape
        Two-sided, of the hypothesis that the coefficient is 0.
    interval : ndarray of shape (p + 1, 2), or (p, 2)
        Confidence interval, lower and upper end.
    estimable : ndarray of bool of the same shape
        Whether the data determine the coefficient: it is the same in all least squares solutions.
    descent_coef : ndarray of the same shape
        What the descent reached; the statistics refer to `coef`, not to these.
    remaining : float
        Share of the distance from the start to `coef` that was still to go: `FitResult.remaining`.
    residual_sd : float
        sqrt(SSE / degrees_of_freedom) with SSE = sum of weight * residual^2, in units of the target.
    n_samples : int
        Rows, not counting those of weight 0.
    degrees_of_freedom : int
        Rows minus the rank of the design, which is the number of coefficients unless columns depend on others.
    r2 : float
        1 - SSE / SST; SST is about the mean, or without an intercept about 0.
    adjusted_r2 : float
        1 - (SSE / degrees_of_freedom) / (SST / (n_samples - 1)), or without an intercept SST / n_samples.
    r_value : float or None
        Correlation of target and feature, with the sign of the slope; only for one feature and an intercept.
    f_statistic, f_p_value : float
        Of the hypothesis that all coefficients but the intercept are 0.
    f_degrees_of_freedom : int
        Of the numerator: the rank without the intercept. Those of the denominator are `degrees_of_freedom`.
    log_likelihood : float
        The maximum for normal errors and n rows: -n/2 (log(2 pi SSE / n) + 1) + sum(log(weight)) / 2.
    aic, bic : float
        2 k - 2 log_likelihood and k log(n) - 2 log_likelihood; smaller is better. k is the rank, which counts the intercept and
        not the variance, as in statsmodels; R counts the variance too, which adds 2 and log(n).
    condition : float or None
        Largest over smallest singular value of the columns as in the data, with the column of ones and each row times the root of
        its weight: statsmodels' condition number, the root of `Stability.condition` without `standardize`. Of dependent columns,
        the smallest that is not zero. None where it exceeds float64, and for columns whose sizes differ by a factor of 1e270.
    level : float
        Of the intervals.

    Examples
    --------
    >>> import fastgd
    >>> found = fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8]).inference()
    >>> found.degrees_of_freedom, round(found.residual_sd, 6), found.interval[1].round(4).tolist()
    (2, 0.591608, [0.7616, 3.0384])
    >>> twice = fastgd.fit([[1, 1, 0], [2, 2, 1], [3, 3, 0], [4, 4, 2], [5, 5, 1]], [2, 4, 5, 8, 9]).inference()
    >>> twice.estimable.tolist(), twice.standard_error.round(4).tolist()
    ([True, False, False, True], [0.1525, None, None, 0.1053])
    """

    names: tuple[str, ...]
    coef: NDArray[np.float64]
    standard_error: NDArray[np.float64]
    t: NDArray[np.float64]
    p_value: NDArray[np.float64]
    interval: NDArray[np.float64]
    estimable: NDArray[np.bool_]
    descent_coef: NDArray[np.float64]
    remaining: float
    residual_sd: float
    n_samples: int
    degrees_of_freedom: int
    r2: float
    adjusted_r2: float
    r_value: float | None
    f_statistic: float
    f_p_value: float
    f_degrees_of_freedom: int
    log_likelihood: float
    aic: float
    bic: float
    condition: float | None
    level: float
    _library: str | None = None

    def to_frame(self, backend: Literal["pandas", "polars", "pyarrow"] | None = None) -> Any:
        """The table of coefficients as a frame: term, coef, standard_error, t, p_value, lower, upper.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"}, optional
            The library of the frame. By default the one that the data came from; where they came from none of the three, the
            first one that is installed.

        Returns
        -------
        pandas.DataFrame, polars.DataFrame or pyarrow.Table
            With null (in pandas, NaN) for what the data leave undecided.

        Raises
        ------
        ImportError
            Where the library is not installed.

        Examples
        --------
        >>> import fastgd
        >>> fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8]).inference().to_frame("pyarrow").column_names
        ['term', 'coef', 'standard_error', 't', 'p_value', 'lower', 'upper']
        """
        from fastgd.result.framing import frame_of

        lower, upper = self.interval.T.tolist()
        columns = {
            "term": list(self.names),
            "coef": self.coef.tolist(),
            "standard_error": self.standard_error.tolist(),
            "t": self.t.tolist(),
            "p_value": self.p_value.tolist(),
            "lower": lower,
            "upper": upper,
        }
        return frame_of(columns, backend, self._library)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from fastgd.text import page

        return page.of_inference(self).html()


def infer(run: Run, level: float) -> Inference:
    """`FitResult.inference`."""
    special = _special()
    level = arguments.level(level)
    c = Scatter(run)
    problem, target, first = c.problem, c.target, c.first
    intercept, coefs = run._parts.in_units("limit")
    names = ("intercept", *run.feature_names)[first:]
    coef, estimable = np.array([intercept, *coefs])[first:], c.estimable[first:]
    errors = c.noise * np.append(math.hypot(1.0, c.from_mean), c.slopes)[first:]
    exponents = target.exponents_of(problem)[first:]
    standard_error = np.full(len(coef), _UNBOUNDED)
    for i in np.flatnonzero(estimable):
        standard_error[i] = in_float64(errors[i], exponents[i], f"the standard error of {names[i]}", names[i])
    t = target.best[first:] / np.where(estimable, errors, 1.0)
    t[~estimable] = 0.0
    with np.errstate(over="ignore"):
        half = _quantile(special, level, c.df) * standard_error
        interval = np.column_stack([coef - half, coef + half])
    interval[~estimable] = -_UNBOUNDED, _UNBOUNDED
    if not np.isfinite(interval).all():
        raise DataError(f"the intervals of level {shown(level)} exceed float64: divide the columns by a power of two")
    p_value = np.asarray(special.fdtrc(1.0, c.df, t * t))
    r2, log_likelihood = c.r2, c.log_likelihood
    f = r2 / c.share * (c.df / c.slope_rank)
    return Inference(
        names=names,
        coef=coef,
        standard_error=_masked(standard_error, estimable),
        t=_masked(t, estimable),
        p_value=_masked(p_value, estimable),
        interval=_masked(interval, estimable),
        estimable=estimable,
        descent_coef=np.array([run.intercept, *run.coef])[first:],
        remaining=run.remaining,
        residual_sd=in_float64(c.noise * c.root_weight, target.exponent, "the residual standard deviation", "the target"),
        n_samples=c.rows,
        degrees_of_freedom=c.df,
        r2=r2,
        adjusted_r2=1.0 - c.share * ((c.df + c.slope_rank) / c.df),
        r_value=c.correlation if len(coefs) == 1 and not first else None,
        f_statistic=f,
        f_p_value=float(special.fdtrc(c.slope_rank, c.df, f)),
        f_degrees_of_freedom=c.slope_rank,
        log_likelihood=log_likelihood,
        aic=2.0 * problem.rank - 2.0 * log_likelihood,
        bic=math.log(c.rows) * problem.rank - 2.0 * log_likelihood,
        condition=_condition(run),
        level=level,
        _library=problem.moments._details.library,
    )


def bounds(run: Run, x: NDArray[np.float64], level: float, kind: str) -> NDArray[np.float64]:
    """Rows of lower and upper end at each x; not finite where float64 cannot hold them."""
    special = _special()
    level = arguments.level(level)
    arguments.choice(kind, "kind", "observation", "mean")
    c = Scatter(run)
    problem, target = c.problem, c.target
    with np.errstate(over="ignore", invalid="ignore"):
        middle = plane_of(run._parts, "limit").at(x)
        away = np.ldexp(x, -problem.exponents[1:].astype(int))
        if problem.fit_intercept:
            away = (away - problem.mean_pairs[0, 1:]) - problem.mean_pairs[1, 1:]
        c.require_decided(away)
        spread = norm(away / c.unit @ c.roots.T)
        for more in [1.0] * problem.fit_intercept + [c.root_weight] * (kind == "observation"):
            spread = np.hypot(spread, more)
        half = np.ldexp(_quantile(special, level, c.df) * c.noise * spread, int(target.exponent))
        return np.column_stack([middle - half, middle + half])


def _condition(run: Run) -> float | None:
    """Of the columns as the data have them; None where float64 cannot hold it."""
    problem = run._complete.problem
    if problem.standardize:
        try:
            problem, _ = study(problem.moments, problem.fit_intercept, False)
        except DataError:
            return None
    return problem.condition_of_columns


def _masked(values: NDArray[np.float64], estimable: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Plain where all are estimable."""
    if estimable.all():
        return values
    masked: NDArray[np.float64] = np.ma.array(values, mask=np.broadcast_to(~estimable, values.T.shape).T)
    return masked


def _quantile(special: Any, level: float, df: int) -> float:
    """What |t| exceeds with probability 1 - level."""
    return math.sqrt(special.fdtri(1.0, df, level))


def _special() -> Any:
    try:
        from scipy import special
    except ImportError:
        raise missing_extra("scipy", "stats", "inference") from None
    return special
