"""Read a person's ratings from a file, such as an export of Letterboxd, IMDb or MovieLens.

The page from disk reads the same files by the same rules (page/files.js). A table of cases in
tests/unit/serve runs through both.
"""

from __future__ import annotations

import csv
import io
import lzma
import math
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from reelhouse.errors import ReelhouseError, printable
from reelhouse.serve.titles import find_title

TITLES = ("title", "name", "movie", "item")
ORIGINAL_TITLES = ("original title",)
IDS = ("movieid", "movie_id", "source_id", "item_id")
YEARS = ("year", "release_year")
USERS = ("userid", "user_id")
RATING_OF_PAGE = "reelhouse rating"
RATINGS = (RATING_OF_PAGE, "your rating", "rating", "stars", "score")
HIGHEST = {"letterboxd uri": 5.0, "your rating": 10.0, "imdb_id": 5.0}
"""Highest rating of Letterboxd, IMDb and movielens.org, by a column that only their files have."""
RATINGS_FILE = "ratings.csv"
"""Name of the file with the ratings in the zip file of Letterboxd."""
LOWEST_OF_OTHERS = 0.5
"""Lowest rating of their files that is accepted."""
LIKED_SHARE = 0.7
"""If the lake has events, a rating from this share of the highest one up is a like."""
LARGEST_FILE = 20_000_000
"""Size in bytes of the largest file in a zip file."""
MOST_ROWS = 50_000
"""Largest number of rows in a file of one person."""
SEPARATORS = {"semicolons": ";", "tabs": "\t"}
"""Separators of other files than CSV."""
_CLOSED_CELLS = re.compile(
    r"""(?:
        (?: "(?:[^"]++|"")*+"[^,\r\n]*+ | [^",\r\n][^,\r\n]*+ )?+  # a quoted cell, or another one
        (?: [,\r\n] | \Z )
    )*+""",
    re.VERBOSE,
)
_LINE_END = re.compile(r"\r\n?|\n")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_YEAR = re.compile(r"\d{4}", re.ASCII)
_MOVIES = {*TITLES, *IDS}
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError),
    *(NotImplementedError, RuntimeError),  # of unknown compressions and passwords
)
"""What reading a file in a zip file raises."""


class Row(NamedTuple):
    """A row of a file: its last line, and its cells by the names of their columns."""

    line: int
    cells: dict[str, str]


class PersonalRatings(NamedTuple):
    """Ratings by movie id; None for a movie without a rating, which counts as liked.

    ``unknown`` are the titles or ids of the file that no movie of the lake has.
    """

    ratings: dict[int, float | None]
    unknown: list[str]


def read_ratings(file: Path, facts: Mapping[str, Any], movie_ids: Sequence[int]) -> PersonalRatings:
    """Read the ratings of a CSV file with a header, or of the zip file of Letterboxd.

    Movies are recognised by their titles and years or, in a file without titles, by their ids in
    the data. The ratings of Letterboxd, IMDb and movielens.org are converted to the scale of the
    lake; other ratings are on the scale of the lake. A movie without a rating counts as liked.

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
        The file cannot be read, has no movies or ratings of several users, or a rating is not a
        number on the scale.
    """
    return ratings_of_content(file.read_bytes(), str(file), facts, movie_ids)


def ratings_of_content(
    content: bytes, name: str, facts: Mapping[str, Any], movie_ids: Sequence[int]
) -> PersonalRatings:
    """Return the ratings in the content of a file, as ``read_ratings`` does; errors name it."""
    ids = dict(zip(facts["source_ids"], movie_ids, strict=True))
    result = PersonalRatings({}, [])
    columns, rows = _table(_text(content, name), name)
    highest = next((HIGHEST[column] for column in HIGHEST if column in columns), None)
    for line, row in rows:
        titles = [text for column in (TITLES, ORIGINAL_TITLES) if (text := _cell(row, column))]
        if titles:
            movie_id = _movie_of_title(titles, _cell(row, YEARS), facts, movie_ids)
        else:
            movie_id = ids.get(_cell(row, IDS))
        if movie_id is None:
            result.unknown.append(titles[0] if titles else _cell(row, IDS))
            continue
        rating = _rating(_cell(row, RATINGS), highest, facts["scale"], f"{name}, line {line}")
        if rating is None or not math.isnan(rating):
            result.ratings[movie_id] = rating
    return result


