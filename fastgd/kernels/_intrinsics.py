"""What compiled kernels do by one instruction of the processor, where Python takes many or none."""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any

from llvmlite import binding, ir
from numba import types
from numba.extending import intrinsic, overload

_HAS_FMA = platform.machine().lower() in ("aarch64", "arm64") or bool(binding.get_host_cpu_features().get("fma"))


@intrinsic
def _fused(context: Any, a: Any, b: Any, c: Any) -> Any:
    """a * b + c, rounded once."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), generate


def compile_as_fma(product_error: Callable[[float, float, float], float]) -> None:
    """a * b - p, as one fused multiply-add where the processor has it."""

    @overload(product_error, inline="always")
    def _compile(a: Any, b: Any, p: Any) -> Any:
        if not _HAS_FMA:
            return product_error

        def fused(a: Any, b: Any, p: Any) -> Any:
            return _fused(a, b, -p)  # type: ignore[call-arg]

        return fused


@intrinsic
def _prefetch(context: Any, column: Any, index: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        place = builder.bitcast(builder.gep(array.data, [arguments[1]]), ir.IntType(8).as_pointer())
        word = ir.IntType(32)
        function = builder.module.declare_intrinsic(
            "llvm.prefetch", [place.type], ir.FunctionType(ir.VoidType(), [place.type, word, word, word])
        )
        read, keep, data = word(0), word(3), word(1)
        builder.call(function, [place, read, keep, data])
        return context.get_dummy_value()

    return types.void(column, index), generate


def compile_as_prefetch(prefetch: Callable[[Any, int], None]) -> None:
    """A hint to the memory, instead of nothing."""

    @overload(prefetch)
    def _compile(column: Any, index: Any) -> Any:
        def call(column: Any, index: Any) -> None:
            _prefetch(column, index)  # type: ignore[call-arg]

        return call
