"""Views, settings and caches that the hooks of a dbt command make end with the command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dbt.tests.util import run_dbt
from pyspark.sql import SparkSession

from dbt_spark_session.command_sessions import _forget_tables
from dbt_spark_session.lake import ICEBERG_CATALOGS
from dbt_spark_session.node_sessions import activate

READS = """
{{ config(materialized='table') }}
select own.id, shared.id as shared_id
from left_by_a_hook as own cross join global_temp.shared_by_a_hook as shared
"""

COUNTS = """
{{ config(materialized='table') }}
select count(*) as row_count from {{ target.schema }}.counted
"""


def test_tables_of_a_session_catalog_are_read_again_too(
    spark: SparkSession, tmp_path: Path
) -> None:
    sessions = [spark.newSession(), spark.newSession()]
    for session in sessions:
        for key, value in {"": ICEBERG_CATALOGS[1], ".type": "hadoop"}.items():
            session.conf.set(f"spark.sql.catalog.spark_catalog{key}", value)
        session.conf.set("spark.sql.catalog.spark_catalog.warehouse", str(tmp_path))
    one, other = sessions
    table = "spark_catalog.of_two.counted"
    one.sql("create namespace spark_catalog.of_two")
    try:
        one.sql(f"create table {table} using iceberg as select 1 as id")
        assert one.table(table).count() == 1
        other.sql(f"insert into {table} values (2)")
        activate(one)  # whose settings Spark reads for this catalog
        _forget_tables(one)
        assert one.table(table).count() == 2
        one.sql(f"drop table {table}")
    finally:
        activate(spark)
        one.sql("drop namespace spark_catalog.of_two")


class TestCommands:
    @pytest.fixture(scope="class")
    def project_config_update(self) -> dict[str, Any]:
        # Without `or replace`, a view that is left makes the next command fail.
        return {
            "on-run-start": [
                "create temporary view left_by_a_hook as select 1 as id",
                "create global temporary view shared_by_a_hook as select 2 as id",
                "cache table cached_by_a_hook as select 3 as id",
                "set spark.left.by.a.hook = 4",
            ]
        }

    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {"reads.sql": READS, "counts.sql": COUNTS}

    def test_nothing_that_a_hook_makes_outlives_its_command(
        self, project: Any, table: Any, spark: SparkSession
    ) -> None:
        run_dbt(["run", "-s", "reads"])
        spark.range(7).createOrReplaceGlobalTempView("mine")
        run_dbt(["run", "-s", "reads"])
        assert tuple(table("reads").first()) == (1, 2)
        assert spark.conf.get("spark.left.by.a.hook", None) is None
        assert not spark.catalog.tableExists("left_by_a_hook")
        assert not spark.catalog.tableExists("global_temp.shared_by_a_hook")
        assert spark.table("global_temp.mine").count() == 7
        assert spark._jsparkSession.sharedState().cacheManager().isEmpty()
        assert SparkSession.getActiveSession() is spark
        spark.catalog.dropGlobalTempView("mine")

    def test_a_table_that_another_process_has_replaced_is_read_again(
        self, project: Any, table: Any, spark: SparkSession
    ) -> None:
        name = f"{project.test_schema}.counted"
        # A new session has catalogs of its own, as another process has.
        other = spark.newSession()
        for rows in (1, 5):
            other.sql(
                f"create or replace table {name} using iceberg as select id from range({rows})"
            )
            run_dbt(["run", "-s", "counts"])
            assert table("counts").first().row_count == rows
