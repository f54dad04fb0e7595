"""Fixtures: one Spark session and one Iceberg lake for all tests; dbt runs in this process."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from dbt.adapters.factory import load_plugin
from dbt.tests.fixtures.project import *  # noqa: F403 (dbt's fixtures for its adapter suites)
from dbt_common.tests import enable_test_caching
from pyspark.sql import DataFrame, SparkSession

from dbt_spark_session.parameters import LAKE, LOCK, resolve
from dbt_spark_session.plugin import register
from dbt_spark_session.session import get_session
from distributions import build_distributions
from processes import CLASS_PATH, DBT, JARS, QUICK, Dbt, complete
from release_lake import Lake


def pytest_configure(config: pytest.Config) -> None:
    # dbt's suites declare class fixtures in a way about which pytest 9 warns.
    config.addinivalue_line("filterwarnings", "ignore:Class-scoped fixtures")
    config.addinivalue_line("markers", "ansi: in ANSI mode")


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lake")


@pytest.fixture(scope="session")
def server_side_parameters(lake: Path) -> dict[str, str]:
    if not CLASS_PATH:
        pytest.fail(f"no jars in {JARS}: run make setup")
    parameters = {
        LAKE: lake,
        LOCK: "",  # dbt's fixture `adapter` would hold the lock while a test runs dbt
        **QUICK,
        "spark.driver.memory": "2g",
        "spark.sql.warehouse.dir": f"{lake}/spark-warehouse",
    }
    return resolve(parameters, str(lake))


@pytest.fixture(scope="session", autouse=True)
def plugin() -> None:
    """Do what dbt's command line does before it creates an adapter; dbt's fixtures need this."""
    enable_test_caching()
    load_plugin("spark")
    register()


@pytest.fixture(scope="session")
def spark(server_side_parameters: dict[str, Any]) -> Iterator[SparkSession]:
    session = get_session(server_side_parameters)
    # Not in the profile, whose settings each command has anew: tests of times change it.
    session.conf.set("spark.sql.session.timeZone", "UTC")
    yield session
    session.stop()


@pytest.fixture(scope="class")
def logs_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Replace dbt's fixture, which leaves a folder for each class in the checkout."""
    folder = str(tmp_path_factory.mktemp("logs"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBT_LOG_PATH", folder)
        yield folder


@pytest.fixture(scope="class")
def dbt_profile_target(
    request: pytest.FixtureRequest, spark: SparkSession, server_side_parameters: dict[str, str]
) -> dict[str, Any]:
    mode = "true" if request.node.get_closest_marker("ansi") else "false"
    # A session that is already active takes a parameter only once.
    spark.conf.set("spark.sql.ansi.enabled", mode)
    return {
        "type": "spark",
        "method": "session",
        "host": "NA",
        "threads": 1,
        "server_side_parameters": {**server_side_parameters, "dbt.session.ansi": mode},
    }


@pytest.fixture(scope="class")
def table(project: Any, spark: SparkSession) -> Callable[[str], DataFrame]:
    """Return a function that reads a table of the project."""
    return lambda name: spark.table(f"{project.test_schema}.{name}")


@pytest.fixture
def shop(spark: SparkSession, tmp_path: Path) -> Iterator[Lake]:
    # Spark keeps a catalog that it has loaded, so each test has a session of its own.
    yield Lake(spark.newSession(), tmp_path)


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
        return complete(*DBT, *arguments, cwd=tmp_path, **environment)

    return run
