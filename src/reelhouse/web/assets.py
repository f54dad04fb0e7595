"""The styles and scripts of this folder, as files for a server and as text for a single page."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

WEB = Path(__file__).parent
"""Folder of the styles and scripts that several pages share."""
_IMPORT = re.compile(r"^import [^;]*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export ", re.MULTILINE)


def as_one_style(files: Iterable[Path]) -> str:
    """Return the text of several style sheets, in their order."""
    return "".join(file.read_text(encoding="utf-8") for file in files)


def as_one_script(files: Iterable[Path]) -> str:
    """Return several modules as one script, for a page that cannot load modules from disk.

    Each name is defined once in all modules, and a module stands after those that it imports.
    """
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    return '"use strict";\n' + _EXPORT.sub("", _IMPORT.sub("", text))
