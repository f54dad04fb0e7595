"""A session on the lake: its tables, temporary files, interrupts and error messages."""

import doctest
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from pyiceberg.catalog.sql import SqlCatalog

from reelhouse.errors import ReelhouseError
from reelhouse.lake.catalog import read_catalog
from reelhouse.lake.query_errors import QueryError
from reelhouse.lake.session import LakeSession
from tests.unit.lakes import TABLES, add_release, build_lake


def test_a_spark_view_is_named_as_one(tmp_path: Path) -> None:
    lake = build_lake(tmp_path / "lake")
    with sqlite3.connect(lake / "catalog.db") as catalog:
        catalog.execute(
            "insert into iceberg_tables"
            " values ('lake', 'reelhouse', 'stg_ratings', ?, null, 'VIEW')",
            (f"{lake}/warehouse/reelhouse/stg_ratings/metadata/0.gz.metadata.json",),
        )

    with LakeSession(lake) as session, pytest.raises(QueryError) as raised:
        session.execute("from stg_ratings")

    assert "stg_ratings is an Iceberg view, which only Spark reads" in str(raised.value)


def test_an_open_session_sees_a_table_that_a_build_replaces(tmp_path: Path) -> None:
    lake = build_lake(tmp_path / "lake")
    with LakeSession(lake) as session:
        before = session.scalar("select count(*) from recommendations")
        catalog = SqlCatalog("lake", uri=f"sqlite:///{lake}/catalog.db", warehouse=f"{lake}/w")
        catalog.load_table("reelhouse.recommendations").append(TABLES["recommendations"])

        assert (before, session.scalar("select count(*) from recommendations")) == (3, 6)


def test_an_open_session_sees_a_release_that_is_published_meanwhile(tmp_path: Path) -> None:
    lake = build_lake(tmp_path / "lake")
    add_release(lake, 1)
    with LakeSession(lake) as session:
        first = session.scalar("select count(*) from r1.recommendations")
        add_release(lake, 2)

        assert session.scalar("select count(*) from r2.recommendations") == first == 3
        names = session.execute("select database_name from duckdb_databases()").fetchall()
        assert {("r1",), ("r2",)} <= set(names)


def test_a_tables_name_does_not_run_as_sql(tmp_path: Path) -> None:
    lake = build_lake(tmp_path / "lake")
    location = read_catalog(lake).tables["reelhouse", "recommendations"]
    name = f"x\" as select 1; copy (select 1) to '{lake}/warehouse/y.csv'; create view \"z"
    with sqlite3.connect(lake / "catalog.db") as catalog:
        catalog.execute(
            "insert into iceberg_tables values ('lake', 'a\"b', ?, ?, null, 'TABLE')",
            (name, location),
        )

    with LakeSession(lake) as session:
        session.execute("show all tables").fetchall()
        quoted = name.replace('"', '""')

        assert session.scalar(f'select count(*) from "a""b"."{quoted}"') == 3
    assert not (lake / "warehouse" / "y.csv").exists()


def test_a_message_cannot_steer_the_terminal(session: LakeSession) -> None:
    with pytest.raises(QueryError) as raised:
        session.execute('from "no\x1b[2J\x9btable"')

    assert r"no table no\x1b[2J\x9btable in the lake" in str(raised.value)


def test_an_internal_session_leaves_no_temporary_folder(
    lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    with LakeSession(lake) as session:
        (folder,) = tmp_path.iterdir()
        assert session.scalar("select current_setting('temp_directory')") == str(folder)
        assert folder.stat().st_mode & 0o777 == 0o700

    assert list(tmp_path.iterdir()) == []


def test_a_session_that_cannot_open_leaves_nothing(
    lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setitem(sys.modules, "duckdb_extension_iceberg", None)  # as if not installed
    threads = len(list(Path("/proc/self/task").iterdir()))

    with pytest.raises(ReelhouseError, match=r"iceberg .* is not installed: run") as raised:
        LakeSession(lake)

    assert raised.traceback  # keeps the frames, and so a connection that was left open
    assert list(tmp_path.iterdir()) == []
    assert len(list(Path("/proc/self/task").iterdir())) <= threads


def test_ctrl_c_ends_a_query_in_the_same_process(lake: Path) -> None:
    program = f"""
import os, signal, threading
from pathlib import Path
from reelhouse.lake.session import LakeSession
threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    with LakeSession(Path({str(lake)!r})) as session:
        numbers = "range(1000000000)"
        session.scalar(f"select sum(a.range * b.range % 7) from {{numbers}} a, {{numbers}} b")
except KeyboardInterrupt:
    print("stopped")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=120)

    assert done.stdout == b"stopped\n"


def test_a_damaged_metadata_file_names_its_table(tmp_path: Path) -> None:
    lake = build_lake(tmp_path / "lake")
    location = read_catalog(lake).tables["reelhouse", "recommendations"]
    Path(location).write_text("{")

    with (
        LakeSession(lake) as session,
        pytest.raises(QueryError, match=r"table recommendations cannot be read .*`make build`"),
    ):
        session.execute("from recommendations")


def test_the_example_of_a_session_is_right(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELHOUSE_LAKE", str(lake))
    (example,) = doctest.DocTestFinder(recurse=False).find(LakeSession, "LakeSession")

    assert doctest.DocTestRunner().run(example) == (0, 3)
