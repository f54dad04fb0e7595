"""What a Python model may return, as a Spark DataFrame that keeps NULLs and integers."""

from __future__ import annotations

import math
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from dbt_common.exceptions import DbtRuntimeError
from pyspark.sql import DataFrame, SparkSession

from dbt_spark_session.cleanup import after_model

ACCEPTED = "a pyspark, pandas or pandas-on-Spark DataFrame, or a pyarrow Table"
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
    """Convert what a model returned.

    Raises:
        DbtRuntimeError: it is no table, or a pandas column has no single type.
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
    name = f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
    raise DbtRuntimeError(f"The model returned {name}; a Python model returns {ACCEPTED}")


def from_arrow(table: pa.Table, spark: SparkSession) -> DataFrame:
    """Make a DataFrame of an Arrow table, whatever its integer, text and dictionary types."""
    table = table.cast(
        pa.schema([field.with_type(_type_for_spark(field.type)) for field in table.schema])
    )
    local = str(spark.sparkContext.master).startswith("local")
    if local and table.nbytes > _HEAP_BYTES and not any(map(_reads_otherwise, table.schema.types)):
        return _from_file(table, spark)
    frame = spark.createDataFrame(table)
    # Spark makes a partition, and by that a file, of every 10,000 rows.
    partitions = max(
        spark.sparkContext.defaultParallelism, math.ceil(table.nbytes / _PARTITION_BYTES)
    )
    return frame.coalesce(partitions)


def _reads_otherwise(kind: pa.DataType) -> bool:
    """Whether Spark takes the type for another one in a Parquet file."""
    naive = pa.types.is_timestamp(kind) and kind.tz is None
    return (
        naive
        or pa.types.is_duration(kind)
        or (
            pa.types.is_nested(kind)
            and any(_reads_otherwise(kind.field(index).type) for index in range(kind.num_fields))
        )
    )


def _from_file(table: pa.Table, spark: SparkSession) -> DataFrame:
    # createDataFrame copies the table into Java's heap, and again into every task.
    temp = spark._jvm.java.lang.System.getProperty("java.io.tmpdir")
    folder = tempfile.mkdtemp(prefix="dbt-spark-session-", dir=temp)
    after_model(lambda: shutil.rmtree(folder, ignore_errors=True))
    file = Path(folder, "table.parquet")
    pq.write_table(table, file, compression="lz4", row_group_size=_ROW_GROUP)
    return spark.read.parquet(f"file:{file}")


def _from_pandas(frame: Any) -> pa.Table:
    # Not createDataFrame: with pandas 3 it turns a missing text into 'nan' and an integer column
    # with NULL into floats, and it fails on an empty frame.
    frame = frame.rename(columns=str)
    try:
        return pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowException, ValueError) as error:
        reasons = [str(argument) for argument in error.args]
        raise DbtRuntimeError(
            f"The pandas DataFrame cannot become a table: {'; '.join(reasons)}. "
            "A column needs one type, and a name of its own."
        ) from error


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
