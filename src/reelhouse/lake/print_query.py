"""Print the rows of a query."""

import os
import sys
import time
from collections.abc import Mapping
from typing import Any

from reelhouse.errors import printable
from reelhouse.lake.parameters import Value
from reelhouse.lake.query_limits import SHOWN_ROWS, LimitError
from reelhouse.lake.result_cells import write_cells
from reelhouse.lake.result_formats import (
    Cursor,
    terminal_width,
    write_csv,
    write_json,
    write_table,
)
from reelhouse.lake.session import LakeSession


def print_query(
    session: LakeSession,
    sql: str,
    format: str = "table",
    timed: bool = False,
    parameters: Mapping[str, Value] | None = None,
) -> None:
    """Run a query and write its result to standard output.

    Args:
        session: the session to run the query in.
        sql: one SELECT statement.
        format: ``table``, ``csv``, ``json``, or ``cells`` for ``write_cells``.
        timed: whether to print the seconds, too.
        parameters: values of names in the statement, as in ``$user``.

    Raises:
        QueryError: the query is refused or fails.
        LimitError: the query reaches a limit, such as that of the rows.
    """
    started = time.monotonic()
    result = session.execute(sql, parameters)
    most = session.limits.rows if session.limits else None
    if format == "cells":
        write_cells(result, most or SHOWN_ROWS, sys.stdout)
        sys.stdout.flush()
        return
    if format != "table":
        write = write_csv if format == "csv" else write_json
        write(_LimitedCursor(result, most) if most else result, sys.stdout)
        sys.stdout.flush()
        return
    if result.is_plan:
        lines = [line for _, plan in result.fetchall() for line in plan.split("\n")]
        print("\n".join(map(printable, lines)), flush=True)
        return
    rows = result.fetchmany(SHOWN_ROWS + 1)
    write_table(result, rows[:SHOWN_ROWS], sys.stdout, terminal_width(sys.stdout))
    sys.stdout.flush()
    note = f"{len(rows):,} row{'' if len(rows) == 1 else 's'}"
    if len(rows) > SHOWN_ROWS:
        note = f"first {SHOWN_ROWS:,} of {result.count():,} rows; the csv and json formats give all"
    if timed:
        note += f", {time.monotonic() - started:.2f} s"
    print(_dimmed(f"({note})"), file=sys.stderr, flush=True)


class _LimitedCursor:
    """A cursor that raises LimitError after `most` rows."""

    def __init__(self, cursor: Cursor, most: int) -> None:
        self._cursor = cursor
        self._left = most
        self._most = most
        self.description = cursor.description

    def fetchmany(self, size: int = 1) -> list[Any]:
        rows = self._cursor.fetchmany(min(size, self._left + 1))
        if len(rows) > self._left:
            raise LimitError(
                f"the query returns more than its limit of {self._most:,} rows", "rows"
            )
        self._left -= len(rows)
        return rows


def _dimmed(text: str) -> str:
    return f"\x1b[2m{text}\x1b[0m" if sys.stderr.isatty() and "NO_COLOR" not in os.environ else text
