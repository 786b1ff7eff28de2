"""The lesson's functions: its loop to the last bit, its script unchanged, and what they say where it overflows."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import config

import fastgd
from fastgd import tutorial

HOURS = Path(__file__).parent.parent / "data" / "hours_scores.csv"
LESSON = Path(__file__).parents[2] / "shared" / "data" / "tutorial" / "data.csv"

finite = st.floats(allow_nan=False, allow_infinity=False)
points = st.lists(st.tuples(finite, finite), min_size=1, max_size=70)  # past two of the kernel's tiles of 32
tame = st.one_of(st.floats(-10, 10), st.floats(-1e-307, 1e-307), st.sampled_from([0.0, -0.0]))


@st.composite
def planes(draw: st.DrawFn, numbers: st.SearchStrategy[float]) -> tuple[naive.Rows, float, list[float]]:
    """Rows of 1 to 6 features and the target, b and m; all drawn from a few numbers."""
    n, p = draw(st.integers(1, 70)), draw(st.integers(1, 6))
    few = draw(st.lists(numbers, min_size=1, max_size=20))
    cells = np.random.default_rng(draw(st.integers(0, 2**32))).choice(few, n * (p + 1) + p + 1).tolist()
    return [tuple(cells[i : i + p + 1]) for i in range(0, n * (p + 1), p + 1)], cells[-1], cells[-1 - p : -1]


def bits(state: Any) -> list[str]:
    """Of [b, m] with one slope or several."""
    b, m = state
    return [b.hex(), *(v.hex() for v in (m if isinstance(m, list) else np.atleast_1d(m).tolist()))]


# A script in the lesson's shape: three functions, or the import that takes their place, then the run.
LOOP = '''
def compute_error_for_line_given_points(b, m, points):
    totalError = 0
    for i in range(0, len(points)):
        x = points[i, 0]
        y = points[i, 1]
        totalError += (y - (m * x + b)) ** 2
    return totalError / float(len(points))

def step_gradient(b_current, m_current, points, learningRate):
    b_gradient = 0
    m_gradient = 0
    N = float(len(points))
    for i in range(0, len(points)):
        x = points[i, 0]
        y = points[i, 1]
        b_gradient += -(2 / N) * (y - ((m_current * x) + b_current))
        m_gradient += -(2 / N) * x * (y - ((m_current * x) + b_current))
    return [b_current - (learningRate * b_gradient), m_current - (learningRate * m_gradient)]

def gradient_descent_runner(points, starting_b, starting_m, learning_rate, num_iterations):
    b = starting_b
    m = starting_m
    for i in range(num_iterations):
        b, m = step_gradient(b, m, array(points), learning_rate)
    return [b, m]
'''
RUN = '''
import sys
from numpy import *
{functions}
def run():
    points = genfromtxt(sys.argv[1], delimiter=",", skip_header=int(sys.argv[2]))
    start = compute_error_for_line_given_points(0, 0, points)
    print("Starting gradient descent at b = {{0}}, m = {{1}}, error = {{2:.11g}}".format(0, 0, start))
    b, m = gradient_descent_runner(points, 0, 0, 0.0001, 1000)
    end = compute_error_for_line_given_points(b, m, points)
    print("After {{0}} iterations b = {{1}}, m = {{2}}, error = {{3:.13g}}".format(1000, b, m, end))

run()
'''


@pytest.mark.filterwarnings("ignore::fastgd.ConvergenceWarning")
@given(points, finite, finite)
def test_compute_error_is_bit_identical(xy: list[tuple[float, float]], b: float, m: float) -> None:
    assert fastgd.compute_error(b, m, xy).hex() == naive.compute_error(b, m, xy).hex()


@pytest.mark.filterwarnings("ignore::fastgd.ConvergenceWarning")
@given(points, finite, finite, finite, st.integers(0, 20))
def test_gradient_descent_is_bit_identical(
    xy: list[tuple[float, float]], b: float, m: float, rate: float, k: int
) -> None:
    ours = fastgd.gradient_descent(xy, b, m, rate, k)
    assert [v.hex() for v in ours] == [v.hex() for v in naive.gradient_descent(xy, b, m, rate, k)]


@pytest.mark.filterwarnings("ignore::fastgd.ConvergenceWarning")
@given(points, finite, finite, finite)
def test_step_gradient_is_bit_identical(xy: list[tuple[float, float]], b: float, m: float, rate: float) -> None:
    ours = tutorial.step_gradient(b, m, np.array(xy), rate)
    assert [v.hex() for v in ours] == [v.hex() for v in naive.gradient_descent(xy, b, m, rate, 1)]


@given(planes(tame), st.floats(-1e-3, 1e-3), st.integers(0, 8))
def test_features_are_bit_identical(plane: tuple[naive.Rows, float, list[float]], rate: float, k: int) -> None:
    rows, b, m = plane
    assert fastgd.compute_error(b, m, rows).hex() == naive.compute_error_of_features(b, m, rows).hex()
    assert bits(fastgd.gradient_descent(rows, b, m, rate, k)) == bits(naive.gradient_descent_of_features(rows, b, m, rate, k))
    assert bits(fastgd.step_gradient(b, m, rows, rate)) == bits(naive.gradient_descent_of_features(rows, b, m, rate, 1))


@pytest.mark.parametrize("n", [1, 31, 32, 33, 70])
@pytest.mark.parametrize("p", range(1, 7))
def test_features_are_added_in_their_order(p: int, n: int) -> None:
    rng = np.random.default_rng([p, n])
    rows, m = rng.normal(size=(n, p + 1)), rng.normal(size=p).tolist()
    cells = [tuple(row) for row in rows.tolist()]
    assert fastgd.compute_error(0.1, m, rows).hex() == naive.compute_error_of_features(0.1, m, cells).hex()
    ours = fastgd.gradient_descent(rows, 0.1, m, 1e-2, 20)
    assert bits(ours) == bits(naive.gradient_descent_of_features(cells, 0.1, m, 1e-2, 20))


# Needs `fastgd.analyse` of several features, for the warning's limit.
@pytest.mark.filterwarnings("ignore::fastgd.ConvergenceWarning")
@given(planes(finite), finite, st.integers(0, 20))
def test_features_are_bit_identical_past_float64(
    plane: tuple[naive.Rows, float, list[float]], rate: float, k: int
) -> None:
    rows, b, m = plane
    assert fastgd.compute_error(b, m, rows).hex() == naive.compute_error_of_features(b, m, rows).hex()
    assert bits(fastgd.gradient_descent(rows, b, m, rate, k)) == bits(naive.gradient_descent_of_features(rows, b, m, rate, k))


@pytest.mark.filterwarnings("ignore::fastgd.ConvergenceWarning")
@given(points, finite, finite, finite, st.integers(0, 20))
def test_one_feature_in_a_list_is_the_line(xy: list[tuple[float, float]], b: float, m: float, rate: float, k: int) -> None:
    assert fastgd.compute_error(b, [m], xy).hex() == fastgd.compute_error(b, m, xy).hex()
    assert bits(fastgd.gradient_descent(xy, b, [m], rate, k)) == bits(fastgd.gradient_descent(xy, b, m, rate, k))
    assert bits(fastgd.step_gradient(b, [m], xy, rate)) == bits(fastgd.step_gradient(b, m, xy, rate))


@pytest.mark.parametrize(
    "m", [(1, 2), np.array([1.0, 2.0]), np.array([1, 2], np.int8), np.array([2.0, 0.0, 1.0])[::-2], np.float32([1, 2])]
)
@pytest.mark.parametrize("k", [0, 1, 3])
def test_coefficients_come_back_as_a_new_array(m: Any, k: int) -> None:
    rows = [(1.0, 0.5, 3.0), (0.0, 1.0, 4.0), (1.0, 1.0, 6.5)]
    before = np.array(m)
    b, ours = fastgd.gradient_descent(np.asfortranarray(rows), 0, m, 0.1, k)
    assert type(b) is float and type(ours) is np.ndarray and ours.dtype == np.float64 and ours.shape == (2,)
    assert bits([b, ours]) == bits(naive.gradient_descent_of_features(rows, 0.0, [1.0, 2.0], 0.1, k))
    assert not np.shares_memory(ours, m) and np.array_equal(m, before)


@pytest.mark.parametrize("m", [1, 1.0, np.float64(1), np.array(1.0)])
def test_one_slope_comes_back_as_a_float(m: Any) -> None:
    assert [type(v) for v in fastgd.step_gradient(0, m, [(1, 2), (2, 4)], 0.1)] == [float, float]


compiled = pytest.mark.skipif(config.DISABLE_JIT, reason="minutes where kernels run as Python")


@compiled
def test_points_past_the_kept_columns_are_bit_identical() -> None:
    rng = np.random.default_rng(3)
    xy = rng.normal(size=(2**20 + 40, 2))
    ours = fastgd.gradient_descent(xy, 0.25, -0.5, 1e-3, 2)
    assert ours == naive.gradient_descent(xy.tolist(), 0.25, -0.5, 1e-3, 2)


@compiled
def test_rows_past_the_kept_columns_are_bit_identical() -> None:
    rng = np.random.default_rng(4)
    rows, m = rng.normal(size=(21_000, 101)), rng.normal(size=100).tolist()
    ours = fastgd.gradient_descent(rows, 0.25, m, 1e-3, 2)
    assert bits(ours) == bits(naive.gradient_descent_of_features(rows.tolist(), 0.25, m, 1e-3, 2))


def test_a_fixed_point_ends_the_loop_where_it_would_stay() -> None:
    xy = [(1.0, 2.0), (2.0, 4.0)]
    assert fastgd.gradient_descent(xy, 0, 0, 0.1, 10**15) == naive.gradient_descent(xy, 0, 0, 0.1, 10_000)
    rows = [(1.0, 0.0, 3.0), (0.0, 1.0, 4.0), (1.0, 1.0, 6.0)]
    ours = fastgd.gradient_descent(rows, 0, [0, 0], 0.25, 10**15)
    assert bits(ours) == bits(naive.gradient_descent_of_features(rows, 0.0, [0.0, 0.0], 0.25, 10_000))


@compiled
def test_a_loop_that_overshoots_forever_ends_on_the_right_side() -> None:
    xy = np.zeros((1024, 2))
    assert [fastgd.gradient_descent(xy, 3.0, 0.0, 1.0, 10**15 + k)[0] for k in (0, 1)] == [3.0, -3.0]
    assert [fastgd.gradient_descent(np.zeros((8192, 4)), 3.0, [0.0] * 3, 1.0, 10**15 + k)[0] for k in (0, 1)] == [3.0, -3.0]


@pytest.mark.parametrize(("b", "m", "rate"), [(-0.0, 0.0, 1e-200), (-0.0, -0.0, -1.0), (0.0, -0.0, 1.0)])
def test_signs_of_zero_are_the_loops(b: float, m: float, rate: float) -> None:
    for xy in ([(0.0, 1e-200)], [(0.0, 0.0)], [(-0.0, 0.0), (1e-300, 0.0)]):
        for k in range(4):
            ours = fastgd.gradient_descent(xy, b, m, rate, k)
            assert [v.hex() for v in ours] == [v.hex() for v in naive.gradient_descent(xy, b, m, rate, k)]
            rows = [(x, -x, y) for x, y in xy]
            for slopes in ([m, b], [b, -m]):
                several = fastgd.gradient_descent(rows, b, slopes, rate, k)
                assert bits(several) == bits(naive.gradient_descent_of_features(rows, b, slopes, rate, k))


@pytest.mark.parametrize("data", ["made", "the lesson's"])
def test_the_lessons_script_prints_what_it_printed(data: str, tmp_path: Path) -> None:
    path, header = (HOURS, 1) if data == "made" else (LESSON, 0)
    if not path.exists():
        pytest.skip("the lesson's own points are not part of the project")

    def output(functions: str) -> str:
        script = tmp_path / "lesson.py"
        script.write_text(RUN.format(functions=functions), encoding="utf-8")
        command = [sys.executable, str(script), str(path), str(header)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    before, after = output(LOOP), output("from fastgd.tutorial import *")
    assert before == after
    assert "After 1000 iterations b = 0.0889365199374" in before and "error = 112.6148101161" in before


def test_overflow_returns_what_the_loop_returns_and_warns_once() -> None:
    xy = np.loadtxt(HOURS, delimiter=",", skiprows=1)
    with pytest.warns(fastgd.ConvergenceWarning) as caught:
        ours = fastgd.gradient_descent(xy, 0, 0, 1e-3, 1000)
    assert all(math.isnan(v) for v in ours)
    assert [str(w.message) for w in caught] == [
        "the lesson's loop overflowed float64: on these points it is stable for learning rates below 0.000401296436; "
        "fastgd.fit(points) picks the best"
    ]
    assert Path(caught[0].filename) == Path(__file__)


# Needs `fastgd.analyse` of several features.
def test_overflow_of_features_warns_once() -> None:
    rows = np.array([(1.0, 0.0, 3.0), (0.0, 1.0, 4.0), (1.0, 1.0, 6.0)])
    with pytest.warns(fastgd.ConvergenceWarning) as caught:
        b, m = fastgd.gradient_descent(rows, 0, [0, 0], 1.0, 1000)
    assert math.isnan(b) and np.isnan(m).all() and m.shape == (2,)
    assert [str(w.message) for w in caught] == [
        "the lesson's loop overflowed float64: on these points it is stable for learning rates below 0.514718626; "
        "fastgd.fit(points) picks the best"
    ]
    assert Path(caught[0].filename) == Path(__file__)


@compiled
@pytest.mark.parametrize("m", [0.0, [0.0]])
def test_nan_ends_the_loop(m: Any) -> None:
    with pytest.warns(fastgd.ConvergenceWarning):
        state = fastgd.gradient_descent(np.full((8192, 2), 3.0), 0, m, 1.0, 10**15)
    assert bits(state) == ["nan", "nan"]


def test_kernels_run_as_python_too() -> None:
    code = (
        "import fastgd; r = fastgd.fit([1., 2., 4.], [1., 3., 4.], learning_rate=0.1, max_iter=10**6 + 1)\n"
        "print(r.intercept.hex(), r.slope.hex(), r.error.hex(), fastgd.gradient_descent([(1., 2.), (2., 5.)], 0, 0, .1, 50))\n"
        "b, m = fastgd.gradient_descent([(1., 0., 2.), (2., 1., 5.)], 0, [0, 0], .1, 50)\n"
        "print(b.hex(), m.tolist(), fastgd.compute_error(b, m, [(1., 0., 2.), (2., 1., 5.)]).hex())"
    )
    command = [sys.executable, "-W", "error", "-c", code]
    compiled, interpreted = (
        subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "NUMBA_DISABLE_JIT": flag}).stdout
        for flag in "01"
    )
    assert compiled == interpreted


def test_overflow_on_columns_too_far_apart_says_so() -> None:
    with pytest.warns(fastgd.ConvergenceWarning, match="overflowed float64: the columns differ in size by a factor of about 1e3"):
        fastgd.compute_error(1.0, [1e10, 1.0], [(8e299, 1.0, 2.0), (1e299, 3.0, 4.0)])
