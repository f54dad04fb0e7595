"""The inner loops of exact ALS, compiled by numba: they solve one row (user or movie) at a time.

For observations with targets b and weights a, of columns with factors y, the solution x of a row is

    (w · Σ over all columns y·yᵀ + Σ a · y·yᵀ + ridge · I) x = Σ a · b · y

where w is the weight of all pairs. The result of a row depends on the row alone, and not on blocks
or threads. Arrays are C-contiguous. If ``weights`` is empty, all weights are 1.

With ``biases``, the first number of a row of ``fixed`` is a bias. It is subtracted from b and
replaced by 1 in y, so that the first number of x is the bias of the row.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit

from reelhouse.als.settings import Floats

# error_model="numpy" omits checks for division by zero, which would prevent vectorised loops.
compiled = njit(cache=True, nogil=True, fastmath=True, error_model="numpy")

# Columns of the buffer of a Gram matrix: 64 × 128 floats fill 32 KiB, an L1 cache.
WIDTH = 128
GRAM_ROWS = 128 * WIDTH


@compiled
def solve_exactly(indptr, columns, targets, weights, fixed, biases, gram, ridge, solved):
    """Solve every row by Cholesky decomposition; return the sum of their objectives.

    ``indptr`` (rows + 1,) int64, ``columns`` (n,) int32, ``targets`` (n,) and ``weights`` (n,) or
    (0,) are the observations in CSR form. ``fixed`` (columns, k) are the factors of the other side.
    ``gram`` (k, k) is w · fixedᵀ·fixed; its shape is (0, 0) for w = 0. ``ridge`` (rows,) is the
    regularisation of each row. The result is written to ``solved`` (rows, k).
    """
    k = fixed.shape[1]
    buffer, matrix, lower = workspace(k)
    padded = len(matrix)
    right = np.zeros(padded, np.float32)
    target = np.empty(WIDTH, np.float32)
    roots = np.ones(WIDTH, np.float32)
    total = 0.0
    for row in range(len(indptr) - 1):
        start, stop = indptr[row], indptr[row + 1]
        right[:] = 0
        matrix[:] = 0
        if len(gram):
            matrix[:k, :k] = gram
        constant = 0.0
        for first in range(start, stop, WIDTH):
            count = min(WIDTH, stop - first)
            width = gather(fixed, columns[first : first + count], buffer)
            for p in range(count):
                target[p] = targets[first + p]
            if biases:
                for p in range(count):
                    target[p] -= buffer[0, p]
                    buffer[0, p] = 1
            if len(weights):
                for p in range(count):
                    roots[p] = np.sqrt(weights[first + p])
                for i in range(k):
                    for p in range(count):
                        buffer[i, p] *= roots[p]
            for p in range(count):
                constant += (roots[p] * target[p]) ** 2
            for i in range(k):
                factor = buffer[i]
                dot = np.float32(0)
                for p in range(count):
                    dot += factor[p] * roots[p] * target[p]
                right[i] += dot
            add_gram(buffer, width, matrix)
        for i in range(padded):
            matrix[i, i] += ridge[row]
        solved[row] = 0
        if stop > start:
            factorise(matrix, lower)
            x = solved[row]
            x[:] = right[:k]
            _substitute(lower, x)
            for i in range(k):
                constant -= np.float64(x[i]) * right[i]
        total += constant
    return total


def gram_matrix(factors: Floats, threads: int = 1) -> Floats:
    """Return factorsᵀ·factors (k, k) of factors (rows, k), summed in float64.

    The blocks of rows, and so the result, do not depend on the number of threads.
    """
    blocks = [factors[i : i + GRAM_ROWS] for i in range(0, len(factors), GRAM_ROWS)]
    with ThreadPoolExecutor(threads) as pool:
        total = sum(pool.map(_gram_of_block, blocks), np.zeros((factors.shape[1],) * 2))
    gram: Floats = total.astype(np.float32)
    return gram


@compiled
def _gram_of_block(factors):
    rows, k = factors.shape
    buffer, matrix, _ = workspace(k)
    total = np.zeros((k, k))
    for first in range(0, rows, WIDTH):
        members = np.arange(first, min(first + WIDTH, rows)).astype(np.int32)
        matrix[:] = 0
        add_gram(buffer, gather(factors, members, buffer), matrix)
        total += matrix[:k, :k]
    for i in range(k):
        for j in range(i + 1, k):
            total[i, j] = total[j, i]
    return total


@compiled
def workspace(k):
    """Return zeros for ``gather``, ``add_gram`` and ``factorise``: buffer, matrix and lower.

    These take four rows at once, so k is rounded up to a multiple of four.
    """
    padded = (k + 3) // 4 * 4
    buffer = np.zeros((padded, WIDTH), np.float32)
    matrix = np.zeros((padded, padded), np.float32)
    lower = np.zeros((padded, (padded + 7) // 8 * 8), np.float32)
    return buffer, matrix, lower


@compiled
def gather(factors, members, buffer):
    """Write factors of members as columns of buffer; return their number, a multiple of 8."""
    k, count = factors.shape[1], len(members)
    whole = count // 8 * 8
    # Eight at once, so that each row of the buffer is written by vector instructions.
    for p in range(0, whole, 8):
        y0, y1 = factors[members[p]], factors[members[p + 1]]
        y2, y3 = factors[members[p + 2]], factors[members[p + 3]]
        y4, y5 = factors[members[p + 4]], factors[members[p + 5]]
        y6, y7 = factors[members[p + 6]], factors[members[p + 7]]
        for i in range(k):
            row = buffer[i]
            row[p], row[p + 1], row[p + 2], row[p + 3] = y0[i], y1[i], y2[i], y3[i]
            row[p + 4], row[p + 5], row[p + 6], row[p + 7] = y4[i], y5[i], y6[i], y7[i]
    if whole == count:
        return count
    buffer[:k, whole : whole + 8] = 0
    for p in range(whole, count):
        factor = factors[members[p]]
        for i in range(k):
            buffer[i, p] = factor[i]
    return whole + 8


@compiled
def add_gram(buffer, width, matrix):
    """Add buffer·bufferᵀ over its first ``width`` columns to the lower triangle of matrix.

    Tiles of 4 × 2 dot products stay in registers. Tiles on the diagonal also write above it.
    """
    for i in range(0, matrix.shape[0], 4):
        a0, a1, a2, a3 = buffer[i], buffer[i + 1], buffer[i + 2], buffer[i + 3]
        for j in range(0, i + 4, 2):
            b0, b1 = buffer[j], buffer[j + 1]
            s00 = s01 = s10 = s11 = s20 = s21 = s30 = s31 = np.float32(0)
            for p in range(width):
                s00 += a0[p] * b0[p]
                s01 += a0[p] * b1[p]
                s10 += a1[p] * b0[p]
                s11 += a1[p] * b1[p]
                s20 += a2[p] * b0[p]
                s21 += a2[p] * b1[p]
                s30 += a3[p] * b0[p]
                s31 += a3[p] * b1[p]
            matrix[i, j] += s00
            matrix[i, j + 1] += s01
            matrix[i + 1, j] += s10
            matrix[i + 1, j + 1] += s11
            matrix[i + 2, j] += s20
            matrix[i + 2, j + 1] += s21
            matrix[i + 3, j] += s30
            matrix[i + 3, j + 1] += s31


@compiled
def factorise(matrix, lower):
    """Cholesky: lower·lowerᵀ = matrix, read and written in the lower triangle.

    The entries of ``lower`` right of the diagonal are 0, so that dot products can end at a multiple
    of 8.
    """
    size = matrix.shape[0]
    lower[:] = 0
    for j in range(size):
        pivot_row = lower[j]
        width = (j + 7) // 8 * 8
        pivot = matrix[j, j]
        # Rounding can take a pivot below 0 when the ridge is tiny.
        pivot = max(pivot - _dot(pivot_row[:width], pivot_row[:width]), np.float32(1e-7) * pivot)
        inverse = np.float32(1) / np.sqrt(pivot)
        aligned = min((j + 4) // 4 * 4, size)
        for i in range(j + 1, aligned):
            lower[i, j] = (matrix[i, j] - _dot(lower[i, :width], pivot_row[:width])) * inverse
        for i in range(aligned, size, 4):
            r0, r1, r2, r3 = lower[i], lower[i + 1], lower[i + 2], lower[i + 3]
            s0 = s1 = s2 = s3 = np.float32(0)
            for t in range(width):
                s0 += r0[t] * pivot_row[t]
                s1 += r1[t] * pivot_row[t]
                s2 += r2[t] * pivot_row[t]
                s3 += r3[t] * pivot_row[t]
            r0[j] = (matrix[i, j] - s0) * inverse
            r1[j] = (matrix[i + 1, j] - s1) * inverse
            r2[j] = (matrix[i + 2, j] - s2) * inverse
            r3[j] = (matrix[i + 3, j] - s3) * inverse
        lower[j, j] = pivot * inverse


@compiled
def _substitute(lower, x):
    """Solve lower·lowerᵀ x = x in place, in the first len(x) rows."""
    for j in range(len(x)):
        x[j] = (x[j] - _dot(lower[j, :j], x[:j])) / lower[j, j]
    for j in range(len(x) - 1, -1, -1):
        x[j] /= lower[j, j]
        for t in range(j):
            x[t] -= x[j] * lower[j, t]


@compiled
def _dot(a, b):
    total = np.float32(0)
    for i in range(len(a)):
        total += a[i] * b[i]
    return total
