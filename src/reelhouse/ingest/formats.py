"""Recognise the format of a file by its content, and describe a source and its files."""

from __future__ import annotations

import codecs
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from reelhouse.errors import ReelhouseError, check_utf8, printable
from reelhouse.ingest.text_files import (
    COMPRESSED_SUFFIXES,
    READ_ERRORS,
    damaged,
    open_uncompressed,
    uncompressed_name,
)

TEXT = "text"
"""Lines of fields with a separator, with or without a header."""
PARQUET = "parquet"
JSON = "json"
"""JSON Lines: one object per line."""
TABLE = "table"
"""A table of a catalog that Spark knows."""
MODEL = "model"
"""A model of the dbt project that has Reelhouse as a package."""

_FORMAT_OF_SUFFIX = {".parquet": PARQUET, ".json": JSON, ".jsonl": JSON, ".ndjson": JSON}
PART_SUFFIXES = {"", ".csv", ".tsv", ".txt", ".dat", ".data", ".inter", *_FORMAT_OF_SUFFIX}
"""Suffixes of the part files of a folder, so that a folder of images is no folder of ratings."""
# UTF-32 comes first, since its little-endian mark starts with that of UTF-16.
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
_FORMAT_OF_START = {b"PAR1": PARQUET, b"{": JSON, b"[": JSON}
_REMEDY_OF_START = {
    b"\x1f\x8b": "is compressed with gzip: rename it so that it ends in .gz",
    b"BZh": "is compressed with bzip2: rename it so that it ends in .bz2",
    b"PK\x03\x04": "is a zip or a spreadsheet: rename a zip so that it ends in .zip, or save the"
    " sheet as CSV",
    b"\xfd7zXZ": "is compressed with xz: decompress it first (unxz)",
    b"\x28\xb5\x2f\xfd": "is compressed with Zstandard: decompress it first (unzstd)",
    b"7z\xbc\xaf": "is a 7z archive: unpack it first",
    b"Rar!": "is a RAR archive: unpack it first",
    b"SQLite format 3": "is an SQLite database: export the table as CSV first",
    b"\x89HDF": "is an HDF5 file: write its ratings to Parquet or CSV first",
    b"\xd0\xcf\x11\xe0": "is a spreadsheet of an old Excel: save the sheet as CSV",
    b"%PDF": "is a PDF: write its ratings to CSV first",
    b"MATLAB 5.0": "is a MATLAB file: write its ratings to Parquet or CSV first",
    b"\x93NUMPY": "is a NumPy array: write its ratings to Parquet or CSV first",
    b"Obj\x01": "is an Avro file: write its rows to Parquet first",
    b"ARROW1": "is an Arrow file: write its rows to Parquet first",
    b"<": "is a page of HTML or XML: fetch the data itself, or write its ratings to CSV first",
}
"""First bytes of a file that Spark cannot read → what the file is, and the remedy."""

_OTHER_CODECS = {".deflate", ".snappy", ".lz4", ".zst"}
"""Suffixes of files that Spark decompresses, and these modules do not."""

Split = tuple[str, int]
"""``train``, ``validation`` or ``test``, and the number of the fold from 0."""
Scale = tuple[float, float, float]
"""Lowest rating, highest rating, and step between two ratings."""


class SourceFile(NamedTuple):
    """A file, or a folder of files of one format, and the columns to read from it."""

    role: str
    """``ratings``, ``movies``, ``users``, ``links`` or ``tags``."""
    format: str
    path: str
    """An absolute path, or the name of a table or a dbt model."""
    separator: str = ""
    """Text between the columns of a text file; a blank stands for any number of blanks."""
    columns: Mapping[str, str] = {}
    """Our column → the file's column, or its position from 1 if a text file has no header."""
    has_header: bool = True
    """False for a text file whose first line does not name the columns."""
    splits: Mapping[str, Split] = {}
    """Path of a file in the folder ``path`` → its split, if the names of files or folders say so.
    Other files in the folder are not read."""
    has_line_breaks: bool = False
    """True for a text file in which fields in quotes contain line breaks."""
    parts: Mapping[str, str] | None = None
    """Part of the ratings → its version. Only these parts are read. ``ingest/versions.py`` says
    what a part is. None: everything is read."""


