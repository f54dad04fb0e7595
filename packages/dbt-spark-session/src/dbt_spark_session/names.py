"""Names, texts and types in the form in which Spark's SQL writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dbt.adapters.spark.column import SparkColumn
from dbt.adapters.spark.relation import SparkRelation
from pyspark.sql.types import ArrayType, DataType, MapType, StructField, StructType

_PLAIN = re.compile("[A-Za-z_][A-Za-z_0-9]*")

# Spark keeps the declared type of a char or varchar column here.
_DECLARED = "__CHAR_VARCHAR_TYPE_STRING"


def quote(name: str) -> str:
    """Return a name in backticks, with its own backticks doubled."""
    return "`" + name.replace("`", "``") + "`"


def string_literal(text: str) -> str:
    """Return a text in quotes, with its backslashes and quotes escaped."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


class SessionColumn(SparkColumn):  # type: ignore[misc]
    """Extend dbt-spark's column by names that contain backticks."""

    @property
    def quoted(self) -> str:
        """Return the name in backticks."""
        return quote(self.column)


@dataclass(frozen=True, eq=False, repr=False)
class SessionRelation(SparkRelation):  # type: ignore[misc]
    """Extend dbt-spark's relation by names that contain backticks."""

    def quoted(self, identifier: str) -> str:
        """Return a name in backticks."""
        return quote(identifier)

    def quoted_if_needed(self) -> SessionRelation:
        """Return the relation of a listed table; its name is in backticks if SQL needs them."""
        return self if _PLAIN.fullmatch(self.identifier) else self.quote(identifier=True)


def column_type(field: StructField) -> str:
    """Return the type of a column, as SQL writes it."""
    return str((field.metadata or {}).get(_DECLARED) or type_name(field.dataType))


def type_name(kind: DataType) -> str:
    """Return a type as SQL writes it.

    ``describe`` leaves out the fields of a struct after the 25th, and does not quote their names.
    """
    if isinstance(kind, ArrayType):
        return f"array<{type_name(kind.elementType)}>"
    if isinstance(kind, MapType):
        return f"map<{type_name(kind.keyType)},{type_name(kind.valueType)}>"
    if isinstance(kind, StructType):
        fields = (f"{quote(field.name)}:{type_name(field.dataType)}" for field in kind.fields)
        return f"struct<{','.join(fields)}>"
    return str(kind.simpleString())
