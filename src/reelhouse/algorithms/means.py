"""The baselines that predict a mean rating, as factors of width 1."""

from __future__ import annotations

import numpy as np

from reelhouse.als.biases import Side
from reelhouse.als.ratings import LocalRatings
from reelhouse.als.settings import Floats


def mean_factors(algorithm: str, packed: LocalRatings) -> tuple[Floats, Floats]:
    """Return factors (users, 1) and (movies, 1), as in the model ``int_scoring_vectors``.

    Parameters
    ----------
    algorithm
        ``global_mean``, ``user_mean`` or ``movie_mean``.
    packed
        The ratings of the fit.
    """
    factors: dict[Side, Floats] = {
        "user": np.ones((len(packed.ids["user"]), 1), np.float32),
        "movie": np.ones((len(packed.ids["movie"]), 1), np.float32),
    }
    ratings = packed.csr["user"].values
    if algorithm == "global_mean":
        factors["user"][:] = ratings.mean(dtype=np.float64)
    else:
        side: Side = "user" if algorithm == "user_mean" else "movie"
        csr = packed.csr[side]
        sums = np.add.reduceat(csr.values, csr.indptr[:-1], dtype=np.float64)
        factors[side][:, 0] = sums / packed.counts[side]
    return factors["user"], factors["movie"]
