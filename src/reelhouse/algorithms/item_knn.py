"""Item kNN: score a movie by its nearest neighbours among the liked movies."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_matrix

from reelhouse.algorithms.fit_jobs import FitJob
from reelhouse.algorithms.matrices import likes_matrix
from reelhouse.algorithms.tables import DRIVER_FITS
from reelhouse.als.settings import Ints, check_at_least
from reelhouse.arrow import constant_table
from reelhouse.ranking.movie_columns import tie_order
from reelhouse.ranking.top_n import top_n

BLOCK_CELLS = 1 << 22
"""Largest number of similarities in memory at once: movies of a block times all movies."""


def item_knn_weights(
    likes: csr_matrix, movie_ids: Ints, *, neighbours: int, shrinkage: float, seed: int
) -> csr_matrix:
    """Compute the weights of item kNN.

    Parameters
    ----------
    likes
        Matrix (users, movies) of ones.
    movie_ids
        Ids (movies,) of the columns.
    neighbours
        Largest number of neighbours of a movie, 1 or more.
    shrinkage
        Number of users, 0 or more, added to the denominator of the cosine.
    seed
        Seed of the order of ties: equally near neighbours are ordered by ``tie_order``.

    Returns
    -------
    scipy.sparse.csr_matrix
        Weights (movies, movies) float32: row j has the nearest neighbours of movie j. The weight of
        a neighbour is the shrunk cosine both / (√(first · second) + shrinkage), where ``first``,
        ``second`` and ``both`` are the numbers of users who like the one movie, the other movie,
        and both.

    Raises
    ------
    ReelhouseError
        ``neighbours`` is below 1, or ``shrinkage`` below 0.

    References
    ----------
    Sarwar et al. 2001, "Item-Based Collaborative Filtering Recommendation Algorithms"; Koren 2008,
    "Factorization Meets the Neighborhood".

    Examples
    --------
    Two users like movies 10 and 20, one user likes movies 20 and 30:

    >>> import numpy as np
    >>> from scipy.sparse import csr_matrix
    >>> from reelhouse.algorithms.item_knn import item_knn_weights
    >>> likes = csr_matrix(np.array([[1, 1, 0], [1, 1, 0], [0, 1, 1]], np.float32))
    >>> ids = np.array([10, 20, 30])
    >>> weights = item_knn_weights(likes, ids, neighbours=1, shrinkage=0, seed=42)
    >>> weights.toarray().round(2)
    array([[0.  , 0.82, 0.  ],
           [0.82, 0.  , 0.  ],
           [0.  , 0.58, 0.  ]], dtype=float32)
    """
    check_at_least("neighbours", neighbours, 1)
    check_at_least("shrinkage", shrinkage, 0)
    order = tie_order(movie_ids, seed)
    by_user = likes[:, order].tocsr()
    by_movie = by_user.T.tocsr()
    counts = np.maximum(np.diff(by_movie.indptr), 1).astype(np.float64)
    count = len(movie_ids)
    chosen = np.empty((count, neighbours), np.int32)
    nearest = np.empty((count, neighbours), np.float32)
    step = max(1, BLOCK_CELLS // max(count, 1))
    for first in range(0, count, step):
        block = slice(first, min(first + step, count))
        both = (by_movie[block] @ by_user).toarray()
        cosines = both / (np.sqrt(np.outer(counts[block], counts)) + shrinkage)
        cosines[np.arange(len(both)), np.arange(first, block.stop)] = 0
        chosen[block], nearest[block] = top_n(cosines.astype(np.float32), neighbours)
    rows, ranks = np.nonzero(nearest > 0)
    entries = nearest[rows, ranks], (order[rows], order[chosen[rows, ranks]])
    return csr_matrix(entries, (count, count))


def fit_item_knn(job: FitJob, *, seed: int) -> pa.Table:
    """Run a fit job of the family ``item_knn``; return a row of neighbours per liked movie."""
    movies, likes = likes_matrix(job)
    parameters = {name: job.algorithm[name] for name in ("neighbours", "shrinkage")}
    return neighbour_table(job, movies, item_knn_weights(likes, movies, **parameters, seed=seed))


def neighbour_table(job: FitJob, movie_ids: Ints, weights: csr_matrix) -> pa.Table:
    """Return a row of neighbours per movie, from weights (movies, movies)."""
    weights.sort_indices()
    return constant_table(
        DRIVER_FITS,
        len(movie_ids),
        **job.labels,
        side="movie",
        id=movie_ids,
        neighbour_ids=pa.ListArray.from_arrays(weights.indptr, movie_ids[weights.indices]),
        weights=pa.ListArray.from_arrays(weights.indptr, weights.data),
    )
