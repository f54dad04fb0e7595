"""Whether a metadata file of a table is damaged, by its content and its checksums."""

import gzip
import json
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
