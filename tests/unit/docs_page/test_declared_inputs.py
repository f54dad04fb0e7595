"""The inputs that Python models declare: a changed input changes the declared outputs, only these.

Every model runs as dbt runs it, on small tables. In each run one column of one input differs.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import pytest
import yaml  # type: ignore[import-untyped]
from pyspark.sql import SparkSession

from reelhouse.errors import ReelhouseError
from reelhouse.paths import ROOT
from tests.unit.docs_page.cases import CASES
from tests.unit.docs_page.perturbed import Case, Row, changed_columns, output, perturbed

BY_MODEL = {case.model: case for case in CASES}
FITTED = {file.stem for file in ROOT.glob("python_models/*/*.py") if file.parent.name != "raw"}
QUICK = ("similar_movies",)
"""Models that `make test` checks; `make test-all` checks all of them, in about four minutes."""


class Declared(NamedTuple):
    """The declarations of a model; an input is named as ``table.column``."""

    columns: dict[str, set[str]]
    """Inputs of the columns that declare their own."""
    others: set[str]
    """Inputs that the other columns share. Which of these columns change depends on the data."""
    rows: set[str]
    """Inputs that decide which rows there are."""

    @property
    def inputs(self) -> set[str]:
        return set().union(self.others, self.rows, *self.columns.values()) - {"clock"}


@cache
def declared(model: str) -> Declared:
    (file,) = ROOT.glob(f"python_models/**/{model}.yml")
    (described,) = yaml.safe_load(file.read_text())["models"]
    meta = described["config"]["meta"]

    def names(tables: Any) -> set[str]:
        if not isinstance(tables, dict):
            return {tables}
        return {f"{table}.{column}" for table, columns in tables.items() for column in columns}

    columns = {
        column["name"]: names(column["config"]["meta"]["from"])
        for column in described["columns"]
        if "config" in column
    }
    return Declared(columns, names(meta.get("from", {})), names(meta.get("rows_from", {})))


def marked(models: set[str] | tuple[str, ...]) -> Iterator[Any]:
    """Yield models and their declared inputs."""
    for model in sorted(models):
        marks = [] if model in QUICK else [pytest.mark.slow]
        for name in sorted(declared(model).inputs):
            yield pytest.param(model, name, id=f"{model}-{name}", marks=marks)


class Baselines:
    """Outputs for inputs without a change."""

    def __init__(self, spark: SparkSession) -> None:
        self.spark = spark
        self.known: dict[str, list[list[Row]]] = {}

    def of(self, case: Case) -> list[list[Row]]:
        if case.model not in self.known:
            self.known[case.model] = [
                output(self.spark, case.model, each) for each in case.scenarios
            ]
        return self.known[case.model]

    def changed(self, case: Case, names: list[str]) -> tuple[set[str], bool]:
        """Return the columns that change with the inputs, and whether the rows change.

        Scenarios without one of the inputs are left out.
        """
        columns: set[str] = set()
        has_other_rows = False
        for scenario, before in zip(case.scenarios, self.of(case), strict=True):
            known = [name for name in names if name.split(".")[0] in scenario.tables]
            try:
                after = output(self.spark, case.model, perturbed(case, scenario, known))
            except (ReelhouseError, ValueError):  # the model refuses the inputs
                has_other_rows = True
                continue
            columns |= changed_columns(before, after, case.key)
            keys = [
                {tuple(row[name] for name in case.key) for row in rows} for rows in (before, after)
            ]
            has_other_rows |= keys[0] != keys[1]
        declarations = declared(case.model).columns
        clock = {name for name, inputs in declarations.items() if inputs == {"clock"}}
        return columns - clock, has_other_rows


@pytest.fixture(scope="module")
def baselines(spark: SparkSession) -> Baselines:
    return Baselines(spark)


def test_every_model_that_reads_tables_has_a_case() -> None:
    assert BY_MODEL.keys() == FITTED


@pytest.mark.parametrize(("model", "name"), list(marked(FITTED)))
def test_an_input_changes_the_declared_outputs_only(
    baselines: Baselines, model: str, name: str
) -> None:
    columns, others, rows = declared(model)
    expected = {column for column, inputs in columns.items() if name in inputs}
    changed, has_other_rows = baselines.changed(BY_MODEL[model], [name])
    if name in rows:
        assert changed >= expected
        assert changed or has_other_rows
    else:
        assert changed & columns.keys() == expected
        assert bool(changed - columns.keys()) == (name in others)


@pytest.mark.parametrize(
    "model",
    [pytest.param(m, marks=[] if m in QUICK else [pytest.mark.slow]) for m in sorted(FITTED)],
)
def test_the_other_columns_of_the_inputs_change_nothing(baselines: Baselines, model: str) -> None:
    case = BY_MODEL[model]
    names = {
        f"{table}.{column}"
        for scenario in case.scenarios
        for table, rows in scenario.tables.items()
        for column in rows.column_names
    }
    assert declared(model).inputs <= names
    changed, has_other_rows = baselines.changed(case, sorted(names - declared(model).inputs))
    assert changed == set()
    assert not has_other_rows
