"""Which commands publish: builds and retries of the whole project, or the tables of a selection."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from dbt.tests.util import run_dbt_and_capture
from dbt_common.exceptions import DbtRuntimeError
from pyspark.sql import SparkSession

from test_session_published_builds import Published

TABLE = "{{ config(materialized='table') }} "
NO_RELEASE = "no release: {} nodes of the project were not run, such as {}."


def dbt(command: str, x: int, passes: bool = True, **others: Any) -> str:
    variables = ["--vars", json.dumps({"x": x, **others})]
    _, output = run_dbt_and_capture([*command.split(), *variables], expect_pass=passes)
    return str(output)


class TestBuildsOfEverything(Published):
    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {
            "a.sql": TABLE + "select {{ var('x') }} as x",
            "b.sql": TABLE + "select x from {{ ref('a') }} left semi join {{ ref('seed') }}",
            "c.sql": TABLE + "select x / 1 as x from {{ ref('between') }}",
            "between.sql": "{{ config(materialized='ephemeral') }} select x from {{ ref('b') }}",
            "empty.sql": "",
            "off.sql": "{{ config(enabled=false) }} select 1 as x",
        }

    @pytest.fixture(scope="class")
    def seeds(self) -> dict[str, str]:
        return {"seed.csv": "id\n1\n"}

    @pytest.fixture(scope="class")
    def tests(self) -> dict[str, str]:
        refused = "{{ var('refused', []) }}"
        name = "{{ ref('%s') }}"
        return {
            f"{model}_is_accepted.sql": f"select * from {name % model} where '{model}' in"
            f" (select explode(split('{refused}', ',')))"
            for model in "ac"
        }

    @pytest.fixture(scope="class")
    def selectors(self) -> str:
        return """
selectors:
  - name: nightly
    default: "{{ env_var('NIGHTLY', 'no') == 'yes' }}"
    definition: {method: fqn, value: a}
"""

    def test_a_build_that_leaves_nodes_out_is_not_published(
        self, project: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert "published release r" in dbt("build", 1)
        for kind, missing in (("seed", "seed"), ("model", "a"), ("test", "a_is_accepted")):
            said = dbt(f"build --exclude-resource-type {kind}", 2)
            assert "published release" not in said
            assert f"such as {missing}." in said
        assert "published release r" in dbt("build --exclude-resource-type unit_test", 2)

        monkeypatch.setenv("NIGHTLY", "yes")
        assert NO_RELEASE.format(4, "b") in dbt("build", 3)

    def test_a_retry_publishes_only_what_it_and_its_build_have_run(self, project: Any) -> None:
        failed = "nodes did not succeed, such as {}_is_accepted (fail)"
        assert failed.format("a") in dbt("build", 4, False, refused="a")
        results = Path(project.project_root, "target", "run_results.json")
        whole = results.read_text()
        interrupted = json.loads(whole)
        interrupted["results"] = [
            each for each in interrupted["results"] if each["status"] in ("success", "fail")
        ]
        results.write_text(json.dumps(interrupted))
        assert NO_RELEASE.format(3, "b") in dbt("retry", 4, refused="")

        results.write_text(whole)
        assert failed.format("c") in dbt("retry", 4, False, refused="c")
        assert "published release r" in dbt("retry", 4, refused="")


SCHEMA_TEST = "select * from {{ ref('staged') }} where x = {{ var('refused', 0) }}"
STORED = "{{ config(store_failures=true) }} select * from {{ ref('mart') }} where x < 0"


class TestSelectionsWithTwoSchemas(Published):
    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        staged = "{{ config(materialized='table', schema='staging') }} select {{ var('x') }} as x"
        return {"staged.sql": staged, "mart.sql": TABLE + "select {{ var('x') }} as x"}

    @pytest.fixture(scope="class")
    def tests(self) -> dict[str, str]:
        return {"staged_is_accepted.sql": SCHEMA_TEST, "mart_is_positive.sql": STORED}

    def test_a_selection_does_not_publish_what_another_command_left(
        self, project: Any, spark: SparkSession
    ) -> None:
        dbt("build", 1)
        dbt("build", 2, False, refused=2)

        with pytest.raises(DbtRuntimeError, match=r"changed other tables too, such as .*staged: "):
            dbt("run -s mart", 3, always=True)
        # A test whose failures are stored has built no table for readers.
        assert "changed no table" in dbt("test -s mart_is_positive", 3, always=True)
        table = f"readers.{project.test_schema}_staging.staged"
        assert spark.table(table).first().x == 1

        dbt("build", 4)
        dbt("test -s mart_is_positive", 4)
        assert "published release r" in dbt("run -s mart", 5, always=True)
        assert spark.table(f"readers.{project.test_schema}.mart").first().x == 5
        assert "changed no table of release r" in dbt("test -s mart_is_positive", 5, always=True)
