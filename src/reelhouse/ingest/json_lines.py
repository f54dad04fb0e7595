"""Parse the lines of JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any


def objects_of(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield the objects of lines; other lines are left out, since a build lists them."""
    for line in lines:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict):
            yield row
