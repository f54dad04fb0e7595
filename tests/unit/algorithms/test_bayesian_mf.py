"""Fits of ``bayesian_mf``: averages for the test rows, of which a fit sees the ids alone."""

import numpy as np
import pytest
from pyspark.sql import Row
from pyspark.sql import functions as F

from reelhouse.algorithms import bayesian_mf
from reelhouse.algorithms.driver_fits import fit_on_driver
from reelhouse.algorithms.fit_jobs import FitJob
from reelhouse.errors import ReelhouseError
from tests.unit.algorithms import planted

SWEEPS, BURN_IN = 80, 10
ALGORITHM = Row(
    **{"algorithm": "bayesian_mf", "family": "bayesian_mf", "feedback": "explicit"},
    **{"factors": 4, "sweeps": SWEEPS, "burn_in": BURN_IN},
)
FOLDED_IN = range(planted.USERS - planted.FOLDED_IN + 1, planted.USERS + 1)


@pytest.fixture(scope="module")
def splits(spark):
    return planted.planted_splits(spark).where("fold = 0").cache()


@pytest.fixture(scope="module")
def fitted(splits):
    return fit(splits)


def fit(splits):
    """Return the table of a fit to all rows but the test rows."""
    rows = splits.where("split <> 'test'").withColumn("value", F.col("rating"))
    job = FitJob(ALGORITHM, "random", 0, rows, 1.0, "")
    return fit_on_driver([job], splits=splits, seed=1).read_all().to_pandas()


def averages(fitted):
    """Return the prediction and the standard deviation by user and movie."""
    users = fitted[fitted["test_predictions"].notna()]
    columns = users[["id", "test_movie_ids", "test_predictions", "test_stddevs"]]
    return {
        (user, movie): (prediction, stddev)
        for user, *lists in columns.itertuples(index=False)
        for movie, prediction, stddev in zip(*lists, strict=True)
    }


def standardised_errors(fitted, users):
    """Return errors of the test rows of some users, divided by their standard deviations."""
    found = averages(fitted)
    ratings = {
        (u, m): rating for split, u, m, rating, _ in planted.planted_rows() if split == "test"
    }
    rows = [(*found[pair], ratings[pair]) for pair in found if pair[0] in users]
    predictions, stddevs, actual = np.array(rows).T
    return (predictions - actual) / stddevs


def test_every_test_row_of_a_known_user_and_movie_has_an_average(fitted):
    pairs = planted.tested_pairs()
    assert averages(fitted).keys() == {pair for pair in pairs if pair[0] != planted.STRANGER}


def test_test_rows_change_neither_the_factors_nor_other_predictions(splits, fitted):
    """A bag with the movies of the test rows would change both."""
    again = fit(splits.where("split <> 'test' or user_id % 3 = 0"))
    assert np.array_equal(np.stack(again["factors"]), np.stack(fitted["factors"]))
    kept, all_rows = averages(again), averages(fitted)
    assert 0 < len(kept) < len(all_rows)
    assert all(all_rows[pair] == values for pair, values in kept.items())


@pytest.mark.parametrize("users", [range(1, FOLDED_IN[0]), FOLDED_IN], ids=["fitted", "folded in"])
def test_intervals_cover_their_share_of_the_test_ratings(fitted, users):
    errors = np.abs(standardised_errors(fitted, users))
    assert np.mean(errors < 1.2816) == pytest.approx(0.8, abs=0.1)
    assert np.mean(errors < 1.96) == pytest.approx(0.95, abs=0.05)


def test_the_dot_product_of_the_factors_is_nearly_the_average(fitted):
    vectors = {(row.side, row.id): row.factors for row in fitted.itertuples()}
    differences = [
        vectors["user", user] @ vectors["movie", movie] - prediction
        for (user, movie), (prediction, _) in averages(fitted).items()
    ]
    assert np.abs(differences).mean() < 0.05


def test_one_row_has_the_progress_of_the_chain(fitted):
    (row,) = fitted[fitted["noises"].notna()].itertuples()
    assert (row.side, row.id) == ("movie", fitted.query("side == 'movie'")["id"].min())
    sizes = np.array(row.effective_sample_sizes, float)
    assert len(row.noises) == len(row.train_rmses) == len(sizes) == SWEEPS
    assert np.isnan(sizes[:BURN_IN]).all() and (sizes[BURN_IN:] > 0).all()
    # Ratings are rounded to whole numbers, which adds a variance of 1/12.
    noise = np.sqrt(planted.NOISE**2 + 1 / 12)
    assert np.mean(row.noises[BURN_IN:]) == pytest.approx(noise, rel=0.2)
    assert (np.diff(row.elapsed_seconds) > 0).all()


def test_ratings_above_the_memory_of_the_driver_are_refused(monkeypatch):
    monkeypatch.setattr(bayesian_mf, "memory_bytes", lambda: 3 * bayesian_mf.BYTES_PER_RATING)
    bayesian_mf.refuse_too_many(1)
    with pytest.raises(ReelhouseError, match="for 1 ratings in the driver, and there are 2: name"):
        bayesian_mf.refuse_too_many(2)
