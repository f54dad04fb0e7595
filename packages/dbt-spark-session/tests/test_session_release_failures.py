"""Publications that fail, and releases whose files are lost."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from dbt_common.exceptions import DbtRuntimeError

from dbt_spark_session import releases
from dbt_spark_session.java_catalog import catalog_of_session
from dbt_spark_session.release_files import missing_file
from dbt_spark_session.releases import Releases
from release_lake import Lake


def refuse_releases(shop: Lake) -> None:
    """Let the database refuse the last statement but one of each publication."""
    execute(
        shop, "create trigger fail before insert on releases begin select raise(abort, 'disk'); end"
    )


def execute(shop: Lake, sql: str) -> None:
    with closing(sqlite3.connect(shop.folder / "catalog.db")) as database, database:
        database.execute(sql)


def test_a_publication_that_fails_changes_nothing(shop: Lake) -> None:
    shop.write(1)
    shop.releases.publish(None, "build-1")
    shop.write(2)
    refuse_releases(shop)

    with pytest.raises(Exception, match="disk"):
        shop.releases.publish(1, "build-2")

    assert shop.read(shop.readers) == [1, 1]
    assert shop.releases.current().number == 1
    execute(shop, "drop trigger fail")
    assert shop.releases.publish(1, "build-2").number == 2
    assert shop.read(shop.readers) == [2, 2]


def test_after_a_publication_that_fails_its_selection_can_be_published(shop: Lake) -> None:
    shop.write(1)
    shop.releases.publish(None, "build-1")
    shop.sql(f"create or replace table {shop.build}.shop.a as select 2 as x")
    refuse_releases(shop)
    with pytest.raises(Exception, match="disk"):
        shop.releases.publish(1, "selection", {("shop", "a")})
    execute(shop, "drop trigger fail")

    assert shop.releases.publish(1, "selection", {("shop", "a")}).number == 2

    assert shop.read(shop.readers) == [2, 1]


def test_a_rollback_that_fails_changes_nothing(shop: Lake) -> None:
    shop.write(1)
    shop.releases.publish(None, "build-1")
    shop.write(2)
    shop.releases.publish(1, "build-2")
    refuse_releases(shop)

    with pytest.raises(Exception, match="disk"):
        shop.releases.roll_back(1, "back")

    assert shop.read(shop.build) == shop.read(shop.readers) == [2, 2]


def test_a_test_that_builds_nothing_publishes_nothing(shop: Lake) -> None:
    shop.write(1)
    shop.releases.publish(None, "build-1")
    shop.write(2)

    assert shop.releases.publish(1, "test", set()).number == 1
    assert shop.read(shop.readers) == [1, 1]


def test_a_table_that_a_program_changes_meanwhile_is_not_published(
    shop: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.write(1)
    stock = releases.write_tags

    def write_tags_slowly(*arguments: Any) -> Any:
        written = stock(*arguments)
        shop.sql(f"insert into {shop.build}.shop.b values (7)")
        return written

    monkeypatch.setattr(releases, "write_tags", write_tags_slowly)
    with pytest.raises(DbtRuntimeError, match=r"another program has changed shop\.b while"):
        shop.releases.publish(None, "build-1")
    assert shop.releases.current() is None


def test_a_release_that_has_lost_a_file_is_not_compared(shop: Lake) -> None:
    shop.write(1)
    shop.releases.publish(None, "build-1")
    assert shop.releases.has_table(("shop", "a"))
    assert shop.releases.has_table(("shop", "v"))

    for file in (shop.folder / "warehouse/shop/a/data").glob("*.parquet"):
        file.unlink()
    for file in (shop.folder / "warehouse/shop/b/metadata").glob("*.avro"):
        file.unlink()

    assert not shop.releases.has_table(("shop", "a"))
    assert not shop.releases.has_table(("shop", "b"))
    assert not shop.releases.has_table(("shop", "nothing"))


def test_a_name_of_releases_is_refused_for_both_catalogs(shop: Lake) -> None:
    build = catalog_of_session(shop.spark, shop.build)
    with pytest.raises(DbtRuntimeError, match="the catalog 'r1' has a name of releases"):
        Releases(build, "r1")
    with pytest.raises(DbtRuntimeError, match="the catalog 'r2' has a name of releases"):
        Releases(catalog_of_session(shop.spark, "r2"), shop.readers)
    Releases(build, "r1_copy")


def test_a_lost_file_of_deleted_rows_is_found_and_looked_for_once(
    shop: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"{shop.build}.shop.a"
    shop.sql(
        f"create table {name} using iceberg tblproperties ('write.delete.mode' = 'merge-on-read',"
        " 'format-version' = '2') as select id from range(10)"
    )
    shop.sql(f"delete from {name} where id = 3")
    shop.releases.publish(None, "build-1")
    calls = []

    def counted(*arguments: Any) -> str | None:
        calls.append(arguments)
        return missing_file(*arguments)

    monkeypatch.setattr(releases, "missing_file", counted)
    catalog, looked_at = catalog_of_session(shop.spark, shop.build), dict[str, str | None]()
    for _ in range(2):  # dbt asks anew in each data test
        assert Releases(catalog, shop.readers, looked_at).has_table(("shop", "a"))
    assert len(calls) == 1

    (deletes,) = shop.sql(f"select file_path from {name}.delete_files")
    Path(deletes[0].removeprefix("file:")).unlink()
    assert not shop.releases.has_table(("shop", "a"))
