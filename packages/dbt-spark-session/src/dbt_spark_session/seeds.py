"""Load a seed as an Arrow table in a temp view, for one create-table statement."""

from __future__ import annotations

import uuid
from typing import Any

import pyarrow as pa
from pyspark.sql import SparkSession

from dbt_spark_session.cleanup import drop_view_after_model
from dbt_spark_session.frames import from_arrow

_ARROW = {"bigint": pa.int64(), "double": pa.float64()}


def seed_table(spark: SparkSession, agate_table: Any) -> str:
    """Write an agate table to a temp view with the columns c0, c1, …; return its name."""
    arrays = [_array(column) for column in agate_table.columns]
    table = pa.table(arrays, names=[f"c{index}" for index in range(len(arrays))])
    view = f"dbt_seed_{uuid.uuid4().hex}"
    from_arrow(table, spark).createOrReplaceTempView(view)
    drop_view_after_model(spark, view)
    return view


def cast_expressions(agate_table: Any, types: list[str], seed: str) -> list[str]:
    """Return SQL expressions that cast every column, and raise an error if a value does not fit."""
    return [
        _cast(f"c{index}", name, kind, seed)
        for index, (name, kind) in enumerate(zip(agate_table.column_names, types, strict=True))
    ]


def _cast(source: str, name: str, kind: str, seed: str) -> str:
    alias = name.replace("`", "``")
    problem = f"seed {seed}, column {name}: cannot read as {kind}: "
    text = problem.replace("\\", "\\\\").replace("'", "\\'")
    return (
        f"coalesce(try_cast({source} as {kind}), if({source} is null, null, "
        f"raise_error(concat('{text}', {source})))) as `{alias}`"
    )


def _array(column: Any) -> pa.Array:
    values = column.values()
    kind = type(column.data_type).__name__
    if kind == "Boolean":
        return pa.array(values, pa.bool_())
    if kind == "Date":
        return pa.array(values, pa.date32())
    if kind in ("DateTime", "ISODateTime"):
        return pa.array(values, pa.timestamp("us"))
    # Numbers stay text, with every digit, until SQL casts them to the type of the column.
    return pa.array([None if value is None else str(value) for value in values], pa.string())
