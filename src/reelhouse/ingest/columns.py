"""The columns of a ratings or movies file: what it calls them, and which is which."""

from __future__ import annotations

import csv
import json
import re
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from reelhouse.errors import ReelhouseError, check_utf8, printable
from reelhouse.ingest.text_files import DAMAGED, LONGEST, first_line, opened

COLUMNS = {
    "ratings": {
        "user_id": ("userid", "user", "uid", "customerid", "customer", "reviewerid"),
        "movie_id": (
            *("movieid", "movie", "itemid", "item", "iid", "productid", "product"),
            *("bookid", "asin", "isbn", "sku"),
        ),
        "rating": ("rating", "ratings", "stars", "score", "overall"),
        "rated_at": ("timestamp", "ratedat", "time", "ts", "date", "createdat", "unixreviewtime"),
    },
    "movies": {
        "movie_id": ("movieid", "movie", "itemid", "item", "id", "productid", "bookid"),
        "title": ("title", "movietitle", "name"),
        "genres": ("genres", "genre", "categories", "category"),
    },
}
"""Role → our column → what it is usually called, in small letters and digits alone."""

OPTIONAL = ("rated_at", "title", "genres")
OBJECTS_READ = 100
"""JSON objects that are looked at for their names."""


def parse_columns(text: str) -> dict[str, str]:
    """Parse a mapping such as ``user_id=a, rated_at=``, where ``rated_at=`` leaves it out.

    Raises:
        ReelhouseError: the text is no such mapping, or names a column that ratings do not have.
    """
    check_utf8(text, "COLUMNS is", "type it again")
    known = COLUMNS["ratings"]
    mapping: dict[str, str] = {}
    for pair in filter(None, map(str.strip, text.split(","))):
        ours, equals, theirs = map(str.strip, pair.partition("="))
        if equals and theirs in known and ours not in known:
            raise ReelhouseError(f"COLUMNS has {pair!r}: it is {theirs}={ours}, ours first")
        is_named = bool(theirs) or ours in OPTIONAL
        if not equals or not is_named or ours not in known or ours in mapping:
            raise ReelhouseError(
                f"COLUMNS has {pair!r}: write which column of the file is which, as in"
                f" COLUMNS='{', '.join(f'{name}=…' for name in known)}', each once"
            )
        mapping[ours] = theirs
    return mapping


def columns_of(
    path: Path, names: Sequence[str], role: str, mapping: Mapping[str, str]
) -> dict[str, str]:
    """Return our column → the file's, from the mapping and by what columns are usually called.

    Raises:
        ReelhouseError: a column is missing, twice or two in one; names those that there are.
    """
    there = f"{path} has the columns {', '.join(map(printable, names))}"
    taken, missing = {}, []
    for ours, usual in COLUMNS[role].items():
        if mapping.get(ours) == "":
            continue
        if ours in mapping:
            if mapping[ours] not in names:
                raise ReelhouseError(f"COLUMNS names {mapping[ours]!r}, but {there}")
            taken[ours] = mapping[ours]
            continue
        others = [name for name in names if name not in mapping.values()]
        fitting = [name for alias in usual for name in others if _letters_and_digits(name) == alias]
        if fitting:
            taken[ours] = fitting[0]
        elif ours not in OPTIONAL:
            missing.append(ours)
    if missing:
        said = ", ".join(f"{ours}={theirs}" for ours, theirs in mapping.items())
        said += ", " * bool(said) + ", ".join(f"{ours}=…" for ours in missing)
        raise ReelhouseError(
            f"{there}, and none is known to be the {' or the '.join(missing)}: "
            + (
                f"say which, as in DATA={shlex.quote(str(path))} COLUMNS='{said}'"
                if role == "ratings"
                else "it stands beside the ratings, so rename the column, or the file"
            )
        )
    doubled = [name for name in taken.values() if list(names).count(name) > 1]
    if doubled:
        raise ReelhouseError(f"{there}: {doubled[0]!r} is there twice; rename one")
    if len(set(taken.values())) < len(taken):
        raise ReelhouseError(f"COLUMNS gives one column two meanings: {taken}")
    return taken


