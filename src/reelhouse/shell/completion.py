"""Completion of commands, their options, and names of models and tables."""

from collections.abc import Mapping, Sequence

from reelhouse.errors import ReelhouseError
from reelhouse.lake.catalog import BUILD, chosen_lake, read_catalog
from reelhouse.paths import ROOT
from reelhouse.shell.lines import DBT, DBT_COMMANDS, REELHOUSE, REELHOUSE_COMMANDS, SQL

DELIMITERS = " \t\n+@,=()<>"
"""Characters that end a word; `+` and `@` stand before and after names of models."""
_SELECTING = {"-s", "--select", "-m", "--models", "--model", "--exclude", "--inline"}
_METHODS = (
    *("config.materialized:", "file:", "fqn:", "path:", "resource_type:", "result:", "state:"),
    *("tag:", "test_name:", "test_type:"),
)


def completions(
    line: str, word: str, options: Mapping[str, Sequence[str]] | None = None
) -> list[str]:
    """Return the texts that can stand for the last word of a line.

    Args:
        line: the typed line up to the cursor.
        word: its last word, after the last of ``DELIMITERS``; it may be empty.
        options: the options of each dbt command, when dbt is loaded.
    """
    before = [*line[: len(line) - len(word)].split()]
    before = [each for each in before if "=" not in each or each.startswith("-")]
    candidates = _candidates(before, word, options or {})
    return sorted({each for each in candidates if each.startswith(word)})


def _candidates(
    before: list[str], word: str, options: Mapping[str, Sequence[str]]
) -> Sequence[str]:
    if before[:1] == [DBT]:
        before = before[1:]
        if not before:
            return DBT_COMMANDS
    if before[:1] == [REELHOUSE]:
        return REELHOUSE_COMMANDS if not before[1:] else ()
    if not before:
        return (*DBT_COMMANDS, *REELHOUSE_COMMANDS, DBT, REELHOUSE, SQL, "select", "help", "quit")
    if before[0] not in DBT_COMMANDS:
        return () if before[0] in REELHOUSE_COMMANDS else _tables()
    if word.startswith("-"):
        return options.get(before[0], ("--select", "--exclude"))
    return (*_nodes(), *_METHODS) if _selects(before) else ()


def _selects(before: list[str]) -> bool:
    """Return whether the next word names nodes, since the last option is one that selects."""
    given = [each.split("=")[0].split("+")[0] for each in before if each.startswith("-")]
    return bool(given) and given[-1] in _SELECTING


def _nodes() -> set[str]:
    """Return the names of models, seeds and data tests, and of the folders of models."""
    folders = [*ROOT.glob("models/*/"), *ROOT.glob("python_models/*/")]
    described = [*ROOT.glob("*models/**/*.yml"), *ROOT.glob("seeds/*.yml")]
    tests = ROOT.glob("tests/data/*.sql")
    return {file.stem for file in [*folders, *described, *tests]}


def _tables() -> list[str]:
    try:
        return read_catalog(chosen_lake(), BUILD).names()
    except ReelhouseError:
        return []
