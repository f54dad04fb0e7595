"""Servers on loopback that tests start: any command, and PostgreSQL."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind((LOOPBACK, 0))
        port: int = sock.getsockname()[1]
        return port


@contextmanager
def running(
    log: Path,
    *command: str | Path,
    until: str,
    end: signal.Signals = signal.SIGTERM,
    environment: Mapping[str, str] = os.environ,
    folder: Path | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server in a folder until the end of the block; yields when its log says ``until``."""
    variables = {**environment, "SPARK_LOCAL_IP": LOOPBACK}
    with log.open("wb") as output:
        server = subprocess.Popen(command, stdout=output, stderr=output, env=variables, cwd=folder)
    try:
        while until not in log.read_text(errors="replace"):
            try:
                server.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError(log.read_text(errors="replace"))
        yield server
    finally:
        server.send_signal(end)
        server.wait()


@contextmanager
def postgresql(folder: Path, password: str = "") -> Iterator[int]:
    """A PostgreSQL server with a user and a database ``lake``; its port.

    Without a password, the server trusts everyone.
    """
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
            end=signal.SIGINT,  # at SIGTERM, it waits for the connections that Spark keeps
        ):
            psql(port, "create database lake", database="postgres")
            if password:
                psql(port, f"alter user lake password '{password}'", database="postgres")
                access = Path(data) / "pg_hba.conf"
                access.write_text("host all all 127.0.0.1/32 scram-sha-256\n")
                psql(port, "select pg_reload_conf()", database="postgres")
            yield port


def psql(port: int, query: str, database: str = "lake", password: str = "") -> list[str]:
    """Run a query; its rows as CSV."""
    command = ["psql", "--csv", "-t", "-h", LOOPBACK, "-p", str(port), "-U", "lake", "-c", query]
    environment = {**os.environ, "PGPASSWORD": password}
    done = subprocess.run(
        [*command, database], check=True, capture_output=True, text=True, env=environment
    )
    return done.stdout.splitlines()
