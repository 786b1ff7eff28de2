"""The pages that hold the benchmark's tables, each between the markers of its name, and what must not get lost in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent


class Missing(Exception):
    """A contender without figures, one that the pages have and a new table would not, or a section that no page has room for."""


class Unavailable(Exception):
    """What a section needs is not here, and it stays as it is."""


def pages() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def write(pages: Sequence[Path], sections: dict[str, str]) -> None:
    """Put each section between its markers, wherever they stand; all of them or none."""
    texts = {page: page.read_text(encoding="utf-8") for page in pages}
    for name, section in sections.items():
        begin, end = f"<!-- bench:{name} -->", f"<!-- /bench:{name} -->"
        homes = [page for page, text in texts.items() if begin in text and end in text.partition(begin)[2]]
        if not homes:
            raise Missing(f"no page has {begin} and, after it, {end}")
        for page in homes:
            before, _, rest = texts[page].partition(begin)
            old, _, after = rest.partition(end)
            if lost := entries(old) - entries(section):
                gone = "; ".join(sorted(": ".join(filter(None, entry)) for entry in lost))
                raise Missing(f"{page.name} has what its new {name} would not: {gone}; if meant, take it out there first")
            texts[page] = f"{before}{begin}\n{section}\n{end}{after}"
    for page in [page for page, text in texts.items() if text != page.read_text(encoding="utf-8")]:
        page.write_text(texts[page], encoding="utf-8")


def entries(section: str) -> set[tuple[str, str]]:
    """Names of rows and columns of a section's tables, each with the title in bold over its table."""
    found, title, in_table = set(), "", False
    for line in section.splitlines():
        if is_row := line.startswith("|"):
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            names = cells[:1] if in_table else cells  # all of the header
            found |= {(title, name) for name in names if name.strip("-:")}
        elif heading := re.match(r"\*\*(.+?)\*\*", line):
            title = heading[1]
        in_table = is_row
    return found
