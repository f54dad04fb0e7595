"""Fits every enabled ALS row of seeds/algorithms.csv under every protocol."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F
from pyspark.util import inheritable_thread_target

from reelhouse.als import Fit, Settings, fit

ALS_FAMILIES = ("als", "biased_als")
RATINGS_PER_BLOCK = 500_000
COST_COLUMNS = (
    "algorithm string, protocol string, fold int, iteration int, loss double, seconds double"
)


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
    spark, ratings = ratings.sparkSession, ratings.cache()
    keys = ratings.groupBy("protocol", "fold").count().orderBy("protocol", "fold").collect()
    rows = algorithms.where(F.col("enabled") & F.col("family").isin(*ALS_FAMILIES))
    pairs = [
        (row, key)
        for row in rows.orderBy("algorithm").collect()
        for key in keys
        if key["protocol"] != "all" or row["algorithm"] in read_from_all
    ]

    def fit_one(row: Row, key: Row) -> Fit:
        observations = _observations(ratings, row, key, relevant_rating)
        blocks = max(1, key["count"] // RATINGS_PER_BLOCK)
        return fit(observations, _settings(row), seed=seed, blocks=blocks)

    # Small fits keep one core busy each: as many at once as there are cores.
    cores = spark.sparkContext.defaultParallelism
    with ThreadPoolExecutor(cores) as pool:
        fits = list(pool.map(inheritable_thread_target(spark)(fit_one), *zip(*pairs, strict=True)))
    factors = [
        factors.select(
            *(F.lit(label).alias(name) for name, label in _labels(row, key).items()),
            F.lit(side).alias("side"),
            "*",
        )
        for (row, key), fitted in zip(pairs, fits, strict=True)
        for side, factors in (("user", fitted.users), ("movie", fitted.movies))
    ]
    costs = [
        (*_labels(row, key).values(), fitted.iterations, None, fitted.seconds)
        for (row, key), fitted in zip(pairs, fits, strict=True)
    ]
    return (
        reduce(DataFrame.unionByName, factors)
        .unionByName(spark.createDataFrame(costs, COST_COLUMNS), allowMissingColumns=True)
        .coalesce(cores)
    )


def _labels(row: Row, key: Row) -> dict[str, Any]:
    return {
        "algorithm": row["algorithm"],
        "protocol": key["protocol"],
        "fold": key["fold"],
    }


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
