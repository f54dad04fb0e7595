"""Read the names of the columns of a file, and compare them with those of its other parts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from reelhouse.errors import ReelhouseError, printable
from reelhouse.ingest.conversion_hints import no_json_lines
from reelhouse.ingest.csv_layouts import fields_of, header_names, positions
from reelhouse.ingest.formats import JSON, TEXT, SourceFile
from reelhouse.ingest.json_lines import objects_of
from reelhouse.ingest.text_files import SAMPLED_LINES, first_lines


def column_names(file: SourceFile, path: Path) -> list[str]:
    """Return the columns in a header, a Parquet schema or the first JSON objects.

    The columns of a text file without a header are the positions 1, 2, …, as is a column without a
    name in a header.

    Args:
        file: the format, the separator, and whether there is a header.
        path: the file, or a part of it.

    Raises:
        ReelhouseError: the file has another format, or its names are ambiguous.
    """
    if file.format == JSON:
        return names_of_objects([path])
    if file.format == TEXT:
        errors = "strict" if file.has_header else "replace"
        names = fields_of(first_lines(path, 1, errors)[0], file.separator)
        return header_names(names) if file.has_header else positions(len(names))
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        names = list(pq.read_schema(path).names)
    except (pa.ArrowException, OSError) as error:
        raise ReelhouseError(
            f"{path} is not a Parquet file ({error}): fetch it again or rename it"
        ) from error
    if len({name.lower() for name in names}) < len(names):
        raise ReelhouseError(
            f"{path} has columns whose names differ only in capitals, which Spark does not"
            f" distinguish ({', '.join(map(printable, names))}): rename one"
        )
    return names


def check_part(part: Path, first: Path, file: SourceFile, by_folder: Collection[str]) -> None:
    """Refuse a part file whose columns differ from those of the first part file.

    The columns of text are read by position, so all text parts must have the same columns in the
    same order. Parquet parts must have the columns of ``file`` with the same types.

    Args:
        part: a file of a folder.
        first: the first file of the folder.
        file: the description of the first file.
        by_folder: columns whose values are in the names of the folders.

    Raises:
        ReelhouseError: a column is missing or has another type.
    """
    if file.format == JSON:  # its columns are read by name, and may be missing
        _check_object(part, first_lines(part, 1, "replace")[0])
        return
    names = column_names(file, part)
    if file.format == TEXT and names != column_names(file, first):
        raise ReelhouseError(
            f"{part} has other columns than {first.name}: write the same columns to all parts"
        )
    if file.format == TEXT:
        return
    for name in set(file.columns.values()).difference(by_folder):
        if name not in names:
            raise ReelhouseError(
                f"{part} has no column {name}, which {first.name} has: write the same columns to"
                " all parts"
            )
        type_in_part, type_in_first = (type_of(path, name) for path in (part, first))
        if type_in_part != type_in_first:
            raise ReelhouseError(
                f"{part} has {name} as {type_in_part}, and {first.name} as {type_in_first}: write"
                " both alike"
            )


def type_of(path: Path, column: str) -> str:
    """Return the Arrow name of the type of a column in a Parquet file."""
    import pyarrow.parquet as pq

    return str(pq.read_schema(path).field(column).type)


def names_of_objects(parts: Sequence[Path]) -> list[str]:
    """Return all names in the first objects, since writers such as Spark leave out null values.

    Args:
        parts: a file of JSON Lines, or several. If the first is short, the next is read too.

    Raises:
        ReelhouseError: a file that is read does not start with an object.
    """
    names: dict[str, None] = {}
    left = SAMPLED_LINES
    for part in parts:
        lines = first_lines(part, left, "replace")
        _check_object(part, lines[0])
        names.update(dict.fromkeys(name for row in objects_of(lines) for name in row))
        left -= len(lines)
        if left <= 0:
            break
    return list(names)


def _check_object(path: Path, line: str) -> None:
    if next(objects_of([line]), None) is None:
        raise ReelhouseError(no_json_lines(path, line))
