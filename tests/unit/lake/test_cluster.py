"""The lake of a cluster, with its catalog in PostgreSQL, which asks for a password."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from reelhouse.cli import main
from reelhouse.errors import ReelhouseError
from reelhouse.lake.catalog import BUILD, NoLakeError, chosen_lake, lake_folder, read_catalog
from reelhouse.lake.cluster import ClusterLake, cluster_lake, environment_of
from reelhouse.lake.query_limits import Limits
from reelhouse.lake.query_process import QueryProcess
from reelhouse.lake.releases import existing_releases, unpublished_tables
from reelhouse.lake.session import LakeSession
from servers import free_port, psql
from tests.unit.conftest import CANARY
from tests.unit.lakes import REELHOUSE, TABLES

QUERY = "select title from recommendations where user_id = 42 order by rank limit 1"


@pytest.fixture
def chosen(cluster: ClusterLake, monkeypatch: pytest.MonkeyPatch) -> ClusterLake:
    """Choose the lake by the variables that builds use too."""
    for name, value in environment_of(cluster).items():
        monkeypatch.setenv(name, value)
    return cluster


def test_the_target_chooses_the_lake(
    chosen: ClusterLake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert chosen_lake() == cluster_lake() == chosen

    monkeypatch.delenv("REELHOUSE_TARGET")
    monkeypatch.setenv("REELHOUSE_LAKE", str(tmp_path))
    assert chosen_lake() == lake_folder() == tmp_path


def test_missing_variables_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REELHOUSE_CATALOG_URI", "REELHOUSE_WAREHOUSE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REELHOUSE_TARGET", "cluster")
    with pytest.raises(ReelhouseError, match="needs REELHOUSE_CATALOG_URI and REELHOUSE_WAREHOUSE"):
        chosen_lake()


def test_the_tables_and_releases_are_those_of_the_catalog(cluster: ClusterLake) -> None:
    assert {name for _, name in read_catalog(cluster).tables} == set(TABLES)
    assert [release.catalog for release in existing_releases(cluster)] == ["r1"]
    assert unpublished_tables(cluster) == []
    with pytest.raises(NoLakeError, match=r"has no release r7"):
        read_catalog(cluster, "r7")
    with LakeSession(cluster, catalog=BUILD) as session:
        assert session.scalar("select count(*) from r1.interactions") == 2500


def test_a_query_process_gets_the_password_by_its_environment(
    cluster: ClusterLake, capfd: pytest.CaptureFixture[str]
) -> None:
    with QueryProcess(cluster, Limits(60, 2, 1, 100)) as queries:
        queries.run(QUERY, "csv")
        command_line = Path(f"/proc/{queries._child.pid}/cmdline").read_bytes()
    assert "Amélie" in capfd.readouterr().out
    assert b"query_worker" in command_line
    assert CANARY.encode() not in command_line


@pytest.mark.parametrize("arguments", [["sql", QUERY], ["history"], ["history", "--release=1"]])
def test_commands_read_the_cluster(chosen: ClusterLake, arguments: list[str]) -> None:
    done = subprocess.run([REELHOUSE, *arguments], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert ("Amélie" if arguments[0] == "sql" else "r1") in done.stdout
    assert CANARY not in done.stdout + done.stderr


@pytest.mark.parametrize("command", [["maintain"], ["forget", "7"], ["clean"], ["tune"], ["demo"]])
def test_commands_that_change_local_files_refuse_the_target(
    chosen: ClusterLake, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    assert main(command) == 1
    assert f"`reelhouse {command[0]}` uses the lake of this machine only" in capsys.readouterr().err


BROKEN = {
    "refused": ("start the server, or correct its address in REELHOUSE_CATALOG_URI", {}),
    "password": (
        "correct REELHOUSE_CATALOG_USER and REELHOUSE_CATALOG_PASSWORD",
        {"password": f"{CANARY}-of-another-server"},
    ),
    "role": ("correct REELHOUSE_CATALOG_USER", {"user": "nobody"}),
    "database": ("create the database, or correct its name in REELHOUSE_CATALOG_URI", {}),
    "sqlite": ("write it as jdbc:postgresql://db:5432/lake", {"uri": f"jdbc:sqlite:/{CANARY}"}),
    "port": ("has an invalid host or port", {"uri": f"postgresql://u:{CANARY}@db:x/lake"}),
    "option": ("check REELHOUSE_CATALOG_URI", {}),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_address_is_one_sentence_without_the_password(
    cluster: ClusterLake, case: str
) -> None:
    said, changes = BROKEN[case]
    if case == "refused":
        changes = {"uri": f"jdbc:postgresql://127.0.0.1:{free_port()}/lake?password={CANARY}"}
    elif case == "database":
        changes = {"uri": cluster.uri.replace("/unit", "/other")}
    elif case == "option":
        changes = {"uri": f"{cluster.uri}?sslmode=odd"}
    broken = replace(cluster, **changes)

    done = subprocess.run(
        [REELHOUSE, "sql", QUERY],
        env={**os.environ, **environment_of(broken)},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert CANARY not in done.stderr


def test_a_warehouse_that_this_machine_lacks_is_named(cluster: ClusterLake, tmp_path: Path) -> None:
    with pytest.raises(ReelhouseError, match="set REELHOUSE_WAREHOUSE to the folder that its bu"):
        read_catalog(replace(cluster, warehouse=str(tmp_path)))


def test_an_empty_database_has_no_table_yet(cluster: ClusterLake) -> None:
    with pytest.raises(NoLakeError, match=r"no table yet: .* run `make build TARGET=cluster`"):
        read_catalog(replace(cluster, uri=cluster.uri.replace("/unit", "/postgres")))


def test_messages_and_tracebacks_show_no_password(cluster: ClusterLake) -> None:
    lake = replace(cluster, uri=f"postgresql+psycopg2://u:{CANARY}@db/lake?password={CANARY}")
    assert str(lake) == "postgresql+psycopg2://db/lake"
    assert CANARY not in repr(lake)


def test_a_connection_that_the_server_has_closed_is_opened_again(
    cluster: ClusterLake, postgresql_port: int
) -> None:
    read_catalog(cluster)
    others = "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'unit'"
    psql(postgresql_port, others, database="postgres", password=CANARY)
    assert read_catalog(cluster).tables
