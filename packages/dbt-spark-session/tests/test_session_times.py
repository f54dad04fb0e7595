"""Every time that Python sees is in the zone of the session, whatever the zone of the machine."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
from dbt.tests.util import run_dbt, run_dbt_and_capture
from pyspark.sql import SparkSession

from dbt_spark_session.connection import SessionCursor

NEW_YORK = "America/New_York"
ZONE = "spark.sql.session.timeZone"


@pytest.fixture(params=["UTC", "Asia/Kolkata", NEW_YORK])
def machine_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def in_new_york(spark: SparkSession) -> Iterator[None]:
    spark.conf.set(ZONE, NEW_YORK)
    yield
    spark.conf.set(ZONE, "UTC")


def _at(hours: float, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=timezone(timedelta(hours=hours)))  # type: ignore[misc,arg-type]


def test_every_fetched_time_is_the_sessions(spark: SparkSession, machine_zone: str) -> None:
    new_year, last = datetime(2024, 1, 1), datetime(9999, 12, 31, 23, 59, 59)
    cursor = SessionCursor(spark)
    at, end = "timestamp '2024-01-01 00:00:00'", "timestamp '9999-12-31 23:59:59'"
    sql = (
        f"select {at} as a, {end} as a, timestamp_ntz '2024-01-01 00:00:00' as ntz, "
        f"array({at}, null) as list, map('k', {at}) as map, named_struct('x', {at}) as struct, "
        f"map({at}, array(named_struct('d', date '2024-01-01'))) as keys, 1 as number from range(2)"
    )
    row = (
        *(new_year, last, new_year, [new_year, None], {"k": new_year}),
        *({"x": new_year}, {str(new_year): [{"d": date(2024, 1, 1)}]}, 1),
    )
    cursor.execute(sql)
    assert [column[0] for column in cursor.description][:2] == ["a", "a"]
    assert cursor.description[0][1] == "timestamp"
    assert cursor.fetchone() == row
    assert cursor.fetchall() == [row]
    cursor.execute(sql)
    assert cursor.fetchall() == [row, row]


# A literal in New York → what Python sees.
IN_NEW_YORK = {
    "timestamp '2024-03-10 02:30:00'": _at(-4, 2024, 3, 10, 3, 30),  # clocks skip this time
    "timestamp '2024-11-03 01:30:00'": _at(-4, 2024, 11, 3, 1, 30),  # clocks show it twice
    "timestamp '2024-11-03 01:30:00.25-05:00'": _at(-5, 2024, 11, 3, 1, 30, 0, 250_000),
    "timestamp '1800-01-01 00:00:00'": _at(-4 - 56 / 60 - 2 / 3600, 1800, 1, 1),
    "timestamp '0001-01-01 00:00:00'": _at(-4 - 56 / 60 - 2 / 3600, 1, 1, 1),
    "timestamp '+12345-01-01 00:00:00'": "+12345-01-01 00:00:00",
    "timestamp '-0044-03-15 12:00:00'": "-0044-03-15 12:00:00",
    "timestamp_ntz '+12345-01-01 00:00:00'": "+12345-01-01 00:00:00",
    "date '0001-01-01'": date(1, 1, 1),
    "date '-0044-03-15'": "-0044-03-15",
    "interval '14' month": "INTERVAL '14' MONTH",
    "make_interval(0, 1, 0, 2)": "1 months 2 days",
    "cast(null as timestamp)": None,
}


def test_times_that_clocks_or_python_lack_keep_their_instant(
    spark: SparkSession, in_new_york: None
) -> None:
    cursor = SessionCursor(spark)
    cursor.execute(f"select {', '.join(IN_NEW_YORK)}")
    row = cursor.fetchone()
    assert row is not None
    for literal, expected, value in zip(IN_NEW_YORK, IN_NEW_YORK.values(), row, strict=True):
        assert (str(value), value) == (str(expected), expected), literal
        if isinstance(value, datetime) and value.tzinfo:
            cursor.execute(f"select {literal} = timestamp '{value}'")
            assert cursor.fetchall() == [(True,)], literal


# Each row is one hour after the one before; in New York, clocks are set back between the first two.
LOADED = """
{{ config(materialized='incremental') }}
{%- if is_incremental() %}
{%- set newest = run_query('select max(at) from ' ~ this).columns[0].values()[0] %}
{%- endif %}
with source as (
    select id, timestampadd(hour, id, timestamp '2024-11-03 05:30:00Z') as at
    from range({{ var('rows') }})
)
select * from source
{% if is_incremental() %}where at > timestamp '{{ newest }}'{% endif %}
"""

LATER = "select *, at + interval 1 day as later from {{ ref('loaded') }}"

BATCHES = """
{{ config(
    materialized='incremental', incremental_strategy='microbatch', event_time='at',
    batch_size='day', begin='2024-11-02'
) }}
select * from {{ ref('hourly') }}
"""

HOURLY = """
{{ config(materialized='table', event_time='at') }}
select id, timestampadd(hour, id, timestamp '2024-11-02 00:00:00Z') as at from range(72)
"""

PROPERTIES = """
sources:
  - name: lake
    schema: "{{ target.schema }}"
    tables:
      - name: loaded
        loaded_at_field: at
        freshness: {warn_after: {count: 1, period: day}}
