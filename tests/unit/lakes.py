import sqlite3
import sys
from collections.abc import Mapping
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg2
import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog

from reelhouse.lake.cluster import ClusterLake
from servers import LOOPBACK

REELHOUSE = Path(sys.executable).parent / "reelhouse"


def _double(values: list[float | None]) -> pa.Array:
    return pa.array(values, pa.float64())


TABLES = {
    "interactions": pa.table(
        {
            "user_id": pa.array(range(2500), pa.int32()),
            "is_relevant": [False, True] * 1250,
            "event_count": pa.array([1] * 2500, pa.int64()),
        }
    ),
    "rejected_ratings": pa.table(
        {
            name: pa.array([], pa.string())
            for name in (
                *("rule", "raw_user_id", "raw_movie_id", "raw_rating", "raw_strength"),
                *("raw_rated_at", "raw_split", "malformed_line"),
            )
        }
    ),
    "raw_files": pa.table(
        {
            "role": ["ratings", "movies"],
            "data": ["ml-100k", "ml-100k"],
            "mapping": ["", ""],
            "format": ["csv", "csv"],
            "path": ["/data/ratings.csv", "/data/movies.csv"],
            "has_times": [False, False],
            "rating_min": _double([None, None]),
            "rating_max": _double([None, None]),
        }
    ),
    "rejected_movies": pa.table({"rule": ["duplicate_movie"]}),
    "rejected_users": pa.table({"rule": pa.array([], pa.string())}),
    "movies": pa.table(
        {
            "source_id": ["1", "2", "3"],
            "rating_count": [2000, 0, 500],
            "is_described": [True, True, False],
        }
    ),
    "int_rating_scale": pa.table(
        {
            "rating_min": [1.0],
            "rating_max": [5.0],
            "relevant_rating": [4.0],
            "is_relevance_inferred": [False],
            "has_ratings": [True],
            "has_strengths": [False],
            "has_splits": [False],
            "fold_count": pa.array([0], pa.int32()),
        }
    ),
    "stg_value_formats": pa.table(
        {
            "ticks_per_second": pa.array([1], pa.int32()),
            "date_order": pa.array([None], pa.string()),
        }
    ),
    "recommendations": pa.table(
        {
            "user_id": pa.array([42, 42, 7], pa.int32()),
            "rank": pa.array([1, 2, 1], pa.int32()),
            "title": ["Amélie", '東京物語 "Tokyo Story", 1953', None],
            "score": _double([0.5, 1 / 3, float("nan")]),
        }
    ),
    "users": pa.table({"user_id": pa.array([7, 42], pa.int64()), "source_id": ["7", "42"]}),
    "model_comparison": pa.table(
        {
            "protocol": ["random"] * 6 + ["global_time"],
            "algorithm": [
                *("popularity", "global_mean", "damped_bias", "als_residual", "als_graded"),
                *("als_explicit", "damped_bias"),
            ],
            "rmse": _double([None, 1.1257, 0.9423, 0.9134, None, 0.9001, 0.5]),
            "rmse_verdict": pa.array(
                [None, *["worse than als_explicit"] * 3, None, "best", "best"], pa.string()
            ),
            "ndcg_at_10": _double([0.1812, None, None, 0.06, 0.2812, None, None]),
            "ndcg_at_10_verdict": pa.array(
                [*["worse than als_graded"] * 4, "best", None, None], pa.string()
            ),
            "rmse_better_baseline": pa.array([None] * 7, pa.string()),
            "ndcg_at_10_better_baseline": pa.array(
                [None, None, None, "popularity", None, None, None], pa.string()
            ),
        }
    ),
    "served_algorithms": pa.table(
        {
            "use": ["ranking", "rating", "similarity"],
            "algorithm": ["als_graded", "als_residual", "als_graded"],
            "reason": [
                "it is the best of 5 algorithms on the validation rows",
                "the var rating_algorithm names it",
                "it is the default, and no trial was made",
            ],
        }
    ),
    "odd_values": pa.table(
        {
            "nothing": pa.array([None], pa.string()),
            "infinite": pa.array([float("inf")], pa.float32()),
            "day": pa.array(["2020-02-29"]).cast(pa.date32()),
            "at": pa.array(["2020-02-29T12:00:00.500Z"]).cast(pa.timestamp("us", "UTC")),
            "exact": pa.array([Decimal("12345.6789")], pa.decimal128(18, 4)),
            "genres": pa.array([["Drama", None]], pa.list_(pa.string())),
            "is_odd": [True],
            "large_id": pa.array([9007199254740993], pa.int64()),
            "escape": ["\x1b[31mred\nline"],
        }
    ),
}


