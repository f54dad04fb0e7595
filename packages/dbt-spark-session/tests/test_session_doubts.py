"""A publication in PostgreSQL whose connection is lost, and a second builder on another machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from dbt_common.exceptions import DbtRuntimeError
from pyiceberg.catalog.sql import SqlCatalog

from bare_java import BareJava, bare_java
from dbt_spark_session.catalog_lock import CatalogLock
from dbt_spark_session.database import Database
from dbt_spark_session.java_catalog import JavaCatalog
from dbt_spark_session.releases import Releases
from proxies import CuttingProxy, cutting_proxy
from servers import LOOPBACK, postgresql, psql


@pytest.fixture(scope="module")
def java() -> Iterator[BareJava]:
    with bare_java() as java:
        yield java


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with postgresql(tmp_path_factory.mktemp("postgresql")) as port:
        yield port


@pytest.fixture
def proxy(port: int) -> Iterator[CuttingProxy]:
    with cutting_proxy(port) as proxy:
        yield proxy


@pytest.fixture
def build(port: int, proxy: CuttingProxy, java: BareJava, tmp_path: Path) -> Iterator[JavaCatalog]:
    """A new database with two tables in the catalog `build`, which the proxy reaches."""
    psql(port, "drop database if exists shop with (force)")
    psql(port, "create database shop")
    uri = f"postgresql+psycopg2://lake@{LOOPBACK}:{port}/shop"
    with SqlCatalog("build", uri=uri, warehouse=str(tmp_path)) as tables:
        tables.create_namespace("shop")
        for name in ("a", "b"):
            tables.create_table(f"shop.{name}", pa.schema([("x", pa.int64())]))
    settings = {
        "uri": f"jdbc:postgresql://{LOOPBACK}:{proxy.port}/shop",
        "jdbc.user": "lake",
        "warehouse": str(tmp_path),
    }
    yield java.catalog("build", settings)


def rename(port: int) -> None:
    """Change a table of the build."""
    where = "where catalog_name = 'build' and table_name = 'b'"
    psql(port, f"update iceberg_tables set table_name = 'c' {where}", "shop")


def names(port: int) -> list[str]:
    return psql(port, "select distinct catalog_name from iceberg_tables order by 1", "shop")


def test_a_publication_that_was_committed_is_not_reported_as_failed(
    build: JavaCatalog, proxy: CuttingProxy, port: int
) -> None:
    releases = Releases(build, "lake")
    proxy.cut_after("COMMIT")
    # The first transaction creates the tables of releases; cut the second one.
    with pytest.raises(Exception, match="I/O error"):
        releases.publish(None, "first")
    proxy.cut_after("delete from releases_in_progress")
    with pytest.raises(Exception, match="I/O error"):
        releases.publish(None, "second")
    assert names(port) == ["build"]

    proxy.cut_after("COMMIT")
    release = releases.publish(None, "third")

    assert proxy.cuts == 3
    assert release.number == 1
    assert names(port) == ["build", "lake", "r1"]
    assert releases.publish(None, "third") == release


def test_a_publication_whose_commit_got_lost_changes_nothing(
    build: JavaCatalog, proxy: CuttingProxy, port: int
) -> None:
    releases = Releases(build, "lake")
    releases.publish(None, "first")
    rename(port)
    before = psql(port, "select * from iceberg_tables order by 1, 3", "shop")

    proxy.cut_before("COMMIT")
    with pytest.raises(Exception, match="I/O error"):
        releases.publish(1, "second")

    assert psql(port, "select * from iceberg_tables order by 1, 3", "shop") == before
    assert releases.publish(1, "second").number == 2


def test_a_database_that_does_not_answer_leaves_the_outcome_unknown(
    build: JavaCatalog, proxy: CuttingProxy, port: int
) -> None:
    releases = Releases(build, "lake")
    releases.publish(None, "first")
    rename(port)
    proxy.end_after("COMMIT")

    with pytest.raises(DbtRuntimeError, match="unknown whether release 2 was published"):
        releases.publish(1, "second")


def test_a_second_builder_on_another_machine_is_refused_in_one_sentence(
    build: JavaCatalog, java: BareJava, port: int
) -> None:
    other = java.catalog("another", build.settings)
    first, second = CatalogLock(build), CatalogLock(build)
    first.acquire("build")
    try:
        with pytest.raises(DbtRuntimeError) as refusal:
            second.acquire("run")
        assert re.fullmatch(
            r"Another dbt process is writing to the catalog 'build': `dbt build, pid \d+ on .+`,"
            r" since 20.+Z\. Wait until it has finished, or stop it\.",
            refusal.value.msg,
        )
        first.check()
        another_catalog = CatalogLock(other)
        another_catalog.acquire("run")
        another_catalog.release()
    finally:
        first.release()
    second.acquire("run")
    psql(port, "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'", "shop")
    with pytest.raises(DbtRuntimeError, match="the lock of the catalog was lost"):
        second.check()
    second.release()


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_a_lock_whose_command_is_stopped_while_it_is_taken_is_free(
    build: JavaCatalog, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    """PostgreSQL has granted the lock, and the command is stopped before it reads the answer."""
    query = Database.query

    def stopped(database: Database, sql: str, *values: str | int | None) -> None:
        query(database, sql, *values)
        if "pg_try_advisory_lock" in sql:
            raise error

    stopped_lock, next_lock = CatalogLock(build), CatalogLock(build)
    with monkeypatch.context() as patched, pytest.raises(error):
        patched.setattr(Database, "query", stopped)
        stopped_lock.acquire("build")

    next_lock.acquire("run")
    next_lock.check()
    next_lock.release()
