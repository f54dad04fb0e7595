"""The cluster target: a standalone master, two workers, and the catalog in PostgreSQL."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyspark
import pytest
from pyiceberg.table import StaticTable

from reelhouse.commands.archive import ARCHIVE, write_archive
from reelhouse.paths import S3_JARS_LOCK
from reelhouse.setup.jars import install_jars
from servers import LOOPBACK, free_port, postgresql, psql, running
from tests.e2e.conftest import ROOT, TINY, Lake
from tests.e2e.test_build import assert_equal, snapshot
from tests.object_storage import BUCKET, SECRET, s3
from tests.unit.copied_project import in_a_mount_namespace

LISTS = "select title from recommendations where user_id = 1 order by rank"
CANARY = "canary-4e1b"
"""The password of the catalog."""
HIDE = f"""
kept=$(mktemp -d)
mount --bind '{TINY}' "$kept"
mount -t tmpfs none '{ROOT}'
mkdir -p '{TINY}'
mount --bind "$kept" '{TINY}'
umount "$kept"
rmdir $kept"""
"""Shell script that leaves nothing but the data in the project's folder."""


RECOMMENDATIONS = (
    *("--select", "path:seeds", "+recommendations", "--exclude-resource-type", "unit_test"),
    *("--indirect-selection", "cautious"),
)
"""Options of dbt for the lists, without their evaluation."""
PYTHON = "./environment/bin/python"


@contextmanager
def spark_master(folder: Path, workers: int) -> Iterator[tuple[str, list[int]]]:
    """A standalone master with workers of one core; its URL, and their process ids.

    The workers are as on other machines: they have a Spark of their own, start in an empty folder,
    have no variables of this process, and do not see the folder of the project, except for data.
    """
    url = f"spark://{LOOPBACK}:{free_port()}"
    deploy = "org.apache.spark.deploy"
    spark, empty = folder / "spark", folder / "empty"
    empty.mkdir()
    shutil.copytree(Path(pyspark.__file__).parent, spark, copy_function=linked)
    spark_class = spark / "bin" / "spark-class"
    hidden = in_a_mount_namespace(HIDE)
    bare = {name: os.environ[name] for name in ("PATH", "JAVA_HOME", "HOME") if name in os.environ}
    with ExitStack() as servers:
        servers.enter_context(
            running(
                folder / "master.log",
                *(spark_class, f"{deploy}.master.Master", "--host", LOOPBACK),
                *("--port", url.rpartition(":")[2], "--webui-port", "0"),
                until="I have been elected leader",
                environment=bare,
                folder=empty,
            )
        )
        pids = []
        for worker in range(workers):
            server = servers.enter_context(
                running(
                    folder / f"worker-{worker}.log",
                    *hidden,
                    *(spark_class, f"{deploy}.worker.Worker", "--host", LOOPBACK, "--cores", "1"),
                    *("--memory", "1g", "--webui-port", "0", "--work-dir", folder / "work", url),
                    until="Successfully registered with master",
                    environment=bare,
                    folder=empty,
                )
            )
            pids.append(server.pid)
        yield url, pids


