"""A fit as a table and in plain words. Text only: nothing is printed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgd.errors import Status

if TYPE_CHECKING:
    from fastgd.moments import Moments
    from fastgd.result import FitResult
    from fastgd.stability import Stability

_MILLIONTH = 1e-6


def count(iterations: int) -> str:
    """A number of iterations: with commas, or as a power of ten where those would not be read."""
    return f"{iterations:,}" if iterations < 10**12 else _power(iterations)


def _power(whole: int) -> str:
    digits = str(whole)
    return f"{digits[0]}.{digits[1:3]}e+{len(digits) - 1}"


def iterations(number: int) -> str:
    """A count with its noun."""
    return f"{count(number)} iteration" + ("" if number == 1 else "s")


def ratio(value: float) -> str:
    """How many times: three digits, or a whole number with commas."""
    return f"{value:.3g}" if value < 1000.0 else count(round(value))


def share(value: float) -> str:
    """A share of a distance as a percentage that never rounds to 0 or 100 what is neither."""
    if value in (0.0, 1.0):
        return f"{100.0 * value:.0f} %"
    percent = 100.0 * value
    if percent < 0.01:
        return f"{percent:.2g} %"
    return f"{min(percent, 99.99):.2f} %" if percent > 99.0 else f"{percent:.3g} %"


def summary(result: FitResult) -> str:
    """Rows start, end, optimum; then rate, limit, iterations."""
    optimum = result.optimum
    path = result.path(at=[0])
    rows = [
        ("start", path.intercept[0], path.coef[0, 0], path.error[0]),
        ("end", result.intercept, result.slope, result.error),
        ("optimum", optimum.intercept, optimum.coef[0], optimum.error),
    ]
    names = ("", "intercept", result.feature_names[0], "mean squared error")
    cells = [names, *((label, f"{b:.12g}", f"{w:.12g}", f"{e:.12g}") for label, b, w, e in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(4)]
    lines = ["  ".join([row[0].ljust(widths[0]), *(row[i].rjust(widths[i]) for i in (1, 2, 3))]) for row in cells]
    facts = [
        ("status", f"{result.status.name.lower()}: {result.status.value}"),
        ("iterations", count(result.n_iter)),
        ("distance still to go", "more than at the start" if result.status is Status.DIVERGED else share(result.remaining)),
        ("learning rate", f"{result.learning_rate:.9g}"),
        *_limits(result.stability),
        ("R squared", f"{result.r2:.9g}"),
    ]
    return "\n".join([_title(result.moments), "", *lines, "", _aligned(facts)])


def check(stability: Stability, rate: float | None) -> str:
    """Limits, eigenvalues, iterations at the best rate and at `rate`."""
    facts = [
        *_limits(stability),
        ("eigenvalues", ", ".join(f"{value:.9g}" for value in stability.eigenvalues)),
        ("at the best rate", _to_a_millionth(stability.iterations(_MILLIONTH))),
    ]
    if rate is not None:
        needed = stability.iterations(_MILLIONTH, rate)
        verdict = f"not stable: {_fate(stability.overflow_iteration(rate))}"
        facts.append((f"at {rate:.9g}", verdict if needed is None else f"stable: {_to_a_millionth(needed)}"))
    return "\n".join([_title(stability.moments), "", _aligned(facts)])


def _title(moments: Moments) -> str:
    n = moments.n_samples
    return f"{moments.target_name} on {', '.join(moments.feature_names)}, {n:,} row{'' if n == 1 else 's'}"


def _limits(stability: Stability) -> list[tuple[str, str]]:
    return [
        ("stable below", f"{stability.max_learning_rate:.9g}"),
        ("best rate", f"{stability.best_learning_rate:.9g}"),
        ("condition", f"{stability.condition:.6g}"),
        ("coordinates", "standardised" if stability.standardize else "as in the data"),
        ("rank", f"{stability.rank}"),
    ]


def _aligned(facts: list[tuple[str, str]]) -> str:
    width = max(len(label) for label, _ in facts)
    return "\n".join(f"{label.ljust(width)}  {value}" for label, value in facts)


def _to_a_millionth(needed: int | None) -> str:
    assert needed is not None
    return f"{iterations(needed)} to come within a millionth of the distance"


def _fate(overflow: int | None) -> str:
    """What becomes of a descent at a rate that is not stable."""
    return f"the error would overflow at iteration {count(overflow)}" if overflow is not None else "it would never settle"


def explain(result: FitResult) -> str:
    """Paragraphs: rate, distance, what it would take, scaling."""
    parts = [_on_rate(result), _on_distance(result), _on_needs(result), _on_scaling(result)]
    return "\n".join(part for part in parts if part)


def _on_rate(result: FitResult) -> str:
    rate, stability = result.learning_rate, result.stability
    if stability.rank == 0:
        return f"{result.feature_names[0]} is zero in every row, so the error does not depend on it, and any rate is stable."
    limit, best = stability.max_learning_rate, stability.best_learning_rate
    if result.status is Status.DIVERGED:
        overflow = result.stability.overflow_iteration(rate)
        when = f" From 0 the error would overflow at iteration {count(overflow)}." if overflow else ""
        return (
            f"The learning rate {rate:.6g} is not stable: on these data it must be below {limit:.9g}, and each iteration "
            f"overshoots by more than the last.{when} The best constant rate is {best:.9g}, or learning_rate='auto'."
        )
    if rate == best:
        return f"The learning rate {rate:.9g} is the best constant rate for these data; any below {limit:.9g} is stable."
    return (
        f"The learning rate {rate:.6g} is stable: on these data any below {limit:.9g} is. "
        f"The best constant rate is {best:.9g}{_saving(stability, rate)}."
    )


def _saving(stability: Stability, rate: float) -> str:
    """By how much the best rate beats `rate`, where there is anything to descend."""
    needed, least = stability.iterations(_MILLIONTH, rate), stability.iterations(_MILLIONTH)
    if not needed or not least:
        return ""
    times = count(needed // least) if needed >= 1000 * least else f"{needed / least:.3g}"
    return f", which needs {times} times fewer iterations"


def _on_distance(result: FitResult) -> str:
    optimum = result.optimum
    n = iterations(result.n_iter)
    if result.status is Status.DIVERGED:
        return f"It stopped after {n} at the error {result.error:.6g}; the least possible is {optimum.error:.6g}."
    best = f"{result.feature_names[0]} {optimum.coef[0]:.9g}"
    if len(result.start) == 2:
        best = f"intercept {optimum.intercept:.9g}, {best}"
    if result.rank < 2 and len(result.start) == 2:
        best += f" (every {result.feature_names[0]} is the same, so of all best lines this is the nearest to the start)"
    if result.remaining == 0.0:
        return (
            f"After {n} plain descent arrives at the least squares line, {best}, and no coefficient changes any more. "
            f"The mean squared error {optimum.error:.6g} is the least possible; "
            f"it explains {share(max(0.0, result.r2))} of the variance."
        )
    above = result.error / optimum.error - 1.0 if optimum.error > 0.0 else float("inf")
    excess = f"{100.0 * above:.3g} % above" if above < 1e6 else "far above"
    return (
        f"After {n}, {share(result.remaining)} of the distance to the least squares line ({best}) is still to go. "
        f"The mean squared error {result.error:.6g} is {excess} the least possible, {optimum.error:.6g}"
        + (": the error hardly shows how far away the line is." if above < 0.1 and result.remaining > 0.1 else ".")
    )


def _on_needs(result: FitResult) -> str:
    if result.remaining <= _MILLIONTH:
        return ""
    best = result.stability.iterations(_MILLIONTH)
    assert best is not None
    needed = result.iterations_to(_MILLIONTH)
    if needed is None:
        return f"To come within a millionth of the distance takes at most {iterations(best)} at the best rate."
    here = f"To come within a millionth of the distance takes {iterations(needed)} at this rate"
    return f"{here}." if needed <= best else f"{here}, and at most {count(best)} at the best."


def _on_scaling(result: FitResult) -> str:
    name, stability = result.feature_names[0], result.stability
    if result.standardize:
        return f"{name} was standardised: all directions are equally steep, and the best rate arrives in one iteration."
    if stability.condition <= 1.5 or len(result.start) == 1:
        return ""
    return (
        f"One direction is {ratio(stability.condition)} times steeper than the other, because {name} is far from mean 0 and "
        "spread 1. With standardize=True both are equally steep: one iteration arrives, and the result is in the same units."
    )


def refusal(stability: Stability, rate: float, overflow: int | None) -> str:
    """Why a learning rate is refused, and what to pass instead."""
    return (
        f"learning_rate={rate:.9g} is not stable on these data: descent is stable below {stability.max_learning_rate:.9g}, "
        f"and here {_fate(overflow)}. Use learning_rate='auto' (the best is {stability.best_learning_rate:.9g}) or "
        "standardize=True; unstable='run' shows the divergence"
    )
