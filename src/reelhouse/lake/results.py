"""Runs a query and writes its result to standard output, with a line about it on standard error."""

import os
import sys
import time
from typing import Any

from reelhouse.errors import printable
from reelhouse.lake.output import Cursor, terminal_width, write_csv, write_json, write_table
from reelhouse.lake.session import LakeSession
from reelhouse.lake.statements import QueryError

SHOWN_ROWS = 1000
"""The table format shows this many rows at most; CSV and JSON write all, up to `Limits.rows`."""


def show(session: LakeSession, sql: str, style: str = "table", timed: bool = False) -> None:
    """Run `sql` and write its result as `table`, `csv` or `json`."""
    started = time.monotonic()
    result = session.execute(sql)
    if style != "table":
        most = session.limits.rows if session.limits else None
        write = write_csv if style == "csv" else write_json
        write(_Limited(result, most) if most else result, sys.stdout)
        sys.stdout.flush()
        return
    if result.is_plan:
        lines = [line for _, plan in result.fetchall() for line in plan.split("\n")]
        print("\n".join(map(printable, lines)), flush=True)
        return
    rows = result.fetchmany(SHOWN_ROWS + 1)
    write_table(result, rows[:SHOWN_ROWS], sys.stdout, terminal_width(sys.stdout))
    sys.stdout.flush()
    said = f"{len(rows):,} row{'' if len(rows) == 1 else 's'}"
    if len(rows) > SHOWN_ROWS:
        said = f"first {SHOWN_ROWS:,} of {result.count():,} rows; the csv and json formats give all"
    if timed:
        said += f", {time.monotonic() - started:.2f} s"
    print(_dimmed(f"({said})"), file=sys.stderr, flush=True)


class _Limited:
    """A cursor that raises QueryError after `most` rows."""

    def __init__(self, cursor: Cursor, most: int) -> None:
        self._cursor = cursor
        self._left = most
        self._most = most
        self.description = cursor.description

    def fetchmany(self, size: int = 1) -> list[Any]:
        rows = self._cursor.fetchmany(min(size, self._left + 1))
        if len(rows) > self._left:
            raise QueryError(
                f"the query returns more than {self._most:,} rows, its limit: a larger --rows"
                " allows more"
            )
        self._left -= len(rows)
        return rows


def _dimmed(text: str) -> str:
    return f"\x1b[2m{text}\x1b[0m" if sys.stderr.isatty() and "NO_COLOR" not in os.environ else text
