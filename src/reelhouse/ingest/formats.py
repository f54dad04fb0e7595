"""Formats of ratings files, and the records that describe a source and its files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from reelhouse.ingest.text_files import uncompressed_name

ML_100K = "ml_100k"
"""MovieLens 100k: u.data (tabs), u.item and u.user (bars), without headers."""
ML_DAT = "ml_dat"
"""MovieLens 1M and 10M: ratings.dat, movies.dat and users.dat (double colons), without headers."""
CSV = "csv"
"""Text with a header and one separator."""
PARQUET = "parquet"
JSON = "json"
"""JSON Lines: one object per line."""
TABLE = "table"
"""A table of the lake."""

FORMAT_OF_SUFFIX = {
    ".csv": CSV, ".tsv": CSV, ".txt": CSV, ".parquet": PARQUET,
    ".json": JSON, ".jsonl": JSON, ".ndjson": JSON,
}  # fmt: skip

Scale = tuple[float, float, float]
"""Lowest rating, highest rating, and step between two ratings."""


class SourceFile(NamedTuple):
    """A file, or a folder of files of one format, and the columns to read from it."""

    role: str
    """``ratings``, ``movies`` or ``users``."""
    format: str
    path: str
    """An absolute path, or the name of a table in the lake."""
    separator: str = ""
    """Character between the columns of a CSV file."""
    columns: Mapping[str, str] = {}
    """Our column → the file's column, for formats whose columns have names."""


class RatingsSource(NamedTuple):
    """The files of one data set: ratings and, if there are any, movies and users."""

    data: str
    """Identity that the lake stores: a release, an absolute path, or ``table:`` and a name."""
    files: tuple[SourceFile, ...]
    scale: Scale | None
    """Scale of the MovieLens release whose files look like these; None if they look like no
    release. int_rating_scale decides whether the ratings fit this scale."""

    def file(self, role: str) -> SourceFile | None:
        """Return the file of a role; None if the source has none."""
        return next((file for file in self.files if file.role == role), None)


def format_of(path: Path) -> str | None:
    """Return the format that the suffix of a file name stands for; None if it is unknown."""
    return FORMAT_OF_SUFFIX.get(Path(uncompressed_name(path).lower()).suffix)
