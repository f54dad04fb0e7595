"""Weights of the neighbours of each movie, from the inverse of a small matrix for each movie."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from reelhouse.als.csr import balanced_bounds
from reelhouse.als.kernels import compiled
from reelhouse.als.settings import Floats

PIECES = 64
"""Number of ranges of movies. A thread solves one range at a time."""


def solve_neighbourhoods(
    neighbours: csr_matrix,
    by_movie: csr_matrix,
    user_weights: NDArray[np.float64],
    penalty: NDArray[np.float64],
    off_diagonal: float,
) -> Floats:
    """Return the weight of each neighbour, in the order of ``neighbours.indices``.

    For movie j, let S be j and its neighbours, G the Gram matrix of S with the users weighted, and
    P = (G + diag(penalty))⁻¹. The weight of neighbour i is
    -P_ij · max(penalty_j, off_diagonal / P_jj).

    Parameters
    ----------
    neighbours
        Matrix (movies, movies) whose row j has entries for the neighbours of movie j.
    by_movie
        Likes (movies, users) of ones.
    user_weights
        Weight (users,) of each user in the Gram matrix.
    penalty
        Number (movies,) added to the diagonal of the Gram matrix, above 0.
    off_diagonal
        1 minus the largest weight of a movie for itself.
    """
    weights = np.zeros(len(neighbours.indices), np.float32)
    bounds = balanced_bounds(neighbours.indptr.astype(np.int64), PIECES)
    longest = int(np.diff(neighbours.indptr).max(initial=0))
    arrays = (neighbours.indptr, neighbours.indices, by_movie.indptr, by_movie.indices)

    def solve(piece: int) -> None:
        first, last = bounds[piece], bounds[piece + 1]
        _solve(first, last, *arrays, user_weights, penalty, off_diagonal, longest, weights)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(solve, range(len(bounds) - 1)))
    return weights


@compiled
def _solve(
    first: int,
    last: int,
    indptr: Any,
    indices: Any,
    user_indptr: Any,
    users: Any,
    user_weights: Any,
    penalty: Any,
    off_diagonal: float,
    longest: int,
    weights: Any,
) -> None:
    # For each user, the positions in the neighbourhood of the movies that the user likes.
    liked = np.empty((len(user_weights), longest + 1), np.int32)
    counts = np.zeros(len(user_weights), np.int64)
    for j in range(first, last):
        start, size = indptr[j], indptr[j + 1] - indptr[j]
        members = np.empty(size + 1, np.int64)
        members[:size], members[size] = indices[start : start + size], j
        gram = np.zeros((size + 1, size + 1))
        for a in range(size + 1):
            gram[a, a] = penalty[members[a]]
            for p in range(user_indptr[members[a]], user_indptr[members[a] + 1]):
                user = users[p]
                for b in range(counts[user]):
                    gram[a, liked[user, b]] += user_weights[user]
                gram[a, a] += user_weights[user]
                liked[user, counts[user]] = a
                counts[user] += 1
        for movie in members:
            for p in range(user_indptr[movie], user_indptr[movie + 1]):
                counts[users[p]] = 0
        column = _last_column_of_inverse(gram)
        multiplier = max(penalty[j], off_diagonal / column[size])
        for a in range(size):
            weights[start + a] = -column[a] * multiplier


@compiled
def _last_column_of_inverse(matrix: Any) -> Any:
    """Return the last column (n,) of the inverse of a matrix (n, n), whose lower half is read.

    L of the Cholesky decomposition L·Lᵀ replaces the lower half. The column x solves
    Lᵀ·x = e / L_nn, where e is the last unit vector.
    """
    n = len(matrix)
    for a in range(n):
        for b in range(a + 1):
            total = matrix[a, b]
            for c in range(b):
                total -= matrix[a, c] * matrix[b, c]
            matrix[a, b] = total / matrix[b, b] if b < a else np.sqrt(total)
    column = np.zeros(n)
    column[n - 1] = 1 / matrix[n - 1, n - 1]
    for a in range(n - 1, -1, -1):
        column[a] /= matrix[a, a]
        for c in range(a):
            column[c] -= matrix[a, c] * column[a]
    return column
