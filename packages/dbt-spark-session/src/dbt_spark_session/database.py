"""The database of an Iceberg JDBC catalog, through the JDBC driver in Spark's Java process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from dbt_common.exceptions import DbtRuntimeError
from pyspark.sql import SparkSession

SQLITE = "jdbc:sqlite:"
POSTGRESQL = "jdbc:postgresql:"


class Database:
    """A connection to the database; texts and whole numbers are the only values."""

    def __init__(self, connection: Any, uri: str) -> None:
        """Wrap a ``java.sql.Connection``."""
        self._connection = connection
        self.is_sqlite = uri.startswith(SQLITE)

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
def database_of(session: SparkSession, catalog: str) -> Iterator[Database]:
    """Connect to the database of a JDBC catalog that Spark's settings name.

    Raises:
        DbtRuntimeError: The catalog is not a JDBC catalog, or no driver accepts its URI.
    """
    prefix = f"spark.sql.catalog.{catalog}."
    settings = {
        key.removeprefix(prefix): value
        for key, value in session.conf.getAll.items()
        if key.startswith(prefix)
    }
    uri = settings.get("uri", "")
    if not uri.startswith("jdbc:"):
        raise DbtRuntimeError(
            f"releases need a JDBC catalog, and '{catalog}' is not one: set {prefix}type to jdbc,"
            f" and {prefix}uri to an address that starts with {SQLITE} or {POSTGRESQL}"
        )
    jvm: Any = session._jvm
    properties = jvm.java.util.Properties()
    for key, value in settings.items():
        if key.startswith("jdbc."):
            properties.setProperty(key.removeprefix("jdbc."), value)
    if uri.startswith(SQLITE):
        # A transaction that reads first and then writes would fail if another process has written
        # in between; this one takes the lock for writing at its start.
        properties.setProperty("transaction_mode", "IMMEDIATE")
    connection = _driver(jvm, uri).connect(uri, properties)
    try:
        yield Database(connection, uri)
    finally:
        connection.close()


def _driver(jvm: Any, uri: str) -> Any:
    """Return the JDBC driver for a URI; ``DriverManager`` finds none in ``spark.jars.packages``."""
    loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
    driver = jvm.java.lang.Class.forName("java.sql.Driver")
    for found in jvm.java.util.ServiceLoader.load(driver, loader).iterator():
        if found.acceptsURL(uri):
            return found
    scheme = ":".join(uri.split(":")[:2])
    raise DbtRuntimeError(f"there is no JDBC driver for {scheme}: add its jar to spark.jars")
