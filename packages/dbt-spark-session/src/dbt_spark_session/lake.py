"""Settings for an Iceberg lake in a folder of this machine (``dbt.session.lake``)."""

from __future__ import annotations

from collections.abc import Mapping

import pyspark
from dbt_common.exceptions import DbtRuntimeError

from dbt_spark_session.versions import series_of

LAKE = "dbt.session.lake"
ICEBERG = {"4.0": "1.11.0", "4.1": "1.12.0"}
"""Series of Spark → version of the Iceberg runtime for it on Maven Central."""
SQLITE = "org.xerial:sqlite-jdbc:3.50.3.0"
_JARS = ("spark.jars", "spark.jars.packages", "spark.driver.extraClassPath")


def add_lake(parameters: Mapping[str, str], project_root: str) -> dict[str, str]:
    """Add settings for the folder in ``dbt.session.lake``; the profile's take precedence.

    Raises:
        DbtRuntimeError: The profile names no jars, and no Iceberg runtime for this Spark is known.
    """
    folder = parameters.get(LAKE)
    if not folder:
        return dict(parameters)
    catalog = "spark.sql.catalog.lake"
    settings = {
        "dbt.session.lock": f"{folder}/build.lock",
        "dbt.session.log": f"{project_root}/logs/spark.log",
        "dbt.session.temp": f"{folder}/tmp",
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        catalog: "org.apache.iceberg.spark.SparkCatalog",
        f"{catalog}.type": "jdbc",
        f"{catalog}.uri": f"jdbc:sqlite:{folder}/catalog.db",
        f"{catalog}.warehouse": f"{folder}/warehouse",
        # Iceberg stores views only in the V1 schema of the catalog. Without a longer timeout, a
        # busy SQLite file fails with "Unknown failure" after 3 s.
        f"{catalog}.jdbc.schema-version": "V1",
        f"{catalog}.jdbc.busy_timeout": "30000",
        "spark.sql.defaultCatalog": "lake",
        "spark.sql.catalogImplementation": "in-memory",
        # Iceberg 1.12 changes the runtime filters of a scan while Spark compares plans in another
        # thread, which sometimes raises a ConcurrentModificationException.
        "spark.sql.optimizer.dynamicPartitionPruning.enabled": "false",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    if not any(parameters.get(key) for key in _JARS):
        settings["spark.jars.packages"] = _packages(pyspark.__version__)
    return {**settings, **parameters}


def _packages(spark: str) -> str:
    series = series_of(spark)
    if series not in ICEBERG:
        raise DbtRuntimeError(
            f"{LAKE} has an Iceberg runtime for Spark {' and '.join(ICEBERG)}, but pyspark "
            f"{spark} is installed: name the jars in spark.jars or spark.jars.packages, or install "
            f"pyspark {max(ICEBERG)}"
        )
    runtime = f"org.apache.iceberg:iceberg-spark-runtime-{series}_2.13:{ICEBERG[series]}"
    return f"{runtime},{SQLITE}"
