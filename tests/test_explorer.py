"""The explorer's page in headless Chromium: its numbers are Python's, and what hands do to it shows at once."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import fastgd
from fastgd.cli import app

pytest.importorskip("bokeh", reason="the extra `explorer` is not installed")

ROOT = Path(__file__).parent.parent
HOUSES, BEDROOMS, HOURS = (
    ROOT / "data" / name for name in ("portland_houses.csv", "portland_houses_bedrooms.csv", "hours_scores.csv")
)
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 390, "height": 844}

HOSTILE = '</script><script>document.title="taken"</script><img src="http://example.com/x.png">'


def columns(path: Path) -> tuple[np.ndarray, ...]:
    return tuple(np.loadtxt(path, delimiter=",", skiprows=1).T)


def lesson(**options: Any) -> fastgd.FitResult:
    return fastgd.fit(HOURS, "score", **{"learning_rate": 1e-4, "max_iter": 1000, **options})


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Opens a page from a file; at the end no request but for that file was made, and the console has no complaint."""
    contexts, requests, complaints = [], [], []

    def open_(html: str | Path, size: dict[str, int] = WIDE) -> Any:
        path = html if isinstance(html, Path) else tmp_path / f"page-{len(contexts)}.html"
        if isinstance(html, str):
            path.write_text(html, encoding="utf-8")
        narrow = size is NARROW
        context = browser.new_context(viewport=size, has_touch=narrow, is_mobile=narrow)
        contexts.append(context)
        tab = context.new_page()
        tab.set_default_timeout(20_000)
        tab.on("request", lambda request: requests.append(request.url))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
        tab.goto(path.as_uri())
        tab.wait_for_selector("html[data-ready]")
        return tab

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in requests if not url.startswith(("file:", "data:", "blob:"))] == []


@pytest.fixture(scope="module")
def mathematics(browser: Any) -> Iterator[Any]:
    """`descent.js` by itself."""
    tab = browser.new_page()
    tab.add_script_tag(content=(Path(fastgd.explorer.__file__).parent / "descent.js").read_text(encoding="utf-8"))
    tab.evaluate("window.Descent = Descent")
    yield tab
    tab.close()


def theta(tab: Any, k: float) -> list[float]:
    values: list[float] = tab.evaluate("k => Descent.iterate(explorer.descent, k)", k)
    return values


SLIDE = "(slider, place) => { slider.value = place; slider.dispatchEvent(new Event('input')); }"


def wait_until(tab: Any, condition: str) -> None:
    """Playwright's own way needs `eval`, which the page forbids itself."""
    wait = """new Promise((done) => {
      const end = performance.now() + 20000;
      const look = () => (CONDITION || performance.now() > end ? done(CONDITION) : requestAnimationFrame(look));
      look();
    })"""
    assert tab.evaluate(wait.replace("CONDITION", f"({condition})")), condition


def set_iteration(tab: Any, k: int) -> None:
    tab.fill("#iteration-value", str(k))


def assert_digits(found: list[float], expected: list[float], natural: list[float], digits: int = 10) -> None:
    """Equal to so many digits, of a coefficient that passes 0 on its way to those of its size."""
    for ours, theirs, size in zip(found, expected, natural, strict=True):
        assert abs(ours - theirs) <= 10.0**-digits * max(abs(theirs), abs(size)), (ours, theirs)


# the mathematics


