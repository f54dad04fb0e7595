"""Find the file beside the ratings that has the titles of their movies."""

from __future__ import annotations

from pathlib import Path

from reelhouse.errors import ReelhouseError
from reelhouse.ingest.column_names import column_names
from reelhouse.ingest.csv_layouts import DOUBLE_COLON, layout_of
from reelhouse.ingest.first_rows import first_rows
from reelhouse.ingest.formats import TEXT, SourceFile, check_readable, format_of
from reelhouse.ingest.parts import files_of, visible_paths
from reelhouse.ingest.text_files import COMPRESSED_SUFFIXES, check_lines, uncompressed_name
from reelhouse.ingest.usual_names import COLUMNS, columns_named, simplified

MOST_FILES = 20
"""Number of files that are looked at."""
MOST_COMPRESSED_BYTES = 64 << 20
"""Larger compressed files are left out, since the check of their lines would take long."""
UNIQUE_SHARE = 0.95
"""Share of the first ids that differ, in a file with one row per movie."""
_SUFFIXES = {".csv", ".tsv", ".txt", ".dat", ".item", ".json", ".jsonl", ".ndjson", ".parquet"}


def items_beside(ratings: SourceFile) -> SourceFile | None:
    """Return the file with a row per movie, or None if there is none.

    The column of movies has the same name as in the ratings, almost all of its values differ, and
    another column has a usual name of titles. A file that cannot be read is left out.

    Args:
        ratings: a file of ratings whose columns have names.
    """
    path = Path(ratings.path)
    if not ratings.has_header:
        return None
    own = set(files_of(ratings))
    others = [each for each in visible_paths(path if ratings.splits else path.parent)]
    others = [each for each in others if each not in own and _may_have_items(each)]
    for other in others[:MOST_FILES]:
        try:
            if found := _items(other, ratings.columns["movie_id"]):
                check_lines(other)
                return found
        except (ReelhouseError, OSError):
            continue
    return None


def _may_have_items(path: Path) -> bool:
    is_large = (
        path.suffix.lower() in COMPRESSED_SUFFIXES and path.stat().st_size > MOST_COMPRESSED_BYTES
    )
    suffix = Path(uncompressed_name(path)).suffix.lower()
    return suffix in _SUFFIXES and path.is_file() and not is_large


def _items(path: Path, column: str) -> SourceFile | None:
    """Return a file if it has a row with a title per movie; None otherwise."""
    check_readable(path)
    file = SourceFile("movies", format_of(path), str(path))
    if file.format == TEXT:
        layout = layout_of(path, "movies", ())
        if not layout.has_header or layout.separator == DOUBLE_COLON:
            return None
        names, rows = layout.names, layout.rows
        file = file._replace(separator=layout.separator, has_line_breaks=layout.has_line_breaks)
    else:
        names = column_names(file, path)
        rows = first_rows(file, path, names)
    same = [name for name in names if simplified(name) == simplified(column)]
    titles = [name for name in columns_named(names, COLUMNS["movies"]["title"]) if name not in same]
    if not rows or len(same) != 1 or not titles or names.count(titles[0]) > 1:
        return None
    ids = [row[names.index(same[0])] for row in rows]
    if len(set(ids)) < UNIQUE_SHARE * len(ids):
        return None
    return file._replace(columns={"movie_id": same[0], "title": titles[0]})
