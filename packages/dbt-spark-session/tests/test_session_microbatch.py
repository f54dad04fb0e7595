"""Microbatch models: of a table without partitions, and with columns that come and go."""

from __future__ import annotations

from typing import Any

import pytest
from dbt.tests.util import run_dbt, run_dbt_and_capture
from pyspark.sql import SparkSession

MICROBATCH = """
{{ config(
    materialized='incremental', incremental_strategy='microbatch', event_time='event_time',
    batch_size='day', begin='2020-01-01'
) }}
select 1 as id, timestamp '2020-01-01 12:00:00' as event_time
"""


class TestMicrobatchOverAnUnpartitionedTable:
    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {"batches.sql": MICROBATCH}

    def test_it_is_refused_and_keeps_its_rows(self, project: Any, spark: SparkSession) -> None:
        spark.sql(f"create schema if not exists {project.test_schema}")
        name = f"{project.test_schema}.batches"
        spark.sql(
            f"create table {name} using iceberg as "
            "select 1 as id, timestamp '2019-01-01 00:00:00' as event_time"
        )
        _, output = run_dbt_and_capture(
            ["run", "--event-time-start", "2020-01-01", "--event-time-end", "2020-01-02"],
            expect_pass=False,
        )
        assert "batches is not partitioned by days(event_time)" in output
        assert [row.event_time.year for row in spark.table(name).collect()] == [2019]


CHANGING = """
{{ config(
    materialized='incremental', incremental_strategy='microbatch', event_time='seen_at',
    batch_size='day', begin='2020-01-01', on_schema_change='append_new_columns'
) }}
{% if var('again', false) %}
select timestamp '2020-01-01 12:00:00' as seen_at, 2 as `unit-price`, 'new' as `größe`
{% else %}
select timestamp '2020-01-01 12:00:00' as seen_at, 1 as `unit-price`, 'old' as `Order Date`
union all select timestamp '2020-01-02 12:00:00', 1, 'old'
{% endif %}
"""


class TestMicrobatchOfChangingColumns:
    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {"changing.sql": CHANGING}

    def test_other_batches_keep_their_values(self, table: Any) -> None:
        window = ["--event-time-start", "2020-01-01", "--event-time-end", "2020-01-02"]
        run_dbt(["run", *window])
        run_dbt(["run", *window, "--vars", "again: true"])
        columns = ["day(seen_at)", "`unit-price`", "`Order Date`", "`größe`"]
        rows = {tuple(row) for row in table("changing").selectExpr(*columns).collect()}
        assert rows == {(1, 2, None, "new"), (2, 1, "old", None)}
