import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import pytest
from pyiceberg.catalog.sql import SqlCatalog

from reelhouse.cli import main
from reelhouse.errors import ReelhouseError
from reelhouse.lake.catalog import (
    BUILD,
    NoLakeError,
    _catalog_rows,
    lake_folder,
    lost_tables,
    read_catalog,
    remove_from_catalog,
)
from reelhouse.lake.releases import newest_release, unpublished_tables
from reelhouse.lake.session import LakeSession
from tests.unit.lakes import TABLES, add_release, build_lake, replace_table


def test_the_lake_is_in_the_project_unless_named_elsewhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("REELHOUSE_LAKE", raising=False)
    monkeypatch.chdir(tmp_path)
    assert lake_folder() == Path(__file__).parents[3] / "lake"

    monkeypatch.setenv("REELHOUSE_LAKE", "elsewhere")
    assert lake_folder() == tmp_path / "elsewhere"


@pytest.mark.parametrize(
    ("name", "said"),
    [('a "b" c', "has a double quote"), (os.fsdecode(b"z\xfcrich"), "is not UTF-8")],
)
def test_a_lake_that_could_not_be_read_again_is_not_begun(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, said: str
) -> None:
    monkeypatch.setenv("REELHOUSE_LAKE", str(tmp_path / name))

    with pytest.raises(ReelhouseError, match=f"the path of the lake {said}: ") as raised:
        lake_folder()

    str(raised.value).encode()


@pytest.mark.parametrize("name", [" a, b;\n'c' ", "ü?#%20*[x]{y}$z\\", "e\u0301😀"])
def test_other_names_of_a_lake_are_read(tmp_path: Path, name: str) -> None:
    lake = tmp_path / name / "lake"
    lake.mkdir(parents=True)
    uri = f"sqlite:///{quote(str(lake / 'catalog.db'))}"
    with SqlCatalog("lake", uri=uri, warehouse=f"{lake}/warehouse") as catalog:
        catalog.create_namespace("reelhouse")
        rows = TABLES["recommendations"]
        catalog.create_table("reelhouse.recommendations", rows.schema).append(rows)

    with LakeSession(lake) as session:
        assert session.scalar("select count(*) from recommendations") == 3


def test_dbt_gets_the_lake_as_an_absolute_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REELHOUSE_LAKE", "elsewhere")

    assert main(["summary"]) == 1

    assert os.environ["REELHOUSE_LAKE"] == str(tmp_path / "elsewhere")
    assert capsys.readouterr().err == (
        f"error: no lake at {tmp_path}/elsewhere yet: run `make build`\n"
    )


@pytest.mark.parametrize("content", [None, b""])
def test_no_lake_yet_says_make_build(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "catalog.db").write_bytes(content)
    # A killed first build leaves data files without metadata.
    data = tmp_path / "warehouse" / "reelhouse" / "algorithms" / "data"
    data.mkdir(parents=True)
    (data / "00000.parquet").touch()

    with pytest.raises(NoLakeError, match=f"no lake at {tmp_path} yet: run `make build`"):
        read_catalog(tmp_path)


@pytest.mark.parametrize("damage", ["removed", "truncated", "emptied"])
def test_a_warehouse_without_its_catalog_is_no_new_lake(
    lake: Path, tmp_path: Path, damage: str
) -> None:
    copy = shutil.copytree(lake, tmp_path / "lake")
    catalog = copy / "catalog.db"
    if damage == "removed":
        catalog.unlink()
    elif damage == "truncated":
        catalog.write_bytes(b"")
    else:
        with sqlite3.connect(catalog) as opened:
            opened.execute("delete from iceberg_tables")

    with pytest.raises(ReelhouseError, match=r"lists no table, but .*`make clean build`") as raised:
        read_catalog(copy)

    assert not isinstance(raised.value, NoLakeError)


