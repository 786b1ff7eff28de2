"""Columns as a frame of the library that is asked for, that the data came from, or that is installed."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from fastgd.arguments import choice
from fastgd.errors import missing_extra
from fastgd.sources import LIBRARIES


def frame_of(columns: dict[str, list[Any]], backend: str | None, library: str | None) -> Any:
    """A frame of text and numbers, None for a missing one: by `backend`, else by `library` or, without it, what is installed."""
    import narwhals as nw

    if backend is not None:
        backend = choice(backend, "backend", *LIBRARIES, more=", or None for that of the data")
    wanted = [backend] if backend else [*(name for name in LIBRARIES if name == library), *LIBRARIES]
    found: Any = next((name for name in wanted if find_spec(name)), None)
    if found is None:
        if backend is not None:
            raise ImportError(f"to_frame needs {backend}, which is not installed: pip install {backend}")
        raise missing_extra("pandas, polars or pyarrow", "files", "to_frame")
    schema = {name: nw.String if any(isinstance(v, str) for v in values) else nw.Float64 for name, values in columns.items()}
    return nw.from_dict(columns, schema=schema, backend=found).to_native()
