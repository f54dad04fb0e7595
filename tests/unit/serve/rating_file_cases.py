"""Files of ratings, and what `reelhouse recommend` and the page from disk read from them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any, NamedTuple

MOVIES = [
    ("7", "Alien (1979)", 1979, 900),
    ("8", "Heat (1995)", 1995, 800),
    ("9", "Heat (1986)", 1986, 10),
    ("10", "Rock, The (1996)", 1996, 700),
    ("11", "Seven (a.k.a. Se7en) (1995)", 1995, 600),
    ("12", "Amélie (Fabuleux destin d'Amélie Poulain, Le) (2001)", 2001, 500),
    ("13", "Cité des enfants perdus, La (City of Lost Children, The) (1995)", 1995, 90),
    ("14", "Schindler's List (1993)", 1993, 400),
    ("15", "Lilo & Stitch (2002)", 2002, 300),
    ("16", "Untitled", None, 5),
    ("17", "Enfer, L' (1994)", 1994, 20),
    ("18", "Straße, Die (1930)", 1930, 1),
    ("19", 'Disc 5" wide, The (2003)', 2003, 2),
    ("20", "Οδυσσέας (1990)", 1990, 3),
    ("21", "दिल (1990)", 1990, 4),
    ("22", "An Affair (1998)", 1998, 6),
]
"""Id in the data, title, year and number of ratings of each movie."""
STARS = {"has_ratings": True, "rating_min": 1.0, "rating_max": 5.0, "rating_step": 1.0}
HALVES = {**STARS, "rating_min": 0.5, "rating_step": 0.5}
TEN = {**STARS, "rating_max": 10.0, "rating_step": None}
EVENTS = {"has_ratings": False, **dict.fromkeys(("rating_min", "rating_max", "rating_step"))}
LIKE = None


class Case(NamedTuple):
    """A file, and the ratings by id in the data and the unknown titles that are read from it.

    An ``error`` is a part of the message with which the file is refused.
    """

    content: bytes
    ratings: Mapping[str, float | None] = {}
    unknown: tuple[str, ...] = ()
    scale: Mapping[str, Any] = STARS
    error: str = ""


def text(content: str, *expected: Any, **options: Any) -> Case:
    return Case(content.encode(), *expected, **options)


def zipped(files: Mapping[str, str], *expected: Any, **options: Any) -> Case:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return Case(archive.getvalue(), *expected, **options)


LETTERBOXD = (
    "Date,Name,Year,Letterboxd URI,Rating\n"
    "2024-01-01,Alien,1979,https://boxd.it/1,3.5\n"
    "2024-01-01,Heat,1986,https://boxd.it/2,0.5\n"
    "2024-01-01,Unknown,2001,https://boxd.it/3,4\n"
)
IMDB = (
    "Const,Your Rating,Date Rated,Title,Original Title,Title Type,Year,Genres\r\n"
    "tt1,9,2024-01-01,Alien,Alien,Movie,1979,Horror\r\n"
    'tt2,1,2024-01-01,"Fuego, El",Heat,Movie,1995,Crime\r\n'
    'tt3,10,2024-01-01,"Nothing, really",,Movie,1995,Crime\r\n'
)
MOVIELENS_ORG = (
    "movie_id,imdb_id,tmdb_id,rating,average_rating,title\n"
    '9,1,2,4.5,4,Alien (1979)\n8,3,4,0.5,4,"Rock, The (1996)"\n'
)
TITLES = {
    "heat": "8",
    "Heat (1986)": "9",
    "The Rock": "10",
    "Rock": "10",
    "Rock, The": "10",
    "Se7en": "11",
    "seven": "11",
    "AMELIE": "12",
    "Le Fabuleux Destin d'Amelie Poulain": "12",
    "Fabuleux destin d\u2019Amélie Poulain, Le (2001)": "12",
    "city of lost children": "13",
    "La Cité des enfants perdus": "13",
    "Schindlers List": "14",
    "Schindler\u2019s List": "14",
    "Lilo and Stitch": "15",
    "Untitled (1999)": "16",
    "L'Enfer": "17",
    "DIE STRASSE": "18",
    "ΟΔΥΣΣΕΑΣ": "20",
    "दिल": "21",
    "Affair": "22",
}
"""A title as a person writes it → the id of its movie."""

CASES: dict[str, Case] = {
    "letterboxd": text(LETTERBOXD, {"7": 4.0, "9": 1.0}, ("Unknown",)),
    "letterboxd in halves": text(LETTERBOXD, {"7": 3.5, "9": 0.5}, ("Unknown",), HALVES),
    "letterboxd without steps": text(LETTERBOXD, {"7": 7.0, "9": 1.0}, ("Unknown",), TEN),
    "letterboxd and events": text(LETTERBOXD, {"7": LIKE}, ("Unknown",), EVENTS),
    "letterboxd without a rating": text(
        "Date,Name,Year,Letterboxd URI\n2024-01-01,Alien,1979,x\n", {"7": LIKE}
    ),
    "letterboxd with a rating of 0": text(
        "Name,Letterboxd URI,Rating\nAlien,x,0\n", error="line 2: 0 is not a rating from 0.5 to 5"
    ),
    "zip": zipped(
        {"letterboxd/watched.csv": "Name\nHeat\n", "letterboxd/ratings.csv": LETTERBOXD},
        *({"7": 4.0, "9": 1.0}, ("Unknown",)),
    ),
    "zip with another file of this name": zipped(
        {"deleted/ratings.csv": "Name\nHeat\n", "ratings.csv": LETTERBOXD},
        *({"7": 4.0, "9": 1.0}, ("Unknown",)),
    ),
    "zip without ratings": zipped(
        {"watched.csv": "Name\nHeat\n"}, error="has no ratings.csv, or is damaged"
    ),
    "damaged zip": Case(b"PK\x03\x04 damaged", error="has no ratings.csv, or is damaged"),
    "imdb": text(IMDB, {"7": 5.0, "8": 1.0}, ("Nothing, really",)),
    "movielens.org": text(MOVIELENS_ORG, {"7": 5.0, "10": 1.0}),
    "movielens.org in halves": text(MOVIELENS_ORG, {"7": 4.5, "10": 0.5}, (), HALVES),
    "page": text('"Title","Year","Reelhouse rating"\r\n"The Rock","1996","2"\r\n', {"10": 2.0}),
    "page and events": text(
        '"Title","Year","Reelhouse rating"\r\n"The Rock","1996","1"\r\n', {"10": LIKE}, (), EVENTS
    ),
    "ids of the data": text(
        "\ufeffmovieId,rating\r\n7,4.5\r\n9,\r\n1000,3\r\n", {"7": 4.5, "9": LIKE}, ("1000",)
    ),
    "titles alone": text("Title\nHeat (1986)\n\nAlien\n", {"9": LIKE, "7": LIKE}),
    "other names of columns": text("item,release_year,stars\nHeat,1986,3\n", {"9": 3.0}),
    "score": text(" Movie , SCORE \n Alien , 2 \n", {"7": 2.0}),
    "own ratings and events": text("title,rating\nAlien,3\n", {"7": LIKE}, (), EVENTS),
    "the last rating counts": text("title,rating\nAlien,3\nAlien,4\n", {"7": 4.0}),
    "a dislike removes no like": text(
        "Name,Letterboxd URI,Rating\nAlien,x,5\nAlien,x,1\n", {"7": LIKE}, (), EVENTS
    ),
    "a year may differ by one": text("title,year\nHeat,1987\n", {"9": LIKE}),
    "no movie of another year": text("title,year\nHeat,1950\n", {}, ("Heat",)),
    "a year that is none": text("title,year\nHeat (1986),19x6\n", {"9": LIKE}),
    "a year of many digits": text(f"title,year\nHeat (1986),{'9' * 5000}\n", {"9": LIKE}),
    "a year of 0": text("title,year\nHeat,0\n", {"8": LIKE}),
    "quotes and line breaks": text(
        'title,note,rating\n"Rock, The",""\n"Alien","two\nlines, ""quoted""",4\nHeat,a"b,3\n',
        {"10": LIKE, "7": 4.0, "8": 3.0},
    ),
    "a quote within a cell": text('title,rating\nDisc 5" wide,4\n', {"19": 4.0}),
    "letters after a quote": text('title,rating\n"Al"ien,4\n', {"7": 4.0}),
    "old line ends": text("title,rating\rAlien,4\rHeat,3", {"7": 4.0, "8": 3.0}),
    "more cells than columns": text("title,rating\nAlien,4,5,6\n", {"7": 4.0}),
    "fewer cells than columns": text("rating,title\n4\n3,Alien\n", {"7": 3.0}, ("",)),
    "numbers": text("title,rating\nAlien,+4.\nHeat,.3e1\n", {"7": 4.0, "8": 3.0}),
    "a number with a comma": text(
        'title,rating\nAlien,"4,5"\n', error="line 2: 4,5 is not a rating from 1 to 5"
    ),
    "a number of another language": text(
        "title,rating\nAlien,0x4\n", error="line 2: 0x4 is not a rating from 1 to 5"
    ),
    "no number": text("title,rating\nAlien,good\n", error="line 2: good is not a rating"),
    "nan": text("title,rating\nAlien,nan\n", error="line 2: nan is not a rating"),
    "no number and events": text(
        "title,rating\nAlien,good\n", scale=EVENTS, error="line 2: good is not a rating"
    ),
    "too high": text("title,rating\nAlien,9\n", error="line 2: 9 is not a rating from 1 to 5"),
    "the line after a long cell": text(
        'title,note,rating\n\n"Alien","a\nb\r\nc",4\nHeat,,9\n', error="line 6: 9 is not a rating"
    ),
    "a wrong rating of an unknown movie": text("title,rating\nNo,9\nHeat,1\n", {"8": 1.0}, ("No",)),
    "no columns": text("when,what\n1,2\n", error="no column title or movieId"),
    "an empty first line": text("\ntitle\nAlien\n", error="no column title or movieId"),
    "empty": text("", error="no column title or movieId"),
    "not UTF-8": Case(
        "title\nAmélie\n".encode("latin-1"),
        error="is not CSV in UTF-8: save it in this encoding",
    ),
    **{
        f"title {written}": text(f'title\n"{written}"\n', {movie: LIKE})
        for written, movie in TITLES.items()
    },
}
