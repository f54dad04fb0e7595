"""The systems to compare: each function fits one system and returns the seconds of its phases."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pyspark.ml.recommendation import ALS, ALSModel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from reelhouse.als import Settings, fit_packed, pack
from reelhouse.als.biases import Side
from reelhouse.als.csr import index_ids
from reelhouse.als.ratings import LocalRatings
from reelhouse.als.spark_ratings import SparkRatings
from reelhouse.ranking.all_users import rank_all

FACTORS, ITERATIONS, N = 64, 10, 10
EXPLICIT = Settings(factors=FACTORS, reg=0.05, iterations=ITERATIONS, feedback="explicit")
IMPLICIT = Settings(
    factors=FACTORS, reg=0.05, iterations=ITERATIONS, feedback="implicit", alpha=10.0
)
SEED = 42
THREADS = os.cpu_count() or 1

Ids = dict[Side, NDArray[np.int64]]
Factors = dict[Side, NDArray[np.float32]]


class Measured(NamedTuple):
    """Seconds of each phase (None for a phase that did not run), and the fitted factors."""

    pack: float
    iteration: float
    recommend_all: float | None
    ids: Ids
    factors: Factors


System = Callable[[DataFrame, Settings], Measured]


def reelhouse(solver: str) -> System:
    """Return the system that fits by Reelhouse in the driver, with the solver cg or cholesky."""

    def run(train: DataFrame, settings: Settings) -> Measured:
        settings = replace(settings, solver=solver)  # type: ignore[arg-type]
        start = perf_counter()
        packed = pack(train)
        packing = perf_counter() - start
        start = perf_counter()
        fitted = fit_packed(packed, settings, seed=SEED, label=f"reelhouse-{solver}")
        fitting = perf_counter() - start
        assert isinstance(packed, LocalRatings), "only LocalRatings are ranked here"
        seen = packed.csr["user"]
        start = perf_counter()
        rank_all(
            fitted.factors["user"], fitted.factors["movie"], seen.indptr, seen.columns, N, THREADS
        )
        ranking = perf_counter() - start
        per_iteration = fitting / len(fitted.iterations)
        return Measured(packing, per_iteration, ranking, fitted.ids, fitted.factors)

    return run


def reelhouse_on_workers(train: DataFrame, settings: Settings) -> Measured:
    """Fit by Reelhouse on Spark's workers, as on a cluster, and rank no lists."""
    start = perf_counter()
    packed = SparkRatings(train, train.count(), threads=THREADS)
    packing = perf_counter() - start
    start = perf_counter()
    fitted = fit_packed(packed, settings, seed=SEED, label="reelhouse-workers")
    iteration = (perf_counter() - start) / len(fitted.iterations)
    packed.release()
    return Measured(packing, iteration, None, fitted.ids, fitted.factors)


def mllib(train: DataFrame, settings: Settings) -> Measured:
    """Fit by Spark's own ALS.

    MLlib does not report when an iteration ends. The seconds of an iteration come from the
    difference between a fit of several iterations and a fit of one; the rest is packing.
    """
    narrow = train.select(
        F.col("user_id").cast("int").alias("user"),
        F.col("movie_id").cast("int").alias("movie"),
        F.col("value").cast("float").alias("value"),
    )

    def fit(iterations: int) -> tuple[ALSModel, float]:
        start = perf_counter()
        model = mllib_als(replace(settings, iterations=iterations)).fit(narrow)
        return model, perf_counter() - start

    # The factors of implicit feedback are not evaluated, so that three iterations are enough.
    most = settings.iterations if settings.feedback == "explicit" else 3
    _, short = fit(1)
    model, long = fit(most)
    iteration = (long - short) / (most - 1)
    start = perf_counter()
    model.recommendForAllUsers(N).write.format("noop").mode("overwrite").save()
    ranking = perf_counter() - start
    ids: Ids = {}
    factors: Factors = {}
    frames: dict[Side, DataFrame] = {"user": model.userFactors, "movie": model.itemFactors}
    for side, frame in frames.items():
        table = frame.orderBy("id").toArrow().combine_chunks()
        ids[side] = table["id"].to_numpy().astype(np.int64)
        flat = table["features"].combine_chunks().flatten().to_numpy()
        factors[side] = flat.reshape(len(ids[side]), -1)
    return Measured(max(0.0, short - iteration), iteration, ranking, ids, factors)


def mllib_als(settings: Settings) -> ALS:
    """Return Spark's own ALS of the columns ``user, movie, value``, with the same parameters."""
    return ALS(
        userCol="user",
        itemCol="movie",
        ratingCol="value",
        rank=settings.factors,
        regParam=settings.reg,
        maxIter=settings.iterations,
        implicitPrefs=settings.feedback == "implicit",
        alpha=settings.alpha or 1.0,
        seed=SEED,
    )


def implicit(train: DataFrame, settings: Settings) -> Measured:
    """Fit and rank by the library implicit, with conjugate gradients, on all cores."""
    from implicit.cpu.als import AlternatingLeastSquares

    start = perf_counter()
    table = train.select("user_id", "movie_id", F.col("value").cast("float")).toArrow()
    users, user_rows = index_ids(table["user_id"].to_numpy())
    movies, movie_rows = index_ids(table["movie_id"].to_numpy())
    # In implicit, an entry is the whole weight of an observed pair, 1 + alpha · r.
    weights = 1 + np.float32(settings.alpha or 0) * table["value"].to_numpy()
    matrix = csr_matrix((weights, (user_rows, movie_rows)))
    del table
    packing = perf_counter() - start
    seconds: list[float] = []
    with threadpool_limits(1, "blas"):  # implicit warns otherwise: it has its own threads
        model = AlternatingLeastSquares(
            factors=settings.factors,
            regularization=settings.reg,
            alpha=1.0,
            iterations=settings.iterations,
            random_state=SEED,
            num_threads=THREADS,
        )
        start = perf_counter()
        model.fit(
            matrix,
            show_progress=False,
            callback=lambda iteration, elapsed, loss: seconds.append(elapsed),
        )
        packing += perf_counter() - start - sum(seconds)
        everyone = np.arange(len(users))
        start = perf_counter()
        for block in np.array_split(everyone, max(1, len(users) // 1024)):
            model.recommend(block, matrix[block], N=N, filter_already_liked_items=True)
        ranking = perf_counter() - start
    return Measured(
        packing,
        float(np.mean(seconds)),
        ranking,
        {"user": users, "movie": movies},
        {"user": model.user_factors, "movie": model.item_factors},
    )
