"""Fit the ranking algorithms of the project to ratings in memory.

Ratings are matrices (users, movies), with an entry for each rating and the movies in the order of
ties.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix, issparse

from benchmarks.published.splits import SEED
from reelhouse.algorithms.als_settings import settings_from_row
from reelhouse.algorithms.ease import fit_item_weights
from reelhouse.algorithms.item_knn import item_knn_weights
from reelhouse.algorithms.rating_rows import RatingRows
from reelhouse.als import LocalRatings, fit_packed, fold_in_users
from reelhouse.als.settings import Floats
from reelhouse.project import seed_rows
from reelhouse.ranking.top_n import drop_seen

LOWEST, RELEVANT = 1.0, 4.0
"""The lowest rating of MovieLens, and the lowest relevant one, for graded targets."""
THREADS = os.cpu_count() or 1
Parameters = Mapping[str, Any]


class Model(NamedTuple):
    """Vectors (movies, k), and a function from the ratings of users to vectors (users, k)."""

    movies: Any
    vectors: Callable[[csr_matrix], Any]

    def scores(self, known: csr_matrix, hidden: csr_matrix) -> Floats:
        """Return scores (users, movies); movies in ``hidden`` score -inf."""
        product = self.vectors(known) @ self.movies.T
        scores = np.ascontiguousarray(dense(product), np.float32)
        drop_seen(scores, hidden.indptr, hidden.indices)
        return scores


def parameters_of(algorithm: str) -> dict[str, Any]:
    """Return the row of seeds/algorithms.csv with numbers for texts, and None for empty cells."""
    row = next(row for row in seed_rows("algorithms") if row["algorithm"] == algorithm)
    return {name: _value(text) for name, text in row.items()}


def _value(text: str) -> str | float | None:
    try:
        return int(text) if text.isdigit() else float(text)
    except ValueError:
        return text or None


def fit_ranker(row: Parameters, ratings: csr_matrix, liked_from: float) -> Model:
    """Fit an algorithm. Ratings from ``liked_from`` up are likes."""
    count = ratings.shape[1]
    if row["family"] == "popularity":
        counts = np.bincount(ratings.indices, minlength=count).astype(np.float32)
        return Model(counts[:, None], lambda known: np.ones((known.shape[0], 1), np.float32))
    if row["family"] in ("ease", "item_knn"):
        weights = _item_weights(row, likes(ratings, liked_from))
        return Model(weights, lambda known: likes(known, liked_from))
    settings = settings_from_row(row, "cg")
    packed = LocalRatings(*rows_of(_targets(row, ratings, liked_from)), threads=THREADS)
    fitted = fit_packed(packed, settings, seed=SEED, label=row["algorithm"])
    movies = np.zeros((count, settings.width), np.float32)
    movies[fitted.ids["movie"]] = fitted.factors["movie"]

    def vectors(known: csr_matrix) -> Floats:
        users = np.zeros((known.shape[0], settings.width), np.float32)
        rows = rows_of(_targets(row, known, liked_from))
        ids, factors = fold_in_users(settings, fitted, *rows)
        users[ids] = factors
        return users

    return Model(movies, vectors)


def _item_weights(row: Parameters, liked: csr_matrix) -> Any:
    if row["family"] == "ease":
        return fit_item_weights(liked, row, seed=SEED)
    parameters = {name: row[name] for name in ("neighbours", "shrinkage")}
    return item_knn_weights(liked, np.arange(liked.shape[1]), **parameters, seed=SEED)


def likes(ratings: csr_matrix, liked_from: float) -> csr_matrix:
    """Return ones for the ratings from ``liked_from`` up."""
    entries = ratings.tocoo()
    kept = entries.data >= liked_from
    places = entries.row[kept], entries.col[kept]
    return csr_matrix((np.ones(kept.sum(), np.float32), places), ratings.shape)


def _targets(row: Parameters, ratings: csr_matrix, liked_from: float) -> csr_matrix:
    """Return the targets of a fit: 1 for likes, or graded ones for all ratings."""
    if row["feedback"] == "implicit":
        return likes(ratings, liked_from)
    shares = np.minimum((ratings.data - LOWEST) / (RELEVANT - LOWEST), 1)
    return csr_matrix((shares, ratings.indices, ratings.indptr), ratings.shape)


def rows_of(ratings: csr_matrix) -> RatingRows:
    """Return the entries; the ids are positions of users and movies."""
    entries = ratings.tocoo()
    return RatingRows(entries.row.astype(np.int64), entries.col.astype(np.int64), entries.data)


def dense(matrix: Any) -> Floats:
    """Return a matrix, sparse or not, as an array."""
    array: Floats = matrix.toarray() if issparse(matrix) else matrix
    return array
