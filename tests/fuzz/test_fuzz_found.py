"""What the fuzz tests have found, each as one example of its kind. (Found by other means: beside the tests of its module.)"""

from __future__ import annotations

from pathlib import Path

import forging
import numpy as np
import pytest
from readers import read_csv
from strange import HUGE, Unshown, Vague
from verdict import outcome, require_sound

import fastgd

x, y = [1.0, 2.0, 4.0], [2.0, 3.0, 4.5]


def refused(text: str, *data: object, **arguments: object) -> None:
    with pytest.raises(fastgd.DataError) as info:
        fastgd.fit(*data, **arguments)  # type: ignore[arg-type]
    assert str(info.value) == text


def test_a_number_of_thousands_of_digits_is_told_by_its_size() -> None:
    bits = "an int of 16,610 bits"
    refused(f"max_iter={bits}: it must be below 10**4000", x, y, max_iter=HUGE)
    refused(f"max_iter={bits}: it must not be negative", x, y, max_iter=-HUGE)
    refused(f"x holds {bits} in row 2: it is too large for float64 (rows count from 0)", [1, 2, HUGE], y)
    refused(f"tol={bits}: it must be a number between 0 and 1, the share of the distance that may be left", x, y, tol=HUGE)
    refused("start holds <Unshown> in row 1: a number is needed (rows count from 0)", x, y, start=[1, Unshown(), 2])


def test_an_object_that_cannot_be_shown_is_told_by_its_type() -> None:
    refused("fit_intercept=<Unshown>: pass True or False", x, y, fit_intercept=Unshown())


@pytest.mark.parametrize("odd", [np.array(["raise", "run"]), Vague()])
def test_what_compares_to_an_array_is_no_choice(odd: object) -> None:
    for name in ("unstable", "missing", "n_jobs", "progress"):
        with pytest.raises(fastgd.DataError, match=f"^{name}="):
            fastgd.fit(x, y, **{name: odd})
    with pytest.raises(fastgd.DataError, match="^kind="):
        fastgd.fit(x, y).predict_interval(x, kind=odd)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "value", [np.complex128(0.1), np.array(0.1 + 0j), np.ma.masked, np.array("0.1"), np.array("0.1", object)]
)
def test_what_float_takes_and_is_no_real_number_is_refused(value: object) -> None:
    with pytest.raises(fastgd.DataError, match="^learning_rate=.*: it must be a positive, finite number"):
        fastgd.fit(x, y, learning_rate=value)  # type: ignore[arg-type]
    with pytest.raises(fastgd.DataError, match="^level=.*: it must be a number between 0 and 1"):
        fastgd.fit(x, y).inference(level=value)  # type: ignore[arg-type]


def test_masked_cells_in_lists_are_missing() -> None:
    masked = np.ma.array([1.0, 99.0, 3.0], mask=[False, True, False])
    needed = "a number is needed (rows count from 0)"
    refused(f"data holds None in row 0, column 1: {needed}", [masked, np.ma.array([4.0, 5.0, 7.0])])
    refused(f"x holds None in row 2: {needed}", [1.0, 2.0, np.ma.masked], y)
    refused(f"data holds None in row 1, column 0: {needed}", [[1.0, 2.0], [np.ma.masked, 3.0], [2.0, 5.0]])
    kept = fastgd.fit([1.0, 2.0, 4.0, np.ma.masked], [*y, 9.0], missing="drop")
    assert (kept.n_dropped, kept.slope) == (1, fastgd.fit(x, y).slope)


@pytest.mark.parametrize("kind", ["M8[s]", [("a", np.float64)]])
def test_masked_values_of_other_types_are_refused_by_their_type(kind: object) -> None:
    values = np.ma.array(np.zeros(3, kind), mask=[True, False, False])
    with pytest.raises(fastgd.DataError, match="^x (holds dates|is a structured array)"):
        fastgd.fit(values, y, missing="drop")


