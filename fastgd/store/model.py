"""Model files: a fit as JSON that people can read, without any rows. Loading a file executes nothing in it.

A formula in it is code, though: it is run when rows are given to predict from or to add.

`result` is for people. The fit itself is `moments`, what the data had to say, and `request`, what was asked of `fit`: it is
computed anew from these, so that a file outlives the kernels that it was written with. Floats are the shortest decimals that read
back as the same bits.

In `moments`,

- `high` and `low` are sums over rows, each the unevaluated pair high + low: of w, of w u for each column (the target last), of
  w u v for each pair of columns (00, 01, ..., 11, ...). There u = column / 2^exponent - shift and w = weight / 2^exponent, and
  `exponent` begins with that of the weight;
- `log_weight` is the sum of the weights' binary logarithms in units of 2^-44;
- `library` is that of the frame that the rows came in;
- `solution`, where not null, is a least squares solution that was refined on the rows, better than these sums: intercept and
  coefficients, high and low, of the columns themselves;
- `precision`, in files of version 2, is the share of each column's sum of squares about its mean that is not known.

Version 2 is written only for moments that have a precision, so that an older fastgd reads all other files. Files of version 1
with a solution do not say how well their sums are known: questions that the solution does not answer are refused then.

`sha256` is that of all the rest as JSON in ASCII with sorted keys and without blanks.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Set
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from fastgd.arguments import counted
from fastgd.descent.run import Run
from fastgd.errors import DataError, shown
from fastgd.moments.details import Details, Solution, is_log_weight
from fastgd.moments.moments import Moments
from fastgd.moments.packing import is_count
from fastgd.moments.passes import closed_moments
from fastgd.moments.sums import LARGEST_EXPONENT, sums_of
from fastgd.request import Request
from fastgd.sources import LIBRARIES, read_formula
from fastgd.store.writing import replace

_FORMAT = "fastgd model"
_KEYS = {
    "the file": {"format", "version", "result", "request", "moments", "sha256"},
    "result": {"status", "intercept", "coef", "error", "n_iter", "remaining"},
    "request": {"learning_rate", "max_iter", "tol", "start", "fit_intercept", "standardize"},
    "moments": {"n_samples", "n_dropped", "feature_names", "target_name", "formula", "log_weight", "library"}
    | {"high", "low", "shift", "exponent", "solution"},
    "solution": {"fit_intercept", "high", "low", "error"},
}
_AGREEMENT = 1e-9  # passes the last digits of another machine's exp or of a later kernel


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """What a model file holds, once it is known to be whole and unchanged."""

    moments: Moments
    request: Request
    parameters: list[float]

    def require_agreement(self, computed: list[float], sizes: list[Fraction]) -> None:
        """Refuse a file whose parameters are not those computed from its moments and request.

        Parameters
        ----------
        computed : list of float
            Intercept and coefficients.
        sizes : list of Fraction
            How large each could be by the scales of the data: what is tiny beside them may differ by as much as they round.
        """
        features = self.moments.feature_names
        names = ["intercept", *(["slope"] if len(features) == 1 else [f"coefficient of {name}" for name in features])]
        for name, old, new, size in zip(names, self.parameters, computed, sizes, strict=True):
            unit = max(abs(Fraction(old)), abs(Fraction(new)), size)
            if abs(Fraction(old) - Fraction(new)) > Fraction(_AGREEMENT) * unit:
                raise DataError(f"its {name} is {old!r}, and its moments and request give {new!r}")


def write(run: Run, path: str | os.PathLike[str]) -> None:
    """Write a run to a model file."""
    content = _content(run)
    content["sha256"] = _checksum(content)
    replace(_name(path), _lines(content) + "\n", "the fit")


def read(path: str | os.PathLike[str]) -> Stored:
    """The content of a model file, or the error that says what is wrong with it."""
    try:
        with open(_name(path), encoding="utf-8") as file:
            content = json.load(file, parse_float=_finite, parse_constant=_finite, object_pairs_hook=_group)
    except DataError:
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(_reason(error)) from error
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise DataError(f"it is not a model file: 'format' in it is not {_FORMAT!r}")
    version = content.get("version")
    if version not in (1, 2):
        raise DataError(
            f"it has version {version!r} of the format, and this fastgd reads versions 1 and 2: "
            "load it with the fastgd that saved it, or a later one"
        )
    _require_keys("the file", content)
    _require_keys("result", content["result"])
    _require_keys("request", content["request"])
    _require_keys("moments", content["moments"], {"precision"} if version == 2 else set())
    moments = _moments(content["moments"])
    found = content["result"]
    coef = _list("result", found, "coef", moments.n_features, float)
    _require(type(found["intercept"]) is float, "result", "intercept", "a number")
    if content.pop("sha256") != _checksum(content):
        raise DataError("it was changed after it was saved: its sha256 is not that of its content")
    return Stored(moments, Request.from_dict(content["request"], unstable="run"), [found["intercept"], *coef])


def _content(run: Run) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "version": 1 if run.moments.precision is None else 2,
        "result": {
            "status": run.status.name.lower(),
            "intercept": run.intercept,
            "coef": run.coef.tolist(),
            "error": _held(lambda: run.error),
            "n_iter": _held(lambda: run.n_iter),
            "remaining": run.remaining,
        },
        "request": run._request.to_dict() | {"start": list(run.start)},
        "moments": _content_of_moments(run.moments),
    }


def _content_of_moments(moments: Moments) -> dict[str, Any]:
    high, low, shift, exponent = moments._sums.tolist()
    q, details = moments.n_features + 1, moments._details
    content = {
        "n_samples": moments.n_samples,
        "n_dropped": moments.n_dropped,
        "feature_names": list(moments.feature_names),
        "target_name": moments.target_name,
        "formula": details.formula and details.formula.to_dict(),
        "log_weight": details.log_weight,
        "library": details.library,
        "high": high,
        "low": low,
        "shift": shift[1 : q + 1],
        "exponent": [int(e) for e in exponent[: q + 1]],
        "solution": _content_of_solution(details.solution),
    }
    if moments.precision is not None:
        content["precision"] = moments.precision.tolist()
    return content


def _content_of_solution(solution: Solution | None) -> dict[str, Any] | None:
    if solution is None:
        return None
    high, low = solution.theta.tolist()
    return {"fit_intercept": solution.fit_intercept, "high": high, "low": low, "error": solution.error}


def _lines(content: Any, indent: str = "\n ") -> str:
    """JSON with a line for each key, and lists on the line of theirs."""
    if not isinstance(content, dict):
        return json.dumps(content, allow_nan=False)
    lines = [f"{indent}{json.dumps(key)}: {_lines(value, indent + ' ')}" for key, value in content.items()]
    return f"{{{','.join(lines)}{indent[:-1]}}}"


def _held(get: Callable[[], float]) -> float | None:
    """A figure for people; None where float64 cannot hold it."""
    try:
        value = get()
    except DataError:
        return None
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _moments(part: dict[str, Any]) -> Moments:
    names = part["feature_names"]
    _require(isinstance(names, list) and all(type(name) is str for name in names), "moments", "feature_names", "a list of names")
    _require(bool(names), "moments", "feature_names", "a list of one name or more")
    _require(type(part["target_name"]) is str, "moments", "target_name", "a name")
    for key, least in (("n_samples", 1), ("n_dropped", 0)):
        _require(is_count(part[key]) and least <= part[key], "moments", key, "a number of rows")
    _require(is_log_weight(part["log_weight"], part["n_samples"]), "moments", "log_weight", "a valid sum of logarithms")
    known = part["library"] is None or part["library"] in LIBRARIES
    _require(known, "moments", "library", f"{', '.join(map(repr, LIBRARIES))} or null")
    q = len(names) + 1
    high, low = (_list("moments", part, key, sums_of(q), float) for key in ("high", "low"))
    shift = _list("moments", part, "shift", q, float)
    exponents = _list("moments", part, "exponent", q + 1, int)
    _require(all(abs(e) <= LARGEST_EXPONENT for e in exponents), "moments", "exponent", "exponents of float64 numbers")
    sums = np.zeros((4, sums_of(q)))
    sums[0], sums[1], sums[2, 1 : q + 1], sums[3, : q + 1] = high, low, shift, exponents
    solution, precision = _solution(part["solution"], q), None
    if "precision" in part:
        precision = np.array(_list("moments", part, "precision", q, float))
        _require(bool(((precision >= 0.0) & (precision <= 1.0)).all()), "moments", "precision", "shares from 0 to 1")
    elif solution is not None:
        precision = np.ones(q)  # version 1 does not say
    details = Details(part["n_dropped"], solution, read_formula(part["formula"]), part["log_weight"], part["library"])
    return closed_moments(sums, part["n_samples"], tuple(names), part["target_name"], details, precision)


def _solution(part: Any, q: int) -> Solution | None:
    if part is None:
        return None
    _require_keys("solution", part)
    theta = [_list("solution", part, key, q, float) for key in ("high", "low")]
    _require(type(part["fit_intercept"]) is bool, "solution", "fit_intercept", "true or false")
    _require(type(part["error"]) is float and part["error"] >= 0.0, "solution", "error", "a number that is not negative")
    return Solution(part["fit_intercept"], np.array(theta), part["error"])


def _require_keys(name: str, part: Any, more: Set[str] = frozenset()) -> None:
    keys = _KEYS[name] | more
    if not isinstance(part, dict):
        raise DataError(f"{name!r} in it is not a group of keys")
    for found, what in ((keys - part.keys(), "lacks"), (part.keys() - keys, "has the unknown key")):
        if found:
            raise DataError(f"{name} {what} {', '.join(sorted(map(repr, found)))}")


def _list(name: str, part: dict[str, Any], key: str, length: int, kind: type) -> list[Any]:
    values = part[key]
    good = isinstance(values, list) and len(values) == length and all(type(value) is kind for value in values)
    _require(good, name, key, f"a list of {counted(length, 'whole number' if kind is int else 'number')}")
    return list(values)


def _require(good: bool, name: str, key: str, needed: str) -> None:
    if not good:
        raise DataError(f"{key!r} in {name} is not {needed}")


def _group(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that occurs twice: it would show a reader one value and give the other."""
    group: dict[str, Any] = {}
    for key, value in pairs:
        if key in group:
            raise DataError(f"the key {key!r:.60} occurs twice in it")
        group[key] = value
    return group


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise DataError(f"it holds {text}: every number must be finite")
    return value


def _checksum(content: dict[str, Any]) -> str:
    from hashlib import sha256  # here, as it loads OpenSSL: 6 ms of every import of fastgd

    return sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest()


def _name(path: Any) -> str:
    try:
        name = os.fsdecode(path)
        os.fsencode(name)
    except (TypeError, UnicodeEncodeError):
        name = "\0"
    if "\0" in name:
        raise DataError(f"{shown(path)} is not the name of a file")
    return name


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return f"no such file (looked in {os.getcwd()})"
    return str(error.strerror) if isinstance(error, OSError) else f"it is not JSON, or is cut off ({error})"
