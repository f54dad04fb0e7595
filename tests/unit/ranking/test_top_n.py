"""Top-N lists equal brute force, ties included."""

import duckdb
import numpy as np
import pytest

from reelhouse.ranking.movie_columns import tie_order
from reelhouse.ranking.top_n import (
    add_standardised,
    random_scores,
    top_n,
)


def brute_force(scores, n):
    """Return columns and scores of every row, best first."""
    lists = []
    for row in scores:
        best = sorted((-value, column) for column, value in enumerate(row) if value > -np.inf)
        lists.append([(column, -value) for value, column in best[:n]])
    return lists


def as_lists(chosen, best):
    return [
        [(column, value) for column, value in zip(columns, values, strict=True) if column >= 0]
        for columns, values in zip(chosen.tolist(), best.tolist(), strict=True)
    ]


@pytest.mark.parametrize("n", [1, 3, 10, 100])
@pytest.mark.parametrize("distinct_scores", [2, 5, 10_000])
def test_equals_brute_force(n, distinct_scores):
    rng = np.random.default_rng(n * distinct_scores)
    scores = rng.integers(distinct_scores, size=(40, 200)).astype(np.float32)
    scores[rng.random(scores.shape) < 0.3] = -np.inf
    assert as_lists(*top_n(scores, n)) == brute_force(scores, n)


def test_the_order_of_ties_is_what_sql_computes():
    ids = np.array([1, 2, 3, 17, 2**40, 2**62])
    ordered = duckdb.execute(
        "select id from (select unnest(?) as id) order by md5(concat(42, ':', id))", [ids.tolist()]
    ).fetchall()
    assert ids[tie_order(ids, 42)].tolist() == [i for (i,) in ordered]


def test_the_order_of_ties_does_not_correlate_with_ids():
    order = tie_order(np.arange(10_000), 42)
    # The standard deviation of the correlation of two random orders is 0.01.
    assert abs(np.corrcoef(np.arange(10_000), order)[0, 1]) < 0.05
    assert (order != tie_order(np.arange(10_000), 43)).any()


def test_a_user_who_has_seen_everything_gets_an_empty_list():
    scores = np.array([[-np.inf, -np.inf], [1.0, 2.0]], dtype=np.float32)
    chosen, _ = top_n(scores, 2)
    assert chosen.tolist() == [[-1, -1], [1, 0]]


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


def test_scores_are_standardised_over_those_that_are_finite():
    scores = np.array([[1.0, 3.0, -np.inf, 5.0], [2.0, 2.0, 2.0, -np.inf]], np.float32)
    total = np.ones_like(scores)
    add_standardised(total, scores, 0.5)
    # Mean 3 and standard deviation sqrt(8 / 3); equal scores add nothing.
    half = 0.5 * 2 / np.sqrt(8 / 3)
    expected = [[1 - half, 1, -np.inf, 1 + half], [1, 1, 1, -np.inf]]
    assert total == pytest.approx(np.array(expected), rel=1e-6)