def column_names(path: Path, format: str, separator: str = ",") -> list[str]:
    """Return the names of a file's columns: of its header, its schema, or its first object.

    Raises:
        ReelhouseError: there are none, or the file is not of the format.
    """
    if format == "parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            names = list(pq.read_schema(path).names)
        except (pa.ArrowException, OSError) as error:
            raise ReelhouseError(f"{path} is no Parquet file: {error}") from error
        if len({name.lower() for name in names}) < len(names):
            raise ReelhouseError(
                f"{path} has columns whose names differ by capitals alone, the same ones for Spark:"
                f" {', '.join(map(printable, names))}; rename one"
            )
        return names
    if format == "json":
        return _names_of_objects(path)
    try:
        header = next(csv.reader([first_line(path)], delimiter=separator))
    except csv.Error as error:
        raise ReelhouseError(f"{path} has a first line that is no header: {error}") from error
    return [name.strip() for name in header]


def check_header(path: Path, names: Sequence[str], role: str) -> None:
    """Refuse a first line that has a number among its names, when no columns are found in it.

    Raises:
        ReelhouseError: says how to name the columns.
    """
    if not any(re.fullmatch(r"[-+.\d]+", name) for name in names):
        return
    remedy = "Write the names of the columns above it"
    if role == "ratings":
        remedy += "; if these are names, say which, as in COLUMNS='user_id=0, movie_id=1, rating=2'"
    line = printable(first_line(path)[:80])
    raise ReelhouseError(f"{path} has no header: its first line is {line!r}. {remedy}")


def check_part(part: Path, first: Path, file: Any, folders: Collection[str]) -> None:
    """Refuse a part that lacks a column of ``file``, which describes the first part.

    Args:
        part: a file of a folder.
        first: the first part of the folder.
        file: a sources.SourceFile.
        folders: columns that the names of folders give; the parts need not have them.

    Raises:
        ReelhouseError: a column is missing or has another type. CSV columns are read by position,
            so that all columns of CSV parts have to be equal.
    """
    names = column_names(part, file.format, file.separator)
    if file.format == "csv" and names != column_names(first, file.format, file.separator):
        raise ReelhouseError(f"{part} has other columns than {first.name}")
    if file.format != "parquet":
        return
    for name in set(file.columns.values()).difference(folders):
        if name not in names:
            raise ReelhouseError(f"{part} has no column {name}, which {first.name} has")
        mine, others = (type_of(path, name) for path in (part, first))
        if mine != others:
            raise ReelhouseError(
                f"{part} has {name} as {mine}, and {first.name} as {others}: write both alike"
            )


def type_of(path: Path, column: str) -> str:
    """The type of a Parquet file's column, in Arrow's words."""
    import pyarrow.parquet as pq

    return str(pq.read_schema(path).field(column).type)


def _names_of_objects(path: Path) -> list[str]:
    """Return the names in the first objects, since a single object may lack some of them."""
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
                f"{path} is not JSON Lines: its first line is no object. Write one object a line"
            )
    return list(names)


def _more_lines(path: Path) -> Iterator[str]:
    try:
        with opened(path) as file:
            file.readline(LONGEST)
            for _ in range(OBJECTS_READ):
                yield file.readline(LONGEST).decode(errors="replace")
    except DAMAGED:
        return  # a truncated archive, which check_lines refuses


def separator_of(path: Path) -> str:
    """Return what stands between the columns of the header: the commonest of , ; | and tab."""
    line = first_line(path)
    found = max(",;|\t", key=line.count)
    if line.count(found) == 0:
        raise ReelhouseError(
            f"{path} has no header of several columns: its first line is {printable(line[:80])!r}"
        )
    return found


def _letters_and_digits(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
