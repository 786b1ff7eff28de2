"""What happened in a run, and why a rate is refused, in plain words."""

from __future__ import annotations

from fastgd.arguments import counted
from fastgd.descent.run import Run
from fastgd.errors import Status, spelled
from fastgd.result.stability import Stability
from fastgd.text.words import MILLIONTH, condition, count, fate, in_words, iterations, parameters, ratio, share

_TIED = 3.0  # condition of standardised columns above which some move together
_STEEP = 0.5  # share of the largest part of a direction above which a column belongs to it
_NAMED = 4  # columns that are said to move together
_NEAREST = "of all solutions that fit equally well, this is the nearest to the start"


def explain(run: Run, stability: Stability) -> str:
    """Paragraphs: rate, distance, iterations needed, rank, scaling."""
    parts = [_on_rate(run, stability), _on_distance(run), _on_needs(run, stability)]
    parts += [_on_rank(run, stability), _on_scaling(stability)]
    return "\n".join(part for part in parts if part)


def refusal(stability: Stability, rate: float, overflow: int | None) -> str:
    """Why a learning rate is refused, and what to pass instead."""
    return (
        f"{spelled('learning_rate', rate)} is not stable on these data: descent is stable below "
        f"{stability.max_learning_rate:.9g}, and here {fate(overflow)}. Use {spelled('learning_rate', 'auto')} (the best is "
        f"{stability.best_learning_rate:.9g}) or {spelled('standardize', True)}; {spelled('unstable', 'run')} shows the "
        "divergence"
    )


def _on_rate(run: Run, stability: Stability) -> str:
    rate = run.learning_rate
    if stability.rank == 0:
        names = run.feature_names
        be, them = ("is", "it") if len(names) == 1 else ("are", "them")
        return f"{in_words(names)} {be} zero in every row, so the error does not depend on {them}, and any rate is stable."
    limit, best = stability.max_learning_rate, stability.best_learning_rate
    if rate >= limit:
        text = f"The learning rate {rate:.6g} is not stable: on these data it must be below {limit:.9g}"
        if run.status is not Status.DIVERGED:
            return f"{text}. But this start has no distance along the directions in which it would diverge."
        overflow = stability.overflow_iteration(rate)
        when = f" From 0 the error would overflow at iteration {count(overflow)}." if overflow else ""
        return (
            f"{text}, and each iteration overshoots by more than the last.{when} The best constant rate, "
            f"{spelled('learning_rate', 'auto')}, is {best:.9g}."
        )
    if rate == best:
        return f"The learning rate {rate:.9g} is the best constant rate for these data; any below {limit:.9g} is stable."
    return (
        f"The learning rate {rate:.6g} is stable: on these data any below {limit:.9g} is. "
        f"The best constant rate is {best:.9g}{_saving(stability, rate)}."
    )


