"""Right digits on NIST's eleven sets for linear regression, beside the solvers in common use.

The sets are not part of the project: ``../shared/data/nist`` holds them, with the exact solutions of the numbers that a solver
is handed, rounded to float64. For powers of x that is the matrix of them, each rounded once; np.polyfit makes its own from x.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from contenders import lstsq, of_fastgd, of_sklearn, ols, stack
from rows import digits
from sklearn.linear_model import LinearRegression

import fastgd

FOLDER = Path(__file__).parents[2] / "shared" / "data" / "nist"
ABSENT = "NIST's sets are not part of the project"
FASTGD = "fastgd.fit"


class Problem(NamedTuple):
    X: np.ndarray
    y: np.ndarray
    fit_intercept: bool
    degree: int | None
    """Of a polynomial, whose x is the first column of X."""
    exact: list[Fraction]
    exact_of_x: list[Fraction]
    """For a solver that is handed x, and y."""

    @property
    def design(self) -> np.ndarray:
        return stack(self.X) if self.fit_intercept else self.X


def by_fastgd(p: Problem) -> Sequence[float]:
    return of_fastgd(fastgd.fit(p.X, p.y, fit_intercept=p.fit_intercept))[not p.fit_intercept :]


def by_polyfit(p: Problem) -> Sequence[float] | None:
    """None where it cannot: for several variables, or through the origin."""
    return np.polyfit(p.X[:, 0], p.y, p.degree)[::-1].tolist() if p.degree and p.fit_intercept else None


def by_sklearn(p: Problem, **settings: float) -> Sequence[float]:
    return of_sklearn(LinearRegression(fit_intercept=p.fit_intercept, **settings).fit(p.X, p.y))[not p.fit_intercept :]


SOLVERS: dict[str, Callable[[Problem], Sequence[float] | np.ndarray | None]] = {
    FASTGD: by_fastgd,
    "np.linalg.lstsq": lambda p: lstsq(p.design, p.y),
    "np.polyfit": by_polyfit,
    "LinearRegression()": by_sklearn,
    "LinearRegression(tol=0)": lambda p: by_sklearn(p, tol=0.0),
    "OLS, pinv": lambda p: ols(p.design, p.y),
    "OLS, qr": lambda p: ols(p.design, p.y, "qr"),
}
Measured = dict[str, dict[str, float | None]]


@cache
def measure() -> Measured:
    """For each set, each solver's right digits in its worst coefficient; None where the solver cannot do it."""
    sets = json.loads((FOLDER / "certified.json").read_text(encoding="utf-8"))
    measured: Measured = {}
    for name, about in sets.items():
        problem = read(name, about)
        measured[name] = {}
        for solver, solve in SOLVERS.items():
            exact = problem.exact_of_x if solve is by_polyfit else problem.exact
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of rank: the digits say it
                values = solve(problem)
            measured[name][solver] = None if values is None else digits(values, exact)
    return measured


def read(name: str, about: dict[str, object]) -> Problem:
    table = np.loadtxt(FOLDER / f"{name}.csv", delimiter=",", skiprows=1)
    y, X, degree = table[:, 0], table[:, 1:], about["degree"]
    if isinstance(degree, int):
        X = np.array([[float(Fraction(x) ** k) for k in range(1, degree + 1)] for x in X[:, 0].tolist()])
    design, of_x = ([Fraction(text) for text in about[f"exact_f64_{given}_coefs"]] for given in ("design", "xy"))
    return Problem(X, y, bool(about["intercept"]), degree, design, of_x)


def render(measured: Measured) -> str:
    """As Markdown."""
    lines = [
        "Correct digits of the worst coefficient, at most 16, compared with the exact solution of the numbers passed in. "
        "LinearRegression is from scikit-learn, OLS from statsmodels.",
        "",
        f"| | {' | '.join(SOLVERS)} |",
        "|---|" + "--:|" * len(SOLVERS),
    ]
    for name, row in measured.items():
        cells = ["–" if (digits := row[solver]) is None else shown(digits) for solver in SOLVERS]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def worst(measured: Measured) -> dict[str, float]:
    """Of all sets, by solver."""
    return {solver: min(row[solver] for row in measured.values() if row[solver] is not None) for solver in SOLVERS}


def shown(digits: float) -> str:
    """Cut, not rounded."""
    return f"{int(10 * digits) / 10:.1f}"
