"""The page of a fit, as text and as HTML, and the frames of its coefficients."""

from __future__ import annotations

import html.parser
import importlib.util
import re
import sys
from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastgd

stats = pytest.importorskip("scipy.stats", reason="inference needs SciPy")

X, Y = [1.0, 2.0, 3.0, 4.0], [2.0, 4.0, 5.0, 8.0]
HEAD = ["std error", "t", "p", "95 % from", "to"]


def noisy(n: int = 30, p: int = 2, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(5.0, 2.0, (n, p)), rng.normal(size=n)


def parts(text: str) -> list[str]:
    return text.split("\n\n")


def cells(table: str) -> list[list[str]]:
    """Rows of a table of text, whose columns are two blanks apart or more; the first cell of the head is empty."""
    head, *rows = table.splitlines()
    return [["", *re.split(" {2,}", head.strip())], *(re.split(" {2,}", row) for row in rows)]


def facts(part: str) -> dict[str, str]:
    folded = re.sub(r"\n {8,}", " ", part)
    return dict(re.split(" {2,}", line, maxsplit=1) for line in folded.splitlines())  # type: ignore[arg-type]


def test_equations_subtract_what_is_negative() -> None:
    X = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 2.0], [0.0, -2.0]])
    assert repr(fastgd.fit(X, X @ [-1.5, 2.0] - 3.0)) == "<FitResult: y = -3 - 1.5 * x0 + 2 * x1, converged>"
    through_0 = fastgd.fit(np.column_stack([X, X + 1.0]), X @ [-1.5, 2.0], fit_intercept=False)
    assert repr(through_0).startswith("<FitResult: y = -") and " * x0 + " in repr(through_0) and "- -" not in repr(through_0)
    assert " + 1 more, converged" in repr(fastgd.fit(*noisy(p=5)))


def test_the_page_of_a_fit_that_arrived() -> None:
    result = fastgd.fit(X, Y)
    title, table, fit, descent = parts(result.summary())
    assert title == "y on x, 4 rows"
    head, intercept, slope = cells(table)
    assert head == ["", "coef", *HEAD]
    found = result.inference()
    for row, j in ((intercept, 0), (slope, 1)):
        expected = [found.coef[j], found.standard_error[j], found.t[j], found.p_value[j], *found.interval[j]]
        assert row[0] == found.names[j]
        assert [float(cell) for cell in row[1:]] == pytest.approx(expected, rel=1e-2, abs=1e-12)
    assert facts(fit) == {
        "residual sd": "0.591608 on 2 degrees of freedom",
        "R squared": "0.962666667, adjusted 0.944, r 0.981156",
        "F": "51.5714 on 1 and 2 degrees of freedom, p 0.019",
        "log-likelihood": "-2.1898155, AIC 8.379631, BIC 7.1522198",
        "condition of X": "7.46874",
    }
    known = facts(descent)
    assert list(known) == [
        "status", "iterations", "distance to go", "mean squared error", "learning rate", "stable below", "best rate", "condition",
        "coordinates", "rank",
    ]  # fmt: skip
    assert known["mean squared error"] == "27.25 at the start, 0.175 at the end, the least possible"
    assert known["distance to go"] == "0 %"


def test_a_run_that_stopped_short_stands_beside_the_optimum() -> None:
    result = fastgd.fit(X, Y, learning_rate=0.1, max_iter=9, start=[1.0, -2.5])
    title, opening, table, fit, descent = parts(result.summary())
    share = f"{100 * result.remaining:.3g} %"
    assert opening.replace("\n", " ") == (
        f"The descent stopped with {share} of the distance still to go. The least squares solution is shown alongside; the "
        "statistics refer to it."
    )
    head, intercept, slope = cells(table)
    assert head == ["", "descent", "optimum", *HEAD]
    assert [float(row[1]) for row in (intercept, slope)] == pytest.approx([result.intercept, result.slope], rel=1e-8)
    assert [float(row[2]) for row in (intercept, slope)] == [0.0, 1.9]
    assert fit == parts(fastgd.fit(X, Y).summary())[2]
    known = facts(descent)
    assert (known["start"], known["R squared at end"]) == ("1, -2.5", f"{result.r2:.12g}")
    assert known["mean squared error"].endswith("at the end, at best 0.175")


