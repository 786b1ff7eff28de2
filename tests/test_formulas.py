"""Formulas: the matrices that patsy makes or a hand writes, of any library's frames; and what is refused, in which words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastgd

pytest.importorskip("formulaic", reason="needs formulaic")
pd = pytest.importorskip("pandas", reason="needs pandas")
from fastgd.sources import Origin  # noqa: E402
from fastgd.sources.formulas.formula import Formula  # noqa: E402
from fastgd.sources.formulas.terms import is_formula, parse  # noqa: E402

N = 60


def rows(n: int = N, seed: int = 3) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    towns = [*"ABC", *rng.choice(list("BAC"), n - 3).tolist()]
    return {
        "price": rng.normal(size=n).tolist(),
        "area": rng.normal(size=n).tolist(),
        "town": towns,
        "zip": [3, 1, 2, *rng.integers(1, 4, n - 3).tolist()],
        "age": rng.uniform(1.0, 9.0, n).tolist(),
        "flag": (rng.random(n) > 0.5).tolist(),
    }


DATA = rows()
FRAME = pd.DataFrame(DATA)
MANY = [
    "price ~ area * C(town) + np.log(age)",
    "np.log(age) ~ 0 + town:area + C(zip) + flag",
    "price ~ (area + town + age)**2 - area:age",
    "price ~ I(area + 2 * age) + area:age - 1",
    "price ~ center(age) + scale(area)",
]
ARRAYS = ["price ~ cr(age, df=3, constraints='center')", "price ~ scale(area, center=2)"]
STATEFUL = ["price ~ poly(area, 2) + bs(age, df=4) + cr(age, df=3)", "price ~ C(zip) + center(age) + scale(area) + C(age > 4)"]


def same(one: Any, other: Any) -> bool:
    return one.X.tobytes() == other.X.tobytes() and one.y.tobytes() == other.y.tobytes() and one.X.shape == other.X.shape


class Parts:
    """Frames of the columns of FRAME that come one by one."""

    path = once = None
    names = list(DATA)

    def __init__(self, frames: Iterable[Any]) -> None:
        self.frames = frames

    def tables(self, choice: Any) -> Iterator[Any]:
        for frame in self.frames:
            yield choice.table(frame, Origin()), None


def refused(text: str) -> Any:
    return pytest.raises(fastgd.DataError, match=re.escape(text))


@pytest.mark.parametrize("text", MANY)
def test_the_matrix_is_patsys(text: str) -> None:
    patsy = pytest.importorskip("patsy", reason="needs patsy")
    # patsy's scale divides by n, formulaic's by n - 1
    theirs = text.replace("scale(area)", "scale(area, ddof=1)")
    y, X = patsy.dmatrices(theirs, FRAME.astype({"flag": float}))
    names = [name.replace(", ddof=1", "") for name in X.design_info.column_names]
    expected = dict(zip(names, np.asarray(X).T, strict=True))
    intercept = expected.pop("Intercept", None)
    formula = Formula(text, FRAME)
    table = formula.table(FRAME)
    assert formula.has_intercept == (intercept is not None)
    assert sorted(formula.feature_names) == sorted(expected)
    for name, column in zip(formula.feature_names, table.X.T, strict=True):
        np.testing.assert_allclose(column, expected[name], rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(table.y, np.asarray(y)[:, 0], rtol=1e-15)
    assert table.feature_names == formula.feature_names
    assert table.target_name == formula.target_name == text.partition(" ~")[0]


def test_contrasts_by_hand() -> None:
    town, zips = np.array(DATA["town"]), np.array(DATA["zip"])
    formula = Formula("price ~ C(town, contr.treatment(base='B')) + C(zip, contr.sum)", FRAME)
    expected = np.column_stack(
        [town == "A", town == "C", (zips == 1) - 1.0 * (zips == 3), (zips == 2) - 1.0 * (zips == 3)]
    )
    assert np.array_equal(formula.features(FRAME), expected)
    assert formula.feature_names[:2] == tuple(f"C(town, contr.treatment(base='B'))[T.{t}]" for t in "AC")


def test_basis_functions_span_what_they_should() -> None:
    area, age = np.array(DATA["area"]), np.array(DATA["age"])
    P = Formula("price ~ poly(area, 2)", FRAME).features(FRAME)
    assert np.allclose(P.T @ P, np.eye(2), atol=1e-13)
    assert np.allclose(P.sum(axis=0), 0.0, atol=1e-13)
    basis = np.column_stack([np.ones(N), area, area**2])
    assert np.linalg.matrix_rank(np.column_stack([basis, P])) == 3
    B = Formula("price ~ bs(age, df=4)", FRAME).features(FRAME)
    cubic = np.column_stack([np.ones(N), B, age])
    assert np.linalg.matrix_rank(cubic, tol=1e-9) == 5


def _polars(data: dict[str, Any]) -> Any:
    return pytest.importorskip("polars", reason="needs Polars").DataFrame(data)


def _arrow(data: dict[str, Any]) -> Any:
    return pytest.importorskip("pyarrow", reason="needs PyArrow").table(data)


@pytest.mark.parametrize("make", [_polars, _arrow])
@pytest.mark.parametrize("text", [*MANY, *STATEFUL])
def test_the_same_bits_whatever_the_library(text: str, make: Callable[[dict[str, Any]], Any]) -> None:
    frame = make(DATA)
    one, other = Formula(text, FRAME), Formula(text, frame)
    assert one.feature_names == other.feature_names
    assert same(one.table(FRAME), other.table(frame))
    assert same(one.table(frame), other.table(FRAME))
    assert other.features(frame).tobytes() == one.table(FRAME).X.tobytes()


@pytest.mark.parametrize("text", [*MANY, *STATEFUL])
def test_tables_of_parts_are_parts_of_the_table(text: str) -> None:
    formula = Formula(text, FRAME)
    whole = formula.table(FRAME)
    parts = [formula.table(FRAME.iloc[start:stop], Origin(first_row=start)) for start, stop in ((0, 1), (1, 25), (25, N))]
    np.testing.assert_allclose(np.vstack([part.X for part in parts]), whole.X, rtol=1e-13, atol=1e-15)
    if text in MANY:  # splines multiply matrices, whose order of sums depends on the number of rows
        assert np.vstack([part.X for part in parts]).tobytes() == whole.X.tobytes()
    assert np.concatenate([part.y for part in parts]).tobytes() == whole.y.tobytes()


def test_more_rows_than_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    formula = Formula(MANY[0], FRAME)
    whole = formula.table(FRAME)
    monkeypatch.setattr("fastgd.sources.formulas.design.CHUNK", 7)
    assert same(formula.table(FRAME), whole)
    with refused("a level that the fit did not see: it knows 'A', 'B', 'C' (rows count from 0)"):
        formula.features(FRAME.assign(town=["D" if row == 30 else "A" for row in range(N)]))
    with refused(
        "np.log(age) is nan in row 30, where age is -1.0: every value must be a finite number; "
        "change the formula or drop the row (rows count from 0)"
    ):
        formula.features(FRAME.assign(age=[-1.0 if row == 30 else 1.0 for row in range(N)]))
    numbers = Formula("price ~ C(zip)", FRAME)
    with refused("C(zip) holds 9 in row 30, a level that the fit did not see: it knows 1, 2, 3"):
        numbers.features(FRAME.assign(zip=[9 if row == 30 else 1 for row in range(N)]))


@pytest.mark.parametrize("text", [*MANY, *STATEFUL, "price ~ .", "price ~ C(town, levels=['C', 'B', 'A']):Q('age')", *ARRAYS])
def test_stored_and_rebuilt(text: str) -> None:
    formula = Formula(text, FRAME)
    again = Formula.from_dict(json.loads(json.dumps(formula.to_dict(), allow_nan=False)))
    new = pd.DataFrame({**rows(20, 8), "age": np.linspace(2.0, 8.0, 20)})
    assert again.features(new).tobytes() == formula.features(new).tobytes()
    assert (again.text, again.feature_names, again.target_name) == (text, formula.feature_names, formula.target_name)
    assert (again.needed, again.as_text, again.has_intercept) == (formula.needed, formula.as_text, formula.has_intercept)
    assert same(again.table(new), formula.table(new))
    assert again.to_dict() == formula.to_dict()


def test_state_that_json_cannot_hold() -> None:
    call = "scale(area, center=np.float32(2))"
    with refused(f"{call} has learned something that cannot be written down, a ndarray: make the column beforehand"):
        Formula(f"price ~ {call}", FRAME).to_dict()


BROKEN = "the formula is not what Formula.to_dict wrote: it was changed or cut off"


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda d: None, BROKEN),
        (lambda d: [], BROKEN),
        (lambda d: {**d, "text": 3}, BROKEN),
        (lambda d: {k: v for k, v in d.items() if k != "state"}, BROKEN),
        (lambda d: {**d, "columns": 3}, BROKEN),
        (lambda d: {**d, "columns": [["town", ["A", "A"]], ["age", None], ["price", None]]}, BROKEN),
        (lambda d: {**d, "columns": [["town", [["A"]]], ["age", None], ["price", None]]}, BROKEN),
        (lambda d: {**d, "columns": [["town", []], ["age", None], ["price", None]]}, BROKEN),
        (lambda d: {**d, "state": [["center(age)", {"array": [1.0], "shape": [2], "dtype": "float64"}]]}, BROKEN),
        (lambda d: {**d, "state": [["center(age)", {"array": [1.0], "shape": [1], "dtype": "object"}]]}, BROKEN),
        (lambda d: {**d, "features": 3}, BROKEN),
        (lambda d: {**d, "columns": d["columns"][:-1]}, "no column 'price' in the stored formula"),
        (lambda d: {**d, "columns": [*d["columns"], ["more", None]]}, "differ"),
        (lambda d: {**d, "features": ["x"]}, "now makes the columns 'town[T.B]', 'town[T.C]', 'center(age)', and made 'x'"),
        (lambda d: {**d, "text": "price ~ town +"}, "cannot be used: Operator `+`"),
    ],
)
def test_what_was_changed_is_refused(change: Callable[[Any], Any], message: str) -> None:
    stored = Formula("price ~ town + center(age)", FRAME).to_dict()
    with refused(message):
        Formula.from_dict(change(stored)).features(FRAME)


def test_levels_keep_their_order_and_empty_ones_are_left_out() -> None:
    order = pd.Categorical(DATA["town"], categories=["C", "empty", "A", "B"])
    formula = Formula("price ~ town", FRAME.assign(town=order))
    assert formula.feature_names == ("town[T.A]", "town[T.B]")
    assert np.array_equal(formula.features(FRAME)[:, 0], np.array(DATA["town"]) == "A")
    named = Formula("price ~ C(town, levels=['C', 'empty', 'A', 'B'])", FRAME)
    assert [name.rpartition("T.")[2] for name in named.feature_names] == ["empty]", "A]", "B]"]
    assert not named.features(FRAME)[:, 0].any()
    assert Formula("price ~ area + C(one)", FRAME.assign(one="x")).feature_names == ("area",)


def test_polars_categories() -> None:
    pl = pytest.importorskip("polars", reason="needs Polars")
    frame = pl.DataFrame(DATA)
    for dtype, names in ((pl.Enum(["C", "B", "A"]), ("town[T.B]", "town[T.A]")), (pl.Categorical, ("town[T.B]", "town[T.C]"))):
        formula = Formula("price ~ town", frame.with_columns(pl.col("town").cast(dtype)))
        assert formula.feature_names == names
        assert np.array_equal(formula.features(frame)[:, 0], np.array(DATA["town"]) == "B")


def test_numbers_are_levels_by_their_value() -> None:
    """A column of whole numbers is float64 as soon as a cell is missing: the names and the bits are those of integers."""
    whole, real = Formula("price ~ C(zip)", FRAME), Formula("price ~ C(zip)", FRAME.astype({"zip": float}))
    assert whole.feature_names == real.feature_names == ("C(zip)[T.2]", "C(zip)[T.3]")
    assert whole.table(FRAME.astype({"zip": float})).X.tobytes() == real.table(FRAME).X.tobytes()
    assert whole.as_text == () and whole.needed == ("zip", "price")


def test_what_is_a_formula_and_what_it_needs() -> None:
    assert is_formula("y ~ x") and not is_formula("y") and not is_formula(3)
    assert not is_formula("a ~ b", ["a ~ b", "x"])
    names, odd = [*DATA, "my weight"], "Q('my weight')"
    assert parse(f"price ~ bs(age, df=4) + area.clip(0) + {odd}", names).columns == ("area", "age", "my weight", "price")
    assert parse("price ~ `my weight`", names).columns == ("my weight", "price")
    assert parse("price ~ C(town)", [*names, "C", "np"]).columns == ("town", "price")
    with refused("no column 'aeg' in data.csv: did you mean 'age'?"):
        parse("price ~ bs(aeg, df=4)", names, "data.csv")
    weighted = FRAME.assign(**{"my weight": 1.0})
    assert Formula("price ~ area", weighted, "my weight").needed == ("area", "price", "my weight")
    with refused("no column 'my wait' in the frame: did you mean 'my weight'?"):
        Formula("price ~ area", weighted, "my wait")
    formula = Formula("price ~ . ", FRAME.assign(w=1.0), weight="w")
    assert formula.needed == ("area", "town", "zip", "age", "flag", "price", "w")
    assert formula.as_text == ("town",)


@pytest.mark.parametrize("library", ["csv", "parquet", "pandas", "polars", "lazy", "arrow"])
def test_weights_by_name_whatever_the_rows_come_from(library: str, tmp_path: Path) -> None:
    """Beside a formula: a column that it does not name; one that there is not is refused."""
    frame = FRAME.assign(w=np.arange(N) % 3.0)
    path = tmp_path / f"rows.{library}"
    if library in ("csv", "parquet", "arrow"):
        pytest.importorskip("pyarrow", reason="needs pyarrow")
    if library == "csv":
        frame.to_csv(path, index=False)
    elif library == "parquet":
        frame.to_parquet(path)
    elif library in ("polars", "lazy"):
        frame = _polars(frame.to_dict("list"))
    elif library == "arrow":
        frame = _arrow(frame.to_dict("list"))
    data = path if path.exists() else frame.lazy() if library == "lazy" else frame
    found = fastgd.fit(data, "price ~ area + town", sample_weight="w")
    wanted = fastgd.fit(FRAME, "price ~ area + town", sample_weight=np.arange(N) % 3.0)
    assert found.coef.tolist() == wanted.coef.tolist()
    with refused(f"no column 'v' in {path if path.exists() else 'the frame'}: it has 'price', 'area', "):
        fastgd.fit(data, "price ~ area + town", sample_weight="v")


def test_a_missing_weight_drops_its_row() -> None:
    weight = np.arange(N) % 3.0 + 1.0
    weight[4] = np.nan
    frame, kept = FRAME.assign(w=weight), np.arange(N) != 4
    found = fastgd.fit(frame, "price ~ area + town", sample_weight="w", missing="drop")
    wanted = fastgd.fit(frame[kept], "price ~ area + town", sample_weight="w")
    assert (found.n_dropped, found.coef.tolist()) == (1, wanted.coef.tolist())
    with refused("the weight 'w' is nan in row 4"):
        fastgd.fit(frame, "price ~ area + town", sample_weight="w")


def test_a_weight_that_cannot_be_used_is_called_a_weight_and_keeps_its_block() -> None:
    """Beside a formula in the words that are used beside columns."""
    good = FRAME.assign(w=1.0)
    for cell, what in ((-1.0, "is -1.0 in row 4 of block 1: weights must be"), ("heavy", "'w': every value must be")):
        weight = [cell if row == 4 else 1.0 for row in range(N)]
        bad = FRAME.assign(w=weight)
        told = []
        for target, features in (("price ~ area", None), ("price", ["area"])):
            with refused(what) as error:
                fastgd.fit([good, bad], target, features=features, sample_weight="w")
            told.append(str(error.value))
        assert told[0] == told[1] and "the weight 'w'" in told[0] and " in row 4 of block 1" in told[0]


def test_whatever_stands_in_a_row_of_weight_0() -> None:
    area = ["many" if row == 3 else value for row, value in enumerate(DATA["area"])]
    weight = np.arange(N) % 3.0
    found = fastgd.fit(FRAME.assign(area=area, w=weight), "price ~ area + town", sample_weight="w")
    assert found.coef.tolist() == fastgd.fit(FRAME.assign(w=weight), "price ~ area + town", sample_weight="w").coef.tolist()


@pytest.mark.parametrize(
    "text, message",
    [
        ("~ area", "has no left side: write the target before the ~, 'price ~ area'"),
        ("area + age ~ zip", "has 2 targets (area, age): one is needed; I(a + b) is their sum"),
        ("0 ~ zip", "has 0 targets (none): one is needed"),
        ("price ~ area | age", "must have one left and one right side"),
        ("price ~ 1", "no feature columns: the formula 'price ~ 1' makes none for 'price'"),
        ("price ~ C(one)", "no feature columns"),
        ("price ~ price + area", "the target 'price' is among the features"),
        ("town ~ area", "the left side of the formula 'town ~ area' must be one column of numbers"),
        ("poly(price, 2) ~ area", "must be one column of numbers"),
        ("1 ~ area", "must be one column of numbers"),
        ("price ~ area +", "the formula 'price ~ area +' cannot be used: Operator `+` has"),
        ("price ~ (area", "cannot be used: Could not find matching context marker."),
        ("price ~ aera", "no column 'aera' in the frame: did you mean 'area'?"),
        ("price ~ np.log(town)", "cannot be used: Unable to evaluate factor `np.log(town)`."),
        ("price ~ foo(area)", "name 'foo' is not defined"),
        ("price ~ rows(area)", "name 'rows' is not defined"),
        ("price ~ C(town, contr.treatment(base='Q'))", "Value `'Q'` for `TreatmentContrasts.base` is not among"),
        ("price ~ C(town, levels=['A'])", "C(town, levels=['A']) holds 'C', which is not among the levels named in it, 'A'"),
        ("price ~ town.str.upper()", "gives no numbers: write C(town.str.upper()) if it gives categories"),
        ("price ~ I(area - np.mean(area))", "depends on other rows than its own: use center(...) or scale(...)"),
        ("price ~ I(area / area.max())", "depends on other rows than its own"),
        ("price ~ I(1e-15 * area / area.max())", "depends on other rows than its own"),
        ("price ~ lag(area)", "lag(area) in the formula 'price ~ lag(area)' depends on other rows than its own"),
        ("price ~ np.log(area)", "np.log(area) is nan in row"),
        ("price ~ day", "holds dates or times"),
    ],
)
def test_refused(text: str, message: str) -> None:
    frame = FRAME.assign(one="x", day=pd.Timestamp("2024-01-01")).sort_values("town", ascending=False)
    with refused(message) as error:
        Formula(text, frame).table(frame)
    assert "\n" not in str(error.value) and "\x1b" not in str(error.value)


def test_cells_that_cannot_be_used() -> None:
    formula = Formula("price ~ town + np.log(age)", FRAME)
    for column, cell, what in (("age", None, "missing value"), ("age", np.inf, "inf"), ("town", None, "missing value")):
        changed = FRAME.assign(**{column: [cell if row == 4 else value for row, value in enumerate(DATA[column])]})
        with refused(f"{what} in row 104, column {column!r}: every value must be a finite number"):
            formula.table(changed, Origin(first_row=100))
    with refused("np.log(age) is -inf in row 2 of block 7, where age is 0.0: every value must be a finite number; change"):
        formula.table(FRAME.assign(age=[5.0, 5.0, *[0.0] * (N - 2)]), Origin(block=7))
    with refused("empty cell in line 12 of a.csv, column 'town'"):
        formula.table(FRAME.assign(town=None), Origin("a.csv", lambda row: 12 + row))
    with refused("town holds 'Salem' in row 3, a level that the fit did not see: it knows 'A', 'B', 'C' (rows count from 0)"):
        formula.features(FRAME.assign(town=["Salem" if row == 3 else "A" for row in range(N)]))
    with refused("no column 'town' in X: did you mean 'towns'?"):
        formula.features(FRAME.rename(columns={"town": "towns"}))
    with refused("data of type ndarray have no named columns, which a formula needs: pass a pandas, Polars or PyArrow table"):
        formula.features(np.zeros((3, 2)))
    with refused("no rows for the formula"):
        Formula("price ~ town", FRAME.iloc[:0])


def test_rows_to_predict_need_no_weights() -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0, 9.0], "w": [1.0, 2.0, 1.0, 0.0], "y": [2.0, 4.0, 6.0, 1.0]})
    result = fastgd.fit(frame, "y ~ a", sample_weight="w")
    for rows in (frame[["a"]], frame, frame.assign(w=np.nan)):
        assert result.predict(rows) == pytest.approx([2.0, 4.0, 6.0, 18.0])


def test_rows_left_out() -> None:
    age = [np.nan, -1.0, *DATA["age"][2:]]  # a missing cell, a missing result
    town = [*DATA["town"][:5], None, *DATA["town"][6:]]
    price = [*DATA["price"][:-1], np.nan]
    weight = [1.0] * 10 + [0.0] + [2.0] * (N - 11)
    age[10] = np.inf  # in a row of weight 0
    town[10] = "nowhere else"
    frame = FRAME.assign(age=age, town=town, price=price, w=weight)
    formula = Formula("price ~ np.log(age) + town", frame, weight="w", missing="drop")
    table = formula.table(frame, Origin(first_row=1000))
    kept = [row for row in range(N) if row not in (0, 1, 5, 10, N - 1)]
    assert formula.feature_names == ("np.log(age)", "town[T.B]", "town[T.C]")
    assert table.n_dropped == 4 and table.origin.rows is not None
    assert table.origin.rows.tolist() == [row + 1000 for row in kept]
    assert table.y.tolist() == [DATA["price"][row] for row in kept]
    assert table.weight.tolist() == [weight[row] for row in kept]
    np.testing.assert_allclose(table.X[:, 0], np.log([DATA["age"][row] for row in kept]), rtol=1e-15)
    assert table.X[:, 1].tolist() == [float(DATA["town"][row] == "B") for row in kept]
    with refused("inf in row 3, column 'age'"):
        formula.table(frame.assign(age=[np.inf if row == 3 else 1.0 for row in range(N)]))
    with refused("np.log(age) is -inf in row 3, where age is 0.0"):
        formula.table(frame.assign(age=[0.0 if row == 3 else 1.0 for row in range(N)]))
    with refused("town holds 'Salem' in row 7, a level"):  # counted before rows are left out
        formula.table(frame.assign(town=[*town[:7], "Salem", *town[8:]]))
    for bad in (-1.0, np.inf):
        with refused(f"the weight 'w' is {bad} in row 2: weights must be finite and not negative"):
            formula.table(frame.assign(w=[1.0, 1.0, bad, *weight[3:]]))
    formula.missing = "raise"
    with refused("the weight 'w' is nan in row 2"):
        formula.table(frame.assign(w=[1.0, 1.0, np.nan, *weight[3:]]))


def test_state_is_of_the_rows_that_count() -> None:
    frame = FRAME.assign(age=[np.nan, 1e9, *DATA["age"][2:]], w=[1.0, 0.0, *[1.0] * (N - 2)])
    formula = Formula("price ~ center(age)", frame, weight="w", missing="drop")
    age = np.array(DATA["age"][2:])
    np.testing.assert_allclose(formula.table(frame).X[:, 0], age - age.mean(), rtol=1e-12, atol=1e-14)


def test_a_first_look_at_a_stream() -> None:
    order = np.argsort(DATA["town"])[::-1]  # the first parts lack levels
    frame = FRAME.iloc[order].reset_index(drop=True)
    parts = [frame.iloc[start : start + 20] for start in range(0, N, 20)]
    text = "price ~ town * area + C(zip) + C(age > 4)"
    formula, whole = Formula.learn(text, Parts(parts)), Formula(text, frame)
    assert formula.feature_names == whole.feature_names
    assert np.vstack([formula.table(part).X for part in parts]).tobytes() == whole.table(frame).X.tobytes()
    assert formula.to_dict() == whole.to_dict()


def test_without_categories_one_frame_is_enough() -> None:
    taken = []

    def frames() -> Any:
        for number in range(3):
            taken.append(number)
            yield FRAME

    assert Formula.learn("price ~ area + np.log(age)", Parts(frames())).as_text == ()
    assert taken == [0]
    Formula.learn("price ~ area + C(zip)", Parts(frames()))
    assert taken == [0, 0, 1, 2]


@pytest.mark.parametrize("call", ["center(age)", "poly(age, 2)", "bs(age, df=4)", "scale(age)"])
def test_transforms_that_need_all_rows_are_refused_of_a_stream(call: str) -> None:
    with refused(f"{call} in the formula 'price ~ C(zip) + {call}' must see all rows at once, and these come in parts"):
        Formula.learn(f"price ~ C(zip) + {call}", Parts([FRAME]))
    with refused("no rows for the formula 'price ~ area'"):
        Formula.learn("price ~ area", Parts([]))


def test_builtin_names_and_odd_names_of_columns() -> None:
    frame = FRAME.rename(columns={"area": "max", "age": "my age", "town": "C"})
    formula = Formula("price ~ max + np.log(`my age`) + C", frame)
    expected = Formula("price ~ area + np.log(age) + town", FRAME).features(FRAME)
    assert formula.features(frame).tobytes() == expected.tobytes()
    assert formula.feature_names[:2] == ("max", "np.log(`my age`)")


def test_a_start_for_a_formula_without_an_intercept() -> None:
    """It holds a number for each coefficient; both the check of the rows and that of the moments know it."""
    frame = pd.DataFrame({"a": [1.0, 2.0, 4.0, 3.0], "b": [0.0, 1.0, 1.0, 5.0], "y": [1.0, 3.0, 2.0, 4.0]})
    result = fastgd.fit(frame, "y ~ 0 + a + b", start=[0.5, 0.25], max_iter=0)
    assert result.start == (0.5, 0.25) and not result.fit_intercept
    with pytest.raises(fastgd.DataError, match="it must hold 2 numbers"):
        fastgd.fit(frame, "y ~ 0 + a + b", start=[0.0, 0.5, 0.25], max_iter=0)
