"""A damaged lake: each command says in one sentence what is damaged, and which command recovers."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest

from reelhouse.cli import main
from reelhouse.commands import rollback
from reelhouse.errors import ReelhouseError
from reelhouse.lake.catalog import read_catalog
from reelhouse.lake.damage import damaged_file
from reelhouse.lake.databases import connected
from tests.unit.published import publish

COMMANDS = {
    "sql": ["sql", "select sum(movie_id) from movies"],
    "history": ["history"],
    "changes": ["history", "--release=3"],
    "maintain": ["maintain"],
    "rollback": ["rollback", "1"],
    "forget": ["forget", "7"],
    "recommend": ["recommend", "--like", "Alien"],
    "app": ["app", "--port=0"],
    "summary": ["summary"],
}
Run = Callable[..., tuple[int, str]]


def tables(value: int) -> dict[str, pa.Table]:
    return {
        "interactions": pa.table({"user_id": [7, 8], "movie_id": [1, 1], "rating": [value, value]}),
        "movies": pa.table({"movie_id": [1, 2], "title": [f"Alien {value}", "Brazil"]}),
    }


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Three releases; each one has its own version of both tables."""
    folder = tmp_path / "lake"
    for value in (1, 2, 3):
        publish(folder, tables(value))
    (folder / "build.lock").touch()
    monkeypatch.setenv("REELHOUSE_LAKE", str(folder))
    yield folder


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    def run(*arguments: str) -> tuple[int, str]:
        """Run a command; return its exit code and what it says on standard error."""
        monkeypatch.setattr(rollback, "run_dbt", lambda *_: pytest.fail("dbt starts"))
        code = main(arguments)
        return code, capfd.readouterr().err

    return run


def halve(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def metadata_of(lake: Path, catalog: str) -> Path:
    return Path(read_catalog(lake, catalog).tables["reelhouse", "movies"].removeprefix("file:"))


def data_of(lake: Path, number: int) -> Path:
    """Return the only data file of `movies` in a release."""
    files = sorted((lake / "warehouse/reelhouse/movies/data").rglob("*.parquet"))
    return sorted(files, key=lambda file: file.stat().st_mtime_ns)[number - 1]


def check_one_sentence(said: str, remedy: str) -> None:
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    assert re.findall(r"`(make [^`]+)`", said) == [remedy], said


@pytest.mark.parametrize("damage", ["half", "garbage", "empty", "gone", "no table"])
def test_a_damaged_catalog(lake: Path, run: Run, damage: str) -> None:
    catalog = lake / "catalog.db"
    if damage == "half":
        halve(catalog)
    elif damage == "garbage":
        catalog.write_bytes(b"?" * 5000)
    elif damage == "empty":
        catalog.write_bytes(b"")
    elif damage == "gone":
        catalog.unlink()
    else:
        with closing(sqlite3.connect(catalog)) as database:
            database.executescript("drop table iceberg_tables")

    for arguments in COMMANDS.values():
        code, said = run(*arguments)
        assert code == 1
        check_one_sentence(said, "make clean build")


def test_a_warehouse_that_is_gone(lake: Path, run: Run) -> None:
    shutil.rmtree(lake / "warehouse")

    for arguments in COMMANDS.values():
        code, said = run(*arguments)
        assert code == 1
        check_one_sentence(said, "make clean build")


@pytest.mark.parametrize("part", ["catalog", "both"])
def test_make_clean_removes_what_it_is_said_to_remove(lake: Path, run: Run, part: str) -> None:
    halve(lake / "catalog.db")
    if part == "both":
        shutil.rmtree(lake / "warehouse")

    assert run("clean", "--yes=yes")[0] == 0

    assert not lake.exists()


@pytest.mark.parametrize("copied", ["here", "elsewhere"])
def test_a_copy_that_was_interrupted(
    lake: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, copied: str
) -> None:
    """The copy has the catalog, and only the older files of the tables."""
    backup = shutil.copytree(lake, tmp_path / "backup")
    data_of(backup, 3).unlink()
    metadata = metadata_of(lake, "lake").relative_to(lake)
    (backup / metadata).unlink()
    if copied == "here":
        shutil.rmtree(lake)
        backup.rename(lake)
    else:
        monkeypatch.setenv("REELHOUSE_LAKE", str(backup))

    code, said = run(*COMMANDS["sql"])

    assert code == 1
    check_one_sentence(said, "make build" if copied == "here" else "make clean build")


@pytest.mark.parametrize(
    "part",
    [
        "data",
        pytest.param("metadata", marks=pytest.mark.slow),
        pytest.param("manifest", marks=pytest.mark.slow),
    ],
)
def test_a_damaged_file_of_the_newest_release(lake: Path, run: Run, part: str) -> None:
    damaged = {
        "metadata": [metadata_of(lake, "lake")],
        "manifest": list((lake / "warehouse/reelhouse/movies/metadata").glob("*.avro")),
        "data": [data_of(lake, 3)],
    }
    for file in damaged[part]:
        halve(file)

    # `make maintain` reads no data files.
    for command in ("sql", "changes", "forget", *([] if part == "data" else ["maintain"])):
        code, said = run(*COMMANDS[command])
        assert code == 1
        check_one_sentence(said, "make build")


def test_a_damaged_file_of_an_older_release(lake: Path, run: Run) -> None:
    data_of(lake, 1).unlink()

    assert damaged_file(lake, "r1") == str(data_of_lost(lake))
    assert damaged_file(lake, "r2") is None
    for command in (["sql", "from r1.movies"], COMMANDS["rollback"], ["history", "--release=2"]):
        code, said = run(*command)
        assert code == 1
        check_one_sentence(said, "make maintain KEEP=2")
    assert run(*COMMANDS["sql"])[0] == 0

    assert run("maintain", "--keep=2")[0] == 0
    assert run("history", "--release=3")[0] == 0


def data_of_lost(lake: Path) -> Path:
    """Return the data file that the oldest release names."""
    from pyiceberg.table import StaticTable

    table = StaticTable.from_metadata(str(metadata_of(lake, "r1")))
    (task,) = table.scan().plan_files()
    return Path(task.file.file_path.removeprefix("file:"))


def test_the_list_of_releases_says_which_values_are_missing(lake: Path, run: Run) -> None:
    files = (lake / "warehouse/reelhouse/interactions/metadata").glob("*.metadata.json")
    for file in files:
        halve(file)

    code, said = run("history")

    assert code == 0
    assert said.startswith("note: values are missing, since the table interactions cannot be read")
    assert "`make build`" in said


def test_a_refusal_of_the_database_is_not_taken_for_damage(lake: Path) -> None:
    with (
        pytest.raises(ReelhouseError, match=r"refused a change \(a release never changes.*again$"),
        connected(lake) as database,
    ):
        database.execute("delete from iceberg_tables where catalog_name = 'r1'")


def test_a_full_catalog_is_not_taken_for_damage(lake: Path) -> None:
    with (
        pytest.raises(ReelhouseError, match=r"cannot be written .*: free some space on the disk"),
        connected(lake) as database,
    ):
        database.execute("pragma max_page_count = 1")
        database.execute("create table filler as select hex(zeroblob(100000)) as text")
