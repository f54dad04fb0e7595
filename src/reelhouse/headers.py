"""The columns of a ratings or movies file: what it calls them, and which is which."""

from __future__ import annotations

import bz2
import csv
import gzip
import itertools
import json
import re
import shlex
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from reelhouse.errors import ReelhouseError, printable

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

PACKED = (".gz", ".bz2")
OPTIONAL = ("rated_at", "title", "genres")
OBJECTS = 100
"""JSON objects that are looked at for their names."""
DAMAGED = (OSError, EOFError, zlib.error)
"""What reading a file that is cut or damaged raises."""
LONGEST = 1 << 20
"""Bytes of a header at most."""


def parse_columns(text: str) -> dict[str, str]:
    """Return the mapping that ``user_id=a, movie_id=b, rated_at=`` says; ``rated_at=`` names none.

    Raises:
        ReelhouseError: it is no such list, or names a column that ratings do not have.
    """
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
        fitting = [name for alias in usual for name in others if _plain(name) == alias]
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


def column_names(path: Path, form: str, separator: str = ",") -> list[str]:
    """Return the names of a file's columns: of its header, its schema, or its first object.

    Raises:
        ReelhouseError: there are none, or the file is not of the form.
    """
    if form == "parquet":
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
    line = first_line(path)
    if form == "json":
        return _names_of_objects(path, line)
    try:
        names = [name.strip() for name in next(csv.reader([line], delimiter=separator))]
    except csv.Error as error:
        raise ReelhouseError(f"{path} has a first line that is no header: {error}") from error
    if any(re.fullmatch(r"[-+.\d]+", name) for name in names):
        raise ReelhouseError(f"{path} has no header: its first line is {printable(line[:80])!r}")
    return names


def check_part(part: Path, first: Path, file: Any) -> None:
    """Refuse a part of a folder that has not what ``file``, found by its first part, takes.

    Raises:
        ReelhouseError: a column is missing or of another type; or of CSV, whose columns go by
            their place, any is another.
    """
    names = column_names(part, file.form, file.separator)
    if file.form == "csv" and names != column_names(first, file.form, file.separator):
        raise ReelhouseError(f"{part} has other columns than {first.name}")
    if file.form != "parquet":
        return
    for name in file.columns.values():
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


def unpacked_name(path: Path) -> str:
    """The name of a file without what says that it is packed."""
    return path.stem if path.suffix.lower() in PACKED else path.name


def _names_of_objects(path: Path, first: str) -> list[str]:
    """The names in the first objects: one of them need not have them all."""
    names: dict[str, None] = {}
    with opened(path) as file:
        for line in [first.encode(), *_more_lines(file)]:
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                row = None
            if isinstance(row, dict):
                names.update(dict.fromkeys(row))
            elif not names:
                raise ReelhouseError(f"{path} is no JSON Lines: its first line is no object")
    return list(names)


def _more_lines(file: IO[bytes]) -> Iterator[bytes]:
    try:
        yield from itertools.islice(file, 1, OBJECTS)
    except DAMAGED:
        return  # a truncated archive, which a reader of all of it refuses


def separator_of(path: Path) -> str:
    """Return what stands between the columns of the header: the commonest of , ; | and tab."""
    line = first_line(path)
    found = max(",;|\t", key=line.count)
    if line.count(found) == 0:
        raise ReelhouseError(
            f"{path} has no header of several columns: its first line is {printable(line[:80])!r}"
        )
    return found


def first_line(path: Path) -> str:
    """Return the first line, without a byte order mark; it has to be UTF-8 and a line's length."""
    try:
        with opened(path) as file:
            start = file.readline(LONGEST)
    except DAMAGED as error:
        raise ReelhouseError(f"{path} cannot be read: {error}") from error
    try:
        line = start.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise ReelhouseError(f"{path}: the first line is not UTF-8, {error.reason}") from error
    if "\0" in line or len(start) == LONGEST:
        raise ReelhouseError(f"{path} is no text of lines: its first one cannot be a header")
    if not line.strip():
        raise ReelhouseError(f"{path} starts with a blank line, where its header should stand")
    return line


def opened(path: Path) -> IO[bytes]:
    """A file's bytes, unpacked on the way if its name says that it is packed."""
    opener: Any = {".gz": gzip.open, ".bz2": bz2.open}.get(path.suffix.lower(), open)
    file: IO[bytes] = opener(path, "rb")
    return file


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
