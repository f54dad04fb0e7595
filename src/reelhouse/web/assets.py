"""The styles and scripts of this folder, as files for a server and as text for a single page."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

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


def as_one_file(
    template: Path, content: dict[str, Any], styles: Iterable[Path], scripts: Iterable[Path]
) -> str:
    """Return a page that needs no other file: a template with its content, style and script.

    The template has the places ``{{ policy }}``, ``{{ style }}``, ``{{ content }}`` and
    ``{{ script }}``. JSON has `<` only in strings, where this function escapes it, so that no text
    can end the script. The policy allows the one script and the one style by their hashes, no other
    script, and no request.
    """
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    style, script = as_one_style(styles), as_one_script(scripts)
    parts = {
        "policy": (
            f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)};"
            " base-uri 'none'; form-action 'none'; require-trusted-types-for 'script';"
            " trusted-types 'none'"
        ),
        "style": style,
        "content": text.replace("<", r"\u003c"),
        "script": script,
    }
    # One pass, so that braces in the content are not taken for a place of the template.
    return re.sub(
        r"\{\{ (\w+) \}\}",
        lambda place: parts[place[1]],
        template.read_text(encoding="utf-8"),
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
