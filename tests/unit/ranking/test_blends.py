"""The lists of a blend are those of the sum of standardised scores."""

import json

import numpy as np
import pytest

from reelhouse.ranking.recommend import rank_movies

MOVIES, USERS = 30, 8
SEED, SEEN = 1, 4


@pytest.fixture(scope="module")
def drawn():
    """Factors of two algorithms (users, 2) and (movies, 2), and item weights (movies, movies)."""
    rng = np.random.default_rng(0)
    fits = {
        name: (rng.normal(size=(USERS, 2)) * scale, rng.normal(size=(MOVIES, 2)))
        for name, scale in (("als_a", 1.0), ("als_b", 100.0))
    }
    return (
        fits,
        rng.random((MOVIES, MOVIES)),
        [rng.permutation(MOVIES)[:SEEN] for _ in range(USERS)],
    )


def standardised(scores, seen):
    unseen = np.ones_like(scores, bool)
    for user, movies in enumerate(seen):
        unseen[user, movies] = False
    scores = np.where(unseen, scores, np.nan)
    mean, deviation = np.nanmean(scores, 1), np.nanstd(scores, 1)
    return (scores - mean[:, None]) / deviation[:, None]


def test_a_blend_adds_the_standardised_scores_of_its_parts(spark, drawn):
    fits, weights, seen = drawn
    movies = [
        (name, "all", 0, "movie", movie, factors[movie].tolist())
        for name, (_, factors) in fits.items()
        for movie in range(MOVIES)
    ]
    movies += [("popularity", "all", 0, "movie", movie, [1.0]) for movie in range(MOVIES)]
    users = [
        (
            *("blend", "blend", "all", 0, user),
            [*fits["als_a"][0][user].tolist(), *fits["als_b"][0][user].tolist()],
            *(seen[user].tolist(), seen[user].tolist()),
        )
        for user in range(USERS)
    ]
    item_weights = [
        ("ease", "all", 0, movie, None, weights[movie].tolist()) for movie in range(MOVIES)
    ]
    shares = {"als_a": 0.5, "als_b": 0.2, "ease": 0.3}
    keys = "algorithm string, protocol string, fold int"
    lists = rank_movies(
        spark.createDataFrame(
            users,
            "algorithm string, scored_by string, protocol string, fold int, user_id bigint, factors"
            " array<double>, seen_movie_ids array<bigint>, liked_movie_ids array<bigint>",
        ),
        spark.createDataFrame(movies, f"{keys}, side string, id bigint, factors array<double>"),
        weights=spark.createDataFrame(
            item_weights, f"{keys}, id bigint, neighbour_ids array<bigint>, weights array<float>"
        ),
        blends=spark.createDataFrame(
            [("blend", "all", 0, json.dumps(shares))], f"{keys}, blend_weights string"
        ),
        n=5,
        seed=SEED,
    )
    likes = np.zeros((USERS, MOVIES))
    for user, liked in enumerate(seen):
        likes[user, liked] = 1
    scores = {name: users @ movies.T for name, (users, movies) in fits.items()}
    scores["ease"] = likes @ weights.T
    expected = sum(shares[name] * standardised(scores[name], seen) for name in shares)
    best = np.argsort(-np.nan_to_num(expected, nan=-np.inf), axis=1)[:, :5]
    found = lists.toArrow().to_pandas().sort_values(["user_id", "rank"])
    assert found["movie_id"].to_numpy().reshape(USERS, 5).tolist() == best.tolist()
    assert found["score"].to_numpy().reshape(USERS, 5) == pytest.approx(
        np.take_along_axis(expected, best, 1), abs=1e-4
    )
