"""The explorer: one interactive HTML file about a fit, without a server and without the network.

bokeh draws. `descent.js` computes from the moments as the kernels do; `model.js` holds what the user can change, `hands.js`
changes it, `panels.js` writes and `pictures.js` draws what follows from it. All of these are put into the one file as they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import fastgd
from fastgd.errors import missing_extra

__all__ = ["page"]

_SCRIPTS = ("descent.js", "words.js", "model.js", "panels.js", "pictures.js", "hands.js", "page.js")
_MOST_DRAWN = 1000  # points; more hide each other and are hard to grab
_MOST_FEATURES = 200
_LAST = 10**15  # the last iteration of the page, whose numbers are float64 and count exactly up to 2^53
_SMALLEST, _LARGEST = 1e-60, 1e60  # numbers whose fourth powers double-double arithmetic can still split
_FLATTEST = 1e-200  # eigenvalue, of rows with hardly any weight, whose rounding float64 can still hold


def page(result: fastgd.FitResult, rows: Iterable[tuple[ArrayLike, ...]] | None = None) -> str:
    """The page of a fit as HTML text, which `FitResult.explore` writes to a file.

    Parameters
    ----------
    result : FitResult
    rows : iterable of (x, y) or of (x, y, weights), optional
        The rows of a fit with one feature, in blocks, to be drawn; of many rows, a sample is.

    Returns
    -------
    str

    Raises
    ------
    DataError
        For rows that are not those of the fit, more than 200 features, numbers above 1e60 or below 1e-60, weights with such a
        sum, or a column that only rows with hardly any weight make vary.
    ImportError
        Without bokeh.

    Examples
    --------
    >>> import fastgd
    >>> x, y = [1, 2, 3, 4], [2, 4, 5, 8]
    >>> fastgd.explorer.page(fastgd.fit(x, y), [(x, y)])[:15]
    '<!DOCTYPE html>'
    """
    try:
        from fastgd.explorer import figures
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "bokeh":
            raise
        raise missing_extra("bokeh", "explorer", "the explorer") from None
    is_line, moments = len(result.feature_names) == 1, result.moments
    raw = fastgd.analyse(moments, fit_intercept=result.fit_intercept)
    _require_sizes(result, raw)
    weight = moments.total_weight
    if rows is not None:
        _require_size(weight, "the weights add up to", "the weights")
    data = _facts(result, weight) | (_line(moments, rows) if is_line else _many(result, raw, weight))
    texts = {
        "bokeh": figures.library(),
        "figures": _json(figures.draw(result, is_line)),
        "data": _json(data),
        "scripts": "\n".join(f"<script>{_text(name)}</script>" for name in _SCRIPTS),
        "style": _text("page.css"),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda place: texts[place[1]], _text("page.html"))


def _text(name: str) -> str:
    return files("fastgd.explorer").joinpath(name).read_text(encoding="utf-8")


def _json(value: Any) -> str:
    """JSON for a script element, which no column's name can close."""
    return json.dumps(value, allow_nan=False).replace("<", "\\u003c")


def _require_sizes(result: fastgd.FitResult, raw: fastgd.Stability) -> None:
    """Refuse numbers that the page's arithmetic, without scaling, would lose."""
    p = len(result.feature_names)
    if p > _MOST_FEATURES:
        raise fastgd.DataError(f"{p} features were fitted: the explorer shows at most {_MOST_FEATURES}; fit those to be seen")
    moments = result.moments
    sizes = np.hypot(moments.mean, np.sqrt(np.diag(moments.covariance)))
    for name, size in zip((*moments.feature_names, moments.target_name), sizes.tolist(), strict=True):
        if size:
            _require_size(size, f"column {name!r:.60} has numbers of", "the column")
    if not all(abs(value) <= _LARGEST for value in result.start):
        raise fastgd.DataError(f"start={result.start!r:.200}: the explorer shows starts up to {_LARGEST:g}")
    smallest = raw.eigenvalues[raw.eigenvalues > 0.0].min(initial=1.0)
    if smallest < _FLATTEST:
        raise fastgd.DataError(
            f"an eigenvalue is about {smallest:.0e}: the explorer shows those from {_FLATTEST:g}; "
            "leave out rows with hardly any weight"
        )


