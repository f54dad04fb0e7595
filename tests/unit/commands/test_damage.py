"""`make build` and `make clean` on lakes that have lost files."""

import os
import pty
import shutil
import sqlite3
import subprocess
import sys
import zlib
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.catalog.sql import SqlCatalog

from reelhouse.cli import main
from reelhouse.commands import build, clean
from reelhouse.commands.build import _prepare_lake
from reelhouse.commands.write_lock import refuse_second_writer
from reelhouse.errors import ReelhouseError
from reelhouse.lake.catalog import lost_tables, read_catalog
from reelhouse.lake.session import LakeSession
from reelhouse.paths import ROOT
from tests.unit.lakes import build_lake

TINY = str(ROOT / "tests" / "fixtures" / "tiny")
MAIN = [sys.executable, "-c", "import sys; from reelhouse.cli import main; sys.exit(main())"]


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    lake = build_lake(tmp_path / "lake")
    put(lake, "raw_files", pa.table({"data": ["ml-100k"], "mapping": [""]}))
    for name in ("REELHOUSE_DATA", "REELHOUSE_COLUMNS"):  # so that they are restored afterwards
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("REELHOUSE_LAKE", str(lake))
    return lake


def put(lake: Path, table: str, rows: pa.Table) -> None:
    """Replace a table of the lake."""
    with SqlCatalog("lake", uri=f"sqlite:///{lake}/catalog.db", warehouse=f"{lake}/warehouse") as c:
        if c.table_exists(f"reelhouse.{table}"):
            c.drop_table(f"reelhouse.{table}")
        c.create_table(f"reelhouse.{table}", rows.schema).append(rows)


def lose(lake: Path, table: str, part: str) -> None:
    metadata = Path(read_catalog(lake).tables["reelhouse", table])
    if part == "metadata":
        metadata.unlink()
    else:
        for file in (metadata.parents[1] / "data").rglob("*.parquet"):
            file.unlink()


