"""Recognise the columns of ratings and movies: by the user's mapping or by their usual names."""

from __future__ import annotations

import csv
import json
import re
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from reelhouse.errors import ReelhouseError, check_utf8, printable
from reelhouse.ingest.formats import CSV, JSON, PARQUET, SourceFile
from reelhouse.ingest.text_files import (
    MAX_LINE_BYTES,
    READ_ERRORS,
    first_line,
    open_uncompressed,
)

COLUMNS = {
    "ratings": {
        "user_id": ("userid", "user", "uid", "customerid", "customer", "reviewerid"),
        "movie_id": (
            *("movieid", "movie", "itemid", "item", "iid", "productid", "product"),
            *("bookid", "asin", "isbn", "sku"),
        ),
        "rating": ("rating", "ratings", "stars", "score", "overall"),
        "strength": (
            *("strength", "plays", "playcount", "listens", "views", "hours", "minutes"),
            *("quantity", "qty", "count"),
        ),
        "rated_at": ("timestamp", "ratedat", "time", "ts", "date", "createdat", "unixreviewtime"),
    },
    "movies": {
        "movie_id": ("movieid", "movie", "itemid", "item", "id", "productid", "bookid"),
        "title": ("title", "movietitle", "name"),
        "genres": ("genres", "genre", "categories", "category"),
    },
}
"""Role → our column → its usual names, of lower-case letters and digits only."""

OPTIONAL = ("rating", "strength", "rated_at", "title", "genres")
OBJECTS_READ = 100
"""Number of JSON objects whose names are read."""


def parse_columns(text: str) -> dict[str, str]:
    """Parse COLUMNS, such as ``user_id=a, rated_at=``; return our column → the file's column.

    An empty name, as in ``rated_at=``, leaves an optional column out.

    Raises:
        ReelhouseError: a pair is malformed, or names a column that ratings do not have.
    """
    check_utf8(text, "COLUMNS is", "type it again")
    known = COLUMNS["ratings"]
    mapping: dict[str, str] = {}
    for pair in filter(None, map(str.strip, text.split(","))):
        ours, equals, theirs = map(str.strip, pair.partition("="))
        if equals and theirs in known and ours not in known:
            raise ReelhouseError(f"COLUMNS has {pair!r}: write {theirs}={ours}, our name first")
        is_named = bool(theirs) or ours in OPTIONAL
        if not equals or not is_named or ours not in known or ours in mapping:
            raise ReelhouseError(
                f"COLUMNS has {pair!r}: write the file's name of each column once, as in"
                f" COLUMNS='{', '.join(f'{name}=…' for name in known)}'"
            )
        mapping[ours] = theirs
    return mapping


def columns_of(
    path: Path, names: Sequence[str], role: str, mapping: Mapping[str, str]
) -> dict[str, str]:
    """Return our column → the file's column, by the mapping or else by the usual names.

    Args:
        path: the file, for error messages.
        names: the names of the file's columns.
        role: ``ratings`` or ``movies``.
        mapping: our column → the file's column, or empty to leave the column out.

    Raises:
        ReelhouseError: a column is missing or appears twice, or one has two meanings.
    """
    description = f"{path} has the columns {', '.join(map(printable, names))}"
    taken, missing = {}, []
    for ours, usual in COLUMNS[role].items():
        if mapping.get(ours) == "":
            continue
        if ours in mapping:
            if mapping[ours] not in names:
                raise ReelhouseError(
                    f"COLUMNS names {mapping[ours]!r}, but {description}: name one of these"
                )
            taken[ours] = mapping[ours]
            continue
        others = [name for name in names if name not in mapping.values()]
        fitting = [name for alias in usual for name in others if _letters_and_digits(name) == alias]
        if fitting:
            taken[ours] = fitting[0]
        elif ours not in OPTIONAL:
            missing.append(ours)
    if missing:
        named = [f"{ours}={theirs}" for ours, theirs in mapping.items()]
        example = ", ".join([*named, *(f"{ours}=…" for ours in missing)])
        raise ReelhouseError(
            f"{description}, and none is recognised as the {' or the '.join(missing)}: "
            + (
                f"name it, as in DATA={shlex.quote(str(path))} COLUMNS='{example}'"
                if role == "ratings"
                else "rename the column, or rename the file to read the ratings without movies"
            )
        )
    doubled = [name for name in taken.values() if list(names).count(name) > 1]
    if doubled:
        raise ReelhouseError(f"{description}: {doubled[0]!r} appears twice; rename one")
    if len(set(taken.values())) < len(taken):
        raise ReelhouseError(f"COLUMNS gives one column two meanings, {taken}: name another column")
    return taken


def column_names(path: Path, format: str, separator: str = ",") -> list[str]:
    """Return the column names in a header, a Parquet schema, or the first JSON objects.

    Raises:
        ReelhouseError: the file has another format, or its names are ambiguous.
    """
    if format == PARQUET:
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
    if format == JSON:
        return _names_of_objects(path)
    try:
        header = next(csv.reader([first_line(path)], delimiter=separator))
    except csv.Error as error:
        raise ReelhouseError(
            f"the first line of {path} is not a header ({error}): write the names of the columns"
        ) from error
    return [name.strip() for name in header]


def check_header(path: Path, names: Sequence[str], role: str) -> None:
    """Refuse a first line with numbers in it, after the columns were not found in that line.

    Raises:
        ReelhouseError: a name is a number, so that the file probably has no header.
    """
    if not any(re.fullmatch(r"[-+.\d]+", name) for name in names):
        return
    remedy = "write the names of the columns above it"
    if role == "ratings":
        remedy += (
            ", or if these are names, use them as in COLUMNS='user_id=0, movie_id=1, rating=2'"
        )
    line = printable(first_line(path)[:80])
    raise ReelhouseError(f"{path} has no header, since its first line is {line!r}: {remedy}")


def check_part(part: Path, first: Path, file: SourceFile, by_folder: Collection[str]) -> None:
    """Refuse a part file whose columns differ from those of the first part file.

    CSV columns are read by position, so all columns of CSV parts have to be equal. Parquet parts
    need the columns of ``file``, with equal types.

    Args:
        part: a file of a folder.
        first: the first file of the folder.
        file: the description of the first file.
        by_folder: columns whose values are in the names of the folders.

    Raises:
        ReelhouseError: a column is missing or has another type.
    """
    names = column_names(part, file.format, file.separator)
    if file.format == CSV and names != column_names(first, file.format, file.separator):
        raise ReelhouseError(f"{part} has other columns than {first.name}: write all parts alike")
    if file.format != PARQUET:
        return
    for name in set(file.columns.values()).difference(by_folder):
        if name not in names:
            raise ReelhouseError(
                f"{part} has no column {name}, which {first.name} has: write all parts alike"
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


def _names_of_objects(path: Path) -> list[str]:
    """Return the names in the first objects. A single object may lack some of the names."""
    names: dict[str, None] = {}
    for line in [first_line(path, "replace"), *_more_lines(path)]:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if isinstance(row, dict):
            names.update(dict.fromkeys(row))
        elif not names:
            raise ReelhouseError(
                f"{path} is not JSON Lines, since its first line is not an object: write one object"
                " per line"
            )
    return list(names)


def _more_lines(path: Path) -> Iterator[str]:
    try:
        with open_uncompressed(path) as file:
            file.readline(MAX_LINE_BYTES)
            for _ in range(OBJECTS_READ):
                yield file.readline(MAX_LINE_BYTES).decode(errors="replace")
    except READ_ERRORS:
        return  # check_lines refuses a truncated file


def _letters_and_digits(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
