"""A new user's factors from their ratings alone, without a fit and without Spark."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from reelhouse.als.alternate import half_step
from reelhouse.als.csr import Csr
from reelhouse.als.packed import EMPTY, solve_rows
from reelhouse.als.settings import Floats, Ints, Settings


def fold_in(
    settings: Settings,
    movie_ids: Ints,
    movie_factors: Floats,
    rated_ids: Ints,
    values: Floats,
    weights: Floats = EMPTY,
) -> Floats:
    """Factors (k,) of a user who rated ``rated_ids`` (n,) with ``values`` (n,), by one exact solve.

    They are what a fit's last half-step gives the user, the movies being as they are. Without
    ``weights`` (n,) each is 1.
    ``movie_ids`` (movies,) ascend, ``movie_factors`` is (movies, k). A movie that the fit does not
    know is left out; a user of none that it knows has zeros.
    """
    place = np.minimum(np.searchsorted(movie_ids, rated_ids), len(movie_ids) - 1)
    known = movie_ids[place] == rated_ids
    columns = place[known].astype(np.int32)
    row = Csr(
        np.array([0, len(columns)]),
        columns,
        values[known].astype(np.float32),
        weights[known].astype(np.float32) if len(weights) else EMPTY,
    )
    nothing = np.zeros((1, movie_factors.shape[1]), np.float32)
    exactly = replace(settings, solver="cholesky")
    step = half_step(exactly, movie_factors, np.array([len(columns)]), nothing)
    solve_rows(row, step, step.start, step.ridge)
    factors: Floats = step.start[0]
    return factors
