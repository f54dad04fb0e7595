"""A trial's validation error equals the test error of a build that tests on the same rows."""

import numpy as np
import pytest
from pyspark.sql import Row
from pyspark.sql import functions as F

from reelhouse.algorithms.als import fit_als
from reelhouse.algorithms.driver_fits import fit_on_driver
from reelhouse.algorithms.fit_jobs import fit_jobs
from reelhouse.paths import DATA
from reelhouse.ranking.recommend import rank_movies
from reelhouse.tuning import tuner as tuning
from reelhouse.tuning.search import Trial
from reelhouse.tuning.tuner import Tuner
from tests.unit.algorithms.dbt_models import DbtModels

# Spark plans a dozen models of the project, which takes most of a minute.
pytestmark = pytest.mark.slow

VARS = {
    "seed": 1,
    "update": False,
    "tuning_protocol": "random",
    "tuning_rating_limit": 1_000_000,
    "ranking_user_limit": 1000,
}
ITERATIONS = (1, 2, 3)  # a trial makes at least three
SCALE = "rating_min double, rating_max double, relevant_rating double, has_ratings boolean"
ALGORITHMS = (
    "algorithm string, family string, feedback string, factors int, reg double,"
    " reg_exponent double, alpha double, unobserved_weight double, strength_scale double,"
    " iterations int, window_days double, neighbours bigint, shrinkage double, dropout double,"
    " diagonal_limit double, degree_exponent double, sweeps int, burn_in int, enabled boolean"
)
ALS = {
    "als_explicit": ("als", "explicit", 6, 0.1, 1.0, None, None, None),
    "als_residual": ("biased_als", "explicit", 6, 1.0, 0.5, None, None, None),
    "als_implicit": ("als", "implicit", 6, 1.0, 0.5, 3.0, None, 1.0),
    "als_graded": ("als", "graded", 6, 0.2, 0.5, None, 0.5, None),
}
OTHERS = {
    **dict.fromkeys(
        ("global_mean", "user_mean", "movie_mean"),
        ("mean", "explicit", None, None, None, None, None, None),
    ),
    "damped_bias": ("bias", "explicit", None, 4.0, None, None, None, None),
    "bayesian_mf": ("bayesian_mf", "explicit", 4, None, None, None, None, None),
    "svd": ("svd", "explicit", 4, None, None, None, None, None),
    "popularity": ("popularity", None, None, None, None, None, None, None),
}


@pytest.fixture(scope="module")
def rows():
    """Rows of seeds/algorithms.csv by algorithm; an ALS row for every number of iterations."""
    named = {
        f"{name}_{count}": (*values, count) for name, values in ALS.items() for count in ITERATIONS
    } | {name: (*values, None) for name, values in OTHERS.items()}
    columns = ALGORITHMS.replace(",", "").split()[::2]
    return {
        name: Row(**dict(zip(columns, (name, *values, *[None] * 6, 20, 5, True), strict=True)))
        for name, values in named.items()
    }


