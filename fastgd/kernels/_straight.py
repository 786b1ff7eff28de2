"""Functions without branches, whose instructions are written into a kernel at the place of the call.

The instructions come from running the Python function itself, once for each call in a kernel, on values that record what is done
with them. So a formula stands once, for Python and for the compiler. Compiled by themselves, or copied into each kernel before
its types are known (`inlined`), the same functions took more than half of the time to compile a first fit.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from fastgd.kernels._compile import IS_AHEAD

F = TypeVar("F", bound=Callable[..., Any])


class Value:
    """A number of the compiled code, at the place of the call."""

    __slots__ = ("builder", "llvm")

    def __init__(self, builder: Any, llvm: Any) -> None:
        self.builder = builder
        self.llvm = llvm

    def by(self, instruction: str, *others: Any) -> Value:
        """The result of an instruction on this number and others."""
        operands = (other.llvm if isinstance(other, Value) else self.llvm.type(other) for other in others)
        return Value(self.builder, getattr(self.builder, instruction)(self.llvm, *operands))

    def __add__(self, other: Value | float) -> Value:
        return self.by("add" if hasattr(self.llvm.type, "width") else "fadd", other)  # integers have a width

    def __sub__(self, other: Value | float) -> Value:
        return self.by("fsub", other)

    def __mul__(self, other: Value | float) -> Value:
        return self.by("fmul", other)

    def __truediv__(self, other: Value | float) -> Value:
        return self.by("fdiv", other)

    __rmul__ = __mul__

    def __neg__(self) -> Value:
        return self.by("fneg")


class Elements:
    """A contiguous two-dimensional array of the compiled code, at the place of the call; indices are not negative."""

    __slots__ = ("_get", "builder", "context")

    def __init__(self, context: Any, builder: Any, kind: Any, llvm: Any) -> None:
        self.context = context
        self.builder = builder
        model = context.data_model_manager[kind]
        self._get = lambda field: model.get(builder, llvm, field)

    def _place(self, index: tuple[Any, ...]) -> Any:
        from numba.core import cgutils

        rows_columns = cgutils.unpack_tuple(self.builder, self._get("shape"), 2)
        llvm = [i.llvm if isinstance(i, Value) else cgutils.intp_t(i) for i in index]
        checked = self.context.enable_boundscheck
        return cgutils.get_item_pointer2(
            self.context, self.builder, self._get("data"), rows_columns, None, "C", llvm, boundscheck=checked
        )

    def __getitem__(self, index: tuple[Any, ...]) -> Value:
        return Value(self.builder, self.builder.load(self._place(index)))

    def __setitem__(self, index: tuple[Any, ...], value: Value) -> None:
        self.builder.store(value.llvm, self._place(index))


def straight(function: F) -> F:
    """Write the instructions of `function` at the place where a kernel calls it; for Python it stays as it is.

    Arguments and results are annotated as float, int or pairs of floats; arguments may also be two-dimensional arrays.
    """
    if not IS_AHEAD:
        _teach(function, inspect.signature(function, eval_str=True))
    return function


def _teach(function: Callable[..., Any], signature: inspect.Signature) -> None:
    """Tell numba the types of a function and its instructions."""
    from numba import types
    from numba.core.typing.templates import signature as typed
    from numba.extending import lower_builtin, type_callable

    known = {
        float: types.float64,
        int: types.intp,
        tuple[float, float]: types.UniTuple(types.float64, 2),
        None: types.void,
    }
    expected = [known.get(parameter.annotation, types.Array) for parameter in signature.parameters.values()]
    returned = known[signature.return_annotation]

    def typer(*given: Any) -> Any:
        return typed(returned, *(a if e is types.Array else e for a, e in zip(given, expected, strict=True)))

    typer.__signature__ = signature.replace(return_annotation=inspect.Signature.empty)  # type: ignore[attr-defined]
    type_callable(function)(lambda context: typer)

    @lower_builtin(function, *expected)
    def write(context: Any, builder: Any, typed: Any, arguments: Any) -> Any:
        made = function(*(_recording(context, builder, *pair) for pair in zip(typed.args, arguments, strict=True)))
        if made is None:
            return context.get_dummy_value()
        if isinstance(made, tuple):
            return context.make_tuple(builder, typed.return_type, [value.llvm for value in made])
        return made.llvm


def _recording(context: Any, builder: Any, kind: Any, llvm: Any) -> Any:
    """An argument that records what the Python function does with it."""
    if hasattr(kind, "ndim"):
        return Elements(context, builder, kind, llvm)
    if hasattr(kind, "count"):
        return tuple(Value(builder, builder.extract_value(llvm, i)) for i in range(kind.count))
    return Value(builder, llvm)
