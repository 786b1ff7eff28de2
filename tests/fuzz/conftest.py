"""The tests of this folder are marked `fuzz`. In the nightly run, `pytest -m fuzz`, each has many parts of new examples."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

EXAMPLES = 3_600
"""Of a part. Hypothesis remembers what it has tried, in some 100 MB, and is slower the more that is."""

for name, share in (("nightly", 1), ("tenth", 10)):
    settings.register_profile(name, deadline=None, max_examples=EXAMPLES // share, derandomize=False, print_blob=True)


def is_nightly(config: pytest.Config) -> bool:
    return bool(config.option.markexpr == "fuzz")


def pytest_configure(config: pytest.Config) -> None:
    if is_nightly(config) and not config.getoption("--hypothesis-profile"):
        settings.load_profile("nightly")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("fuzz")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`part`: one or, in the nightly run, as many as the mark `parts` says."""
    if "part" in metafunc.fixturenames:
        parts = metafunc.definition.get_closest_marker("parts").args[0]
        metafunc.parametrize("part", range(parts if is_nightly(metafunc.config) else 1))


@pytest.fixture(autouse=True, scope="session")
def no_fsync() -> Iterator[None]:
    """Some hundred thousand small files are saved, and the disk would have to have each of them before the next."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda file: None)
        yield
