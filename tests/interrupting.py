"""Ctrl-C at every place where Python could let it in: what a signal at a random moment does once in a million, done each time.

CPython looks for signals where a function begins, where a call has ended and where a loop turns. So the places are, in the code
of one package, the instructions that follow such a one. Nothing of fastgd is imported here.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

_LOOKS = ("CALL", "PRECALL", "RESUME", "JUMP_BACKWARD")


class _Tracer:
    def __init__(self, folder: str, at: int | None) -> None:
        self.folder, self.at, self.seen = folder, at, 0
        self.before: dict[int, int] = {}

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Any:
        if not frame.f_code.co_filename.startswith(self.folder):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        self.before[id(frame)] = -1
        return self.look

    def look(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event != "opcode":
            return self.look
        last, self.before[id(frame)] = self.before.get(id(frame), -1), frame.f_lasti
        if last < 0 or dis.opname[frame.f_code.co_code[last]].startswith(_LOOKS):
            self.seen += 1
            if self.seen - 1 == self.at:
                raise KeyboardInterrupt
        return self.look


def places(folder: str, operate: Callable[[], object]) -> int:
    """How many there are in an operation."""
    tracer = _Tracer(folder, None)
    _trace(tracer, operate)
    return tracer.seen


def interrupted(folder: str, operate: Callable[[], object], at: int) -> bool:
    """Run it with Ctrl-C at a place; whether it came out."""
    try:
        _trace(_Tracer(folder, at), operate)
    except KeyboardInterrupt:
        return True
    return False


def spread(count: int, most: int) -> Iterator[int]:
    """So many places or, evenly, fewer."""
    yield from range(0, count, max(1, count // most))


def _trace(tracer: _Tracer, operate: Callable[[], object]) -> None:
    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        operate()
    finally:
        sys.settrace(before)
