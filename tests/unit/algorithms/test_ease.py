"""EASE beside its definition, and beside its naive version."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from reelhouse.algorithms.ease import ease_weights


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


def test_ease_ranks_better_than_counts_of_common_users(likes, error_of_lists):
    profiles = likes.toarray()
    naive = error_of_lists(profiles, (likes.T @ likes).toarray())
    assert error_of_lists(profiles, ease_weights(likes, 300.0)) < naive - 0.05