def test_a_run_that_diverged_says_so() -> None:
    result = fastgd.fit(X, Y, learning_rate=1.0, max_iter=9, unstable="run")
    assert "The descent diverged and was stopped. The least squares solution is shown alongside" in result.summary()
    assert facts(parts(result.summary())[-1])["distance to go"] == "more than at the start"


@pytest.mark.parametrize(
    ("fit", "reason"),
    [
        (lambda: fastgd.fit(X[:2], Y[:2]), "2 rows for 2 coefficients: nothing is left"),
        (lambda: fastgd.fit([1, 2, 3], [3, 5, 7]), "the line passes through all 3 rows"),
        (lambda: fastgd.fit([2, 2, 2], Y[:3]), "x is the same in every row"),
        (lambda: fastgd.fit([0, 0, 0], Y[:3], fit_intercept=False), "x is zero in every row"),
        (lambda: fastgd.fit(*noisy(3, 5)), "3 rows for 6 coefficients"),
        (lambda: fastgd.fit([1e-300, 2e-300, 3e-300], [1e10, -1e10, 2e10], max_iter=2, unstable="run", learning_rate=9.0), ""),
    ],
)
def test_the_page_never_fails(fit: Callable[[], fastgd.FitResult], reason: str) -> None:
    result = fit()
    text = result.summary()
    assert f"\n\nNo standard errors: {reason}" in text
    assert f"status              {result.status.name.lower()}: " in text
    assert max(map(len, text.splitlines())) <= 100
    assert html_of(result)


@pytest.mark.parametrize(("max_iter", "last"), [(0, "at best beyond float64"), (None, "the least possible")])
def test_a_figure_beyond_float64_is_said_to_be(max_iter: int | None, last: str) -> None:
    descent = parts(fastgd.fit([1, 2, 3], [1e300, 2e300, 4e300], max_iter=max_iter).summary())[-1]
    assert facts(descent)["mean squared error"] == f"beyond float64 at the start, beyond float64 at the end, {last}"
    rates = facts(parts(fastgd.fit([1e-200, 2e-200, 4e-200], [1, 2, 5], fit_intercept=False).summary())[-1])
    assert [rates[key] for key in ("learning rate", "stable below", "best rate")] == ["beyond float64"] * 3


def test_without_scipy_the_page_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    title, table, note, fit, descent = parts(fastgd.fit(X, Y).summary())
    assert cells(table)[0] == ["", "coef"]
    assert note.replace("\n", " ") == (
        "No standard errors: inference needs scipy, which is not installed: pip install 'fastgd[stats]'."
    )
    assert facts(fit) == {"R squared": f"{fastgd.fit(X, Y).r2:.12g}"}


def test_what_the_data_leave_undecided_is_marked() -> None:
    X, y = noisy(p=3)
    X = np.column_stack([X, X[:, 0] + X[:, 1]])
    title, table, note, fit, descent = parts(fastgd.fit(X, y).summary())
    assert [row[0] for row in cells(table) if row[-1] == "undecided"] == ["x0", "x1", "x3"]
    assert note.replace("\n", " ") == (
        "Undecided: x0, x1 and x3, because columns depend on each other. Of all solutions that fit equally well, this is the "
        "nearest to the start."
    )
    assert facts(fit)["F"].split(" on ")[1].startswith("3 and 26 degrees of freedom")


def test_of_many_features_forty_are_shown() -> None:
    result = fastgd.fit(*noisy(60, 43))
    table = cells(parts(result.summary())[1])
    assert [row[0] for row in table] == ["", "intercept", *(f"x{i}" for i in range(40)), "and 3 more"]
    assert {len(row) for row in table} == {7}
    rows = "and {} more</th><td>...</td><td>...</td><td>...</td><td>...</td><td>...</td><td>...</td></tr></tbody>"
    assert rows.format(3) in result._repr_html_() and rows.format(3) in result.inference()._repr_html_()
    assert "more" not in parts(fastgd.fit(*noisy(60, 40)).summary())[1]


