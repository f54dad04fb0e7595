"""Convert rows of Spark to Python values; times are in the time zone of the session."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from typing import Any

from pyspark.sql import DataFrame, Row
from pyspark.sql.types import (
    ArrayType,
    CalendarIntervalType,
    DataType,
    DateType,
    LongType,
    MapType,
    StringType,
    StructType,
    TimestampNTZType,
    TimestampType,
    YearMonthIntervalType,
)

from dbt_spark_session.spark_types import has_leaf, map_leaves

_FETCHED_AS_TEXT = (
    TimestampType,
    TimestampNTZType,
    DateType,
    YearMonthIntervalType,
    CalendarIntervalType,
)
"""Types that pyspark cannot fetch, or not in all years, or converts to the machine's zone."""
_NESTED = (ArrayType, MapType, StructType)
_UTC = ("UTC", "Etc/UTC", "GMT", "Z", "+00:00")
_EPOCH = datetime(1970, 1, 1)

Reader = Callable[[Any, Any], Any]
"""Function of the text form and the seconds form of a value; it returns the value for dbt."""


def readable(frame: DataFrame) -> tuple[DataFrame, Callable[[Row], tuple[Any, ...]]]:
    """Return a frame that pyspark can fetch, and a function that converts its rows for dbt.

    A ``timestamp`` becomes a datetime in the session's time zone, with its offset unless that zone
    is UTC: dbt reads a time without offset as UTC. A time or date before the year 1 or after 9999,
    and an interval of months, become text as Spark prints them. A struct becomes a dict.
    """
    types = [field.dataType for field in frame.schema.fields]
    if frame.sparkSession.conf.get("spark.sql.session.timeZone") in _UTC:
        types = [map_leaves(kind, _without_zone) for kind in types]
    if not any(has_leaf(kind, _FETCHED_AS_TEXT) or isinstance(kind, _NESTED) for kind in types):
        return frame, tuple
    # Column names may occur twice.
    numbered = frame.toDF(*(f"c{index}" for index in range(len(types))))
    columns: list[Any] = []
    readers: list[tuple[Reader, int, int]] = []
    for name, kind in zip(numbered.columns, types, strict=True):
        column, text = numbered[name], len(columns)
        if has_leaf(kind, _FETCHED_AS_TEXT):
            columns.append(column.cast(map_leaves(kind, _text_form)))
        else:
            columns.append(column)
        if has_leaf(kind, (TimestampType,)):
            columns.append(column.cast(map_leaves(kind, _seconds_form)))
        readers.append((_reader(kind), text, len(columns) - 1))
    return numbered.select(*columns), lambda row: tuple(
        read(row[text], row[seconds]) for read, text, seconds in readers
    )


def _without_zone(kind: DataType) -> DataType:
    return TimestampNTZType() if isinstance(kind, TimestampType) else kind


def _text_form(kind: DataType) -> DataType:
    return StringType() if isinstance(kind, _FETCHED_AS_TEXT) else kind


def _seconds_form(kind: DataType) -> DataType:
    # When clocks are set back, one hour occurs twice, with the same times in text.
    return LongType() if isinstance(kind, TimestampType) else _text_form(kind)


def _reader(kind: DataType) -> Reader:
    if isinstance(kind, TimestampType):
        return _instant
    if isinstance(kind, TimestampNTZType):
        return lambda text, _: _parsed(datetime, text)
    if isinstance(kind, DateType):
        return lambda text, _: _parsed(date, text)
    if isinstance(kind, ArrayType):
        return _of_array(_reader(kind.elementType))
    if isinstance(kind, MapType):
        return _of_map(_reader(kind.keyType), _reader(kind.valueType))
    if isinstance(kind, StructType):
        return _of_struct(kind.names, [_reader(field.dataType) for field in kind])
    return lambda value, _: value


def _instant(text: str | None, seconds: int | None) -> datetime | str | None:
    local: datetime | str | None = _parsed(datetime, text)
    if not isinstance(local, datetime) or seconds is None:
        return local
    offset = local.replace(microsecond=0) - _EPOCH - timedelta(seconds=seconds)
    return local.replace(tzinfo=timezone(offset))


def _parsed(kind: Any, text: str | None) -> Any:
    """Parse a date or datetime; return its text if Python does not support the year."""
    try:
        return None if text is None else kind.fromisoformat(text)
    except ValueError:
        return text


def _of_array(read: Reader) -> Reader:
    def read_array(text: Any, seconds: Any) -> Any:
        if text is None:
            return None
        return [read(*pair) for pair in zip(text, seconds, strict=True)]

    return read_array


def _of_map(read_key: Reader, read_value: Reader) -> Reader:
    def read_map(text: Any, seconds: Any) -> Any:
        if text is None:
            return None
        return {
            _key(read_key(key, key_seconds)): read_value(value, value_seconds)
            for (key, value), (key_seconds, value_seconds) in zip(
                text.items(), seconds.items(), strict=True
            )
        }

    return read_map


def _key(value: Any) -> Any:
    # dbt writes maps as JSON, whose keys are text.
    return value if isinstance(value, (str, int, float)) else str(value)


def _of_struct(names: list[str], readers: list[Reader]) -> Reader:
    def read_struct(text: Any, seconds: Any) -> Any:
        if text is None:
            return None
        values = zip(names, readers, text, seconds, strict=True)
        return {name: read(value, second) for name, read, value, second in values}

    return read_struct
