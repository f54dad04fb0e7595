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


def fit(ratings: DataFrame, settings: Settings, *, seed: int, blocks: int = 1) -> Fit:
    """Fit R ≈ U·Mᵀ by MLlib's ALS.

    ``ratings`` is ``user_id bigint, movie_id bigint, rating``, one row a pair: a rating or a
    residual for explicit feedback; for implicit feedback a weight above 0 that ``alpha`` scales.
    ``blocks`` is the number of parts of each side: the most tasks that a step can run at once.
    """
    _check(settings)
    narrow, users, movies = _narrow(ratings)
    ordered = (
        narrow.withColumn("rating", F.col("rating").cast("float"))
        # The sums inside MLlib follow the order of its input.
        .repartition(blocks, "user")
        .sortWithinPartitions("user", "movie")
    )
    start = perf_counter()
    model = ALS(
        userCol="user",
        itemCol="movie",
        ratingCol="rating",
        rank=settings.factors,
        regParam=settings.reg,
        maxIter=settings.iterations,
        implicitPrefs=settings.feedback == "implicit",
        alpha=settings.alpha or 1.0,
        numUserBlocks=blocks,
        numItemBlocks=blocks,
        seed=seed,
    ).fit(ordered)
    return Fit(
        users=_with_ids(model.userFactors, users),
        movies=_with_ids(model.itemFactors, movies),
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


def _narrow(ratings: DataFrame) -> tuple[DataFrame, DataFrame | None, DataFrame | None]:
    """``user, movie, rating`` with the 32-bit ids that MLlib takes, and what they stand for.

    Ids that fit stand for themselves (None); others are replaced by their position.
    """
    columns = ["user_id", "movie_id"]
    extremes = ratings.select(
        F.min(F.least(*columns)).alias("least"), F.max(F.greatest(*columns)).alias("greatest")
    ).first()
    if extremes is None or extremes["least"] is None:
        raise ReelhouseError("There is nothing to fit: no rating is left of the split or rule.")
    if extremes["least"] >= -(2**31) and extremes["greatest"] < 2**31:
        return ratings.toDF("user", "movie", "rating"), None, None
    users, movies = (
        ratings.select(F.col(column).alias("id"))
        .distinct()
        .withColumn("position", F.row_number().over(Window.orderBy("id")))
        for column in columns
    )
    narrow = ratings.join(users, ratings["user_id"] == users["id"]).join(
        movies, ratings["movie_id"] == movies["id"]
    )
    return (
        narrow.select(users["position"], movies["position"], "rating").toDF(
            "user", "movie", "rating"
        ),
        users,
        movies,
    )


def _with_ids(factors: DataFrame, ids: DataFrame | None) -> DataFrame:
    factors = factors.toDF("position", "factors")
    if ids is None:
        return factors.select(F.col("position").cast("bigint").alias("id"), "factors")
    return factors.join(ids, "position").select("id", "factors")
