"""The inner loop of ALS by conjugate gradients, compiled by numba.

Takács, Pilászy & Tikk 2011, "Applications of the Conjugate Gradient Method for Implicit Feedback
Collaborative Filtering".
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from reelhouse.als.kernels import AHEAD, compiled
from reelhouse.als.vectors import (
    add_scaled,
    dot,
    first_lane,
    load,
    prefetch,
    scaled,
    store,
    with_first_lane,
    zeros,
)

# A row is solved when its squared residual is this share of the initial squared residual.
# Float32 holds seven digits, so that further steps would follow rounding errors.
TOLERANCE = 1e-13


@cache
def cg_solver(lanes: int) -> Callable[..., float]:
    """Return the compiled function that improves every row by conjugate-gradient steps.

    Its arguments are those of ``exact_solver`` and the largest number of steps. ``solved`` (rows,
    k) has the factors to start from, and then the result.
    """

    @compiled
    def solve_by_cg(
        indptr, columns, targets, weights, fixed, biases, gram, ridge, solved, steps
    ):  # fmt: skip
        rows, k = solved.shape
        longest = 0
        for row in range(rows):
            longest = max(longest, indptr[row + 1] - indptr[row])
        # Copied once, since every step reads them.
        gathered = np.empty((longest, lanes), np.float32)
        numbers = np.zeros(lanes, np.float32)
        last = indptr[rows] - 1
        weight = np.float32(1)
        total = 0.0
        for row in range(rows):
            start, stop = indptr[row], indptr[row + 1]
            if start == stop:
                solved[row] = 0
                continue
            numbers[:k] = solved[row]
            x = load(numbers, 0, zeros(lanes))
            image = _apply(gram, ridge[row], numbers, x)
            objective = np.float64(dot(x, image))
            residual = scaled(np.float32(-1), image)
            for p in range(start, stop):
                prefetch(fixed, np.int64(columns[min(p + AHEAD, last)]) * lanes, x)
                factors = load(fixed, np.int64(columns[p]) * lanes, x)
                error = targets[p]
                if biases:
                    error -= first_lane(factors)
                    factors = with_first_lane(factors, np.float32(1))
                store(factors, gathered, (p - start) * lanes)
                error -= dot(factors, x)
                if len(weights):
                    weight = weights[p]
                objective += error * weight * error
                residual = add_scaled(residual, weight * error, factors)
            direction = residual
            length = np.float64(dot(residual, residual))
            tolerance = TOLERANCE * length
            for _ in range(steps):
                if length <= tolerance:
                    break
                store(direction, numbers, 0)
                image = _apply(gram, ridge[row], numbers, direction)
                for p in range(stop - start):
                    factors = load(gathered, p * lanes, x)
                    if len(weights):
                        weight = weights[start + p]
                    image = add_scaled(image, weight * dot(factors, direction), factors)
                # In float64, since products of squared lengths may leave the range of float32.
                step = np.float32(length / np.float64(dot(direction, image)))
                objective -= np.float64(step) * length
                x = add_scaled(x, step, direction)
                residual = add_scaled(residual, -step, image)
                shorter = np.float64(dot(residual, residual))
                direction = add_scaled(residual, np.float32(shorter / length), direction)
                length = shorter
            store(x, numbers, 0)
            solved[row] = numbers[:k]
            total += objective
        return total

    return solve_by_cg  # type: ignore[no-any-return]


@compiled
def _apply(gram, ridge, numbers, x):
    """Return (gram + ridge · I) x, where ``numbers`` are the numbers of the vector x."""
    lanes = len(numbers)
    even, odd = scaled(ridge, x), scaled(np.float32(0), x)
    # Two sums, since an addition must wait for the one before.
    for i in range(0, len(gram), 2):
        even = add_scaled(even, numbers[i], load(gram, i * lanes, x))
        odd = add_scaled(odd, numbers[i + 1], load(gram, (i + 1) * lanes, x))
    return add_scaled(even, np.float32(1), odd)
