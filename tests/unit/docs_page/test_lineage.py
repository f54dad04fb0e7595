"""The lineage that Python models declare, and the lineage of a project."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from reelhouse.docs_page.lineage import declared_lineage, project_lineage
from reelhouse.errors import ReelhouseError
from reelhouse.paths import ROOT
from tests.unit.docs_page.small_project import node, small_project

REF = re.compile(r"dbt\.ref\(\"(\w+)\"\)")
PYTHON_MODELS = sorted((ROOT / "python_models").rglob("*.py"))
KNOWN = {"t": ("model.shop.t", ["a", "b"])}


def described(pattern: str) -> dict[str, Any]:
    """Return the models or seeds in the YAML files of a pattern."""
    files = [yaml.safe_load(file.read_text()) for file in ROOT.glob(pattern)]
    entries = [[*content.get("models", []), *content.get("seeds", [])] for content in files]
    return {entry["name"]: entry for some in entries for entry in some}


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return described("*models/**/*.yml") | described("seeds/*.yml")


@pytest.mark.parametrize("file", PYTHON_MODELS, ids=lambda file: file.stem)
def test_every_column_of_a_python_model_declares_inputs_that_exist(file, project) -> None:
    model = project[file.stem]
    names = set(REF.findall(file.read_text()))
    columns = {
        name: [column["name"] for column in project[name].get("columns", [])] for name in names
    }
    # The plan has the parameters of the seed, which has their descriptions.
    if "int_fit_plan" in columns:
        columns["int_fit_plan"] += [each["name"] for each in project["algorithms"]["columns"]]
    manifest_node = {
        "name": file.stem,
        "config": model.get("config", {}),
        "columns": {column["name"]: column for column in model["columns"]},
    }
    known = {name: (name, columns[name]) for name in names}
    lineage = declared_lineage(manifest_node, list(manifest_node["columns"]), known)
    assert lineage.columns


def declared(model: dict[str, Any], **columns: dict[str, Any]) -> dict[str, list[tuple[str, str]]]:
    python = node("python_models/fits/f.py", dict.fromkeys(columns, ""))
    python["config"]["meta"] = model
    for name, meta in columns.items():
        python["columns"][name]["config"] = {"meta": meta}
    lineage = declared_lineage(python, list(columns), KNOWN)
    return {**lineage.columns, "rows": lineage.rows}


def test_a_column_has_its_own_inputs_or_those_of_its_model() -> None:
    model = {"from": {"t": ["a", "b"]}, "rows_from": {"t": "b"}}
    found = declared(model, x={}, y={"from": {"t": "a"}}, z={"from": {}}, s={"from": "clock"})
    a, b = ("model.shop.t", "a"), ("model.shop.t", "b")
    assert found == {"x": [a, b], "y": [a], "z": [], "s": [("clock", "")], "rows": [b]}


@pytest.mark.parametrize(
    ("meta", "message"),
    [
        ({}, "f: column x has no inputs"),
        ({"from": "file"}, "f: column x declares 'file' as its inputs: write a mapping"),
        ({"from": ["t.a"]}, "f: column x declares"),
        ({"from": {"u": "a"}}, "column x names u, which the model does not read"),
        ({"from": {"t": ["a", "c"]}}, r"column x names t\.c, which does not exist"),
        ({"from": {}, "rows_from": {"t": "c"}}, r"rows_from names t\.c, which does not exist"),
    ],
)
def test_a_wrong_declaration_is_refused(meta: dict[str, Any], message: str) -> None:
    with pytest.raises(ReelhouseError, match=message):
        declared(meta, x={})


def test_lineage_crosses_sql_and_python_models() -> None:
    lineage = project_lineage(small_project())
    assert [each.fault for each in lineage.values()] == [""] * 5
    assert lineage["model.shop.lists"].columns["score"] == [("model.shop.factors", "factors")]
    assert ("model.shop.stg_ratings", "rating") in lineage["model.shop.factors"].columns["factors"]
    assert lineage["model.shop.stg_ratings"].columns["rating"] == [
        ("model.shop.raw_ratings", "rating")
    ]


def test_a_query_with_an_ephemeral_model_is_traced() -> None:
    project = small_project()
    nodes = project.manifest["nodes"]
    nodes["model.shop.short"] = {
        **node("models/lists/short.sql", {"n": ""}, ("model.shop.stg_ratings",)),
        **{"relation_name": None, "compiled_code": "select rating as n from lake.stg_ratings"},
    }
    nodes["model.shop.lists"]["depends_on"]["nodes"].append("model.shop.short")
    nodes["model.shop.lists"]["compiled_code"] = (
        "with __dbt__cte__short as (select rating as n from lake.stg_ratings)"
        " select n as user_id, n as Score from __dbt__cte__short"
    )
    nodes["model.shop.lists"]["columns"] = {name: {} for name in ("user_id", "Score")}
    lineage = project_lineage(project)["model.shop.lists"]
    rating = [("model.shop.stg_ratings", "rating")]
    assert (lineage.fault, lineage.columns) == ("", {"user_id": rating, "Score": rating})


def test_columns_may_have_capitals() -> None:
    project = small_project()
    nodes = project.manifest["nodes"]
    nodes["model.shop.raw_ratings"]["columns"] = {"Rating": {}}
    sql = "select RATING as rating from lake.raw_ratings"
    nodes["model.shop.stg_ratings"]["compiled_code"] = sql
    lineage = project_lineage(project)["model.shop.stg_ratings"]
    assert lineage.columns["rating"] == [("model.shop.raw_ratings", "Rating")]


def test_a_model_that_cannot_be_traced_has_a_fault_and_its_columns() -> None:
    project = small_project()
    project.manifest["nodes"]["model.shop.stg_ratings"]["compiled_code"] = "select ("
    project.manifest["nodes"]["model.shop.factors"]["config"]["meta"] = {}
    lineage = project_lineage(project)
    assert "cannot be traced" in lineage["model.shop.stg_ratings"].fault
    assert lineage["model.shop.stg_ratings"].columns == {"user_id": [], "rating": []}
    assert "factors: column factors has no inputs" in lineage["model.shop.factors"].fault
    assert lineage["model.shop.lists"].columns["score"] == [("model.shop.factors", "factors")]
