"""Readers that loop in processes of their own: DuckDB, PyIceberg and Spark.

A reader counts a read as mixed if the tables of one read are of several builds, or if rows are
missing. DuckDB reads all tables of the published catalog in one query. PyIceberg and Spark open one
table after the other, so they read a release under its own name, as docs/releases.md recommends.
PyIceberg also reads the published catalog table by table; these reads may see two releases, and are
counted apart.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from tests.faults.lakes import NAMESPACE, PUBLISHED, ROWS, TABLES, FaultLake

_PAUSE = 0.2
"""Seconds between two reads, so that the readers leave time to the publisher."""
_NEWEST = "select max(release_number) from releases"
Values = list[tuple[int, int]]
"""The number of the build and the number of rows of each table."""


def read_duckdb(lake: FaultLake) -> Iterator[tuple[str, Values]]:
    """Read the published catalog in one query, as `reelhouse sql` does."""
    import duckdb

    from reelhouse.lake.extensions import extension_file
    from reelhouse.lake.session import LakeSession

    query = " union all ".join(f"select min(x), count(*) from {name}" for name in TABLES)
    if lake.is_sqlite:
        with LakeSession(Path(lake.folder)) as session:
            while True:
                yield "duckdb", session.execute(query).fetchall()
    with closing(duckdb.connect(config={"allow_unsigned_extensions": True})) as connection:
        for extension in ("avro", "iceberg"):
            connection.execute(f"load '{extension_file(extension)}'")
        while True:
            rows = lake.query(
                "select table_name, metadata_location from iceberg_tables"
                f" where catalog_name = '{PUBLISHED}'"
            )
            for name, location in rows:
                scan = f"select * from iceberg_scan('{location}')"
                connection.execute(f"create or replace view {name} as {scan}")
            yield "duckdb", connection.execute(query).fetchall()


def read_pyiceberg(lake: FaultLake) -> Iterator[tuple[str, Values]]:
    """Read the newest release under its own name, then the published catalog table by table."""
    from pyiceberg.catalog.sql import SqlCatalog

    while True:
        ((newest,),) = lake.query(_NEWEST)
        for kind, name in (("pyiceberg", f"r{newest}"), ("table_by_table", PUBLISHED)):
            values = []
            with SqlCatalog(name, uri=lake.uri, warehouse=f"{lake.folder}/warehouse") as catalog:
                for table in TABLES:
                    found = catalog.load_table(f"{NAMESPACE}.{table}").scan().to_arrow()
                    # More than one number in a table would be one more value.
                    values += [(x, found.num_rows) for x in set(found["x"].to_pylist())]
            yield kind, values


def read_spark(lake: FaultLake) -> Iterator[tuple[str, Values]]:
    """Read the newest release under its own name."""
    from dbt_spark_session.session import get_session
    from processes import QUICK

    parameters = {
        **QUICK,
        "spark.driver.memory": "1g",
        "spark.master": "local[1]",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
    }
    spark = get_session(parameters)
    known: set[str] = set()
    while True:
        ((newest,),) = lake.query(_NEWEST)
        name = f"r{newest}"
        if name not in known:
            known.add(name)
            prefix = f"spark.sql.catalog.{name}"
            spark.conf.set(prefix, "org.apache.iceberg.spark.SparkCatalog")
            spark.conf.set(f"{prefix}.type", "jdbc")
            for key, value in lake.settings.items():
                spark.conf.set(f"{prefix}.{key}", value)
        values = [
            tuple(spark.sql(f"select min(x), count(*) from {name}.{NAMESPACE}.{table}").first())
            for table in TABLES
        ]
        yield "spark", values


READERS: dict[str, Callable[[FaultLake], Iterator[tuple[str, Values]]]] = {
    "duckdb": read_duckdb,
    "pyiceberg": read_pyiceberg,
    "spark": read_spark,
}


def count_reads(name: str, spec: dict[str, Any], report: str) -> None:
    """Read until the file ``report`` says stop; then write the counts to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the killer, which stops the readers
    counts: Counter[str] = Counter()
    problems: list[str] = []
    reads = READERS[name](FaultLake(**spec))
    while not Path(f"{report}.stop").exists():
        try:
            kind, values = next(reads)
        except Exception as error:
            counts["unreadable"] += 1
            problems.append(f"{name}: {type(error).__name__}: {error}")
            reads = READERS[name](FaultLake(**spec))
        else:
            counts[f"{kind}_reads"] += 1
            if len({x for x, _ in values}) != 1 or [n for _, n in values] != [ROWS] * len(TABLES):
                counts[f"{kind}_mixed"] += 1
        time.sleep(_PAUSE)
    Path(report).write_text(json.dumps({"counts": counts, "problems": problems[:9]}))
    os._exit(0)  # Spark would wait for its threads


class Reads:
    """Counts of all readers of a lake."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.problems: list[str] = []


@contextmanager
def reading(lake: FaultLake, folder: Path, reads: Reads) -> Iterator[None]:
    """Let the readers loop until the end of the block; ``reads`` has the counts afterwards."""
    context = multiprocessing.get_context("spawn")
    reports = {name: folder / f"{name}.json" for name in READERS}
    readers = [
        context.Process(target=count_reads, args=(name, lake.spec, str(report)))
        for name, report in reports.items()
    ]
    for reader in readers:
        reader.start()
    try:
        yield
    finally:
        for report in reports.values():
            Path(f"{report}.stop").touch()
        for reader in readers:
            reader.join(120)
            reader.kill()
        for report in reports.values():
            found = json.loads(report.read_text())
            reads.counts.update(found["counts"])
            reads.problems += found["problems"]
