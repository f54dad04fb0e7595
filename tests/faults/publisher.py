"""A process that builds and publishes in a loop until it is killed.

Java builds the tables as Spark does: `create or replace` in one transaction of Iceberg. The plug-in
publishes them. The process sends a word before and after each publication.
"""

from __future__ import annotations

import os
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from bare_java import BareJava, start_java
from dbt_spark_session.java_catalog import JavaCatalog
from dbt_spark_session.releases import Releases
from tests.faults.lakes import BUILD, NAMESPACE, PUBLISHED, ROWS, TABLES, FaultLake

_SCHEMA = pa.schema([pa.field("x", pa.int64(), nullable=False, metadata={"PARQUET:field_id": "1"})])


class Builder:
    """Builds the tables of a lake through Java."""

    def __init__(self, java: BareJava, lake: FaultLake) -> None:
        self._iceberg: Any = java.gateway.jvm.org.apache.iceberg
        self._java = java
        self._lake = lake
        self.catalog: JavaCatalog = java.catalog(BUILD, lake.settings)
        properties = java.gateway.jvm.java.util.HashMap()
        for key, value in lake.settings.items():
            properties.put(key, value)
        self._tables = self._iceberg.CatalogUtil.loadCatalog(
            "org.apache.iceberg.jdbc.JdbcCatalog", BUILD, properties, self.catalog.hadoop
        )
        self._namespace = self._iceberg.catalog.Namespace.of(self._array(NAMESPACE))
        if not self._tables.namespaceExists(self._namespace):
            self._tables.createNamespace(self._namespace, java.gateway.jvm.java.util.HashMap())

    def build(self, number: int, tables: tuple[str, ...] = TABLES) -> None:
        """Replace tables by rows with a number."""
        for name in tables:
            self._replace(name, number)

    def _replace(self, name: str, number: int) -> None:
        types = self._iceberg.types.Types
        fields = self._java.gateway.jvm.java.util.ArrayList()
        fields.add(types.NestedField.required(1, "x", types.LongType.get()))
        identifier = self._iceberg.catalog.TableIdentifier.of(self._namespace, name)
        schema = self._iceberg.Schema(fields)
        table = self._tables.buildTable(identifier, schema).createOrReplaceTransaction()
        file = Path(self._lake.folder, "warehouse", NAMESPACE, name, "data", f"{uuid4()}.parquet")
        file.parent.mkdir(parents=True, exist_ok=True)
        rows = pa.table({"x": pa.array([number] * ROWS, pa.int64())}).cast(_SCHEMA)
        pq.write_table(rows, file)
        data_file = (
            self._iceberg.DataFiles.builder(self._iceberg.PartitionSpec.unpartitioned())
            .withPath(str(file))
            .withFileSizeInBytes(file.stat().st_size)
            .withRecordCount(ROWS)
            .withFormat("parquet")
            .build()
        )
        table.newAppend().appendFile(data_file).commit()
        table.commitTransaction()

    def _array(self, text: str) -> Any:
        array = self._java.gateway.new_array(self._java.gateway.jvm.java.lang.String, 1)
        array[0] = text
        return array

    def close(self) -> None:
        self._tables.close()


def publish_in_a_loop(
    lake: FaultLake, first: int, saying: Connection, log: str, classes: str
) -> None:
    """Build and publish until the process is killed, or until something fails.

    Args:
        lake: the lake.
        first: number of the first build.
        saying: pipe to which the process sends a word and a number.
        log: file for the error that ends the loop.
        classes: archive of Java classes, with which Java starts sooner.
    """
    # A group of its own, so that the killer reaches Java too.
    os.setpgid(0, 0)
    java = start_java(f"-XX:SharedArchiveFile={classes}", "-Xlog:cds=off", "-Xlog:cds+dynamic=off")
    saying.send(("java", java.process.pid))
    try:
        builder = Builder(java, lake)
        releases = Releases(builder.catalog, PUBLISHED)
        number = first
        while True:
            current = releases.current()
            builder.build(number)
            saying.send(("begin", number))
            release = releases.publish(current.number if current else None, f"build-{number}")
            saying.send(("end", release.number))
            number += 1
    except BaseException as error:
        Path(log).write_text(f"{type(error).__name__}: {error}")
        saying.send(("failed", 0))
        os._exit(1)


def write_classes(lake: FaultLake, classes: str) -> None:
    """Build and publish once, and write the archive of the Java classes that this needs."""
    java = start_java(
        f"-XX:ArchiveClassesAtExit={classes}", "-Xlog:cds=off", "-Xlog:cds+dynamic=off"
    )
    builder = Builder(java, lake)
    releases = Releases(builder.catalog, PUBLISHED)
    for number in (1, 2):
        current = releases.current()
        builder.build(number)
        releases.publish(current.number if current else None, f"build-{number}")
    builder.close()
    java.gateway.shutdown()
    java.process.stdin.close()
    java.process.wait()
