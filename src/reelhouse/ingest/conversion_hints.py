"""Commands that write a file of another form as one rating per line, for the errors of such files.

The commands need the programs of every Linux and macOS only: cat, gzip, bzip2, awk and python3.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from reelhouse.errors import ReelhouseError, printable
from reelhouse.ingest.number_forms import is_number
from reelhouse.ingest.text_files import uncompressed_name

_UNPACK = {".gz": "gzip -dc", ".bz2": "bzip2 -dc"}
_MOVIE_ABOVE = re.compile(r"\d+:")
_NAME_AND_VALUE = re.compile(r"[A-Za-z_][\w/]*: .*")
_PER_LINE = 'sys.stdin.reconfigure(errors="replace"); [print(json.dumps(%s)) for %s]'
_FIELDS = 'dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)'
_BLOCKS = r'block in sys.stdin.read().replace("\r", "").split("\n\n") if ": " in block'
COUNTED_SHARE = 0.9
"""The first numbers of lists are their lengths if this share of them are."""


def refuse_other_forms(path: Path, lines: Sequence[str]) -> None:
    """Refuse text in which a rating takes several lines, or depends on a line above it.

    Args:
        path: the file.
        lines: its first lines.

    Raises:
        ReelhouseError: the file has such a form. The message has a command that converts it.
    """
    if _MOVIE_ABOVE.fullmatch(lines[0].strip()):
        program = (
            """awk '/^[0-9]+:/ {m = $0; sub(/:.*/, "", m); next}"""
            """ {sub(/,/, "," m ","); print}'"""
        )
        raise ReelhouseError(
            f"{path} has lines such as {lines[0]!r} that name the movie of the lines below, as in"
            f" the Netflix Prize: write the movie on every line, {_as_in(path, program, '.csv')}"
        )
    names = [line.partition(": ")[0] for line in lines if _NAME_AND_VALUE.fullmatch(line)]
    is_repeated = 1 < len(set(names)) < len(names) and names.count(names[0]) > 1
    if is_repeated and len(names) > len(lines) / 2 and _NAME_AND_VALUE.fullmatch(lines[0]):
        program = _python("json, sys", _FIELDS, _BLOCKS)
        raise ReelhouseError(
            f"{path} has a line such as {printable(lines[0][:60])!r} for each value of a rating:"
            f" write one rating per line, {_as_in(path, program, '.jsonl')}"
        )


def lists_of_movies(path: Path, lists: Sequence[Sequence[str]]) -> str:
    """Return the error message for lines that have a user and many movies."""
    counted = sum(line[0] == str(len(line) - 1) for line in lists)
    user = "NR" if counted >= COUNTED_SHARE * len(lists) else "$1"
    program = (
        """awk -F'[ \\t,;]+' 'BEGIN {print "user_id,movie_id"}"""
        f' {{for (i = 2; i <= NF; i++) if ($i != "") print {user} "," $i}}\''
    )
    return (
        f"{path} has lines with different numbers of fields, as lists of movies have: write one"
        f" event per line, as a user and a movie, {_as_in(path, program, '.csv')}"
    )


def no_json_lines(path: Path, line: str) -> str:
    """Return the error message for a file of JSON whose first line is no object."""
    message = (
        f"{path} is not JSON Lines, since its first line is not an object: write one object per"
        " line"
    )
    if line.lstrip().startswith("["):
        program = _python("json, sys", "row", "row in json.load(sys.stdin)")
    elif _is_python(line):
        program = _python("ast, json, sys", "ast.literal_eval(line)", "line in sys.stdin")
    else:
        return message
    return f"{message}, {_as_in(path, program, '.jsonl')}"


def nested_rows(path: Path, name: str) -> str:
    """Return the error message for objects with a list of objects, such as the events of a user."""
    value = f'{{**row, "{name}": None, **each}}'
    rows = f'row in map(json.loads, sys.stdin) for each in row["{name}"]'
    program = _python("json, sys", value, rows)
    return (
        f"{path} has a list of objects in {printable(name)}: write one object per line for each of"
        f" them, {_as_in(path, program, '.jsonl')}"
    )


def are_lists(first: Sequence[str], others: Sequence[Sequence[str]]) -> bool:
    """Return whether lines with different numbers of fields look like lists of movies."""
    return all(map(is_number, [*first, *others[0]]))


def _is_python(line: str) -> bool:
    """Return whether a line is a dictionary in the notation of Python."""
    try:
        return isinstance(ast.literal_eval(line.strip()), dict)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return False


def _python(modules: str, value: str, rows: str) -> str:
    loop = _PER_LINE % (value, rows)
    return f"python3 -c 'import {modules}; {loop}'"


def _as_in(path: Path, program: str, suffix: str) -> str:
    read = _UNPACK.get(path.suffix.lower(), "cat")
    output = Path(uncompressed_name(path)).with_suffix(suffix).name
    if output == path.name:
        output = f"{path.stem}-lines{suffix}"
    return f"as in: {read} {shlex.quote(str(path))} | {program} > {shlex.quote(output)}"