def linked(source: str, target: str) -> None:
    """Link a file, or copy it from another file system."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


@contextmanager
def command_lines() -> Iterator[set[bytes]]:
    """Collect the command lines of all processes until the end of the block."""
    seen: set[bytes] = set()
    done = threading.Event()

    def collect() -> None:
        while not done.wait(0.5):
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                with suppress(OSError):
                    seen.add(file.read_bytes())

    collector = threading.Thread(target=collect)
    collector.start()
    try:
        yield seen
    finally:
        done.set()
        collector.join()


@dataclass(frozen=True)
class ClusterLake(Lake):
    """A lake that a cluster fills, with its catalog in PostgreSQL."""

    master: str = ""
    port: int = 0
    warehouse: str = ""
    """Folder or URL of the tables; empty for a folder of the lake."""
    more: Mapping[str, str] = field(default_factory=dict)
    """More environment variables."""

    @property
    def environment(self) -> dict[str, str]:
        return {
            **super().environment,
            "SPARK_LOCAL_IP": LOOPBACK,
            "REELHOUSE_MASTER": self.master,
            "REELHOUSE_CATALOG_URI": f"jdbc:postgresql://{LOOPBACK}:{self.port}/lake",
            "REELHOUSE_CATALOG_USER": "lake",
            "REELHOUSE_CATALOG_PASSWORD": CANARY,
            "REELHOUSE_WAREHOUSE": self.warehouse or str(self.folder / "warehouse"),
            "REELHOUSE_WORKER_ARCHIVE": str(ARCHIVE),
            "REELHOUSE_TARGET": "cluster",
            **self.more,
        }

    def metadata(self) -> dict[str, str]:
        rows = psql(
            self.port,
            "select table_name, metadata_location from iceberg_tables"
            " where catalog_name = 'build' and table_namespace = 'reelhouse'"
            " and iceberg_type = 'TABLE'",
            password=CANARY,
        )
        return dict(row.split(",", 1) for row in rows)

    def reelhouse(self, *arguments: str) -> str:
        """Run a command of reelhouse, and return its output."""
        done = subprocess.run(
            ["reelhouse", *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def tables(self) -> list[str]:
        return list(self.metadata())

    def table(self, name: str) -> pa.Table:
        return StaticTable.from_metadata(self.metadata()[name]).scan().to_arrow()


@pytest.mark.slow
def test_a_cluster_builds_the_same_tables_as_one_machine(tiny: Lake, tmp_path: Path) -> None:
    write_archive()
    with postgresql(tmp_path, CANARY) as port, spark_master(tmp_path, workers=2) as (master, _):
        lake = ClusterLake(
            tmp_path / "lake", TINY, tiny.variables, tune=tiny.tune, master=master, port=port
        )
        with command_lines() as seen:
            output = lake.dbt("build", "--exclude-resource-type", "unit_test")
            output += lake.reelhouse("history")
            listed = lake.reelhouse("sql", "--format=csv", LISTS)
            likes = lake.reelhouse("recommend", "--like", listed.splitlines()[1])

        assert "r1" in output
        assert len(listed.splitlines()) == 11
        assert "because you liked" in likes
        assert any(b"CoarseGrainedExecutorBackend" in line for line in seen)
        assert not [line for line in seen if CANARY.encode() in line]
        assert CANARY not in output
        written = [*lake.folder.glob("*.log"), *lake.folder.glob("target/**/*")]
        written += [
            *ROOT.glob("logs/*.log"),
            *tmp_path.glob("*.log"),
            *tmp_path.glob("work/**/std*"),
        ]
        assert not [f for f in written if f.is_file() and CANARY.encode() in f.read_bytes()]
        executors = list((tmp_path / "work").glob("app-*/*"))
        assert len(executors) == 2
        for executor in executors:
            assert list(executor.glob("packages-*/reelhouse/als/kernels.py"))
        assert_equal(snapshot(tiny), snapshot(lake))


@pytest.mark.slow
def test_tables_on_s3_are_those_of_one_machine(tiny: Lake, tmp_path: Path) -> None:
    write_archive()
    install_jars(S3_JARS_LOCK)
    with (
        postgresql(tmp_path, CANARY) as port,
        s3(tmp_path) as variables,
        spark_master(tmp_path, workers=2) as (master, _),
    ):
        lake = ClusterLake(
            *(tmp_path / "lake", TINY, tiny.variables),
            **{"tune": tiny.tune, "master": master, "port": port},
            warehouse=f"s3://{BUCKET}/warehouse",
            more={**variables, "REELHOUSE_PUBLISH": "yes"},
        )
        with command_lines() as seen:
            output = lake.dbt("build", *RECOMMENDATIONS)
            output += lake.reelhouse("history")
            listed = lake.reelhouse("sql", "--format=csv", LISTS)
        files = [*lake.folder.rglob("*.log"), *tmp_path.rglob("std*"), *tmp_path.glob("*.log")]
        shown = [output.encode(), *seen, *(file.read_bytes() for file in files)]
        for secret in (SECRET, CANARY):
            assert not [text for text in shown if secret.encode() in text]
        assert not (tmp_path / "lake" / "warehouse").exists()
        rows = [row for row in tiny.table("recommendations").to_pylist() if row["user_id"] == 1]
        titles = [row["title"] for row in sorted(rows, key=lambda row: row["rank"])]
        assert [title for (title,) in csv.reader(listed.splitlines())] == ["title", *titles]


@pytest.mark.slow
def test_a_fit_survives_the_loss_of_a_worker_with_equal_factors(tmp_path: Path) -> None:
    write_archive()
    with spark_master(tmp_path, workers=2) as (master, workers):
        done = subprocess.run(
            [sys.executable, "-m", "tests.e2e.cluster_fit", master, str(workers[0])],
            cwd=ROOT,
            env={**os.environ, "SPARK_LOCAL_IP": LOOPBACK, "PYSPARK_PYTHON": PYTHON},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    assert done.returncode == 0, done.stdout
