"""The inner loops of the sampler, compiled by numba: rows, bag vectors, errors and scores.

A row is (bias, factors …) with k numbers. The score of row x and column y is

    x[0] + y[0] + Σ over the factors f  x[f] · y[f]

so that a row x sees a column as (1, y[1], …) once y[0] is subtracted from the value. Observations
are in CSR form: ``indptr`` (rows + 1,) int64, ``columns`` (n,) int32 and ``values`` (n,). All other
arrays are float32 and C-contiguous. The result of a row does not depend on blocks or threads.

A draw from the normal distribution with mean m and covariance C may be over-relaxed (Adler 1981,
"Over-relaxation Method for the Monte Carlo Evaluation of the Partition Function for Multiquadratic
Actions"): with ω from 0 up to, but without, 1 and e ~ N(0, C), the value x becomes

    m - ω · (x - m) + √(1 - ω²) · e

which leaves the distribution as it is. A chain of such draws oscillates around its mean instead of
walking at random, so that averages converge sooner.
"""

from __future__ import annotations

import numpy as np

from reelhouse.als.kernels import WIDTH, add_gram, compiled, factorise, gather, workspace

# Bag vectors are drawn for this many columns at once: a vector register holds eight floats.
LANES = 8


@compiled
def draw_rows(
    indptr, columns, values, fixed, roots, noise, precision, pulls, over_relaxation, draws, rows
):
    """Draw every row from its normal distribution, given the rows of the other side.

    With w = noise of the row · (root of the column)², the inverse covariance and mean of a row are

        A = precision + Σ w · y·yᵀ      A⁻¹ (pull + Σ w · (value - bias of the column) · y)

    ``fixed`` (columns, k) are the rows of the other side. ``roots`` (columns,) are the roots of the
    noise precision of the columns, and ``noise`` (rows,) is that of the rows. ``precision`` (k, k)
    belongs to the prior, and ``pulls`` (rows, k) is precision · prior mean. ``over_relaxation`` is
    ω. ``draws`` (rows, k) are standard normal numbers; with zeros and without over-relaxation, the
    result is the mean. It replaces ``rows`` (rows, k).
    """
    k = fixed.shape[1]
    buffer, matrix, lower = workspace(k)
    target = np.empty(WIDTH, np.float32)
    root = np.empty(WIDTH, np.float32)
    x = np.empty(k, np.float32)
    draw_size = np.sqrt(np.float32(1) - over_relaxation * over_relaxation)
    for row in range(len(indptr) - 1):
        x[:] = pulls[row]
        matrix[:] = 0
        matrix[:k, :k] = precision
        # Rows beyond k are padding; without ones, the matrix would be singular.
        for i in range(k, len(matrix)):
            matrix[i, i] = 1
        row_root = np.sqrt(noise[row])
        stop = indptr[row + 1]
        for first in range(indptr[row], stop, WIDTH):
            count = min(WIDTH, stop - first)
            width = gather(fixed, columns[first : first + count], buffer)
            for p in range(count):
                root[p] = row_root * roots[columns[first + p]]
                target[p] = root[p] * (values[first + p] - buffer[0, p])
                buffer[0, p] = root[p]
            for i in range(1, k):
                for p in range(count):
                    buffer[i, p] *= root[p]
            for i in range(k):
                factor = buffer[i]
                dot = np.float32(0)
                for p in range(count):
                    dot += factor[p] * target[p]
                x[i] += dot
            add_gram(buffer, width, matrix)
        factorise(matrix, lower)
        _solve_and_draw(lower, x, over_relaxation, draw_size, draws[row], rows[row])


