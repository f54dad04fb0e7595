"""Spark's settings for an Iceberg lake in a folder of this machine (``dbt.session.lake``)."""

from __future__ import annotations

from collections.abc import Mapping

import pyspark
from dbt_common.exceptions import DbtRuntimeError

from dbt_spark_session.versions import series_of

ICEBERG_CATALOG = "org.apache.iceberg.spark.SparkCatalog"
"""Class of a catalog whose tables are all Iceberg tables."""
ICEBERG_CATALOGS = (ICEBERG_CATALOG, "org.apache.iceberg.spark.SparkSessionCatalog")
"""Classes of catalogs with Iceberg tables, which Iceberg caches."""
DEFAULT_CATALOG = "spark.sql.defaultCatalog"
SPARK_CATALOG = "spark_catalog"
ICEBERG = {"4.0": "1.11.0", "4.1": "1.12.0"}
"""Series of Spark → version of the Iceberg runtime for it on Maven Central."""
SQLITE = "org.xerial:sqlite-jdbc:3.50.3.0"
_JARS = ("spark.jars", "spark.jars.packages", "spark.driver.extraClassPath")


def lake_settings(folder: str, name: str, profile: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of a lake in the folder; with Iceberg's jars if the profile has no jars.

    Args:
        folder: absolute path of the lake.
        name: name of the catalog that dbt writes to.
        profile: the parameters of the profile.

    Raises:
        DbtRuntimeError: The profile names no jars, and no Iceberg runtime for this Spark is known.
    """
    catalog = f"spark.sql.catalog.{name}"
    settings = {
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        catalog: ICEBERG_CATALOG,
        f"{catalog}.type": "jdbc",
        f"{catalog}.uri": f"jdbc:sqlite:{folder}/catalog.db",
        f"{catalog}.warehouse": f"{folder}/warehouse",
        # Iceberg stores views only in the V1 schema of the catalog. Without a longer timeout, a
        # busy SQLite file fails with "Unknown failure" after 3 s.
        f"{catalog}.jdbc.schema-version": "V1",
        f"{catalog}.jdbc.busy_timeout": "30000",
        DEFAULT_CATALOG: name,
        "spark.sql.catalogImplementation": "in-memory",
        # Iceberg 1.12 changes the runtime filters of a scan while Spark compares plans in another
        # thread, which sometimes raises a ConcurrentModificationException.
        "spark.sql.optimizer.dynamicPartitionPruning.enabled": "false",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    if not any(profile.get(key) for key in _JARS):
        settings["spark.jars.packages"] = _packages(pyspark.__version__)
    return settings


def default_catalog(settings: Mapping[str, str]) -> str:
    """Return the catalog of tables whose schema names none, by the settings of Spark."""
    return settings.get(DEFAULT_CATALOG, SPARK_CATALOG)


def published_settings(published: str, profile: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of the catalog that readers use: those of the catalog dbt writes to."""
    build = f"spark.sql.catalog.{default_catalog(profile)}"
    catalog = f"spark.sql.catalog.{published}"
    settings = {
        catalog + key.removeprefix(build): value
        for key, value in profile.items()
        if key == build or key.startswith(f"{build}.")
    }
    # The cache would return tables of the previous release.
    return {**settings, f"{catalog}.cache-enabled": "false"}


def _packages(spark: str) -> str:
    series = series_of(spark)
    if series not in ICEBERG:
        raise DbtRuntimeError(
            f"dbt.session.lake has an Iceberg runtime for Spark {' and '.join(ICEBERG)}, but "
            f"pyspark {spark} is installed: name the jars in spark.jars or spark.jars.packages, or "
            f"install pyspark {max(ICEBERG)}"
        )
    runtime = f"org.apache.iceberg:iceberg-spark-runtime-{series}_2.13:{ICEBERG[series]}"
    return f"{runtime},{SQLITE}"
