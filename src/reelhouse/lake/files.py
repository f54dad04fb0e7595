"""Which files of a lake are damaged, by their content and by the errors of SQLite."""

import gzip
import json
import sqlite3
import zlib
from pathlib import Path
from typing import Any

GZIP = b"\x1f\x8b"


def is_metadata(file: Path) -> bool:
    """Return whether a file is the metadata of a table or view, and intact."""
    try:
        metadata_of(file.read_bytes(), file)
    except (OSError, ValueError):
        return False
    return True


def metadata_of(content: bytes, file: Path) -> dict[str, Any]:
    """Return the metadata of a table or view.

    Args:
        content: the content of the file, which may be compressed.
        file: the path of the file, beside which its checksums may be.

    Raises:
        OSError: the file of checksums cannot be read.
        ValueError: the content is damaged, or is no metadata.
    """
    if not _is_intact(file, content):
        raise ValueError("its checksums differ from those that were written with it")
    try:
        found = json.loads(gzip.decompress(content) if content.startswith(GZIP) else content)
    except (OSError, EOFError, zlib.error) as error:  # errors of gzip
        raise ValueError(str(error)) from error
    if not isinstance(found, dict) or "format-version" not in found:
        raise ValueError("it is no metadata of a table or view")
    return found


def _is_intact(file: Path, content: bytes) -> bool:
    """Return whether the content has the checksums that Hadoop may have written beside the file.

    The file of checksums has the four bytes ``crc\\0``, the number of bytes per checksum, and the
    CRC-32 of each part. All numbers are big-endian and have four bytes.
    """
    sums = file.with_name(f".{file.name}.crc")
    if not sums.is_file():
        return True
    written = sums.read_bytes()
    step = int.from_bytes(written[4:8])
    parts = (content[start : start + step] for start in range(0, len(content), step))
    return written[8:] == b"".join(zlib.crc32(part).to_bytes(4) for part in parts)


def explain_catalog_error(error: sqlite3.DatabaseError) -> tuple[str, str]:
    """Return what is wrong with the catalog, and the remedy."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the other bits are details
    if isinstance(error, sqlite3.IntegrityError):  # a trigger of dbt_spark_session, or a key
        return "refused a change", "nothing was changed; run the command again"
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "is in use", "run the command again when the other program has finished"
    if code == sqlite3.SQLITE_FULL:
        return "cannot be written", "free some space on the disk and run the command again"
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR):
        # SQLITE_ERROR: a table or a column is missing.
        return "is damaged", (
            "bring it back from a backup, or remove the lake and build it again with"
            " `make clean build`"
        )
    return "cannot be read", (
        "you need read access to this file, and write access after a killed build"
    )
