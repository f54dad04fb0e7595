import shutil
from pathlib import Path

import pytest

from reelhouse.errors import ReelhouseError
from reelhouse.lake import lake_folder, read_catalog


def test_the_lake_is_in_the_project_unless_named_elsewhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("REELHOUSE_LAKE", raising=False)
    monkeypatch.chdir(tmp_path)
    assert lake_folder() == Path(__file__).parents[3] / "lake"

    monkeypatch.setenv("REELHOUSE_LAKE", "elsewhere")
    assert lake_folder() == tmp_path / "elsewhere"


@pytest.mark.parametrize("content", [None, b""])
def test_no_lake_yet_says_make_build(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "catalog.db").write_bytes(content)

    with pytest.raises(ReelhouseError, match=f"no lake at {tmp_path} yet: run `make build`"):
        read_catalog(tmp_path)


def test_a_file_that_is_no_catalog_is_named(tmp_path: Path) -> None:
    (tmp_path / "catalog.db").write_bytes(b"not a database, but long enough to be looked at" * 9)

    with pytest.raises(ReelhouseError, match=r"catalog\.db is no SQLite file"):
        read_catalog(tmp_path)


@pytest.mark.parametrize("move", [shutil.move, shutil.copytree])
def test_a_moved_or_copied_lake_is_one_error_with_the_remedy(
    lake: Path, tmp_path: Path, move: object
) -> None:
    original = shutil.copytree(lake, tmp_path / "original")
    moved = tmp_path / "moved"
    move(original, moved)  # type: ignore[operator]

    with pytest.raises(ReelhouseError) as raised:
        read_catalog(moved)

    assert f"the lake at {moved} was built for another place" in str(raised.value)
    assert "move the lake back" in str(raised.value)
    assert f"REELHOUSE_LAKE={moved}" in str(raised.value)


def test_a_link_to_the_lake_is_the_lake(lake: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(lake)

    assert read_catalog(link).tables.keys() == read_catalog(lake).tables.keys()
