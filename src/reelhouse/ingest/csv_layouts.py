"""Find the layout of a text file in its first lines: separator, header, and kinds of columns."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from reelhouse.errors import ReelhouseError, printable
from reelhouse.ingest.conversion_hints import are_lists, lists_of_movies, refuse_other_forms
from reelhouse.ingest.missing_words import is_missing, missing_texts
from reelhouse.ingest.number_forms import is_number
from reelhouse.ingest.text_files import SAMPLED_LINES, first_lines
from reelhouse.ingest.times import is_time

BLANKS = " "
"""Separator that stands for one or more blanks."""
DOUBLE_COLON = "::"
_ONE_SIGN = "\x1f"
"""Stands for the two colons, since Python's reader of CSV needs a single character."""
BLANK_SEPARATED = re.compile(r'"[^"]*"(?!\S)|\S+', re.ASCII)
"""A field of a line whose fields are separated by blanks. Java reads the pattern alike."""
PAIRED_QUOTES = re.compile(r'^"([^"]*)"$', re.ASCII)
"""A field in quotes. Java reads the pattern alike."""
WHOLE_ROW_SHARE = 0.99
"""Share of the rows that must have as many fields as the header if fields have line breaks."""
LIST_SHARE = 0.25
"""The lines are lists if a smaller share of them has as many fields as the first line."""
_REMEDY_OF_START = {
    "%": ("a comment", "remove all lines that start with %"),
    "#": ("a comment", "remove #, or all lines that start with #"),
}
"""Start of a first line that is neither a header nor a rating → what it is, and the remedy."""


class Layout(NamedTuple):
    """The layout of a text file, and its first rows."""

    separator: str
    names: list[str]
    """Names in the header; for a column without a name, its position: ``1``, ``2`` and so on."""
    has_header: bool
    rows: list[list[str]]
    """Fields of the first rows that have as many fields as the first line."""
    has_line_breaks: bool = False
    """Whether fields in quotes contain line breaks."""


def layout_of(path: Path, role: str, named: Collection[str]) -> Layout:
    """Return the layout of a text file.

    The first line is a header if it has another text than a number or a time in most of the columns
    in which most of the next lines have a number or a time. Columns without a value in the first
    line do not count. If no column counts, or half of them, the first line is a rating if one of
    its values occurs again in its column, and a header otherwise. If the first line is 0, 1, 2 and
    so on, as pandas writes for columns without names, it is a header if ``named`` has only such
    numbers.

    Args:
        path: a text file.
        role: ``ratings`` or ``movies``; ratings that are lists are refused.
        named: names or positions of columns in COLUMNS.

    Raises:
        ReelhouseError: the first line cannot be read, has only one field, or could be a header as
            well as a rating, or is a comment; or the lines are lists.
    """
    lines = first_lines(path, SAMPLED_LINES, "replace")
    _check_first_line(path, lines[0])
    if role == "ratings":
        refuse_other_forms(path, lines)
    separator = _separator(path, lines)
    try:
        first = fields_of(lines[0], separator)
    except csv.Error as error:
        raise ReelhouseError(
            f"the first line of {path} is not a header ({error}): write the names of the columns"
        ) from error
    others = [fields for line in lines[1:] if (fields := fields_or_none(line, separator))]
    rows = [fields for fields in others if len(fields) == len(first)]
    if "\ufffd" in lines[0] and _has_header(path, first, rows, named):
        first_lines(path, 1)  # refuses names that are not UTF-8
    broken = _rows_with_line_breaks(lines, separator, len(first)) if len(rows) < len(others) else []
    # A quote that is not closed joins many lines, so that there are fewer rows.
    if broken and len(broken) >= len(rows) - 1 and _has_header(path, first, broken, named):
        return Layout(separator, header_names(first), True, broken, has_line_breaks=True)
    if role == "ratings" and len(rows) < LIST_SHARE * len(others):
        raise ReelhouseError(uneven_lines(path, first, others))
    if _has_header(path, first, rows, named):
        return Layout(separator, header_names(first), True, rows)
    return Layout(separator, positions(len(first)), False, [first, *rows])


