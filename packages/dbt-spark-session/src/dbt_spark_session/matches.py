"""Find a relation by its name, though catalogs and dbt's cache ignore the case of names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dbt.adapters.exceptions import ApproximateMatchError
from dbt.adapters.spark.relation import SparkRelation
from dbt_common.exceptions import DbtRuntimeError

from dbt_spark_session.names import unquote


def find_relation(
    searched: SparkRelation, relations: Iterable[SparkRelation]
) -> SparkRelation | None:
    """Return the relation of this name; its name may be in lower case, as some catalogs store it.

    Catalogs of Iceberg keep capitals, and dbt itself does not find such names.

    Raises:
        ApproximateMatchError: The only relation found has a name that differs in case.
    """
    names = {unquote(relation.identifier): relation for relation in relations}
    name = unquote(searched.identifier)
    for known in (name, name.lower()):
        if known in names:
            return names[known]
    for known, relation in names.items():
        if known.lower() == name.lower():
            raise ApproximateMatchError(searched, relation)
    return None


def refuse_names_alike(nodes: Iterable[Any]) -> None:
    """Refuse nodes of a project whose relations have names that differ in case only.

    Raises:
        DbtRuntimeError: There are such nodes; the message names two of them.
    """
    seen: dict[tuple[str, str], Any] = {}
    for node in nodes:
        other = seen.setdefault((node.schema.lower(), node.identifier.lower()), node)
        if (other.schema, other.identifier) != (node.schema, node.identifier):
            raise DbtRuntimeError(
                f"{other.name} is {other.schema}.{other.identifier} and {node.name} is "
                f"{node.schema}.{node.identifier}: dbt ignores the case of names, so give one of "
                "the two another alias or schema"
            )
