"""Evaluate predictions of ratings. ALS has the parameters in seeds/algorithms.csv."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from benchmarks.damped_bias import damped_bias_factors
from benchmarks.published.rankers import THREADS, parameters_of
from benchmarks.published.splits import SEED, Fold
from reelhouse.algorithms.als_settings import settings_from_row
from reelhouse.algorithms.validation import HeldOut, rmse_metric
from reelhouse.als import LocalRatings, fit_packed
from reelhouse.bayes import Settings, sample_mf


def rmse_of_fold(fold: Fold) -> Iterator[tuple[str, float]]:
    """Fit each algorithm to the train rows; yield its name and its RMSE on the test rows."""
    train, test = fold
    residuals, baselines = _residuals(fold)
    held_out = HeldOut(test, baselines, train.values.min(), train.values.max())
    yield "damped_bias", held_out.rmse(baselines)

    row = parameters_of("als_residual")
    spread = float(np.sqrt(np.mean(residuals**2))) or 1.0
    packed = LocalRatings(train.user_ids, train.movie_ids, residuals / spread, threads=THREADS)
    fitted = fit_packed(packed, settings_from_row(row, "cg"), seed=SEED, label="als_residual")
    metric = rmse_metric(fitted.ids, held_out, predicts_residuals=True, spread=spread)
    yield "als_residual", metric(fitted.factors["user"], fitted.factors["movie"])

    packed = LocalRatings(*train, threads=THREADS)
    sampled = sample_mf(packed, Settings(), seed=SEED, held_out=(test.user_ids, test.movie_ids))
    yield "bayesian_mf", held_out.rmse(sampled.predictions)


def _residuals(fold: Fold) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the train ratings minus the damped biases, and the damped biases of the test rows."""
    counts = [len(rows.values) for rows in fold]
    ids = [
        np.unique(np.concatenate(columns), return_inverse=True)[1]
        for columns in zip(*(rows[:2] for rows in fold), strict=True)
    ]
    users, movies = (np.split(positions, counts[:1]) for positions in ids)
    shape = tuple(int(positions.max()) + 1 for positions in ids)
    train = csr_matrix((fold.train.values, (users[0], movies[0])), shape)
    u, m = damped_bias_factors(train, parameters_of("damped_bias")["reg"])
    train_biases, test_biases = (
        np.einsum("ij,ij->i", u[some_users], m[some_movies]).astype(np.float64)
        for some_users, some_movies in zip(users, movies, strict=True)
    )
    return fold.train.values - train_biases, test_biases
