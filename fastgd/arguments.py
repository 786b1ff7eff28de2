"""One check for each kind of argument. Each returns the value in the type that is computed with, or raises `DataError`."""

from __future__ import annotations

import operator
from collections.abc import Sized
from itertools import chain
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.typing import NDArray

from fastgd.errors import COUNTED, DataError, shown, spelled

FLOAT64 = np.dtype(np.float64)
_NO_NUMBERS = (str, bytes, list, tuple, np.complexfloating)
"""Types that are not one number: float() would accept some of them, with a warning or without."""


def argument_error(name: str, value: object, needed: str) -> DataError:
    """The error for an argument that cannot be used: what was passed, and what is needed."""
    return DataError(f"{spelled(name, value)}: {needed}", name)


def flag(value: Any, name: str) -> bool:
    """True or False, as Python's or NumPy's bool."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    raise argument_error(name, value, "pass True or False")


def choice(value: Any, name: str, *choices: str, more: str = "") -> str:
    """One of several strings; `more` ends the message."""
    if isinstance(value, str) and value in choices:
        return value
    raise argument_error(name, value, f"pass {', '.join(map(repr, choices[:-1]))} or {choices[-1]!r}{more}")


def whole(value: Any, name: str, least: int | None = 0, below: tuple[int, str] | None = None, more: str = "") -> int:
    """An int of at least `least` and less than `below`, a number and how to write it; `more` says what else can be passed."""
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise argument_error(name, value, f"it must be a whole number (an int){more}") from None
    if least is not None and number < least:
        raise argument_error(name, value, f"it must be at least {least}" if least else "it must not be negative")
    if below is not None and number >= below[0]:
        raise argument_error(name, value, f"it must be below {below[1]}")
    return number


def number(value: Any, name: str) -> float:
    """One number, which may be infinite or NaN."""
    found = value if type(value) is float else real(value)
    if found is None:
        raise argument_error(name, value, "it must be a number that float64 can hold")
    return found


def rate(learning_rate: Any) -> float:
    """A positive, finite learning rate."""
    found = learning_rate if type(learning_rate) is float else real(learning_rate)
    if found is None or not 0.0 < found < np.inf:
        raise argument_error("learning_rate", learning_rate, "it must be a positive, finite number; 'auto' finds the fastest")
    return found


def tolerance(tol: Any) -> float:
    """A share of a distance, between 0 and 1."""
    return _between(tol, "tol", "the share of the distance that may be left")


def level(value: Any) -> float:
    """The probability of an interval, between 0 and 1."""
    return _between(value, "level", "for example 0.95")


def _between(value: Any, name: str, meaning: str) -> float:
    found = real(value)
    if found is None or not 0.0 < found < 1.0:
        raise argument_error(name, value, f"it must be a number between 0 and 1, {meaning}")
    return found


def plural(number: int, noun: str) -> str:
    """The noun, in the plural unless the number is 1."""
    return noun if number == 1 else f"{noun}s"


def counted(number: int, noun: str) -> str:
    """A number with its noun: "1 row", "2,000 rows"."""
    return f"{number:,} {plural(number, noun)}"


def numbers(values: Any, name: str, drop: bool = False) -> NDArray[Any]:
    """An array of real numbers, in its own type. With `drop`, cells that are masked or None become NaN."""
    if type(values) is ndarray and values.dtype is FLOAT64:
        return values
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        mask = np.ma.getmaskarray(values)
        if drop:
            data = np.where(mask, 0, values.data) if values.dtype.kind in "fiubO" else values.data
            filled = np.array(numbers(data, name), np.float64)
            filled[mask] = np.nan
            return filled
        where = _place(tuple(np.argwhere(mask)[0]))
        raise DataError(f"{name} is masked {where}: every value must be a finite number; drop the row {COUNTED}", name)
    if isinstance(values, list | tuple) and _has_masked(values):
        return numbers([_without_masks(value) for value in values], name, drop)
    try:
        array = np.asarray(values)
    except (TypeError, ValueError, MemoryError) as error:  # raised by the object, or for a wrong length
        reason = str(error) or "its length is more than fits in memory"
        raise DataError(_uneven(values, name) or f"{name} is not a table of numbers: {reason}", name) from None
    dtype = array.dtype
    if dtype.kind in "fiub":
        return array
    if dtype.kind in "OSUT":  # NumPy makes all text where one cell is: look at the original cells
        if array.ndim == 0:
            kind = type(values).__qualname__
            raise DataError(f"{name} of type {kind} cannot be read: pass an array, a list or a column", name)
        return _parse(np.asarray(values, dtype=object), name, drop)
    if dtype.names:
        fields = ", ".join(dtype.names)
        raise DataError(f"{name} is a structured array with fields {fields}: pass two of them as (x, y)", name)
    words = {"c": "complex numbers", "M": "dates", "m": "time spans"}.get(dtype.kind, f"values of type {dtype}")
    advice = "convert them to numbers first, e.g. seconds" if dtype.kind in "Mm" else "real numbers are needed"
    raise DataError(f"{name} holds {words}: {advice}", name)


def real(value: Any) -> float | None:
    """The value as a float, or None if it is not one number that float64 can hold; text is not a number."""
    try:
        if isinstance(value, ndarray) and value.ndim == 0:
            value = value[()]
        if isinstance(value, _NO_NUMBERS) or np.ndim(value):  # ValueError: rows of several lengths
            return None
        return None if isinstance(value, np.ma.core.MaskedConstant) else float(value)  # naming numpy.ma loads it
    except (TypeError, ValueError, OverflowError, MemoryError):
        return None


def _has_masked(values: list[Any] | tuple[Any, ...]) -> bool:
    """Whether a list or its rows hold masked arrays or cells, of which NumPy would read what is under the mask."""
    kinds = set(map(type, values))
    if kinds and kinds <= {list, tuple}:
        kinds = set(map(type, chain.from_iterable(values)))
    return any(issubclass(kind, np.ma.MaskedArray) for kind in kinds)


def _without_masks(values: Any) -> Any:
    """The same with lists in place of masked arrays, and None in place of masked cells."""
    if isinstance(values, np.ma.MaskedArray):
        return values.tolist()
    return [_without_masks(value) for value in values] if isinstance(values, list | tuple) else values


def _parse(array: NDArray[Any], name: str, drop: bool) -> NDArray[np.float64]:
    """An array of objects as float64; the error names the first that is not a number."""
    out = np.empty(array.shape)
    for index, cell in np.ndenumerate(array):
        found = np.nan if cell is None and drop else real(cell)
        if found is None:
            reason = "a number is needed"
            if isinstance(cell, str | bytes):
                reason = "a number is needed, not text"
            elif isinstance(cell, int):
                reason = "it is too large for float64"
            raise DataError(f"{name} holds {shown(cell, 40)} {_place(index)}: {reason} {COUNTED}", name)
        out[index] = found
    return out


def _place(index: tuple[int, ...]) -> str:
    if not index:
        return "throughout"
    return f"in row {index[0]}" + (f", column {index[1]}" if len(index) > 1 else "")


def _uneven(rows: Any, name: str) -> str | None:
    """The message about the first row whose length is not that of row 0; None if there is none."""
    if not isinstance(rows, list | tuple):
        return None
    lengths = [len(row) if isinstance(row, Sized) and not isinstance(row, str) else None for row in rows]
    row = next((i for i, length in enumerate(lengths) if length != lengths[0]), None)
    if row is None:
        return None
    found, first = ("one number" if length is None else f"a list of {length}" for length in (lengths[row], lengths[0]))
    return f"{name} holds {found} in row {row} and {first} in row 0: all rows must be equally long {COUNTED}"
