"""Movies that a visitor is asked about first."""

from __future__ import annotations

import numpy as np

from reelhouse.explorer.answers import MovieCard
from reelhouse.explorer.factors import factors_of_movies
from reelhouse.explorer.state import LakeState
from reelhouse.serve.first_screen import ASKED, choose_first_screen


def first_movies(state: LakeState) -> list[MovieCard]:
    """Return movies to rate; they differ by the factors of similar_movies, if these are of ALS."""
    recommender, movies = state.recommender, state.movies()
    counts = np.array(recommender.counts, np.int64)
    factors = factors_of_movies(state)
    chosen = choose_first_screen(factors, counts, ASKED)
    return [movies[recommender.movie_ids[position]] for position in chosen.tolist()]
