"""Which ratings a lake is of, as its table raw_release: one source for all its tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from reelhouse.errors import ReelhouseError
from reelhouse.headers import columns_of
from reelhouse.held import LANDED, Held, choose
from reelhouse.readers import read_ratings
from reelhouse.sources import LAKE, ML_100K, ML_DAT, File, Source, find_source

SCHEMA = pa.schema(
    [
        pa.field("data", pa.string()),
        pa.field("mapping", pa.string()),
        pa.field("role", pa.string()),
        pa.field("form", pa.string()),
        pa.field("path", pa.string()),
        pa.field("separator", pa.string()),
        pa.field("columns", pa.string()),
        pa.field("rating_min", pa.float64()),
        pa.field("rating_max", pa.float64()),
        pa.field("rating_step", pa.float64()),
        pa.field("has_times", pa.bool_()),
        pa.field("has_text_user_ids", pa.bool_()),
        pa.field("has_text_movie_ids", pa.bool_()),
    ]
)
WHOLE_SHARE = 0.8
"""Ids of which fewer are whole numbers are text; the others break a rule."""


def read_release(spark: SparkSession, *, data: str, columns: str, table: str) -> DataFrame:
    """One row a file of the source, as SCHEMA has it; ``table`` is where the lake keeps them.

    Raises:
        ReelhouseError: as ``choose`` and ``find_source``; or the source has no rating.
    """
    chosen = choose(data, columns, _held(spark, table))
    source = find_source(*chosen)
    files = [_with_columns(spark, file) for file in source.files]
    source = source._replace(files=tuple(files))
    rows = pa.Table.from_pylist(list(_rows(spark, chosen, source)), SCHEMA)
    return spark.createDataFrame(rows)


def release_file(release: DataFrame, role: str) -> File | None:
    """The file of a role in raw_release; None when the source has none."""
    row = release.where(f"role = '{role}'").first()
    if row is None:
        return None
    return File(role, row["form"], row["path"], row["separator"], json.loads(row["columns"]))


def _held(spark: SparkSession, table: str) -> Held | None:
    table = table.replace("`", "")
    schema, _, _ = table.rpartition(".")
    if not all(spark.catalog.tableExists(name) for name in (table, f"{schema}.{LANDED}")):
        return None
    row = spark.table(table).select("data", "mapping").first()
    return Held(*row) if row else None


def _with_columns(spark: SparkSession, file: File) -> File:
    """The file; of a table in the lake, with the columns that Spark alone knows."""
    if file.form != LAKE:
        return file
    if not spark.catalog.tableExists(file.path):
        raise ReelhouseError(f"the lake has no table {file.path}")
    names = spark.table(file.path).columns
    return file._replace(columns=columns_of(Path(file.path), names, file.role, file.columns))


def _rows(spark: SparkSession, chosen: Held, source: Source) -> Iterator[dict[str, Any]]:
    ratings = source.file("ratings")
    assert ratings is not None
    of_movielens = ratings.form in (ML_100K, ML_DAT)
    ids = _ids_of(read_ratings(spark, ratings))
    if not ids["user_id"].rows:
        raise ReelhouseError(f"{ratings.path} has no ratings: nothing follows its header")
    for column, found in ids.items():
        if found.are_equal:
            raise ReelhouseError(
                f"{ratings.path} has the same {column} in every rating, and recommendations need"
                " two users and two movies. If another column is meant, COLUMNS says which"
            )
    low, high, step = source.scale or (None, None, None)
    has_times = of_movielens or "rated_at" in ratings.columns
    for file in source.files:
        yield {
            "data": chosen.data,
            "mapping": chosen.mapping,
            "role": file.role,
            "form": file.form,
            "path": file.path,
            "separator": file.separator,
            "columns": json.dumps(file.columns),
            "rating_min": low,
            "rating_max": high,
            "rating_step": step,
            "has_times": has_times,
            "has_text_user_ids": not of_movielens and ids["user_id"].are_text,
            "has_text_movie_ids": not of_movielens and ids["movie_id"].are_text,
        }


class Ids(NamedTuple):
    """What a column of ids holds: how many rows, and of what kind."""

    rows: int
    are_equal: bool
    are_text: bool


def _is_padded(text: Column) -> Column:
    """Whether a zero is in front of a digit; a regular expression takes many times as long."""
    return text.startswith("0") & F.substring(text, 2, 1).between("0", "9")


def _ids_of(ratings: DataFrame) -> dict[str, Ids]:
    """The ids of all rows, in one pass: those that come late may be of another kind."""
    columns = ("user_id", "movie_id")
    counts = ratings.select(*columns).agg(
        F.count("*").alias("rows"),
        *(
            F.struct(
                F.count(column).alias("ids"),
                F.count_if(F.expr(f"try_cast({column} as bigint)").isNotNull()).alias("whole"),
                # As a number 007 would be 7, which is somebody else.
                F.count_if(_is_padded(F.ltrim(column))).alias("padded"),
                (F.min(column) == F.max(column)).alias("equal"),
            ).alias(column)
            for column in columns
        ),
    )
    row = counts.collect()[0]
    return {
        column: Ids(
            row["rows"],
            bool(row[column]["equal"]),
            row[column]["padded"] > 0 or row[column]["whole"] < WHOLE_SHARE * row[column]["ids"],
        )
        for column in columns
    }
