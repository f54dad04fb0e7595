"""Column names of every form in docs, contracts, data tests and clones."""

from __future__ import annotations

import json
import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from dbt.adapters.spark.impl import LIST_RELATIONS_MACRO_NAME
from dbt.tests.util import run_dbt
from dbt_common.exceptions import DbtRuntimeError
from pyspark.sql import SparkSession

from dbt_spark_session.adapter import SessionAdapter
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

    def test_a_table_with_any_name_is_listed_with_its_format(
        self, project: Any, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        execute_macro = SessionAdapter.execute_macro

        def refuse_one(adapter: Any, name: str, *arguments: Any, **named: Any) -> Any:
            if name == LIST_RELATIONS_MACRO_NAME:
                raise DbtRuntimeError("SHOW TABLE EXTENDED is not supported for v2 tables")
            return execute_macro(adapter, name, *arguments, **named)

        # In a catalog without this statement, dbt describes each table.
        monkeypatch.setattr(SessionAdapter, "is_iceberg_catalog", lambda *_: False)
        monkeypatch.setattr(SessionAdapter, "execute_macro", refuse_one)
        name = "an odd`s na.me"
        table = f"{project.test_schema}.{quote(name)}"
        spark.sql(f"create table {table} using iceberg as select 1 as id")
        adapter = project.adapter
        try:
            with adapter.connection_named("list"):
                schema = adapter.Relation.create(schema=project.test_schema)
                relations = adapter.list_relations_without_caching(schema)
        finally:
            spark.sql(f"drop table {table}")
        assert [found.is_iceberg for found in relations if found.identifier == name] == [True]


PYTHON = "def model(dbt, spark):\n    return spark.range(3)\n"


class TestCloneOfPythonModels:
    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {"in_python.py": PYTHON}

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
        run_dbt(["run"])
        Path("state").mkdir()
        shutil.copy("target/manifest.json", "state/manifest.json")
        run_dbt(["clone", "--state", "state", "--target", "other"])
        assert spark.table(f"{project.test_schema}_other.in_python").count() == 3
        # Nothing is cloned over itself.
        run_dbt(["clone", "--state", "state", "--full-refresh"])
        assert table("in_python").count() == 3
        spark.sql(f"drop view {project.test_schema}_other.in_python")
        spark.sql(f"drop schema {project.test_schema}_other")
