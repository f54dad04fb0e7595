"""Let Java load and compile what commands need, while a person types the first one."""

import importlib
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
from pyspark.sql import SparkSession

LIBRARIES = ("numba", "pandas", "scipy.sparse")
"""Libraries of Python models, which take a second to import."""
CATALOG = "spark.sql.catalog.warm_up"
STATEMENTS = (
    """
    create table warm_up.a using iceberg as
    select
        id, id % 7 as kind, cast(id as string) as name, array(id, id + 1) as ids,
        timestamp_seconds(id) as created_at, if(id % 2 = 0, id / 3, null) as value
    from range(2000)
    """,
    """
    create or replace table warm_up.b using iceberg as
    with
    counted as (
        select kind, count(*) as row_count, avg(value) as mean, collect_list(name) as names
        from warm_up.a
        group by kind
    ),
    numbered as (
        select *, row_number() over (partition by kind order by id desc) as place
        from warm_up.a
    )
    select numbered.*, counted.row_count, counted.mean, try_cast(numbered.name as int) as number
    from numbered
    inner join counted on numbered.kind = counted.kind
    where numbered.place <= 50 and not array_contains(counted.names, '-1')
    union all
    select *, 1, 0, 0, null
    from (select id, kind, name, ids, created_at, value from warm_up.a where name like '%11%')
    order by id
    """,
    "alter table warm_up.b alter column id comment 'the id'",
)


def warm_up(folder: Path) -> None:
    """Write and read tables in a session and a catalog that no command sees.

    Args:
        folder: where to put the tables; they are removed at the end.
    """
    place = folder / "warm_up"
    with suppress(Exception):  # commands do not depend on this, and report errors of Spark
        session = SparkSession.builder.getOrCreate().newSession()
        for key, value in (
            (CATALOG, "org.apache.iceberg.spark.SparkCatalog"),
            (f"{CATALOG}.type", "hadoop"),
            (f"{CATALOG}.warehouse", str(place)),
        ):
            session.conf.set(key, value)
        for statement in STATEMENTS:
            session.sql(statement).collect()
        session.table("warm_up.b").mapInArrow(_unchanged, "id bigint").collect()
        for library in LIBRARIES:
            importlib.import_module(library)
    shutil.rmtree(place, ignore_errors=True)


def _unchanged(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Return the column id of batches, in a Python worker of Spark."""
    for batch in batches:
        yield batch.select(["id"])
