"""Read the first rows of JSON Lines and Parquet as text, to recognise columns by their values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from reelhouse.ingest.formats import JSON, SourceFile
from reelhouse.ingest.json_lines import objects_of
from reelhouse.ingest.text_files import SAMPLED_LINES, first_lines


def first_rows(file: SourceFile, path: Path, names: Sequence[str]) -> list[list[str]]:
    """Return the first rows with a text for each name; a list or an object is an empty text.

    Args:
        file: the format, JSON or Parquet.
        path: the file, or a part of it, whose names are known to be readable.
        names: the columns.
    """
    rows = _objects(path) if file.format == JSON else _parquet_rows(path)
    return [[_text(row.get(name)) for name in names] for row in rows]


def nested_name(path: Path) -> str | None:
    """Return the first name of a list of objects in the first object of a file of JSON Lines."""
    for row in _objects(path):
        for name, value in row.items():
            if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
                return name
        break
    return None


def _objects(path: Path) -> Iterator[dict[str, Any]]:
    return objects_of(first_lines(path, SAMPLED_LINES, "replace"))


def _parquet_rows(path: Path) -> list[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as content:
            batch = next(content.iter_batches(SAMPLED_LINES), None)
            return [] if batch is None else batch.to_pylist()
    except (pa.ArrowException, OSError, UnicodeDecodeError):
        return []  # a later check names the damage; bytes that are not UTF-8 are replaced


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, (list, dict)) else str(value)
