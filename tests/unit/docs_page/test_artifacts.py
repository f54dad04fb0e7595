"""The last results of tests, which later dbt commands do not remove."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from reelhouse.docs_page.artifacts import keep_test_results, read_artifacts
from tests.unit.docs_page.small_project import small_project


def write_results(folder: Path, **statuses: str) -> None:
    rows: list[dict[str, Any]] = [
        {
            "unique_id": f"test.shop.{name}" if name != "lists" else "model.shop.lists",
            "status": status,
            "message": status,
            "timing": [{"completed_at": None}, {"completed_at": "2026-11-29T07:00:00Z"}],
        }
        for name, status in statuses.items()
    ]
    (folder / "run_results.json").write_text(json.dumps({"results": rows}))


def kept(folder: Path) -> dict[str, str]:
    for name in ("manifest", "catalog"):
        (folder / f"{name}.json").write_text("{}")
    results = read_artifacts(folder).results
    return {key: result["status"] for key, result in results.items()}


def test_the_last_result_of_every_test_is_kept(tmp_path: Path) -> None:
    keep_test_results(tmp_path)
    assert kept(tmp_path) == {}
    write_results(tmp_path, lists="success", a="pass", b="pass")
    keep_test_results(tmp_path)
    write_results(tmp_path, b="fail")
    keep_test_results(tmp_path)
    # As after `dbt docs generate`, which compiles the tests.
    write_results(tmp_path, lists="success", a="success", b="success")
    keep_test_results(tmp_path)
    (tmp_path / "run_results.json").write_text("{")  # as after a crash
    keep_test_results(tmp_path)
    assert kept(tmp_path) == {"test.shop.a": "pass", "test.shop.b": "fail"}


def test_a_damaged_file_of_results_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "test_results.json").write_text("{")
    assert kept(tmp_path) == {}
    write_results(tmp_path, a="pass")
    keep_test_results(tmp_path)
    assert kept(tmp_path) == {"test.shop.a": "pass"}


def test_a_node_is_after_its_parents() -> None:
    names = list(small_project().nodes())
    assert names.index("model.shop.factors") < names.index("model.shop.lists")
    assert names.index("seed.shop.grid") < names.index("model.shop.factors")
    assert not any(name.startswith("test.") for name in names)
