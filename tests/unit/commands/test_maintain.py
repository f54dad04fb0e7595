"""`reelhouse maintain` drops releases and their files, and no file that a reader needs."""

from __future__ import annotations

import json
import os
import time
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.catalog.sql import SqlCatalog

from reelhouse.cli import main
from reelhouse.commands.maintain import MERGED_FILES
from reelhouse.commands.write_lock import write_lock
from reelhouse.lake.catalog import BUILD, PUBLISHED, read_catalog
from reelhouse.lake.releases import find_release
from reelhouse.lake.session import LakeSession
from reelhouse.lake.warehouse_files import size_of
from tests.unit.published import build_catalog, connected, publish

ROWS = 2000


def ratings(value: float, rows: int = ROWS) -> dict[str, pa.Table]:
    """Return two tables; the other one has a single row, so that its files are few."""
    return {
        "interactions": pa.table({"user_id": range(rows), "rating": [value] * rows}),
        "movies": pa.table({"movie_id": [1], "rating": [value]}),
    }


def read(lake: Path, catalog: str) -> list[tuple[float, int]]:
    """Return the rating of all rows and their number, of both tables."""
    with LakeSession(lake, catalog=catalog) as session:
        return [
            session.execute(f"select any_value(rating), count(*) from {table}").fetchall()[0]
            for table in ("interactions", "movies")
        ]


def files_of(lake: Path) -> set[Path]:
    return {path for path in (lake / "warehouse").rglob("*") if path.is_file()}


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REELHOUSE_LAKE", str(tmp_path / "lake"))
    return tmp_path / "lake"


