"""Random numbers that depend on the seed, the sweep and the row, and on nothing else.

Philox is a counter-based generator (Salmon et al. 2011, "Parallel Random Numbers: As Easy as 1, 2,
3"): the n-th number of a stream is a function of the key and the counter. The key is the seed. The
counter holds the sweep, the purpose of the numbers, and the block of rows, so that threads may draw
the blocks in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.random import Generator, Philox
from numpy.typing import NDArray

from reelhouse.als.settings import Floats

BLOCK_ROWS = 4096
Apply = Callable[[Callable[[int], Any], Iterable[int]], Iterable[Any]]
"""Calls a function with every number, in order (the built-in ``map``) or in threads."""
Doubles = NDArray[np.float64]


def generator(seed: int, sweep: int, purpose: int, block: int = 0) -> Generator:
    """Return the generator of a block of rows, for one purpose in one sweep.

    All arguments are whole numbers of 0 or more.
    """
    return Generator(Philox(key=seed, counter=[0, block, purpose, sweep]))


def standard_normals(
    seed: int, sweep: int, purpose: int, rows: int, columns: int, apply: Apply
) -> Floats:
    """Return independent standard normal numbers (rows, columns) float32.

    ``apply`` runs the blocks of rows.
    """
    drawn = np.empty((rows, columns), np.float32)

    def draw(block: int) -> None:
        part = drawn[block * BLOCK_ROWS : (block + 1) * BLOCK_ROWS]
        generator(seed, sweep, purpose, block).standard_normal(out=part, dtype=np.float32)

    list(apply(draw, range(-(-rows // BLOCK_ROWS))))
    return drawn


def draw_wishart(random: Generator, degrees: float, scale: Doubles) -> Doubles:
    """Return a draw (k, k) from the Wishart distribution, whose mean is degrees · scale.

    By the decomposition of Bartlett (1933). ``degrees`` is above k - 1.
    """
    size = len(scale)
    triangle = np.tril(random.standard_normal((size, size)), -1)
    triangle[np.diag_indices(size)] = np.sqrt(random.chisquare(degrees - np.arange(size)))
    root = np.linalg.cholesky(scale) @ triangle
    drawn: Doubles = root @ root.T
    return drawn


def draw_normal(random: Generator, mean: Doubles, precision: Doubles) -> Doubles:
    """Return a draw (k,) from N(mean, precision⁻¹)."""
    root = np.linalg.cholesky(precision)
    return mean + np.linalg.solve(root.T, random.standard_normal(len(mean)))
