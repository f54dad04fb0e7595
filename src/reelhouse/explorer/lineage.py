"""Which tables a table is computed from, as dbt's manifest of the last build says."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path


def tables_read(manifest: Path, tables: Collection[str]) -> dict[str, list[str]]:
    """Return the tables that each table is computed from, directly or through views.

    Parameters
    ----------
    manifest
        ``manifest.json`` in dbt's target folder; without it, the tables are computed from nothing.
    tables
        Names of the tables; every other model is a view.
    """
    try:
        nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"]
    except (OSError, ValueError, KeyError):  # no build yet, or an interrupted one
        nodes = {}
    parents = {
        node["name"]: [nodes[key]["name"] for key in node["depends_on"]["nodes"] if key in nodes]
        for node in nodes.values()
        if node["resource_type"] == "model"
    }

    def read_by(name: str) -> set[str]:
        direct = parents.get(name, [])
        through_views = (read_by(each) for each in direct if each not in tables)
        return {each for each in direct if each in tables}.union(*through_views)

    return {name: sorted(read_by(name)) for name in tables}
