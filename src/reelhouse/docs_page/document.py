"""Write the page: its content as JSON, and a template with its style and scripts."""

from __future__ import annotations

from pathlib import Path

from reelhouse.docs_page.artifacts import Artifacts
from reelhouse.docs_page.content import page_content
from reelhouse.web.assets import WEB, as_one_file

HERE = Path(__file__).parent
SCRIPTS = (
    WEB / "widgets.js",
    *(HERE / name for name in ("project.js", "texts.js", "source.js", "tests.js", "flow.js")),
    *(HERE / name for name in ("column.js", "table.js", "search.js", "main.js")),
)
"""The scripts of the page, in the order in which the browser runs them."""
STYLES = (WEB / "base.css", HERE / "docs.css")


def docs_text(artifacts: Artifacts) -> str:
    """Return the page that describes a project."""
    return as_one_file(HERE / "docs.html", page_content(artifacts), STYLES, SCRIPTS)
