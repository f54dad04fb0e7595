"""Lock in PostgreSQL that lets one dbt process write to a catalog, from whichever machine."""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress
from typing import Any

from dbt_common.exceptions import DbtRuntimeError

from dbt_spark_session.database import Database
from dbt_spark_session.java_catalog import POSTGRESQL, JavaCatalog

_KEY = "hashtextextended('dbt-spark-session ' || ?, 0)"
_HOLDER = f"""
select a.application_name, to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
from pg_locks l join pg_stat_activity a on a.pid = l.pid
where l.locktype = 'advisory' and l.granted and l.objsubid = 1
    and l.database = (select oid from pg_database where datname = current_database())
    and (l.classid::bigint << 32) | l.objid::bigint = {_KEY}
"""
_KEEP_ALIVE = {"idle": 60, "interval": 10, "count": 3}
"""Seconds and probes after which PostgreSQL frees the lock of a machine that has failed."""
_PATIENCE = 5.0
"""Seconds in which the Java process of a killed command ends."""
_LONGEST_HOST = 30
"""PostgreSQL cuts the name of an application after 63 bytes."""


class CatalogLock:
    """Advisory lock in the PostgreSQL database of a JDBC catalog; it ends with its connection."""

    def __init__(self, catalog: JavaCatalog) -> None:
        """Store the catalog; ``acquire`` connects to its database."""
        self._catalog = catalog
        self._connection: Any = None

    @staticmethod
    def fits(catalog: JavaCatalog) -> bool:
        """Return whether the database of a catalog is PostgreSQL."""
        return catalog.uri.startswith(POSTGRESQL)

    def acquire(self, command: str) -> None:
        """Take the lock; wait a few seconds for a command that was killed.

        Raises:
            DbtRuntimeError: Another process holds the lock (the message names its command, host
                and start).
        """
        name = f"dbt {command}, pid {os.getpid()} on {socket.gethostname()[:_LONGEST_HOST]}"
        self._connection = self._catalog.connect(ApplicationName=name, tcpKeepAlive="true")
        try:
            self._wait_for_lock(Database(self._connection, is_sqlite=False))
        except BaseException:  # after Ctrl-C too: the Java process of a shell goes on
            self.release()
            raise

    def _wait_for_lock(self, database: Database) -> None:
        for setting, value in _KEEP_ALIVE.items():
            database.query(
                "select set_config(?, ?, false)", f"tcp_keepalives_{setting}", str(value)
            )
        attempt = f"select pg_try_advisory_lock({_KEY})"
        last = time.monotonic() + _PATIENCE
        while not database.query(attempt, self._catalog.name)[0][0]:
            if time.monotonic() > last:
                holder = database.query(_HOLDER, self._catalog.name)
                who = f"`{holder[0][0]}`, since {holder[0][1]}" if holder else "its name is unknown"
                raise DbtRuntimeError(
                    f"Another dbt process is writing to the catalog '{self._catalog.name}': {who}."
                    " Wait until it has finished, or stop it."
                )
            time.sleep(0.2)

    def check(self) -> None:
        """Check that the lock is still held.

        Raises:
            DbtRuntimeError: The connection was lost, so another process may have the lock.
        """
        try:
            Database(self._connection, is_sqlite=False).query("select 1")
        except Exception as error:
            raise DbtRuntimeError(
                "the connection that held the lock of the catalog was lost, so another process may"
                " have written to it and nothing is published: run dbt build again"
            ) from error

    def release(self) -> None:
        """Release the lock; do nothing if it is not held."""
        if self._connection is not None:
            with suppress(Exception):  # the Java process may have ended
                self._connection.close()
            self._connection = None
