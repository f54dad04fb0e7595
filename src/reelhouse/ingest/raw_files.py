"""The table raw_files: the files or tables of the lake's data set, their formats and columns."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession

from reelhouse.errors import ReelhouseError
from reelhouse.ingest.columns import columns_of, parse_columns
from reelhouse.ingest.data_set import (
    RAW_FILES,
    TABLES_OF_A_BUILD,
    DataSet,
    UnknownDataSetError,
    choose_data_set,
)
from reelhouse.ingest.forgotten_rows import forgotten_count
from reelhouse.ingest.formats import MODEL, TABLE, RatingsSource, SourceFile
from reelhouse.ingest.part_counts import combined_fingerprint, counted_parts
from reelhouse.ingest.samples import no_ratings
from reelhouse.ingest.sources import MODEL_PREFIX, find_source
from reelhouse.ingest.time_patterns import declared_pattern
from reelhouse.ingest.versions import versions_of

SCHEMA = pa.schema(
    [
        pa.field("data", pa.string()),
        pa.field("mapping", pa.string()),
        pa.field("role", pa.string()),
        pa.field("format", pa.string()),
        pa.field("path", pa.string()),
        pa.field("separator", pa.string()),
        pa.field("columns", pa.string()),
        pa.field("has_header", pa.bool_()),
        pa.field("splits", pa.string()),
        pa.field("has_line_breaks", pa.bool_()),
        pa.field("rating_min", pa.float64()),
        pa.field("rating_max", pa.float64()),
        pa.field("rating_step", pa.float64()),
        pa.field("has_times", pa.bool_()),
        pa.field("fingerprint", pa.string()),
        pa.field(
            "parts",
            pa.list_(
                pa.struct(
                    [
                        pa.field("name", pa.string()),
                        pa.field("version", pa.string()),
                        pa.field("row_count", pa.int64()),
                        pa.field("fingerprint", pa.string()),
                    ]
                )
            ),
        ),
        pa.field("forgotten_count", pa.int64()),
    ]
)


def list_raw_files(
    spark: SparkSession,
    *,
    data: str,
    columns: str,
    table: str,
    relation: str = "",
    rows: DataFrame | None = None,
    is_update: bool = False,
) -> DataFrame:
    """Return one row per file of the data set to build, with the columns of SCHEMA.

    Args:
        spark: the session.
        data: DATA, as ``find_source`` takes it; empty to keep the data set of the lake.
        columns: COLUMNS, as ``parse_columns`` takes it.
        table: the name of the table of an earlier build, which may be missing.
        relation: the var interactions_relation, which names a dbt model in place of ``data``.
        rows: the rows of this model.
        is_update: whether to read only the parts of the ratings that ``table`` does not have.

    Raises:
        ReelhouseError: the errors of ``declared_pattern``, ``choose_data_set`` and ``find_source``;
            the source has no rating; ``data`` and ``relation`` are both set; or both are empty and
            the lake has lost the table that names its ratings.
    """
    declared_pattern()
    if relation and data:
        raise ReelhouseError(
            f"the var interactions_relation names {relation}, and REELHOUSE_DATA is {data}: unset"
            " one of them"
        )
    data = f"{MODEL_PREFIX}{relation}" if relation else data
    chosen = choose_data_set(data, columns, _data_set_of_table(spark, table, is_named=bool(data)))
    if rows is None:
        source = find_source(*chosen)
        files = tuple(_with_columns(spark, file) for file in source.files)
        source = source._replace(files=files)
    else:
        source = _source_of_model(relation, rows, chosen)
    earlier = _earlier_parts(spark, table) if is_update else []
    described = list(_describe_files(spark, chosen, source, rows, earlier))
    return spark.createDataFrame(pa.Table.from_pylist(described, SCHEMA))


def _source_of_model(name: str, rows: DataFrame, chosen: DataSet) -> RatingsSource:
    """Return a source whose only file is a dbt model."""
    mapping = parse_columns(chosen.mapping)
    try:
        columns = columns_of(Path(name), rows.columns, "ratings", mapping)
    except ReelhouseError as error:
        message = re.sub(r"(DATA=\S+ )?\bCOLUMNS\b", "REELHOUSE_COLUMNS", str(error))
        raise ReelhouseError(f"the model {message}; or rename the columns in the model") from error
    return RatingsSource(chosen.data, (SourceFile("ratings", MODEL, name, columns=columns),), None)


def file_with_role(raw_files: DataFrame, role: str) -> SourceFile | None:
    """Return the file of a role; None if the data set has none.

    Raises:
        ReelhouseError: another version of Reelhouse built the table ``raw_files``.
    """
    _check_columns(raw_files)
    row = raw_files.where(f"role = '{role}'").first()
    if row is None:
        return None
    return SourceFile(
        *(role, row["format"], row["path"], row["separator"]),
        *(json.loads(row["columns"]), row["has_header"]),
        {name: (split, fold) for name, (split, fold) in json.loads(row["splits"]).items()},
        row["has_line_breaks"],
        None if row["parts"] is None else {part["name"]: part["version"] for part in row["parts"]},
    )


def forgotten_at_build(raw_files: DataFrame) -> int:
    """Return how many people the lake had forgotten when the ratings were read.

    Raises:
        ReelhouseError: another version of Reelhouse built the table ``raw_files``.
    """
    _check_columns(raw_files)
    row = raw_files.first()
    return int(row["forgotten_count"]) if row else 0


def _check_columns(raw_files: DataFrame) -> None:
    needed = {"format", "has_header", "splits", "has_line_breaks", "parts", "forgotten_count"}
    if not needed.issubset(raw_files.columns):
        raise ReelhouseError(
            f"another version of Reelhouse built {RAW_FILES}: build it again with `make build`"
        )


def _earlier_parts(spark: SparkSession, table: str) -> list[dict[str, Any]]:
    """Return the parts of the ratings in the table ``raw_files`` of an earlier build."""
    raw_files = spark.table(table)
    _check_columns(raw_files)
    row = raw_files.where("role = 'ratings'").first()
    return [part.asDict() for part in row["parts"] or []] if row else []


def _data_set_of_table(spark: SparkSession, table: str, *, is_named: bool) -> DataSet | None:
    """Return the data set that an earlier build wrote to ``table``; None if there is none.

    ``is_named``: whether the user names the data set. If so, a missing table is not an error.
    """
    table = table.replace("`", "")
    schema, dot, _ = table.rpartition(".")
    if not any(spark.catalog.tableExists(f"{schema}{dot}{name}") for name in TABLES_OF_A_BUILD):
        return None
    if not spark.catalog.tableExists(table):
        if is_named:
            return None
        raise UnknownDataSetError(
            f"the data set of the lake is unknown, since the lake has no table {RAW_FILES}."
            " Name the ratings again, as in `make build DATA=/path/to/ratings.csv`"
        )
    row = spark.table(table).select("data", "mapping").first()
    return DataSet(*row) if row else None


def _with_columns(spark: SparkSession, file: SourceFile) -> SourceFile:
    """Return the file; if it is a table, add its columns, which only Spark can read."""
    if file.format != TABLE:
        return file
    if not _is_table(spark, file.path):
        raise ReelhouseError(
            f"Spark finds no table {file.path}: name another one in DATA, with its catalog if this"
            " is not the lake, as in table:shop.sales.orders; the profile configures the catalogs"
        )
    names = spark.table(file.path).columns
    return file._replace(columns=columns_of(Path(file.path), names, file.role, file.columns))


def _is_table(spark: SparkSession, name: str) -> bool:
    try:
        return bool(spark.catalog.tableExists(name))
    except AnalysisException:  # some catalogs refuse names with too many or too few parts
        return False


def _describe_files(
    spark: SparkSession,
    chosen: DataSet,
    source: RatingsSource,
    rows: DataFrame | None,
    earlier: Sequence[dict[str, Any]],
) -> Iterator[dict[str, Any]]:
    """Yield a row per file, after a check of the ratings."""
    ratings = source.file("ratings")
    assert ratings is not None
    forgotten = forgotten_count(spark)
    known = {part["version"]: part for part in earlier}
    held = {part["name"]: part["version"] for part in earlier}
    versions = versions_of(ratings, forgotten, spark=spark, earlier=held)
    parts = list(counted_parts(spark, ratings._replace(parts=versions), rows, known))
    if not sum(part["row_count"] for part in parts):
        raise no_ratings(ratings.path)
    low, high, step = source.scale or (None, None, None)
    has_times = "rated_at" in ratings.columns
    for file in source.files:
        is_ratings = file.role == "ratings"
        others = {} if is_ratings else versions_of(file, forgotten)
        yield {
            "data": chosen.data,
            "mapping": chosen.mapping,
            "role": file.role,
            "format": file.format,
            "path": file.path,
            "separator": file.separator,
            "columns": json.dumps(file.columns),
            "has_header": file.has_header,
            "splits": json.dumps(file.splits),
            "has_line_breaks": file.has_line_breaks,
            "rating_min": low,
            "rating_max": high,
            "rating_step": step,
            "has_times": has_times,
            "fingerprint": combined_fingerprint(parts) if is_ratings else None,
            "parts": parts
            if is_ratings
            else [{"name": n, "version": v} for n, v in others.items()],
            "forgotten_count": forgotten,
        }
