"""Threads, as many as `n_jobs` says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fastgd.arguments import argument_error, whole

if TYPE_CHECKING:
    from concurrent.futures import Executor


@contextmanager
def threads(n_jobs: int) -> Iterator[Executor | None]:
    """A pool of so many threads; none for one."""
    count = _number_of(n_jobs)
    if count == 1:
        yield None
        return
    from concurrent.futures import ThreadPoolExecutor  # 3 ms of every import of fastgd, for logging

    with ThreadPoolExecutor(count) as pool:
        yield pool


def _number_of(n_jobs: Any) -> int:
    count = whole(n_jobs, "n_jobs", least=None, more=" of threads, or -1 for all processors")
    if count < 0:
        count += 1 + (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    if count < 1:
        raise argument_error("n_jobs", n_jobs, "pass 1 or more threads, or -1 for all processors")
    return count
