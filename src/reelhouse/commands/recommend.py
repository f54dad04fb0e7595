"""`reelhouse recommend`: movies for a person who likes some movies, or has a file of ratings."""

import sys
from collections.abc import Sequence
from pathlib import Path

from reelhouse.errors import ReelhouseError, printable
from reelhouse.lake.catalog import chosen_lake
from reelhouse.lake.result_formats import ListedRows, print_rows
from reelhouse.serve.rating_files import read_ratings
from reelhouse.serve.recommender import COLD, Recommender, open_recommender
from reelhouse.serve.titles import require_title

COLUMNS = {"rank": "INTEGER", "title": "VARCHAR", "reason": "VARCHAR"}
"""Column of the list → its type."""
SHOWN_UNKNOWN = 3
"""Largest number of unknown movies that a note names."""


def recommend(likes: Sequence[str], file: str | None, count: int) -> None:
    """Print a list for a person; nothing is stored.

    Args:
        likes: titles of movies that the person likes.
        file: CSV file with the person's ratings.
        count: length of the list.

    Raises:
        ReelhouseError: there is no lake, nothing to start from, or a title or file is not valid.
    """
    if not likes and not file:
        raise ReelhouseError(
            'name a movie that you like (--like "Alien"), or a file of ratings (--ratings my.csv)'
        )
    if count < 1:
        raise ReelhouseError("--count is 0: a list has at least one movie")
    recommender = open_recommender(chosen_lake())
    if not recommender.is_personal:
        _note(
            f"{recommender.facts['algorithm']} ranks in this lake, and it cannot score a person"
            " who is not in its fit: these are popular movies. Set the var ranking_algorithm to"
            " als_graded for a personal list."
        )
    ratings = _ratings_of_file(recommender, Path(file)) if file else {}
    facts = recommender.facts
    for title in likes:
        position = require_title(title, facts["keys"], facts["titles"], facts["years"])
        ratings[recommender.movie_ids[position]] = None
    recommendations = recommender.recommend(ratings, count)
    if recommender.is_personal and any(each.strategy == COLD for each in recommendations):
        _note(
            "the ratings do not say what you like, so these are popular movies: for a personal"
            " list, name a movie that you like, as in `--like Alien`"
        )
    rows = [(each.rank, each.title, each.reason) for each in recommendations]
    print_rows(ListedRows(COLUMNS, rows), "table")


def _ratings_of_file(recommender: Recommender, file: Path) -> dict[int, float | None]:
    """Return the ratings of a file, and print how many of its movies the lake lacks."""
    found = read_ratings(file, recommender.facts, recommender.movie_ids)
    if found.unknown:
        shown = ", ".join(map(printable, found.unknown[:SHOWN_UNKNOWN]))
        count = len(found.ratings) + len(found.unknown)
        _note(f"not in the lake: {len(found.unknown):,} of {count:,} movies ({shown})")
    return found.ratings


def _note(text: str) -> None:
    print(text, file=sys.stderr)
