"""What is written into pages, and what is refused because something would get lost."""

from __future__ import annotations

from pathlib import Path

import pages
import pytest

OLD = """above
<!-- bench:speed -->
**Many points** (5 rows)

| | time |
|---|--:|
| numpy | 1 s |
| scipy | 2 s |
<!-- /bench:speed -->
below
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.md"
    path.write_text(OLD)
    return path


def test_a_section_goes_between_its_markers_wherever_they_stand(page: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.md"
    other.write_text("<!-- bench:digits -->\n<!-- /bench:digits -->")
    new = OLD.partition("-->\n")[2].partition("\n<!-- /")[0].replace("2 s", "3 s") + "\n| torch | 9 s |"
    pages.write([page, other], {"speed": new, "digits": "16"})
    assert page.read_text() == OLD.replace("2 s |\n", "3 s |\n| torch | 9 s |\n")
    assert other.read_text() == "<!-- bench:digits -->\n16\n<!-- /bench:digits -->"


@pytest.mark.parametrize(
    ("taken", "put", "named"),
    [
        ("| scipy | 2 s |\n", "", "Many points: scipy"),
        ("| | time |\n|---|--:|\n", "| | s |\n|---|--:|\n", "Many points: time"),
        ("**Many points**", "**Few points**", "Many points: numpy; Many points: scipy; Many points: time"),
    ],
)
def test_what_a_page_has_must_not_vanish(page: Path, taken: str, put: str, named: str) -> None:
    section = OLD.partition("-->\n")[2].partition("\n<!-- /")[0] + "\n"
    message = f"^page.md has what its new speed would not: {named}; if meant, take it out there first$"
    with pytest.raises(pages.Missing, match=message):
        pages.write([page], {"speed": section.replace(taken, put)})
    assert page.read_text() == OLD


def test_a_section_without_a_page_is_refused(page: Path) -> None:
    page.write_text(text := OLD + "<!-- /bench:digits -->\n<!-- bench:digits -->")
    with pytest.raises(pages.Missing, match="^no page has <!-- bench:digits --> and, after it, <!-- /bench:digits -->$"):
        pages.write([page], {"speed": OLD, "digits": "figures"})
    assert page.read_text() == text
