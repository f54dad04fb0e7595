"""Every Arrow or pandas type of a Python model is written with its values, or refused by name."""

from __future__ import annotations

import decimal
import uuid
from datetime import datetime, time
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from dbt.tests.util import run_dbt
from dbt_common.exceptions import DbtRuntimeError
from pyspark.sql import SparkSession

from dbt_spark_session.frames import from_arrow, to_spark, writable

D = decimal.Decimal
ID = uuid.UUID("0f0f0f0f-0f0f-0f0f-0f0f-0f0f0f0f0f0f")
ENDED = pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), pa.array(["a", None]))

# name → column, Spark's type; every column has three rows.
WRITTEN: dict[str, tuple[pa.Array, str]] = {
    "pairs": (pa.array([[1, 2], None, [3, None]], pa.list_(pa.uint8(), 2)), "array<smallint>"),
    "views": (pa.array([[1], None, [2, 3]], pa.list_view(pa.uint16())), "array<int>"),
    "large": (pa.array([[1], None, [2, 3]], pa.large_list(pa.uint32())), "array<bigint>"),
    "maps": (
        pa.array(
            [[("a", [1, 2])], None, [("b", None), ("c", [3, 4])]],
            pa.map_(pa.string_view(), pa.list_(pa.uint64(), 2)),
        ),
        "map<string,array<decimal(20,0)>>",
    ),
    "structs": (
        pa.array(
            [{"x": [{"y": D("1.50")}]}, None, {"x": None}],
            pa.struct([("x", pa.list_(pa.struct([("y", pa.decimal256(40, 2))])))]),
        ),
        "struct<x:array<struct<y:decimal(38,2)>>>",
    ),
    "runs": (ENDED, "string"),
    "lists_of_runs": (pa.ListArray.from_arrays([0, 2, 2, 3], ENDED), "array<string>"),
    "words": (
        pa.array([["a"], None, ["b", None]], pa.list_(pa.dictionary(pa.int8(), pa.string()))),
        "array<string>",
    ),
    "halves": (pa.array([[1.5], None, []], pa.list_(pa.float16())), "array<float>"),
    "nulls": (pa.array([[None], None, []], pa.list_(pa.null())), "array<string>"),
    "bytes": (pa.array([b"a", None, b""], pa.binary_view()), "binary"),
    "thousands": (pa.array([D(1000), None, D(2000)], pa.decimal128(5, -3)), "decimal(8,0)"),
    "json": (pa.array(["{}", None, "[]"], pa.json_()), "string"),
    "matrices": (
        pa.FixedShapeTensorArray.from_numpy_ndarray(np.arange(12, dtype="uint8").reshape(3, 2, 2)),
        "array<smallint>",
    ),
}


