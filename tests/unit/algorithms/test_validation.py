"""Judges against plain numpy, and a fit that stops by them."""

import numpy as np
import pytest
from pyspark.sql import functions as F

from reelhouse.algorithms.als import fit_als
from reelhouse.algorithms.fit_jobs import runs
from reelhouse.algorithms.validation import (
    HeldOut,
    Popularity,
    Rows,
    judge_of_errors,
    judge_of_lists,
)
from reelhouse.errors import ReelhouseError
from reelhouse.paths import DATA

IDS = {"user": np.array([1, 4, 9]), "movie": np.array([2, 3, 5, 7])}
USERS = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], np.float32)
# Scores of user 1: 4 3 2 1; of user 4: 1 2 3 4; of user 9: 5 5 5 5.
MOVIES = np.array([[4.0, 1.0], [3.0, 2.0], [2.0, 3.0], [1.0, 4.0]], np.float32)


def rows(*triples):
    return Rows(*(np.array(column) for column in zip(*triples, strict=True)))


def held_out(*quadruples):
    *columns, baselines = zip(*quadruples, strict=True)
    return HeldOut(Rows(*map(np.array, columns)), np.array(baselines), 1.0, 5.0)


def popularity(**counts):
    return Popularity(
        np.array([int(name.removeprefix("m")) for name in counts]), np.array([*counts.values()])
    )


def test_errors_are_those_of_clipped_predictions_with_the_baseline_for_the_unknown():
    # Scores 4, 4, 9 clipped to 5; user 8 and movie 4 are unknown: baselines 3.5 and 0 clipped to 1.
    rows = held_out(
        (1, 2, 5.0, 2.0), (4, 7, 2.0, 2.0), (9, 2, 4.5, 2.0), (8, 2, 3.0, 3.5), (9, 4, 1.5, 0.0)
    )
    expected = np.sqrt((1 + 4 + 0.25 + 0.25 + 0.25) / 5)
    movies = MOVIES + np.array([[0.0, 4.0], [0, 0], [0, 0], [0, 0]], np.float32)
    error = judge_of_errors(IDS, rows, of_residuals=False)(USERS, movies)
    assert error == pytest.approx(expected)
    # Residuals 2, 2, 7: with the baseline of 2 the same predictions.
    residuals = movies - np.array([[2.0, 2.0], [2, 2], [2, 2], [2, 2]], np.float32)
    users = USERS.copy()
    users[2] = [0.5, 0.5]  # the sum of 2 and 3 halves, on 2
    again = judge_of_errors(IDS, rows, of_residuals=True)(users, residuals)
    halved = np.clip(2 + (movies[0].sum() - 4) / 2, 1, 5)
    assert again == pytest.approx(np.sqrt((1 + 4 + (halved - 4.5) ** 2 + 0.25 + 0.25) / 5))


def test_lists_are_judged_by_ndcg_without_what_was_seen():
    held_out = rows((1, 3, 1.0), (4, 2, 1.0), (4, 5, 1.0))
    seen = rows((1, 2, 1.0), (4, 7, 1.0), (9, 2, 1.0))
    error = judge_of_lists(IDS, held_out, seen, popularity(m2=2, m3=1, m5=1, m7=1), seed=1)(
        USERS, MOVIES
    )
    # User 1: movie 3 comes first. User 4: 5 comes first, and 2 third.
    expected = (1 + (1 + 1 / 2) / (1 + 1 / np.log2(3))) / 2
    assert error == pytest.approx(1 - expected)


def test_lists_of_users_and_movies_unknown_to_the_fit_are_those_of_a_build():
    """Movie 6 is rated, but not liked; movie 8 is not in train; user 5 has no factors."""
    held_out = rows((1, 6, 1.0), (1, 8, 1.0), (5, 6, 1.0))
    seen = rows((1, 2, 1.0), (5, 3, 1.0))
    counts = popularity(m2=5, m3=9, m5=1, m6=3, m7=2)
    scores = np.array([[9.0, 0], [3, 0], [-2, 0], [-1, 0]], np.float32)
    error = judge_of_lists(IDS, held_out, seen, counts, seed=1)(USERS, scores)
    # User 1 gets 3, 6 (which scores 0), 7, 5: one of two, in second place. User 5 gets the popular
    # 2, 6, 7, 5: one of one, in second place.
    second, ideal = 1 / np.log2(3), 1 + 1 / np.log2(3)
    assert error == pytest.approx(1 - (second / ideal + second) / 2)


def test_rows_of_unknown_pairs_alone_judge_nothing():
    with pytest.raises(ReelhouseError, match="nothing to judge a fit by"):
        judge_of_errors(IDS, held_out((8, 2, 1.0, 1.0)), of_residuals=False)
    with pytest.raises(ReelhouseError, match="nothing to judge a fit by"):
        judge_of_lists(IDS, rows((8, 2, 1.0)), rows((1, 2, 1.0)), popularity(m2=1), seed=1)


ALGORITHMS = (
    "algorithm string, family string, feedback string, factors int, reg double,"
    " reg_exponent double, alpha double, unobserved_weight double, iterations int, protocol string,"
    " fold int, skipped_because string"
)
SCALE = "rating_min double, rating_max double, relevant_rating double"


@pytest.fixture(scope="module")
def split_ratings(spark):
    table = np.loadtxt(DATA / "ml-100k" / "u.data", dtype=np.int64)[:20_000, :3]
    frame = spark.createDataFrame(table.tolist(), "user_id bigint, movie_id bigint, rating bigint")
    split = F.when(F.hash("user_id", "movie_id") % 5 == 0, "validation").otherwise("train")
    return frame.select(
        F.lit("random").alias("protocol"), F.lit(0).alias("fold"), "user_id", "movie_id",
        split.alias("split"), F.col("rating").cast("double"),
        (F.col("rating") >= 4).alias("is_relevant"),
        (F.col("rating") - 3.5).cast("double").alias("residual"),
    )  # fmt: skip


@pytest.mark.parametrize(
    "row",
    [
        ("biased_als", "explicit", None, None),
        ("als", "implicit", 10.0, None),
        ("als", "graded", None, 0.01),
    ],
)
def test_a_fit_takes_the_iterations_that_the_validation_rows_ask_for(spark, split_ratings, row):
    family, feedback, alpha, unobserved_weight = row
    # Hardly regularised, so that more iterations are worse.
    algorithms = spark.createDataFrame(
        [
            (
                "loose",
                family,
                feedback,
                32,
                1e-4,
                1.0,
                alpha,
                unobserved_weight,
                12,
                "random",
                0,
                None,
            )
        ],
        ALGORITHMS,
    )

    scale = spark.createDataFrame([(1.0, 5.0, 4.0)], SCALE)

    def iterations(patience, engine="native"):
        fits = runs(algorithms, split_ratings, [family], scale=scale)
        fitted = fit_als(fits, seed=1, engine=engine, solver="cg", patience=patience)
        return len(fitted["iteration"].drop_null())

    assert iterations(0) == 12
    assert 1 <= iterations(1) < 12
    with pytest.raises(ReelhouseError, match="als_patience"):
        iterations(1, engine="mllib")
