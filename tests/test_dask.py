"""Dask collections: the bits of the fit in memory, whatever the partitions, the scheduler and the workers' fate."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fastgd

dask = pytest.importorskip("dask", reason="needs Dask")
da = pytest.importorskip("dask.array")
dd = pytest.importorskip("dask.dataframe")
pd = pytest.importorskip("pandas")


def table(n: int, seed: int = 0) -> Any:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"a": rng.normal(size=n) + 1.7e12, "b": rng.normal(size=n), "y": rng.normal(size=n)})
    frame["w"] = rng.integers(0, 3, n)
    return frame


def bits(result: fastgd.FitResult) -> tuple[bytes, bytes, str]:
    return result.moments.to_bytes(), result.coef.tobytes(), result.intercept.hex()


def parted(frame: Any, cuts: list[int]) -> Any:
    edges = [0, *sorted(c % (len(frame) + 1) for c in cuts), len(frame)]
    parts = [frame.iloc[a:b] for a, b in zip(edges[:-1], edges[1:], strict=True)]
    return dd.from_map(lambda i: parts[i], range(len(parts)), meta=frame.iloc[:0])


@given(st.integers(1, 30_000), st.lists(st.integers(0, 10**6), max_size=9), st.sampled_from([None, "w"]))
@settings(max_examples=12)
def test_any_partitioning(n: int, cuts: list[int], weight: str | None) -> None:
    frame = table(n)
    frame.loc[frame.index[-1], "w"] = 1
    with dask.config.set(scheduler="synchronous"):
        found = fastgd.fit(parted(frame, cuts), "y", features=["a", "b"], sample_weight=weight)
    assert bits(found) == bits(fastgd.fit(frame, "y", features=["a", "b"], sample_weight=weight))


@pytest.mark.parametrize("scheduler", ["threads", "synchronous", "processes"])
def test_schedulers(scheduler: str) -> None:
    frame = table(20_000).drop(columns="w")
    with dask.config.set(scheduler=scheduler):
        found = fastgd.fit(dd.from_pandas(frame, npartitions=5), "y")
    assert bits(found) == bits(fastgd.fit(frame, "y"))
    assert found.feature_names == ("a", "b")


@pytest.mark.parametrize("chunks", [(3000, 2), (20_000, 1), (777, 1)])
def test_arrays(chunks: tuple[int, int]) -> None:
    values = table(20_000).to_numpy(float)
    X, y, w = values[:, :2], values[:, 2], values[:, 3]
    dX, dy, dw = da.from_array(X, chunks=chunks), da.from_array(y, chunks=5000), da.from_array(w, chunks=20_000)
    assert bits(fastgd.fit(dX, dy)) == bits(fastgd.fit((dX, dy))) == bits(fastgd.fit(X, y))
    assert bits(fastgd.fit(dX, dy, sample_weight=dw)) == bits(fastgd.fit(X, y, sample_weight=w))
    assert bits(fastgd.fit(da.from_array(values[:, :3], chunks=(999, 3)))) == bits(fastgd.fit(values[:, :3]))
    assert bits(fastgd.fit(dX[:, 0], dy)) == bits(fastgd.fit(X[:, 0], y))
    stability = fastgd.analyse((dX, dy), standardize=True)
    assert stability.eigenvalues.tobytes() == fastgd.analyse((X, y), standardize=True).eigenvalues.tobytes()


def test_arrays_of_unknown_chunks() -> None:
    values = table(20_000).to_numpy(float)
    points = da.from_array(values, chunks=(3000, 4))
    kept = points[points[:, 3] > 0.0]
    assert np.isnan(kept.chunks[0][0])
    wanted = values[values[:, 3] > 0.0]
    assert bits(fastgd.fit(kept[:, :2], kept[:, 2])) == bits(fastgd.fit(wanted[:, :2], wanted[:, 2]))


def test_missing_values_and_frames_with_a_series() -> None:
    frame = table(9000).drop(columns="w")
    frame.loc[[3, 4096, 8000], "b"] = np.nan
    parts = dd.from_pandas(frame, npartitions=4)
    found = fastgd.fit(parts, "y", missing="drop")
    assert found.n_dropped == 3
    assert bits(found) == bits(fastgd.fit(frame, "y", missing="drop"))
    whole = frame.dropna()
    parts = dd.from_pandas(whole, npartitions=3)
    assert bits(fastgd.fit(parts[["a", "b"]], parts["y"])) == bits(fastgd.fit(whole, "y"))
    with pytest.raises(fastgd.DataError, match=r"^partition \d: .*missing value in row \d+, column 'b'"):
        fastgd.fit(dd.from_pandas(frame.iloc[5:].reset_index(drop=True), npartitions=2), "y")


def test_errors() -> None:
    frame = table(100).drop(columns="w")
    parts = dd.from_pandas(frame, npartitions=2)
    with pytest.raises(fastgd.DataError, match=r"^partition 0: no column 'z' in the frame"):
        fastgd.fit(parts, "z")
    with pytest.raises(fastgd.DataError, match=r"^no rows: the partitions are empty; at least one row is needed$"):
        fastgd.fit(dd.from_pandas(frame.iloc[:0], npartitions=1), "y")
    with pytest.raises(fastgd.DataError, match=r"^y of type ndarray is not a Dask collection: all parts of the data must be$"):
        fastgd.dask.moments((da.ones((4, 2)), np.ones(4)))
    with pytest.raises(
        fastgd.DataError, match=r"^the data differ in their number of partitions \(X 2, y 3\): repartition them alike$"
    ):
        fastgd.fit((parts[["a"]], dd.from_pandas(frame["y"], npartitions=3)))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    distributed = pytest.importorskip("distributed", reason="needs distributed")
    folder = tmp_path_factory.mktemp("workers")
    settings_of_dask = {"temporary-directory": str(folder), "distributed.scheduler.allowed-failures": 5}
    with dask.config.set(settings_of_dask), distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster, distributed.Client(cluster) as client:
        yield client


def _slow_once(part: Any, marker: str, number: int) -> Any:
    """The partition; the first to come to the third one leaves its process number and waits to be killed."""
    if number == 3:
        try:
            with open(marker, "x", encoding="ascii") as file:
                file.write(str(os.getpid()))
        except FileExistsError:
            return part
        signal.pause()
    return part


@pytest.mark.filterwarnings("ignore")  # distributed's, on the worker that died
def test_a_worker_is_killed_in_the_middle(client: Any, tmp_path: Path) -> None:
    frame = table(30_000).drop(columns="w")
    wanted = bits(fastgd.fit(frame, "y"))
    assert bits(fastgd.fit(dd.from_pandas(frame, npartitions=7), "y")) == wanted

    marker = tmp_path / "killed"
    parts = [frame.iloc[i : i + 5000] for i in range(0, len(frame), 5000)]
    fragile = dd.from_map(lambda i: _slow_once(parts[i], str(marker), i), range(len(parts)), meta=frame.iloc[:0])

    import threading

    def kill() -> None:
        while not (marker.exists() and marker.read_text(encoding="ascii")):
            if over.wait(0.01):
                return
        os.kill(int(marker.read_text(encoding="ascii")), signal.SIGKILL)

    over = threading.Event()
    killer = threading.Thread(target=kill)
    killer.start()
    try:
        found = bits(fastgd.fit(fragile, "y"))
    finally:
        over.set()
        killer.join()
    assert marker.exists()
    assert found == wanted
