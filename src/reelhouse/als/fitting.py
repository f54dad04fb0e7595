"""Fits of ALS: solve all movies given the users, then all users given the movies, and repeat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from tqdm import tqdm

from reelhouse.als.biases import Side, insert_ones, other_side, remove_ones
from reelhouse.als.half_steps import half_step
from reelhouse.als.packing import pack
from reelhouse.als.ratings import Ratings
from reelhouse.als.settings import Floats, Ints, Settings
from reelhouse.errors import ReelhouseError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

ValidationMetric = Callable[[Floats, Floats], float]
"""Takes factors (users, k) and (movies, k); returns a validation error, where lower is better."""
# Standard deviation of the initial user factors around the vector that they all start near.
SPREAD = 0.3


class Iteration(NamedTuple):
    """Progress of a fit at the end of an iteration.

    Attributes
    ----------
    iteration
        Number of the iteration, from 1.
    loss
        The objective that ``Settings`` states.
    seconds
        Seconds since the start of the fit.
    error
        Validation error; None without a validation metric.
    """

    iteration: int
    loss: float
    seconds: float
    error: float | None = None


class Fit(NamedTuple):
    """Fitted factors.

    Attributes
    ----------
    ids
        User ids (users,) and movie ids (movies,), in ascending order.
    factors
        Factors (users, k) and (movies, k) in the order of ``ids``. The dot product of a user's and
        a movie's factors is the score.
    iterations
        Progress at the end of each iteration.
    """

    ids: dict[Side, Ints]
    factors: dict[Side, Floats]
    iterations: list[Iteration]

    @property
    def best_iteration(self) -> Iteration:
        """Return the iteration with the lowest validation error; without errors, the last one."""
        errors = [each.error for each in self.iterations if each.error is not None]
        return self.iterations[int(np.argmin(errors)) if errors else -1]


def fit(
    ratings: DataFrame,
    settings: Settings,
    *,
    seed: int,
    start: Fit | None = None,
    label: str = "als",
) -> Fit:
    """Fit factors of users and movies to ratings in Spark.

    Parameters
    ----------
    ratings
        ``user_id bigint, movie_id bigint, value``, one row per pair of user and movie. Ids may be
        any 64-bit integers.
    settings
        The objective, its parameters, and the number of iterations.
    seed
        Seed of the initial factors. Equal ratings, settings and seeds give equal factors.
    start
        An earlier fit to continue, as in ``fit_packed``.
    label
        Name of the fit on the terminal's progress bar.

    Returns
    -------
    Fit
        Ascending ids, factors (users, k) and (movies, k), and the loss after each iteration.

    Raises
    ------
    ReelhouseError
        There is no rating, a value is not finite, or implicit feedback has a value of 0 or less.

    References
    ----------
    Hu, Koren & Volinsky 2008, "Collaborative Filtering for Implicit Feedback Datasets"; Zhou et
    al. 2008, "Large-scale Parallel Collaborative Filtering for the Netflix Prize"; Rendle et al.
    2021, "Revisiting the Performance of iALS on Item Recommendation Benchmarks".

    Examples
    --------
    Ann (1) and Bob (2) both like movie 10, and Ann dislikes movie 20:

    >>> from reelhouse.als import Settings, fit
    >>> ratings = spark.createDataFrame(
    ...     [(1, 10, 5.0), (1, 20, 1.0), (2, 10, 4.0)],
    ...     "user_id bigint, movie_id bigint, value double",
    ... )
    >>> settings = Settings(factors=2, reg=0.01, iterations=10, feedback="explicit")
    >>> fitted = fit(ratings, settings, seed=42)
    >>> fitted.ids["movie"]
    array([10, 20])
    >>> scores = fitted.factors["user"] @ fitted.factors["movie"].T
    >>> scores[0].round(1)
    array([5., 1.], dtype=float32)
    """
    packed = pack(ratings)
    try:
        return fit_packed(packed, settings, seed=seed, start=start, label=label)
    finally:
        packed.release()


def fit_packed(
    packed: Ratings,
    settings: Settings,
    *,
    seed: int,
    start: Fit | None = None,
    validation_metric: ValidationMetric | None = None,
    patience: int = 2,
    label: str = "als",
) -> Fit:
    """Fit factors of users and movies to packed ratings.

    The last half-step solves the users exactly, with either solver, so that a user's factors are
    the solution for the returned movie factors.

    Parameters
    ----------
    packed
        Ratings from ``pack``, or ``LocalRatings`` of arrays.
    settings, seed, label
        As in ``fit``.
    start
        An earlier fit to continue. Users and movies that it does not have start as in a fit
        without ``start``.
    validation_metric
        Computes a validation error after each iteration. After iteration i it gets the factors
        that a fit of i iterations would return: for this, the users are solved exactly. The next
        iteration continues from the factors of the solver.
    patience
        With a validation metric, the fit stops when the error has not improved for this number of
        iterations, and returns the factors with the lowest error.

    Returns
    -------
    Fit
        As in ``fit``. With a validation metric, the losses are those of the validated factors.

    Raises
    ------
    ReelhouseError
        The values do not suit the feedback, or no validation error is a number.

    Examples
    --------
    Without Spark, from arrays:

    >>> import numpy as np
    >>> from reelhouse.als import LocalRatings, Settings, fit_packed
    >>> users, movies = np.array([1, 1, 2]), np.array([10, 20, 10])
    >>> packed = LocalRatings(users, movies, np.array([5.0, 1.0, 4.0]))
    >>> settings = Settings(factors=2, reg=0.01, iterations=10, feedback="explicit")
    >>> fitted = fit_packed(packed, settings, seed=42)
    >>> fitted.factors["user"].shape
    (2, 2)
    >>> fitted.iterations[-1].loss < fitted.iterations[0].loss
    True
    """
    settings.check_values(packed.lowest)
    began = perf_counter()
    factors = _initial_factors(packed, settings, seed, start)
    exact_settings = replace(settings, solver="cholesky")
    iterations: list[Iteration] = []
    best, best_error, best_number = dict(factors), np.inf, 0
    error: float | None = None
    # The bar appears on a terminal only, and only if the fit takes longer than two seconds.
    progress = tqdm(
        total=settings.iterations, desc=label, unit="iteration", delay=2, leave=False, disable=None
    )
    with progress:
        for number in range(1, settings.iterations + 1):
            is_last = number == settings.iterations
            previous_users = factors["user"]
            factors["movie"], _ = _solve(packed, "movie", settings, factors)
            user_settings = exact_settings if is_last or validation_metric else settings
            factors["user"], loss = _solve(packed, "user", user_settings, factors)
            loss += _penalty(packed, "movie", settings, factors["movie"])
            loss = max(loss, 0.0)  # rounding can take the loss of a perfect fit below 0
            seconds = perf_counter() - began
            if validation_metric:
                complete = insert_ones(settings, factors)
                error = validation_metric(complete["user"], complete["movie"])
            iterations.append(Iteration(number, loss, seconds, error))
            progress.set_postfix(loss=f"{loss:.6g}", refresh=False)
            progress.update()
            if error is not None and error < best_error:
                best, best_error, best_number = dict(factors), error, number
            elif validation_metric and number - best_number >= patience:
                break
            if validation_metric and not is_last and settings != exact_settings:
                continued = {**factors, "user": previous_users}
                factors["user"], _ = _solve(packed, "user", settings, continued)
    if validation_metric and not best_number:
        raise ReelhouseError("no iteration has a validation error that is a number: raise reg")
    chosen = best if validation_metric else factors
    return Fit(packed.ids, insert_ones(settings, chosen), iterations)


def _solve(
    packed: Ratings, side: Side, settings: Settings, factors: dict[Side, Floats]
) -> tuple[Floats, float]:
    fixed, counts = factors[other_side(side)], packed.counts[side]
    step = half_step(settings, fixed, counts, factors[side], threads=packed.threads)
    return packed.solve(side, step)


def _penalty(packed: Ratings, side: Side, settings: Settings, factors: Floats) -> float:
    ridge = settings.ridge(packed.counts[side], len(packed.ids[other_side(side)]))
    squares = np.einsum("ij,ij->i", factors, factors)
    return float(np.sum(ridge * squares, dtype=np.float64))


def _initial_factors(
    packed: Ratings, settings: Settings, seed: int, start: Fit | None
) -> dict[Side, Floats]:
    """Return initial rows (bias if there are biases, factors …) of both sides.

    All users start near the same vector of length 1; movies and biases start at 0. The first
    half-step solves the movies, and with nearly equal users it finds the mean of every movie.
    """
    random = np.random.default_rng(seed)
    k = settings.factors
    users = random.standard_normal((len(packed.ids["user"]), k), np.float32)
    factors: dict[Side, Floats] = {
        "user": (1 + np.float32(SPREAD) * users) / np.float32(k**0.5),
        "movie": np.zeros((len(packed.ids["movie"]), k), np.float32),
    }
    if settings.biases:
        for side, rows in factors.items():
            factors[side] = np.insert(rows, 0, 0, axis=1)
    if start is not None:
        earlier = remove_ones(settings, start.factors)
        for side, rows in factors.items():
            _, rows_here, rows_in_start = np.intersect1d(
                packed.ids[side], start.ids[side], assume_unique=True, return_indices=True
            )
            width = min(rows.shape[1], earlier[side].shape[1])
            rows[rows_here, :width] = earlier[side][rows_in_start, :width]
    return factors
