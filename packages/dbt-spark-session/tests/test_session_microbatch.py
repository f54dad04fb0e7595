"""A microbatch model is refused if its table has no partitions."""

from __future__ import annotations

from typing import Any

import pytest
from dbt.tests.util import run_dbt_and_capture
from pyspark.sql import SparkSession

pytestmark = pytest.mark.filterwarnings("ignore:Class-scoped fixtures")

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
