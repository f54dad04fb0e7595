"""Contracts: constraints hold before a table changes; names may have any form."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from dbt.adapters.base.impl import ConstraintSupport
from dbt.tests.util import run_dbt, run_dbt_and_capture
from dbt_common.contracts.constraints import ConstraintType
from pyspark.sql import SparkSession

from dbt_spark_session.adapter import SessionAdapter

# `amount` is the run's variable; -1 breaks a check, and null breaks not_null.
TABLE = """
{{ config(materialized='table', contract={'enforced': true}) }}
select 1 as `Order Id`, cast({{ var('amount', 1) }} as int) as `unit-price`
"""
INCREMENTAL = """
{{ config(
    materialized='incremental', incremental_strategy='%s', unique_key='Order Id',
    contract={'enforced': true}, on_schema_change='append_new_columns'
) }}
select {{ 2 if is_incremental() else 1 }} as `Order Id`,
    cast({{ var('amount', 1) }} as int) as `unit-price`
"""
JOINED = """
{{ config(materialized='table', contract={'enforced': true}) }}
select a.id as `ORDER ID`, a.amount as `unit-price`
from values (1, 1), (2, null) as a(id, amount)
inner join values (1) as b(id) on a.id = b.id
"""

COLUMNS = """
    columns:
      - name: Order Id
        data_type: int
        constraints: [{type: primary_key}]
      - name: unit-price
        data_type: int
        constraints:
          - {type: not_null}
          - {type: check, expression: "`unit-price` > 0", name: positive}
          - {type: unique}
          - {type: foreign_key, expression: "prices (price)"}
"""
PROPERTIES = """
models:
""" + "".join(
    f"  - name: {name}{COLUMNS}"
    for name in ("in_table", "appended", "merged", "overwritten", "joined")
)
TYPED = """
{{ config(materialized='table', contract={'enforced': true}) }}
select array(named_struct('a b', 1, 'c', 1.50)) as lines, map('k', X'00') as `by key`
"""
TYPED_PROPERTIES = """
  - name: typed
    columns:
      - {name: lines, data_type: "array<struct<`a b`: int, c: DECIMAL(3, 2)>>"}
      - {name: by key, data_type: "map<string, binary>"}
  - name: mistyped
    columns:
      - {name: lines, data_type: "array<struct<`a b`: string, c: decimal(3, 2)>>"}
      - {name: by key, data_type: "map<string, binary>"}
"""
MODEL_LEVEL = """
  - name: by_model
    constraints:
      - {type: not_null, columns: [unit-price]}
      - {type: check, expression: "`unit-price` > `Order Id` - 1 and 'it''s' = 'it''s'"}
      - {type: primary_key, columns: [Order Id]}
    columns:
      - {name: Order Id, data_type: int}
      - {name: unit-price, data_type: int}
"""
NAMES = ["in_table", "appended", "merged", "overwritten", "by_model"]


@pytest.mark.ansi
class TestConstraints:
    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {
            "in_table.sql": TABLE,
            "by_model.sql": TABLE,
            "appended.sql": INCREMENTAL % "append",
            "merged.sql": INCREMENTAL % "merge",
            "overwritten.sql": INCREMENTAL % "insert_overwrite",
            "joined.sql": JOINED,
            "typed.sql": TYPED,
            "mistyped.sql": TYPED,
            "properties.yml": PROPERTIES + MODEL_LEVEL + TYPED_PROPERTIES,
        }

    @pytest.fixture(scope="class")
    def first_run(self, project: Any) -> str:
        results, output = run_dbt_and_capture(["run", "--exclude", "mistyped"])
        assert len(results) == 7
        return str(output)

    def test_constraints_that_are_not_enforced_get_a_warning(self, first_run: str) -> None:
        for kind in ("primary_key", "unique", "foreign_key"):
            assert f"constraint type {kind} is not enforced" in " ".join(first_run.split())
        assert "constraint type not_null" not in first_run
        assert "constraint type check" not in first_run

    def test_a_row_that_a_join_removes_breaks_no_constraint(
        self, first_run: str, table: Any
    ) -> None:
        assert [tuple(row) for row in table("joined").collect()] == [(1, 1)]

    def test_nested_types_are_compared(self, first_run: str, table: Any) -> None:
        assert table("typed").dtypes == [
            ("lines", "array<struct<a b:int,c:decimal(3,2)>>"),
            ("by key", "map<string,binary>"),
        ]
        (result,) = run_dbt(["run", "-s", "mistyped"], expect_pass=False)
        (mismatch,) = [line for line in result.message.splitlines() if "mismatch" in line][1:]
        assert "array<struct<a b:int,c:decimal(3,2)>>" in mismatch
        assert "array<struct<a b:string,c:decimal(3,2)>>" in mismatch

    @pytest.mark.parametrize(
        ("amount", "message"),
        [("-1", "a row breaks the check constraint"), ("null", "NULL breaks its not_null")],
    )
    def test_a_broken_constraint_leaves_the_tables_alone(
        self, first_run: str, table: Any, amount: str, message: str
    ) -> None:
        before = [table(f"{name}.snapshots").count() for name in NAMES]
        results = run_dbt(
            ["run", "-s", *NAMES, "--vars", f"{{amount: '{amount}'}}"], expect_pass=False
        )
        for result in results:
            assert result.status == "error", result.node.name
            assert f"{result.node.name}" in result.message
            assert message in result.message
            assert "raise_error" not in result.message
        assert [table(f"{name}.snapshots").count() for name in NAMES] == before

    def test_a_table_that_breaks_a_constraint_is_not_made(
        self, first_run: str, project: Any, spark: SparkSession
    ) -> None:
        spark.sql(f"drop table {project.test_schema}.in_table")
        run_dbt(["run", "-s", "in_table", "--vars", "{amount: '-1'}"], expect_pass=False)
        assert not spark.catalog.tableExists(f"lake.{project.test_schema}.in_table")


@pytest.mark.parametrize(
    ("method", "support"),
    [("session", ConstraintSupport.ENFORCED), ("thrift", ConstraintSupport.NOT_ENFORCED)],
)
def test_constraints_are_enforced_with_session_only(
    method: str, support: ConstraintSupport
) -> None:
    config = SimpleNamespace(credentials=SimpleNamespace(method=method))
    adapter = SessionAdapter.__new__(SessionAdapter, config)
    assert isinstance(adapter, SessionAdapter)
    assert adapter.CONSTRAINT_SUPPORT[ConstraintType.not_null] == support
