"""The newest release of a lake, and what the build has changed since."""

from pathlib import Path

from reelhouse.lake.catalog import (
    BUILD,
    PUBLISHED,
    catalog_file,
    connected,
    has_table,
    read_catalog,
)


def newest_release(lake: Path) -> int | None:
    """Return the number of the release that readers see; None before the first."""
    if not catalog_file(lake).exists():
        return None
    with connected(lake) as database:
        if not has_table(database, "releases"):
            return None
        newest = "select max(release_number) from releases where published_catalog = ?"
        number: int | None = database.execute(newest, (PUBLISHED,)).fetchone()[0]
        return number


def unpublished_tables(lake: Path) -> list[str]:
    """Return the tables that commands have built or removed since the newest release.

    Raises:
        ReelhouseError: an error of ``read_catalog``.
    """
    changed = read_catalog(lake).tables.items() ^ read_catalog(lake, BUILD).tables.items()
    return sorted({table for (_, table), _ in changed})
