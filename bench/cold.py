"""The jobs of cold start: what a new process pays before its first fit is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from fresh import fresh_with_compiled_kernels, fresh_with_empty_cache, fresh_with_own_cache
from job import Claim, Contender, Job
from rows import HOURS, lesson


class Library(NamedTuple):
    """What is imported, and the fit of x and y, arrays, as its users write it."""

    imports: str
    fit: str
    start: Callable[..., list[float]] = fresh_with_own_cache


FASTGD = Library("import fastgd", "a = fastgd.fit(x, y); print(a.intercept, a.slope)")
NUMPY, SCIPY, SKLEARN, SKGLM = "NumPy", "SciPy, linregress", "scikit-learn", "skglm"
OURS, WHEEL = "fastgd", "fastgd, of a wheel with compiled kernels"
NOTHING = "Python alone"
LIBRARIES = {
    NUMPY: Library("import numpy as np", "print(*np.polyfit(x, y, 1)[::-1])"),
    SCIPY: Library("from scipy.stats import linregress", "a = linregress(x, y); print(a.intercept, a.slope)"),
    SKLEARN: Library(
        "from sklearn.linear_model import LinearRegression",
        "a = LinearRegression().fit(x[:, None], y); print(a.intercept_, *a.coef_)",
    ),
    "statsmodels": Library("import statsmodels.api as sm", "print(*sm.OLS(y, sm.add_constant(x)).fit().params)"),
    SKGLM: Library("from skglm import Lasso", "a = Lasso(alpha=0, tol=1e-10).fit(x[:, None], y); print(a.intercept_, *a.coef_)"),
    OURS: FASTGD,
    WHEEL: FASTGD._replace(start=fresh_with_compiled_kernels),
}


def to_import(name: str) -> Contender:
    library = LIBRARIES[name]
    return running(name, library.start, library.imports)._replace(exact=lambda d: ())


def first_fit(name: str, start: Callable[..., list[float]] | None = None) -> Contender:
    library = LIBRARIES[name]
    reading = f"import numpy as np; x, y = np.loadtxt({str(HOURS)!r}, delimiter=',', skiprows=1, unpack=True)"
    return running(name, start or library.start, f"{reading}; {library.imports}; {library.fit}")


def running(name: str, start: Callable[..., list[float]], code: str) -> Contender:
    return Contender(name, start, lambda d: ("-W", "ignore", "-c", code))


PYTHON = running(NOTHING, fresh_with_own_cache, "pass")._replace(exact=lambda d: ())


def job(key: str, title: str, contenders: list[Contender], turns: int, rounds: int) -> dict[str, Job]:
    """Processes are noisy, so many turns; what Python's own start takes comes off."""
    made = Job(title, lesson, 100, [PYTHON, *contenders], (key, OURS), turns=turns, rounds=rounds, less=NOTHING)
    return {key: made}


IMPORT, WARM, EMPTY = "import", "first fit", "first fit, empty cache"
# skglm keeps no cache: each process of it compiles, and its first fit stands with those that do.
JOBS = (
    job(IMPORT, "Import", [to_import(name) for name in LIBRARIES if name != WHEEL], turns=4, rounds=1)
    | job(WARM, "First fit", [first_fit(name) for name in LIBRARIES if name != SKGLM], turns=5, rounds=2)
    | job(
        EMPTY,
        "First fit, empty cache",
        [first_fit(SKGLM), first_fit(OURS, fresh_with_empty_cache)],
        turns=2,  # of several seconds each
        rounds=1,
    )
)
CLAIMS = [
    Claim("`import fastgd`: time relative to `import numpy`", (IMPORT, OURS), (IMPORT, NUMPY), at_most=1.5),
    Claim("first fit: time relative to `linregress`", (WARM, OURS), (WARM, SCIPY), at_most=1),
    Claim("first fit with an empty numba cache, seconds", (EMPTY, OURS), None, at_most=5, unit="seconds"),
]