def _require_size(size: float, what: str, name: str) -> None:
    if not _SMALLEST <= size <= _LARGEST:
        raise fastgd.DataError(
            f"{what} about {size:.0e}: the explorer shows sizes from {_SMALLEST:g} to {_LARGEST:g}; "
            f"multiply {name} by a power of ten"
        )


def _facts(result: fastgd.FitResult, weight: float) -> dict[str, Any]:
    """What the page needs for one feature and for many."""
    start = [0.0] * (not result.fit_intercept) + list(result.start)
    return {
        "features": list(result.feature_names),
        "target": result.moments.target_name,
        "samples": result.moments.n_samples,
        "dropped": result.n_dropped,
        "weight": weight,
        "intercept": result.fit_intercept,
        "standardize": result.standardize,
        "start": start,
        "rate": result.learning_rate,
        "iteration": min(result.n_iter, _LAST),
    }


def _line(moments: fastgd.Moments, rows: Iterable[tuple[ArrayLike, ...]] | None) -> dict[str, Any]:
    mean, covariance = moments.in_double_double()
    drawn = None if rows is None else _sample(moments, rows).tolist()
    return {
        "mean": mean.tolist(),
        "covariance": covariance.tolist(),
        "rows": drawn,
        "complete": drawn is not None and len(drawn) == moments.n_samples,
    }


def _sample(moments: fastgd.Moments, rows: Iterable[tuple[ArrayLike, ...]]) -> NDArray[np.float64]:
    """The rows (x, y, weight), or of many a sample in their order, which is the same in every run."""
    random = np.random.default_rng(0)
    kept, keys, seen = np.empty((0, 3)), np.empty(0), fastgd.Moments()
    for x, y, *weights in rows:
        seen.update(x, y, sample_weight=weights[0] if weights else None)
        if seen.n_features != 1:
            raise fastgd.DataError(
                f"the rows to be shown have {seen.n_features} features and one was fitted: pass the same as to fit"
            )
        block = np.column_stack([np.ravel(x), np.ravel(y), np.ravel(weights[0]) if weights else np.ones(np.size(y))])
        block = block[block[:, 2] != 0.0].astype(np.float64)
        kept, keys = np.concatenate([kept, block]), np.concatenate([keys, random.random(len(block))])
        if len(keys) > _MOST_DRAWN:
            chosen = np.sort(np.argpartition(keys, _MOST_DRAWN)[:_MOST_DRAWN])
            kept, keys = kept[chosen], keys[chosen]
    _require_the_same(moments, seen)
    return kept


def _require_the_same(fitted: fastgd.Moments, shown: fastgd.Moments) -> None:
    """Refuse rows with other moments, as the page computes from those of the fit."""
    count = f"{shown.n_samples:,} rows are to be shown and {fitted.n_samples:,} were fitted"
    same = shown.n_samples == fitted.n_samples > 0
    if same:
        spread = np.sqrt(np.diag(fitted.covariance))
        count = "the rows to be shown have other means or covariances than those that were fitted"
        same = bool((np.abs(shown.mean - fitted.mean) <= 1e-9 * spread + 1e-15 * np.abs(fitted.mean)).all())
        same = same and bool((np.abs(shown.covariance - fitted.covariance) <= 1e-9 * np.outer(spread, spread)).all())
    if not same:
        raise fastgd.DataError(f"{count}: pass the same data, features and weights as to fit")


def _many(result: fastgd.FitResult, raw: fastgd.Stability, weight: float) -> dict[str, Any]:
    """What the page computes iterates from, in the data's coordinates and in standardised ones."""
    mean, _ = result.moments.in_double_double()
    same = {"weight": weight, "intercept": result.fit_intercept, "parameters": len(result.start), "least": result.optimum.error}
    same["mean"] = mean[:-1].tolist()
    return {name: _problem(found) | same for name, found in (("raw", raw), ("standardized", raw.standardized()))}


def _problem(stability: fastgd.Stability) -> dict[str, Any]:
    """Eigenvalues of A = H / 2, the steepest direction first; of each direction the intercept's part first."""
    optimum, scale, eigenvalues = stability.in_double_double()
    directions = stability.directions[::-1]
    if not stability.fit_intercept:
        directions = np.insert(directions, 0, 0.0, axis=1)
    return {
        "standardize": stability.standardize,
        "best": optimum.tolist(),
        "scale": scale.tolist(),
        "eigenvalues": (0.5 * eigenvalues[::-1]).tolist(),
        "directions": directions.tolist(),
    }
