"""Find the layout of a text file in its first lines: separator, header, and kinds of columns."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from reelhouse.errors import ReelhouseError, printable
from reelhouse.ingest.text_files import SAMPLED_LINES, first_lines
from reelhouse.ingest.times import SAMPLED, is_time, pattern_of

BLANKS = " "
"""Separator that stands for one or more blanks."""
DOUBLE_COLON = "::"
MOST_VALUES = 101
"""Largest number of different whole-number ratings, as on a scale of 0 to 100, and the bound of
all ratings."""
USUAL_SHARE = 0.9
"""Share of the values of a column that must look like times or ratings."""
WHOLE_SHARE = 0.6
"""Share of the lines that must have as many fields as the first line."""
MATRIX_COLUMNS = 20
"""Number of columns of numbers from which a file is a table with a column per movie."""
_REMEDY_OF_START = {
    "%": ("a comment", "remove all lines that start with %"),
    "#": ("a comment", "remove #, or all lines that start with #"),
}
"""Start of a first line that is neither a header nor a rating → what it is, and the remedy."""
_MOVIE_OF_NETFLIX = re.compile(r"\d+:")
_NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*")


class Layout(NamedTuple):
    """The layout of a text file, and its first rows."""

    separator: str
    names: list[str]
    """Names in the header; without a header, positions: ``1``, ``2`` and so on."""
    has_header: bool
    rows: list[list[str]]
    """Fields of the first rows that have as many fields as the first line."""


def layout_of(path: Path, role: str, named: Collection[str]) -> Layout:
    """Return the layout of a text file.

    The first line is a rating if it has a number or a time in each column in which most of the next
    lines have one. If no column has them, the first line is a rating if one of its values occurs
    again in its column. Otherwise it is a header. If the first line is 0, 1, 2 and so on, as pandas
    writes for columns without names, it is a header if ``named`` has only such numbers.

    Args:
        path: a text file.
        role: ``ratings`` or ``movies``; ratings that are lists are refused.
        named: names or positions of columns in COLUMNS.

    Raises:
        ReelhouseError: the first line cannot be read, has only one field, or could be a header as
            well as a rating, or is a comment; or the lines are lists.
    """
    lines = first_lines(path, SAMPLED_LINES)
    _check_first_line(path, lines[0])
    separator = _separator(path, lines)
    try:
        first = fields_of(lines[0], separator)
    except csv.Error as error:
        raise ReelhouseError(
            f"the first line of {path} is not a header ({error}): write the names of the columns"
        ) from error
    others = [fields for line in lines[1:] if (fields := fields_or_none(line, separator))]
    rows = [fields for fields in others if len(fields) == len(first)]
    if role == "ratings" and len(rows) < WHOLE_SHARE * len(others):
        raise ReelhouseError(_uneven(path, first, others))
    if _has_header(path, first, rows, named):
        return Layout(separator, first, True, rows)
    return Layout(separator, positions(len(first)), False, [first, *rows])


def fields_of(line: str, separator: str) -> list[str]:
    """Split a line into its fields, without blanks around them.

    Raises:
        csv.Error: the line has a field that is too long.
    """
    if separator == BLANKS:
        return line.split()
    if separator == DOUBLE_COLON:
        return [field.strip() for field in line.split(separator)]
    return [field.strip() for field in next(csv.reader([line], delimiter=separator))]


def fields_or_none(line: str, separator: str) -> list[str] | None:
    """Split a line into its fields; None for a blank line, and if a field is too long."""
    try:
        return fields_of(line, separator) if line.strip() else None
    except csv.Error:
        return None


def positions(count: int) -> list[str]:
    """Return the positions 1, 2, …, which are used as names in a file without a header."""
    return [str(position) for position in range(1, count + 1)]


def filled_columns(names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the names of the columns that have a value; a doubled separator makes empty ones."""
    return [
        name for name, column in zip(names, zip(*rows, strict=True), strict=True) if any(column)
    ]


