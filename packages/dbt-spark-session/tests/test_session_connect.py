"""dbt on a Spark Connect server: one server on loopback, and dbt in other processes."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from pyspark.sql import SparkSession

from files_of_connect import FILES, RUNS
from processes import DBT, complete, run

pytestmark = pytest.mark.slow

SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"
SUBMIT = Path(sys.executable).parent / "spark-submit"
SCHEMA = "on_connect"
LOOPBACK = "127.0.0.1"
BINDING = "spark.connect.grpc.binding"


def _free_port() -> int:
    with socket.socket() as free:
        free.bind((LOOPBACK, 0))
        port: int = free.getsockname()[1]
    return port


@contextmanager
def _server(parameters: dict[str, str], folder: Path) -> Iterator[tuple[str, int]]:
    """Start a server by the command of the README; yield its address and its process id."""
    port = _free_port()
    settings = {k: v for k, v in parameters.items() if k.startswith("spark.")}
    settings |= {f"{BINDING}.address": LOOPBACK, f"{BINDING}.port": str(port)}
    settings["spark.driver.memory"] = "1g"
    options = [part for key, value in settings.items() for part in ("--conf", f"{key}={value}")]
    log = folder / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [SUBMIT, "--class", SERVER, *options, "spark-internal"],
            cwd=folder,
            env={**os.environ, "PYSPARK_PYTHON": sys.executable},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + 60
        while f":{port}" not in log.read_text():
            assert server.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        yield f"sc://{LOOPBACK}:{port}", server.pid
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture(scope="module")
def remote(
    server_side_parameters: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    with _server(server_side_parameters, tmp_path_factory.mktemp("server")) as (address, _):
        yield address


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the project; its profile reads the address of the server from ADDRESS."""
    folder = tmp_path_factory.mktemp("shop")
    target = {
        "type": "spark",
        "method": "session",
        "host": "NA",
        "schema": SCHEMA,
        "threads": 2,
        "server_side_parameters": {
            "spark.remote": "{{ env_var('ADDRESS', '') }}",
            "spark.sql.session.timeZone": "America/New_York",
            "dbt.session.ansi": "true",
            "dbt.session.lock": "$PROJECT_ROOT/lock",
        },
    }
    profiles = yaml.safe_dump({"shop": {"target": "t", "outputs": {"t": target}}})
    for name, content in {**FILES, "profiles.yml": profiles}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


@pytest.fixture(scope="module")
def outputs(folder: Path, remote: str) -> dict[str, str]:
    """Build the project, run its failing models, build its increments, and run without a server.

    The commands run in one process, whose start takes longer than a command.
    """
    silent = f"sc://{LOOPBACK}:{_free_port()}/;token=secret-token"
    first = ["--vars", "run: 1"]
    commands = {
        "build": [
            remote,
            "build",
            "--exclude",
            "path:models/ending",
            "path:models/failing",
            *first,
        ],
        "fail": [remote, "run", "-s", "path:models/failing", *first],
        "increment": [remote, "build", "-s", "merged", "grown", "statuses", "--vars", "run: 2"],
        "silent": [silent, "run", "-s", "contracted", *first],
    }
    printed = run(sys.executable, "-c", RUNS, json.dumps(list(commands.values())), cwd=folder)
    return dict(zip(commands, printed.split("\nNEXT\n")[:-1], strict=True))


@pytest.fixture
def rows(outputs: dict[str, str], spark: SparkSession) -> Callable[[str], list[tuple[Any, ...]]]:
    """Read a query on the built tables in this process, without Spark Connect."""
    for name in ("build", "increment"):
        assert "ERROR=0" in outputs[name], outputs[name]
    return lambda query: [
        tuple(row) for row in spark.sql(query.replace("@", f"lake.{SCHEMA}.")).collect()
    ]


def test_a_seed_keeps_its_values(rows: Any) -> None:
    found = rows("select id, paid, cast(placed_at as string), note from @orders order by id")
    # In UTC; the session has loaded them in New York.
    assert found == [
        (1, 2.5, "2023-12-31 22:00:00", "it's"),
        (2, None, "2024-06-01 16:00:00", None),
    ]


