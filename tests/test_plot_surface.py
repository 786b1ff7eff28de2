"""The bowl, the rates and the directions: that what is drawn is what exact arithmetic says of the descent."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import exact
import numpy as np
import precise
import pytest

import fastgd

matplotlib = pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")
matplotlib.use("agg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402

DATA = Path(__file__).parent.parent / "data"
HOURS, ROOMS = DATA / "hours_scores.csv", DATA / "portland_houses_bedrooms.csv"


@pytest.fixture(autouse=True)
def close() -> Iterator[None]:
    plt.close("all")  # what tests of other files left open
    yield
    plt.close("all")


def hours() -> tuple[np.ndarray, np.ndarray]:
    x, y = np.loadtxt(HOURS, delimiter=",", skiprows=1).T
    return x, y


def lesson(**options: object) -> fastgd.FitResult:
    return fastgd.fit(*hours(), **{"learning_rate": 1e-4, "max_iter": 1000, **options})


def narrow(offset: float) -> tuple[np.ndarray, np.ndarray]:
    """A valley about offset^4 times as long as it is wide."""
    t = np.arange(20.0)
    return offset + t, np.round(50.0 + 3.0 * t + 10.0 * np.sin(t), 3)


def labels(ax: Axes) -> list[str]:
    return [text.get_text().replace(":\n", ": ").replace("\n", " ") for text in ax.get_legend().get_texts()]


def drawn(ax: Axes, label: str) -> np.ndarray:
    """The points of the one line whose label begins so."""
    (found,) = [line for line in ax.lines if str(line.get_label()).startswith(label)]
    return np.asarray(found.get_xydata())


def excess(problem: exact.Problem, best: list[Fraction], theta: np.ndarray) -> Fraction:
    return problem.error([Fraction(float(t)) for t in theta]) - problem.error(best)


# the bowl


@pytest.mark.parametrize("start", [None, [30.0, -2.0]])
def test_surface_shows_the_iterates(start: list[float] | None) -> None:
    x, y = hours()
    problem = exact.Problem.of([x.tolist()], y.tolist())
    raw, _ = fastgd.plot.surface(lesson(start=start))
    decades = [10**i for i in range(7)]
    expected = np.array([precise.iterate(problem, 1e-4, k, start) for k in decades], dtype=float)
    np.testing.assert_allclose(drawn(raw, "iterations 1, 10"), expected, rtol=1e-9)
    np.testing.assert_allclose(drawn(raw, "start"), [start or [0.0, 0.0]], atol=1e-11)
    np.testing.assert_allclose(drawn(raw, "optimum"), [np.array(problem.limit(), dtype=float)], rtol=1e-13)
    ran, ahead = drawn(raw, "run:"), drawn(raw, "if it went on")
    np.testing.assert_allclose(ran[-1], expected[3], rtol=1e-9)
    np.testing.assert_array_equal(ran[-1], ahead[0])
    assert (raw.get_xlabel(), raw.get_ylabel()) == ("intercept (y)", "slope (y / x)")
    assert raw.get_legend().get_title().get_text() == "as in the data, 66,031 : 1"


def test_surface_standardised_is_where_the_same_start_would_go() -> None:
    x, y = hours()
    _, scaled = fastgd.plot.surface(lesson(start=[5.0, 0.5]))
    np.testing.assert_allclose(drawn(scaled, "start"), [[5.0 + 0.5 * x.mean(), 0.5 * x.std()]], rtol=1e-12)
    optimum = [y.mean(), ((x - x.mean()) * (y - y.mean())).mean() / x.std()]
    np.testing.assert_allclose(drawn(scaled, "optimum"), [optimum], rtol=1e-12)
    np.testing.assert_allclose(drawn(scaled, "at its best rate: converged at 1")[-1], optimum, rtol=1e-12)
    assert scaled.get_legend().get_title().get_text() == "standardised, 1 : 1"
    assert scaled.get_aspect() == 1.0


def test_surface_of_a_standardised_run_has_the_run_on_the_right() -> None:
    raw, scaled = fastgd.plot.surface(lesson(standardize=True, learning_rate=0.1, max_iter=5))
    assert "run: 32.8 % left at 5" in labels(scaled)
    assert labels(raw)[1].startswith("at its best rate: converged at ") and labels(raw)[1].endswith(", swinging")


@pytest.mark.parametrize("offset", [0.0, 50.0, 1e3, 1e6, 1.7e9])
def test_bands_are_exact_at_any_condition_number(offset: float) -> None:
    x, y = narrow(offset)
    problem = exact.Problem.of([x.tolist()], y.tolist())
    best = problem.limit()
    raw, _ = fastgd.plot.surface(fastgd.fit(x, y))
    (bands,) = raw.collections
    (left, right), (low, high) = raw.get_xlim(), raw.get_ylim()
    around = np.array([left, low]) - [right - left, high - low], np.array([right, high]) + [right - left, high - low]
    levels = []
    for path in bands.get_paths():
        inside = path.vertices[((path.vertices > around[0] * (1 - 1e-9)) & (path.vertices < around[1])).all(axis=1)]
        cut = np.isclose(inside, around[0], rtol=1e-9) | np.isclose(inside, around[1], rtol=1e-9)
        on_ellipse = inside[~cut.any(axis=1)][:9]
        if len(on_ellipse):
            levels.append([float(excess(problem, best, theta)) for theta in on_ellipse])
    assert len(levels) >= 4
    # A vertex is a pair of float64, whose last places are worth more of the error the narrower the valley is.
    place = np.finfo(float).eps * max(abs(left), abs(right))
    for level in levels:
        error = 1e-6 + 20.0 * place / np.sqrt(min(level))
        if error < 0.3:
            np.testing.assert_allclose(level, level[0], rtol=4.0 * error)
    clear = [np.median(level) for level in levels if 20.0 * place / np.sqrt(min(level)) < 1e-3]
    ratios = np.log10(np.array(clear[:-1]) / clear[1:])
    assert len(clear) >= 3
    np.testing.assert_allclose(ratios, np.round(ratios), atol=1e-2)


@pytest.mark.parametrize("offset", [0.0, 50.0, 1e6, 1.7e12])
def test_the_way_is_seen_at_any_condition_number(offset: float) -> None:
    result = fastgd.fit(*narrow(offset))
    for ax in fastgd.plot.surface(result):
        start, optimum = drawn(ax, "start")[0], drawn(ax, "optimum")[0]
        spans = np.array([np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim())])
        assert (np.abs(start - optimum) / spans).max() > 0.3
        for point in (start, optimum):
            assert ax.get_xlim()[0] < point[0] < ax.get_xlim()[1] and ax.get_ylim()[0] < point[1] < ax.get_ylim()[1]


def test_a_swinging_descent_is_what_it_sweeps() -> None:
    x, y = hours()
    problem = exact.Problem.of([x.tolist()], y.tolist())
    result = fastgd.fit(x, y)
    raw, _ = fastgd.plot.surface(result)
    (swept,) = raw.patches
    inside = swept.get_path()
    for k in (3, 1000, 1001, 50_000, 50_001):
        here, across = (np.array(precise.iterate(problem, result.learning_rate, i), dtype=float) for i in (k, k + 1))
        assert inside.contains_point(here + 0.01 * (across - here)), k
        assert not inside.contains_point(here - 0.01 * (across - here)), k


def test_surface_of_a_diverged_run_keeps_start_and_optimum_in_view() -> None:
    raw, scaled = fastgd.plot.surface(lesson(learning_rate=1e-3, max_iter=None, unstable="run"))
    raw.figure.canvas.draw()
    assert raw.get_xlim()[0] < 0.0 and 7.99 < raw.get_xlim()[1] < 12.0
    path = drawn(raw, "run: diverged, stopped at 251")
    assert 2 < len(path) < 10 and np.abs(path[-1]).max() < 1e3
    assert "at its best rate: converged at 1" in labels(scaled)


def test_surface_from_the_optimum_has_a_width() -> None:
    best = lesson().optimum
    for ax in fastgd.plot.surface(lesson(start=[best.intercept, best.coef[0]])):
        assert np.ptp(ax.get_xlim()) > 1.0 and len(ax.collections[0].get_paths()) > 3


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_surface_of_several_features_is_along_two_directions(standardize: bool, fit_intercept: bool) -> None:
    rows = np.loadtxt(ROOMS, delimiter=",", skiprows=1)
    X, y = rows[:, :2], rows[:, 2]
    scale = np.ones(2)
    if standardize:
        scale = X.std(axis=0) if fit_intercept else np.sqrt((X**2).mean(axis=0))
    design = (X - X.mean(axis=0) * (standardize and fit_intercept)) / scale
    design = np.column_stack([np.ones(len(y)), design])[:, int(not fit_intercept) :]
    values, vectors = np.linalg.eigh(2.0 * design.T @ design / len(y))
    rate = 0.4 / values[-1]
    options = {"standardize": standardize, "fit_intercept": fit_intercept, "learning_rate": rate, "max_iter": 1000}
    ax = fastgd.plot.surface(fastgd.fit(X, y, **options))[int(standardize)]
    best, theta = np.linalg.lstsq(design, y, rcond=None)[0], np.zeros(design.shape[1])
    for k in range(1, 101):
        theta = theta - rate * 2.0 / len(y) * design.T @ (design @ theta - y)
        if k in (1, 10, 100):
            point = drawn(ax, "iterations")[int(np.log10(k))]
            expected = vectors[:, [0, -1]].T @ (theta - best)
            tolerance = 1e-7 * np.abs(vectors[:, [0, -1]].T @ best)
            np.testing.assert_allclose(np.abs(point), np.abs(expected), rtol=1e-6, atol=tolerance.max())
    mostly = ["x1" if standardize else "intercept", "x0"] if fit_intercept else ["x1", "x0"]
    if not standardize:
        names = f"slowest direction, mostly {mostly[0]}", f"steepest direction, mostly {mostly[1]}"
        assert (ax.get_xlabel(), ax.get_ylabel()) == names


def test_surfaces_that_cannot_be_drawn_are_refused() -> None:
    with pytest.raises(fastgd.DataError, match=r"the data determine one direction \(features: x\): a surface needs two"):
        fastgd.plot.surface(fastgd.fit([2.0, 2.0], [1.0, 2.0]))
    with pytest.raises(fastgd.DataError, match="the data determine one direction"):
        fastgd.plot.surface(fastgd.fit([1.0, 2.0], [1.0, 2.0], fit_intercept=False))
    with pytest.raises(fastgd.DataError, match="the data determine no direction"):
        fastgd.plot.surface(fastgd.fit([0.0, 0.0], [1.0, 2.0], fit_intercept=False))
    with pytest.raises(fastgd.DataError, match="ax is one Axes: the surface needs a pair of them"):
        fastgd.plot.surface(lesson(), ax=plt.subplots()[1])
    pair = plt.subplots(1, 2)[1]
    assert list(fastgd.plot.surface(lesson(), ax=pair)) == list(pair)


# the rates


def test_stability_marks_the_limit_and_the_rate() -> None:
    x, y = hours()
    steep = float(precise.eigenvalues(exact.Problem.of([x.tolist()], y.tolist()))[-1])
    slow = float(precise.eigenvalues(exact.Problem.of([x.tolist()], y.tolist()))[0])
    ax = fastgd.plot.stability(lesson())
    assert labels(ax) == [
        "monotone",
        "oscillating",
        "diverging",
        "steepest direction",
        "slowest direction, 66,031 times flatter",
        "limit: 0.000401296",
        "this run: 0.0001, × 0.5016 and × (1 - 7.5e-06)",
    ]
    zones = [(zone.get_x(), zone.get_x() + zone.get_width()) for zone in ax.patches]
    edges = [0.0, 1.0 / steep, 2.0 / steep, ax.get_xlim()[1]]
    np.testing.assert_allclose(zones, list(zip(edges, edges[1:], strict=False)), rtol=1e-12)
    for label, value in (("steepest", steep), ("slowest", slow)):
        rates, growth = drawn(ax, label).T
        np.testing.assert_allclose(growth, np.abs(1.0 - rates * value), atol=1e-12)
        assert rates[0] == 0.0 and rates[-1] > 2.0 / steep
    np.testing.assert_allclose(drawn(ax, "this run"), [[1e-4, 1.0 - 1e-4 * steep], [1e-4, 1.0 - 1e-4 * slow]], rtol=1e-12)
    np.testing.assert_allclose(drawn(ax, "limit")[:, 0], 2.0 / steep, rtol=1e-12)


@pytest.mark.parametrize("rate", [1e-12, 1e-7, 1e-2, 1e30])
def test_stability_reaches_a_rate_far_from_the_limit(rate: float) -> None:
    ax = fastgd.plot.stability(lesson(learning_rate=rate, max_iter=2, unstable="run"))
    ax.figure.canvas.draw()
    assert ax.get_xscale() == "log"
    for at in (rate, 4.0129e-4):
        assert ax.get_xlim()[0] < at < ax.get_xlim()[1]
    assert drawn(ax, "this run")[:, 1].max() < ax.get_ylim()[1]


def test_stability_where_nothing_is_curved_says_so() -> None:
    ax = fastgd.plot.stability(fastgd.fit([0.0, 0.0], [0.0, 0.0], fit_intercept=False))
    assert [text.get_text() for text in ax.texts] == ["No direction is curved:\nany rate is stable."]
    one = fastgd.plot.stability(fastgd.fit([1.0, 2.0], [1.0, 3.0], fit_intercept=False, learning_rate=0.1, max_iter=1))
    assert not [label for label in labels(one) if label.startswith("slowest")]


# the directions


def bars(ax: Axes) -> list[float]:
    return [bar.get_width() for bar in ax.patches]


@pytest.mark.parametrize("rate", [1e-4, 2e-4, 3.9e-4])
def test_directions_are_powers_of_their_factors(rate: float) -> None:
    x, y = hours()
    values = precise.eigenvalues(exact.Problem.of([x.tolist()], y.tolist()))[::-1]
    ax = fastgd.plot.directions(lesson(learning_rate=rate, max_iter=700))
    expected = [float(abs(1 - Fraction(rate) * Fraction(float(value))) ** 700) for value in values]
    np.testing.assert_allclose(bars(ax), expected, rtol=1e-9)
    assert [text.get_text().partition(",")[0] for text in ax.texts] == ["1: mostly x", "2: mostly intercept"]


@pytest.mark.parametrize("offset", [10.0, 1e6, 1e9])
def test_at_the_best_rate_the_outer_directions_are_equally_far(offset: float) -> None:
    """Unless the best rate, as a float64, is as close to the limit as float64 can tell: then the steepest is ahead."""
    x, y = narrow(offset)
    steps = fastgd.analyse(x, y).iterations(0.25)
    steepest, slowest = bars(fastgd.plot.directions(fastgd.fit(x, y, max_iter=steps)))
    assert slowest == pytest.approx(0.25, rel=1e-2)
    assert steepest == pytest.approx(slowest if offset == 10.0 else 0.0, rel=1e-9)


def test_directions_of_runs_that_went_nowhere_or_away() -> None:
    assert bars(fastgd.plot.directions(lesson(max_iter=0))) == [1.0, 1.0]
    away = fastgd.plot.directions(lesson(learning_rate=1e-3, max_iter=100, unstable="run"))
    assert away.get_xscale() == "log" and bars(away)[0] > 1e59 and bars(away)[1] < 1.0
    assert away.texts[0].get_text() == f"1: mostly x, × {bars(away)[0]:.3g}"
    nothing = fastgd.plot.directions(fastgd.fit([0.0, 0.0], [0.0, 0.0], fit_intercept=False))
    assert [text.get_text() for text in nothing.texts] == ["No direction is curved:\nthe data determine nothing."]


def test_many_directions_have_bars_and_no_names() -> None:
    rng = np.random.default_rng(5)
    X = rng.normal(size=(400, 60)) * np.geomspace(1.0, 100.0, 60)
    ax = fastgd.plot.directions(fastgd.fit(X, X.sum(axis=1), learning_rate=1e-5, max_iter=1000))
    assert len(bars(ax)) == 61 and bars(ax) == sorted(bars(ax)) and not ax.texts
    assert ax.get_ylabel() == "from the steepest direction to the slowest"
