"""A lake of generated ratings with the tables that the API reads, written without Spark."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog

from benchmarks.generate import Shape, block_count, generate_block
from dbt_spark_session.database import Database
from dbt_spark_session.release_tables import (
    Release,
    copy_rows,
    create_release_tables,
    insert_release,
    next_number,
    releases_of,
)
from reelhouse.als import Fit, LocalRatings, fit_packed
from reelhouse.als.settings import Floats, Ints, Settings
from reelhouse.arrow import list_array
from reelhouse.lake.catalog import BUILD, NAMESPACE, PUBLISHED, warehouse_folder
from reelhouse.lake.databases import catalog_file
from reelhouse.ranking.all_users import rank_all

PLAN: dict[str, Any] = {
    "family": "als",
    "feedback": "graded",
    "factors": 64,
    "reg": 0.28,
    "reg_exponent": 0.5,
}
PLAN |= {"unobserved_weight": 0.5, "iterations": 2}
"""The row of als_graded in seeds/algorithms.csv, with fewer iterations."""
FOLD = {"protocol": "all", "fold": 0}
LISTED, SEED = 10, 42
RELEVANT, LOWEST, HIGHEST, STEP = 4.0, 0.5, 5.0, 0.5


def write_lake(lake: Path, shape: Shape) -> None:
    """Generate ratings, fit als_graded to them, and write the tables of the first release."""
    lake.mkdir(parents=True)
    blocks = range(block_count(shape))
    ratings = pa.Table.from_batches(generate_block(shape, SEED, block) for block in blocks)
    fitted = _fit(ratings)
    movie_ids = fitted.ids["movie"]
    counts = np.bincount(np.searchsorted(movie_ids, ratings["movie_id"].to_numpy()))
    tables = {
        **tables_of_fit(fitted, ratings),
        "int_fit_plan": _table([{**FOLD, **PLAN, "algorithm": "als_graded"} | _NO_VALUES]),
        "int_driver_fits": _table([{**FOLD, "algorithm": "ease", "side": "movie"}]),
        "algorithms": _table([{"algorithm": "damped_bias", "reg": 4.0}]),
        "int_rating_scale": _table(
            [
                {"rating_min": LOWEST, "rating_max": HIGHEST, "rating_step": STEP}
                | {"relevant_rating": RELEVANT, "has_ratings": True}
            ]
        ),
        "interactions": ratings.select(["user_id", "movie_id", "rating"]).append_column(
            "strength", pa.nulls(ratings.num_rows, pa.float64())
        ),
        "rating_biases": _table(
            [
                {**FOLD, "side": "movie", "id": i, "rating_count": n, "bias": 0.1}
                | {"global_mean": 3.5}
                for i, n in zip(movie_ids.tolist(), counts.tolist(), strict=True)
            ]
        ),
        "movies": _table(
            [
                {"movie_id": i, "source_id": str(i), "title": title(i), "genres": "Drama|Comedy"}
                | {"release_year": 1950 + i % 70, "imdb_id": f"tt{i:07}", "tmdb_id": i}
                for i in movie_ids.tolist()
            ]
        ),
    }
    with _build_catalog(lake) as catalog:
        catalog.create_namespace(NAMESPACE)
        for name, rows in tables.items():
            catalog.create_table(f"{NAMESPACE}.{name}", rows.schema).append(rows)
    publish(lake)


def change_lists(lake: Path) -> None:
    """Reverse the lists of `recommendations` in the build, which is not published by this."""
    with _build_catalog(lake) as catalog:
        table = catalog.load_table(f"{NAMESPACE}.recommendations")
        rows = table.scan().to_arrow()
        ranks = pa.array(LISTED + 1 - rows["rank"].to_numpy())
        table.overwrite(rows.set_column(rows.column_names.index("rank"), "rank", ranks))


def publish(lake: Path) -> None:
    """Publish the tables of the build by the SQL of dbt_spark_session, in one transaction."""
    with closing(sqlite3.connect(catalog_file(lake), isolation_level=None)) as connection:
        database = _SqliteDatabase(connection, is_sqlite=True)
        create_release_tables(database)
        earlier = releases_of(database, PUBLISHED)
        release = Release(
            next_number(database),
            "2026-11-28T05:00:00Z",
            str(uuid.uuid4()),
            earlier[0].number if earlier else None,
            None,
        )
        with database.transaction():
            database.execute("insert into releases_in_progress values (?)", release.number)
            for target in (PUBLISHED, release.catalog):
                copy_rows(database, BUILD, target)
            insert_release(database, release, PUBLISHED)
            database.execute("delete from releases_in_progress")


class _SqliteDatabase(Database):
    """The database of a catalog through Python's own SQLite, without Java."""

    def execute(self, sql: str, *values: str | int | None) -> int:
        return int(self._connection.execute(sql, values).rowcount)

    def query(self, sql: str, *values: str | int | None) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self._connection.execute(sql, values).fetchall()
        return rows

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._connection.execute("begin immediate")
        with self._connection:
            yield


