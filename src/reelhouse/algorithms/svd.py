"""Truncated SVD of the residuals (ratings minus damped biases)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import svds

from reelhouse.algorithms.fit_jobs import FitJob
from reelhouse.algorithms.matrices import ratings_matrix
from reelhouse.algorithms.tables import DRIVER_FITS, factor_table
from reelhouse.als.csr import index_ids
from reelhouse.als.settings import Floats, check_at_least


def truncated_svd(matrix: csr_matrix, factors: int) -> tuple[Floats, Floats]:
    """Return factors (rows, k) and (columns, k) whose product is the best approximation of rank k.

    ``k`` is ``factors``, or the smaller side of a smaller matrix. Missing entries count as 0, as in
    scikit-learn's ``TruncatedSVD``. The factors of each side are scaled by the square roots of the
    singular values.

    Raises
    ------
    ReelhouseError
        ``factors`` is below 1.

    Examples
    --------
    >>> from scipy.sparse import csr_matrix
    >>> from reelhouse.algorithms.svd import truncated_svd
    >>> users, movies = truncated_svd(csr_matrix([[2.0, 0.0], [0.0, 1.0], [0.0, 1.0]]), factors=1)
    >>> abs(users @ movies.T).round(2)
    array([[2., 0.],
           [0., 0.],
           [0., 0.]], dtype=float32)
    """
    check_at_least("factors", factors, 1)
    k = min(factors, min(matrix.shape))
    if not matrix.data.any():  # if all ratings are equal, all residuals are 0
        rows, columns = matrix.shape
        return np.zeros((rows, k), np.float32), np.zeros((columns, k), np.float32)
    if k < min(matrix.shape):
        # A fixed start makes equal input give equal factors.
        u, s, vt = svds(matrix.astype(np.float64), k=k, v0=np.ones(min(matrix.shape)))
    else:
        u, s, vt = np.linalg.svd(matrix.toarray(), full_matrices=False)
    # Both signs of a factor are valid: without this choice, rounding would decide.
    largest = np.abs(vt).argmax(axis=1)
    signs = np.where(vt[np.arange(len(vt)), largest] < 0, -1, 1)
    u, vt = u * signs, vt * signs[:, None]
    roots = np.sqrt(s)
    return (u * roots).astype(np.float32), (vt.T * roots).astype(np.float32)


def fit_svd(job: FitJob) -> pa.Table:
    """Run a fit job of the family ``svd``; return a table of factors of users and movies."""
    rows = job.rows()
    movies, _ = index_ids(rows.movie_ids)
    users, matrix = ratings_matrix(rows, movies)
    u, m = truncated_svd(matrix, job.algorithm["factors"])
    tables = [
        factor_table(DRIVER_FITS, job, "user", users, u),
        factor_table(DRIVER_FITS, job, "movie", movies, m),
    ]
    folded_in = job.rows("split = 'fold_in'")
    if len(folded_in.values):
        ids, matrix = ratings_matrix(folded_in, movies)
        # U·√S of a row is the row times V/√S.
        inverse = m / np.maximum((m**2).sum(axis=0), 1e-12)
        tables.append(factor_table(DRIVER_FITS, job, "user", ids, matrix @ inverse))
    return pa.concat_tables(tables)
