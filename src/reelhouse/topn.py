"""Exact top-N of a block of users by numpy: no Spark in here."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


def top_n(scores: Floats, n: int) -> tuple[Ints, Ints]:
    """The ``n`` best columns of every row, best first; equal scores by lower column.

    ``scores`` is (rows, columns); -inf is never chosen. Returns the row and the column numbers of
    all choices, row by row: a row with fewer than ``n`` finite scores has fewer choices.
    """
    n = min(n, scores.shape[1])
    worst_chosen = np.partition(scores, -n, axis=1)[:, -n]
    rows, columns = np.nonzero((scores >= worst_chosen[:, None]) & np.isfinite(scores))
    order = np.lexsort((columns, -scores[rows, columns], rows))
    rows, columns = rows[order], columns[order]
    # Ties with the last chosen score can give a row more than n candidates.
    position = np.arange(len(rows)) - np.searchsorted(rows, rows)
    return rows[position < n], columns[position < n]


def score_block(users: Floats, movies: Floats, seen_rows: Ints, seen_columns: Ints) -> Floats:
    """Scores (users, movies) of factors (users, factors) and (movies, factors), seen ones -inf."""
    scores = users @ movies.T
    scores[seen_rows, seen_columns] = -np.inf
    return scores


def random_scores(user_ids: Ints, movie_ids: Ints, seed: int) -> Floats:
    """Uniform scores (users, movies) that depend on the seed and the two ids alone.

    The finaliser of SplitMix64 (Steele, Lea & Flood 2014) over a mix of both ids.
    """
    with np.errstate(over="ignore"):
        users = _mix(user_ids.astype(np.uint64) + np.uint64(seed))
        bits = _mix(users[:, None] ^ _mix(movie_ids.astype(np.uint64))[None, :])
    return (bits >> np.uint64(40)).astype(np.float32) / np.float32(1 << 24)


def _mix(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    bits = bits + np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))
