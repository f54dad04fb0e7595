"""Python models that stop Spark, change the catalog or return no table."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from dbt.tests.util import run_dbt
from dbt_common.exceptions import DbtRuntimeError
from pyspark.sql import SparkSession

from dbt_spark_session.frames import to_spark, writable

STOPS = """
def model(dbt, spark):
    frame = spark.range(3)
    spark.stop()
    return frame
"""

STOPS_AT_ITS_END = """
from pyspark.sql import SparkSession

def model(dbt, spark):
    with SparkSession.builder.getOrCreate() as session:
        frame = session.range(3)
    return frame
"""

# Its table belongs into the default catalog, and it reads from another one.
MOVES = """
def model(dbt, spark):
    dbt.config(materialized=%r)
    spark.catalog.setCurrentCatalog("spark_catalog")
    spark.conf.set("spark.sql.ansi.enabled", "true")
    return spark.table("default.of_another_catalog")
"""

REPEATS = """
def model(dbt, spark):
    dbt.config(materialized="incremental", incremental_strategy="merge", unique_key="id")
    return spark.range(1).selectExpr("id", "1 as Name", "2 as name")
"""

STREAMS = """
def model(dbt, spark):
    return spark.readStream.format("rate").load()
"""

NO_COLUMNS = """
import pandas as pd

def model(dbt, spark):
    return pd.DataFrame()
"""

UNREADABLE = """
import pyarrow as pa

def model(dbt, spark):
    schema = pa.schema({"gap": pa.month_day_nano_interval()})
    return schema.empty_table().to_reader()
"""

MESSAGES = {
    "stops": "RuntimeError: stop() would end Spark for all models: remove this call",
    "stops_at_its_end": "RuntimeError: stop() would end Spark for all models: remove this call",
    "repeats": "has the columns Name and name, which are the same name for Spark: rename one",
    "streams": "returned a streaming DataFrame, but dbt writes its result once",
    "unreadable": "Column gap of the result has the Arrow type month_day_nano_interval, which",
    "no_columns": "The result of the model has no columns: a table needs at least one",
}


class TestMisuse:
    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {
            "stops.py": STOPS,
            "stops_at_its_end.py": STOPS_AT_ITS_END,
            "moves.py": MOVES % "table",
            "moves_and_appends.py": MOVES % "incremental",
            "repeats.py": REPEATS,
            "streams.py": STREAMS,
            "unreadable.py": UNREADABLE,
            "no_columns.py": NO_COLUMNS,
            "works.sql": "{{ config(materialized='table') }} select 1 as id",
        }

    @pytest.fixture(scope="class")
    def messages(self, project: Any, spark: SparkSession) -> dict[str, str]:
        """Run twice; return the errors of the second run."""
        name = "spark_catalog.default.of_another_catalog"
        spark.sql(f"create table {name} using parquet as select 1 as id")
        try:
            run_dbt(["run"], expect_pass=False)
            results = run_dbt(["run"], expect_pass=False)
        finally:
            spark.sql(f"drop table {name}")
        return {r.node.name: r.message for r in results if r.status != "success"}

    @pytest.mark.parametrize("name", MESSAGES)
    def test_it_is_one_error_and_no_table(
        self, messages: dict[str, str], project: Any, spark: SparkSession, name: str
    ) -> None:
        assert MESSAGES[name] in messages[name]
        assert not spark.catalog.tableExists(f"lake.{project.test_schema}.{name}")

    def test_the_error_of_a_result_is_not_one_of_the_code(self, messages: dict[str, str]) -> None:
        for name in ("unreadable", "no_columns"):
            assert "Python model" not in messages[name]
            assert "Error: " not in messages[name].replace("Runtime Error", "")

    def test_the_other_models_are_built(self, messages: dict[str, str]) -> None:
        assert set(messages) == set(MESSAGES)

    def test_the_table_of_a_model_that_changes_the_catalog_is_where_dbt_says(
        self, messages: dict[str, str], table: Any, spark: SparkSession
    ) -> None:
        assert table("moves").count() == 1
        assert table("moves_and_appends").count() == 2
        assert spark.catalog.currentCatalog() == "lake"


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (pd.DataFrame(index=range(3)), "no columns"),
        (pa.table({}), "no columns"),
        (pa.schema([]).empty_table().to_reader(), "no columns"),
        (pa.table([[1], [2]], names=["a", "A"]), "the columns a and A"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "Every column needs a unique name"),
    ],
)
def test_a_result_that_no_table_can_hold_is_refused(
    spark: SparkSession, result: Any, message: str
) -> None:
    with pytest.raises(DbtRuntimeError, match=message):
        writable(to_spark(result, spark), "iceberg")


def test_names_that_differ_in_case_are_two_columns_if_spark_says_so(spark: SparkSession) -> None:
    frame = spark.range(1).selectExpr("id", "id as ID")
    setting = "spark.sql.caseSensitive"
    spark.conf.set(setting, "true")
    try:
        assert writable(frame, "iceberg").columns == ["id", "ID"]
    finally:
        spark.conf.unset(setting)
