"""Top-N lists on Spark: broadcast the movies of a few folds, and rank blocks of users."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
from pyspark import StorageLevel
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from reelhouse.als.settings import Ints
from reelhouse.arrow import list_array
from reelhouse.frames import with_short_plan
from reelhouse.ranking.catalogues import (
    Catalogues,
    Scorer,
    catalogues_of_blends,
    catalogues_of_factors,
    catalogues_of_weights,
    split_by_scorer,
)
from reelhouse.ranking.folds import Fold, batches_of_folds, rows_of_folds
from reelhouse.ranking.movie_columns import matrix_from_lists
from reelhouse.ranking.top_n import BLOCK_USERS, drop_seen, random_scores, top_n

RANKED_COLUMNS = (
    "algorithm string, scored_by string, protocol string, fold int, user_id bigint, rank int,"
    " movie_id bigint, score double"
)


def rank_movies(
    users: DataFrame,
    factors: DataFrame,
    *,
    n: int,
    seed: int,
    recommendation_count: int | None = None,
    candidates: DataFrame | None = None,
    weights: DataFrame | None = None,
    blends: DataFrame | None = None,
) -> DataFrame:
    """Rank the ``n`` best unseen movies for each row of ``users``.

    Equal scores are ordered by ``tie_order``. A few folds are ranked at a time, so that the factors
    and weights of all folds are never in memory together.

    Parameters
    ----------
    users
        ``algorithm, scored_by, protocol, fold, user_id, factors, seen_movie_ids,
        liked_movie_ids``. ``scored_by`` is the algorithm whose movies are ranked.
    factors
        ``algorithm, protocol, fold, side, id, factors``. The candidates of an algorithm are the
        movies that it has factors of. The candidates of ``random``, which scores by a hash, and of
        the algorithms in ``weights`` are those of ``popularity``.
    n
        Length of a list.
    seed
        Seed of ``random`` and of the order of ties.
    recommendation_count
        Length of a list under the protocol ``all``, from which the recommendations come. The
        default is ``n``.
    candidates
        ``movie_id`` of the only movies to list under the protocol ``all``.
    weights
        ``algorithm, protocol, fold, id, neighbour_ids, weights`` of algorithms without factors. The
        score of a movie is the sum of the weights of those neighbours that the user likes; a movie
        without a row has the score 0. If the ``neighbour_ids`` of an algorithm are null, each of
        its rows has a weight for the movie of every row, in ascending order of ids.
    blends
        ``algorithm, protocol, fold, blend_weights`` of algorithms that add the standardised scores
        of others: JSON of their names and weights. The ``factors`` of a user are the vectors of the
        others, in the order of their names.

    Returns
    -------
    DataFrame
        ``algorithm, scored_by, protocol, fold, user_id, rank, movie_id, score``, ranks from 1.

    Examples
    --------
    User 7 has seen movie 10, the best of three movies for this user:

    >>> from reelhouse.ranking.recommend import rank_movies
    >>> users = spark.createDataFrame(
    ...     [("als", "als", "all", 0, 7, [1.0, 0.0], [10], [10])],
    ...     "algorithm string, scored_by string, protocol string, fold int, user_id bigint,"
    ...     " factors array<float>, seen_movie_ids array<bigint>, liked_movie_ids array<bigint>",
    ... )
    >>> factors = spark.createDataFrame(
    ...     [
    ...         ("als", "all", 0, "movie", 10, [3.0, 0.0]),
    ...         ("als", "all", 0, "movie", 20, [2.0, 1.0]),
    ...         ("als", "all", 0, "movie", 30, [0.0, 2.0]),
    ...     ],
    ...     "algorithm string, protocol string, fold int, side string, id bigint,"
    ...     " factors array<float>",
    ... )
    >>> ranked = rank_movies(users, factors, n=2, seed=42).orderBy("rank")
    >>> [(row["rank"], row["movie_id"], row["score"]) for row in ranked.collect()]
    [(1, 20, 2.0), (2, 30, 0.0)]
    """
    allowed = None
    if candidates is not None:
        allowed = candidates.select("movie_id").toArrow()["movie_id"].to_numpy()
    with _on_disk(factors.where("side = 'movie'")) as movies:
        recommended = recommendation_count or n
        blended = collect_blends(blends) if blends is not None else []
        return _rank_lists(
            users, movies, n, recommended, seed, weights=weights, blends=blended, allowed=allowed
        )


def collect_blends(blends: DataFrame) -> list[Row]:
    """Collect ``algorithm, protocol, fold, weights`` of blends, as ``catalogues_of_blends``."""
    parsed = F.from_json("blend_weights", "map<string, double>").alias("weights")
    rows: list[Row] = blends.select("algorithm", "protocol", "fold", parsed).collect()
    return rows


def collect_catalogues(
    movies: DataFrame,
    weights: DataFrame | None,
    blends: Sequence[Row],
    allowed: Ints | None,
    seed: int,
) -> Catalogues:
    """Collect the catalogues of a few folds; the arguments are as in ``_rank_lists``."""
    names = ("algorithm", "protocol", "fold", "id")
    catalogues = catalogues_of_factors(movies.select(*names, "factors").toArrow(), allowed, seed)
    if weights is not None:
        table = weights.select(*names, "neighbour_ids", "weights").toArrow()
        catalogues |= catalogues_of_weights(table, catalogues)
    return catalogues | catalogues_of_blends([row.asDict() for row in blends], catalogues)


@contextmanager
def _on_disk(rows: DataFrame) -> Iterator[DataFrame]:
    """Keep rows that several jobs read on disk, until the block ends."""
    persisted = with_short_plan(rows).persist(StorageLevel.DISK_ONLY)
    try:
        yield persisted
    finally:
        persisted.unpersist()


def _rank_lists(
    users: DataFrame,
    movies: DataFrame,
    n: int,
    recommendation_count: int,
    seed: int,
    *,
    weights: DataFrame | None = None,
    blends: Sequence[Row] = (),
    allowed: Ints | None = None,
) -> DataFrame:
    """Rank movies like ``rank_movies``, a few folds at a time.

    ``movies`` are the rows of ``factors`` that belong to movies, and ``allowed`` (movies,) are the
    ids of the candidates.
    """
    ranked = []
    for folds in batches_of_folds(movies, weights):
        catalogues = collect_catalogues(
            rows_of_folds(movies, folds),
            rows_of_folds(weights, folds) if weights is not None else None,
            [row for row in blends if (row["protocol"], row["fold"]) in folds],
            allowed,
            seed,
        )
        lengths = {fold: recommendation_count if fold[0] == "all" else n for fold in folds}
        users_of_folds = with_short_plan(rows_of_folds(users, folds))
        ranked.append(_rank_folds(users_of_folds, catalogues, lengths, seed))
    if not ranked:
        return users.sparkSession.createDataFrame([], RANKED_COLUMNS)
    return functools.reduce(DataFrame.unionAll, ranked)


def _rank_folds(
    users: DataFrame, catalogues: Catalogues, lengths: dict[Fold, int], seed: int
) -> DataFrame:
    """Rank some folds now; keep the lists on disk."""
    shared = users.sparkSession.sparkContext.broadcast(catalogues)

    def rank_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            table = pa.table(batch)
            for scorer, block in split_by_scorer(table, "scored_by"):
                for start in range(0, block.num_rows, BLOCK_USERS):
                    piece = block.slice(start, BLOCK_USERS).combine_chunks()
                    yield from _rank_block(piece, scorer, shared.value, lengths[scorer[1:]], seed)

    # A fixed order gives equal builds equal blocks, and so scores that are equal to the last bit.
    ordered = users.repartition("user_id").sortWithinPartitions(
        "protocol", "fold", "scored_by", "algorithm", "user_id"
    )
    ranked = ordered.mapInArrow(rank_batches, RANKED_COLUMNS).persist(StorageLevel.DISK_ONLY)
    try:
        ranked.count()
    finally:
        # Unlike destroy(), this lets Spark rank a lost partition again.
        shared.unpersist()
    return ranked


def rank_similar_movies(factors: DataFrame, *, n: int, seed: int) -> DataFrame:
    """Rank the ``n`` most similar movies to every movie, by the cosine of their factors.

    A movie whose factors are all 0, because nobody liked it, is similar to no movie.

    Parameters
    ----------
    factors
        ``algorithm, protocol, fold, side, id, factors`` of one algorithm. The rows of the protocol
        ``all`` are used.
    n
        Length of a list.
    seed
        Seed of the order of ties: equal cosines are ordered by ``tie_order``.

    Returns
    -------
    DataFrame
        ``movie_id, rank, similar_movie_id, similarity``, without the movie itself, ranks from 1.

    Examples
    --------
    >>> from reelhouse.ranking.recommend import rank_similar_movies
    >>> factors = spark.createDataFrame(
    ...     [
    ...         ("als", "all", 0, "movie", 10, [1.0, 0.0]),
    ...         ("als", "all", 0, "movie", 20, [5.0, 0.0]),
    ...         ("als", "all", 0, "movie", 30, [0.0, 1.0]),
    ...     ],
    ...     "algorithm string, protocol string, fold int, side string, id bigint,"
    ...     " factors array<double>",
    ... )
    >>> similar = rank_similar_movies(factors, n=1, seed=42)
    >>> similar.where("movie_id = 10").collect()
    [Row(movie_id=10, rank=1, similar_movie_id=20, similarity=1.0)]
    """
    columns = ("algorithm", "protocol", "fold", "side", "id")
    rows = factors.where("protocol = 'all' and side = 'movie'")
    rows = rows.select(*columns, F.col("factors").cast("array<double>"))
    with _on_disk(rows.mapInArrow(_normalise, rows.schema)) as movies:
        queries = movies.selectExpr(
            *("algorithm", "algorithm as scored_by", "protocol", "fold", "id as user_id"),
            *("factors", "array(id) as seen_movie_ids"),
            "cast(array() as array<bigint>) as liked_movie_ids",
        )
        ranked = _rank_lists(queries, movies, n, n, seed)
    return ranked.selectExpr(
        *("user_id as movie_id", "rank"),
        *("movie_id as similar_movie_id", "score as similarity"),
    )


def _normalise(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield the rows whose factors are not all 0, with the factors scaled to length 1."""
    for batch in batches:
        table = pa.table(batch)
        factors = matrix_from_lists(table["factors"]).astype(np.float64)
        lengths = np.sqrt(np.einsum("ij,ij->i", factors, factors))
        table = table.filter(pa.array(lengths > 0))
        unit = factors[lengths > 0] / lengths[lengths > 0, None]
        column = table.schema.get_field_index("factors")
        yield from table.set_column(column, "factors", list_array(unit)).to_batches()


