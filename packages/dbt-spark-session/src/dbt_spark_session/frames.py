"""Convert the result of a Python model to a Spark DataFrame, with NULLs and integers intact."""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from dbt_common.exceptions import DbtRuntimeError
from pyspark.sql import DataFrame, SparkSession, types
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import (
    CalendarIntervalType,
    DataType,
    DayTimeIntervalType,
    NullType,
    StringType,
    StructType,
    TimestampNTZType,
    TimestampType,
    YearMonthIntervalType,
)

from dbt_spark_session.arrow_types import for_spark
from dbt_spark_session.connect import is_connect
from dbt_spark_session.node_sessions import after_node
from dbt_spark_session.spark_types import has_leaf, map_leaves

ACCEPTED = "a pyspark, pandas or pandas-on-Spark DataFrame, or a pyarrow Table or RecordBatchReader"
_PARTITION_BYTES = _HEAP_BYTES = 64 * 2**20
_ROW_GROUP = 2**16

_WITHOUT_INTERVALS = ("iceberg", "delta")
"""File formats whose tables cannot have a column of the types in ``_INTERVALS``."""
_INTERVALS = {
    DayTimeIntervalType: "return the seconds as a number, or text",
    YearMonthIntervalType: "return the months as a number, or text",
}
_UNSUPPORTED = {
    CalendarIntervalType: "return its parts as numbers, or text",
    # Spark 4.0 has no such type.
    getattr(types, "TimeType", CalendarIntervalType): "return text, or the seconds as a number",
}


def to_spark(frame: Any, spark: SparkSession) -> DataFrame:
    """Convert the result of a model to a DataFrame of this session.

    Raises:
        DbtRuntimeError: The result is not a table, or a column has a type that Spark lacks.
    """
    kind = type(frame)
    if kind.__module__.startswith("pyspark.pandas.") and kind.__name__ == "DataFrame":
        frame = frame.to_spark()
    if isinstance(frame, DataFrame):
        return _in_session(frame, spark)
    if kind.__module__.split(".")[0] == "pandas" and kind.__name__ == "DataFrame":
        frame = _from_pandas(frame)
    if isinstance(frame, pa.RecordBatch):
        frame = pa.Table.from_batches([frame])
    if isinstance(frame, pa.Table):
        return from_arrow(frame, spark)
    if isinstance(frame, pa.RecordBatchReader):
        return from_stream(frame, spark)
    name = f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
    raise DbtRuntimeError(f"The model returned {name}; a Python model returns {ACCEPTED}")


def from_arrow(table: pa.Table, spark: SparkSession) -> DataFrame:
    """Convert an Arrow table to a DataFrame; types that Spark cannot read are converted first."""
    table = for_spark(table)
    if is_connect(spark):
        frame = spark.createDataFrame(table, _spark_schema(table.schema))
    elif table.nbytes > _HEAP_BYTES and _takes_file(table.schema, spark):
        frame = _from_file(table.schema, [table], spark)
    else:
        frame = spark.createDataFrame(table, _spark_schema(table.schema))
        # Spark creates a partition for every 10,000 rows, and writes a file for each partition.
        partitions = max(
            spark.sparkContext.defaultParallelism, math.ceil(table.nbytes / _PARTITION_BYTES)
        )
        frame = frame.coalesce(partitions)
    return _with_times_of_session(frame, spark)


def from_stream(reader: pa.RecordBatchReader, spark: SparkSession) -> DataFrame:
    """Convert a stream of Arrow batches to a DataFrame.

    If Spark runs on this machine, the batches are written to a file one by one, so that the stream
    may be larger than the memory.
    """
    schema = for_spark(reader.schema.empty_table()).schema
    if not _takes_file(schema, spark):
        return from_arrow(reader.read_all(), spark)
    tables = (for_spark(pa.Table.from_batches([batch])) for batch in reader)
    return _with_times_of_session(_from_file(schema, tables, spark), spark)


def _spark_schema(schema: pa.Schema) -> StructType:
    _refuse_without_columns(schema.names)
    return from_arrow_schema(schema, prefer_timestamp_ntz=True)


def _takes_file(schema: pa.Schema, spark: SparkSession) -> bool:
    """Return whether Spark can read such a table from a Parquet file of this machine."""
    local = not is_connect(spark) and str(spark.sparkContext.master).startswith("local")
    # From a Parquet file, Spark reads a duration as a number.
    return local and not has_leaf(_spark_schema(schema), (DayTimeIntervalType,))


def _with_times_of_session(frame: DataFrame, spark: SparkSession) -> DataFrame:
    """Read times without a zone as times in the session's time zone."""
    if spark.conf.get("spark.sql.timestampType") == "TIMESTAMP_NTZ":
        return frame
    # Spark, unlike Arrow, converts local times that clocks skip or repeat.
    return _replace_types(frame, TimestampNTZType, TimestampType())


