"""The jobs of Dask: workers that share the rows, and an answer that does not depend on how they are cut."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from contenders import of_fastgd, of_sklearn
from files import Files
from job import Contender, Job
from rows import Data, lesson, table

import fastgd


def in_chunks(d: Data, rows: int) -> tuple[Any, Any]:
    import dask.array  # here, because each process whose memory is measured imports all jobs

    return dask.array.from_array(d.X, chunks=(rows, -1)), dask.array.from_array(d.y, chunks=rows)


def by_dask_ml(X: Any, y: Any) -> Any:
    from dask_ml.linear_model import LinearRegression

    return LinearRegression().fit(X, y)


@cache
def client(workers: int) -> Any:
    from distributed import Client

    return Client(n_workers=workers, threads_per_worker=1, dashboard_address=":0", set_as_default=False)


@cache
def frame_of(files: Files) -> Any:
    import dask.dataframe

    return dask.dataframe.read_parquet(files.parquet, split_row_groups=True)


def on_cluster(scheduler: Any, frame: Any) -> fastgd.FitResult:
    import dask

    with dask.config.set(scheduler=scheduler):
        return fastgd.fit(frame, "y")


def on_workers(count: int) -> Contender:
    name = f'fastgd.fit(frame, "y"), {count} worker{"s"[: count - 1]}'
    return Contender(name, on_cluster, lambda d: (client(count), frame_of(d)), read=of_fastgd)


@cache
def ten_row_groups(rows: int) -> Files:
    return Files(table(rows // 10, 5), 10)


CHUNKS = 10, 25
ROWS_OF = "fastgd.fit(X, y), chunks of {}"
JOBS = {
    "dask, chunks": Job(
        "The lesson's points as Dask arrays, in chunks of 10 and of 25 rows",
        lesson,
        100,
        [
            Contender(name.format(rows), function, partial(in_chunks, rows=rows), read=read, digits=digits)
            for name, function, read, digits in (
                ("dask_ml LinearRegression().fit(X, y), chunks of {}", by_dask_ml, of_sklearn, 0),
                (ROWS_OF, fastgd.fit, of_fastgd, None),
            )
            for rows in CHUNKS
        ],
        unit=("dask, chunks", ROWS_OF.format(CHUNKS[0])),
        turns=2,
        rounds=2,
    ),
    "dask, workers": Job(
        "A Dask DataFrame of 10^7 rows and five features from a Parquet file, on worker processes",
        ten_row_groups,
        10_000_000,
        [on_workers(1), on_workers(2)],
        unit=("dask, workers", on_workers(1).name),
        turns=2,
        features=5,
        rounds=2,
    ),
}
