"""Recommend movies to a person from the person's ratings alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from reelhouse.algorithms.contributions import EXPLAINED_FAMILIES
from reelhouse.als.contributions import Doubles
from reelhouse.als.ids import find_positions
from reelhouse.als.settings import Floats, Ints
from reelhouse.lake.cluster import Lake
from reelhouse.serve.parts import (
    Means,
    Part,
    RatedMovies,
    part_of_arrays,
    scores_of_part,
    values_of_fit,
)
from reelhouse.serve.snapshot import Snapshot, open_snapshot
from reelhouse.serve.titles import short_title

COLD = "cold"
"""Strategy of a list of popular movies."""
NAMED_RATINGS = 2
"""Largest number of ratings that a reason names."""


class Recommendation(NamedTuple):
    """A movie of a list. ``strategy`` is as in the table ``recommendations``."""

    rank: int
    movie_id: int
    source_id: str
    title: str
    genres: str | None
    score: float
    strategy: str
    reason: str


class Scored(NamedTuple):
    """Scores of all movies for a person.

    Attributes
    ----------
    rated
        The ratings of the person.
    observations
        Movies and values of each part, as the fit of the part takes them.
    scales
        Factor of the scores of each part in ``scores``.
    scores
        Scores (movies,) in the order of ``movie_ids``; -inf for a movie that may not be listed.
    """

    rated: RatedMovies
    observations: list[tuple[Ints, Floats]]
    scales: list[float]
    scores: Doubles


class Recommender:
    """Ranks movies with the fit of a lake, as the build ranks them for its users."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Take the factors and weights from a snapshot."""
        self.version = snapshot.version
        self.facts = facts = snapshot.facts
        arrays = snapshot.arrays
        self._movie_ids: Ints = arrays["movie_ids"]
        self._columns = np.argsort(self._movie_ids).astype(np.int32)
        self._ascending = self._movie_ids[self._columns]
        self._listed_ids: list[int] = self._movie_ids.tolist()
        self._counts: list[int] = arrays["rating_counts"].astype(int).tolist()
        self._is_candidate = arrays["is_candidate"]
        self._rating_counts = arrays["rating_counts"]
        biases = arrays["biases"][self._columns]
        self._means = Means(facts["global_mean"] or 0.0, facts["damping"], self._ascending, biases)
        rows = facts["parts"]
        self._parts = [
            part_of_arrays(
                row,
                _with_prefix(arrays, f"{number}."),
                self._ascending,
                self._columns,
                facts["spread"],
            )
            for number, row in enumerate(rows)
            if all(each["family"] in EXPLAINED_FAMILIES for each in rows)
        ]

    @property
    def is_personal(self) -> bool:
        """Return whether the algorithm that ranks can score a person who is not in its fit."""
        return bool(self._parts)

    def recommend(self, ratings: Mapping[int, float | None], count: int) -> list[Recommendation]:
        """Return up to ``count`` movies that the person has not rated, best first.

        If the algorithm cannot score the person, they are the most popular movies.

        Parameters
        ----------
        ratings
            The rating of each movie id; None for a movie that the person likes.
        count
            Length of the list, at least 1.
        """
        scored = self.score(ratings)
        if scored is None:
            listed = best_positions(self.popularity(ratings), count)
            reasons = [f"popular: {users:,.0f} users" for users in self._rating_counts[listed]]
            return self._described(listed, self._rating_counts, COLD, reasons)
        listed = best_positions(scored.scores, count)
        contributions = self.contributions(scored, listed)
        ids = scored.rated.movie_ids
        reasons = [self.reason(ids, of_movie, ratings) for of_movie in contributions.T]
        return self._described(listed, scored.scores, "personal", reasons)

    def popularity(self, ratings: Mapping[int, float | None]) -> Doubles:
        """Return the number of ratings of each movie (movies,); -inf if it may not be listed."""
        is_listed = self._is_listed(self._rated_movies(ratings))
        return np.where(is_listed, self._rating_counts, -np.inf)

    def score(self, ratings: Mapping[int, float | None]) -> Scored | None:
        """Return the scores of all movies, or None if the algorithm cannot score the person.

        It cannot if every score is 0, as for a person who gives only the lowest rating: als_graded
        takes this rating as 0, and ties alone would order the list. ``ratings`` are those of
        ``recommend``.
        """
        rated = self._rated_movies(ratings)
        observations = [
            values_of_fit(part, rated, self.facts["scale"], self._means) for part in self._parts
        ]
        if not self._parts or not all(len(ids) for ids, _ in observations):
            return None
        is_listed = self._is_listed(rated)
        total = np.where(is_listed, 0.0, -np.inf)
        scales = []
        for part, (ids, values) in zip(self._parts, observations, strict=True):
            scores = scores_of_part(part, ids, values, rated, self._means)
            scale, offset = self._standardisation(part, scores[is_listed])
            total += scale * scores + offset
            scales.append(scale)
        if not total[is_listed].any():
            return None
        return Scored(rated, observations, scales, total)

    def _is_listed(self, rated: RatedMovies) -> NDArray[np.bool_]:
        positions, known = find_positions(self._ascending, rated.movie_ids)
        is_listed: NDArray[np.bool_] = self._is_candidate.copy()
        is_listed[self._columns[positions[known]]] = False
        return is_listed

    def _rated_movies(self, ratings: Mapping[int, float | None]) -> RatedMovies:
        scale = self.facts["scale"]
        ids = np.array(sorted(ratings), np.int64)
        given = [ratings[movie_id] for movie_id in ids.tolist()]
        if not scale["has_ratings"]:
            return RatedMovies(ids, np.zeros(len(ids)), np.ones(len(ids), bool))
        values = np.array([scale["rating_max"] if r is None else r for r in given], np.float64)
        return RatedMovies(ids, values, values >= scale["relevant_rating"])

    def _standardisation(self, part: Part, scores: Doubles) -> tuple[float, float]:
        """Return the factor and the summand that standardise the scores (listed,) of a part."""
        if len(self._parts) == 1:
            return 1.0, 0.0
        deviation = float(scores.std())
        scale = part.row["weight"] / deviation if deviation > 0 else 0.0
        return scale, -scale * float(scores.mean())

    def contributions(self, scored: Scored, listed: Ints) -> Doubles:
        """Return how much each rating adds to the score of each listed movie (rated, listed).

        ``listed`` are positions in ``movie_ids``.
        """
        rated = scored.rated
        total = np.zeros((len(rated.movie_ids), len(listed)))
        for part, (ids, values), scale in zip(
            self._parts, scored.observations, scored.scales, strict=True
        ):
            added = part.explainer.contributions(ids, values, self._movie_ids[listed])
            total[np.searchsorted(rated.movie_ids, ids)] += scale * added
        return total

    def reason(
        self, movie_ids: Ints, contributions: Doubles, ratings: Mapping[int, float | None]
    ) -> str:
        """Name the liked movies that add most to a score, by the contributions (rated,).

        A low rating may add to a score too, but nobody takes it for a reason.
        """
        is_reason = (contributions > 0) & self._rated_movies(ratings).is_liked
        largest = np.argsort(-contributions, kind="stable")
        named = movie_ids[largest[is_reason[largest]][:NAMED_RATINGS]].tolist()
        if not named:
            return "no single rating explains the score"
        phrases = []
        for movie_id in named:
            rating = ratings[movie_id]
            position = self._columns[np.searchsorted(self._ascending, movie_id)]
            title = short_title(self.facts["titles"][position])
            phrases.append(title if rating is None else f"{title} {rating:g}")
        verb = "liked" if all(ratings[movie_id] is None for movie_id in named) else "rated"
        return f"because you {verb} {' and '.join(phrases)}"

    def _described(
        self, listed: Ints, scores: Doubles, strategy: str, reasons: list[str]
    ) -> list[Recommendation]:
        facts = self.facts
        return [
            Recommendation(
                rank,
                int(self._movie_ids[position]),
                facts["source_ids"][position],
                facts["titles"][position],
                facts["genres"][position],
                float(scores[position]),
                strategy,
                reason,
            )
            for rank, (position, reason) in enumerate(
                zip(listed.tolist(), reasons, strict=True), start=1
            )
        ]

    @property
    def movie_ids(self) -> list[int]:
        """Return the ids of the movies with a rating, in the order of the lists in ``facts``."""
        return self._listed_ids

    @property
    def counts(self) -> list[int]:
        """Return the number of ratings of these movies."""
        return self._counts


def read_snapshot(lake: Lake) -> Snapshot:
    """Return the snapshot of the current version of a lake."""
    return open_snapshot(lake, _read_lake)


def open_recommender(lake: Lake) -> Recommender:
    """Return a recommender of the current version of a lake."""
    return Recommender(read_snapshot(lake))


def best_positions(scores: Doubles, count: int) -> Ints:
    """Return the positions of the best scores, in the order of ties; -inf is left out."""
    first = max(len(scores) - count, 0)
    # A sort of all scores would take as long as everything else.
    candidates = np.flatnonzero(scores >= np.partition(scores, first)[first])
    best = candidates[np.argsort(-scores[candidates], kind="stable")[:count]]
    return best[scores[best] > -np.inf]


def _read_lake(lake: Lake) -> tuple[dict[str, Any], dict[str, Any]]:
    # Imports DuckDB, which only the first start after a build needs.
    from reelhouse.serve.lake_reader import read_serving_fit

    return read_serving_fit(lake)


def _with_prefix(arrays: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
