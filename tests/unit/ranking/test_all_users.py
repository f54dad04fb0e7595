"""Lists of all users equal brute force, ties included."""

import numpy as np
import pytest

from reelhouse.ranking.all_users import rank_all
from reelhouse.ranking.top_n import top_n


def expected(users, movies, seen, n):
    scores = users.astype(np.float64) @ movies.T.astype(np.float64)
    return top_n(np.where(seen, -np.inf, scores).astype(np.float32), n)


def csr(seen):
    indptr = np.concatenate([[0], np.cumsum(seen.sum(axis=1))])
    return indptr, np.nonzero(seen)[1].astype(np.int32)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize(("factors", "movie_count", "n"), [(3, 90, 10), (1, 5, 10), (40, 33, 1)])
def test_lists_equal_brute_force_with_ties(threads, factors, movie_count, n):
    rng = np.random.default_rng(4)
    # Small integers: exact in float32, and many scores are equal. More users than a piece.
    users = rng.integers(-2, 3, size=(1500, factors)).astype(np.float32)
    movies = rng.integers(-2, 3, size=(movie_count, factors)).astype(np.float32)
    seen = rng.random((1500, movie_count)) < 0.2
    seen[7] = True
    chosen, best = rank_all(users, movies, *csr(seen), n=n, threads=threads)
    right, scores = expected(users, movies, seen, n)
    assert chosen.tolist() == right.tolist()
    assert best.tolist() == scores.tolist()


def test_tiles_that_are_left_out_hold_no_better_movie():
    """The lengths of the factors differ by four orders of magnitude, as they do on real data."""
    rng = np.random.default_rng(5)
    users = rng.normal(size=(300, 16)).astype(np.float32)
    movies = rng.normal(size=(2000, 16)) * np.logspace(0, -4, 2000)[:, None]
    movies = rng.permutation(movies).astype(np.float32)
    seen = rng.random((300, 2000)) < 0.05
    chosen, best = rank_all(users, movies, *csr(seen), n=10, threads=2)
    right, scores = expected(users, movies, seen, 10)
    assert best == pytest.approx(scores, rel=1e-5)
    # Scores that differ in the seventh digit may change places.
    assert (chosen == right).mean() > 0.999
