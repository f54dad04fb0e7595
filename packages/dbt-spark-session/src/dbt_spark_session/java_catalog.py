"""An Iceberg JDBC catalog in a Java process: its settings, its database and its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dbt_common.exceptions import DbtRuntimeError
from pyspark.sql import SparkSession

SQLITE = "jdbc:sqlite:"
POSTGRESQL = "jdbc:postgresql:"
_FILE_IO = "org.apache.iceberg.hadoop.HadoopFileIO"
"""Class with which a JDBC catalog reads and writes files if its settings name none."""


@dataclass(frozen=True)
class JavaCatalog:
    """A catalog whose database and files are reached through a Java process."""

    jvm: Any
    """py4j's view of the Java process."""
    name: str
    settings: Mapping[str, str]
    """Settings of the catalog, such as ``uri`` and ``jdbc.user``."""
    hadoop: Any
    """Hadoop's configuration, a Java object."""

    @property
    def uri(self) -> str:
        """Return the address of the database.

        Raises:
            DbtRuntimeError: The catalog is not a JDBC catalog.
        """
        uri = self.settings.get("uri", "")
        if not uri.startswith("jdbc:"):
            prefix = f"spark.sql.catalog.{self.name}."
            raise DbtRuntimeError(
                f"releases need a JDBC catalog, and '{self.name}' is not one: set {prefix}type to"
                f" jdbc, and {prefix}uri to an address that starts with {SQLITE} or {POSTGRESQL}"
            )
        return uri

    def connect(self, **others: str) -> Any:
        """Return a new ``java.sql.Connection`` to the database.

        Args:
            **others: properties of the driver, beside those of the settings.

        Raises:
            DbtRuntimeError: The catalog is not a JDBC catalog, or no driver accepts its URI.
        """
        properties = self.jvm.java.util.Properties()
        settings = {
            key.removeprefix("jdbc."): value
            for key, value in self.settings.items()
            if key.startswith("jdbc.")
        }
        for key, value in {**settings, **others}.items():
            properties.setProperty(key, value)
        return _driver(self.jvm, self.uri).connect(self.uri, properties)

    def file_io(self) -> Any:
        """Return Iceberg's ``FileIO`` for the files of the tables."""
        properties = self.jvm.java.util.HashMap()
        for key, value in self.settings.items():
            properties.put(key, value)
        implementation = self.settings.get("io-impl", _FILE_IO)
        return self.jvm.org.apache.iceberg.CatalogUtil.loadFileIO(
            implementation, properties, self.hadoop
        )


def catalog_of_session(session: SparkSession, name: str) -> JavaCatalog:
    """Return the catalog that Spark's settings name."""
    prefix = f"spark.sql.catalog.{name}."
    settings = {
        key.removeprefix(prefix): value
        for key, value in session.conf.getAll.items()
        if key.startswith(prefix)
    }
    jvm: Any = session._jvm
    hadoop = jvm.org.apache.iceberg.spark.SparkUtil.hadoopConfCatalogOverrides(
        session._jsparkSession, name
    )
    return JavaCatalog(jvm, name, settings, hadoop)


def _driver(jvm: Any, uri: str) -> Any:
    """Return the JDBC driver for a URI; ``DriverManager`` finds none in ``spark.jars.packages``."""
    loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
    driver = jvm.java.lang.Class.forName("java.sql.Driver")
    for found in jvm.java.util.ServiceLoader.load(driver, loader).iterator():
        if found.acceptsURL(uri):
            return found
    scheme = ":".join(uri.split(":")[:2])
    raise DbtRuntimeError(f"there is no JDBC driver for {scheme}: add its jar to spark.jars")