def writable(frame: DataFrame, file_format: str | None) -> DataFrame:
    """Return the frame with types that a table of the format can hold; void becomes string.

    Raises:
        DbtRuntimeError: The frame is a stream, it has no columns or two columns of the same name,
            or a column has a type that such tables lack. The message names the column and what to
            return instead.
    """
    if frame.isStreaming:
        raise DbtRuntimeError(
            "The model returned a streaming DataFrame, but dbt writes its result once: read the "
            "source with spark.read"
        )
    _refuse_without_columns(frame.columns)
    _refuse_repeated_names(frame)
    for field in frame.schema.fields:
        remedy = _remedy(field.dataType, file_format)
        if remedy:
            raise DbtRuntimeError(
                f"Column {field.name} of the result has the type {field.dataType.simpleString()}, "
                f"which a table of format {file_format or 'parquet'} cannot have: {remedy}"
            )
    return _replace_types(frame, NullType, StringType())


def _refuse_without_columns(names: list[str]) -> None:
    if not names:
        raise DbtRuntimeError("The result of the model has no columns: a table needs at least one")


def _refuse_repeated_names(frame: DataFrame) -> None:
    is_exact = frame.sparkSession.conf.get("spark.sql.caseSensitive") == "true"
    seen: dict[str, str] = {}
    for name in frame.columns:
        key = name if is_exact else name.lower()
        if key in seen:
            raise DbtRuntimeError(
                f"The result of the model has the columns {seen[key]} and {name}, which are the "
                "same name for Spark: rename one"
            )
        seen[key] = name


def _remedy(kind: DataType, file_format: str | None) -> str | None:
    unsupported = _UNSUPPORTED
    if file_format in _WITHOUT_INTERVALS:
        unsupported = unsupported | _INTERVALS
    for lacking, remedy in unsupported.items():
        if has_leaf(kind, (lacking,)):
            return remedy
    if "struct<>" in kind.simpleString():
        return "return a struct with a field, or text"
    return None


def _replace_types(frame: DataFrame, old: type[DataType], new: DataType) -> DataFrame:
    if not has_leaf(frame.schema, (old,)):
        return frame
    # Column names may occur twice.
    numbered = frame.toDF(*(f"c{index}" for index in range(len(frame.columns))))
    columns = []
    for name, field in zip(numbered.columns, frame.schema.fields, strict=True):
        column = numbered[name]
        if has_leaf(field.dataType, (old,)):
            column = column.cast(
                map_leaves(field.dataType, lambda kind: new if isinstance(kind, old) else kind)
            )
        columns.append(column.alias(field.name, metadata=field.metadata))
    return numbered.select(*columns)


def _in_session(frame: DataFrame, spark: SparkSession) -> DataFrame:
    """Move a frame to this session, since a module may have kept the session of another model."""
    if frame.sparkSession is spark:
        return frame
    if is_connect(spark):
        raise DbtRuntimeError(
            "The model returned a DataFrame of another session, which Spark Connect cannot move: "
            "make it in the session that the model gets"
        )
    dataset = spark._jvm.org.apache.spark.sql.classic.Dataset
    plan = frame._jdf.queryExecution().analyzed()
    return DataFrame(dataset.ofRows(spark._jsparkSession, plan), spark)


def _from_file(schema: pa.Schema, tables: Iterable[pa.Table], spark: SparkSession) -> DataFrame:
    # createDataFrame would copy the table to Java's heap, and again to every task.
    temp = spark._jvm.java.lang.System.getProperty("java.io.tmpdir")
    folder = tempfile.mkdtemp(prefix="dbt-spark-session-", dir=temp)
    after_node(lambda: shutil.rmtree(folder, ignore_errors=True))
    file = Path(folder, "table.parquet")
    with pq.ParquetWriter(file, schema, compression="lz4") as writer:
        for table in tables:
            writer.write_table(table, row_group_size=_ROW_GROUP)
    return spark.read.schema(_spark_schema(schema)).parquet(f"file:{file}")


def _from_pandas(frame: Any) -> pa.Table:
    # With pandas 3, createDataFrame turns a missing text into 'nan' and an integer column with
    # NULL into floats, and it fails on an empty frame.
    frame = frame.rename(columns=str)
    try:
        return pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
        reasons = "; ".join(str(argument) for argument in error.args)
        raise DbtRuntimeError(
            f"The pandas DataFrame cannot become a table{_culprit(frame)}: {reasons}. "
            "Every column needs a unique name and a single type that Arrow has."
        ) from error


def _culprit(frame: Any) -> str:
    """Return the part of an error message that names a column that cannot be converted."""
    for index, name in enumerate(frame.columns):
        try:
            pa.Table.from_pandas(frame.iloc[:, [index]], preserve_index=False)
        except (pa.ArrowException, ValueError, TypeError, OverflowError):
            return f" because of its column {name}"
    return ""
