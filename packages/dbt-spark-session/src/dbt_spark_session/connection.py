"""The connection and cursor that dbt uses for ``method: session``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from dbt.adapters.contracts.connection import Connection, ConnectionState
from dbt.adapters.spark.connections import SparkConnectionManager, SparkConnectionWrapper
from dbt_common.exceptions import DbtRuntimeError
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql.types import (
    ArrayType,
    DataType,
    MapType,
    StructField,
    StructType,
    TimestampNTZType,
    TimestampType,
)

from dbt_spark_session.death import has_died
from dbt_spark_session.errors import spark_message
from dbt_spark_session.session import get_session


@contextmanager
def spark_errors() -> Iterator[None]:
    """Turn an error of Spark into a DbtRuntimeError that tells its cause."""
    try:
        yield
    except DbtRuntimeError:
        raise
    except Exception as error:
        raise DbtRuntimeError(spark_message(error)) from error


class SessionHandle(SparkConnectionWrapper):  # type: ignore[misc]
    """A connection that runs statements in the process's Spark session."""

    def __init__(self, parameters: Mapping[str, str]) -> None:
        """Take the session, which starts Spark when it is not there yet."""
        self.spark: SparkSession = get_session(parameters)

    def cursor(self) -> SessionCursor:
        """Return a new cursor."""
        return SessionCursor(self.spark)

    def cancel(self) -> None:
        """Stop the running jobs of the session: dbt calls this on an interrupt."""
        if not has_died():
            self.spark.sparkContext.cancelAllJobs()

    def close(self) -> None:
        """Keep the session: the next connection uses it."""

    def rollback(self, *_: Any) -> None:
        """Do nothing: Spark has no transactions."""

    def execute(self, sql: str, bindings: Sequence[Any] | None = None) -> None:
        """Run a statement in a new cursor."""
        self.cursor().execute(sql, bindings)

    def fetchall(self) -> list[Any]:
        """Refuse: results belong to a cursor."""
        raise NotImplementedError("fetch from the cursor that ran the statement")

    @property
    def description(self) -> list[tuple[Any, ...]]:
        """Return no columns: results belong to a cursor."""
        return []


class SessionCursor:
    """A DB-API cursor over one DataFrame; rows are computed when they are fetched."""

    def __init__(self, spark: SparkSession) -> None:
        """Make a cursor without a result."""
        self._spark = spark
        self._frame: DataFrame | None = None
        self._rows: Iterator[tuple[Any, ...]] | None = None

    def execute(self, sql: str, bindings: Sequence[Any] | None = None) -> None:
        """Run a statement; values of ``bindings`` replace its ``?`` markers."""
        sql = sql.strip().removesuffix(";")
        self._rows = None
        with spark_errors():
            self._frame = self._spark.sql(sql, args=list(bindings) if bindings else None)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return the rows that were not fetched yet."""
        with spark_errors():
            if self._rows is None and self._frame is not None:
                rows, self._rows = in_session_zone(self._frame).collect(), iter(())
                return [_row_for_dbt(row) for row in rows]
            return list(self._remaining())

    def fetchmany(self, size: int) -> list[tuple[Any, ...]]:
        """Return up to ``size`` of the rows that were not fetched yet."""
        with spark_errors():
            return list(islice(self._remaining(), size))

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the next row."""
        with spark_errors():
            return next(self._remaining(), None)

    def close(self) -> None:
        """Forget the result."""
        self._frame = None
        self._rows = None

    @property
    def description(self) -> list[tuple[Any, ...]]:
        """Return name and type of every column, as the DB-API wants them."""
        fields = self._frame.schema.fields if self._frame is not None else []
        return [
            (field.name, field.dataType.simpleString(), None, None, None, None, field.nullable)
            for field in fields
        ]

    def _remaining(self) -> Iterator[tuple[Any, ...]]:
        """Rows partition by partition: what is not fetched is not computed."""
        if self._rows is None:
            frame = self._frame
            rows = in_session_zone(frame).toLocalIterator() if frame is not None else iter(())
            self._rows = map(_row_for_dbt, rows)
        return self._rows


def in_session_zone(frame: DataFrame) -> DataFrame:
    """Cast timestamps to local times of the session's zone.

    pyspark shows a timestamp in the machine's zone, and fails if it is then after the year 9999.
    """
    types = [field.dataType for field in frame.schema.fields]
    if not any(map(_has_zone, types)):
        return frame
    # Column names may occur twice.
    numbered = frame.toDF(*(f"c{index}" for index in range(len(types))))
    return numbered.select(
        *(
            numbered[name].cast(_without_zone(kind)) if _has_zone(kind) else numbered[name]
            for name, kind in zip(numbered.columns, types, strict=True)
        )
    )


def _has_zone(kind: DataType) -> bool:
    return bool(kind != _without_zone(kind))


def _without_zone(kind: DataType) -> DataType:
    if isinstance(kind, TimestampType):
        return TimestampNTZType()
    if isinstance(kind, ArrayType):
        return ArrayType(_without_zone(kind.elementType), kind.containsNull)
    if isinstance(kind, MapType):
        key, value = _without_zone(kind.keyType), _without_zone(kind.valueType)
        return MapType(key, value, kind.valueContainsNull)
    if isinstance(kind, StructType):
        fields = [
            StructField(field.name, _without_zone(field.dataType), field.nullable)
            for field in kind.fields
        ]
        return StructType(fields)
    return kind


def _row_for_dbt(row: Row) -> tuple[Any, ...]:
    # A struct as a dict keeps its field names in what dbt prints.
    return tuple(value.asDict(recursive=True) if isinstance(value, Row) else value for value in row)


class SessionConnectionManager(SparkConnectionManager):  # type: ignore[misc]
    """Opens our connection for ``method: session``, and dbt-spark's for the others."""

    TYPE = "spark_session"

    @classmethod
    def open(cls, connection: Connection) -> Connection:
        """Open a connection; starts Spark on the first call."""
        if connection.state == ConnectionState.OPEN or connection.credentials.method != "session":
            return super().open(connection)
        connection.handle = SessionHandle(connection.credentials.server_side_parameters)
        connection.state = ConnectionState.OPEN
        return connection

    @contextmanager
    def exception_handler(self, sql: str) -> Iterator[None]:
        """Let our own errors through as they are: dbt-spark would wrap them a second time."""
        try:
            yield
        except DbtRuntimeError:
            raise
        except Exception as error:
            with super().exception_handler(sql):
                raise error
