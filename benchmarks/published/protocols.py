"""The ranking protocols of papers: which ratings are fitted, known, hidden and tested."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from benchmarks.published.lists import Rows
from benchmarks.published.splits import SEED, Fold, Mask, core, rows_where, shuffled_ranks
from reelhouse.algorithms.rating_rows import RatingRows
from reelhouse.ranking.movie_columns import tie_order

MOST_HELD_OUT = 10_000
"""Number of test users in the protocol of Mult-VAE on MovieLens 20M, and of validation users."""


class Protocol(NamedTuple):
    """Rows to choose parameters by, and rows to evaluate.

    Ratings from ``liked_from`` up are likes.
    """

    validated: Rows
    evaluated: Rows
    liked_from: float


class _Places(NamedTuple):
    """Rows and columns (n,) of ratings in a matrix, and their values."""

    users: NDArray[np.int64]
    movies: NDArray[np.int64]
    values: NDArray[np.float64]
    shape: tuple[int, int]

    def matrix(self, mask: Mask) -> csr_matrix:
        """Return the ratings of ``mask`` (n,) as a matrix of all users and movies."""
        places = self.users[mask], self.movies[mask]
        return csr_matrix((self.values[mask], places), self.shape)

    def rows(self, fitted: Mask, known: Mask, hidden: Mask, tested: Mask) -> Rows:
        """Return the ratings of four masks (n,); only users with a tested rating are evaluated."""
        users = np.unique(self.users[tested])
        parts = (self.matrix(mask)[users] for mask in (known, hidden, tested))
        return Rows(self.matrix(fitted), *parts)


def _places(rows: RatingRows) -> _Places:
    user_ids, users = np.unique(rows.user_ids, return_inverse=True)
    movie_ids, movies = np.unique(rows.movie_ids, return_inverse=True)
    positions = np.argsort(tie_order(movie_ids, SEED))
    return _Places(users, positions[movies], rows.values, (len(user_ids), len(movie_ids)))


def given_pair(fold: Fold) -> Protocol:
    """Return the protocol of a train and a test file in which all ratings are positive.

    Parameters are chosen on a random tenth of the train rows, and then all of them are fitted.
    """
    both = RatingRows(*(np.concatenate(columns) for columns in zip(*fold, strict=True)))
    places = _places(both)
    is_test = np.arange(len(both.values)) >= len(fold.train.values)
    is_validated = ~is_test & (np.random.default_rng(SEED).random(len(is_test)) < 0.1)
    is_fitted = ~is_test & ~is_validated
    return Protocol(
        places.rows(is_fitted, is_fitted, is_fitted, is_validated),
        places.rows(~is_test, ~is_test, ~is_test, is_test),
        liked_from=0.0,
    )


def recbole(rows: RatingRows) -> Protocol:
    """Return the protocol of RecBole's leaderboard.

    Ratings from 3 up, users and movies with 10 of them or more, and a random split of each user's
    ratings: 8 : 1 : 1. The train rows alone are fitted; the lists leave the validation rows out.
    """
    kept = core(rows_where(rows, rows.values >= 3), 10)
    places = _places(kept)
    ranks, counts = shuffled_ranks(kept.user_ids)
    is_test = ranks < counts // 10
    is_validated = ~is_test & (ranks < 2 * (counts // 10))
    is_fitted = ~is_test & ~is_validated
    return Protocol(
        places.rows(is_fitted, is_fitted, is_fitted, is_validated),
        places.rows(is_fitted, is_fitted, ~is_test, is_test),
        liked_from=3.0,
    )


def mult_vae(rows: RatingRows) -> Protocol:
    """Return the protocol of Liang et al. 2018, which tests users that the fit does not have.

    Ratings from 4 up, and users with 5 of them or more. A tenth of the users, but at most 10,000,
    are test users, and as many are validation users. Four fifths of their ratings are known.
    """
    kept = rows_where(rows, rows.values >= 4)
    _, users, counts = np.unique(kept.user_ids, return_inverse=True, return_counts=True)
    kept = rows_where(kept, counts[users] >= 5)
    user_ids, users = np.unique(kept.user_ids, return_inverse=True)
    held_out = min(MOST_HELD_OUT, len(user_ids) // 10)
    places_of_users = np.random.default_rng(SEED).permutation(len(user_ids))[users]
    is_fitted = places_of_users >= 2 * held_out
    # Other movies have no weights and no factors.
    is_candidate = is_fitted | np.isin(kept.movie_ids, kept.movie_ids[is_fitted])
    kept, places_of_users, is_fitted = (
        rows_where(kept, is_candidate),
        places_of_users[is_candidate],
        is_fitted[is_candidate],
    )
    ranks, counts = shuffled_ranks(kept.user_ids)
    is_held_out = ranks < counts // 5
    places = _places(kept)

    def rows_of(group: Mask) -> Rows:
        known = group & ~is_held_out
        return places.rows(is_fitted, known, known, group & is_held_out)

    return Protocol(
        rows_of(~is_fitted & (places_of_users >= held_out)),
        rows_of(places_of_users < held_out),
        liked_from=4.0,
    )
