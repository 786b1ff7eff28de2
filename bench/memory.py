"""``python bench/memory.py JOB CONTENDER ROWS``: the MiB that a call takes at its peak beyond the data. Linux with glibc only."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

from jobs import JOBS

PROCESS = Path("/proc/self")


def high_water_mark() -> int:
    """Largest resident size since the last reset, KiB; getrusage's would begin at that of the parent process."""
    lines = (PROCESS / "status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def main(job: str, name: str, rows: int) -> None:
    contender = JOBS[job].contender(name)
    contender.function(*contender.given(JOBS[job].data(300)))  # what is loaded once is not the data's doing
    arguments = contender.given(JOBS[job].data(rows))
    ctypes.CDLL(None).malloc_trim(0)  # freed but still resident, it would serve the call unseen
    (PROCESS / "clear_refs").write_text("5")
    before = high_water_mark()
    contender.function(*arguments)
    print((high_water_mark() - before) / 1024)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
