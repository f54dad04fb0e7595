"""Snapshots of a table with unusual names, of which rows and columns come and go."""

from __future__ import annotations

from typing import Any

import pytest
from dbt.tests.util import run_dbt
from pyspark.sql import Row, SparkSession

SNAPSHOT = """
{%% snapshot %s %%}
{{ config(target_schema=schema, %s) }}
select * from {{ target.schema }}.orders
{%% endsnapshot %%}
"""
SNAPSHOTS = {
    "by_list": (
        "unique_key=['Order Id', 'region'], strategy='check', check_cols='all',"
        " dbt_valid_to_current=\"timestamp '9999-12-31'\""
    ),
    "by_time": (
        "unique_key='Order Id', strategy='timestamp', updated_at='Seen At',"
        " hard_deletes='new_record', snapshot_meta_column_names={'dbt_valid_from': 'since'}"
    ),
    "by_column": (
        "unique_key=\"`Order Id` || '-' || region\", strategy='check', check_cols=['unit-price'],"
        " hard_deletes='new_record'"
    ),
    "in_parquet": (
        "unique_key='Order Id', strategy='check', check_cols='all', file_format='parquet'"
    ),
}
OWN = ["Order Id", "region", "unit-price", "Seen At", "größe", "tags"]
DBT = ["dbt_scd_id", "dbt_updated_at", "dbt_valid_from", "dbt_valid_to"]

ORDERS = """
create or replace table %s.orders using iceberg as
select id as `Order Id`, region as %s, cast(price as decimal(10, 2)) as `unit-price`,
    timestamp(seen) as `Seen At`, %s, map('k', id) as tags
from values %s as v(id, region, price, seen)
"""
SIZE = "'s' as `größe`"
FIRST = ["(1, 'a', 1, '2020-01-01')", "(2, 'bob', 2, '2020-01-01')"]
CHANGED = ["(1, 'a', 10, '2020-01-02')"]
RETURNED = [*CHANGED, "(2, 'bob', 2, '2020-01-03')"]


@pytest.mark.ansi
class TestSnapshots:
    @pytest.fixture(scope="class")
    def snapshots(self) -> dict[str, str]:
        return {f"{name}.sql": SNAPSHOT % (name, config) for name, config in SNAPSHOTS.items()}

    @pytest.fixture(scope="class")
    def run(self, project: Any, spark: SparkSession) -> Any:
        schema = project.test_schema

        def run(rows: list[str], size: str = SIZE, region: str = "region") -> dict[str, list[Row]]:
            spark.sql(ORDERS % (schema, region, size, ", ".join(rows)))
            run_dbt(["snapshot", "-s", "by_*"])
            return {
                name: spark.table(f"{schema}.{name}")
                .withColumnRenamed("since", "dbt_valid_from")
                .orderBy("Order Id", "dbt_valid_from")
                .collect()
                for name in SNAPSHOTS
                if name != "in_parquet"
            }

        return run

    @pytest.fixture(scope="class")
    def three_runs(self, run: Any) -> dict[str, list[Row]]:
        run(FIRST)
        run(CHANGED)
        return run(RETURNED)

    @pytest.fixture(scope="class")
    def five_runs(self, three_runs: Any, run: Any) -> dict[str, list[Row]]:
        """Also lose a column, get another, and write the name of a third in upper case."""
        rows = ["(1, 'a', 11, '2020-01-04')", RETURNED[1]]
        run(rows, "'n' as `neu`", "REGION")
        return run(rows, "'n' as `neu`", "REGION")

    def test_a_snapshot_has_its_columns_and_dbts(self, three_runs: dict[str, list[Row]]) -> None:
        for name, rows in three_runs.items():
            extra = [] if name == "by_list" else ["dbt_is_deleted"]
            assert sorted(rows[0].asDict()) == sorted([*OWN, *DBT, *extra])

    def test_a_list_as_key_gives_one_row_a_version(self, three_runs: dict[str, list[Row]]) -> None:
        versions = [
            (row["Order Id"], str(row["unit-price"]), row.dbt_valid_to.year == 9999)
            for row in three_runs["by_list"]
        ]
        assert versions == [
            (1, "1.00", False),
            (1, "10.00", True),
            (2, "2.00", False),
            (2, "2.00", True),
        ]

    @pytest.mark.parametrize("name", ["by_time", "by_column"])
    def test_a_deletion_is_a_record_that_the_return_closes(
        self, three_runs: dict[str, list[Row]], name: str
    ) -> None:
        records = [
            (row.dbt_is_deleted, row.region, str(row["unit-price"]), row["größe"], row.tags)
            for row in three_runs[name]
            if row["Order Id"] == 2
        ]
        values = ("bob", "2.00", "s", {"k": 2})
        assert sorted(records) == [("False", *values), ("False", *values), ("True", *values)]
        open_records = [
            (row["Order Id"], row.dbt_is_deleted)
            for row in three_runs[name]
            if row.dbt_valid_to is None
        ]
        assert open_records == [(1, "False"), (2, "False")]

    def test_columns_come_and_go(self, five_runs: dict[str, list[Row]]) -> None:
        for name, rows in five_runs.items():
            first, second, *_, last = [row for row in rows if row["Order Id"] == 1]
            assert (first["größe"], first.neu) == ("s", None)
            assert (second["größe"], second.neu) == ("s", None)
            assert (last["größe"], last.neu, str(last["unit-price"])) == (None, "n", "11.00")
            assert {row.region for row in rows} == {"a", "bob"}, name

    def test_a_run_without_changes_adds_no_version(self, five_runs: dict[str, list[Row]]) -> None:
        versions = {
            name: [row["Order Id"] for row in rows].count(1) for name, rows in five_runs.items()
        }
        assert versions == {"by_list": 3, "by_time": 3, "by_column": 3}

    def test_a_format_that_cannot_be_merged_is_refused(self, project: Any) -> None:
        result = run_dbt(["snapshot", "-s", "in_parquet"], expect_pass=False).results[0]
        assert "A snapshot needs file_format 'delta', 'iceberg' or 'hudi'" in result.message
