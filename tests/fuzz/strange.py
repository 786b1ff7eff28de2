"""Strategies: whatever a user, or another library, may hand in."""

from __future__ import annotations

import array
import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

Values = np.ndarray[Any, Any]


class Own(Exception):
    """Raised by the objects below in the middle of being read: it is the caller's, and may come out as it is."""


# numbers

EDGES = [0.0, -0.0, 5e-324, -1e-310, 2.2250738585072014e-308, 1e-300, 1e-154, 1.0, -3.0, 1e15, 1.7e12, 2.0**53 + 2]
EDGES += [1e154, 1e300, 1.7976931348623157e308, -1.7976931348623157e308]
BROKEN = [math.nan, math.inf, -math.inf]
small = st.integers(-50, 50).map(lambda i: i / 4)
numbers = st.one_of(small, st.sampled_from(EDGES), st.floats(allow_nan=False, allow_infinity=False))
cells = st.one_of(numbers, numbers, st.sampled_from(BROKEN))
scales = st.sampled_from([1.0, 1.0, 1e-308, 1e-160, 1e-20, 1e20, 1e160, 1e300])
offsets = st.sampled_from([0.0, 0.0, 0.0, 1.0, -3e4, 1e9, 1.7e12, 1e16])


@st.composite
def columns(draw: st.DrawFn, n: int) -> Values:
    """n values with something in common, or nothing."""
    kind = draw(st.sampled_from(["near", "near", "far", "any", "equal", "few", "broken"]))
    if kind in ("near", "far"):
        near = np.array(draw(st.lists(small, min_size=n, max_size=n)))
        return near if kind == "near" else near * draw(scales) + draw(offsets)
    if kind == "equal":
        return np.full(n, draw(numbers))
    pool = cells if kind == "broken" else numbers
    if kind == "few":
        pool = st.sampled_from(draw(st.lists(numbers, min_size=1, max_size=3)))
    return np.array(draw(st.lists(pool, min_size=n, max_size=n)), np.float64)


sizes = st.sampled_from([1, 2, 3, 3, 4, 5, 6, 8, 12])
widths = st.sampled_from([1, 1, 1, 2, 2, 3, 5])


