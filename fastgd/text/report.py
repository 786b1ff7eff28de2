"""What a fit and its rates are in plain words, and the pieces of a page. Text only: nothing is printed here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from fastgd.arguments import counted, plural
from fastgd.descent.run import Run
from fastgd.errors import DataError, Status, spelled
from fastgd.moments.moments import Moments
from fastgd.result.stability import Stability

BEYOND = "beyond float64"
_MILLIONTH = 1e-6
_SHOWN = 4  # names in a sentence
ROWS = 40
"""Features in a table."""

_TIED = 3.0  # condition of standardised columns above which some move together
_STEEP = 0.5  # share of the largest part of a direction above which a column belongs to it


def count(iterations: int) -> str:
    """A number of iterations: with commas, or as a power of ten where those would not be read."""
    return f"{iterations:,}" if iterations < 10**12 else _power(iterations)


def _power(whole: int) -> str:
    digits = str(whole)
    return f"{digits[0]}.{digits[1:3]}e+{len(digits) - 1}"


def iterations(number: int) -> str:
    """A count with its noun."""
    return f"{count(number)} {plural(number, 'iteration')}"


def ratio(value: float) -> str:
    """How many times: three digits, or a whole number with commas."""
    if value == float("inf"):
        return "more than 1e308"
    return f"{value:.3g}" if value < 1000.0 else count(round(value))


def share(value: float) -> str:
    """A share of a distance as a percentage that never rounds to 0 or 100 what is neither."""
    if value in (0.0, 1.0):
        return f"{100.0 * value:.0f} %"
    percent = 100.0 * value
    if percent < 0.01:
        return f"{percent:.2g} %"
    return f"{min(percent, 99.99):.2f} %" if percent > 99.0 else f"{percent:.3g} %"


def equation(run: Run) -> str:
    """intercept + coefficient * feature + ..., the first few of them."""
    terms = [f"{w:.9g} * {name}" for w, name in zip(run.coef[:_SHOWN], run.feature_names, strict=False)]
    if run.fit_intercept:
        terms.insert(0, f"{run.intercept:.9g}")
    hidden = len(run.coef) - _SHOWN
    return " + ".join(terms) + (f" + {hidden} more" if hidden > 0 else "")


def parameters(run: Run) -> str:
    """Intercept and coefficients by name, the first few of them."""
    return named(run, run.intercept, run.coef, "%.3g")


def named(run: Run, intercept: float, coef: Iterable[float], form: str = "%.9g") -> str:
    """Intercept and coefficients with their names, the first few of them."""
    values = [("intercept", intercept)] * run.fit_intercept + list(zip(run.feature_names, coef, strict=True))
    shown = ", ".join(f"{name} {form % value}" for name, value in values[: _SHOWN + 1])
    return shown + (f" and {len(values) - _SHOWN - 1} more" if len(values) > _SHOWN + 1 else "")


def listing(names: Sequence[str]) -> str:
    """Names in a sentence: a, b and c."""
    shown = list(names[:_SHOWN]) + ([f"{len(names) - _SHOWN} more"] if len(names) > _SHOWN else [])
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def table(columns: list[list[str]]) -> list[str]:
    """Lines of columns, the first aligned left, the others right."""
    widths = [max(map(len, column)) for column in columns]
    rows = zip(*columns, strict=True)
    return ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in rows]


def check(stability: Stability, rate: float | None) -> str:
    """Limits, eigenvalues, iterations at the best rate and at `rate`."""
    facts = [
        *limits(stability),
        ("eigenvalues", _eigenvalues(stability)),
        ("at the best rate", _to_a_millionth(_at_best_rate(stability))),
    ]
    if rate is not None:
        needed = stability.iterations(_MILLIONTH, rate)
        verdict = f"not stable: {_fate(stability.overflow_iteration(rate))}"
        facts.append((f"at {rate:.9g}", verdict if needed is None else f"stable: {_to_a_millionth(needed)}"))
    return "\n".join([title(stability.moments), "", aligned(facts)])


def title(moments: Moments) -> str:
    """Target, features, rows."""
    n = moments.n_samples
    names = ", ".join(moments.feature_names[:ROWS])
    more = f" and {moments.n_features - ROWS} more" if moments.n_features > ROWS else ""
    dropped = f" ({moments.n_dropped:,} more left out: a value was missing)" if moments.n_dropped else ""
    return f"{moments.target_name} on {names}{more}, {n:,} row{'' if n == 1 else 's'}{dropped}"


def _eigenvalues(stability: Stability) -> str:
    """All, or of many the smallest and the largest three."""
    try:
        values = [f"{value:.9g}" for value in stability.eigenvalues]
    except DataError:
        return BEYOND
    return ", ".join(values if len(values) <= 8 else [*values[:3], "...", *values[-3:]])


def limits(stability: Stability) -> list[tuple[str, str]]:
    """The rates' limits and what they come from."""
    return [
        ("stable below", held(lambda: stability.max_learning_rate)),
        ("best rate", held(lambda: stability.best_learning_rate)),
        ("condition", held(lambda: stability.condition, 6)),
        ("coordinates", "standardised" if stability.standardize else "as in the data"),
        ("rank", f"{stability.rank}" + (f" of {len(_parameter_names(stability))}" if stability.moments.n_features > 1 else "")),
    ]