WRITER = """
import os, signal, sqlite3, sys
catalog = sqlite3.connect(sys.argv[1], isolation_level=None)
catalog.execute("pragma cache_size = 1")
catalog.execute("begin")
catalog.execute("delete from iceberg_tables")
catalog.execute("create table filler (text text)")
catalog.executemany("insert into filler values (?)", [("x" * 4000,)] * 200)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_commit_that_a_crash_cut_off_is_undone(lake: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(lake, tmp_path / "lake")
    before = _catalog_rows(copy)
    done = subprocess.run([sys.executable, "-c", WRITER, copy / "catalog.db"])
    assert done.returncode == -signal.SIGKILL
    assert (copy / "catalog.db-journal").stat().st_size > 0

    assert _catalog_rows(copy) == before
    assert not (copy / "catalog.db-journal").exists()


def test_a_file_that_is_no_catalog_is_named(tmp_path: Path) -> None:
    (tmp_path / "catalog.db").write_bytes(b"not a database, but long enough to be looked at" * 9)

    with pytest.raises(ReelhouseError, match=r"catalog\.db is damaged"):
        read_catalog(tmp_path)


def test_a_catalog_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "catalog.db").mkdir()

    with pytest.raises(
        ReelhouseError, match=r"the catalog .*catalog\.db cannot be read \(unable to"
    ):
        read_catalog(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
@pytest.mark.parametrize("mode", [0o400, 0o444])
def test_another_user_reads_a_catalog_as_its_rights_allow(mode: int) -> None:
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        lake = build_lake(Path(folder) / "lake")
        before = read_catalog(lake)
        (lake / "catalog.db").chmod(mode)
        os.seteuid(12345)
        try:
            if mode == 0o444:
                assert read_catalog(lake) == before
            else:
                with pytest.raises(ReelhouseError, match=r"the catalog .* cannot be read \(unable"):
                    read_catalog(lake)
        finally:
            os.seteuid(0)


def test_a_lost_table_leaves_the_others_readable(tmp_path: Path) -> None:
    copy = build_lake(tmp_path / "lake")
    tables = read_catalog(copy).tables
    Path(tables["reelhouse", "users"]).unlink()
    Path(tables["reelhouse", "odd_values"]).write_text("{")

    assert sorted(lost_tables(copy)) == ["odd_values", "users"]
    with LakeSession(copy) as session:
        assert session.scalar("select count(*) from recommendations") == 3
        assert session.scalar("select count(*) from (show tables)") == len(TABLES) - 2
        with pytest.raises(ReelhouseError, match=r"the table users cannot be read .*`make build`"):
            session.execute("from users")

    remove_from_catalog(copy, ["users"])
    assert "users" not in read_catalog(copy).names()
    assert (copy / "warehouse" / "reelhouse" / "users").is_dir()


def test_a_lake_whose_files_are_all_gone_is_named(tmp_path: Path) -> None:
    copy = build_lake(tmp_path / "lake")
    shutil.rmtree(copy / "warehouse")

    with pytest.raises(
        ReelhouseError, match=r"none of which has files in .*: bring the files back"
    ):
        read_catalog(copy)


@pytest.mark.parametrize("move", [shutil.move, shutil.copytree])
def test_a_moved_or_copied_lake_is_one_error_with_the_remedy(
    lake: Path, tmp_path: Path, move: object
) -> None:
    original = shutil.copytree(lake, tmp_path / "original")
    moved = tmp_path / "moved"
    move(original, moved)  # type: ignore[operator]

    with pytest.raises(ReelhouseError) as raised:
        read_catalog(moved)

    assert f"the lake at {moved} was built at another place" in str(raised.value)
    assert "move the lake back" in str(raised.value)
    assert "`make clean build`" in str(raised.value)


def test_a_link_to_the_lake_is_the_lake(lake: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(lake)

    assert read_catalog(link).tables.keys() == read_catalog(lake).tables.keys()


def test_readers_see_the_newest_release_and_not_the_build(tmp_path: Path) -> None:
    lake = build_lake(tmp_path / "lake")
    add_release(lake, 1)
    replace_table(lake, "recommendations", TABLES["recommendations"].slice(0, 1))

    def rows(catalog: str) -> int:
        with LakeSession(lake, catalog=catalog) as session:
            return int(session.scalar("select count(*) from recommendations"))

    assert [rows(name) for name in ("lake", "r1", BUILD)] == [3, 3, 1]
    assert (newest_release(lake), unpublished_tables(lake)) == (1, ["recommendations"])

    add_release(lake, 2)

    assert [rows(name) for name in ("lake", "r1", "r2")] == [1, 3, 1]
    assert (newest_release(lake), unpublished_tables(lake)) == (2, [])


def test_a_lake_from_before_releases_has_the_same_tables_for_builds_and_readers(lake: Path) -> None:
    assert read_catalog(lake, BUILD) == read_catalog(lake)
    assert (newest_release(lake), unpublished_tables(lake)) == (None, [])


def test_a_table_that_the_build_lost_stays_in_the_release(tmp_path: Path) -> None:
    lake = build_lake(tmp_path / "lake")
    add_release(lake, 1)
    replace_table(lake, "users", TABLES["users"])
    Path(read_catalog(lake, BUILD).tables["reelhouse", "users"]).unlink()

    assert lost_tables(lake) == ["users"]
    remove_from_catalog(lake, ["users"])

    assert "users" not in read_catalog(lake, BUILD).names()
    assert "users" in read_catalog(lake).names()


def test_a_lake_whose_first_build_failed_has_no_release(tmp_path: Path) -> None:
    lake = build_lake(tmp_path / "lake")
    with closing(sqlite3.connect(lake / "catalog.db")) as database, database:
        database.execute("update iceberg_tables set catalog_name = 'build'")

    with pytest.raises(NoLakeError, match="has no release yet, since no build has succeeded"):
        read_catalog(lake)
    assert "users" in read_catalog(lake, BUILD).names()
