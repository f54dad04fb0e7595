"""Alternating least squares: ratings in, factors out."""

from __future__ import annotations

import os

from pyspark import SparkContext
from pyspark.sql import DataFrame

from reelhouse.als.fit import Fit, Iteration, alternate
from reelhouse.als.fold_in import fold_in, fold_in_users
from reelhouse.als.ratings import LocalRatings, Ratings, narrowed
from reelhouse.als.settings import Settings, Solver
from reelhouse.als.spark_ratings import SparkRatings
from reelhouse.machine import memory_bytes

__all__ = [
    "Fit",
    "Iteration",
    "Settings",
    "Solver",
    "alternate",
    "fit",
    "fold_in",
    "fold_in_users",
    "pack",
    "threads_of",
]

# Packing holds a rating as 20 bytes from Spark, 12 with positions, and 8 in each of three forms.
BYTES_PER_RATING = 56
RATINGS_IN_DRIVER_OF_CLUSTER = 2_000_000


def fit(
    ratings: DataFrame,
    settings: Settings,
    *,
    seed: int,
    label: str = "als",
) -> Fit:
    """Fit factors to the rows ``user_id bigint, movie_id bigint, value``, one row a pair."""
    packed = pack(ratings)
    try:
        return alternate(packed, settings, seed=seed, label=label)
    finally:
        packed.release()


def pack(ratings: DataFrame) -> Ratings:
    """Pack ``user_id, movie_id, value`` where they are to be solved.

    That is in the driver, whose threads need no Spark job, as long as the ratings fit there.
    """
    context = ratings.sparkSession.sparkContext
    count = ratings.count()
    if count > _ratings_in_driver(context):
        return SparkRatings(ratings, count, threads=threads_of(ratings))
    columns = (column.to_numpy() for column in narrowed(ratings).toArrow().columns)
    return LocalRatings(*columns, threads=threads_of(ratings))


def threads_of(frame: DataFrame) -> int:
    """How many threads the driver has beside Spark: its cores, or fewer when Spark has fewer."""
    return min(int(frame.sparkSession.sparkContext.defaultParallelism), os.cpu_count() or 1)


def _ratings_in_driver(context: SparkContext) -> int:
    """How many ratings the driver packs: on one machine, what a third of its memory holds."""
    if not context.master.startswith("local"):
        return RATINGS_IN_DRIVER_OF_CLUSTER
    return memory_bytes() // 3 // BYTES_PER_RATING
