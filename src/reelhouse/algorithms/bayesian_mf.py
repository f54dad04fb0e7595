"""Bayesian factorisation: sample factors, and average predictions and factors over the sweeps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from reelhouse.algorithms.fit_jobs import FitJob
from reelhouse.algorithms.tables import DRIVER_FITS, factor_table
from reelhouse.algorithms.validation import HeldOut
from reelhouse.als import LocalRatings, driver_threads
from reelhouse.als.settings import Floats, Ints
from reelhouse.bayes import Posterior, Settings, effective_sample_size, sample_mf
from reelhouse.errors import ReelhouseError
from reelhouse.machine import memory_bytes

BYTES_PER_RATING = 120
"""A rating takes 24 bytes as it is collected, and 8 bytes in each of a dozen arrays."""


def fit_bayesian_mf(job: FitJob, *, splits: DataFrame, seed: int) -> pa.Table:
    """Run a fit job of the family ``bayesian_mf``; return factors of users and movies.

    The dot product of a user's and a movie's factors is the predicted rating, up to a small error.
    The row of a user also has the exact averages for the user's test rows, and the row of the movie
    with the lowest id has the progress of the chain.

    Parameters
    ----------
    job
        The fit.
    splits
        Rows of rating_splits: ``protocol, fold, split, user_id, movie_id``. Only the ids of the
        test rows are read.
    seed
        Seed of the draws.

    Raises
    ------
    ReelhouseError
        A parameter is invalid, or the ratings need more memory than the driver has.
    """
    settings = settings_of_chain(job.algorithm)
    refuse_too_many(job.observations.count())
    packed = LocalRatings(*job.rows(), threads=driver_threads(job.observations))
    tested = _test_pairs(job, splits)
    posterior = sample_mf(
        packed,
        settings,
        seed=seed,
        held_out=tested,
        folded_in=job.rows("split = 'fold_in'"),
        label=job.label,
    )
    fitted_users = posterior.ids["user"], posterior.factors["user"]
    movies = posterior.ids["movie"]
    progress = {
        name: [values, *[None] * (len(movies) - 1)]
        for name, values in _progress(posterior, settings).items()
    }
    return pa.concat_tables(
        [
            factor_table(DRIVER_FITS, job, "movie", movies, posterior.factors["movie"], **progress),
            *(
                factor_table(
                    DRIVER_FITS, job, "user", ids, _ratings_scored(factors, posterior.mean),
                    **_averages_by_user(ids, tested, posterior),
                )
                for ids, factors in (fitted_users, posterior.folded_in)
            ),
        ]
    )  # fmt: skip


def validate_chain(
    row: Row, packed: LocalRatings, held_out: HeldOut, *, seed: int
) -> tuple[float, Floats, Floats]:
    """Return the RMSE of held-out ratings, predicted as in the model ``predictions``, and factors.

    The factors (users, k) and (movies, k) are those by which movies are ranked.

    ``row`` is a row of seeds/algorithms.csv, and ``packed`` has the ratings of the fit.
    """
    users, movies, _ = held_out.rows
    known = np.isin(users, packed.ids["user"]) & np.isin(movies, packed.ids["movie"])
    pairs = users[known], movies[known]
    fitted = sample_mf(packed, settings_of_chain(row), seed=seed, held_out=pairs)
    scores = held_out.baselines.copy()
    scores[known] = fitted.predictions
    user_factors = _ratings_scored(fitted.factors["user"], fitted.mean)
    return held_out.rmse(scores), user_factors, fitted.factors["movie"]


def settings_of_chain(row: Row) -> Settings:
    """Return the settings in a row of seeds/algorithms.csv.

    Raises
    ------
    ReelhouseError
        A parameter has a value that it cannot have.
    """
    return Settings(factors=row["factors"], sweeps=row["sweeps"], burn_in=row["burn_in"])


def refuse_too_many(count: int) -> None:
    """Refuse a number of ratings that would take more than a third of the machine's memory."""
    most = memory_bytes() // 3 // BYTES_PER_RATING
    if count > most:
        raise ReelhouseError(
            f"the memory of this machine is enough for {most:,} ratings in the driver, and there"
            f" are {count:,}: name another algorithm in the var rating_algorithm, or lower the"
            " rating_limit in seeds/algorithms.csv"
        )


def _test_pairs(job: FitJob, splits: DataFrame) -> tuple[Ints, Ints]:
    """Return user and movie ids (n,) of the test rows of a fit, without their ratings."""
    is_tested = (
        (F.col("protocol") == job.protocol)
        & (F.col("fold") == job.fold)
        & (F.col("split") == "test")
    )
    table = splits.where(is_tested).select("user_id", "movie_id").toArrow()
    return table["user_id"].to_numpy(), table["movie_id"].to_numpy()


def _ratings_scored(factors: Floats, mean: float) -> Floats:
    """Return factors (users, k) of users whose dot products include the mean of the ratings."""
    changed = factors.copy()
    changed[:, 0] += np.float32(mean)
    return changed


def _averages_by_user(
    ids: Ints, tested: tuple[Ints, Ints], posterior: Posterior
) -> dict[str, pa.ListArray]:
    """Return lists of movies, predictions and standard deviations of the test rows of ``ids``.

    Pairs with a movie that the fit does not have are left out. The movies of a user ascend.
    """
    users, movies = tested
    found = np.flatnonzero(np.isin(users, ids) & np.isin(movies, posterior.ids["movie"]))
    order = found[np.lexsort((movies[found], users[found]))]
    offsets = np.append(np.searchsorted(users[order], ids), len(order)).astype(np.int32)
    columns = {
        "test_movie_ids": movies,
        "test_predictions": posterior.predictions,
        "test_stddevs": posterior.stddevs,
    }
    return {
        name: pa.ListArray.from_arrays(offsets, values[order]) for name, values in columns.items()
    }


def _progress(posterior: Posterior, settings: Settings) -> dict[str, list[Any]]:
    """Return a number per sweep by column; the burn-in has no effective sample size."""
    noises = [sweep.noise for sweep in posterior.sweeps]
    counted = range(settings.burn_in + 1, settings.sweeps + 1)
    sizes = [effective_sample_size(noises[settings.burn_in : last]) for last in counted]
    return {
        "train_rmses": [sweep.train_rmse for sweep in posterior.sweeps],
        "noises": noises,
        "effective_sample_sizes": [None] * settings.burn_in + sizes,
        "elapsed_seconds": [sweep.seconds for sweep in posterior.sweeps],
    }
