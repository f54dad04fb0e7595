"""Guess from the first rows of a file which columns are users, movies, ratings and times."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from reelhouse.ingest.number_forms import number_of
from reelhouse.ingest.times import SAMPLED, is_time, pattern_of

MOST_VALUES = 101
"""Largest number of different whole-number ratings, as on a scale of 0 to 100, and the bound of
all ratings."""
USUAL_SHARE = 0.9
"""Share of the values of a column that must look like times or ratings."""
MATRIX_COLUMNS = 10
"""Number of columns of numbers from which a file is a table with a column per movie."""
_NAME_OF_ID = re.compile(r"(^|[\W_])(?i:id)$|I[dD]$")


def filled_columns(names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the names of the columns that have a value; a doubled separator makes empty ones."""
    return [
        name for name, column in zip(names, zip(*rows, strict=True), strict=True) if any(column)
    ]


def is_matrix(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the rows have many columns, and almost all of them have numbers or blanks."""
    columns = list(zip(*rows, strict=True))
    numeric = [column for column in columns if _are_numbers([*filter(None, column)])]
    return len(numeric) >= max(MATRIX_COLUMNS, USUAL_SHARE * len(columns))


def table_of_movies(path: Path, column_count: int) -> str:
    """Return the error message for a table with a column per movie."""
    return (
        f"{path} has {column_count} columns of numbers, as a table with a column per movie has:"
        " write one rating per line, as a user, a movie and a rating (in pandas: DataFrame.melt)"
    )


def has_usual_order(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the columns look like a user, a movie, a rating and, if any, a time.

    Ratings must not have more different values than the users or the movies. If the rows are sorted
    by user or by movie, this column is not compared. Users and movies look alike, so their order is
    not checked. Columns without a value do not count.
    """
    match [column for column in zip(*rows, strict=True) if any(column)]:
        case [users, movies, ratings]:
            return _are_ratings(ratings, users, movies)
        case [users, movies, ratings, times]:
            return _are_ratings(ratings, users, movies) and _are_times(times)
    return False


def guess_columns(
    names: Sequence[str], rows: Sequence[Sequence[str]], known: Mapping[str, str]
) -> dict[str, str]:
    """Guess our column → the file's column, as an example that the user can correct.

    The last column that looks like times is ``rated_at``. The first two of the other columns are
    the user and the movie. Of the columns of different numbers after them whose name is not that of
    an id, the first that looks like ratings is the rating; if none does, the first is the strength.

    Args:
        names: the names of the file's columns.
        rows: fields of the first rows; none for a format without text.
        known: our column → the file's column, for the columns that need no guess.
    """
    guess = dict(known)
    values = dict(zip(names, zip(*rows, strict=True), strict=False))
    free = [
        name for name in names if name and name not in known.values() and any(values.get(name, "?"))
    ]
    times = [name for name in free if _are_times(values.get(name, ()))]
    if times and "rated_at" not in known:
        guess["rated_at"] = times[-1]
        free.remove(times[-1])
    for ours in ("user_id", "movie_id"):
        if free and ours not in known:
            guess[ours] = free.pop(0)
    numbers = [
        name
        for name in free
        if not _NAME_OF_ID.search(name) and (name not in values or _are_varied(values[name]))
    ]
    if numbers and not {"rating", "strength"} & known.keys():
        ratings = [name for name in numbers if name not in values or _are_ratings(values[name])]
        guess |= {"rating": ratings[0]} if ratings else {"strength": numbers[0]}
    return guess


def _are_times(values: Sequence[str]) -> bool:
    some = values[:: len(values) // SAMPLED + 1]
    times = sum(is_time(value) or pattern_of(value) is not None for value in some)
    return times >= max(USUAL_SHARE * len(some), 1)


def _are_numbers(values: Sequence[str]) -> bool:
    return sum(number_of(value) is not None for value in values) >= USUAL_SHARE * len(values)


def _are_varied(values: Sequence[str]) -> bool:
    return _are_numbers(values) and (len(set(values)) > 1 or len(values) == 1)


def _are_ratings(values: Sequence[str], *ids: Sequence[str]) -> bool:
    """Return whether values look like ratings: numbers with decimals, or few different numbers.

    ``ids``: the users and the movies of the ratings.
    """
    if not _are_numbers(values):
        return False
    different = {number for value in values if (number := number_of(value)) is not None}
    if max(map(abs, different), default=0) >= MOST_VALUES:
        return False
    most = min([MOST_VALUES, *(len(set(side)) for side in ids if not _are_grouped(side))])
    return len(different) <= most or any(number % 1 for number in different)


def _are_grouped(ids: Sequence[str]) -> bool:
    """Return whether equal ids follow each other, as in rows sorted by user."""
    return len(list(groupby(ids))) == len(set(ids)) < len(ids)
