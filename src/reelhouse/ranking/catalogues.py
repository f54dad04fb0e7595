"""What is ranked: the movies of a scorer, in the order of ties, with their factors or weights."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from scipy.sparse import csr_matrix

from reelhouse.als.csr import Positions, found_among
from reelhouse.als.settings import Floats, Ints
from reelhouse.ranking.top_n import tie_order

Scorer = tuple[str, str, int]
"""An algorithm, a protocol and a fold."""
# Above this share of weights that are not 0, a full matrix is quicker.
DENSE = 0.2


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
        scores: Floats = matrix_of(block["factors"]) @ self.factors.T
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


Catalogues = dict[Scorer, Catalogue | WeightedCatalogue]


def catalogues_of_factors(movies: DataFrame, allowed: Ints | None, seed: int) -> Catalogues:
    """Collect ``algorithm, protocol, fold, id, factors`` of movies, a catalogue for each scorer.

    Under the protocol ``all``, only the movies of the ids ``allowed`` (movies,) may be listed.
    """
    table = movies.select("algorithm", "protocol", "fold", "id", "factors").toArrow()
    catalogues: Catalogues = {}
    for scorer, rows in by_scorer(table, "algorithm"):
        movie_ids = rows["id"].to_numpy()
        kept = _kept(movie_ids, scorer, allowed)
        columns, order = _columns(movie_ids[kept], seed)
        catalogues[scorer] = Catalogue(columns, matrix_of(rows["factors"])[kept[order]])
    return catalogues


def catalogues_of_weights(weights: DataFrame, allowed: Ints | None, seed: int) -> Catalogues:
    """Collect ``weights``, as ``rank_movies`` takes them, a catalogue for each scorer."""
    names = ["algorithm", "protocol", "fold", "movie_id", "neighbour_ids", "weights"]
    table = weights.select(*names).toArrow()
    catalogues: Catalogues = {}
    for scorer, rows in by_scorer(table, "algorithm"):
        movie_ids = rows["movie_id"].to_numpy()
        liked_ids, matrix = _matrix_of_lists(movie_ids, rows["neighbour_ids"], rows["weights"])
        kept = _kept(movie_ids, scorer, allowed)
        columns, order = _columns(movie_ids[kept], seed)
        catalogues[scorer] = WeightedCatalogue(columns, liked_ids, matrix[:, kept[order]])
    return catalogues


def by_scorer(table: pa.Table, name: str) -> Iterator[tuple[Scorer, pa.Table]]:
    """Yield the rows of each algorithm, which the column ``name`` has, protocol and fold."""
    names = [name, "protocol", "fold"]
    for key in table.group_by(names).aggregate([]).to_pylist():
        same = (pc.field(column) == value for column, value in key.items())
        yield (
            tuple(key[column] for column in names),
            table.filter(functools.reduce(operator.and_, same)),
        )


def _kept(movie_ids: Ints, scorer: Scorer, allowed: Ints | None) -> Ints:
    """Return the positions of the movies that may be listed."""
    if allowed is None or scorer[1] != "all":
        return np.arange(len(movie_ids))
    return np.flatnonzero(np.isin(movie_ids, allowed))


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


def _positions(lists: pa.ChunkedArray, movie_ids: Ints) -> tuple[Ints, Positions]:
    """Return where each list starts (lists + 1,), and its positions in ascending ``movie_ids``.

    A movie that is not among them is left out.
    """
    lists = lists.combine_chunks()
    rows = pc.list_parent_indices(lists).to_numpy()
    seen = pc.list_flatten(lists).to_numpy()
    positions, known = found_among(movie_ids, seen)
    return np.searchsorted(rows[known], np.arange(len(lists) + 1)), positions[known]


def matrix_of(lists: pa.ChunkedArray) -> Floats:
    """Return lists of equal length as the rows of a matrix."""
    flat = pc.list_flatten(lists).to_numpy().astype(np.float32)
    matrix: Floats = flat.reshape(len(lists), -1)
    return matrix
