"""Values of unit tests' fixtures as SQL: what YAML and CSV hold becomes a value of a column."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from dbt_common.exceptions import DbtRuntimeError
from pyspark.sql.types import ArrayType, BinaryType, DataType, MapType, StructType

from dbt_spark_session.names import string_literal
from dbt_spark_session.spark_types import type_name

_BYTES = re.compile("X'([0-9A-Fa-f]{2})*'")


def literal(value: Any, kind: DataType) -> str:
    """Return SQL for one value of a fixture, cast to the type of its column.

    An array is a list, a map or a struct is a mapping; fields of a struct that are left out are
    NULL. Text in their place is JSON or a SQL expression, such as ``array(1, 2)``. Binary values
    are text, or bytes as in ``X'00FF'``. A value that does not fit is an error in ANSI mode, and
    NULL otherwise.

    Raises:
        DbtRuntimeError: A struct has no field of that name, or the value is no list or mapping.
    """
    if value is None:
        return f"cast(null as {type_name(kind)})"
    if isinstance(kind, (ArrayType, MapType, StructType)):
        return f"cast({_nested(value, kind)} as {type_name(kind)})"
    if isinstance(kind, BinaryType) and _BYTES.fullmatch(str(value)):
        return str(value)
    return f"cast({_scalar(value)} as {type_name(kind)})"


def _nested(value: Any, kind: DataType) -> str:
    if isinstance(value, str):
        text = value.strip()
        if text[:1] not in ("[", "{"):
            return f"({text})"
        value = _json(text)
    if isinstance(kind, ArrayType) and isinstance(value, list):
        return f"array({', '.join(literal(item, kind.elementType) for item in value)})"
    if isinstance(kind, MapType) and isinstance(value, Mapping):
        pairs = (
            f"{literal(key, kind.keyType)}, {literal(item, kind.valueType)}"
            for key, item in value.items()
        )
        return f"map({', '.join(pairs)})"
    if isinstance(kind, StructType) and isinstance(value, Mapping):
        return _struct(value, kind)
    raise DbtRuntimeError(f"{value!r} in a unit test is no value of the type {type_name(kind)}")


def _struct(value: Mapping[Any, Any], kind: StructType) -> str:
    given = {str(name).lower(): item for name, item in value.items()}
    unknown = given.keys() - {field.name.lower() for field in kind.fields}
    if unknown:
        raise DbtRuntimeError(
            f"'{min(unknown)}' in a unit test is no field of the type {type_name(kind)}"
        )
    fields = (
        f"{string_literal(field.name)}, {literal(given.get(field.name.lower()), field.dataType)}"
        for field in kind.fields
    )
    return f"named_struct({', '.join(fields)})"


def _json(text: str) -> Any:
    try:
        # Numbers stay text, with every digit.
        return json.loads(text, parse_float=str)
    except ValueError as error:
        raise DbtRuntimeError(f"{text} in a unit test is no JSON: {error}") from error


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (list, Mapping)):
        # For example, JSON in a column of text.
        return string_literal(json.dumps(value, ensure_ascii=False, default=str))
    return string_literal(str(value))