def held(number: Callable[[], float], digits: int = 9) -> str:
    """A number, or that float64 cannot hold it: a text shall not fail for one figure."""
    try:
        return f"{number():.{digits}g}"
    except DataError:
        return BEYOND


def aligned(facts: list[tuple[str, str]]) -> str:
    """Lines of label and value."""
    width = max(len(label) for label, _ in facts)
    return "\n".join(f"{label.ljust(width)}  {value}" for label, value in facts)


def _at_best_rate(stability: Stability) -> int:
    """Iterations to a millionth of the distance; the best rate is stable, so there always are some."""
    return stability.iterations(_MILLIONTH) or 0


def _to_a_millionth(needed: int) -> str:
    return f"{iterations(needed)} to come within a millionth of the distance"


def _fate(overflow: int | None) -> str:
    """What becomes of a descent at a rate that is not stable."""
    return f"the error would overflow at iteration {count(overflow)}" if overflow is not None else "it would never settle"


def explain(run: Run, stability: Stability) -> str:
    """Paragraphs: rate, distance, what it would take, directions, scaling."""
    parts = [_on_rate(run, stability), _on_distance(run), _on_needs(run, stability)]
    parts += [_on_rank(run, stability), _on_scaling(run, stability)]
    return "\n".join(part for part in parts if part)


def _on_rate(run: Run, stability: Stability) -> str:
    rate = run.learning_rate
    if stability.rank == 0:
        be, them = ("is", "it") if len(run.feature_names) == 1 else ("are", "them")
        who = f"{listing(run.feature_names)} {be} zero in every row"
        return f"{who}, so the error does not depend on {them}, and any rate is stable."
    limit, best = stability.max_learning_rate, stability.best_learning_rate
    if run.status is Status.DIVERGED:
        overflow = stability.overflow_iteration(rate)
        when = f" From 0 the error would overflow at iteration {count(overflow)}." if overflow else ""
        return (
            f"The learning rate {rate:.6g} is not stable: on these data it must be below {limit:.9g}, and each iteration "
            f"overshoots by more than the last.{when} The best constant rate is {best:.9g}, or "
            f"{spelled('learning_rate', 'auto')}."
        )
    if rate >= limit:
        return (
            f"The learning rate {rate:.6g} is not stable: on these data it must be below {limit:.9g}. But this start has no "
            "distance in the directions that it makes grow."
        )
    if rate == best:
        return f"The learning rate {rate:.9g} is the best constant rate for these data; any below {limit:.9g} is stable."
    return (
        f"The learning rate {rate:.6g} is stable: on these data any below {limit:.9g} is. "
        f"The best constant rate is {best:.9g}{_saving(stability, rate)}."
    )


