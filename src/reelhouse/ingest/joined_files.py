"""Find the file beside a file that has its users or movies, for the error of the first file."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Sequence
from pathlib import Path

from reelhouse.errors import ReelhouseError
from reelhouse.ingest.csv_layouts import layout_of
from reelhouse.ingest.parts import visible_paths
from reelhouse.ingest.usual_names import COLUMNS, columns_named

MOST_FILES = 20
"""Number of files that are looked at."""
_SUFFIXES = {".csv", ".tsv", ".txt", ".dat"}


def join_with_other(path: Path, names: Sequence[str], missing: Collection[str]) -> str | None:
    """Return how to join a file with one beside it that has the missing users or movies.

    Args:
        path: a text file.
        names: its columns.
        missing: our columns that none of them is.
    """
    if path.suffix.lower() not in _SUFFIXES:
        return None
    others = [each for each in visible_paths(path.parent) if each.suffix.lower() in _SUFFIXES]
    for other in others[:MOST_FILES]:
        if other == path or not other.is_file():
            continue
        try:
            layout = layout_of(other, "movies", ())
        except (ReelhouseError, OSError):
            continue
        found = [
            next(columns_named(layout.names, COLUMNS["ratings"][ours]), "") for ours in missing
        ]
        keys = [name for name in layout.names if name in names and name not in found]
        keys = [name for name in keys if not name.isdecimal()]  # a position is no name
        if not layout.has_header or not all(found) or not keys:
            continue
        files = " join ".join(
            f"read_csv({str(each)!r}, all_varchar=true) as {name}"
            for name, each in (("one", path), ("two", other))
        )
        program = (
            f'import duckdb; duckdb.sql("from {files} using ({keys[0]})")'
            '.write_parquet("joined.parquet")'
        )
        return (
            f"{other.name} has {' and '.join(found)} for each {keys[0]}: join both files and name"
            f" the result as DATA, as in: .venv/bin/python -c {shlex.quote(program)}"
        )
    return None
