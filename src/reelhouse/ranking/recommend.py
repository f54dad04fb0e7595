"""Top-N on Spark: movie factors are broadcast for a few folds at a time, seen movies removed."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from reelhouse.arrow import list_array
from reelhouse.ranking.catalogues import (
    Catalogues,
    Scorer,
    by_scorer,
    catalogues_of_factors,
    catalogues_of_weights,
    matrix_of,
)
from reelhouse.ranking.top_n import BLOCK_USERS, drop_seen, random_scores, top_n

# Folds are ranked together up to this many numbers of factors and weights: 256 MB.
BATCH_CELLS = 1 << 26
RANKED_COLUMNS = (
    "algorithm string, scored_by string, protocol string, fold int, user_id bigint, rank int,"
    " movie_id bigint, score double"
)

Fold = tuple[str, int]
"""A protocol and a fold."""


def rank_movies(
    users: DataFrame,
    factors: DataFrame,
    *,
    n: int,
    seed: int,
    recommended: int | None = None,
    candidates: DataFrame | None = None,
    weights: DataFrame | None = None,
) -> DataFrame:
    """Rank the ``n`` best unseen movies for each row of ``users``; order ties by ``tie_order``.

    A few folds are ranked at a time, so that memory never holds the factors and weights of all.

    Args:
        users: ``algorithm, scored_by, protocol, fold, user_id, factors, seen_movie_ids,
            liked_movie_ids``.
        factors: ``algorithm, protocol, fold, side, id, factors``. The movies that a scorer knows
            are its candidates. ``random`` scores the candidates of ``popularity`` by a hash.
        n: length of a list.
        seed: seed of ``random`` and of the order of ties.
        recommended: length of a list under the protocol ``all``, which people read; default: ``n``.
        candidates: ``movie_id`` of the only movies to list under the protocol ``all``.
        weights: ``algorithm, protocol, fold, movie_id, neighbour_ids, weights`` of scorers without
            factors. The score of a movie is the sum of the weights of those neighbours that the
            user likes. A row whose ``neighbour_ids`` are null has a weight for the movie of each
            such row, in ascending order of ids.

    Returns:
        ``algorithm, scored_by, protocol, fold, user_id, rank, movie_id, score``, ranks from 1.
    """
    movies = factors.where("side = 'movie'")
    allowed = None
    if candidates is not None:
        allowed = candidates.select("movie_id").toArrow()["movie_id"].to_numpy()
    ranked = []
    for folds in _batches(_cells_of_folds(movies, weights)):
        catalogues = catalogues_of_factors(_of_folds(movies, folds), allowed, seed)
        if weights is not None:
            catalogues |= catalogues_of_weights(_of_folds(weights, folds), allowed, seed)
        lengths = {fold: n if fold[0] != "all" else recommended or n for fold in folds}
        ranked.append(_ranked(_of_folds(users, folds), catalogues, lengths, seed))
    if not ranked:
        return users.sparkSession.createDataFrame([], RANKED_COLUMNS)
    return functools.reduce(DataFrame.unionAll, ranked)


def _cells_of_folds(movies: DataFrame, weights: DataFrame | None) -> dict[Fold, int]:
    """Return how many numbers the factors and weights of each fold are."""
    sized = movies.select("protocol", "fold", F.size("factors").alias("cells"))
    if weights is not None:
        sized = sized.unionAll(weights.select("protocol", "fold", F.size("weights")))
    summed = sized.groupBy("protocol", "fold").agg(F.sum("cells")).collect()
    return {(protocol, fold): int(cells) for protocol, fold, cells in sorted(summed)}


def _batches(cells: dict[Fold, int]) -> Iterator[list[Fold]]:
    """Yield folds that are in memory together: ``BATCH_CELLS`` numbers, or a single fold."""
    batch: list[Fold] = []
    for fold, count in cells.items():
        if batch and sum(cells[each] for each in batch) + count > BATCH_CELLS:
            yield batch
            batch = []
        batch.append(fold)
    if batch:
        yield batch


def _of_folds(rows: DataFrame, folds: list[Fold]) -> DataFrame:
    return rows.where(
        functools.reduce(
            operator.or_,
            ((F.col("protocol") == protocol) & (F.col("fold") == fold) for protocol, fold in folds),
        )
    )


def _ranked(
    users: DataFrame, catalogues: Catalogues, lengths: dict[Fold, int], seed: int
) -> DataFrame:
    """Return the lists of some folds, computed now and kept on disk."""
    shared = users.sparkSession.sparkContext.broadcast(catalogues)

    def rank_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            table = pa.table(batch)
            for scorer, block in by_scorer(table, "scored_by"):
                for start in range(0, block.num_rows, BLOCK_USERS):
                    piece = block.slice(start, BLOCK_USERS).combine_chunks()
                    yield from _rank(piece, scorer, shared.value, lengths[scorer[1:]], seed)

    # A stable order of the rows makes equal builds equal to the last bit.
    ordered = users.repartition("user_id").sortWithinPartitions(
        "protocol", "fold", "scored_by", "algorithm", "user_id"
    )
    ranked = ordered.mapInArrow(rank_batches, RANKED_COLUMNS).persist(StorageLevel.DISK_ONLY)
    ranked.count()
    # Not destroy(): a partition that is lost with its worker is ranked again.
    shared.unpersist()
    return ranked


def rank_similar_movies(factors: DataFrame, *, algorithm: str, n: int, seed: int) -> DataFrame:
    """Rank the ``n`` movies of the highest cosine to every movie, by the factors of ``algorithm``.

    Reads the fit of the protocol ``all``. A movie is not similar to itself, and a movie that nobody
    liked, whose factors are all 0, is similar to none. Equal cosines are ordered by ``tie_order``.
    Returns ``movie_id, rank, similar_movie_id, similarity``.
    """
    movies = (
        factors.where(
            (F.col("protocol") == "all")
            & (F.col("side") == "movie")
            & (F.col("algorithm") == algorithm)
        )
        .mapInArrow(_of_unit_length, factors.schema)
        .cache()
    )
    queries = movies.select(
        "algorithm",
        F.col("algorithm").alias("scored_by"),
        "protocol",
        "fold",
        F.col("id").alias("user_id"),
        "factors",
        F.array("id").alias("seen_movie_ids"),
        F.array().cast("array<bigint>").alias("liked_movie_ids"),
    )
    return rank_movies(queries, movies, n=n, seed=seed).select(
        F.col("user_id").alias("movie_id"),
        "rank",
        F.col("movie_id").alias("similar_movie_id"),
        F.col("score").alias("similarity"),
    )


def _of_unit_length(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The rows whose factors have a length, with factors of length 1."""
    for batch in batches:
        table = pa.table(batch)
        factors = matrix_of(table["factors"]).astype(np.float64)
        lengths = np.sqrt(np.einsum("ij,ij->i", factors, factors))
        table = table.filter(pa.array(lengths > 0))
        unit = factors[lengths > 0] / lengths[lengths > 0, None]
        place = table.schema.get_field_index("factors")
        yield from table.set_column(place, "factors", list_array(unit)).to_batches()


