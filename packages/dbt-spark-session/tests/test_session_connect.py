"""dbt on a Spark Connect server: one server on loopback, and dbt in processes of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from dbt_common.exceptions import DbtRuntimeError
from pyspark.sql import SparkSession

from dbt_spark_session.parameters import resolve
from files_of_connect import FILES

SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"
SUBMIT = Path(sys.executable).parent / "spark-submit"
SCHEMA = "on_connect"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


@pytest.fixture(scope="module")
def remote(
    server_side_parameters: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Start a Spark Connect server on loopback; yield its address."""
    port, folder = _free_port(), tmp_path_factory.mktemp("server")
    settings = {k: v for k, v in server_side_parameters.items() if k.startswith("spark.")}
    settings |= {
        "spark.driver.memory": "1g",
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": port,
    }
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
        yield f"sc://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


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
def dbt(folder: Path) -> Run:
    """Run dbt in a new process."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "dbt.cli.main", "--no-send-anonymous-usage-stats"]
        return subprocess.run(
            [*command, *arguments],
            cwd=folder,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture(scope="module")
def built(dbt: Run, remote: str) -> None:
    """Build the project, then the increments and the snapshot a second time."""
    again = ("merged", "grown", "statuses")
    for number, selection in ((1, ("--exclude", "path:models/failing")), (2, ("-s", *again))):
        done = dbt("build", *selection, "--vars", f"run: {number}", ADDRESS=remote)
        assert done.returncode == 0, done.stdout


@pytest.fixture
def rows(built: None, spark: SparkSession) -> Callable[[str], list[tuple[Any, ...]]]:
    """Read a query on the built tables in this process, without the server."""
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


@pytest.mark.slow
def test_docs_have_the_columns_of_tables_and_views(
    built: None, dbt: Run, remote: str, folder: Path
) -> None:
    done = dbt("docs", "generate", "--vars", "run: 2", ADDRESS=remote)
    assert done.returncode == 0, done.stdout
    nodes = json.loads((folder / "target" / "catalog.json").read_text())["nodes"]
    for name in ("contracted", "paid"):
        assert "id" in nodes[f"model.shop.{name}"]["columns"]


@pytest.mark.slow
def test_times_are_those_of_the_session(dbt: Run, remote: str) -> None:
    query = "select timestamp '2024-01-01 00:00:00' as at, array(1) as list, X'00' as bytes"
    # The profile names no server here.
    done = dbt(
        *("show", "--inline", query, "--output", "json", "--vars", "run: 2"),
        SPARK_REMOTE=remote,
        TZ="Asia/Kolkata",
    )
    assert done.returncode == 0, done.stdout
    assert "2024-01-01T00:00:00-05:00" in done.stdout


def test_errors_are_those_of_the_models(dbt: Run, remote: str) -> None:
    done = dbt("run", "-s", "path:models/failing", "--vars", "run: 2", ADDRESS=remote)
    assert done.returncode == 1
    for message in (
        "no rating 0",
        "math domain error",
        'python_fails.py", line 6, in model',
        "ZeroDivisionError: ",
        "sparkContext",
    ):
        assert message in done.stdout, done.stdout
    for noise in ("\tat ", "JVM stacktrace", "Job aborted", "/pyspark/", "grpc"):
        assert noise not in done.stdout, done.stdout


def test_a_server_that_does_not_answer_is_named_at_once(dbt: Run) -> None:
    address = f"sc://127.0.0.1:{_free_port()}/;token=secret-token"
    start = time.monotonic()
    done = dbt("run", "-s", "contracted", "--vars", "run: 1", ADDRESS=address)
    assert time.monotonic() - start < 120  # pyspark would try for ten minutes
    assert done.returncode != 0
    assert "No Spark Connect server answers at sc://127.0.0.1:" in done.stdout
    assert "secret-token" not in done.stdout


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"spark.remote": "local[2]"}, "is not the address of a Spark Connect server"),
        ({"spark.remote": "sc://h", "dbt.session.lake": "/lake"}, "dbt.session.lake is a"),
        ({"spark.remote": "sc://h", "spark.master": "local"}, "spark.master is a"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters: dict[str, str], message: str) -> None:
    with pytest.raises(DbtRuntimeError, match=message):
        resolve(parameters, ".")


def test_the_environment_is_named_if_it_has_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARK_REMOTE", "sc://h")
    with pytest.raises(DbtRuntimeError, match="environment variable SPARK_REMOTE names a Spark"):
        resolve({"dbt.session.lake": "/lake"}, ".")
    assert resolve({"dbt.session.lock": "/lock"}, ".")["spark.remote"] == "sc://h"
