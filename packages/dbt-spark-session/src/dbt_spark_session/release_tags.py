"""Tags on the snapshots of published tables, so that no expiry of snapshots removes them.

A tag is part of the metadata file of a table. A publication writes new metadata files first, and
names them in the catalog in the transaction that publishes. A publication that fails therefore
leaves the catalog as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

from dbt_common.exceptions import DbtRuntimeError
from pyspark.sql import SparkSession

from dbt_spark_session.errors import spark_message
from dbt_spark_session.java_catalog import JavaCatalog
from dbt_spark_session.release_tables import Table

_SUFFIXES = (".gz.metadata.json", ".metadata.json")
"""Ends of the names of metadata files; the first one is of compressed files."""


def write_tags(catalog: JavaCatalog, files: Mapping[Table, str], tag: str) -> dict[Table, str]:
    """Write metadata files in which the current snapshots of tables have a tag.

    Args:
        catalog: the catalog of the tables.
        files: the tables and their metadata files, which stay as they are.
        tag: the name of the tag.

    Returns:
        The new metadata file of each table that has a snapshot.

    Raises:
        DbtRuntimeError: A table cannot be read, or its new metadata file cannot be written.
    """
    io = catalog.file_io()
    written = {}
    for (namespace, name), location in files.items():
        try:
            new = _write_tag(catalog.jvm.org.apache.iceberg, io, location, tag)
        except Exception as error:
            raise DbtRuntimeError(
                f"the table {namespace}.{name} cannot be tagged, so nothing is published:"
                f" {spark_message(error)}"
            ) from error
        if new is not None:
            written[namespace, name] = new
    return written


def _write_tag(iceberg: Any, io: Any, location: str, tag: str) -> str | None:
    parser = iceberg.TableMetadataParser
    metadata = parser.read(io, location)
    snapshot = metadata.currentSnapshot()
    if snapshot is None:
        return None
    ref = iceberg.SnapshotRef.tagBuilder(snapshot.snapshotId()).build()
    tagged = iceberg.TableMetadata.buildFrom(metadata).setRef(tag, ref).build()
    new = _next_location(location)
    parser.write(tagged, io.newOutputFile(new))
    return new


def _next_location(location: str) -> str:
    """Return a new name in the folder of a metadata file, as Iceberg numbers them."""
    folder, _, name = location.rpartition("/")
    suffix = next((each for each in _SUFFIXES if name.endswith(each)), _SUFFIXES[-1])
    number = name.partition("-")[0]
    version = int(number) + 1 if number.isdecimal() else 0
    return f"{folder}/{version:05d}-{uuid4()}{suffix}"


def forget_cached_tables(session: SparkSession, catalog: str, tables: Iterable[Table]) -> None:
    """Make Spark read tables anew, since their rows in the database have changed."""
    jvm: Any = session._jvm
    iceberg = jvm.org.apache.iceberg.spark.Spark3Util.loadIcebergCatalog(
        session._jsparkSession, catalog
    )
    for namespace, name in tables:
        iceberg.invalidateTable(_identifier(session, namespace, name))


def _identifier(session: SparkSession, namespace: str, name: str) -> Any:
    jvm: Any = session._jvm
    levels = namespace.split(".")
    array = session.sparkContext._gateway.new_array(jvm.java.lang.String, len(levels))
    for index, level in enumerate(levels):
        array[index] = level
    iceberg = jvm.org.apache.iceberg.catalog
    return iceberg.TableIdentifier.of(iceberg.Namespace.of(array), name)
