"""The content of moments as bytes and back, and all that can be checked of it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastgd.moments.content import Content, features_of
from fastgd.moments.details import Details, Solution, is_log_weight
from fastgd.moments.packing import is_count, pack, require, unpack
from fastgd.moments.segment import Segment
from fastgd.moments.sums import columns_of, require_sums
from fastgd.sources import LIBRARIES, read_formula

Array = NDArray[np.float64]

_KEYS = {"sums", "features", "target", "n_closed", "n_dropped", "segment", "solution", "formula", "log_weight", "library"}


def encode(content: Content) -> bytes:
    """`Moments.to_bytes`."""
    sums, details = content.sums, content.details
    header: dict[str, Any] = {
        "sums": sums is not None,
        "features": content.feature_names,
        "target": content.target_name,
        "n_closed": content.n_closed,
        "n_dropped": details.n_dropped,
        "segment": None,
        "solution": None,
        "formula": details.formula and details.formula.to_dict(),
        "log_weight": details.log_weight,
        "library": details.library,
    }
    arrays = []
    if sums is not None:
        if content.precision is not None:
            sums = sums.copy()
            _precision_row(sums)[:] = content.precision
        arrays.append(sums)
    if details.solution is not None:
        fit_intercept, theta, error = details.solution
        header["solution"] = [fit_intercept, error]
        arrays.append(theta)
    if content.segment is not None:
        header["segment"], parts = content.segment.content()
        arrays += parts
    return pack(header, arrays)


def decode(data: bytes) -> Content:
    """`Moments.from_bytes`: what `encode` wrote, or a `DataError` that says what is wrong with it."""
    header, arrays = unpack(data)
    _require_header(header)
    sums = precision = solution = segment = None
    require(len(arrays) >= header["sums"] + (header["solution"] is not None), "arrays are missing")
    if header["sums"]:
        sums = arrays.pop(0)
        require(sums.ndim == 2, "the sums are not a table")
        require_sums(sums, columns_of(sums))
        if _precision_row(sums).any():
            precision = _precision_row(sums).copy()
            require(bool(((precision >= 0.0) & (precision <= 1.0)).all()), "the precision of the sums is not valid")
            _precision_row(sums)[:] = 0.0
    p = features_of(sums, None)
    if header["solution"] is not None:
        fit_intercept, error = header["solution"]
        solution = Solution(fit_intercept, arrays.pop(0), error)
        require(solution.theta.shape == (2, p + 1), "the solution is of other columns")
    formula = read_formula(header["formula"])
    if header["segment"] is not None:
        segment = Segment.of_content(header["segment"], arrays)
        require(p in (0, segment.q - 1), "the rows are of other columns than the sums")
    else:
        require(not arrays, "there are arrays that belong to nothing")
    names = header["features"]
    require(names is None or len(names) == features_of(sums, segment) > 0, "there are more or fewer names than features")
    details = Details(header["n_dropped"], solution, formula, header["log_weight"], header["library"])
    content = Content(sums, header["n_closed"], segment, names and tuple(names), header["target"], details, precision)
    require(is_log_weight(details.log_weight, content.n_samples), "the logarithm of the weights is not valid")
    return content


def _precision_row(sums: Array) -> Array:
    """Where the precision stands in bytes: in the row of the shifts, after these."""
    q = columns_of(sums)
    return sums[2, 1 + q : 1 + 2 * q]


def _require_header(header: dict[str, Any]) -> None:
    """Check what can be said of a header without the arrays."""
    require(header.keys() == _KEYS, "the header does not have the keys that it should")
    names, target, solution = header["features"], header["target"], header["solution"]
    good = names is None or isinstance(names, list) and all(type(name) is str for name in names)
    require(good, "the names of the features are not valid")
    require(target is None or type(target) is str, "the name of the target is not valid")
    require(type(header["sums"]) is bool, "it does not say whether there are sums")
    require(is_count(header["n_closed"]) and is_count(header["n_dropped"]), "a number of rows is not valid")
    require(header["sums"] == (header["n_closed"] > 0), "there are sums without rows, or rows without sums")
    if solution is not None:
        fit_intercept, error = solution if isinstance(solution, list) and len(solution) == 2 else (None, None)
        require(type(fit_intercept) is bool and type(error) is float and 0.0 <= error < math.inf, "the solution is not valid")
        require(header["sums"], "there is a solution without sums")
    require(header["library"] is None or header["library"] in LIBRARIES, "the library of the frame is not one that is known")
