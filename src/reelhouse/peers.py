"""Families beside ALS, in numpy: truncated SVD of the residuals, and EASE.

Two more are SQL models, and stand here for trials of their parameters alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import svds

from reelhouse.als.csr import indexed, positions_among
from reelhouse.als.settings import Floats
from reelhouse.errors import ReelhouseError
from reelhouse.fits import FACTORS, factor_table
from reelhouse.judges import Rows
from reelhouse.runs import Run, filled, lists_of

WEIGHTS = pa.schema(
    [
        ("algorithm", pa.string()),
        ("protocol", pa.string()),
        ("fold", pa.int32()),
        ("movie_id", pa.int64()),
        ("neighbour_ids", pa.list_(pa.int64())),
        ("weights", pa.list_(pa.float64())),
    ]
)


def truncated_svd(matrix: csr_matrix, factors: int) -> tuple[Floats, Floats]:
    """Factors (rows, k) and (columns, k) whose product is the best of rank k ≤ ``factors``.

    What is not in the matrix counts as 0, as in scikit-learn's ``TruncatedSVD``.
    """
    k = min(factors, min(matrix.shape))
    if not matrix.data.any():  # nothing is left of ratings that are all equal
        rows, columns = matrix.shape
        return np.zeros((rows, k), np.float32), np.zeros((columns, k), np.float32)
    if k < min(matrix.shape):
        # A start of its own makes equal input give equal factors.
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


def item_knn_weights(likes: csr_matrix, neighbours: int, shrinkage: float) -> Floats:
    """Weights (movies, movies) of item kNN: row j has the nearest neighbours of movie j.

    ``likes`` is (users, movies) of ones. The SQL of it is the model ``int_item_knn_weights``.
    """
    both = (likes.T @ likes).toarray()
    counts = np.diag(both)
    weights = both / (np.sqrt(np.outer(counts, counts)) + shrinkage)
    np.fill_diagonal(weights, 0)
    # Equal similarities are ordered by the movie, as in SQL.
    farther = np.argsort(-weights, axis=1, kind="stable")[:, neighbours:]
    np.put_along_axis(weights, farther, 0, axis=1)
    scaled: Floats = weights.astype(np.float32)
    return scaled


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


def fit_ease(runs: Iterable[Run]) -> pa.Table:
    """Weights of every run of the family ``ease``, a row a liked movie."""
    tables = [WEIGHTS.empty_table()]
    for run in runs:
        rows = run.rows()
        if not len(rows.values):
            raise run.refused(ReelhouseError("there is no rating to fit"))
        movies, _ = indexed(rows.movie_ids)
        _, likes = _matrix_of(rows, movies)
        tables.append(_weight_table(run, movies, ease_weights(likes, run.algorithm["reg"])))
    return pa.concat_tables(tables)


def _matrix_of(rows: Rows, movies: np.ndarray) -> tuple[np.ndarray, csr_matrix]:
    """Users of the rows whose movie is among ``movies``, and their values (users, movies)."""
    known = np.isin(rows.movie_ids, movies)
    if not known.any():
        return rows.user_ids[:0], csr_matrix((0, len(movies)))
    users, user_rows = indexed(rows.user_ids[known])
    columns = positions_among(movies, rows.movie_ids[known])
    shape = (len(users), len(movies))
    return users, csr_matrix((rows.values[known], (user_rows, columns)), shape)


def _weight_table(run: Run, movies: np.ndarray, weights: Floats) -> pa.Table:
    count = len(movies)
    return filled(
        WEIGHTS,
        count,
        **run.labels,
        movie_id=movies,
        neighbour_ids=lists_of(np.tile(movies, (count, 1))),
        weights=lists_of(weights.astype(np.float64)),
    )
