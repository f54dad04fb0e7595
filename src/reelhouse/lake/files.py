"""Which files of a lake are damaged, by their content and by the errors of SQLite."""

import gzip
import json
import sqlite3
import zlib
from pathlib import Path

GZIP = b"\x1f\x8b"


def is_metadata(file: Path) -> bool:
    """Return whether a file is the metadata of a table or view, and intact."""
    try:
        content = file.read_bytes()
        found = json.loads(gzip.decompress(content) if content.startswith(GZIP) else content)
        return isinstance(found, dict) and "format-version" in found and _is_intact(file, content)
    except (OSError, EOFError, ValueError, zlib.error):
        return False


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
