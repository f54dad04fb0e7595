"""Values in SQL text."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path

from reelhouse.errors import printable
from reelhouse.lake.query_errors import QueryError, check_text

Value = int | float | str
"""A value of a parameter."""
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def identifier(name: str) -> str:
    """Return the name of a table or column in double quotes, as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def text_literal(text: str | Path) -> str:
    """Return a text in quotes, as DuckDB's SQL writes it."""
    return "'" + str(text).replace("'", "''") + "'"


def parameter_list(parameters: Mapping[str, Value]) -> str:
    """Return the arguments of DuckDB's EXECUTE.

    Raises
    ------
    QueryError
        A name is not a word, a number is not finite, or a text has NUL or is not UTF-8.

    Examples
    --------
    >>> from reelhouse.lake.parameters import parameter_list
    >>> parameter_list({"user": 42, "title": "Ocean's Eleven"})
    "user := 42, title := 'Ocean''s Eleven'"
    """
    return ", ".join(f"{_name(name)} := {_literal(value)}" for name, value in parameters.items())


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise QueryError(f"the parameter {printable(name)} is not a word: name it as in $user")
    return name


def _literal(value: Value) -> str:
    if isinstance(value, str):
        check_text(value, "a parameter")
        return text_literal(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise QueryError(f"a parameter is {value}: give a number or a text")
    return repr(value)
