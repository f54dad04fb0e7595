"""The content of the page."""

from __future__ import annotations

from reelhouse.docs_page.content import page_content
from tests.unit.docs_page.small_project import HOSTILE, node, small_manifest, small_project


def test_a_model_has_types_inputs_and_source() -> None:
    models = page_content(small_project())["models"]
    user_id, score = models["lists"]["columns"]
    assert (user_id["type"], score["type"]) == ("bigint", "")
    assert score["inputs"] == [["factors", "factors"]]
    assert models["lists"]["parents"] == ["factors"]
    assert "ref('factors')" in models["lists"]["raw"]
    assert models["lists"]["compiled"].startswith("with factors")
    assert (models["factors"]["kind"], models["factors"]["compiled"]) == ("Python", "")
    assert models["factors"]["rows"] == [["grid", "name"]]
    assert models["raw_ratings"]["columns"][1]["inputs"] == [["files", ""]]
    assert (models["grid"]["stage"], models["grid"]["columns"][0]["type"]) == ("seeds", "string")


def test_stages_have_the_text_of_their_docs_block() -> None:
    content = page_content(small_project())
    assert [stage["name"] for stage in content["stages"]] == ["raw", "staging", "fits", "lists"]
    assert content["stages"][0]["description"] == f"Files. {HOSTILE}"
    assert content["stages"][1]["description"] == ""


def test_a_test_has_its_claim_its_columns_and_its_last_result() -> None:
    tests = {test["title"]: test for test in page_content(small_project())["tests"]}
    key = tests["primary key: user_id"]
    assert (key["columns"], key["models"], key["status"]) == (["user_id"], ["lists"], "pass")
    assert tests["no score is lost"]["message"].startswith("Got 3 results")
    assert tests["a tie keeps the lower id"]["kind"] == "unit"
    assert "status" not in tests["a tie keeps the lower id"]


def test_tables_outside_of_the_flow_have_the_stage_of_their_kind() -> None:
    project = small_project()
    for source in ("till", "web"):
        key = f"source.shop.{source}.orders"
        project.manifest["sources"][key] = {
            **node("models/orders.sql", {"id": ""}),
            **{"unique_id": key, "name": "orders", "resource_type": "source"},
        }
    models = page_content(project)["models"]
    assert models["shop.till.orders"]["kind"] == models["shop.web.orders"]["kind"] == "source"
    assert models["shop.web.orders"]["stage"] == "sources"


def test_two_tables_with_one_name_have_the_names_of_their_packages() -> None:
    project = small_project()
    nodes = small_manifest()["nodes"]
    other = {**nodes["model.shop.lists"], "unique_id": "model.store.lists", "package_name": "store"}
    project.manifest["nodes"]["model.store.lists"] = {**other, "relation_name": "store.lists"}
    models = page_content(project)["models"]
    assert {"shop.lists", "store.lists"} < models.keys()
