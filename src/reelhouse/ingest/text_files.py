"""Text files, plain or compressed: their bytes, their first line, and their encoding."""

from __future__ import annotations

import bz2
import codecs
import gzip
import zlib
from pathlib import Path
from typing import IO, Any

from reelhouse.errors import ReelhouseError
from reelhouse.ingest.archives import MOST_TIMES, SMALL

PACKED = (".gz", ".bz2")
DAMAGED = (OSError, EOFError, zlib.error)
"""Exceptions raised on reading a truncated or damaged file."""
LONGEST = 1 << 20
"""Longest line in bytes. Up to twice this length may pass the check, which Spark can read."""


def unpacked_name(path: Path) -> str:
    """Return the name of a file without the suffix of a compressed file."""
    return path.stem if path.suffix.lower() in PACKED else path.name


def opened(path: Path) -> IO[bytes]:
    """Open a file for reading bytes, and decompress them if its name has such a suffix."""
    opener: Any = {".gz": gzip.open, ".bz2": bz2.open}.get(path.suffix.lower(), open)
    file: IO[bytes] = opener(path, "rb")
    return file


def first_line(path: Path, errors: str = "strict") -> str:
    """Return the first line without a byte order mark; ``errors`` is that of ``bytes.decode``.

    Raises:
        ReelhouseError: the line is blank, too long, not UTF-8 or not text.
    """
    try:
        with opened(path) as file:
            start = file.readline(LONGEST)
    except DAMAGED as error:
        raise ReelhouseError(f"{path} cannot be read: {error}") from error
    try:
        line = start.decode("utf-8-sig", errors).rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise ReelhouseError(
            f"{path}: the first line is not UTF-8, {error.reason}. Convert the file first"
            f" (iconv -f ISO-8859-1 -t UTF-8)"
        ) from error
    if "\0" in line or len(start) == LONGEST:
        raise ReelhouseError(f"{path} is no text of lines: its first one cannot be a header")
    if not line.strip():
        raise ReelhouseError(f"{path} starts with a blank line, where its header should stand")
    return line


def check_lines(path: Path) -> None:
    """Refuse a text file that would exhaust Spark's memory or cannot be unpacked to its end.

    Spark holds a whole line in memory. Only the first line that starts in each megabyte is looked
    at, since a line that is too long fills a megabyte. So the check of a plain file is quick.

    Raises:
        ReelhouseError: the file is cut or damaged, a line has megabytes, or a packed file unpacks
            to a hundred times its size.
    """
    packed = path.stat().st_size
    is_packed = path.suffix.lower() in PACKED
    position = 0
    try:
        with opened(path) as file:
            while line := file.readline(LONGEST):
                if len(line) == LONGEST and not line.endswith(b"\n"):
                    raise ReelhouseError(
                        f"{path} has a line of more than {LONGEST:,} bytes at byte {position:,},"
                        " which no rating has: write a rating a line"
                    )
                position += LONGEST
                if is_packed and position > max(SMALL, MOST_TIMES * packed):
                    raise ReelhouseError(
                        f"{path} unpacks {packed:,} bytes to more than {position:,}, which no"
                        " ratings do. If it is what you want, unpack it yourself and name the file"
                    )
                file.seek(position)
    except DAMAGED as error:
        raise ReelhouseError(f"{path} is cut or damaged ({error}): fetch it again") from error


def is_utf8(path: Path) -> bool:
    """Return whether all of a file is UTF-8.

    Raises:
        ReelhouseError: the file is packed, and cut or damaged.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with opened(path) as content:
            while chunk := content.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    except DAMAGED as error:
        raise ReelhouseError(f"{path} is cut or damaged ({error}): fetch it again") from error
    return True


def is_latin1(path: Path) -> bool:
    """Return whether a file is ISO-8859-1: no line with letters beyond ASCII is valid UTF-8.

    In a UTF-8 file with damaged lines, other lines are still valid.
    """
    found = False
    with path.open("rb") as lines:
        for line in lines:
            if line.isascii():
                continue
            try:
                line.decode()
            except UnicodeDecodeError:
                found = True
            else:
                return False
    return found
