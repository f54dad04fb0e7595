"""`reelhouse shell`: read lines, and run them as dbt commands, commands of reelhouse or queries."""

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack

from reelhouse.errors import ReelhouseError, printable
from reelhouse.lake.catalog import BUILD, NoLakeError, chosen_lake, read_catalog
from reelhouse.lake.cluster import LOCAL
from reelhouse.lake.console import LineEditing
from reelhouse.lake.query_limits import Limits
from reelhouse.lake.query_process import QueryProcess
from reelhouse.lake.releases import newest_release, unpublished_tables
from reelhouse.paths import ROOT
from reelhouse.setup.java import find_java
from reelhouse.shell.completion import DELIMITERS, completions
from reelhouse.shell.lines import (
    DBT,
    HELP,
    QUIT,
    REELHOUSE_COMMANDS,
    SQL,
    Line,
    check_target,
    parse_line,
)
from reelhouse.shell.process import INTERRUPTED, ShellProcess

PROMPT = "reelhouse> "
HISTORY = "shell_history"
_HELP = f"""\
run --select movies     a dbt command, as after `dbt` in a terminal
show --select movies    the first rows of a model
select … (or sql …)     a DuckDB query of the tables as commands here have left them
reelhouse build         also {", ".join(REELHOUSE_COMMANDS[1:])}
NAME=value COMMAND      sets a variable for one command
help, quit              print this text; leave (also Ctrl-D)
Tab completes commands, options and names of models. Ctrl-C drops the typed line, or stops the
running command. Readers see new tables when they are published: `build` without a selection
publishes all, and `REELHOUSE_PUBLISH=yes build --select movies` what this command builds."""


def run_shell(target: str, limits: Limits) -> int:
    """Read and run lines until the end of input.

    Without a terminal, the first error ends the shell.

    Args:
        target: a target of profiles.yml; empty for the default target.
        limits: limits of queries.

    Returns:
        0; without a terminal, the exit code of the command that has failed.

    Raises:
        ReelhouseError: the project is not set up, or without a terminal, a line is invalid.
    """
    _check_set_up()
    is_terminal = sys.stdin.isatty()
    with ExitStack() as opened:
        process = opened.enter_context(ShellProcess(target, color=sys.stdout.isatty()))
        shell = _Shell(process, limits, opened, target)
        if not is_terminal:
            return shell.run_script(sys.stdin)
        opened.enter_context(
            LineEditing(
                HISTORY, lambda line, word: completions(line, word, process.options), DELIMITERS
            )
        )
        print(f"{_where(target)}; Spark is starting; help helps, Ctrl-D leaves")
        shell.run_typed_lines()
    return 0


def _check_set_up() -> None:
    """Check what Spark and dbt need before they start, since their errors come late.

    Raises:
        ReelhouseError: a part of the set-up is missing.
    """
    if not (ROOT / "profiles.yml").is_file():
        raise ReelhouseError(
            f"{ROOT} has no profiles.yml, from which dbt takes its target: run `make setup`"
        )
    find_java()


def _where(target: str) -> str:
    """Return which tables the commands read and write."""
    if target not in ("", LOCAL):
        return f"target {printable(target)}"
    lake = printable(str(chosen_lake()))
    try:
        count = len(read_catalog(chosen_lake(), BUILD).names())
    except NoLakeError:
        return f"no tables in {lake} yet (`reelhouse build` builds them)"
    return f"{count} tables in {lake}"


class _Shell:
    """Runs lines; the process of queries starts with the first query."""

    def __init__(
        self, process: ShellProcess, limits: Limits, opened: ExitStack, target: str
    ) -> None:
        self._process, self._limits, self._opened = process, limits, opened
        self._target = target
        self._queries: QueryProcess | None = None

    def run_typed_lines(self) -> None:
        for text in _typed_lines():
            began = time.monotonic()
            try:
                line = parse_line(text)
                if line is None:
                    continue
                if line.kind == QUIT:
                    return
                self.run(line)
                if line.kind not in (HELP, SQL):
                    print(f"({time.monotonic() - began:.1f} s)", flush=True)
            except ReelhouseError as error:
                print(f"error: {error}", file=sys.stderr)
            except KeyboardInterrupt:
                print("\nstopped", file=sys.stderr)

    def run_script(self, lines: Iterator[str]) -> int:
        """Run lines until the first failure; return its exit code, or 0."""
        for text in lines:
            line = parse_line(text)
            if line is None:
                continue
            if line.kind == QUIT:
                break
            if code := self.run(line):
                return code
        return 0

    def run(self, line: Line) -> int:
        if line.kind == HELP:
            print(_HELP)
            return 0
        check_target(line, self._target)
        if line.kind == SQL:
            self._query(line.arguments[0])
            return 0
        before = _unpublished()
        code = self._process.run(*line)
        if line.kind == DBT:
            if code == INTERRUPTED:
                print(
                    "stopped: every table is intact, either the old or the new one",
                    file=sys.stderr,
                )
            _print_unpublished(before)
        return code

    def _query(self, query: str) -> None:
        read_catalog(chosen_lake(), BUILD)
        if self._queries is None:
            opened = QueryProcess(chosen_lake(), self._limits, BUILD)
            self._queries = self._opened.enter_context(opened)
        self._queries.run(query, timed=sys.stdin.isatty())


def _typed_lines() -> Iterator[str]:
    while True:
        try:
            yield input(PROMPT)
        except KeyboardInterrupt:
            print()
        except EOFError:
            print()
            return


def _unpublished() -> dict[tuple[str, str], str]:
    """Return the tables that readers see in another version, with their newest metadata files."""
    try:
        names = set(unpublished_tables(chosen_lake()))
        built = read_catalog(chosen_lake(), BUILD).tables
    except ReelhouseError:  # no release yet
        return {}
    return {table: file for table, file in built.items() if table[1] in names}


def _print_unpublished(before: dict[tuple[str, str], str]) -> None:
    """Say that readers do not see the tables that a command has built, if there are any."""
    now = _unpublished()
    built = sorted(name for (_, name), _ in now.items() - before.items())
    if built:
        count = f"{len(now)} tables are" if len(now) > 1 else "1 table is"
        print(
            f"{count} newer than release {newest_release(chosen_lake())}, such as {built[0]}:"
            " `build` without a selection publishes all tables"
        )
