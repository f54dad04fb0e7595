"""Trials are made a batch at a time, once, and of train and validation rows alone."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.e2e.conftest import Lake


def tried(lake: Lake, seconds: float) -> list[dict]:
    variables = {"tuning_batch_seconds": seconds, "tuning_algorithms": ["svd"]}
    tuned = replace(lake, variables=json.dumps(variables), quick=True)
    tuned.dbt("--quiet", "run", "--select", "tuning_trials", "best_parameters")
    return [row for row in lake.table("tuning_trials").to_pylist() if row["algorithm"] == "svd"]


def factors(trials: list[dict]) -> set[int]:
    """Return the numbers of factors that were tried."""
    return {json.loads(row["parameters"])["factors"] for row in trials}


@pytest.fixture(scope="module")
def of_build(movielens) -> list[dict]:
    """Trials of svd that the build made."""
    return [
        row for row in movielens.table("tuning_trials").to_pylist() if row["algorithm"] == "svd"
    ]


@pytest.fixture(scope="module")
def first(movielens, of_build) -> list[dict]:
    """Trials of svd after a batch without time."""
    return tried(movielens, 0.001)


@pytest.fixture(scope="module")
def everything(movielens, first) -> list[dict]:
    """Trials of svd after a batch with more than enough time."""
    return tried(movielens, 600)


@pytest.mark.slow
def test_a_batch_ends_with_its_time_and_no_trial_is_made_twice(
    movielens, of_build, first, everything
):
    assert factors(of_build) == {2, 6, 18}
    assert len(first) == len(of_build) + 1
    grid = movielens.table("parameter_grid").to_pandas().query("algorithm == 'svd'")
    candidates = {int(text) for text in grid.candidates.item().split("|")}
    assert factors(everything) == candidates | factors(of_build)
    assert len(everything) == len({row["trial"] for row in everything}) == len(factors(everything))
    assert {row["trial"]: row["tried_at"] for row in everything}.items() >= {
        (row["trial"], row["tried_at"]) for row in [*of_build, *first]
    }
    best = min(everything, key=lambda row: row["error"])
    named = movielens.table("best_parameters").to_pandas().query("algorithm == 'svd'")
    assert named.trial.item() == best["trial"]
    assert named.trial_count.item() == len(everything)


def test_a_trial_is_scored_on_validation_rows_by_a_fit_of_train_rows(movielens, of_build):
    """The svd of the table, with biases and residuals by hand."""
    rows = movielens.table("rating_splits").to_pandas().query("protocol == 'random'")
    train = rows[rows.split == "train"]
    algorithms = movielens.table("algorithms").to_pandas().set_index("algorithm")
    mean, damping = train.rating.mean(), algorithms.loc["damped_bias"].reg
    by_movie = (train.rating - mean).groupby(train.movie_id)
    movie_bias = by_movie.sum() / (by_movie.count() + damping)
    by_user = (train.rating - mean - train.movie_id.map(movie_bias)).groupby(train.user_id)
    user_bias = by_user.sum() / (by_user.count() + damping)

    def residual(some):
        return some.rating - mean - some.movie_id.map(movie_bias) - some.user_id.map(user_bias)

    users, movies = np.unique(train.user_id), np.unique(train.movie_id)
    matrix = np.zeros((len(users), len(movies)))
    places = np.searchsorted(users, train.user_id), np.searchsorted(movies, train.movie_id)
    matrix[places] = residual(train)
    u, s, vt = np.linalg.svd(matrix, full_matrices=False)
    # All held-out users have train rows; a movie without any has no bias and no factors.
    held_out = rows[rows.split == "validation"]
    known = held_out.movie_id.isin(movies).to_numpy()
    assert known.any() and not known.all()
    baseline = mean + (
        held_out.movie_id.map(movie_bias).fillna(0) + held_out.user_id.map(user_bias)
    )
    columns = np.minimum(np.searchsorted(movies, held_out.movie_id), len(movies) - 1)
    places = np.searchsorted(users, held_out.user_id), columns
    assert of_build
    for row in of_build:
        k = int(json.loads(row["parameters"])["factors"])
        scores = np.where(known, ((u[:, :k] * s[:k]) @ vt[:k])[places], 0)
        predictions = np.clip(baseline + scores, 1, 5)
        expected = np.sqrt(np.mean((held_out.rating - predictions) ** 2))
        assert row["error"] == pytest.approx(expected, abs=1e-4)
