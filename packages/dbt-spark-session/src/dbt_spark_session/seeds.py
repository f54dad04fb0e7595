"""Load a seed as an Arrow table in a temp view, for one create-table statement."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
from pyspark.sql import SparkSession

from dbt_spark_session.arrow_types import DIGITS
from dbt_spark_session.frames import from_arrow
from dbt_spark_session.names import quote, string_literal

_BIGINT = (-(2**63), 2**63 - 1)
_LARGEST_EXPONENT = 400
"""Numbers with this power of ten or a higher one are infinite as a double."""


def seed_table(spark: SparkSession, agate_table: Any) -> str:
    """Write an agate table to a temp view with the columns c0, c1, …; return its name."""
    arrays = [_array(column) for column in agate_table.columns]
    table = pa.table(arrays, names=[f"c{index}" for index in range(len(arrays))])
    view = f"dbt_seed_{uuid.uuid4().hex}"
    from_arrow(table, spark).createOrReplaceTempView(view)
    return view


def type_of_column(column: Any, inferred: str) -> str:
    """Return the type that dbt-spark ``inferred``, or a larger type if a number exceeds bigint."""
    if inferred != "bigint":
        return inferred
    numbers = [Decimal(value) for value in column.values() if value is not None]
    if not all(value.is_finite() and value.adjusted() < DIGITS for value in numbers):
        return "double"
    smallest, largest = _BIGINT
    is_bigint = all(smallest <= value <= largest for value in numbers)
    return inferred if is_bigint else f"decimal({DIGITS},0)"


def cast_expressions(agate_table: Any, types: list[str], seed: str) -> list[str]:
    """Return SQL expressions that cast every column, and raise an error if a value does not fit."""
    return [
        _cast(f"c{index}", name, kind, seed)
        for index, (name, kind) in enumerate(zip(agate_table.column_names, types, strict=True))
    ]


def _cast(source: str, name: str, kind: str, seed: str) -> str:
    problem = string_literal(f"seed {seed}, column {name}: cannot read as {kind}: ")
    return (
        f"coalesce(try_cast({source} as {kind}), if({source} is null, null, "
        f"raise_error(concat({problem}, {source})))) as {quote(name)}"
    )


def _array(column: Any) -> pa.Array:
    values = column.values()
    kind = type(column.data_type).__name__
    if kind == "Boolean":
        return pa.array(values, pa.bool_())
    if kind == "Date":
        return pa.array(values, pa.date32())
    # Numbers and times stay text, with every digit and their offset, until SQL casts them to the
    # type of the column.
    return pa.array([None if value is None else _text(value) for value in values], pa.string())


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal) and _is_whole(value):
        # Spark cannot cast the texts 1.0 and 1E+5 to bigint.
        return str(int(value))
    return str(value)


def _is_whole(value: Decimal) -> bool:
    is_small = value.is_finite() and value.adjusted() < _LARGEST_EXPONENT
    return is_small and value == value.to_integral_value()
