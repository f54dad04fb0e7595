"""Recognise times in text as `stg_ratings` does, and suggest a pattern for other times."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path

from reelhouse.errors import ReelhouseError, printable
from reelhouse.ingest.missing_words import is_missing, missing_texts
from reelhouse.ingest.text_files import SAMPLED_LINES
from reelhouse.ingest.time_patterns import declared_pattern, has_pattern
from reelhouse.project import project_vars

_EPOCH_NUMBER = re.compile(r"[-+]?\d+([.]\d+)?([eE][+]?\d+)?")
_MONTH, _DAY_ABOVE_12 = "(?:0?[1-9]|1[0-2])", "(?:1[3-9]|2[0-9]|3[01])"
_DAY = "(?:0?[1-9]|[12][0-9]|3[01])"
_HOUR, _HOUR_OF_HALF, _MINUTE = "(?:[01]?[0-9]|2[0-3])", "(?:0?[1-9]|1[0-2])", "[0-5][0-9]"
_CLOCK = rf"(?:{_HOUR}:{_MINUTE}(?::{_MINUTE})?)"
_HALF_CLOCK = rf"(?:{_HOUR_OF_HALF}:{_MINUTE}(?::{_MINUTE})?)"
_OFFSET = r"[+-]\d{1,2}(?::?\d\d){0,2}"
_ZONE = rf"\s*(?:Z|(?:UTC|GMT|UT)?{_OFFSET}|UTC|GMT|UT|[ECMPHJIB]ST|[A-Z]\w+(?:/[\w+-]+)+)"
"""Zones that Spark reads; it needs seconds before them."""
_ISO = re.compile(
    rf"\d{{4}}-{_MONTH}-{_DAY}"
    rf"(?:[T ]{_HOUR}(?::[0-5]?\d(?::[0-5]?\d(?:\.\d*)?(?:{_ZONE})?)?)?)?"
)
_DATE = re.compile(
    rf"(?!{_DAY_ABOVE_12}[/.-]{_DAY_ABOVE_12}\D)"
    rf"(?:{_DAY}(?P<sign>[/.-]){_DAY}(?P=sign)\d{{4}}"
    rf"|\d{{4}}(?P<other>[/.]){_MONTH}(?P=other){_DAY})"
    rf"(?:,? (?:{_CLOCK}|{_HALF_CLOCK} [AP]M))?",
    re.IGNORECASE,
)
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_NAMED_MONTH = re.compile(
    rf"""\s*(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[,.]?\s+)?
    (?:(?:{_MONTHS})[a-z]*\.?\s+{_DAY}(?P<year>,?\s+\d{{4}})?
    |{_DAY}[\s/-]+(?:{_MONTHS})[a-z]*[.,]?[\s/-]+(?P<last>\d{{4}}))
    (?:,?\s+(?:{_CLOCK}|{_HALF_CLOCK}\s*[ap]m))?(?:\s+(?:[-+]\d{{4}}|gmt|utc))?
    (?(year)|(?(last)|\s+\d{{4}}))\s*""",
    re.IGNORECASE | re.VERBOSE,
)
"""Form of the times that the macro time_with_month_name reads."""
_SECONDS = 6e8, 4.2e9
"""Seconds since 1970 of the default range from rated_at_from to rated_at_before, rounded."""
_UNITS = 1, 1e3, 1e6, 1e9
_ORDERS = {
    "d/M/yyyy": re.compile(rf"\s*{_DAY_ABOVE_12}[/.-]{_MONTH}[/.-]\d{{4}}\b"),
    "M/d/yyyy": re.compile(rf"\s*{_MONTH}[/.-]{_DAY_ABOVE_12}[/.-]\d{{4}}\b"),
    "yyyy/M/d": re.compile(rf"\s*\d{{4}}[/.-]{_MONTH}[/.-]\d{{1,2}}\b"),
}
"""Order of day and month → start of a date that shows it."""
_DAY_IN_SECOND_PLACE = re.compile(rf"\s*\d{{1,2}}\D{_DAY_ABOVE_12}\D")
SAMPLED = 100
"""Largest number of times that are compared with patterns, since a comparison is slow."""
MOST_DATES = 500_000
"""Largest number of dates that are searched for a day above 12, in about two seconds."""

WITHOUT_TIMES = "COLUMNS='rated_at=' builds a lake without times"
_PATTERNS = (
    (r"\b\d{4}([/.-])(?:1[3-9]|2\d|3[01])\1\d{1,2}\b", r"yyyy\1d\1M"),
    (r"\b\d{4}([/.-])\d{1,2}\1\d{1,2}\b", r"yyyy\1M\1d"),
    (r"\b\d{1,2}([/.-])\d{1,2}\1\d{4}\b", r"M\1d\1yyyy"),
    (r"\b\d{1,2}([/.-])\d{1,2}\1\d{2}\b", r"M\1d\1yy"),
    (r"\b\d{2} \d{1,2}, \d{4}\b", "MM d, yyyy"),
    (r"\b[A-Z][a-z]{2} \d{1,2}(,?) \d{4}\b", r"MMM d\1 yyyy"),
    (r"\b[A-Z][a-z]{3,} \d{1,2}(,?) \d{4}\b", r"MMMM d\1 yyyy"),
    (r"\b\d{1,2}([ -])[A-Z][a-z]{2}\1\d{4}\b", r"d\1MMM\1yyyy"),
    (r"\b\d{1,2}:\d{2}:\d{2}( ?)[AaPp][Mm]\b", r"h:mm:ss\1a"),
    (r"\b\d{1,2}:\d{2}( ?)[AaPp][Mm]\b", r"h:mm\1a"),
    (r"\b\d{1,2}:\d{2}:\d{2}([.,])\d{3}\b", r"H:mm:ss\1SSS"),
    (r"\b\d{1,2}:\d{2}:\d{2}\b", "H:mm:ss"),
    (r"\b\d{1,2}:\d{2}\b", "H:mm"),
    (r"^\d{8}$", "yyyyMMdd"),
)
"""Regular expression for a part of a time → letters for this part in Spark's patterns."""


