"""Make hours_scores.csv: 100 made-up rows of hours studied and test score.

A well-known lesson on gradient descent publishes its results for 100 such rows, but the lesson's own data are not
ours to copy. They need not be: descent on y = b + m*x with mean squared error sees the data only through n, the
two means, the two variances and the covariance. So these rows are drawn at random, then fitted to the lesson's
six numbers, and descent on them takes the lesson's path up to rounding.

Run as `python data/make_hours_scores.py`; it writes the file beside itself, the same bytes every time.
"""

import os
import random
from fractions import Fraction
from math import fsum, sqrt
from pathlib import Path

N = 100
SEED = 35
MEAN_HOURS = Fraction("48.9583414615593595797804482572")
MEAN_SCORE = Fraction("72.735050553686466301428481529")
# Divided by N, not N - 1, as the mean squared error is.
VAR_HOURS = Fraction("94.0419904134158350951233561077")
VAR_SCORE = Fraction("274.720255435888251303882629761")
COVARIANCE = Fraction("124.364045564363256245699443773")
HOURS_RANGE = (20, 75)
SCORE_RANGE = (20, 125)


def standard_bell(rng: random.Random) -> list[float]:
    # Sums of uniforms, not gauss(): only random() is promised to give the same numbers in every Python version.
    return standardize([fsum(rng.random() for _ in range(12)) for _ in range(N)])


def standardize(values: list[float]) -> list[float]:
    mean = fsum(values) / N
    deviation = sqrt(fsum((v - mean) ** 2 for v in values) / N)
    return [(v - mean) / deviation for v in values]


def draw() -> tuple[list[float], list[float]]:
    """Return hours and scores with nearly the right moments, rounded as such records would be."""
    rng = random.Random(SEED)
    x, raw = standard_bell(rng), standard_bell(rng)
    # Noise correlated with the hours, as any draw is a little, would leave the covariance far off.
    overlap = fsum(a * b for a, b in zip(x, raw, strict=True)) / N
    noise = standardize([b - overlap * a for a, b in zip(x, raw, strict=True)])
    hours = [round(float(MEAN_HOURS) + sqrt(VAR_HOURS) * a, 1) for a in x]
    along, across = float(COVARIANCE) / sqrt(VAR_HOURS), sqrt(VAR_SCORE - COVARIANCE**2 / VAR_HOURS)
    scores = [round(float(MEAN_SCORE) + along * a + across * e, 1) for a, e in zip(x, noise, strict=True)]
    return hours, scores


def dot(a: list[Fraction], b: list[Fraction]) -> Fraction:
    return sum((p * q for p, q in zip(a, b, strict=True)), Fraction(0))


def exact_mean(values: list[float]) -> Fraction:
    return sum(map(Fraction, values), Fraction(0)) / N


def centered(values: list[float], mean: Fraction) -> list[Fraction]:
    return [Fraction(v) - mean for v in values]


def solve(system: list[list[Fraction]]) -> list[Fraction]:
    """Solve a small linear system, given as rows of coefficients and right-hand side, by exact elimination."""
    if not system:
        return []
    head, *rest = sorted(system, key=lambda row: row[0] == 0)
    tail = solve([[v - row[0] / head[0] * h for v, h in zip(row[1:], head[1:], strict=True)] for row in rest])
    return [(head[-1] - dot(head[1:-1], tail)) / head[0], *tail]


def refine(values: list[float], mean: Fraction, variance: Fraction, where: list[int], x: list[Fraction]) -> None:
    """Move the few values at `where` until mean and variance (and covariance with x, unless empty) are right."""
    # Rounding to float64 after every Newton step keeps the fractions short, so only the last rounding counts.
    for _ in range(8):
        u = centered(values, mean)
        system = [[Fraction(1) for _ in where] + [-sum(u, Fraction(0))]]
        system.append([2 * u[i] for i in where] + [N * variance - dot(u, u)])
        if x:
            system.append([x[i] for i in where] + [N * COVARIANCE - dot(x, u)])
        for i, step in zip(where, solve(system), strict=True):
            values[i] = float(Fraction(values[i]) + step)


def check(hours: list[float], scores: list[float]) -> None:
    """Raise ValueError unless every moment and every row is as wanted."""
    x, y = centered(hours, exact_mean(hours)), centered(scores, exact_mean(scores))
    got = [exact_mean(hours), exact_mean(scores), dot(x, x) / N, dot(y, y) / N, dot(x, y) / N]
    want = [MEAN_HOURS, MEAN_SCORE, VAR_HOURS, VAR_SCORE, COVARIANCE]
    if any(abs(g / w - 1) > Fraction(1, 10**16) for g, w in zip(got, want, strict=True)):
        raise ValueError("the moments miss their targets: try another SEED")
    for values, (low, high) in ((hours, HOURS_RANGE), (scores, SCORE_RANGE)):
        if not all(low <= v <= high for v in values):
            raise ValueError(f"a value lies outside {low} to {high}: try another SEED")


def main() -> None:
    hours, scores = draw()
    # Rows well apart in hours need only small moves; all the others keep their one decimal.
    low, middle, high = (sorted(range(N), key=hours.__getitem__)[k] for k in (10, 50, 90))
    refine(hours, MEAN_HOURS, VAR_HOURS, [low, high], [])
    refine(scores, MEAN_SCORE, VAR_SCORE, [low, middle, high], centered(hours, MEAN_HOURS))
    check(hours, scores)
    # repr() is the shortest text that parses back to the same float64, so the file holds exactly what was checked.
    text = "".join(f"{h!r},{s!r}\n" for h, s in zip(hours, scores, strict=True))
    target = Path(__file__).with_name("hours_scores.csv")
    temporary = target.with_suffix(".csv.tmp")
    temporary.write_text("hours,score\n" + text, encoding="ascii", newline="\n")
    os.replace(temporary, target)


if __name__ == "__main__":
    main()