@pytest.fixture(scope="module")
def built(spark, rows):
    """The models of a build whose test rows are the validation rows of a trial, and a tuner."""
    table = np.loadtxt(DATA / "ml-100k" / "u.data", dtype=np.int64)[:6_000, :3]
    frame = spark.createDataFrame(table.tolist(), "user_id bigint, movie_id bigint, rating bigint")
    # Half of them, so that many a user or movie has no train row.
    is_held_out = F.pmod(F.hash("user_id", "movie_id"), F.lit(2)) == 0
    splits = frame.select(
        F.lit("random").alias("protocol"), F.lit(0).alias("fold"), "user_id", "movie_id",
        F.when(is_held_out, "validation").otherwise("train").alias("split"),
        F.col("rating").cast("double"), F.lit(None).cast("double").alias("strength"),
        (F.col("rating") >= 4).alias("is_relevant"), F.current_timestamp().alias("rated_at"),
    ).cache()  # fmt: skip
    scale = spark.createDataFrame([(1.0, 5.0, 4.0, True)], SCALE)
    algorithms = spark.createDataFrame(list(rows.values()), ALGORITHMS)
    models = DbtModels(spark, VARS)
    models.add("algorithms", algorithms)
    models.add("int_rating_scale", scale)
    models.add("rating_splits", splits)
    ratings = models.build("int_tuning_ratings")
    tuner = Tuner(ratings, scale=scale, solver="cg", seed=VARS["seed"])

    is_test = F.col("split") == "validation"
    tested = splits.withColumn("split", F.when(is_test, "test").otherwise(F.col("split")))
    models.add("rating_splits", tested)
    plan = algorithms.selectExpr(
        "*", "'random' as protocol", "0 as fold", "cast(null as string) as skipped_because",
        "false as is_ranking_algorithm", "cast(null as string) as blend_weights",
    ).cache()  # fmt: skip
    models.add("int_fit_plan", plan)
    models.build("rating_biases", "int_training_targets")

    def fits(*families):
        targets = spark.table("int_training_targets")
        return fit_jobs(plan, targets, families, scale=scale)

    fitted = fit_als(fits("als", "biased_als"), seed=VARS["seed"], solver="cg")
    models.add("als_factors", fitted)
    drivers = fits("bayesian_mf", "svd")
    models.add("int_driver_fits", fit_on_driver(drivers, splits=tested, seed=VARS["seed"]))
    models.build("int_scoring_vectors", "predictions")
    users = models.build("int_ranking_requests")
    lists = rank_movies(users, spark.table("int_scoring_vectors"), n=10, seed=VARS["seed"])
    models.add("evaluated_recommendations", lists)
    return models, tuner


@pytest.fixture(scope="module")
def test_errors(built):
    """RMSE of the predictions, or 1 - NDCG@10 of the lists, by algorithm."""
    errors = built[0].errors("evaluated_recommendations")
    metrics = {"explicit": "rmse", "implicit": "ndcg", "graded": "ndcg"}
    return lambda row: errors[metrics.get(row["feedback"], "ndcg")][row["algorithm"]]


@pytest.mark.parametrize("name", ALS)
def test_the_error_after_an_iteration_is_that_of_a_build_of_as_many(built, test_errors, rows, name):
    mine = [rows[f"{name}_{i}"] for i in ITERATIONS]
    errors = built[1].score(Trial(mine[0], {}))["errors"]
    assert [errors[i - 1] for i in ITERATIONS] == pytest.approx(
        [test_errors(row) for row in mine], abs=1e-6
    )


@pytest.mark.parametrize("name", OTHERS)
def test_the_error_of_a_trial_is_that_of_a_build(built, test_errors, rows, name):
    errors = built[1].score(Trial(rows[name], {}))["errors"]
    assert errors == pytest.approx([test_errors(rows[name])], abs=1e-6)


@pytest.mark.parametrize("name", ["als_explicit", "als_residual", "bayesian_mf", "svd"])
def test_an_algorithm_of_ratings_ranks_in_a_trial_as_in_a_build(built, rows, name, monkeypatch):
    models, tuner = built
    monkeypatch.setattr(tuning, "MOST_ITERATIONS", ITERATIONS[-1])
    row = rows.get(name) or rows[f"{name}_{ITERATIONS[0]}"]
    trial = tuner.score(Trial(row, {}))
    of_build = f"{name}_{trial['iterations']}" if trial["iterations"] else name
    errors = models.errors("evaluated_recommendations")["ndcg"]
    assert trial["ranking_error"] == pytest.approx(errors[of_build], abs=1e-6)


def test_the_comparison_covers_cold_users_and_movies_and_predictions_off_the_scale(built):
    models, _ = built
    predictions = models.spark.table("predictions")
    assert predictions.where("is_fallback").count() > 100
    assert predictions.where("prediction in (1, 5)").count() > 100
    lists = models.spark.table("evaluated_recommendations")
    assert lists.where("algorithm = 'als_implicit_1' and scored_by = 'popularity'").count() > 10