@compiled
def _solve_and_draw(lower, x, over_relaxation, draw_size, draw, row):
    """Draw a row whose mean solves lower·lowerᵀ mean = x, and whose covariance has this inverse.

    ``x`` is overwritten, and the result replaces ``row``.
    """
    k = len(x)
    for j in range(k):
        total = np.float32(0)
        for t in range(j):
            total += lower[j, t] * x[t]
        x[j] = (x[j] - total) / lower[j, j]
    for j in range(k):
        x[j] = (np.float32(1) + over_relaxation) * x[j] + draw_size * draw[j]
    for j in range(k - 1, -1, -1):
        x[j] /= lower[j, j]
        for t in range(j):
            x[t] -= x[j] * lower[j, t]
        row[j] = x[j] - over_relaxation * row[j]


@compiled
def draw_bag_vectors(
    indptr, members, squares, pulls, precision, means, over_relaxation, draws, vectors
):
    """Draw the bag vectors, one after another, in ``LANES`` columns that are independent.

    The bag of row u has the vectors of all columns j that u has rated, times its weight w. The rows
    minus their prior mean have the distribution N(w · Σ vectors, 1 / precision), and a vector has
    the prior N(mean, 1).

    ``indptr`` and ``members`` list the rows u of each vector j. ``squares`` (rows,) is w².
    ``pulls`` (rows, LANES) is w · (row - prior mean - w · Σ vectors), and is kept up to date.
    ``precision`` (LANES,), ``means`` (LANES,), ω and standard normal ``draws`` (vectors, LANES).
    The result replaces ``vectors`` (vectors, LANES).
    """
    total = np.empty(LANES, np.float32)
    step = np.empty(LANES, np.float32)
    draw_size = np.sqrt(np.float32(1) - over_relaxation * over_relaxation)
    for j in range(len(indptr) - 1):
        start, stop = indptr[j], indptr[j + 1]
        total[:] = 0
        weight = np.float32(0)
        for p in range(start, stop):
            pull = pulls[members[p]]
            weight += squares[members[p]]
            for f in range(LANES):
                total[f] += pull[f]
        vector = vectors[j]
        for f in range(LANES):
            known = np.float32(1) + precision[f] * weight
            mean = (precision[f] * (total[f] + weight * vector[f]) + means[f]) / known
            deviation = draw_size * draws[j, f] / np.sqrt(known)
            step[f] = (np.float32(1) + over_relaxation) * (mean - vector[f]) + deviation
            vector[f] += step[f]
        for p in range(start, stop):
            pull = pulls[members[p]]
            square = squares[members[p]]
            for f in range(LANES):
                pull[f] -= square * step[f]


@compiled
def sum_bags(indptr, columns, weights, vectors, sums):
    """Write weight · Σ over the rated columns of their vectors to ``sums`` (rows, k).

    ``weights`` (rows,) and ``vectors`` (columns, k).
    """
    k = vectors.shape[1]
    for row in range(len(indptr) - 1):
        total = sums[row]
        total[:] = 0
        for p in range(indptr[row], indptr[row + 1]):
            vector = vectors[columns[p]]
            for f in range(k):
                total[f] += vector[f]
        for f in range(k):
            total[f] *= weights[row]


@compiled
def squared_errors(indptr, columns, values, fixed, weights, rows, sums):
    """Write Σ weight of the column · (value - score)² of each row to ``sums`` (rows,) float64.

    ``fixed`` (columns, k), ``weights`` (columns,) and ``rows`` (rows, k).
    """
    for row in range(len(indptr) - 1):
        x = rows[row]
        total = 0.0
        for p in range(indptr[row], indptr[row + 1]):
            error = np.float64(values[p] - _score(x, fixed[columns[p]]))
            total += weights[columns[p]] * error * error
        sums[row] = total


@compiled
def score_pairs(first_positions, second_positions, first_rows, second_rows, scores):
    """Write the scores of pairs (n,) of positions in the rows of both sides to ``scores`` (n,)."""
    for p in range(len(first_positions)):
        scores[p] = _score(first_rows[first_positions[p]], second_rows[second_positions[p]])


@compiled
def _score(x, y):
    total = x[0] + y[0]
    for f in range(1, len(x)):
        total += x[f] * y[f]
    return total
