"""Change a column of an input of a Python model, and see which columns of its output change."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
from pyspark.sql import SparkSession

from reelhouse.project import project_vars
from tests.unit.algorithms.dbt_models import DbtModels
from tests.unit.docs_page.small_inputs import Tables

Change = Callable[[list[Any]], list[Any]]
Row = dict[str, Any]


class Case(NamedTuple):
    """A Python model, and inputs that reach every branch of it."""

    model: str
    key: tuple[str, ...]
    """Columns of the output that name what a row is about."""
    scenarios: Sequence[Tables]
    changes: Mapping[str, Change] = {}
    """Column of an input, as ``table.column`` → how its values change."""
    variables: Mapping[str, Any] = {}


def output(spark: SparkSession, case: Case, inputs: Tables) -> list[Row]:
    """Return the rows of a Python model, run as dbt runs it."""
    models = DbtModels(spark, project_vars() | dict(case.variables))
    models.names["env_var"] = lambda _name, default="": default
    for name, rows in inputs.items():
        models.add(name, rows)
    result = models.run_python(case.model)
    if isinstance(result, pa.RecordBatchReader):
        result = result.read_all()
    rows: list[Row] = (result if isinstance(result, pa.Table) else result.toArrow()).to_pylist()
    return rows


def perturbed(case: Case, inputs: Tables, names: Sequence[str]) -> Tables:
    """Return the inputs with other values in some columns, each named as ``table.column``."""
    changed = dict(inputs)
    for name in names:
        table, column = name.split(".")
        place = changed[table].schema.get_field_index(column)
        field = changed[table].schema.field(place)
        change = case.changes.get(name) or usual_change(column, field.type)
        values = pa.array(change(changed[table][column].to_pylist()), field.type)
        changed[table] = changed[table].set_column(place, field, values)
    return changed


def usual_change(column: str, kind: pa.DataType) -> Change:
    """Return a change that suits the type of a column."""
    if pa.types.is_list(kind):
        return each(lambda values, _: [_other(value, i) for i, value in enumerate(values)])
    if pa.types.is_floating(kind):
        return each(_other)
    if pa.types.is_boolean(kind):
        return first(lambda value: not value)
    if pa.types.is_string(kind):
        return first(lambda value: f"{value or ''}x")
    return first(lambda value: value + 1000) if column.endswith("id") else each(lambda v, _: v + 1)


def _other(value: Any, place: int) -> Any:
    return value * (1.1 + 0.1 * (place % 5)) if isinstance(value, float) else value


def first(change: Callable[[Any], Any]) -> Change:
    """Change the first value only."""
    return lambda values: [change(values[0]), *values[1:]]


def each(change: Callable[[Any, int], Any]) -> Change:
    """Change every value that is not null, by its place."""
    return lambda values: [
        None if value is None else change(value, place) for place, value in enumerate(values)
    ]


def changed_columns(before: list[Row], after: list[Row], key: Sequence[str]) -> set[str]:
    """Return the columns whose values differ.

    A column of the key differs if its values differ in any order. Other columns are compared in
    the rows whose keys are in both outputs or, if there is none, in any order.
    """
    names = (before or after or [{}])[0]
    sides = [{_hashable([row[k] for k in key]): row for row in rows} for rows in (before, after)]
    common = sides[0].keys() & sides[1].keys()
    found = set()
    for name in names:
        values = [[_hashable(row[name]) for row in rows] for rows in (before, after)]
        if name in key or not common:
            if Counter(values[0]) != Counter(values[1]):
                found.add(name)
        elif any(_hashable(sides[0][k][name]) != _hashable(sides[1][k][name]) for k in common):
            found.add(name)
    return found


def _hashable(value: Any) -> Hashable:
    """Return a value with numbers of five digits, since Spark adds in varying order."""
    if isinstance(value, list):
        return tuple(_hashable(each) for each in value)
    if isinstance(value, float):
        return "nan" if math.isnan(value) else f"{value:.5g}"
    return value
