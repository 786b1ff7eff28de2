"""ONNX models: another runtime's predictions have the bits of ours; what it cannot hold is refused."""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
import pytest

import fastgd

onnx = pytest.importorskip("onnx", reason="the extra `onnx` is not installed")


def session(model: Any) -> Any:
    runtime = pytest.importorskip("onnxruntime", reason="needs onnxruntime")
    return runtime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def predicted(result: fastgd.FitResult, X: np.ndarray) -> np.ndarray:
    """By onnxruntime."""
    [y] = session(result.to_onnx()).run(None, {"X": X})
    return np.asarray(y)


def data(p: int, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Columns of very different size and far from zero, so that the order of addition shows in the last digits."""
    rng = np.random.default_rng(p)
    X = rng.normal(5.0, 1.0, (n, p)) * 10.0 ** rng.uniform(-6.0, 6.0, p)
    return X, X @ (rng.normal(size=p) / X.std(axis=0)) + rng.normal(size=n)


@pytest.mark.parametrize("p", [1, 2, 3, 10, 70, 300])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_onnxruntime_predicts_the_same_bits(p: int, fit_intercept: bool) -> None:
    X, y = data(p)
    result = fastgd.fit(X, y, fit_intercept=fit_intercept)
    new = np.vstack([X, -3.0 * X, 1e9 * X])
    assert predicted(result, new).tobytes() == result.predict(new).tobytes()


@pytest.mark.parametrize(
    "request_",
    [
        {"max_iter": 7, "start": [3.0, -1.0, 2.0]},
        {"standardize": True, "tol": 1e-3},
        {"sample_weight": np.linspace(0.0, 2.0, 400)},
        {"learning_rate": 1.0, "unstable": "run"},
    ],
    ids=["on the way", "tolerance", "weights", "diverged"],
)
def test_what_was_reached_is_what_is_written(request_: dict[str, Any]) -> None:
    X, y = data(2)
    result = fastgd.fit(X, y, **request_)
    assert predicted(result, X).tobytes() == result.predict(X).tobytes()


@pytest.mark.parametrize("request_", [{}, {"max_iter": 10**6}, {"standardize": True, "max_iter": 1}], ids=str)
def test_timestamps_lose_no_digit(request_: dict[str, Any]) -> None:
    """Beside columns that are counted from zero; and rows far from those that were fitted."""
    x = 1.7e12 + 60_000.0 * np.arange(100.0)
    for X in (x[:, np.newaxis], np.column_stack([np.arange(100.0) % 7.0, x, np.arange(100.0) % 5.0 - 1e9])):
        result = fastgd.fit(X, np.sin(np.arange(100.0)), **request_)
        assert np.flatnonzero(result.centre).tolist() == ([0] if X.shape[1] == 1 else [1, 2])
        new = np.vstack([X, -X, 0.0 * X, 1e3 * X])
        assert predicted(result, new).tobytes() == result.predict(new).tobytes()


@pytest.mark.parametrize("n", [0, 1, 2, 5000])
def test_any_number_of_rows_alone_or_together(n: int) -> None:
    X, y = data(3, 5000)
    run = session(fastgd.fit(X, y).to_onnx())
    [together] = run.run(None, {"X": X[:n]})
    assert together.shape == (n,) and together.dtype == np.float64
    alone = [run.run(None, {"X": X[i : i + 1]})[0][0] for i in range(min(n, 50))]
    assert together[:50].tolist() == alone


def test_a_saved_fit_gives_the_same_model(tmp_path: Any) -> None:
    result = fastgd.fit(*data(4))
    result.save(tmp_path / "model.json")
    assert fastgd.load(tmp_path / "model.json").to_onnx().SerializeToString() == result.to_onnx().SerializeToString()


def test_the_model_is_valid_and_says_what_it_takes_and_gives() -> None:
    pandas = pytest.importorskip("pandas", reason="names come with frames")
    X, y = data(2)
    frame = pandas.DataFrame({"area (m²)": X[:, 0], "X": X[:, 1], "y": y})
    model = fastgd.fit(frame, "y").to_onnx()
    assert isinstance(model, onnx.ModelProto)
    onnx.checker.check_model(model, full_check=True)
    assert (model.ir_version, [(o.domain, o.version) for o in model.opset_import]) == (7, [("", 13)])
    assert (model.producer_name, model.producer_version) == ("fastgd", fastgd.__version__)
    found = {entry.key: json.loads(entry.value) for entry in model.metadata_props}
    assert found == {"feature_names": ["area (m²)", "X"], "target_name": "y"}
    shapes = {
        value.name: [dim.dim_value or dim.dim_param for dim in value.type.tensor_type.shape.dim]
        for value in (*model.graph.input, *model.graph.output)
    }
    assert shapes == {"X": ["N", 2], "y": ["N"]}
    assert {value.type.tensor_type.elem_type for value in (*model.graph.input, *model.graph.output)} == {onnx.TensorProto.DOUBLE}


def test_a_file_that_onnx_wrote_is_read_back(tmp_path: Any) -> None:
    result = fastgd.fit(*data(2))
    onnx.save(result.to_onnx(), tmp_path / "model.onnx")
    assert onnx.load(tmp_path / "model.onnx") == result.to_onnx()


def test_what_predict_refuses_comes_out_as_no_number() -> None:
    result = fastgd.fit([[1.0, 2.0], [2.0, 1.0], [3.0, 5.0]], [3.0, 4.0, 9.0])
    X = np.array([[np.nan, 1.0], [np.inf, 1.0], [1.0, 1.0]])
    with np.errstate(invalid="ignore"):
        assert np.isfinite(predicted(result, X)).tolist() == [False, False, True]


def test_a_formula_is_refused() -> None:
    pytest.importorskip("formulaic", reason="needs formulaic")
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1.0, 2.0, 4.0], "y": [2.0, 3.0, 7.0]})
    with pytest.raises(
        fastgd.DataError,
        match=r"^the fit was by the formula 'y ~ np.sqrt\(a\)', whose columns Python makes, and ONNX has none: make the columns "
        "beforehand and fit those$",
    ):
        fastgd.fit(frame, "y ~ np.sqrt(a)").to_onnx()


def test_without_onnx_the_pip_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"^to_onnx needs onnx, which is not installed: pip install 'fastgd\[onnx\]'$"):
        fastgd.fit([1, 2, 3], [2, 4, 7]).to_onnx()
