"""Operations that are one instruction in compiled kernels, where Python takes many or none."""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any

from llvmlite import binding, ir
from numba import types
from numba.core.imputils import impl_ret_borrowed
from numba.core.typing.templates import signature
from numba.extending import lower_builtin, type_callable

from fastgd.kernels._straight import Value

_HAS_FMA = platform.machine().lower() in ("aarch64", "arm64") or bool(binding.get_host_cpu_features().get("fma"))


def product_error(a: Value, b: Value, p: Value, by_halves: Callable[[Any, Any, Any], Any], smallest: float) -> Value:
    """a * b - p, as one fused multiply-add where the processor has it."""
    if _HAS_FMA:
        return a.by("fma", b, -p)
    builder, zero = p.builder, p.llvm.type(0.0)
    size = builder.select(builder.fcmp_ordered("<", p.llvm, zero), (-p).llvm, p.llvm)
    is_small = builder.fcmp_ordered("<", size, p.llvm.type(smallest))
    return Value(builder, builder.select(is_small, zero, by_halves(a, b, p).llvm))


def compile_as_prefetch(prefetch: Callable[[Any, int], None]) -> None:
    """Compile `prefetch`, which does nothing in Python, as a hint to the memory."""

    @type_callable(prefetch)
    def types_of(context: Any) -> Any:
        return lambda column, index: signature(types.void, column, types.intp)

    @lower_builtin(prefetch, types.Array, types.intp)
    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        place = builder.bitcast(builder.gep(array.data, [arguments[1]]), ir.IntType(8).as_pointer())
        word = ir.IntType(32)
        function = builder.module.declare_intrinsic(
            "llvm.prefetch", [place.type], ir.FunctionType(ir.VoidType(), [place.type, word, word, word])
        )
        read, keep, data = word(0), word(3), word(1)
        builder.call(function, [place, read, keep, data])
        return context.get_dummy_value()


def compile_as_contiguous(as_contiguous: Callable[[Any], Any]) -> None:
    """Compile it as a change of type alone. NumPy's function takes a quarter of a second to compile, as it may copy."""

    @type_callable(as_contiguous)
    def types_of(context: Any) -> Any:
        return lambda column: types.Array(column.dtype, 1, "C")

    @lower_builtin(as_contiguous, types.Array)
    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return impl_ret_borrowed(context, builder, signature.return_type, arguments[0])
