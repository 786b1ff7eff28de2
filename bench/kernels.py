"""Each kernel beside its floor: the time that this machine needs at least to read what it reads and to do what it does.

The floor is the highest of: bytes over the speed of reading, operations over what the vector unit does of them, and additions
that wait for each other times the time of one. All of these are measured in the same run, by loops that the library's own
decorator compiles. Operations are counted from the formulas: TwoSum is 6 additions, TwoProduct a product and a fused one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from figures import duration, number

import fastgd
from fastgd.kernels import factor, layout, line, pointwise, refine, run, spectrum
from fastgd.kernels._compile import kernel
from fastgd.kernels.layout import BLOCK, LANES
from fastgd.moments.sums import LINE, levels_of, summing, sums_of

Array = np.ndarray
CACHE = 2**20
"""Bytes that stay in a cache from one call to the next; the cases have either less or many times as many."""

SECONDS = 0.2
"""To spend on timing one kernel."""

NEAR = 1.5
"""Times its floor; what takes longer says why."""


class Work(NamedTuple):
    """What a call must read and do."""

    memory: float = 0
    """Bytes of data that do not fit into a cache."""
    cache: float = 0
    """Bytes of data that a second-level cache holds."""
    additions: float = 0
    products: float = 0
    """Also fused with an addition."""
    chain: float = 0
    """Additions each of which needs the one before; a product among them counts as two."""

    def __mul__(self, times: float) -> Work:  # type: ignore[override]
        return Work(*(times * count for count in self))

    def __add__(self, other: Work) -> Work:  # type: ignore[override]
        return Work(*(a + b for a, b in zip(self, other, strict=True)))


class Speeds(NamedTuple):
    """Seconds a byte or an operation; `operation` of additions and products in equal parts."""

    memory: float
    cache: float
    addition: float
    product: float
    operation: float
    chain: float


class Case(NamedTuple):
    name: str
    function: Callable[..., Any]
    arguments: Callable[[], tuple[Any, ...]]
    work: Work
    rest: str = ""
    """Why it takes longer than `NEAR` times its floor, where it does."""


def floor(work: Work, speeds: Speeds) -> tuple[float, str]:
    """Seconds, and what takes them."""
    operations = max(
        work.additions * speeds.addition,
        work.products * speeds.product,
        (work.additions + work.products) * speeds.operation,
    )
    return max(
        (work.memory * speeds.memory, "memory"),
        (work.cache * speeds.cache, "cache"),
        (operations, "operations"),
        (work.chain * speeds.chain, "chain"),
    )


@kernel
def read(x: Array, lanes: Array) -> None:
    for start in range(0, x.size, LANES):
        some = x[start : start + LANES]
        for r in range(LANES):
            lanes[r] += some[r]


@kernel
def add(x: Array, times: int) -> None:
    """16 additions of each number of x, in two chains, as numbers beside each other make enough of them."""
    for _ in range(times):
        for r in range(x.size):
            a = b = x[r]
            for _ in range(8):
                a = a + 1.5
                b = b + 2.5
            x[r] = a - b


@kernel
def multiply(x: Array, times: int) -> None:
    for _ in range(times):
        for r in range(x.size):
            a = b = x[r]
            for _ in range(8):
                a = a * 1.5
                b = b * 0.75
            x[r] = a - b


@kernel
def add_and_multiply(x: Array, times: int) -> None:
    for _ in range(times):
        for r in range(x.size):
            a = b = x[r]
            for _ in range(8):
                a = a + 1.5
                b = b * 0.75
            x[r] = a - b


@kernel
def add_in_turn(x: Array, times: int) -> float:
    total = 0.0
    for _ in range(times):
        for r in range(x.size):
            total += x[r]
    return total


def measure_speeds() -> Speeds:
    lanes, large, small, few = np.zeros(LANES), np.ones(2**25), np.ones(2**15), np.ones(2**10)
    operations = (seconds(f, lambda: (np.zeros(2**10), 100)) / (100 * 2**10 * 16) for f in (add, multiply, add_and_multiply))
    return Speeds(
        seconds(read, lambda: (large, lanes)) / large.nbytes,
        seconds(read, lambda: (small, lanes)) / small.nbytes,
        *operations,
        seconds(add_in_turn, lambda: (few, 100)) / (100 * few.size),
    )


def seconds(function: Callable[..., Any], arguments: Callable[[], tuple[Any, ...]], limit: float = SECONDS) -> float:
    """The least of many calls, each with arguments of its own, made outside the timing."""
    function(*arguments())  # compiles it
    best, end = np.inf, time.perf_counter() + limit
    while time.perf_counter() < end or best == np.inf:
        given = arguments()
        start = time.perf_counter()
        function(*given)
        best = min(best, time.perf_counter() - start)
    return best


# Additions one after the other in double-double operations, the longest way through each; a division takes as long as seven.
ADD, MULTIPLY, DIVIDE, ROOT = 17, 10, 27, 43
GATHER = "gathering columns from rows takes 0.16 ns per number, and each loop over 128 lanes has an overhead of 5 ns"
CHAINS = "the sum for each feature is a chain in row order, one feature after another; several at a time took as long"
SHORT = "loops over so few numbers take as long to start as to run, and each waits for the one before"
HALVES = "the sum of a row is formed by halving its lanes: short loops, each of which waits for the one before"
ONE_BY_ONE = "one direction after another, each also with exponentials and scaling"
BY_COLUMNS = "NumPy computes a product and a sum for each column; a kernel would add 0.3 s to the first prediction of a process"
DISTANT = "reading and summing do not overlap: columns are gathered first, then summed"
ROWS = "the numbers of a point are adjacent and are added one after another, four points at a time: not vectorised"
COPY = "reading and computing do not overlap: each chunk of points is read first, then used"
EMPTY = np.empty(0)


def sums(n: int, p: int, weighted: bool = False, far: bool = False, rest: str = "") -> Case:
    """Sums of p features and a target over n rows; far from zero they have low parts, and with weights they do."""

    def prepare() -> tuple[Any, ...]:
        rng = np.random.default_rng(1)
        X, y = rng.normal(1e7 if far else 0.0, 1.0, (n, p)), rng.normal(size=n)
        room = np.empty((levels_of(n, BLOCK), sums_of(p + 1)))
        weight = () if is_line else (rng.uniform(1.0, 2.0, n) if weighted else EMPTY,)
        return X, y, *weight, True, True, room

    q = p + 1
    is_line = q == LINE and not (weighted or far)
    pairs = q * (q + 1) // 2
    plain = Work(additions=7 * q + 8 * pairs, products=2 * pairs)
    work = Work(additions=8 * q + 10 * pairs, products=4 * pairs) if weighted or far else plain
    if far:
        work += Work(additions=6 * q)
    if weighted:
        work += Work(additions=7 + q, products=3 * q)
    work += reading(n, q + weighted)
    work *= n
    if far:  # the first block shows that it is, and is summed again
        work += plain * min(n, BLOCK)
    name = f"sums of {n:,} × {p}" + (", weighted" if weighted else "") + (", far from zero" if far else "")
    return Case(name, lambda *given: summing("sum_line" if is_line else "sum_rows")(*given), fixed(prepare), work, rest)


def fixed(prepare: Callable[[], tuple[Any, ...]]) -> Callable[[], tuple[Any, ...]]:
    """Arguments that a kernel leaves as they are, made once."""
    made: list[tuple[Any, ...]] = []

    def arguments() -> tuple[Any, ...]:
        if not made:
            made.append(prepare())
        return made[0]

    return arguments


def points(n: int, p: int) -> Array:
    return np.random.default_rng(2).normal(size=(n, p + 1))


def error(n: int, p: int, rest: str = "") -> Case:
    function = pointwise.compute_error if p == 1 else pointwise.compute_error_of_features
    start = 0.5 if p == 1 else np.full(p, 0.5)
    work = Work(additions=p + 2, products=p + 1, chain=1) + reading(n, p + 1)
    return Case(f"tutorial: error of {n:,} × {p}", function, fixed(lambda: (0.1, start, points(n, p))), work * n, rest)


def reading(n: int, columns: float) -> Work:
    """Of each of n rows, from where they lie between two calls."""
    size = 8 * columns
    return Work(memory=size) if n * size > CACHE else Work(cache=size)


def steps(n: int, p: int, times: int, rest: str = "") -> Case:
    function = pointwise.descend if p == 1 else pointwise.descend_features
    start = 0.5 if p == 1 else np.full(p, 0.5)
    work = Work(additions=2 * p + 2, products=3 * p + 1, chain=1) + reading(n, p + 1)
    arguments = fixed(lambda: (0.1, start, points(n, p), 1e-4, times))
    return Case(f"tutorial: {times:,} steps on {n:,} × {p}", function, arguments, work * (n * times), rest)


def gradient(p: int, rest: str = "") -> Case:
    """A block of rows as `wide` fills it."""
    width = -(-(p + 2) // refine.STEP) * refine.STEP
    m = 2**18 // width // 4 * 4

    def prepare() -> tuple[Any, ...]:
        rng = np.random.default_rng(3)
        return rng.normal(size=(m, width)), EMPTY, rng.normal(size=(2, width)), np.empty((2, width)), np.empty(2)

    return Case(f"gradient of {m:,} × {width}", refine.gradient_of, fixed(prepare), Work(0, 8, 18, 6) * (m * width), rest)


def positive(p: int) -> Array:
    X = np.random.default_rng(4).normal(size=(2 * p, p))
    return X.T @ X / (2 * p)


def inverse(p: int, rest: str = "") -> Case:
    matrix = positive(p)
    work = Work(additions=1, products=1) * (p**3 / 2)
    return Case(f"inverse of {p} × {p}", refine.invert_factor, lambda: (matrix.copy(), np.empty((p, p))), work, rest)


def solution(p: int, rest: str = "") -> Case:
    """Means, mean products, elimination."""

    def prepare() -> tuple[Any, ...]:
        made = fastgd.Moments.from_arrays(points(4 * p, p - 1), points(4 * p, 0)[:, 0])
        return fastgd.fit(made, max_iter=1).moments._sums, np.zeros(p + 1), np.zeros((2, p)), True, *rooms(p + 1)

    q = p + 1
    work = Work(additions=36, products=8) * (q * q / 2) + Work(additions=16, products=4) * (q**3 / 6)
    work += Work(chain=q * (ROOT + DIVIDE + ADD))
    return Case(f"least squares of {p} features", factor.solve, fixed(prepare), work, rest)


def rooms(q: int) -> tuple[Array, ...]:
    arrays = np.zeros((layout.VECTORS, q)), np.zeros((layout.TARGET_ROWS, q))
    return *arrays, np.zeros((2, q - 1), np.int64), np.zeros((q, q)), np.zeros((q, q))


def directions(m: int, rest: str = "") -> Case:
    """One round over rows that are orthogonal already."""
    rows = np.zeros((m, 2, m))
    rows[:, 0] = np.eye(m)
    work = Work(additions=10, products=4) * (m * (m + 3) / 2 * m)
    return Case(
        f"spectrum: {m} directions, one round", spectrum.find_directions, lambda: (0, rows.copy(), np.empty((3, m))), work, rest
    )


def turning(m: int, rest: str = "") -> Case:
    def prepare() -> tuple[Any, ...]:
        return tuple(np.random.default_rng(5).normal(size=(2, m, 2, m))) + (np.empty((m, 2, m)),)

    work = Work(additions=10, products=4) * m**3
    return Case(f"spectrum: turning {m} directions", spectrum.multiply_rows, fixed(prepare), work, rest)


def iterates(p: int, rest: str = "") -> Case:
    """1,000 iterates 2^30 - 1, all of whose bits are set, of a descent so slow that none of them is done."""
    k = np.full(1000, 2.0**30 - 1.0)

    def prepare() -> tuple[Any, ...]:
        rows = points(50, p)
        slow = 1e-14 * fastgd.analyse(rows).max_learning_rate
        problem, target, course, _ = fastgd.fit(rows, learning_rate=slow, max_iter=1)._parts
        return problem.rows, target.rows, course.rows, k, np.ones(k.size, bool), np.empty((k.size, p + 3))

    work = Work(chain=30 * (2 * ADD + 2 * MULTIPLY)) * k.size
    return Case(f"path: {k.size:,} iterates, {p + 1} directions", run.trace, fixed(prepare), work, rest)


def line_fit() -> Case:
    """Solving (the mean, the mean products, the slope), turning (a root, the eigenvalues, a unit vector), descending."""

    def prepare() -> tuple[Any, ...]:
        made = fastgd.fit(points(100, 1)).moments._sums
        return made, True, False, float("nan"), float("inf"), False, np.zeros(layout.LINE_SHAPE)

    solving = DIVIDE + 3 * MULTIPLY + ADD + DIVIDE
    turning = MULTIPLY + ADD + (ADD + MULTIPLY + ADD + ROOT) + 2 * ADD + (ADD + MULTIPLY + ADD + ROOT + DIVIDE)
    descending = (ADD + DIVIDE) + MULTIPLY + (MULTIPLY + 2 * ADD)
    rest = "also computes logarithms, and fills an array for Python one element at a time"
    return Case(
        "fit of a line from its sums", line.fit_line, fixed(prepare), Work(chain=solving + turning + descending), rest
    )


def prediction(n: int, p: int, rest: str = "") -> Case:
    def prepare() -> tuple[Any, ...]:
        return fastgd.fit(points(100, p)), points(n, p - 1)

    return Case(
        f"predict {n:,} × {p}, by NumPy", lambda result, X: result.predict(X), fixed(prepare), reading(n, p + 1) * n, rest
    )


def cases() -> list[Case]:
    return [
        sums(4096, 1, rest=GATHER),
        sums(2**22, 1),
        *(sums(4096, p, rest=GATHER) for p in (2, 5, 10, 40)),
        sums(2**20, 10, rest=DISTANT),
        sums(4096, 10, weighted=True, rest=GATHER),
        sums(4096, 10, far=True, rest=GATHER),
        error(2**14, 1),
        error(2**13, 10, rest=ROWS),
        steps(100, 1, 1000),
        steps(2**22, 1, 1, rest=COPY),
        *(steps(100, p, 100, rest=CHAINS) for p in (2, 10, 30)),
        gradient(50, rest=HALVES),
        gradient(200, rest=HALVES),
        inverse(100, rest=SHORT),
        solution(10, rest=SHORT),
        solution(40, rest=SHORT),
        directions(40, rest=HALVES),
        turning(40, rest=SHORT),
        line_fit(),
        iterates(1, rest=ONE_BY_ONE),
        iterates(10, rest=ONE_BY_ONE),
        prediction(2**22, 1, rest=BY_COLUMNS),
        prediction(2**20, 10, rest=BY_COLUMNS),
    ]


Measured = tuple[Speeds, list[tuple[Case, float]]]


@cache
def measure() -> Measured:
    """Speeds before and after the kernels, the better of each, and the kernels' seconds."""
    before = measure_speeds()
    times = [(case, seconds(case.function, case.arguments)) for case in cases()]
    return Speeds(*map(min, before, measure_speeds())), times


def render(measured: Measured) -> str:
    speeds, rows = measured
    additions, products, mixed = (f"{1e-9 / value:.3g}" for value in (speeds.addition, speeds.product, speeds.operation))
    lines = [
        f"This machine reads {1e-9 / speeds.memory:.3g} GB/s from memory and {1e-9 / speeds.cache:.3g} GB/s from the "
        f"second-level cache. Per nanosecond it does {additions} additions, {products} products or {mixed} of both mixed. An "
        f"addition that waits for another takes {speeds.chain * 1e9:.2g} ns. The floor is the longest of the times that a call "
        "needs for each.",
        "",
        "| | time | floor | limited by | ratio | why |",
        "|---|--:|--:|---|--:|---|",
    ]
    for case, taken in rows:
        least, reason = floor(case.work, speeds)
        rest = case.rest if taken > NEAR * least else ""
        lines.append(f"| {case.name} | {duration(taken)} | {duration(least)} | {reason} | {number(taken / least)} | {rest} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(render(measure()))
