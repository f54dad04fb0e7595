"""Fixtures: one Spark session and one Iceberg lake for all tests; dbt runs in this process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from dbt.adapters.factory import load_plugin
from dbt.tests.fixtures.project import *  # noqa: F403 (dbt's fixtures for its adapter suites)
from dbt_common.tests import enable_test_caching
from pyspark.sql import SparkSession

from dbt_spark_session.plugin import register
from dbt_spark_session.session import get_session
from distributions import build_distributions
from processes import JARS, Dbt


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lake")


@pytest.fixture(scope="session")
def server_side_parameters(lake: Path) -> dict[str, Any]:
    jars = sorted(str(jar) for jar in JARS.glob("*.jar"))
    if not jars:
        pytest.fail(f"no jars in {JARS}: run make setup")
    return {
        "dbt.session.log": str(lake / "spark.log"),
        "spark.master": "local[2]",
        "spark.driver.memory": "2g",
        # Small queries spend most of their time on compilation, in Java and of generated code.
        "spark.driver.extraJavaOptions": ("-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m"),
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.jars": ",".join(jars),
        "spark.sql.extensions": (
            "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"
        ),
        "spark.sql.catalog.lake": "org.apache.iceberg.spark.SparkCatalog",
        "spark.sql.catalog.lake.type": "jdbc",
        "spark.sql.catalog.lake.uri": f"jdbc:sqlite:{lake}/catalog.db",
        "spark.sql.catalog.lake.warehouse": f"{lake}/warehouse",
        "spark.sql.warehouse.dir": f"{lake}/spark-warehouse",
        "spark.sql.catalog.lake.jdbc.schema-version": "V1",
        "spark.sql.catalog.lake.jdbc.busy_timeout": "30000",
        "spark.sql.defaultCatalog": "lake",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }


@pytest.fixture(scope="session", autouse=True)
def plugin() -> None:
    """Do what dbt's command line does before it creates an adapter; dbt's fixtures need this."""
    enable_test_caching()
    load_plugin("spark")
    register()


@pytest.fixture(scope="session")
def spark(server_side_parameters: dict[str, Any]) -> Iterator[SparkSession]:
    session = get_session(server_side_parameters)
    yield session
    session.stop()


@pytest.fixture(scope="class")
def ansi() -> bool:
    """Whether ANSI mode is on; a test file overrides this fixture to turn it on."""
    return False


@pytest.fixture(scope="class")
def dbt_profile_target(
    spark: SparkSession, server_side_parameters: dict[str, Any], ansi: bool
) -> dict[str, Any]:
    mode = str(ansi).lower()
    # A session that is already active takes a parameter only once.
    spark.conf.set("spark.sql.ansi.enabled", mode)
    return {
        "type": "spark",
        "method": "session",
        "host": "NA",
        "threads": 1,
        "server_side_parameters": {**server_side_parameters, "dbt.session.ansi": mode},
    }


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_distributions(tmp_path_factory.mktemp("distributions"))


@pytest.fixture
def dbt(tmp_path: Path) -> Dbt:
    """Run dbt in a new process, in a project with one model and a write lock."""
    target = {
        "type": "spark",
        "method": "session",
        "host": "NA",
        "schema": "main",
        "server_side_parameters": {
            "dbt.session.lock": "$PROJECT_ROOT/lake/lock",
            "dbt.session.log": "$PROJECT_ROOT/logs/spark.log",
            "spark.driver.memory": "1g",
        },
    }
    files = {
        "dbt_project.yml": {"name": "test", "profile": "test"},
        "profiles.yml": {"test": {"target": "t", "outputs": {"t": target}}},
    }
    for name, content in files.items():
        (tmp_path / name).write_text(yaml.safe_dump(content))
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "one.sql").write_text("select 1 as id")

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "dbt.cli.main", "--no-send-anonymous-usage-stats"]
        return subprocess.run(
            [*command, *arguments],
            cwd=tmp_path,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return run
