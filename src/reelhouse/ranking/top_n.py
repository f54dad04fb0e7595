"""Exact top-N lists by numpy and numba, without Spark."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from reelhouse.als.ids import Positions
from reelhouse.als.settings import Floats, Ints

# Users whose scores are in memory at once: 1,024 × 27,000 movies are 110 MB.
BLOCK_USERS = 1024


def top_n(scores: Floats, n: int) -> tuple[Positions, Floats]:
    """Return the ``n`` best columns of every row.

    Parameters
    ----------
    scores
        Scores (rows, columns) float32. A column with the score -inf is never chosen.
    n
        Length of a list.

    Returns
    -------
    columns : numpy.ndarray
        Columns (rows, n) int32, best first; of equal scores, the lower column comes first. A row
        with fewer than ``n`` columns to choose ends in -1.
    scores : numpy.ndarray
        Their scores (rows, n) float32.

    Examples
    --------
    >>> import numpy as np
    >>> from reelhouse.ranking.top_n import top_n
    >>> columns, scores = top_n(np.array([[1.0, 3.0, 3.0], [-np.inf, 2.0, -np.inf]], "f4"), n=2)
    >>> columns
    array([[ 1,  2],
           [ 1, -1]], dtype=int32)
    """
    chosen = np.empty((len(scores), n), np.int32)
    best = np.empty((len(scores), n), np.float32)
    _select(scores, chosen, best)
    return chosen, best


# fastmath=True would assume finite numbers, but seen movies score -inf.
@njit(cache=True, nogil=True, error_model="numpy", fastmath={"nnan", "nsz"})
def _select(scores: Any, chosen: Any, best: Any) -> None:
    columns, n = scores.shape[1], chosen.shape[1]
    for r in range(len(scores)):
        row, listed, values = scores[r], chosen[r], best[r]
        listed[:] = -1
        values[:] = -np.inf
        worst = values[n - 1]
        for first in range(0, columns, 64):
            piece = row[first : first + 64]
            # This test is vectorised, and few pieces have a score that enters the list.
            highest = np.float32(-np.inf)
            for j in range(len(piece)):
                highest = piece[j] if piece[j] > highest else highest
            if highest <= worst:
                continue
            for j in range(len(piece)):
                score = piece[j]
                if score > worst:
                    rank = n - 1
                    while rank > 0 and values[rank - 1] < score:
                        values[rank], listed[rank] = values[rank - 1], listed[rank - 1]
                        rank -= 1
                    values[rank], listed[rank] = score, first + j
                    worst = values[n - 1]


@njit(cache=True, nogil=True)
def drop_seen(scores: Any, indptr: Any, columns: Any) -> None:
    """Set the scores of seen movies to -inf: ``columns[indptr[r]:indptr[r + 1]]`` of row r."""
    for r in range(len(scores)):
        for i in range(indptr[r], indptr[r + 1]):
            scores[r, columns[i]] = -np.inf


@njit(cache=True, nogil=True)
def add_standardised(total: Any, scores: Any, weight: float) -> None:
    """Add standardised scores (rows, columns), times a weight, to ``total`` of the same shape.

    Each row is standardised by the mean and the standard deviation of its finite scores; a row with
    equal scores adds nothing. A score of -inf stays -inf.
    """
    means, deviations = moments(scores)
    for r in range(len(scores)):
        row, sums, mean = scores[r], total[r], means[r]
        scale = weight / deviations[r] if deviations[r] > 0 else 0.0
        for j in range(len(row)):
            sums[j] += np.float32((row[j] - mean) * scale) if row[j] > -np.inf else -np.inf


@njit(cache=True, nogil=True)
def moments(scores: Any) -> Any:
    """Return means and standard deviations (rows,) of the finite scores of each row."""
    means, deviations = np.zeros(len(scores)), np.zeros(len(scores))
    for r in range(len(scores)):
        row = scores[r]
        count, mean, square = 0, 0.0, 0.0
        for j in range(len(row)):
            if row[j] > -np.inf:
                count += 1
                mean += row[j]
        mean /= max(count, 1)
        for j in range(len(row)):
            if row[j] > -np.inf:
                square += (row[j] - mean) ** 2
        means[r], deviations[r] = mean, np.sqrt(square / max(count, 1))
    return means, deviations


def random_scores(user_ids: Ints, movie_ids: Ints, seed: int) -> Floats:
    """Return uniform scores (users, movies) that depend on the seed and the two ids alone.

    A score is the finaliser of SplitMix64 (Steele, Lea & Flood 2014, "Fast Splittable Pseudorandom
    Number Generators") of both ids.
    """
    scores = np.empty((len(user_ids), len(movie_ids)), np.float32)
    users = user_ids.astype(np.uint64) + np.uint64(seed)
    _fill_at_random(users, movie_ids.astype(np.uint64), scores)
    return scores


@njit(cache=True, nogil=True)
def _fill_at_random(users: Any, movies: Any, scores: Any) -> None:
    mixed = np.empty_like(movies)
    for m in range(len(movies)):
        mixed[m] = _mix(movies[m])
    for u in range(len(users)):
        user = _mix(users[u])
        for m in range(len(movies)):
            scores[u, m] = np.float32(_mix(user ^ mixed[m]) >> np.uint64(40)) / np.float32(1 << 24)


@njit(cache=True, nogil=True)
def _mix(bits: Any) -> Any:
    bits = bits + np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))