def _saving(stability: Stability, rate: float) -> str:
    """By how much the best rate beats `rate`, where there is anything to descend."""
    needed, least = stability.iterations(MILLIONTH, rate), stability.iterations(MILLIONTH)
    if not needed or not least:
        return ""
    times = count(needed // least) if needed >= 1000 * least else f"{needed / least:.3g}"
    return f", which needs {times} times fewer iterations"


def _on_distance(run: Run) -> str:
    optimum, n = run.optimum, iterations(run.n_iter)
    if run.status is Status.DIVERGED:
        return f"It stopped after {n} with the error {run.error:.6g}; the least possible is {optimum.error:.6g}."
    solution = "line" if len(optimum.coef) == 1 else "solution"
    best = parameters(run, optimum.intercept, optimum.coef)
    if 0 < run.rank < len(run.start) and solution == "line":
        best += f"; {run.feature_names[0]} is the same in every row, so {_NEAREST.replace('solutions', 'lines')}"
    if run.remaining == 0.0:
        return (
            f"After {n}, plain descent reaches the least squares {solution} ({best}), and no coefficient changes any more. "
            f"The mean squared error, {optimum.error:.6g}, is the least possible; the {solution} explains "
            f"{share(max(0.0, run.r2))} of the variance."
        )
    above = run.error / optimum.error - 1.0 if optimum.error > 0.0 else float("inf")
    excess = f"{100.0 * above:.3g} % above" if above < 1e6 else "far above"
    hardly = f": the error hardly shows how far away the {solution} is" if above < 0.1 and run.remaining > 0.1 else ""
    return (
        f"After {n}, {share(run.remaining)} of the distance to the least squares {solution} ({best}) is still to go. "
        f"The mean squared error, {run.error:.6g}, is {excess} the least possible, {optimum.error:.6g}{hardly}."
    )


def _on_needs(run: Run, stability: Stability) -> str:
    if run.remaining <= MILLIONTH:
        return ""
    best, needed = _at_best_rate(stability), run.iterations_to(MILLIONTH)
    if needed is None:
        return f"To come within a millionth of the distance takes at most {iterations(best)} at the best rate."
    here = f"To come within a millionth of the distance takes {iterations(needed)} at this rate"
    return f"{here}." if needed <= best else f"{here}, and at most {count(best)} at the best."


def _at_best_rate(stability: Stability) -> int:
    """Iterations to a millionth of the distance, of which there always is a number."""
    return stability.iterations(MILLIONTH) or 0


def _on_rank(run: Run, stability: Stability) -> str:
    """Which columns depend on others; of one feature `_on_distance` says it."""
    undecided = len(run.start) - run.rank
    if undecided <= 0 or len(run.feature_names) == 1 or run.rank == 0:
        return ""
    if run.moments.n_samples <= run.rank:
        return f"There are more parameters ({len(run.start)}) than the rows determine ({run.rank}): {_NEAREST}."
    names = _parameter_names(stability)
    null = 1.0 - (stability.directions**2).sum(axis=0)  # share of each axis that no direction reaches
    fixed = [name for name, part in zip(names, null, strict=True) if part > 1.0 - 1e-9]
    tied = [name for name, part in zip(names, null, strict=True) if 1e-9 < part <= 1.0 - 1e-9]
    parts = [f"{in_words(tied)} depend on each other"] if tied else []
    if fixed:
        how = "the same" if run.fit_intercept else "zero"
        parts.append(f"{in_words(fixed)} {'is' if len(fixed) == 1 else 'are'} {how} in every row")
    return f"{', and '.join(parts)}: the data leave {counted(undecided, 'direction')} undecided, and {_NEAREST}."


def _parameter_names(stability: Stability) -> list[str]:
    return ["intercept"] * stability.fit_intercept + list(stability.moments.feature_names)


def _along(stability: Stability, direction: int) -> list[str]:
    """The parameters that a direction (of `Stability.directions`) mostly consists of, the largest part first."""
    parts = abs(stability.directions[direction])
    names = _parameter_names(stability)
    return [names[i] for i in (-parts).argsort() if parts[i] >= _STEEP * parts.max()]


def _on_scaling(stability: Stability) -> str:
    names, times = stability.moments.feature_names, condition(stability)
    if stability.standardize and (len(names) == 1 or times < 1.0 + 1e-9):
        who = f"{in_words(names)} {'was' if len(names) == 1 else 'were'} standardised"
        return f"{who}: all directions are equally steep, and the best rate reaches the optimum in one iteration."
    if times <= 1.5:
        return ""
    if len(names) == 1:
        return (
            f"One direction is {ratio(times)} times steeper than the other, because {names[0]} is far from mean 0 and standard "
            f"deviation 1. With {spelled('standardize', True)} both are equally steep: one iteration is enough, and the result "
            "is in the same units."
        )
    slow = _along(stability, 0)
    if stability.standardize:
        if times > _TIED:
            return _on_collinearity(times, slow)
        return f"The features were standardised: the directions differ by a factor of only {ratio(times)}."
    scaled = stability.standardized()
    needed, now = _at_best_rate(scaled), _at_best_rate(stability)
    text = (
        f"The steepest direction, along {in_words(_along(stability, -1))}, limits the rate; the slowest, along {in_words(slow)}, "
        f"is {ratio(times)} times flatter. "
    )
    if needed >= now:
        return f"{text}{spelled('standardize', True)} would not make it faster."
    tied = condition(scaled)
    text += (
        f"With {spelled('standardize', True)} the directions differ by a factor of only {ratio(tied)}, and the best rate needs "
        f"at most {iterations(needed)} to come within a millionth of the distance, instead of {count(now)}; the result is in "
        "the same units."
    )
    return f"{text} {_on_collinearity(tied, _along(scaled, 0))}" if tied > _TIED else text


def _on_collinearity(times: float, slow: list[str]) -> str:
    """Of standardised columns, where only their dependence makes one direction slower than another."""
    if not 2 <= len(slow) <= _NAMED:
        return f"The slowest direction is along {in_words(slow)}, {ratio(times)} times flatter than the steepest."
    return (
        f"{in_words(slow)} move together: even standardised, telling them apart is the slowest direction, {ratio(times)} times "
        "flatter than the steepest."
    )
