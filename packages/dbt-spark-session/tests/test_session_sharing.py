"""Error messages of Spark, and removal of a model's temp views and caches but no others."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from dbt_common.exceptions import DbtRuntimeError
from pyspark.sql import SparkSession
from pyspark.sql.classic.dataframe import DataFrame
from pyspark.storagelevel import StorageLevel

from dbt_spark_session.cleanup import clean_up, recording
from dbt_spark_session.connection import SessionCursor
from dbt_spark_session.session import get_session


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("select * from nowhere.nothing", "[TABLE_OR_VIEW_NOT_FOUND]"),
        ("select 1 frm x y", "[PARSE_SYNTAX_ERROR]"),
        ("select 1 div id from range(2)", "[DIVIDE_BY_ZERO]"),
        ("select cast(concat('a', id) as int) from range(2)", "[CAST_INVALID_INPUT]"),
        ("select raise_error('no such ' || id) from range(1)", "no such 0"),
    ],
)
def test_an_error_is_its_cause(spark: SparkSession, sql: str, message: str) -> None:
    cursor = SessionCursor(spark)
    spark.conf.set("spark.sql.ansi.enabled", "true")
    try:
        with pytest.raises(DbtRuntimeError) as raised:
            cursor.execute(sql)
            cursor.fetchall()
    finally:
        spark.conf.set("spark.sql.ansi.enabled", "false")
    assert message in raised.value.msg
    for noise in ("\tat ", "py4j", "JVM stacktrace", "Job aborted"):
        assert noise not in raised.value.msg


def test_bindings_are_values_not_text(spark: SparkSession) -> None:
    cursor = SessionCursor(spark)
    values = ["O'Neil %s", 2**62 + 1, None, True]
    cursor.execute("select ?, ?, ?, ? ;", values)
    assert [column[1] for column in cursor.description][:2] == ["string", "bigint"]
    assert cursor.fetchone() == tuple(values)
    assert cursor.fetchone() is None


def test_rows_can_be_fetched_in_parts(spark: SparkSession) -> None:
    cursor = SessionCursor(spark)
    cursor.execute("select id from range(5) order by id")
    assert cursor.fetchone() == (0,)
    assert cursor.fetchmany(2) == [(1,), (2,)]
    assert cursor.fetchall() == [(3,), (4,)]
    cursor.execute("select id from range(3) order by id")
    assert cursor.fetchmany(2) == [(0,), (1,)]
    assert cursor.fetchmany(2) == [(2,)]
    assert cursor.fetchall() == []


def test_only_what_the_model_made_is_cleaned_up(spark: SparkSession) -> None:
    spark.range(1).createOrReplaceTempView("session_before")
    spark.range(1).createOrReplaceGlobalTempView("session_global_before")
    spark.range(15).createOrReplaceTempView("session_uncached")
    shared = spark.range(11).persist()
    with recording():
        spark.range(2).createOrReplaceGlobalTempView("session_global_before")
        spark.range(2).createOrReplaceGlobalTempView("session_global_mine")
        spark.catalog.cacheTable("session_uncached")
        spark.range(1).createOrReplaceTempView("session_mine")
        spark.range(2).createOrReplaceTempView("session_before")
        spark.sql("create temporary view session_sql as select 1 as a")
        spark.sql("cache table session_cached as select 2 as a")
        mine = spark.range(12).cache()
        spark.range(11).cache()
    catalog = spark._jsparkSession.sessionState().catalog()
    assert catalog.getTempView("session_sql").isDefined()
    clean_up()
    exists = {
        name: catalog.getTempView(name).isDefined()
        for name in ("session_before", "session_mine", "session_sql", "session_cached")
    }
    assert exists == {
        "session_before": True,
        "session_mine": False,
        "session_sql": False,
        "session_cached": False,
    }
    assert catalog.getGlobalTempView("session_global_before").isDefined()
    assert not catalog.getGlobalTempView("session_global_mine").isDefined()
    assert not spark.catalog.isCached("session_uncached")
    assert mine.storageLevel == StorageLevel.NONE
    assert shared.storageLevel != StorageLevel.NONE
    shared.unpersist()
    spark.catalog.dropTempView("session_before")
    spark.catalog.dropTempView("session_uncached")
    spark.catalog.dropGlobalTempView("session_global_before")


def test_pyspark_is_itself_when_no_model_runs(spark: SparkSession) -> None:
    stock = DataFrame.cache, DataFrame.createTempView, SparkSession.sql
    with recording():
        with recording():
            pass
        assert DataFrame.cache is not stock[0]
    assert (DataFrame.cache, DataFrame.createTempView, SparkSession.sql) == stock


def test_another_threads_views_and_caches_survive(spark: SparkSession) -> None:
    made, cleaned = threading.Event(), threading.Event()
    seen: list[bool] = []

    def other_model() -> None:
        with recording():
            frame = spark.range(13).persist()
            frame.createOrReplaceTempView("session_other")
            made.set()
            cleaned.wait(60)
            seen.append(frame.storageLevel != StorageLevel.NONE)
            seen.append(spark.table("session_other").count() == 13)
        clean_up()
        seen.append(frame.storageLevel == StorageLevel.NONE)

    thread = threading.Thread(target=other_model)
    with recording():
        thread.start()
        made.wait(60)
        spark.range(14).persist().createOrReplaceTempView("session_this")
    clean_up()
    cleaned.set()
    thread.join()
    assert seen == [True, True, True]
    with pytest.raises(Exception, match="TABLE_OR_VIEW_NOT_FOUND"):
        spark.table("session_other")


def test_every_new_session_gets_the_settings_of_the_profile(
    spark: SparkSession, server_side_parameters: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    parameters = {**server_side_parameters, "spark.sql.shuffle.partitions": "3"}
    monkeypatch.setattr(SparkSession, "_instantiatedSession", spark)
    for _ in range(6):  # Python gives the address of a session that is gone to a later one
        session = SparkSession._instantiatedSession = spark.newSession()
        assert get_session(parameters) is session
        assert session.conf.get("spark.sql.shuffle.partitions") == "3"