@st.composite
def tables(draw: st.DrawFn) -> tuple[Values, Values]:
    """X of shape (n, p) and y; one row, more columns than rows, repeated and dependent columns among them."""
    n, p = draw(sizes), draw(widths)
    made = [draw(columns(n)) for _ in range(p + 1)]
    if p > 1 and draw(st.integers(0, 4)) == 0:
        made[0] = made[1]
    X = np.column_stack(made[:-1])
    if draw(st.integers(0, 40)) == 0:  # the road of many columns
        X = np.tile(X, (1, -(-40 // p)))
    return X, made[-1]


@st.composite
def benign(draw: st.DrawFn, n: int | None = None) -> tuple[Values, Values]:
    """Rows that nothing is wrong with."""
    n = draw(st.integers(2, 12)) if n is None else n
    X = np.array(draw(st.lists(small, min_size=2 * n, max_size=2 * n))).reshape(n, 2)
    return X[:, : draw(st.sampled_from([1, 1, 2]))], np.array(draw(st.lists(small, min_size=n, max_size=n)))


# the same numbers in other clothes

DTYPES = [np.float16, np.float32, np.longdouble, np.int8, np.int64, np.uint64, np.bool_, np.complex64, np.complex128]
DTYPES += [">f8", ">i4", "U12", "S8", "M8[s]", "m8[ns]", object, np.dtypes.StringDType()]


def strided(values: Values) -> Values:
    return np.repeat(values, 2, axis=0)[::2]


def backward(values: Values) -> Values:
    return np.flip(np.flip(values).copy())


def unaligned(values: Values) -> Values:
    room = np.zeros(values.nbytes + 1, np.uint8)[1:]
    moved = room.view(values.dtype).reshape(values.shape)
    moved[...] = values
    return moved


def read_only(values: Values) -> Values:
    values = values.copy()
    values.flags.writeable = False
    return values


def masked(values: Values) -> Values:
    mask = np.zeros(values.shape, bool)
    mask.reshape(-1)[::3] = True
    return np.ma.array(values, mask=mask)


def repeated(values: Values) -> Values:
    """The first row again and again, with a stride of 0."""
    return np.broadcast_to(values[:1], values.shape)


def structured(values: Values) -> Values:
    return np.array([(v, v) for v in values.reshape(-1)], [("a", np.float64), ("b", np.float64)])


def exactly(values: Values) -> list[Any]:
    return [Fraction(v) if math.isfinite(v) else Decimal(v) for v in values.reshape(-1).tolist()]


CLOTHES: list[Callable[[Values], Any]] = [
    strided,
    backward,
    read_only,
    unaligned,
    repeated,
    masked,
    np.ma.asarray,
    np.asfortranarray,
    structured,
    exactly,
    Values.tolist,
    lambda values: tuple(map(tuple, np.atleast_2d(values).tolist())),
    lambda values: list(values),
    lambda values: [masked(row) for row in np.atleast_1d(values)],
    lambda values: memoryview(np.ascontiguousarray(values)),
    lambda values: array.array("d", values.reshape(-1).tolist()),
    lambda values: values.view(np.recarray),
    lambda values: values[np.newaxis],
    lambda values: values[..., np.newaxis],
    lambda values: values[:0],
    lambda values: values[..., :0],
    lambda values: values[0],
    lambda values: values.reshape(-1)[0],
    lambda values: Says(values),
    lambda values: Sequence(values.tolist()),
]


@st.composite
def clothed(draw: st.DrawFn, values: Values, odds: int = 2) -> Any:
    """An array as it is or, one time in `odds`, of another type, another shape, or in something that is none."""
    if draw(st.integers(1, odds)) > 1 or values.size == 0:
        return values
    if draw(st.booleans()):
        with np.errstate(all="ignore"):
            try:
                return values.astype(draw(st.sampled_from(DTYPES)))  # type: ignore[arg-type]
            except (ValueError, RuntimeWarning):
                return values
    return draw(st.sampled_from(CLOTHES))(values)


# what is no data


class Says:
    """Converts itself to whatever it is told to."""

    def __init__(self, *values: Any) -> None:
        self.values = list(values)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        value = self.values[0]
        self.values = self.values[1:] or self.values
        if value is Own:
            raise Own
        return value


class Sequence:
    """A sequence whose length may be a lie, and which may change, or break, while it is read."""

    def __init__(self, items: list[Any], length: Any = None, breaks_at: int | None = None, grows: bool = False) -> None:
        self.items, self.length, self.breaks_at, self.grows = items, length, breaks_at, grows

    def __len__(self) -> Any:
        if self.grows:
            self.items = [*self.items, 1.0]
        return len(self.items) if self.length is None else self.length

    def __getitem__(self, index: Any) -> Any:
        if index == self.breaks_at:
            raise Own
        return self.items[index]


class Interface:
    """Says by NumPy's protocol where its numbers are."""

    def __init__(self, interface: Any) -> None:
        self.__array_interface__ = interface


class Number:
    """Has the methods of a number, which give or raise what they are told to."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __float__(self) -> Any:
        if self.value is Own:
            raise Own
        return self.value

    __index__ = __float__
    __bool__ = __float__


class Unshown:
    """Breaks whoever wants to show it."""

    def __repr__(self) -> str:
        raise Own

    __str__ = __repr__


class Vague:
    """Is equal to everything, but does not say so: as arrays and series do."""

    def __eq__(self, other: object) -> Any:
        return np.array([True, False])

    __hash__ = None  # type: ignore[assignment]


def _knot() -> list[Any]:
    knot: list[Any] = [1.0, 2.0]
    knot[0] = knot
    return knot


def _generator(*items: Any) -> Iterator[Any]:
    for item in items:
        if item is Own:
            raise Own
        yield item


HUGE = 10**5000
FLOATS = {"shape": (3,), "typestr": "<f8", "version": 3}
THINGS: list[Callable[[], Any]] = [
    *(lambda thing=thing: thing for thing in (None, Ellipsis, NotImplemented, int, np.ndarray, np, len, object())),
    *(lambda text=text: text for text in ("", "auto", "raise", "nan", "0.1", "x", "a\0b", "\ud800", "no*[file", b"", b"0.1")),
    *(lambda number=number: number for number in (True, 0, -1, 2**53 + 1, 2**63, -(2**63), 10**400, HUGE, -HUGE)),
    *(lambda number=number: number for number in (0.0, -0.0, 0.5, 1.0, 1e-320, 1e308, math.nan, math.inf, 1j, 2 + 0j)),
    lambda: Fraction(1, 3),
    lambda: Fraction(HUGE, 3),
    lambda: Decimal("1e-400"),
    lambda: Decimal("sNaN"),
    lambda: np.float32(0.25),
    lambda: np.longdouble("1e4000"),
    lambda: np.int64(7),
    lambda: np.uint64(2**64 - 1),
    lambda: np.bool_(True),
    lambda: np.complex128(0.5),
    lambda: np.datetime64("2020-01-01"),
    lambda: np.timedelta64(5, "s"),
    lambda: np.str_("auto"),
    lambda: np.ma.masked,
    lambda: np.array(0.5),
    lambda: np.array(3),
    lambda: np.array(1j),
    lambda: np.array("auto"),
    lambda: np.array(None),
    lambda: np.array([0.5]),
    lambda: np.array(["raise", "run"]),
    lambda: np.zeros((2, 2, 2)),
    lambda: np.zeros((0, 2)),
    lambda: np.zeros((3, 0)),
    lambda: np.zeros(3, [("a", np.float64), ("b", "U3")]),
    lambda: np.array([1.0, HUGE, None], object),
    lambda: np.array([1.0, np.complex128(2.0), 3.0], object),
    lambda: np.ma.array(["a", "b"], mask=[True, False]),
    lambda: np.ma.array([1, 2, 3], "M8[s]", mask=[True, False, False]),
    lambda: np.ma.masked_all(3, [("a", np.float64)]),
    lambda: [],
    lambda: [[]],
    lambda: [[], []],
    lambda: [1.0, [2.0, 3.0]],
    lambda: [[1.0, 2.0], [3.0]],
    lambda: [1.0, 2.0, "3"],
    lambda: [1.0, 2.0, None],
    lambda: [1.0, 2.0, np.ma.masked],
    lambda: [1.0, 2.0, HUGE],
    lambda: [1.0, 2.0, Number(0.5)],
    lambda: [1.0, 2.0, Unshown()],
    lambda: ["a", "b"],
    lambda: [None, None],
    lambda: {1.0, 2.0},
    lambda: {"a": [1.0, 2.0], "b": [3.0, 5.0]},
    lambda: range(3),
    lambda: bytearray(b"abc"),
    lambda: memoryview(b"abc"),
    lambda: iter([1.0, 2.0]),
    lambda: _generator(),
    lambda: _generator(None, None),
    lambda: _generator(([1.0, 2.0], [3.0, 5.0]), Own),
    lambda: _generator(([1.0, 2.0], [3.0, 5.0]), ([[1.0, 2.0]], [3.0])),
    lambda: _generator((Sequence([1.0, 2.0], 7), [3.0, 5.0])),
    lambda: _knot(),
    lambda: Says("text"),
    lambda: Says(None),
    lambda: Says([1.0, 2.0, 3.0]),
    lambda: Says(Own),
    lambda: Says(np.array(1.0)),
    lambda: Says(np.ones((2, 2, 2))),
    lambda: Says(np.ones(3), np.ones((3, 2)), np.ones(0)),
    lambda: Says(np.array([1.0, "2", None], object)),
    lambda: Sequence([1.0, 2.0, 3.0], 2),
    lambda: Sequence([1.0, 2.0, 3.0], 7),
    lambda: Sequence([1.0, 2.0, 3.0], -1),
    lambda: Sequence([1.0, 2.0, 3.0], 2**62),
    lambda: Sequence([1.0, 2.0, 3.0], "3"),
    lambda: Sequence([1.0, 2.0, 3.0], breaks_at=1),
    lambda: Sequence([1.0, 2.0, 3.0], grows=True),
    lambda: [Sequence([1.0, 2.0], 2), Sequence([1.0, 2.0], 3)],
    lambda: [Sequence([1.0, 2.0], 2**62)] * 2,
    lambda: Interface(None),
    lambda: Interface({}),
    lambda: Interface({**FLOATS, "data": b"12"}),
    lambda: Interface({**FLOATS, "data": np.ones(3).tobytes()}),
    lambda: Interface({**FLOATS, "data": np.ones(3).tobytes(), "typestr": "<q8"}),
    lambda: Interface({**FLOATS, "data": np.ones(3).tobytes(), "shape": (-1,)}),
    lambda: Interface({**FLOATS, "data": np.ones(3).tobytes(), "shape": (2**62,)}),
    lambda: Number(0.5),
    lambda: Number(1),
    lambda: Number("text"),
    lambda: Number(Own),
    lambda: Unshown(),
    lambda: Vague(),
]
"""Each makes one new thing: some are used up when they are read."""



class Thing:
    """A value that can be shown in a report whatever it is: of THINGS by its number, as `Thing.of(17)`."""

    def __init__(self, value: Any, name: str | None = None) -> None:
        self.value, self.name = value, name

    @classmethod
    def of(cls, number: int) -> Thing:
        return cls(THINGS[number](), f"Thing.of({number})")

    def __repr__(self) -> str:
        try:
            return self.name or f"Thing({self.value!r})"
        except (Own, ValueError):
            return f"Thing(<{type(self.value).__name__}>)"


things = st.integers(0, len(THINGS) - 1).map(Thing.of)
