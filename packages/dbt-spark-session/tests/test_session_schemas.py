"""Schemas whose names need backticks, and names of tables that differ in case only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from dbt.tests.util import run_dbt, write_file
from dbt_common.exceptions import DbtRuntimeError
from pyspark.sql import SparkSession

from dbt_spark_session.names import SessionRelation, quote_schema

RENDERED = {
    "shop": "shop",
    "lake.shop": "lake.shop",
    "my-shop": "`my-shop`",
    "lake.my shop": "lake.`my shop`",
    "größe": "`größe`",
    "2024": "`2024`",
    "tick`s": "`tick``s`",
    "`my.shop`": "`my.shop`",
    "lake.`my.shop`": "lake.`my.shop`",
    "`select`": "`select`",
}


@pytest.mark.parametrize("schema", RENDERED)
def test_a_schema_has_backticks_where_sql_needs_them(schema: str) -> None:
    relation = SessionRelation.create(schema=schema, identifier="orders")
    assert relation.render() == f"{RENDERED[schema]}.orders"
    assert relation.without_identifier().render() == RENDERED[schema]


def test_a_schema_that_the_project_quotes_is_one_name() -> None:
    relation = SessionRelation.create(schema="my.shop", quote_policy={"schema": True})
    assert relation.without_identifier().render() == "`my.shop`"


# Each is made unique by the prefix of the test; `table` is a word of SQL.
KINDS = {
    "odd": "{}-größe 1",
    "mixed": "{}_MiXed",
    "word": "table",
    "catalog": "lake.{}-shop",
}

MERGED = """
{{{{ config(
    schema={schema!r}, alias={alias!r}, materialized='incremental', incremental_strategy='merge',
    unique_key='id'
) }}}}
select id, {{{{ 1 if is_incremental() else 0 }}}} as run from {{{{ ref('names_{kind}') }}}}
"""

PYTHON = """
def model(dbt, spark):
    dbt.config(schema={schema!r}, materialized="incremental")
    rows = dbt.ref("merged_{kind}").limit(1)
    return rows.union(spark.table(str(dbt.this)).limit(1)) if dbt.is_incremental else rows
"""

VIEW = "{{{{ config(schema={schema!r}) }}}} select * from {{{{ ref('python_{kind}') }}}}"

SCHEMA_NAME = """
{% macro generate_schema_name(custom_schema_name, node) %}
    {{- custom_schema_name or target.schema -}}
{% endmacro %}
"""


def _properties(schemas: dict[str, str]) -> str:
    stored = {"store_failures": True}
    return yaml.safe_dump(
        {
            "seeds": [
                {"name": f"names_{kind}", "config": {"schema": schema}}
                for kind, schema in schemas.items()
            ],
            "models": [
                {
                    "name": f"shown_{kind}",
                    "columns": [
                        {
                            "name": "run",
                            "data_tests": [{"unique": {"config": {**stored, "schema": schema}}}],
                        }
                    ],
                }
                for kind, schema in schemas.items()
            ],
            "snapshots": [
                {
                    "name": f"kept_{kind}",
                    "relation": f"ref('merged_{kind}')",
                    "config": {
                        "target_schema": schema,
                        "unique_key": "id",
                        "strategy": "check",
                        "check_cols": ["run"],
                    },
                }
                for kind, schema in schemas.items()
            ],
        }
    )


class TestSchemas:
    @pytest.fixture(scope="class")
    def schemas(self, prefix: str) -> dict[str, str]:
        return {kind: name.format(prefix) for kind, name in KINDS.items()}

    @pytest.fixture(scope="class")
    def models(self, schemas: dict[str, str]) -> dict[str, str]:
        models = {"properties.yml": _properties(schemas)}
        for kind, schema in schemas.items():
            alias = "Merged" if kind == "mixed" else f"merged_{kind}"
            names = {"kind": kind, "schema": schema, "alias": alias}
            models[f"merged_{kind}.sql"] = MERGED.format(**names)
            models[f"python_{kind}.py"] = PYTHON.format(**names)
            models[f"shown_{kind}.sql"] = VIEW.format(**names)
        return models

    @pytest.fixture(scope="class")
    def seeds(self) -> dict[str, str]:
        return {f"names_{kind}.csv": "id,name\n1,Ada\n2,Bob\n" for kind in KINDS}

    @pytest.fixture(scope="class")
    def macros(self) -> dict[str, str]:
        return {"generate_schema_name.sql": SCHEMA_NAME}

    @pytest.fixture(scope="class")
    def built(self, project: Any) -> dict[str, str]:
        """Build twice; the test `unique` fails in the second build and stores its failures."""
        run_dbt(["build"])
        results = run_dbt(["build"], expect_pass=False)
        return {result.node.name: str(result.status) for result in results}

    @pytest.mark.parametrize("kind", KINDS)
    def test_everything_is_built_again(
        self, built: dict[str, str], schemas: dict[str, str], spark: SparkSession, kind: str
    ) -> None:
        status = {name: value for name, value in built.items() if kind in name}
        assert status.pop(f"unique_shown_{kind}_run") == "fail"
        assert set(status.values()) == {"success"}
        merged = "Merged" if kind == "mixed" else f"merged_{kind}"
        counts = {f"names_{kind}": 2, merged: 2, f"python_{kind}": 3, f"shown_{kind}": 3}
        counts |= {f"kept_{kind}": 4, f"unique_shown_{kind}_run": 1}
        schema = quote_schema(schemas[kind])
        assert {name: spark.table(f"{schema}.{name}").count() for name in counts} == counts
        views = spark.sql(f"show views in {schema}").where("not isTemporary")
        assert views.count() == 1

    def test_docs_list_their_columns(self, built: dict[str, str]) -> None:
        run_dbt(["docs", "generate"])
        nodes = json.loads(Path("target/catalog.json").read_text())["nodes"]
        for kind in KINDS:
            for name in (f"model.test.shown_{kind}", f"model.test.python_{kind}"):
                assert list(nodes[name]["columns"]) == ["id", "run"], name
            assert f"snapshot.test.kept_{kind}" in nodes
            assert f"seed.test.names_{kind}" in nodes

    def test_they_are_listed_and_dropped(
        self, built: dict[str, str], schemas: dict[str, str], project: Any
    ) -> None:
        adapter = project.adapter
        with adapter.connection_named("drop"):
            listed = adapter.list_schemas(None)
            for schema in schemas.values():
                assert schema.removeprefix("lake.") in listed
                assert adapter.check_schema_exists(None, schema)
                adapter.drop_schema(adapter.Relation.create(schema=schema))
                assert not adapter.check_schema_exists(None, schema)


class TestNamesThatDifferInCase:
    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {"orders.sql": "select 1 as id"}

    def test_a_table_with_another_case_is_left_alone(
        self, project: Any, table: Any, spark: SparkSession
    ) -> None:
        spark.sql(f"create table {project.test_schema}.Orders using iceberg as select 7 as id")
        (result,) = run_dbt(["run"], expect_pass=False)
        assert f"Found: {project.test_schema}.Orders" in result.message
        assert [row.id for row in table("Orders").collect()] == [7]

    def test_two_models_of_a_project_are_refused_in_one_sentence(self, project: Any) -> None:
        write_file("{{ config(alias='ORDERS') }} select 2 as id", "models", "upper.sql")
        schema = project.test_schema
        message = f"orders is {schema}.orders and upper is {schema}.ORDERS: dbt ignores the case"
        with pytest.raises(DbtRuntimeError, match=message):
            run_dbt(["run"])
