"""The house: which module may import which, what loads when, and that each public name says what it takes."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

import pytest

import fastgd

PACKAGE = Path(fastgd.__file__).parent
MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))
KERNELS = [name for name in MODULES if name.startswith("kernels/") and not name.startswith("kernels/_")]

# Each room, its floor, and the floors that it may import. Imports for type checkers and delayed ones count as well.
FLOORS = {
    "_version": (0, set()),
    "errors": (0, {0}),
    "arguments": (0, {0}),
    "request": (0, {0}),
    "kernels": (1, {1}),
    "sources": (2, {0, 1, 2}),  # of the kernels the size of a block
    "moments": (3, {0, 1, 2, 3}),
    "problem": (4, {0, 1, 3, 4}),
    "descent": (5, {0, 1, 3, 4, 5}),
    "result": (6, {0, 1, 2, 3, 4, 5, 6}),  # the sources, to read the rows to predict from
    "text": (7, {0, 3, 4, 5, 6, 7}),
    "store": (7, {0, 2, 3, 4, 5, 6, 7}),
    "fit": (8, {0, 1, 2, 3, 4, 5, 6, 7}),
    "tutorial": (8, {0, 1, 2, 8}),
    "warm": (8, {1, 2, 3, 5, 8}),
    "__init__": (8, {0, 2, 3, 5, 6, 8}),
    "dask": (9, {0, 1, 2, 8, 9}),
    "sklearn": (9, {0, 8}),
    "plot": (9, {0, 2, 7, 8, 9}),
    "explorer": (9, {0, 8, 9}),
    "cli": (9, {0, 7, 8}),
    "__main__": (9, {0, 9}),
}
# The only arrows that run up: what results and the package open when they are asked to, imported where it is used.
DOORS = {
    "result/fit_result.py": {"text/page.py", "text/report.py", "text/words.py"}
    | {"store/model.py", "store/onnx.py", "store/writing.py"}
    | {"plot/__init__.py", "explorer/__init__.py"},
    "result/stability.py": {"text/page.py"},
    "result/inference.py": {"text/page.py"},
    "fit.py": {"dask.py"},
    "__init__.py": {"dask.py", "explorer/__init__.py", "plot/__init__.py", "sklearn.py"},
}
# What a floor may import from outside, besides the standard library and NumPy.
OUTSIDE = {
    1: {"numba", "llvmlite"},
    2: {"narwhals", "pyarrow", "pandas", "formulaic"},
    3: {"numba", "rich", "threadpoolctl"},
    6: {"narwhals", "onnx", "scipy"},
    7: {"onnx"},
    9: {"typer", "rich", "matplotlib", "PIL", "dask", "sklearn", "scipy", "bokeh"},
}
# What a guest, on floor 9, may import of ours besides the public door.
OPEN_TO_GUESTS = {"__init__.py", "arguments.py", "errors.py", "kernels/layout.py"}
OPEN_TO_GUESTS |= {"text/words.py", "store/writing.py", "sources/__init__.py", "cli.py"}
LONGEST_MODULE, LONGEST_BODY = 400, 60


def room_of(name: str) -> str:
    return name.split("/")[0].removesuffix(".py")


def tree(name: str) -> ast.Module:
    return ast.parse((PACKAGE / name).read_text(encoding="utf-8"))


def imports(name: str) -> Iterator[tuple[str, str | None]]:
    """(module, name or None) of each import."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, f"{name}: imports are absolute"
            yield from ((node.module, alias.name) for alias in node.names)


def file_of(module: str, name: str | None) -> str:
    """The file that an import of fastgd's own reads."""
    parts = module.split(".")[1:]
    for tail in ([*parts, name] if name else parts, parts):
        for path in ("/".join(tail) + ".py", "/".join([*tail, "__init__.py"])):
            if path in MODULES:
                return path
    raise AssertionError(f"{module} is no module of fastgd")


