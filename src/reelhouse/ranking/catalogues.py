"""Catalogues: the movies that an algorithm can list, with their factors or weights."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import csr_matrix, hstack

from reelhouse.als.ids import find_positions
from reelhouse.als.settings import Floats, Ints
from reelhouse.arrow import list_array
from reelhouse.ranking.movie_columns import (
    CatalogueColumns,
    columns_of_movies,
    list_positions,
    matrix_from_lists,
)
from reelhouse.ranking.top_n import add_standardised, drop_seen

Scorer = tuple[str, str, int]
"""An algorithm that scores movies, a protocol and a fold."""
# Share of weights other than 0 from which a dense matrix is faster than a sparse one.
DENSE_SHARE = 0.2


class Catalogue(NamedTuple):
    """Movies and their factors (movies, k)."""

    movies: CatalogueColumns
    factors: Floats

    def scores(self, block: pa.Table) -> Floats:
        """Return the scores (users, movies) of a block of users."""
        scores: Floats = matrix_from_lists(block["factors"]) @ self.factors.T
        return scores


class WeightedCatalogue(NamedTuple):
    """Movies that are scored by a user's likes.

    ``liked_ids`` (liked,) ascend; ``weights`` are (liked, movies).
    """

    movies: CatalogueColumns
    liked_ids: Ints
    weights: Floats | csr_matrix

    def scores(self, block: pa.Table) -> Floats:
        """Return the scores (users, movies) of a block of users."""
        indptr, columns = list_positions(block["liked_movie_ids"], self.liked_ids)
        shape = (block.num_rows, len(self.liked_ids))
        likes = csr_matrix((np.ones(len(columns), np.float32), columns, indptr), shape)
        scores = likes @ self.weights
        return scores if isinstance(scores, np.ndarray) else scores.toarray()


class BlendPart(NamedTuple):
    """An algorithm of a blend, with its weight and the length of its user vector."""

    catalogue: Catalogue | WeightedCatalogue
    weight: float
    vector_length: int


class BlendedCatalogue(NamedTuple):
    """Movies that are scored by the weighted sum of the standardised scores of other algorithms."""

    movies: CatalogueColumns
    parts: tuple[BlendPart, ...]

    def scores(self, block: pa.Table) -> Floats:
        """Return the scores (users, movies) of a block of users; seen movies have -inf.

        Scores are standardised over the movies that a user has not seen.
        """
        total = np.zeros((block.num_rows, len(self.movies.movie_ids)), np.float32)
        for part, scores in self.part_scores(block):
            add_standardised(total, scores, part.weight)
        return total

    def part_scores(self, block: pa.Table) -> Iterator[tuple[BlendPart, Floats]]:
        """Yield each part with its scores (users, movies); seen movies have -inf.

        The column ``factors`` has the user vectors of the parts, one after the other.
        """
        seen = self.movies.columns_of(block["seen_movie_ids"])
        vectors, first = matrix_from_lists(block["factors"]), 0
        for part in self.parts:
            last = first + part.vector_length
            own = list_array(vectors[:, first:last])
            column = block.schema.get_field_index("factors")
            scores = part.catalogue.scores(block.set_column(column, "factors", own))
            drop_seen(scores, *seen)
            yield part, scores
            first = last


Catalogues = dict[Scorer, Catalogue | WeightedCatalogue | BlendedCatalogue]


def catalogues_of_factors(movies: pa.Table, allowed: Ints | None, seed: int) -> Catalogues:
    """Return a catalogue per scorer from ``algorithm, protocol, fold, id, factors`` of movies.

    Under the protocol ``all``, only movies with an id in ``allowed`` (movies,) are kept.
    """
    catalogues: Catalogues = {}
    for scorer, rows in split_by_scorer(movies, "algorithm"):
        movie_ids = rows["id"].to_numpy()
        kept = _allowed_positions(movie_ids, scorer, allowed)
        columns, order = columns_of_movies(movie_ids[kept], seed)
        catalogues[scorer] = Catalogue(columns, matrix_from_lists(rows["factors"])[kept[order]])
    return catalogues


def catalogues_of_weights(weights: pa.Table, catalogues: Catalogues) -> Catalogues:
    """Return a catalogue per scorer from ``weights``, as in ``rank_movies``.

    The movies are those of the catalogue of ``popularity``. Without it, there is no catalogue.
    """
    found: Catalogues = {}
    for scorer, rows in split_by_scorer(weights, "algorithm"):
        popular = catalogues.get(("popularity", *scorer[1:]))
        if popular is not None:
            ids = rows["id"].to_numpy()
            liked_ids, matrix = _matrix_of_lists(ids, rows["neighbour_ids"], rows["weights"])
            columns = _columns_of_ids(matrix, ids, popular.movies.movie_ids)
            found[scorer] = WeightedCatalogue(popular.movies, liked_ids, columns)
    return found


def catalogues_of_blends(blends: Sequence[Mapping[str, Any]], catalogues: Catalogues) -> Catalogues:
    """Return a catalogue per blend.

    Parameters
    ----------
    blends
        ``algorithm, protocol, fold, weights``; ``weights`` maps the name of an algorithm to its
        weight. The user vectors of the algorithms follow each other in the order of their names.
    catalogues
        The catalogues of the other algorithms. A blend is left out if a part has no catalogue.
    """
    found: Catalogues = {}
    for blend in blends:
        fold = blend["protocol"], blend["fold"]
        scorers = {name: (name, *fold) for name in sorted(blend["weights"])}
        if not all(scorer in catalogues for scorer in scorers.values()):
            continue
        parts = []
        for name, scorer in scorers.items():
            catalogue = catalogues[scorer]
            assert not isinstance(catalogue, BlendedCatalogue)
            length = catalogue.factors.shape[1] if isinstance(catalogue, Catalogue) else 0
            parts.append(BlendPart(catalogue, blend["weights"][name], length))
        found[(blend["algorithm"], *fold)] = BlendedCatalogue(
            parts[0].catalogue.movies, tuple(parts)
        )
    return found


def split_by_scorer(table: pa.Table, name: str) -> Iterator[tuple[Scorer, pa.Table]]:
    """Yield the rows of each algorithm (in the column ``name``), protocol and fold."""
    names = [name, "protocol", "fold"]
    for key in table.group_by(names).aggregate([]).to_pylist():
        same = (pc.field(column) == value for column, value in key.items())
        yield (
            tuple(key[column] for column in names),
            table.filter(functools.reduce(operator.and_, same)),
        )


def _allowed_positions(movie_ids: Ints, scorer: Scorer, allowed: Ints | None) -> Ints:
    """Return the positions of the movies that a list may contain."""
    if allowed is None or scorer[1] != "all":
        return np.arange(len(movie_ids))
    return np.flatnonzero(np.isin(movie_ids, allowed))


def _matrix_of_lists(
    movie_ids: Ints, neighbours: pa.ChunkedArray, weights: pa.ChunkedArray
) -> tuple[Ints, Floats | csr_matrix]:
    """Return ascending ids (liked,) and weights (liked, rows) from the lists of all rows.

    If the ``neighbours`` are null, each row has a weight for the movie of every row, in ascending
    order of ids.
    """
    values = pc.list_flatten(weights).to_numpy().astype(np.float32)
    if neighbours.null_count:
        return np.sort(movie_ids), values.reshape(-1, len(movie_ids)).T
    lengths = pc.list_value_length(neighbours).to_numpy()
    ids = pc.list_flatten(neighbours).to_numpy()
    liked_ids = np.unique(ids)
    columns = np.searchsorted(liked_ids, ids)
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    sparse = csr_matrix((values, columns, indptr), (len(lengths), len(liked_ids))).T.tocsr()
    is_dense = sparse.nnz > DENSE_SHARE * np.prod(sparse.shape)
    return liked_ids, sparse.toarray() if is_dense else sparse


def _columns_of_ids(matrix: Floats | csr_matrix, ids: Ints, selected: Ints) -> Floats | csr_matrix:
    """Return columns (rows, selected) of a matrix with columns ``ids``; 0 for an id not in it."""
    order = np.argsort(ids)
    positions, known = find_positions(ids[order], selected)
    zero = csr_matrix((matrix.shape[0], 1), dtype=np.float32)
    columns = np.full(len(selected), len(ids))
    columns[known] = order[positions[known]]
    if isinstance(matrix, csr_matrix):
        return hstack([matrix, zero]).tocsr()[:, columns]
    return np.hstack([matrix, zero.toarray()])[:, columns]
