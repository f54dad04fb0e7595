"""Read the movies, users and tags of MovieLens 100k, 1M and 10M, whose files have no header."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from reelhouse.ingest.formats import SourceFile
from reelhouse.ingest.locations import file_name, location
from reelhouse.ingest.text_files import is_latin1

# Columns of u.item after the first five. The value is 1 if the movie has the genre.
ML_100K_GENRES = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary",
    "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi",
    "Thriller", "War", "Western",
)  # fmt: skip
# Names of the occupations 0, 1, 2, … in the fourth column of MovieLens 1M's users.dat.
ML_1M_OCCUPATIONS = (
    "other", "academic/educator", "artist", "clerical/admin", "college/grad student",
    "customer service", "doctor/health care", "executive/managerial", "farmer", "homemaker",
    "K-12 student", "lawyer", "programmer", "retired", "sales/marketing", "scientist",
    "self-employed", "technician/engineer", "tradesman/craftsman", "unemployed", "writer",
)  # fmt: skip
_LINE = "_line"
_LATIN1_BYTE_ORDER_MARK = "\u00ef\u00bb\u00bf"
"""The byte order mark of UTF-8, decoded as ISO-8859-1."""


def read_movie_lines(spark: SparkSession, file: SourceFile) -> DataFrame:
    """Read u.item or movies.dat: ``movie_id, title, genres``, and the columns of ``ORIGIN``."""
    if file.separator != "|":  # movies.dat
        return _read_lines(spark, file, ("movie_id", "title", "genres"))
    columns = ("movie_id", "title", "released_at", "video_released_at", "url", *ML_100K_GENRES)
    # The first, "unknown", is not a genre.
    flagged = [F.when(F.col(f"`{genre}`") == "1", F.lit(genre)) for genre in ML_100K_GENRES[1:]]
    genres = F.nullif(F.concat_ws("|", *flagged), F.lit(""))
    return _read_lines(spark, file, columns).withColumn("genres", genres)


def read_user_lines(spark: SparkSession, file: SourceFile) -> DataFrame:
    """Read u.user or users.dat: ``user_id, age, gender, occupation, zip_code`` and ``ORIGIN``."""
    if file.separator == "|":  # u.user
        columns = ("user_id", "age", "gender", "occupation", "zip_code")
        return _read_lines(spark, file, columns)
    number = F.expr("try_cast(occupation as int)")
    names = F.array(*map(F.lit, ML_1M_OCCUPATIONS))
    named = F.coalesce(F.get(names, number), "occupation")
    lines = _read_lines(spark, file, ("user_id", "gender", "age", "occupation", "zip_code"))
    return lines.withColumn("occupation", named)


def read_tag_lines(spark: SparkSession, file: SourceFile) -> DataFrame:
    """Read tags.dat: ``user_id, movie_id, tag, tagged_at`` and ``ORIGIN``."""
    return _read_lines(spark, file, ("user_id", "movie_id", "tag", "tagged_at"))


def _read_lines(spark: SparkSession, file: SourceFile, columns: Sequence[str]) -> DataFrame:
    """Read a file without a header; all columns of a malformed line are null."""
    # Not with Spark's CSV reader, which drops blank lines, and removes quotes from titles. The
    # movies and users of older releases are ISO-8859-1.
    if is_latin1(Path(file.path)):
        mark, is_valid = _LATIN1_BYTE_ORDER_MARK, F.lit(True)
        text = F.decode(F.col(_LINE).cast("binary"), "ISO-8859-1")
    else:
        mark, is_valid = "\ufeff", F.is_valid_utf8(F.col(_LINE))
        text = F.make_valid_utf8(F.col(_LINE))
    lines = spark.read.schema(f"{_LINE} string").text(location(file.path), lineSep="\n")
    lines = lines.select(
        F.regexp_replace(text, f"^{mark}|\r$", "").alias(_LINE),
        file_name().alias("file"),
        is_valid.alias("is_utf8"),
    )
    fields = F.split(_LINE, re.escape(file.separator), -1)
    # A blank line has no ids, and the rules on missing ids reject it.
    is_whole = (F.size(fields) == len(columns)) | (F.trim(_LINE) == "")
    return lines.select(
        *(
            F.when(is_whole, F.nullif(F.get(fields, F.lit(position)), F.lit(""))).alias(column)
            for position, column in enumerate(columns)
        ),
        F.when(~is_whole, F.col(_LINE)).alias("malformed_line"),
        "file",
        "is_utf8",
    )
