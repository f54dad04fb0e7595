"""Top-N against brute force, ties included."""

import numpy as np
import pytest

from reelhouse.topn import random_scores, score_block, top_n


def brute_force(scores, n):
    chosen = []
    for row, values in enumerate(scores):
        best = sorted((-value, column) for column, value in enumerate(values) if value > -np.inf)
        chosen += [(row, column) for _, column in best[:n]]
    return chosen


@pytest.mark.parametrize("n", [1, 3, 10, 50])
@pytest.mark.parametrize("distinct_scores", [2, 5, 10_000])
def test_equals_brute_force(n, distinct_scores):
    rng = np.random.default_rng(n * distinct_scores)
    scores = rng.integers(distinct_scores, size=(40, 30)).astype(np.float32)
    scores[rng.random(scores.shape) < 0.3] = -np.inf
    rows, columns = top_n(scores, n)
    assert list(zip(rows.tolist(), columns.tolist(), strict=True)) == brute_force(scores, n)


def test_a_user_who_has_seen_everything_gets_an_empty_list():
    scores = np.array([[-np.inf, -np.inf], [1.0, 2.0]], dtype=np.float32)
    rows, columns = top_n(scores, 2)
    assert rows.tolist() == [1, 1]
    assert columns.tolist() == [1, 0]


def test_seen_movies_are_out():
    users = np.array([[1.0], [2.0]], dtype=np.float32)
    movies = np.array([[3.0], [5.0]], dtype=np.float32)
    scores = score_block(users, movies, np.array([1]), np.array([0]))
    assert scores.tolist() == [[3.0, 5.0], [-np.inf, 10.0]]


def test_random_scores_depend_on_seed_user_and_movie_alone():
    users, movies = np.array([7, 8, 2**62]), np.array([1, 2, 3, 2**61])
    scores = random_scores(users, movies, seed=1)
    assert (scores[[1]][:, [2, 0]] == random_scores(users[[1]], movies[[2, 0]], seed=1)).all()
    assert (scores != random_scores(users, movies, seed=2)).all()
    assert len(np.unique(scores)) == scores.size


def test_random_scores_are_uniform():
    scores = random_scores(np.arange(500), np.arange(400), seed=3)
    counts, _ = np.histogram(scores, bins=20, range=(0, 1))
    # 10,000 a bin, standard deviation 97.
    assert abs(counts - 10_000).max() < 500
    assert abs(np.corrcoef(scores[:-1].ravel(), scores[1:].ravel())[0, 1]) < 0.01
