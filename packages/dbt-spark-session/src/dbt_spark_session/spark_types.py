"""Types of Spark: their spelling in SQL, and the types inside of nested types."""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql.types import ArrayType, DataType, MapType, StructField, StructType

from dbt_spark_session.names import quote

_DECLARED = "__CHAR_VARCHAR_TYPE_STRING"
"""Where Spark keeps the declared type of a char or varchar column, in the column's metadata."""


def column_type(field: StructField) -> str:
    """Return the type of a column, as SQL writes it."""
    return declared_type(field) or type_name(field.dataType)


def declared_type(field: StructField) -> str | None:
    """Return the declared type of a char or varchar column; None for others."""
    declared: str | None = (field.metadata or {}).get(_DECLARED)
    return declared


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


def map_leaves(kind: DataType, leaf: Callable[[DataType], DataType]) -> DataType:
    """Return the type with ``leaf`` applied to every type in it that is not nested."""
    if isinstance(kind, ArrayType):
        return ArrayType(map_leaves(kind.elementType, leaf))
    if isinstance(kind, MapType):
        return MapType(map_leaves(kind.keyType, leaf), map_leaves(kind.valueType, leaf))
    if isinstance(kind, StructType):
        fields = [StructField(field.name, map_leaves(field.dataType, leaf)) for field in kind]
        return StructType(fields)
    return leaf(kind)


def has_leaf(kind: DataType, types: tuple[type[DataType], ...]) -> bool:
    """Return whether the type is in ``types``, or contains a type that is."""
    if isinstance(kind, ArrayType):
        return has_leaf(kind.elementType, types)
    if isinstance(kind, MapType):
        return has_leaf(kind.keyType, types) or has_leaf(kind.valueType, types)
    if isinstance(kind, StructType):
        return any(has_leaf(field.dataType, types) for field in kind)
    return isinstance(kind, types)
