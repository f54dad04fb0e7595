"""Error messages of Spark, cursors, cancelling, and settings of a session that runs already."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from dbt_common.exceptions import DbtRuntimeError
from pyspark.sql import SparkSession

from dbt_spark_session.command_sessions import begin_command, end_command
from dbt_spark_session.connection import SessionCursor, SessionHandle
from dbt_spark_session.death import named_in_report
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


@pytest.mark.parametrize("is_running", [True, False])
def test_a_statement_that_is_cancelled_ends_with_an_error(
    spark: SparkSession, server_side_parameters: dict[str, Any], is_running: bool
) -> None:
    handle = SessionHandle(server_side_parameters)
    errors: list[str] = []
    may_start, is_in_node = threading.Event(), threading.Event()

    def count() -> None:
        with named_in_report("orders"):
            is_in_node.set()
            may_start.wait(60)
            run()

    def run() -> None:
        cursor = handle.cursor()
        cursor.execute("select count(*) from range(1000000000000) where id % 7 = rand()")
        try:
            cursor.fetchall()
        except DbtRuntimeError as error:
            errors.append(error.msg)

    thread = threading.Thread(target=count)
    thread.start()
    try:
        is_in_node.wait(60)
        if is_running:
            may_start.set()
            tracker = spark.sparkContext.statusTracker()
            while not tracker.getActiveJobsIds() and thread.is_alive():
                time.sleep(0.05)
        handle.cancel()
        may_start.set()
        thread.join(60)
        assert not thread.is_alive()
    finally:
        spark.sparkContext.cancelAllJobs()
        thread.join()
    assert "cancelled" in errors[0]


def test_settings_of_yarn_are_not_copied(spark: SparkSession, tmp_path: Path) -> None:
    spark.range(1).write.parquet(str(tmp_path / "rows"))  # Hadoop loads all of its defaults
    settings = spark._jsparkSession.sessionState().newHadoopConf()  # type: ignore[attr-defined]
    assert settings.get("fs.defaultFS") == "file:///"
    assert settings.getPropsWithPrefix("yarn.").size() == 0


def test_every_new_session_gets_the_settings_of_the_profile(
    spark: SparkSession, server_side_parameters: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    parameters = {**server_side_parameters, "spark.sql.shuffle.partitions": "3"}
    monkeypatch.setattr(SparkSession, "_instantiatedSession", spark)
    for _ in range(6):  # Python gives the address of a session that is gone to a later one
        session = SparkSession._instantiatedSession = spark.newSession()
        assert get_session(parameters) is session
        assert session.conf.get("spark.sql.shuffle.partitions") == "3"


def test_a_second_profile_does_not_write_to_the_lake_of_the_first(
    spark: SparkSession, server_side_parameters: dict[str, Any], tmp_path: Path
) -> None:
    def command(folder: str, password: str = "first") -> SparkSession:
        begin_command()
        catalog = {
            "": "org.apache.iceberg.spark.SparkCatalog",
            ".type": "jdbc",
            ".uri": f"jdbc:sqlite:{tmp_path}/{folder}.db",
            ".warehouse": f"{tmp_path}/{folder}",
            ".jdbc.password": password,
        }
        added = {f"spark.sql.catalog.twice{key}": value for key, value in catalog.items()}
        return get_session({**server_side_parameters, **added})

    try:
        command("dev").sql("create namespace twice.shop")
        for _ in range(2):
            with pytest.raises(DbtRuntimeError, match=r"another value of .*twice\.uri, and keeps"):
                command("prod")
        names = command("dev", password="second").sql("show namespaces in twice").collect()
        assert [row.namespace for row in names] == ["shop"]
    finally:
        end_command()
