"""Choose the movies that a new user is asked about first: popular ones that differ."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reelhouse.als.settings import Floats, Ints

ASKED = 60
"""Number of movies that a page offers a new user, a few at a time."""
CANDIDATES_PER_MOVIE = 5
SIMILARITY_WEIGHT = 1.5


def choose_first_screen(factors: Floats, counts: NDArray[np.int64], n: int) -> Ints:
    """Return the positions of up to ``n`` movies that many people know and that differ.

    Each choice is the movie with the highest standardised logarithm of the count, minus a multiple
    of the highest cosine with a chosen movie (maximal marginal relevance; Carbonell & Goldstein
    1998). The candidates are the most popular movies.

    Parameters
    ----------
    factors
        Factors (movies, k).
    counts
        Number of ratings (movies,).
    n
        Number of movies to choose.

    Examples
    --------
    The first two movies are equal, so the third comes before the second:

    >>> import numpy as np
    >>> from reelhouse.serve.first_screen import choose_first_screen
    >>> factors = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    >>> choose_first_screen(factors, np.array([90, 80, 70]), n=3).tolist()
    [0, 2, 1]
    """
    pool = np.argsort(-counts, kind="stable")[: CANDIDATES_PER_MOVIE * n]
    popularity = np.log1p(counts[pool])
    popularity = (popularity - popularity.mean()) / (popularity.std() or 1)
    lengths = np.linalg.norm(factors[pool], axis=1, keepdims=True)
    unit = factors[pool] / np.maximum(lengths, np.float32(1e-12))
    nearest = np.zeros(len(pool))
    left = np.ones(len(pool), bool)
    chosen = []
    for _ in range(min(n, len(pool))):
        value = np.where(left, popularity - SIMILARITY_WEIGHT * nearest, -np.inf)
        best = int(np.argmax(value))
        chosen.append(best)
        left[best] = False
        nearest = np.maximum(nearest, unit @ unit[best])
    return pool[chosen]
