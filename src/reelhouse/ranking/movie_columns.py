"""Movies as the columns of a matrix, in the order of ties.

This module needs neither numba nor scipy, which take longer to import than a small lake to read.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reelhouse.als.ids import Positions, find_positions
from reelhouse.als.settings import Floats, Ints


class CatalogueColumns(NamedTuple):
    """Movies (movies,) as the columns of a matrix, in the order of ties."""

    movie_ids: Ints
    ascending: Ints
    """The same ids, ascending."""
    columns: Positions
    """The column of each id of ``ascending``."""

    def columns_of(self, lists: pa.ChunkedArray) -> tuple[Ints, Positions]:
        """Return where each list of movie ids starts (lists + 1,), and the columns of its movies.

        A movie outside the catalogue is left out.
        """
        indptr, positions = list_positions(lists, self.ascending)
        return indptr, self.columns[positions]


def tie_order(movie_ids: Ints, seed: int) -> Positions:
    """Return the positions (movies,) that sort movies by the order of ties.

    Movies with equal scores are ordered by the MD5 hash of the text ``seed:movie_id``. Every SQL
    engine computes the same hash: ``md5(concat(42, ':', movie_id))``. Unlike ids, the hash does not
    depend on popularity. ``top_n`` (top_n.py) puts the lower of two equal columns first, so that
    columns in this order break ties by the hash.

    Examples
    --------
    >>> import numpy as np
    >>> from reelhouse.ranking.movie_columns import tie_order
    >>> ids = np.array([1, 2, 3])
    >>> ids[tie_order(ids, seed=42)]
    array([3, 1, 2])
    """
    hashes = [hashlib.md5(f"{seed}:{i}".encode()).hexdigest() for i in movie_ids.tolist()]
    order: Positions = np.argsort(np.array(hashes, "S32"), kind="stable").astype(np.int32)
    return order


def columns_of_movies(movie_ids: Ints, seed: int) -> tuple[CatalogueColumns, Positions]:
    """Return the columns of movies in the order of ties, and the positions that sort the movies."""
    order = tie_order(movie_ids, seed)
    ordered = movie_ids[order]
    columns = np.argsort(ordered).astype(np.int32)
    return CatalogueColumns(ordered, ordered[columns], columns), order


def list_positions(lists: pa.ChunkedArray, movie_ids: Ints) -> tuple[Ints, Positions]:
    """Return where each list starts (lists + 1,), and positions in the ascending ``movie_ids``.

    A movie outside of ``movie_ids`` is left out.
    """
    lists = lists.combine_chunks()
    rows = pc.list_parent_indices(lists).to_numpy()
    listed = pc.list_flatten(lists).to_numpy()
    positions, known = find_positions(movie_ids, listed)
    return np.searchsorted(rows[known], np.arange(len(lists) + 1)), positions[known]


def matrix_from_lists(lists: pa.ChunkedArray) -> Floats:
    """Return lists of equal length as the rows of a matrix."""
    flat = pc.list_flatten(lists).to_numpy().astype(np.float32)
    matrix: Floats = flat.reshape(len(lists), -1)
    return matrix
