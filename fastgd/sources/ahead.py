"""Work on the next pieces of a source while the caller is busy with this one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

P = TypeVar("P")
T = TypeVar("T")

WORKERS = 2
"""More would hold more pieces in memory at once; the promise is 300 MiB for any file."""


def work_ahead(pieces: Iterator[P], work: Callable[[P], T]) -> Iterator[T]:
    """`map(work, pieces)`: one thread takes the pieces, others do the work, and at most one piece more than them is under way.

    No thread ever waits for the caller: one who stops early, or lets the iterator lie, leaves none behind that blocks.
    An error comes out where its piece would have.
    """
    done = object()

    def step(piece: Future[P | object]) -> T | object:
        taken = piece.result()
        return done if taken is done else work(taken)  # type: ignore[arg-type]

    reader, workers = ThreadPoolExecutor(1), ThreadPoolExecutor(WORKERS)
    under_way: deque[Future[T | object]] = deque()

    def start() -> None:
        under_way.append(workers.submit(step, reader.submit(next, pieces, done)))

    try:
        for _ in range(WORKERS + 1):
            start()
        while (result := under_way.popleft().result()) is not done:
            start()
            yield result  # type: ignore[misc]
    finally:
        # Workers first: what they wait for, the reader still gives.
        workers.shutdown(cancel_futures=True)
        reader.shutdown(cancel_futures=True)
