"""Top-N on Spark: one pass over the users, movie factors broadcast, seen movies removed."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy.sparse import csr_matrix

from reelhouse.als.csr import Positions, found_among
from reelhouse.als.settings import Floats, Ints
from reelhouse.runs import lists_of
from reelhouse.topn import BLOCK_USERS, drop_seen, random_scores, top_n

SCORER = ["scored_by", "protocol", "fold"]
SCORER_OF_FACTORS = ["algorithm", "protocol", "fold"]
# Above this share of weights that are not 0, a full matrix is quicker.
DENSE = 0.2
RANKED_COLUMNS = (
    "algorithm string, scored_by string, protocol string, fold int, user_id bigint, rank int,"
    " movie_id bigint, score double"
)


class Catalogue(NamedTuple):
    """Movies of one scorer: ids (movies,) ascending, and factors (movies, factors)."""

    movie_ids: Ints
    factors: Floats

    def scores(self, block: pa.Table) -> Floats:
        """Scores (users, movies) of a block of users."""
        scores: Floats = _matrix(block["factors"]) @ self.factors.T
        return scores


class WeightedCatalogue(NamedTuple):
    """Movies that are scored by liked movies: ids of both, ascending, weights (liked, movies)."""

    movie_ids: Ints
    liked_ids: Ints
    weights: Floats | csr_matrix

    def scores(self, block: pa.Table) -> Floats:
        """Scores (users, movies) of a block of users."""
        indptr, columns = _positions(block["liked_movie_ids"], self.liked_ids)
        shape = (block.num_rows, len(self.liked_ids))
        likes = csr_matrix((np.ones(len(columns), np.float32), columns, indptr), shape)
        scores = likes @ self.weights
        return scores if isinstance(scores, np.ndarray) else scores.toarray()


Catalogues = dict[tuple[str, str, int], Catalogue | WeightedCatalogue]


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
    """The ``n`` best unseen movies of every row of ``users``; equal scores by lower movie id.

    ``users``: ``algorithm, scored_by, protocol, fold, user_id, factors, seen_movie_ids,
    liked_movie_ids``. ``factors``: ``algorithm, protocol, fold, side, id, factors``; the movies
    that a scorer knows are its candidates. ``weights``: ``algorithm, protocol, fold, movie_id,
    neighbour_ids, weights`` of scorers without factors: the score of a movie is the sum of the
    weights of those neighbours that the user likes. ``random`` scores by a hash, over the
    candidates of ``popularity``. Under the protocol ``all``, which people read, lists have
    ``recommended`` movies (default: ``n``) of the only ones to list, ``candidates`` (``movie_id``;
    default: all).
    Returns ``algorithm, scored_by, protocol, fold, user_id, rank, movie_id, score``, ranks from 1.
    """
    if candidates is not None:
        allowed = candidates.select(F.col("movie_id").alias("id"), F.lit("all").alias("protocol"))
        rest = factors.where("protocol <> 'all'")
        factors = rest.unionByName(factors.join(allowed, ["id", "protocol"], "left_semi"))
        if weights is not None:
            allowed = allowed.withColumnRenamed("id", "movie_id")
            rest = weights.where("protocol <> 'all'")
            weights = rest.unionByName(weights.join(allowed, ["movie_id", "protocol"], "left_semi"))
    everything = _catalogues(factors)
    if weights is not None:
        everything |= _weighted_catalogues(weights)
    catalogues = users.sparkSession.sparkContext.broadcast(everything)

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
    ).mapInArrow(_of_unit_length, factors.schema)
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
    return rank_movies(queries, movies, n=n, seed=0).select(
        F.col("user_id").alias("movie_id"),
        "rank",
        F.col("movie_id").alias("similar_movie_id"),
        F.col("score").alias("similarity"),
    )


def _of_unit_length(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The rows whose factors have a length, with factors of length 1."""
    for batch in batches:
        table = pa.table(batch)
        factors = _matrix(table["factors"]).astype(np.float64)
        lengths = np.sqrt(np.einsum("ij,ij->i", factors, factors))
        table = table.filter(pa.array(lengths > 0))
        unit = factors[lengths > 0] / lengths[lengths > 0, None]
        place = table.schema.get_field_index("factors")
        yield from table.set_column(place, "factors", lists_of(unit)).to_batches()


def _catalogues(factors: DataFrame) -> Catalogues:
    table = factors.where(F.col("side") == "movie").drop("side").orderBy("id").toArrow()
    catalogues: Catalogues = {}
    for key in table.group_by(SCORER_OF_FACTORS).aggregate([]).to_pylist():
        rows = table.filter(_equals(key)).combine_chunks()
        scorer = (key["algorithm"], key["protocol"], key["fold"])
        catalogues[scorer] = Catalogue(rows["id"].to_numpy(), _matrix(rows["factors"]))
    return catalogues


def _weighted_catalogues(weights: DataFrame) -> Catalogues:
    table = weights.orderBy("movie_id").toArrow()
    catalogues: Catalogues = {}
    for key in table.group_by(SCORER_OF_FACTORS).aggregate([]).to_pylist():
        rows = table.filter(_equals(key)).combine_chunks()
        movie_ids = rows["movie_id"].to_numpy()
        lists = rows["neighbour_ids"].combine_chunks()
        neighbours = pc.list_flatten(lists).to_numpy()
        values = pc.list_flatten(rows["weights"].combine_chunks()).to_numpy().astype(np.float32)
        liked_ids = np.unique(neighbours)
        columns = np.searchsorted(liked_ids, neighbours)
        indptr = np.concatenate([[0], np.cumsum(pc.list_value_length(lists).to_numpy())])
        by_movie = csr_matrix((values, columns, indptr), (len(movie_ids), len(liked_ids)))
        matrix = by_movie.T.tocsr()
        if matrix.nnz > DENSE * np.prod(matrix.shape):
            matrix = matrix.toarray()
        scorer = (key["algorithm"], key["protocol"], key["fold"])
        catalogues[scorer] = WeightedCatalogue(movie_ids, liked_ids, matrix)
    return catalogues


def _rank(
    block: pa.Table,
    scorer: dict[str, Any],
    catalogues: Catalogues,
    n: int,
    seed: int,
) -> Iterator[pa.RecordBatch]:
    scored_by, protocol, fold = (scorer[name] for name in SCORER)
    is_random = scored_by == "random"
    catalogue = catalogues.get(("popularity" if is_random else scored_by, protocol, fold))
    if catalogue is None:  # there are no candidates
        return
    movie_ids = catalogue.movie_ids
    user_ids = block["user_id"].to_numpy()
    scores = random_scores(user_ids, movie_ids, seed) if is_random else catalogue.scores(block)
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


def _positions(lists: pa.ChunkedArray, movie_ids: Ints) -> tuple[Ints, Positions]:
    """Where each row starts, and the column numbers of the movies listed in it.

    A movie outside the catalogue has no number.
    """
    lists = lists.combine_chunks()
    rows = pc.list_parent_indices(lists).to_numpy()
    seen = pc.list_flatten(lists).to_numpy()
    columns, known = found_among(movie_ids, seen)
    return np.searchsorted(rows[known], np.arange(len(lists) + 1)), columns[known]


def _matrix(lists: pa.ChunkedArray) -> Floats:
    flat = pc.list_flatten(lists.combine_chunks()).to_numpy().astype(np.float32)
    matrix: Floats = flat.reshape(len(lists), -1)
    return matrix


def _equals(values: dict[str, Any]) -> pc.Expression:
    matches = (pc.field(name) == value for name, value in values.items())
    return functools.reduce(operator.and_, matches)
