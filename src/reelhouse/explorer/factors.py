"""The factors by which the movies of the explorer differ."""

from __future__ import annotations

import numpy as np

from reelhouse.als.settings import Floats
from reelhouse.explorer.state import LakeState
from reelhouse.lake.parameters import text_literal
from reelhouse.serve.fit_numbers import FOLD

FACTORS = f"""
    select id, factors from als_factors
    where {FOLD} and side = 'movie' and algorithm = {{algorithm}}
"""
SIMILARITY = "select algorithm from served_algorithms where use = 'similarity'"


def factors_of_movies(state: LakeState) -> Floats:
    """Return factors (movies, k), or the genres of the movies if there are no factors."""
    recommender = state.recommender
    if state.has_tables(["als_factors", "served_algorithms"]):
        similarity = state.rows(SIMILARITY)
        rows = similarity and state.rows(
            FACTORS.format(algorithm=text_literal(similarity[0]["algorithm"]))
        )
        if rows:
            vectors = {row["id"]: row["factors"] for row in rows}
            nothing = [0.0] * len(rows[0]["factors"])
            return np.array([vectors.get(i, nothing) for i in recommender.movie_ids], np.float32)
    movies = state.movies()
    names = sorted({genre for movie in movies.values() for genre in movie.genres}) or ["none"]
    return np.array(
        [[name in movies[i].genres for name in names] for i in recommender.movie_ids], np.float32
    )
