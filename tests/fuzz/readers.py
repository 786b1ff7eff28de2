"""The files that fastgd reads, read for the fuzzers: whatever is in them, a sound result or a `DataError` comes out.

What a fuzzer changes is signed again, so that a checksum hides nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import forging
from verdict import outcome, require_sound

import fastgd


def read_csv(data: bytes, file: Path, require: Callable[[Any], None] = require_sound) -> None:
    """A CSV of these bytes, fitted; and predicted from by what its own fit says."""
    file.write_bytes(data)
    for missing in ("raise", "drop"):
        found = outcome(lambda missing=missing: fastgd.fit(file, missing=missing))
        require(found)
        if isinstance(found, fastgd.FitResult):
            outcome(lambda found=found: found.predict(file))


def read_model(data: bytes, file: Path) -> None:
    """A model file of these bytes, loaded."""
    file.write_bytes(data)
    require_sound(outcome(lambda: fastgd.load(file)))


def read_moments(data: bytes, file: Path | None = None) -> None:
    """Moments of these bytes: fitted, added to, written again."""
    found = outcome(lambda: fastgd.Moments.from_bytes(data))
    if not isinstance(found, fastgd.Moments):
        return
    require_sound(outcome(lambda: fastgd.fit(found)))
    width = found.n_features or 1
    outcome(lambda: fastgd.Moments.from_bytes(found.to_bytes()) + found)
    outcome(lambda: found.update([[1.0] * width, [2.0] * width], [1.0, 3.0]))
    outcome(lambda: found.starting_at(3))
    assert isinstance(repr(found), str)


def signed_model(text: bytes) -> bytes:
    """A model file with the checksum of its content; as it is where it is no JSON object."""
    try:
        content = json.loads(text)
        content.pop("sha256", None)
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
        return json.dumps(content | {"sha256": hashlib.sha256(canonical).hexdigest()}).encode()
    except (ValueError, AttributeError, TypeError, RecursionError):
        return text


def taken_apart(data: bytes) -> tuple[dict[str, Any], bytes]:
    """Header and numbers of bytes of moments; `forging.signed` puts them together again."""
    header, arrays = forging.opened(data)
    return {**header, "shapes": [array.shape for array in arrays]}, b"".join(array.tobytes() for array in arrays)


def model_samples(folder: Path) -> list[bytes]:
    """Model files of several kinds."""
    x = [1.0, 2.0, 4.0, 5.5]
    y = [2.0, 3.0, 4.5, 9.0]
    wide = [[float((i * j * j) % 11) for j in range(40)] for i in range(6)]
    results = [
        fastgd.fit(x, y),
        fastgd.fit(x, y, max_iter=7, learning_rate=0.01, start=(1, 2), sample_weight=[1, 2, 0, 3]),
        fastgd.fit([[a, a * a] for a in x], y, standardize=True, tol=1e-3),
        fastgd.fit([1e200, 2e200, 4e200], [1e-200, 3e-200, 2e-200], fit_intercept=False),
        fastgd.fit(wide, [1.0, 2.0, 0.0, 5.0, 1.0, 1.0]),
    ]
    for number, result in enumerate(results):
        result.save(folder / f"{number}.json")
    return [(folder / f"{number}.json").read_bytes() for number in range(len(results))]


def moments_samples() -> list[bytes]:
    """Bytes of moments of several kinds: collected, closed, weighted, in parts, refined, empty."""
    x = [float(i % 13) for i in range(4100)]
    y = [float(i % 7) for i in range(4100)]
    begun = fastgd.Moments.from_arrays(x[:4098], y[:4098])
    wide = [[float((i * j * j) % 11) for j in range(40)] for i in range(4)]
    made = [
        fastgd.Moments(),
        fastgd.Moments.from_arrays(x[:5], y[:5]),
        fastgd.Moments.from_arrays([[a, a * a] for a in x[:4]], y[:4], [1, 2, 1, 3]),
        fastgd.fit(x[:5], y[:5]).moments,
        begun,
        begun.starting_at(4098).update(x[4098:], y[4098:]),
        fastgd.fit(wide, [1.0, 2.0, 0.0, 5.0]).moments,
    ]
    return [moments.to_bytes() for moments in made]


CSV_SAMPLES = [
    b"x,y\n1,2\n2,4\n3,7\n",
    b"1,2\n2,4\n3,7",
    b'"a b",y\r\n1,"2"\r\n"3",4\r\n\r\n5,9\r\n',
    b"a;b;y\n1,5;2;3\n2;1;0\n",
    b"a\ty\n1e308\t-1e-308\n2\tNA\n,4\n",
    b"\xef\xbb\xbfx|y\n1|2\n2|3\n",
    b'x,y\n"1\n",2\n',
    b"x,y\n1,2\n\xff\xfe,3\n",
]
