"""Read text files, plain or compressed: the first line, the encoding, and the line lengths."""

from __future__ import annotations

import bz2
import codecs
import gzip
import zlib
from itertools import islice
from pathlib import Path
from typing import IO, Any

from reelhouse.errors import ReelhouseError
from reelhouse.ingest.archives import HARMLESS_BYTES, MAX_EXPANSION

COMPRESSED_SUFFIXES = (".gz", ".bz2")
READ_ERRORS = (OSError, EOFError, zlib.error)
"""Exceptions that a truncated or damaged file raises."""
SAMPLED_BYTES = 4 << 20
"""Number of bytes at the start of a file from which its first lines are taken."""
SAMPLED_LINES = 10_000
"""Number of lines from which the layout of a file and the forms of its values are recognised."""
MAX_LINE_BYTES = 1 << 20
"""Length of the longest line, in bytes. ``check_lines`` may accept lines up to twice as long."""


def uncompressed_name(path: Path) -> str:
    """Return the name of a file without .gz or .bz2."""
    return path.stem if path.suffix.lower() in COMPRESSED_SUFFIXES else path.name


def open_uncompressed(path: Path) -> IO[bytes]:
    """Open a file for reading bytes; decompress a file that ends in .gz or .bz2."""
    opener: Any = {".gz": gzip.open, ".bz2": bz2.open}.get(path.suffix.lower(), open)
    file: IO[bytes] = opener(path, "rb")
    return file


def damaged(path: Path, error: Exception) -> ReelhouseError:
    """Return the error for a file of which a part cannot be read or decompressed."""
    reason = " ".join(str(error).split())
    return ReelhouseError(f"{path} is truncated or damaged ({reason}): fetch it again")


def first_lines(path: Path, count: int, errors: str = "strict") -> list[str]:
    """Return at most ``count`` lines from the start of a file, without a byte order mark.

    Args:
        path: a text file, plain or compressed.
        count: largest number of lines; fewer are read if they are long.
        errors: how to treat bytes of the first line that are not UTF-8, as in ``bytes.decode``.
            Such bytes of the other lines are replaced.

    Raises:
        ReelhouseError: the first line is blank, too long, not UTF-8 or not text.
    """
    others: list[str] = []
    try:
        with open_uncompressed(path) as file:
            start = file.readline(MAX_LINE_BYTES)
            try:
                for line in islice(iter(lambda: file.readline(MAX_LINE_BYTES), b""), count - 1):
                    others.append(line.decode(errors="replace"))
                    if file.tell() > SAMPLED_BYTES:
                        break
            except READ_ERRORS:
                pass  # check_lines refuses a truncated file
    except READ_ERRORS as error:
        raise damaged(path, error) from error
    if b"\0" in start or len(start) == MAX_LINE_BYTES:
        raise ReelhouseError(
            f"{path} does not start with a line of text: name a text file, one rating per line"
        )
    try:
        first = start.decode("utf-8-sig", errors).rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise ReelhouseError(
            f"{path} has a first line that is not UTF-8 ({error.reason}): convert the file first"
            " (iconv -f ISO-8859-1 -t UTF-8)"
        ) from error
    if not first.strip():
        raise ReelhouseError(f"{path} starts with a blank line: remove it")
    return [first, *(other.rstrip("\r\n") for other in others if other.strip())]


def check_lines(path: Path) -> None:
    """Refuse a text file that would exhaust Spark's memory, or whose end cannot be decompressed.

    Spark reads a whole line into memory. The function looks for a line end in each megabyte of the
    file, and refuses a megabyte without one. In a plain file, the rest of the megabyte is skipped,
    so the check is fast.

    Raises:
        ReelhouseError: the file is truncated or damaged, a line is too long, or the content of a
            compressed file is a hundred times larger than the file.
    """
    size = path.stat().st_size
    is_compressed = path.suffix.lower() in COMPRESSED_SUFFIXES
    position = 0
    try:
        with open_uncompressed(path) as file:
            while line := file.readline(MAX_LINE_BYTES):
                if len(line) == MAX_LINE_BYTES and not line.endswith(b"\n"):
                    raise ReelhouseError(
                        f"{path} has a line of more than {MAX_LINE_BYTES:,} bytes at byte"
                        f" {position:,}: write one rating per line"
                    )
                position += MAX_LINE_BYTES
                if is_compressed and position > max(HARMLESS_BYTES, MAX_EXPANSION * size):
                    raise ReelhouseError(
                        f"{path} unpacks {size:,} bytes to more than {position:,}, like a"
                        " decompression bomb: if you trust it, unpack it yourself and name the file"
                    )
                file.seek(position)
    except READ_ERRORS as error:
        raise damaged(path, error) from error


def is_utf8(path: Path) -> bool:
    """Return whether all of a file is UTF-8.

    Raises:
        ReelhouseError: the file is compressed, and truncated or damaged.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with open_uncompressed(path) as content:
            while chunk := content.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    except READ_ERRORS as error:
        raise damaged(path, error) from error
    return True


def is_latin1(path: Path) -> bool:
    """Return whether a file is ISO-8859-1 rather than UTF-8.

    A file is ISO-8859-1 if it has lines with letters beyond ASCII, and none of these lines is
    valid UTF-8. A UTF-8 file with damaged lines still has valid ones.
    """
    found = False
    with open_uncompressed(path) as lines:
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