def made(seed: int, offset: float, spread: float, slope: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = offset + spread * rng.normal(size=30)
    return x, slope * x + 3.0 + rng.normal(size=30)


CASES = {
    "hours": columns(HOURS),
    "houses": columns(HOUSES),
    "small": made(1, 0.0, 1e-3, 2.0),
    "falling": made(2, 5.0, 2.0, -0.7),
    "far": made(3, 1.7e9, 60.0, 1e-3),
    "huge": made(4, 1e20, 1e19, 1e-20),
    "standard": made(5, 0.0, 1.0, 1.0),
}
ITERATIONS = [0, 1, 2, 3, 10, 1001, 10**6, 10**9, 10**15]

OF_A_LINE = """([rows, intercept, standardize, start, rate, iterations]) => {
  const problem = Descent.line(Descent.momentsOf(rows), intercept, standardize), limits = Descent.limits(problem);
  const descent = Descent.begin(problem, start, rate === null ? limits.best : rate * limits.max);
  return {
    limits, rate: descent.rate, overflow: descent.overflow === Infinity ? null : descent.overflow,
    eigenvalues: problem.directions.map(({ value }) => 2 * value[0]), least: problem.least,
    limit: Descent.iterate(descent, Infinity),
    iterates: iterations.filter((k) => k < descent.overflow - 1).map((k) => ({
      k, theta: Descent.iterate(descent, k), error: problem.least + Descent.excess(descent, k), left: Descent.left(descent, k),
    })),
    counts: [0.1, 0.01, 1e-6].map((tolerance) => Descent.iterations(descent, tolerance)).map((k) => k === Infinity ? null : k),
  };
}"""


@pytest.mark.parametrize("rate", [None, 1e-3, 0.4999, 0.7, 0.9999999, 1.5], ids=lambda rate: f"rate-{rate}")
@pytest.mark.parametrize("standardize", [False, True], ids=["raw", "standardised"])
@pytest.mark.parametrize("intercept", [True, False], ids=["intercept", "none"])
@pytest.mark.parametrize("name", CASES)
def test_a_line_is_pythons(mathematics: Any, name: str, intercept: bool, standardize: bool, rate: float | None) -> None:
    x, y = CASES[name]
    start = [10.0, 0.5] if intercept else [0.0, 0.5]
    rows = [[a, b, 1.0] for a, b in zip(x.tolist(), y.tolist(), strict=True)]
    found = mathematics.evaluate(OF_A_LINE, [rows, intercept, standardize, start, rate, ITERATIONS])
    options = {"fit_intercept": intercept, "standardize": standardize, "learning_rate": found["rate"], "unstable": "run"}
    result = fastgd.fit((x, y), start=start[not intercept :], max_iter=0, **options)
    stability, best = result.stability, result.optimum
    assert found["limits"]["max"] == pytest.approx(stability.max_learning_rate, rel=1e-14)
    assert found["limits"]["best"] == pytest.approx(stability.best_learning_rate, rel=1e-14)
    assert found["limits"]["condition"] == pytest.approx(stability.condition, rel=1e-14)
    assert found["eigenvalues"] == pytest.approx(stability.eigenvalues[::-1].tolist(), rel=1e-14)
    assert found["least"] == pytest.approx(best.error, rel=1e-12)
    natural = [best.intercept, float(best.coef[0])]
    assert_digits(found["limit"], natural, natural, 14)
    path = result.path(at=[row["k"] for row in found["iterates"]])
    assert len(path) >= 4
    for i, row in enumerate(found["iterates"]):
        assert_digits(row["theta"], [path.intercept[i], path.coef[i, 0]], natural)
        assert row["error"] == pytest.approx(path.error[i], rel=1e-10)
    stable = stability.is_stable(found["rate"])
    # One more or less where a count stands at the very border.
    for tolerance, k in zip((0.1, 0.01, 1e-6), found["counts"], strict=True):
        expected = result.iterations_to(tolerance)
        assert k == (None if expected is None else pytest.approx(expected, abs=1, rel=1e-10))
    from_zero = mathematics.evaluate(OF_A_LINE, [rows, intercept, standardize, [0, 0], rate, []])
    expected = None if stable else stability.overflow_iteration(found["rate"])
    assert from_zero["overflow"] == (None if expected is None else pytest.approx(expected, abs=1))


def exact_line(rows: list[list[float]]) -> tuple[float, float]:
    """Weighted least squares in fractions."""
    points = [tuple(map(Fraction, row)) for row in rows]
    weight = sum(w for *_, w in points)
    mean_x, mean_y = (sum(w * point for point, w in ((p[i], p[2]) for p in points)) / weight for i in (0, 1))
    slope = sum(w * (x - mean_x) * (y - mean_y) for x, y, w in points) / sum(w * (x - mean_x) ** 2 for x, _, w in points)
    return float(mean_y - slope * mean_x), float(slope)


@pytest.mark.parametrize("seed", range(8))
def test_moments_of_moved_weighted_points_are_exact(mathematics: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    before = np.column_stack([1e6 + rng.normal(size=20), rng.normal(size=20), rng.uniform(0.5, 3.0, size=20)])
    after = before.copy()
    after[3:5, :2] += rng.normal(size=(2, 2)) * 5.0
    found = mathematics.evaluate(
        """([before, from, to]) => Descent.line(Descent.moved(Descent.momentsOf(before), from, to), true, false).best
        .map((value) => value[0])""",
        [before.tolist(), before[3:5].tolist(), after[3:5].tolist()],
    )
    assert_digits(found, list(exact_line(after.tolist())), [0.0, 0.0], 13)


# one feature


def page_of(result: fastgd.FitResult, *data: Any, **options: Any) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        result.explore(path, *data, **options)
        return path.read_text(encoding="utf-8")


def data_of(html: str) -> dict[str, Any]:
    found = re.search(r'id="data">(.*?)</script>', html, re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def number(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ""))


def totals(tab: Any) -> dict[str, list[float]]:
    rows = tab.eval_on_selector_all("#totals tbody tr", "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))")
    return {name: [number(cell) for cell in cells] for name, *cells in rows}


def test_the_page_begins_with_the_fit(open_page: Any) -> None:
    result = lesson()
    tab = open_page(page_of(result, HOURS, "score"))
    assert tab.title() == "score on hours: gradient descent"
    assert "100 rows" in tab.inner_text("#about")
    assert tab.input_value("#rate-value") == "0.0001"
    assert tab.input_value("#iteration-value") == "1,000"
    shown, optimum = totals(tab), result.optimum
    assert shown["intercept"] == pytest.approx([result.intercept, optimum.intercept], rel=1e-5)
    assert shown["slope (hours)"] == pytest.approx([result.slope, optimum.coef[0]], rel=1e-5)
    assert shown["sum of squared residuals"] == pytest.approx([100 * result.error, 100 * optimum.error], rel=1e-5)
    assert shown["mean squared error"] == pytest.approx([result.error, optimum.error], rel=1e-5)
    assert shown["root mean squared error"] == pytest.approx([math.sqrt(result.error), math.sqrt(optimum.error)], rel=1e-5)
    assert "97.6 % of the distance to the optimum is still to go, and the error is 2.14 % above" in tab.inner_text("#message")
    assert "Stable and smooth" in tab.inner_text("#message")
    times = tab.eval_on_selector_all("#times b", "all => all.map(b => b.textContent)")
    assert times == [f"{result.iterations_to(tolerance):,}" for tolerance in (0.1, 0.01, 1e-6)]
    assert f"Stable below {result.stability.max_learning_rate:.9g}" in tab.inner_text("#limits")
    assert_digits(theta(tab, 1000), [0.08893651993741, 1.47774408518944], [0.0, 0.0], 13)
    assert [len(tab.evaluate(f"explorer.figures.line.source('points').data.{axis}")) for axis in "xy"] == [100, 100]


def test_the_scrubber_goes_from_0_to_a_thousand_million(open_page: Any) -> None:
    result = lesson()
    tab = open_page(page_of(result, HOURS, "score"))
    for place, k in ((0, 0), (1000, 10**9)):
        tab.eval_on_selector("#iteration", SLIDE, place)
        assert number(tab.input_value("#iteration-value")) == k
        assert_digits(totals(tab)["slope (hours)"][:1], [result.path(at=[k]).coef[0, 0]], [1.0], 5)
    tab.eval_on_selector("#iteration", SLIDE, 500)
    half = number(tab.input_value("#iteration-value"))
    assert 3e4 < half < 3.3e4
    error = tab.evaluate("explorer.figures.course.source('now').data.y[0]")
    assert error == pytest.approx(result.path(at=[int(half)]).error[0] - result.optimum.error, rel=1e-9)
    for k in (1, 10**15):
        set_iteration(tab, k)
        assert_digits(totals(tab)["slope (hours)"][:1], [result.path(at=[k]).coef[0, 0]], [1.0], 5)


def test_the_rate_slider_has_its_three_zones(open_page: Any) -> None:
    result = lesson()
    limit = result.stability.max_learning_rate
    tab = open_page(page_of(result, HOURS, "score"))
    seen = {}
    for place in range(0, 1001, 25):
        tab.eval_on_selector("#rate", SLIDE, place)
        rate = tab.evaluate("explorer.descent.rate")
        kind = tab.get_attribute("#message b", "class")
        assert kind == ("smooth" if rate <= limit / 2 else "zigzag" if rate < limit else "diverges")
        seen[kind] = rate
    assert set(seen) == {"smooth", "zigzag", "diverges"}
    tab.click("#best")
    assert tab.evaluate("explorer.descent.rate") == result.stability.best_learning_rate
    tab.click("#limit")
    assert tab.evaluate("explorer.descent.rate") == limit
    assert "At or past the limit" not in tab.inner_text("#message")  # this start has some way to go in that direction
    ticks = {name: tab.eval_on_selector(f"#{name}-tick", "tick => tick.style.left") for name in ("best", "limit")}
    assert float(ticks["best"].rstrip("%")) == pytest.approx(float(ticks["limit"].rstrip("%")), abs=0.1)
    assert tab.eval_on_selector("#zones", "zones => zones.style.background").count(ticks["limit"].rstrip("%")[:5]) == 2


def test_past_the_limit_it_says_when_the_error_overflows(open_page: Any) -> None:
    result = lesson(learning_rate=1e-3, max_iter=None, unstable="run")
    tab = open_page(page_of(result, HOURS, "score"))
    assert result.stability.overflow_iteration(1e-3) == 252
    assert "Past the limit: each iteration overshoots by more than the last, and the error overflows at iteration 252." in (
        tab.inner_text("#message")
    )
    set_iteration(tab, 10**6)
    assert "After 251 iterations" in tab.inner_text("#message")
    assert "It stops there" in tab.inner_text("#message")
    path = result.path(at=[251])
    assert_digits(theta(tab, 251), [path.intercept[0], path.coef[0, 0]], [0.0, 0.0], 10)
    assert tab.eval_on_selector_all("#times button", "all => all.map(button => button.disabled)") == [True, True, True]
    assert "The line is now outside the picture" in tab.inner_text("#hint")


def test_standardised_it_arrives_in_one_step(open_page: Any) -> None:
    tab = open_page(page_of(lesson(), HOURS, "score"))
    tab.check("input[value=standardized]")
    assert tab.evaluate("[explorer.limits.best, explorer.limits.max]") == pytest.approx([0.5, 1.0])
    set_iteration(tab, 1)
    shown = totals(tab)
    assert shown["slope (hours)"][0] == shown["slope (hours)"][1]
    assert "is at the optimum" in tab.inner_text("#message") or "the minimum is negligible" in tab.inner_text("#message")
    tab.check("input[value=raw]")
    assert tab.evaluate("explorer.descent.rate") == 1e-4


def test_step_play_and_reset(open_page: Any) -> None:
    tab = open_page(page_of(lesson(max_iter=5), HOURS, "score"))
    tab.click("#step")
    assert tab.input_value("#iteration-value") == "6"
    tab.click("#play")
    assert tab.inner_text("#play") == "Pause"
    wait_until(tab, "explorer.reached > 40")
    tab.click("#play")
    assert tab.inner_text("#play") == "Play"
    stopped = tab.evaluate("explorer.reached")
    tab.evaluate("new Promise(requestAnimationFrame)")
    assert tab.evaluate("explorer.reached") == stopped
    tab.click("#reset")
    assert tab.input_value("#iteration-value") == "0"
    tab.click("#times button:nth-child(2)")
    assert number(tab.input_value("#iteration-value")) == lesson().iterations_to(0.01)


def test_play_ends_where_nothing_moves_any_more_and_where_it_overflows(open_page: Any) -> None:
    tab = open_page(page_of(lesson(max_iter=0), HOURS, "score"))
    tab.fill("#rate-value", "0.001")
    set_iteration(tab, 200)
    tab.click("#play")
    wait_until(tab, "explorer.state.playing === null")
    assert tab.evaluate("explorer.reached") == 251
    tab.check("input[value=standardized]")
    set_iteration(tab, 0)
    tab.click("#play")
    wait_until(tab, "explorer.state.playing === null")
    assert tab.evaluate("explorer.reached") == 1


@pytest.mark.parametrize(("field", "text"), [("rate", "0"), ("rate", "-1"), ("rate", "fast"), ("rate", ""), ("iteration", "1.5"),
                                             ("iteration", "-1"), ("iteration", "1e16")])  # fmt: skip
def test_a_field_marks_what_is_no_such_number(open_page: Any, field: str, text: str) -> None:
    tab = open_page(page_of(lesson(), HOURS, "score"))
    before = totals(tab)
    tab.fill(f"#{field}-value", text)
    assert tab.get_attribute(f"#{field}-value", "aria-invalid") == "true"
    assert totals(tab) == before
    tab.press(f"#{field}-value", "Tab")
    assert tab.get_attribute(f"#{field}-value", "aria-invalid") is None
    assert tab.input_value(f"#{field}-value") == {"rate": "0.0001", "iteration": "1,000"}[field]


# hands on the picture


def on_screen(tab: Any, x: float, y: float) -> tuple[float, float]:
    """A point of the scatter in the window's pixels."""
    left, top = tab.evaluate(
        """([x, y]) => {
          const { view } = explorer.figures.line, box = view.el.getBoundingClientRect();
          return [box.left + view.frame.x_scale.compute(x), box.top + view.frame.y_scale.compute(y)];
        }""",
        [float(x), float(y)],
    )
    return left, top


def drag(tab: Any, begin: tuple[float, float], end: tuple[float, float]) -> None:
    tab.mouse.move(*begin)
    tab.mouse.down()
    tab.mouse.move(*end, steps=5)


def lonely(tab: Any) -> int:
    """The point that is farthest from all others and from the handles: no other is taken in its place."""
    rows = np.array(tab.evaluate("explorer.state.rows"))[:, :2]
    others = np.concatenate([rows, tab.evaluate("explorer.handles()")])
    scale = np.ptp(rows, axis=0)
    apart = np.hypot(*((rows[:, np.newaxis] - others) / scale).transpose(2, 0, 1))
    apart[np.arange(len(rows)), np.arange(len(rows))] = np.inf
    return int(apart.min(axis=1).argmax())


def test_a_point_that_is_dragged_changes_moments_spectrum_limit_and_optimum(open_page: Any) -> None:
    tab = open_page(page_of(lesson(), HOURS, "score"))
    before, limit = totals(tab), tab.evaluate("explorer.limits.max")
    index = lonely(tab)
    x, y = tab.evaluate("i => explorer.state.rows[i]", index)[:2]
    frame = tab.evaluate("explorer.frame")
    drag(tab, on_screen(tab, x, y), on_screen(tab, frame[0][1] - 1.0, frame[1][0] + 3.0))
    during = totals(tab)
    assert during["sum of squared residuals"] != before["sum of squared residuals"]  # at once, before the hand lets go
    tab.mouse.up()
    rows = np.array(tab.evaluate("explorer.state.rows"))
    moved = np.flatnonzero((rows[:, :2] != np.column_stack(columns(HOURS))).any(axis=1))
    assert moved.tolist() == [index]
    result = fastgd.fit((rows[:, 0], rows[:, 1]), learning_rate=1e-4, max_iter=1000)
    assert tab.evaluate("explorer.limits.max") == pytest.approx(result.stability.max_learning_rate, rel=1e-14) != limit
    assert_digits(theta(tab, 1000), [result.intercept, result.slope], [0.0, 0.0])
    assert_digits(theta(tab, 10**9), [result.optimum.intercept, result.optimum.coef[0]], [0.0, 0.0])
    assert totals(tab)["mean squared error"] == pytest.approx([result.error, result.optimum.error], rel=1e-5)
    tab.click("#restore")
    assert totals(tab) == before
    assert tab.is_disabled("#restore")


@pytest.mark.parametrize("end", [0, 1])
def test_an_end_of_the_line_can_be_dragged_and_descent_starts_there(open_page: Any, end: int) -> None:
    tab = open_page(page_of(lesson(), HOURS, "score"))
    handles = tab.evaluate("explorer.handles()")
    goal = [handles[end][0] + (1 - 2 * end) * 2.0, handles[end][1] + 8.0]
    drag(tab, on_screen(tab, *handles[end]), on_screen(tab, *goal))
    tab.mouse.up()
    b, w = tab.evaluate("explorer.state.start")
    for x, y in (goal, handles[1 - end]):
        assert b + w * x == pytest.approx(y, abs=0.2)  # a pixel is about 0.4
    shown = totals(tab)
    x, y = columns(HOURS)
    assert shown["mean squared error"][0] == pytest.approx(((y - b - w * x) ** 2).mean(), rel=1e-5)
    assert tab.input_value("#iteration-value") == "0"
    set_iteration(tab, 1000)
    result = lesson(start=[b, w])
    assert_digits(theta(tab, 1000), [result.intercept, result.slope], [0.0, 0.0])
    tab.click("#reset")
    assert tab.evaluate("explorer.state.start") == [0, 0]


def test_without_intercept_the_line_turns_about_the_origin(open_page: Any) -> None:
    tab = open_page(page_of(lesson(fit_intercept=False), HOURS, "score"))
    assert not tab.is_visible("#contours-panel")
    handle = tab.evaluate("explorer.handles()")[1]
    drag(tab, on_screen(tab, *handle), on_screen(tab, handle[0] - 5.0, 50.0))
    tab.mouse.up()
    b, w = tab.evaluate("explorer.state.start")
    assert b == 0 and w == pytest.approx(50.0 / (handle[0] - 5.0), rel=0.02)


def touch(tab: Any, begin: tuple[float, float], end: tuple[float, float]) -> None:
    session = tab.context.new_cdp_session(tab)
    for i in range(11):
        x, y = (a + (b - a) * i / 10 for a, b in zip(begin, end, strict=True))
        points = [{"x": x, "y": y}]
        session.send("Input.dispatchTouchEvent", {"type": "touchMove" if i else "touchStart", "touchPoints": points})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_a_finger_drags_what_it_is_on_and_scrolls_beside_it(open_page: Any) -> None:
    tab = open_page(page_of(lesson(), HOURS, "score"), NARROW)
    handle, frame = tab.evaluate("explorer.handles()")[1], tab.evaluate("explorer.frame")
    touch(tab, on_screen(tab, *handle), on_screen(tab, handle[0], 40.0))
    b, w = tab.evaluate("explorer.state.start")
    assert b + w * handle[0] == pytest.approx(40.0, abs=1.0)
    assert tab.evaluate("scrollY") == 0
    empty = on_screen(tab, frame[0][0] + 3.0, frame[1][1] - 3.0)
    touch(tab, empty, (empty[0], empty[1] - 90.0))
    wait_until(tab, "scrollY > 30")
    assert tab.evaluate("explorer.state.start") == [b, w]


def test_the_squares_are_squares_on_the_screen(open_page: Any) -> None:
    tab = open_page(page_of(lesson(), HOURS, "score"))
    source = "explorer.figures.line.source('squares').data"
    assert tab.evaluate(f"{source}.x.length") == 0
    tab.check("#squares")
    x, y = columns(HOURS)
    b, w = theta(tab, 1000)
    np.testing.assert_allclose(tab.evaluate(f"[...{source}.height]"), np.abs(y - b - w * x), rtol=1e-9)
    first = tab.evaluate(f"[{source}.x[0], {source}.y[0], {source}.width[0], {source}.height[0]]")
    low = on_screen(tab, first[0] - first[2] / 2, first[1] - first[3] / 2)
    high = on_screen(tab, first[0] + first[2] / 2, first[1] + first[3] / 2)
    assert high[0] - low[0] == pytest.approx(low[1] - high[1], rel=1e-6)
    tab.uncheck("#squares")
    assert tab.evaluate(f"{source}.x.length") == 0


# which rows are on the page


def test_weights_count(open_page: Any) -> None:
    x, y = columns(HOURS)
    weight = np.linspace(0.0, 3.0, len(x))
    result = fastgd.fit((x, y), sample_weight=weight, learning_rate=1e-4, max_iter=500)
    tab = open_page(page_of(result, (x, y), sample_weight=weight))
    assert_digits(theta(tab, 500), [result.intercept, result.slope], [0.0, 0.0])
    assert totals(tab)["sum of squared residuals"][0] == pytest.approx(weight.sum() * result.error, rel=1e-5)
    assert len(tab.evaluate("explorer.state.rows")) == 99
    sizes = tab.evaluate("[...explorer.figures.line.source('points').data.size]")
    assert sizes == sorted(sizes) and sizes[0] < sizes[-1]


def test_of_many_rows_a_sample_is_drawn_and_the_moments_are_of_all(open_page: Any) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(50.0, 10.0, size=3000)
    y = 3.0 * x + rng.normal(0.0, 20.0, size=x.size)
    result = fastgd.fit((x, y), learning_rate=1e-4, max_iter=1000)
    html = page_of(result, ((x[i : i + 700], y[i : i + 700]) for i in range(0, x.size, 700)))
    assert data_of(html) == data_of(page_of(result, x, y))
    tab = open_page(html)
    assert "3,000 rows. A sample of 1,000 rows is drawn; the numbers are those of all rows." in tab.inner_text("#about")
    rows = np.array(tab.evaluate("explorer.state.rows"))
    assert len(rows) == 1000 and np.isin(rows[:, 0], x).all()
    assert rows[:, 0].mean() == pytest.approx(50.0, abs=1.5)
    assert_digits(theta(tab, 1000), [result.intercept, result.slope], [0.0, 0.0])
    tab.evaluate("explorer.state.rows[7].splice(0, 2, 80, 0); explorer.update()")
    place = int(np.flatnonzero(x == rows[7, 0])[0])
    x[place], y[place] = 80.0, 0.0
    result = fastgd.fit((x, y), learning_rate=1e-4, max_iter=1000)
    assert_digits(theta(tab, 1000), [result.intercept, result.slope], [0.0, 0.0])


def test_without_rows_the_line_can_still_be_taken_in_hand(open_page: Any) -> None:
    result = fastgd.fit(HOUSES, "price_usd", learning_rate=1e-7, max_iter=10)
    tab = open_page(page_of(result))
    assert "This page has the moments of the rows" in tab.inner_text("#about")
    assert not tab.is_visible("#squares")
    assert_digits(theta(tab, 10), [result.intercept, result.slope], [0.0, 0.0])
    handle = tab.evaluate("explorer.handles()")[0]
    drag(tab, on_screen(tab, *handle), on_screen(tab, handle[0], handle[1] * 1.5 + 1e5))
    tab.mouse.up()
    assert tab.evaluate("explorer.state.start") != [0, 0]


@pytest.mark.parametrize(
    ("x", "y"),
    [([3.0], [4.0]), ([2.0, 2.0, 2.0], [1.0, 2.0, 6.0]), ([1.0, 2.0, 3.0], [2.0, 4.0, 6.0]), ([1.0, 2.0, 3.0], [5.0, 5.0, 5.0]),
     ([-1.0, 1.0, 0.0], [1.0, 1.0, -2.0]), ([0.0, 0.0], [0.0, 0.0])],
    ids=["one-row", "constant", "perfect", "level", "identity", "zeros"],
)  # fmt: skip
@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("intercept", [False, True])
def test_odd_data(open_page: Any, x: list[float], y: list[float], standardize: bool, intercept: bool) -> None:
    result = fastgd.fit(x, y, max_iter=7, standardize=standardize, fit_intercept=intercept)
    tab = open_page(page_of(result, x, y))
    size = max(map(abs, y))
    assert_digits(theta(tab, 7), [result.intercept, result.slope], [size, size], 12)
    assert_digits(theta(tab, 10**12), [result.optimum.intercept, result.optimum.coef[0]], [size, size], 12)
    assert "NaN" not in tab.inner_text("body") and "undefined" not in tab.inner_text("body")
    tab.fill("#rate-value", "10")
    tab.click("#step")
    assert "NaN" not in tab.inner_text("body")


def test_names_are_text_whatever_they_hold(open_page: Any) -> None:
    import pandas as pd

    frame = pd.DataFrame({HOSTILE: [1.0, 2.0, 4.0], "$$\\frac{1}{2}$$": [2.0, 3.0, 7.0]})
    tab = open_page(page_of(fastgd.fit(frame, "$$\\frac{1}{2}$$"), frame, "$$\\frac{1}{2}$$"))
    assert tab.title().startswith("$$\\frac{1}{2}$$ on </script>")
    assert tab.eval_on_selector_all("img", "all => all.length") == 0
    frame["third"] = [1.0, 5.0, 2.0]
    tab = open_page(page_of(fastgd.fit(frame, "third"), frame, "third"))
    assert "</script>" in tab.inner_text("#totals")


# many features


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("intercept", [True, False])
def test_many_features_are_pythons(open_page: Any, intercept: bool, standardize: bool) -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(60, 12)) * np.geomspace(0.5, 4.0, 12) + 1.0
    y = x @ rng.normal(size=12) + rng.normal(size=60)
    options = {"standardize": standardize, "fit_intercept": intercept}
    start = rng.normal(size=12 + intercept).tolist()
    result = fastgd.fit(x, y, max_iter=50, start=start, **options)
    tab = open_page(page_of(result, x, y))
    stability, best = result.stability, result.optimum
    assert tab.evaluate("explorer.limits.max") == pytest.approx(stability.max_learning_rate, rel=1e-13)
    assert tab.evaluate("explorer.limits.best") == pytest.approx(stability.best_learning_rate, rel=1e-13)
    natural = [best.intercept, *best.coef.tolist()]
    for k in (0, 1, 50, 1001, 10**9):
        path = result.path(at=[k])
        assert_digits(theta(tab, k), [path.intercept[0], *path.coef[0].tolist()], natural)
    assert [tab.evaluate("t => Descent.iterations(explorer.descent, t)", t) for t in (0.1, 0.01, 1e-6)] == [
        result.iterations_to(t) for t in (0.1, 0.01, 1e-6)
    ]
    assert len(totals(tab)) == 15 + intercept
    assert tab.eval_on_selector_all("#bars .bar", "all => all.length") == 12
    tab.check(f"input[value={'raw' if standardize else 'standardized'}]")
    other = fastgd.fit(x, y, max_iter=50, start=start, fit_intercept=intercept, standardize=not standardize)
    assert tab.evaluate("explorer.descent.rate") == pytest.approx(other.learning_rate, rel=1e-13)
    assert_digits(theta(tab, 50), [other.intercept, *other.coef.tolist()], natural)
    tab.fill("#rate-value", "100")
    options = {"fit_intercept": intercept, "standardize": not standardize}
    n = fastgd.fit(x, y, learning_rate=100.0, start=start, unstable="run", **options).n_iter
    found = re.search(r"the error overflows at iteration (\d+)\.", tab.inner_text("#message"))
    assert found and int(found[1]) in (n + 1, n + 2)  # a fit also stops before R squared leaves it


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("features", [1, 2, 5])
def test_digits_at_the_limit_of_the_rate_where_the_condition_is_bad(open_page: Any, features: int, standardize: bool) -> None:
    """From the moments alone, after as many iterations as the condition number has, where each is as large as the last."""
    rng = np.random.default_rng(6)
    x = 90.0 + rng.normal(size=(50, features)) * np.geomspace(1.0, 5.0, features)
    y = x.sum(axis=1) + rng.normal(size=50)
    best = fastgd.analyse(x, y, standardize=standardize)
    assert standardize or 1e7 < best.condition < 1e10
    rate = best.max_learning_rate * (1.0 - 1e-9)
    result = fastgd.fit(x, y, learning_rate=rate, max_iter=5, standardize=standardize)
    tab = open_page(page_of(result))
    natural = [result.optimum.intercept, *result.optimum.coef.tolist()]
    for k in (5, 10**6, 10**8 + 1, 10**9):
        path = result.path(at=[k])
        assert_digits(theta(tab, k), [path.intercept[0], *path.coef[0].tolist()], natural)


def test_dependent_columns_leave_directions_where_they_are(open_page: Any) -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(20, 3))
    x = np.column_stack([x, x[:, 0] + x[:, 1], np.ones(20)])
    y = rng.normal(size=20)
    start = [1.0, 2.0, 0.0, -1.0, 0.5, 3.0]
    result = fastgd.fit(x, y, start=start, max_iter=30)
    tab = open_page(page_of(result))
    assert tab.evaluate("explorer.problem.directions.length") == result.rank == 4
    path = result.path(at=[0, 30, 10**9])
    for i, k in enumerate((0, 30, 10**9)):
        assert_digits(theta(tab, k), [path.intercept[i], *path.coef[i].tolist()], [1.0] * 6)
    tab.check("input[value=standardized]")
    other = fastgd.fit(x, y, start=start, max_iter=30, standardize=True)
    assert_digits(theta(tab, 30), [other.intercept, *other.coef.tolist()], [1.0] * 6)


