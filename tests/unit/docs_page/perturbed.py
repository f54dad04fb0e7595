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


class Scenario(NamedTuple):
    """Inputs of a Python model, and vars that differ from dbt_project.yml."""

    tables: Tables
    variables: Mapping[str, Any] = {}


class Case(NamedTuple):
    """A Python model, and inputs that reach every branch of it."""

    model: str
    key: tuple[str, ...]
    """Columns of the output that name what a row is about."""
    scenarios: Sequence[Scenario]
    changes: Mapping[str, Change] = {}
    """Column of an input, as ``table.column`` or ``column`` → how its values change."""
    places: Mapping[str, int] = {}
    """Table → row in which an id, a word or a flag changes, the first row by default."""


def output(spark: SparkSession, model: str, scenario: Scenario) -> list[Row]:
    """Return the rows of a Python model, run as dbt runs it."""
    models = DbtModels(spark, project_vars() | dict(scenario.variables))
    models.names["env_var"] = lambda _name, default="": default
    for name, rows in scenario.tables.items():
        models.add(name, rows)
    result = models.run_python(model)
    if isinstance(result, pa.RecordBatchReader):
        result = result.read_all()
    rows: list[Row] = (result if isinstance(result, pa.Table) else result.toArrow()).to_pylist()
    return rows


def perturbed(case: Case, scenario: Scenario, names: Sequence[str]) -> Scenario:
    """Return a scenario with other values in some columns, each named as ``table.column``."""
    changed = dict(scenario.tables)
    for name in names:
        table, column = name.split(".")
        place = changed[table].schema.get_field_index(column)
        field = changed[table].schema.field(place)
        usual = usual_change(column, field.type, case.places.get(table, 0))
        change = case.changes.get(name) or case.changes.get(column) or usual
        values = pa.array(change(changed[table][column].to_pylist()), field.type)
        changed[table] = changed[table].set_column(place, field, values)
    return scenario._replace(tables=changed)


def usual_change(column: str, kind: pa.DataType, place: int) -> Change:
    """Return a change that suits the type of a column."""
    if pa.types.is_list(kind):
        return each(
            lambda values, row: [v * (-1.0 if (i + row) % 2 else 1.3) for i, v in enumerate(values)]
        )
    if pa.types.is_floating(kind):
        return each(lambda value, place: value * (1.1 + 0.1 * (place % 5)))
    if pa.types.is_boolean(kind):
        return at(place, lambda value: not value)
    if pa.types.is_string(kind):
        return at(place, lambda value: f"{value or ''}x")
    if column == "fold" or column.endswith("id"):
        return at(place, lambda value: value + (1 if column == "fold" else 1000))
    return each(lambda value, _: value + 1)


def at(place: int, change: Callable[[Any], Any]) -> Change:
    """Change the value in one row."""
    return lambda values: [*values[:place], change(values[place]), *values[place + 1 :]]


def each(change: Callable[[Any, int], Any]) -> Change:
    """Change every value that is not null, by its place."""
    return lambda values: [
        None if value is None else change(value, place) for place, value in enumerate(values)
    ]


def changed_columns(before: list[Row], after: list[Row], key: Sequence[str]) -> set[str]:
    """Return the columns whose values differ.

    A column of the key differs if other values belong to the columns of the key before it: another
    movie to a user, for example. Other columns are compared in the rows whose keys are in both
    outputs or, if there is none, in any order.
    """
    found = set()
    for number, name in enumerate(key):
        groups = [_groups(rows, key[:number], name) for rows in (before, after)]
        common = groups[0].keys() & groups[1].keys()
        if any(groups[0][group] != groups[1][group] for group in common):
            found.add(name)
    sides = [
        {tuple(_hashable(row[k]) for k in key): row for row in rows} for rows in (before, after)
    ]
    same = sides[0].keys() & sides[1].keys()
    for name in (before or after or [{}])[0].keys() - set(key):
        if same:
            is_other = any(
                _hashable(sides[0][k][name]) != _hashable(sides[1][k][name]) for k in same
            )
        else:
            values = [Counter(_hashable(row[name]) for row in rows) for rows in (before, after)]
            is_other = values[0] != values[1]
        if is_other:
            found.add(name)
    return found


def _groups(rows: list[Row], columns: Sequence[str], name: str) -> dict[Hashable, set[Hashable]]:
    """Return values of some columns → the values of another column in their rows."""
    groups: dict[Hashable, set[Hashable]] = {}
    for row in rows:
        group = tuple(_hashable(row[column]) for column in columns)
        groups.setdefault(group, set()).add(_hashable(row[name]))
    return groups


def _hashable(value: Any) -> Hashable:
    """Return a value with numbers of five digits, since Spark adds in varying order."""
    if isinstance(value, list):
        return tuple(_hashable(each) for each in value)
    if isinstance(value, float):
        return "nan" if math.isnan(value) else f"{value:.5g}"
    return value
