"""Releases: the tables of a build become visible to readers all at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from dbt.tests.util import run_dbt_and_capture
from dbt_common.exceptions import DbtRuntimeError
from pyiceberg.catalog.sql import SqlCatalog
from pyspark.sql import SparkSession

from dbt_spark_session.parameters import PUBLISH
from dbt_spark_session.releases import Releases
from servers import LOOPBACK, postgresql, psql

NAMES = iter(range(1000))


class Lake:
    """A database with its own two catalogs, in the session of all tests."""

    def __init__(self, spark: SparkSession, folder: Path, uri: str = "") -> None:
        number = next(NAMES)
        self.spark, self.folder = spark, folder
        self.uri = uri or f"jdbc:sqlite:{folder}/catalog.db"
        self.build, self.readers = f"build{number}", f"readers{number}"
        for name in (self.build, self.readers, "r1", "r2", "r3"):
            self.add_catalog(name)
        self.sql(f"create namespace {self.build}.shop")
        self.releases = Releases(spark, self.build, self.readers)

    def add_catalog(self, name: str) -> None:
        prefix = f"spark.sql.catalog.{name}"
        for key, value in {
            "": "org.apache.iceberg.spark.SparkCatalog",
            ".type": "jdbc",
            ".uri": self.uri,
            ".jdbc.user": "lake",
            ".warehouse": f"{self.folder}/warehouse",
            ".jdbc.schema-version": "V1",
            ".cache-enabled": "false",
        }.items():
            self.spark.conf.set(f"{prefix}{key}", value)

    def sql(self, query: str) -> list[Any]:
        return [tuple(row) for row in self.spark.sql(query).collect()]

    def write(self, value: int) -> None:
        """Build two tables and a view anew, as dbt does."""
        for table in ("a", "b"):
            self.sql(f"create or replace table {self.build}.shop.{table} as select {value} as x")
        self.sql(f"create or replace view {self.build}.shop.v as select x + 1 as y from shop.a")

    def read(self, catalog: str) -> list[int]:
        return [self.sql(f"select * from {catalog}.shop.{table}")[0][0] for table in "ab"]


@pytest.fixture(scope="module")
def postgresql_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with postgresql(tmp_path_factory.mktemp("postgresql")) as port:
        yield port


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> Iterator[Lake]:
    # Spark keeps a catalog that it has loaded, so each test has a session of its own.
    yield Lake(spark.newSession(), tmp_path)


def test_readers_see_a_build_when_it_is_published(lake: Lake) -> None:
    lake.write(1)
    first = lake.releases.publish(None, "build-1")
    lake.write(2)
    assert lake.read(lake.readers) == [1, 1]

    second = lake.releases.publish(first.number, "build-2")

    assert lake.read(lake.readers) == [2, 2]
    assert lake.releases.current() == second
    assert (second.number, second.previous, second.catalog) == (2, 1, "r2")


def test_a_release_never_changes(lake: Lake) -> None:
    lake.write(1)
    lake.releases.publish(None, "build-1")
    lake.write(2)
    lake.releases.publish(1, "build-2")
    lake.sql(f"drop table {lake.build}.shop.b")
    lake.releases.publish(2, "build-3")

    assert lake.read("r1") == [1, 1]
    assert lake.read("r2") == [2, 2]
    assert lake.sql("select tableName from (show tables in r3.shop)") == [("a",)]


def test_a_view_reads_the_tables_of_its_release(lake: Lake) -> None:
    lake.write(1)
    lake.releases.publish(None, "build-1")
    lake.write(5)
    lake.releases.publish(1, "build-2")

    assert lake.sql("select y from r1.shop.v") == [(2,)]
    assert lake.sql(f"select y from {lake.readers}.shop.v") == [(6,)]


def test_a_build_that_another_release_has_overtaken_is_not_published(lake: Lake) -> None:
    lake.write(1)
    lake.releases.publish(None, "build-1")

    with pytest.raises(DbtRuntimeError, match="release 1 was published while this build ran"):
        lake.releases.publish(None, "build-2")

    assert lake.releases.current().invocation_id == "build-1"


def test_a_rollback_brings_an_earlier_release_back(lake: Lake) -> None:
    lake.write(1)
    lake.releases.publish(None, "build-1")
    lake.write(2)
    lake.releases.publish(1, "build-2")

    back = lake.releases.roll_back(1, "back")

    assert (back.number, back.copy_of) == (3, 1)
    assert lake.read(lake.readers) == lake.read(lake.build) == [1, 1]
    assert lake.read("r2") == [2, 2]
    with pytest.raises(DbtRuntimeError, match="no release 9: the releases are 1, 2, 3"):
        lake.releases.roll_back(9, "back")


def test_what_readers_see_keeps_its_snapshots(lake: Lake) -> None:
    lake.write(1)
    lake.releases.publish(None, "build-1")
    lake.write(2)
    lake.sql(
        f"call {lake.build}.system.expire_snapshots("
        "table => 'shop.a', older_than => timestamp '2999-01-01', retain_last => 1)"
    )

    assert lake.read("r1") == [1, 1]


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
def test_spark_cannot_write_to_a_release(lake: Lake, catalog: str, statement: str) -> None:
    lake.write(1)
    lake.releases.publish(None, "build-1")
    name = lake.readers if catalog == "readers" else catalog

    with pytest.raises(Exception, match="a release never changes"):
        lake.sql(statement.format(name))

    assert lake.read(name) == [1, 1]


def test_pyiceberg_reads_a_release_and_cannot_write_to_it(lake: Lake) -> None:
    lake.write(1)
    lake.releases.publish(None, "build-1")
    lake.write(2)
    uri = f"sqlite:///{lake.folder}/catalog.db"
    table = SqlCatalog(lake.readers, uri=uri).load_table("shop.a")
    rows = table.scan().to_arrow()

    with pytest.raises(Exception, match="a release never changes"):
        table.append(rows)

    assert rows.to_pylist() == [{"x": 1}]


def test_a_publication_that_fails_changes_nothing(lake: Lake) -> None:
    lake.write(1)
    lake.releases.publish(None, "build-1")
    lake.write(2)
    with closing(sqlite3.connect(lake.folder / "catalog.db")) as database, database:
        database.execute(
            "create trigger fail before insert on releases begin select raise(abort, 'disk'); end"
        )

    with pytest.raises(Exception, match="disk"):
        lake.releases.publish(1, "build-2")

    assert lake.read(lake.readers) == [1, 1]
    assert lake.releases.current().number == 1
    with closing(sqlite3.connect(lake.folder / "catalog.db")) as database, database:
        database.execute("drop trigger fail")
    assert lake.releases.publish(1, "build-2").number == 2
    assert lake.read(lake.readers) == [2, 2]


def test_releases_in_postgresql(spark: SparkSession, tmp_path: Path, postgresql_port: int) -> None:
    uri = f"jdbc:postgresql://{LOOPBACK}:{postgresql_port}/lake"
    lake = Lake(spark.newSession(), tmp_path, uri)
    lake.write(1)
    first = lake.releases.publish(None, "build-1")
    lake.write(2)
    lake.releases.publish(first.number, "build-2")
    assert lake.read(lake.readers) == [2, 2]
    assert lake.read(first.catalog) == [1, 1]

    for statement in ("insert into r1.shop.a values (7)", f"drop table {lake.readers}.shop.a"):
        with pytest.raises(Exception, match="a release never changes"):
            lake.sql(statement)
    with pytest.raises(DbtRuntimeError, match="release 2 was published while this build ran"):
        lake.releases.publish(first.number, "build-3")

    lake.releases.roll_back(first.number, "back")
    assert lake.read(lake.readers) == lake.read(lake.build) == [1, 1]
    released = "select release_number, previous_release, copy_of from releases"
    assert psql(postgresql_port, f"{released} order by 1") == ["1,,", "2,1,", "3,2,1"]


def test_nothing_to_publish(lake: Lake) -> None:
    with pytest.raises(DbtRuntimeError, match="has no table, so there is nothing to publish"):
        lake.releases.publish(None, "build-1")


class TestReleasesOfBuilds:
    @pytest.fixture(scope="class")
    def dbt_profile_target(self, dbt_profile_target: dict[str, Any]) -> dict[str, Any]:
        parameters = {**dbt_profile_target["server_side_parameters"], PUBLISH: "readers"}
        return {**dbt_profile_target, "server_side_parameters": parameters}

    @pytest.fixture(scope="class")
    def project_config_update(self) -> dict[str, Any]:
        return {"on-run-end": "{{ publish_release(results) }}"}

    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {
            "a.sql": "select {{ var('x') }} as x",
            "b.sql": "{{ config(materialized='table') }} select x from {{ ref('a') }}",
        }

    @pytest.fixture(scope="class")
    def tests(self) -> dict[str, str]:
        return {"x_is_not_13.sql": "select * from {{ ref('b') }} where x = 13"}

    def test_a_build_is_published_when_everything_succeeds(
        self, project: Any, spark: SparkSession
    ) -> None:
        def dbt(command: str, x: int, passes: bool = True) -> str:
            variables = ["--vars", f"x: {x}"]
            _, output = run_dbt_and_capture([*command.split(), *variables], expect_pass=passes)
            return str(output)

        def read() -> list[int]:
            tables = (f"readers.{project.test_schema}.{name}" for name in "ab")
            return [spark.table(table).collect()[0].x for table in tables]

        first = dbt("build", 1).split("published release r")[1].split()[0]
        assert read() == [1, 1]

        assert "published" not in dbt("run", 2) + dbt("build --select a b", 3)
        assert "no release: 1 nodes did not succeed, such as x_is_not_13" in dbt("build", 13, False)
        assert read() == [1, 1]

        assert f"published release r{int(first) + 1}" in dbt("build", 4)
        assert read() == [4, 4]

        dbt(f"run-operation roll_back --args {{release:{first}}}", 4)
        assert read() == [1, 1]
