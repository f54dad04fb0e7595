"""The content of the page: stages, models, columns, tests and exposures as one JSON object."""

from __future__ import annotations

import re
from typing import Any

from reelhouse.docs_page.artifacts import Artifacts, Node, parents
from reelhouse.docs_page.flow import read_flow, stage_of
from reelhouse.docs_page.lineage import ModelLineage, project_lineage
from reelhouse.docs_page.sql_lineage import Input

STAGES_OF_KINDS = {"seed": "seeds", "source": "sources", "snapshot": "snapshots"}
"""Stages of tables that are not part of the flow, by the kind of the table."""


def page_content(artifacts: Artifacts) -> dict[str, Any]:
    """Return the content of the page; tables are keyed by their names."""
    nodes = artifacts.nodes()
    names = _names(nodes)
    lineage = project_lineage(artifacts)
    manifest = artifacts.manifest
    tests = [_test(key, node, artifacts, nodes, names) for key, node in artifacts.tests().items()]
    exposures = [
        {
            "name": exposure["label"] or exposure["name"],
            "kind": exposure["type"],
            "description": exposure["description"],
            "owner": exposure["owner"].get("name") or exposure["owner"].get("email") or "",
            "models": [names[parent] for parent in parents(exposure) if parent in names],
        }
        for exposure in manifest["exposures"].values()
    ]
    return {
        "project": manifest["metadata"]["project_name"],
        "dbt": manifest["metadata"]["dbt_version"],
        "at": manifest["metadata"]["generated_at"],
        "overview": _block(manifest, "__overview__"),
        **_flow(manifest, names),
        "models": {
            names[key]: _model(key, node, artifacts, names, lineage[key])
            for key, node in nodes.items()
        },
        "tests": sorted(tests, key=lambda test: (test["kind"], test["title"])),
        "exposures": exposures,
    }


def _names(nodes: dict[str, Node]) -> dict[str, str]:
    """Return the names of tables by unique id.

    If several tables have a name, a part of the unique id replaces it: the package and the name,
    with the name of the source or the version of the model.
    """
    names = [node["name"] for node in nodes.values()]
    return {
        key: node["name"] if names.count(node["name"]) == 1 else key.split(".", 1)[1]
        for key, node in nodes.items()
    }


def _flow(manifest: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    flow = read_flow(manifest)
    stages = [
        {
            "name": stage,
            "column": flow.columns[stage],
            "description": _block(manifest, f"stage_{stage}"),
            "models": [names[model] for model in models],
        }
        for stage, models in flow.models.items()
    ]
    return {"stages": stages, "arrows": flow.arrows}


def _block(manifest: dict[str, Any], name: str) -> str:
    """Return the text of a docs block of the project; empty if there is none."""
    project = manifest["metadata"]["project_name"]
    block = manifest["docs"].get(f"doc.{project}.{name}", {})
    return str(block.get("block_contents", "")).strip()


def _model(
    key: str, node: Node, artifacts: Artifacts, names: dict[str, str], lineage: ModelLineage
) -> dict[str, Any]:
    is_python = node.get("language") == "python"
    kind = node["resource_type"]
    types = artifacts.types(key)
    seed_types = node["config"].get("column_types") or {}
    columns = []
    for name, inputs in lineage.columns.items():
        described = node["columns"].get(name, {})
        columns.append(
            {
                "name": name,
                "type": types.get(name) or described.get("data_type") or seed_types.get(name, ""),
                "description": described.get("description", ""),
                "inputs": _inputs(inputs, names),
            }
        )
    raw = (node.get("raw_code") or "").strip("\n")
    compiled = (node.get("compiled_code") or "").strip("\n")
    return {
        "stage": STAGES_OF_KINDS.get(kind) or stage_of(node),
        "kind": kind if kind != "model" else "Python" if is_python else "SQL",
        "materialized": node["config"].get("materialized", ""),
        "description": node["description"],
        "path": node["original_file_path"],
        "parents": [names[parent] for parent in parents(node) if parent in names],
        "columns": columns,
        "rows": _inputs(lineage.rows, names),
        "fault": lineage.fault,
        "raw": raw,
        "compiled": "" if is_python or compiled == raw else compiled,
    }


def _inputs(inputs: list[Input], names: dict[str, str]) -> list[list[str]]:
    return [[names.get(each.table, each.table), each.column] for each in inputs]


def _test(
    key: str, node: Node, artifacts: Artifacts, nodes: dict[str, Node], names: dict[str, str]
) -> dict[str, Any]:
    attached = node.get("attached_node")
    is_unit = node["resource_type"] == "unit_test"
    tested = parents(node)[:1] if is_unit else [attached] if attached else parents(node)
    columns = []
    if attached in nodes:
        arguments = {**(node.get("test_metadata") or {}).get("kwargs", {}), "model": "", "to": ""}
        words = re.findall(r"\w+", str(list(arguments.values())))
        columns = [name for name in nodes[attached]["columns"] if name in words]
    return {
        "kind": "unit" if is_unit else "data",
        "title": _title(node),
        "models": [names[each] for each in tested if each in names],
        "columns": columns,
        "description": node.get("description") or "",
        "path": node["original_file_path"],
        "code": "" if is_unit else (node.get("compiled_code") or "").strip("\n"),
        **artifacts.results.get(key, {}),
    }


def _title(node: Node) -> str:
    """Return the name of a test with blanks or, if it is generic, its name and its columns."""
    generic = node.get("test_metadata") or {}
    name = str(generic.get("name", ""))
    if not name or not node["name"].startswith(f"{name}_"):
        return str(node["name"]).replace("_", " ")
    arguments = generic["kwargs"]
    columns = arguments.get("columns") or [arguments.get("column_name", "")]
    texts = [text for text in [*columns, *arguments.get("conditions", [])] if text]
    return ": ".join([name.replace("_", " "), *([", ".join(texts)] if texts else [])])