@pytest.mark.parametrize("level", [0.5, 0.999])
def test_the_level_is_that_of_the_intervals(level: float) -> None:
    result = fastgd.fit(*noisy())
    row = cells(parts(result.summary(level))[1])
    assert row[0][-2:] == [f"{100 * level:g} % from", "to"]
    assert [float(cell) for cell in row[2][-2:]] == pytest.approx(result.inference(level).interval[1], rel=1e-4)
    with pytest.raises(fastgd.DataError, match="level=95: it must be a number between 0 and 1, for example 0.95"):
        result.summary(95)


def test_narrow_intervals_and_r_squared_near_1_show_where_they_differ() -> None:
    x = np.arange(20.0)
    result = fastgd.fit(x, 1e6 + x + 1e-5 * np.random.default_rng(2).normal(size=20))
    found, (_, intercept, slope) = result.inference(), cells(parts(result.summary())[1])
    for row, j in ((intercept, 0), (slope, 1)):
        shown = float(row[-1]) - float(row[-2])
        assert shown == pytest.approx(found.interval[j, 1] - found.interval[j, 0], rel=1e-3)
    shown = float(facts(parts(result.summary())[2])["R squared"].split(",")[0])
    assert 1 - shown == pytest.approx(1 - found.r2, rel=1e-2)


@pytest.mark.parametrize(("t", "digits"), [(0.0, ".3f"), (1.0, ".3f"), (3.3, ".3f"), (3.7, ".1e"), (20.0, ".1e")])
def test_p_has_two_digits_or_three_decimals(t: float, digits: str) -> None:
    """Of a slope t standard errors from 0."""
    x, noise = np.tile([-1.0, 1.0], 20), np.repeat([1.0, -1.0], 20)
    slope = cells(parts(fastgd.fit(x, noise + t * 38**-0.5 * x).summary())[1])[2]
    assert slope[4] == format(2 * stats.t.sf(t, 38), digits)


def test_p_is_never_said_to_be_0() -> None:
    x, noise = np.tile([-1.0, 1.0], 400), np.repeat([1e-6, -1e-6], 400)
    text = fastgd.fit(x, noise + x).summary()
    assert cells(parts(text)[1])[2][4] == "<1e-300" and "degrees of freedom, p <1e-300\n" in text


def test_without_an_intercept_r_squared_is_about_0() -> None:
    fit = facts(parts(fastgd.fit(X, Y, fit_intercept=False).summary())[2])
    assert fit["R squared"].startswith("0.993577982") and ", about 0, adjusted " in fit["R squared"]
    assert fit["residual sd"].endswith("on 3 degrees of freedom")


