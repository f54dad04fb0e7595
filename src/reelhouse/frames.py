"""Frames of Spark that are cheap to build on."""

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame


def with_short_plan(rows: DataFrame) -> DataFrame:
    """Return a frame of the same rows whose plan is a single node.

    Spark analyses the whole plan of a frame again in each method that returns another frame. For a
    view with many joins, ten such methods take longer than to compute the rows of a small data set.
    Later filters are not pushed down into the plan of ``rows``, so filter first.

    Shuffles in the plan may run at once. The rows are not stored: Spark computes them, or a lost
    partition of them, when they are needed.
    """
    session: Any = rows.sparkSession  # the type of pyspark has no Java objects
    java_rows = rows._jdf.queryExecution().toRdd()
    frame = session._jsparkSession.internalCreateDataFrame(java_rows, rows._jdf.schema(), False)
    return DataFrame(frame, session)
