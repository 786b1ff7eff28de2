"""The documentation: pages in Markdown, the reference from the docstrings, the gallery from its scripts. No network is needed."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path.insert(0, str(HERE))
os.environ["PYTHONPATH"] = str(ROOT)
os.chdir(ROOT)  # where the examples' data/ is

import fastgd  # noqa: E402

project = "fastgd"
author = "fastgd's developers"
release = version = fastgd.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_parser",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_made", "gallery"]
templates_path = ["_templates"]
suppress_warnings = [
    "config.cache",  # the gallery's settings hold functions
    "myst.header",  # pages that begin with a section of the README
]

myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]

default_role = "py:obj"
autosummary_generate = True
autodoc_typehints = "none"  # the docstrings say what comes in
autodoc_member_order = "bysource"
autodoc_default_options = {"exclude-members": "set_fit_request, set_partial_fit_request, set_score_request"}  # scikit-learn's
numpydoc_show_class_members = False  # the template lists them
nitpick_ignore_regex = [("py:class", r"(enum|sklearn)\..*")]  # bases elsewhere

sphinx_gallery_conf: dict[str, Any] = {
    "examples_dirs": "gallery",
    "gallery_dirs": "pictures",
    "filename_pattern": "/",
    "within_subsection_order": "FileNameSortKey",
    "image_scrapers": ("matplotlib", "written"),
    "matplotlib_animations": False,
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_memory": False,
    "show_signature": False,
    "min_reported_time": 3600,
    "remove_config_comments": True,
    "notebook_extensions": set(),
    "capture_repr": (),  # the Axes that a picture returns
}

html_theme = "pydata_sphinx_theme"
html_title = "fastgd"
html_static_path = ["_static"]
html_extra_path = ["_made"]
html_css_files = ["fastgd.css"]
html_sidebars = {"index": [], "lesson": [], "changelog": []}  # nothing stands below them
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "show_prev_next": False,
    "navigation_with_keys": False,
    "header_links_before_dropdown": 6,
    "navbar_end": ["theme-switcher"],
    "footer_start": [],
    "footer_end": [],
    "pygments_light_style": "tango",
    "secondary_sidebar_items": {"**": ["page-toc"], "coming_from": []},  # its tables need the room
}


def link_or_code(app: Sphinx, env: Any, node: Any, content: Any) -> Any:
    """What stands between single backticks in a docstring: a public name, which is linked and must exist, or any other code."""
    if node.get("reftype") != "obj":
        return None
    name = node["reftarget"].removeprefix("fastgd.")
    found = env.get_domain("py").resolve_xref(env, node["refdoc"], app.builder, "obj", f"fastgd.{name}", node, content)
    return found or (None if is_misspelt(name) else content)


def is_misspelt(name: str) -> bool:
    owner = getattr(fastgd, name.split(".")[0], None)
    return isinstance(owner, type) and not hasattr(owner, name.rpartition(".")[2])


def without_arguments(app: Sphinx, what: str, name: str, thing: Any, *_: Any) -> tuple[str, None] | None:
    """The signature of a class that only the library makes, and whose docstring therefore has no parameters."""
    return ("", None) if what == "class" and "Parameters\n" not in (thing.__doc__ or "") and name != "fastgd.Moments" else None


def without_last_blank_line(app: Sphinx, doctree: nodes.document) -> None:
    """Of code, which doctest needs: without it, the fence would be expected as output."""
    for block in doctree.findall(nodes.literal_block):
        if block.rawsource == block.astext():  # or it is no plain code
            block.rawsource = block.astext().rstrip()
            block[:] = [nodes.Text(block.rawsource)]


def setup(app: Sphinx) -> None:
    app.connect("doctree-read", without_last_blank_line)
    app.connect("missing-reference", link_or_code)
    app.connect("autodoc-process-signature", without_arguments)
