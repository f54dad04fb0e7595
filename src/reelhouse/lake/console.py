"""`reelhouse sql`: run one query, a script, or a prompt."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from reelhouse.errors import ReelhouseError, printable
from reelhouse.lake.catalog import PUBLISHED, chosen_lake, read_catalog
from reelhouse.lake.query_limits import Limits
from reelhouse.lake.query_process import QueryProcess

_HELP = """\
Type one SELECT statement and end it with a semicolon; it may take several lines.
  .tables         list the tables of the lake
  .schema NAME    list the columns of a table
  .help           print this text
  .quit           leave the prompt (also Ctrl-D)
Ctrl-C drops the typed lines, or stops the running query."""
Completer = Callable[[str, str], list[str]]
_KEYWORDS = "select from where group by order having limit with join using describe summarize"


def run_query(sql: str, format: str, limits: Limits, catalog: str = PUBLISHED) -> None:
    """Run one query on the lake and write its result to standard output.

    Args:
        sql: one SELECT statement.
        format: ``table``, ``csv`` or ``json``.
        limits: limits of the query.
        catalog: ``PUBLISHED``, or a release such as ``r12``.
    """
    read_catalog(chosen_lake(), catalog)
    with QueryProcess(chosen_lake(), limits, catalog) as queries:
        queries.run(sql, format)


def run_script(text: str, format: str, limits: Limits, catalog: str = PUBLISHED) -> None:
    """Run the statements and dot commands of a script; stop at the first error.

    The other arguments are those of ``run_query``.
    """
    lines = iter(text.splitlines())

    def next_line(_: str) -> str:
        line = next(lines, None)
        if line is None:
            raise EOFError
        return line

    read_catalog(chosen_lake(), catalog)
    with QueryProcess(chosen_lake(), limits, catalog) as queries, contextlib.suppress(EOFError):
        for statement in _statements(next_line, to_the_end=True):
            if not _dot_command(queries, statement, catalog):
                queries.run(statement, format)


def prompt(limits: Limits, catalog: str = PUBLISHED) -> None:
    """Read and run statements until the end of input; the arguments are those of `run_query`."""
    lake = chosen_lake()
    tables = read_catalog(lake, catalog).names()
    editing = LineEditing("sql_history", _complete_names(), " \t\n,;()=<>")
    with QueryProcess(lake, limits, catalog) as queries, editing:
        print(
            f"{len(tables)} tables in {printable(str(lake))}; .tables lists them, "
            ".help helps, Ctrl-D leaves"
        )
        for statement in _statements(_typed_line):
            try:
                if not _dot_command(queries, statement, catalog):
                    queries.run(statement, timed=True)
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


def _statements(read_line: Callable[[str], str], to_the_end: bool = False) -> Iterator[str]:
    """Yield each complete statement; with `to_the_end`, yield also an unfinished last one."""
    from reelhouse.lake.statements import is_complete, split_statements

    lines: list[str] = []
    while True:
        try:
            line = read_line("   ...> " if lines else "lake=> ")
        except KeyboardInterrupt:
            lines = []
            print()
            continue
        except EOFError:
            if to_the_end:
                yield from split_statements("\n".join(lines))
            return
        if not lines and not line.strip():
            continue
        lines.append(line)
        text = "\n".join(lines)
        if len(lines) == 1 and _is_command(line):
            yield text
            lines = []
        # Only such a line can end a statement. A call of DuckDB for every line would take minutes.
        elif (";" in line or "*/" in line) and is_complete(text):
            yield from split_statements(text)
            lines = []


def _is_command(line: str) -> bool:
    return line.lstrip().startswith(".") or line.strip().lower() in ("quit", "exit", "help", "\\q")


def _dot_command(queries: QueryProcess, statement: str, catalog: str) -> bool:
    """Run a command of the prompt; return whether it was one. Raises EOFError to leave."""
    if not _is_command(statement):
        return False
    name, _, argument = statement.strip().rstrip(";").strip().partition(" ")
    match name.lower():
        case ".quit" | ".exit" | ".q" | "quit" | "exit" | "\\q":
            raise EOFError
        case ".tables":
            print("\n".join(map(printable, read_catalog(chosen_lake(), catalog).names())))
        case ".schema" if argument:
            queries.run(f"select column_name, column_type from (describe {argument.strip()})")
        case ".schema":
            raise ReelhouseError("name a table: .schema recommendations")
        case ".help" | "help":
            print(_HELP)
        case _:
            raise ReelhouseError(f"no command {name}: .help lists the commands")
    return True


def _complete_names() -> Completer:
    """Return a function that completes the names of tables and columns, and words of SQL."""
    from reelhouse.lake.session import LakeSession

    with LakeSession(chosen_lake()) as session:
        names = {*session.catalog.names(), *session.columns()}
    words = sorted(filter(str.isprintable, {*names, *_KEYWORDS.split()}))
    return lambda _, word: [each for each in words if each.startswith(word)]


class LineEditing:
    """Line editing at a prompt, with a history file and completion."""

    def __init__(self, name: str, complete: Completer, delimiters: str) -> None:
        """Find the file of the history.

        Args:
            name: name of the file.
            complete: returns the completions of a word, from the line before the cursor and the
                word.
            delimiters: characters that end a word.
        """
        self._file = _history_file(name)
        self._complete, self._delimiters = complete, delimiters
        self._found: list[str] = []

    def __enter__(self) -> None:
        """Read the history."""
        try:
            import readline
        except ImportError:
            return

        def complete(word: str, index: int) -> str | None:
            if index == 0:
                line = readline.get_line_buffer()[: readline.get_endidx()]
                self._found = self._complete(line, word)
            return self._found[index] if index < len(self._found) else None

        readline.set_completer(complete)
        readline.set_completer_delims(self._delimiters)
        libedit = "libedit" in (readline.__doc__ or "")  # as on macOS
        readline.parse_and_bind("bind ^I rl_complete" if libedit else "tab: complete")
        if self._file:
            with contextlib.suppress(OSError):  # no history yet
                readline.read_history_file(self._file)

    def __exit__(self, *_: object) -> None:
        """Write the history."""
        readline = sys.modules.get("readline")
        if readline is None or self._file is None:
            return
        with contextlib.suppress(OSError):  # without a writable home, there is no history
            self._file.parent.mkdir(parents=True, exist_ok=True)
            readline.set_history_length(2000)
            readline.write_history_file(self._file)


def _history_file(name: str) -> Path | None:
    """Return the file of a history; None for a user without a home folder."""
    state = os.environ.get("XDG_STATE_HOME")
    try:
        return Path(state or Path.home() / ".local" / "state") / "reelhouse" / name
    except RuntimeError:  # no HOME, and no entry in /etc/passwd
        return None
