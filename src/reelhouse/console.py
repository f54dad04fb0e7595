"""`reelhouse sql`: one query, or a prompt."""

import contextlib
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

from reelhouse.errors import ReelhouseError
from reelhouse.formats import column_names, write_csv, write_json, write_table
from reelhouse.lake import lake_folder
from reelhouse.query import QUOTED_AND_COMMENTS, LakeSession, QueryError, bare_statement

SHOWN_ROWS = 1000
"""The table format shows this many rows at most; CSV and JSON write all."""

_HELP = """\
Type one SELECT statement and end it with a semicolon; it may take several lines.
  .tables         the tables of the lake
  .schema NAME    the columns of a table
  .help           this text
  .quit           leave (also Ctrl-D)
Ctrl-C drops what was typed, or stops a query that runs."""
_KEYWORDS = "select from where group by order having limit with join using describe summarize"


def run_query(sql: str, style: str = "table") -> None:
    """Run one query on the lake and write its result to standard output."""
    with LakeSession(lake_folder()) as session:
        show(session, sql, style)


def run_script(text: str, style: str = "table") -> None:
    """Run what could be typed at the prompt, one statement after the other, to the first error."""
    lines = iter(text.splitlines())

    def next_line(_: str) -> str:
        line = next(lines, None)
        if line is None:
            raise EOFError
        return line

    with LakeSession(lake_folder()) as session, contextlib.suppress(EOFError):
        for statement in _statements(next_line, to_the_end=True):
            if statement.strip(" \n;") and not _dot_command(session, statement):
                show(session, statement, style)


def show(session: LakeSession, sql: str, style: str = "table", timed: bool = False) -> None:
    """Run `sql` and write its result as `table`, `csv` or `json`."""
    started = time.monotonic()
    cursor = session.execute(sql)
    if style != "table":
        write = write_csv if style == "csv" else write_json
        write(cursor, sys.stdout)
        return
    if column_names(cursor) == ["explain_key", "explain_value"]:
        print("\n".join(plan for _, plan in cursor.fetchall()))
        return
    rows = cursor.fetchmany(SHOWN_ROWS + 1)
    shown = rows[:SHOWN_ROWS]
    write_table(cursor, shown, sys.stdout, _terminal_width(sys.stdout))
    sys.stdout.flush()
    said = f"{len(rows):,} row{'' if len(rows) == 1 else 's'}"
    if len(rows) > SHOWN_ROWS:
        total = session.scalar(f"select count(*) from (\n{bare_statement(sql)}\n)")
        said = f"first {SHOWN_ROWS:,} of {total:,} rows; the csv and json formats give all"
    if timed:
        said += f", {time.monotonic() - started:.2f} s"
    print(_dimmed(f"({said})"), file=sys.stderr, flush=True)


def prompt() -> None:
    """Read and run statements until the end of input."""
    with LakeSession(lake_folder()) as session:
        print(
            f"{len(session.catalog.names())} tables in {session.lake}; .tables lists them, "
            ".help helps, Ctrl-D leaves"
        )
        with _history(session):
            for statement in _statements(_typed_line):
                try:
                    if not _dot_command(session, statement):
                        show(session, statement, timed=True)
                except ReelhouseError as error:
                    print(f"error: {error}", file=sys.stderr)
                except KeyboardInterrupt:
                    print("\nstopped", file=sys.stderr)
                except EOFError:
                    return


def _typed_line(prompt: str) -> str:
    try:
        return input(prompt)
    except EOFError:
        print()
        raise


def is_complete(text: str) -> bool:
    """Whether `text` ends with a semicolon outside of quotes and comments."""
    bare = QUOTED_AND_COMMENTS.sub("", text)
    return bare.rstrip().endswith(";") and not re.search(r"""['"]|/\*""", bare)


def _statements(read_line: Callable[[str], str], to_the_end: bool = False) -> Iterator[str]:
    """Statements as they are completed; ``to_the_end``: and what is left without a semicolon."""
    lines: list[str] = []
    while True:
        try:
            line = read_line("   ...> " if lines else "lake=> ")
        except KeyboardInterrupt:
            lines = []
            print()
            continue
        except EOFError:
            if to_the_end and lines:
                yield "\n".join(lines)
            return
        if not lines and not line.strip():
            continue
        lines.append(line)
        text = "\n".join(lines)
        if is_complete(text) or (len(lines) == 1 and _is_command(line)):
            yield text
            lines = []


def _is_command(line: str) -> bool:
    return line.lstrip().startswith(".") or line.strip().lower() in ("quit", "exit", "help", "\\q")


def _dot_command(session: LakeSession, statement: str) -> bool:
    """Run a command of the prompt; return False when it is SQL. Raises EOFError to leave."""
    if not _is_command(statement):
        return False
    name, _, argument = statement.strip().rstrip(";").strip().partition(" ")
    match name.lower():
        case ".quit" | ".exit" | ".q" | "quit" | "exit" | "\\q":
            raise EOFError
        case ".tables":
            print("\n".join(session.catalog.names()))
        case ".schema" if argument:
            show(session, f"select column_name, column_type from (describe {argument.strip()})")
        case ".schema":
            raise QueryError("name a table: .schema recommendations")
        case ".help" | "help":
            print(_HELP)
        case _:
            raise QueryError(f"no command {name}: .help lists them")
    return True


class _history:
    """Line editing with a history that outlives the session, and completion of names."""

    def __init__(self, session: LakeSession) -> None:
        self._session = session
        self._file = _history_file()

    def __enter__(self) -> None:
        try:
            import readline
        except ImportError:
            return
        words = sorted(
            {*self._session.catalog.names(), *self._session.columns(), *_KEYWORDS.split()}
        )
        readline.set_completer(
            lambda start, n: next(
                (word for i, word in enumerate(w for w in words if w.startswith(start)) if i == n),
                None,
            )
        )
        readline.set_completer_delims(" \t\n,;()=<>")
        libedit = "libedit" in (readline.__doc__ or "")  # what macOS has
        readline.parse_and_bind("bind ^I rl_complete" if libedit else "tab: complete")
        if self._file:
            with contextlib.suppress(OSError):  # no history yet
                readline.read_history_file(self._file)

    def __exit__(self, *_: object) -> None:
        readline = sys.modules.get("readline")
        if readline is None or self._file is None:
            return
        with contextlib.suppress(OSError):  # a read-only home costs the history only
            self._file.parent.mkdir(parents=True, exist_ok=True)
            readline.set_history_length(2000)
            readline.write_history_file(self._file)


def _history_file() -> Path | None:
    """Return where the prompt keeps its history; None for a user without a home folder."""
    state = os.environ.get("XDG_STATE_HOME")
    try:
        return Path(state or Path.home() / ".local" / "state") / "reelhouse" / "sql_history"
    except RuntimeError:  # no HOME, and no entry in /etc/passwd
        return None


def _terminal_width(out: TextIO) -> int | None:
    return shutil.get_terminal_size().columns if out.isatty() else None


def _dimmed(text: str) -> str:
    return f"\x1b[2m{text}\x1b[0m" if sys.stderr.isatty() and "NO_COLOR" not in os.environ else text
