"""Lists of movies for a person, with filters, and the part of each rating in a score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, NamedTuple

import numpy as np
from fastapi import Query
from numpy.typing import NDArray

from reelhouse.als.contributions import Doubles
from reelhouse.explorer.answers import Contribution, MovieCard, Pick, Picks
from reelhouse.explorer.state import LakeState
from reelhouse.serve.recommender import COLD, Recommender, best_positions
from reelhouse.serve.titles import genre_names

MOST_LISTED = 100
"""Length of a list, of which a page shows a few movies at a time."""
MOST_PARTS = 8
"""Number of ratings whose parts of a score are named; the others are added up."""

Ratings = Mapping[int, float | None]


class Filters(NamedTuple):
    """Genres, of which a movie has at least one, and years of release; empty for any."""

    genres: frozenset[str] = frozenset()
    first_year: int | None = None
    last_year: int | None = None

    def matches(self, genres: list[str], year: int | None) -> bool:
        """Return whether a movie has one of the genres, and its year is in the range."""
        return self._has_genre(genres) and self._has_year(year)

    def _has_genre(self, genres: list[str]) -> bool:
        return not self.genres or not self.genres.isdisjoint(genres)

    def _has_year(self, year: int | None) -> bool:
        first, last = self.first_year, self.last_year
        if year is None:
            return first is None and last is None
        return (first is None or first <= year) and (last is None or year <= last)


def filters_of_query(
    genre: Annotated[list[str] | None, Query()] = None,
    first_year: int | None = None,
    last_year: int | None = None,
) -> Filters:
    """Return the filters that a request names."""
    return Filters(frozenset(genre or ()), first_year, last_year)


def genres_of_movies(state: LakeState) -> list[list[str]]:
    """Return the genres of the movies with a rating, in the order of the recommender."""
    return [genre_names(text) for text in state.recommender.facts["genres"]]


def computed_list(state: LakeState, ratings: Ratings, filters: Filters) -> Picks:
    """Return the best movies for a person, computed from the person's ratings alone.

    If the algorithm that ranks cannot score the person, they are the most popular movies.
    """
    recommender, movies = state.recommender, state.movies()
    scored = recommender.score(ratings)
    scores = recommender.popularity(ratings) if scored is None else scored.scores
    allowed = _matching(state, filters)
    listed = best_positions(np.where(allowed, scores, -np.inf), MOST_LISTED)
    ids = [recommender.movie_ids[position] for position in listed.tolist()]
    if scored is None:
        picks = [
            Pick(
                movie=movies[movie_id],
                score=movies[movie_id].count,
                strategy=COLD,
                reason=f"popular: {movies[movie_id].count:,} users",
                predicted=None,
                parts=[],
            )
            for movie_id in ids
        ]
        return Picks(algorithm="popularity", strategy=COLD, picks=picks)
    contributions = recommender.contributions(scored, listed)
    rated = scored.rated.movie_ids
    picks = [
        Pick(
            movie=movies[movie_id],
            score=float(scores[position]),
            strategy="personal",
            reason=recommender.reason(rated, of_movie, ratings),
            predicted=None,
            parts=parts_of(movies, rated.tolist(), of_movie, float(scores[position]), ratings),
        )
        for movie_id, position, of_movie in zip(ids, listed.tolist(), contributions.T, strict=True)
    ]
    return Picks(algorithm=recommender.facts["algorithm"], strategy="personal", picks=picks)


def parts_of(
    movies: Mapping[int, MovieCard],
    rated: list[int],
    contributions: Doubles,
    score: float,
    ratings: Ratings,
) -> list[Contribution]:
    """Return the largest contributions (rated,) to a score, and what else adds up to it."""
    order = np.argsort(-contributions, kind="stable").tolist()
    # The largest ones, and the one that lowers the score most.
    named = order if len(order) <= MOST_PARTS else [*order[: MOST_PARTS - 1], order[-1]]
    parts = [
        Contribution(
            title=movies[rated[i]].title,
            kind="rating",
            rating=ratings[rated[i]],
            part=float(contributions[i]),
        )
        for i in named
    ]
    total = float(contributions.sum())
    if len(order) > len(named):
        others = total - sum(part.part for part in parts)
        parts.append(Contribution(title=None, kind="other ratings", rating=None, part=others))
    if abs(score - total) > 1e-9 * max(1.0, abs(score)):
        parts.append(Contribution(title=None, kind="baseline", rating=None, part=score - total))
    return parts


def place_of(recommender: Recommender, scores: Doubles, position: int) -> int:
    """Return the place of a movie in the order of the scores, from 1."""
    order = np.argsort(-scores, kind="stable")
    return int(np.flatnonzero(order == position)[0]) + 1


def _matching(state: LakeState, filters: Filters) -> NDArray[np.bool_]:
    years = state.recommender.facts["years"]
    if filters == Filters():
        return np.ones(len(years), bool)
    matches = map(filters.matches, state.cached("genres", genres_of_movies), years)
    return np.fromiter(matches, bool, len(years))
