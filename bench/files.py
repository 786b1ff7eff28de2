"""The jobs of files: CSV and Parquet, of one feature and larger than most memories."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache, cached_property
from pathlib import Path

import readers
from job import Claim, Contender, Job
from rows import Data, cloud, table


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory()


class Files:
    """Rows, some times over, as files that are written when they are asked for."""

    def __init__(self, data: Data, times: int = 1) -> None:
        self._data, self._times = data, times

    @property
    def solution(self) -> list[Fraction]:
        return self._data.solution

    @cached_property
    def csv(self) -> str:
        from pyarrow import csv

        path = self._path("csv")
        with csv.CSVWriter(path, self._table.schema) as writer:
            for _ in range(self._times):
                writer.write_table(self._table)
        return path

    @cached_property
    def parquet(self) -> str:
        from pyarrow import parquet

        path = self._path("parquet")
        with parquet.ParquetWriter(path, self._table.schema) as writer:
            for _ in range(self._times):
                writer.write_table(self._table)
        return path

    def _path(self, kind: str) -> str:
        return str(Path(_folder().name) / f"{id(self)}.{kind}")

    @property
    def _table(self):  # type: ignore[no-untyped-def]
        import pyarrow

        p = self._data.X.shape[1]
        names = ["x"] if p == 1 else [f"x{i}" for i in range(p)]
        return pyarrow.table(dict(zip(names, self._data.X.T, strict=True)) | {"y": self._data.y})


@cache
def one_feature(rows: int) -> Files:
    return Files(cloud(rows))


@cache
def five_features(rows: int) -> Files:
    """The same million rows over and over, so that the exact answer is theirs."""
    times = max(1, rows // 1_000_000)
    return Files(table(rows // times, 5), times)


def on(kind: str, name: str, function: Callable[[str], Sequence[float]]) -> Contender:
    return Contender(name, function, lambda d: (getattr(d, kind),))


def reading(kind: str, name: str, function: Callable[[str], Sequence[float]]) -> Contender:
    return on(kind, name, function)._replace(exact=lambda d: ())


FIT = 'fastgd.fit(path, "y")'
ARROW_CSV = reading("csv", "pyarrow.csv.read_csv(path): reading alone", readers.arrow_csv)
ARROW_PARQUET = reading("parquet", "pyarrow.parquet.read_table(path): reading alone", readers.arrow_parquet)
ARROW_BATCHES = reading("parquet", "pyarrow ParquetFile(path).iter_batches(): reading alone", readers.arrow_batches)


def one_feature_job(kind: str, title: str, alone: Contender) -> dict[str, Job]:
    key = f"{kind}, x and y"
    contenders = [
        alone,
        on(kind, f"pandas.read_{kind}, LinearRegression().fit", readers.pandas_sklearn),
        on(kind, f"polars.read_{kind}, polars_ds.lin_reg", readers.polars_ds),
        on(kind, "duckdb, regr_slope and regr_intercept", readers.duckdb_regr),
        on(kind, FIT, readers.fastgd_path),
    ]
    job = Job(title, one_feature, 10_000_000, contenders, (key, FIT), turns=3, rounds=1, memory="process")
    return {key: job}


def large_job(key: str, title: str, rows: int, contenders: Sequence[Contender]) -> dict[str, Job]:
    job = Job(title, five_features, rows, contenders, (key, FIT), turns=2, features=5, rounds=1, memory="process")
    return {key: job}


LARGE_CSV, LARGE_PARQUET = "csv, 2 GB", "parquet, 10^8 x 5"
JOBS = (
    one_feature_job("csv", "Least squares line from a CSV file", ARROW_CSV)
    | one_feature_job("parquet", "Least squares line from a Parquet file", ARROW_PARQUET)
    | large_job(LARGE_CSV, "Five features from a CSV file of 2 GB", 20_000_000, [ARROW_CSV, on("csv", FIT, readers.fastgd_path)])
    | large_job(
        LARGE_PARQUET,
        "Five features from a Parquet file of 5 GB",
        100_000_000,
        [ARROW_BATCHES, on("parquet", FIT, readers.fastgd_path)],
    )
)
CLAIMS = [
    *(
        Claim(f"{kind}: rows per second, relative to pyarrow, which only reads", (key, alone.name), (key, FIT), at_least=0.8)
        for kind, key, alone in (("CSV", "csv, x and y", ARROW_CSV), ("Parquet", "parquet, x and y", ARROW_PARQUET))
    ),
    *(
        Claim(f"{text}: peak memory of the whole process, MiB", (key, FIT), None, at_most=300)
        for text, key in (("CSV of 2 GB", LARGE_CSV), ("Parquet of 5 GB", LARGE_PARQUET))
    ),
]
