"""One road for all: the same rows from any source, by formula or by name, give the same fit; what was coded is coded again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastgd

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")
pa = pytest.importorskip("pyarrow")
pytest.importorskip("formulaic")
parquet = pytest.importorskip("pyarrow.parquet")

FORMULA = "y ~ a * C(town) + np.log(b)"


def table(n: int = 10_000) -> Any:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"a": rng.normal(size=n), "b": rng.uniform(1.0, 2.0, n), "town": rng.choice(["Bo", "Aa", "Cu"], n)})
    frame["y"] = 1.0 + frame["a"] + (frame["town"] == "Bo") * 2.0 + np.log(frame["b"]) + 0.1 * rng.normal(size=n)
    frame["w"] = rng.integers(0, 3, n)
    return frame


def bits(result: fastgd.FitResult) -> tuple[object, ...]:
    return result.feature_names, result.intercept.hex(), result.coef.tobytes(), result.n_dropped, result.moments.n_samples


def parts(frame: Any, tmp_path: Path, kind: str) -> str:
    for i, start in enumerate(range(0, len(frame), 3001)):
        part = frame.iloc[start : start + 3001]
        if kind == "csv":
            part.to_csv(tmp_path / f"part-{i}.csv", index=False)
        elif kind == "csv.gz":
            part.to_csv(tmp_path / f"part-{i}.csv.gz", index=False)
        else:
            parquet.write_table(pa.Table.from_pandas(part), tmp_path / f"part-{i}.parquet", row_group_size=1000)
    return str(tmp_path / f"part-*.{kind}")


ROADS: dict[str, Callable[[Any, Path], Any]] = {
    "pandas": lambda frame, _: frame,
    "polars": lambda frame, _: pl.from_pandas(frame),
    "polars lazy": lambda frame, _: pl.from_pandas(frame).lazy(),
    "pyarrow": lambda frame, _: pa.Table.from_pandas(frame),
    "csv": lambda frame, folder: parts(frame, folder, "csv"),
    "csv.gz": lambda frame, folder: parts(frame, folder, "csv.gz"),
    "parquet": lambda frame, folder: parts(frame, folder, "parquet"),
    "list of files": lambda frame, folder: [parts(frame, folder, "csv").replace("*", str(i)) for i in range(4)],
    "blocks": lambda frame, _: (frame.iloc[i : i + 777] for i in range(0, len(frame), 777)),
}


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("weight", [None, "w"])
def test_columns_by_name(road: str, weight: str | None, tmp_path: Path) -> None:
    frame = table().drop(columns="town")
    options: dict[str, Any] = {"features": ["b", "a"], "sample_weight": weight}
    found = fastgd.fit(ROADS[road](frame, tmp_path), "y", **options)
    weights = None if weight is None else frame["w"].to_numpy()
    wanted = fastgd.fit(frame[["b", "a"]].to_numpy(), frame["y"].to_numpy(), sample_weight=weights)
    assert bits(found)[1:] == bits(wanted)[1:]
    assert found.feature_names == ("b", "a")


@pytest.mark.parametrize("road", ROADS)
def test_a_formula(road: str, tmp_path: Path) -> None:
    frame = table()
    found = fastgd.fit(ROADS[road](frame, tmp_path), FORMULA)
    assert bits(found) == bits(fastgd.fit(frame, FORMULA))
    assert found.feature_names[:3] == ("a", "C(town)[T.Bo]", "C(town)[T.Cu]")
    dummies = [frame["a"], frame["town"] == "Bo", frame["town"] == "Cu", np.log(frame["b"])]
    X = np.column_stack([*dummies, frame["a"] * dummies[1], frame["a"] * dummies[2]])
    by_hand = fastgd.fit(X, frame["y"].to_numpy())
    assert sorted(found.coef) == pytest.approx(sorted(by_hand.coef), rel=1e-12)
    assert found.predict(frame[::-1]) == pytest.approx(by_hand.predict(X)[::-1], rel=1e-12)


@pytest.mark.parametrize("road", ROADS)
def test_missing_values(road: str, tmp_path: Path) -> None:
    frame = table().drop(columns="town")
    frame.loc[[5, 4096, 9000], "a"] = np.nan
    frame.loc[[5, 7], "y"] = np.nan
    wanted = fastgd.fit(frame.dropna(), "y", features=["a", "b"])
    found = fastgd.fit(ROADS[road](frame, tmp_path), "y", features=["a", "b"], missing="drop")
    assert found.n_dropped == 4
    assert bits(found)[1:3] == bits(wanted)[1:3]
    with pytest.raises(fastgd.DataError, match=r"(missing value|empty cell|nan) in (row|line) (5|7)"):
        fastgd.fit(ROADS[road](frame, tmp_path), "y", features=["a", "b"])


def test_what_a_formula_coded_is_kept(tmp_path: Path) -> None:
    frame = table(500)
    result = fastgd.fit(frame, FORMULA)
    result.save(tmp_path / "model.json")
    again = fastgd.load(tmp_path / "model.json")
    moments = fastgd.Moments.from_bytes(result.moments.to_bytes())
    for other in (again, fastgd.fit(moments)):
        assert other.predict(frame).tobytes() == result.predict(frame).tobytes()
    stranger = frame.replace({"town": {"Aa": "Salem"}})
    with pytest.raises(fastgd.DataError, match="town holds 'Salem' in row .*, a level that the fit did not see: it knows 'Aa'"):
        again.predict(stranger)
    with pytest.raises(fastgd.DataError, match="no column 'town' in X"):
        result.predict(frame.drop(columns="town"))


def test_a_formula_says_whether_there_is_an_intercept() -> None:
    frame = table(100)
    without = fastgd.fit(frame, "y ~ a - 1")
    assert not without.fit_intercept
    assert without.slope == fastgd.fit(frame[["a"]], frame["y"], fit_intercept=False).slope
    assert fastgd.analyse(frame, "y ~ a - 1").eigenvalues.tolist() == without.stability.eigenvalues.tolist()
    assert fastgd.analyse(iter([frame]), "y ~ a - 1").fit_intercept is False


def test_a_formula_and_features_are_refused_together(tmp_path: Path) -> None:
    frame = table(100)
    for data in (frame, [frame, frame], parts(frame, tmp_path, "csv")):
        with pytest.raises(fastgd.DataError, match="features and the formula 'y ~ a' both choose columns: leave one out$"):
            fastgd.fit(data, "y ~ a", features=["a"])


def test_a_level_that_appears_in_a_later_block() -> None:
    frame = table(100)
    later = frame.assign(town="Salem")
    with pytest.raises(fastgd.DataError, match="'Salem' in row 0 of block 1, a level that the fit did not see"):
        fastgd.fit(iter([frame, later]), FORMULA)


def test_weights_of_streams_are_columns(tmp_path: Path) -> None:
    frame = table(100).drop(columns="town")
    weights = frame["w"].to_numpy()
    with pytest.raises(fastgd.DataError, match="^sample_weight is an array, and files are read piece by piece: name a column of"):
        fastgd.fit(parts(frame, tmp_path, "csv"), "y", sample_weight=weights)
    with pytest.raises(fastgd.DataError, match="^sample_weight is an array, and the frame is lazy: name a column of it, or"):
        fastgd.fit(pl.from_pandas(frame).lazy(), "y", sample_weight=weights)


@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow"])
@pytest.mark.parametrize("whole", [True, False], ids=["at once", "in turn"])
def test_weights_beside_a_frame_are_as_those_in_it(kind: str, whole: bool) -> None:
    """Rows of weight 0 are absent, whatever stands in them: no level is learned from them, and no row is lost from its weight."""
    frame = table(200)
    frame["w"] = np.arange(200) % 3.0
    frame.loc[[3, 6], "a"] = np.nan
    frame.loc[9, "town"] = "of weight 0"
    frame.loc[10, "a"] = np.nan
    expected = fastgd.fit(frame, FORMULA, sample_weight="w", missing="drop")
    frame = frame.rename(columns={"w": "sample_weight"}).set_index(np.arange(200) // 2)
    weight = frame["sample_weight"].to_numpy()
    halves = [(frame, weight)] if whole else [(frame[:100], weight[:100]), (frame[100:], weight[100:])]
    moments = fastgd.Moments()
    for part, weights in halves:
        target = None if moments.n_samples else FORMULA
        native = {"pandas": lambda f: f, "polars": pl.from_pandas, "pyarrow": lambda f: pa.table(f.reset_index(drop=True))}[kind]
        moments = moments.update(native(part), target, sample_weight=list(weights), missing="drop")
    assert bits(fastgd.fit(moments)) == bits(expected)
    assert moments.n_dropped == 1


def test_batches_that_can_be_read_once_take_no_formula() -> None:
    reader = pa.Table.from_pandas(table(100)).to_reader()
    with pytest.raises(fastgd.DataError, match="^data of type .*Reader can be read only once, and the formula 'y .* needs a"):
        fastgd.fit(reader, FORMULA)


def test_progress(tmp_path: Path) -> None:
    seen: list[tuple[int, float | None]] = []
    fastgd.fit(parts(table(), tmp_path, "parquet"), "y", features=["a"], progress=lambda rows, share: seen.append((rows, share)))
    assert [rows for rows, _ in seen] == sorted({rows for rows, _ in seen})
    assert seen[-1] == (10_000, 1.0)
    blocks: Iterator[Any] = iter([([1.0, 2.0], [2.0, 4.5]), ([3.0], [6.0])])
    seen.clear()
    fastgd.fit(((np.array(x), np.array(y)) for x, y in blocks), progress=lambda rows, share: seen.append((rows, share)))
    assert seen == [(2, None), (3, None)]
    seen.clear()
    fastgd.analyse(iter([(np.ones(2), np.ones(2))]), progress=lambda rows, share: seen.append((rows, share)))
    assert seen == [(2, None)]
    fastgd.fit(table(100), "y", features=["a"], progress=True)
    with pytest.raises(fastgd.DataError, match="^progress=3: pass True, False or a function of the rows read and their share"):
        fastgd.fit(table(100), "y", features=["a"], progress=3)  # type: ignore[arg-type]


@pytest.mark.parametrize("n_jobs", [2, 3])
def test_threads_on_streams(n_jobs: int, tmp_path: Path) -> None:
    frame = table(20_000).drop(columns="town")
    path = parts(frame, tmp_path, "csv")
    assert bits(fastgd.fit(path, "y", features=["a", "b"], n_jobs=n_jobs)) == bits(fastgd.fit(path, "y", features=["a", "b"]))


def test_a_collection_is_no_data_of_update() -> None:
    array = pytest.importorskip("dask.array")
    with pytest.raises(fastgd.DataError, match="^the data are a Dask collection: pass it to fastgd.dask.moments, and add what"):
        fastgd.Moments().update(array.ones((10, 2)))


def test_a_formula_that_learned_otherwise_is_not_mixed() -> None:
    frame = table(100)
    for formula in ("y ~ scale(a)", "y ~ poly(a, 2)"):
        moments = fastgd.Moments().update(frame[:50], formula)
        before = moments.to_bytes()
        match = (
            "^the formula 'y ~ .*' learned other categories or transforms from these rows than from those before: pass all rows "
            "to one call, as a list of frames or files, or call update without a formula: it keeps what was learned before$"
        )
        with pytest.raises(fastgd.DataError, match=match):
            moments.update(frame[50:], formula)
        with pytest.raises(fastgd.DataError, match=match):
            moments + fastgd.Moments().update(frame[50:], formula)
        assert moments.to_bytes() == before
    same = fastgd.Moments().update(frame[:50], FORMULA).update(frame[50:], FORMULA)
    assert fastgd.fit(same).coef == pytest.approx(fastgd.fit(frame, FORMULA).coef, rel=1e-12)
