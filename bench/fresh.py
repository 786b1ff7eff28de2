"""New processes of Python, whose start or memory is measured."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import fastgd


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory()


def fresh(*arguments: str) -> list[float]:
    """The numbers that a new process prints: with this same fastgd, bytecode kept."""
    return _run(arguments, {})


def fresh_with_own_cache(*arguments: str) -> list[float]:
    """And with a numba cache that this run of the benchmark alone has written."""
    return _run(arguments, {"NUMBA_CACHE_DIR": _folder().name})


def fresh_with_empty_cache(*arguments: str) -> list[float]:
    """And with a numba cache of its own, which is empty and is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        return _run(arguments, {"NUMBA_CACHE_DIR": folder})


def fresh_with_compiled_kernels(*arguments: str) -> list[float]:
    """And with the fastgd of a wheel that brings its kernels compiled."""
    return _run(arguments, {"PYTHONPATH": _unpacked_wheel()})


@cache
def _unpacked_wheel() -> str:
    folder = Path(_folder().name)
    wheels = Path(os.environ.get("FASTGD_WHEELS", folder / "wheels"))
    if not wheels.is_dir():
        script = Path(__file__).parent.parent / ".ci" / "wheel.py"
        subprocess.run([sys.executable, str(script), str(wheels)], check=True, stdout=subprocess.DEVNULL)
    [wheel] = wheels.iterdir()
    shutil.unpack_archive(wheel, folder / "unpacked", "zip")
    return str(folder / "unpacked")


def _run(arguments: tuple[str, ...], extra: dict[str, str]) -> list[float]:
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    env |= {"PYTHONPATH": str(Path(fastgd.__file__).parent.parent)} | extra
    # From elsewhere: `python -c` would take the fastgd of the folder that it is started in.
    done = subprocess.run(
        [sys.executable, *arguments], cwd=_folder().name, env=env, check=True, stdout=subprocess.PIPE, text=True
    )
    return list(map(float, done.stdout.split()))
