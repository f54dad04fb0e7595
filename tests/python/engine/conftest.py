"""One Spark session for the tests of fits and rankings: no lake, no dbt."""

import os
import sys

import pytest
from pyspark.sql import SparkSession


@pytest.fixture(scope="session")
def spark():
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    # An active session is used as it is: Spark has one a process.
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.legacy.parquet.nanosAsLong", "true")
        .config("spark.log.level", "ERROR")
        .config("spark.driver.extraJavaOptions", "-Xss8m")
        .getOrCreate()
    )
    yield session
