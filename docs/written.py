"""What an example of the gallery wrote to files: a moving picture is shown, a page for the browser embedded."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sphinx_gallery.scrapers import figure_rst

MADE = Path(__file__).parent / "_made"
"""Copied to the root of the built pages, as it is."""

MADE.mkdir(exist_ok=True)

_FRAME = """
.. raw:: html

   <iframe class="explorer" src="../{name}" title="The explorer"></iframe>
   <p><a href="../{name}">Open this page on its own</a></p>
"""


def show(block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    folder, text = Path(block_vars["src_file"]).parent, ""
    for film in sorted(folder.glob("*.gif")):
        image = Path(next(block_vars["image_path_iterator"])).with_suffix(".gif")
        shutil.move(film, image)
        text += figure_rst([str(image)], gallery_conf["src_dir"])
    for page in sorted(folder.glob("*.html")):
        shutil.move(page, MADE / page.name)
        text += _FRAME.format(name=page.name)
    return text


def _get_sg_image_scraper() -> Callable[..., str]:
    return show
