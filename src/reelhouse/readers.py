"""Readers of ratings: the files of a source in, raw text tables out.

A raw table holds what the source says, as text, plus the file it came from: casting, checking
and rejecting is SQL's job, downstream. Every form fills the same three tables:

- ratings: ``user_id, movie_id, rating, rated_at`` (epoch seconds or a written time)
- movies: ``movie_id, title, genres`` (names joined by ``|``)
- users: ``user_id, age, gender, occupation, zip_code``

``malformed_line`` is a line that has more or fewer fields than the header, or than a user has.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from reelhouse.errors import ReelhouseError
from reelhouse.headers import DAMAGED, column_names, opened, type_of
from reelhouse.sources import CSV, JSON, LAKE, ML_100K, ML_DAT, PARQUET, File

RATINGS = ("user_id", "movie_id", "rating", "rated_at")
MOVIES = ("movie_id", "title", "genres")
USERS = ("user_id", "age", "gender", "occupation", "zip_code")
MALFORMED = "malformed_line"
_CORRUPT = "_corrupt_line"
_PERMISSIVE = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": _CORRUPT}
MOST_COLUMNS = 1 << 20
"""Fields of a line that Spark reads; it fails on more."""

# UTF-8's, read as ISO-8859-1.
BYTE_ORDER_MARK = "\u00ef\u00bb\u00bf"

# Columns of u.item after the first five, 1 where the movie is of the genre.
ML_100K_GENRES = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary",
    "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi",
    "Thriller", "War", "Western",
)  # fmt: skip

# What the numbers in the fourth column of MovieLens 1M's users.dat stand for.
ML_1M_OCCUPATIONS = (
    "other", "academic/educator", "artist", "clerical/admin", "college/grad student",
    "customer service", "doctor/health care", "executive/managerial", "farmer", "homemaker",
    "K-12 student", "lawyer", "programmer", "retired", "sales/marketing", "scientist",
    "self-employed", "technician/engineer", "tradesman/craftsman", "unemployed", "writer",
)  # fmt: skip


def read_ratings(spark: SparkSession, file: File) -> DataFrame:
    """Raw ratings, one row a rating."""
    if file.form in (ML_100K, ML_DAT):
        separator = "\t" if file.form == ML_100K else "::"
        return _well_formed(_lines(spark, file, separator, RATINGS, "ISO-8859-1"), RATINGS)
    return _columns(spark, file, RATINGS)


def read_movies(spark: SparkSession, file: File | None) -> DataFrame:
    """Raw movies, one row a movie; none without a file."""
    if file is None:
        return _nothing(spark, (*MOVIES, MALFORMED))
    if file.form == ML_100K:
        columns = ("movie_id", "title", "released_at", "video_released_at", "url", *ML_100K_GENRES)
        # "unknown" is no genre.
        flagged = [F.when(F.col(f"`{genre}`") == "1", F.lit(genre)) for genre in ML_100K_GENRES[1:]]
        genres = F.nullif(F.concat_ws("|", *flagged), F.lit(""))
        lines = _lines(spark, file, "|", columns, _encoding(file)).withColumn("genres", genres)
        return _well_formed(lines, MOVIES)
    if file.form == ML_DAT:
        return _well_formed(_lines(spark, file, "::", MOVIES, _encoding(file)), MOVIES)
    return _columns(spark, file, MOVIES)


def read_users(spark: SparkSession, file: File | None) -> DataFrame:
    """Raw users, one row a user; none without a file."""
    if file is None:
        return _nothing(spark, (*USERS, MALFORMED))
    if file.form == ML_100K:
        return _lines(spark, file, "|", USERS, _encoding(file))
    columns = ("user_id", "gender", "age", "occupation", "zip_code")
    number = F.expr("try_cast(occupation as int)")
    names = F.array(*map(F.lit, ML_1M_OCCUPATIONS))
    named = F.coalesce(F.get(names, number), "occupation").alias("occupation")
    return _lines(spark, file, "::", columns, _encoding(file)).select(
        "user_id", "age", "gender", named, "zip_code", MALFORMED, "file"
    )


def _lines(
    spark: SparkSession, file: File, separator: str, columns: Sequence[str], encoding: str
) -> DataFrame:
    # As text, since a CSV reader drops blank lines and extra fields, and takes NUL for a quote.
    text = F.decode(F.col("value").cast("binary"), encoding)
    mark = "\ufeff" if encoding == "UTF-8" else BYTE_ORDER_MARK
    lines = spark.read.text(_location(file), lineSep="\n").withColumn(
        "value", F.regexp_replace(text, f"^{mark}|\r$", "")
    )
    # What a line has too much stays in its last column, which then breaks a rule.
    fields = F.split("value", re.escape(separator), len(columns))
    is_whole = F.size(F.split("value", re.escape(separator))) == len(columns)
    return lines.select(
        *(F.nullif(F.get(fields, F.lit(i)), F.lit("")).alias(c) for i, c in enumerate(columns)),
        F.when(~is_whole, F.col("value")).alias(MALFORMED),
        F.col("_metadata.file_name").alias("file"),
    )


def _well_formed(lines: DataFrame, columns: Sequence[str]) -> DataFrame:
    return lines.select(*columns, F.lit(None).cast("string").alias(MALFORMED), "file")


def _columns(spark: SparkSession, file: File, wanted: Sequence[str]) -> DataFrame:
    """The columns of a form that names them, as text."""
    name, line = F.col("_metadata.file_name"), F.lit(None).cast("string")
    columns = {ours: F.col(_quoted(theirs)) for ours, theirs in file.columns.items()}
    if file.form == LAKE:
        frame, name = spark.table(file.path), F.lit(file.path)
    elif file.form == PARQUET:
        frame = spark.read.parquet(_location(file))
        for ours, theirs in file.columns.items():
            # As Spark reads them: a number of nanoseconds since 1970.
            if type_of(_first_part(file), theirs).startswith("timestamp[ns"):
                columns[ours] = (columns[ours] / F.lit(1e9)).cast("string")
    elif file.form == JSON:
        # As text, since a JSON reader drops an empty list, and what follows an object on its line.
        text = F.regexp_replace("value", "^\ufeff", "")
        frame = spark.read.text(_location(file)).where(F.trim("value") != "")
        schema = _texts([*file.columns.values(), _CORRUPT])
        row = F.from_json(text, schema, _PERMISSIVE)
        is_one = ~F.col("value").rlike(r"\}\s*\{")
        columns = {o: F.when(is_one, row.getField(t)) for o, t in file.columns.items()}
        line = F.when(is_one, row.getField(_CORRUPT)).otherwise(F.col("value"))
    else:
        line = F.col(_CORRUPT)
        # By position: what nobody asks for may have any name, and twice the same.
        names = column_names(_first_part(file), CSV, file.separator)
        columns = {o: F.col(f"c{names.index(t)}") for o, t in file.columns.items()}
        numbered = [f"c{number}" for number in range(len(names))]
        frame = (
            spark.read.schema(_texts([*numbered, _CORRUPT]))
            .options(header=True, sep=file.separator, escape='"', encoding=_encoding(file))
            .options(maxColumns=MOST_COLUMNS, **_PERMISSIVE)
            .csv(_location(file))
        )
    nothing = F.lit(None)
    return frame.select(
        *(columns.get(ours, nothing).cast("string").alias(ours) for ours in wanted),
        line.alias(MALFORMED),
        name.alias("file"),
    )


def _first_part(file: File) -> Path:
    path = Path(file.path)
    return _parts(path)[0] if path.is_dir() else path


def _parts(folder: Path) -> list[Path]:
    return sorted(part for part in folder.iterdir() if not part.name.startswith((".", "_")))


def _location(file: File) -> str:
    """The path for Spark, which does not decode a URI, and takes brackets for a pattern."""
    return "file:" + re.sub(r"([\\{}\[\]*?])", r"\\\1", file.path)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _texts(names: Sequence[str]) -> str:
    return ", ".join(f"{_quoted(name)} string" for name in names)


def _nothing(spark: SparkSession, columns: Sequence[str]) -> DataFrame:
    return spark.createDataFrame([], _texts([*columns, "file"]))


def _encoding(file: File) -> str:
    """UTF-8 if every part of the file is, else ISO-8859-1, as older releases are.

    Raises:
        ReelhouseError: a packed part is cut or damaged.
    """
    path = Path(file.path)
    parts = _parts(path) if path.is_dir() else [path]
    return "UTF-8" if all(map(_is_utf8, parts)) else "ISO-8859-1"


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with opened(path) as content:
            while chunk := content.read(1 << 20):
                decoder.decode(chunk)
    except UnicodeDecodeError:
        return False
    except DAMAGED as error:
        raise ReelhouseError(f"{path} is cut or damaged ({error}): fetch it again") from error
    return True
