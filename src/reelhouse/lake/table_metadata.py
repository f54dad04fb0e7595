"""Metadata of Iceberg tables: snapshots, and the files that the snapshots need."""

import re
import time
from collections.abc import Iterable, Iterator, Set
from typing import Any

from pyarrow.fs import LocalFileSystem
from pyiceberg.io.pyarrow import PyArrowFile, PyArrowFileIO
from pyiceberg.manifest import ManifestEntry, ManifestFile, read_manifest_list

from reelhouse.errors import ReelhouseError
from reelhouse.lake.catalog import local_path
from reelhouse.lake.metadata_files import Metadata, UnreadableFileError, current_snapshot

SMALL = 8 * 2**20
"""Size in bytes below which a data file is small."""
_RELEASE_TAG = re.compile(r"r\d+", re.ASCII)
_NO_SNAPSHOT = (None, -1)
"""Values of ``current-snapshot-id`` for a table without a snapshot."""


class LocalFiles(PyArrowFileIO):
    """Reads local files under any name; PyIceberg itself cuts a path at ``?`` and ``#``."""

    def new_input(self, location: str) -> PyArrowFile:
        """Return the file at a location."""
        return PyArrowFile(location, local_path(location), LocalFileSystem())


def without_old_snapshots(metadata: Metadata, tags: Set[str]) -> Metadata | None:
    """Return metadata with the current snapshot and those of branches and tags only.

    Args:
        metadata: the metadata of a table.
        tags: the tags of the releases that are kept; tags of other releases are removed.

    Returns:
        The new metadata; None if no snapshot and no tag would be removed.
    """
    refs = {
        name: ref
        for name, ref in metadata.get("refs", {}).items()
        if not _is_release_tag(name, ref) or name in tags
    }
    return _with_refs(metadata, refs)


def has_own_refs(metadata: Metadata) -> bool:
    """Return whether a table has a branch besides ``main``, or a tag that no release has made."""
    refs = metadata.get("refs", {}).items()
    return any(name != "main" and not _is_release_tag(name, ref) for name, ref in refs)


def _is_release_tag(name: str, ref: Metadata) -> bool:
    return bool(ref["type"] == "tag" and _RELEASE_TAG.fullmatch(name))


def current_snapshot_only(metadata: Metadata) -> Metadata | None:
    """Return metadata with the current snapshot, and the branches and tags of this snapshot.

    Returns:
        The new metadata; None if no snapshot and no branch or tag would be removed.
    """
    current = metadata.get("current-snapshot-id")
    refs = metadata.get("refs", {}).items()
    return _with_refs(metadata, {name: ref for name, ref in refs if ref["snapshot-id"] == current})


def _with_refs(metadata: Metadata, refs: Metadata) -> Metadata | None:
    kept = {ref["snapshot-id"] for ref in refs.values()}
    if metadata.get("current-snapshot-id") not in _NO_SNAPSHOT:
        kept.add(metadata["current-snapshot-id"])
    snapshots = _of_snapshots(metadata.get("snapshots", []), kept)
    if snapshots == metadata.get("snapshots", []) and refs == metadata.get("refs", {}):
        return None
    log: list[Metadata] = []
    for entry in metadata.get("snapshot-log", []):
        # As Iceberg does: a log with a gap would be wrong, so the entries before it are removed.
        log = [*log, entry] if entry["snapshot-id"] in kept else []
    statistics = {
        name: _of_snapshots(metadata[name], kept)
        for name in ("statistics", "partition-statistics")
        if name in metadata
    }
    updated = max(metadata["last-updated-ms"], int(time.time() * 1000))
    return {
        **metadata,
        **statistics,
        "snapshots": snapshots,
        "refs": refs,
        "snapshot-log": log,
        "metadata-log": [],
        "last-updated-ms": updated,
    }


def _of_snapshots(entries: Iterable[Metadata], kept: Set[int]) -> list[Metadata]:
    return [entry for entry in entries if entry["snapshot-id"] in kept]


def files_of_snapshots(tables: Iterable[Metadata]) -> Iterator[str]:
    """Yield the location of each file that a snapshot of the tables needs; some occur repeatedly.

    These are manifest lists, manifests, data files, delete files and statistics.

    Raises:
        UnreadableFileError: a manifest list or a manifest is missing or damaged.
    """
    read: set[str] = set()
    for metadata in tables:
        for name in ("statistics", "partition-statistics"):
            yield from (entry["statistics-path"] for entry in metadata.get(name, []))
        for snapshot in metadata.get("snapshots", []):
            if "manifest-list" not in snapshot:
                raise ReelhouseError(
                    f"the table at {metadata['location']} has a snapshot without a manifest list,"
                    " as only old versions of Iceberg write it, so nothing was changed"
                )
            listed = snapshot["manifest-list"]
            if listed not in read:
                read.add(listed)
                yield listed
                yield from _files_of_manifests(listed, read)


def _files_of_manifests(listed: str, read: set[str]) -> Iterator[str]:
    files = LocalFiles()
    for manifest in _read(listed, read_manifest_list, files.new_input(listed)):
        location = manifest.manifest_path
        if location not in read:
            read.add(location)
            yield location
            # Entries of files that the snapshot has removed are left out.
            for entry in entries_of(manifest, files):
                yield entry.data_file.file_path


def small_file_count(metadata: Metadata) -> int:
    """Return the number of small data files of the current snapshot of an unpartitioned table.

    A partitioned table has at least one file for each partition, so 0 is returned for it.

    Raises:
        UnreadableFileError: a manifest list or a manifest is missing or damaged.
    """
    specs = {each["spec-id"]: each["fields"] for each in metadata["partition-specs"]}
    if specs[metadata["default-spec-id"]]:
        return 0
    files = LocalFiles()
    return sum(
        entry.data_file.file_size_in_bytes < SMALL
        for manifest in current_manifests(metadata)
        for entry in entries_of(manifest, files)
    )


def current_manifests(metadata: Metadata) -> list[ManifestFile]:
    """Return the manifests of the current snapshot of a table.

    Raises:
        UnreadableFileError: a manifest list is missing or damaged.
    """
    snapshot = current_snapshot(metadata)
    return manifests_of({**metadata, "snapshots": [snapshot] if snapshot else []})


def manifests_of(metadata: Metadata) -> list[ManifestFile]:
    """Return the manifests of the snapshots of a table.

    Raises:
        UnreadableFileError: a manifest list is missing or damaged.
    """
    files = LocalFiles()
    listed = [snapshot["manifest-list"] for snapshot in metadata.get("snapshots", [])]
    return [
        manifest
        for location in listed
        for manifest in _read(location, read_manifest_list, files.new_input(location))
    ]


def entries_of(
    manifest: ManifestFile, files: LocalFiles, has_removed: bool = False
) -> list[ManifestEntry]:
    """Return the entries of a manifest; with ``has_removed``, those of removed files too.

    Raises:
        UnreadableFileError: the manifest is missing or damaged.
    """
    read = ManifestFile.fetch_manifest_entry
    entries: list[ManifestEntry] = _read(
        manifest.manifest_path, read, manifest, files, not has_removed
    )
    return entries


def _read(location: str, function: Any, *arguments: Any) -> Any:
    try:
        return list(function(*arguments))
    except Exception as error:  # PyIceberg has no common exception for damaged files
        raise UnreadableFileError(location, error) from error