_NO_VALUES: dict[str, Any] = {
    **{"is_ranking_algorithm": True, "skipped_because": None, "blend_weights": None},
    **{"alpha": None, "strength_scale": None},
}


def title(movie_id: int) -> str:
    """Return a made-up title."""
    return f"Night of the {movie_id}th Hour, The ({1950 + movie_id % 70})"


def _fit(ratings: pa.Table) -> Fit:
    values = ratings["rating"].to_numpy()
    graded = np.minimum((values - LOWEST) / (RELEVANT - LOWEST), 1.0)
    users, movies = ratings["user_id"].to_numpy(), ratings["movie_id"].to_numpy()
    settings = Settings(**{name: value for name, value in PLAN.items() if name != "family"})
    return fit_packed(LocalRatings(users, movies, graded, threads=2), settings, seed=SEED)


def tables_of_fit(fitted: Fit, ratings: pa.Table) -> dict[str, pa.Table]:
    """Return the factors, the lists of all users, and the similar movies."""
    users, movies = fitted.ids["user"], fitted.ids["movie"]
    rows = np.searchsorted(users, ratings["user_id"].to_numpy())
    order = np.argsort(rows, kind="stable")
    seen = np.searchsorted(movies, ratings["movie_id"].to_numpy())[order].astype(np.int32)
    starts = np.searchsorted(rows[order], np.arange(len(users) + 1))
    factors = fitted.factors["movie"]
    columns, scores = rank_all(fitted.factors["user"], factors, starts, seen, LISTED, 2)
    unit = factors / np.maximum(np.linalg.norm(factors, axis=1, keepdims=True), 1e-9)
    itself = np.arange(len(movies), dtype=np.int32)
    near, cosines = rank_all(unit, unit, np.arange(len(movies) + 1), itself, LISTED, 2)
    listed = movies[columns.ravel()]
    return {
        "als_factors": pa.table(
            {
                "algorithm": ["als_graded"] * len(movies),
                "protocol": ["all"] * len(movies),
                "fold": np.zeros(len(movies), np.int32),
                "side": ["movie"] * len(movies),
                "id": movies,
                "factors": list_array(factors),
            }
        ),
        "recommendations": pa.table(
            {
                **_ranked("user_id", users, "movie_id", listed, "score", scores),
                "title": [title(i) for i in listed.tolist()],
                "genres": ["Drama|Comedy"] * len(listed),
                "strategy": ["personal"] * len(listed),
                "algorithm": ["als_graded"] * len(listed),
                "reason": [f"because you rated {title(i)} 5" for i in listed.tolist()],
                "predicted_rating": np.full(len(listed), 4.25),
            }
        ),
        "similar_movies": pa.table(
            _ranked(
                *("movie_id", movies, "similar_movie_id", movies[near.ravel()]),
                *("similarity", cosines),
            )
        ),
    }


def _ranked(
    key: str, keys: Ints, listed_name: str, listed: Ints, score: str, scores: Floats
) -> dict[str, Any]:
    return {
        key: np.repeat(keys, LISTED),
        "rank": np.tile(np.arange(1, LISTED + 1), len(keys)),
        listed_name: listed,
        score: scores.ravel().astype(float),
    }


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    """Return rows as a table; columns without a value are texts or numbers of the snapshot."""
    table = pa.Table.from_pylist(rows)
    for index, field in enumerate(table.schema):
        if pa.types.is_null(field.type):
            table = table.set_column(index, field.name, pa.nulls(table.num_rows, pa.float64()))
    return table


@contextmanager
def _build_catalog(lake: Path) -> Iterator[SqlCatalog]:
    uri = f"sqlite:///{catalog_file(lake)}"
    with closing(SqlCatalog(BUILD, uri=uri, warehouse=f"{warehouse_folder(lake)}")) as catalog:
        yield catalog
