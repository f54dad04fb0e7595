"""Files of the warehouse: their paths and sizes, and the removal of those that no table needs."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from reelhouse.lake.catalog import local_path


def paths_of(locations: Iterable[str]) -> set[str]:
    """Return the path of each location, without symbolic links to its folder."""
    folders: dict[str, str] = {}
    paths = set()
    for location in locations:
        folder, name = os.path.split(local_path(location))
        if folder not in folders:
            folders[folder] = os.path.realpath(folder)
        paths.add(f"{folders[folder]}/{name}")
    return paths


def remove_files(warehouse: Path, live: set[str], newest: float) -> int:
    """Remove the files that are not live, and then empty folders; return the number of files.

    Args:
        warehouse: the folder of the tables' files.
        live: paths of files that stay. A file of checksums, which Hadoop may write beside a file,
            stays or goes with its file.
        newest: files that were changed after this time stay, in seconds since 1970.
    """
    removed = 0
    emptied: set[str] = set()
    for folder, _, names in os.walk(os.path.realpath(warehouse), topdown=False):
        for name in names:
            is_checksum = name.startswith(".") and name.endswith(".crc")
            path = Path(folder, name)
            owner = f"{folder}/{name[1:-4] if is_checksum else name}"
            if owner not in live and path.lstat().st_mtime <= newest:
                path.unlink()
                removed += 1
                emptied.add(folder)
        if folder in emptied:
            with suppress(OSError):  # the folder has other files
                Path(folder).rmdir()
                emptied.add(str(Path(folder).parent))
    return removed


def size_of(lake: Path) -> int:
    """Return the bytes of all files of a lake."""
    size = 0
    for folder, _, names in os.walk(lake):
        for name in names:
            with suppress(FileNotFoundError):  # a reader has replaced its snapshot
                size += Path(folder, name).lstat().st_size
    return size
