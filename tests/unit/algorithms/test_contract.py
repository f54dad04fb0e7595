"""The contract of an algorithm: what every family of seeds/algorithms.csv promises.

The models of the project fit ratings with a planted taste and rank movies. Refused parameters are
in test_refusals.py.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import functions as F

from reelhouse.algorithms.contributions import EXPLAINED_FAMILIES
from reelhouse.algorithms.explanations import explain_lists
from reelhouse.project import project_vars, seed_rows
from tests.unit.algorithms import planted
from tests.unit.algorithms.cases import ALGORITHMS, MIDPOINT, case_of
from tests.unit.algorithms.dbt_models import DbtModels

EXPLAINED = [
    name for name, row in ALGORITHMS.items() if row["family"] in (*EXPLAINED_FAMILIES, "blend")
]
EXPLICIT = [name for name, row in ALGORITHMS.items() if row["feedback"] == "explicit"]
LENGTH = max(int(row["k"]) for row in seed_rows("ranking_cutoffs"))
MODELS = (
    *("rating_biases", "int_fit_plan", "int_training_targets", "als_factors", "int_driver_fits"),
    *("int_scoring_vectors", "predictions", "int_ranking_requests", "int_recommendations_ranked"),
)

RAW_FILES = (
    "format int, has_header int, splits int, has_line_breaks int, parts int, forgotten_count bigint"
)

every_algorithm = pytest.mark.parametrize("name", ALGORITHMS)


class Built(NamedTuple):
    """Results of a build; fold 1 has the ratings of fold 0 in another order."""

    lists: pd.DataFrame
    predictions: pd.DataFrame
    movies: pd.DataFrame
    errors: dict[str, dict[str, float]]
    iterations: pd.DataFrame


@pytest.fixture(scope="module")
def built(spark):
    models = DbtModels(spark, project_vars())
    models.add("algorithms", models.seed("algorithms").withColumn("enabled", F.lit(True)))
    models.add("tuning_trials", planted.trial_of_blend(spark.table("algorithms")))
    models.add("ranking_cutoffs", models.seed("ranking_cutoffs"))
    splits = planted.planted_splits(spark).cache()
    models.add("rating_splits", splits)
    models.add("movies", splits.select("movie_id").distinct())
    models.add("int_rating_scale", planted.planted_scale(spark))
    models.add("raw_files", spark.createDataFrame([], RAW_FILES))
    lists = models.build(*MODELS).toArrow().to_pandas()
    movies = spark.sql("""
        select algorithm, id as movie_id, factors as numbers from int_scoring_vectors
        where side = 'movie'
        union all
        select algorithm, id, cast(weights as array<double>) from int_driver_fits
        where weights is not null
    """)
    errors = models.errors("int_recommendations_ranked")
    predictions = spark.table("predictions").toArrow().to_pandas()
    iterations = models.build("fit_iterations").toArrow().to_pandas()
    return Built(lists, predictions, movies.toArrow().to_pandas(), errors, iterations)


def rows_of(frame, name, fold=0):
    """Return the rows of an algorithm and fold, by user, and in the order of a list."""
    rows = frame[(frame["algorithm"] == name) & (frame["fold"] == fold)]
    return rows.sort_values(["user_id", "rank" if "rank" in rows else "movie_id"])


@every_algorithm
def test_every_test_user_gets_a_full_list_of_unseen_movies(built, name):
    """Among the users are some with one rating, a cold one, and some who are folded in."""
    lists = rows_of(built.lists, name)
    assert set(lists["user_id"]) == {user for user, _ in planted.tested_pairs()}
    assert np.isfinite(lists["score"]).all()
    for user, ranked in lists.groupby("user_id"):
        assert ranked["rank"].tolist() == list(range(1, LENGTH + 1))
        assert ranked["score"].is_monotonic_decreasing
        assert ranked["movie_id"].is_unique
        assert not planted.seen_movies(user) & set(ranked["movie_id"])


@every_algorithm
def test_every_movie_has_numbers_to_score_it(built, name):
    """Among the movies are one with a single rating, and one that nobody likes."""
    # random hashes the movies of popularity, and a blend lists them.
    named = "popularity" if name in ("random", "blend") else name
    movies = built.movies[built.movies["algorithm"] == named]
    # A movie that nobody likes has no weights: it scores 0.
    liked = planted.RELEVANT if ALGORITHMS[name]["family"] in ("ease", "item_knn") else 0
    assert set(movies["movie_id"]) == planted.fitted_movies(lowest=liked)
    assert np.isfinite(np.concatenate(movies["numbers"].to_list())).all()


@pytest.mark.parametrize("name", EXPLICIT)
def test_an_algorithm_with_explicit_feedback_predicts_every_test_row(built, name):
    predictions = rows_of(built.predictions, name)
    pairs = set(zip(predictions["user_id"], predictions["movie_id"], strict=True))
    assert pairs == planted.tested_pairs()
    assert predictions["prediction"].between(planted.LOWEST, planted.HIGHEST).all()
    # Only the cold user is unknown to the fit.
    unknown = predictions.loc[predictions["is_fallback"], "user_id"]
    assert unknown.tolist() == [planted.STRANGER]


@every_algorithm
def test_the_same_ratings_in_another_order_give_the_same_result(built, name):
    first, second = (rows_of(built.lists, name, fold) for fold in (0, 1))
    assert second["score"].to_numpy() == pytest.approx(
        first["score"].to_numpy(), rel=1e-5, abs=1e-6
    )
    # Sums of doubles in another order may swap movies whose scores are equal but for rounding.
    assert np.mean(second["movie_id"].to_numpy() == first["movie_id"].to_numpy()) > 0.999
    first, second = (rows_of(built.predictions, name, fold)["prediction"] for fold in (0, 1))
    assert second.to_numpy() == pytest.approx(first.to_numpy(), rel=1e-5)


@pytest.mark.parametrize("name", [name for name in ALGORITHMS if name != "random"])
def test_it_is_better_than_its_naive_version(built, name):
    """A fit that saw the test rows would be less than half as wrong."""
    feedback = ALGORITHMS[name]["feedback"]
    errors = built.errors["rmse" if feedback == "explicit" else "ndcg"]
    naive = case_of(name).naive[feedback]
    if naive == MIDPOINT:
        ratings = rows_of(built.predictions, name)["rating"]
        middle = (planted.LOWEST + planted.HIGHEST) / 2
        expected = np.sqrt(np.mean((ratings - middle) ** 2))
    else:
        expected = errors[naive]
    assert 0.5 * expected < errors[name] < 0.95 * expected


def test_random_lists_every_unseen_movie_equally_often(built):
    """A user's list has each of the user's unseen movies with the same probability."""
    lists = rows_of(built.lists, "random")
    movies = sorted(planted.fitted_movies())
    probabilities = [
        [0.0 if movie in seen else LENGTH / (len(movies) - len(seen)) for movie in movies]
        for seen in map(planted.seen_movies, lists["user_id"].unique())
    ]
    expected = np.sum(probabilities, axis=0)
    deviations = np.sqrt(expected - np.sum(np.square(probabilities), axis=0))
    counts = lists["movie_id"].value_counts().reindex(movies, fill_value=0)
    assert (abs(counts.to_numpy() - expected) < 4 * deviations).all()


@pytest.mark.parametrize("name", [*EXPLAINED, "popularity", "bayesian_mf"])
def test_a_score_is_the_sum_of_its_contributions(spark, built, name):
    """The cold user gets popular movies, and some users are folded in."""

    def rows(table, condition="true"):
        found = spark.table(table).where("fold = 0").where(condition)
        return found.withColumn("protocol", F.lit("all"))

    is_named = f"algorithm = '{name}'"
    explained = explain_lists(
        rows("int_recommendations_ranked", is_named),
        users=rows("int_ranking_requests", is_named),
        plan=rows("int_fit_plan").withColumn("is_ranking_algorithm", F.expr(is_named)),
        ratings=rows("int_training_targets"),
        scale=spark.table("int_rating_scale"),
        factors=rows("int_scoring_vectors"),
        weights=rows("int_driver_fits", "weights is not null"),
        candidates=spark.table("movies"),
        most=3,
        seed=project_vars()["seed"],
    )
    found = explained.toArrow().to_pandas()
    sums = found.groupby(["user_id", "movie_id"])["contribution"].sum()
    scores = rows_of(built.lists, name).set_index(["user_id", "movie_id"])["score"]
    tolerance = 1e-6 * scores.abs().max()
    assert sums[scores.index].to_numpy() == pytest.approx(scores.to_numpy(), 1e-4, tolerance)
    named = found[found["kind"] == "rating"]
    assert all(
        set(movies) <= planted.seen_movies(user)
        for user, movies in named.groupby("user_id")["rated_movie_id"]
    )
    assert named["position"].max() == 3 if name in EXPLAINED else named.empty
    assert not ((found["user_id"] == planted.STRANGER) & (found["kind"] != "baseline")).any()


@pytest.mark.parametrize(
    "name", [name for name, row in ALGORITHMS.items() if row["family"] in ("als", "biased_als")]
)
def test_a_fit_of_als_has_a_loss_for_each_iteration(built, name):
    fits = built.iterations[built.iterations["algorithm"] == name].sort_values("iteration")
    for fold in (0, 1):
        fit = fits[fits["fold"] == fold]
        assert fit["iteration"].tolist() == list(range(1, int(ALGORITHMS[name]["iterations"]) + 1))
        assert fit["loss"].iloc[-1] < fit["loss"].iloc[0]
        assert fit["seconds"].is_monotonic_increasing
