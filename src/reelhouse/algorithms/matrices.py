"""Sparse matrices of users and movies from the rows of a fit."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from reelhouse.algorithms.fit_jobs import FitJob
from reelhouse.algorithms.rating_rows import RatingRows
from reelhouse.als.csr import index_ids, require_positions
from reelhouse.als.settings import Ints
from reelhouse.errors import ReelhouseError


def ratings_matrix(rows: RatingRows, movies: Ints) -> tuple[Ints, csr_matrix]:
    """Return users (users,) and their values (users, movies) from rows of the given movies.

    ``movies`` (movies,) are ascending ids. Rows of other movies are left out, and so are users
    without a row of these movies.
    """
    known = np.isin(rows.movie_ids, movies)
    if not known.any():
        return rows.user_ids[:0], csr_matrix((0, len(movies)))
    users, user_rows = index_ids(rows.user_ids[known])
    columns = require_positions(movies, rows.movie_ids[known])
    shape = (len(users), len(movies))
    return users, csr_matrix((rows.values[known], (user_rows, columns)), shape)


def likes_matrix(job: FitJob) -> tuple[Ints, csr_matrix]:
    """Return liked movies (movies,) in ascending order, and the likes (users, movies) of ones.

    Raises
    ------
    ReelhouseError
        Nobody likes a movie in the rows of the fit.
    """
    rows = job.rows()
    if not len(rows.values):
        raise ReelhouseError("there is no rating to fit")
    movies, _ = index_ids(rows.movie_ids)
    return movies, ratings_matrix(rows, movies)[1]
