"""How texts and pictures write numbers and names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from fastgd.arguments import plural
from fastgd.descent.run import Run
from fastgd.errors import DataError
from fastgd.result.stability import Stability

BEYOND = "beyond float64"
MILLIONTH = 1e-6
"""The share of the start's distance that counts as having arrived."""

_SHOWN = 4  # names in a sentence


def count(iterations: int) -> str:
    """A number of iterations: with commas, or from 10^12 on as a power of ten."""
    if iterations < 10**12:
        return f"{iterations:,}"
    digits = str(iterations)
    return f"{digits[0]}.{digits[1:3]}e+{len(digits) - 1}"


def iterations(number: int) -> str:
    """A number of iterations with its noun."""
    return f"{count(number)} {plural(number, 'iteration')}"


def fate(overflow: int | None) -> str:
    """What happens to a descent at a rate that is not stable."""
    return f"the error would overflow at iteration {count(overflow)}" if overflow is not None else "it would never settle"


def ratio(value: float) -> str:
    """How many times: three digits, or a whole number with commas."""
    if value == float("inf"):
        return "more than 1e308"
    return f"{value:.3g}" if value < 1000.0 else count(round(value))


def share(value: float) -> str:
    """A share of a distance as a percentage, which is rounded to 0 or 100 only where it is that."""
    percent = 100.0 * value
    if value in (0.0, 1.0):
        return f"{percent:.0f} %"
    if percent < 0.01:
        return f"{percent:.2g} %"
    return f"{min(percent, 99.99):.2f} %" if percent > 99.0 else f"{percent:.3g} %"


def held(number: Callable[[], float], digits: int = 9) -> str:
    """A number, or that float64 cannot hold it: one figure must not make a whole text fail."""
    try:
        return f"{number():.{digits}g}"
    except DataError:
        return BEYOND


def condition(stability: Stability) -> float:
    """The condition number; inf where float64 cannot hold it."""
    try:
        return stability.condition
    except DataError:
        return float("inf")


def in_words(names: Sequence[str]) -> str:
    """Names in a sentence, the first few of them: a, b and c."""
    *others, last = names if len(names) <= _SHOWN else [*names[:_SHOWN], f"{len(names) - _SHOWN} more"]
    return f"{', '.join(others)} and {last}" if others else last


def equation(intercept: float | None, coef: Sequence[float], names: Sequence[str], digits: int = 9, times: str = "*") -> str:
    """intercept + coefficient * feature - ..., the first few terms."""
    text = "" if intercept is None else f"{intercept:.{digits}g}"
    for w, name in zip(coef[:_SHOWN], names, strict=False):
        sign = (" - " if w < 0.0 else " + ") if text else "-" * (w < 0.0)
        text += f"{sign}{abs(w):.{digits}g} {times} {name}"
    return text + (f" + {len(coef) - _SHOWN} more" if len(coef) > _SHOWN else "")


def parameters(run: Run, intercept: float, coef: Iterable[float], digits: int = 9) -> str:
    """Intercept and coefficients with their names, the first few of them."""
    values = [("intercept", intercept)] * run.fit_intercept + list(zip(run.feature_names, coef, strict=True))
    shown = ", ".join(f"{name} {value:.{digits}g}" for name, value in values[: _SHOWN + 1])
    return shown + (f" and {len(values) - _SHOWN - 1} more" if len(values) > _SHOWN + 1 else "")
