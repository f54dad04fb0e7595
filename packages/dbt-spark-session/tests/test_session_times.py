"""Times are in the time zone of the session, whatever the zone of the machine."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from dbt.tests.util import run_dbt, run_dbt_and_capture
from pyspark.sql import SparkSession

from dbt_spark_session.connection import SessionCursor

pytestmark = pytest.mark.filterwarnings("ignore:Class-scoped fixtures")

NEW_YEAR = datetime(2024, 1, 1)
LAST = datetime(9999, 12, 31, 23, 59, 59)


@pytest.fixture(params=["UTC", "Asia/Kolkata", "America/New_York"])
def machine_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def test_every_fetched_time_is_the_sessions(spark: SparkSession, machine_zone: str) -> None:
    cursor = SessionCursor(spark)
    at, last = "timestamp '2024-01-01 00:00:00'", "timestamp '9999-12-31 23:59:59'"
    sql = (
        f"select {at} as a, {last} as a, timestamp_ntz '2024-01-01 00:00:00' as ntz, "
        f"array({at}, null) as list, map('k', {at}) as map, named_struct('x', {at}) as struct, "
        "1 as number from range(2)"
    )
    row = (
        *(NEW_YEAR, LAST, NEW_YEAR, [NEW_YEAR, None], {"k": NEW_YEAR}, {"x": NEW_YEAR}),
        1,
    )
    cursor.execute(sql)
    assert [column[0] for column in cursor.description][:2] == ["a", "a"]
    assert cursor.description[0][1] == "timestamp"
    assert cursor.fetchone() == row
    assert cursor.fetchall() == [row]
    cursor.execute(sql)
    assert cursor.fetchall() == [row, row]


LOADED = """
{{ config(materialized='incremental') }}
{%- if is_incremental() %}
{%- set newest = run_query('select max(at) from ' ~ this).columns[0].values()[0] %}
{%- endif %}
select id, timestampadd(hour, id, timestamp '2024-01-01 00:00:00') as at from range(3)
{% if is_incremental() %}where timestampadd(hour, id, timestamp '2024-01-01 00:00:00') > timestamp '{{ newest }}'{% endif %}
"""  # noqa: E501


class TestTimesOfABuild:
    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {"loaded.sql": LOADED}

    def test_a_watermark_loads_no_row_twice_and_show_prints_the_sessions_time(
        self, project: Any, spark: SparkSession, machine_zone: str
    ) -> None:
        run_dbt(["run", "--full-refresh"])
        run_dbt(["run"])
        assert spark.table(f"{project.test_schema}.loaded").count() == 3
        show = [
            "show",
            "--inline",
            "select at from {{ ref('loaded') }} order by at",
            "--limit",
            "1",
        ]
        _, text = run_dbt_and_capture(show)
        assert "2024-01-01 00:00:00" in text
        _, lines = run_dbt_and_capture([*show, "--output", "json", "--quiet"])
        assert json.loads(lines)["show"] == [{"at": "2024-01-01T00:00:00"}]