def test_weights_beside_what_is_no_data() -> None:
    refused("x of type NoneType cannot be read: pass an array, a list or a column", None, y, sample_weight=[1, 1, 1])


@pytest.mark.parametrize("names", [["a"], 3, np.array(["a", "b"])])
def test_features_of_an_object_that_is_an_array_to_numpy(names: object) -> None:
    class Matrix:
        def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
            return np.eye(3)

    refused("features picks columns by name, but arrays have no names: pass the columns themselves", Matrix(), features=names)


@pytest.mark.parametrize("columns", [1, 2, 40])
@pytest.mark.parametrize("rate", [1e270, 1e280, 1e290, 1.7e308])
def test_the_largest_rates_diverge(columns: int, rate: float) -> None:
    """2 eta lambda overflowed, to NaN, which the descent took for having arrived."""
    found = fastgd.fit(np.full((4, columns), 1e16), [0.0, 0.0, 0.0, 0.25], learning_rate=rate, unstable="run")
    assert (found.status, found.n_iter, found.remaining, found.error) == (fastgd.Status.DIVERGED, 0, 1.0, 0.015625)


@pytest.mark.parametrize("name", ["{", "}", "{}", "{0.x}"])
def test_braces_in_the_name_of_a_target(tmp_path: Path, name: str) -> None:
    pytest.importorskip("pyarrow")
    file = tmp_path / "f.csv"
    file.write_text(f"town,{name}\nUr,1\nUruk,2\n", encoding="utf-8")
    cure = f"leave the column out of features, or use a formula, '{name} ~ C(town)'"
    refused(f"text 'Ur' in line 2 of {file}, column 'town': every value must be a finite number; {cure}", file)


@pytest.mark.parametrize("first", [1e199, 1e300])
def test_a_part_by_itself_whose_rows_are_far_smaller_than_the_first_of_all(first: float) -> None:
    """Its sums are about their shift: the squares of its means underflowed, and its rates were NaN."""
    part = fastgd.Moments.from_arrays([first] * 4096, y * 1365 + [1.0]).starting_at(4096).update([3.0, 4.0], [3.0, 4.0])
    assert part.mean.tolist() == [3.5, 3.5]
    result = fastgd.fit(part)
    assert np.isfinite([result.learning_rate, result.error, *result.stability.eigenvalues]).all()
    assert result.predict([3.5]).tolist() == pytest.approx([3.5], rel=1e-14)


@pytest.mark.parametrize(
    ("theta", "error"), [([1e160, 0.0, 0.0], 0.0), ([0.0, -1e308, 0.0], 0.0), ([0.0, 0.0, 1e300], 0.0), ([0.0] * 3, 1e10)]
)
def test_a_signed_solution_that_is_none_of_its_sums(theta: list[float], error: float) -> None:
    header, arrays = forging.opened(fastgd.fit([[1, 2], [2, 1], [4, 4]], y).moments.to_bytes())
    header["solution"] = [True, error]
    moments = fastgd.Moments.from_bytes(forging.closed(header, [*arrays, np.array([theta, [0.0] * 3])]))
    with pytest.raises(fastgd.DataError, match="^these moments hold a solution that is not theirs: "):
        fastgd.fit(moments)


def test_a_part_that_only_reaches_into_the_next_block_joins_the_rows_before_it() -> None:
    """It needs no shifts, having no whole block; it was refused for not knowing them."""
    x = np.arange(4100.0) % 89
    first = fastgd.Moments.from_arrays(x[:3], x[:3] ** 2)
    whole = first + first.starting_at(3).update(x[3:], x[3:] ** 2)
    assert whole.to_bytes() == fastgd.Moments.from_arrays(x, x**2).to_bytes()


