"""Which algorithms the data is too large for, so that they have no trials."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F


class SizeLimits(NamedTuple):
    """The vars that limit or name algorithms."""

    item_knn_pairs: int
    """``item_knn_pair_limit``."""
    ease_movies: int
    """``ease_movie_limit``."""
    named: Collection[str] = ()
    """Algorithms that a var such as ``ranking_algorithm`` names: they have no ``rating_limit``."""


class DataSizes(NamedTuple):
    """Sizes of all ratings, of which trials may have a sample."""

    ratings: int
    pairs: int
    """Pairs of movies that the same user likes: the sum of the squares of the users' likes."""
    movies: int


def data_sizes(splits: DataFrame) -> DataSizes:
    """Return the sizes of the protocol ``all`` of rating_splits."""
    rows = splits.where("protocol = 'all'")
    users = rows.groupBy("user_id").agg(
        F.count("*").alias("ratings"), F.count_if("is_relevant").alias("likes")
    )
    sums = users.agg(F.sum("ratings"), F.sum(F.col("likes") * F.col("likes"))).collect()[0]
    movies = rows.agg(F.count_distinct("movie_id")).collect()[0][0]
    return DataSizes(*(int(each or 0) for each in (*sums, movies)))


def is_within(row: Row, limits: SizeLimits, sizes: DataSizes) -> bool:
    """Return whether the data is within the limits of an algorithm, a row of seeds/algorithms.csv.

    A build skips an algorithm beyond its limits (the macro ``skip_reason``), so that trials of this
    algorithm would be of no use.
    """
    limit = row["rating_limit"]
    if limit is not None and sizes.ratings > limit and row["algorithm"] not in limits.named:
        return False
    if row["family"] == "item_knn":
        return sizes.pairs <= limits.item_knn_pairs
    return row["family"] != "ease" or sizes.movies <= limits.ease_movies