def test_increments_are_merged_and_a_snapshot_has_both_runs(rows: Any) -> None:
    assert sorted(rows("select * from @merged")) == [(1, 1), (2, 2), (3, 2)]
    found = rows("select id, run, dbt_valid_to is null from @statuses order by id, run")
    assert found == [(1, 1, True), (2, 1, False), (2, 2, True), (3, 2, True)]
    found = rows("select id, start, nothing from @grown order by id")
    assert found == [(0, 0, None), (1, 1, None), (2, 1, None)]


def test_a_node_has_what_hooks_left_and_leaves_nothing(rows: Any) -> None:
    assert rows("select * from @hooked") == [(f"{SCHEMA}_hooked", 1)]
    assert rows("select * from @finds") == [(["of_a_hook"], "1")]


def test_a_table_that_another_session_has_changed_is_read_again(rows: Any) -> None:
    assert rows("select * from @counted") == [(3,)]


def test_each_kind_of_result_of_a_python_model(rows: Any) -> None:
    found = rows("select id, text, cast(at as string) from @from_pandas order by id")
    assert found == [(1, "it's", "2024-01-01 17:00:00"), (2, None, None)]
    found = rows("select id, tags.k from @from_arrow order by id nulls last")
    assert found == [(Decimal(1), [1]), (None, None)]
    assert sorted(rows("select id from @streamed")) == [(0,), (1,), (2,)]
    assert sorted(rows("select * from @mapped")) == [(101, 50.5), (102, 51.0)]


def test_a_contract_is_checked_and_documented(rows: Any) -> None:
    assert rows("select id, cast(at as string) from @contracted") == [(1, "2024-01-01 05:00:00")]
    described = rows("describe @contracted")
    assert ("id", "int", "Its id") in described


def test_errors_are_those_of_the_models(outputs: dict[str, str]) -> None:
    output = outputs["fail"]
    assert "ERROR=4" in output, output
    for message in (
        "no rating 0",
        "math domain error",
        'python_fails.py", line 6, in model',
        "ZeroDivisionError: ",
        "sparkContext",
    ):
        assert message in output, output
    for noise in ("\tat ", "JVM stacktrace", "Job aborted", "/pyspark/", "grpc"):
        assert noise not in output, output


def test_a_server_that_does_not_answer_is_named(outputs: dict[str, str]) -> None:
    assert f"No Spark Connect server answers at sc://{LOOPBACK}:" in outputs["silent"]
    assert "secret-token" not in outputs["silent"]


def test_docs_have_the_columns_of_tables_and_views(rows: Any, remote: str, folder: Path) -> None:
    run(*DBT, "docs", "generate", "--vars", "run: 2", cwd=folder, ADDRESS=remote)
    nodes = json.loads((folder / "target" / "catalog.json").read_text())["nodes"]
    for name in ("contracted", "paid"):
        assert "id" in nodes[f"model.shop.{name}"]["columns"]


def test_times_are_those_of_the_session(folder: Path, remote: str) -> None:
    query = "select timestamp '2024-01-01 00:00:00' as at, array(1) as list, X'00' as bytes"
    show = ("show", "--inline", query, "--output", "json", "--vars", "run: 2")
    # The profile names no server here.
    printed = run(*DBT, *show, cwd=folder, SPARK_REMOTE=remote, TZ="Asia/Kolkata")
    assert "2024-01-01T00:00:00-05:00" in printed


def test_the_end_of_a_server_ends_the_run_soon(
    server_side_parameters: dict[str, str], folder: Path, tmp_path: Path
) -> None:
    with _server(server_side_parameters, tmp_path) as (address, process):
        start = time.monotonic()
        done = complete(
            *(*DBT, "run", "-s", "path:models/ending", "--vars", "run: 1"),
            cwd=folder,
            ADDRESS=address,
            SERVER=str(process),
        )
    assert done.returncode == 1
    assert "The Spark Connect server does not answer any more" in done.stdout, done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert time.monotonic() - start < 120  # pyspark would try for ten minutes
