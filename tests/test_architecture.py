"""The house: which module may import which, what loads when, and that each public name says what it takes."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import fastgd

PACKAGE = Path(fastgd.__file__).parent
MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))
KERNELS = [name for name in MODULES if name.startswith("kernels/") and not name.startswith("kernels/_")]

# A module may import modules of lower levels only. The whole number is the floor.
LEVELS = {
    "moments/__init__.py": 2.5,
    "descent/__init__.py": 2.5,
    "result/__init__.py": 2.5,
    "text/__init__.py": 0.0,
    "store/__init__.py": 0.0,
    "sources/files/__init__.py": 2.0,
    "sources/formulas/__init__.py": 2.0,
    "errors.py": 0.0,
    "arguments.py": 0.1,
    "request.py": 0.2,
    "store/writing.py": 0.1,
    "kernels/__init__.py": 1.0,
    "kernels/_loading.py": 1.0,
    "kernels/_compile.py": 1.01,
    "kernels/_straight.py": 1.02,
    "kernels/_intrinsics.py": 1.05,
    "kernels/layout.py": 1.0,
    "kernels/exact.py": 1.1,
    "kernels/double_double.py": 1.2,
    "kernels/iterate.py": 1.3,
    "kernels/count.py": 1.31,
    "kernels/run.py": 1.32,
    "kernels/line.py": 1.33,
    "kernels/factor.py": 1.3,
    "kernels/pieces.py": 1.3,
    "kernels/sums.py": 1.4,
    "kernels/line_sums.py": 1.4,
    "kernels/pointwise.py": 1.3,
    "kernels/refine.py": 1.3,
    "kernels/spectrum.py": 1.3,
    "text/report.py": 2.0,
    "sources/origin.py": 2.0,
    "sources/table.py": 2.01,
    "sources/source.py": 2.02,
    "sources/ahead.py": 2.0,
    "sources/arrays.py": 2.1,
    "sources/cells.py": 2.1,
    "sources/columns.py": 2.15,
    "sources/frames.py": 2.2,
    "sources/pairs.py": 2.25,
    "sources/formulas/levels.py": 2.2,
    "sources/formulas/terms.py": 2.22,
    "sources/formulas/design.py": 2.24,
    "sources/formulas/rows.py": 2.24,
    "sources/formulas/learning.py": 2.26,
    "sources/formulas/formula.py": 2.28,
    "sources/files/pipes.py": 2.0,
    "sources/files/rows.py": 2.1,
    "sources/files/reader.py": 2.25,
    "sources/files/csv_files.py": 2.3,
    "sources/files/parquet_files.py": 2.3,
    "sources/files/files.py": 2.34,
    "sources/blocks.py": 2.35,
    "sources/read.py": 2.4,
    "sources/__init__.py": 2.5,
    "moments/packing.py": 2.51,
    "moments/progress.py": 2.51,
    "moments/threads.py": 2.51,
    "moments/sums.py": 2.53,
    "moments/segment.py": 2.55,
    "moments/details.py": 2.56,
    "moments/content.py": 2.57,
    "moments/encoding.py": 2.58,
    "moments/moments.py": 2.6,
    "moments/passes.py": 2.61,
    "moments/wide.py": 2.62,
    "moments/units.py": 2.5,
    "problem/__init__.py": 2.5,
    "problem/views.py": 2.5,
    "problem/penalties.py": 2.61,
    "problem/problem.py": 2.62,
    "problem/study.py": 2.63,
    "descent/parts.py": 2.64,
    "descent/run.py": 2.65,
    "result/exact.py": 2.7,
    "result/prediction.py": 2.7,
    "result/stability.py": 2.7,
    "result/framing.py": 2.75,
    "text/page.py": 2.75,
    "result/path.py": 2.8,
    "result/inference.py": 2.8,
    "store/model.py": 2.8,
    "result/fitted.py": 2.85,
    "result/fit_result.py": 2.9,
    "fit.py": 3.0,
    "tutorial.py": 3.1,
    "warm.py": 3.2,
    "__init__.py": 3.9,
    "plot/canvas.py": 4.0,
    "plot/rows.py": 4.01,
    "plot/lines.py": 4.02,
    "plot/observed.py": 4.02,
    "plot/course.py": 4.02,
    "plot/rates.py": 4.02,
    "plot/plane.py": 4.03,
    "plot/bowl.py": 4.04,
    "plot/pages.py": 4.05,
    "plot/film.py": 4.05,
    "plot/__init__.py": 4.1,
    "dask.py": 4.1,
    "explorer/figures.py": 4.05,
    "explorer/__init__.py": 4.1,
    "sklearn.py": 4.1,
    "store/onnx.py": 4.1,
    "cli.py": 4.1,
    "__main__.py": 4.2,
}
# What a floor may import from outside, besides the standard library and NumPy.
OUTSIDE = {
    0: set(),
    1: {"numba", "llvmlite"},
    2: {"narwhals", "pyarrow", "pandas", "formulaic", "numba", "scipy", "rich", "threadpoolctl"},
    3: set(),
    4: {"typer", "rich", "matplotlib", "PIL", "dask", "sklearn", "scipy", "onnx", "bokeh"},
}
# What a guest, on floor 4, may import of ours besides the public door.
OPEN_TO_GUESTS = {"__init__.py", "arguments.py", "errors.py", "kernels/layout.py"}
OPEN_TO_GUESTS |= {"text/report.py", "store/writing.py", "sources/__init__.py", "cli.py"}
# Methods that hand a result, or data, to a guest.
UPWARD = {("result/fit_result.py", guest) for guest in ("plot/__init__.py", "explorer/__init__.py", "store/onnx.py")}
UPWARD |= {("fit.py", "dask.py")}


def tree(name: str) -> ast.Module:
    return ast.parse((PACKAGE / name).read_text(encoding="utf-8"))


def imports(name: str) -> Iterator[tuple[str, str | None]]:
    """(module, name or None) of each import but those for type checkers only."""
    whole = tree(name)
    types_only = {
        id(inner)
        for node in ast.walk(whole)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(whole):
        if id(node) in types_only:
            continue
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


def test_every_module_has_its_place() -> None:
    assert sorted(LEVELS) == MODULES


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_down(name: str) -> None:
    floor = int(LEVELS[name])
    for module, imported in imports(name):
        top = module.split(".")[0]
        if top == "fastgd":
            target = file_of(module, imported)
            assert LEVELS[target] < LEVELS[name] or (name, target) in UPWARD, f"{name} imports {target}, which is not below it"
        elif top != "numpy" and top not in sys.stdlib_module_names:
            assert top in OUTSIDE[floor], f"{name} imports {top}"


@pytest.mark.parametrize("name", [name for name, level in LEVELS.items() if level >= 4])
def test_guests_use_public_names(name: str) -> None:
    own = {other for other in MODULES if "/" in name and other.startswith(name.rpartition("/")[0] + "/")}
    read = {file_of(module, imported) for module, imported in imports(name) if module.startswith("fastgd")}
    assert read <= OPEN_TO_GUESTS | own
    attributes = [node for node in ast.walk(tree(name)) if isinstance(node, ast.Attribute) and re.match("_(?!_)", node.attr)]
    assert not [node.attr for node in attributes if not (isinstance(node.value, ast.Name) and node.value.id == "self")]


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
            for inner, member in vars(thing).items():
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
