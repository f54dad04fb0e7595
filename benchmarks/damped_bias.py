"""Damped biases of users and movies in NumPy, to check the macros of these biases."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import csr_matrix


def damped_bias_factors(ratings: csr_matrix, damping: float) -> tuple[Any, Any]:
    """Return factors (users, 2) and (movies, 2) whose product is mean + movie bias + user bias.

    ``ratings`` is (users, movies). A bias is a sum of deviations divided by their number plus
    ``damping``, as in the macros ``movie_biases`` and ``user_biases``.
    """
    entries = ratings.tocoo()
    mean = entries.data.mean()

    def damped(positions: Any, deviations: Any, length: int) -> Any:
        sums = np.bincount(positions, deviations, minlength=length)
        return sums / (np.bincount(positions, minlength=length) + damping)

    users, movies = entries.shape
    movie_biases = damped(entries.col, entries.data - mean, movies)
    residuals = entries.data - mean - movie_biases[entries.col]
    user_biases = damped(entries.row, residuals, users)
    return (
        np.column_stack([user_biases, np.ones(users)]).astype(np.float32),
        np.column_stack([np.ones(movies), mean + movie_biases]).astype(np.float32),
    )
