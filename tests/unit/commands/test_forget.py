"""`reelhouse forget` erases a user from tables, releases and files, and from later builds."""

from __future__ import annotations

import shutil
import stat
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reelhouse.cli import main
from reelhouse.commands.write_lock import write_lock
from reelhouse.lake.catalog import BUILD, PUBLISHED, catalog_file, snapshot_folder
from reelhouse.lake.erasure import Person, files_with_person
from reelhouse.lake.forgotten import hash_file, key_file, read_forgotten
from reelhouse.lake.metadata_files import read_metadata
from reelhouse.lake.releases import catalog_rows
from reelhouse.lake.session import LakeSession
from reelhouse.lake.table_metadata import LocalFiles, entries_of, manifests_of
from tests.unit.published import build_catalog, publish

USERS = [1, 7, 42]
HASH = 2**62 + 7
"""The id of the user `anna` of a source with text ids."""


def tables(ids: list[str] | None = None, extra: int = 0) -> dict[str, pa.Table]:
    """Return tables with rows of three users, who are numbers or have these ids."""
    users = [1, HASH, 42] if ids else USERS
    sources = ids or [str(user) for user in users]
    return {
        "interactions": pa.table({"user_id": users, "movie_id": [7, 8, 9 + extra]}),
        "users": pa.table({"user_id": users, "source_id": sources}),
        "movies": pa.table({"movie_id": [7, 8], "source_id": ["7", sources[1]]}),
        "raw_ratings": pa.table(
            {
                "user_id": [*sources, None, f"{sources[1]}.0", f" {sources[1]} "],
                "malformed_line": [None, None, None, f"{sources[1]}::8", None, None],
            }
        ),
        "rating_biases": pa.table(
            {"side": ["user"] * 3 + ["movie"], "id": [*users, users[1]], "bias": [0.5] * 4}
        ),
        "stg_value_formats": pa.table({"has_text_user_ids": [ids is not None]}),
    }


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REELHOUSE_LAKE", str(tmp_path / "lake"))
    return tmp_path / "lake"


def read(lake: Path, query: str, catalog: str = PUBLISHED) -> list[object]:
    with LakeSession(lake, catalog=catalog) as session:
        return [row[0] for row in session.execute(query).fetchall()]


def ids_of(lake: Path, catalog: str) -> dict[str, list[object]]:
    """Return what is left of the users in each table."""
    queries = {
        "interactions": "select user_id from interactions order by 1",
        "users": "select source_id from users order by 1",
        "raw_ratings": "select user_id from raw_ratings order by 1",
        "rating_biases": "select id from rating_biases where side = 'user' order by 1",
    }
    return {name: read(lake, query, catalog) for name, query in queries.items()}


LEFT = {
    "interactions": [1, 42],
    "users": ["1", "42"],
    "raw_ratings": ["1", "42"],
    "rating_biases": [1, 42],
}


