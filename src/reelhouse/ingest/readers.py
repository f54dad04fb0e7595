"""Read the files or tables of a source with Spark, as the raw tables.

All columns are text, as the source writes it. SQL models cast, check and reject the rows later.
Every format fills the same tables:

- ratings: ``user_id, movie_id, rating, rated_at, strength, split, fold`` (epoch seconds or a time)
- movies: ``movie_id, title, genres`` (names joined by ``|``)
- users: ``user_id, age, gender, occupation, zip_code``
- links: ``movie_id, imdb_id, tmdb_id``
- tags: ``movie_id, tag``

Each table has three more columns:

- ``malformed_line``: the whole line, if it has more or fewer fields than its format
- ``file``: the name of the file that the row comes from
- ``is_utf8``: false if a field has bytes that are not UTF-8; U+FFFD replaces these bytes
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import and_
from pathlib import Path

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from reelhouse.ingest.column_names import column_names, type_of
from reelhouse.ingest.csv_layouts import BLANK_SEPARATED, BLANKS, PAIRED_QUOTES
from reelhouse.ingest.formats import JSON, MODEL, PARQUET, TABLE, TEXT, SourceFile
from reelhouse.ingest.locations import (
    base_path,
    file_name,
    given_split,
    location,
    locations,
    with_versions,
)
from reelhouse.ingest.movielens_lines import read_movie_lines, read_tag_lines, read_user_lines
from reelhouse.ingest.parts import files_of, partition_columns
from reelhouse.ingest.text_files import MAX_LINE_BYTES, first_lines, is_latin1, is_utf8
from reelhouse.ingest.versions import FILE_VERSION, rows_of_part

RATINGS = ("user_id", "movie_id", "rating", "rated_at", "strength", "split", "fold")
MOVIES = ("movie_id", "title", "genres")
USERS = ("user_id", "age", "gender", "occupation", "zip_code")
LINKS = ("movie_id", "imdb_id", "tmdb_id")
TAGS = ("movie_id", "tag")
ORIGIN = ("malformed_line", "file", "is_utf8")
"""Columns of every raw table that say where a row comes from and whether it was readable."""
_LINE = "_line"
_CORRUPT = "_corrupt_line"
_PERMISSIVE = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": _CORRUPT}
MAX_FIELDS = 1 << 20
"""Number of fields of a line above which Spark fails."""
REPLACEMENT = "\ufffd"
"""Character that replaces bytes that are not UTF-8."""


def read_ratings(spark: SparkSession, file: SourceFile, rows: DataFrame | None = None) -> DataFrame:
    """Return the raw ratings, one row per rating, with the column ``file_version``.

    Args:
        spark: the session.
        file: the ratings. If it has parts, only these are read.
        rows: the rows of a dbt model.
    """
    parts = {} if file.parts is None else dict(file.parts)
    if file.parts is not None and not parts:
        return _no_rows(spark, RATINGS).withColumn(FILE_VERSION, F.lit(None).cast("string"))
    if file.format == TABLE and len(parts) > 1:
        ranges = (file._replace(parts={part: version}) for part, version in parts.items())
        return reduce(DataFrame.unionByName, (read_ratings(spark, each) for each in ranges))
    if len(parts) > 1:
        ratings = _read_columns(spark, file, RATINGS, rows, F.col("_metadata.file_path"))
        versions = {str(Path(file.path) / part): version for part, version in parts.items()}
        return with_versions(ratings, versions, FILE_VERSION)
    version = F.lit(next(iter(parts.values()), None)).cast("string")
    return _read_columns(spark, file, RATINGS, rows, version)


def read_movies(spark: SparkSession, file: SourceFile | None) -> DataFrame:
    """Return the raw movies, one row per movie; no rows if there is no file."""
    if file is None:
        return _no_rows(spark, MOVIES)
    if file.has_header:
        return _read_columns(spark, file, MOVIES)
    return read_movie_lines(spark, file).select(*MOVIES, *ORIGIN)


def read_users(spark: SparkSession, file: SourceFile | None) -> DataFrame:
    """Return the raw users, one row per user; no rows if there is no file."""
    if file is None:
        return _no_rows(spark, USERS)
    return read_user_lines(spark, file).select(*USERS, *ORIGIN)


def read_links(spark: SparkSession, file: SourceFile | None) -> DataFrame:
    """Return the raw links, one row per movie; no rows if there is no file."""
    return _no_rows(spark, LINKS) if file is None else _read_columns(spark, file, LINKS)


def read_tags(spark: SparkSession, file: SourceFile | None) -> DataFrame:
    """Return the raw tags, one row per user, movie and tag; no rows if there is no file."""
    if file is None:
        return _no_rows(spark, TAGS)
    if file.has_header:
        return _read_columns(spark, file, TAGS)
    return read_tag_lines(spark, file).select(*TAGS, *ORIGIN)


def _read_columns(
    spark: SparkSession,
    file: SourceFile,
    names: Sequence[str],
    rows: DataFrame | None = None,
    version: Column | None = None,
) -> DataFrame:
    """Read a file, or the rows of a table, whose columns have names.

    ``version`` is the last column of the result, if it is given.
    """
    name = F.lit(file.path) if file.format in (TABLE, MODEL) else file_name()
    if rows is None:
        text = _blank_separated if file.separator == BLANKS else _csv
        read = {TABLE: _table, PARQUET: _parquet, JSON: _json, TEXT: text}[file.format]
        frame, columns, line = read(spark, file)
    else:
        frame, columns, line = rows, _columns_by_name(file), F.lit(None).cast("string")
    if _LINE in frame.columns:
        # Bad bytes in other columns do not matter.
        joined = F.concat_ws("", *columns.values(), line)
        is_valid = F.is_valid_utf8(F.col(_LINE)) | ~joined.contains(REPLACEMENT)
    else:
        texts = [column.cast("string") for column in (*columns.values(), line)]
        is_valid = reduce(and_, (F.coalesce(F.is_valid_utf8(t), F.lit(True)) for t in texts))
    columns |= given_split(file)
    nothing = F.lit(None)
    return frame.select(
        *(
            F.make_valid_utf8(columns.get(ours, nothing).cast("string")).alias(ours)
            for ours in names
        ),
        F.make_valid_utf8(line).alias("malformed_line"),
        name.alias("file"),
        is_valid.alias("is_utf8"),
        *([] if version is None else [version.alias(FILE_VERSION)]),
    )


Read = tuple[DataFrame, dict[str, Column], Column]
"""Rows, our column → its expression, and the expression of the malformed line."""


def _table(spark: SparkSession, file: SourceFile) -> Read:
    frame = rows_of_part(spark, file.path, next(iter(file.parts or ()), ""))
    if not set(file.columns.values()) <= set(frame.columns):
        frame = spark.table(file.path)  # a column was renamed after the snapshot
    return frame, _columns_by_name(file), F.lit(None).cast("string")


def _parquet(spark: SparkSession, file: SourceFile) -> Read:
    first, by_folder = _first_part(file)
    frame = spark.read.parquet(*locations(file))
    if by_folder:
        # Without a schema, Spark casts values in folder names to numbers, such as 007 to 7.
        schema = spark.read.parquet(location(str(first))).select(
            *map(_quoted, set(file.columns.values()).difference(by_folder))
        )
        schema = schema.select("*", *(F.lit("").alias(column) for column in by_folder))
        read = spark.read.schema(schema.schema).options(**base_path(file))
        frame = read.parquet(*locations(file))
    columns = _columns_by_name(file)
    for ours, theirs in file.columns.items():
        # Spark reads these as the number of nanoseconds since 1970.
        if theirs not in by_folder and type_of(first, theirs).startswith("timestamp[ns"):
            columns[ours] = (columns[ours] / F.lit(1e9)).cast("string")
    return frame, columns, F.lit(None).cast("string")


def _json(spark: SparkSession, file: SourceFile) -> Read:
    # Not with Spark's JSON reader, which drops empty lists and any text after an object.
    _, by_folder = _first_part(file)
    schema = _text_schema([_LINE, *by_folder])
    read = spark.read.schema(schema).options(**base_path(file))
    frame = read.text(locations(file)).where(F.trim(_LINE) != "")
    text = F.regexp_replace(F.make_valid_utf8(F.col(_LINE)), "^\ufeff", "")
    # The line becomes a part of an outer object. If text follows the line's object, the parser
    # fails, or the outer object ends before `is_whole`.
    fields = [theirs for theirs in file.columns.values() if theirs not in by_folder]
    outer = F.from_json(
        F.concat(F.lit('{"row": '), text, F.lit(', "is_whole": true}')),
        f"row struct<{_text_schema(fields)}>, is_whole boolean",
        {"allowSingleQuotes": "false"},
    )
    row = outer.getField("row")
    is_whole = row.isNotNull() & outer.getField("is_whole").isNotNull()

    def value(theirs: str) -> Column:
        if theirs not in fields:
            return F.col(_quoted(theirs))
        # Spark casts the numbers NaN and Infinity to texts with quotes.
        return F.regexp_replace(row.getField(theirs), '^"([+-]?(NaN|INF|Infinity))"$', "$1")

    columns = {ours: F.when(is_whole, value(theirs)) for ours, theirs in file.columns.items()}
    return frame, columns, F.when(~is_whole, text)


def _csv(spark: SparkSession, file: SourceFile) -> Read:
    first, by_folder = _first_part(file)
    # Columns are read by position, since the other columns may share a name.
    names = column_names(file, first)
    numbered = [f"_column_{number}" for number in range(len(names))]
    is_text = all(map(is_utf8, files_of(file)))
    # Titles are shown, so an older file of them is read in its own encoding.
    is_decoded = is_text or (file.role == "movies" and is_latin1(first))
    frame = (
        spark.read.schema(_text_schema([*numbered, _CORRUPT, *by_folder]))
        .options(header=file.has_header, sep=file.separator, escape='"', maxColumns=MAX_FIELDS)
        .options(encoding="UTF-8" if is_text else "ISO-8859-1", **_PERMISSIVE)
        .option("multiLine", file.has_line_breaks)
        # A quote that is not closed ends the build, rather than join all lines behind it.
        .option("maxCharsPerColumn", MAX_LINE_BYTES if file.has_line_breaks else -1)
        # With column pruning, Spark does not notice missing or extra fields.
        .option("columnPruning", False)
        .options(**base_path(file))
        .csv(locations(file))
    )

    def bytes_of(column: str) -> Column:
        # ISO-8859-1 has a character for every byte, so encoding restores the bytes.
        text = F.col(column)
        return text if is_decoded else F.encode(text, "ISO-8859-1").cast("string")

    columns = {
        ours: F.col(_quoted(theirs))
        if theirs in by_folder
        else bytes_of(numbered[names.index(theirs)])
        for ours, theirs in file.columns.items()
    }
    return frame, columns, bytes_of(_CORRUPT)


def _blank_separated(spark: SparkSession, file: SourceFile) -> Read:
    first, by_folder = _first_part(file)
    names = column_names(file, first)
    schema = _text_schema([_LINE, *by_folder])
    read = spark.read.schema(schema).options(**base_path(file))
    frame = read.text(locations(file)).where(F.trim(_LINE) != "")
    if file.has_header:
        frame = frame.where(F.trim(_LINE) != first_lines(first, 1)[0].strip())
    fields = F.regexp_extract_all(_LINE, F.lit(BLANK_SEPARATED.pattern), F.lit(0))
    is_whole = F.size(fields) == len(names)

    def field(theirs: str) -> Column:
        text = F.get(fields, F.lit(names.index(theirs)))
        return F.when(is_whole, F.regexp_replace(text, PAIRED_QUOTES.pattern, "$1"))

    columns = {
        ours: F.col(_quoted(theirs)) if theirs in by_folder else field(theirs)
        for ours, theirs in file.columns.items()
    }
    return frame, columns, F.when(~is_whole, F.col(_LINE))


def _columns_by_name(file: SourceFile) -> dict[str, Column]:
    return {ours: F.col(_quoted(theirs)) for ours, theirs in file.columns.items()}


def _first_part(file: SourceFile) -> tuple[Path, list[str]]:
    """Return the first part file, and the columns in the names of its folders."""
    path, (first, *_) = Path(file.path), files_of(file)
    is_partitioned = path.is_dir() and not file.splits
    return first, partition_columns(path, [first]) if is_partitioned else []


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _text_schema(names: Sequence[str]) -> str:
    return ", ".join(f"{_quoted(name)} string" for name in names)


def _no_rows(spark: SparkSession, columns: Sequence[str]) -> DataFrame:
    return spark.createDataFrame(
        [], f"{_text_schema([*columns, *ORIGIN[:-1]])}, {ORIGIN[-1]} boolean"
    )
