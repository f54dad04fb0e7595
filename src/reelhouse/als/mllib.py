"""MLlib's ALS behind the same result: an engine to choose, and to compare with."""

from __future__ import annotations

from time import perf_counter

import numpy as np
import pyarrow.compute as pc
from pyspark.ml.recommendation import ALS
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from reelhouse.als.fit import Fit, Iteration
from reelhouse.als.settings import Floats, Ints, Settings
from reelhouse.errors import ReelhouseError

RATINGS_PER_BLOCK = 500_000


def fit_by_mllib(ratings: DataFrame, settings: Settings, *, seed: int) -> Fit:
    """Fit ``user_id, movie_id, value`` by MLlib's ALS, which reports no loss."""
    if settings.biases:
        raise ReelhouseError("MLlib's ALS has no biases: set the var als_engine to native")
    if settings.reg_exponent != 1 or settings.unobserved_weight is not None:
        raise ReelhouseError(
            "MLlib's ALS regularises by reg * n only: in seeds/algorithms.csv set reg_exponent to 1"
            " and leave unobserved_weight empty, or set the var als_engine to native."
        )
    if "weight" in ratings.columns:
        raise ReelhouseError("MLlib's ALS takes no weights: set the var als_engine to native")
    narrow, users, movies = _narrow(ratings)
    blocks = max(1, narrow.count() // RATINGS_PER_BLOCK)
    ordered = (
        narrow.withColumn("value", F.col("value").cast("float"))
        # The sums inside MLlib follow the order of its input.
        .repartition(blocks, "user")
        .sortWithinPartitions("user", "movie")
    )
    start = perf_counter()
    als = mllib_als(settings, seed=seed, numUserBlocks=blocks, numItemBlocks=blocks)
    model = als.fit(ordered)
    seconds = perf_counter() - start
    user_ids, user_factors = _arrays(model.userFactors, users)
    movie_ids, movie_factors = _arrays(model.itemFactors, movies)
    return Fit(
        {"user": user_ids, "movie": movie_ids},
        {"user": user_factors, "movie": movie_factors},
        [Iteration(settings.iterations, None, seconds)],
    )


def mllib_als(settings: Settings, *, seed: int, **options: int) -> ALS:
    """MLlib's ALS of ``user, movie, value``, with more options of its own."""
    return ALS(
        userCol="user",
        itemCol="movie",
        ratingCol="value",
        rank=settings.factors,
        regParam=settings.reg,
        maxIter=settings.iterations,
        implicitPrefs=settings.feedback == "implicit",
        alpha=settings.alpha or 1.0,
        seed=seed,
        **options,
    )


def _narrow(ratings: DataFrame) -> tuple[DataFrame, DataFrame | None, DataFrame | None]:
    """``user, movie, value`` with the 32-bit ids that MLlib takes, and what they stand for.

    Ids that fit stand for themselves (None); others are replaced by their position.
    """
    columns = ["user_id", "movie_id"]
    extremes = ratings.select(
        F.min(F.least(*columns)).alias("least"), F.max(F.greatest(*columns)).alias("greatest")
    ).first()
    if extremes is None or extremes["least"] is None:
        raise ReelhouseError("there is no rating to fit")
    if extremes["least"] >= -(2**31) and extremes["greatest"] < 2**31:
        return ratings.select(*columns, "value").toDF("user", "movie", "value"), None, None
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
        narrow.select(users["position"], movies["position"], "value").toDF(
            "user", "movie", "value"
        ),
        users,
        movies,
    )


def _arrays(factors: DataFrame, ids: DataFrame | None) -> tuple[Ints, Floats]:
    factors = factors.toDF("position", "factors")
    if ids is None:
        factors = factors.select(F.col("position").cast("bigint").alias("id"), "factors")
    else:
        factors = factors.join(ids, "position").select("id", "factors")
    table = factors.orderBy("id").toArrow()
    # Chunk by chunk: the offsets of one Arrow list are 32-bit integers.
    flat = pc.list_flatten(table["factors"]).to_numpy()
    matrix: Floats = flat.reshape(table.num_rows, -1).astype(np.float32)
    return table["id"].to_numpy(), matrix
