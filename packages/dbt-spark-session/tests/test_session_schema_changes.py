"""Incremental models whose columns have unusual names, come and go, and have nested types."""

from __future__ import annotations

from typing import Any

import pytest
from dbt.tests.util import run_dbt
from pyspark.sql import SparkSession

CHANGES = ("ignore", "append_new_columns", "sync_all_columns", "fail")
STRATEGIES = {
    "append": "incremental_strategy='append'",
    "merge": "incremental_strategy='merge', unique_key='Key Id'",
    "overwrite": "incremental_strategy='insert_overwrite'",
    "partitions": "incremental_strategy='insert_overwrite', partition_by='Key Id'",
}

# The second run has no `Order Date`, and has a new column `größe`.
COMES_AND_GOES = """
{{ config(materialized='incremental', %s) }}
{%% if is_incremental() %%}
select 2 as `Key Id`, 20 as `unit-price`, 'new' as `größe`
{%% else %%}
select 1 as `Key Id`, 1 as `unit-price`, 'old' as `Order Date`
union all select 2, 2, 'old'
{%% endif %%}
"""

# Both runs have the same columns, apart from their case.
MERGED = """
{{ config(materialized='incremental', incremental_strategy='merge', %s) }}
{%% if is_incremental() %%}
select 2 as `KEY ID`, 20 as `unit-price`, 'new' as `order date`, 'x' as `tick``s`
union all select 3, 30, 'new', 'x'
{%% else %%}
select 1 as `Key Id`, 1 as `unit-price`, 'old' as `Order Date`, 'x' as `tick``s`
union all select 2, 2, 'old', 'x'
{%% endif %%}
"""
KEYS = {
    "key_with_blank": "unique_key='Key Id'",
    "key_in_quotes": "unique_key='`Key Id`'",
    "key_in_lower_case": "unique_key='key id', on_schema_change='sync_all_columns'",
    "keys": "unique_key=['Key Id', 'tick`s'], on_schema_change='append_new_columns'",
    "updated": "unique_key='Key Id', merge_update_columns=['unit-price', 'tick`s']",
    "excluded": "unique_key='Key Id', merge_exclude_columns=['Order Date']",
}

WIDE_FIELDS = ", ".join(f"'f{number}', {number}" for number in range(30))
TYPES = {
    "array": "array(named_struct('a b', 1, 'c-d', array(1.5)))",
    "map": "map(date '2020-01-01', map('k', X'00ff'))",
    "decimal": "cast(1.5 as decimal(38, 10))",
    "binary": "X'00ff'",
    "ntz": "timestamp_ntz '2020-01-01 00:00:00'",
    "wide struct": f"named_struct({WIDE_FIELDS})",
}
TYPED = """
{{ config(
    materialized='incremental', incremental_strategy='%s', unique_key='id',
    on_schema_change='sync_all_columns'
) }}
select 1 as id {%% if is_incremental() %%}, %s {%% endif %%}
"""

# The second run changes the type of a column.
CHANGED_TYPE = """
{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='sync_all_columns'
) }}
select cast(1 as {{ '%s' if is_incremental() else '%s' }}) as `unit-price`
"""
CHANGED_TYPES = {
    "wider": ("bigint", "int"),
    "more_digits": ("decimal(20, 2)", "decimal(10, 2)"),
    "other_type": ("string", "int"),
}


