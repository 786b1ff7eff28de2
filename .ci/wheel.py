"""``python .ci/wheel.py DEST``: a wheel of fastgd that brings its kernels compiled for x86-64-v3 and x86-64-v4.

Needs Linux on x86-64, a C compiler to link with, and fastgd installed from this source with numba. Each kernel is compiled for
the types that `fastgd.warmup` calls it with. numba.pycc does it, which numba keeps until it has something better; its compiler's
flags are set to those of `kernels/_compile.py`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tempfile
import warnings
from pathlib import Path
from typing import Any

os.environ["FASTGD_JIT"] = "1"
ROOT = Path(__file__).parent.parent
LEVELS = ("v3", "v4")


def kernels() -> dict[str, list[Any]]:
    """The kernels of each file that has any."""
    from fastgd.kernels._compile import every_kernel

    found: dict[str, list[Any]] = {}
    for kernel in every_kernel():
        found.setdefault(kernel.py_func.__module__.rpartition(".")[2], []).append(kernel)
    return found


def build(file: str, level: str, folder: str) -> None:
    """One extension module. Of several in one process, or one of all files, numba mistakes the types of frexp."""
    import fastgd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numba.pycc is to go when there is something better
        from numba.pycc import CC, compiler
    plain = compiler.Flags

    def flags() -> Any:
        made = plain()
        made.error_model, made.release_gil = "numpy", True
        return made

    fastgd.warmup()
    compiler.Flags = flags
    cc = CC(f"_{file}_{level}")
    cc.output_dir, cc.target_cpu = folder, f"x86-64-{level}"
    for kernel in kernels()[file]:
        [signature] = kernel.nopython_signatures
        cc.export(kernel.py_func.__name__, signature)(kernel.py_func)
    cc.compile()


def main(destination: str) -> None:
    Path(destination).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        python = [sys.executable, "-m"]
        subprocess.run([*python, "pip", "wheel", "-q", "--no-deps", "-w", str(work / "pure"), str(ROOT)], check=True)
        [pure] = (work / "pure").iterdir()
        subprocess.run([*python, "wheel", "unpack", "-d", str(work), str(pure)], check=True)
        [unpacked] = [path for path in work.iterdir() if path.name != "pure"]
        for file in kernels():
            for level in LEVELS:
                subprocess.run([sys.executable, __file__, file, level, str(unpacked / "fastgd" / "kernels")], check=True)
        subprocess.run([*python, "wheel", "pack", "-d", destination, str(unpacked)], check=True)
        tag = f"cp{sys.version_info.major}{sys.version_info.minor}"
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        command = [*python, "wheel", "tags", "--remove", "--python-tag", tag, "--abi-tag", tag, "--platform-tag", platform]
        subprocess.run([*command, str(Path(destination) / pure.name)], check=True)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        main(sys.argv[1])
    else:
        build(*sys.argv[1:])
