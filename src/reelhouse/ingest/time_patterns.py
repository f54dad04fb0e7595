"""The var rated_at_format: check its pattern, and compare times with it, as Spark does."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reelhouse.errors import ReelhouseError
from reelhouse.project import project_vars

_LENGTHS = {
    **dict.fromkeys("dhHkKms", (1, 2)),
    **dict.fromkeys("GMLz", (1, 4)),
    **dict.fromkeys("XxZ", (1, 5)),
    **{"y": (1, 10), "D": (1, 3), "a": (1, 1), "S": (1, 9), "V": (2, 2), "O": (1, 4)},
}
"""Letter that Spark can parse → its smallest and largest number of repetitions."""
_TOKEN = re.compile(r"'(?:[^']|'')*'|(?P<letter>[A-Za-z])(?P=letter)*|.", re.DOTALL)
_RESERVED = "#{}'"
"""Characters that are allowed only within quotes; a quote that is left over is not closed."""


def declared_pattern() -> str | None:
    """Return the pattern of the var rated_at_format; None if it is not set.

    Raises:
        ReelhouseError: Spark cannot read times with the pattern.
    """
    pattern = project_vars()["rated_at_format"]
    if pattern in (None, ""):
        return None
    fault = _fault(pattern) if isinstance(pattern, str) else "it is no text in quotes"
    if fault:
        raise ReelhouseError(
            f"the var rated_at_format is {pattern!r}, and {fault}: write a pattern of Spark in"
            ' dbt_project.yml, such as "M/d/yyyy h:mm a" or "yyyy-MM-dd HH:mm:ss"'
        )
    return str(pattern)


def has_pattern(text: str, pattern: str) -> bool:
    """Return whether a text has the form of a pattern. Values such as the month 13 are accepted."""
    expression = "".join(_expressions(pattern))
    unclosed = expression.count("(?:") - expression.count(")?")
    return re.fullmatch(expression + ")?" * unclosed, text.strip(), re.IGNORECASE) is not None


def _fault(pattern: str) -> str | None:
    """Return what is wrong with a pattern; None for a pattern that Spark accepts."""
    letters = set()
    for token in _TOKEN.finditer(pattern):
        text, letter = token[0], token["letter"]
        if letter is None:
            if text in _RESERVED:
                return "a quote is not closed" if text == "'" else f"{text} needs quotes"
            continue
        if letter not in _LENGTHS:
            return f"{letter} is no letter of a pattern (text needs quotes, as in yyyy-MM-dd'T')"
        shortest, longest = _LENGTHS[letter]
        if not shortest <= len(text) <= longest:
            return f"{text} has too few or too many letters"
        letters.add(letter)
    if "y" not in letters:
        return "it has no year (y)"
    if "d" in letters and not letters & {"M", "L"}:
        return "it has no month (M; m is the minute)"
    if "D" in letters and letters & {"M", "L"}:
        return "D is the day of the year (d is the day of the month)"
    if letters & {"h", "K"} and "a" not in letters:
        return "h is the hour of a half day, which needs a for AM or PM (H is the hour of a day)"
    depth = 0
    for token in _TOKEN.finditer(pattern):
        depth += {"[": 1, "]": -1}.get(token[0], 0)
        if depth < 0:
            return "a bracket ] has no [ before it"
    return None


def _expressions(pattern: str) -> Iterator[str]:
    """Yield a regular expression for each token of a valid pattern."""
    for token in _TOKEN.finditer(pattern):
        text, letter = token[0], token["letter"]
        if letter is None:
            quoted = text[1:-1].replace("''", "'") if len(text) > 1 else text
            yield {"[": "(?:", "]": ")?", "''": "'"}.get(text, re.escape(quoted))
        elif letter == "a":
            yield "[AP]M"
        elif text == "zzzz":
            yield ".+"
        elif letter in "GVzOXxZ":
            yield r"\S+"
        elif letter in "ML" and len(text) > 2:
            yield r"[^\W\d]+\.?"
        elif letter == "S" or len(text) == 1:
            yield r"\d+"
        else:
            yield rf"\d{{{len(text)}{',' if letter == 'y' and len(text) > 2 else ''}}}"