def _plain(value: Any) -> Any:
    """Return a value of Spark or Arrow in a form in which equal values are equal."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        pairs = value and all(isinstance(item, tuple) and len(item) == 2 for item in value)
        return {k: _plain(v) for k, v in value} if pairs else [_plain(item) for item in value]
    return bytes(value) if isinstance(value, bytearray) else value


@pytest.mark.parametrize("start", [0, 1])
def test_nested_and_rare_types_keep_their_values(spark: SparkSession, start: int) -> None:
    table = pa.table({name: column for name, (column, _) in WRITTEN.items()}).slice(start)
    frame = from_arrow(table, spark)
    assert dict(frame.dtypes) == {name: kind for name, (_, kind) in WRITTEN.items()}
    rows = [row.asDict(recursive=True) for row in frame.collect()]
    for name in WRITTEN:
        found = [_plain(row[name]) for row in rows]
        assert found == [_plain(value) for value in table[name].to_pylist()], name


def test_identifiers_are_text_and_shorter_seconds_are_cut(spark: SparkSession) -> None:
    frame = from_arrow(
        pa.table(
            {
                "id": pa.array([ID.bytes], pa.uuid()),
                "before": pa.array([[-1]], pa.list_(pa.timestamp("ns", "UTC"))),
                "bit": pa.ExtensionArray.from_storage(pa.bool8(), pa.array([2], pa.int8())),
            }
        ),
        spark,
    )
    row = frame.selectExpr("id", "string(before)", "bit").first()
    assert tuple(row) == (str(ID), "[1969-12-31 23:59:59.999999]", True)


def test_a_local_time_that_clocks_skip_or_repeat_is_read_as_by_spark(spark: SparkSession) -> None:
    times = [datetime(2024, 3, 10, 2, 30), datetime(2024, 11, 3, 1, 30), datetime(1800, 1, 1)]
    zone = "spark.sql.session.timeZone"
    spark.conf.set(zone, "America/New_York")
    try:
        frame = to_spark(pd.DataFrame({"at": times, "all": [times] * 3}), spark)
        assert frame.dtypes == [("at", "timestamp"), ("all", "array<timestamp>")]
        rows = frame.selectExpr("string(at)", "string(all)").collect()
        for at, row in zip(times, rows, strict=True):
            expected = spark.sql(f"select string(timestamp '{at}')").first()[0]
            assert row[0] == expected
            assert row[1] == ("[2024-03-10 03:30:00, 2024-11-03 01:30:00, 1800-01-01 00:00:00]")
    finally:
        spark.conf.set(zone, "UTC")


REFUSED = {
    "time": (pa.array([time(1)]), "return text, or the seconds"),
    "times": (pa.array([{"x": [time(1)]}]), "return text, or the seconds"),
    "months": (pa.array([pa.MonthDayNano([1, 2, 3])]), "return text, or the months"),
    "digits": (pa.array([D(10) ** 45]), "more than 38 digits: return a float, or text"),
    "seconds": (pa.array([2**62], pa.timestamp("s")), "out of bounds"),
    "period": (pa.array(pd.period_range("2020", "2020", freq="M")), r"\.dt\.to_timestamp\(\)"),
    "interval": (pa.array(pd.interval_range(0, 1)), "bounds as two columns"),
    "nothing": (pa.array([{}], pa.struct([])), "return a struct with a field"),
    "union": (
        pa.UnionArray.from_dense(pa.array([0], pa.int8()), pa.array([0], pa.int32()), [ENDED]),
        "return text",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_type_without_a_spark_type_is_refused_by_name(spark: SparkSession, name: str) -> None:
    column, remedy = REFUSED[name]
    with pytest.raises(DbtRuntimeError, match=f"Column {name} of the result has .*{remedy}"):
        from_arrow(pa.table({"good": [1], name: column}), spark)


@pytest.mark.parametrize(
    "values",
    [[1 + 2j], [2**70], [object()], pd.arrays.SparseArray([1]), [np.zeros((2, 2))]],
    ids=["complex", "large", "object", "sparse", "matrix"],
)
def test_a_pandas_column_that_arrow_lacks_is_refused_by_name(
    spark: SparkSession, values: Any
) -> None:
    with pytest.raises(DbtRuntimeError, match="because of its column bad"):
        to_spark(pd.DataFrame({"good": [1], "bad": values}), spark)


@pytest.mark.parametrize(
    ("sql", "remedy"),
    [
        ("interval '1' day", "seconds as a number"),
        ("array(interval '1' month)", "months as a number"),
        ("make_interval(1)", "parts as numbers"),
        ("time '12:00:00'", "return text"),
        ("named_struct()", "struct with a field"),
    ],
)
def test_a_type_that_iceberg_lacks_is_refused_by_name(
    spark: SparkSession, sql: str, remedy: str
) -> None:
    frame = spark.sql(f"select 1 as id, {sql} as bad")
    with pytest.raises(DbtRuntimeError, match=f"Column bad of the result has .*{remedy}"):
        writable(frame, "iceberg")


TYPED = """
import pandas as pd
import pyarrow as pa
from pyspark.sql import functions as F

def model(dbt, spark):
    dbt.config(materialized="incremental")
    if dbt.is_incremental:
        frame = spark.range(1).select("id", F.lit(None).alias("a"), F.array().alias("b"))
        return frame.withColumn("b", F.col("b").cast("array<int>"))
    return pa.table({"id": pa.array([7]), "a": pa.nulls(1), "b": pa.array([[1]], pa.list_(pa.int32()))})
"""  # noqa: E501

SPANS = """
import pandas as pd

def model(dbt, spark):
    dbt.config(materialized="incremental")
    return pd.DataFrame({"id": [1], "span": pd.to_timedelta([1], "s")})
"""


class TestTypesOfModels:
    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {"typed.py": TYPED, "spans.py": SPANS}

    def test_a_column_without_type_is_text_and_a_timedelta_is_refused(self, table: Any) -> None:
        for _ in range(2):
            results = run_dbt(["run"], expect_pass=False)
            messages = {result.node.name: result.message for result in results}
            assert (
                "Column span of the result has the type interval day to second"
                in (messages["spans"])
            )
        typed = table("typed")
        assert typed.dtypes == [("id", "bigint"), ("a", "string"), ("b", "array<int>")]
        assert sorted(tuple(row) for row in typed.collect()) == [(0, None, []), (7, None, [1])]
