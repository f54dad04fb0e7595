"""NDCG@10 of held-out rows, computed as in the model ``ranking_metrics``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from reelhouse.algorithms.rating_rows import RatingRows, collect_rows
from reelhouse.als.biases import Side
from reelhouse.als.csr import Csr, csr_of_both_sides, index_ids
from reelhouse.als.fitting import ValidationMetric
from reelhouse.als.ids import Positions, find_positions
from reelhouse.als.settings import Floats, Ints
from reelhouse.errors import ReelhouseError
from reelhouse.ranking.all_users import rank_all
from reelhouse.ranking.movie_columns import tie_order
from reelhouse.ranking.top_n import (
    BLOCK_USERS,
    add_standardised,
    drop_seen,
    top_n,
)

CUTOFF = 10
VALIDATION_USERS = 5_000
"""Largest number of users whose lists are ranked for the validation error."""


class Popularity(NamedTuple):
    """Movies with a rating in the fit, in ascending order of ids, and their numbers of ratings."""

    movie_ids: Ints
    counts: Ints


class Factors(NamedTuple):
    """Ids of users and movies in ascending order, and factors (users, k) and (movies, k)."""

    ids: dict[Side, Ints]
    users: Floats
    movies: Floats


class HeldOutLists:
    """Held-out users with relevant rows, and the evaluation of their ranked lists.

    The candidates are all movies of ``popularity`` that the user has not ``seen``. A movie without
    factors scores 0, and a user without factors gets the most popular movies. A relevant movie that
    is not a candidate counts in the ideal list. Equal scores are ordered by ``tie_order``.
    """

    def __init__(
        self,
        relevant: RatingRows,
        seen: RatingRows,
        popularity: Popularity,
        *,
        seed: int,
        threads: int = 1,
    ) -> None:
        """Find the columns of relevant and seen movies, in the order of ties."""
        catalogue = popularity.movie_ids
        order = tie_order(catalogue, seed)
        self._catalogue, self._seen, self._threads = catalogue, seen, threads
        self._counts = popularity.counts[order, None].astype(np.float32)
        self._tie_ranks = np.argsort(order).astype(np.int32)
        self._user_ids, self._rows = index_ids(relevant.user_ids)
        columns, self._is_candidate = find_positions(catalogue, relevant.movie_ids)
        # A pair of user and movie as one number, to find all hits in one step.
        self._width = np.int64(len(catalogue))
        pairs = self._rows * self._width + self._tie_ranks[columns]
        self._pairs = pairs[self._is_candidate]
        self._discounts = 1 / np.log2(np.arange(CUTOFF) + 2)
        relevant_counts = np.minimum(np.bincount(self._rows), CUTOFF)
        self._ideal = np.cumsum(self._discounts)[relevant_counts - 1]

    def metric(self, ids: dict[Side, Ints]) -> ValidationMetric:
        """Return the metric 1 - NDCG@10 for factors of users and movies with these ascending ids.

        Raises
        ------
        ReelhouseError
            No relevant row has both a user and a movie of the fit.
        """
        positions, has_factors = find_positions(ids["user"], self._user_ids)
        refuse_unknown_pairs(has_factors[self._rows] & self._is_candidate)
        columns = self._columns_of(ids["movie"])
        hidden = self._hidden(has_factors)
        cold_sum = self._cold_sum(~has_factors)

        def metric(user_factors: Floats, movie_factors: Floats) -> float:
            movies = np.zeros((len(self._catalogue), movie_factors.shape[1]), movie_factors.dtype)
            movies[columns] = movie_factors
            users = user_factors[positions[has_factors]]
            warm_sum = self._summed_ndcg(has_factors, hidden, users, movies)
            return 1 - (warm_sum + cold_sum) / len(self._user_ids)

        return metric

    def blend_errors(
        self, parts: Sequence[Factors], weights: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return 1 - NDCG@10 (blends,) of blends of several fits.

        The score of a blend is the sum of the standardised scores of the ``parts``, each times its
        weight in the row of ``weights`` (blends, parts). A user without factors in any one of the
        parts gets the most popular movies.
        """
        found = [find_positions(part.ids["user"], self._user_ids) for part in parts]
        is_warm = np.logical_and.reduce([has_factors for _, has_factors in found])
        users = [
            part.users[positions[is_warm]]
            for part, (positions, _) in zip(parts, found, strict=True)
        ]
        columns = [self._columns_of(part.ids["movie"]) for part in parts]
        hidden, rows = self._hidden(is_warm), np.flatnonzero(is_warm)
        sums = np.full(len(weights), self._cold_sum(~is_warm))
        for first in range(0, len(rows), BLOCK_USERS):
            block = rows[first : first + BLOCK_USERS]
            shape = (len(block), len(self._catalogue))
            standardised = []
            for part, vectors, own in zip(parts, users, columns, strict=True):
                scores = np.zeros(shape, np.float32)
                scores[:, own] = vectors[first : first + BLOCK_USERS] @ part.movies.T
                drop_seen(scores, hidden.indptr[first : first + len(block) + 1], hidden.columns)
                standardised.append(np.zeros(shape, np.float32))
                add_standardised(standardised[-1], scores, 1.0)
            for blend, shares in enumerate(weights.astype(np.float32)):
                total = sum(s * z for s, z in zip(shares, standardised, strict=True) if s > 0)
                lists, _ = top_n(total, CUTOFF)
                sums[blend] += self._ndcg(lists, block)
        return 1 - sums / len(self._user_ids)

    def _columns_of(self, movie_ids: Ints) -> Positions:
        columns: Positions = self._tie_ranks[find_positions(self._catalogue, movie_ids)[0]]
        return columns

    def _hidden(self, is_ranked: NDArray[np.bool_]) -> Csr:
        """Return the seen movies, as columns, of users for whom ``is_ranked`` (users,) is true."""
        users = self._user_ids[is_ranked]
        rows, has_user = find_positions(users, self._seen.user_ids)
        positions, has_movie = find_positions(self._catalogue, self._seen.movie_ids)
        kept = has_user & has_movie
        columns = self._tie_ranks[positions[kept]]
        values = np.ones(len(columns), np.float32)
        by_user, _ = csr_of_both_sides(
            rows[kept], columns, values, len(users), len(self._catalogue)
        )
        return by_user

    def _cold_sum(self, is_cold: NDArray[np.bool_]) -> float:
        """Return the summed NDCG of the users without factors, who get the most popular movies."""
        ones = np.ones((int(is_cold.sum()), 1), np.float32)
        return self._summed_ndcg(is_cold, self._hidden(is_cold), ones, self._counts)

    def _summed_ndcg(
        self, is_ranked: NDArray[np.bool_], hidden: Csr, users: Floats, movies: Floats
    ) -> float:
        """Return the summed NDCG of the users for whom ``is_ranked`` (users,) is true."""
        lists, _ = rank_all(users, movies, hidden.indptr, hidden.columns, CUTOFF, self._threads)
        return self._ndcg(lists, np.flatnonzero(is_ranked))

    def _ndcg(self, lists: NDArray[np.int32], rows: Ints) -> float:
        """Return the sum of the NDCG of lists (rows, 10) of columns."""
        listed = rows[:, None] * self._width + lists
        hits = np.isin(listed, self._pairs) & (lists >= 0)
        return float(np.sum(hits @ self._discounts / self._ideal[rows]))


def refuse_unknown_pairs(known: NDArray[np.bool_]) -> None:
    """Refuse held-out rows if none has both a user and a movie of the fit (``known``, (rows,))."""
    if not known.any():
        raise ReelhouseError(
            "no validation row has a user and a movie of the train rows, so there is no"
            " validation error"
        )


def collect_lists(ratings: DataFrame, *, seed: int, threads: int) -> HeldOutLists:
    """Return the lists to evaluate, from rows ``split, user_id, movie_id, is_relevant``.

    They belong to a hashed sample of up to ``VALIDATION_USERS`` users.
    """
    ratings = ratings.withColumn("value", F.lit(1.0))
    relevant = ratings.where("split = 'validation' and is_relevant")
    users = relevant.select("user_id").distinct()
    users = users.orderBy(F.xxhash64("user_id")).limit(VALIDATION_USERS).cache()
    train = ratings.where("split = 'train'")
    counts = train.groupBy("movie_id").count().orderBy("movie_id").toArrow()
    return HeldOutLists(
        collect_rows(relevant.join(users, "user_id", "left_semi")),
        collect_rows(train.join(users, "user_id", "left_semi")),
        Popularity(*(column.to_numpy() for column in counts.columns)),
        seed=seed,
        threads=threads,
    )
