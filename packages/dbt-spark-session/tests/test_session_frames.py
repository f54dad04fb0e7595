"""The result of a Python model keeps its values and types."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from dbt_common.exceptions import DbtRuntimeError
from pyspark.sql import SparkSession

from dbt_spark_session.frames import to_spark
from dbt_spark_session.python_models import require_packages

TYPES = {"id": "bigint", "text": "string", "value": "double", "flag": "boolean"}
ROWS = [(2**62 + 1, "a'b", 1.5, True), (None, None, None, None)]


def _arrow() -> pa.Table:
    columns = list(zip(*ROWS, strict=True))
    types = [pa.int64(), pa.string(), pa.float64(), pa.bool_()]
    return pa.table(
        {name: pa.array(c, t) for name, c, t in zip(TYPES, columns, types, strict=True)}
    )


def _frames(spark: SparkSession) -> dict[str, Any]:
    pandas = pd.DataFrame(
        {
            "id": pd.array([ROWS[0][0], None], dtype="Int64"),
            "text": [ROWS[0][1], None],
            "value": [1.5, None],
            "flag": pd.array([True, None], dtype="boolean"),
        }
    )
    schema = ", ".join(f"{name} {kind}" for name, kind in TYPES.items())
    return {
        "pyspark": spark.createDataFrame(ROWS, schema),
        "pandas": pandas,
        "arrow": _arrow(),
        "arrow batch": _arrow().to_batches()[0],
        "arrow stream": _arrow().to_reader(max_chunksize=1),
    }


def test_nulls_and_large_integers_stay_in_every_kind_of_frame(spark: SparkSession) -> None:
    for kind, frame in _frames(spark).items():
        result = to_spark(frame, spark)
        assert dict(result.dtypes) == TYPES, kind
        assert [tuple(row) for row in result.collect()] == ROWS, kind


def test_an_empty_frame_keeps_its_columns(spark: SparkSession) -> None:
    for kind, frame in _frames(spark).items():
        if kind == "pyspark":
            frame = frame.limit(0)
        elif kind == "pandas":
            frame = frame.iloc[:0]
        elif kind == "arrow stream":
            frame = _arrow().slice(0, 0).to_reader()
        else:
            frame = frame.slice(0, 0)
        result = to_spark(frame, spark)
        assert dict(result.dtypes) == TYPES, kind
        assert result.count() == 0, kind


def test_a_pandas_column_without_values_is_text(spark: SparkSession) -> None:
    empty = to_spark(pd.DataFrame({"a": pd.Series([], dtype=object)}), spark)
    nulls = to_spark(pd.DataFrame({"a": [None, None]}, dtype=object), spark)
    assert empty.dtypes == nulls.dtypes == [("a", "string")]
    assert [row[0] for row in nulls.collect()] == [None, None]


def test_categories_nanoseconds_and_unsigned_integers_are_written(spark: SparkSession) -> None:
    frame = pd.DataFrame(
        {
            "category": pd.Categorical(["x", None]),
            "moment": pd.to_datetime(["2020-01-01 10:00:00.123456", None]).astype("datetime64[ns]"),
            "unsigned": pd.array([2**32 - 1, None], dtype="UInt32"),
        }
    )
    result = to_spark(frame, spark)
    assert result.dtypes == [
        ("category", "string"),
        ("moment", "timestamp"),
        ("unsigned", "bigint"),
    ]
    first = result.collect()[0]
    assert (first.category, first.unsigned, first.moment.microsecond) == ("x", 2**32 - 1, 123456)


def test_many_pandas_rows_arrive_in_a_few_partitions(spark: SparkSession) -> None:
    result = to_spark(pd.DataFrame({"id": range(100_000), "text": "some text"}), spark)
    assert result.selectExpr("sum(id)", "count(text)").first() == (4_999_950_000, 100_000)
    assert result.rdd.getNumPartitions() <= 4


def test_a_stream_is_never_in_memory_as_a_whole(spark: SparkSession) -> None:
    schema = pa.schema({"text": pa.string()})
    before, allocated = pa.total_allocated_bytes(), []

    def batches() -> Iterator[pa.RecordBatch]:
        for _ in range(25):  # 4 MB each
            yield pa.record_batch([pa.repeat("x" * 100_000, 40)], schema=schema)
            allocated.append(pa.total_allocated_bytes() - before)

    result = to_spark(pa.RecordBatchReader.from_batches(schema, batches()), spark)
    assert result.selectExpr("sum(length(text))").first() == (100_000_000,)
    assert max(allocated) < 30_000_000


@pytest.mark.parametrize(
    ("value", "name"),
    [(None, "NoneType"), ({}, "dict"), (pd.Series([1]), "Series"), ([1], "list")],
)
def test_anything_else_is_refused_by_name(spark: SparkSession, value: Any, name: str) -> None:
    with pytest.raises(DbtRuntimeError, match=rf"returned .*{name}; .*pandas.*pyarrow Table"):
        to_spark(value, spark)


def test_a_pandas_column_of_two_types_is_refused_by_name(spark: SparkSession) -> None:
    with pytest.raises(DbtRuntimeError, match="column mixed with type object"):
        to_spark(pd.DataFrame({"mixed": [1, "a"]}), spark)


def test_packages_are_distributions_with_or_without_a_version() -> None:
    require_packages(["numpy>=1", "PyYAML", "dbt-adapters", "python_dateutil"])


@pytest.mark.parametrize(
    ("package", "reason"),
    [
        ("no-such-package>=2", "cannot be imported .*pip install 'no-such-package>=2'"),
        ("numpy<1", "is installed.*pip install 'numpy<1'"),
        ("not a name", "not a name"),
    ],
)
def test_a_missing_package_says_how_to_install_it(package: str, reason: str) -> None:
    with pytest.raises(DbtRuntimeError, match=reason):
        require_packages([package])


def test_a_package_that_is_a_prerelease_or_for_another_system_is_accepted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dbt_spark_session.python_models.version", lambda _: "2.5.0rc1")
    require_packages(["numpy>=2", "no-such-package>=2; sys_platform == 'none'"])
    with pytest.raises(DbtRuntimeError, match=r"2\.5\.0rc1 is installed"):
        require_packages(["numpy>=2.5"])
