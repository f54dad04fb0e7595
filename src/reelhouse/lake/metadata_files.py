"""Metadata files of Iceberg tables, read and written as JSON, without PyIceberg."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from uuid import uuid4

from reelhouse.errors import ReelhouseError, shortened
from reelhouse.lake.catalog import local_path
from reelhouse.lake.metadata_checks import metadata_of
from reelhouse.lake.object_store import is_object, read_object

Metadata = dict[str, Any]
"""The content of a metadata file of a table, as the specification of Iceberg describes it."""


class UnreadableFileError(ReelhouseError):
    """A file that a table needs is missing or damaged."""

    def __init__(self, location: str, error: Exception) -> None:
        """Make the message, in one line."""
        reason = shortened(str(error))
        self.path = local_path(location)
        super().__init__(f"{self.path}, or a file that it names, is missing or damaged ({reason})")


def read_metadata(location: str) -> Metadata:
    """Read a metadata file of a table.

    Raises:
        UnreadableFileError: the file is missing or damaged.
    """
    file = Path(local_path(location))
    try:
        content = read_object(location) if is_object(location) else file.read_bytes()
        return metadata_of(content, file)
    except (OSError, ValueError) as error:
        raise UnreadableFileError(location, error) from error


def current_snapshot(metadata: Metadata) -> Metadata | None:
    """Return the current snapshot of a table; None for a table without a snapshot."""
    current = metadata.get("current-snapshot-id")
    snapshots = metadata.get("snapshots", [])
    return next((each for each in snapshots if each["snapshot-id"] == current), None)


def write_metadata(replaced: str, metadata: Metadata) -> str:
    """Write metadata to a new file beside the one that it replaces; return its location."""
    folder, _, name = replaced.rpartition("/")
    version = int(name.partition("-")[0]) + 1 if name.partition("-")[0].isdecimal() else 0
    location = f"{folder}/{version:05d}-{uuid4()}.metadata.json"
    with Path(local_path(location)).open("x", encoding="utf-8") as file:
        json.dump(metadata, file)
        file.flush()
        os.fsync(file.fileno())
    return location
