"""The child process of `reelhouse sql`: runs queries and writes their results.

It reads requests from standard input, one JSON object a line, writes results to standard output,
and answers each request with a line of JSON on a pipe. `query_process` starts it.
"""

import io
import json
import os
import queue
import resource
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import Any, TextIO

from reelhouse.errors import ReelhouseError, printable
from reelhouse.formats import Cursor, terminal_width, write_csv, write_json, write_table
from reelhouse.limits import MEMORY_REACHED, Limits
from reelhouse.query import LakeSession
from reelhouse.statements import QueryError

SHOWN_ROWS = 1000
"""The table format shows this many rows at most; CSV and JSON write all."""


def show(session: LakeSession, sql: str, style: str = "table", timed: bool = False) -> None:
    """Run `sql` and write its result as `table`, `csv` or `json`."""
    started = time.monotonic()
    result = session.execute(sql)
    most = session.limits.rows if session.limits else None
    if style != "table":
        write = write_csv if style == "csv" else write_json
        write(_Limited(result, most) if most else result, sys.stdout)
        sys.stdout.flush()
        return
    if result.is_plan:
        lines = [line for _, plan in result.fetchall() for line in plan.split("\n")]
        print("\n".join(map(printable, lines)), flush=True)
        return
    most = min(SHOWN_ROWS, most or SHOWN_ROWS)
    rows = result.fetchmany(most + 1)
    write_table(result, rows[:most], sys.stdout, terminal_width(sys.stdout))
    sys.stdout.flush()
    said = f"{len(rows):,} row{'' if len(rows) == 1 else 's'}"
    if len(rows) > most:
        said = f"first {most:,} of {result.count():,} rows; the csv and json formats give all"
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


def _receive(requests: "queue.SimpleQueue[dict[str, Any]]", spill: Path) -> None:
    """Pass on the requests; end this process at once when the parent is gone."""
    for line in sys.stdin.buffer:
        requests.put(json.loads(line))
    shutil.rmtree(spill, ignore_errors=True)
    os._exit(0)


def _answer(session: LakeSession, request: dict[str, Any]) -> dict[str, str]:
    """Run the query of a request; return an empty answer, or what went wrong."""
    try:
        show(session, **request)
    except BrokenPipeError:
        return {"stopped": "the reader of the results has gone"}
    except (ReelhouseError, OSError) as error:
        return {"error": str(error)}
    except MemoryError:
        return {"error": MEMORY_REACHED}
    return {}


def main(lake: Path, spill: Path, limits: Limits, replies: TextIO) -> None:
    """Answer requests until the parent closes standard input."""
    resource.setrlimit(resource.RLIMIT_DATA, (limits.memory_bytes(), limits.memory_bytes()))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # an encoding may lack what a title has
            stream.reconfigure(errors="backslashreplace")
    requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(requests, spill), daemon=True).start()
    session = LakeSession(lake, limits, spill)
    while True:
        print(json.dumps(_answer(session, requests.get())), file=replies, flush=True)


if __name__ == "__main__":
    lake, spill, descriptor, *numbers = sys.argv[1:]
    seconds, memory, gib, rows = map(float, numbers)
    with os.fdopen(int(descriptor), "w") as replies:
        main(Path(lake), Path(spill), Limits(seconds, memory, gib, int(rows)), replies)
