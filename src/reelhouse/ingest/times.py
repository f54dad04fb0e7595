"""Recognise times in text as `stg_ratings` does, and suggest a pattern for other times."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from reelhouse.errors import ReelhouseError, printable
from reelhouse.project import project_vars

_EPOCH_NUMBER = re.compile(r"\d+([.]\d+)?([eE][+]?\d+)?")
_ISO = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([T ]\d{1,2}(:\d{1,2}[^APap]*)?)?")
_DATE = re.compile(
    r"(\d{1,2}([/.-])\d{1,2}\2\d{4}|\d{4}([/.])\d{1,2}\3\d{1,2})"
    r"(,? \d{1,2}:\d\d(:\d\d)?( [AP]M)?)?",
    re.IGNORECASE,
)
_SECONDS = 6e8, 4.2e9
"""Seconds since 1970 of the default range from rated_at_from to rated_at_before, rounded."""
_UNITS = 1, 1e3, 1e6, 1e9
SAMPLED = 100
"""Largest number of times that are compared with patterns, since a comparison is slow."""

WITHOUT_TIMES = "COLUMNS='rated_at=' builds a lake without times"
_PATTERNS = (
    (r"\b\d{4}([/.-])\d{1,2}\1\d{1,2}\b", r"yyyy\1M\1d"),
    (r"\b\d{1,2}([/.-])\d{1,2}\1\d{4}\b", r"M\1d\1yyyy"),
    (r"\b\d{1,2}([/.-])\d{1,2}\1\d{2}\b", r"M\1d\1yy"),
    (r"\b[A-Z][a-z]{2} \d{1,2}(,?) \d{4}\b", r"MMM d\1 yyyy"),
    (r"\b[A-Z][a-z]{3,} \d{1,2}(,?) \d{4}\b", r"MMMM d\1 yyyy"),
    (r"\b\d{1,2}([ -])[A-Z][a-z]{2}\1\d{4}\b", r"d\1MMM\1yyyy"),
    (r"\b\d{1,2}:\d{2}:\d{2}( ?)[AaPp][Mm]\b", r"h:mm:ss\1a"),
    (r"\b\d{1,2}:\d{2}( ?)[AaPp][Mm]\b", r"h:mm\1a"),
    (r"\b\d{1,2}:\d{2}:\d{2}\b", "H:mm:ss"),
    (r"\b\d{1,2}:\d{2}\b", "H:mm"),
    (r"^\d{8}$", "yyyyMMdd"),
)
"""Regular expression for a part of a time → letters for this part in Spark's patterns."""


def is_time(text: str) -> bool:
    """Return whether a text looks like a time that `stg_ratings` reads without a pattern."""
    text = text.strip()
    if _EPOCH_NUMBER.fullmatch(text):
        return any(_SECONDS[0] <= float(text) / unit < _SECONDS[1] for unit in _UNITS)
    return bool(_ISO.fullmatch(text) or _DATE.fullmatch(text))


def pattern_of(text: str) -> str | None:
    """Return a pattern with which Spark can read this time, or None if no pattern is known.

    In a date such as 3/4/2012, the first number is taken as the month.
    """
    rest = pattern = text.strip()
    for expression, letters in _PATTERNS:
        rest = re.sub(expression, "", rest)
        pattern = re.sub(expression, letters, pattern)
    return pattern if "y" in pattern and not any(map(str.isalnum, rest)) else None


def remedy_of(text: str) -> str:
    """Return how to declare the pattern of a time that `stg_ratings` does not read."""
    pattern = pattern_of(text)
    if pattern is None:
        declared = 'their pattern, such as "M/d/yyyy h:mm a", as rated_at_format'
    else:
        order = re.search(r"M[/.-]d", pattern)
        swapped = f" ({order[0][::-1]} if the day comes first)" if order else ""
        declared = f'rated_at_format: "{pattern}"{swapped}'
    return f"write {declared} in dbt_project.yml; or {WITHOUT_TIMES}"


def check_times(path: Path, values: Sequence[str]) -> None:
    """Refuse a column in which most times have an unknown pattern.

    Raises:
        ReelhouseError: most times have an unknown pattern; the message says how to declare it.
    """
    variables = project_vars()
    if variables["rated_at_format"]:
        return
    missing = {"", *map(str.lower, variables["missing_words"])}
    present = [value for value in values if value.strip().lower() not in missing]
    some = present[:: len(present) // SAMPLED + 1]
    unread = [
        value
        for value in some
        if not is_time(value) and (pattern_of(value) or not _EPOCH_NUMBER.fullmatch(value))
    ]
    if 2 * len(unread) > len(some):
        raise ReelhouseError(
            f"{path} has times such as {printable(unread[0][:40])!r}, whose pattern is not known:"
            f" {remedy_of(unread[0])}"
        )
