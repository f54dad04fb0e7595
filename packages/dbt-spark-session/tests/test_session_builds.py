"""Whole builds: Python models and their errors, documentation, and tables that stay readable."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from dbt.adapters.factory import FACTORY
from dbt.plugins.manager import PluginManager
from dbt.tests.util import run_dbt, run_dbt_and_capture, write_file
from pyspark.sql import SparkSession

from dbt_spark_session.adapter import SessionAdapter
from models_of_builds import (
    APPENDED,
    CONTRACTED,
    DATACLASS,
    FAILS,
    FROM_SOURCE,
    MERGED,
    NOTHING,
    OVERWRITTEN,
    PROPERTIES,
    REFUSES,
    REFUSES_LATER,
    WORKER_FAILS,
)


def _temp_views(spark: SparkSession) -> set[str]:
    views = spark._jsparkSession.sessionState().catalog().listLocalTempViews("*")
    return set(views.mkString("\n").splitlines())


class TestBuild:
    @pytest.fixture(scope="class")
    def project_config_update(self) -> dict[str, Any]:
        return {
            "models": {
                "+materialized": "table",
                "+persist_docs": {"relation": True, "columns": True},
            },
        }

    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {
            "numbers.sql": "select id from range(10)",
            "fails.py": FAILS,
            "after_fails.sql": "select * from {{ ref('fails') }}",
            "worker_fails.py": WORKER_FAILS,
            "with_dataclass.py": DATACLASS,
            "nothing.py": NOTHING,
            "refuses.py": REFUSES,
            "refuses_later.py": REFUSES_LATER,
            "appended.py": APPENDED,
            "overwritten.py": OVERWRITTEN,
            "from_source.py": FROM_SOURCE,
            "merged.sql": MERGED,
            "contracted.sql": CONTRACTED,
            "a_view.sql": "{{ config(materialized='view') }} select * from {{ ref('merged') }}",
            "properties.yml": PROPERTIES,
        }

    @pytest.fixture(scope="class")
    def seeds(self) -> dict[str, str]:
        return {"people.csv": "id,name\n1,Ada\n"}

    @pytest.fixture(scope="class")
    def views_before(self, spark: SparkSession) -> set[str]:
        return _temp_views(spark)

    @pytest.fixture(scope="class")
    def built(self, project: Any, views_before: set[str]) -> dict[str, Any]:
        results = run_dbt(["build"], expect_pass=False)
        return {result.node.name: result for result in results}

    def test_one_failing_model_leaves_the_others(self, built: dict[str, Any]) -> None:
        status = {name: str(result.status) for name, result in built.items()}
        failed = {name for name, value in status.items() if value == "error"}
        assert failed == {"fails", "worker_fails", "nothing", "refuses", "refuses_later"}
        assert status["after_fails"] == "skipped"

    def test_a_traceback_shows_the_models_own_file_and_lines(
        self, project: Any, built: dict[str, Any]
    ) -> None:
        message = built["fails"].message
        path = Path(project.project_root) / "models" / "fails.py"
        assert f'File "{path}", line 9, in model' in message
        assert f'File "{path}", line 6, in halve' in message
        assert "return math.sqrt(-x)" in message
        assert "ValueError" in message
        assert "dbt_spark_session" not in message

    def test_a_failing_worker_shows_the_models_own_lines(self, built: dict[str, Any]) -> None:
        message = built["worker_fails"].message
        assert "models/worker_fails.py" in message
        assert "line 5, in invert" in message
        assert "ZeroDivisionError" in message
        assert "worker.py" not in message
        assert "\tat " not in message

    def test_an_error_that_is_a_message_has_no_traceback(self, built: dict[str, Any]) -> None:
        message = built["refuses"].message
        assert "refuses failed\n  ratings.csv is empty: name another" in message
        message = built["refuses_later"].message
        assert "refuses_later failed\n  line 2 of ratings.csv is no rating" in message
        assert "File" not in message

    def test_a_model_without_a_frame_is_an_error(self, built: dict[str, Any]) -> None:
        assert "The model returned NoneType; a Python model returns" in built["nothing"].message

    def test_functions_and_dataclasses_of_a_model_reach_workers(
        self, built: dict[str, Any], table: Any
    ) -> None:
        assert sorted(row.id for row in table("with_dataclass").collect()) == [100, 101, 102]

    def test_a_source_has_no_rows_in_an_empty_run(self, built: dict[str, Any], table: Any) -> None:
        assert table("from_source").count() == 10
        run_dbt(["run", "-s", "from_source", "--empty"])
        assert table("from_source").count() == 0

    def test_a_models_views_and_caches_are_gone(
        self, built: dict[str, Any], views_before: set[str], spark: SparkSession
    ) -> None:
        assert _temp_views(spark) == views_before
        assert spark._jsparkSession.sharedState().cacheManager().isEmpty()

    def test_comments_are_escaped_and_one_commit(
        self, project: Any, built: dict[str, Any], spark: SparkSession
    ) -> None:
        name = f"{project.test_schema}.contracted"
        rows = spark.sql(f"describe extended {name}").collect()
        comments = {row.col_name: row.comment for row in rows}
        details = {row.col_name: row.data_type for row in rows}
        assert comments["id"] == r"An id: it's \d+"
        assert comments["text"] == 'Its "text"'
        assert details["Comment"] == r"A table, with a quote ' and a backslash \d"
        # One commit creates the table, one sets the comments.
        assert spark.table(f"{name}.metadata_log_entries").count() == 2

    def test_no_table_is_left_behind(
        self, project: Any, built: dict[str, Any], views_before: set[str], spark: SparkSession
    ) -> None:
        run_dbt(["run", "-s", "appended", "overwritten", "merged"])
        tables = {
            row.tableName for row in spark.sql(f"show tables in {project.test_schema}").collect()
        }
        assert not [name for name in tables if "tmp" in name or name.startswith("dbt_")]
        assert _temp_views(spark) == views_before

    def test_increments_are_appended_overwritten_and_merged(
        self, built: dict[str, Any], table: Any
    ) -> None:
        assert sorted(row.id for row in table("appended").collect()) == [0, 1]
        assert {tuple(row) for row in table("overwritten").collect()} == {(1, "old"), (2, "new")}
        assert {row.run for row in table("merged").collect()} == {1}

    def test_tables_and_views_are_listed_in_two_statements(
        self, project: Any, built: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        adapter = project.adapter
        statements: list[str] = []
        add_query = adapter.connections.add_query

        def counted(sql: str, *args: Any, **kwargs: Any) -> Any:
            statements.append(sql)
            return add_query(sql, *args, **kwargs)

        monkeypatch.setattr(adapter.connections, "add_query", counted)
        with adapter.connection_named("list"):
            schema = adapter.Relation.create(schema=project.test_schema)
            relations = adapter.list_relations_without_caching(schema)
        types = {relation.identifier: relation.type for relation in relations}
        assert types["a_view"] == "view"
        assert types["merged"] == "table"
        assert all(r.is_iceberg for r in relations if r.type == "table")
        assert len(statements) == 2

    def test_the_catalog_has_views_and_comments(self, project: Any, built: dict[str, Any]) -> None:
        run_dbt(["docs", "generate"])
        catalog = json.loads(Path("target/catalog.json").read_text())["nodes"]
        view = catalog["model.test.a_view"]
        assert view["metadata"]["type"] == "view"
        assert list(view["columns"]) == ["id", "run"]
        columns = catalog["model.test.contracted"]["columns"]
        assert columns["id"]["comment"] == r"An id: it's \d+"

    def test_a_full_refresh_has_no_gap_and_keeps_history(
        self, project: Any, built: dict[str, Any], spark: SparkSession
    ) -> None:
        names = ["numbers", "merged", "with_dataclass", "people", "appended"]
        tables = [f"{project.test_schema}.{name}" for name in names]
        before = {
            name: spark.sql(f"select snapshot_id from {name}.snapshots order by committed_at desc")
            .first()
            .snapshot_id
            for name in tables
        }
        counts = {name: spark.table(name).count() for name in tables}
        faults: list[str] = []
        reads: list[int] = []
        stop = threading.Event()

        def read() -> None:
            while not stop.is_set():
                for name in tables:
                    try:
                        if spark.sql(f"select count(*) as n from {name}").first().n == 0:
                            faults.append(f"{name} is empty")
                    except Exception as error:
                        faults.append(f"{name}: {error}"[:300])
                reads.append(1)

        reader = threading.Thread(target=read)
        reader.start()
        try:
            run_dbt(["build", "--full-refresh", "-s", *names])
        finally:
            stop.set()
            reader.join()
        assert faults == []
        assert len(reads) > 1
        for name, snapshot in before.items():
            then = spark.sql(f"select * from {name} version as of {snapshot}")
            assert then.count() == counts[name]

    def test_a_table_that_was_not_recognised_is_replaced_not_dropped(
        self,
        project: Any,
        built: dict[str, Any],
        spark: SparkSession,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def unrecognised(adapter: Any, schema: Any) -> list[Any]:
            create = adapter.Relation.create
            return [create(schema=schema.schema, identifier=n, type="table") for n in names]

        names = ["numbers", "merged", "people"]
        tables = [f"{project.test_schema}.{name}.snapshots" for name in names]
        history = [spark.table(name).count() for name in tables]
        monkeypatch.setattr(SessionAdapter, "list_relations_without_caching", unrecognised)
        run_dbt(["build", "-s", *names, "--full-refresh"])
        assert [spark.table(name).count() for name in tables] == [n + 1 for n in history]

    def test_a_table_becomes_a_view_and_a_table_again(
        self, project: Any, built: dict[str, Any], table: Any
    ) -> None:
        path = Path(project.project_root) / "models" / "contracted.sql"
        text = path.read_text()
        path.write_text("{{ config(materialized='view') }}" + text)
        run_dbt(["run", "-s", "contracted"])
        assert table("contracted").count() == 1
        path.write_text(text)
        run_dbt(["run", "-s", "contracted"])
        assert table("contracted").count() == 1

    def test_retry_runs_the_python_model_again(
        self, project: Any, built: dict[str, Any], table: Any
    ) -> None:
        run_dbt(["run", "-s", "fails+"], expect_pass=False)
        write_file(FAILS.replace("math.sqrt(-x)", "None or spark.range(2)"), "models", "fails.py")
        results = run_dbt(["retry"])
        assert {result.node.name for result in results} == {"fails", "after_fails"}
        assert table("after_fails").count() == 2

    def test_without_the_plug_in_dbt_names_a_databricks_cluster(
        self, project: Any, built: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(PluginManager, "get_prefixed_modules", classmethod(lambda _: {}))
        monkeypatch.setattr("dbt.plugins.manager._MODULES_CACHE", None)
        monkeypatch.setattr(FACTORY, "load_plugin", FACTORY.load_plugin.__wrapped__)
        monkeypatch.setattr(FACTORY, "plugins", {})
        _, output = run_dbt_and_capture(
            ["run", "-s", "with_dataclass", "--no-partial-parse"], expect_pass=False
        )
        assert "Databricks cluster_id is required for all_purpose_cluster" in output
