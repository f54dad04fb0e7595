"""New users' factors from their ratings alone, without a fit and without Spark."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from reelhouse.als.csr import Csr, both_sides, found_among, indexed
from reelhouse.als.fit import Fit, half_step, with_ones, without_ones
from reelhouse.als.ratings import solve_rows
from reelhouse.als.settings import Floats, Ints, Settings


def fold_in(
    settings: Settings,
    movie_ids: Ints,
    movie_factors: Floats,
    rated_ids: Ints,
    values: Floats,
) -> Floats:
    """Factors (k,) of a user who rated ``rated_ids`` (n,) with ``values`` (n,), by one exact solve.

    They are what a fit's last half-step gives the user, the movies being as they are.
    ``movie_ids`` (movies,) ascend, ``movie_factors`` is (movies, k). A movie that the fit does not
    know is left out; a user of none that it knows has zeros (and the 1 of a fit with biases).
    """
    places, known = found_among(movie_ids, rated_ids)
    columns = places[known]
    settings.check(values[known])
    row = Csr(np.array([0, len(columns)]), columns, values[known].astype(np.float32))
    factors: Floats = _solved(settings, movie_factors, row)[0]
    return factors


def fold_in_users(
    settings: Settings, fitted: Fit, user_ids: Ints, rated_ids: Ints, values: Floats
) -> tuple[Ints, Floats]:
    """Ids (users,) and factors (users, k) of all who rated, row by row of ratings (n,).

    As ``fold_in`` for each, without those who rated no movie that the fit knows.
    """
    places, known = found_among(fitted.ids["movie"], rated_ids)
    if not known.any():
        return user_ids[:0], np.empty((0, settings.width), np.float32)
    ids, rows = indexed(user_ids[known])
    movie_factors = fitted.factors["movie"]
    by_user, _ = both_sides(
        rows, places[known], values[known].astype(np.float32), len(ids), len(movie_factors)
    )
    return ids, _solved(settings, movie_factors, by_user)


def _solved(settings: Settings, movie_factors: Floats, rows: Csr) -> Floats:
    exactly = replace(settings, solver="cholesky")
    fixed = without_ones(settings, {"movie": movie_factors})["movie"]
    counts = np.diff(rows.indptr)
    start = np.zeros((len(counts), fixed.shape[1]), np.float32)
    step = half_step(exactly, fixed, counts, start)
    solve_rows(rows, step, step.start, step.ridge)
    return with_ones(settings, {"user": step.start})["user"]
