"""How far a long read has come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from fastgd.errors import DataError, missing_extra

Progress = Callable[[int, float | None], object]
"""Called with the rows read so far and the share of the source that they are, None where its size is not known."""


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
        raise DataError(f"progress={progress!r:.60}: pass True, False or a function of the rows read and their share of all")


@contextmanager
def _bar() -> Iterator[Progress]:
    """Rows, rows a second and the time that remains; drawn only where stderr is a terminal, and gone at the end."""
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
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task("", total=None, rows=0, rate=0.0)

        def report(rows: int, share: float | None) -> None:
            elapsed = shown.tasks[0].elapsed or 0.0
            rate = rows / elapsed if elapsed > 0.0 else 0.0
            shown.update(task, total=None if share is None else 1.0, completed=share or 0.0, rows=rows, rate=rate)

        yield report
