"""Write the rows of a query as JSON for a page, which shows a part of a large result."""

import json
from typing import TextIO

from reelhouse.errors import printable
from reelhouse.lake.query_errors import QueryError
from reelhouse.lake.result_formats import Cursor, are_numbers, column_names, format_value

LONGEST_CELL = 2000
MOST_COLUMNS = 200
MOST_CHARACTERS = 2_000_000
"""Number of characters after which no row follows."""


def write_cells(cursor: Cursor, most: int, out: TextIO) -> None:
    """Write up to ``most`` rows as JSON with the texts of the table format, for a page.

    The object has ``columns``, ``is_number`` for each column, ``rows``, and ``is_cut``, which says
    whether there are more rows. A longer text is cut after ``LONGEST_CELL`` characters, and the
    rows end after ``MOST_CHARACTERS``.

    Raises:
        QueryError: the result has more than ``MOST_COLUMNS`` columns.
    """
    names = [_cut(printable(name)) for name in column_names(cursor)]
    if len(names) > MOST_COLUMNS:
        raise QueryError(f"the query has {len(names):,} columns: name at most {MOST_COLUMNS}")
    rows: list[list[str]] = []
    size, is_cut = 0, False
    while found := cursor.fetchmany(1):
        is_cut = len(rows) == most or size > MOST_CHARACTERS
        if is_cut:
            break
        rows.append([_cut(format_value(value)) for value in found[0]])
        size += sum(map(len, rows[-1]))
    content = {"columns": names, "is_number": are_numbers(cursor), "rows": rows, "is_cut": is_cut}
    json.dump(content, out, ensure_ascii=False)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"
