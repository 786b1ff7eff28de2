"""Pictures of rows: the same points from arrays, frames and files, each drawn where it belongs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import fastgd

matplotlib = pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")
matplotlib.use("agg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402

ROOMS = Path(__file__).parent.parent / "data" / "portland_houses_bedrooms.csv"


@pytest.fixture(autouse=True)
def close() -> Iterator[None]:
    plt.close("all")  # what tests of other files left open
    yield
    plt.close("all")


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.read_csv(ROOMS)


def points(ax: Axes) -> np.ndarray:
    (found,) = [line for line in ax.lines if "point" in str(line.get_label())]
    return np.asarray(found.get_xydata())


def expected(frame: pd.DataFrame, result: fastgd.FitResult) -> np.ndarray:
    predicted = result.intercept + frame[["area_sqft", "bedrooms"]].to_numpy(float) @ result.coef
    return np.column_stack([predicted, frame["price_usd"]])


def test_predicted_and_residuals_of_the_rows(frame: pd.DataFrame) -> None:
    result = fastgd.fit(frame, "price_usd", learning_rate=1e-7, max_iter=100)
    at = expected(frame, result)
    ax = fastgd.plot.predicted(result, frame[["area_sqft", "bedrooms"]].to_numpy(), frame["price_usd"].to_numpy())
    np.testing.assert_allclose(points(ax), at, rtol=1e-13)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted price_usd", "observed price_usd")
    (diagonal,) = [line for line in ax.lines if line.get_label() == "observed = predicted"]
    assert diagonal.get_slope() == 1.0 and diagonal.get_xy1() == (0.0, 0.0)
    left = fastgd.plot.residuals(result, frame, "price_usd")
    residuals = at[:, 1] - at[:, 0]
    np.testing.assert_allclose(points(left), np.column_stack([at[:, 0], residuals]), rtol=1e-9)
    spread = np.sqrt((residuals**2).mean())
    assert left.get_legend().get_texts()[-1].get_text() == f"± 2 × root mean square {spread:.4g}"
    heights = sorted(line.get_ydata()[0] for line in left.lines if line.get_linestyle() == "--")
    np.testing.assert_allclose(heights, [-2.0 * spread, 2.0 * spread], rtol=1e-9)
    for one in (ax, left):
        shown = points(one)
        assert one.get_xlim()[0] < shown[:, 0].min() and shown[:, 0].max() < one.get_xlim()[1]
        assert one.get_ylim()[0] < shown[:, 1].min() and shown[:, 1].max() < one.get_ylim()[1]


SOURCES: dict[str, Any] = {
    "frame": lambda frame, folder: (frame, "price_usd"),
    "frame, its target known": lambda frame, folder: (frame, None),
    "columns in another order, and others": lambda frame, folder: (frame.iloc[:, ::-1].assign(town="A"), None),
    "frame and series": lambda frame, folder: (frame[["bedrooms", "area_sqft"]], frame["price_usd"]),
    "frame with more, and array": lambda frame, folder: (frame, frame["price_usd"].to_numpy()),
    "lists": lambda frame, folder: (frame[["area_sqft", "bedrooms"]].values.tolist(), frame["price_usd"].tolist()),
    "Polars": lambda frame, folder: (pl.from_pandas(frame), "price_usd"),
    "lazy Polars": lambda frame, folder: (pl.from_pandas(frame).lazy(), "price_usd"),
    "Arrow": lambda frame, folder: (pl.from_pandas(frame).to_arrow(), "price_usd"),
    "blocks": lambda frame, folder: ((frame[i : i + 10] for i in range(0, 47, 10)), "price_usd"),
    "CSV": lambda frame, folder: (ROOMS, "price_usd"),
    "CSV, its target known": lambda frame, folder: (str(ROOMS), None),
    "list of files": lambda frame, folder: (_parts(frame, folder), "price_usd"),
    "pattern": lambda frame, folder: (_parts(frame, folder)[0].replace("0.parquet", "*.parquet"), None),
}


def _parts(frame: pd.DataFrame, folder: Path) -> list[str]:
    paths = [str(folder / f"part-{i}.parquet") for i in range(2)]
    for path, part in zip(paths, (frame[:20], frame[20:]), strict=True):
        part.to_parquet(path)
    return paths


@pytest.mark.parametrize("name", list(SOURCES))
def test_any_source_gives_the_same_points(name: str, frame: pd.DataFrame, tmp_path: Path) -> None:
    result = fastgd.fit(frame, "price_usd")
    X, y = SOURCES[name](frame, tmp_path)
    np.testing.assert_allclose(points(fastgd.plot.predicted(result, X, y)), expected(frame, result), rtol=1e-13)


def test_a_formula_is_drawn_by_its_columns(frame: pd.DataFrame) -> None:
    formula = "np.log(price_usd) ~ np.log(area_sqft)"
    result = fastgd.fit(frame, formula)
    for source in (frame, ROOMS):
        ax = fastgd.plot.fit(result, source, formula)
        np.testing.assert_allclose(points(ax), np.log(frame[["area_sqft", "price_usd"]]), rtol=1e-14)
    many = "price_usd ~ area_sqft + C(bedrooms)"
    result = fastgd.fit(frame, many)
    shown = points(fastgd.plot.predicted(result, frame, many))
    np.testing.assert_allclose(shown[:, 0], result.predict(frame), rtol=1e-13)


def test_rows_that_the_fit_left_out_are_not_drawn(frame: pd.DataFrame) -> None:
    holes = frame.astype(float)
    holes.loc[3, "bedrooms"] = np.nan
    result = fastgd.fit(holes, "price_usd", missing="drop")
    assert len(points(fastgd.plot.predicted(result, holes))) == 46
    with pytest.raises(fastgd.DataError, match="missing value in row 3, column 'bedrooms': every value must be"):
        fastgd.plot.predicted(fastgd.fit(frame, "price_usd"), holes)


def test_many_rows_of_a_file_are_counted_one_by_one(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    table = pd.DataFrame({"x": rng.normal(size=300_000)})
    table["y"] = 2.0 * table.x + rng.normal(size=len(table))
    table.to_parquet(tmp_path / "many.parquet")
    result = fastgd.fit(table, "y")
    for draw in (fastgd.plot.fit, fastgd.plot.predicted, fastgd.plot.residuals):
        ax = draw(result, tmp_path / "many.parquet")
        (cells,) = ax.collections
        assert cells.get_array().sum() == 300_000
    h = result.predict(table)  # of the last: off the diagonal, so that x and y are not exchanged
    row, column = 38, 22
    (left, bottom), (right, top) = cells.get_coordinates()[row, column], cells.get_coordinates()[row + 1, column + 1]
    v = table.y - h
    inside = (h >= left) & (h < right) & (v >= bottom) & (v < top)
    assert cells.get_array()[row, column] == inside.sum() > 100


@pytest.mark.parametrize("draw", [fastgd.plot.predicted, fastgd.plot.residuals])
def test_rows_that_cannot_be_drawn_are_refused(draw: Any, frame: pd.DataFrame) -> None:
    result = fastgd.fit(frame, "price_usd")
    for X, y, text in [
        (None, None, "X is None: a result does not hold the rows of the data: pass X and y"),
        ([[1.0, 2.0]], None, "y is missing: to show points pass both X and y, or neither"),
        ([1.0, 2.0], [1.0, 2.0], "x has 1 column, and 2 features were fitted"),
        ([[1.0, 2.0], [np.inf, 2.0]], [1.0, 2.0], r"inf in row 1, x\[:, 0\]: every value must be a finite number"),
        ([[1.0, 2.0]], "price_usd", "is a column name, and arrays have none"),
        (frame.rename(columns={"bedrooms": "rooms"}), "price_usd", "bedrooms"),
        ("none.csv", "price_usd", "none.csv"),
    ]:
        with pytest.raises(fastgd.DataError, match=text):
            draw(result, X, y)
    assert not plt.get_fignums()


def test_a_page_that_fails_leaves_no_figure(frame: pd.DataFrame) -> None:
    with pytest.raises(fastgd.DataError, match="and 2 features were fitted"):
        fastgd.fit(frame, "price_usd").plot([1.0], [1.0])
    assert not plt.get_fignums()


def test_a_dask_collection_is_refused(frame: pd.DataFrame) -> None:
    dataframe = pytest.importorskip("dask.dataframe")
    with pytest.raises(fastgd.DataError, match="the points are a Dask collection: pass a sample of them, computed"):
        fastgd.plot.predicted(fastgd.fit(frame, "price_usd"), dataframe.from_pandas(frame, npartitions=2))
