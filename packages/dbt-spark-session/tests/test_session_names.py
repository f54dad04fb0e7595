"""Names of every form: of columns in docs, contracts and data tests, and of tables; clones."""

from __future__ import annotations

import json
import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from dbt.tests.util import run_dbt
from pyspark.sql import SparkSession

from dbt_spark_session.names import quote

pytestmark = pytest.mark.ansi

NAMES = ["Order Id", "unit-price", "größe", "select", "MiXed", "tick`s", "user", "#1", "a.b"]
SELECT = "select " + ", ".join(f"{number} as {quote(name)}" for number, name in enumerate(NAMES))


def _columns(**extra: Any) -> list[dict[str, Any]]:
    """Return the columns in YAML; their names are in lower case."""
    return [
        {
            "name": name.lower(),
            "description": f"Its name is {name}.",
            "data_type": "int",
            **extra,
        }
        for name in NAMES
    ]


CONFIGS: dict[str, dict[str, Any]] = {
    "unit-price": {"store_failures": True},
    "größe": {"where": "true"},
}


def _tests(name: str) -> list[Any]:
    tests: list[Any] = [
        "unique",
        {"relationships": {"arguments": {"to": "ref('as_view')", "field": name}}},
    ]
    if name in CONFIGS:
        tests.append({"not_null": {"config": CONFIGS[name]}})
    return tests


def _items() -> dict[str, Any]:
    columns = _columns()
    for column, name in zip(columns, NAMES, strict=True):
        column["data_tests"] = _tests(name)
    expression = "`Order Id` || '-' || `größe`"
    return {
        "name": "items",
        "config": {"contract": {"enforced": True}, "materialized": "table"},
        "columns": columns,
        "data_tests": [{"unique": {"arguments": {"column_name": expression}}}],
    }


TEXTS = {
    "name": "texts",
    "columns": [
        {
            "name": "a text",
            "data_tests": [
                {"accepted_values": {"arguments": {"values": ["it's", "C:\\new"]}}},
                {
                    "accepted_values": {
                        "name": "is_rejected",
                        "arguments": {"values": ["it's", "C:\\old"]},
                    }
                },
            ],
        }
    ],
}


class TestNames:
    @pytest.fixture(scope="class")
    def project_config_update(self) -> dict[str, Any]:
        return {"models": {"+persist_docs": {"relation": True, "columns": True}}}

    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        as_view = {"name": "as_view", "columns": _columns()}
        return {
            "items.sql": SELECT,
            "as_view.sql": SELECT,
            "texts.sql": r"select 'it\'s' as `a text` union all select 'C:\\new'",
            "properties.yml": yaml.safe_dump({"models": [_items(), as_view, TEXTS]}),
        }

    @pytest.fixture(scope="class")
    def status(self, project: Any) -> dict[str, str]:
        results = run_dbt(["build"], expect_pass=False)
        return {result.node.name: str(result.status) for result in results}

    def test_everything_passes_but_what_should_not(self, status: dict[str, str]) -> None:
        failed = {name for name, value in status.items() if value not in ("success", "pass")}
        assert failed == {"is_rejected"}
        assert len(status) == 3 + 2 * len(NAMES) + len(CONFIGS) + 1 + 2

    @pytest.mark.parametrize("name", ["items", "as_view"])
    def test_every_column_has_its_comment(
        self, status: dict[str, str], project: Any, spark: SparkSession, name: str
    ) -> None:
        rows = spark.sql(f"describe table {project.test_schema}.{name}").collect()
        comments = {row.col_name.lower(): row.comment for row in rows}
        assert comments == {name.lower(): f"Its name is {name}." for name in NAMES}

    def test_docs_list_every_column(self, status: dict[str, str], project: Any) -> None:
        run_dbt(["docs", "generate"])
        catalog = json.loads(Path("target/catalog.json").read_text())["nodes"]
        for name in ("items", "as_view"):
            columns = catalog[f"model.test.{name}"]["columns"]
            assert [column.lower() for column in columns] == [name.lower() for name in NAMES]


# Names of tables in backticks, as `quoting` asks for.
NAMED = {
    "in_sql.sql": """
        {{ config(
            alias='my-table `1`', materialized='incremental', incremental_strategy='merge',
            unique_key='id'
        ) }}
        select id, {{ 1 if is_incremental() else 0 }} as run from {{ ref('people') }}
    """,
    "in_python.py": """
def model(dbt, spark):
    dbt.config(alias="größe pro tag", materialized="incremental")
    return spark.table(str(dbt.this)).limit(1) if dbt.is_incremental else dbt.ref("in_sql")
""",
    "as_view.sql": "{{ config(alias='a.view') }} select * from {{ ref('in_python') }}",
    "properties.yml": """
snapshots:
  - name: kept
    relation: ref('in_sql')
    config: {alias: order-log, unique_key: id, strategy: check, check_cols: [run]}
seeds:
  - {name: people, config: {alias: "1st people"}}
models:
  - {name: as_view, columns: [{name: id, data_tests: [not_null]}]}
""",
}
COUNTS = {"1st people": 2, "my-table `1`": 2, "größe pro tag": 3, "a.view": 3, "order-log": 4}


