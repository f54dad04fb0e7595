"""Fits of the Bayesian factorisation: run a chain and average its sweeps."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from reelhouse.als.biases import Side
from reelhouse.als.csr import Csr, csr_of_both_sides
from reelhouse.als.ids import find_positions
from reelhouse.als.ratings import LocalRatings
from reelhouse.als.settings import Floats, Ints
from reelhouse.bayes.averages import FactorAverages, Group, PairAverages
from reelhouse.bayes.random_numbers import Apply, Doubles
from reelhouse.bayes.sampler import SIDES, Sampler
from reelhouse.bayes.settings import Settings


class Sweep(NamedTuple):
    """Progress of a chain at the end of a sweep.

    Attributes
    ----------
    sweep
        Number of the sweep, from 1.
    train_rmse
        RMSE of the scores of this sweep alone on the ratings of the fit.
    noise
        Standard deviation of the noise.
    seconds
        Seconds since the start of the fit.
    """

    sweep: int
    train_rmse: float
    noise: float
    seconds: float


class Posterior(NamedTuple):
    """Averages over the sweeps after the burn-in, in the units of the ratings.

    Attributes
    ----------
    ids
        User ids (users,) and movie ids (movies,), in ascending order.
    mean
        Mean of the ratings. A rating is predicted by the mean plus the score.
    factors
        Factors (users, k) and (movies, k) in the order of ``ids``, with bags and biases, k =
        mean_factors + 2. The dot product of a user's and a movie's factors is the score.
    folded_in
        Ids (users,), in ascending order, and factors (users, k) of the folded-in users who rated a
        movie of the fit.
    predictions
        Predicted ratings (n,) of the held-out pairs, not clipped to a scale.
    stddevs
        Standard deviations (n,) of the ratings of these pairs around the predictions: the spread of
        the scores over sweeps, and the noise.
    sweeps
        Progress at the end of each sweep.
    """

    ids: dict[Side, Ints]
    mean: float
    factors: dict[Side, Floats]
    folded_in: tuple[Ints, Floats]
    predictions: Doubles
    stddevs: Doubles
    sweeps: list[Sweep]


def sample_mf(
    packed: LocalRatings,
    settings: Settings,
    *,
    seed: int,
    held_out: tuple[Ints, Ints] | None = None,
    folded_in: tuple[Ints, Ints, NDArray[Any]] | None = None,
    label: str = "bayesian_mf",
) -> Posterior:
    """Sample a Bayesian factorisation of ratings and average over its sweeps.

    The model of a rating is

        mean + b + c + u·m + noise      (b, u) = own row of the user + 1/√n · Σ vectors of movies
                                        (c, m) = own row of the movie + 1/√n · Σ vectors of users

    where the sums are over the movies that the user rated, and the users who rated the movie, in
    the ratings of the fit.

    Parameters
    ----------
    packed
        Ratings, and the number of threads.
    settings
        Number of factors and sweeps, and the priors.
    seed
        Seed of the draws, 0 or more. Equal ratings, settings and seeds give equal results, with any
        number of threads.
    held_out
        User ids (n,) and movie ids (n,) of pairs to predict. For a user or movie without ratings,
        each sweep draws a row from the prior.
    folded_in
        User ids, movie ids and values (n,) of ratings by users outside of the fit. In every sweep,
        their rows are drawn from these ratings, and nothing else depends on them.
    label
        Name of the fit on the terminal's progress bar.

    Returns
    -------
    Posterior
        Predictions with standard deviations, factors, and the progress of the chain.

    Raises
    ------
    ReelhouseError
        A setting is invalid. ``LocalRatings`` refuses missing ratings and values that are not
        finite.

    References
    ----------
    Salakhutdinov & Mnih 2008, "Bayesian Probabilistic Matrix Factorization using Markov Chain Monte
    Carlo"; Koren 2008, "Factorization Meets the Neighborhood"; Rendle, Zhang & Koren 2019, "On the
    Difficulty of Evaluating Baselines".

    Examples
    --------
    >>> import numpy as np
    >>> from reelhouse.als import LocalRatings
    >>> from reelhouse.bayes import Settings, sample_mf
    >>> users, movies = np.array([1, 1, 2]), np.array([10, 20, 10])
    >>> packed = LocalRatings(users, movies, np.array([5.0, 1.0, 4.0]))
    >>> settings = Settings(factors=2, sweeps=100, burn_in=20)
    >>> pairs = np.array([2]), np.array([20])
    >>> posterior = sample_mf(packed, settings, seed=42, held_out=pairs)
    >>> posterior.factors["user"].shape
    (2, 6)
    """
    began = perf_counter()
    mean, scale = standardisation(packed)
    csr = {
        side: rows._replace(values=(rows.values - np.float32(mean)) / np.float32(scale))
        for side, rows in packed.csr.items()
    }
    nothing = np.zeros(0, np.int64)
    users, movies, values = folded_in or (nothing, nothing, nothing)
    new_ids, new_csr = _rows_outside(packed, users, movies, (values - mean) / scale)
    pairs = held_out or (nothing, nothing)
    predictions = PairAverages(
        {**packed.ids, "user": np.append(packed.ids["user"], new_ids)},
        {"user": pairs[0], "movie": pairs[1]},
    )
    factors = FactorAverages(settings.mean_factors or 2 * settings.factors)
    trace: list[Sweep] = []
    # The matrices are small: threads of BLAS would wait for each other most of the time.
    with threadpool_limits(1, "blas"), _workers(packed.threads) as apply:
        sampler = Sampler(csr, settings, seed=seed, threads=packed.threads, apply=apply)
        sampler.initialise()
        # The bar appears on a terminal only, and only if the fit takes longer than two seconds.
        for number in tqdm(
            range(1, settings.sweeps + 1),
            desc=label, unit="sweep", delay=2, leave=False, disable=None,
        ):  # fmt: skip
            sampler.sweep()
            seconds = perf_counter() - began
            trace.append(
                Sweep(number, scale * sampler.train_rmse(), scale * sampler.noise**-0.5, seconds)
            )
            if number > settings.burn_in:
                new_rows = sampler.fold_in(new_csr)
                predictions.add(sampler, new_rows)
                factors.add(sampler, new_rows)
    found = _scaled_factors(factors, scale)
    return Posterior(
        packed.ids,
        mean,
        {side: found[side] for side in SIDES},
        (new_ids, found["folded_in"]),
        mean + scale * predictions.mean,
        scale * np.sqrt(predictions.variance),
        trace,
    )


def standardisation(packed: LocalRatings) -> tuple[float, float]:
    """Return the mean of the ratings and their standard deviation, which is 1 if they are equal."""
    values = packed.csr["user"].values.astype(np.float64)
    return float(values.mean()), float(values.std()) or 1.0


def _rows_outside(
    packed: LocalRatings, user_ids: Ints, movie_ids: Ints, values: NDArray[Any]
) -> tuple[Ints, Csr]:
    """Return ids and ratings by row of users who are not in ``packed``, for its movies alone."""
    positions, known = find_positions(packed.ids["movie"], movie_ids)
    ids, rows = np.unique(user_ids[known], return_inverse=True)
    by_user, _ = csr_of_both_sides(
        rows.astype(np.int32),
        positions[known],
        values[known].astype(np.float32),
        len(ids),
        len(packed.ids["movie"]),
    )
    return ids, by_user


def _scaled_factors(averages: FactorAverages, scale: float) -> dict[Group, Floats]:
    """Return rows (1, bias, factors …) of movies, and (bias, 1, factors …) of all users."""
    biases, factors = averages.result()
    root = np.float32(np.sqrt(scale))
    rows: dict[Group, Floats] = {}
    for group, inner in factors.items():
        bias = np.float32(scale) * biases[group]
        ends = [np.ones_like(bias), bias] if group == "movie" else [bias, np.ones_like(bias)]
        rows[group] = np.column_stack([*ends, root * inner])
    return rows


@contextmanager
def _workers(threads: int) -> Iterator[Apply]:
    """Yield a function that runs pieces of work in threads."""
    if threads == 1:
        yield map
        return
    with ThreadPoolExecutor(threads) as pool:
        yield pool.map
