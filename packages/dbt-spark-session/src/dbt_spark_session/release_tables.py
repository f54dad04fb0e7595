"""Rows of releases in the database of an Iceberg JDBC catalog.

The catalog keeps one row per table in ``iceberg_tables``. The key of a row is the catalog name, the
namespace and the table. A release is a copy of the rows of one catalog name under other catalog
names. The table ``releases`` lists the releases.
"""

from __future__ import annotations

from dataclasses import dataclass

from dbt_spark_session.database import Database
from dbt_spark_session.release_triggers import ICEBERG_TABLES, NAMESPACE_PROPERTIES, refusals

_COPIED = {
    ICEBERG_TABLES: (
        *("table_namespace", "table_name", "metadata_location", "previous_metadata_location"),
        "iceberg_type",
    ),
    NAMESPACE_PROPERTIES: ("namespace", "property_key", "property_value"),
}
"""Table of the catalog's database → its columns beside ``catalog_name``."""

_RELEASES = """
create table if not exists releases (
    release_number bigint not null primary key,
    published_catalog varchar(255) not null,
    published_at varchar(32) not null,
    invocation_id varchar(64) not null,
    previous_release bigint,
    copy_of bigint,
    started_at varchar(32),
    code_version varchar(255)
)"""

_IN_PROGRESS = """
create table if not exists releases_in_progress (release_number bigint not null primary key)
"""
"""Table with a row only within the transaction of a publication; the triggers then allow writes."""

Table = tuple[str, str]
"""Namespace and name of a table or view."""


@dataclass(frozen=True)
class Release:
    """A row of the table ``releases``."""

    number: int
    published_at: str
    """Time in UTC, as in 2026-11-28T05:00:00Z."""
    invocation_id: str
    """dbt's id of the command that published it."""
    previous: int | None
    """The release that readers saw before; None for the first."""
    copy_of: int | None
    """The release that a rollback brought back; None for the release of a build."""
    started_at: str | None = None
    """Time in UTC at which the command that published it started, if it is known."""
    code_version: str | None = None
    """Git commit of the dbt project, if it is known."""

    @property
    def catalog(self) -> str:
        """Return the catalog name that always has this release."""
        return f"r{self.number}"


def create_release_tables(database: Database) -> None:
    """Create the tables of releases, and the triggers that refuse other writers."""
    if not database.has_table("releases"):
        with database.transaction():
            database.execute(_IN_PROGRESS)
            database.execute(_RELEASES)
            for statement in refusals(database.is_sqlite):
                database.execute(statement)


def releases_of(database: Database, published: str) -> list[Release]:
    """Return the releases under a published catalog name, the newest first."""
    if not database.has_table("releases"):
        return []
    rows = database.query(
        "select release_number, published_at, invocation_id, previous_release, copy_of,"
        " started_at, code_version from releases where published_catalog = ?"
        " order by release_number desc",
        published,
    )
    return [Release(*row) for row in rows]


def insert_release(database: Database, release: Release, published: str) -> None:
    """Add a row to the table ``releases``."""
    database.execute(
        "insert into releases values (?, ?, ?, ?, ?, ?, ?, ?)",
        release.number,
        published,
        release.published_at,
        release.invocation_id,
        release.previous,
        release.copy_of,
        release.started_at,
        release.code_version,
    )


def next_number(database: Database) -> int:
    """Return the number of the next release in this database."""
    (row,) = database.query("select coalesce(max(release_number), 0) + 1 from releases")
    return int(row[0])


def metadata_files(database: Database, catalog: str, views: bool = True) -> dict[Table, str]:
    """Return the tables of a catalog name, also its views by default, with their metadata files."""
    if not database.has_table(ICEBERG_TABLES):
        return {}
    no_views = "" if views else " and (iceberg_type is null or iceberg_type <> 'VIEW')"
    rows = database.query(
        f"select table_namespace, table_name, metadata_location from {ICEBERG_TABLES}"
        f" where catalog_name = ?{no_views} order by 1, 2",
        catalog,
    )
    return {(namespace, name): location for namespace, name, location in rows}


def replace_file(database: Database, catalog: str, table: Table, old: str, new: str) -> bool:
    """Give a table another metadata file; return False if the table does not have the old one."""
    changed = database.execute(
        f"update {ICEBERG_TABLES} set metadata_location = ?, previous_metadata_location = ?"
        " where catalog_name = ? and table_namespace = ? and table_name = ?"
        " and metadata_location = ?",
        *(new, old, catalog, *table, old),
    )
    return changed == 1


def copy_rows(database: Database, source: str, target: str) -> None:
    """Make the catalog name ``target`` list the same tables as the catalog name ``source``."""
    for table, columns in _COPIED.items():
        names = ", ".join(columns)
        database.execute(f"delete from {table} where catalog_name = ?", target)
        database.execute(
            f"insert into {table} (catalog_name, {names})"
            f" select ?, {names} from {table} where catalog_name = ?",
            target,
            source,
        )
