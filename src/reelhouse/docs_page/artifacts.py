"""Read the files that dbt writes about a project: nodes, tests, columns and last results."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

Node = dict[str, Any]

SHOWN_KINDS = ("model", "seed", "snapshot", "source")
TEST_KINDS = ("test", "unit_test")
RESULTS_FILE = "test_results.json"
"""File in dbt's target folder with the last result of every test."""
OUTCOMES = ("pass", "warn", "fail", "error", "skipped")


class Artifacts(NamedTuple):
    """The files that `dbt docs generate` and the builds before it wrote."""

    manifest: dict[str, Any]
    catalog: dict[str, Any]
    results: dict[str, dict[str, Any]]
    """Unique id of a test → its last result: ``status, message, at``."""

    def nodes(self) -> dict[str, Node]:
        """Return models, seeds, snapshots and sources by unique id, each after its parents."""
        found = {**self.manifest["nodes"], **self.manifest.get("sources", {})}
        nodes = {key: node for key, node in found.items() if node["resource_type"] in SHOWN_KINDS}
        ordered: dict[str, Node] = {}

        def add(key: str) -> None:
            if key in nodes and key not in ordered:
                for parent in parents(nodes[key]):
                    add(parent)
                ordered[key] = nodes[key]

        for key in sorted(nodes):
            add(key)
        return ordered

    def tests(self) -> dict[str, Node]:
        """Return data tests and unit tests by unique id."""
        found = {**self.manifest["nodes"], **self.manifest.get("unit_tests", {})}
        return {key: node for key, node in found.items() if node["resource_type"] in TEST_KINDS}

    def types(self, key: str) -> dict[str, str]:
        """Return the types of the columns that a node has in the lake; empty without a table."""
        node = self.catalog["nodes"].get(key) or self.catalog.get("sources", {}).get(key) or {}
        columns = sorted(node.get("columns", {}).values(), key=lambda column: column["index"])
        return {column["name"]: column["type"] for column in columns}


def parents(node: Node) -> list[str]:
    """Return the unique ids of the nodes that a node reads."""
    return list(node.get("depends_on", {}).get("nodes", []))


def read_artifacts(folder: Path) -> Artifacts:
    """Read dbt's target folder after `dbt docs generate`."""
    manifest, catalog = (_json(folder / f"{name}.json") for name in ("manifest", "catalog"))
    return Artifacts(manifest, catalog, _kept_results(folder))


def keep_test_results(folder: Path) -> None:
    """Copy the results of tests to a file that the next dbt command does not overwrite.

    Every dbt command replaces ``run_results.json``, and `dbt docs generate` runs no test.
    """
    try:
        new = dict(_results(_json(folder / "run_results.json")["results"]))
    except (OSError, ValueError, KeyError):  # no run yet, or an interrupted one
        return
    if new:
        draft = folder / f"{RESULTS_FILE}.new"
        draft.write_text(json.dumps(_kept_results(folder) | new), encoding="utf-8")
        draft.replace(folder / RESULTS_FILE)


def _kept_results(folder: Path) -> dict[str, dict[str, Any]]:
    try:
        return _json(folder / RESULTS_FILE)
    except (OSError, ValueError):  # none yet, or a damaged file
        return {}


def _results(rows: Iterable[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for row in rows:
        if row["unique_id"].split(".")[0] in TEST_KINDS and row["status"] in OUTCOMES:
            ends = [timing["completed_at"] for timing in row["timing"] if timing["completed_at"]]
            yield (
                row["unique_id"],
                {
                    "status": row["status"],
                    "message": row["message"],
                    "at": max(ends, default=None),
                },
            )


def _json(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content
