"""The promise on NIST's sets, and the README's table of them."""

from __future__ import annotations

import nist
import pytest


@pytest.mark.skipif(not nist.FOLDER.exists(), reason=nist.ABSENT)
def test_the_promise_is_kept() -> None:
    measured = nist.measure()
    assert len(measured) == 11
    for name, row in measured.items():
        assert (row[nist.FASTGD] or 0) >= (12 if name == "Filip" else 14)
        assert all(value is None or 0 <= value <= 16 for value in row.values())
    assert [name for name, row in measured.items() if row["np.polyfit"] is None] == ["NoInt1", "NoInt2", "Longley"]


def test_table() -> None:
    row = dict.fromkeys(nist.SOLVERS, 9.96) | {nist.FASTGD: 16.0, "np.polyfit": None}
    lines = nist.render({"Norris": row, "Filip": dict.fromkeys(nist.SOLVERS, 0.0)}).splitlines()
    assert lines[2].startswith("| | fastgd.fit | np.linalg.lstsq | np.polyfit |")
    assert lines[4] == "| Norris | 16.0 | 9.9 | – | 9.9 | 9.9 | 9.9 | 9.9 |"
    assert lines[5] == "| Filip |" + " 0.0 |" * 7