def _rank(
    block: pa.Table, scorer: Scorer, catalogues: Catalogues, n: int, seed: int
) -> Iterator[pa.RecordBatch]:
    scored_by, protocol, fold = scorer
    is_random = scored_by == "random"
    catalogue = catalogues.get(("popularity" if is_random else scored_by, protocol, fold))
    if catalogue is None:  # there are no candidates
        return
    movie_ids = catalogue.movies.movie_ids
    user_ids = block["user_id"].to_numpy()
    scores = random_scores(user_ids, movie_ids, seed) if is_random else catalogue.scores(block)
    drop_seen(scores, *catalogue.movies.among(block["seen_movie_ids"]))
    chosen, best = top_n(scores, n)
    rows, places = np.nonzero(chosen >= 0)
    ranked = {
        "algorithm": block["algorithm"].take(pa.array(rows)),
        "scored_by": pa.repeat(scored_by, len(rows)),
        "protocol": block["protocol"].take(pa.array(rows)),
        "fold": block["fold"].take(pa.array(rows)),
        "user_id": user_ids[rows],
        "rank": (places + 1).astype(np.int32),
        "movie_id": movie_ids[chosen[rows, places]],
        "score": best[rows, places].astype(np.float64),
    }
    yield from pa.table(ranked).to_batches()
