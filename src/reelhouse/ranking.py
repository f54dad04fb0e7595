"""Top-N on Spark: a fold at a time, its movie factors broadcast, seen movies removed."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy.sparse import csr_matrix

from reelhouse.als.csr import Positions, found_among
from reelhouse.als.settings import Floats, Ints
from reelhouse.runs import lists_of
from reelhouse.topn import BLOCK_USERS, drop_seen, random_scores, tie_order, top_n

# Above this share of weights that are not 0, a full matrix is quicker.
DENSE = 0.2
RANKED_COLUMNS = (
    "algorithm string, scored_by string, protocol string, fold int, user_id bigint, rank int,"
    " movie_id bigint, score double"
)


class Columns(NamedTuple):
    """Movies (movies,) as the columns of a matrix, in the order in which ties are broken."""

    movie_ids: Ints
    ascending: Ints
    """The same ids, ascending."""
    places: Positions
    """The column of each id of ``ascending``."""

    def among(self, lists: pa.ChunkedArray) -> tuple[Ints, Positions]:
        """Return where each list starts (lists + 1,) and the columns of the movies in it.

        A movie outside the catalogue is left out.
        """
        indptr, positions = _positions(lists, self.ascending)
        return indptr, self.places[positions]


class Catalogue(NamedTuple):
    """Movies of one scorer, and their factors (movies, factors)."""

    movies: Columns
    factors: Floats

    def scores(self, block: pa.Table) -> Floats:
        """Scores (users, movies) of a block of users."""
        scores: Floats = _matrix(block["factors"]) @ self.factors.T
        return scores


class WeightedCatalogue(NamedTuple):
    """Movies that are scored by liked movies: ids (liked,) ascending, weights (liked, movies)."""

    movies: Columns
    liked_ids: Ints
    weights: Floats | csr_matrix

    def scores(self, block: pa.Table) -> Floats:
        """Scores (users, movies) of a block of users."""
        indptr, columns = _positions(block["liked_movie_ids"], self.liked_ids)
        shape = (block.num_rows, len(self.liked_ids))
        likes = csr_matrix((np.ones(len(columns), np.float32), columns, indptr), shape)
        scores = likes @ self.weights
        return scores if isinstance(scores, np.ndarray) else scores.toarray()


Catalogues = dict[str, Catalogue | WeightedCatalogue]


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

    The folds are ranked one after the other, so that memory holds the factors and weights of only
    one fold.

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
    folds = movies.select("protocol", "fold").distinct().orderBy("protocol", "fold").collect()
    ranked = []
    for fold in folds:
        length, allowed = n, None
        if fold["protocol"] == "all":
            length = recommended or n
            if candidates is not None:
                allowed = candidates.select("movie_id").toArrow()["movie_id"].to_numpy()
        catalogues = _catalogues(_of_fold(movies, fold), allowed, seed)
        if weights is not None:
            catalogues |= _weighted_catalogues(_of_fold(weights, fold), allowed, seed)
        ranked.append(_ranked_fold(_of_fold(users, fold), catalogues, length, seed))
    if not ranked:
        return users.sparkSession.createDataFrame([], RANKED_COLUMNS)
    return functools.reduce(DataFrame.unionAll, ranked)


def _of_fold(rows: DataFrame, fold: Any) -> DataFrame:
    return rows.where((F.col("protocol") == fold["protocol"]) & (F.col("fold") == fold["fold"]))


def _ranked_fold(users: DataFrame, catalogues: Catalogues, n: int, seed: int) -> DataFrame:
    """Compute the lists of a fold now, and keep them on disk."""
    shared = users.sparkSession.sparkContext.broadcast(catalogues)

    def rank_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            table = pa.table(batch)
            for scorer in pc.unique(table["scored_by"]).to_pylist():
                block = table.filter(pc.field("scored_by") == scorer)
                for start in range(0, block.num_rows, BLOCK_USERS):
                    piece = block.slice(start, BLOCK_USERS).combine_chunks()
                    yield from _rank(piece, scorer, shared.value, n, seed)

    # A stable order of the rows makes equal builds equal to the last bit.
    ordered = users.repartition("user_id").sortWithinPartitions("scored_by", "algorithm", "user_id")
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
        factors = _matrix(table["factors"]).astype(np.float64)
        lengths = np.sqrt(np.einsum("ij,ij->i", factors, factors))
        table = table.filter(pa.array(lengths > 0))
        unit = factors[lengths > 0] / lengths[lengths > 0, None]
        place = table.schema.get_field_index("factors")
        yield from table.set_column(place, "factors", lists_of(unit)).to_batches()


def _catalogues(movies: DataFrame, allowed: Ints | None, seed: int) -> Catalogues:
    table = movies.select("algorithm", "id", "factors").toArrow()
    if allowed is not None:
        table = table.filter(pc.is_in(table["id"], pa.array(allowed)))
    catalogues: Catalogues = {}
    for algorithm, rows in _by_algorithm(table):
        columns, order = _columns(rows["id"].to_numpy(), seed)
        catalogues[algorithm] = Catalogue(columns, _matrix(rows["factors"])[order])
    return catalogues


def _weighted_catalogues(weights: DataFrame, allowed: Ints | None, seed: int) -> Catalogues:
    names = ["movie_id", "neighbour_ids", "weights"]
    catalogues: Catalogues = {}
    for (algorithm,) in weights.select("algorithm").distinct().collect():
        rows = weights.where(F.col("algorithm") == algorithm).select(*names).toArrow()
        movie_ids = rows["movie_id"].to_numpy()
        liked_ids, matrix = _matrix_of_lists(movie_ids, rows["neighbour_ids"], rows["weights"])
        kept = np.arange(len(movie_ids))
        if allowed is not None:
            kept = np.flatnonzero(np.isin(movie_ids, allowed))
        columns, order = _columns(movie_ids[kept], seed)
        catalogues[algorithm] = WeightedCatalogue(columns, liked_ids, matrix[:, kept[order]])
    return catalogues


def _by_algorithm(table: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    for algorithm in pc.unique(table["algorithm"]).to_pylist():
        yield algorithm, table.filter(pc.field("algorithm") == algorithm).combine_chunks()


def _columns(movie_ids: Ints, seed: int) -> tuple[Columns, Positions]:
    """Return the movies in the order of ties, and the positions (movies,) that sort them so."""
    order = tie_order(movie_ids, seed)
    ordered = movie_ids[order]
    places = np.argsort(ordered).astype(np.int32)
    return Columns(ordered, ordered[places], places), order


def _matrix_of_lists(
    movie_ids: Ints, neighbours: pa.ChunkedArray, weights: pa.ChunkedArray
) -> tuple[Ints, Floats | csr_matrix]:
    """Return ascending ids (liked,) and weights (liked, rows) from the lists of all rows.

    Rows without a list of neighbours have a weight for each of these rows, by ascending id.
    """
    values = pc.list_flatten(weights).to_numpy().astype(np.float32)
    full = neighbours.is_null().to_numpy()
    if full.any():
        liked_ids = np.sort(movie_ids[full])
        matrix = np.zeros((len(liked_ids), len(movie_ids)), np.float32)
        matrix[:, full] = values.reshape(-1, len(liked_ids)).T
        return liked_ids, matrix
    lengths = pc.list_value_length(neighbours).to_numpy()
    ids = pc.list_flatten(neighbours).to_numpy()
    liked_ids = np.unique(ids)
    columns = np.searchsorted(liked_ids, ids)
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    sparse = csr_matrix((values, columns, indptr), (len(lengths), len(liked_ids))).T.tocsr()
    dense = sparse.nnz > DENSE * np.prod(sparse.shape)
    return liked_ids, sparse.toarray() if dense else sparse


def _rank(
    block: pa.Table, scored_by: str, catalogues: Catalogues, n: int, seed: int
) -> Iterator[pa.RecordBatch]:
    is_random = scored_by == "random"
    catalogue = catalogues.get("popularity" if is_random else scored_by)
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


def _positions(lists: pa.ChunkedArray, movie_ids: Ints) -> tuple[Ints, Positions]:
    """Return where each list starts (lists + 1,), and its positions in ascending ``movie_ids``.

    A movie that is not among them is left out.
    """
    lists = lists.combine_chunks()
    rows = pc.list_parent_indices(lists).to_numpy()
    seen = pc.list_flatten(lists).to_numpy()
    positions, known = found_among(movie_ids, seen)
    return np.searchsorted(rows[known], np.arange(len(lists) + 1)), positions[known]


def _matrix(lists: pa.ChunkedArray) -> Floats:
    flat = pc.list_flatten(lists).to_numpy().astype(np.float32)
    matrix: Floats = flat.reshape(len(lists), -1)
    return matrix
