"""Validation error of a fit (lower is better), computed as the SQL models compute test metrics."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from reelhouse.als.csr import Csr, Positions, both_sides, found_among, indexed
from reelhouse.als.fit import Judge
from reelhouse.als.ratings import Side
from reelhouse.als.settings import Floats, Ints
from reelhouse.errors import ReelhouseError
from reelhouse.ranking.top_n import rank_all, tie_order

CUTOFF = 10


class Rows(NamedTuple):
    """Rows (n,) of user ids, movie ids and values."""

    user_ids: Ints
    movie_ids: Ints
    values: NDArray[Any]


class HeldOut(NamedTuple):
    """Ratings (n,) to predict, on a scale from ``lowest`` to ``highest``.

    ``baselines`` (n,) are the sums of the global mean and the damped biases: the predictions for
    pairs whose user or movie the fit does not know.
    """

    rows: Rows
    baselines: NDArray[np.float64]
    lowest: float
    highest: float

    def rmse(self, scores: NDArray[np.float64]) -> float:
        """Return the RMSE of scores (n,) clipped to the scale, as in ``rating_metrics``."""
        predictions = np.clip(scores, self.lowest, self.highest)
        return float(np.sqrt(np.mean((predictions - self.rows.values) ** 2)))


class Popularity(NamedTuple):
    """Movies with a rating in the fit, in ascending order of ids, and their numbers of ratings."""

    movie_ids: Ints
    counts: Ints


def judge_of_errors(ids: dict[Side, Ints], held_out: HeldOut, *, of_residuals: bool) -> Judge:
    """Return a judge: the RMSE of held-out ratings, predicted as in the model ``predictions``.

    With ``of_residuals`` the factors predict the rating minus the baseline, else the rating.
    """
    users, has_user = found_among(ids["user"], held_out.rows.user_ids)
    movies, has_movie = found_among(ids["movie"], held_out.rows.movie_ids)
    known = has_user & has_movie
    _check(known)
    users, movies = users[known], movies[known]

    def judge(user_factors: Floats, movie_factors: Floats) -> float:
        scores = held_out.baselines.copy()
        products = np.einsum("ij,ij->i", user_factors[users], movie_factors[movies])
        scores[known] = scores[known] + products if of_residuals else products
        return held_out.rmse(scores)

    return judge


def judge_of_lists(
    ids: dict[Side, Ints],
    relevant: Rows,
    seen: Rows,
    popularity: Popularity,
    *,
    seed: int,
    threads: int = 1,
) -> Judge:
    """Return a judge: 1 - NDCG@10 of the users with ``relevant`` held-out rows.

    It is computed as in the model ``ranking_metrics``. The candidates are all movies of
    ``popularity`` that the user has not ``seen``. A movie without factors scores 0, and a user
    without factors gets the most popular movies. A relevant movie that is not a candidate counts in
    the ideal list. Equal scores are ordered by ``tie_order``.
    """
    catalogue = popularity.movie_ids
    order = tie_order(catalogue, seed)
    places = np.argsort(order).astype(np.int32)
    judged, rows = indexed(relevant.user_ids)
    user_places, has_factors = found_among(ids["user"], judged)
    movie_places = places[found_among(catalogue, ids["movie"])[0]]
    columns, is_candidate = found_among(catalogue, relevant.movie_ids)
    columns = places[columns]
    _check(has_factors[rows] & is_candidate)
    # A pair of user and movie as one number, to find all hits in one step.
    width = np.int64(len(catalogue))
    pairs = (rows * width + columns)[is_candidate]
    discounts = 1 / np.log2(np.arange(CUTOFF) + 2)
    ideal = np.cumsum(discounts)[np.minimum(np.bincount(rows), CUTOFF) - 1]

    def gains(mine: NDArray[np.bool_], hidden: Csr, users: Floats, movies: Floats) -> float:
        """Return the sum of the NDCG of some users."""
        lists, _ = rank_all(users, movies, hidden.indptr, hidden.columns, CUTOFF, threads)
        listed = np.flatnonzero(mine)[:, None] * width + lists
        hits = np.isin(listed, pairs) & (lists >= 0)
        return float(np.sum(hits @ discounts / ideal[mine]))

    cold = ~has_factors
    hidden = _seen_by(judged[has_factors], seen, catalogue, places)
    hidden_of_cold = _seen_by(judged[cold], seen, catalogue, places)
    ones, counts = np.ones((cold.sum(), 1)), popularity.counts[order, None]
    of_cold = gains(cold, hidden_of_cold, ones.astype(np.float32), counts.astype(np.float32))

    def judge(user_factors: Floats, movie_factors: Floats) -> float:
        movies = np.zeros_like(movie_factors, shape=(len(catalogue), movie_factors.shape[1]))
        movies[movie_places] = movie_factors
        users = user_factors[user_places[has_factors]]
        of_warm = gains(has_factors, hidden, users, movies)
        return 1 - (of_warm + of_cold) / len(judged)

    return judge


def _check(known: NDArray[np.bool_]) -> None:
    if not known.any():
        raise ReelhouseError(
            "no validation row has a user and a movie of the train rows: there is nothing to judge"
            " a fit by"
        )


def _seen_by(users: Ints, seen: Rows, catalogue: Ints, places: Positions) -> Csr:
    """Return the columns (by ``places``) of the movies seen by ``users``, whose ids ascend."""
    rows, mine = found_among(users, seen.user_ids)
    positions, listed = found_among(catalogue, seen.movie_ids)
    mine &= listed
    columns = places[positions[mine]]
    values = np.ones(len(columns), np.float32)
    by_user, _ = both_sides(rows[mine], columns, values, len(users), len(catalogue))
    return by_user
