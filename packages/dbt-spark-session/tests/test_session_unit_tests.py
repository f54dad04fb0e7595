"""Unit tests whose fixtures have every type, and names in any form."""

from __future__ import annotations

from typing import Any

import pytest
from dbt.tests.adapter.unit_testing.test_quoted_reserved_word_column_names import (
    BaseUnitTestQuotedReservedWordColumnNames,
)
from dbt.tests.adapter.unit_testing.test_types import BaseUnitTestingVarcharFixtureNoTruncation
from dbt.tests.util import run_dbt

from dbt_spark_session.names import quote

pytestmark = pytest.mark.ansi

# name: (SQL, YAML)
TYPES = {
    "Order Id": ("1", "1"),
    "unit-price": ("cast(12345678901234567890.12 as decimal(22, 2))", "'12345678901234567890.12'"),
    "größe": ("cast(1.5 as float)", "1.5"),
    "MiXed": ("'it''s C:\\\\new'", '"it\'s C:\\\\new"'),
    "tick`s": ("X'00ff'", "X'00FF'"),
    "select": ("date '2020-01-02'", "2020-01-02"),
    "at": ("timestamp '2020-01-02 03:04:05.678'", "'2020-01-02 03:04:05.678'"),
    "ntz": ("timestamp_ntz '2020-01-02 03:04:05'", "'2020-01-02 03:04:05'"),
    "flag": ("true", "true"),
    "nan": ("double('NaN')", "NaN"),
    "none": ("cast(null as array<int>)", "null"),
    "numbers": ("array(1, null)", "[1, null]"),
    "empty": ("cast(array() as array<string>)", "[]"),
    "texts": ("array('it''s', '\"')", "[\"it's\", '\"']"),
    "map": ("map('k', 1.50)", "{k: '1.50'}"),
    "dates": ("map(1, date '2020-01-02')", "{1: 2020-01-02}"),
    "struct": (
        "named_struct('a b', 1, 'c-d', array(named_struct('e', X'00ff')))",
        "{A B: 1, c-d: [{e: X'00ff'}]}",
    ),
    "partial": ("named_struct('a', 1, 'b', cast(null as string))", "{a: 1}"),
    "wide": (
        "named_struct({})".format(", ".join(f"'f{n}', {n}" for n in range(30))),
        "{{{}}}".format(", ".join(f"f{n}: {n}" for n in range(30))),
    ),
    "expression": ("array(map('k', 'it''s'))", "\"array(map('k', 'it\\\\'s'))\""),
    "not constant": ("array(1, 2)", '"transform(array(0, 1), n -> n + 1)"'),
    "json text": (
        '\'{"größe": [1.5, null], "am": "2020-01-02", "it": "it\\\'s"}\'',
        '{größe: [1.5, null], am: 2020-01-02, it: "it\'s"}',
    ),
    "json": ("named_struct('a', array(0.10))", "'{\"a\": [0.10]}'"),
}
EXPRESSIONS = ["expression", "not constant"]
VALUES = [name for name in TYPES if name not in EXPRESSIONS]


def _row(names: Any = TYPES) -> str:
    quoted = (f"{_yaml_key(name)}: {TYPES[name][1]}" for name in names)
    return "{" + ", ".join(quoted) + "}"


def _yaml_key(name: str) -> str:
    return f'"{name}"'


