"""Families beside ALS: truncated SVD of the residuals, item kNN and EASE.

The damped biases are a SQL model; their numpy version here serves trials of their parameter alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import svds

from reelhouse.algorithms.als import FACTORS, factor_table
from reelhouse.algorithms.fit_jobs import Run
from reelhouse.algorithms.validation import Rows
from reelhouse.als.csr import indexed, positions_among
from reelhouse.als.settings import Floats, Ints
from reelhouse.arrow import constant_table, list_array
from reelhouse.errors import ReelhouseError
from reelhouse.ranking.top_n import tie_order, top_n

EASE_WEIGHTS = pa.schema(
    [
        ("algorithm", pa.string()),
        ("protocol", pa.string()),
        ("fold", pa.int32()),
        ("movie_id", pa.int64()),
        ("weights", pa.list_(pa.float32())),
    ]
)
KNN_WEIGHTS = EASE_WEIGHTS.insert(4, pa.field("neighbour_ids", pa.list_(pa.int64())))
BLOCK_CELLS = 1 << 22
"""Most similarities in memory at once: movies of a block times all movies."""


def truncated_svd(matrix: csr_matrix, factors: int) -> tuple[Floats, Floats]:
    """Factors (rows, k) and (columns, k) whose product is the best of rank k ≤ ``factors``.

    What is not in the matrix counts as 0, as in scikit-learn's ``TruncatedSVD``.
    """
    k = min(factors, min(matrix.shape))
    if not matrix.data.any():  # nothing is left of ratings that are all equal
        rows, columns = matrix.shape
        return np.zeros((rows, k), np.float32), np.zeros((columns, k), np.float32)
    if k < min(matrix.shape):
        # A fixed start makes equal input give equal factors.
        u, s, vt = svds(matrix.astype(np.float64), k=k, v0=np.ones(min(matrix.shape)))
    else:
        u, s, vt = np.linalg.svd(matrix.toarray(), full_matrices=False)
    # A factor is as good with the other sign: rounding must not choose it.
    largest = np.abs(vt).argmax(axis=1)
    signs = np.where(vt[np.arange(len(vt)), largest] < 0, -1, 1)
    u, vt = u * signs, vt * signs[:, None]
    roots = np.sqrt(s)
    return (u * roots).astype(np.float32), (vt.T * roots).astype(np.float32)


def ease_weights(likes: csr_matrix, reg: float) -> Floats:
    """Weights (movies, movies) of EASE: row j scores movie j by the liked movies (Steck 2019).

    ``likes`` is (users, movies) of ones. With P = (likesᵀ·likes + reg · I)⁻¹, the weight of movie
    i for movie j is -P_ij / P_jj, and 0 for j itself.
    """
    gram = (likes.T @ likes).toarray().astype(np.float64)
    gram[np.diag_indices_from(gram)] += reg
    inverse = np.linalg.inv(gram)
    weights = -inverse / np.diag(inverse)[:, None]
    np.fill_diagonal(weights, 0)
    scaled: Floats = weights.astype(np.float32)
    return scaled


def damped_bias_factors(ratings: csr_matrix, damping: float) -> tuple[Floats, Floats]:
    """Factors (users, 2) and (movies, 2) whose product is mean + movie bias + user bias.

    ``ratings`` is (users, movies). The SQL of it is the macro ``damped_biases``.
    """
    entries = ratings.tocoo()
    mean = entries.data.mean()

    def damped(places: Any, deviations: Any, length: int) -> Any:
        sums = np.bincount(places, deviations, minlength=length)
        return sums / (np.bincount(places, minlength=length) + damping)

    users, movies = entries.shape
    movie_biases = damped(entries.col, entries.data - mean, movies)
    left = entries.data - mean - movie_biases[entries.col]
    user_biases = damped(entries.row, left, users)
    return (
        np.column_stack([user_biases, np.ones(users)]).astype(np.float32),
        np.column_stack([np.ones(movies), mean + movie_biases]).astype(np.float32),
    )


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


def fit_svd(runs: Iterable[Run]) -> pa.Table:
    """Factors of every run of the family ``svd``, on the residuals."""
    tables = [FACTORS.empty_table()]
    for run in runs:
        rows = run.rows()
        movies, _ = indexed(rows.movie_ids)
        users, matrix = _matrix_of(rows, movies)
        u, m = truncated_svd(matrix, run.algorithm["factors"])
        tables.append(factor_table(FACTORS, run, "user", users, u))
        tables.append(factor_table(FACTORS, run, "movie", movies, m))
        folded_in = run.rows("split = 'fold_in'")
        if len(folded_in.values):
            ids, matrix = _matrix_of(folded_in, movies)
            # U·√S of a row is the row times V/√S.
            inverse = m / np.maximum((m**2).sum(axis=0), 1e-12)
            tables.append(factor_table(FACTORS, run, "user", ids, matrix @ inverse))
    return pa.concat_tables(tables)


def fit_item_knn(runs: Iterable[Run], *, seed: int) -> pa.Table:
    """Fit the family ``item_knn``: one row of ``KNN_WEIGHTS`` per movie with a neighbour."""
    tables = [KNN_WEIGHTS.empty_table()]
    for run in runs:
        movies, likes = _likes_of(run)
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


def fit_ease(runs: Iterable[Run]) -> pa.Table:
    """Fit every run of the family ``ease``: one row of ``EASE_WEIGHTS`` per liked movie.

    A row has a weight for every movie of the run, in ascending order of their ids.
    """
    tables = [EASE_WEIGHTS.empty_table()]
    for run in runs:
        movies, likes = _likes_of(run)
        weights = list_array(ease_weights(likes, run.algorithm["reg"]))
        tables.append(
            constant_table(
                EASE_WEIGHTS, len(movies), **run.labels, movie_id=movies, weights=weights
            )
        )
    return pa.concat_tables(tables)


def _likes_of(run: Run) -> tuple[Ints, csr_matrix]:
    """Return liked movies (movies,) in ascending order, and the likes (users, movies) of ones."""
    rows = run.rows()
    if not len(rows.values):
        raise run.refused(ReelhouseError("there is no rating to fit"))
    movies, _ = indexed(rows.movie_ids)
    return movies, _matrix_of(rows, movies)[1]


def _matrix_of(rows: Rows, movies: np.ndarray) -> tuple[np.ndarray, csr_matrix]:
    """Users of the rows whose movie is among ``movies``, and their values (users, movies)."""
    known = np.isin(rows.movie_ids, movies)
    if not known.any():
        return rows.user_ids[:0], csr_matrix((0, len(movies)))
    users, user_rows = indexed(rows.user_ids[known])
    columns = positions_among(movies, rows.movie_ids[known])
    shape = (len(users), len(movies))
    return users, csr_matrix((rows.values[known], (user_rows, columns)), shape)
