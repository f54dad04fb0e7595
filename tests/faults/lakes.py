"""Lakes whose builds are killed: three small tables, in a catalog of SQLite or PostgreSQL."""

from __future__ import annotations

import multiprocessing
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import psycopg2
from pyiceberg.table import StaticTable

from servers import LOOPBACK

BUILD, PUBLISHED, NAMESPACE = "build", "lake", "reelhouse"
TABLES = ("a", "b", "c")
ROWS = 10
"""Rows of each table; all of them have the number of the build in the column `x`."""


@dataclass(frozen=True)
class FaultLake:
    """A lake by its folder and, for PostgreSQL, by the port and the database."""

    folder: str
    port: int = 0
    database: str = ""

    @property
    def is_sqlite(self) -> bool:
        return not self.port

    @property
    def settings(self) -> dict[str, str]:
        """The settings of the catalog for Java, as profiles.yml has them."""
        uri = f"jdbc:sqlite:{self.folder}/catalog.db"
        if self.port:
            uri = f"jdbc:postgresql://{LOOPBACK}:{self.port}/{self.database}"
        # The driver sends the texts of statements, by which the proxy cuts connections.
        threshold = {"jdbc.prepareThreshold": "0"} if self.port else {}
        return {
            **threshold,
            "uri": uri,
            "warehouse": f"{self.folder}/warehouse",
            "jdbc.user": "lake",
            "jdbc.schema-version": "V1",
            "jdbc.busy_timeout": "30000",
        }

    @property
    def uri(self) -> str:
        """The address of the database for PyIceberg."""
        if self.port:
            return f"postgresql+psycopg2://lake@{LOOPBACK}:{self.port}/{self.database}"
        return f"sqlite:///{self.folder}/catalog.db"

    @property
    def spec(self) -> dict[str, Any]:
        return asdict(self)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a query in the database of the catalog."""
        with self.connected() as connection, closing(connection.cursor()) as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    @contextmanager
    def connected(self) -> Iterator[Any]:
        if self.port:
            opened: Any = psycopg2.connect(self.uri.replace("+psycopg2", ""))
        else:
            opened = sqlite3.connect(f"{self.folder}/catalog.db", timeout=30)
        with closing(opened):
            yield opened


def forking_context() -> Any:
    """Return a context for processes that are forked from one that has imported all modules."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.faults.publisher", "tests.faults.killed_calls"])
    return context


@dataclass(frozen=True)
class Table:
    """A row of the catalog."""

    catalog: str
    name: str
    location: str


class Verifier:
    """Checks a lake after each fault, and counts what is wrong."""

    def __init__(self, lake: FaultLake) -> None:
        self.lake = lake
        self.lost_rows = 0
        self.mixed_releases = 0
        self.unreadable = 0
        self.problems: list[str] = []
        self._read: dict[str, int | None] = {}
        """Metadata file → the number of the build in its rows."""
        self._releases: dict[int, dict[str, str]] = {}

    def verify(self, acknowledged: set[int]) -> None:
        """Check that readers see one whole release, and that no release has changed.

        Args:
            acknowledged: numbers of the releases that a publisher has reported as published.
        """
        query = "select catalog_name, table_name, metadata_location from iceberg_tables"
        rows = [Table(*row) for row in self.lake.query(query)]
        has_releases = bool(self.lake.query(_HAS_RELEASES[self.lake.is_sqlite]))
        numbers = [n for (n,) in self.lake.query(_NUMBERS)] if has_releases else []
        missing = acknowledged.difference(numbers)
        if missing:
            self._lose(len(missing) * len(TABLES) * ROWS, f"releases {missing} are gone")
        found = {n: {t.name: t.location for t in rows if t.catalog == f"r{n}"} for n in numbers}
        for number, tables in self._releases.items():
            if found.get(number) != tables:
                self._lose(len(TABLES) * ROWS, f"release {number} has changed")
        published = {t.name: t.location for t in rows if t.catalog == PUBLISHED}
        if published != (found[max(numbers)] if numbers else {}):
            self.mixed_releases += 1
            self.problems.append("the published catalog is not the newest release")
        for number in found.keys() - self._releases.keys():
            self._check_release(number, found[number])
        self._releases = found
        for table in rows:
            if table.catalog == BUILD:  # which the next build reads
                self._value(table.location)

    @property
    def release_count(self) -> int:
        """The number of releases that the last check has found."""
        return len(self._releases)

    def verify_all(self) -> None:
        """Read every release again."""
        self._read.clear()
        for number, tables in self._releases.items():
            self._check_release(number, tables)

    def _check_release(self, number: int, tables: dict[str, str]) -> None:
        if sorted(tables) != sorted(TABLES):
            self._lose(ROWS, f"release {number} has the tables {sorted(tables)}")
        values = {self._value(location) for location in tables.values()}
        if len(values) > 1:
            self.mixed_releases += 1
            self.problems.append(f"release {number} has tables of the builds {values}")

    def _value(self, location: str) -> int | None:
        """Return the number of the build that a table is of."""
        if location not in self._read:
            self._read[location] = self._read_value(location)
        return self._read[location]

    def _read_value(self, location: str) -> int | None:
        try:
            found = StaticTable.from_metadata(location).scan().to_arrow()
        except Exception as error:
            self.unreadable += 1
            self.problems.append(f"{location} cannot be read: {error}")
            return None
        values = found["x"].unique().to_pylist()
        if found.num_rows != ROWS or len(values) != 1:
            self._lose(abs(ROWS - found.num_rows) or ROWS, f"{location}: {found.num_rows} rows")
        return values[0] if values else None

    def _lose(self, rows: int, problem: str) -> None:
        self.lost_rows += rows
        self.problems.append(problem)


_NUMBERS = "select release_number from releases"
_HAS_RELEASES = {
    True: "select 1 from sqlite_master where name = 'releases'",
    False: "select 1 from pg_catalog.pg_tables where tablename = 'releases'",
}
