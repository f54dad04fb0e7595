"""`reelhouse maintain`: drop old releases, remove unneeded files, and merge small files."""

import time
from pathlib import Path
from typing import NamedTuple

from reelhouse.commands.write_lock import write_lock
from reelhouse.errors import ReelhouseError
from reelhouse.lake.catalog import (
    BUILD,
    PUBLISHED,
    lake_folder,
    read_catalog,
    warehouse_folder,
)
from reelhouse.lake.damage import recovery
from reelhouse.lake.metadata_files import (
    Metadata,
    UnreadableFileError,
    read_metadata,
    write_metadata,
)
from reelhouse.lake.releases import (
    CatalogRow,
    Release,
    catalog_rows,
    change_releases,
    existing_releases,
)
from reelhouse.lake.rewrite_table import rewrite_table
from reelhouse.lake.table_metadata import (
    files_of_snapshots,
    has_own_refs,
    small_file_count,
    without_old_snapshots,
)
from reelhouse.lake.warehouse_files import paths_of, remove_files, size_of

MEGABYTE = 1e6
MERGED_FILES = 32
"""Number of small data files from which a table is written again."""


class Plan(NamedTuple):
    """The changes to a lake, and the files that stay."""

    dropped: list[Release]
    slimmer: dict[str, Metadata]
    """Location of a metadata file → its content without old snapshots."""
    merged: dict[str, list[str]]
    """Metadata file of a table of the build with many small files → the releases that list it."""
    live: set[str]
    """Paths of the files that the kept releases, the build, or other catalogs need."""


def maintain(keep: int, grace: int) -> None:
    """Drop old releases and their files, merge small files, and print the sizes.

    Args:
        keep: number of the newest releases that are kept.
        grace: minutes for which a new file is kept even if no table needs it, since a program
            without the write lock may be writing a table.

    Raises:
        ReelhouseError: there is no release, another process writes to the lake, or a file that
            a kept release needs is damaged. Nothing is changed then.
    """
    lake = lake_folder()
    existing_releases(lake)
    with write_lock(lake, "maintain"):
        releases = existing_releases(lake)
        before = size_of(lake)
        try:
            plan = plan_of(lake, releases[:keep], releases[keep:])
        except UnreadableFileError as error:
            raise ReelhouseError(f"{error}, so nothing was changed: {recovery(lake)}") from error
        replaced = {old: write_metadata(old, new) for old, new in plan.slimmer.items()}
        replaced |= {old: rewrite_table(old, tags) for old, tags in plan.merged.items()}
        change_releases(lake, plan.dropped, replaced)
        merged = [read_metadata(replaced[old]) for old in plan.merged]
        live = plan.live | paths_of(replaced.values()) | paths_of(files_of_snapshots(merged))
        removed = remove_files(warehouse_folder(lake), live, time.time() - 60 * grace)
        after = size_of(lake)
    print(f"kept       {_names(releases[:keep])}")
    print(f"dropped    {_names(plan.dropped)}")
    print(f"merged     {_tables(merged)}")
    print(f"removed    {removed:,} files")
    print(f"size       {before / MEGABYTE:,.1f} MB before, {after / MEGABYTE:,.1f} MB after")


def plan_of(lake: Path, kept: list[Release], dropped: list[Release]) -> Plan:
    """Read the metadata of every table that stays, and find the files that it needs.

    Raises:
        ReelhouseError: a metadata file, a manifest list or a manifest is damaged.
    """
    read_catalog(lake)  # refuses a lake that was moved
    tags = {release.catalog for release in kept}
    without = {release.catalog for release in dropped}
    rows = [row for row in catalog_rows(lake) if row.catalog not in without]
    tables: dict[str, Metadata] = {}
    slimmer: dict[str, Metadata] = {}
    for location in {row.location for row in rows if not row.is_view}:
        tables[location] = read_metadata(location)
    for location in _locations_of_reelhouse(rows, tags):
        slim = without_old_snapshots(tables[location], tags)
        if slim is not None:
            tables[location] = slimmer[location] = slim
    live = paths_of(row.location for row in rows)
    # A reader may be about to open a replaced table. So the next run removes its files.
    live |= paths_of(files_of_snapshots(tables.values()))
    built = {row.location for row in rows if row.catalog == BUILD}
    merged = {
        location: [row.catalog for row in rows if row.location == location and row.catalog in tags]
        for location in built.intersection(_locations_of_reelhouse(rows, tags))
        # A merged table loses its branches, and all tags but those of releases.
        if not has_own_refs(tables[location]) and small_file_count(tables[location]) >= MERGED_FILES
    }
    return Plan(dropped, slimmer, merged, live)


def _locations_of_reelhouse(rows: list[CatalogRow], releases: set[str]) -> list[str]:
    """Return the metadata files of tables that only builds and releases list."""
    own = {BUILD, PUBLISHED, *releases}
    others = {row.location for row in rows if row.catalog not in own}
    found = {row.location for row in rows if row.catalog in own and not row.is_view}
    return sorted(found - others)


def _tables(merged: list[Metadata]) -> str:
    names = sorted(metadata["location"].rpartition("/")[2] for metadata in merged)
    return f"the small files of {', '.join(names)}" if names else "no files"


def _names(releases: list[Release]) -> str:
    if len(releases) < 2:
        return releases[0].catalog if releases else "no release"
    return f"{len(releases)} releases, {releases[-1].catalog} to {releases[0].catalog}"
