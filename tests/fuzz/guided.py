"""The readers under a fuzzer that follows their branches: python tests/fuzz/guided.py {csv,model,moments} [options of libFuzzer].

With atheris (extra `fuzz`). It runs until Ctrl-C, or as long as `-max_total_time=3600` says; what it finds is left as a file
crash-*, which the same command reads again if it is given as an argument. A folder as an argument is kept as the corpus.
"""

from __future__ import annotations

import math
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SLOW = 1.0
"""Seconds of the processor for one input: whatever a small file says, it is soon read."""

LIMITS = ["-rss_limit_mb=4096", "-timeout=300", "-max_len=8192", "-len_control=0"]
"""Of memory: the fuzzer itself keeps 120 bytes of each input, 2 GB in an hour."""


def main() -> None:
    import atheris

    sys.path.append(str(Path(__file__).parent.parent))
    with atheris.instrument_imports(include=["fastgd"], exclude=["fastgd.kernels"]):  # numba compiles what it finds there
        import fastgd.sources.files.files
        import fastgd.sources.formulas.formula  # noqa: F401
    import readers

    target, *options = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        seeds = Path(folder, "seeds")
        seeds.mkdir()
        for number, seed in enumerate(SEEDS[target](readers, Path(folder))):
            (seeds / str(number)).write_bytes(seed)
        corpora = [] if any(not option.startswith("-") for option in options) else [str(Path(folder, "corpus"))]
        for corpus in corpora:
            Path(corpus).mkdir()
        read, file = READS[target], Path(folder, "some.csv" if target == "csv" else "some.json")

        def one(data: bytes) -> None:
            begun = time.process_time()
            read(readers, data, file)
            assert time.process_time() - begun < SLOW

        fastgd.warmup()  # or the first input waits for the kernels, and the next for pyarrow
        read(readers, SEEDS[target](readers, Path(folder))[0], file)
        given = corpora + ([] if any(Path(option).is_file() for option in options) else [str(seeds)])
        atheris.Setup([sys.argv[0], *LIMITS, *options, *given], one)
        atheris.Fuzz()


def _is_finite(found: Any) -> None:
    if hasattr(found, "coef"):
        assert math.isfinite(found.intercept) and all(map(math.isfinite, found.coef.tolist()))


def _read_csv(readers: Any, data: bytes, file: Path) -> None:
    readers.read_csv(data, file, _is_finite)


def _read_model(readers: Any, data: bytes, file: Path) -> None:
    readers.read_model(data, file)
    readers.read_model(readers.signed_model(data), file)


def _read_moments(readers: Any, data: bytes, file: Path) -> None:
    """A header, a byte of 0, and numbers, to be signed."""
    header, _, numbers = data.partition(b"\0")
    readers.read_moments(readers.forging.signed(header, numbers))


def _moments_seeds(readers: Any, folder: Path) -> list[bytes]:
    import json

    taken = (readers.taken_apart(sample) for sample in readers.moments_samples())
    return [json.dumps(header).encode() + b"\0" + numbers for header, numbers in taken]


READS: dict[str, Callable[[Any, bytes, Path], None]] = {"csv": _read_csv, "model": _read_model, "moments": _read_moments}
SEEDS: dict[str, Callable[[Any, Path], list[bytes]]] = {
    "csv": lambda readers, folder: readers.CSV_SAMPLES,
    "model": lambda readers, folder: readers.model_samples(folder),
    "moments": _moments_seeds,
}


if __name__ == "__main__":
    main()
