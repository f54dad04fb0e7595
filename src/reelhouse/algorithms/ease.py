"""EASE: every movie is scored by all liked movies, with weights in closed form (Steck 2019)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_matrix

from reelhouse.algorithms.fit_jobs import Run
from reelhouse.algorithms.matrices import likes_matrix
from reelhouse.algorithms.tables import FIT_COLUMNS
from reelhouse.als.settings import Floats
from reelhouse.arrow import constant_table, list_array

EASE_WEIGHTS = pa.schema(
    [*FIT_COLUMNS, ("movie_id", pa.int64()), ("weights", pa.list_(pa.float32()))]
)


def ease_weights(likes: csr_matrix, reg: float) -> Floats:
    """Weights (movies, movies) of EASE: row j scores movie j by the liked movies (Steck 2019).

    ``likes`` is (users, movies) of ones. With P = (likesᵀ·likes + reg · I)⁻¹, the weight of movie
    i for movie j is -P_ij / P_jj, and 0 for j itself.
    """
    gram = (likes.T @ likes).toarray().astype(np.float64)
    gram[np.diag_indices_from(gram)] += reg
    inverse = np.linalg.inv(gram)
    weights = -inverse / np.diag(inverse)[:, None]
    np.fill_diagonal(weights, 0)
    scaled: Floats = weights.astype(np.float32)
    return scaled


def fit_ease(runs: Iterable[Run]) -> pa.Table:
    """Fit every run of the family ``ease``: one row of ``EASE_WEIGHTS`` per liked movie.

    A row has a weight for every movie of the run, in ascending order of their ids.
    """
    tables = [EASE_WEIGHTS.empty_table()]
    for run in runs:
        movies, likes = likes_matrix(run)
        weights = list_array(ease_weights(likes, run.algorithm["reg"]))
        tables.append(
            constant_table(
                EASE_WEIGHTS, len(movies), **run.labels, movie_id=movies, weights=weights
            )
        )
    return pa.concat_tables(tables)