def test_the_lake_does_not_grow_beyond_what_is_kept(
    lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = []
    for value in range(1, 11):
        publish(lake, ratings(value))
        assert main(["maintain", "--keep=3", "--grace=0"]) == 0
        sizes.append(size_of(lake / "warehouse"))

    assert sizes[-1] <= 1.1 * sizes[5]
    for number in (8, 9, 10):
        assert read(lake, f"r{number}") == [(number, ROWS), (number, 1)]
    assert read(lake, PUBLISHED) == read(lake, BUILD) == [(10, ROWS), (10, 1)]
    said = capsys.readouterr().out.splitlines()[-5:]
    assert said[0] == "kept       3 releases, r8 to r10"
    assert said[1] == "dropped    r7"
    assert said[4].startswith("size       ")
    assert said[4].endswith(" MB after")


def test_dropped_releases_are_gone(lake: Path) -> None:
    for value in range(1, 5):
        publish(lake, ratings(value))
    before = size_of(lake)

    assert main(["maintain", "--keep=1", "--grace=0"]) == 0

    assert size_of(lake) < 0.6 * before
    with closing(connected(lake)) as database:
        names = "select distinct catalog_name from iceberg_tables order by 1"
        assert [name for (name,) in database.execute(names)] == [BUILD, PUBLISHED, "r4"]
        assert database.execute("select release_number from releases").fetchall() == [(4,)]
    table = build_catalog(lake).load_table("reelhouse.interactions")
    assert set(table.refs()) == {"main", "r4"}
    assert len(table.snapshots()) == 1
    assert read(lake, "r4") == [(4, ROWS), (4, 1)]
    assert publish(lake, ratings(9)) == 5


def test_a_rollback_and_an_unpublished_build_keep_their_files(lake: Path) -> None:
    publish(lake, ratings(1))
    publish(lake, ratings(2))
    publish(lake, {}, copy_of=1)
    with closing(build_catalog(lake)) as catalog:
        catalog.load_table("reelhouse.movies").append(ratings(7)["movies"])

    assert main(["maintain", "--keep=1", "--grace=0"]) == 0

    assert read(lake, PUBLISHED) == read(lake, "r3") == [(1, ROWS), (1, 1)]
    assert read(lake, BUILD)[1][1] == 2


def test_appended_rows_and_the_rows_before_them_stay(lake: Path) -> None:
    """A snapshot of an append refers to the manifests of the snapshot before it."""
    publish(lake, ratings(1))
    with closing(build_catalog(lake)) as catalog:
        catalog.load_table("reelhouse.interactions").append(ratings(1, rows=5)["interactions"])
    publish(lake, {})

    assert main(["maintain", "--keep=1", "--grace=0"]) == 0

    assert read(lake, "r2") == [(1, ROWS + 5), (1, 1)]


def test_small_files_of_appended_rows_are_merged(
    lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(lake, ratings(1))
    with closing(build_catalog(lake)) as catalog:
        for _ in range(MERGED_FILES):
            catalog.load_table("reelhouse.movies").append(ratings(1)["movies"])
    publish(lake, {"interactions": ratings(2)["interactions"]})
    before = read(lake, PUBLISHED)

    assert main(["maintain", "--grace=0"]) == 0
    assert "merged     the small files of movies\n" in capsys.readouterr().out
    assert main(["maintain", "--grace=0"]) == 0

    assert "merged     no files\n" in capsys.readouterr().out
    movies = [path for path in files_of(lake) if path.match("movies/data/*.parquet")]
    assert len(movies) == 2  # of r1, and of r2
    assert read(lake, PUBLISHED) == read(lake, "r2") == read(lake, BUILD) == before
    assert before == [(2, ROWS), (1, MERGED_FILES + 1)]
    assert read(lake, "r1") == [(1, ROWS), (1, 1)]
    assert publish(lake, ratings(3)) == 3
    assert read(lake, PUBLISHED) == [(3, ROWS), (3, 1)]


def test_a_table_with_a_tag_of_other_people_is_not_merged(
    lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(lake, ratings(1))
    with closing(build_catalog(lake)) as catalog:
        table = catalog.load_table("reelhouse.movies")
        snapshot = table.current_snapshot()
        assert snapshot is not None
        table.manage_snapshots().create_tag(snapshot.snapshot_id, "mine").commit()
        for _ in range(MERGED_FILES):
            table.append(ratings(1)["movies"])
    publish(lake, {})

    assert main(["maintain", "--keep=1", "--grace=0"]) == 0

    assert "merged     no files\n" in capsys.readouterr().out
    with closing(build_catalog(lake)) as catalog:
        table = catalog.load_table("reelhouse.movies")
        tagged = table.scan(snapshot_id=table.refs()["mine"].snapshot_id).to_arrow()
    assert tagged["rating"].to_pylist() == [1]


def test_a_file_that_is_new_stays_and_an_old_one_goes(lake: Path) -> None:
    publish(lake, ratings(1))
    folder = lake / "warehouse" / "reelhouse" / "gone" / "data"
    folder.mkdir(parents=True)
    for name, age in {"new": 0, "old": 7200}.items():
        (folder / f"{name}.parquet").touch()
        (folder / f".{name}.parquet.crc").touch()
        for file in (folder / f"{name}.parquet", folder / f".{name}.parquet.crc"):
            os.utime(file, (time.time() - age,) * 2)

    assert main(["maintain"]) == 0
    assert sorted(path.name for path in folder.iterdir()) == [".new.parquet.crc", "new.parquet"]

    assert main(["maintain", "--grace=0"]) == 0
    assert not folder.parent.exists()
    assert read(lake, PUBLISHED) == [(1, ROWS), (1, 1)]


def test_tables_of_another_catalog_name_keep_their_snapshots(lake: Path) -> None:
    publish(lake, ratings(1))
    publish(lake, ratings(2))
    with closing(connected(lake)) as database, database:
        database.execute(
            "insert into iceberg_tables select 'mine', table_namespace, table_name,"
            " metadata_location, null, iceberg_type from iceberg_tables"
            " where catalog_name = 'build' and table_name = 'movies'"
        )

    assert main(["maintain", "--keep=1", "--grace=0"]) == 0

    with closing(SqlCatalog("mine", uri=f"sqlite:///{lake}/catalog.db")) as mine:
        table = mine.load_table("reelhouse.movies")
        values = [
            table.scan(snapshot_id=snapshot.snapshot_id).to_arrow()["rating"].to_pylist()
            for snapshot in table.snapshots()
        ]
    assert [2] in values
    assert [1] in values


def test_a_damaged_lake_is_not_changed(lake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for value in range(1, 4):
        publish(lake, ratings(value))
    location = Path(read_catalog(lake, "r2").tables["reelhouse", "movies"])
    current = json.loads(location.read_text())
    listed = {each["snapshot-id"]: each["manifest-list"] for each in current["snapshots"]}
    Path(listed[current["current-snapshot-id"]]).write_bytes(b"damaged")
    before = files_of(lake)

    assert main(["maintain", "--keep=2", "--grace=0"]) == 1

    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "is missing or damaged" in said
    assert "nothing was changed" in said
    assert files_of(lake) == before
    assert find_release(lake, "1").number == 1
    assert main(["maintain", "--keep=1", "--grace=0"]) == 0
    assert read(lake, "r3") == [(3, ROWS), (3, 1)]


def test_a_file_that_goes_while_the_lake_is_measured_counts_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the API removes the snapshot of an old version."""
    (tmp_path / "kept").write_bytes(b"1234")
    monkeypatch.setattr(os, "walk", lambda _: [(str(tmp_path), [], ["gone", "kept"])])

    assert size_of(tmp_path) == 4


def test_maintain_waits_for_no_running_build(
    lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(lake, ratings(1))

    with write_lock(lake, "build"):
        assert main(["maintain"]) == 1

    assert "Another dbt process is writing here" in capsys.readouterr().err


@pytest.mark.parametrize("keep", ["0", "-1", "five", ""])
def test_a_keep_that_keeps_nothing_is_refused(
    lake: Path, capsys: pytest.CaptureFixture[str], keep: str
) -> None:
    with pytest.raises(SystemExit):
        main(["maintain", f"--keep={keep}"])

    assert f"{keep!r} is not a whole number of 1 or more" in capsys.readouterr().err


def test_a_lake_without_a_release_is_left_alone(
    lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["maintain"]) == 1

    assert f"no lake at {lake} yet: run `make build`" in capsys.readouterr().err
    assert not lake.exists()
