"""The cluster target: a standalone master, two workers, and the catalog in PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyspark
import pytest
from pyiceberg.table import StaticTable

from servers import LOOPBACK, free_port, postgresql, psql, running
from tests.e2e.conftest import ROOT, TINY, Lake
from tests.e2e.test_build import assert_equal, snapshot

SPARK_CLASS = Path(pyspark.__file__).parent / "bin" / "spark-class"
CANARY = "canary-4e1b"
"""A password, which the server does not ask for."""


@contextmanager
def spark_master(folder: Path, workers: int) -> Iterator[tuple[str, list[int]]]:
    """A standalone master with workers of one core; its URL, and their process ids."""
    url = f"spark://{LOOPBACK}:{free_port()}"
    deploy = "org.apache.spark.deploy"
    with ExitStack() as servers:
        servers.enter_context(
            running(
                folder / "master.log",
                *(SPARK_CLASS, f"{deploy}.master.Master", "--host", LOOPBACK),
                *("--port", url.rpartition(":")[2], "--webui-port", "0"),
                until="I have been elected leader",
            )
        )
        pids = []
        for worker in range(workers):
            server = servers.enter_context(
                running(
                    folder / f"worker-{worker}.log",
                    *(SPARK_CLASS, f"{deploy}.worker.Worker", "--host", LOOPBACK, "--cores", "1"),
                    *("--memory", "1g", "--webui-port", "0", "--work-dir", folder / "work", url),
                    until="Successfully registered with master",
                )
            )
            pids.append(server.pid)
        yield url, pids


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

    @property
    def environment(self) -> dict[str, str]:
        return {
            **super().environment,
            "SPARK_LOCAL_IP": LOOPBACK,
            "REELHOUSE_MASTER": self.master,
            "REELHOUSE_CATALOG_URI": f"jdbc:postgresql://{LOOPBACK}:{self.port}/lake",
            "REELHOUSE_CATALOG_USER": "lake",
            "REELHOUSE_CATALOG_PASSWORD": CANARY,
            "REELHOUSE_WAREHOUSE": str(self.folder / "warehouse"),
        }

    def metadata(self) -> dict[str, str]:
        rows = psql(
            self.port,
            "select table_name, metadata_location from iceberg_tables"
            " where catalog_name = 'build' and table_namespace = 'reelhouse'"
            " and iceberg_type = 'TABLE'",
        )
        return dict(row.split(",", 1) for row in rows)

    def tables(self) -> list[str]:
        return list(self.metadata())

    def table(self, name: str) -> pa.Table:
        return StaticTable.from_metadata(self.metadata()[name]).scan().to_arrow()


@pytest.mark.slow
def test_a_cluster_builds_the_same_tables_as_one_machine(tiny: Lake, tmp_path: Path) -> None:
    with postgresql(tmp_path) as port, spark_master(tmp_path, workers=2) as (master, _):
        lake = ClusterLake(
            tmp_path / "lake", TINY, tiny.variables, tune=tiny.tune, master=master, port=port
        )
        with command_lines() as seen:
            output = lake.dbt(
                "build", "--target", "cluster", "--exclude-resource-type", "unit_test"
            )

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
        assert len(list((tmp_path / "work").glob("app-*/*/stderr"))) == 2
        assert_equal(snapshot(tiny), snapshot(lake))


@pytest.mark.slow
def test_a_fit_survives_the_loss_of_a_worker_with_equal_factors(tmp_path: Path) -> None:
    with spark_master(tmp_path, workers=2) as (master, workers):
        done = subprocess.run(
            [sys.executable, "-m", "tests.e2e.cluster_fit", master, str(workers[0])],
            cwd=ROOT,
            env={**os.environ, "SPARK_LOCAL_IP": LOOPBACK, "PYSPARK_PYTHON": sys.executable},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    assert done.returncode == 0, done.stdout
