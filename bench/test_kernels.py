"""The table of kernels and their floors, from invented figures; and the kernels themselves."""

from __future__ import annotations

import kernels
import pytest
from kernels import Case, Speeds, Work

SPEEDS = Speeds(memory=2.0, cache=1.0, addition=4.0, product=3.0, operation=2.5, chain=8.0)


@pytest.mark.parametrize(
    ("work", "floor"),
    [
        (Work(memory=5), (10.0, "memory")),
        (Work(memory=2, cache=5), (5.0, "cache")),
        (Work(additions=3, products=1), (12.0, "operations")),
        (Work(additions=1, products=4), (12.5, "operations")),
        (Work(additions=1, chain=1), (8.0, "chain")),
    ],
)
def test_the_floor_is_the_slowest_of_what_is_needed(work: Work, floor: tuple[float, str]) -> None:
    assert kernels.floor(work, SPEEDS) == floor


def test_the_table_says_why_where_a_kernel_is_far_from_its_floor() -> None:
    case = Case("a sum", sum, tuple, Work(memory=5), "its loop waits")
    near, far = kernels.render((SPEEDS, [(case, 15.0), (case, 15.1)])).splitlines()[-2:]
    assert near == "| a sum | 15 s | 10 s | memory | 1.5 |  |"
    assert far == "| a sum | 15.1 s | 10 s | memory | 1.51 | its loop waits |"


def test_kernels_beside_their_floors(pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]) -> None:
    """Each is called; when times are taken, the table is printed."""
    if pytestconfig.getoption("benchmark_enable"):
        table = kernels.render(kernels.measure())
        with capsys.disabled():
            print(f"\n{table}")
        return
    for case in kernels.cases():
        case.function(*case.arguments())
        assert kernels.floor(case.work, SPEEDS)[0] > 0.0