def arrows(name: str) -> set[str]:
    """The files of ours that a file imports, at its doors or not."""
    return {file_of(module, imported) for module, imported in imports(name) if module.split(".")[0] == "fastgd"}


@pytest.mark.parametrize("name", MODULES)
def test_a_file_imports_what_its_floor_may(name: str) -> None:
    floor, allowed = FLOORS[room_of(name)]
    found = {target: FLOORS[room_of(target)][0] for target in arrows(name) - DOORS.get(name, set())}
    assert not {target for target, other in found.items() if other not in allowed or other > floor}
    outside = {module.split(".")[0] for module, _ in imports(name)} - {"fastgd", "numpy"} - sys.stdlib_module_names
    assert outside <= OUTSIDE.get(floor, set())


def test_there_is_no_circle_of_files() -> None:
    """What imports nothing that is left is taken away, again and again; a circle would stay."""
    left = {name: arrows(name) - DOORS.get(name, set()) for name in MODULES}
    while free := {name for name, targets in left.items() if not targets}:
        left = {name: targets - free for name, targets in left.items() if name not in free}
    assert not left


@pytest.mark.parametrize("name", DOORS)
def test_doors_are_opened_when_asked(name: str) -> None:
    """They are used, and imported inside a function, or for type checkers only."""
    at_once = {file_of(n.module, alias.name) for n in tree(name).body if isinstance(n, ast.ImportFrom) and n.module
               and n.module.startswith("fastgd") for alias in n.names}
    assert DOORS[name] <= arrows(name) and not DOORS[name] & at_once


def test_what_doors_open_does_not_name_the_result() -> None:
    rooms = [name for name in MODULES if room_of(name) in ("text", "store")]
    assert not [name for name in rooms if "FitResult" in {n.id for n in ast.walk(tree(name)) if isinstance(n, ast.Name)}]


@pytest.mark.parametrize("name", MODULES)
def test_files_and_functions_are_short(name: str) -> None:
    source = (PACKAGE / name).read_text(encoding="utf-8")
    assert len(source.splitlines()) <= LONGEST_MODULE
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            body = node.body[ast.get_docstring(node) is not None :]
            length = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            assert length <= LONGEST_BODY, f"{node.name} has {length} lines"


@pytest.mark.parametrize("name", [name for name in MODULES if FLOORS[room_of(name)][0] == 9])
def test_guests_use_public_names(name: str) -> None:
    own = {other for other in MODULES if "/" in name and other.startswith(name.rpartition("/")[0] + "/")}
    assert arrows(name) <= OPEN_TO_GUESTS | own
    attributes = [node for node in ast.walk(tree(name)) if isinstance(node, ast.Attribute) and re.match("_(?!_)", node.attr)]
    assert not [node.attr for node in attributes if not (isinstance(node.value, ast.Name) and node.value.id == "self")]


@pytest.mark.parametrize("name", ["dask.py", "sources/files/parquet_files.py"])
def test_the_rows_of_a_block_have_one_place(name: str) -> None:
    assert ("fastgd.kernels.layout", "BLOCK") in imports(name)
    assert 4096 not in [node.value for node in ast.walk(tree(name)) if isinstance(node, ast.Constant)]


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("sources/")])
def test_rooms_of_sources_are_not_entered_late(name: str) -> None:
    """An import inside a function waits for another library, or for what few calls need; it hides no circle."""
    functions = [node for node in ast.walk(tree(name)) if isinstance(node, ast.FunctionDef)]
    late = {n.module for f in functions for n in ast.walk(f) if isinstance(n, ast.ImportFrom) and "fastgd" in str(n.module)}
    formulas = {"fastgd.sources.formulas.formula", "fastgd.sources.formulas.terms"}  # with files 4 ms of every import
    assert late <= {"sources/read.py": {"fastgd.sources.files.files"} | formulas, "sources/blocks.py": formulas}.get(name, set())


