"""What a dbt command does before it first uses Spark: locks, and its session."""

from __future__ import annotations

from typing import Any

import pytest
from dbt.tests.util import run_dbt, run_dbt_and_capture
from pyspark.sql import SparkSession

from dbt_spark_session.release_adapter import ReleaseAdapter
from test_session_published_builds import Published

WRITES = """
{% macro write_a_table() %}
    {% do run_query('create or replace table ' ~ target.schema ~ '.written as select 1 as x') %}
{% endmacro %}
"""


class TestLockOfTheCatalog(Published):
    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {"a.sql": "select 1 as x"}

    @pytest.fixture(scope="class")
    def macros(self) -> dict[str, str]:
        return {"write.sql": WRITES}

    def test_every_command_that_writes_takes_it(
        self, project: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        locked = []
        monkeypatch.setattr(ReleaseAdapter, "_lock_catalog", lambda self: locked.append(self))
        run_dbt(["run-operation", "write_a_table"])
        assert len(locked) == 1
        run_dbt(["run", "--no-populate-cache"])
        assert len(locked) == 2
        run_dbt(["compile"])
        assert len(locked) == 2
        _, said = run_dbt_and_capture(["build", "--no-populate-cache"])
        assert "published release r" in said


class TestDocs:
    @pytest.fixture(scope="class")
    def dbt_profile_target(self, dbt_profile_target: dict[str, Any]) -> dict[str, Any]:
        parameters = dict(dbt_profile_target["server_side_parameters"])
        parameters["spark.sql.session.timeZone"] = "Asia/Kolkata"
        return {**dbt_profile_target, "server_side_parameters": parameters}

    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {"a.sql": "select 1 as x"}

    def test_settings_of_their_target_end_with_them(
        self, project: Any, spark: SparkSession
    ) -> None:
        run_dbt(["run"])
        run_dbt(["docs", "generate"])
        assert spark.conf.get("spark.sql.session.timeZone") == "UTC"
