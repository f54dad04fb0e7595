"""Fixtures of the unit tests: a Spark session, a lake that PyIceberg writes, a copied project."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from reelhouse.lake.cluster import ClusterLake
from reelhouse.lake.session import LakeSession
from reelhouse.paths import JARS
from reelhouse.setup.jars import locked_jars
from reelhouse.setup.java_classes import ARCHIVE
from servers import postgresql
from tests.unit.copied_project import QUICK_JAVA, Project
from tests.unit.lakes import add_release, build_lake, on_cluster

CANARY = "canary-7d2f"
"""The password of PostgreSQL, which no output may show."""


@pytest.fixture(scope="session")
def spark():
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    # Spark has one session per process, so an active session is used.
    jars = ":".join(str(jar.path) for jar in locked_jars())
    options = f'-Xss8m "-XX:SharedArchiveFile={ARCHIVE}" -Xlog:cds=off -Xlog:cds+dynamic=off'
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.legacy.parquet.nanosAsLong", "true")
        .config("spark.log.level", "ERROR")
        .config("spark.driver.extraJavaOptions", f"{options} {QUICK_JAVA['JAVA_TOOL_OPTIONS']}")
        .config("spark.driver.extraClassPath", jars)
        .getOrCreate()
    )
    yield session


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_lake(tmp_path_factory.mktemp("lakes") / "lake")


@pytest.fixture(scope="session")
def postgresql_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Start PostgreSQL, which asks the user ``lake`` for the password ``CANARY``."""
    with postgresql(tmp_path_factory.mktemp("postgresql"), CANARY) as port:
        yield port


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory, postgresql_port: int) -> ClusterLake:
    """Write a lake whose catalog is in PostgreSQL."""
    lake = build_lake(tmp_path_factory.mktemp("cluster") / "lake")
    add_release(lake, 1)
    return on_cluster(lake, postgresql_port, CANARY, "unit")


@pytest.fixture
def session(lake: Path) -> Iterator[LakeSession]:
    with LakeSession(lake) as session:
        yield session


@pytest.fixture
def sql(
    lake: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run `reelhouse sql …`: exit code, standard output, standard error."""
    from reelhouse.cli import main

    monkeypatch.setenv("REELHOUSE_LAKE", str(lake))

    def run(query: str, format: str = "table") -> tuple[int, str, str]:
        code = main(["sql", query, "--format", format])
        out, err = capfd.readouterr()
        return code, out, err

    return run


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    root = tmp_path / "project"
    root.mkdir()
    times = times_of_jars()
    yield Project(root)
    assert times_of_jars() == times, "the test has touched the real jars"


def times_of_jars() -> dict[str, float]:
    return {jar.name: jar.stat().st_mtime for jar in JARS.iterdir()}
