"""Tags on the snapshots of published tables, so that no expiry of snapshots removes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dbt_common.exceptions import DbtRuntimeError
from pyspark.sql import SparkSession

from dbt_spark_session.errors import spark_message
from dbt_spark_session.release_tables import Table


def add_tags(session: SparkSession, catalog: str, tables: Iterable[Table], tag: str) -> None:
    """Tag the current snapshot of each table.

    Raises:
        DbtRuntimeError: A table cannot be read.
    """
    jvm: Any = session._jvm
    iceberg = jvm.org.apache.iceberg.spark.Spark3Util.loadIcebergCatalog(
        session._jsparkSession, catalog
    )
    for namespace, name in tables:
        identifier = _identifier(session, namespace, name)
        try:
            # A rollback may have changed the table behind the cache of the catalog.
            iceberg.invalidateTable(identifier)
            _add_tag(iceberg.loadTable(identifier), tag)
        except Exception as error:
            raise DbtRuntimeError(
                f"the table {namespace}.{name} cannot be tagged, so nothing is published:"
                f" {spark_message(error)}"
            ) from error


def _add_tag(table: Any, tag: str) -> None:
    snapshot = table.currentSnapshot()
    if snapshot is None:
        return
    existing = table.refs().get(tag)
    if existing is None:
        table.manageSnapshots().createTag(tag, snapshot.snapshotId()).commit()
    elif existing.snapshotId() != snapshot.snapshotId():
        # A publication set this tag and failed afterwards.
        table.manageSnapshots().replaceTag(tag, snapshot.snapshotId()).commit()


def _identifier(session: SparkSession, namespace: str, name: str) -> Any:
    jvm: Any = session._jvm
    levels = namespace.split(".")
    array = session.sparkContext._gateway.new_array(jvm.java.lang.String, len(levels))
    for index, level in enumerate(levels):
        array[index] = level
    iceberg = jvm.org.apache.iceberg.catalog
    return iceberg.TableIdentifier.of(iceberg.Namespace.of(array), name)
