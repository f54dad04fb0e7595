"""Connection and cursor that dbt uses for ``method: session``."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from dbt.adapters.contracts.connection import Connection, ConnectionState
from dbt.adapters.events.logging import AdapterLogger
from dbt.adapters.spark.connections import SparkConnectionManager, SparkConnectionWrapper
from dbt_common.exceptions import DbtRuntimeError
from pyspark import SparkContext
from pyspark.sql import DataFrame, SparkSession

from dbt_spark_session import connect
from dbt_spark_session.death import has_died, nodes_run
from dbt_spark_session.errors import spark_message
from dbt_spark_session.session import get_session
from dbt_spark_session.values import readable

_logger = AdapterLogger("Spark")
_cancelling = threading.Lock()
_PAUSE = 0.2
"""Seconds between two attempts to cancel jobs."""


@contextmanager
def spark_errors() -> Iterator[None]:
    """Convert errors of Spark to a DbtRuntimeError with the message of the cause."""
    try:
        yield
    except DbtRuntimeError:
        raise
    except Exception as error:
        raise DbtRuntimeError(spark_message(error)) from error


def _cancel_jobs() -> None:
    connect.interrupt()
    context = SparkContext._active_spark_context
    if context is not None and not has_died():
        context.cancelAllJobs()


def _cancel_later_jobs() -> None:
    """Cancel jobs until the nodes that run now have ended."""
    if _cancelling.acquire(blocking=False):
        try:
            while nodes_run():
                _cancel_jobs()
                time.sleep(_PAUSE)
        except Exception as error:  # for example, Java has ended
            _logger.debug(f"While cancelling jobs: {error}")
        finally:
            _cancelling.release()


class SessionHandle(SparkConnectionWrapper):  # type: ignore[misc]
    """Connection that runs statements in the Spark session of the node."""

    def __init__(self, parameters: Mapping[str, str]) -> None:
        """Start Spark if it does not run yet."""
        self._parameters = parameters
        get_session(parameters)

    @property
    def spark(self) -> SparkSession:
        """Return the session of the node that runs in this thread."""
        return get_session(self._parameters)

    def cursor(self) -> SessionCursor:
        """Return a new cursor."""
        return SessionCursor(self.spark)

    def cancel(self) -> None:
        """Cancel the jobs of all sessions; dbt calls this after Ctrl-C and with ``--fail-fast``.

        A node may start a job afterwards, for example because Spark is still planning a statement.
        A thread therefore cancels jobs until the running nodes have ended.
        """
        _cancel_jobs()
        threading.Thread(target=_cancel_later_jobs, daemon=True).start()

    def close(self) -> None:
        """Do nothing: the next connection uses the same session."""

    def rollback(self, *_: Any) -> None:
        """Do nothing: Spark has no transactions."""

    def execute(self, sql: str, bindings: Sequence[Any] | None = None) -> None:
        """Run a statement in a new cursor."""
        self.cursor().execute(sql, bindings)

    def fetchall(self) -> list[Any]:
        """Raise an error: results belong to a cursor."""
        raise NotImplementedError("fetch from the cursor that ran the statement")

    @property
    def description(self) -> list[tuple[Any, ...]]:
        """Return no columns: results belong to a cursor."""
        return []


class SessionCursor:
    """DB-API cursor over one DataFrame; rows are computed when they are fetched."""

    def __init__(self, spark: SparkSession) -> None:
        """Create a cursor without a result."""
        self._spark = spark
        self._frame: DataFrame | None = None
        self._rows: Iterator[tuple[Any, ...]] | None = None

    def execute(self, sql: str, bindings: Sequence[Any] | None = None) -> None:
        """Run a statement; the values of ``bindings`` replace its ``?`` markers."""
        sql = sql.strip().removesuffix(";")
        self._rows = None
        with spark_errors():
            self._frame = self._spark.sql(sql, args=list(bindings) if bindings else None)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return all rows that are not fetched yet."""
        with spark_errors():
            if self._rows is None and self._frame is not None:
                frame, convert = readable(self._frame)
                rows, self._rows = frame.collect(), iter(())
                return [convert(row) for row in rows]
            return list(self._remaining())

    def fetchmany(self, size: int) -> list[tuple[Any, ...]]:
        """Return up to ``size`` rows that are not fetched yet."""
        with spark_errors():
            return list(islice(self._remaining(), size))

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the next row; None after the last one."""
        with spark_errors():
            return next(self._remaining(), None)

    def close(self) -> None:
        """Discard the result."""
        self._frame = None
        self._rows = None

    @property
    def description(self) -> list[tuple[Any, ...]]:
        """Return the name and type of every column in the form of the DB-API."""
        fields = self._frame.schema.fields if self._frame is not None else []
        return [
            (field.name, field.dataType.simpleString(), None, None, None, None, field.nullable)
            for field in fields
        ]

    def _remaining(self) -> Iterator[tuple[Any, ...]]:
        """Return the remaining rows; Spark computes a partition when its first row is fetched."""
        if self._rows is None:
            self._rows = iter(())
            if self._frame is not None:
                frame, convert = readable(self._frame)
                self._rows = map(convert, frame.toLocalIterator())
        return self._rows


class SessionConnectionManager(SparkConnectionManager):  # type: ignore[misc]
    """Open a ``SessionHandle`` for ``method: session``, and dbt-spark's connection for others."""

    TYPE = "spark_session"
    before_use: Callable[[], None] | None = None
    """Called before a connection opens a session."""

    def open(self, connection: Connection) -> Connection:
        """Open a connection; the first call starts Spark."""
        if connection.state == ConnectionState.OPEN or connection.credentials.method != "session":
            return super().open(connection)
        if self.before_use is not None:
            self.before_use()
        connection.handle = SessionHandle(connection.credentials.server_side_parameters)
        connection.state = ConnectionState.OPEN
        return connection

    @contextmanager
    def exception_handler(self, sql: str) -> Iterator[None]:
        """Raise a DbtRuntimeError unchanged: dbt-spark would wrap it a second time."""
        try:
            yield
        except DbtRuntimeError:
            raise
        except Exception as error:
            with super().exception_handler(sql):
                raise error
