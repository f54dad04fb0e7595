"""The inner loop of ALS by conjugate gradients, compiled by numba.

Takács, Pilászy & Tikk 2011, "Applications of the Conjugate Gradient Method for Implicit Feedback
Collaborative Filtering".
"""

from __future__ import annotations

import numpy as np

from reelhouse.als.kernels import compiled

# A row is solved when its squared residual is this share of the initial squared residual.
# Float32 holds seven digits, so that further steps would follow rounding errors.
TOLERANCE = 1e-13


@compiled
def solve_by_cg(indptr, columns, targets, weights, fixed, biases, gram, ridge, solved, steps):
    """Improve every row by up to ``steps`` conjugate-gradient steps; return the sum of objectives.

    The other arguments are as in ``solve_exactly``. ``solved`` (rows, k) has the factors to start
    from, and then the result.
    """
    k = fixed.shape[1]
    longest = 0
    for row in range(len(indptr) - 1):
        longest = max(longest, indptr[row + 1] - indptr[row])
    # Copied once, since every step reads them.
    gathered = np.empty((longest, k), np.float32)
    residual = np.empty(k, np.float32)
    direction = np.empty(k, np.float32)
    image = np.empty(k, np.float32)
    total = 0.0
    for row in range(len(indptr) - 1):
        start, count = indptr[row], indptr[row + 1] - indptr[row]
        x = solved[row]
        if count == 0:
            x[:] = 0
            continue
        _apply(gram, ridge[row], x, image)
        objective = 0.0
        for i in range(k):
            residual[i] = -image[i]
            objective += np.float64(x[i]) * image[i]
        for p in range(count):
            factors = fixed[columns[start + p]]
            copied = gathered[p]
            for i in range(k):
                copied[i] = factors[i]
            error = targets[start + p]
            if biases:
                error -= copied[0]
                copied[0] = 1
            error -= _dot(copied, x)
            weighted = error
            if len(weights):
                weighted *= weights[start + p]
            objective += error * weighted
            for i in range(k):
                residual[i] += weighted * copied[i]
        direction[:] = residual
        length = np.float64(_dot(residual, residual))
        tolerance = TOLERANCE * length
        for _ in range(steps):
            if length <= tolerance:
                break
            _apply(gram, ridge[row], direction, image)
            for p in range(count):
                factors = gathered[p]
                weighted = np.float32(0)
                for i in range(k):
                    weighted += factors[i] * direction[i]
                if len(weights):
                    weighted *= weights[start + p]
                for i in range(k):
                    image[i] += weighted * factors[i]
            # In float64, since products of squared lengths may leave the range of float32.
            step = np.float32(length / np.float64(_dot(direction, image)))
            objective -= np.float64(step) * length
            for i in range(k):
                x[i] += step * direction[i]
                residual[i] -= step * image[i]
            shorter = np.float64(_dot(residual, residual))
            ratio = np.float32(shorter / length)
            for i in range(k):
                direction[i] = residual[i] + ratio * direction[i]
            length = shorter
        total += objective
    return total


@compiled
def _apply(gram, ridge, x, image):
    """Write (gram + ridge · I) x to ``image``."""
    for i in range(len(x)):
        image[i] = ridge * x[i]
    for i in range(len(gram)):
        image[i] += _dot(gram[i], x)


# A copy of the function in kernels.py: numba compiles a cached function again only when its own
# file has changed, not when the file of a function that it calls has.
@compiled
def _dot(a, b):
    total = np.float32(0)
    for i in range(len(a)):
        total += a[i] * b[i]
    return total