def _table(text: str, file: str) -> tuple[list[str], list[Row]]:
    """Return the columns and rows of a CSV file with the ratings of one person."""
    if (closed := _CLOSED_CELLS.match(text)) and closed.end() < len(text):
        line = 1 + len(_LINE_END.findall(text, 0, closed.end()))
        raise ReelhouseError(f"{file} has a quote in line {line} that is not closed: close it")
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        names = _columns(next(reader, []))
        if not _MOVIES & set(names):
            raise ReelhouseError(_without_movies(text, file))
        rows = [
            Row(reader.line_num, {n: cell.strip() for n, cell in zip(names, cells, strict=False)})
            for cells in islice(filter(None, reader), MOST_ROWS + 1)
        ]
    except csv.Error as error:
        raise ReelhouseError(f"{file}, line {reader.line_num}: {error}") from error
    if not rows:
        raise ReelhouseError(f"{file} has no movies: it needs rows below the header")
    one_user = "leave the rows of one user in it"
    if len(rows) > MOST_ROWS:
        raise ReelhouseError(f"{file} has more than {MOST_ROWS:,} rows: {one_user}")
    users = {user for row in rows if (user := _cell(row.cells, USERS))}
    if len(users) > 1:
        raise ReelhouseError(f"{file} has ratings of {len(users):,} users: {one_user}")
    return names, rows


def _columns(header: Sequence[str]) -> list[str]:
    return [name.strip().lower() for name in header]


def _without_movies(text: str, file: str) -> str:
    """Return what to do about a file that has no column of movies."""
    header = _LINE_END.split(text, 1)[:1]
    for separator, character in SEPARATORS.items():
        if _MOVIES & set(_columns(next(csv.reader(header, delimiter=character), []))):
            return f"{file} has {separator} between its columns: save it with commas"
    return f"{file} has no column title or movieId: its first line names the columns"


def _text(content: bytes, file: str) -> str:
    """Return the text of a CSV file, or of the ratings.csv in a zip file nearest to its root."""
    if content.startswith(b"PK"):
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                named = [name for name in archive.namelist() if name.split("/")[-1] == RATINGS_FILE]
                # Other folders of an export may have another file of this name.
                nearest = min(named, key=lambda name: name.count("/"))
                with archive.open(nearest) as ratings:
                    content = ratings.read(LARGEST_FILE + 1)
        except (*_DAMAGED, ValueError) as error:
            raise ReelhouseError(f"{file} has no {RATINGS_FILE}, or is damaged") from error
        if len(content) > LARGEST_FILE:
            raise ReelhouseError(
                f"{RATINGS_FILE} in {file} is larger than {LARGEST_FILE // 10**6} MB: unpack it,"
                " and keep a part of its rows"
            )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ReelhouseError(f"{file} is not CSV in UTF-8: save it in this encoding") from error


def _cell(row: Mapping[str, str], columns: Sequence[str]) -> str:
    """Return the cell of the first of the columns that the file has."""
    return next((row[name] for name in columns if name in row), "")


def _movie_of_title(
    titles: Sequence[str], year: str, facts: Mapping[str, Any], movie_ids: Sequence[int]
) -> int | None:
    known_year = int(year) if _YEAR.fullmatch(year) else None
    found = (find_title(title, known_year, facts["keys"], facts["years"]) for title in titles)
    position = next((each for each in found if each is not None), None)
    return None if position is None else int(movie_ids[position])


def _rating(text: str, highest: float | None, scale: Mapping[str, Any], where: str) -> float | None:
    """Return a rating on the scale of the lake, None for a like, or NaN for no like.

    ``highest`` is the highest rating of the file; None if the file has the scale of the lake.
    """
    if not text:
        return None
    has_ratings = scale["has_ratings"]
    lowest, top = scale["rating_min"], scale["rating_max"]
    if highest:
        lowest, top = LOWEST_OF_OTHERS, highest
    rating = float(text) if _NUMBER.fullmatch(text) else math.nan
    if math.isnan(rating) or ((has_ratings or highest) and not lowest <= rating <= top):
        limits = f" from {lowest:g} to {top:g}" if top else ""
        raise ReelhouseError(f"{where}: {printable(text)} is not a rating{limits}")
    if not has_ratings:
        return math.nan if highest and rating / highest < LIKED_SHARE else None
    return _on_scale(rating / highest, scale) if highest else rating


def _on_scale(share: float, scale: Mapping[str, Any]) -> float:
    """Return the rating of the lake that is a share of the highest rating."""
    first, last, step = scale["rating_min"], scale["rating_max"], scale["rating_step"]
    lowest = min(first, 0.0)
    rating = lowest + share * (last - lowest)
    if step:
        rating = first + math.floor((rating - first) / step + 0.5) * step
    return float(min(max(rating, first), last))