def _saving(stability: Stability, rate: float) -> str:
    """By how much the best rate beats `rate`, where there is anything to descend."""
    needed, least = stability.iterations(_MILLIONTH, rate), _at_best_rate(stability)
    if not needed or not least:
        return ""
    times = count(needed // least) if needed >= 1000 * least else f"{needed / least:.3g}"
    return f", which needs {times} times fewer iterations"


def _on_distance(run: Run) -> str:
    optimum = run.optimum
    n = iterations(run.n_iter)
    if run.status is Status.DIVERGED:
        return f"It stopped after {n} at the error {run.error:.6g}; the least possible is {optimum.error:.6g}."
    solution = "line" if len(optimum.coef) == 1 else "solution"
    best = named(run, optimum.intercept, optimum.coef)
    if 0 < run.rank < len(run.start) and solution == "line":
        best += f" (every {run.feature_names[0]} is the same, so of all best lines this is the nearest to the start)"
    if run.remaining == 0.0:
        return (
            f"After {n} plain descent arrives at the least squares {solution}, {best}, and no coefficient changes any more. "
            f"The mean squared error {optimum.error:.6g} is the least possible; "
            f"it explains {share(max(0.0, run.r2))} of the variance."
        )
    above = run.error / optimum.error - 1.0 if optimum.error > 0.0 else float("inf")
    excess = f"{100.0 * above:.3g} % above" if above < 1e6 else "far above"
    return (
        f"After {n}, {share(run.remaining)} of the distance to the least squares {solution} ({best}) is still to go. "
        f"The mean squared error {run.error:.6g} is {excess} the least possible, {optimum.error:.6g}"
        + (f": the error hardly shows how far away the {solution} is." if above < 0.1 and run.remaining > 0.1 else ".")
    )


def _on_needs(run: Run, stability: Stability) -> str:
    if run.remaining <= _MILLIONTH:
        return ""
    best = _at_best_rate(stability)
    needed = run.iterations_to(_MILLIONTH)
    if needed is None:
        return f"To come within a millionth of the distance takes at most {iterations(best)} at the best rate."
    here = f"To come within a millionth of the distance takes {iterations(needed)} at this rate"
    return f"{here}." if needed <= best else f"{here}, and at most {count(best)} at the best."


def _on_rank(run: Run, stability: Stability) -> str:
    """Which columns are made up of others; of one feature `_on_distance` says it."""
    undecided = len(run.start) - run.rank
    if undecided <= 0 or len(run.feature_names) == 1 or run.rank == 0:
        return ""
    least = "of all best solutions this is the nearest to the start"
    if run.moments.n_samples <= run.rank:
        return f"There are more parameters ({len(run.start)}) than the rows decide ({run.rank}): {least}."
    names = _parameter_names(stability)
    null = 1.0 - (stability.directions**2).sum(axis=0)  # share of each axis that no direction reaches
    fixed = [name for name, part in zip(names, null, strict=True) if part > 1.0 - 1e-9]
    tied = [name for name, part in zip(names, null, strict=True) if 1e-9 < part <= 1.0 - 1e-9]
    parts = [f"{listing(tied)} depend on each other"] if tied else []
    if fixed:
        how = "the same" if run.fit_intercept else "zero"
        parts.append(f"{listing(fixed)} {'is' if len(fixed) == 1 else 'are'} {how} in every row")
    return f"{', and '.join(parts)}: the data leave {counted(undecided, 'direction')} undecided, and {least}."


def condition(stability: Stability) -> float:
    """inf where float64 cannot hold it: no text and no picture shall fail for one figure."""
    try:
        return stability.condition
    except DataError:
        return float("inf")


def _parameter_names(stability: Stability) -> list[str]:
    return ["intercept"] * stability.fit_intercept + list(stability.moments.feature_names)


def _along(stability: Stability, direction: int) -> list[str]:
    """The parameters that a direction (of `Stability.directions`) is mostly made of, the largest part first."""
    parts = abs(stability.directions[direction])
    names = _parameter_names(stability)
    return [names[i] for i in (-parts).argsort() if parts[i] >= _STEEP * parts.max()]


def _on_scaling(run: Run, stability: Stability) -> str:
    names = run.feature_names
    if run.standardize and (len(names) == 1 or condition(stability) < 1.0 + 1e-9):
        who = f"{listing(names)} {'was' if len(names) == 1 else 'were'} standardised"
        return f"{who}: all directions are equally steep, and the best rate arrives in one iteration."
    if condition(stability) <= 1.5:
        return ""
    if len(names) == 1:
        return (
            f"One direction is {ratio(condition(stability))} times steeper than the other, because {names[0]} is far from mean "
            f"0 and spread 1. With {spelled('standardize', True)} both are equally steep: one iteration arrives, and the result "
            "is in the same units."
        )
    slow, steep = _along(stability, 0), _along(stability, -1)
    if run.standardize:
        if condition(stability) > _TIED:
            return _on_collinearity(stability, slow)
        return f"The features were standardised: the directions differ by {ratio(condition(stability))} only."
    scaled = stability.standardized()
    needed, now = _at_best_rate(scaled), _at_best_rate(stability)
    text = (
        f"The steepest direction, along {listing(steep)}, limits the rate; the slowest, along {listing(slow)}, is "
        f"{ratio(condition(stability))} times flatter. "
    )
    if needed >= now:
        return f"{text}{spelled('standardize', True)} would not make it faster."
    text += (
        f"With {spelled('standardize', True)} the directions differ by {ratio(condition(scaled))} only, and the best rate needs "
        f"at most {iterations(needed)} to come within a millionth of the distance, instead of {count(now)}; the result is in "
        "the same units."
    )
    return f"{text} {_on_collinearity(scaled, _along(scaled, 0))}" if condition(scaled) > _TIED else text


def _on_collinearity(stability: Stability, slow: list[str]) -> str:
    """Of standardised columns, where only their dependence makes one direction slower than another."""
    if not 2 <= len(slow) <= _SHOWN:
        return f"The slowest direction is along {listing(slow)}, {ratio(condition(stability))} times flatter than the steepest."
    return (
        f"{listing(slow)} move together: even standardised, telling them apart is the slowest direction, "
        f"{ratio(condition(stability))} times flatter than the steepest."
    )


def refusal(stability: Stability, rate: float, overflow: int | None) -> str:
    """Why a learning rate is refused, and what to pass instead."""
    return (
        f"{spelled('learning_rate', rate)} is not stable on these data: descent is stable below "
        f"{stability.max_learning_rate:.9g}, and here {_fate(overflow)}. Use {spelled('learning_rate', 'auto')} (the best is "
        f"{stability.best_learning_rate:.9g}) or {spelled('standardize', True)}; {spelled('unstable', 'run')} shows the "
        "divergence"
    )
