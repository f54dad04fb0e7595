"""Ratings with a planted taste, planted biases and a planted trend."""

import json
from datetime import UTC, datetime
from functools import cache

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from reelhouse.tuning.search import with_defaults
from reelhouse.tuning.tuner import TRIALS

USERS, MOVIES, TASTES = 180, 60, 2
OLD, RECENT, TESTED, FOLDED_IN = 14, 10, 5, 20
NOISE = 0.4
"""Standard deviation of the ratings around the planted ones, before they are rounded."""
LOWEST, HIGHEST, RELEVANT = 1.0, 5.0, 4.0

RATER, LONER, CRITIC, STRANGER = 1, 1001, 1002, 1003
"""A user of many movies, two users of one movie each (the critic dislikes it), and one of none."""
POPULAR, OBSCURE, UNLIKED = 1, 901, 902
"""A movie of many users, and two movies of one user each: the loner, and the rater."""
EXTREMES = [
    ("train", LONER, OBSCURE, 5.0),
    ("train", CRITIC, POPULAR, 1.0),
    ("train", RATER, UNLIKED, 2.0),
    *(("test", user, POPULAR, 4.0) for user in (LONER, STRANGER)),
    *(("test", CRITIC, movie, 4.0) for movie in (OBSCURE, UNLIKED)),
]
COLUMNS = ("split", "user_id", "movie_id", "rating", "day", "fold")


@cache
def planted_rows() -> list[tuple[str, int, int, float, int]]:
    """Return the split, user, movie, rating and day of ratings; the test rows are recent."""
    rng = np.random.default_rng(3)
    taste = rng.normal(size=(USERS, TASTES)) @ rng.normal(size=(MOVIES, TASTES)).T
    biases = rng.normal(size=(USERS, 1)) + rng.normal(size=MOVIES)
    ratings = 3.3 + 0.5 * biases + 0.7 * taste + NOISE * rng.normal(size=taste.shape)
    ratings = np.clip(np.round(ratings), LOWEST, HIGHEST)
    # People watch popular movies and, above that, movies to their taste.
    popularity = 1.5 * rng.normal(size=MOVIES)
    trend = np.where(np.arange(MOVIES) % 2, 1.0, -1.0)
    old = 0.6 * taste + popularity - trend + rng.gumbel(size=taste.shape)
    recent = 0.6 * taste + popularity + trend + rng.gumbel(size=taste.shape)
    rows = []
    for user in range(USERS):
        early = np.argsort(-old[user])[:OLD]
        late = [movie for movie in np.argsort(-recent[user]) if movie not in early][:RECENT]
        fitted = "fold_in" if user >= USERS - FOLDED_IN else "train"
        tested = rng.permutation(RECENT) < TESTED
        seen = [(fitted, movie, 0) for movie in early]
        seen += [
            ("test" if is_tested else fitted, movie, 400)
            for movie, is_tested in zip(late, tested, strict=True)
        ]
        rows += [
            (split, user + 1, int(movie) + 1, float(ratings[user, movie]), day)
            for split, movie, day in seen
        ]
    return rows + [(*row, 400) for row in EXTREMES]


def seen_movies(user: int) -> set[int]:
    """Return the movies that the user rated in the rows of the fit."""
    return {movie for split, u, movie, *_ in planted_rows() if u == user and split != "test"}


def fitted_movies(lowest: float = LOWEST) -> set[int]:
    """Return the movies with a train rating of ``lowest`` or more."""
    rows = planted_rows()
    return {movie for split, _, movie, rating, _ in rows if split == "train" and rating >= lowest}


def tested_pairs() -> set[tuple[int, int]]:
    return {(user, movie) for split, user, movie, *_ in planted_rows() if split == "test"}


def planted_splits(spark: SparkSession) -> DataFrame:
    """Return rows of the model ``rating_splits``: fold 1 has those of fold 0 in another order."""
    rows = planted_rows()
    shuffled = [rows[i] for i in np.random.default_rng(4).permutation(len(rows))]
    folds = [(*row, fold) for fold, some in enumerate((rows, shuffled)) for row in some]
    columns = dict(zip(COLUMNS, zip(*folds, strict=True), strict=True))
    return (
        spark.createDataFrame(pa.table(columns))
        .coalesce(1)
        .select(
            F.lit("random").alias("protocol"),
            F.col("fold").cast("int"),
            *("user_id", "movie_id", "split", "rating"),
            F.lit(None).cast("double").alias("strength"),
            (F.col("rating") >= RELEVANT).alias("is_relevant"),
            F.expr("timestamp '2020-01-01' + make_interval(0, 0, 0, day)").alias("rated_at"),
        )
    )


def planted_scale(spark: SparkSession) -> DataFrame:
    """Return the row of the model ``int_rating_scale``."""
    return spark.createDataFrame(
        [(LOWEST, HIGHEST, RELEVANT, True, True)],
        "rating_min double, rating_max double, relevant_rating double, has_times boolean,"
        " has_ratings boolean",
    )


def trial_of_blend(algorithms: DataFrame) -> pa.Table:
    """Return a trial that has chosen a blend of factors and item weights."""
    (defaults,) = (row["defaults"] for row in with_defaults(algorithms) if row["family"] == "blend")
    trial = {
        "trial": "a",
        "algorithm": "blend",
        "parameters": json.dumps({"als_graded": 0.25, "als_implicit": 0.25, "ease": 0.5}),
        "inputs": "b",
        "defaults": defaults,
        "metric": "ndcg_at_10",
        "error": 0.5,
        "asked_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return pa.Table.from_pylist([trial], schema=TRIALS)
