"""SVD, item kNN and EASE against scikit-learn, their definitions, and their naive versions."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.decomposition import TruncatedSVD

from reelhouse.algorithms.peers import (
    damped_bias_factors,
    ease_weights,
    item_knn_weights,
    truncated_svd,
)
from reelhouse.algorithms.validation import (
    HeldOut,
    Popularity,
    Rows,
    judge_of_errors,
    judge_of_lists,
)
from reelhouse.als import Settings, alternate
from reelhouse.als.ratings import LocalRatings
from reelhouse.paths import DATA


@pytest.fixture(scope="module")
def movielens():
    """Ratings (users, movies) of nine tenths of MovieLens 100k, and the rest."""
    rows = np.loadtxt(DATA / "ml-100k" / "u.data", dtype=np.int64)[:, :3]
    held_out = np.random.default_rng(0).random(len(rows)) < 0.1
    users, movies = (np.unique(rows[:, column], return_inverse=True)[1] for column in (0, 1))
    train = csr_matrix((rows[~held_out, 2], (users[~held_out], movies[~held_out])))
    return train.astype(float), Rows(users[held_out], movies[held_out], rows[held_out, 2])


def ids_of(matrix):
    return {"user": np.arange(matrix.shape[0]), "movie": np.arange(matrix.shape[1])}


def popularity_of(matrix):
    return Popularity(np.arange(matrix.shape[1]), np.bincount(matrix.nonzero()[1]))


def liked(matrix):
    likes = matrix.copy()
    likes.data = (likes.data >= 4).astype(float)
    likes.eliminate_zeros()
    return likes


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
    judge = judge_of_errors(ids_of(train), held_out, of_residuals=False)
    naive = judge(*truncated_svd(train, 8))
    users, movies = truncated_svd(residual.tocsr(), 8)
    one = np.ones((len(users), 1))
    ours = judge(np.hstack([users, one]), np.hstack([movies, (mean + movie_bias)[:, None]]))
    assert ours < naive - 0.5


def test_biases_fitted_beside_factors_predict_better_than_damped_ones(movielens):
    """The naive version of biased_als: factors of what biases that stand still leave over."""
    train, test = movielens
    u, m = damped_bias_factors(train, 4)
    entries = train.tocoo()
    rows = Rows(entries.row, entries.col, entries.data)
    baselines, expected = (
        np.einsum("ij,ij->i", u[some.user_ids], m[some.movie_ids]) for some in (rows, test)
    )
    packed = LocalRatings(*rows[:2], rows.values - baselines, threads=2)
    settings = Settings(factors=32, reg=1.3, iterations=8, feedback="explicit", reg_exponent=0.5)
    judge = judge_of_errors(packed.ids, HeldOut(test, expected, 1.0, 5.0), of_residuals=True)
    naive = alternate(packed, settings, seed=1, judge=judge).best.error
    assert (
        alternate(packed, replace(settings, biases=True), seed=1, judge=judge).best.error
        < naive - 0.002
    )


@pytest.mark.parametrize("shape", [(1, 5), (2, 2), (5, 3)])
def test_a_matrix_of_fewer_rows_than_factors_is_kept_whole(shape):
    matrix = np.arange(1.0, 1 + np.prod(shape)).reshape(shape)
    users, movies = truncated_svd(csr_matrix(matrix), 8)
    assert users @ movies.T == pytest.approx(matrix, abs=1e-4)


def test_residuals_of_equal_ratings_have_no_factors():
    users, movies = truncated_svd(csr_matrix((3, 4)), 2)
    assert not users.any()
    assert movies.shape == (4, 2)


def test_ease_is_the_least_squares_solution_without_the_movie_itself():
    rng = np.random.default_rng(1)
    likes, reg = (rng.random((30, 6)) < 0.4).astype(float), 2.0
    weights = ease_weights(csr_matrix(likes), reg)
    for movie in range(6):
        others = np.delete(likes, movie, axis=1)
        gram = others.T @ others + reg * np.eye(5)
        expected = np.linalg.solve(gram, others.T @ likes[:, movie])
        assert np.delete(weights[movie], movie) == pytest.approx(expected, abs=1e-5)
        assert weights[movie, movie] == 0


@pytest.mark.parametrize("block_cells", [1 << 22, 50])
def test_item_knn_has_the_nearest_neighbours_by_the_shrunk_cosine(monkeypatch, block_cells):
    """Two users make many ties, ordered by the MD5 hash of seed and id. 50 cells make blocks."""
    monkeypatch.setattr("reelhouse.algorithms.peers.BLOCK_CELLS", block_cells)
    rng = np.random.default_rng(2)
    ids = np.sort(rng.choice(2**62, 20, replace=False))
    for users in (2, 30):
        likes = (rng.random((users, 20)) < 0.4).astype(np.float32)
        found = item_knn_weights(
            csr_matrix(likes), ids, neighbours=3, shrinkage=2, seed=7
        ).toarray()
        both = likes.T @ likes
        for j in range(20):
            cosines = {
                i: both[i, j] / (np.sqrt(both[i, i] * both[j, j]) + 2)
                for i in range(20)
                if i != j and both[i, j]
            }
            ties = {i: hashlib.md5(f"7:{ids[i]}".encode()).hexdigest() for i in cosines}
            nearest = sorted(cosines, key=lambda i: (-np.float32(cosines[i]), ties[i]))[:3]
            assert sorted(np.flatnonzero(found[j])) == sorted(nearest)
            assert found[j, nearest] == pytest.approx([cosines[i] for i in nearest])


def test_shrunk_neighbours_rank_better_than_plain_cosines_of_all(movielens):
    """The naive version of item_knn: every neighbour, however few users like both movies."""
    train, test = movielens
    likes = liked(train)
    relevant = Rows(*(column[test.values >= 4] for column in test))
    seen = Rows(*train.nonzero(), train.data)
    judge = judge_of_lists(ids_of(train), relevant, seen, popularity_of(train), seed=1)
    ids, profiles = np.arange(likes.shape[1]), likes.toarray()

    def error(**parameters):
        weights = item_knn_weights(likes, ids, seed=1, **parameters)
        return judge(profiles, weights.toarray())

    assert error(neighbours=100, shrinkage=20) < error(neighbours=len(ids), shrinkage=0) - 0.02


def test_ease_ranks_better_than_counts_of_common_users(movielens):
    train, test = movielens
    likes = liked(train)
    relevant = Rows(*(column[test.values >= 4] for column in test))
    seen = Rows(*train.nonzero(), train.data)
    judge = judge_of_lists(ids_of(train), relevant, seen, popularity_of(train), seed=1)
    profiles = likes.toarray()
    naive = judge(profiles, (likes.T @ likes).toarray())
    assert judge(profiles, ease_weights(likes, 300.0)) < naive - 0.05