def is_time(text: str, seconds: tuple[float, float] = _SECONDS) -> bool:
    """Return whether a text looks like a time that `stg_ratings` reads without a pattern.

    Args:
        text: the text of the time.
        seconds: half-open range of the seconds since 1970 that a number may stand for.
    """
    text = text.strip()
    if _EPOCH_NUMBER.fullmatch(text):
        return any(seconds[0] <= float(text) / unit < seconds[1] for unit in _UNITS)
    return any(form.fullmatch(text) for form in (_ISO, _DATE, _NAMED_MONTH))


def pattern_of(text: str) -> str | None:
    """Return a pattern with which Spark can read this time, or None if no pattern is known.

    In a date such as 3/4/2012, the first number is taken as the month.
    """
    rest = pattern = text.strip()
    for expression, letters in _PATTERNS:
        rest = re.sub(expression, "", rest)
        pattern = re.sub(expression, letters, pattern)
    if "y" not in pattern or any(map(str.isalnum, rest)):
        return None
    starts_with_day = re.match(r"(1[3-9]|2\d|3[01])[/.-]", text.strip())
    return re.sub(r"M([/.-])d", r"d\1M", pattern) if starts_with_day else pattern


def remedy_of(text: str) -> str:
    """Return how to declare the pattern of a time that `stg_ratings` does not read."""
    pattern = pattern_of(text)
    if pattern is None and _EPOCH_NUMBER.fullmatch(text):
        return (
            "a number is read as seconds, milliseconds, microseconds or nanoseconds since 1970, if"
            " rated_at_format in dbt_project.yml is null and the time is between rated_at_from and"
            f" rated_at_before; {WITHOUT_TIMES}"
        )
    if pattern is None:
        declared = 'their pattern, such as "M/d/yyyy h:mm a", as rated_at_format'
    else:
        order = None if _DAY_IN_SECOND_PLACE.match(text) else re.match(r"M[/.-]d", pattern)
        swapped = f" ({order[0][::-1]} if the day comes first)" if order else ""
        declared = f'rated_at_format: "{pattern}"{swapped}'
    return f"write {declared} in dbt_project.yml; or {WITHOUT_TIMES}"


def check_times(path: Path, times: Iterator[str]) -> None:
    """Refuse times that a build would reject, since most have another pattern or an unclear order.

    Args:
        path: the file, for error messages.
        times: the texts of the times. Only the first are read, unless all of these are dates whose
            day and month cannot be told apart.

    Raises:
        ReelhouseError: times are refused, or rated_at_format is no pattern. The message says how
            to declare the pattern.
    """
    pattern, variables = declared_pattern(), project_vars()
    missing = missing_texts()
    first = [time for time in islice(times, SAMPLED_LINES) if not is_missing(time, missing)]
    some = first[:: len(first) // SAMPLED + 1]
    if pattern:
        others = [time for time in some if not has_pattern(time, pattern)]
        fault = f"which do not have the pattern {pattern!r} of rated_at_format"
    else:
        seconds = _seconds(variables["rated_at_from"]), _seconds(variables["rated_at_before"])
        others = [time for time in some if not is_time(time, seconds)]
        fault = "whose pattern is not known"
    if 2 * len(others) > len(some):
        example = next(filter(_shows_order, others), others[0])
        raise ReelhouseError(
            f"{path} has times such as {_shown(example)}, {fault}: {remedy_of(example)}"
        )
    dates = [time for time in some if _DATE.fullmatch(time.strip())]
    if not pattern and 2 * len(dates) > len(some):
        _check_order(path, dates[0], chain(first, times))


def _shows_order(text: str) -> bool:
    """Return whether a day above 12 shows which number of a date is the day."""
    return re.match(rf"\s*(\d{{1,2}}[/.-])?{_DAY_ABOVE_12}[/.-]\d", text) is not None


def date_order(text: str) -> str | None:
    """Return the order of the numbers of a date, as `stg_value_formats` does."""
    if text.lstrip()[4:5] == "-":  # as in 2005-04-02, whose order is known
        return None
    return next((order for order, start in _ORDERS.items() if start.match(text)), None)


def _seconds(day: object) -> float:
    """Return the seconds from 1970 to a day such as 1990-01-01."""
    try:
        return datetime.fromisoformat(str(day)).replace(tzinfo=UTC).timestamp()
    except ValueError as error:
        raise ReelhouseError(
            f"the var rated_at_from or rated_at_before is {day!r}: write a day in dbt_project.yml,"
            ' as in "1990-01-01"'
        ) from error


def _check_order(path: Path, example: str, times: Iterator[str]) -> None:
    """Refuse dates if none of the times, or not all of the first, show one order."""
    shown = {order: time for time in islice(times, SAMPLED_LINES) if (order := date_order(time))}
    if len(shown) > 1:
        examples = " and ".join(map(_shown, shown.values()))
        raise ReelhouseError(
            f"{path} has dates of different orders, such as {examples}: write all of them in"
            f" one order, or {remedy_of(example)}"
        )
    if not shown and not any(map(date_order, islice(times, MOST_DATES))):
        raise ReelhouseError(
            f"{path} has dates such as {_shown(example)}, and no day above 12 shows whether the day"
            f" or the month comes first: {remedy_of(example)}"
        )


def _shown(text: str) -> str:
    return repr(printable(text[:40]))
