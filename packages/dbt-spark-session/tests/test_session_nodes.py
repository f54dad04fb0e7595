"""Settings, temp views and caches stay in their node, whichever nodes run before or beside it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from dbt.tests.util import run_dbt
from pyspark.sql import SparkSession
from pyspark.storagelevel import StorageLevel

from dbt_spark_session.node_sessions import node
from dbt_spark_session.session import get_session

# Two models that run at the same time wait for each other here.
MEETING = "from threading import Barrier\nBARRIER = Barrier(2)\n"

# They use the same names for different things.
MEETS = """
import meeting
from pyspark.sql import SparkSession

def model(dbt, spark):
    dbt.config(materialized="table")
    name = dbt.this.identifier
    spark.range(1).selectExpr(f"'{name}' as name").createOrReplaceTempView("mine")
    spark.conf.set("spark.sql.shuffle.partitions", str(len(name)))
    spark.createDataFrame([(1,)], "id int")  # pyspark takes the session of this call for active
    meeting.BARRIER.wait(60)
    found = SparkSession.builder.getOrCreate()
    partitions = found.conf.get("spark.sql.shuffle.partitions")
    assert SparkSession.getActiveSession() is spark, "another session is active"
    rows = spark.sparkContext.parallelize([(int(partitions),)]).toDF("partitions int")
    return rows.crossJoin(found.table("mine"))
"""

LEAVES = """
{{ config(
    materialized='table',
    pre_hook=[
        "create temporary view left_behind as select 1 as id",
        "cache table left_cached as select 2 as id",
        "set spark.sql.session.timeZone = Asia/Kolkata",
        "use schema_of_a_hook",
    ],
) }}
select id, current_timezone() as zone from left_behind
"""

FINDS = """
def model(dbt, spark):
    dbt.config(materialized="table")
    dbt.ref("leaves")
    names = "left_behind", "left_cached", "of_a_hook"
    found = [name for name in names if spark.catalog.tableExists(name)]
    columns = "found array<string>, zone string, hooked string"
    zone = spark.conf.get("spark.sql.session.timeZone")
    return spark.createDataFrame([(found, zone, spark.conf.get("spark.of.a.hook"))], columns)
"""

PARTED = """
{{ config(materialized='incremental', incremental_strategy='insert_overwrite', partition_by='part') }}
select id, id as part from range({{ var('least') }}, 3)
"""  # noqa: E501

WHOLE = """
{{ config(materialized='incremental', incremental_strategy='insert_overwrite') }}
select id from range({{ var('least') }}, 3)
"""

# The module keeps the session of the model that imports it first.
KEEPER = "from pyspark.sql import SparkSession\nspark = SparkSession.builder.getOrCreate()\n"

KEEPS = """
import keeper

def model(dbt, spark):
    dbt.config(materialized="incremental")
    return keeper.spark.range(2)
