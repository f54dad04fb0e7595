"""The inner loops of exact ALS, compiled by numba: they solve one row (user or movie) at a time.

For observations with targets b and weights a, of columns with factors y, the solution x of a row is

    (w · Σ over all columns y·yᵀ + Σ a · y·yᵀ + ridge · I) x = Σ a · b · y

where w is the weight of all pairs. The result of a row depends on the row alone, and not on blocks
or threads. Arrays are C-contiguous. If ``weights`` is empty, all weights are 1.

With ``biases``, the first number of a row of ``fixed`` is a bias. It is subtracted from b and
replaced by 1 in y, so that the first number of x is the bias of the row.

Rows of factors are padded with zeros to the lanes of a vector (``vectors.lanes_for``). A matrix of
normal equations has the same width, and 1 on the padded part of its diagonal.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
from numba import njit

from reelhouse.als.settings import Floats
from reelhouse.als.vectors import (
    REGISTER,
    add_scaled,
    dot,
    first_lane,
    lanes_for,
    load,
    pad_rows,
    prefetch,
    scaled,
    store,
    with_first_lane,
    zeros,
)

# error_model="numpy" omits checks for division by zero, which would prevent vectorised loops.
compiled = njit(cache=True, nogil=True, fastmath=True, error_model="numpy")

# Factors are gathered for this number of observations at once: with 64 factors, 32 KiB fit in an
# L1 cache.
GATHERED = 128
# Rows of factors are requested from memory this number of observations before they are needed.
AHEAD = 8
GRAM_ROWS = 128 * GATHERED


@cache
def exact_solver(lanes: int) -> Callable[..., float]:
    """Return the compiled function that solves every row by Cholesky decomposition.

    It returns the sum of the objectives of the rows. Its arguments are the observations in CSR form
    (``indptr`` (rows + 1,) int64, ``columns`` (n,) int32, ``targets`` (n,) and ``weights`` (n,) or
    (0,)); ``fixed`` (columns, lanes), the factors of the other side; ``biases``, whether there are
    biases; ``gram`` (lanes, lanes), which is w · fixedᵀ·fixed, or (0, 0) for w = 0; ``ridge``
    (rows,), the regularisation of each row; and ``solved`` (rows, k), to which the result is
    written.
    """

    @compiled
    def solve_exactly(indptr, columns, targets, weights, fixed, biases, gram, ridge, solved):
        rows, k = solved.shape
        gathered = np.empty((GATHERED, lanes), np.float32)
        matrix = np.empty((lanes, lanes), np.float32)
        numbers = np.empty(lanes, np.float32)
        last = indptr[rows] - 1
        total = 0.0
        for row in range(rows):
            start, stop = indptr[row], indptr[row + 1]
            solved[row] = 0
            if start == stop:
                continue
            if len(gram):
                matrix[:] = gram
            else:
                matrix[:] = 0
            right = zeros(lanes)
            objective = 0.0
            for first in range(start, stop, GATHERED):
                count = min(GATHERED, stop - first)
                for q in range(count):
                    p = first + q
                    prefetch(fixed, np.int64(columns[min(p + AHEAD, last)]) * lanes, right)
                    factors = load(fixed, np.int64(columns[p]) * lanes, right)
                    target = targets[p]
                    if biases:
                        target -= first_lane(factors)
                        factors = with_first_lane(factors, np.float32(1))
                    if len(weights):
                        root = np.sqrt(weights[p])
                        target *= root
                        factors = scaled(root, factors)
                    objective += target * target
                    right = add_scaled(right, target, factors)
                    store(factors, gathered, q * lanes)
                add_gram(gathered, count, matrix)
            for i in range(k):
                matrix[i, i] += ridge[row]
            for i in range(k, lanes):
                matrix[i, i] = 1
            store(right, numbers, 0)
            x = solved[row]
            x[:] = numbers[:k]
            factorise(matrix)
            solve_lower(matrix, numbers)
            solve_upper(matrix, numbers)
            for i in range(k):
                objective -= np.float64(numbers[i]) * x[i]
                x[i] = numbers[i]
            total += objective
        return total

    return solve_exactly  # type: ignore[no-any-return]


def gram_matrix(factors: Floats, threads: int = 1) -> Floats:
    """Return factorsᵀ·factors (k, k) of factors (rows, k), summed in float64.

    The blocks of rows, and so the result, do not depend on the number of threads.
    """
    k = factors.shape[1]
    lanes = lanes_for(k)
    blocks = [
        pad_rows(factors[i : i + GRAM_ROWS], lanes) for i in range(0, len(factors), GRAM_ROWS)
    ]
    with ThreadPoolExecutor(threads) as pool:
        total = sum(pool.map(_gram_of_block, blocks), np.zeros((lanes, lanes)))
    gram: Floats = total[:k, :k].astype(np.float32)
    return gram


@compiled
def _gram_of_block(factors):
    lanes = factors.shape[1]
    matrix = np.empty((lanes, lanes), np.float32)
    total = np.zeros((lanes, lanes))
    for first in range(0, len(factors), GATHERED):
        matrix[:] = 0
        piece = factors[first : first + GATHERED]
        add_gram(piece, len(piece), matrix)
        total += matrix
    for i in range(lanes):
        for j in range(i):
            total[i, j] = total[j, i]
    return total


@compiled
def add_gram(rows, count, matrix):
    """Add rowsᵀ·rows of the first ``count`` rows (n, lanes) to the upper triangle of ``matrix``.

    Tiles on the diagonal also write below it.
    """
    lanes = matrix.shape[1]
    for i in range(0, lanes, 8):
        for j in range(i // REGISTER * REGISTER, lanes, REGISTER):
            _add_products(rows, count, np.float32(1), i, j, matrix)


@compiled
def factorise(matrix):
    """Cholesky: replace the upper triangle of ``matrix`` by that of U, where Uᵀ·U = matrix.

    The diagonal has the reciprocals of U's diagonal. Numbers below the diagonal are undefined.
    """
    lanes, like = matrix.shape[1], zeros(REGISTER)
    smallest = np.empty(8, np.float32)
    for first in range(0, lanes, 8):
        # Rounding can take a pivot below 0 when the ridge is tiny.
        for row in range(first, first + 8):
            smallest[row - first] = np.float32(1e-7) * matrix[row, row]
        for j in range(first // REGISTER * REGISTER, lanes, REGISTER):
            _add_products(matrix, first, np.float32(-1), first, j, matrix)
        for row in range(first, first + 8):
            inverse = np.float32(1) / np.sqrt(max(matrix[row, row], smallest[row - first]))
            for j in range(row // REGISTER * REGISTER, lanes, REGISTER):
                pivots = scaled(inverse, load(matrix, row * lanes + j, like))
                store(pivots, matrix, row * lanes + j)
            matrix[row, row] = inverse
            for below in range(row + 1, first + 8):
                factor = -matrix[row, below]
                for j in range(below // REGISTER * REGISTER, lanes, REGISTER):
                    pivots = load(matrix, row * lanes + j, like)
                    at = below * lanes + j
                    store(add_scaled(load(matrix, at, like), factor, pivots), matrix, at)


@compiled
def _add_products(rows, count, sign, i, j, matrix):
    """Add sign · Σ row[i + r] · row[j + c] over the first rows to a tile of ``matrix``.

    r goes from 0 to 7, and c from 0 to 15. The tile stays in registers.
    """
    lanes, like = matrix.shape[1], zeros(REGISTER)
    at = i * lanes + j
    m0, m1 = load(matrix, at, like), load(matrix, at + lanes, like)
    m2, m3 = load(matrix, at + 2 * lanes, like), load(matrix, at + 3 * lanes, like)
    m4, m5 = load(matrix, at + 4 * lanes, like), load(matrix, at + 5 * lanes, like)
    m6, m7 = load(matrix, at + 6 * lanes, like), load(matrix, at + 7 * lanes, like)
    for p in range(count):
        row = rows[p]
        y = scaled(sign, load(row, j, like))
        m0, m1 = add_scaled(m0, row[i], y), add_scaled(m1, row[i + 1], y)
        m2, m3 = add_scaled(m2, row[i + 2], y), add_scaled(m3, row[i + 3], y)
        m4, m5 = add_scaled(m4, row[i + 4], y), add_scaled(m5, row[i + 5], y)
        m6, m7 = add_scaled(m6, row[i + 6], y), add_scaled(m7, row[i + 7], y)
    store(m0, matrix, at)
    store(m1, matrix, at + lanes)
    store(m2, matrix, at + 2 * lanes)
    store(m3, matrix, at + 3 * lanes)
    store(m4, matrix, at + 4 * lanes)
    store(m5, matrix, at + 5 * lanes)
    store(m6, matrix, at + 6 * lanes)
    store(m7, matrix, at + 7 * lanes)


@compiled
def solve_lower(upper, numbers):
    """Solve Uᵀ x = numbers in place, with the result of ``factorise``."""
    lanes = len(numbers)
    for first in range(0, lanes, 8):
        rest = load(numbers, first, zeros(8))
        for j in range(first):
            rest = add_scaled(rest, -numbers[j], load(upper, j * lanes + first, rest))
        store(rest, numbers, first)
        for i in range(first, first + 8):
            for j in range(first, i):
                numbers[i] -= upper[j, i] * numbers[j]
            numbers[i] *= upper[i, i]


@compiled
def solve_upper(upper, numbers):
    """Solve U x = numbers in place, with the result of ``factorise``."""
    lanes = len(numbers)
    for first in range(lanes - 8, -1, -8):
        for i in range(first + 7, first - 1, -1):
            for j in range(i + 1, first + 8):
                numbers[i] -= upper[i, j] * numbers[j]
            numbers[i] *= upper[i, i]
        solved = load(numbers, first, zeros(8))
        for i in range(first):
            numbers[i] -= dot(load(upper, i * lanes + first, solved), solved)
