"""SVD beside scikit-learn's, and beside its naive version."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.decomposition import TruncatedSVD

from reelhouse.algorithms.svd import truncated_svd
from reelhouse.algorithms.validation import HeldOut, rmse_metric


def test_svd_is_that_of_scikit_learn(movielens):
    train, _ = movielens
    users, movies = truncated_svd(train, 8)
    theirs = TruncatedSVD(8, algorithm="arpack").fit(train)
    scores = theirs.transform(train) @ theirs.components_
    assert users @ movies.T == pytest.approx(scores, abs=1e-3)


def test_svd_of_residuals_predicts_better_than_that_of_ratings(movielens):
    train, test = movielens
    known = (train != 0).astype(float)
    mean = train.data.mean()
    movie_bias = (train - mean * known).sum(axis=0).A1 / (known.sum(axis=0).A1 + 7)
    residual = train - mean * known - known.multiply(movie_bias[None, :])
    held_out = HeldOut(test, np.full(len(test.values), mean), 1.0, 5.0)
    ids = {"user": np.arange(train.shape[0]), "movie": np.arange(train.shape[1])}
    metric = rmse_metric(ids, held_out, predicts_residuals=False)
    naive = metric(*truncated_svd(train, 8))
    users, movies = truncated_svd(residual.tocsr(), 8)
    one = np.ones((len(users), 1))
    ours = metric(np.hstack([users, one]), np.hstack([movies, (mean + movie_bias)[:, None]]))
    assert ours < naive - 0.5


@pytest.mark.parametrize("shape", [(1, 5), (2, 2), (5, 3)])
def test_a_matrix_of_fewer_rows_than_factors_is_kept_whole(shape):
    matrix = np.arange(1.0, 1 + np.prod(shape)).reshape(shape)
    users, movies = truncated_svd(csr_matrix(matrix), 8)
    assert users @ movies.T == pytest.approx(matrix, abs=1e-4)


def test_residuals_of_equal_ratings_have_no_factors():
    users, movies = truncated_svd(csr_matrix((3, 4)), 2)
    assert not users.any()
    assert movies.shape == (4, 2)
