"""Ratings in tables of any catalog, and in models of another dbt project."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from pyspark.sql import DataFrame, SparkSession

from reelhouse.errors import ReelhouseError
from reelhouse.ingest.raw_files import file_with_role, list_raw_files
from reelhouse.ingest.readers import read_ratings

PURCHASES = "values ('ada', 'k1', 2), ('bob', 'k2', 1) as (customer, product, quantity)"
RAW = [("ada", "k1", None, None, "2"), ("bob", "k2", None, None, "1")]


@pytest.fixture(scope="module")
def shop(spark: SparkSession) -> Iterator[str]:
    """Add the catalog `shop`, a database of Derby, which is one of Spark's own jars."""
    catalog = "spark.sql.catalog.shop"
    settings = {
        catalog: "org.apache.spark.sql.execution.datasources.v2.jdbc.JDBCTableCatalog",
        f"{catalog}.url": "jdbc:derby:memory:shop;create=true",
        f"{catalog}.driver": "org.apache.derby.iapi.jdbc.AutoloadedDriver",
    }
    # Otherwise Derby writes a log to the working directory.
    spark._jvm.java.lang.System.setProperty("derby.stream.error.file", os.devnull)
    for key, value in settings.items():
        spark.conf.set(key, value)
    spark.sql("create namespace shop.sales")
    # `movies` is also the name of a table that builds make.
    spark.sql("create table shop.sales.movies (customer string, product string, quantity int)")
    spark.sql(f"insert into shop.sales.movies select * from {PURCHASES}")
    yield "shop.sales.movies"
    for key in settings:
        spark.conf.unset(key)


def raw_ratings(spark: SparkSession, raw_files: DataFrame, rows: DataFrame | None = None) -> list:
    file = file_with_role(raw_files, "ratings")
    read = read_ratings(spark, file, rows)
    columns = ("user_id", "movie_id", "rating", "rated_at", "strength")
    return sorted(map(tuple, read.select(*columns).collect()))


def listed(spark: SparkSession, data: str, columns: str = "", **model: object) -> DataFrame:
    return list_raw_files(spark, data=data, columns=columns, table="no_such_table", **model)


def test_a_table_of_another_catalog_is_read(spark: SparkSession, shop: str) -> None:
    raw_files = listed(spark, f"table:{shop}")
    assert raw_files.first()["data"] == f"table:{shop}"
    assert raw_ratings(spark, raw_files) == RAW


@pytest.mark.parametrize("table", ["shop.sales.gone", "no_catalog.sales.orders", "gone"])
def test_a_table_that_spark_does_not_find_is_refused(
    spark: SparkSession, shop: str, table: str
) -> None:
    with pytest.raises(ReelhouseError, match=f"Spark finds no table {table}: .* its catalog"):
        listed(spark, f"table:{table}")


def test_a_model_is_read_in_place_of_a_file(spark: SparkSession) -> None:
    rows = spark.sql(f"select * from {PURCHASES}")
    raw_files = listed(spark, "", relation="purchases", rows=rows)
    row = raw_files.first()
    assert (row["data"], row["path"], row["has_times"]) == ("model:purchases", "purchases", False)
    assert raw_ratings(spark, raw_files, rows) == RAW


def test_columns_of_a_model_may_have_other_names(spark: SparkSession) -> None:
    rows = spark.sql(f"select customer as who, product as what, quantity as n from {PURCHASES}")
    with pytest.raises(ReelhouseError, match=r"model purchases has .* as in REELHOUSE_COLUMNS="):
        listed(spark, "", relation="purchases", rows=rows)
    columns = "user_id=who, movie_id=what, strength=n"
    raw_files = listed(spark, "", columns, relation="purchases", rows=rows)
    assert raw_ratings(spark, raw_files, rows) == RAW


def test_a_model_and_a_file_at_once_are_refused(spark: SparkSession) -> None:
    rows = spark.sql(f"select * from {PURCHASES}")
    with pytest.raises(ReelhouseError, match=r"_relation names purchases, and .* ml-1m"):
        listed(spark, "ml-1m", relation="purchases", rows=rows)
