"""The flow by stage on the first page of `make docs`."""

from __future__ import annotations

import base64
import re
from typing import Any
from xml.etree import ElementTree

from reelhouse.commands.docs_flow import MARK, read_flow, with_flow
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
    docs = {"overview": {"block_contents": f"# Shop\n\n{MARK}\n\nThe end."}}
    return {"nodes": {**nodes, "test.shop.t": test}, "docs": docs, "metadata": {}}


def test_a_stage_is_after_all_stages_that_it_reads() -> None:
    flow = read_flow(manifest())
    assert list(flow.columns.items()) == [
        *(("raw", 0), ("staging", 1), ("ratings", 2), ("fits", 3), ("exploration", 3)),
        ("lists", 4),
    ]
    assert ("raw", "exploration") in flow.arrows
    assert len(flow.arrows) == 7


def test_the_overview_has_a_picture_of_all_stages_and_a_link_to_every_model() -> None:
    text = with_flow(manifest())["docs"]["overview"]["block_contents"]
    image = re.search(r"\(data:image/svg\+xml;base64,([^)]+)\)", text)
    assert image
    picture = ElementTree.fromstring(base64.b64decode(image[1]))
    words = [element.text for element in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert words[::2] == ["raw", "staging", "ratings", "fits", "exploration", "lists"]
    assert set(words[1::2]) == {"1 model"}
    for name in PATHS:
        assert f"[{name}](#!/model/model.shop.{name})" in text
    assert text.endswith("The end.")


def test_the_overview_of_the_project_has_a_place_for_the_flow() -> None:
    assert MARK in (ROOT / "docs" / "dbt" / "overview.md").read_text()
