"""Top-N lists of all users from the factors of users and movies, without Spark."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from reelhouse.als.ids import Positions
from reelhouse.als.kernels import compiled
from reelhouse.als.settings import Floats, Ints
from reelhouse.als.vectors import add_scaled, load, store, zeros

TILE = 32
"""Number of movies that are scored at once."""
USERS = 8
"""Number of users that are scored at once: 8 × 32 scores fill 16 of the widest registers."""
PIECE = 1024
"""Number of users that a thread takes at once, a multiple of ``USERS``."""


def rank_all(
    users: Floats, movies: Floats, seen_indptr: Ints, seen_columns: Positions, n: int, threads: int
) -> tuple[Positions, Floats]:
    """Return the ``n`` best unseen movies of every user by factors.

    No matrix of scores is written. The movies are visited in tiles, in descending order of the
    length of their factors. A score is at most the product of both lengths (Cauchy and Schwarz), so
    that a list is complete when its last score is higher than that product for the next tile.

    Parameters
    ----------
    users
        Factors (users, k) float32.
    movies
        Factors (movies, k) float32.
    seen_indptr, seen_columns
        Seen movies in CSR form: those of user u are
        ``seen_columns[seen_indptr[u]:seen_indptr[u + 1]]``.
    n
        Length of a list.
    threads
        Number of threads. The lists do not depend on it.

    Returns
    -------
    columns, scores : numpy.ndarray
        Rows of ``movies`` (users, n) and their scores, as in ``top_n``.

    Examples
    --------
    >>> import numpy as np
    >>> from reelhouse.ranking.all_users import rank_all
    >>> users = np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)
    >>> movies = np.array([[3.0, 0.0], [2.0, 1.0], [0.0, 2.0]], np.float32)
    >>> seen_indptr, seen_columns = np.array([0, 1, 1]), np.array([0], np.int32)
    >>> columns, scores = rank_all(users, movies, seen_indptr, seen_columns, n=2, threads=1)
    >>> columns
    array([[1, 2],
           [2, 1]], dtype=int32)
    """
    chosen = np.empty((len(users), n), np.int32)
    best = np.empty((len(users), n), np.float32)
    lengths = np.linalg.norm(movies, axis=1)
    order = np.argsort(-lengths, kind="stable").astype(np.int32)
    # Rounding may take a score of k products above the product of the lengths.
    slack = np.float32(1 + 2e-7 * movies.shape[1])
    bounds = lengths[order[::TILE]] * slack
    tiles = _tiles(movies[order])
    user_lengths = np.linalg.norm(users, axis=1)

    def rank_piece(first: int) -> None:
        piece = slice(first, first + PIECE)
        starts = seen_indptr[first : first + PIECE + 1]
        _rank_users(
            users[piece], user_lengths[piece], tiles, bounds, order, starts, seen_columns,
            chosen[piece], best[piece],
        )  # fmt: skip

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(rank_piece, range(0, len(users), PIECE)))
    return chosen, best


def _tiles(movies: Floats) -> Floats:
    """Return factors (movies, k) as tiles (tiles, k, TILE); the last one is filled with zeros."""
    count, k = movies.shape
    tiles = -(-count // TILE)
    padded = np.zeros((tiles * TILE, k), np.float32)
    padded[:count] = movies
    return np.ascontiguousarray(padded.reshape(tiles, TILE, k).transpose(0, 2, 1))


@compiled
def _rank_users(
    users: Any, lengths: Any, tiles: Any, bounds: Any, order: Any, starts: Any, seen_columns: Any,
    chosen: Any, best: Any,
) -> None:  # fmt: skip
    """Write the lists of some users to ``chosen`` and ``best`` (users, n).

    ``bounds`` (tiles,) are the greatest lengths of the movies of the tiles, in descending order.
    ``order`` (movies,) has the column of each movie in the tiles. The seen columns of user u are
    ``seen_columns[starts[u]:starts[u + 1]]``.
    """
    k = users.shape[1]
    seen = np.zeros((USERS, len(order)), np.bool_)
    block = np.zeros((USERS, k), np.float32)
    scores = np.empty((USERS, TILE), np.float32)
    chosen[:] = -1
    best[:] = -np.float32(3e38)
    for first in range(0, len(users), USERS):
        count = min(USERS, len(users) - first)
        block[:count] = users[first : first + count]
        for r in range(count):
            for p in range(starts[first + r], starts[first + r + 1]):
                seen[r, seen_columns[p]] = True
        for t in range(len(tiles)):
            needed = False
            for r in range(first, first + count):
                needed |= lengths[r] * bounds[t] >= best[r, -1]
            if not needed:
                break
            _score_tile(block, tiles[t], scores)
            width = min(TILE, len(order) - t * TILE)
            for r in range(count):
                _enter(
                    scores[r, :width], order[t * TILE :], seen[r], chosen[first + r],
                    best[first + r],
                )  # fmt: skip
        for r in range(count):
            for p in range(starts[first + r], starts[first + r + 1]):
                seen[r, seen_columns[p]] = False
    for r in range(len(users)):
        for rank in range(chosen.shape[1]):
            if chosen[r, rank] < 0:
                best[r, rank] = -np.inf


@compiled
def _enter(scores: Any, columns: Any, seen: Any, listed: Any, values: Any) -> None:
    """Enter the unseen movies of a tile into a list, if their scores are high enough."""
    last = len(listed) - 1
    highest = scores[0]
    # This loop is vectorised, and few tiles have a score that enters the list.
    for j in range(len(scores)):
        highest = max(highest, scores[j])
    if highest < values[last]:
        return
    for j in range(len(scores)):
        score, column = scores[j], columns[j]
        if score < values[last] or seen[column]:
            continue
        rank = last + 1
        # Of equal scores, the lower column comes first.
        while rank > 0 and (
            values[rank - 1] < score
            or (values[rank - 1] == score and not 0 <= listed[rank - 1] < column)
        ):
            rank -= 1
            if rank < last:
                values[rank + 1], listed[rank + 1] = values[rank], listed[rank]
        if rank <= last:
            values[rank], listed[rank] = score, column


@compiled
def _score_tile(users: Any, tile: Any, scores: Any) -> None:
    """Write the products of 8 users (8, k) and a tile (k, TILE) to ``scores`` (8, TILE)."""
    u0, u1, u2, u3 = users[0], users[1], users[2], users[3]
    u4, u5, u6, u7 = users[4], users[5], users[6], users[7]
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = zeros(TILE)
    for f in range(len(tile)):
        y = load(tile, f * TILE, s0)
        s0, s1 = add_scaled(s0, u0[f], y), add_scaled(s1, u1[f], y)
        s2, s3 = add_scaled(s2, u2[f], y), add_scaled(s3, u3[f], y)
        s4, s5 = add_scaled(s4, u4[f], y), add_scaled(s5, u5[f], y)
        s6, s7 = add_scaled(s6, u6[f], y), add_scaled(s7, u7[f], y)
    store(s0, scores, 0)
    store(s1, scores, TILE)
    store(s2, scores, 2 * TILE)
    store(s3, scores, 3 * TILE)
    store(s4, scores, 4 * TILE)
    store(s5, scores, 5 * TILE)
    store(s6, scores, 6 * TILE)
    store(s7, scores, 7 * TILE)