RELEASES = """
create table if not exists releases (
    release_number bigint, published_catalog text, published_at text, invocation_id text,
    previous_release bigint, copy_of bigint, started_at text, code_version text
)"""


def build_lake(lake: Path, tables: Mapping[str, pa.Table] = TABLES) -> Path:
    """Write the tables as Spark does, with an Iceberg JDBC catalog in SQLite."""
    lake.mkdir(parents=True)
    uri = f"sqlite:///{quote(str(lake / 'catalog.db'))}"
    catalog = SqlCatalog("lake", uri=uri, warehouse=f"{lake}/warehouse")
    catalog.create_namespace("reelhouse")
    for name, rows in tables.items():
        table = catalog.create_table(f"reelhouse.{name}", rows.schema)
        if rows.num_rows:
            table.append(rows)
    catalog.close()
    return lake


def on_cluster(lake: Path, port: int, password: str, database: str = "lake") -> ClusterLake:
    """Copy the catalog of a lake to a new database of PostgreSQL; the tables stay."""
    server = f"postgresql://lake:{password}@{LOOPBACK}:{port}"
    with closing(psycopg2.connect(f"{server}/postgres")) as connection:
        connection.autocommit = True
        connection.cursor().execute(f"create database {database}")
    SqlCatalog("lake", uri=f"postgresql+psycopg2{server[10:]}/{database}").close()
    with (
        closing(sqlite3.connect(lake / "catalog.db")) as source,
        closing(psycopg2.connect(f"{server}/{database}")) as target,
        target,
    ):
        cursor = target.cursor()
        cursor.execute(RELEASES)
        for table in ("iceberg_tables", "iceberg_namespace_properties", "releases"):
            rows = source.execute(f"select * from {table}").fetchall()
            places = ", ".join(["%s"] * len(rows[0]))
            cursor.executemany(f"insert into {table} values ({places})", rows)
    uri = f"jdbc:postgresql://{LOOPBACK}:{port}/{database}"
    return ClusterLake(uri, f"{lake}/warehouse", "lake", password)


def add_release(lake: Path, number: int) -> None:
    """Publish the tables of the build, or make a release of a lake that has none, as dbt does."""
    with closing(sqlite3.connect(lake / "catalog.db")) as database, database:
        publish(database.cursor(), number)


def publish(database: Any, number: int) -> None:
    """Publish by a cursor of either database."""
    columns = (
        "table_namespace, table_name, metadata_location, previous_metadata_location, iceberg_type"
    )
    database.execute(RELEASES)
    source = "build" if number > 1 else "lake"
    for target in {"build", "lake", f"r{number}"} - {source}:
        database.execute(f"delete from iceberg_tables where catalog_name = '{target}'")
        database.execute(
            f"insert into iceberg_tables (catalog_name, {columns})"
            f" select '{target}', {columns} from iceberg_tables where catalog_name = '{source}'"
        )
    database.execute(
        f"insert into releases values ({number}, 'lake', '2026-11-28T05:00:00Z', 'id',"
        f" {number - 1 or 'null'}, null, null, null)"
    )


def replace_table(lake: Path, name: str, rows: pa.Table) -> None:
    """Replace a table in the catalog that dbt writes to."""
    uri = f"sqlite:///{lake / 'catalog.db'}"
    with SqlCatalog("build", uri=uri, warehouse=f"{lake}/warehouse") as catalog:
        catalog.drop_table(f"reelhouse.{name}")
        catalog.create_table(f"reelhouse.{name}", rows.schema).append(rows)
