"""Convert the columns of an Arrow table to types that Spark can read, with the same values."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
from dbt_common.exceptions import DbtRuntimeError

DIGITS = 38
"""Digits of Spark's longest decimal."""
SPARK_TYPES = {
    pa.uint8(): pa.int16(),
    pa.uint16(): pa.int32(),
    pa.uint32(): pa.int64(),
    pa.uint64(): pa.decimal128(20, 0),
    pa.float16(): pa.float32(),
    pa.date64(): pa.date32(),
    pa.null(): pa.string(),
    pa.string_view(): pa.string(),
    pa.binary_view(): pa.binary(),
    pa.bool8(): pa.bool_(),
}
"""Arrow type that Spark cannot read → Arrow type that Spark can read, with the same values."""

_REMEDIES = {
    "pandas.period": "call .dt.to_timestamp() or .astype(str) on the column",
    "pandas.interval": "return the bounds as two columns",
}
_VALUES_IN_STORAGE = ("arrow.json", "arrow.fixed_shape_tensor")


class _UnsupportedError(Exception):
    """A type or value that Spark lacks; the message says what to return instead."""


def for_spark(table: pa.Table) -> pa.Table:
    """Return the table in types that Spark can read.

    Raises:
        DbtRuntimeError: A column has a type or a value that Spark lacks. The message names the
            column and what to return instead.
    """
    columns, fields = [], []
    for field, column in zip(table.schema, table.columns, strict=True):
        try:
            kind = _convert(pa.nulls(0, column.type)).type
            if kind != column.type:
                column = pa.chunked_array(map(_convert, column.chunks), kind)
        except (_UnsupportedError, pa.ArrowException) as error:
            raise DbtRuntimeError(
                f"Column {field.name} of the result has the Arrow type {field.type}, "
                f"which Spark cannot read: {error}"
            ) from error
        columns.append(column)
        fields.append(field.with_type(kind))
    return pa.table(columns, schema=pa.schema(fields))


def _convert(array: pa.Array) -> pa.Array:
    kind = array.type
    if kind in SPARK_TYPES:
        return array.cast(SPARK_TYPES[kind])
    if isinstance(kind, pa.BaseExtensionType):
        return _from_extension(array)
    if pa.types.is_dictionary(kind):
        return _convert(array.dictionary_decode())
    if pa.types.is_run_end_encoded(kind):
        return _convert(pc.run_end_decode(array))
    if pa.types.is_decimal(kind):
        return _from_decimal(array)
    if pa.types.is_timestamp(kind):
        return _from_timestamp(array)
    if pa.types.is_struct(kind):
        return _from_struct(array)
    if pa.types.is_map(kind):
        return _from_map(array)
    if pa.types.is_nested(kind) and hasattr(kind, "value_field"):
        return _from_list(array, kind.value_field)
    if pa.types.is_time(kind):
        raise _UnsupportedError("return text, or the seconds as a number")
    if pa.types.is_interval(kind):
        raise _UnsupportedError("return text, or the months and days as numbers")
    if pa.types.is_union(kind):
        raise _UnsupportedError("return text, or one column for each type")
    return array


def _from_extension(array: pa.Array) -> pa.Array:
    name = array.type.extension_name
    if name == "arrow.uuid":
        return pa.array([None if id is None else str(id) for id in array.to_pylist()], pa.string())
    if name in _VALUES_IN_STORAGE:
        return _convert(array.storage)
    storage = array.type.storage_type
    raise _UnsupportedError(_REMEDIES.get(name, f"return it as {storage}, or as text"))


def _from_decimal(array: pa.Array) -> pa.Array:
    kind = array.type
    scale = max(kind.scale, 0)
    digits = min(kind.precision + scale - kind.scale, DIGITS)
    target = pa.decimal128(digits, min(scale, DIGITS))
    try:
        return array if kind == target else array.cast(target)
    except pa.ArrowInvalid as error:
        raise _UnsupportedError(
            f"a value has more than {DIGITS} digits: return a float, or text"
        ) from error


def _from_timestamp(array: pa.Array) -> pa.Array:
    kind = array.type
    if kind.unit == "us":
        return array
    if kind.unit == "ns":
        array = pc.floor_temporal(array, unit="microsecond")
    return array.cast(pa.timestamp("us", kind.tz))


def _from_struct(array: pa.StructArray) -> pa.Array:
    fields = [array.type.field(index) for index in range(array.type.num_fields)]
    if not fields:
        raise _UnsupportedError("return a struct with a field, or text")
    children = [_convert(array.field(index)) for index in range(len(fields))]
    if all(child.type == field.type for child, field in zip(children, fields, strict=True)):
        return array
    return pa.StructArray.from_arrays(
        children,
        fields=[f.with_type(child.type) for f, child in zip(fields, children, strict=True)],
        mask=array.is_null(),
    )


def _from_map(array: pa.MapArray) -> pa.Array:
    kind = array.type
    entry = pa.struct([kind.key_field, kind.item_field])
    entries = array.cast(pa.list_(entry))
    flat = entries.flatten()
    keys, items = _convert(flat.field(0)), _convert(flat.field(1))
    if (keys.type, items.type) == (kind.key_type, kind.item_type):
        return array
    target = pa.map_(kind.key_field.with_type(keys.type), kind.item_field.with_type(items.type))
    return pa.MapArray.from_arrays(_offsets(entries), keys, items, type=target)


def _from_list(array: pa.Array, value_field: pa.Field) -> pa.Array:
    values = _convert(array.flatten())
    target = pa.list_(value_field.with_type(values.type))
    if array.type == target:
        return array
    # Casting a list view with a NULL gives wrong values in Arrow 26.
    return pa.ListArray.from_arrays(_offsets(array), values, type=target)


def _offsets(lists: pa.Array) -> pa.Array:
    """Return the offset of each list in the flattened values; the offset of a NULL list is NULL."""
    lengths = pc.fill_null(pc.list_value_length(lists), 0).cast(pa.int64())
    ends = pc.cumulative_sum(lengths).cast(pa.int32())
    starts = pa.concat_arrays([pa.array([0], pa.int32()), ends])
    is_null = pa.concat_arrays([lists.is_null(), pa.array([False])])
    return pc.if_else(is_null, pa.scalar(None, pa.int32()), starts)
