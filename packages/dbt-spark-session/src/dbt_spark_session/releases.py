"""Releases: the tables of a build become visible to readers all at once.

Iceberg's JDBC catalog keeps one row a table in its database, keyed by catalog name, namespace and
table. dbt writes to a catalog of one name. A release is one transaction, which gives the rows of
that catalog to two other names: the published name, where readers find the newest release, and
``r<number>``, which never changes again. Files are not copied.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dbt_common.exceptions import DbtRuntimeError
from pyspark.sql import SparkSession

from dbt_spark_session.database import Database, database_of
from dbt_spark_session.release_triggers import refusals

_TABLES = ("table_namespace", "table_name", "metadata_location", "previous_metadata_location")
_COPIED = {
    "iceberg_tables": (*_TABLES, "iceberg_type"),
    "iceberg_namespace_properties": ("namespace", "property_key", "property_value"),
}
"""Table of the catalog's database → its columns beside ``catalog_name``."""

_RELEASES = """
create table if not exists releases (
    release_number bigint not null primary key,
    published_catalog varchar(255) not null,
    published_at varchar(32) not null,
    invocation_id varchar(64) not null,
    previous_release bigint,
    copy_of bigint
)"""

_PUBLISHING = "create table if not exists releases_in_progress (release_number bigint not null)"
"""Has a row within the transaction of a publication only, so that the triggers let it pass."""


@dataclass(frozen=True)
class Release:
    """A release, as the table ``releases`` of the catalog's database has it."""

    number: int
    published_at: str
    """Time in UTC, as in 2026-11-28T05:00:00Z."""
    invocation_id: str
    """dbt's id of the command that published it."""
    previous: int | None
    """The release that readers saw before; None for the first."""
    copy_of: int | None
    """The release that a rollback brought back; None for the release of a build."""

    @property
    def catalog(self) -> str:
        """Return the catalog name that always has this release."""
        return f"r{self.number}"


