"""Alternating least squares: ratings in, factors out."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import Literal

from pyspark.ml.recommendation import ALS
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from reelhouse.errors import ReelhouseError

Feedback = Literal["explicit", "implicit"]


@dataclass(frozen=True)
class Settings:
    """Parameters of one fit, as a row of seeds/algorithms.csv states them.

    ``reg`` is multiplied by the number of ratings of the row being solved, to the power
    ``reg_exponent``: 1 is the weighted-lambda regularisation of Zhou et al. 2008 (ALS-WR).
    ``alpha`` is the weight of a positive over a missing observation (Hu, Koren & Volinsky 2008).
    """

    factors: int
    reg: float
    iterations: int
    feedback: Feedback
    reg_exponent: float = 1.0
    alpha: float | None = None
    unobserved_weight: float | None = None


@dataclass(frozen=True)
class Fit:
    """Factors of both sides, each a DataFrame ``id bigint, factors array<float>``, and the cost."""

    users: DataFrame
    movies: DataFrame
    iterations: int
    seconds: float


def fit(ratings: DataFrame, settings: Settings, *, seed: int) -> Fit:
    """Fit R ≈ U·Mᵀ by MLlib's ALS.

    ``ratings`` has ``user_id bigint, movie_id bigint, rating`` with one row a pair: a rating or a
    residual for explicit feedback; for implicit feedback a weight above 0 that ``alpha`` scales.
    """
    _check(settings)
    spark = ratings.sparkSession
    blocks = int(spark.conf.get("spark.sql.shuffle.partitions"))
    users, movies = _index(ratings, "user_id"), _index(ratings, "movie_id")
    indexed = (
        ratings.join(F.broadcast(users), "user_id")
        .join(F.broadcast(movies), "movie_id")
        .select("user_index", "movie_index", F.col("rating").cast("float"))
        # The sums inside MLlib follow the order of its input.
        .repartition(blocks, "user_index")
        .sortWithinPartitions("user_index", "movie_index")
    )
    start = perf_counter()
    model = ALS(
        userCol="user_index",
        itemCol="movie_index",
        ratingCol="rating",
        rank=settings.factors,
        regParam=settings.reg,
        maxIter=settings.iterations,
        implicitPrefs=settings.feedback == "implicit",
        alpha=settings.alpha or 1.0,
        numUserBlocks=blocks,
        numItemBlocks=blocks,
        seed=seed,
    ).fit(indexed)
    return Fit(
        users=_with_ids(model.userFactors, users, "user"),
        movies=_with_ids(model.itemFactors, movies, "movie"),
        iterations=settings.iterations,
        seconds=perf_counter() - start,
    )


def _check(settings: Settings) -> None:
    if settings.reg_exponent != 1 or settings.unobserved_weight:
        raise ReelhouseError(
            "MLlib's ALS regularises by reg * n only: in seeds/algorithms.csv set reg_exponent to 1"
            " and leave unobserved_weight empty."
        )
    if settings.feedback == "implicit" and settings.alpha is None:
        raise ReelhouseError("Implicit feedback needs an alpha: set it in seeds/algorithms.csv.")


def _index(ratings: DataFrame, column: str) -> DataFrame:
    """Positions 0, 1, … of the ids in ``column``, ascending: MLlib takes 32-bit ids only."""
    index = column.replace("_id", "_index")
    position = F.row_number().over(Window.orderBy(column)) - 1
    return ratings.select(column).distinct().withColumn(index, position)


def _with_ids(factors: DataFrame, ids: DataFrame, side: str) -> DataFrame:
    return factors.join(ids, factors["id"] == ids[f"{side}_index"]).select(
        ids[f"{side}_id"].alias("id"), F.col("features").alias("factors")
    )
