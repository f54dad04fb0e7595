"""Column lineage of the project: by sqlglot for SQL, by declarations for Python models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from reelhouse.docs_page.artifacts import Artifacts, Node, parents
from reelhouse.docs_page.sql_lineage import ROWS, Input, inputs_of_select
from reelhouse.errors import ReelhouseError

OUTSIDE = ("files", "clock")
"""Inputs outside of dbt: the files of the data set, and the time of the build."""


class ModelLineage(NamedTuple):
    """The inputs of each column of a model, and the columns that decide which rows there are."""

    columns: dict[str, list[Input]]
    rows: list[Input]
    """Empty for SQL models, whose conditions are not traced."""
    fault: str = ""
    """Why the columns have no inputs, if the query or the declaration cannot be read."""


def project_lineage(artifacts: Artifacts) -> dict[str, ModelLineage]:
    """Return the lineage of every node by unique id. An input names its table by unique id."""
    lineage: dict[str, ModelLineage] = {}
    tables: dict[str, str] = {}
    nodes = artifacts.nodes()
    for key, node in nodes.items():
        columns = described_columns(artifacts, key, node)
        try:
            if node.get("language") == "python":
                lineage[key] = declared_lineage(
                    node, columns, _parents_by_name(node, nodes, lineage)
                )
            elif node.get("compiled_code"):
                read = {name: list(lineage[table].columns) for name, table in tables.items()}
                lineage[key] = _lineage_of_sql(node, read, columns, tables)
            else:  # a seed or a source
                lineage[key] = ModelLineage({column: [] for column in columns}, [])
        except ReelhouseError as error:
            lineage[key] = ModelLineage({column: [] for column in columns}, [], str(error))
        if node.get("relation_name"):  # dbt writes the query of an ephemeral model into its readers
            tables[node["relation_name"].replace("`", "").lower()] = key
    return lineage


def _parents_by_name(
    node: Node, nodes: Mapping[str, Node], lineage: Mapping[str, ModelLineage]
) -> dict[str, tuple[str, list[str]]]:
    return {
        nodes[key]["name"]: (key, list(lineage[key].columns))
        for key in parents(node)
        if key in lineage
    }


def _lineage_of_sql(
    node: Node, read: Mapping[str, list[str]], columns: list[str], tables: Mapping[str, str]
) -> ModelLineage:
    inputs = inputs_of_select(node["compiled_code"], read, columns)
    spelling = {(table, name.lower()): name for table, names in read.items() for name in names}
    known = {
        column: [
            Input(tables[table], spelling.get((table, name), name))
            for table, name in some
            if table in tables
        ]
        for column, some in inputs.items()
    }
    return ModelLineage(known, [])


def described_columns(artifacts: Artifacts, key: str, node: Node) -> list[str]:
    """Return the columns of a node: those in the lake, those in YAML, those of a seed."""
    names = [*artifacts.types(key), *node["columns"], *(node["config"].get("column_types") or {})]
    return list(dict.fromkeys(names))


def declared_lineage(
    node: Node, columns: list[str], known: Mapping[str, tuple[str, list[str]]]
) -> ModelLineage:
    """Return the lineage that a Python model declares in the `meta` of its YAML.

    `from` of a column, or else `from` of the model, maps tables to the columns that the value
    depends on: ``{int_fit_plan: [algorithm]}``. It can be `files` or `clock`. An empty mapping
    declares a constant. `rows_from` of the model maps tables to the columns that decide which rows
    there are.

    Args:
        node: the model in the manifest.
        columns: the columns of the model.
        known: the parents: name → unique id and columns.

    Raises:
        ReelhouseError: a column has no declaration, or an input does not exist.
    """
    meta = node["config"].get("meta") or {}

    def inputs(declared: Any, place: str) -> list[Input]:
        if declared in OUTSIDE:
            return [Input(declared, "")]
        if not isinstance(declared, dict):
            raise ReelhouseError(
                f"{node['name']}: {place} declares {declared!r} as its inputs: write a mapping such"
                " as `from: {int_fit_plan: [algorithm]}`, or `files` or `clock`"
            )
        return list(_declared_inputs(declared, known, f"{node['name']}: {place}"))

    found = {}
    for column in columns:
        described = node["columns"].get(column, {})
        own = (described.get("config", {}).get("meta") or {}).get("from", meta.get("from"))
        if own is None:
            raise ReelhouseError(
                f"{node['name']}: column {column} has no inputs: write them as"
                " `config: {meta: {from: …}}` in the YAML of the model"
            )
        found[column] = inputs(own, f"column {column}")
    return ModelLineage(found, inputs(meta.get("rows_from", {}), "rows_from"))


def _declared_inputs(
    declared: Mapping[str, Any], known: Mapping[str, tuple[str, list[str]]], place: str
) -> Iterator[Input]:
    for table, columns in declared.items():
        if table not in known:
            raise ReelhouseError(f"{place} names {table}, which the model does not read")
        key, existing = known[table]
        for column in [columns] if isinstance(columns, str) else columns:
            if column not in [*existing, ROWS]:
                raise ReelhouseError(f"{place} names {table}.{column}, which does not exist")
            yield Input(key, column)
