"""Item kNN: a movie is scored by its nearest neighbours among the liked movies."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_matrix

from reelhouse.algorithms.fit_jobs import Run
from reelhouse.algorithms.matrices import likes_matrix
from reelhouse.algorithms.tables import FIT_COLUMNS
from reelhouse.als.settings import Ints
from reelhouse.arrow import constant_table
from reelhouse.ranking.top_n import tie_order, top_n

KNN_WEIGHTS = pa.schema(
    [
        *FIT_COLUMNS,
        ("movie_id", pa.int64()),
        ("neighbour_ids", pa.list_(pa.int64())),
        ("weights", pa.list_(pa.float32())),
    ]
)
BLOCK_CELLS = 1 << 22
"""Most similarities in memory at once: movies of a block times all movies."""


def item_knn_weights(
    likes: csr_matrix, movie_ids: Ints, *, neighbours: int, shrinkage: float, seed: int
) -> csr_matrix:
    """Return weights (movies, movies) of item kNN: row j has the nearest neighbours of movie j.

    ``likes`` is (users, movies) of ones, ``movie_ids`` (movies,). The weight of a neighbour is the
    shrunk cosine both / (√(first · second) + shrinkage), where ``first``, ``second`` and ``both``
    are the numbers of users who like the one movie, the other movie, and both (Sarwar et al. 2001;
    Koren 2008). Equally near neighbours are ordered by ``tie_order``.
    """
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
    rows, places = np.nonzero(nearest > 0)
    entries = nearest[rows, places], (order[rows], order[chosen[rows, places]])
    return csr_matrix(entries, (count, count))


def fit_item_knn(runs: Iterable[Run], *, seed: int) -> pa.Table:
    """Fit the family ``item_knn``: one row of ``KNN_WEIGHTS`` per movie with a neighbour."""
    tables = [KNN_WEIGHTS.empty_table()]
    for run in runs:
        movies, likes = likes_matrix(run)
        parameters = {name: run.algorithm[name] for name in ("neighbours", "shrinkage")}
        weights = item_knn_weights(likes, movies, **parameters, seed=seed)
        weights.sort_indices()
        near = np.diff(weights.indptr) > 0
        offsets = weights.indptr[np.flatnonzero(np.append(near, True))]
        tables.append(
            constant_table(
                KNN_WEIGHTS,
                int(near.sum()),
                **run.labels,
                movie_id=movies[near],
                neighbour_ids=pa.ListArray.from_arrays(offsets, movies[weights.indices]),
                weights=pa.ListArray.from_arrays(offsets, weights.data),
            )
        )
    return pa.concat_tables(tables)
