"""Moments in any order of update, addition, copy, bytes and parts, against sums of fractions over the same rows."""

from __future__ import annotations

import math
import pickle
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, precondition, rule, run_state_machine_as_test

import fastgd

COLUMNS = 2  # a feature and the target
LEAST = Fraction(1, 2**1074)  # float64 holds nothing smaller
BLOCK = 4096
Row = tuple[float, float, float]
"""Weight, x, y."""

Rows = tuple[Row, ...]

values = st.one_of(
    st.integers(-1000, 1000).map(lambda i: i / 8),
    st.integers(-1000, 1000).map(lambda i: 1.7e12 + i),
    st.floats(-1e6, 1e6, allow_subnormal=False),
)
weights = st.sampled_from([1.0, 1.0, 2.0, 0.5, 3.0, 1e-3, 0.0])


@dataclass
class Sums:
    """Exact, of rows: their number, and the sums of w, w u and w u v."""

    n: int = 0
    weight: Fraction = Fraction(0)
    first: list[Fraction] = field(default_factory=lambda: [Fraction(0)] * COLUMNS)
    second: list[Fraction] = field(default_factory=lambda: [Fraction(0)] * COLUMNS * COLUMNS)

    @classmethod
    @cache
    def of(cls, rows: Rows) -> Sums:
        exact = [[Fraction(value) for value in row] for row in rows if row[0] > 0]
        first = [sum((w * row[i] for w, *row in exact), Fraction(0)) for i in range(COLUMNS)]
        second = [sum((w * row[i] * row[j] for w, *row in exact), Fraction(0)) for i, j in np.ndindex(COLUMNS, COLUMNS)]
        return cls(len(exact), sum((row[0] for row in exact), Fraction(0)), first, second)

    def __add__(self, other: Sums) -> Sums:
        first = [a + b for a, b in zip(self.first, other.first, strict=True)]
        second = [a + b for a, b in zip(self.second, other.second, strict=True)]
        return Sums(self.n + other.n, self.weight + other.weight, first, second)

    def mean(self, i: int) -> Fraction:
        return self.first[i] / self.weight

    def covariance(self, i: int, j: int) -> Fraction:
        return self.second[i * COLUMNS + j] / self.weight - self.mean(i) * self.mean(j)


@dataclass
class Collected:
    """Moments beside what they should hold; `rows` as long as these are known to lie side by side from the first on."""

    moments: fastgd.Moments
    sums: Sums
    rows: Rows | None


def ramp(count: int, slope: int) -> Rows:
    """Many rows at once, to reach past a block; there are few such, as their exact sums take long."""
    return tuple((1.0, float(i % 97), float(slope * (i % 89) + 5)) for i in range(count))


batches = st.one_of(
    st.lists(st.tuples(st.just(1.0), values, values), min_size=1, max_size=6).map(tuple),
    st.lists(st.tuples(weights, values, values), min_size=1, max_size=6).map(tuple),
    st.builds(ramp, st.sampled_from([100, BLOCK - 1, BLOCK, BLOCK + 1]), st.integers(-1, 1)),
)


