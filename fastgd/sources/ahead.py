"""Work on the next pieces of a source while the caller is busy with this one.

No thread ever waits for the caller: one who stops early, or lets the iterator lie, leaves none behind that blocks. An error comes
out where its piece would have.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice, repeat
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

P = TypeVar("P")
T = TypeVar("T")

WORKERS = 2
"""More would hold more pieces in memory at once; the promise is 300 MiB for any file."""

_END = object()


def in_order(futures: Iterator[Future[T]], count: int) -> Iterator[T]:
    """The results in the order in which the work began.

    Taking a future from the iterator begins its work. While the caller has one result, the next `count` are under way.
    """
    under_way = deque(islice(futures, count))
    while under_way:
        result = under_way.popleft().result()
        under_way.extend(islice(futures, 1))
        yield result


def read_ahead(pieces: Iterator[P]) -> Iterator[P]:
    """The pieces, taken by a thread that is at most two ahead."""
    from concurrent.futures import ThreadPoolExecutor  # here and below: it loads logging, 3 ms of every import of fastgd

    reader = ThreadPoolExecutor(1)
    taken = (reader.submit(next, pieces, _END) for _ in repeat(None))
    return _until_end(taken, 2, lambda: None, reader)


def work_ahead(pieces: Iterator[P], work: Callable[[P], T], stop: Callable[[], object] = lambda: None) -> Iterator[T]:
    """`map(work, pieces)`: one thread takes the pieces, others do the work, and at most one piece more than them is under way.

    `stop` is called before the threads are waited for: it must end a wait for a piece.
    """
    from concurrent.futures import ThreadPoolExecutor

    reader, workers = ThreadPoolExecutor(1), ThreadPoolExecutor(WORKERS)

    def step(piece: Future[P | object]) -> T | object:
        taken = piece.result()
        return _END if taken is _END else work(taken)  # type: ignore[arg-type]

    # Workers end first: what they wait for, the reader still gives.
    begun = (workers.submit(step, reader.submit(next, pieces, _END)) for _ in repeat(None))
    return _until_end(begun, WORKERS + 1, stop, workers, reader)


def _until_end(futures: Iterator[Future[T | object]], count: int, stop: Callable[[], object], *pools: Executor) -> Iterator[T]:
    """The results until one is `_END`; the pools end with them."""
    try:
        for result in in_order(futures, count):
            if result is _END:
                return
            yield result  # type: ignore[misc]
    finally:
        stop()
        for pool in pools:
            pool.shutdown(cancel_futures=True)
