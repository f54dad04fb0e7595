"""EASE and its relatives beside their definitions, and beside their naive version."""

import itertools

import numpy as np
import pytest
from pyspark.sql import Row
from scipy.sparse import csr_matrix, issparse

from reelhouse.algorithms.ease import (
    ease_weights,
    fit_item_weights,
    sparse_ease_weights,
    user_weights,
)

RDLAE = {"dropout": 0.3, "diagonal_limit": 0.2, "degree_exponent": 0.5}
PARAMETERS = (
    {},
    {"dropout": 0.3},
    {"diagonal_limit": 0.2},
    {"diagonal_limit": 1.0},
    {"degree_exponent": 0.5},
    RDLAE,
)
every_variant = pytest.mark.parametrize("parameters", PARAMETERS, ids=str)


@pytest.fixture
def made_up():
    """Likes of 30 users, each of whom likes a movie, and of 6 movies."""
    likes = (np.random.default_rng(1).random((30, 6)) < 0.4).astype(float)
    likes[:, 0] = 1 - likes[:, 1:].max(axis=1)
    likes[:9, 0] = 1
    return likes


def minimum(likes, movie, reg, *, dropout=0.0, diagonal_limit=0.0, degree_exponent=0.0):
    """Return the weights (movies,) in the score of a movie that minimise the objective.

    If the weight of the movie itself is above its limit in the minimum without a limit, it is equal
    to the limit in the minimum with it, because the objective is convex.
    """
    degrees = likes.sum(axis=1)
    shares = degrees**-degree_exponent
    shares *= degrees.sum() / (shares * degrees).sum()
    squares = (shares[:, None] * likes**2).sum(axis=0)
    # Ridge regression with a row for each user and one for each penalty.
    rows = np.vstack(
        [
            np.sqrt(shares)[:, None] * likes,
            np.diag(np.sqrt(reg + dropout / (1 - dropout) * squares)),
        ]
    )
    target = np.concatenate([np.sqrt(shares) * likes[:, movie], np.zeros(likes.shape[1])])
    weights = np.linalg.lstsq(rows, target)[0]
    if weights[movie] > diagonal_limit:
        others = np.arange(likes.shape[1]) != movie
        weights[movie] = diagonal_limit
        rest = target - diagonal_limit * rows[:, movie]
        weights[others] = np.linalg.lstsq(rows[:, others], rest)[0]
    return weights


@every_variant
def test_the_weights_minimise_the_objective(made_up, parameters):
    weights = ease_weights(csr_matrix(made_up), 2.0, **parameters)
    for movie in range(6):
        expected = minimum(made_up, movie, 2.0, **parameters)
        assert np.delete(weights[movie], movie) == pytest.approx(
            np.delete(expected, movie), abs=1e-6
        )
        assert weights[movie, movie] == 0


def test_a_limit_of_the_diagonal_binds_the_movies_above_it_alone(made_up):
    free = [minimum(made_up, movie, 2.0, diagonal_limit=1.0)[movie] for movie in range(6)]
    limit = float(np.median(free))
    unlimited, limited = (
        ease_weights(csr_matrix(made_up), 2.0, diagonal_limit=diagonal_limit)
        for diagonal_limit in (1.0, limit)
    )
    for movie in range(6):
        expected = minimum(made_up, movie, 2.0, diagonal_limit=limit)
        assert np.delete(limited[movie], movie) == pytest.approx(
            np.delete(expected, movie), abs=1e-6
        )
        is_free = limited[movie] == pytest.approx(unlimited[movie], abs=1e-6)
        assert is_free == (free[movie] <= limit)


def test_dropout_is_the_expectation_over_all_likes_that_are_left_out():
    """3 users and 3 movies with 6 likes: 64 sets of likes that are left out."""
    likes = np.array([[1, 1, 0], [0, 1, 1], [1, 0, 1]], float)
    dropout, reg = 0.3, 0.5
    places = np.argwhere(likes)
    gram, moment = np.zeros((3, 3)), np.zeros((3, 3))
    for kept in itertools.product((0, 1), repeat=len(places)):
        masked = np.zeros_like(likes)
        masked[tuple(places.T)] = np.array(kept) / (1 - dropout)
        probability = np.prod(np.where(kept, 1 - dropout, dropout))
        gram += probability * masked.T @ masked
        moment += probability * masked.T @ likes
    expected = np.linalg.solve(gram + reg * np.eye(3), moment).T
    weights = ease_weights(csr_matrix(likes), reg, dropout=dropout, diagonal_limit=1.0)
    np.fill_diagonal(expected, 0)
    assert weights == pytest.approx(expected, abs=1e-6)


def test_users_with_many_likes_count_less_and_the_sum_of_the_diagonal_is_kept():
    likes = csr_matrix([[1, 1, 1, 1], [1, 0, 0, 0]])
    assert user_weights(likes, 0.0) == pytest.approx([1, 1])
    # 4 and 1 likes with the exponent ½: 1/2 and 1, times (4 + 1) / (4/2 + 1).
    assert user_weights(likes, 0.5) == pytest.approx([5 / 6, 5 / 3])


@every_variant
def test_with_all_movies_as_neighbours_sparse_weights_are_the_dense_ones(made_up, parameters):
    made_up[0] = 1  # so that each movie is a neighbour of each other one
    likes = csr_matrix(made_up)
    sparse = sparse_ease_weights(likes, 2.0, neighbours=5, seed=1, **parameters).toarray()
    assert sparse == pytest.approx(ease_weights(likes, 2.0, **parameters), abs=1e-6)


@every_variant
def test_sparse_weights_are_dense_ones_of_a_movie_and_its_neighbours(made_up, parameters):
    parameters = {**parameters, "degree_exponent": 0.0}  # degrees are those among all movies
    weights = sparse_ease_weights(csr_matrix(made_up), 2.0, neighbours=3, seed=1, **parameters)
    for movie in range(6):
        members = np.sort(np.append(weights[movie].indices, movie))
        assert 2 <= len(members) <= 4
        small = ease_weights(csr_matrix(made_up[:, members]), 2.0, **parameters)
        expected = small[members == movie][0]
        assert weights[movie].toarray()[0, members] == pytest.approx(expected, abs=1e-6)


def test_ease_ranks_better_than_counts_of_common_users(likes, error_of_lists):
    profiles = likes.toarray()
    naive = error_of_lists(profiles, (likes.T @ likes).toarray())
    assert error_of_lists(profiles, ease_weights(likes, 300.0)) < naive - 0.05


def test_a_hundred_neighbours_rank_about_as_well_as_all_movies(likes, error_of_lists):
    profiles = likes.toarray()
    dense = error_of_lists(profiles, ease_weights(likes, 300.0))
    sparse = sparse_ease_weights(likes, 300.0, neighbours=100, seed=1)
    assert sparse.nnz < 0.1 * likes.shape[1] ** 2
    assert error_of_lists(profiles, sparse.toarray()) < dense + 0.01


def test_a_large_catalogue_gets_sparse_weights(monkeypatch, likes):
    row = Row(reg=300.0, neighbours=20, dropout=0.0, diagonal_limit=0.0, degree_exponent=0.0)
    assert not issparse(fit_item_weights(likes, row, seed=1))
    monkeypatch.setattr("reelhouse.algorithms.ease.DENSE_MOVIES", likes.shape[1] - 1)
    weights = fit_item_weights(likes, row, seed=1)
    assert np.diff(weights.indptr).max() == 20
