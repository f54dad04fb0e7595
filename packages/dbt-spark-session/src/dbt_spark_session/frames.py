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
from pyspark.sql import DataFrame, SparkSession

from dbt_spark_session.cleanup import after_model

ACCEPTED = "a pyspark, pandas or pandas-on-Spark DataFrame, or a pyarrow Table or RecordBatchReader"
_PARTITION_BYTES = _HEAP_BYTES = 64 * 2**20
_ROW_GROUP = 2**16

SPARK_TYPES = {
    pa.uint8(): pa.int16(),
    pa.uint16(): pa.int32(),
    pa.uint32(): pa.int64(),
    pa.uint64(): pa.decimal128(20, 0),
    pa.float16(): pa.float32(),
    pa.date64(): pa.date32(),
    pa.null(): pa.string(),
}
"""Arrow type that Spark cannot read → the Spark type that holds its values."""


def to_spark(frame: Any, spark: SparkSession) -> DataFrame:
    """Convert the result of a model to a Spark DataFrame.

    Raises:
        DbtRuntimeError: The result is not a table, or a pandas column has several types.
    """
    if isinstance(frame, DataFrame):
        return frame
    kind = type(frame)
    if kind.__module__.startswith("pyspark.pandas.") and kind.__name__ == "DataFrame":
        converted: DataFrame = frame.to_spark()
        return converted
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
    """Convert an Arrow table to a DataFrame; types that Spark cannot read are cast first."""
    schema = _schema_for_spark(table.schema)
    table = table.cast(schema)
    if table.nbytes > _HEAP_BYTES and _takes_file(schema, spark):
        return _from_file(schema, [table], spark)
    frame = spark.createDataFrame(table)
    # Spark creates a partition for every 10,000 rows, and writes a file for each partition.
    partitions = max(
        spark.sparkContext.defaultParallelism, math.ceil(table.nbytes / _PARTITION_BYTES)
    )
    return frame.coalesce(partitions)


def from_stream(reader: pa.RecordBatchReader, spark: SparkSession) -> DataFrame:
    """Convert a stream of Arrow batches to a DataFrame.

    Where Spark reads files of this machine, the batches go to a file one by one, so that they are
    not in memory together.
    """
    schema = _schema_for_spark(reader.schema)
    if not _takes_file(schema, spark):
        return from_arrow(reader.read_all(), spark)
    tables = (pa.Table.from_batches([batch]).cast(schema) for batch in reader)
    return _from_file(schema, tables, spark)


def _takes_file(schema: pa.Schema, spark: SparkSession) -> bool:
    """Return whether Spark can read such a table from a Parquet file of this machine."""
    local = str(spark.sparkContext.master).startswith("local")
    return local and not any(map(_reads_otherwise, schema.types))


def _reads_otherwise(kind: pa.DataType) -> bool:
    """Return whether Spark reads the type as another type from a Parquet file."""
    naive = pa.types.is_timestamp(kind) and kind.tz is None
    return (
        naive
        or pa.types.is_duration(kind)
        or (
            pa.types.is_nested(kind)
            and any(_reads_otherwise(kind.field(index).type) for index in range(kind.num_fields))
        )
    )


def _from_file(schema: pa.Schema, tables: Iterable[pa.Table], spark: SparkSession) -> DataFrame:
    # createDataFrame would copy the table to Java's heap, and again to every task.
    temp = spark._jvm.java.lang.System.getProperty("java.io.tmpdir")
    folder = tempfile.mkdtemp(prefix="dbt-spark-session-", dir=temp)
    after_model(lambda: shutil.rmtree(folder, ignore_errors=True))
    file = Path(folder, "table.parquet")
    with pq.ParquetWriter(file, schema, compression="lz4") as writer:
        for table in tables:
            writer.write_table(table, row_group_size=_ROW_GROUP)
    return spark.read.parquet(f"file:{file}")


def _from_pandas(frame: Any) -> pa.Table:
    # With pandas 3, createDataFrame turns a missing text into 'nan' and an integer column with
    # NULL into floats, and it fails on an empty frame.
    frame = frame.rename(columns=str)
    try:
        return pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowException, ValueError) as error:
        reasons = [str(argument) for argument in error.args]
        raise DbtRuntimeError(
            f"The pandas DataFrame cannot become a table: {'; '.join(reasons)}. "
            "Every column needs a single type and a unique name."
        ) from error


def _schema_for_spark(schema: pa.Schema) -> pa.Schema:
    return pa.schema([field.with_type(_type_for_spark(field.type)) for field in schema])


def _type_for_spark(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return _type_for_spark(kind.value_type)
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        return pa.timestamp("us", kind.tz)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pa.list_(kind.value_field.with_type(_type_for_spark(kind.value_type)))
    if pa.types.is_struct(kind):
        fields = [kind.field(index) for index in range(kind.num_fields)]
        return pa.struct([field.with_type(_type_for_spark(field.type)) for field in fields])
    return SPARK_TYPES.get(kind, kind)
