"""The README's commands print what it shows."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CONSOLE = re.findall(r"```console\n\$ (.*)\n((?:.*\n)*?)```", (ROOT / "README.md").read_text(encoding="utf-8"))


def test_there_are_commands() -> None:
    assert CONSOLE


@pytest.mark.parametrize(("command", "output"), CONSOLE)
def test_command(command: str, output: str) -> None:
    program, *arguments = shlex.split(command)
    assert program == "fastgd"
    done = subprocess.run([sys.executable, "-m", "fastgd", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout + done.stderr == output