def test_quotes_that_open_a_cell_only_where_another_separator_is_tried(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    file = tmp_path / "f.csv"
    file.write_text(',|"|;\n;', encoding="utf-8")
    with pytest.raises(fastgd.DataError, match="^column 2 of 2 in .* has no name"):
        fastgd.fit(file)


def test_points_in_a_memoryview() -> None:
    points = np.column_stack([x, y])
    assert fastgd.fit(memoryview(points)).slope == fastgd.fit(points).slope  # type: ignore[arg-type]


def test_a_condition_past_float64_is_refused() -> None:
    stability = fastgd.analyse([0.25, 0.0], [0.0, 0.0], sample_weight=[1.7976931348623157e308, 0.25])
    with pytest.raises(fastgd.DataError, match=r"^the condition number is about 1e\+310, which float64 cannot hold"):
        _ = stability.condition


def test_iterations_in_an_array_without_dimensions() -> None:
    with pytest.raises(fastgd.DataError, match=r"^at=array\(3\): pass a list of iterations, at=\[array\(3\)\]$"):
        fastgd.fit(x, y).path(at=np.array(3))  # type: ignore[arg-type]


def test_one_weight_for_all_rows_that_is_too_large() -> None:
    sklearn = pytest.importorskip("fastgd.sklearn")
    with pytest.raises(fastgd.DataError, match="^sample_weight holds 1000.* in row 0: it is too large for float64"):
        sklearn.GradientDescentRegressor().fit([[1.0], [2.0], [4.0]], y, sample_weight=10**400)


@pytest.mark.parametrize(
    ("column", "weight"),
    [
        ([1e300, 0.0, 0.0], [5e-324, 1.0, 1.0]),  # nothing of x is left in its own units
        ([5.4e141, 0.25, 0.0], [0.25, 1e300, 0.0]),
        ([0.75, 0.0, 0.0], [1.7e15, 0.0, 2.3e-308]),  # a variance of 5e-324
    ],
)
@pytest.mark.parametrize("width", [1, 2])
def test_weights_beside_which_others_are_nothing(column: list[float], weight: list[float], width: int) -> None:
    x = np.array([column] * width).T * [1.0, -3.0][:width]
    for y in ([0.0, 0.0, 0.0], [0.25, 0.0, 0.0]):
        for fit_intercept in (True, False):
            require_sound(outcome(lambda: fastgd.fit(x, y, sample_weight=weight, fit_intercept=fit_intercept)))  # noqa: B023
            require_sound(outcome(lambda: fastgd.analyse((x, y), sample_weight=weight, fit_intercept=fit_intercept)))  # noqa: B023


def test_coefficients_that_make_up_for_each_other() -> None:
    """To 10^157 of them, where weights of 1e-280 leave three rows of four hardly a say."""
    moments = fastgd.Moments.from_arrays(np.ones((1, 40)), [2.0])
    moments.update(np.zeros((3, 40)), [0.0, 0.0, 2.5e159], sample_weight=np.full(3, 1e-280))
    result = fastgd.fit(moments)
    require_sound(result)
    with pytest.raises(fastgd.DataError, match="^the fit passes through all 4 rows, up to rounding"):
        result.inference()


def test_an_error_of_columns_as_large_as_float64_can_be() -> None:
    X = [[0.0, 1.4e248], [0.0, 1.4e248], [1.7e308, 1.4e248]]
    result = fastgd.fit(X, [0.0] * 3, start=[0.0, 1.0], max_iter=0, fit_intercept=False)
    require_sound(result)
    with pytest.raises(fastgd.DataError, match=r"^the mean squared error is about 1e\+496, which float64 cannot hold"):
        _ = result.error


def test_a_direction_that_weights_leave_nothing_of() -> None:
    X = [[1.16061161e-28, 9.46474432e218], [1.16466606e-28, 7.75112073e228], [9.45002861e-76, 1.06242967e-153], [3.0, 9.0]]
    result = fastgd.fit(X, [1.2e285, 2.6e-144, 2.0, 1.1e-308], sample_weight=[6.2e246, 1.9e-153, 1.0, 3.0])
    require_sound(result)
    with pytest.raises(fastgd.DataError, match="^the columns, or the weights, differ in size so much that a direction"):
        _ = result.n_iter


def test_weights_of_one_are_none_where_squares_underflow() -> None:
    weighted, plain = fastgd.fit([0.0, 1.0], [2.5e-198, 1.0], sample_weight=[1.0, 0.0]), fastgd.fit([0.0], [2.5e-198])
    assert weighted.moments.to_bytes() == plain.moments.to_bytes()


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_predictions_whose_parts_exceed_float64_and_make_up_for_each_other(sign: float) -> None:
    constant = np.array([[1e15, 0.0, 1e9]] * 5 + [[1e15, 0.0, 1e9 + 0.25]])
    y = np.array([0.0] * 5 + [sign * 2.5e299])
    assert fastgd.fit(constant, y).predict(constant) == pytest.approx(y, abs=1e284)
    X = np.array([[9.0, 1000.0], [10.0, 1000.0], [9.0, 1000.125], [10.0, 1000.125], [9.5, 1000.0]])
    y = sign * (1.7e308 * (X[:, 0] - 9.0) - 1.53e306 * (X[:, 1] - 1000.0))
    result = fastgd.fit(X, y)
    assert result.predict(X) == pytest.approx(y, abs=1e293)
    assert result.centre == pytest.approx([9.5, 1000.05])
    with pytest.raises(fastgd.DataError, match="^X is of finite numbers in row 1: its prediction exceeds float64"):
        result.predict([[9.0, 1000.0], [11.0, 1000.0]])


def test_a_level_that_exceeds_float64_wherever_it_is_counted_from() -> None:
    for slope in (1e289, -1e289):
        result = fastgd.fit([1e30, 1.0001e30], [0.0, 1.0], start=[0.0, slope], max_iter=0)
        require_sound(result)
        with pytest.raises(fastgd.DataError, match=r"^X is 1e\+30 in row 0: its prediction exceeds float64"):
            result.predict([1e30])


def test_a_column_that_is_called_nan(tmp_path: Path) -> None:
    read_csv("nan,é\n0,0\n".encode(), tmp_path / "some.csv")


def test_iterations_past_float64_of_a_direction_that_turns_over() -> None:
    X = [[-3.75375841440235e255, 2.5243548967072383e-29], [1.0124819060211583, 1.0], [1e-142, 1.3e-57], [4.2e-314, 1e-153]]
    weight = [1.2064977293132027e285, 1.0645632717552558e-94, 4.0591944e-317, 1.1638495581910394e-28]
    result = fastgd.fit(X, [1.194618683828297e190, 1.0182090008422491e277, 1.3e-57, 7e252], sample_weight=weight)
    require_sound(result)
    assert 10**315 < result.n_iter < 10**316


@pytest.mark.parametrize(
    ("X", "y", "weight"),
    [
        ([-1.0, 0.45782025762067435, 1.0, 1e-153], [2.0, 1.5, 2e-323, -1.0], [1.0, 1e-311, 1.0, 2.5e-323]),
        ([2.0, 4.0, 2.0, 1e-160], [9e-103, 1.0, 0.44824543995732924, 1.0], [1.0, 5e-324, 1.0, 2e-323]),
        ([[1e-270, 2.0], [1.5, 0.5], [1.0, 2.0]], [1.5, 1.5e-323, 0.0], [2.5e-323, 6.953355807835e-310, 1.0]),
        ([1e-160, 4.0], [1e55, 1.0], [1.0, 2.5e-323]),
    ],
    ids=["the identity but for 1e-311", "a mean of 1e161 deviations", "of an undecided feature", "a variance of 1e-323"],
)
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_weights_at_the_end_of_float64(X: list[object], y: list[float], weight: list[float], fit_intercept: bool) -> None:
    require_sound(fastgd.fit(X, y, sample_weight=weight, fit_intercept=fit_intercept))