class TestNamesOfTables:
    @pytest.fixture(scope="class")
    def project_config_update(self) -> dict[str, Any]:
        return {"quoting": {"identifier": True}}

    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return NAMED

    @pytest.fixture(scope="class")
    def seeds(self) -> dict[str, str]:
        return {"people.csv": "id\n1\n2\n"}

    def test_they_are_built_again_and_dropped(
        self, project: Any, spark: SparkSession, table: Any
    ) -> None:
        for _ in range(2):
            run_dbt(["build"])
        assert {name: table(quote(name)).count() for name in COUNTS} == COUNTS
        run_dbt(["docs", "generate"])
        catalog = json.loads(Path("target/catalog.json").read_text())
        assert list(catalog["nodes"]["model.test.in_python"]["columns"]) == ["id", "run"]
        adapter = project.adapter
        with adapter.connection_named("drop"):
            adapter.drop_schema(adapter.Relation.create(schema=project.test_schema))
        assert not spark.catalog.databaseExists(f"lake.{project.test_schema}")


class TestListing:
    """Spark's catalogs for JDBC have tables of no format, and no views."""

    @pytest.fixture(scope="class")
    def dbt_profile_target(
        self, dbt_profile_target: dict[str, Any], spark: SparkSession, lake: Path
    ) -> dict[str, Any]:
        spark._jvm.System.setProperty("derby.stream.error.file", f"{lake}/derby.log")
        catalog = "spark.sql.catalog.derby"
        derby = {
            catalog: "org.apache.spark.sql.execution.datasources.v2.jdbc.JDBCTableCatalog",
            f"{catalog}.url": "jdbc:derby:memory:listed;create=true",
            f"{catalog}.driver": "org.apache.derby.jdbc.EmbeddedDriver",
        }
        parameters = dbt_profile_target["server_side_parameters"] | derby
        return {**dbt_profile_target, "server_side_parameters": parameters}

    def test_a_catalog_without_views_has_tables(self, project: Any) -> None:
        adapter = project.adapter
        with adapter.connection_named("list"):
            schema = adapter.Relation.create(schema="derby.my-shop")
            adapter.create_schema(schema)
            adapter.execute(f"create table {schema}.listed (id int)")
            (found,) = adapter.list_relations_without_caching(schema)
            assert (str(found), found.type) == ("derby.`my-shop`.listed", "table")
            adapter.drop_relation(found)
            assert adapter.list_relations_without_caching(schema) == []


PYTHON = "def model(dbt, spark):\n    return spark.range(3)\n"


class TestClone:
    @pytest.fixture(scope="class")
    def project_config_update(self) -> dict[str, Any]:
        return {"quoting": {"identifier": True}}

    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {
            "in_python.py": PYTHON,
            "as_view.sql": "{{ config(alias='a view') }} select * from {{ ref('in_python') }}",
            "as_table.sql": "{{ config(materialized='table') }} select * from {{ ref('as_view') }}",
        }

    @pytest.fixture(scope="class")
    def profiles_config_update(
        self, dbt_profile_target: dict[str, Any], unique_schema: str
    ) -> dict[str, Any]:
        other = deepcopy(dbt_profile_target) | {"schema": f"{unique_schema}_other"}
        outputs = {"default": dbt_profile_target | {"schema": unique_schema}, "other": other}
        return {"test": {"outputs": outputs, "target": "default"}}

    def test_a_clone_is_a_view_and_keeps_its_original(
        self, project: Any, spark: SparkSession, table: Any
    ) -> None:
        names = ("in_python", "a view", "as_table")
        other = f"{project.test_schema}_other"
        run_dbt(["run"])
        Path("state").mkdir()
        shutil.copy("target/manifest.json", "state/manifest.json")
        run_dbt(["clone", "--state", "state", "--target", "other"])
        assert [spark.table(f"{other}.`{name}`").count() for name in names] == [3, 3, 3]
        assert {row.viewName for row in spark.sql(f"show views in {other}").collect()} == {*names}
        # Nothing is cloned over itself.
        run_dbt(["clone", "--state", "state", "--full-refresh"])
        assert [table(f"`{name}`").count() for name in names] == [3, 3, 3]
        for name in names:
            spark.sql(f"drop view {other}.`{name}`")
        spark.sql(f"drop schema {other}")