unit_tests:
  - name: later_is_a_day_later
    model: later
    given:
      - input: ref('loaded')
        rows: [{id: 1, at: 2024-03-09 12:00:00}]
    expect:
      rows: [{id: 1, at: 2024-03-09 12:00:00, later: 2024-03-10 12:00:00}]
"""


class TestTimesOfABuild:
    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {
            "loaded.sql": LOADED,
            "later.sql": LATER,
            "batches.sql": BATCHES,
            "hourly.sql": HOURLY,
            "properties.yml": PROPERTIES,
        }

    def _load_twice(self, table: Any) -> None:
        for rows, refresh in ((2, ["--full-refresh"]), (3, [])):
            run_dbt(["run", "-s", "loaded", "--vars", f"rows: {rows}", *refresh])
        assert [row.id for row in table("loaded").orderBy("at").collect()] == [0, 1, 2]

    @pytest.mark.parametrize("machine_zone", ["Asia/Kolkata", NEW_YORK], indirect=True)
    def test_a_watermark_loads_no_row_twice_and_show_prints_the_sessions_time(
        self, table: Any, machine_zone: str
    ) -> None:
        self._load_twice(table)
        show = ["show", "--inline", "select at from {{ ref('loaded') }} order by at"]
        show += ["--limit", "1", "--vars", "rows: 3"]
        _, text = run_dbt_and_capture(show)
        assert "2024-11-03 05:30:00" in text
        _, lines = run_dbt_and_capture([*show, "--output", "json", "--quiet"])
        assert json.loads(lines)["show"] == [{"at": "2024-11-03T05:30:00"}]

    def test_a_build_in_a_zone_whose_clocks_change(self, table: Any, in_new_york: None) -> None:
        self._load_twice(table)
        run_dbt(["test", "-s", "later", "--vars", "rows: 3"])
        nested = "map('k', array(named_struct('a b', 1.50, 'at', at))) as nested"
        inline = ["show", "--inline", f"select at, {nested} from {{{{ ref('loaded') }}}}"]
        _, lines = run_dbt_and_capture(
            [*inline, "--vars", "rows: 3", "--output", "json", "--quiet"]
        )
        shown = sorted(json.loads(lines)["show"], key=itemgetter("at"))
        assert [row["at"] for row in shown] == [
            f"2024-11-03T{at}" for at in ("01:30:00-04:00", "01:30:00-05:00", "02:30:00-05:00")
        ]
        assert json.loads(shown[0]["nested"]) == {"k": [{"a b": 1.5, "at": shown[0]["at"]}]}

        run_dbt(["source", "freshness", "--vars", "rows: 3"])
        (found,) = json.loads(Path("target/sources.json").read_text())["results"]
        assert found["max_loaded_at"] == "2024-11-03T07:30:00+00:00"
        snapshotted = datetime.fromisoformat(found["snapshotted_at"])
        assert abs(datetime.now(UTC) - snapshotted) < timedelta(minutes=5)

    def test_batches_are_days_in_utc(self, table: Any, in_new_york: None) -> None:
        period = ["--event-time-start", "2024-11-02", "--event-time-end", "2024-11-05"]
        run_dbt(["run", "-s", "hourly", "batches", "--vars", "rows: 3", *period])
        again = ["--event-time-start", "2024-11-03", "--event-time-end", "2024-11-04"]
        run_dbt(["run", "-s", "batches", "--vars", "rows: 3", *again])
        assert [row.id for row in table("batches").orderBy("id").collect()] == list(range(72))