class RatingsSource(NamedTuple):
    """The files of one data set: ratings and, if any, files that describe movies and users."""

    data: str
    """Identity that the lake stores: a release, a path, or ``table:`` or ``model:`` and a name."""
    files: tuple[SourceFile, ...]
    scale: Scale | None
    """Scale of the MovieLens release whose files look like these; None if they look like no
    release. int_rating_scale decides whether the ratings fit this scale."""
    guess: str = ""
    """Guessed columns in the form of COLUMNS; empty if no column was guessed."""

    def file(self, role: str) -> SourceFile | None:
        """Return the file of a role; None if the source has none."""
        return next((file for file in self.files if file.role == role), None)


def check_readable(path: Path) -> None:
    """Refuse a folder or file that cannot be read, an empty file, and text in UTF-16 or UTF-32.

    Also refuse a file that Spark would take for compressed or for plain text against its content.

    Raises:
        ReelhouseError: the path is refused; the message names the path and the remedy.
    """
    check_utf8(str(path), "the path is", "rename the file or folder")
    try:
        if path.is_dir():
            next(path.iterdir(), None)
            return
        if not path.is_file():  # reading a pipe would wait for its writer
            raise ReelhouseError(f"{path} is not a file: name a file or a folder")
        _check_suffix(path)
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError as error:
        raise unreadable(path, error) from error
    if not start:
        raise ReelhouseError(f"{path} is empty: name a file with ratings")
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if start.startswith(mark):
            raise ReelhouseError(
                f"{path} is {encoding}: convert it first (iconv -f {encoding} -t UTF-8 {path.name})"
            )


def _check_suffix(path: Path) -> None:
    """Refuse a suffix by which Spark would not decompress a file, or would by another method."""
    suffix = path.suffix.lower()
    if suffix in COMPRESSED_SUFFIXES and path.suffix != suffix:
        move = shlex.join(["mv", str(path), str(path.with_suffix(suffix))])
        raise ReelhouseError(
            f"{path} ends in {path.suffix}, and Spark decompresses only files that end in"
            f" {suffix}: rename it, as in {move}"
        )
    if path.suffix in _OTHER_CODECS:
        raise ReelhouseError(
            f"{path} ends in {path.suffix}, by which Spark takes it for compressed: decompress it"
            f" if it is, and rename it to {printable(path.stem)}"
        )


def unreadable(path: Path, error: OSError) -> ReelhouseError:
    """Return the error for a path that cannot be read."""
    return ReelhouseError(
        f"{path} cannot be read: {error.strerror}. Give yourself permission, or name another file"
    )


def format_of(path: Path) -> str:
    """Return the format of a file by its first bytes or, if they do not show it, by its suffix.

    Raises:
        ReelhouseError: Spark cannot read such a file, or it is compressed and damaged.
    """
    start = _first_bytes(path)
    for known, remedy in _REMEDY_OF_START.items():
        if start.startswith(known):
            raise ReelhouseError(f"{path} {remedy}")
    if start[257:262] == b"ustar":
        raise ReelhouseError(f"{path} is a tar archive: unpack it first and name the folder")
    suffix = Path(uncompressed_name(path).lower()).suffix
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    found = (format for known, format in _FORMAT_OF_START.items() if text.startswith(known))
    return next(found, _FORMAT_OF_SUFFIX.get(suffix, TEXT))


def _first_bytes(path: Path) -> bytes:
    try:
        with open_uncompressed(path) as file:
            return file.read(512)
    except READ_ERRORS as error:
        raise damaged(path, error) from error
