"""Empty the rows of people whom the lake has forgotten, before Spark writes them to a table."""

from __future__ import annotations

from functools import reduce
from operator import or_
from pathlib import Path

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from reelhouse.ingest.versions import FILE_VERSION
from reelhouse.lake.catalog import local_path
from reelhouse.lake.forgotten import NUMBER, TEXT, Forgotten, read_forgotten

BLOCK_BYTES = 64
"""Block size of SHA-256."""
KEPT = ("file", "is_utf8", FILE_VERSION)
"""Columns that stay in an emptied row. The others are null."""
WITHHELD = "withheld, since the lake has forgotten a person, whom the line may name"


def withhold_forgotten(rows: DataFrame) -> DataFrame:
    """Return raw ratings or raw users with a column ``is_forgotten``.

    The other values of a forgotten person's row are null, so that the number of rows stays. Once a
    lake has forgotten a person, it has no text of malformed lines any more.

    Args:
        rows: rows with the columns of the table ``raw_ratings`` or ``raw_users``.

    Raises:
        ReelhouseError: an error of ``read_forgotten``.
    """
    forgotten = _forgotten(rows)
    if forgotten is None:
        return rows.withColumn("is_forgotten", F.lit(False))
    number = F.expr(
        "coalesce(try_cast(user_id as bigint), try_cast(try_cast(user_id as double) as bigint))"
    )
    persons = (
        F.concat(F.lit(NUMBER), number.cast("string")),
        F.concat(F.lit(TEXT), F.trim("user_id")),
    )
    matches = (_keyed_hash(forgotten.key, person).isin(*forgotten.hashes) for person in persons)
    is_forgotten = reduce(or_, (F.coalesce(each, F.lit(False)) for each in matches))
    values = {name: F.col(name) for name in rows.columns} | {"malformed_line": _withheld_line()}
    return rows.select(
        *(
            (value if name in KEPT else F.when(~is_forgotten, value)).alias(name)
            for name, value in values.items()
        ),
        is_forgotten.alias("is_forgotten"),
    )


def withhold_lines(rows: DataFrame) -> DataFrame:
    """Return raw tags, without malformed lines once the lake has forgotten a person.

    Args:
        rows: rows with the columns of the table ``raw_tags``, which do not name the user.

    Raises:
        ReelhouseError: an error of ``read_forgotten``.
    """
    if _forgotten(rows) is None:
        return rows
    return rows.withColumn("malformed_line", _withheld_line())


def forgotten_count(spark: SparkSession) -> int:
    """Return how many people the lake has forgotten to which Spark writes.

    Raises:
        ReelhouseError: an error of ``read_forgotten``.
    """
    forgotten = _forgotten_by_lake(spark)
    return len(forgotten.hashes) if forgotten else 0


def _forgotten(rows: DataFrame) -> Forgotten | None:
    return _forgotten_by_lake(rows.sparkSession)


def _forgotten_by_lake(spark: SparkSession) -> Forgotten | None:
    """Return the people whom the lake has forgotten to which Spark writes."""
    warehouse = spark.conf.get("spark.sql.catalog.build.warehouse", None)
    return read_forgotten(Path(local_path(warehouse)).parent) if warehouse else None


def _withheld_line() -> Column:
    return F.when(F.col("malformed_line").isNotNull(), F.lit(WITHHELD))


def _keyed_hash(key: bytes, text: Column) -> Column:
    """Return the HMAC-SHA256 of a text, as ``keyed_hash`` does; null for null."""
    padded = key.ljust(BLOCK_BYTES, b"\0")
    inner, outer = (bytearray(byte ^ pad for byte in padded) for pad in (0x36, 0x5C))
    digest = F.unhex(F.sha2(F.concat(F.lit(inner), F.encode(text, "UTF-8")), 256))
    return F.sha2(F.concat(F.lit(outer), digest), 256)
