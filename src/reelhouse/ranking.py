"""Top-N on Spark: one pass over the users, movie factors broadcast, seen movies removed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from reelhouse.als.settings import Floats, Ints
from reelhouse.topn import BLOCK_USERS, drop_seen, random_scores, top_n

SCORER = ["scored_by", "protocol", "fold"]
RANKED_COLUMNS = (
    "algorithm string, scored_by string, protocol string, fold int, user_id bigint, rank int,"
    " movie_id bigint, score double"
)


class Catalogue(NamedTuple):
    """Movies of one scorer: ids (movies,) ascending, and factors (movies, factors)."""

    movie_ids: Ints
    factors: Floats


def rank_movies(
    users: DataFrame,
    factors: DataFrame,
    *,
    n: int,
    seed: int,
    recommended: int | None = None,
    candidates: DataFrame | None = None,
) -> DataFrame:
    """The ``n`` best unseen movies of every row of ``users``; equal scores by lower movie id.

    ``users``: ``algorithm, scored_by, protocol, fold, user_id, factors, seen_movie_ids``.
    ``factors``: ``algorithm, protocol, fold, side, id, factors``; the movies that a scorer knows
    are its candidates. ``random`` scores without factors, over the candidates of ``popularity``.
    Under the protocol ``all``, which people read, lists have ``recommended`` movies (default:
    ``n``) of the only ones to list, ``candidates`` (``movie_id``; default: all).
    Returns ``algorithm, scored_by, protocol, fold, user_id, rank, movie_id, score``, ranks from 1.
    """
    if candidates is not None:
        allowed = candidates.select(F.col("movie_id").alias("id"), F.lit("all").alias("protocol"))
        rest = factors.where("protocol <> 'all'")
        factors = rest.unionByName(factors.join(allowed, ["id", "protocol"], "left_semi"))
    catalogues = users.sparkSession.sparkContext.broadcast(_catalogues(factors))

    def rank_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            table = pa.table(batch)
            for scorer in table.group_by(SCORER).aggregate([]).to_pylist():
                block = table.filter(_equals(scorer))
                length = (recommended or n) if scorer["protocol"] == "all" else n
                for start in range(0, block.num_rows, BLOCK_USERS):
                    piece = block.slice(start, BLOCK_USERS).combine_chunks()
                    yield from _rank(piece, scorer, catalogues.value, length, seed)

    # A stable order of the rows makes equal builds equal to the last bit.
    ordered = users.repartition("user_id").sortWithinPartitions(*SCORER, "algorithm", "user_id")
    return ordered.mapInArrow(rank_batches, RANKED_COLUMNS)


def rank_similar_movies(factors: DataFrame, *, algorithm: str, n: int) -> DataFrame:
    """The ``n`` movies of the highest cosine to every movie, by the factors of ``algorithm``.

    Reads the fit of the protocol ``all``. A movie is not similar to itself, and one that nobody
    liked, with factors of length 0, is similar to none.
    Returns ``movie_id, rank, similar_movie_id, similarity``.
    """
    movies = factors.where(
        (F.col("protocol") == "all")
        & (F.col("side") == "movie")
        & (F.col("algorithm") == algorithm)
        & (_length("factors") > 0)
    ).select(
        "algorithm", "protocol", "fold", "side", "id", _unit_length("factors").alias("factors")
    )
    queries = movies.select(
        "algorithm",
        F.col("algorithm").alias("scored_by"),
        "protocol",
        "fold",
        F.col("id").alias("user_id"),
        "factors",
        F.array("id").alias("seen_movie_ids"),
    )
    return rank_movies(queries, movies, n=n, seed=0).select(
        F.col("user_id").alias("movie_id"),
        "rank",
        F.col("movie_id").alias("similar_movie_id"),
        F.col("score").alias("similarity"),
    )


def _length(column: str) -> Column:
    return F.sqrt(F.aggregate(column, F.lit(0.0), lambda total, x: total + x * x))


def _unit_length(column: str) -> Column:
    return F.transform(column, lambda x: x / _length(column))


def _catalogues(factors: DataFrame) -> dict[tuple[str, str, int], Catalogue]:
    table = factors.where(F.col("side") == "movie").drop("side").orderBy("id").toArrow()
    catalogues = {}
    for key in table.group_by(["algorithm", "protocol", "fold"]).aggregate([]).to_pylist():
        rows = table.filter(_equals(key)).combine_chunks()
        scorer = (key["algorithm"], key["protocol"], key["fold"])
        catalogues[scorer] = Catalogue(rows["id"].to_numpy(), _matrix(rows["factors"]))
    return catalogues


def _rank(
    block: pa.Table,
    scorer: dict[str, Any],
    catalogues: dict[tuple[str, str, int], Catalogue],
    n: int,
    seed: int,
) -> Iterator[pa.RecordBatch]:
    scored_by, protocol, fold = (scorer[name] for name in SCORER)
    is_random = scored_by == "random"
    catalogue = catalogues.get(("popularity" if is_random else scored_by, protocol, fold))
    if catalogue is None:  # there are no candidates
        return
    movie_ids, factors = catalogue
    user_ids = block["user_id"].to_numpy()
    if is_random:
        scores = random_scores(user_ids, movie_ids, seed)
    else:
        scores = _matrix(block["factors"]) @ factors.T
    drop_seen(scores, *_positions(block["seen_movie_ids"], movie_ids))
    chosen, best = top_n(scores, n)
    rows, places = np.nonzero(chosen >= 0)
    ranked = {
        "algorithm": block["algorithm"].take(pa.array(rows)),
        "scored_by": pa.repeat(scored_by, len(rows)),
        "protocol": pa.repeat(protocol, len(rows)),
        "fold": pa.repeat(pa.scalar(fold, pa.int32()), len(rows)),
        "user_id": user_ids[rows],
        "rank": (places + 1).astype(np.int32),
        "movie_id": movie_ids[chosen[rows, places]],
        "score": best[rows, places].astype(np.float64),
    }
    yield from pa.table(ranked).to_batches()


def _positions(lists: pa.ChunkedArray, movie_ids: Ints) -> tuple[Ints, Ints]:
    """Column numbers of the listed movies, row by row, and where the rows start.

    A movie outside the catalogue has no number.
    """
    lists = lists.combine_chunks()
    rows = pc.list_parent_indices(lists).to_numpy()
    seen = pc.list_flatten(lists).to_numpy()
    columns = np.searchsorted(movie_ids, seen)
    known = movie_ids[np.minimum(columns, len(movie_ids) - 1)] == seen
    return np.searchsorted(rows[known], np.arange(len(lists) + 1)), columns[known]


def _matrix(lists: pa.ChunkedArray) -> Floats:
    flat = pc.list_flatten(lists.combine_chunks()).to_numpy().astype(np.float32)
    matrix: Floats = flat.reshape(len(lists), -1)
    return matrix


def _equals(values: dict[str, Any]) -> pc.Expression:
    matches = [pc.field(name) == value for name, value in values.items()]
    return matches[0] & matches[1] & matches[2]
