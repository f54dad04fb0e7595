"""What a client of Spark Connect needs, and its connection to a server; without Spark."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from dbt_common.exceptions import DbtRuntimeError
from pyspark import SparkContext
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from dbt_spark_session import connect
from dbt_spark_session.connect import root_session
from dbt_spark_session.connection import spark_errors
from dbt_spark_session.parameters import resolve

LOOPBACK = "127.0.0.1"

# A server that knows no method of Spark.
SERVES = """
import grpc
from concurrent.futures import ThreadPoolExecutor

server = grpc.server(ThreadPoolExecutor(1))
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
server.wait_for_termination()
"""


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this process be a client, though it runs Spark."""
    monkeypatch.setattr(SparkContext, "_active_spark_context", None)
    yield
    connect.close()


def _ends_soon(action: Any) -> bool:
    thread = Thread(target=action, daemon=True)
    thread.start()
    thread.join(120)  # after a ping, gRPC tries three times to connect, for 20 s each
    return not thread.is_alive()


def test_the_end_of_a_session_does_not_wait_for_requests_of_others(client: None) -> None:
    from pyspark.sql.connect.client.reattach import ExecutePlanResponseReattachableIterator

    server = grpc.server(ThreadPoolExecutor(1))
    port = server.add_insecure_port(f"{LOOPBACK}:0")
    server.start()
    answered = Event()
    try:
        root_session(f"sc://{LOOPBACK}:{port}")
        threads = ExecutePlanResponseReattachableIterator._get_or_create_release_thread_pool()
        threads.submit(answered.wait)
        assert _ends_soon(connect.close)
    finally:
        answered.set()
        server.stop(None)


@pytest.mark.slow
def test_a_statement_fails_if_its_server_is_out_of_reach(
    client: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = {"grpc.keepalive_time_ms": 1_000, "grpc.keepalive_timeout_ms": 1_000}
    options = [(key, quick.get(key, value)) for key, value in connect._CHANNEL]
    monkeypatch.setattr(connect, "_CHANNEL", options)
    monkeypatch.setattr(connect, "_RETRIES", 0)
    messages: list[str] = []
    with subprocess.Popen(
        [sys.executable, "-c", SERVES], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        root = root_session(f"sc://{LOOPBACK}:{server.stdout.readline().strip()}")
        with pytest.raises(PySparkException, match="UNIMPLEMENTED"):
            root.range(1).count()
        os.kill(server.pid, signal.SIGSTOP)

        def count() -> None:
            with pytest.raises(DbtRuntimeError) as raised, spark_errors():
                root.range(1).count()
            messages.append(str(raised.value))

        try:
            assert _ends_soon(count)
        finally:
            server.kill()
    assert "The Spark Connect server does not answer any more" in messages[0]


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (None, r"needs packages that are not installed: .*'pyspark\[connect\]==4\.1"),
        (SimpleNamespace(SparkSession=object), r"needs pyspark 4\.1 or newer, but pyspark 4\."),
    ],
)
def test_a_client_that_lacks_something_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, module: Any, message: str
) -> None:
    monkeypatch.setattr(SparkContext, "_active_spark_context", None)
    monkeypatch.setitem(sys.modules, "pyspark.sql.connect.session", module)
    with pytest.raises(DbtRuntimeError, match=message):
        root_session(f"sc://{LOOPBACK}:1")


def test_a_process_that_runs_spark_cannot_be_a_client(spark: SparkSession) -> None:
    with pytest.raises(DbtRuntimeError, match="Spark runs in this process already"):
        root_session(f"sc://{LOOPBACK}:1")


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
