"""Count the rows of each part of the ratings, and compute the fingerprints of its rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pyspark.sql import Column, DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from reelhouse.ingest.formats import SourceFile
from reelhouse.ingest.readers import read_ratings
from reelhouse.ingest.samples import same_everywhere
from reelhouse.ingest.usual_names import REQUIRED
from reelhouse.ingest.versions import FILE_VERSION

HASHES = 2**64
"""Number of hashes: sums of hashes are taken modulo this number."""


def counted_parts(
    spark: SparkSession,
    file: SourceFile,
    rows: DataFrame | None,
    known: Mapping[str, dict[str, Any]],
) -> Iterator[dict[str, Any]]:
    """Yield the parts of the ratings with their numbers of rows and fingerprints.

    Parts with a known version are not read. If no version is known, all ratings are read.

    Raises:
        ReelhouseError: all ratings were read, and a required column has the same value in all.
    """
    versions = file.parts or {}
    new = {part: version for part, version in versions.items() if version not in known}
    counts: dict[str, Row] = {}
    if new:
        rows_of_parts = _counts(read_ratings(spark, file._replace(parts=new), rows))
        counts = {row[FILE_VERSION]: row for row in rows_of_parts}
    if counts and not known:
        for column in REQUIRED:
            ends = {row[f"{end}_{column}"] for row in counts.values() for end in ("min", "max")}
            if len(ends - {None}) == 1:
                raise same_everywhere(file.path, column)
    for part, version in versions.items():
        if version in known:
            yield known[version]
            continue
        row = counts.get(version)
        yield {
            "name": part,
            "version": version,
            "row_count": row["row_count"] if row else 0,
            "fingerprint": row["fingerprint"] if row else f"{0:016x}",
        }


def _counts(ratings: DataFrame) -> list[Row]:
    """Return the number of rows, a fingerprint, and the range of the required columns of each part.

    The fingerprint depends neither on the order of the rows nor on the path of the file.
    """
    ranges = (
        function(column).alias(f"{end}_{column}")
        for column in REQUIRED
        for end, function in (("min", F.min), ("max", F.max))
    )
    values = [name for name in ratings.columns if name not in ("file", FILE_VERSION)]
    counted = ratings.groupBy(FILE_VERSION).agg(
        F.count("*").alias("row_count"), _fingerprint(values).alias("fingerprint"), *ranges
    )
    return list(counted.collect())


def _fingerprint(columns: list[str]) -> Column:
    """Return the sum of the hashes of the rows, as 16 digits in base 16.

    An exclusive or would not depend on rows that occur an even number of times. The sum of the
    decimals is exact.
    """
    summed = F.sum(F.xxhash64(*columns).cast("decimal(20)"))
    modulus = F.lit(str(HASHES)).cast("decimal(20)")
    remainder = (summed % modulus + modulus) % modulus
    return F.lower(F.lpad(F.conv(remainder.cast("string"), 10, 16), 16, "0"))


def combined_fingerprint(parts: Sequence[dict[str, Any]]) -> str:
    """Return the fingerprint of all parts, which does not depend on how many parts there are."""
    return f"{sum(int(part['fingerprint'], 16) for part in parts) % HASHES:016x}"
