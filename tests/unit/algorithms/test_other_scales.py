"""Ratings on another scale have the same fit, in the units of that scale."""

import numpy as np
import pytest
from pyspark.sql import functions as F

from reelhouse.algorithms.als import fit_als
from reelhouse.algorithms.als_settings import ALS_FAMILIES
from reelhouse.algorithms.driver_fits import DRIVER_FAMILIES, fit_on_driver
from reelhouse.algorithms.fit_jobs import fit_jobs
from tests.unit.algorithms.cases import ALGORITHMS, FITS
from tests.unit.algorithms.dbt_models import DbtModels

USERS, MOVIES, TASTES = 60, 40, 2
FOLDED_IN = 5
TIMES = 20.0
SCALE = "rating_min double, rating_max double, relevant_rating double"
RATINGS = (
    "protocol string, fold int, user_id bigint, movie_id bigint, split string, rating double,"
    " is_relevant boolean, residual double"
)


@pytest.fixture(scope="module")
def scores(spark):
    """Scores (users, movies) by algorithm and fold; fold 1 has the ratings of fold 0 ``TIMES``."""
    rng = np.random.default_rng(3)
    users, movies = np.nonzero(rng.random((USERS, MOVIES)) < 0.4)
    taste = rng.normal(size=(USERS, TASTES)) @ rng.normal(size=(MOVIES, TASTES)).T
    residuals = taste[users, movies] + rng.normal(0, 0.3, len(users))
    rows = [
        (*("random", fold, user, movie), split, times * (3 + residual), True, times * residual)
        for fold, times in enumerate((1.0, TIMES))
        for user, movie, residual in zip(
            *map(np.ndarray.tolist, (users, movies, residuals)), strict=True
        )
        for split in ["fold_in" if user < FOLDED_IN else "train"]
    ]
    folds = spark.createDataFrame([(0,), (1,)], "fold int")
    plan = (
        DbtModels(spark, {})
        .seed("algorithms")
        .where("feedback = 'explicit'")
        .crossJoin(folds)
        .withColumns({"protocol": F.lit("random"), "skipped_because": F.lit(None).cast("string")})
    )
    ratings = spark.createDataFrame(rows, RATINGS).withColumn("strength", F.lit(None))
    scale = spark.createDataFrame([(-3.0, 9.0, 4.0)], SCALE)
    als = fit_jobs(plan, ratings, ALS_FAMILIES, scale=scale)
    driver = fit_jobs(plan, ratings, DRIVER_FAMILIES, scale=scale)
    tables = fit_als(als, seed=1, solver="cg"), fit_on_driver(driver, splits=ratings, seed=1)
    factors = {
        key: np.stack(rows.sort_values("id")["factors"])
        for table in tables
        for key, rows in table.read_pandas().groupby(["algorithm", "fold", "side"])
    }
    return {
        (algorithm, fold): rows @ factors[algorithm, fold, "movie"].T
        for (algorithm, fold, side), rows in factors.items()
        if side == "user"
    }


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, row in ALGORITHMS.items()
        if row["family"] in FITS and row["feedback"] == "explicit"
    ],
)
def test_ratings_times_a_number_are_predicted_times_that_number(scores, name):
    once, times = scores[name, 0], scores[name, 1]
    assert once.shape == (USERS, MOVIES)
    if name == "bayesian_mf":
        # Rounding differs, and a chain enlarges differences up to the error of its averages.
        assert np.abs(times - TIMES * once).mean() < 0.1 * TIMES
    else:
        assert times == pytest.approx(TIMES * once, abs=1e-3 * TIMES)
    assert once.std() > 0.5
