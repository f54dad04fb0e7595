"""A map of the catalogue: movies that much the same users like are near each other."""

from __future__ import annotations

import numpy as np

from reelhouse.als.contributions import Doubles
from reelhouse.als.settings import Floats
from reelhouse.explorer.answers import Place
from reelhouse.explorer.factors import factors_of_movies
from reelhouse.explorer.state import LakeState

MOST_PLACES = 500
"""Number of movies on the map: the most rated ones."""


def read_map(state: LakeState) -> list[Place]:
    """Return the most rated movies, and their places from 0 to 1 in both directions."""
    recommender, movies = state.recommender, state.movies()
    most_rated = np.argsort(-np.array(recommender.counts), kind="stable")[:MOST_PLACES]
    places = flat_places(factors_of_movies(state)[most_rated])
    return [
        Place(movie=movies[recommender.movie_ids[position]], x=x, y=y)
        for position, (x, y) in zip(most_rated.tolist(), places.tolist(), strict=True)
    ]


def flat_places(factors: Floats) -> Doubles:
    """Return places (movies, 2) from 0 to 1: ranks along the first two principal components.

    The components are those of the factors (movies, k), each divided by its length, as in the
    cosine of `similar_movies`. Ranks spread the movies evenly.
    """
    lengths = np.linalg.norm(factors, axis=1, keepdims=True)
    unit = factors / np.maximum(lengths, 1e-12)
    centred = unit - unit.mean(axis=0)
    left, scales, _ = np.linalg.svd(centred, full_matrices=False)
    components = np.zeros((len(factors), 2))
    width = min(2, left.shape[1])
    components[:, :width] = left[:, :width] * scales[:width]
    ranks = components.argsort(axis=0, kind="stable").argsort(axis=0)
    places: Doubles = ranks / max(len(factors) - 1, 1)
    return places