# screens


def overlapping(tab: Any, selector: str) -> list[list[str]]:
    """Pairs of visible elements that cover each other, of those that do not hold each other."""
    pairs: list[list[str]] = tab.evaluate(
        """(selector) => {
          const all = [...document.querySelectorAll(selector)].filter((e) => e.offsetParent !== null), found = [];
          const box = (e) => e.getBoundingClientRect();
          for (const [i, a] of all.entries()) for (const b of all.slice(i + 1)) {
            if (a.contains(b) || b.contains(a)) continue;
            const p = box(a), q = box(b);
            const wide = Math.min(p.right, q.right) - Math.max(p.left, q.left);
            const high = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
            if (wide > 1 && high > 1) found.push([a.id || a.textContent, b.id || b.textContent]);
          }
          return found;
        }""",
        selector,
    )
    return pairs


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("kind", ["line", "rate-at-limit", "many"])
def test_it_fits_the_screen(open_page: Any, size: dict[str, int], kind: str) -> None:
    many = kind == "many"
    file, target = (BEDROOMS, "price_usd") if many or kind == "rate-at-limit" else (HOURS, "score")
    result = fastgd.fit(file, target, features=None if many else [("hours", "area_sqft")[kind != "line"]])
    tab = open_page(page_of(result), size)
    assert tab.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert overlapping(tab, "#controls .head > *, #controls .track, .tick b, #zone-note") == []
    assert overlapping(tab, "#line-panel > *, #contours-panel > *, #course-panel > *, #times > *, #coordinates > *") == []
    clipped = tab.evaluate(
        """[...document.querySelectorAll("button, #controls input:not([type]), th, td, .label span")]
        .filter((e) => e.offsetParent !== null && e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 1)
        .map((e) => e.outerHTML)"""
    )
    assert clipped == []
    sticking_out = tab.evaluate(
        """[...document.querySelectorAll(".panel *")].filter((e) => e.offsetParent !== null && !e.closest(".figure, .track"))
        .filter((e) => e.getBoundingClientRect().right > e.closest(".panel").getBoundingClientRect().right - 6)
        .map((e) => e.outerHTML)"""
    )
    assert sticking_out == []
    small = tab.evaluate(
        """[...document.querySelectorAll("button, input[type=range], #controls input:not([type]), .check")]
        .filter((e) => e.offsetParent !== null && e.getBoundingClientRect().height < 44).map((e) => e.outerHTML)"""
    )
    assert small == []
    bottom = tab.evaluate("document.getElementById('controls').getBoundingClientRect().bottom")
    assert bottom <= size["height"]  # without scrolling