class TestColumns:
    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        models = {
            f"{name}_{change}.sql": COMES_AND_GOES % f"{config}, on_schema_change='{change}'"
            for name, config in STRATEGIES.items()
            for change in CHANGES
        }
        models |= {f"{name}.sql": MERGED % config for name, config in KEYS.items()}
        models["misspelt.sql"] = MERGED % "unique_key='Key Id', merge_update_columns=['unit-prize']"
        models |= {f"{name}.sql": CHANGED_TYPE % types for name, types in CHANGED_TYPES.items()}
        columns = ", ".join(f"{value} as `{name}`" for name, value in TYPES.items())
        models |= {f"typed_{name}.sql": TYPED % (name, columns) for name in ("append", "merge")}
        return models

    @pytest.fixture(scope="class")
    def failed(self, project: Any) -> dict[str, str]:
        run_dbt(["run"])
        results = run_dbt(["run"], expect_pass=False)
        return {r.node.name: r.message for r in results if r.status == "error"}

    @pytest.fixture(scope="class")
    def rows(self, failed: dict[str, str], table: Any) -> Any:
        return lambda name: {tuple(row) for row in table(name).collect()}

    def test_dbt_refuses_what_its_documentation_says(self, failed: dict[str, str]) -> None:
        expected = {f"{name}_{change}" for name in STRATEGIES for change in ("ignore", "fail")}
        assert set(failed) - {"misspelt", "other_type"} == expected
        assert all("Order Date" in failed[name] for name in expected)

    def test_a_refused_increment_leaves_the_table_alone(self, rows: Any) -> None:
        for name in STRATEGIES:
            for change in ("ignore", "fail"):
                assert rows(f"{name}_{change}") == {(1, 1, "old"), (2, 2, "old")}

    def test_append_new_columns_keeps_values_of_columns_that_are_gone(self, rows: Any) -> None:
        old = {(1, 1, "old", None), (2, 2, "old", None)}
        assert rows("append_append_new_columns") == {*old, (2, 20, None, "new")}
        assert rows("merge_append_new_columns") == {(1, 1, "old", None), (2, 20, "old", "new")}
        assert rows("overwrite_append_new_columns") == {(2, 20, None, "new")}
        assert rows("partitions_append_new_columns") == {(1, 1, "old", None), (2, 20, None, "new")}

    def test_sync_all_columns_drops_and_adds(self, rows: Any) -> None:
        assert rows("append_sync_all_columns") == {(1, 1, None), (2, 2, None), (2, 20, "new")}
        assert rows("merge_sync_all_columns") == {(1, 1, None), (2, 20, "new")}
        assert rows("overwrite_sync_all_columns") == {(2, 20, "new")}
        assert rows("partitions_sync_all_columns") == {(1, 1, None), (2, 20, "new")}

    @pytest.mark.parametrize("name", [name for name in KEYS if name.startswith("key")])
    def test_a_key_matches_with_any_name_and_case(self, rows: Any, name: str) -> None:
        assert rows(name) == {(1, 1, "old", "x"), (2, 20, "new", "x"), (3, 30, "new", "x")}

    @pytest.mark.parametrize("name", ["updated", "excluded"])
    def test_a_merge_updates_the_named_columns_only(self, rows: Any, name: str) -> None:
        assert rows(name) == {(1, 1, "old", "x"), (2, 20, "old", "x"), (3, 30, "new", "x")}

    def test_a_misspelt_column_of_a_merge_is_named(self, failed: dict[str, str]) -> None:
        message = "merge_update_columns names 'unit-prize', which the table does not have"
        assert message in failed["misspelt"]

    def test_columns_of_every_type_are_added(
        self, failed: dict[str, str], spark: SparkSession, table: Any
    ) -> None:
        expected = spark.sql(
            "select 1 as id, " + ", ".join(f"{v} as `{k}`" for k, v in TYPES.items())
        )
        for name, count in (("typed_append", 2), ("typed_merge", 1)):
            typed = table(name)
            assert dict(typed.dtypes) == dict(expected.dtypes)
            assert typed.count() == count
            assert expected.first() in typed.collect()

    def test_a_type_is_widened_or_its_column_named(
        self, failed: dict[str, str], table: Any
    ) -> None:
        assert "unit-price" in failed["other_type"]
        assert table("other_type").dtypes == [("unit-price", "int")]
        for name, kind in (("wider", "bigint"), ("more_digits", "decimal(20,2)")):
            assert table(name).dtypes == [("unit-price", kind)]
            assert [row[0] for row in table(name).collect()] == [1, 1]
