"""Readers of rating releases: one release in, raw text tables out.

A raw table holds what the release says, as text, plus the file it came from: casting, checking
and rejecting is SQL's job, downstream. Every reader fills the same three tables:

- ratings: ``user_id, movie_id, rating, rated_at`` (epoch seconds or a written time)
- movies: ``movie_id, title, genres`` (names joined by ``|``)
- users: ``user_id, age, gender, occupation, zip_code``
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from reelhouse.errors import ReelhouseError

# UTF-8's, read as ISO-8859-1.
BYTE_ORDER_MARK = "\u00ef\u00bb\u00bf"

# Columns of u.item after the first five, 1 where the movie is of the genre.
ML_100K_GENRES = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary",
    "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi",
    "Thriller", "War", "Western",
)  # fmt: skip


def read_ratings(spark: SparkSession, data: str | Path) -> DataFrame:
    """Raw ratings of the release in folder ``data``, one row a rating."""
    columns = ("user_id", "movie_id", "rating", "rated_at")
    return _read(spark, Path(data, "u.data"), "\t", columns)


def read_movies(spark: SparkSession, data: str | Path) -> DataFrame:
    """Raw movies of the release in folder ``data``, one row a movie."""
    columns = ("movie_id", "title", "released_at", "video_released_at", "url", *ML_100K_GENRES)
    # "unknown" is no genre.
    flagged = [F.when(F.col(f"`{genre}`") == "1", F.lit(genre)) for genre in ML_100K_GENRES[1:]]
    genres = F.nullif(F.concat_ws("|", *flagged), F.lit(""))
    return _read(spark, Path(data, "u.item"), "|", columns).select(
        "movie_id", "title", genres.alias("genres"), "file"
    )


def read_users(spark: SparkSession, data: str | Path) -> DataFrame:
    """Raw users of the release in folder ``data``, one row a user."""
    columns = ("user_id", "age", "gender", "occupation", "zip_code")
    return _read(spark, Path(data, "u.user"), "|", columns)


def _read(spark: SparkSession, path: Path, separator: str, columns: Sequence[str]) -> DataFrame:
    path = path.resolve()
    if not path.is_file():
        raise ReelhouseError(
            f"{path} is missing: the data folder needs u.data, u.item and u.user. Run `make setup`"
            " to fetch MovieLens 100k, or let REELHOUSE_DATA name a folder that has them"
        )
    # As text, since a CSV reader drops blank lines and extra fields, and takes NUL for a quote.
    text = F.decode(F.col("value").cast("binary"), "ISO-8859-1")
    lines = spark.read.text(path.as_uri(), lineSep="\n").withColumn(
        "value", F.regexp_replace(text, f"^{BYTE_ORDER_MARK}|\r$", "")
    )
    # What a line has too much stays in its last column, which then breaks a rule.
    fields = F.split("value", re.escape(separator), len(columns))
    return lines.select(
        *(F.nullif(F.get(fields, F.lit(i)), F.lit("")).alias(c) for i, c in enumerate(columns)),
        F.col("_metadata.file_name").alias("file"),
    )
