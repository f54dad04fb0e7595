"""The releases of a lake, which dbt_spark_session publishes, and the tables built since."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from reelhouse.errors import ReelhouseError, printable
from reelhouse.lake.catalog import BUILD, PUBLISHED, NoLakeError, build_command, read_catalog
from reelhouse.lake.cluster import Lake
from reelhouse.lake.databases import catalog_database, connected

_TABLES = ("iceberg_tables", "iceberg_namespace_properties")
"""Tables of the catalog that have rows of each release."""


class NoReleaseError(ReelhouseError):
    """A lake has no release with the name that a person typed."""


class Release(NamedTuple):
    """A row of the table ``releases`` in the database of the catalog."""

    number: int
    published_at: str
    """Time in UTC, as in 2026-11-28T05:00:00Z."""
    started_at: str | None
    """Time in UTC at which the command that published this release started; None for a rollback."""
    code_version: str | None
    """Git commit of the dbt project; None for a rollback, or outside of a Git repository."""
    previous: int | None
    """The release that readers saw before; None for the first."""
    copy_of: int | None
    """The release that a rollback brought back; None for the release of a build."""

    @property
    def catalog(self) -> str:
        """Return the catalog name that always has this release."""
        return f"r{self.number}"


class CatalogRow(NamedTuple):
    """A table or view of a catalog."""

    catalog: str
    """``build``, ``lake``, a release such as ``r12``, or a name that another program uses."""
    location: str
    """The metadata file."""
    is_view: bool


def releases_of(lake: Lake) -> list[Release]:
    """Return the releases of a lake, the newest first.

    Raises:
        ReelhouseError: the catalog cannot be read.
    """
    with catalog_database(lake) as database:
        if database is None or not database.has_table("releases"):
            return []
        rows = database.rows(
            "select release_number, published_at, started_at, code_version, previous_release,"
            " copy_of from releases where published_catalog = ? order by release_number desc",
            PUBLISHED,
        )
    return [Release(*row) for row in rows]


def release_catalogs(lake: Lake) -> list[str]:
    """Return the catalog names of the releases, as in ``r12``, the newest first.

    Raises:
        ReelhouseError: the catalog cannot be read.
    """
    return [release.catalog for release in releases_of(lake)]


def newest_release(lake: Lake) -> int | None:
    """Return the number of the release that readers see; None before the first.

    Raises:
        ReelhouseError: the catalog cannot be read.
    """
    return next((release.number for release in releases_of(lake)), None)


def previous_release(releases: list[Release], release: Release) -> Release | None:
    """Return the release before a release; None before the first, or if it is not kept."""
    return next((each for each in releases if each.number == release.previous), None)


def unpublished_tables(lake: Lake) -> list[str]:
    """Return the tables that commands have built or removed since the newest release.

    Raises:
        ReelhouseError: an error of ``read_catalog``.
    """
    changed = read_catalog(lake).tables.items() ^ read_catalog(lake, BUILD).tables.items()
    return sorted({table for (_, table), _ in changed})


def existing_releases(lake: Lake) -> list[Release]:
    """Return the releases of a lake, the newest first; there is at least one.

    Raises:
        NoLakeError: nothing was published yet.
        ReelhouseError: the catalog cannot be read, or is lost.
    """
    releases = releases_of(lake)
    if not releases:
        read_catalog(lake)  # explains a lake that was never built or has lost its catalog
        raise NoLakeError(f"the lake at {lake} has no release yet: run {build_command(lake)}")
    return releases


def find_release(lake: Lake, text: str) -> Release:
    """Return the release that a person names, as in ``12`` or ``r12``.

    Raises:
        NoLakeError: nothing was published yet.
        NoReleaseError: there is no such release.
        ReelhouseError: the catalog cannot be read.
    """
    releases = existing_releases(lake)
    names = ", ".join(str(release.number) for release in reversed(releases))
    name = text.strip()
    if not name:
        raise NoReleaseError(f"name a release: the releases are {names}")
    for release in releases:
        if name in (str(release.number), release.catalog):
            return release
    raise NoReleaseError(f"there is no release {printable(text)}: the releases are {names}")


def catalog_rows(lake: Lake) -> list[CatalogRow]:
    """Return the tables and views of all catalogs of a lake.

    Raises:
        ReelhouseError: the catalog cannot be read.
    """
    with catalog_database(lake) as database:
        rows = database and database.rows(
            "select catalog_name, metadata_location, iceberg_type from iceberg_tables"
            " where metadata_location is not null"
        )
    return [CatalogRow(catalog, file, kind == "VIEW") for catalog, file, kind in rows or []]


def change_releases(
    lake: Path, dropped: Iterable[Release], replaced: Mapping[str, str] | None = None
) -> None:
    """Drop releases, and replace metadata files in all catalogs of the lake, in one transaction.

    Args:
        lake: the folder of the lake.
        dropped: releases whose rows are removed. The files of their tables stay.
        replaced: path of a metadata file, as the catalog has it → path of its replacement.

    Raises:
        ReelhouseError: the catalog cannot be written.
    """
    with connected(lake) as database:
        database.isolation_level = None
        database.execute("begin immediate")
        # While this table has a row, the triggers of dbt_spark_session let rows of releases change.
        database.execute("insert into releases_in_progress values (0)")
        for release in dropped:
            for table in _TABLES:
                database.execute(f"delete from {table} where catalog_name = ?", (release.catalog,))
            database.execute("delete from releases where release_number = ?", (release.number,))
        database.executemany(
            "update iceberg_tables set metadata_location = ? where metadata_location = ?",
            [(new, old) for old, new in (replaced or {}).items()],
        )
        database.execute("delete from releases_in_progress")
        database.execute("commit")