PROPERTIES = f"""
unit_tests:
  - name: every_type
    model: read
    given: [{{input: ref('source'), rows: [{_row()}]}}]
    expect: {{rows: [{_row()}]}}
  - name: equal_to_sql
    model: different
    given: [{{input: ref('source'), rows: [{_row()}]}}]
    expect: {{rows: [{{columns: []}}]}}
  - name: values_equal_to_sql
    model: different
    given: [{{input: ref('source'), rows: [{_row(VALUES)}]}}]
    expect: {{rows: [{{columns: {EXPRESSIONS}}}]}}
  - name: columns_in_any_order
    model: read
    given: [{{input: ref('source'), rows: [{{flag: true, nan: 1}}, {{}}, {{nan: 2, flag: false}}]}}]
    expect: {{rows: [{{nan: 2, flag: false}}, {{flag: true, nan: 1}}, {{nan: null, flag: null}}]}}
  - name: no_rows
    model: read
    given: [{{input: ref('source'), rows: []}}]
    expect: {{rows: []}}
  - name: a_row_too_many
    model: read
    given: [{{input: ref('source'), rows: [{{flag: true}}]}}]
    expect: {{rows: []}}
  - name: rows_of_other_columns
    model: read
    given: [{{input: ref('source'), rows: [{{flag: true}}]}}]
    expect: {{rows: [{{flag: true}}, {{nan: 1}}]}}
  - name: only_some_columns
    model: read
    given: [{{input: ref('source'), rows: [{_row(["struct"])}]}}]
    expect: {{rows: [{_row(["struct", "none"]).replace("struct", "STRUCT")}]}}
  - name: another_struct
    model: read
    given: [{{input: ref('source'), rows: [{_row(["struct"])}]}}]
    expect: {{rows: [{{struct: {{a b: 2}}}}]}}
  - name: no_such_field
    model: read
    given: [{{input: ref('source'), rows: [{{partial: {{c: 1}}}}]}}]
    expect: {{rows: []}}
  - name: not_a_number
    model: read
    given: [{{input: ref('source'), rows: [{{Order Id: 1x}}]}}]
    expect: {{rows: []}}
  - name: rows_of_the_table_itself
    model: added
    overrides: {{macros: {{is_incremental: true}}}}
    given:
      - input: ref('source')
        rows: [{{Order Id: 2}}, {{Order Id: 3}}]
      - {{input: this, rows: [{{order id: 2}}]}}
    expect: {{rows: [{{Order Id: 3}}]}}
  - name: nested_in_csv
    model: read
    given:
      - input: ref('source')
        format: csv
        rows: |
          Order Id,numbers
          1,"[1, null]"
    expect: {{rows: [{_row(["Order Id", "numbers"])}]}}
"""

ADDED = """
{{ config(materialized='incremental') }}
select `Order Id` from {{ ref('source') }}
{% if is_incremental() %}
where `Order Id` > (select max(`Order Id`) from {{ this }})
{% endif %}
"""


class TestUnitTests:
    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        columns = ", ".join(f"{sql} as {quote(name)}" for name, (sql, _) in TYPES.items())
        # Spark compares no maps.
        different = ", ".join(
            f"if(to_json(struct({quote(name)} as v)) = to_json(struct({sql} as v)), null, '{name}')"
            for name, (sql, _) in TYPES.items()
        )
        return {
            "source.sql": f"{{{{ config(materialized='table') }}}} select {columns}",
            "read.sql": "select * from {{ ref('source') }}",
            "different.sql": (
                f"select array_compact(array({different})) as columns from {{{{ ref('source') }}}}"
            ),
            "added.sql": ADDED,
            "unit_tests.yml": PROPERTIES,
        }

    @pytest.fixture(scope="class")
    def results(self, project: Any) -> dict[str, Any]:
        run_dbt(["run"])
        results = run_dbt(["test"], expect_pass=False)
        return {result.node.name: result for result in results}

    @pytest.mark.parametrize(
        "name",
        [
            "every_type",
            "equal_to_sql",
            "values_equal_to_sql",
            "columns_in_any_order",
            "no_rows",
            "only_some_columns",
            "rows_of_the_table_itself",
            "nested_in_csv",
        ],
    )
    def test_equal_rows_pass(self, results: dict[str, Any], name: str) -> None:
        assert results[name].status == "pass", results[name].message

    @pytest.mark.parametrize("name", ["another_struct", "a_row_too_many"])
    def test_another_row_fails(self, results: dict[str, Any], name: str) -> None:
        assert results[name].status == "fail"

    def test_expected_rows_have_the_same_columns(self, results: dict[str, Any]) -> None:
        assert "other columns than the first row: flag" in results["rows_of_other_columns"].message

    def test_an_unknown_field_is_named(self, results: dict[str, Any]) -> None:
        assert "'c' in a unit test is no field of the type" in results["no_such_field"].message

    def test_a_value_of_another_type_is_an_error(self, results: dict[str, Any]) -> None:
        assert "1x" in results["not_a_number"].message
        assert results["not_a_number"].status == "error"


class TestReservedWords(BaseUnitTestQuotedReservedWordColumnNames):
    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        from dbt.tests.adapter.unit_testing import (
            test_quoted_reserved_word_column_names as suite,
        )

        return {
            "my_model.sql": suite.my_model_sql,
            "my_upstream_model.sql": "select 1 as `GROUP`",
            "unit_tests.yml": suite.test_my_model_csv_fixtures_yml,
        }


class TestVarchar(BaseUnitTestingVarcharFixtureNoTruncation):
    pass
