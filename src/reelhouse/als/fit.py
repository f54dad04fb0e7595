"""Fits of ALS: solve all movies given the users, then all users given the movies, and repeat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import NamedTuple

import numpy as np
from pyspark.sql import DataFrame
from tqdm import tqdm

from reelhouse.als.kernels import gram_matrix
from reelhouse.als.packing import pack
from reelhouse.als.ratings import HalfStep, Ratings, Side, other
from reelhouse.als.settings import Floats, Ints, Settings
from reelhouse.errors import ReelhouseError

Judge = Callable[[Floats, Floats], float]
# Standard deviation around the vector that users start near, of each of its places.
SPREAD = 0.3
NO_GRAM = np.empty((0, 0), np.float32)
# Where the bias of a side stands in its factors, and a 1 in those of the other side.
BIAS: dict[Side, int] = {"user": 0, "movie": 1}


class Iteration(NamedTuple):
    """Progress after an iteration: its number (from 1), the objective, seconds since the start.

    ``error`` is the validation error; None without a ``judge``.
    """

    iteration: int
    loss: float
    seconds: float
    error: float | None = None


class Fit(NamedTuple):
    """Factors (rows, k) of both sides, row by row of the ascending ids, and the way there."""

    ids: dict[Side, Ints]
    factors: dict[Side, Floats]
    iterations: list[Iteration]

    @property
    def best(self) -> Iteration:
        """The iteration with the lowest error; without errors, the last one."""
        errors = [done.error for done in self.iterations if done.error is not None]
        return self.iterations[int(np.argmin(errors)) if errors else -1]


def fit(ratings: DataFrame, settings: Settings, *, seed: int, label: str = "als") -> Fit:
    """Fit factors to the rows ``user_id bigint, movie_id bigint, value``, one row a pair."""
    packed = pack(ratings)
    try:
        return alternate(packed, settings, seed=seed, label=label)
    finally:
        packed.release()


def alternate(
    packed: Ratings,
    settings: Settings,
    *,
    seed: int,
    start: Fit | None = None,
    judge: Judge | None = None,
    patience: int = 2,
    label: str = "als",
) -> Fit:
    """Fit factors to packed ratings.

    The last half-step solves the users exactly, whatever the solver: user factors are the solution
    given the movie factors. ``start`` is an earlier fit to continue; users and movies that are new
    since then start as in a fit without ``start``.

    ``judge`` takes the factors (users, k) and (movies, k) and returns a validation error. After
    iteration i it gets the factors that a fit of i iterations would return: for this, the users are
    solved exactly. The next iteration continues from the factors of the solver. When the error has
    not improved for ``patience`` iterations, the fit stops. It returns the factors with the lowest
    error; its losses are those of the factors that ``judge`` got.
    """
    settings.check(packed.lowest)
    began = perf_counter()
    factors = _initial(packed, settings, seed, start)
    exactly = replace(settings, solver="cholesky")
    iterations: list[Iteration] = []
    best, best_error, best_number = dict(factors), np.inf, 0
    error: float | None = None
    # On a terminal only, and only when it takes a while.
    progress = tqdm(
        total=settings.iterations, desc=label, unit="iteration", delay=2, leave=False, disable=None
    )
    with progress:
        for number in range(1, settings.iterations + 1):
            is_last = number == settings.iterations
            before = factors["user"]
            factors["movie"], _ = _solve(packed, "movie", settings, factors)
            at_users = exactly if is_last or judge else settings
            factors["user"], loss = _solve(packed, "user", at_users, factors)
            loss += _penalty(packed, "movie", settings, factors["movie"])
            loss = max(loss, 0.0)  # a perfect fit may round below
            seconds = perf_counter() - began
            if judge:
                whole = with_ones(settings, factors)
                error = judge(whole["user"], whole["movie"])
            iterations.append(Iteration(number, loss, seconds, error))
            progress.set_postfix(loss=f"{loss:.6g}", refresh=False)
            progress.update()
            if error is not None and error < best_error:
                best, best_error, best_number = dict(factors), error, number
            elif judge and number - best_number >= patience:
                break
            if judge and not is_last and settings != exactly:
                continued = {**factors, "user": before}
                factors["user"], _ = _solve(packed, "user", settings, continued)
    if judge and not best_number:
        raise ReelhouseError("no iteration has a validation error that is a number: raise reg")
    return Fit(packed.ids, with_ones(settings, best if judge else factors), iterations)


def _solve(
    packed: Ratings, side: Side, settings: Settings, factors: dict[Side, Floats]
) -> tuple[Floats, float]:
    fixed, counts = factors[other(side)], packed.counts[side]
    step = half_step(settings, fixed, counts, factors[side], threads=packed.threads)
    return packed.solve(side, step)


def half_step(
    settings: Settings, fixed: Floats, counts: Ints, start: Floats, *, threads: int = 1
) -> HalfStep:
    """Return the half-step that solves rows with ``counts`` (rows,) observations from ``start``."""
    weight = settings.weight_of_all
    gram = np.float32(weight) * gram_matrix(fixed, threads) if weight else NO_GRAM
    return HalfStep(settings, fixed, gram, settings.ridge(counts, len(fixed)), start)


def with_ones(settings: Settings, factors: dict[Side, Floats]) -> dict[Side, Floats]:
    """Return factors (rows, width) with the constant 1 inserted, if there are biases."""
    if not settings.biases:
        return dict(factors)
    return {side: np.insert(rows, BIAS[other(side)], 1, axis=1) for side, rows in factors.items()}


def without_ones(settings: Settings, factors: dict[Side, Floats]) -> dict[Side, Floats]:
    """Return the rows (bias, factors …) without the constant 1: the inverse of ``with_ones``."""
    if not settings.biases:
        return dict(factors)
    return {side: np.delete(rows, BIAS[other(side)], axis=1) for side, rows in factors.items()}


def _penalty(packed: Ratings, side: Side, settings: Settings, factors: Floats) -> float:
    ridge = settings.ridge(packed.counts[side], len(packed.ids[other(side)]))
    squares = np.einsum("ij,ij->i", factors, factors)
    return float(np.sum(ridge * squares, dtype=np.float64))


def _initial(
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
        earlier = without_ones(settings, start.factors)
        for side, rows in factors.items():
            _, here, there = np.intersect1d(
                packed.ids[side], start.ids[side], assume_unique=True, return_indices=True
            )
            width = min(rows.shape[1], earlier[side].shape[1])
            rows[here, :width] = earlier[side][there, :width]
    return factors
