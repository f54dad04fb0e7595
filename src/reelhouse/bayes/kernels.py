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

from collections.abc import Callable
from functools import cache

import numpy as np

from reelhouse.als.kernels import (
    AHEAD,
    GATHERED,
    add_gram,
    compiled,
    factorise,
    solve_lower,
    solve_upper,
)
from reelhouse.als.vectors import (
    add_scaled,
    first_lane,
    load,
    prefetch,
    scaled,
    store,
    with_first_lane,
    zeros,
)

# Bag vectors are drawn for this many columns at once: a vector register holds eight floats.
LANES = 8


@cache
def row_sampler(lanes: int) -> Callable[..., None]:
    """Return the compiled function that draws every row, given the rows of the other side.

    With w = noise of the row · (root of the column)², the inverse covariance and mean of a row are

        A = precision + Σ w · y·yᵀ      A⁻¹ (pull + Σ w · (value - bias of the column) · y)

    Its arguments are the observations; ``fixed`` (columns, lanes), the rows of the other side with
    zeros up to the lanes; ``roots`` (columns,), the roots of the noise precision of the columns;
    ``noise`` (rows,), the noise precision of the rows; ``precision`` (k, k) of the prior; ``pulls``
    (rows, k), which is precision · prior mean; ``over_relaxation``, which is ω; and standard normal
    ``draws`` (rows, k). With zeros as draws and without over-relaxation, the result is the mean. It
    replaces ``rows`` (rows, k).
    """

    @compiled
    def draw_rows(
        indptr, columns, values, fixed, roots, noise, precision, pulls, over_relaxation, draws, rows
    ):
        count, k = rows.shape
        gathered = np.empty((GATHERED, lanes), np.float32)
        matrix = np.empty((lanes, lanes), np.float32)
        numbers = np.zeros(lanes, np.float32)
        draw_size = np.sqrt(np.float32(1) - over_relaxation * over_relaxation)
        last = indptr[count] - 1
        for row in range(count):
            numbers[:k] = pulls[row]
            numbers[k:] = 0
            right = load(numbers, 0, zeros(lanes))
            matrix[:] = 0
            matrix[:k, :k] = precision
            for i in range(k, lanes):
                matrix[i, i] = 1
            row_root = np.sqrt(noise[row])
            stop = indptr[row + 1]
            for first in range(indptr[row], stop, GATHERED):
                size = min(GATHERED, stop - first)
                for q in range(size):
                    p = first + q
                    prefetch(fixed, np.int64(columns[min(p + AHEAD, last)]) * lanes, right)
                    factors = load(fixed, np.int64(columns[p]) * lanes, right)
                    root = row_root * roots[columns[p]]
                    target = root * (values[p] - first_lane(factors))
                    factors = scaled(root, with_first_lane(factors, np.float32(1)))
                    right = add_scaled(right, target, factors)
                    store(factors, gathered, q * lanes)
                add_gram(gathered, size, matrix)
            factorise(matrix)
            store(right, numbers, 0)
            solve_lower(matrix, numbers)
            for i in range(k):
                mean_part = (np.float32(1) + over_relaxation) * numbers[i]
                numbers[i] = mean_part + draw_size * draws[row, i]
            solve_upper(matrix, numbers)
            for i in range(k):
                rows[row, i] = numbers[i] - over_relaxation * rows[row, i]

    return draw_rows  # type: ignore[no-any-return]


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
