"""How far a long read has come."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from fastgd.arguments import argument_error
from fastgd.errors import missing_extra

Progress = Callable[[int, float | None], object]
"""Called with the rows read so far and the share of the source that they are, None where its size is not known."""

_PATIENCE = 0.5
"""Seconds without a bar; the kernels may be loading."""


@contextmanager
def reporting(progress: Any) -> Iterator[Progress | None]:
    """The function to call: none, the user's own, or for True one that draws a bar on stderr."""
    if progress is None or progress is False:
        yield None
    elif progress is True:
        with _bar() as report:
            yield report
    elif callable(progress):
        yield progress
    else:
        raise argument_error("progress", progress, "pass True, False or a function of the rows read and their share of all")


@contextmanager
def _bar() -> Iterator[Progress]:
    """Rows, rows a second and the time that remains: only where stderr is a terminal and it takes long, and gone at the end."""
    try:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
    except ImportError:
        raise missing_extra("rich", "cli", "a progress bar") from None
    columns = (
        TextColumn("{task.fields[rows]:>13,} rows"),
        BarColumn(),
        TextColumn("{task.fields[rate]:>11,.0f} rows/s"),
        TimeRemainingColumn(),
    )
    shown = Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
    task = shown.add_task("", total=None, rows=0, rate=0.0)
    begun = monotonic()

    def report(rows: int, share: float | None) -> None:
        elapsed = monotonic() - begun
        if elapsed > _PATIENCE and share != 1.0:
            shown.start()
            shown.update(task, total=None if share is None else 1.0, completed=share or 0.0, rows=rows, rate=rows / elapsed)

    try:
        yield report
    finally:
        if shown.live.is_started:
            shown.stop()
