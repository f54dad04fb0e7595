"""The cluster target: a standalone master, two workers, and the catalog in PostgreSQL."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyspark
import pytest
from pyiceberg.table import StaticTable

from tests.e2e.conftest import ROOT, TINY, Lake
from tests.e2e.test_build import assert_equal, snapshot

SPARK_CLASS = Path(pyspark.__file__).parent / "bin" / "spark-class"
LOOPBACK = "127.0.0.1"
CANARY = "canary-4e1b"
"""A password, which the server does not ask for."""


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind((LOOPBACK, 0))
        port: int = sock.getsockname()[1]
        return port


@contextmanager
def running(log: Path, *command: str | Path, until: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the end of the block; yields when its log says ``until``."""
    environment = {**os.environ, "SPARK_LOCAL_IP": LOOPBACK}
    with log.open("wb") as output:
        server = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
    try:
        while until not in log.read_text(errors="replace"):
            try:
                server.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError(log.read_text(errors="replace"))
        yield server
    finally:
        server.terminate()
        server.wait()


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
def postgresql(folder: Path) -> Iterator[int]:
    """A PostgreSQL server with a user and a database ``lake``; its port."""
    initdb, postgres = shutil.which("initdb"), shutil.which("postgres")
    if not initdb or not postgres:
        pytest.skip("no PostgreSQL on the PATH")
    port = free_port()
    with tempfile.TemporaryDirectory() as data:
        other_user: list[str] = []
        if os.geteuid() == 0:  # as which PostgreSQL refuses to run
            shutil.chown(data, "nobody")
            other_user = ["setpriv", "--reuid=nobody", "--clear-groups"]
        subprocess.run(
            [*other_user, initdb, "-D", data, "-U", "lake", "--auth=trust", "--no-sync"],
            check=True,
            capture_output=True,
        )
        with running(
            folder / "postgres.log",
            *(*other_user, postgres, "-D", data, "-p", str(port), "-k", "", "-h", LOOPBACK, "-F"),
            until="ready to accept connections",
        ):
            psql(port, "create database lake", database="postgres")
            yield port


def psql(port: int, query: str, database: str = "lake") -> list[str]:
    """Run a query; its rows as CSV."""
    command = ["psql", "--csv", "-t", "-h", LOOPBACK, "-p", str(port), "-U", "lake", "-c", query]
    done = subprocess.run([*command, database], check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


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
            " where table_namespace = 'reelhouse' and iceberg_type = 'TABLE'",
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
