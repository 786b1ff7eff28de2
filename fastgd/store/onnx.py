"""A fit as an ONNX model: its coefficients in a graph that other runtimes compute.

1. Sub, if any feature lies far from zero: what `FitResult.centre` takes off.
2. Mul: each feature times its coefficient, (N, p).
3. Split: a column each, (N, 1).
4. Sum: the value at the centre and the columns, from left to right as `FitResult.predict` adds them.
5. Squeeze: (N,), as `predict` returns them.

MatMul would be two nodes, but its order of addition is the runtime's own: of 200 features it loses a digit, and of 10 and 100,000
rows onnxruntime 1.32 takes seven times as long for it.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from fastgd._version import __version__
from fastgd.descent.run import Run
from fastgd.errors import DataError, missing_extra
from fastgd.result.prediction import Plane

if TYPE_CHECKING:
    from onnx import ModelProto

_OPSET = 13  # the first in which Split takes its sizes as an input; later ones read it too
_IR_VERSION = 7  # that of opset 13: onnx writes its newest without it, which runtimes a year older refuse


def model(run: Run, plane: Plane) -> ModelProto:
    """The graph that predicts by `plane`, what a run came to."""
    if run.formula is not None:
        raise DataError(
            f"the fit was by the formula {run.formula!r}, whose columns Python makes, and ONNX has none: "
            "make the columns beforehand and fit those"
        )
    if not math.isfinite(plane.level):
        raise DataError("the predictions exceed float64: divide the target by a power of two")
    onnx = _onnx()
    helper, double = onnx.helper, onnx.TensorProto.DOUBLE
    p, centre, level = len(plane.coef), plane.centre, plane.level
    columns = [f"term_{j}" for j in range(p)]
    far, given = [], "X"
    constants = [("coef", plane.coef), ("widths", np.ones(p, np.int64)), ("axes", np.ones(1, np.int64))]
    if centre.any():
        far, given = [helper.make_node("Sub", ["X", "centre"], ["from_centre"])], "from_centre"
        constants.append(("centre", centre))
    graph = helper.make_graph(
        [
            *far,
            helper.make_node("Mul", [given, "coef"], ["terms"]),
            helper.make_node("Split", ["terms", "widths"], columns, axis=1),
            helper.make_node("Sum", ["level", *columns], ["column"]),
            helper.make_node("Squeeze", ["column", "axes"], ["y"]),
        ],
        "linear_regression",
        [helper.make_tensor_value_info("X", double, ["N", p])],
        [helper.make_tensor_value_info("y", double, ["N"])],
        [onnx.numpy_helper.from_array(np.asarray(value), name) for name, value in (("level", [[level]]), *constants)],
    )
    made: ModelProto = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=_IR_VERSION,
        producer_name="fastgd",
        producer_version=__version__,
    )
    names = {"feature_names": list(run.feature_names), "target_name": run.moments.target_name}
    helper.set_model_props(made, {key: json.dumps(value) for key, value in names.items()})
    return made


def _onnx() -> Any:
    try:
        import onnx
    except ImportError:
        raise missing_extra("onnx", "onnx", "to_onnx") from None
    return onnx
