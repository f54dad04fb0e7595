"""Releases: the tables of a build become visible to readers all at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from dbt_common.exceptions import DbtRuntimeError
from pyiceberg.catalog.sql import SqlCatalog
from pyspark.sql import SparkSession

from release_lake import Lake
from servers import LOOPBACK, postgresql, psql


@pytest.fixture(scope="module")
def postgresql_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with postgresql(tmp_path_factory.mktemp("postgresql")) as port:
        yield port


def test_readers_see_a_build_when_it_is_published(shop: Lake) -> None:
    shop.write(1)
    first = shop.releases.publish(None, "build-1")
    shop.write(2)
    assert shop.read(shop.readers) == [1, 1]

    second = shop.releases.publish(first.number, "build-2")

    assert shop.read(shop.readers) == [2, 2]
    assert shop.releases.current() == second
    assert (second.number, second.previous, second.catalog) == (2, 1, "r2")


def test_a_release_never_changes(shop: Lake) -> None:
    shop.write(1)
    shop.releases.publish(None, "build-1")
    shop.write(2)
    shop.releases.publish(1, "build-2")
    shop.sql(f"drop table {shop.build}.shop.b")
    shop.releases.publish(2, "build-3")

    assert shop.read("r1") == [1, 1]
    assert shop.read("r2") == [2, 2]
    names = {name for _, name, _ in shop.sql("show tables in r3.shop")}
    assert "a" in names
    assert "b" not in names


def test_a_view_reads_the_tables_of_its_release(shop: Lake) -> None:
    shop.write(1)
    shop.releases.publish(None, "build-1")
    shop.write(5)
    shop.releases.publish(1, "build-2")

    assert shop.sql("select y from r1.shop.v") == [(2,)]
    assert shop.sql(f"select y from {shop.readers}.shop.v") == [(6,)]


def test_a_build_that_another_release_has_overtaken_is_not_published(shop: Lake) -> None:
    shop.write(1)
    shop.releases.publish(None, "build-1")
    shop.write(2)

    with pytest.raises(DbtRuntimeError, match="release 1 was published while this command ran"):
        shop.releases.publish(None, "build-2")

    assert shop.releases.current().invocation_id == "build-1"


def test_a_rollback_brings_an_earlier_release_back(shop: Lake) -> None:
    shop.write(1)
    shop.releases.publish(None, "build-1")
    shop.write(2)
    shop.releases.publish(1, "build-2")

    back = shop.releases.roll_back(1, "back")

    assert (back.number, back.copy_of) == (3, 1)
    assert shop.read(shop.readers) == shop.read(shop.build) == [1, 1]
    assert shop.read("r2") == [2, 2]
    with pytest.raises(DbtRuntimeError, match="no release 9: the releases are 1, 2, 3"):
        shop.releases.roll_back(9, "back")


def expire(shop: Lake) -> None:
    """Remove the snapshots of a table that are neither current nor tagged."""
    shop.sql(
        f"call {shop.build}.system.expire_snapshots("
        "table => 'shop.a', older_than => timestamp '2999-01-01', retain_last => 1)"
    )


def test_expiry_keeps_the_snapshots_of_releases(shop: Lake) -> None:
    shop.write(1)
    shop.releases.publish(None, "build-1")
    shop.write(2)
    shop.write(3)
    shop.releases.publish(1, "build-2")
    shop.releases.roll_back(1, "back")
    shop.write(4)
    expire(shop)

    assert [shop.read(name)[0] for name in ("r1", "r2", "r3")] == [1, 3, 1]
    tags = shop.sql(f"select name from {shop.build}.shop.a.refs where type = 'TAG' order by 1")
    assert tags == [("r1",), ("r3",)]


def test_tables_from_before_releases_become_the_first_release(shop: Lake) -> None:
    for key, value in (("a", 1), ("b", 2)):
        shop.sql(f"create namespace if not exists {shop.readers}.shop")
        shop.sql(f"create table {shop.readers}.shop.{key} as select {value} as x")

    shop.releases.adopt()
    shop.releases.adopt()

    assert shop.read(shop.readers) == shop.read(shop.build) == shop.read("r1") == [1, 2]
    assert len(shop.releases.all()) == 1
    with pytest.raises(DbtRuntimeError, match="a release never changes"):
        shop.sql(f"insert into {shop.readers}.shop.a values (7)")


def test_tables_of_another_program_are_not_replaced(shop: Lake) -> None:
    shop.write(1)
    shop.sql(f"create namespace {shop.readers}.shop")
    shop.sql(f"create table {shop.readers}.shop.other as select 1 as x")

    shop.releases.adopt()
    with pytest.raises(DbtRuntimeError, match="dbt has not published, such as"):
        shop.releases.publish(None, "build-1")

    assert shop.sql(f"select x from {shop.readers}.shop.other") == [(1,)]


def test_a_selection_is_published_without_tables_that_another_command_left(shop: Lake) -> None:
    shop.write(1)
    shop.releases.publish(None, "build-1")
    shop.write(2)

    with pytest.raises(DbtRuntimeError, match="has changed other tables"):
        shop.releases.publish(1, "selection", {("shop", "a")})
    shop.releases.publish(1, "selection", {("shop", name) for name in "abv"})
    again = shop.releases.publish(1, "selection", set())
    unchanged = shop.releases.publish(2, "another", {("shop", "a")})

    assert shop.read(shop.readers) == [2, 2]
    assert again.number == unchanged.number == 2


@pytest.mark.parametrize("catalog", ["readers", "r1"])
@pytest.mark.parametrize(
    "statement",
    [
        "insert into {}.shop.a values (7)",
        "create table {}.shop.c as select 7 as x",
        "create or replace table {}.shop.a as select 7 as x",
        "drop table {}.shop.a",
        "create namespace {}.other",
    ],
)
def test_spark_cannot_write_to_a_release(shop: Lake, catalog: str, statement: str) -> None:
    shop.write(1)
    shop.releases.publish(None, "build-1")
    name = shop.readers if catalog == "readers" else catalog

    with pytest.raises(DbtRuntimeError, match="a release never changes"):
        shop.sql(statement.format(name))

    assert shop.read(name) == [1, 1]


def test_pyiceberg_reads_a_release_and_cannot_write_to_it(shop: Lake) -> None:
    shop.write(1)
    shop.releases.publish(None, "build-1")
    shop.write(2)
    uri = f"sqlite:///{shop.folder}/catalog.db"
    table = SqlCatalog(shop.readers, uri=uri).load_table("shop.a")
    rows = table.scan().to_arrow()

    with pytest.raises(Exception, match="a release never changes"):
        table.append(rows)

    assert rows.to_pylist() == [{"x": 1}]


def test_releases_in_postgresql(spark: SparkSession, tmp_path: Path, postgresql_port: int) -> None:
    uri = f"jdbc:postgresql://{LOOPBACK}:{postgresql_port}/lake"
    shop = Lake(spark.newSession(), tmp_path, uri)
    shop.write(1)
    first = shop.releases.publish(None, "build-1")
    shop.write(2)
    shop.releases.publish(first.number, "build-2")
    assert shop.read(shop.readers) == [2, 2]
    assert shop.read(first.catalog) == [1, 1]

    for statement in ("insert into r1.shop.a values (7)", f"drop table {shop.readers}.shop.a"):
        with pytest.raises(DbtRuntimeError, match="a release never changes"):
            shop.sql(statement)
    shop.write(3)
    with pytest.raises(DbtRuntimeError, match="release 2 was published while this command ran"):
        shop.releases.publish(first.number, "build-3")

    shop.releases.roll_back(first.number, "back")
    assert shop.read(shop.readers) == shop.read(shop.build) == [1, 1]
    released = "select release_number, previous_release, copy_of from releases"
    assert psql(postgresql_port, f"{released} order by 1") == ["1,,", "2,1,", "3,2,1"]


def test_nothing_to_publish(shop: Lake) -> None:
    with pytest.raises(DbtRuntimeError, match="has no table, so there is nothing to publish"):
        shop.releases.publish(None, "build-1")