@pytest.mark.parametrize("name", MODULES)
def test_only_compile_names_njit(name: str) -> None:
    names = {n.id for n in ast.walk(tree(name)) if isinstance(n, ast.Name)} | {imported for _, imported in imports(name)}
    assert ("njit" in names) == (name == "kernels/_compile.py")


@pytest.mark.parametrize("name", KERNELS)
def test_kernels_return_a_status_and_never_raise(name: str) -> None:
    assert not [node.lineno for node in ast.walk(tree(name)) if isinstance(node, ast.Raise | ast.Assert)]


def test_kernel_files_do_not_repeat_each_other() -> None:
    defined = [node.name for name in KERNELS for node in tree(name).body if isinstance(node, ast.FunctionDef)]
    private = [name for name in defined if name.startswith("_")]
    assert sorted(set(private)) == sorted(private)


def test_import_loads_neither_numba_nor_extras() -> None:
    code = "import sys, fastgd; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "numpy.ma" not in modules  # which NumPy loads where it is named, for a tenth of what its own import takes
    loaded = {name.partition(".")[0] for name in modules}
    assert "numpy" in loaded
    extras = {"pyarrow", "pandas", "polars", "typer", "rich", "scipy", "sklearn", "matplotlib", "onnx", "bokeh"}
    assert loaded.isdisjoint({"numba", "llvmlite", "narwhals"} | extras)


@pytest.mark.parametrize("name", ["naive.py", "exact.py"])
def test_reference_knows_nothing_of_fastgd(name: str) -> None:
    source = (Path(__file__).parent / name).read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for imported in names:
            assert imported.split(".")[0] in sys.stdlib_module_names


def public() -> Iterator[tuple[str, object]]:
    """Every public function, class and method."""
    for name in fastgd.__all__:
        thing = getattr(fastgd, name)
        if inspect.ismodule(thing):
            yield from ((f"{name}.{inner}", getattr(thing, inner)) for inner in thing.__all__)
            continue
        yield name, thing
        if inspect.isclass(thing):
            members = {inner: member for kind in thing.__mro__[-2::-1] for inner, member in vars(kind).items()}
            if issubclass(thing, tuple | Exception | Enum):
                members = dict(vars(thing))
            for inner, member in members.items():
                if not inner.startswith("_") and (callable(member) or isinstance(member, property | classmethod)):
                    yield f"{name}.{inner}", getattr(member, "__func__", member)


PUBLIC = dict(public())


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_have_docstrings(name: str) -> None:
    assert inspect.getdoc(PUBLIC[name])


@pytest.mark.parametrize("name", [name for name, thing in PUBLIC.items() if inspect.isfunction(thing)])
def test_docstring_parameters_are_the_signature(name: str) -> None:
    function = PUBLIC[name]
    section = re.search(r"Parameters\n-+\n(.*?)(?:\n\n[A-Z]\w+\n-+\n|\Z)", inspect.getdoc(function) or "", re.DOTALL)
    documented = re.findall(r"^(\w[\w, ]*?)(?: :.*)?$", section[1], re.MULTILINE) if section else []
    listed = [parameter.strip() for line in documented for parameter in line.split(",")]
    expected = [p for p in inspect.signature(function).parameters if p not in ("self", "cls")]  # type: ignore[arg-type]
    assert listed == expected


RETURNING = [
    name
    for name, thing in PUBLIC.items()
    if inspect.isfunction(thing) and inspect.signature(thing).return_annotation not in ("None", None)
]


@pytest.mark.parametrize("name", RETURNING)
def test_docstrings_say_what_comes_back(name: str) -> None:
    assert "\n\nReturns\n-------\n" in (inspect.getdoc(PUBLIC[name]) or "")


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, thing in PUBLIC.items()
        if "." not in name and not (inspect.isclass(thing) and issubclass(thing, Exception)) and name != "Status"
    ],
)
def test_public_names_have_an_example(name: str) -> None:
    assert ">>> " in (inspect.getdoc(PUBLIC[name]) or "")
