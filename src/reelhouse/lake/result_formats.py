"""Write the rows of a query or list as an aligned table, as CSV (RFC 4180) or as JSON."""

import csv
import json
import math
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Protocol, TextIO

from reelhouse.errors import printable

Row = Sequence[Any]

_NUMBER = re.compile(
    r"(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(\d+,\d+\))", re.ASCII
)
_NOT_FINITE = {math.inf: "Infinity", -math.inf: "-Infinity"}
_NARROWEST = 8
# Control characters, line breaks and reordering characters that JSON need not escape.
_JSON_ESCAPES = {
    code: f"\\u{code:04x}"
    for code in (*range(0x7F, 0xA0), *range(0x2028, 0x202F), *range(0x2066, 0x206A))
}
_GAP = "  "


class Cursor(Protocol):
    """The part of a DB-API cursor that the writers use."""

    @property
    def description(self) -> Any:
        """(name, type, …) of each column."""

    def fetchmany(self, size: int = ...) -> list[Any]:
        """Return up to `size` rows; an empty list at the end."""


class ListedRows:
    """A cursor over a list of rows."""

    def __init__(self, columns: Mapping[str, str], rows: Sequence[Row]) -> None:
        """Store the rows; ``columns`` maps each column to its type in DuckDB."""
        self.description = list(columns.items())
        self._rows = list(rows)

    def fetchmany(self, size: int = 1) -> list[Any]:
        """Return up to `size` rows; an empty list at the end."""
        rows, self._rows = self._rows[:size], self._rows[size:]
        return rows


def column_names(cursor: Cursor) -> list[str]:
    """Return the names of the result's columns."""
    return [column[0] for column in cursor.description]


def rows_of(cursor: Cursor) -> Iterator[Row]:
    """Yield all rows; fetch them in batches."""
    while rows := cursor.fetchmany(10_000):
        yield from rows


def write_csv(cursor: Cursor, out: TextIO) -> None:
    """Write CSV with a header and CRLF. NULL is an empty field, and nested values are JSON.

    On a terminal, control characters are escaped. A file or pipe gets the text unchanged.
    """
    writer = csv.writer(out, lineterminator="\r\n")
    shown = _printable_cell if out.isatty() else _csv_value
    writer.writerow(map(shown, column_names(cursor)))
    for row in rows_of(cursor):
        writer.writerow(map(shown, row))


def write_json(cursor: Cursor, out: TextIO) -> None:
    """Write a JSON array with one object per line.

    NaN and infinities, which JSON lacks, are null. Dates and times are in ISO 8601, and binary
    values are hexadecimal. A decimal is a number if a double can represent it exactly, otherwise a
    text. Columns of the same name get suffixes.
    """
    names = _unique(column_names(cursor))
    separator = "["
    for row in rows_of(cursor):
        values = {name: _json_value(value) for name, value in zip(names, row, strict=True)}
        text = json.dumps(values, ensure_ascii=False, allow_nan=False).translate(_JSON_ESCAPES)
        out.write(f"{separator}\n{text}")
        separator = ","
    out.write("[]\n" if separator == "[" else "\n]\n")


def write_table(cursor: Cursor, rows: Sequence[Row], out: TextIO, width: int | None) -> None:
    """Write aligned columns, with numbers to the right.

    Text is cut until a row fits into `width` characters; None for no limit. If the narrowest
    columns do not fit, each row is a block of `name  value` lines.
    """
    names = [printable(name) for name in column_names(cursor)]
    right = are_numbers(cursor)
    cells = [[format_value(value) for value in row] for row in rows]
    widths = [
        max(display_width(text) for text in column) for column in zip(names, *cells, strict=True)
    ]
    if width is not None and not _shrink(widths, right, width):
        _write_blocks(names, cells, out)
        return
    for line in (names, ["─" * size for size in widths], *cells):
        padded = map(_fit, line, widths, right)
        out.write(_GAP.join(padded).rstrip() + "\n")


def are_numbers(cursor: Cursor) -> list[bool]:
    """Return whether each column has numbers."""
    return [_NUMBER.fullmatch(str(column[1])) is not None for column in cursor.description]


