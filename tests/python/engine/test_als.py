"""Fits on ratings of known structure."""

import numpy as np
import pytest

from reelhouse.als import Settings, fit
from reelhouse.errors import ReelhouseError

EXPLICIT = Settings(factors=4, reg=0.01, iterations=10, feedback="explicit")
IMPLICIT = Settings(factors=4, reg=0.1, iterations=10, feedback="implicit", alpha=10.0)

# Beyond 32 bits: MLlib alone would refuse them.
FAR = 2**40


@pytest.fixture(scope="module")
def low_rank(spark):
    """Ratings 3 + x·y of rank 3 without noise, half of the pairs observed."""
    rng = np.random.default_rng(1)
    scores = 3 + rng.normal(size=(60, 2)) @ rng.normal(size=(40, 2)).T
    users, movies = np.nonzero(rng.random(scores.shape) < 0.5)
    rows = zip(
        (users + FAR).tolist(), (movies - FAR).tolist(), scores[users, movies].tolist(), strict=True
    )
    return spark.createDataFrame(
        list(rows), "user_id bigint, movie_id bigint, rating double"
    ).cache()


def as_dict(factors):
    return {row["id"]: np.array(row["factors"]) for row in factors.collect()}


def test_low_rank_ratings_are_recovered_and_ids_kept(low_rank):
    fitted = fit(low_rank, EXPLICIT, seed=1)
    users, movies = as_dict(fitted.users), as_dict(fitted.movies)
    rows = low_rank.collect()
    assert set(users) == {row["user_id"] for row in rows}
    assert set(movies) == {row["movie_id"] for row in rows}
    errors = [users[r["user_id"]] @ movies[r["movie_id"]] - r["rating"] for r in rows]
    # The standard deviation of the ratings is about 1.4.
    assert np.sqrt(np.mean(np.square(errors))) < 0.1


def test_implicit_fit_scores_what_was_seen_above_what_was_not(spark):
    blocks = [
        (u, m, 1.0) for u in range(20) for m in range(20) if u % 2 == m % 2 and (u, m) != (0, 4)
    ]
    rows = spark.createDataFrame(blocks, "user_id bigint, movie_id bigint, rating double")
    fitted = fit(rows, IMPLICIT, seed=1)
    users, movies = as_dict(fitted.users), as_dict(fitted.movies)
    assert users[0] @ movies[4] > max(users[0] @ movies[m] for m in range(1, 20, 2)) + 0.5


def test_equal_input_and_seed_give_equal_factors(low_rank):
    first, second = (as_dict(fit(low_rank, EXPLICIT, seed=5).users) for _ in range(2))
    shuffled = as_dict(fit(low_rank.orderBy("rating").repartition(3), EXPLICIT, seed=5).users)
    for other in (second, shuffled):
        assert all(np.allclose(first[i], other[i], atol=1e-5) for i in first)


@pytest.mark.parametrize(
    ("settings", "hint"),
    [
        (Settings(4, 0.1, 5, "explicit", reg_exponent=0.5), "reg_exponent"),
        (Settings(4, 0.1, 5, "explicit", unobserved_weight=0.1), "unobserved_weight"),
        (Settings(4, 0.1, 5, "implicit"), "alpha"),
    ],
)
def test_what_mllib_cannot_express_is_refused(low_rank, settings, hint):
    with pytest.raises(ReelhouseError, match=hint):
        fit(low_rank, settings, seed=1)
