"""One check for each kind of argument: each returns the value in the type that is computed with, or raises `DataError`."""

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
"""Types that float() would take, with a warning or without, and those that need no look."""


def argument_error(name: str, value: object, needed: str) -> DataError:
    """The error for an argument that cannot be used: what was passed, and what is needed."""
    return DataError(f"{spelled(name, value)}: {needed}", name)


def flag(value: Any, name: str) -> bool:
    """True or False, also NumPy's."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    raise argument_error(name, value, "pass True or False")


def choice(value: Any, name: str, *choices: str, more: str = "") -> str:
    """One of two or more texts; `more` ends the message."""
    if isinstance(value, str) and value in choices:
        return value
    raise argument_error(name, value, f"pass {', '.join(map(repr, choices[:-1]))} or {choices[-1]!r}{more}")


def whole(value: Any, name: str, least: int | None = 0, below: tuple[int, str] | None = None, more: str = "") -> int:
    """A whole number from `least` on and under `below`, which comes with its text; `more` says what else can be passed."""
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
    """One number, finite or not."""
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
    """The noun for so many."""
    return noun if number == 1 else f"{noun}s"


def counted(number: int, noun: str) -> str:
    """A number and its noun: "1 row", "2,000 rows"."""
    return f"{number:,} {plural(number, noun)}"


def numbers(values: Any, name: str, drop: bool = False) -> NDArray[Any]:
    """An array of real numbers, not converted yet. With `drop`, cells that are masked or None become NaN."""
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
    except (TypeError, ValueError, MemoryError) as error:  # of objects that convert themselves, or lie about their length
        reason = str(error) or "there is no memory for as many as it says it has"
        raise DataError(_uneven(values, name) or f"{name} is not a table of numbers: {reason}", name) from None
    dtype = array.dtype
    if dtype.kind in "fiub":
        return array
    if dtype.kind in "OSUT":  # NumPy turns a list's numbers into text beside one text: look at the cells as they came
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
    """One number as float64, or None for what is none; text is not taken for one."""
    try:
        if isinstance(value, ndarray) and value.ndim == 0:
            value = value[()]
        if isinstance(value, _NO_NUMBERS) or np.ndim(value):  # ValueError: rows of several lengths
            return None
        return None if isinstance(value, np.ma.core.MaskedConstant) else float(value)  # NumPy loads `ma` when it is asked for
    except (TypeError, ValueError, OverflowError, MemoryError):
        return None


def _has_masked(values: list[Any] | tuple[Any, ...]) -> bool:
    """Whether masked arrays or cells are in a list or its rows: NumPy takes what is under the mask, or NaN with a warning."""
    kinds = set(map(type, values))
    if kinds and kinds <= {list, tuple}:
        kinds = set(map(type, chain.from_iterable(values)))
    return any(issubclass(kind, np.ma.MaskedArray) for kind in kinds)


def _without_masks(values: Any) -> Any:
    """Masked arrays and cells, in a list or in its rows, as lists that have None where they are masked."""
    if isinstance(values, np.ma.MaskedArray):
        return values.tolist()
    return [_without_masks(value) for value in values] if isinstance(values, list | tuple) else values


def _parse(array: NDArray[Any], name: str, drop: bool) -> NDArray[np.float64]:
    """Objects as float64, if each is a number."""
    out = np.empty(array.shape)
    for index, cell in np.ndenumerate(array):
        number = np.nan if cell is None and drop else real(cell)
        if number is None:
            reason = "a number is needed"
            if isinstance(cell, str | bytes):
                reason = "a number is needed, not text"
            elif isinstance(cell, int):
                reason = "it is too large for float64"
            raise DataError(f"{name} holds {shown(cell, 40)} {_place(index)}: {reason} {COUNTED}", name)
        out[index] = number
    return out


def _place(index: tuple[int, ...]) -> str:
    if not index:
        return "throughout"
    return f"in row {index[0]}" + (f", column {index[1]}" if len(index) > 1 else "")


def _uneven(rows: Any, name: str) -> str | None:
    """What is wrong with the first of `rows` that is not as long as row 0, if that is the trouble."""
    if not isinstance(rows, list | tuple):
        return None
    lengths = [len(row) if isinstance(row, Sized) and not isinstance(row, str) else None for row in rows]
    row = next((i for i, length in enumerate(lengths) if length != lengths[0]), None)
    if row is None:
        return None
    found, first = ("one number" if length is None else f"a list of {length}" for length in (lengths[row], lengths[0]))
    return f"{name} holds {found} in row {row} and {first} in row 0: all rows must be equally long {COUNTED}"
