"""The database of a lake's catalog: a file of SQLite, or PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from reelhouse.errors import ReelhouseError
from reelhouse.lake.cluster import ClusterLake, Lake
from reelhouse.lake.postgresql import connected_to


class CatalogDatabase:
    """A connection for reading the catalog; both databases answer the same queries."""

    def __init__(self, connection: Any, is_sqlite: bool) -> None:
        """Wrap a connection of sqlite3 or psycopg2."""
        self._connection, self._is_sqlite = connection, is_sqlite

    def rows(self, query: str, *values: str | int) -> list[tuple[Any, ...]]:
        """Return the rows of a query, with the values in place of its ``?``."""
        with closing(self._connection.cursor()) as cursor:
            if self._is_sqlite:
                cursor.execute(query, values)
            else:
                cursor.execute(query.replace("%", "%%").replace("?", "%s"), values)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def has_table(self, name: str) -> bool:
        """Return whether the database has a table."""
        tables = "sqlite_master where type = 'table' and name"
        if not self._is_sqlite:
            tables = (
                "pg_catalog.pg_tables where schemaname = any (current_schemas(false)) and tablename"
            )
        return bool(self.rows(f"select 1 from {tables} = ?", name))


@contextmanager
def catalog_database(lake: Lake) -> Iterator[CatalogDatabase | None]:
    """Open the database of a catalog for reading; None if a lake of this machine has none yet.

    Raises:
        ReelhouseError: the database cannot be read.
    """
    if isinstance(lake, ClusterLake):
        with connected_to(lake) as connection:
            yield CatalogDatabase(connection, is_sqlite=False)
    elif not catalog_file(lake).exists():
        yield None
    else:
        with connected(lake) as file:
            yield CatalogDatabase(file, is_sqlite=True)


def catalog_file(lake: Path) -> Path:
    """Return the SQLite file that lists the tables."""
    return lake / "catalog.db"


@contextmanager
def connected(lake: Path) -> Iterator[sqlite3.Connection]:
    """Open the catalog of a lake on this machine for reading and writing.

    A reader may have to write, since SQLite rolls back the transaction of a process that died.
    SQLite opens a file without write permission for reading only.

    Raises:
        ReelhouseError: the file cannot be read or written.
    """
    file = catalog_file(lake)
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=rw", uri=True, timeout=30)) as opened:
            yield opened
    except sqlite3.DatabaseError as error:
        reason, remedy = _explain(error)
        raise ReelhouseError(f"the catalog {file} {reason} ({error}): {remedy}") from error


def _explain(error: sqlite3.DatabaseError) -> tuple[str, str]:
    """Return what is wrong with the catalog, and the remedy."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the other bits are details
    if isinstance(error, sqlite3.IntegrityError):  # a trigger of dbt_spark_session, or a key
        return "refused a change", "nothing was changed; run the command again"
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "is in use", "run the command again when the other program has finished"
    if code == sqlite3.SQLITE_FULL:
        return "cannot be written", "free some space on the disk and run the command again"
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR):
        # SQLITE_ERROR: a table or a column is missing.
        return "is damaged", (
            "bring it back from a backup, or remove the lake and build it again with"
            " `make clean build`"
        )
    return "cannot be read", (
        "you need read access to this file, and write access after a killed build"
    )
