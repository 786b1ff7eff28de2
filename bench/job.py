"""What a job, a contender and a promise about them are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from rows import Data


class Contender(NamedTuple):
    name: str
    function: Callable[..., Any]
    given: Callable[[Data], tuple[Any, ...]]
    """The arguments, made outside the timing."""
    exact: Callable[[Data], Any] = lambda data: data.solution
    read: Callable[[Any], Any] = lambda answer: answer
    """The numbers in what was returned, to compare with the exact ones."""
    digits: int | None = None
    """How many are right, if that is less than the job asks for, and the table should show it."""
    needs: str | None = None
    """A package of the extra `peers`: without it the contender is skipped, and the run writes no table."""
    curve: str | None = None
    """The name of its curve in the pictures."""


class Job(NamedTuple):
    title: str
    data: Callable[[int], Any]
    """Of a number of rows: `Data`, or files of them."""
    rows: int
    contenders: Sequence[Contender]
    unit: tuple[str, str]
    """Job and contender whose time is 1."""
    turns: int
    """How often all contenders take their turn, so that a slow moment of the machine hits them alike."""
    features: int = 1
    digits: int = 10
    """A contender with fewer right is not timed."""
    rounds: int | None = None
    """Calls timed a turn; None leaves it to pytest-benchmark."""
    memory: Literal["extra", "process"] | None = None
    """What peak memory is measured too: of a call beyond the data, or of a process of its own that reads a file."""
    less: str | None = None
    """Contender whose time is taken off the others'."""
    iterations: int | None = None
    """How many each contender takes; None where all go to the limit."""
    drawn: Literal["rows", "features", "iterations"] | None = None
    """The field along which the job is a point of a picture, on the curves of those contenders that have one."""
    tabled: bool = True
    """Whether it has a table; points of a picture have none unless they tell more."""
    left_out: Mapping[str, str] = MappingProxyType({})
    """Contenders whose job this is too and that do not run, and why."""

    def contender(self, name: str) -> Contender:
        return next(c for c in self.contenders if c.name == name)


class Claim(NamedTuple):
    """A promise about one contender's time as a multiple of another's or, where `against` is None, in a unit."""

    text: str
    of: tuple[str, str]
    against: tuple[str, str] | None
    at_most: float | None = None
    at_least: float | None = None
    unit: Literal["MiB", "seconds"] = "MiB"
