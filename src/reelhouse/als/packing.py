"""Where the ratings of a fit are packed: in the driver, or on Spark's workers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from reelhouse.als.ratings import LocalRatings, Ratings, select_rating_columns
from reelhouse.machine import memory_bytes

if TYPE_CHECKING:
    from pyspark import SparkContext
    from pyspark.sql import DataFrame

# While a rating is packed, it takes 20 bytes in the Arrow table of Spark, 12 bytes with positions
# instead of ids, and 8 bytes in each of three orders of rows.
BYTES_PER_RATING = 56
RATINGS_IN_DRIVER_OF_CLUSTER = 2_000_000


def pack(ratings: DataFrame) -> Ratings:
    """Pack the columns ``user_id, movie_id, value`` for a fit.

    The driver packs ratings that fit in its memory, and its threads solve the rows without a Spark
    job.
    """
    context = ratings.sparkSession.sparkContext
    count = ratings.count()
    if count > _ratings_in_driver(context):
        from reelhouse.als.spark_ratings import SparkRatings  # so that a fold-in needs no pyspark

        return SparkRatings(ratings, count, threads=driver_threads(ratings))
    columns = (column.to_numpy() for column in select_rating_columns(ratings).toArrow().columns)
    return LocalRatings(*columns, threads=driver_threads(ratings))


def driver_threads(frame: DataFrame) -> int:
    """Return how many threads the driver computes with: its cores, or fewer if Spark has fewer."""
    return min(int(frame.sparkSession.sparkContext.defaultParallelism), os.cpu_count() or 1)


def _ratings_in_driver(context: SparkContext) -> int:
    """Return how many ratings the driver packs; on one machine, they take a third of the memory."""
    if not context.master.startswith("local"):
        return RATINGS_IN_DRIVER_OF_CLUSTER
    return memory_bytes() // 3 // BYTES_PER_RATING
