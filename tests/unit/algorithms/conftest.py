"""MovieLens 100k as sparse matrices, and the validation error of lists on it."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from reelhouse.algorithms.held_out_lists import HeldOutLists, Popularity
from reelhouse.algorithms.rating_rows import RatingRows
from reelhouse.paths import DATA


@pytest.fixture(scope="module")
def movielens():
    """Ratings (users, movies) of nine tenths of MovieLens 100k, and the rest."""
    rows = np.loadtxt(DATA / "ml-100k" / "u.data", dtype=np.int64)[:, :3]
    held_out = np.random.default_rng(0).random(len(rows)) < 0.1
    users, movies = (np.unique(rows[:, column], return_inverse=True)[1] for column in (0, 1))
    train = csr_matrix((rows[~held_out, 2], (users[~held_out], movies[~held_out])))
    return train.astype(float), RatingRows(users[held_out], movies[held_out], rows[held_out, 2])


@pytest.fixture(scope="module")
def likes(movielens):
    """Likes (users, movies) of ones: the train ratings from 4 up."""
    likes = movielens[0].copy()
    likes.data = (likes.data >= 4).astype(float)
    likes.eliminate_zeros()
    return likes


@pytest.fixture(scope="module")
def error_of_lists(movielens):
    """1 - NDCG@10 of factors on the test rows, as a function of factors of users and movies."""
    train, test = movielens
    users, movies = train.nonzero()
    ids = {"user": np.arange(train.shape[0]), "movie": np.arange(train.shape[1])}
    relevant = RatingRows(*(column[test.values >= 4] for column in test))
    popularity = Popularity(ids["movie"], np.bincount(movies))
    seen = RatingRows(users, movies, train.data)
    return HeldOutLists(relevant, seen, popularity, seed=1).metric(ids)