class Releases:
    """The releases under one published catalog name."""

    def __init__(self, session: SparkSession, build: str, published: str) -> None:
        """Remember the catalogs.

        Args:
            session: a session that can reach the database of the catalog ``build``.
            build: name of the catalog that dbt writes to.
            published: name of the catalog that readers use.

        Raises:
            DbtRuntimeError: Both names are the same, or Spark Connect is in use.
        """
        if build == published:
            raise DbtRuntimeError(
                f"dbt.session.publish names the catalog '{build}', which dbt writes to: name"
                " another one, or make another one spark.sql.defaultCatalog"
            )
        if not hasattr(session, "_jsparkSession"):
            raise DbtRuntimeError("releases need Spark in dbt's own process, not Spark Connect")
        self._session, self._build, self._published = session, build, published

    def current(self) -> Release | None:
        """Return the release that readers see; None before the first."""
        with database_of(self._session, self._build) as database:
            if not _has_table(database, "releases"):
                return None
            return _current(database, self._published)

    def publish(self, started_from: int | None, invocation_id: str) -> Release:
        """Show the tables of the build catalog to readers.

        Args:
            started_from: number of the release that was current when the build started; None if
                there was none.
            invocation_id: dbt's id of the command.

        Raises:
            DbtRuntimeError: Another release was published since the build started, or the build
                catalog has no table.
        """
        with database_of(self._session, self._build) as database:
            _prepare(database)
            number = _next_number(database)
            self._tag(database, number)
            return self._copy(database, self._build, number, started_from, invocation_id)

    def roll_back(self, number: int, invocation_id: str) -> Release:
        """Show an earlier release to readers again, as a new release; the build catalog follows.

        Raises:
            DbtRuntimeError: There is no such release.
        """
        with database_of(self._session, self._build) as database:
            _prepare(database)
            known = database.query(
                "select release_number from releases where published_catalog = ?"
                " order by release_number",
                self._published,
            )
            if (number,) not in known:
                names = ", ".join(str(row[0]) for row in known) or "none yet"
                raise DbtRuntimeError(f"there is no release {number}: the releases are {names}")
            current = _current(database, self._published)
            return self._copy(
                database,
                f"r{number}",
                _next_number(database),
                current and current.number,
                invocation_id,
                copy_of=number,
            )

    def _copy(
        self,
        database: Database,
        source: str,
        number: int,
        started_from: int | None,
        invocation_id: str,
        copy_of: int | None = None,
    ) -> Release:
        release = Release(number, _now(), invocation_id, started_from, copy_of)
        try:
            with database.transaction():
                # The first statement that writes; in PostgreSQL, a second publisher waits here.
                database.execute("insert into releases_in_progress values (?)", number)
                current = _current(database, self._published)
                if (current and current.number) != started_from or _next_number(database) != number:
                    raise DbtRuntimeError(
                        f"release {current.number if current else number} was published while this"
                        " build ran, so this build is not published: run dbt build again"
                    )
                targets = [self._published, release.catalog]
                if copy_of is not None:
                    targets.append(self._build)
                for target in targets:
                    _copy_rows(database, source, target)
                database.execute(
                    "insert into releases values (?, ?, ?, ?, ?, ?)",
                    number,
                    self._published,
                    release.published_at,
                    invocation_id,
                    started_from,
                    copy_of,
                )
                database.execute("delete from releases_in_progress")
        except DbtRuntimeError:
            raise
        except Exception:
            # The database may have committed, although the connection was lost before it said so.
            if self.current() != release:
                raise
        return release

    def _tag(self, database: Database, number: int) -> None:
        """Tag the current snapshot of each table, so that no expiry of snapshots removes it."""
        rows = database.query(
            "select table_namespace, table_name from iceberg_tables"
            " where catalog_name = ? and (iceberg_type is null or iceberg_type <> 'VIEW')",
            self._build,
        )
        if not rows:
            raise DbtRuntimeError(
                f"the catalog '{self._build}' has no table, so there is nothing to publish"
            )
        jvm: Any = self._session._jvm
        catalog = jvm.org.apache.iceberg.spark.Spark3Util.loadIcebergCatalog(
            self._session._jsparkSession, self._build
        )
        for namespace, name in rows:
            table = catalog.loadTable(self._identifier(namespace, name))
            snapshot = table.currentSnapshot()
            if snapshot is not None:
                tags = table.manageSnapshots()
                if f"r{number}" in table.refs():  # of a publication that did not come to its end
                    tags = tags.removeTag(f"r{number}")
                tags.createTag(f"r{number}", snapshot.snapshotId()).commit()

    def _identifier(self, namespace: str, name: str) -> Any:
        jvm: Any = self._session._jvm
        levels = namespace.split(".")
        array = self._session.sparkContext._gateway.new_array(jvm.java.lang.String, len(levels))
        for index, level in enumerate(levels):
            array[index] = level
        iceberg = jvm.org.apache.iceberg.catalog
        return iceberg.TableIdentifier.of(iceberg.Namespace.of(array), name)


def _copy_rows(database: Database, source: str, target: str) -> None:
    """Make the catalog ``target`` equal the catalog ``source``."""
    for table, columns in _COPIED.items():
        names = ", ".join(columns)
        database.execute(f"delete from {table} where catalog_name = ?", target)
        database.execute(
            f"insert into {table} (catalog_name, {names})"
            f" select ?, {names} from {table} where catalog_name = ?",
            target,
            source,
        )


def _prepare(database: Database) -> None:
    """Create the tables of releases, and the triggers that refuse other writers."""
    if _has_table(database, "releases"):
        return
    with database.transaction():
        database.execute(_PUBLISHING)
        database.execute(_RELEASES)
        for statement in refusals(database.is_sqlite):
            database.execute(statement)


def _has_table(database: Database, name: str) -> bool:
    tables = "sqlite_master where type = 'table' and name"
    if not database.is_sqlite:
        tables = (
            "pg_catalog.pg_tables where schemaname = any (current_schemas(false)) and tablename"
        )
    return bool(database.query(f"select 1 from {tables} = ?", name))


def _current(database: Database, published: str) -> Release | None:
    rows = database.query(
        "select release_number, published_at, invocation_id, previous_release, copy_of"
        " from releases where published_catalog = ? order by release_number desc limit 1",
        published,
    )
    return Release(*rows[0]) if rows else None


def _next_number(database: Database) -> int:
    (row,) = database.query("select coalesce(max(release_number), 0) + 1 from releases")
    return int(row[0])


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
