"""Missing and damaged files of a lake, and the command that recovers from them."""

from pathlib import Path

from reelhouse.errors import ReelhouseError
from reelhouse.lake.catalog import BUILD, build_command, local_path
from reelhouse.lake.cluster import ClusterLake, Lake
from reelhouse.lake.metadata_files import UnreadableFileError, read_metadata
from reelhouse.lake.releases import catalog_rows, release_catalogs
from reelhouse.lake.table_metadata import (
    LocalFiles,
    current_snapshot_only,
    entries_of,
    manifests_of,
)


def recovery(lake: Lake) -> str:
    """Return what to do about a damaged lake, with the one command to type first.

    All files that the build and the releases need are looked for, which takes a while.
    """
    backup = "bring the file back from a backup, or"
    build = f"{backup} build the tables again with {build_command(lake)}"
    if isinstance(lake, ClusterLake):  # `make maintain` drops releases of this machine only
        return build
    try:
        releases = release_catalogs(lake)
        if damaged_file(lake, BUILD) is None:
            intact = next(
                (n for n, name in enumerate(releases) if damaged_file(lake, name) is not None),
                len(releases),
            )
            if 0 < intact < len(releases):
                return f"{backup} drop the releases that need it with `make maintain KEEP={intact}`"
    except ReelhouseError:
        pass
    return build


def damaged_file(lake: Lake, catalog: str) -> str | None:
    """Return a file that is missing or damaged; None if a catalog has all its files.

    Args:
        lake: the folder of the lake.
        catalog: ``build``, ``lake``, or a release such as ``r12``.

    Raises:
        ReelhouseError: the catalog cannot be read.
    """
    for row in catalog_rows(lake):
        if row.catalog == catalog and not row.is_view:
            found = _damaged_file_of_table(row.location)
            if found is not None:
                return found
    return None


def _damaged_file_of_table(location: str) -> str | None:
    """Return a missing or damaged file of the current snapshot of a table."""
    try:
        metadata = read_metadata(location)
        current = current_snapshot_only(metadata) or metadata
        files = LocalFiles()
        for manifest in manifests_of(current):
            for entry in entries_of(manifest, files):
                path = Path(local_path(entry.data_file.file_path))
                if not path.is_file() or path.stat().st_size != entry.data_file.file_size_in_bytes:
                    return str(path)
    except UnreadableFileError as error:
        return error.path
    except (KeyError, TypeError):  # JSON that is not the metadata of a table
        return local_path(location)
    return None
