"""The stages of a project and their arrows."""

from __future__ import annotations

from typing import Any

from reelhouse.docs_page.flow import read_flow
from reelhouse.paths import ROOT

PATHS = {
    "raw_files": "python_models/raw/raw_files.py",
    "stg_ratings": "models/staging/stg_ratings.sql",
    "movies": "models/ratings/movies.sql",
    "profiles": "models/exploration/profiles.sql",
    "als": "python_models/fits/leaks/als.py",
    "lists": "models/lists/lists.sql",
}
READ = {
    "stg_ratings": ["raw_files"],
    "movies": ["stg_ratings"],
    "profiles": ["movies", "raw_files"],
    "als": ["movies"],
    "lists": ["als", "movies"],
}


def manifest() -> dict[str, Any]:
    nodes = {
        f"model.shop.{name}": {
            "unique_id": f"model.shop.{name}",
            "resource_type": "model",
            "original_file_path": path,
            "depends_on": {
                "nodes": ["seed.shop.x", *(f"model.shop.{p}" for p in READ.get(name, []))]
            },
        }
        for name, path in PATHS.items()
    }
    test = {
        "unique_id": "test.shop.t",
        "resource_type": "test",
        "original_file_path": "tests/t.sql",
    }
    return {"nodes": {**nodes, "test.shop.t": test}}


def test_a_stage_is_after_all_stages_that_it_reads() -> None:
    flow = read_flow(manifest())
    assert list(flow.columns.items()) == [
        *(("raw", 0), ("staging", 1), ("ratings", 2), ("fits", 3), ("exploration", 3)),
        ("lists", 4),
    ]
    assert flow.models["fits"] == ["model.shop.als"]


def test_stages_that_read_each_other_are_shown() -> None:
    project = manifest()
    project["nodes"]["model.shop.movies"]["depends_on"]["nodes"].append("model.shop.lists")
    flow = read_flow(project)
    assert set(flow.models) == {"raw", "staging", "ratings", "fits", "exploration", "lists"}
    assert max(flow.columns.values()) < len(flow.columns)
    assert len(flow.arrows) == 5


def test_a_model_without_a_folder_is_in_the_stage_models() -> None:
    project = manifest()
    project["nodes"]["model.shop.movies"]["original_file_path"] = "models/movies.sql"
    assert read_flow(project).models["models"] == ["model.shop.movies"]


def test_an_arrow_that_a_path_replaces_is_left_out() -> None:
    assert set(read_flow(manifest()).arrows) == {
        *(("raw", "staging"), ("staging", "ratings"), ("ratings", "fits"), ("fits", "lists")),
        ("ratings", "exploration"),
    }


def test_every_stage_of_the_project_has_a_sentence() -> None:
    text = (ROOT / "docs" / "dbt" / "stages.md").read_text()
    folders = [path for path in ROOT.glob("*models/*") if path.is_dir()]
    for folder in folders:
        assert f"{{% docs stage_{folder.name} %}}" in text
