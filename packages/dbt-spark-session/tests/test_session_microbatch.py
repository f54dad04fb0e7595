"""Microbatch models: of a table without partitions, and with columns that come and go."""

from __future__ import annotations

import json
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


BY_DAY = """
{{ config(
    materialized='incremental', incremental_strategy='microbatch', event_time='event_time',
    batch_size='day', begin='2020-01-01', partition_by='Event Day'
) }}
select * from values
    (1, timestamp '2020-01-01 12:00:00', date '2020-01-01'),
    (2, timestamp '2020-01-02 12:00:00', date '2020-01-02') as t(id, event_time, `Event Day`)
where day(event_time) = {{ model.batch.event_time_start.day if model.batch else 1 }}
"""


class TestMicrobatchPartitionedByAColumn:
    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {"by_day.sql": BY_DAY}

    def test_each_batch_replaces_its_partition(self, project: Any, table: Any) -> None:
        window = ["--event-time-start", "2020-01-01", "--event-time-end", "2020-01-03"]
        run_dbt(["run", *window])
        run_dbt(["run", *window])
        assert sorted(row.id for row in table("by_day").collect()) == [1, 2]


OVERWRITTEN = """
{%- set parts = var('parts') -%}
{{ config(
    materialized='incremental', incremental_strategy='insert_overwrite', partition_by=parts
) }}
select id, part, timestamp '2020-01-01 00:00:00' as at from values (1, 'a'), (2, 'b') as t(id, part)
{% if is_incremental() %} where part = 'b' {% endif %}
"""


class TestInsertOverwriteWithOtherPartitions:
    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {"overwritten.sql": OVERWRITTEN}

    def test_it_is_refused_and_keeps_its_rows(self, project: Any, table: Any) -> None:
        def run(parts: Any, *options: str, passes: bool = True) -> str:
            variables = ["--vars", json.dumps({"parts": parts})]
            _, said = run_dbt_and_capture(["run", *variables, *options], expect_pass=passes)
            assert table("overwritten").count() == 2
            return str(said)

        run(None)
        assert "is not partitioned by part," in run("part", passes=False)
        run("part", "--full-refresh")
        run("PART")
        assert "is not partitioned by day(at)," in run(["part", "day(at)"], passes=False)
        run(["part", "day(at)", "bucket(2, id)"], "--full-refresh")
        run(["part", "days(`at`)", "bucket(2, id)"])
        run("day(at)", passes=True)
