"""What can go wrong, how a descent can end, and how messages write values and arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum


class FastGDError(Exception):
    """Base of every error that fastgd raises on purpose.

    Attributes
    ----------
    argument : str or None
        Name of the argument that cannot be used; None where the error is about the data, or about more than one argument.
    """

    argument: str | None = None


class DataError(FastGDError, ValueError):
    """The data or an argument cannot be used as they are; the message says what came, where, and what to do."""

    def __init__(self, message: str, argument: str | None = None) -> None:
        super().__init__(message)
        self.argument = argument


class UnstableLearningRateError(FastGDError, ValueError):
    """The learning rate is at or past 2 / lambda_max, where gradient descent moves away from the minimum.

    Attributes
    ----------
    learning_rate : float
        The rate that was asked for.
    max_learning_rate : float
        The limit that it must stay below.
    overflow_iteration : int or None
        The iteration at which the error would overflow float64; None if it never would.
    """

    argument = "learning_rate"

    def __init__(
        self, message: str, learning_rate: float, max_learning_rate: float, overflow_iteration: int | None
    ) -> None:
        super().__init__(message)
        self.learning_rate = learning_rate
        self.max_learning_rate = max_learning_rate
        self.overflow_iteration = overflow_iteration

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return type(self), (self.args[0], self.learning_rate, self.max_learning_rate, self.overflow_iteration)


class ConvergenceWarning(UserWarning):
    """A descent stopped before the tolerance that was asked for, or left the numbers that float64 can hold."""


class Status(Enum):
    """How a descent ended; the value is its sentence."""

    CONVERGED = "The tolerance is met, or no coefficient changes any more."
    MAX_ITER = "The iterations that were asked for were run, and the optimum is not reached yet."
    DIVERGED = "The learning rate is too large: the descent moves away from the minimum, and was stopped before it overflows."


def shown(value: object, most: int = 60) -> str:
    """The repr of a value for a message, cut to so many characters; its type where there is no repr, as of a huge int."""
    try:
        return repr(value)[:most]
    except Exception:  # whatever a __repr__ raises, the message is about something else
        if isinstance(value, int):
            return f"an int of {value.bit_length():,} bits"
        return f"<{type(value).__qualname__}>"


def as_keyword(name: str, *value: object) -> str:
    """An argument as Python code: ``name=value``, or just the name."""
    return f"{name}={shown(value[0])}" if value else name


_spell: Callable[..., str] = as_keyword


def spelled(name: str, *value: object) -> str:
    """How the caller writes an argument, with a value or without: ``name=value``, unless `spelling` says otherwise."""
    return _spell(name, *value)


@contextmanager
def spelling(spell: Callable[..., str]) -> Iterator[None]:
    """Within it, messages write arguments by `spell`, called as `spelled` is: the command line writes options."""
    global _spell
    before, _spell = _spell, spell
    try:
        yield
    finally:
        _spell = before


COUNTED = "(rows count from 0)"
"""Ends the messages that name a row of an array or a frame; lines of a text file count from 1, as editors show them."""


def missing_extra(package: str, extra: str, purpose: str) -> ImportError:
    """The one text for a package that an optional part needs and that is not installed."""
    return ImportError(f"{purpose} needs {package}, which is not installed: pip install 'fastgd[{extra}]'")