class Tables(html.parser.HTMLParser):
    """Tags, attributes and text, well nested."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.open.append(tag)
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def html_of(thing: Any) -> list[str]:
    """Texts of plain tables that load nothing."""
    tables = Tables(thing._repr_html_())
    assert tables.tags <= {"div", "p", "table", "thead", "tbody", "tr", "th", "td"}
    assert tables.attributes <= {"style"}
    return tables.texts


def test_html_says_what_the_text_says() -> None:
    for result in (fastgd.fit(X, Y), fastgd.fit(X, Y, max_iter=3), fastgd.fit(X[:2], Y[:2])):
        assert " ".join(" ".join(html_of(result)).split()) == " ".join(result.summary().split())
    assert html_of(fastgd.fit(X, Y).inference())[:3] == ["Least squares solution", "coef", "std error"]
    short = html_of(fastgd.fit(X, Y, max_iter=3).inference())
    assert "still to go. The least squares solution" in short[1] and short[2:4] == ["descent", "optimum"]


@given(st.text(min_size=1), st.text(min_size=1))
def test_names_are_escaped(feature: str, target: str) -> None:
    for name in ("<script>alert(1)</script>", "a & b", "'\"><img src=x>", feature):
        if name == target:
            target += "'"
        result = fastgd.fit(pd.DataFrame({name: X, target: Y}), target)
        assert name in "".join(html_of(result)) and name in "".join(html_of(result.inference()))


LIBRARIES = [(pd.DataFrame, pd.DataFrame), (pl.DataFrame, pl.DataFrame), (pa.table, pa.Table)]
COLUMNS = ["term", "coef", "standard_error", "t", "p_value", "lower", "upper"]


@pytest.mark.parametrize(("make", "kind"), LIBRARIES)
@pytest.mark.parametrize("formula", [False, True])
def test_the_frame_is_of_the_library_of_the_data(make: Callable[[Any], Any], kind: type, formula: bool) -> None:
    result = fastgd.fit(make({"x": X, "y": Y}), "y ~ x" if formula else "y")
    found, frame = result.inference(0.9), result.to_frame(0.9)
    assert isinstance(frame, kind)
    columns = {name: list(frame[name].to_pylist() if kind is pa.Table else frame[name]) for name in COLUMNS}
    lower, upper = found.interval.T.tolist()
    values = (list(found.names), *(v.tolist() for v in (found.coef, found.standard_error, found.t, found.p_value)), lower, upper)
    assert columns == dict(zip(COLUMNS, values, strict=True))
    moments = fastgd.Moments.from_bytes(result.moments.to_bytes())
    assert isinstance(fastgd.fit(moments).to_frame(), kind)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ((pl.DataFrame({"x": X}), pl.Series("y", Y)), pl.DataFrame),
        ((pd.DataFrame({"x": X}), pd.Series(Y)), pd.DataFrame),
        ((X, pl.Series("y", Y)), pl.DataFrame),
        ((pl.LazyFrame({"x": X, "y": Y}), "y"), pl.DataFrame),
        ((duckdb.from_arrow(pa.table({"x": X, "y": Y})), "y"), pa.Table),
        ((iter([pl.DataFrame({"x": X, "y": Y})] * 2), "y"), pl.DataFrame),
        ((X, Y), pd.DataFrame),
    ],
)
def test_the_frame_whatever_the_data_came_in(data: tuple[Any, Any], kind: type) -> None:
    assert isinstance(fastgd.fit(*data).to_frame(), kind)


@pytest.mark.parametrize(("backend", "kind"), [("pandas", pd.DataFrame), ("polars", pl.DataFrame), ("pyarrow", pa.Table)])
def test_the_frame_is_of_the_library_asked_for(backend: Any, kind: type) -> None:
    X, y = noisy()
    X = np.column_stack([X, X[:, 0]])
    frame = fastgd.fit(pl.DataFrame(X), pl.Series(y)).to_frame(backend=backend)
    assert isinstance(frame, kind)
    missing = frame["t"].is_null() if backend != "pandas" else frame["t"].isna()
    assert list(missing.to_pylist() if backend == "pyarrow" else missing) == [False, True, False, True]


def without(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name in names else find(name, *rest))
    monkeypatch.delitem(sys.modules, "fastgd.result.framing", raising=False)


def test_the_frame_is_of_a_library_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    result = fastgd.fit(pd.DataFrame({"x": X, "y": Y}), "y")
    without(monkeypatch, "pandas")
    assert isinstance(result.to_frame(), pl.DataFrame)
    with pytest.raises(ImportError, match="^to_frame needs pandas, which is not installed: pip install pandas$"):
        result.to_frame(backend="pandas")
    without(monkeypatch, "pandas", "polars", "pyarrow")
    with pytest.raises(ImportError, match=r"^to_frame needs pandas, polars or pyarrow, .* pip install 'fastgd\[files\]'$"):
        result.to_frame()


def test_an_unknown_library_is_refused() -> None:
    with pytest.raises(fastgd.DataError, match="^backend='excel': pass 'pandas', 'polars' or 'pyarrow', or None for that of the"):
        fastgd.fit(X, Y).to_frame(backend="excel")  # type: ignore[arg-type]
    with pytest.raises(fastgd.DataError, match="2 rows for 2 coefficients"):
        fastgd.fit(X[:2], Y[:2]).to_frame()
