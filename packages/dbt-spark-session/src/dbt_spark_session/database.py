"""The database of an Iceberg JDBC catalog, through the JDBC driver in Spark's Java process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from dbt_spark_session.java_catalog import SQLITE, JavaCatalog


class Database:
    """A connection to the database; texts and whole numbers are the only values."""

    def __init__(self, connection: Any, is_sqlite: bool) -> None:
        """Wrap a ``java.sql.Connection``."""
        self._connection = connection
        self.is_sqlite = is_sqlite

    def execute(self, sql: str, *values: str | int | None) -> int:
        """Run a statement, with the values in place of its ``?``; return the number of rows."""
        with self._prepared(sql, values) as statement:
            return int(statement.executeUpdate())

    def query(self, sql: str, *values: str | int | None) -> list[tuple[Any, ...]]:
        """Run a query, with the values in place of its ``?``; return its rows."""
        with self._prepared(sql, values) as statement:
            result = statement.executeQuery()
            width = result.getMetaData().getColumnCount()
            rows = []
            while result.next():
                rows.append(tuple(result.getObject(index + 1) for index in range(width)))
            return rows

    def has_table(self, name: str) -> bool:
        """Return whether the database has a table."""
        tables = "sqlite_master where type = 'table' and name"
        if not self.is_sqlite:
            tables = (
                "pg_catalog.pg_tables where schemaname = any (current_schemas(false)) and tablename"
            )
        return bool(self.query(f"select 1 from {tables} = ?", name))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit the statements of the block together; roll all of them back after an error.

        The connection is closed after an error.
        """
        self._connection.setAutoCommit(False)
        try:
            yield
            self._connection.commit()
            self._connection.setAutoCommit(True)
        except BaseException:
            # The connection may be lost, and then the database rolls back by itself.
            with suppress(Exception):
                self._connection.rollback()
            with suppress(Exception):
                self._connection.close()
            raise

    @contextmanager
    def _prepared(self, sql: str, values: tuple[str | int | None, ...]) -> Iterator[Any]:
        statement = self._connection.prepareStatement(sql)
        try:
            for index, value in enumerate(values):
                statement.setObject(index + 1, value)
            yield statement
        finally:
            statement.close()


@contextmanager
def database_of(catalog: JavaCatalog) -> Iterator[Database]:
    """Connect to the database of a JDBC catalog.

    Raises:
        DbtRuntimeError: An error of ``JavaCatalog.connect``.
    """
    is_sqlite = catalog.uri.startswith(SQLITE)
    # A transaction that reads first and then writes would fail if another process has written in
    # between; this one takes the lock for writing at its start.
    connection = catalog.connect(**({"transaction_mode": "IMMEDIATE"} if is_sqlite else {}))
    try:
        yield Database(connection, is_sqlite)
    finally:
        connection.close()
