"""Guess from the first rows of a file which columns are users, movies, ratings and times."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from reelhouse.ingest.column_kinds import (
    USUAL_SHARE,
    are_numbers,
    are_product_numbers,
    are_ratings,
    are_row_numbers,
    are_times,
    are_truth_values,
    are_unique,
    are_varied_numbers,
    are_written_times,
    is_property,
)
from reelhouse.ingest.number_forms import is_number, number_of

MATRIX_COLUMNS = 10
"""Number of columns of numbers from which a file is a table with a column per movie."""
MOST_LEVELS = 21
"""Largest number of different ratings on a usual scale, such as 0 to 20."""
FEWEST_LEVELS = 3
"""Smallest number of different ratings on a usual scale."""
_NAME_OF_ID = re.compile(r"(^|[\W_])(?i:id)$|I[dD]$")
_NAME_OF_NO_RATING = re.compile(
    r"(?i)(^|[\W_\d])(lat|latitude|lon|lng|longitude|price|number|order|year|month|day|hour"
    r"|offset)($|[\W_\d])"
)
"""Name of a column whose numbers are no ratings and say nothing about how much."""


def filled_columns(names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the names of the columns that have a value; a doubled separator makes empty ones."""
    return [
        name for name, column in zip(names, zip(*rows, strict=True), strict=True) if any(column)
    ]


def is_matrix(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the rows have many columns, and almost all of them have numbers or blanks."""
    columns = list(zip(*rows, strict=True))
    numeric = [column for column in columns if are_numbers([*filter(None, column)])]
    return len(numeric) >= max(MATRIX_COLUMNS, USUAL_SHARE * len(columns))


def table_of_movies(path: Path, column_count: int) -> str:
    """Return the error message for a table with a column per movie."""
    return (
        f"{path} has {column_count} columns of numbers, as a table with a column per movie has:"
        " write one rating per line, as a user, a movie and a rating (in pandas: DataFrame.melt)"
    )


def usual_order(names: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, str]:
    """Return our column → the position of a user, a movie, a rating and, if any, a time.

    The result is empty if the values do not fit this order. Ratings must not have more different
    values than the users or the movies. If the rows are sorted by user or by movie, this column is
    not compared. Users and movies look alike, so their order is not checked, except that numbers of
    products are movies. Columns without a value do not count.
    """
    filled = filled_columns(names, rows)
    match [column for column in zip(*rows, strict=True) if any(column)]:
        case [users, movies, ratings] if are_ratings(ratings, users, movies):
            ours = ["user_id", "movie_id", "rating"]
        case [users, movies, ratings, times] if are_ratings(ratings, users, movies) and are_times(
            times
        ):
            ours = ["user_id", "movie_id", "rating", "rated_at"]
        case _:
            return {}
    if are_product_numbers(users) and not are_product_numbers(movies):
        ours[:2] = "movie_id", "user_id"
    order = dict(zip(ours, filled, strict=True))
    return {"user_id": order["user_id"], **order}


def time_column(
    names: Sequence[str], rows: Sequence[Sequence[str]], known: Mapping[str, str]
) -> str | None:
    """Return the only column of written times; None if there is none, or more than one.

    A time that belongs to a user or a movie, such as a release date, is not the time of a rating.

    Args:
        names: the names of the file's columns.
        rows: fields of the first rows.
        known: our column → the file's column, at least for users and movies.
    """
    values = dict(zip(names, zip(*rows, strict=True), strict=False))
    sides = [values[known[side]] for side in ("user_id", "movie_id") if known[side] in values]
    found = [
        name
        for name in values
        if name not in known.values()
        and are_written_times(values[name])
        and len(set(values[name])) > 1
        and not any(is_property(values[name], side) for side in sides)
    ]
    return found[0] if len(found) == 1 else None


def truth_column(
    names: Sequence[str], rows: Sequence[Sequence[str]], known: Mapping[str, str]
) -> str | None:
    """Return the first column of words such as True and False that has no meaning yet, or None."""
    for name, values in zip(names, zip(*rows, strict=True), strict=False):
        if name not in known.values() and are_truth_values(values):
            return name
    return None


def guess_columns(
    names: Sequence[str], rows: Sequence[Sequence[str]], known: Mapping[str, str]
) -> dict[str, str]:
    """Guess our column → the file's column, as an example that the user can correct.

    The last column that looks like times is ``rated_at``. The first two of the other columns that
    may be ids are the user and the movie; numbers of products are the movie. Of the columns of
    different numbers after them that are neither ids nor properties of a user or a movie, the one
    that looks most like ratings is the rating; if none does, the first is the strength.

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
    if "rated_at" not in known:
        times = [name for name in free if _may_be_times(name, values.get(name, ()), names)]
        guess |= {"rated_at": times[-1]} if times else {}
        free = [name for name in free if name not in times]
    ids = [name for name in free if _may_be_ids(values.get(name, ()))]
    ids = ids if len(ids) > 1 else list(free)
    products = [name for name in ids if are_product_numbers(values.get(name, ()))]
    if products and "movie_id" not in known and len(ids) > 1:
        guess["movie_id"] = products[0]
        ids.remove(products[0])
    for ours in ("user_id", "movie_id"):
        if ids and ours not in guess:
            guess[ours] = ids.pop(0)
    sides = [values[guess[side]] for side in ("user_id", "movie_id") if guess.get(side) in values]
    numbers = [
        name
        for name in free
        if name not in guess.values()
        and not _NAME_OF_ID.search(name)
        and not _NAME_OF_NO_RATING.search(name)
        and (name not in values or are_varied_numbers(values[name]))
        and not are_row_numbers(values.get(name, ()))
        and not any(name in values and is_property(values[name], side) for side in sides)
    ]
    if numbers and not {"rating", "strength"} & known.keys():
        ratings = [name for name in numbers if name not in values or are_ratings(values[name])]
        usual = [name for name in ratings if name not in values or _has_levels(values[name])]
        guess |= {"rating": [*usual, *ratings][0]} if ratings else {"strength": numbers[0]}
    return {ours: guess[ours] for ours in sorted(guess, key=_place)}


def _place(ours: str) -> int:
    order = ("user_id", "movie_id", "rating", "strength", "rated_at", "split")
    return order.index(ours)


def _may_be_times(name: str, values: Sequence[str], names: Sequence[str]) -> bool:
    """Return whether a column may have times, and not ids that look like seconds since 1970."""
    if not are_times(values):
        return False
    is_first = name in names[:2] and name.isdecimal()
    may_be_ids = _NAME_OF_ID.search(name) or is_first or any(text[:1] == "0" for text in values)
    return not (may_be_ids and all(map(is_number, values)))


def _may_be_ids(values: Sequence[str]) -> bool:
    """Return whether values may be ids: not all different, and not numbers with decimals."""
    return not are_unique(values) and not (
        are_numbers(values) and any((number_of(value) or 0) % 1 for value in values)
    )


def _has_levels(values: Sequence[str]) -> bool:
    return FEWEST_LEVELS <= len(set(values)) <= MOST_LEVELS
