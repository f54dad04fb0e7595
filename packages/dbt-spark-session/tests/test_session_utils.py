"""dbt's cross-database macros in ANSI mode: dbt's own suites, and cases that they lack."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

import pytest
from dbt.tests.adapter.utils.test_array_append import BaseArrayAppend
from dbt.tests.adapter.utils.test_array_construct import BaseArrayConstruct
from dbt.tests.util import run_dbt
from pyspark.sql import SparkSession

from macro_suites import MacroSuites

pytestmark = pytest.mark.ansi


class TestSuites(MacroSuites):
    pass


class TestArrayAppend(BaseArrayAppend):
    pass


class TestArrayConstruct(BaseArrayConstruct):
    pass


PARTS = ("year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond")
CASES = """
select
    {{ safe_cast("'x'", 'int') }} as not_a_number,
    {{ safe_cast("'2020-02-30'", 'date') }} as not_a_date,
    {{ safe_cast('300', 'tinyint') }} as too_large,
    {{ safe_cast('array(1, 2)', 'array<string>') }} as texts,
    {{ split_part("'a|b'", "'|'", 3) }} as past_the_end,
    {{ split_part("'a|b'", "'|'", -3) }} as past_the_start,
    {{ split_part("'a.*b.*c'", "'.*'", 2) }} as long_delimiter,
    {{ dateadd('millisecond', 5, "'2020-01-01 00:00:00.25'") }} as later,
    {{ dateadd('month', 1, "date '2020-01-31'") }} as clipped,
    {{ array_construct([], 'string') }} as empty,
    (select {{ listagg('n', "', '", 'order by n desc', 2) }} from values (1), (2), (3) as v(n))
        as numbers,
    {{ last_day("date '2020-02-03'", 'quarter') }} as quarter_end,
    {{ hash('null') }} as no_hash,
    cast(10 as {{ api.Column.string_type(4000) }}) as as_text
"""


class TestCases:
    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        diffs = ", ".join(f"{{{{ datediff('a', 'b', '{part}') }}}} as {part}" for part in PARTS)
        return {
            "cases.sql": "{{ config(materialized='table') }}" + CASES,
            "diffs.sql": f"select to_timestamp_ntz(a) as a, to_timestamp_ntz(b) as b, {diffs}"
            " from {{ target.schema }}.pairs",
        }

    def test_a_value_that_does_not_fit_is_null(self, table: Any) -> None:
        run_dbt(["run", "-s", "cases"])
        row = table("cases").first().asDict()
        assert {name for name in row if row[name] is None} == {
            *("not_a_number", "not_a_date", "too_large", "no_hash")
        }
        assert (row["texts"], row["as_text"]) == (["1", "2"], "10")
        assert (row["past_the_end"], row["past_the_start"], row["long_delimiter"]) == ("", "", "b")
        assert str(row["later"]).endswith("00:00:00.255000")
        assert str(row["clipped"]) == "2020-02-29 00:00:00"
        assert row["empty"] == []
        assert row["numbers"] == "3, 2"
        assert str(row["quarter_end"]) == "2020-03-31"

    def test_differences_count_boundaries(
        self, project: Any, spark: SparkSession, table: Any
    ) -> None:
        times = [
            "2019-12-28 23:59:59.999",
            "2019-12-29 00:00:00",
            "2019-12-31 23:59:59.999",
            "2020-01-01 00:00:00.001",
            "2020-02-29 12:30:00",
            "2020-03-31 00:00:00",
            "2020-04-01 00:00:00",
            "2021-02-28 01:00:00",
        ]
        pairs = ", ".join(f"('{a}', '{b}')" for a, b in itertools.product(times, times))
        spark.sql(
            f"create table {project.test_schema}.pairs using iceberg as"
            f" select timestamp(a) as a, timestamp(b) as b from values {pairs} as v(a, b)"
        )
        run_dbt(["run", "-s", "diffs"])
        rows = table("diffs").collect()
        assert len(rows) == len(times) ** 2
        for row in rows:
            assert row.year == row.b.year - row.a.year
            quarters = [4 * time.year + (time.month - 1) // 3 for time in (row.a, row.b)]
            assert row.quarter == quarters[1] - quarters[0]
            assert row.month == 12 * row.year + row.b.month - row.a.month
            days = [time.toordinal() for time in (row.a, row.b)]
            assert row.day == days[1] - days[0]
            # Day 0 of this calendar is a Sunday.
            assert row.week == days[1] // 7 - days[0] // 7
            seconds = [(time - datetime(1970, 1, 1)) // timedelta(seconds=1) for time in row[:2]]
            assert row.second == seconds[1] - seconds[0]
            assert row.minute == seconds[1] // 60 - seconds[0] // 60
            assert row.hour == seconds[1] // 3600 - seconds[0] // 3600