class Collecting(RuleBasedStateMachine):
    """Each rule changes one of the collections, or makes one of others."""

    collections = Bundle("collections")

    def __init__(self) -> None:
        super().__init__()
        self.all: list[Collected] = []
        self.budget = 4 * BLOCK  # rows

    def keep(self, moments: fastgd.Moments, sums: Sums, rows: Rows | None) -> Collected:
        self.all.append(Collected(moments, sums, rows))
        return self.all[-1]

    @rule(target=collections)
    def begin(self) -> Collected:
        return self.keep(fastgd.Moments(), Sums(), ())

    @rule(one=collections, batch=batches, how=st.sampled_from(["arrays", "lists", "points", "blocks", "threads"]))
    def update(self, one: Collected, batch: Rows, how: str) -> None:
        if len(batch) > self.budget:
            return
        self.budget -= len(batch)
        before = one.moments.to_bytes()
        if not any(w for w, _, _ in batch):
            with pytest.raises(fastgd.DataError, match="sample_weight is zero in every row"):
                add(one.moments, batch, how)
            assert one.moments.to_bytes() == before
            return
        assert add(one.moments, batch, how) is one.moments
        one.sums = one.sums + Sums.of(batch)
        if one.rows is not None:
            one.rows = one.rows + tuple(row for row in batch if row[0] > 0)

    @rule(one=collections, bad=st.sampled_from([np.nan, np.inf]), batch=batches)
    def refuse(self, one: Collected, bad: float, batch: Rows) -> None:
        before = one.moments.to_bytes()
        with pytest.raises(fastgd.DataError, match=f"{bad} in row {len(batch)}"):
            add(one.moments, [*((1.0, x, y) for _, x, y in batch), (1.0, bad, 0.0)], "arrays")
        assert one.moments.to_bytes() == before

    @rule(target=collections, one=collections, other=collections)
    def merge(self, one: Collected, other: Collected) -> Any:
        if one.sums.n + other.sums.n > 5 * BLOCK:
            return multiple()
        rows = one.rows if not other.sums.n else other.rows if not one.sums.n else None
        return self.keep(one.moments + other.moments, one.sums + other.sums, rows)

    @rule(one=collections, way=st.sampled_from(["bytes", "pickle", "copy", "sum"]))
    def replace(self, one: Collected, way: str) -> None:
        ways = {
            "bytes": lambda: fastgd.Moments.from_bytes(one.moments.to_bytes()),
            "pickle": lambda: pickle.loads(pickle.dumps(one.moments)),
            "copy": one.moments.copy,
            "sum": lambda: sum([one.moments]),
        }
        again = ways[way]()
        assert again.to_bytes() == one.moments.to_bytes()
        one.moments = again

    @precondition(lambda self: any(one.rows for one in self.all))
    @rule(target=collections, one=collections, batch=batches)
    def continue_elsewhere(self, one: Collected, batch: Rows) -> Any:
        """Rows that follow, summed apart from the place where they begin, and then joined."""
        batch = tuple(row for row in batch if row[0] > 0)
        if not one.rows or not batch or len(batch) > self.budget:
            return multiple()
        self.budget -= len(batch)
        part = one.moments.starting_at(len(one.rows))
        if len(one.rows) < BLOCK and len(one.rows) + len(batch) >= 2 * BLOCK:  # a whole block, about what no block has shown
            with pytest.raises(fastgd.DataError, match="need to know the first 4,096: begin with Moments.starting_at"):
                add(part, batch, "arrays")
            return multiple()
        add(part, batch, "arrays")
        return self.keep(one.moments + part, one.sums + Sums.of(batch), one.rows + batch)

    @invariant()
    def holds(self) -> None:
        """What the newest hold; each has been the newest."""
        for one in self.all[-2:]:
            assert one.moments.n_samples == one.sums.n
            if one.sums.n:
                require_close(one.moments, one.sums)

    def teardown(self) -> None:
        for one in self.all:
            assert one.moments.n_samples == one.sums.n
            if one.sums.n:
                require_close(one.moments, one.sums)
            if one.rows:
                w, x, y = np.array(one.rows).T
                whole = fastgd.Moments.from_arrays(x, y, None if (w == 1.0).all() else w)
                assert fastgd.fit(one.moments).moments.to_bytes() == fastgd.fit(whole).moments.to_bytes()


def add(moments: fastgd.Moments, batch: Rows, how: str) -> fastgd.Moments:
    w, x, y = np.array(batch).T
    weight = None if (w == 1.0).all() else w
    if how == "lists":
        return moments.update(x.tolist(), y.tolist(), sample_weight=None if weight is None else weight.tolist())
    if how == "points":
        return moments.update(np.column_stack([x, y]), sample_weight=weight)
    if how == "blocks":
        cut = len(x) // 2
        return moments.update((x[s], y[s], w[s]) if weight is not None else (x[s], y[s]) for s in (slice(cut), slice(cut, None)))
    return moments.update(x, y, sample_weight=weight, n_jobs=2 if how == "threads" else 1)


def require_close(moments: fastgd.Moments, sums: Sums) -> None:
    """To 14 digits of the largest that stands in the sums: means of it, covariances of the standard deviations."""
    mean, covariance = moments.mean.tolist(), moments.covariance.tolist()
    spread = [root(sums.covariance(i, i)) for i in range(COLUMNS)]
    for i in range(COLUMNS):
        assert abs(Fraction(mean[i]) - sums.mean(i)) <= Fraction(1, 10**14) * max(abs(sums.mean(i)), spread[i])
        for j in range(COLUMNS):
            lost = Fraction(1, 10**28) * abs(sums.mean(i) * sums.mean(j))  # where rows lie far from zero and hardly vary
            wanted, size = sums.covariance(i, j), spread[i] * spread[j]
            assert abs(Fraction(covariance[i][j]) - wanted) <= Fraction(1, 10**14) * size + lost + LEAST


def root(square: Fraction) -> Fraction:
    """To 30 digits or more, of squares that float64 cannot hold too: here none but 0 is below 2^-2148."""
    return Fraction(math.isqrt(math.floor(square * 4**1200)), 2**1200)


@pytest.mark.parts(4)
def test_any_order(part: int) -> None:
    examples = max(50, settings().max_examples // 20)  # of many steps each
    run_state_machine_as_test(Collecting, settings=settings(settings(), max_examples=examples, stateful_step_count=20))
