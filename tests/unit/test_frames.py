"""Frames with short plans, on Spark."""

from pyspark import StorageLevel
from pyspark.sql import SparkSession

from reelhouse.frames import with_short_plan


def test_the_rows_stay_and_the_plan_is_one_node(spark: SparkSession) -> None:
    numbers = spark.range(100).selectExpr("id % 7 as rest", "array(id, null) as pair")
    long = numbers.join(numbers.groupBy("rest").count(), "rest").where("rest > 2")

    short = with_short_plan(long)

    assert short.schema == long.schema
    assert sorted(short.collect()) == sorted(long.collect())
    plan = short._jdf.queryExecution().analyzed()
    assert plan.children().isEmpty()


def test_stored_rows_are_copies(spark: SparkSession) -> None:
    """Spark uses the memory of a row again for the next row."""
    stored = with_short_plan(spark.range(1000).where("id % 2 = 0"))

    for level in (StorageLevel.MEMORY_ONLY, StorageLevel.DISK_ONLY):
        stored.persist(level)
        assert [row.id for row in stored.collect()] == list(range(0, 1000, 2))
        stored.unpersist()
