"""Recommend movies to a person from the person's ratings alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from reelhouse.algorithms.explained_lists import ListExplainer, explain_block
from reelhouse.als.contributions import Doubles
from reelhouse.als.settings import Floats, Ints
from reelhouse.ranking.catalogues import (
    BlendedCatalogue,
    BlendPart,
    Catalogue,
    CatalogueColumns,
    WeightedCatalogue,
)
from reelhouse.ranking.top_n import drop_seen, top_n
from reelhouse.serve.parts import (
    FOLDED_IN_FAMILIES,
    Means,
    RatedMovies,
    part_of_arrays,
    values_of_fit,
    vector_of_person,
)
from reelhouse.serve.snapshot import Snapshot, open_snapshot
from reelhouse.serve.titles import short_title

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


class Recommender:
    """Ranks movies with the fit of a lake, as the build ranks them for its users."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Take the factors and weights from a snapshot."""
        self.version = snapshot.version
        self.facts = facts = snapshot.facts
        arrays = snapshot.arrays
        movie_ids: Ints = arrays["movie_ids"]
        columns = np.argsort(movie_ids).astype(np.int32)
        self._movies = CatalogueColumns(movie_ids, movie_ids[columns], columns)
        self._excluded = movie_ids[~arrays["is_candidate"]]
        self._popular = Catalogue(self._movies, arrays["rating_counts"][:, None])
        self._means = Means(
            facts["global_mean"] or 0.0,
            facts["damping"],
            self._movies.ascending,
            arrays["biases"][columns],
        )
        rows = facts["parts"]
        self._parts = [
            part_of_arrays(row, _with_prefix(arrays, f"{number}."), self._movies, facts["spread"])
            for number, row in enumerate(rows)
            if all(each["family"] in FOLDED_IN_FAMILIES for each in rows)
        ]

    @property
    def is_personal(self) -> bool:
        """Return whether the algorithm that ranks can score a person who is not in its fit."""
        return bool(self._parts)

    def recommend(self, ratings: Mapping[int, float | None], count: int) -> list[Recommendation]:
        """Return up to ``count`` movies that the person has not rated, best first.

        Parameters
        ----------
        ratings
            The rating of each movie id; None for a movie that the person likes.
        count
            Length of the list, at least 1.
        """
        rated = self._rated_movies(ratings)
        observations = [
            values_of_fit(part, rated, self.facts["scale"], self._means) for part in self._parts
        ]
        is_personal = bool(self._parts) and all(len(ids) for ids, _ in observations)
        hidden = np.union1d(rated.movie_ids, self._excluded)
        vectors = [
            vector_of_person(part, *observed, rated, self._means)
            for part, observed in zip(self._parts, observations, strict=True)
        ]
        catalogue = self._catalogue(vectors) if is_personal else self._popular
        block = pa.table(
            {
                "user_id": pa.array([0], pa.int64()),
                "factors": [np.concatenate(vectors) if is_personal else np.ones(1)],
                "seen_movie_ids": pa.array([hidden], pa.list_(pa.int64())),
                "liked_movie_ids": pa.array(
                    [rated.movie_ids[rated.is_liked]], pa.list_(pa.int64())
                ),
            }
        )
        scores = catalogue.scores(block)
        drop_seen(scores, *self._movies.columns_of(block["seen_movie_ids"]))
        chosen, best = top_n(scores, count)
        positions = chosen[0][chosen[0] >= 0]
        if is_personal:
            reasons = self._reasons(block, catalogue, observations, positions, best[0], ratings)
        else:
            counts = self._popular.factors[positions, 0]
            reasons = [f"popular: {int(users):,} users" for users in counts]
        return [
            self._described(rank, position, score, "personal" if is_personal else "cold", reason)
            for rank, (position, score, reason) in enumerate(
                zip(positions.tolist(), best[0].tolist(), reasons, strict=False), start=1
            )
        ]

    def _rated_movies(self, ratings: Mapping[int, float | None]) -> RatedMovies:
        scale = self.facts["scale"]
        ids = np.array(sorted(ratings), np.int64)
        given = [ratings[movie_id] for movie_id in ids.tolist()]
        if not scale["has_ratings"]:
            return RatedMovies(ids, np.zeros(len(ids)), np.ones(len(ids), bool))
        values = np.array([scale["rating_max"] if r is None else r for r in given], np.float64)
        return RatedMovies(ids, values, values >= scale["relevant_rating"])

    def _catalogue(
        self, vectors: list[Doubles]
    ) -> Catalogue | WeightedCatalogue | BlendedCatalogue:
        if len(self._parts) == 1:
            return self._parts[0].catalogue
        parts = tuple(
            BlendPart(part.catalogue, part.row["weight"], len(vector))
            for part, vector in zip(self._parts, vectors, strict=True)
        )
        return BlendedCatalogue(self._movies, parts)

    def _reasons(
        self,
        block: pa.Table,
        catalogue: Catalogue | WeightedCatalogue | BlendedCatalogue,
        observations: list[tuple[Ints, Floats]],
        positions: Ints,
        scores: Floats,
        ratings: Mapping[int, float | None],
    ) -> list[str]:
        """Return the reason of each listed movie (listed,)."""
        listed = self._movies.movie_ids[positions]
        rated = [
            {"part": part, "movie_id": movie_id, "value": value}
            for part, (ids, values) in enumerate(observations)
            for movie_id, value in zip(ids.tolist(), values.tolist(), strict=True)
        ]
        block = block.append_column("listed_movie_ids", pa.array([listed]))
        block = block.append_column("scores", pa.array([scores[: len(listed)].astype(float)]))
        block = block.append_column("rated", pa.array([rated]))
        explainer = ListExplainer(catalogue, tuple(part.explainer for part in self._parts))
        named: dict[int, list[int]] = {movie_id: [] for movie_id in listed.tolist()}
        for row in explain_block(block, explainer, NAMED_RATINGS).to_pylist():
            if row["kind"] == "rating" and row["contribution"] > 0:
                named[row["movie_id"]].append(row["rated_movie_id"])
        return [self._reason(named[movie_id], ratings) for movie_id in listed.tolist()]

    def _reason(self, movie_ids: list[int], ratings: Mapping[int, float | None]) -> str:
        if not movie_ids:
            return "no single rating explains the score"
        phrases = []
        for movie_id in movie_ids:
            rating = ratings[movie_id]
            title = short_title(self.facts["titles"][self.position(movie_id)])
            phrases.append(title if rating is None else f"{title} {rating:g}")
        verb = "liked" if all(ratings[movie_id] is None for movie_id in movie_ids) else "rated"
        return f"because you {verb} {' and '.join(phrases)}"

    def _described(
        self, rank: int, position: int, score: float, strategy: str, reason: str
    ) -> Recommendation:
        facts = self.facts
        return Recommendation(
            rank,
            int(self._movies.movie_ids[position]),
            facts["source_ids"][position],
            facts["titles"][position],
            facts["genres"][position],
            score,
            strategy,
            reason,
        )

    @property
    def movie_ids(self) -> list[int]:
        """Return the ids of the movies with a rating, in the order of the lists in ``facts``."""
        ids: list[int] = self._movies.movie_ids.tolist()
        return ids

    def position(self, movie_id: int) -> int:
        """Return the position of a movie of the catalogue in the lists of ``facts``."""
        found = np.searchsorted(self._movies.ascending, movie_id)
        return int(self._movies.columns[found])


def open_recommender(lake: Path) -> Recommender:
    """Return a recommender of the current version of a lake."""
    return Recommender(open_snapshot(lake, _read_lake))


def _read_lake(lake: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    # Imports DuckDB, which only the first start after a build needs.
    from reelhouse.serve.lake_reader import read_serving_fit

    return read_serving_fit(lake)


def _with_prefix(arrays: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