def print_rows(rows: ListedRows, format: str) -> None:
    """Write rows to standard output; ``format`` is ``table``, ``csv`` or ``json``."""
    if format == "table":
        write_table(rows, list(rows_of(rows)), sys.stdout, terminal_width(sys.stdout))
    else:
        write = write_csv if format == "csv" else write_json
        write(rows, sys.stdout)


def format_value(value: Any) -> str:
    """Return the text of a value in a table. Floats have six significant digits."""
    match value:
        case None:
            return "NULL"
        case bool():
            return str(value).lower()
        case float():
            return _format_float(value)
        case datetime():
            return value.replace(tzinfo=None).isoformat(" ")  # the session's zone is UTC
        case date() | time():
            return value.isoformat()
        case list() | tuple():
            return f"[{', '.join(map(format_value, value))}]"
        case dict():
            pairs = (f"{format_value(key)}: {format_value(item)}" for key, item in value.items())
            return f"{{{', '.join(pairs)}}}"
        case bytes():
            return value.hex()
        case _:
            return printable(str(value))


def display_width(text: str) -> int:
    """Return the width of a text on a terminal: 2 for wide characters, 0 for combining marks."""
    if text.isascii():
        return len(text)
    return sum(map(_character_width, text))


def terminal_width(out: TextIO) -> int | None:
    """Return the width of the terminal; None if `out` is not a terminal."""
    return shutil.get_terminal_size().columns if out.isatty() else None


def _character_width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _format_float(value: float) -> str:
    if not math.isfinite(value):
        return _NOT_FINITE.get(value, "NaN")
    size = abs(value)
    if size >= 1e15 or 0 < size < 1e-4:
        return f"{value:.6g}"
    if value.is_integer():
        return f"{value:.1f}"
    text = f"{value:.6g}" if size < 1e5 else f"{value:.0f}"
    return text if "." in text or size >= 1e5 else f"{text}.0"


def _shrink(widths: list[int], fixed: list[bool], limit: int) -> bool:
    """Narrow the widest text columns until a row fits into `limit`; return whether it fits."""
    excess = sum(widths) + len(_GAP) * (len(widths) - 1) - limit
    while excess > 0:
        texts = [i for i, keep in enumerate(fixed) if not keep and widths[i] > _NARROWEST]
        if not texts:
            return False
        widest = max(texts, key=lambda i: widths[i])
        widths[widest] -= 1
        excess -= 1
    return True


def _fit(text: str, width: int, right: bool) -> str:
    used = display_width(text)
    if used > width:
        kept, used = "", 0
        for character in text:
            if used + _character_width(character) > width - 1:
                break
            kept, used = kept + character, used + _character_width(character)
        text, used = f"{kept}…", used + 1
    padding = " " * (width - used)
    return padding + text if right else text + padding


def _write_blocks(names: list[str], rows: Iterable[Sequence[str]], out: TextIO) -> None:
    width = max(map(display_width, names))
    for number, row in enumerate(rows, start=1):
        out.write(f"── row {number} ──\n")
        for name, value in zip(names, row, strict=True):
            out.write(f"{_fit(name, width, False)}{_GAP}{value}\n")


def _csv_value(value: Any) -> Any:
    match value:
        case bool():
            return str(value).lower()
        case float() if not math.isfinite(value):
            return _NOT_FINITE.get(value, "NaN")
        case datetime():
            return value.isoformat(" ")
        case list() | tuple() | dict():
            return json.dumps(_json_value(value), ensure_ascii=False)
        case bytes():
            return value.hex()
        case _:
            return value


def _printable_cell(value: Any) -> Any:
    cell = _csv_value(value)
    return printable(cell) if isinstance(cell, str) else cell


def _json_value(value: Any) -> Any:
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case Decimal():
            number = float(value)
            return number if Decimal(repr(number)) == value else str(value)
        case date() | time():
            return value.isoformat()
        case list() | tuple():
            return [_json_value(item) for item in value]
        case dict():
            return {str(key): _json_value(item) for key, item in value.items()}
        case bytes():
            return value.hex()
        case _:
            return str(value)


def _unique(names: list[str]) -> list[str]:
    """Add numbers to the second and later columns of a name, as in a, a_1, a_2."""
    unique: list[str] = []
    for name in names:
        free, count = name, 0
        while free in unique or (count and free in names):
            count += 1
            free = f"{name}_{count}"
        unique.append(free)
    return unique
