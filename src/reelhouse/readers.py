"""Readers of rating releases: one release in, raw text tables out.

A raw table holds what the release says, as text, plus the file it came from: casting, checking
and rejecting is SQL's job, downstream. Every reader fills the same three tables:

- ratings: ``user_id, movie_id, rating, rated_at`` (epoch seconds or a written time)
- movies: ``movie_id, title, genres`` (names joined by ``|``)
- users: ``user_id, age, gender, occupation, zip_code``
"""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from reelhouse.errors import ReelhouseError

ML_100K_GENRES = (
    "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama",
    "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War",
    "Western",
)  # fmt: skip


def read_ratings(spark: SparkSession, data: str | Path) -> DataFrame:
    """Raw ratings of the release in folder ``data``, one row a rating."""
    rows = _ml_100k(spark, data, "ratings")
    return _as_text(
        rows,
        user_id=F.col("user_id"),
        movie_id=F.col("movie_id"),
        rating=F.col("rating"),
        rated_at=F.col("timestamp"),
    )


def read_movies(spark: SparkSession, data: str | Path) -> DataFrame:
    """Raw movies of the release in folder ``data``, one row a movie."""
    rows = _ml_100k(spark, data, "movies")
    flagged = [F.when(F.col(f"`{genre}`") == 1, F.lit(genre)) for genre in ML_100K_GENRES]
    return _as_text(
        rows,
        movie_id=F.col("movie_id"),
        title=F.col("movie_title"),
        genres=F.nullif(F.concat_ws("|", *flagged), F.lit("")),
    )


def read_users(spark: SparkSession, data: str | Path) -> DataFrame:
    """Raw users of the release in folder ``data``, one row a user."""
    rows = _ml_100k(spark, data, "users")
    return _as_text(
        rows,
        user_id=F.col("user_id"),
        age=F.col("age"),
        gender=F.col("gender"),
        occupation=F.col("occupation"),
        zip_code=F.col("zip_code"),
    )


def _ml_100k(spark: SparkSession, data: str | Path, table: str) -> DataFrame:
    path = Path(data).resolve() / f"{table}.parquet"
    if not path.is_file():
        raise ReelhouseError(f"{path} is missing: run `make setup` to fetch MovieLens 100k.")
    return spark.createDataFrame(pq.read_table(path))


def _as_text(rows: DataFrame, **columns: Column) -> DataFrame:
    text = [column.cast("string").alias(name) for name, column in columns.items()]
    return rows.select(*text, F.lit("x").alias("file"))
