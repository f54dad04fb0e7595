"""Releases that ``dbt build`` publishes at its end."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from dbt.tests.util import run_dbt, run_dbt_and_capture
from dbt_common.exceptions import DbtRuntimeError
from pyspark.sql import SparkSession

from dbt_spark_session.code_version import code_version
from dbt_spark_session.parameters import PUBLISH

_AUTHOR = ("-c", "user.name=a", "-c", "user.email=a@example.org")
COMMIT = [*_AUTHOR, "commit", "-q", "--allow-empty", "-m"]
"""Arguments of git, without the message of the commit."""


class Published:
    """A project that publishes its builds for the catalog `readers`."""

    @pytest.fixture(scope="class")
    def dbt_profile_target(self, dbt_profile_target: dict[str, Any]) -> dict[str, Any]:
        parameters = {**dbt_profile_target["server_side_parameters"], PUBLISH: "readers"}
        return {**dbt_profile_target, "server_side_parameters": parameters}

    @pytest.fixture(scope="class")
    def project_config_update(self) -> dict[str, Any]:
        return {"on-run-end": "{{ publish_release(results, always=var('always', false)) }}"}


class TestReleasesOfBuilds(Published):
    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {
            "a.sql": "select {{ var('x') }} as x",
            "b.sql": "{{ config(materialized='table') }} select x from {{ ref('a') }}",
        }

    @pytest.fixture(scope="class")
    def tests(self) -> dict[str, str]:
        refused = "{{ var('refused', 13) }}"
        return {"x_is_not_13.sql": f"select * from {{{{ ref('b') }}}} where x = {refused}"}

    def test_a_build_is_published_when_everything_succeeds(
        self, project: Any, spark: SparkSession
    ) -> None:
        def dbt(command: str, x: int, passes: bool = True, **others: Any) -> str:
            variables = ["--vars", json.dumps({"x": x, **others})]
            _, output = run_dbt_and_capture([*command.split(), *variables], expect_pass=passes)
            return str(output)

        def read() -> list[int]:
            tables = (f"readers.{project.test_schema}.{name}" for name in "ab")
            return [spark.table(table).collect()[0].x for table in tables]

        first = int(dbt("build", 1).split("published release r")[1].split()[0])
        assert read() == [1, 1]

        assert "published release" not in dbt("run", 2) + dbt("build --select a b", 3)
        assert "published release" not in dbt("build --empty", 3)
        assert "published release" not in dbt("build --exclude-resource-type test", 3)
        assert "no release: 1 of 3 nodes did not succeed, such as x_is_not_13" in dbt(
            "build", 13, False
        )
        assert read() == [1, 1]
        assert f"published release r{first + 1}" in dbt("retry", 13, refused=14)
        assert read() == [13, 13]

        dbt("build --select a", 5)
        with pytest.raises(DbtRuntimeError, match="an earlier command has changed other tables"):
            dbt("build --select b", 5, always=True)
        assert f"published release r{first + 2}" in dbt("build --select a b", 5, always=True)
        assert read() == [5, 5]

        dbt(f'run-operation roll_back --args {{"release":{first}}}', 5)
        assert read() == [1, 1]


class TestCodeOfBuilds(Published):
    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        commits = """
import subprocess

def model(dbt, spark):
    folder = dbt.config.get("folder")
    subprocess.run(["git", "-C", folder, *%r, "later"], check=True)
    return spark.range(1)
"""
        return {
            "commits.py": commits % (COMMIT,),
            "commits.yml": "models: [{name: commits, config: {folder: \"{{ var('folder') }}\"}}]",
        }

    def test_a_release_has_the_code_of_the_start_of_its_build(
        self, project: Any, lake: Path
    ) -> None:
        folder = str(project.project_root)
        for arguments in (["init", "-q"], ["add", "models"], [*COMMIT, "first"]):
            subprocess.run(["git", "-C", folder, *arguments], check=True)
        first = code_version(folder)

        run_dbt(["build", "--vars", json.dumps({"folder": folder})])

        assert code_version(folder) != first
        with closing(sqlite3.connect(lake / "catalog.db")) as database:
            newest = "select code_version from releases order by release_number desc limit 1"
            assert database.execute(newest).fetchone() == (first,)


class TestAuditsOfBuilds(Published):
    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {"a.sql": "{{ config(materialized='table') }} select {{ var('x') }} as x"}

    @pytest.fixture(scope="class")
    def tests(self) -> dict[str, str]:
        def falls(columns: list[str]) -> str:
            last = f"{{{{ in_last_release(ref('a'), {columns}) }}}}"
            join = f"{{{{ ref('a') }}}} as new cross join {last} as last"
            return f"select new.x from {join} where new.x < last.x"

        return {"x_does_not_fall.sql": falls(["X"]), "no_release_has_y.sql": falls(["x", "y"])}

    def test_a_build_that_is_worse_than_the_last_release_is_not_published(
        self, project: Any, spark: SparkSession
    ) -> None:
        def build(x: int, passes: bool = True) -> str:
            variables = ["--vars", json.dumps({"x": x})]
            _, output = run_dbt_and_capture(["build", *variables], expect_pass=passes)
            return str(output)

        assert "published release" in build(5)
        assert "no release: 1 of 3 nodes did not succeed, such as x_does_not_fall" in build(
            4, passes=False
        )
        assert spark.table(f"readers.{project.test_schema}.a").collect()[0].x == 5
        assert "published release" in build(6)