def is_matrix(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the rows have many columns, and almost all of them have numbers or blanks."""
    columns = list(zip(*rows, strict=True))
    numeric = [column for column in columns if _are_numbers([*filter(None, column)])]
    return len(numeric) >= max(MATRIX_COLUMNS, USUAL_SHARE * len(columns))


def table_of_movies(path: Path, column_count: int) -> str:
    """Return the error message for a table with a column per movie."""
    return (
        f"{path} has {column_count} columns of numbers, as a table with a column per movie has:"
        " write one rating per line, as a user, a movie and a rating (in pandas: DataFrame.melt)"
    )


def has_usual_order(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the columns look like a user, a movie, a rating and, if any, a time.

    Ratings must not have more different values than the users or the movies. If the rows are sorted
    by user or by movie, this column is not compared. Users and movies look alike, so their order is
    not checked. Columns without a value do not count.
    """
    match [column for column in zip(*rows, strict=True) if any(column)]:
        case [users, movies, ratings]:
            return _are_ratings(ratings, users, movies)
        case [users, movies, ratings, times]:
            return _are_ratings(ratings, users, movies) and _are_times(times)
    return False


def guess_columns(
    names: Sequence[str], rows: Sequence[Sequence[str]], known: Mapping[str, str]
) -> dict[str, str]:
    """Guess our column → the file's column, as an example that the user can correct.

    The last column that looks like times is ``rated_at``. The first two of the other columns are
    the user and the movie. Of the columns of different numbers after them, the first that looks
    like ratings is the rating; if none does, the first is the strength.

    Args:
        names: the names of the file's columns.
        rows: fields of the first rows; none for a format without text.
        known: our column → the file's column, for the columns that need no guess.
    """
    guess = dict(known)
    values = dict(zip(names, zip(*rows, strict=True), strict=False))
    free = [
        name for name in names if name and name not in known.values() and any(values.get(name, "?"))
    ]
    times = [name for name in free if _are_times(values.get(name, ()))]
    if times and "rated_at" not in known:
        guess["rated_at"] = times[-1]
        free.remove(times[-1])
    for ours in ("user_id", "movie_id"):
        if free and ours not in known:
            guess[ours] = free.pop(0)
    numbers = [name for name in free if name not in values or _are_varied(values[name])]
    if numbers and not {"rating", "strength"} & known.keys():
        ratings = [name for name in numbers if name not in values or _are_ratings(values[name])]
        guess |= {"rating": ratings[0]} if ratings else {"strength": numbers[0]}
    return guess


def named_by_position(names: Sequence[str], mapping: Mapping[str, str]) -> dict[str, str]:
    """Replace the positions in a mapping by names, unless the mapping contains a name."""
    by_position = dict(zip(positions(len(names)), names, strict=True))
    if not set(mapping.values()).isdisjoint(names):
        return dict(mapping)
    return {ours: by_position.get(theirs, theirs) for ours, theirs in mapping.items()}


def _separator(path: Path, lines: Sequence[str]) -> str:
    """Return the separator that occurs in most lines as often as in the first line."""
    first = lines[0].strip()
    found = [separator for separator in (DOUBLE_COLON, ",", ";", "|", "\t") if separator in first]

    def agreement(separator: str) -> tuple[int, int]:
        count = first.count(separator)
        return sum(line.count(separator) == count for line in lines), count

    if found:
        return max(found, key=agreement)
    if BLANKS not in first:
        raise ReelhouseError(
            f"{path} has no columns, since its first line is {printable(first[:80])!r}: separate"
            " the columns by commas, semicolons, bars, tabs, blanks or ::"
        )
    return BLANKS


def _check_first_line(path: Path, line: str) -> None:
    """Refuse a first line that is a comment, or that names a movie for the lines below."""
    for start, (what, remedy) in _REMEDY_OF_START.items():
        if line.startswith(start):
            raise ReelhouseError(f"{path} starts with {what}, {printable(line[:80])!r}: {remedy}")
    if re.fullmatch('"?sep=.?"?', line, re.IGNORECASE):
        raise ReelhouseError(
            f"{path} has the first line {printable(line)!r}, which only Excel understands: remove"
            " this line"
        )
    if "\r" in line:
        raise ReelhouseError(
            f"{path} ends its lines with CR alone: write LF, as in tr '\\r' '\\n' < {path.name}"
        )
    if _MOVIE_OF_NETFLIX.fullmatch(line):
        raise ReelhouseError(
            f"{path} has lines such as {line!r} that name the movie of the lines below, as in the"
            " Netflix Prize: write the movie on every line, as in"
            f' awk \'/:$/ {{m = $0; sub(/:/, "", m); next}} {{print m "," $0}}\' {path.name}'
        )


def _uneven(path: Path, first: Sequence[str], others: Sequence[Sequence[str]]) -> str:
    """Return the error message for lines with different numbers of fields."""
    if all(map(is_number, [*first, *others[0]])):
        return (
            f"{path} has lines with different numbers of fields, as lists of movies have: write one"
            " rating per line, as a user, a movie and a rating"
        )
    odd = next(fields for fields in others if len(fields) != len(first))
    return (
        f"{path} has {len(first)} fields in its first line and {len(odd)} in many others, such as"
        f" {printable(' '.join(odd)[:40])!r}: write one rating per line, without line breaks in a"
        " field, and with quotes around a field that has a separator"
    )


def _has_header(
    path: Path, first: Sequence[str], rows: Sequence[Sequence[str]], named: Collection[str]
) -> bool:
    numbers = list(filter(None, first))
    if len(numbers) > 1 and numbers == [str(number) for number in range(len(numbers))]:
        if not named:
            raise ReelhouseError(
                f"{path} has the first line {','.join(first)!r}: if these are names, use them, as"
                " in COLUMNS='user_id=0, movie_id=1, rating=2'; if they are a rating, name"
                " positions, as in COLUMNS='user_id=1, movie_id=2, rating=3'"
            )
        if set(named).issubset(first):
            return True
    typed = [
        place
        for place in range(len(first))
        if 2 * sum(_is_typed(row[place]) for row in rows) > len(rows) or not rows
    ]
    if not typed:
        columns = list(map(set, zip(*rows, strict=True)))
        return not any(text and text in column for text, column in zip(first, columns, strict=True))
    return not all(_is_typed(first[place]) for place in typed)


def _are_times(values: Sequence[str]) -> bool:
    some = values[:: len(values) // SAMPLED + 1]
    times = sum(is_time(value) or pattern_of(value) is not None for value in some)
    return times >= max(USUAL_SHARE * len(some), 1)


def _are_numbers(values: Sequence[str]) -> bool:
    return sum(map(is_number, values)) >= USUAL_SHARE * len(values)


def _are_varied(values: Sequence[str]) -> bool:
    return _are_numbers(values) and len(set(values)) > 1


def _are_ratings(values: Sequence[str], *ids: Sequence[str]) -> bool:
    """Return whether values look like ratings: numbers with decimals, or few different numbers.

    ``ids``: the users and the movies of the ratings.
    """
    if not _are_numbers(values):
        return False
    different = {float(value) for value in values if is_number(value)}
    if max(map(abs, different), default=0) >= MOST_VALUES:
        return False
    most = min([MOST_VALUES, *(len(set(side)) for side in ids if not _are_grouped(side))])
    return len(different) <= most or any(number % 1 for number in different)


def _are_grouped(ids: Sequence[str]) -> bool:
    """Return whether equal ids follow each other, as in rows sorted by user."""
    return len(list(groupby(ids))) == len(set(ids)) < len(ids)


def _is_typed(text: str) -> bool:
    return is_number(text) or is_time(text)


def is_number(text: str) -> bool:
    """Return whether a text is a number that `stg_ratings` reads."""
    return _NUMBER.fullmatch(text) is not None