def test_a_user_is_gone_from_every_table_release_and_file(
    lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for extra in range(3):
        publish(lake, tables(extra=extra))
    with closing(build_catalog(lake)) as catalog:  # a table that is not published
        catalog.load_table("reelhouse.interactions").append(tables()["interactions"])
    (snapshot_folder(lake) / "version").mkdir(parents=True)

    assert main(["forget", "7"]) == 0

    assert not (snapshot_folder(lake) / "version").exists()
    for name in ("r1", "r2", "r3", PUBLISHED):
        assert ids_of(lake, name) == LEFT
    assert read(lake, "select user_id from interactions order by 1", BUILD) == [1, 1, 42, 42]
    assert read(lake, "select max(movie_id) from interactions", "r1") == [9]
    assert read(lake, "select max(movie_id) from interactions", "r3") == [11]
    # A movie may have the same number.
    assert read(lake, "select source_id from movies order by 1") == ["7", "7"]
    assert read(lake, "select id from rating_biases where side = 'movie'") == [7]
    for file in (lake / "warehouse").rglob("*.parquet"):
        rows = pq.read_table(file)
        if "user_id" in rows.column_names:
            assert not {7, "7", "7.0", " 7 "}.intersection(rows["user_id"].to_pylist())
    said = capsys.readouterr().out
    assert "forgotten  " in said
    assert "none of the other" in said
    assert "fits the factors of movies again" in said


def test_no_manifest_keeps_the_user_as_a_bound(lake: Path) -> None:
    """The user has the largest id, and the newest release has only deleted the rows."""
    publish(lake, tables())
    with closing(build_catalog(lake)) as catalog:
        catalog.load_table("reelhouse.interactions").delete("user_id == 42")
    publish(lake, {})
    person = Person("42", 42, False)
    locations = [row.location for row in catalog_rows(lake) if not row.is_view]
    assert any(
        file.endswith(".avro") for file in files_with_person(lake / "none", locations, person)
    )

    assert main(["forget", "42"]) == 0

    table = build_catalog(lake).load_table("reelhouse.interactions")
    field = table.schema().find_field("user_id").field_id
    bounds = [
        entry.data_file.upper_bounds[field]
        for manifest in manifests_of(read_metadata(table.metadata_location))
        for entry in entries_of(manifest, LocalFiles(), has_removed=True)
    ]
    assert bounds == [(7).to_bytes(8, "little")]


def test_the_raw_file_cannot_bring_the_user_back(lake: Path) -> None:
    publish(lake, tables())

    assert main(["forget", "7"]) == 0

    forgotten = read_forgotten(lake)
    assert forgotten is not None
    assert forgotten.has("number:7")
    assert not forgotten.has("number:42")
    assert stat.S_IMODE(key_file(lake).stat().st_mode) == 0o600
    assert "7" not in hash_file(lake).read_text().split()
    assert main(["forget", "42"]) == 0
    both = read_forgotten(lake)
    assert both is not None
    assert both.key == forgotten.key
    assert both.has("number:7")
    assert both.has("number:42")


def test_a_command_that_was_killed_can_be_repeated(lake: Path) -> None:
    publish(lake, tables())
    assert main(["forget", "7"]) == 0
    publish(lake, {"interactions": tables()["interactions"]})

    assert main(["forget", "7"]) == 0
    assert main(["forget", "7"]) == 0

    assert ids_of(lake, PUBLISHED) == LEFT


def test_a_number_with_a_decimal_point_names_the_lines_of_the_number(lake: Path) -> None:
    publish(lake, tables())

    assert main(["forget", "7.0"]) == 0

    assert ids_of(lake, PUBLISHED) == LEFT
    assert read(lake, "select count(malformed_line) from raw_ratings") == [0]


def test_a_user_whose_id_is_a_text(lake: Path) -> None:
    publish(lake, tables(["07", "anna", "7"]))

    assert main(["forget", " anna "]) == 0
    assert read(lake, "select user_id from interactions order by 1") == [1, 42]
    assert main(["forget", "7"]) == 0

    assert read(lake, "select source_id from users") == ["07"]
    forgotten = read_forgotten(lake)
    assert forgotten is not None
    assert forgotten.has("text:anna")
    assert not forgotten.has("text:07")


@pytest.mark.parametrize(
    ("user", "said"),
    [
        ("", "name a user, as in `make forget USER=42`: `make sql"),
        ("5", "no table names the user 5: `make sql"),
        ("8", "no table names the user 8: `make sql"),  # only a malformed line does
        ("anna", "the ids of users are whole numbers, and 'anna' is not one: `make sql"),
        ("7.5", "the ids of users are whole numbers, and '7.5' is not one: `make sql"),
        ("4_2", "the ids of users are whole numbers, and '4_2' is not one: `make sql"),
    ],
)
def test_another_user_is_refused(
    lake: Path, capsys: pytest.CaptureFixture[str], user: str, said: str
) -> None:
    publish(lake, tables())
    before = catalog_file(lake).read_bytes()

    assert main(["forget", "--", user]) == 1

    assert capsys.readouterr().err.startswith(f"error: {said}")
    assert catalog_file(lake).read_bytes() == before
    assert not key_file(lake).exists()


def test_nobody_is_forgotten_while_a_build_runs(
    lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(lake, tables())

    with write_lock(lake, "build"):
        assert main(["forget", "7"]) == 1

    assert "Another dbt process is writing here" in capsys.readouterr().err
    assert 7 in read(lake, "select user_id from interactions")


def test_a_snapshot_that_cannot_be_removed_is_an_error(
    lake: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(lake, tables())
    (snapshot_folder(lake) / "version").mkdir(parents=True)
    remove = shutil.rmtree

    def refuse(folder: str, *arguments: Any, **options: Any) -> None:
        if Path(folder).parent == snapshot_folder(lake):
            raise PermissionError("no permission")
        remove(folder, *arguments, **options)

    monkeypatch.setattr(shutil, "rmtree", refuse)

    assert main(["forget", "7"]) == 1

    said = capsys.readouterr()
    assert said.err == "error: no permission\n"
    assert "forgotten" not in said.out


def test_a_damaged_table_stops_the_command(lake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    publish(lake, tables())
    for file in (lake / "warehouse").rglob("interactions/data/*.parquet"):
        file.write_bytes(b"damaged")
    before = catalog_file(lake).read_bytes()

    assert main(["forget", "7"]) == 1

    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "interactions" in said
    assert "is missing or damaged" in said
    assert catalog_file(lake).read_bytes() == before
    assert not hash_file(lake).exists()


def test_a_lost_key_stops_the_command(lake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    publish(lake, tables())
    assert main(["forget", "7"]) == 0
    key_file(lake).unlink()

    assert main(["forget", "42"]) == 1

    assert "forgotten.key is missing or damaged" in capsys.readouterr().err


def test_clean_keeps_who_was_forgotten(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reelhouse.commands.clean.ROOT", lake.parent)  # clean removes its target/
    publish(lake, tables())
    assert main(["forget", "7"]) == 0

    for _ in range(2):
        assert main(["clean", "--yes"]) == 0

    assert sorted(path.name for path in lake.iterdir()) == ["forgotten.key", "forgotten.txt"]
