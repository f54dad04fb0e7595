"""Sessions of a Spark Connect server, whose address is ``spark.remote`` in the profile."""

from __future__ import annotations

import os
import queue
import re
from contextlib import suppress
from functools import partial
from typing import Any

import pyspark
from dbt_common.exceptions import DbtRuntimeError
from pyspark import SparkContext

from dbt_spark_session.lake import ICEBERG_CATALOGS

REMOTE = "spark.remote"
ENVIRONMENT = "SPARK_REMOTE"
_MODE = "SPARK_CONNECT_MODE_ENABLED"
"""Environment variable by which pyspark's functions know that they work with Spark Connect."""
_CATALOG = "spark.sql.catalog."
_RETRIES = 5
"""After five retries, which take about 17 s, a statement fails; pyspark's 15 take ten minutes."""
_PATIENCE = 10
"""Seconds to wait for the server when a session begins."""
_CHANNEL = [
    # Without pings, a statement would wait forever for a server that is out of reach. By default,
    # a server closes the connections of clients that send them more often than every 300 s.
    ("grpc.keepalive_time_ms", 310_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.http2.max_pings_without_data", 0),
]
"""Options of the connection; gRPC documents them in its guide to keepalive."""

_root: Any = None
_sessions: list[Any] = []
_environment: dict[str, str | None] = {}
"""Values of environment variables before the first session."""


def is_connect(session: Any) -> bool:
    """Return whether the session is one of a Spark Connect server."""
    return type(session).__module__.startswith("pyspark.sql.connect.")


def root_session(remote: str) -> Any:
    """Return the session outside of all nodes; connect to the server if there is none.

    Raises:
        DbtRuntimeError: The server does not answer, packages are missing, or a Spark of this
            process runs already.
    """
    global _root
    if _root is not None and not _root.is_stopped:
        return _root
    if SparkContext._active_spark_context is not None:
        raise DbtRuntimeError(
            f"{REMOTE} names a Spark Connect server, but Spark runs in this process already: "
            "start dbt in a new process"
        )
    session_class = _session_class()
    _refuse_if_silent(remote)
    for name, value in ((ENVIRONMENT, remote), (_MODE, "1")):
        _environment.setdefault(name, os.environ.get(name))
        # With these, SparkSession.builder and the functions of pyspark use Spark Connect.
        os.environ[name] = value
    _root = _register(session_class.builder.channelBuilder(_channel_builder(remote)).create())
    return _root


def read_tables_again(root: Any) -> None:
    """Switch off the cache of tables in Iceberg's catalogs.

    Every session has catalogs of its own. With the cache, a session would not see that another
    session has changed a table.
    """
    settings = root.conf.getAll
    for key, value in settings.items():
        is_catalog = key.startswith(_CATALOG) and "." not in key.removeprefix(_CATALOG)
        if is_catalog and value in ICEBERG_CATALOGS and f"{key}.cache-enabled" not in settings:
            root.conf.set(f"{key}.cache-enabled", "false")


def copy_of(root: Any) -> Any:
    """Return a new session with the settings, temp views, functions and schema of ``root``.

    Raises:
        DbtRuntimeError: The server does not answer, or it does not know ``root`` any more.
    """
    _refuse_if_silent(os.environ[ENVIRONMENT])
    copy = None
    try:
        copy = _register(root.cloneSession())
        # pyspark 4.1 does not set this attribute, which stop() reads.
        copy.release_session_on_close = True
        ours, theirs = copy.catalog, root.catalog
        if ours.currentCatalog() != theirs.currentCatalog():
            ours.setCurrentCatalog(theirs.currentCatalog())
        if ours.currentDatabase() != theirs.currentDatabase():
            ours.setCurrentDatabase(theirs.currentDatabase())
    except Exception as error:
        if copy is not None:
            release(copy)
        raise DbtRuntimeError(
            f"The Spark Connect server gave no session for a node: {_text(error)}"
        ) from error
    return copy


def activate(session: Any) -> None:
    """Make this thread's ``SparkSession.builder.getOrCreate()`` return the session."""
    _session_class()._active_session.session = session


def release(session: Any) -> None:
    """End a session on the server, with its settings and temp views."""
    if session in _sessions:
        _sessions.remove(session)
    # Without a server, stop() would wait for it.
    if _answers(os.environ.get(ENVIRONMENT, "")):
        # In a node, stop() of the session itself is an error (node_sessions.py).
        type(session).stop(session)
    else:
        session.client.close()


def interrupt() -> None:
    """Interrupt the statements that run in the sessions of this process."""
    for session in list(_sessions):
        with suppress(Exception):
            session.interruptAll()


def close() -> None:
    """End the session outside of the nodes, and restore the environment variables."""
    global _root
    if _root is None:
        return
    root, _root = _root, None
    try:
        release(root)
    finally:
        for name, value in _environment.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        _environment.clear()


def lost_server(error: BaseException) -> bool:
    """Return whether the error says that the server does not answer."""
    code = getattr(error, "getGrpcStatusCode", None)
    return code is not None and code().name == "UNAVAILABLE"


def cause_of(error: BaseException) -> tuple[str, str]:
    """Return the class and message of the innermost cause on the server; empty if there is none."""
    stack = getattr(error, "_stacktrace", None) or ""
    causes = re.findall(r"^Caused by: (?:\w+\.)*([\w$]+): (.*)", stack, re.MULTILINE)
    return causes[-1] if causes else ("", "")


def _session_class() -> Any:
    try:
        from pyspark.sql.connect.session import SparkSession
    except ImportError as error:
        raise DbtRuntimeError(
            f"{REMOTE} needs packages that are not installed: {error} Install them where dbt runs: "
            f"python -m pip install 'pyspark[connect]=={pyspark.__version__}'"
        ) from error
    if not hasattr(SparkSession, "cloneSession"):
        raise DbtRuntimeError(
            f"{REMOTE} needs pyspark 4.1 or newer, but pyspark {pyspark.__version__} is installed"
        )
    return SparkSession


def _register(session: Any) -> Any:
    """Let ``interrupt`` know a session, and let its statements give up after some retries.

    In pyspark 4.1, a client that is closed ends the threads of all clients, and waits for them. The
    garbage collector may close a client within a request of another one; both then wait forever
    (https://issues.apache.org/jira/browse/SPARK-55406).
    """
    from pyspark.sql.connect.client.retries import DefaultPolicy

    client = session.client
    client.set_retry_policies([DefaultPolicy(max_retries=_RETRIES)])
    client.close = partial(_close, client)
    _sessions.append(session)
    return session


def _close(client: Any) -> None:
    """Close the connection of one client."""
    if not client.is_closed:
        client._closed = True
        client._channel.close()


def _refuse_if_silent(remote: str) -> None:
    if not _answers(remote):
        raise DbtRuntimeError(
            f"No Spark Connect server answers at {remote}: start it, or correct {REMOTE} in the "
            f"profile or {ENVIRONMENT} in the environment"
        )


def _channel_builder(remote: str) -> Any:
    from pyspark.sql.connect.client import DefaultChannelBuilder

    try:
        return DefaultChannelBuilder(remote, _CHANNEL)
    except (ValueError, pyspark.errors.PySparkException) as error:
        raise DbtRuntimeError(f"{REMOTE}: {error}") from error


def _answers(remote: str) -> bool:
    """Return whether a gRPC server answers; a closed port is noticed at once."""
    channel = _channel_builder(remote).toChannel()
    states: queue.Queue[Any] = queue.Queue()
    channel.subscribe(states.put, try_to_connect=True)
    try:
        while True:
            state = states.get(timeout=_PATIENCE).name
            if state in ("READY", "TRANSIENT_FAILURE"):
                return bool(state == "READY")
    except queue.Empty:
        return False
    finally:
        channel.close()


def _text(error: Exception) -> str:
    details = getattr(error, "details", None)
    return str(details() if callable(details) else error)
