"""A lake with its own catalogs for builds and for readers, in the session of all tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from dbt_spark_session.connection import spark_errors
from dbt_spark_session.java_catalog import catalog_of_session
from dbt_spark_session.releases import Releases

NAMES = iter(range(1000))


class Lake:
    """A database with its own two catalogs, in the session of all tests."""

    def __init__(self, spark: SparkSession, folder: Path, uri: str = "") -> None:
        number = next(NAMES)
        self.spark, self.folder = spark, folder
        self.uri = uri or f"jdbc:sqlite:{folder}/catalog.db"
        self.build, self.readers = f"build{number}", f"readers{number}"
        for name in (self.build, self.readers, "r1", "r2", "r3"):
            self.add_catalog(name)
        self.sql(f"create namespace {self.build}.shop")
        self.sql(f"use {self.build}")  # as spark.sql.defaultCatalog does for dbt
        self.releases = Releases(catalog_of_session(spark, self.build), self.readers)

    def add_catalog(self, name: str) -> None:
        prefix = f"spark.sql.catalog.{name}"
        for key, value in {
            "": "org.apache.iceberg.spark.SparkCatalog",
            ".type": "jdbc",
            ".uri": self.uri,
            ".jdbc.user": "lake",
            ".warehouse": f"{self.folder}/warehouse",
            ".jdbc.schema-version": "V1",
            ".cache-enabled": "false",
        }.items():
            self.spark.conf.set(f"{prefix}{key}", value)

    def sql(self, query: str) -> list[Any]:
        with spark_errors():
            return [tuple(row) for row in self.spark.sql(query).collect()]

    def write(self, value: int) -> None:
        """Build two tables and a view anew, as dbt does."""
        for table in ("a", "b"):
            self.sql(f"create or replace table {self.build}.shop.{table} as select {value} as x")
        self.sql(f"create or replace view {self.build}.shop.v as select x + 1 as y from shop.a")

    def read(self, catalog: str) -> list[int]:
        return [self.sql(f"select * from {catalog}.shop.{table}")[0][0] for table in "ab"]
