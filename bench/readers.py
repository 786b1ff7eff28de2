"""Ways to a fit of a file: ``python bench/readers.py NAME PATH`` runs one and prints its process's peak memory in MiB.

Each imports what it needs itself, so that the process has nothing else in memory. Linux only.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path


def arrow_csv(path: str) -> Sequence[float]:
    from pyarrow import csv

    csv.read_csv(path)
    return ()


def arrow_parquet(path: str) -> Sequence[float]:
    from pyarrow import parquet

    parquet.read_table(path)
    return ()


def arrow_batches(path: str) -> Sequence[float]:
    from pyarrow import parquet

    with parquet.ParquetFile(path, pre_buffer=False, buffer_size=2**18) as file:
        for _ in file.iter_batches(2**16):
            pass
    return ()


def fastgd_path(path: str) -> Sequence[float]:
    import fastgd

    result = fastgd.fit(path, "y")
    return result.intercept, *result.coef


def pandas_sklearn(path: str) -> Sequence[float]:
    import pandas
    from sklearn.linear_model import LinearRegression

    frame = pandas.read_csv(path) if path.endswith(".csv") else pandas.read_parquet(path)
    model = LinearRegression().fit(frame.drop(columns="y"), frame["y"])
    return model.intercept_, *model.coef_


def polars_ds(path: str) -> Sequence[float]:
    import polars
    from polars_ds import lin_reg

    frame = polars.read_csv(path) if path.endswith(".csv") else polars.read_parquet(path)
    features = [name for name in frame.columns if name != "y"]
    *coef, intercept = frame.select(lin_reg(*features, target="y", add_bias=True)).item()
    return intercept, *coef


def duckdb_regr(path: str) -> Sequence[float]:
    import duckdb

    [row] = duckdb.sql(f"select regr_intercept(y, x), regr_slope(y, x) from '{path}'").fetchall()
    found: Sequence[float] = row
    return found


def main(name: str, path: str) -> None:
    globals()[name](path)
    lines = Path("/proc/self/status").read_text().splitlines()
    print(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024)


if __name__ == "__main__":
    main(*sys.argv[1:])
