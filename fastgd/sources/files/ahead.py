"""Read and work on the next pieces of a source while the caller is busy with this one.

No thread ever waits for the caller: one who stops early, or lets the iterator lie, leaves none behind that blocks. An error comes
out where its piece would have.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

P = TypeVar("P")
T = TypeVar("T")

WORKERS = 2
"""More would hold more pieces in memory at once; the promise is 300 MiB for any file."""

_done = object()


def read_ahead(pieces: Iterator[P]) -> Iterator[P]:
    """The pieces, taken by a thread that is at most two ahead."""
    reader = ThreadPoolExecutor(1)
    return _in_order(lambda: reader.submit(next, pieces, _done), 2, lambda: None, reader)


def work_ahead(pieces: Iterator[P], work: Callable[[P], T], stop: Callable[[], object] = lambda: None) -> Iterator[T]:
    """`map(work, pieces)`: one thread takes the pieces, others do the work, and at most one piece more than them is under way.

    `stop` is called before the threads are waited for: it must end a wait for a piece.
    """
    reader, workers = ThreadPoolExecutor(1), ThreadPoolExecutor(WORKERS)

    def step(piece: Future[P | object]) -> T | object:
        taken = piece.result()
        return _done if taken is _done else work(taken)  # type: ignore[arg-type]

    # Workers end first: what they wait for, the reader still gives.
    return _in_order(lambda: workers.submit(step, reader.submit(next, pieces, _done)), WORKERS + 1, stop, workers, reader)


def _in_order(
    start: Callable[[], Future[T | object]], count: int, stop: Callable[[], object], *pools: ThreadPoolExecutor
) -> Iterator[T]:
    """The results of what `start` begins, `count` of them under way, until one is `_done`; the pools end with it."""
    under_way: deque[Future[T | object]] = deque()
    try:
        for _ in range(count):
            under_way.append(start())
        while (result := under_way.popleft().result()) is not _done:
            under_way.append(start())
            yield result  # type: ignore[misc]
    finally:
        stop()
        for pool in pools:
            pool.shutdown(cancel_futures=True)
