"""Read a person's ratings from a CSV file, such as an export of Letterboxd, IMDb or MovieLens."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from reelhouse.errors import ReelhouseError, printable
from reelhouse.serve.titles import find_title

TITLES = ("title", "name", "movie", "item")
IDS = ("movieid", "movie_id", "source_id", "item_id")
YEARS = ("year", "release_year")
RATINGS = ("your rating", "rating", "stars", "score")
SCALES = {"letterboxd uri": (0.5, 5.0), "your rating": (1.0, 10.0)}
"""Rating scale of Letterboxd and IMDb, by a column that only their files have."""


class PersonalRatings(NamedTuple):
    """Ratings by movie id; None for a movie without a rating, which counts as liked.

    ``unknown`` are the titles or ids of the file that no movie of the lake has.
    """

    ratings: dict[int, float | None]
    unknown: list[str]


def read_ratings(file: Path, facts: Mapping[str, Any], movie_ids: Sequence[int]) -> PersonalRatings:
    """Read the ratings of a CSV file with a header.

    Movies are recognised by the column of an id, or by those of a title and a year. The scales of
    Letterboxd and IMDb are stretched to that of the lake; other ratings are on the scale of the
    lake. A movie without a rating counts as liked.

    Parameters
    ----------
    file
        The file.
    facts
        The ``facts`` of a snapshot.
    movie_ids
        Ids of the movies of the snapshot, in the order of its titles.

    Raises
    ------
    ReelhouseError
        The file cannot be read or has no movies, or a rating is not a number on the scale.
    """
    ids = dict(zip(facts["source_ids"], movie_ids, strict=True))
    result = PersonalRatings({}, [])
    try:
        with file.open(newline="", encoding="utf-8-sig") as opened:
            reader = csv.reader(opened)
            columns = {name.strip().lower(): i for i, name in enumerate(next(reader, []))}
            id_column, title_column, year_column, rating_column = (
                next((columns[name] for name in names if name in columns), None)
                for names in (IDS, TITLES, YEARS, RATINGS)
            )
            if id_column is None and title_column is None:
                raise ReelhouseError(
                    f"{file} has no column title or movieId: its first line names the columns"
                )
            scale = next((SCALES[name] for name in SCALES if name in columns), None)
            for row in filter(None, reader):
                where = f"{file}, line {reader.line_num}"
                name, movie_id = _cell(row, id_column), None
                if name:
                    movie_id = ids.get(name)
                else:
                    name = _cell(row, title_column)
                    year = _cell(row, year_column)
                    movie_id = _movie_of_title(name, year, facts, movie_ids)
                if movie_id is None:
                    result.unknown.append(name)
                else:
                    text = _cell(row, rating_column)
                    result.ratings[movie_id] = _rating(text, scale, facts["scale"], where)
    except (UnicodeDecodeError, csv.Error) as error:
        raise ReelhouseError(f"{file} is not CSV in UTF-8: {error}") from error
    return result


def _cell(row: Sequence[str], column: int | None) -> str:
    return row[column].strip() if column is not None and column < len(row) else ""


def _movie_of_title(
    title: str, year: str, facts: Mapping[str, Any], movie_ids: Sequence[int]
) -> int | None:
    known_year = int(year) if year.isascii() and year.isdecimal() else None
    position = find_title(title, known_year, facts["keys"], facts["years"])
    return None if position is None else int(movie_ids[position])


def _rating(
    text: str, scale: tuple[float, float] | None, own_scale: Mapping[str, Any], where: str
) -> float | None:
    """Return a rating on the scale of the lake; None for no rating, or if the lake has events."""
    if not text or not own_scale["has_ratings"]:
        return None
    own_lowest, own_highest = own_scale["rating_min"], own_scale["rating_max"]
    lowest, highest = scale or (own_lowest, own_highest)
    try:
        rating = float(text)
    except ValueError:
        rating = float("nan")
    if not lowest <= rating <= highest:
        raise ReelhouseError(
            f"{where}: {printable(text)} is not a rating from {lowest:g} to {highest:g}"
        )
    share = (rating - lowest) / (highest - lowest)
    return float(own_lowest + share * (own_highest - own_lowest)) if scale else rating
