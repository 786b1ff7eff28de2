"""Pictures: that what is drawn are the result's numbers, is named by the columns, and is not hidden."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import fastgd

matplotlib = pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")
matplotlib.use("agg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402
from matplotlib.lines import Line2D  # noqa: E402

DATA = Path(__file__).parent.parent / "data"
HOUSES, HOURS, ROOMS = (DATA / name for name in ("portland_houses.csv", "hours_scores.csv", "portland_houses_bedrooms.csv"))


@pytest.fixture(autouse=True)
def close() -> Iterator[None]:
    plt.close("all")  # what tests of other files left open
    yield
    plt.close("all")


def columns(path: Path) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.loadtxt(path, delimiter=",", skiprows=1).T
    return x, y


def lesson(**options: object) -> fastgd.FitResult:
    return fastgd.fit(HOURS, "score", **{"learning_rate": 1e-4, "max_iter": 1000, **options})


def labels(ax: Axes) -> list[str]:
    return [text.get_text().replace(":\n", ": ").replace("\n", " ") for text in ax.get_legend().get_texts()]


def line(ax: Axes, label: str) -> Line2D:
    (found,) = [line for line in ax.lines if str(line.get_label()).startswith(label)]
    return found


def test_fit_draws_the_lines_of_the_result_and_the_points() -> None:
    result, (x, y) = lesson(start=[10.0, 1.0]), columns(HOURS)
    ax = fastgd.plot.fit(result, x, y)
    ends = np.array([x.min(), x.max()])
    best = result.optimum
    for label, heights in [
        ("start", 10.0 + ends),
        ("after 1,000 iterations", result.predict(ends)),
        ("least squares", best.intercept + best.coef[0] * ends),
    ]:
        np.testing.assert_array_equal(line(ax, label).get_xdata(), ends)
        np.testing.assert_allclose(line(ax, label).get_ydata(), heights, rtol=1e-15)
    np.testing.assert_array_equal(line(ax, "100 points").get_xydata(), np.column_stack([x, y]))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("hours", "score")
    assert ax.get_xlim()[0] < x.min() and x.max() < ax.get_xlim()[1]
    assert ax.get_ylim()[0] < y.min() and y.max() < ax.get_ylim()[1]


def test_fit_legend_is_the_equations() -> None:
    assert labels(fastgd.plot.fit(lesson(), *columns(HOURS))) == [
        "100 points and their residuals",
        "start: 0 + 0 × hours",
        "after 1,000 iterations: 0.08894 + 1.478 × hours",
        "least squares: 7.991 + 1.322 × hours",
    ]
    falling = fastgd.fit([1, 2], [2, 1], start=[0.0, -2.0], max_iter=0)
    assert labels(fastgd.plot.fit(falling))[0] == "start: 0 - 2 × x"


def test_fit_joins_few_points_to_the_line_and_many_not() -> None:
    (x, y), result = columns(HOURS), lesson()
    (hairs,) = fastgd.plot.fit(result, x, y).collections
    ends = np.array([segment for segment in hairs.get_segments()])
    np.testing.assert_array_equal(ends[:, 0], np.column_stack([x, y]))
    np.testing.assert_allclose(ends[:, 1], np.column_stack([x, 0.0889365199374 + 1.47774408519 * x]), rtol=1e-9)
    ax = fastgd.plot.fit(result, np.tile(x, 3), np.tile(y, 3))
    assert not ax.collections and labels(ax)[0] == "300 points"
    assert not fastgd.plot.fit(lesson(learning_rate=1e-3, max_iter=None, unstable="run"), x, y).collections  # it is outside


def test_fit_that_arrived_is_one_line() -> None:
    result = fastgd.fit(HOUSES, "price_usd")
    assert labels(fastgd.plot.fit(result))[1:] == [
        f"least squares after {result.n_iter:,} iterations: 7.127e+04 + 134.5 × area_sqft"
    ]


def test_fit_without_points_spans_two_standard_deviations() -> None:
    x, _ = columns(HOURS)
    drawn = line(fastgd.plot.fit(lesson()), "after").get_xdata()
    np.testing.assert_allclose(drawn, [x.mean() - 2 * x.std(), x.mean() + 2 * x.std()], rtol=1e-13)


def test_fit_counts_every_one_of_many_points() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=300_000)
    y = 2.0 * x + rng.normal(size=x.size)
    ax = fastgd.plot.fit(fastgd.fit(x, y), x, y)
    (cells,) = ax.collections
    assert cells.get_array().sum() == x.size
    row, column = 38, 32  # off the diagonal: x and y are not to be exchanged
    (left, bottom), (right, top) = cells.get_coordinates()[row, column], cells.get_coordinates()[row + 1, column + 1]
    inside = (x >= left) & (x < right) & (y >= bottom) & (y < top)
    assert cells.get_array()[row, column] == inside.sum() > 100
    assert labels(ax)[0] == "300,000 points (the darker, the more)"


def test_fit_is_not_stretched_by_a_line_far_away() -> None:
    x, y = columns(HOURS)
    ax = fastgd.plot.fit(lesson(learning_rate=1e-3, max_iter=None, unstable="run"), x, y)
    assert labels(ax)[2] == "after 251 iterations: 1.378e+149 + 7.013e+150 × hours (outside)"
    assert -20.0 < ax.get_ylim()[0] < ax.get_ylim()[1] < 130.0
    near = fastgd.plot.fit(lesson(start=[-60.0, 0.0], max_iter=0), x, y)
    assert near.get_ylim()[0] < -60.0
    assert not any("outside" in label for label in labels(near))


def test_fit_of_a_constant_feature_has_a_width() -> None:
    ax = fastgd.plot.fit(fastgd.fit([2.0, 2.0], [1.0, 2.0]))
    assert line(ax, "least squares").get_xdata().tolist() == [1.0, 3.0]


def exact_excess(path: Path, intercept: float, slope: float) -> float:
    """Mean squared error of a line less the least, in rational arithmetic."""
    x, y = ([Fraction(float(v)) for v in column] for column in columns(path))
    n = len(x)
    mx, my = sum(x) / n, sum(y) / n
    w = sum((a - mx) * (c - my) for a, c in zip(x, y, strict=True)) / sum((a - mx) ** 2 for a in x)
    b = my - w * mx

    def error(b: Fraction, w: Fraction) -> Fraction:
        return sum(((c - b - w * a) ** 2 for a, c in zip(x, y, strict=True)), Fraction(0)) / n

    return float(error(Fraction(intercept), Fraction(slope)) - error(b, w))


@pytest.mark.parametrize(
    ("path", "target", "rate", "k"), [(HOURS, "score", 1e-4, 1000), (HOUSES, "price_usd", 1e-7, 10**6)]
)
def test_error_curve_is_the_error_above_the_least(path: Path, target: str, rate: float, k: int) -> None:
    result = fastgd.fit(path, target, learning_rate=rate, max_iter=k)
    ax = fastgd.plot.error_curve(result)
    run, ahead = line(ax, "run"), line(ax, "if it went on")
    assert run.get_xdata()[0] == 0 and run.get_xdata()[-1] == ahead.get_xdata()[0] == k
    assert ahead.get_xdata()[-1] == result.iterations_to(1e-6)
    for drawn in (run, ahead):
        for i in (0, len(drawn.get_xdata()) // 2, -1):
            at = result.path(at=[int(drawn.get_xdata()[i])])
            assert drawn.get_ydata()[i] == pytest.approx(exact_excess(path, at.intercept[0], at.coef[0, 0]), rel=1e-6)
    assert ax.get_yscale() == "log" and ax.get_xscale() == "symlog"
    assert ax.get_xlabel() == "iteration" and ax.get_ylabel() == f"error above the minimum ({target}²)"


def test_error_curve_marks_end_and_shares() -> None:
    result = lesson()
    ax = fastgd.plot.error_curve(result)
    assert labels(ax) == [
        "run: 97.6 % left at 1,000",
        "if it went on",
        "10 % of the distance left at 302,822",
        "1 % of the distance left at 607,890",
        "1e-6 of the distance left at 1,828,163",
    ]
    for label, k in [("10 %", 302_822), ("1 %", 607_890), ("1e-6", 1_828_163)]:
        assert line(ax, label).get_xdata().tolist() == [k]
        curve = line(ax, "if it went on")
        assert line(ax, label).get_ydata()[0] == curve.get_ydata()[curve.get_xdata() == k][0]
    assert line(ax, "run").get_markevery() == [-1]


def test_error_curve_of_a_diverged_run_ends_where_it_stopped() -> None:
    result = lesson(learning_rate=1e-3, max_iter=None, unstable="run")
    ax = fastgd.plot.error_curve(result)
    assert labels(ax) == ["run: diverged, stopped at 251"]
    drawn = line(ax, "run")
    assert drawn.get_xdata()[-1] == 251
    assert drawn.get_ydata()[-1] == pytest.approx(result.error, rel=1e-9)
    assert ax.get_ylim()[0] < drawn.get_ydata()[0] and result.error < ax.get_ylim()[1] <= 1e308
    ax.figure.canvas.draw()


def test_error_curve_from_the_optimum_says_so() -> None:
    optimum = lesson().optimum
    ax = fastgd.plot.error_curve(lesson(start=[optimum.intercept, optimum.coef[0]]))
    assert [text.get_text() for text in ax.texts] == ["The start is the optimum:\nthere is nothing to descend."]
    assert not ax.lines


def test_error_curve_keeps_to_the_floor_at_the_optimum() -> None:
    ax = fastgd.plot.error_curve(fastgd.fit(HOURS, "score", standardize=True))
    assert labels(ax)[0] == "run: converged at 1"
    start, end = line(ax, "run").get_ydata()
    assert start == pytest.approx(exact_excess(HOURS, 0.0, 0.0), rel=1e-9)
    assert 0.0 < end < 1e-25 * start


def test_error_curve_of_more_iterations_than_can_be_shown() -> None:
    t = np.arange(100.0)
    result = fastgd.fit(1.7e12 + 60_000.0 * t, np.sin(t))
    ax = fastgd.plot.error_curve(result)
    assert all(label.endswith("(outside)") for label in labels(ax)) and len(labels(ax)) == 4
    assert line(ax, "run").get_xdata()[-1] == 2**63 - 1
    assert line(ax, "run").get_markevery() == []


def pages() -> dict[str, tuple[fastgd.FitResult, Path | None]]:
    return {
        "houses": (fastgd.fit(HOUSES, "price_usd"), HOUSES),
        "lesson": (lesson(), HOURS),
        "no points": (lesson(), None),
        "diverged": (lesson(learning_rate=1e-3, max_iter=None, unstable="run"), HOURS),
        "nothing run": (lesson(max_iter=0), HOURS),
        "origin": (fastgd.fit(HOUSES, "price_usd", fit_intercept=False), HOUSES),
        "standardised": (fastgd.fit(HOUSES, "price_usd", standardize=True, learning_rate=0.1, max_iter=8), HOUSES),
        "from the optimum": (fastgd.fit([1.0, 2.0, 4.0], [3.0, 5.0, 9.0], start=[1.0, 2.0]), None),
        "constant": (fastgd.fit([2.0, 2.0], [1.0, 2.0]), None),
        "zeros": (fastgd.fit([0.0, 0.0], [0.0, 0.0], fit_intercept=False), None),
        "one point": (fastgd.fit([2.0], [1.0]), None),
        "timestamps": (fastgd.fit(1.7e12 + 60_000.0 * np.arange(100.0), np.sin(np.arange(100.0))), None),
        "tiny": (fastgd.fit([1e-150, 2e-150, 4e-150], [1e-140, 3e-140, 4e-140], max_iter=3), None),
        "beyond float64": (fastgd.fit([1e-200, 2e-200, 4e-200], [1.0, 3.0, 4.0], max_iter=3), None),
        "rooms": (fastgd.fit(ROOMS, "price_usd"), ROOMS),
        "rooms, no points": (fastgd.fit(ROOMS, "price_usd", learning_rate=1e-7, max_iter=10), None),
        "rooms, diverged": (fastgd.fit(ROOMS, "price_usd", learning_rate=1e-2, unstable="run"), ROOMS),
    }


@pytest.mark.parametrize("name", list(pages()))
def test_page_hides_and_cuts_nothing(name: str) -> None:
    result, path = pages()[name]
    many = len(result.feature_names) > 1
    axes = result.plot(path) if many and path else result.plot(*(columns(path) if path else ()))
    assert axes.shape == ((2, 2) if path or not many else (1, 2))
    figure = axes[0, 0].figure
    figure.canvas.draw()
    assert figure.bbox.width == 800
    for ax in axes.flat:
        frame = ax.get_window_extent()
        assert frame.width > 200 and frame.height > 200
        for text in (label for label in (ax.xaxis.label, ax.yaxis.label) if label.get_text()):
            box = text.get_window_extent()
            assert box.x0 >= 0.0 and box.x1 <= 800 and box.y0 >= 0.0 and box.y1 <= figure.bbox.height
        for text in ax.texts:
            box = text.get_window_extent()
            assert frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
        if ax.get_legend() is not None:
            legend = ax.get_legend().get_window_extent()
            assert legend.y0 >= frame.y1
            assert legend.x1 <= 800 and legend.y1 <= figure.bbox.height
        ticks = [label.get_window_extent() for label in ax.get_xticklabels()]
        shown = sorted((box.x0, box.x1) for box in ticks if frame.x0 <= box.x0 + box.width / 2 <= frame.x1)
        assert all(left[1] < right[0] for left, right in zip(shown, shown[1:], strict=False))


def test_ticks_are_numbers_in_full() -> None:
    t = np.arange(10.0)
    ax = fastgd.plot.fit(fastgd.fit(1_700_000_000_000 + t, 1e6 + t))
    ax.figure.canvas.draw()
    for axis in (ax.xaxis, ax.yaxis):
        assert axis.get_offset_text().get_text() == ""
    assert "1,700,000,000,010" in [label.get_text() for label in ax.get_xticklabels()]
    assert "1,000,002" in [label.get_text() for label in ax.get_yticklabels()]


def test_names_are_not_taken_for_formulas() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a $ of" + 60 * "b": [1.0, 2.0, 4.0], "x$^{$y": [1.0, 3.0, 4.0]})
    axes = fastgd.fit(frame, "x$^{$y").plot()[0]
    axes[0].figure.canvas.draw()
    assert axes[0].get_ylabel() == r"x\$^{\$y"
    assert axes[0].get_xlabel() == r"a \$ of" + 33 * "b" + "…"


def test_an_axes_is_drawn_on_and_returned() -> None:
    figure, ax = plt.subplots()
    assert fastgd.plot.fit(lesson(), *columns(HOURS), ax=ax) is ax
    figure.canvas.draw()
    legend, frame = ax.get_legend().get_window_extent(), ax.get_window_extent()
    assert frame.y0 <= legend.y0 and legend.y1 <= frame.y1  # nobody makes room above
    assert len(plt.get_fignums()) == 1


def test_nothing_global_is_touched_or_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plt, "show", lambda *_: pytest.fail("shown"))
    with matplotlib.rc_context({"font.size": 7.0}):
        before = dict(matplotlib.rcParams), matplotlib.get_backend()
        lesson().plot(*columns(HOURS))
        assert (dict(matplotlib.rcParams), matplotlib.get_backend()) == before


@pytest.mark.parametrize(
    ("X", "y", "text"),
    [
        ([1.0, 2.0], None, "y is missing: to show points pass both X and y, or neither"),
        (None, [1.0, 2.0], "X is missing: to show points pass both X and y, or neither"),
        ([1.0, 2.0], [1.0], "x has 2 rows and y has 1: each x needs its y"),
        ([1.0, np.nan], [1.0, 2.0], "nan in row 1, x: every value must be a finite number"),
        ([[1.0, 2.0], [2.0, 3.0]], [1.0, 2.0], "x has 2 columns, and one feature was fitted"),
        ([], [], "no rows"),
    ],
)
def test_points_that_cannot_be_shown_are_refused_before_a_figure(X: object, y: object, text: str) -> None:
    for draw in (fastgd.plot.fit, fastgd.plot.page, fastgd.FitResult.plot):
        with pytest.raises(fastgd.DataError, match=text):
            draw(lesson(), X, y)
    assert not plt.get_fignums()


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    for draw in (fastgd.plot.fit, fastgd.plot.error_curve, fastgd.plot.page):
        with pytest.raises(
            ImportError, match=r"a picture needs matplotlib, which is not installed: pip install 'fastgd\[plot\]'"
        ):
            draw(lesson())


def test_import_is_free_of_matplotlib() -> None:
    code = "import sys, fastgd; assert callable(fastgd.plot.fit); sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
