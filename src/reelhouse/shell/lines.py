"""What a typed line of the shell asks for: a dbt command, a command of reelhouse, or a query."""

import difflib
import re
import shlex
from typing import NamedTuple

from reelhouse.errors import ReelhouseError, printable
from reelhouse.lake.cluster import LOCAL, URI, has_cluster
from reelhouse.paths import ROOT

DBT, REELHOUSE, SQL, HELP, QUIT = "dbt", "reelhouse", "sql", "help", "quit"

DBT_COMMANDS = (
    *("build", "clean", "clone", "compile", "debug", "docs", "list", "ls", "parse", "retry"),
    *("run", "run-operation", "seed", "show", "snapshot", "source", "test"),
)
REELHOUSE_COMMANDS = (
    *("build", "docs", "evaluate", "history", "maintain", "page", "recommend", "report"),
    *("rollback", "summary", "tune", "update"),
)
"""Commands that neither ask questions nor run until they are stopped."""
_STARTS_OF_SQL = ("select", "with", "from", "describe", "summarize", "values", "(select")
_NEEDS_ANOTHER_SHELL = re.compile(r"-t.*|--(ta\w*|profile|profiles-dir|project-dir)(=.*)?")
"""Options that name another project or another Spark than that of the shell."""
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_READ_BY_PROFILE = re.compile(r"env_var\(\s*'(\w+)'")


class Line(NamedTuple):
    """A line of the shell."""

    kind: str
    """``DBT``, ``REELHOUSE``, ``SQL``, ``HELP`` or ``QUIT``."""
    arguments: list[str]
    """Arguments of the program, or the query."""
    variables: dict[str, str]
    """Environment variables of this command, as in ``REELHOUSE_PUBLISH=yes build``."""


def parse_line(text: str) -> Line | None:
    """Parse a typed line; None for a blank line or a comment.

    Raises:
        ReelhouseError: a quote is open, the command is unknown, or a variable has no effect here.
    """
    text = text.strip()
    if not text or text.startswith("#"):
        return None
    first, _, rest = text.partition(" ")
    if first.lower().rstrip(";") == SQL:
        if not rest.strip():
            raise ReelhouseError("type a query after sql, as in sql select count(*) from movies")
        return Line(SQL, [rest.strip()], {})
    if first.lower() in _STARTS_OF_SQL:
        return Line(SQL, [text], {})
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ReelhouseError(f"{error}: close the quote, or write it as \\' or \\\"") from error
    variables: dict[str, str] = {}
    while words and (assigned := _ASSIGNMENT.fullmatch(words[0])):
        variables[assigned[1]] = assigned[2]
        words = words[1:]
    _refuse_variables_of_the_profile(variables)
    if not words:
        raise ReelhouseError(
            "a variable counts for one command: type both in one line, as in"
            " REELHOUSE_PUBLISH=yes build --select movies"
        )
    for word in words:
        if _NEEDS_ANOTHER_SHELL.fullmatch(word):
            raise ReelhouseError(
                f"a shell has one target, so {printable(word)} has no effect here: leave the shell,"
                " and start another one with reelhouse shell --target NAME"
            )
    return Line(*_command(words), variables)


def check_target(line: Line, target: str) -> None:
    """Refuse a line that would read another lake than that of the target.

    Raises:
        ReelhouseError: the line is no dbt command, and the environment does not name the lake.
    """
    if target not in ("", LOCAL) and line.kind in (REELHOUSE, SQL) and not has_cluster():
        raise ReelhouseError(
            f"the target of this shell is {printable(target)}, and {URI} does not name its lake for"
            " queries and commands of reelhouse: type dbt commands, such as show --select movies"
        )


def _command(words: list[str]) -> tuple[str, list[str]]:
    """Return the kind of a command and its arguments.

    Raises:
        ReelhouseError: there is no such command.
    """
    name, *rest = words
    if name in ("help", "?", ".help"):
        return HELP, rest
    if name in ("quit", "exit", ".quit", ".exit", "\\q"):
        return QUIT, rest
    if name == DBT:
        return DBT, rest or ["--help"]
    if name == REELHOUSE:
        if not rest or rest[0] not in REELHOUSE_COMMANDS:
            raise ReelhouseError(
                f"the shell runs reelhouse {', '.join(REELHOUSE_COMMANDS)}: type other commands of"
                " reelhouse in a terminal"
            )
        return REELHOUSE, rest
    if name in DBT_COMMANDS or name.startswith("-"):
        return DBT, words
    if name in REELHOUSE_COMMANDS:
        return REELHOUSE, words
    known = (*DBT_COMMANDS, *REELHOUSE_COMMANDS, SQL, HELP, QUIT)
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else "help lists the commands"
    raise ReelhouseError(f"no command {printable(name)}: {hint}")


def _refuse_variables_of_the_profile(names: dict[str, str]) -> None:
    """Refuse variables that profiles.yml reads, since Spark runs already."""
    profile = ROOT / "profiles.yml"
    read = _READ_BY_PROFILE.findall(profile.read_text(encoding="utf-8")) if names else []
    for name in names:
        if name in read:
            raise ReelhouseError(
                f"Spark reads {name} when it starts: leave the shell, and start it again with"
                f" {name}={printable(names[name])} reelhouse shell"
            )