"""


class TestNodes:
    @pytest.fixture(scope="class")
    def dbt_profile_target(self, dbt_profile_target: dict[str, Any]) -> dict[str, Any]:
        return {**dbt_profile_target, "threads": 2}

    @pytest.fixture(scope="class")
    def project_config_update(self, unique_schema: str) -> dict[str, Any]:
        return {
            "on-run-start": [
                "create schema if not exists schema_of_a_hook",
                "create or replace temporary view of_a_hook as select 1 as id",
                "set spark.of.a.hook = 1",
            ]
        }

    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {
            "a.py": MEETS,
            "bb.py": MEETS,
            "leaves.sql": LEAVES,
            "finds.py": FINDS,
            "parted.sql": PARTED,
            "whole.sql": WHOLE,
            "keeps_1.py": KEEPS,
            "keeps_2.py": KEEPS,
        }

    def test_models_that_run_at_the_same_time_do_not_meet(
        self, project: Any, table: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "meeting.py").write_text(MEETING)
        monkeypatch.syspath_prepend(tmp_path)
        run_dbt(["run", "-s", "a", "bb", "--vars", "least: 0"])
        assert [tuple(row) for row in table("a").collect()] == [(1, "a")]
        assert [tuple(row) for row in table("bb").collect()] == [(2, "bb")]

    def test_a_node_finds_what_hooks_left_but_not_other_nodes(
        self, project: Any, table: Any, spark: SparkSession
    ) -> None:
        run_dbt(["run", "-s", "leaves", "finds", "--vars", "least: 0", "--threads", "1"])
        assert table("leaves").first().zone == "Asia/Kolkata"
        assert tuple(table("finds").first()) == (["of_a_hook"], "UTC", "1")
        assert spark._jsparkSession.sharedState().cacheManager().isEmpty()

    def test_the_overwrite_mode_of_another_model_does_not_count(
        self, project: Any, table: Any
    ) -> None:
        run_dbt(["run", "-s", "parted", "whole", "--vars", "least: 0"])
        for least, model in ((2, "parted"), (2, "whole"), (3, "parted"), (3, "whole")):
            run_dbt(["run", "-s", model, "--vars", f"least: {least}"])
        assert table("whole").count() == 0
        assert sorted(row.id for row in table("parted").collect()) == [0, 1, 2]

    def test_a_module_may_keep_the_session_of_another_model(
        self, project: Any, table: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "keeper.py").write_text(KEEPER)
        monkeypatch.syspath_prepend(tmp_path)
        for _ in range(2):
            run_dbt(["run", "-s", "keeps_1", "keeps_2", "--vars", "least: 0", "--threads", "1"])
        assert table("keeps_1").count() == table("keeps_2").count() == 4


def test_a_table_that_another_node_has_changed_is_read_again(
    spark: SparkSession, server_side_parameters: dict[str, Any]
) -> None:
    changed, read = threading.Event(), threading.Event()
    counts: list[int] = []

    def reader() -> None:
        with node():
            session = get_session(server_side_parameters)
            counts.append(session.table("nodes.t").count())
            read.set()
            changed.wait(60)
            counts.append(session.table("nodes.t").count())

    spark.sql("create schema if not exists nodes")
    spark.sql("create or replace table nodes.t using iceberg as select 1 as id")
    thread = threading.Thread(target=reader)
    thread.start()
    read.wait(60)
    with node():
        get_session(server_side_parameters).sql("insert into nodes.t select 2")
    changed.set()
    thread.join()
    assert counts == [1, 2]


def test_java_and_python_find_the_session_of_the_node(
    spark: SparkSession, server_side_parameters: dict[str, Any]
) -> None:
    # For example, pyspark.ml loads pipelines with the session that Java finds.
    java = spark._jvm.org.apache.spark.sql.classic.SparkSession
    with node():
        session = get_session(server_side_parameters)
        assert java.active().equals(session._jsparkSession)
        assert SparkSession.getActiveSession() is session
        session.createDataFrame([(1,)], "id int")  # pyspark makes this session the active one
    assert java.active().equals(spark._jsparkSession)
    assert SparkSession.getActiveSession() is spark


def test_the_end_of_a_node_removes_its_caches_but_no_others(
    spark: SparkSession, server_side_parameters: dict[str, Any]
) -> None:
    shared = spark.range(11).persist()
    spark.sql("create schema if not exists nodes")
    spark.sql("create or replace table nodes.cached using iceberg as select 1 as id")
    with node():
        outer = get_session(server_side_parameters)
        kept = outer.range(12).persist()
        with node():
            session = get_session(server_side_parameters)
            assert session is not outer
            mine = session.range(13).cache()
            session.range(11).cache()
            session.catalog.cacheTable("nodes.cached")
            session.sql("cache table nodes_cached as select 1 as id")
        assert mine.storageLevel == StorageLevel.NONE
        assert not spark.catalog.isCached("nodes.cached")
        assert kept.storageLevel != StorageLevel.NONE
        assert SparkSession.getActiveSession() is outer
    assert kept.storageLevel == StorageLevel.NONE
    assert shared.storageLevel != StorageLevel.NONE
    assert SparkSession.builder.getOrCreate() is spark
    shared.unpersist()
    assert spark._jsparkSession.sharedState().cacheManager().isEmpty()
