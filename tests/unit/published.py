"""Lakes with releases: PyIceberg writes the tables, and the plug-in's own SQL publishes them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog

from dbt_spark_session.release_tables import (
    Release,
    copy_rows,
    create_release_tables,
    insert_release,
    next_number,
    releases_of,
)
from reelhouse.lake.catalog import BUILD, PUBLISHED


class Sqlite:
    """The plug-in's Database, without Java."""

    is_sqlite = True

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, *values: Any) -> int:
        return self._connection.execute(sql, values).rowcount

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, values).fetchall()

    def has_table(self, name: str) -> bool:
        return bool(self.query("select 1 from sqlite_master where name = ?", name))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._connection:
            yield


def build_catalog(lake: Path) -> SqlCatalog:
    """Open the catalog that builds write to."""
    lake.mkdir(parents=True, exist_ok=True)
    catalog = SqlCatalog(BUILD, uri=f"sqlite:///{lake}/catalog.db", warehouse=f"{lake}/warehouse")
    catalog.create_namespace_if_not_exists("reelhouse")
    return catalog


def publish(
    lake: Path, tables: Mapping[str, pa.Table], copy_of: int | None = None, code: str = "c0de"
) -> int:
    """Replace tables of the build and publish them, as dbt does; return the number of the release.

    Each release takes as many seconds as its number.
    """
    with closing(build_catalog(lake)) as catalog, closing(connected(lake)) as connection:
        database: Any = Sqlite(connection)
        create_release_tables(database)
        number = next_number(database)
        if copy_of is not None:
            with database.transaction():
                copy_rows(database, f"r{copy_of}", BUILD)
        for name, rows in tables.items():
            identifier = f"reelhouse.{name}"
            if catalog.table_exists(identifier):
                catalog.load_table(identifier).overwrite(rows)
            else:
                catalog.create_table(identifier, rows.schema).append(rows)
        for listed in catalog.list_tables("reelhouse"):
            table = catalog.load_table(listed)
            snapshot = table.current_snapshot()
            if snapshot is not None:
                table.manage_snapshots().create_tag(snapshot.snapshot_id, f"r{number}").commit()
        newest = next(iter(releases_of(database, PUBLISHED)), None)
        with database.transaction():
            database.execute("insert into releases_in_progress values (1)")
            for name in (PUBLISHED, f"r{number}"):
                copy_rows(database, BUILD, name)
            release = Release(
                *(number, f"2026-11-{number:02}T05:00:{number:02}Z", f"build-{number}"),
                *(newest and newest.number, copy_of),
                *(None if copy_of else f"2026-11-{number:02}T05:00:00Z", None if copy_of else code),
            )
            insert_release(database, release, PUBLISHED)
            database.execute("delete from releases_in_progress")
    return number


def connected(lake: Path) -> sqlite3.Connection:
    return sqlite3.connect(lake / "catalog.db")
