"""Factors of new users from their ratings alone, without a fit of all users and without Spark."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from reelhouse.als.biases import insert_ones, remove_ones
from reelhouse.als.csr import Csr, csr_of_both_sides, index_ids
from reelhouse.als.fitting import Fit
from reelhouse.als.half_steps import half_step, row_solver
from reelhouse.als.ids import find_positions
from reelhouse.als.settings import Floats, Ints, Settings


def fold_in(
    settings: Settings, movie_ids: Ints, movie_factors: Floats, rated_ids: Ints, values: Floats
) -> Floats:
    """Compute the factors of one user by an exact solve, with the movie factors fixed.

    The last half-step of a fit gives a user the same factors.

    Parameters
    ----------
    settings
        Settings of the fit.
    movie_ids
        Ids (movies,) of the fit, in ascending order.
    movie_factors
        Factors (movies, k) of the fit.
    rated_ids
        Ids (n,) of the movies that the user rated. Movies that the fit does not have are left out.
    values
        Values (n,) of the ratings, as the fit takes them.

    Returns
    -------
    numpy.ndarray
        Factors (k,) float32. If the user rated no movie of the fit, they are 0, except the constant
        1 of a fit with biases.

    Raises
    ------
    ReelhouseError
        A value is 0 or less under implicit feedback.

    Examples
    --------
    Two movies whose factors differ in direction, and a user who likes the first:

    >>> import numpy as np
    >>> from reelhouse.als import Settings, fold_in
    >>> settings = Settings(factors=2, reg=0.01, iterations=10, feedback="explicit")
    >>> movie_factors = np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)
    >>> user = fold_in(
    ...     settings, np.array([10, 20]), movie_factors, np.array([10, 20]), np.array([5.0, 1.0])
    ... )
    >>> (movie_factors @ user).round(1)
    array([4.9, 1. ], dtype=float32)
    """
    positions, known = find_positions(movie_ids, rated_ids)
    columns = positions[known]
    settings.check_values(values[known])
    row = Csr(np.array([0, len(columns)]), columns, values[known].astype(np.float32))
    factors: Floats = _solve_users(settings, movie_factors, row)[0]
    return factors


def fold_in_users(
    settings: Settings, fitted: Fit, user_ids: Ints, rated_ids: Ints, values: Floats
) -> tuple[Ints, Floats]:
    """Compute the factors of many users, each as by ``fold_in``.

    Parameters
    ----------
    settings
        Settings of the fit.
    fitted
        The fit with the movie factors.
    user_ids, rated_ids, values
        User id, movie id and value of each rating, (n,) each.

    Returns
    -------
    ids : numpy.ndarray
        Ids (users,) in ascending order of the users who rated a movie of the fit.
    factors : numpy.ndarray
        Factors (users, k) float32 in the order of ``ids``.

    Examples
    --------
    >>> import numpy as np
    >>> from reelhouse.als import LocalRatings, Settings, fit_packed, fold_in_users
    >>> users, movies = np.array([1, 1, 2]), np.array([10, 20, 10])
    >>> packed = LocalRatings(users, movies, np.array([5.0, 1.0, 4.0]))
    >>> settings = Settings(factors=2, reg=0.01, iterations=10, feedback="explicit")
    >>> fitted = fit_packed(packed, settings, seed=42)
    >>> new_users, rated = np.array([7, 8, 8]), np.array([10, 10, 20])
    >>> ids, factors = fold_in_users(settings, fitted, new_users, rated, np.array([3.0, 5.0, 1.0]))
    >>> ids.tolist(), factors.shape
    ([7, 8], (2, 2))
    """
    positions, known = find_positions(fitted.ids["movie"], rated_ids)
    if not known.any():
        return user_ids[:0], np.empty((0, settings.width), np.float32)
    ids, rows = index_ids(user_ids[known])
    movie_factors = fitted.factors["movie"]
    by_user, _ = csr_of_both_sides(
        rows, positions[known], values[known].astype(np.float32), len(ids), len(movie_factors)
    )
    return ids, _solve_users(settings, movie_factors, by_user)


def _solve_users(settings: Settings, movie_factors: Floats, rows: Csr) -> Floats:
    exact_settings = replace(settings, solver="cholesky")
    fixed = remove_ones(settings, {"movie": movie_factors})["movie"]
    counts = np.diff(rows.indptr)
    start = np.zeros((len(counts), fixed.shape[1]), np.float32)
    step = half_step(exact_settings, fixed, counts, start)
    row_solver(step)(rows, step.start, step.ridge)
    return insert_ones(settings, {"user": step.start})["user"]