def test_a_build_removes_lost_tables_from_the_catalog(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for table in ("recommendations", "odd_values"):
        lose(copy, table, "metadata")

    _prepare_lake(copy, "", "")

    assert os.environ["REELHOUSE_DATA"] == "ml-100k"
    names = read_catalog(copy).names()
    assert "recommendations" not in names
    assert "odd_values" in names  # not a table that the build makes
    assert capsys.readouterr().out == (
        "unreadable tables, which this build replaces: recommendations\n"
    )


def checksums(content: bytes, step: int = 512) -> bytes:
    """Return the file of checksums that Hadoop writes: a header, and a CRC-32 per 512 bytes."""
    parts = (content[start : start + step] for start in range(0, len(content), step))
    return b"crc\0" + step.to_bytes(4) + b"".join(zlib.crc32(part).to_bytes(4) for part in parts)


def test_metadata_with_a_wrong_checksum_or_without_content_is_lost(copy: Path) -> None:
    files = {
        table: Path(read_catalog(copy).tables["reelhouse", table])
        for table in ("movies", "users", "recommendations")
    }
    for file in files.values():
        content = file.read_bytes()
        file.with_name(f".{file.name}.crc").write_bytes(checksums(content))
    assert lost_tables(copy) == []

    files["movies"].write_text("{}")
    flipped = files["users"].read_bytes().replace(b"source_id", b"source_iD")
    files["users"].write_bytes(flipped)
    assert lost_tables(copy) == ["movies", "users"]


def test_the_data_set_stays_known_while_users_is_lost(copy: Path) -> None:
    put(copy, "raw_files", pa.table({"data": [TINY], "mapping": [""]}))
    lose(copy, "users", "metadata")

    for _ in range(2):
        os.environ["REELHOUSE_DATA"] = ""
        _prepare_lake(copy, "", "")

        assert os.environ["REELHOUSE_DATA"] == TINY
        assert "users" not in read_catalog(copy).names()


def test_a_build_removes_unreadable_trials_from_the_catalog(copy: Path) -> None:
    put(copy, "tuning_trials", pa.table({"trial": ["a"], "error": [0.9]}))

    _prepare_lake(copy, "", "")
    assert "tuning_trials" in read_catalog(copy).names()

    lose(copy, "tuning_trials", "data")
    _prepare_lake(copy, "", "")
    assert "tuning_trials" not in read_catalog(copy).names()


def test_a_build_does_not_need_the_rows_that_it_replaces(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Spark replaces a table without reading its data files."""
    tables = [name for (_, name) in read_catalog(copy).tables if name != "raw_files"]
    for table in tables:
        lose(copy, table, "data")

    _prepare_lake(copy, "", "")

    assert os.environ["REELHOUSE_DATA"] == "ml-100k"
    assert set(tables) < set(read_catalog(copy).names())
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("damage", ["emptied", "without rows", "missing"])
@pytest.mark.parametrize("data", [(), ("--data", TINY)])
def test_a_build_refuses_tables_that_no_catalog_lists(
    copy: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    damage: str,
    data: tuple[str, ...],
) -> None:
    file = copy / "catalog.db"
    if damage == "without rows":
        with closing(sqlite3.connect(file)) as catalog, catalog:
            catalog.execute("delete from iceberg_tables")
    else:
        file.write_bytes(b"") if damage == "emptied" else file.unlink()
    before = file.read_bytes() if file.exists() else None
    monkeypatch.setattr(build, "dbt_build", lambda _: pytest.fail("a build starts"))

    assert main(["build", *data]) == 1

    said = capsys.readouterr().err
    assert "catalog.db lists no table, but" in said
    assert "bring the catalog back from a backup, or remove the lake" in said
    assert (file.read_bytes() if file.exists() else None) == before


@pytest.mark.parametrize("part", ["metadata", "data"])
def test_a_lake_with_an_unknown_data_set_needs_it_named(copy: Path, part: str) -> None:
    lose(copy, "raw_files", part)

    with pytest.raises(
        ReelhouseError, match=r"raw_files cannot be read\. .*`make build DATA="
    ) as raised:
        _prepare_lake(copy, "", "")
    assert "\n" not in str(raised.value)
    with pytest.raises(ReelhouseError, match="there is no"):
        _prepare_lake(copy, "ml-1b", "")
    assert "raw_files" in read_catalog(copy).names()

    _prepare_lake(copy, TINY, "")
    assert os.environ["REELHOUSE_DATA"] == TINY
    assert "raw_files" not in read_catalog(copy).names()
    # A build that is killed at this point leaves the data set unknown.
    with pytest.raises(ReelhouseError, match=r"has no table raw_files\. Name the ratings again"):
        _prepare_lake(copy, "", "")


def test_clean_removes_the_lake_in_use_and_nothing_else(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "project"
    for folder in ("lake", "target"):
        (root / folder).mkdir(parents=True)
    monkeypatch.setattr(clean, "ROOT", root)
    (copy / "catalog.db-journal").touch()
    (copy / "build.lock").touch()
    (copy / "tmp" / "dbt-session-0123456789ab").mkdir(parents=True)
    (copy / "notes.txt").touch()

    clean.clean(yes=True)

    assert [path.name for path in copy.iterdir()] == ["notes.txt"]
    assert [path.name for path in root.iterdir()] == ["lake"]
    with pytest.raises(ReelhouseError, match="holds no lake of Reelhouse, so nothing was removed"):
        clean.clean(yes=True)
    (copy / "notes.txt").unlink()
    clean.clean(yes=True)  # an empty folder is accepted


def test_no_build_starts_while_clean_removes_the_lake(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clean, "ROOT", tmp_path)
    remove, refusals = shutil.rmtree, []

    def remove_while_a_build_starts(folder: Path) -> None:
        with pytest.raises(ReelhouseError, match="Another dbt process is writing here") as raised:
            refuse_second_writer()
        refusals.append(raised.value)
        remove(folder)

    monkeypatch.setattr(shutil, "rmtree", remove_while_a_build_starts)

    clean.clean(yes=True)

    assert refusals
    assert not copy.exists()


@pytest.mark.parametrize("content", [b"", b"no SQLite file, but long enough to be looked at" * 9])
def test_clean_removes_a_lake_whose_catalog_is_damaged(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setattr(clean, "ROOT", tmp_path)
    (copy / "catalog.db").write_bytes(content)

    clean.clean(yes=True)

    assert not copy.exists()


@pytest.mark.parametrize("catalog", [None, b""])
def test_clean_leaves_files_of_others_beside_a_build_that_was_stopped_early(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, catalog: bytes | None
) -> None:
    monkeypatch.setattr(clean, "ROOT", tmp_path)
    (copy / "warehouse" / "reelhouse").rename(copy / "warehouse" / "sales.db")
    (copy / "catalog.db").rename(copy / "catalog.db.bak")
    (copy / "build.lock").touch()
    if catalog is not None:
        (copy / "catalog.db").write_bytes(catalog)

    clean.clean(yes=True)

    assert {path.name for path in copy.iterdir()} == {"warehouse", "catalog.db.bak"}
    assert (copy / "warehouse" / "sales.db" / "movies").is_dir()


def test_clean_refuses_a_database_that_is_no_catalog(copy: Path) -> None:
    shutil.rmtree(copy / "warehouse")
    (copy / "build.lock").touch()
    (copy / "catalog.db").unlink()
    with closing(sqlite3.connect(copy / "catalog.db")) as database:
        database.execute("create table mine (id int)")

    with pytest.raises(ReelhouseError, match="holds no lake of Reelhouse"):
        clean.clean(yes=True)

    assert (copy / "catalog.db").is_file()


def test_clean_leaves_a_warehouse_of_others(copy: Path) -> None:
    (copy / "warehouse" / "reelhouse").rename(copy / "warehouse" / "sales")
    (copy / "catalog.db").unlink()

    with pytest.raises(ReelhouseError, match="holds no lake of Reelhouse"):
        clean.clean(yes=True)

    assert (copy / "warehouse" / "sales").is_dir()


def test_clean_asks_on_a_terminal_and_refuses_without_one(copy: Path) -> None:
    done = subprocess.run(
        [*MAIN, "clean"], stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: this removes the lake at {copy}: confirm with")

    ours, theirs = pty.openpty()
    os.write(ours, b"n\n")
    asked = subprocess.run([*MAIN, "clean"], stdin=theirs, capture_output=True, text=True)
    os.close(theirs)
    os.close(ours)

    assert asked.returncode == 1  # `make clean build` stops here
    assert asked.stdout == f"remove the lake at {copy} with all its tables, and target/? [y/N] "
    assert asked.stderr == "error: nothing was removed\n"
    with LakeSession(copy) as session:
        assert session.scalar("select count(*) from recommendations") == 3
