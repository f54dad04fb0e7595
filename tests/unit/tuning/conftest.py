"""Ratings for trials."""

import pytest


@pytest.fixture(scope="session")
def ratings(spark):
    """Return train and validation rows like those of int_tuning_ratings."""
    pairs = [(user, movie) for user in range(12) for movie in range(9)]
    rows = [
        ("train" if (user + movie) % 5 else "validation", user, movie, user * movie % 5 + 1.0)
        for user, movie in pairs
    ]
    frame = spark.createDataFrame(rows, "split string, user_id long, movie_id long, rating double")
    return frame.selectExpr(
        "*",
        "null as strength",
        "rating >= 4 as is_relevant",
        "rating - 3 as residual",
        "movie_id / 9 as movie_bias",
    )
