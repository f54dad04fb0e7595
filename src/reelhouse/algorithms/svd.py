"""Truncated SVD of the residuals: the part of a rating beyond the damped biases."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import svds

from reelhouse.algorithms.fit_jobs import Run
from reelhouse.algorithms.matrices import ratings_matrix
from reelhouse.algorithms.tables import FACTORS, factor_table
from reelhouse.als.csr import indexed
from reelhouse.als.settings import Floats


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


def fit_svd(runs: Iterable[Run]) -> pa.Table:
    """Factors of every run of the family ``svd``, on the residuals."""
    tables = [FACTORS.empty_table()]
    for run in runs:
        rows = run.rows()
        movies, _ = indexed(rows.movie_ids)
        users, matrix = ratings_matrix(rows, movies)
        u, m = truncated_svd(matrix, run.algorithm["factors"])
        tables.append(factor_table(FACTORS, run, "user", users, u))
        tables.append(factor_table(FACTORS, run, "movie", movies, m))
        folded_in = run.rows("split = 'fold_in'")
        if len(folded_in.values):
            ids, matrix = ratings_matrix(folded_in, movies)
            # U·√S of a row is the row times V/√S.
            inverse = m / np.maximum((m**2).sum(axis=0), 1e-12)
            tables.append(factor_table(FACTORS, run, "user", ids, matrix @ inverse))
    return pa.concat_tables(tables)
