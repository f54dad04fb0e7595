"""Fits every enabled ALS row of seeds/algorithms.csv under every protocol."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from reelhouse.als import Fit, Settings, fit

ALS_FAMILIES = ("als", "biased_als")


def fit_algorithms(
    algorithms: DataFrame,
    ratings: DataFrame,
    *,
    relevant_rating: float,
    seed: int,
    read_from_all: Sequence[str],
) -> DataFrame:
    """One frame of factors and costs, of every ALS algorithm × protocol × fold.

    ``ratings`` has the rows to fit: ``protocol, fold, user_id, movie_id, rating, residual``.
    Under the protocol ``all`` only the algorithms ``read_from_all`` are fitted. A row of the result
    holds either the factors of a user or movie (``side, id, factors``) or the cost of a fit
    (``iteration, loss, seconds``; MLlib reports no loss).
    """
    ratings = ratings.cache()
    keys = ratings.select("protocol", "fold").distinct().orderBy("protocol", "fold").collect()
    rows = algorithms.where(F.col("enabled") & F.col("family").isin(*ALS_FAMILIES))
    frames = [
        _labelled(fit(_observations(ratings, row, key, relevant_rating), _settings(row), seed=seed))
        .withColumn("algorithm", F.lit(row["algorithm"]))
        .withColumn("protocol", F.lit(key["protocol"]))
        .withColumn("fold", F.lit(key["fold"]))
        for row in rows.orderBy("algorithm").collect()
        for key in keys
        if key["protocol"] != "all" or row["algorithm"] in read_from_all
    ]
    return reduce(DataFrame.unionByName, frames)


def _settings(row: Row) -> Settings:
    columns: dict[str, Any] = row.asDict()
    return Settings(**{name: columns[name] for name in Settings.__dataclass_fields__})


def _observations(ratings: DataFrame, row: Row, key: Row, relevant_rating: float) -> DataFrame:
    """What the algorithm is fitted on: ratings, residuals, or 1 for every relevant rating."""
    rows = ratings.where((F.col("protocol") == key["protocol"]) & (F.col("fold") == key["fold"]))
    if row["feedback"] == "implicit":
        rows, value = rows.where(F.col("rating") >= relevant_rating), F.lit(1.0)
    else:
        value = F.col("residual" if row["family"] == "biased_als" else "rating")
    return rows.select("user_id", "movie_id", value.alias("rating"))


def _labelled(fitted: Fit) -> DataFrame:
    users = fitted.users.withColumn("side", F.lit("user"))
    movies = fitted.movies.withColumn("side", F.lit("movie"))
    cost = fitted.users.sparkSession.range(1).select(
        F.lit(fitted.iterations).alias("iteration"),
        F.lit(None).cast("double").alias("loss"),
        F.lit(fitted.seconds).alias("seconds"),
    )
    return users.unionByName(movies).unionByName(cost, allowMissingColumns=True)