def _rank_block(
    block: pa.Table, scorer: Scorer, catalogues: Catalogues, n: int, seed: int
) -> Iterator[pa.RecordBatch]:
    scored_by, protocol, fold = scorer
    is_random = scored_by == "random"
    catalogue = catalogues.get(("popularity" if is_random else scored_by, protocol, fold))
    if catalogue is None:  # no candidates
        return
    movie_ids = catalogue.movies.movie_ids
    user_ids = block["user_id"].to_numpy()
    scores = random_scores(user_ids, movie_ids, seed) if is_random else catalogue.scores(block)
    drop_seen(scores, *catalogue.movies.columns_of(block["seen_movie_ids"]))
    chosen, best = top_n(scores, n)
    rows, ranks = np.nonzero(chosen >= 0)
    ranked = {
        "algorithm": block["algorithm"].take(pa.array(rows)),
        "scored_by": pa.repeat(scored_by, len(rows)),
        "protocol": block["protocol"].take(pa.array(rows)),
        "fold": block["fold"].take(pa.array(rows)),
        "user_id": user_ids[rows],
        "rank": (ranks + 1).astype(np.int32),
        "movie_id": movie_ids[chosen[rows, ranks]],
        "score": best[rows, ranks].astype(np.float64),
    }
    yield from pa.table(ranked).to_batches()