def fields_of(line: str, separator: str) -> list[str]:
    """Split a line into its fields, without the quotes and the blanks around them.

    Raises:
        csv.Error: the line has a field that is too long.
    """
    if separator == BLANKS:
        return [PAIRED_QUOTES.sub(r"\1", field) for field in BLANK_SEPARATED.findall(line)]
    if separator == DOUBLE_COLON:
        (fields,) = csv.reader([line.replace(separator, _ONE_SIGN)], delimiter=_ONE_SIGN)
        return [field.replace(_ONE_SIGN, separator).strip() for field in fields]
    return [field.strip() for field in next(csv.reader([line], delimiter=separator))]


def fields_or_none(line: str, separator: str) -> list[str] | None:
    """Split a line into its fields; None for a blank line, and if a field is too long."""
    try:
        return fields_of(line, separator) if line.strip() else None
    except csv.Error:
        return None


def rows_of(lines: Iterable[str], separator: str) -> Iterator[list[str]]:
    """Yield the rows of text in which a field in quotes may contain line breaks.

    Raises:
        csv.Error: a field is too long.
    """
    for fields in csv.reader((f"{line}\n" for line in lines), delimiter=separator):
        if fields:
            yield [field.strip() for field in fields]


def _rows_with_line_breaks(
    lines: Sequence[str], separator: str, field_count: int
) -> list[list[str]]:
    """Return the rows below the header if fields in quotes contain line breaks; otherwise none.

    Then almost all rows have as many fields as the header, and many lines have not.
    """
    if separator in (BLANKS, DOUBLE_COLON):
        return []
    try:
        found = list(rows_of(lines, separator))[1:-1]  # the last row may be incomplete
    except csv.Error:
        return []
    rows = [fields for fields in found if len(fields) == field_count]
    has_breaks = any("\n" in field for fields in rows for field in fields)
    return rows if has_breaks and len(rows) >= WHOLE_ROW_SHARE * len(found) else []


def positions(count: int) -> list[str]:
    """Return the positions 1, 2, …, which are used as names in a file without a header."""
    return [str(position) for position in range(1, count + 1)]


def header_names(fields: Sequence[str]) -> list[str]:
    """Return the names in a header; a column without a name has its position as its name.

    The name stays blank if another column has this position as its name.
    """
    places = zip(positions(len(fields)), fields, strict=True)
    return [name or ("" if place in fields else place) for place, name in places]


def named_by_position(names: Sequence[str], mapping: Mapping[str, str]) -> dict[str, str]:
    """Replace the positions in a mapping by names.

    A number that is a name is no position. If the mapping has the name of a column that is the
    position of another column, none of its numbers are positions.
    """
    by_position = dict(zip(positions(len(names)), names, strict=True))
    numbers = [chosen for chosen in mapping.values() if chosen.isdecimal() and chosen in names]
    if any(by_position.get(number) != number for number in numbers):
        return dict(mapping)
    return {
        ours: theirs if theirs in names else by_position.get(theirs, theirs)
        for ours, theirs in mapping.items()
    }


def _separator(path: Path, lines: Sequence[str]) -> str:
    """Return the separator that occurs in most lines as often as in the first line."""
    first = lines[0].strip()
    found = [separator for separator in (DOUBLE_COLON, ",", ";", "|", "\t") if separator in first]

    def agreement(separator: str) -> tuple[int, int]:
        # A tab at an end of the line separates an empty field.
        count = lines[0].count(separator)
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
    """Refuse a first line that is neither a header nor a rating."""
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


def uneven_lines(path: Path, first: Sequence[str], others: Sequence[Sequence[str]]) -> str:
    """Return the error message for lines with different numbers of fields."""
    if are_lists(first, others):
        return lists_of_movies(path, [first, *others])
    if sum(len(fields) == len(first) + 1 for fields in others) >= WHOLE_ROW_SHARE * len(others):
        return (
            f"{path} has {len(first)} names in its first line and {len(first) + 1} fields in the"
            " others, as R writes the names of rows: write a name for the first column too"
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
        if "0" in named or set(named).issubset(first):
            return True
    missing = missing_texts()
    typed = [
        text
        for place, text in enumerate(first)
        if not is_missing(text, missing)
        and (2 * sum(_is_typed(row[place]) for row in rows) > len(rows) or not rows)
    ]
    name_count = sum(not _is_typed(text) for text in typed)
    if 2 * name_count != len(typed):
        return 2 * name_count > len(typed)
    return not any(
        text and any(row[place] == text for row in rows) for place, text in enumerate(first)
    )


def _is_typed(text: str) -> bool:
    return is_number(text) or is_time(text)
