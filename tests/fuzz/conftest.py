"""The tests of this folder are marked `fuzz`. In the nightly run, `pytest -m fuzz`, each has many parts of new examples."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

EXAMPLES = 5_000
"""Of a part, for which Hypothesis remembers what it has tried: some 100 MB, and slower the more there is."""

settings.register_profile("nightly", deadline=None, max_examples=EXAMPLES, derandomize=False, print_blob=True)


def pytest_configure(config: pytest.Config) -> None:
    if config.option.markexpr == "fuzz":
        settings.load_profile("nightly")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("fuzz")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`part`, which every test here takes: one, or in the nightly run as many as the mark `parts` says."""
    if "part" in metafunc.fixturenames:
        nightly = metafunc.config.option.markexpr == "fuzz"
        metafunc.parametrize("part", range(metafunc.definition.get_closest_marker("parts").args[0] if nightly else 1))


@pytest.fixture(autouse=True, scope="session")
def no_fsync() -> Iterator[None]:
    """Some hundred thousand small files are saved, and the disk would have to have each of them before the next."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda file: None)
        yield