@pytest.mark.parametrize(
    "weights", [[1e59] * 4, [1e-60] * 4, [1.0, 1e-190, 1e-190, 1e-190], [1e59, 1e-60, 1.0, 1e59], [5e-324, 1.0, 1.0, 1.0]]
)
def test_weights_at_the_ends(open_page: Any, weights: list[float]) -> None:
    x, y = [1.0, 2.0, 3.0, 6.0], [2.0, 4.0, 5.0, 9.0]
    result = fastgd.fit(x, y, sample_weight=weights, max_iter=7)
    natural = [result.optimum.intercept, float(result.optimum.coef[0])]
    for tab in (open_page(page_of(result)), open_page(page_of(result, x, y, sample_weight=weights))):
        assert_digits(theta(tab, 7), [result.intercept, result.slope], natural)
        assert_digits(theta(tab, math.inf), natural, natural)


# the file


def test_the_page_is_one_small_file_that_fetches_nothing(tmp_path: Path) -> None:
    html = page_of(lesson(), HOURS, "score")
    assert len(html.encode()) < 2_000_000
    assert "default-src 'none'" in html
    assert "<script src" not in html and "@import" not in html


def test_a_page_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "page.html"
    path.write_text("old", encoding="utf-8")

    def fail(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(fastgd.DataError, match=r"^the page cannot be written to .*page\.html: no space left on device$"):
        lesson().explore(path)
    assert path.read_text(encoding="utf-8") == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["page.html"]


def test_rows_of_another_fit_are_refused(tmp_path: Path) -> None:
    x, y = columns(HOURS)
    path = tmp_path / "page.html"
    for data, text in [
        ((x[1:], y[1:]), r"^99 rows are to be shown and 100 were fitted: pass the same data, features and weights as to fit$"),
        ((x, y + 1e-6 * x), r"^the rows to be shown have other means or covariances than those that were fitted: "),
        ((np.column_stack([x, x]), y), r"^the rows to be shown have 2 features and one was fitted: pass the same as to fit$"),
    ]:
        with pytest.raises(fastgd.DataError, match=text):
            lesson().explore(path, data)
    with pytest.raises(fastgd.DataError, match=r"^nan in row 0, x: every value must be a finite number"):
        lesson().explore(path, (np.append(np.nan, x[1:]), y))
    assert not path.exists()


def test_what_the_page_cannot_show_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    x, y = np.arange(1.0, 5.0), np.array([1.0, 3.0, 2.0, 5.0])
    with pytest.raises(fastgd.DataError, match=r"^column 'x' has numbers of about 3e\+80: the explorer shows sizes from"):
        fastgd.fit(x * 1e80, y, standardize=True).explore(path)
    wide = np.random.default_rng(0).normal(size=(300, 201))
    with pytest.raises(fastgd.DataError, match=r"^201 features were fitted: the explorer shows at most 200; fit those to"):
        fastgd.fit(wide, wide[:, 0]).explore(path)
    with pytest.raises(fastgd.DataError, match=r"^start=\(1e\+70, 0\.0\): the explorer shows starts up to 1e\+60$"):
        fastgd.fit(x, y, start=[1e70, 0.0], max_iter=1).explore(path)
    for weight in (1e-70, 1e70):
        weights = np.full(4, weight)
        with pytest.raises(fastgd.DataError, match=r"^the weights add up to about 4e.70: .*; multiply the weights by a power"):
            fastgd.fit(x, y, sample_weight=weights).explore(path, x, y, sample_weight=weights)
    for features in (x, np.column_stack([x, x**2])):
        flat = fastgd.fit(features, y, sample_weight=[1.0, 1e-220, 1e-220, 1e-220])
        with pytest.raises(fastgd.DataError, match=r"^an eigenvalue is about .e-2\d\d: .* from 1e-200; leave out rows with"):
            flat.explore(path)
    assert not path.exists()


def test_without_bokeh_it_names_the_pip_command(tmp_path: Path) -> None:
    code = "import sys; sys.modules['bokeh'] = None; import fastgd; fastgd.fit([1, 2, 3], [1, 2, 4]).explore('page.html')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.stderr.endswith("ImportError: the explorer needs bokeh, which is not installed: pip install 'fastgd[explorer]'\n")
    assert list(tmp_path.iterdir()) == []


def test_the_command_writes_the_page_of_a_file(open_page: Any, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    command = ["explore", str(HOURS), "score", "--learning-rate", "1e-4", "--max-iter", "1000", "-o", str(page)]
    done = CliRunner().invoke(app, command)
    assert (done.exit_code, done.stdout) == (0, "")
    tab = open_page(page)
    assert_digits(theta(tab, 1000), [0.08893651993741, 1.47774408518944], [0.0, 0.0], 13)
    assert len(tab.evaluate("explorer.state.rows")) == 100
    assert "page.html" not in tab.inner_text("body")


def test_the_command_takes_features_weights_and_rows_left_out(open_page: Any, tmp_path: Path) -> None:
    lines = [f"{i % 7},{i % 3},{i % 5},{3 * (i % 7) + (i * i) % 11}" for i in range(60)]
    lines[4] = "1,2,,8"
    (tmp_path / "table.csv").write_text("a,w,b,y\n" + "\n".join(lines) + "\n", encoding="utf-8")
    page, table = tmp_path / "page.html", str(tmp_path / "table.csv")
    command = ["explore", table, "y", "--features", "b", "--weights", "w", "--missing", "drop", "-o", str(page)]
    done = CliRunner().invoke(app, [*command, "--learning-rate", "10"])  # past the limit: the page shows what becomes of it
    assert done.exit_code == 0, done.stderr
    tab = open_page(page)
    best = fastgd.fit(table, "y", features=["b"], sample_weight="w", missing="drop").optimum
    assert_digits(
        tab.evaluate("explorer.descent.limit.map((value) => value[0])"), [best.intercept, best.coef[0]], [0.0, 0.0], 12
    )
    assert "39 rows, 1 more left out" in tab.inner_text("#about")
