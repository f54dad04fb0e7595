"""Whether files have changed since the last build or update, without Spark."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from reelhouse.ingest.new_files import has_new_files
from reelhouse.ingest.sources import find_source
from reelhouse.ingest.versions import versions_of
from reelhouse.lake.forgotten import add_forgotten
from tests.unit.published import build_catalog, publish

RATINGS = "userId,movieId,rating,timestamp\n1,1,3,978300760\n2,2,4,978300760\n"
MOVIES = "movieId,title,genres\n1,Alien (1979),Horror\n2,Heat (1995),Crime\n"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "ratings.csv").write_text(RATINGS)
    (folder / "movies.csv").write_text(MOVIES)
    monkeypatch.setenv("REELHOUSE_DATA", str(folder))
    monkeypatch.setenv("REELHOUSE_COLUMNS", "")
    return folder


@pytest.fixture
def lake(tmp_path: Path, data: Path) -> Path:
    """Return a lake that has the files as they are now."""
    rows = [
        {"role": file.role, "parts": [{"version": each} for each in versions_of(file, 0).values()]}
        for file in find_source(str(data)).files
    ]
    publish(tmp_path / "lake", {"raw_files": pa.Table.from_pylist(rows)})
    return tmp_path / "lake"


def test_unchanged_files_are_not_new(lake: Path, data: Path) -> None:
    assert not has_new_files(lake)
    (data / "ratings.csv").touch()
    assert not has_new_files(lake)


@pytest.mark.parametrize("name", ["ratings.csv", "movies.csv"])
def test_a_changed_file_is_new(lake: Path, data: Path, name: str) -> None:
    with (data / name).open("a") as file:
        file.write("3,3,5,978300760\n" if name == "ratings.csv" else "3,Dune (2021),Drama\n")
    assert has_new_files(lake)


def test_a_removed_file_counts(lake: Path, data: Path) -> None:
    (data / "movies.csv").unlink()
    assert has_new_files(lake)


def test_files_are_new_after_a_person_is_forgotten(lake: Path) -> None:
    add_forgotten(lake, "number:1")
    assert has_new_files(lake)


def test_a_lake_of_an_earlier_version_has_no_known_files(lake: Path) -> None:
    catalog = build_catalog(lake)
    catalog.drop_table("reelhouse.raw_files")
    older = pa.table({"role": ["ratings"]})
    catalog.create_table("reelhouse.raw_files", older.schema).append(older)
    assert has_new_files(lake)
