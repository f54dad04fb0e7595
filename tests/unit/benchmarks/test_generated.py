"""Generated ratings have the shape of MovieLens and the expected RMSE of the noise."""

import numpy as np
import pytest

from benchmarks.generate import generate, shape_of


@pytest.fixture(scope="module")
def generated(spark):
    return generate(spark, shape_of(100_000), seed=1).toArrow()


def test_equal_seeds_give_equal_ratings(spark, generated):
    keys = [("user_id", "ascending"), ("movie_id", "ascending")]
    again = generate(spark, shape_of(100_000), seed=1).repartition(3).toArrow()
    assert again.sort_by(keys) == generated.sort_by(keys)
    assert generate(spark, shape_of(100_000), seed=2).toArrow() != generated


def test_no_pair_comes_twice_and_every_user_rates_twenty_or_more(generated):
    users, movies = (generated[name].to_numpy() for name in ("user_id", "movie_id"))
    assert len(set(zip(users, movies, strict=True))) == len(users)
    counts = np.bincount(users)[1:]
    assert counts.min() >= 20
    assert counts.mean() == pytest.approx(116, rel=0.35)
    # Long tails: the most active fifth gives more than half, of the movies too.
    for tail in (counts, np.bincount(movies)):
        tail = np.sort(tail[tail > 0])[::-1]
        assert tail[: len(tail) // 5].sum() > 0.5 * tail.sum()


def test_ratings_are_halves_on_the_scale_with_the_expected_mean(generated):
    ratings = generated["rating"].to_numpy()
    assert set(ratings) == set(np.arange(1, 11) / 2)
    errors = ratings - generated["expected_rating"].to_numpy()
    assert abs(errors.mean()) < 0.02
    assert 0.6 < np.sqrt(np.mean(errors**2)) < 0.8
    for third in np.array_split(np.argsort(generated["expected_rating"].to_numpy()), 3):
        assert abs(errors[third].mean()) < 0.03
