import json
from pathlib import Path

from reelhouse.explorer.lineage import tables_read


def written(folder: Path, parents: dict[str, list[str]]) -> Path:
    nodes = {
        name: {"name": name, "resource_type": "model", "depends_on": {"nodes": direct}}
        for name, direct in parents.items()
    }
    nodes["test_of_d"] = {"name": "t", "resource_type": "test", "depends_on": {"nodes": ["d"]}}
    file = folder / "manifest.json"
    file.write_text(json.dumps({"nodes": nodes}))
    return file


def test_a_table_is_computed_from_the_tables_behind_its_views(tmp_path: Path) -> None:
    parents = {"a": ["source"], "b": [], "view": ["a"], "other": ["view", "b"], "d": ["other", "b"]}
    manifest = written(tmp_path, parents)
    found = tables_read(manifest, {"a", "b", "d", "by_hand"})
    assert found == {"a": [], "b": [], "d": ["a", "b"], "by_hand": []}


def test_without_a_manifest_nothing_is_known(tmp_path: Path) -> None:
    assert tables_read(tmp_path / "none.json", {"a"}) == {"a": []}
    (tmp_path / "cut.json").write_text('{"nodes": {')
    assert tables_read(tmp_path / "cut.json", {"a"}) == {"a": []}
