"""Validation error of a fit (lower is better), computed as the SQL models compute test metrics."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from reelhouse.algorithms.fit_jobs import RESIDUAL_FAMILIES
from reelhouse.algorithms.rating_rows import RatingRows, collect_rows
from reelhouse.als.csr import Csr, Positions, csr_of_both_sides, find_positions, index_ids
from reelhouse.als.fit import ValidationMetric
from reelhouse.als.half_steps import Side
from reelhouse.als.settings import Floats, Ints
from reelhouse.errors import ReelhouseError
from reelhouse.ranking.top_n import rank_all, tie_order

CUTOFF = 10
VALIDATION_USERS = 20_000
"""Largest number of users whose lists are ranked for the validation error."""


class HeldOut(NamedTuple):
    """Ratings (n,) to predict, on a scale from ``lowest`` to ``highest``.

    ``baselines`` (n,) are the sums of the global mean and the damped biases: the predictions for
    pairs whose user or movie has no row in the fit.
    """

    rows: RatingRows
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


def validation_metric(
    algorithm: Row,
    ids: dict[Side, Ints],
    ratings: DataFrame,
    scale: Row,
    *,
    spread: float,
    seed: int,
    threads: int,
) -> ValidationMetric:
    """Return the validation metric of fits of the train rows.

    The metric is the RMSE of the validation rows for explicit feedback, and their 1 - NDCG@10
    otherwise.

    Parameters
    ----------
    algorithm
        A row of seeds/algorithms.csv.
    ids
        The users and movies with factors, in ascending order.
    ratings
        ``split, user_id, movie_id, rating, is_relevant, residual``.
    scale
        The row of int_rating_scale.
    spread
        Number by which the targets were divided.
    seed
        Seed of the order of ties.
    threads
        Number of threads that rank the lists.
    """
    if algorithm["feedback"] == "explicit":
        predicts_residuals = algorithm["family"] in RESIDUAL_FAMILIES
        held_out = held_out_ratings(ratings, scale)
        return rmse_metric(ids, held_out, predicts_residuals=predicts_residuals, spread=spread)
    return ndcg_error_metric(ids, *_collect_lists(ratings), seed=seed, threads=threads)


def held_out_ratings(ratings: DataFrame, scale: Row) -> HeldOut:
    """Return the validation rows to predict; arguments as in ``validation_metric``."""
    validation = ratings.where("split = 'validation'").withColumn("value", F.col("rating"))
    # One query, so that rows and residuals have the same order.
    table = validation.select("user_id", "movie_id", "value", "residual").toArrow()
    *columns, residuals = (column.to_numpy() for column in table.columns)
    rows = RatingRows(*columns)
    return HeldOut(rows, rows.values - residuals, scale["rating_min"], scale["rating_max"])


def rmse_metric(
    ids: dict[Side, Ints], held_out: HeldOut, *, predicts_residuals: bool, spread: float = 1.0
) -> ValidationMetric:
    """Return a metric: the RMSE of held-out ratings, predicted as in the model ``predictions``.

    With ``predicts_residuals``, the factors predict the rating minus the baseline; without it, the
    rating. What they predict is divided by ``spread``, as the targets of the fit were.
    """
    users, has_user = find_positions(ids["user"], held_out.rows.user_ids)
    movies, has_movie = find_positions(ids["movie"], held_out.rows.movie_ids)
    known = has_user & has_movie
    _refuse_unknown_pairs(known)
    users, movies = users[known], movies[known]

    def metric(user_factors: Floats, movie_factors: Floats) -> float:
        scores = held_out.baselines.copy()
        products = np.einsum("ij,ij->i", user_factors[users], movie_factors[movies]) * spread
        scores[known] = scores[known] + products if predicts_residuals else products
        return held_out.rmse(scores)

    return metric


def ndcg_error_metric(
    ids: dict[Side, Ints],
    relevant: RatingRows,
    seen: RatingRows,
    popularity: Popularity,
    *,
    seed: int,
    threads: int = 1,
) -> ValidationMetric:
    """Return a metric: 1 - NDCG@10 of the users with ``relevant`` held-out rows.

    NDCG is computed as in the model ``ranking_metrics``. The candidates are all movies of
    ``popularity`` that the user has not ``seen``. A movie without factors scores 0, and a user
    without factors gets the most popular movies. A relevant movie that is not a candidate counts in
    the ideal list. Equal scores are ordered by ``tie_order``.
    """
    catalogue = popularity.movie_ids
    order = tie_order(catalogue, seed)
    tie_ranks = np.argsort(order).astype(np.int32)
    user_ids, rows = index_ids(relevant.user_ids)
    user_positions, has_factors = find_positions(ids["user"], user_ids)
    movie_columns = tie_ranks[find_positions(catalogue, ids["movie"])[0]]
    columns, is_candidate = find_positions(catalogue, relevant.movie_ids)
    columns = tie_ranks[columns]
    _refuse_unknown_pairs(has_factors[rows] & is_candidate)
    # A pair of user and movie as one number, to find all hits in one step.
    width = np.int64(len(catalogue))
    pairs = (rows * width + columns)[is_candidate]
    discounts = 1 / np.log2(np.arange(CUTOFF) + 2)
    ideal = np.cumsum(discounts)[np.minimum(np.bincount(rows), CUTOFF) - 1]

    def summed_ndcg(
        is_ranked: NDArray[np.bool_], hidden: Csr, users: Floats, movies: Floats
    ) -> float:
        """Return the sum of the NDCG of the users whom ``is_ranked`` (users,) marks."""
        lists, _ = rank_all(users, movies, hidden.indptr, hidden.columns, CUTOFF, threads)
        listed = np.flatnonzero(is_ranked)[:, None] * width + lists
        hits = np.isin(listed, pairs) & (lists >= 0)
        return float(np.sum(hits @ discounts / ideal[is_ranked]))

    is_cold = ~has_factors
    hidden = _seen_by(user_ids[has_factors], seen, catalogue, tie_ranks)
    hidden_from_cold = _seen_by(user_ids[is_cold], seen, catalogue, tie_ranks)
    ones, counts = np.ones((is_cold.sum(), 1)), popularity.counts[order, None]
    cold_sum = summed_ndcg(
        is_cold, hidden_from_cold, ones.astype(np.float32), counts.astype(np.float32)
    )

    def metric(user_factors: Floats, movie_factors: Floats) -> float:
        movies = np.zeros_like(movie_factors, shape=(len(catalogue), movie_factors.shape[1]))
        movies[movie_columns] = movie_factors
        users = user_factors[user_positions[has_factors]]
        warm_sum = summed_ndcg(has_factors, hidden, users, movies)
        return 1 - (warm_sum + cold_sum) / len(user_ids)

    return metric


def _refuse_unknown_pairs(known: NDArray[np.bool_]) -> None:
    if not known.any():
        raise ReelhouseError(
            "no validation row has a user and a movie of the train rows, so there is no"
            " validation error"
        )


def _seen_by(users: Ints, seen: RatingRows, catalogue: Ints, tie_ranks: Positions) -> Csr:
    """Return the columns of the movies that ``users`` have seen.

    ``users`` are ascending ids. ``tie_ranks`` has the column of each movie of ``catalogue``.
    """
    rows, has_user = find_positions(users, seen.user_ids)
    positions, has_movie = find_positions(catalogue, seen.movie_ids)
    kept = has_user & has_movie
    columns = tie_ranks[positions[kept]]
    values = np.ones(len(columns), np.float32)
    by_user, _ = csr_of_both_sides(rows[kept], columns, values, len(users), len(catalogue))
    return by_user


def _collect_lists(ratings: DataFrame) -> tuple[RatingRows, RatingRows, Popularity]:
    """Return relevant validation rows, the train rows of the same users, and all train movies.

    The users are a hashed sample of up to ``VALIDATION_USERS``.
    """
    ratings = ratings.withColumn("value", F.lit(1.0))
    relevant = ratings.where("split = 'validation' and is_relevant")
    users = relevant.select("user_id").distinct()
    users = users.orderBy(F.xxhash64("user_id")).limit(VALIDATION_USERS).cache()
    train = ratings.where("split = 'train'")
    counts = train.groupBy("movie_id").count().orderBy("movie_id").toArrow()
    return (
        collect_rows(relevant.join(users, "user_id", "left_semi")),
        collect_rows(train.join(users, "user_id", "left_semi")),
        Popularity(*(column.to_numpy() for column in counts.columns)),
    )
