"""Fits of ratings with a known structure, in the driver and on workers."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from pyspark.sql import functions as F

from reelhouse.als import Settings, fit, fit_packed, fold_in, packing, spark_ratings
from reelhouse.als.ratings import LocalRatings
from reelhouse.als.spark_ratings import SparkRatings
from reelhouse.errors import ReelhouseError

EXPLICIT = Settings(factors=4, reg=0.01, iterations=10, feedback="explicit")
IMPLICIT = Settings(factors=4, reg=0.1, iterations=10, feedback="implicit", alpha=10.0)
RENDLE = replace(IMPLICIT, alpha=None, unobserved_weight=0.1, reg_exponent=0.5)
BIASED = replace(EXPLICIT, biases=True, reg_exponent=0.5)

# Ids of more than 32 bits.
FAR = 2**40


@pytest.fixture(scope="module")
def triples():
    """Ratings 3 + x·y: a matrix of rank 3 without noise, with half of its entries."""
    rng = np.random.default_rng(1)
    scores = 3 + rng.normal(size=(60, 2)) @ rng.normal(size=(40, 2)).T
    users, movies = np.nonzero(rng.random(scores.shape) < 0.5)
    return users + FAR, movies - FAR, scores[users, movies]


@pytest.fixture(scope="module")
def low_rank(spark, triples):
    rows = zip(*(array.tolist() for array in triples), strict=True)
    return spark.createDataFrame(
        list(rows), "user_id bigint, movie_id bigint, value double"
    ).cache()


def test_low_rank_ratings_are_recovered_and_ids_kept(low_rank, triples):
    users, movies, ratings = triples
    fitted = fit(low_rank, EXPLICIT, seed=1)
    assert set(fitted.ids["user"]) == set(users)
    assert set(fitted.ids["movie"]) == set(movies)
    u, m = (
        fitted.factors[side][np.searchsorted(fitted.ids[side], ids)]
        for side, ids in (("user", users), ("movie", movies))
    )
    # The standard deviation of the ratings is about 1.4.
    assert np.sqrt(np.mean((np.sum(u * m, axis=1) - ratings) ** 2)) < 0.1


@pytest.mark.parametrize("settings", [IMPLICIT, RENDLE])
def test_implicit_fit_scores_what_was_seen_above_what_was_not(settings):
    pairs = [(u, m) for u in range(20) for m in range(20) if u % 2 == m % 2 and (u, m) != (0, 4)]
    users, movies = np.array(pairs).T
    fitted = fit_packed(LocalRatings(users, movies, np.ones(len(users))), settings, seed=1)
    scores = fitted.factors["user"] @ fitted.factors["movie"].T
    assert scores[0, 4] > max(scores[0, m] for m in range(1, 20, 2)) + 0.4


@pytest.mark.parametrize("solver", ["cg", "cholesky"])
def test_equal_input_and_seed_give_equal_factors_in_any_order(triples, solver):
    settings = replace(EXPLICIT, solver=solver)
    order = np.random.default_rng(2).permutation(len(triples[0]))
    first = fit_packed(LocalRatings(*triples), settings, seed=5)
    second = fit_packed(LocalRatings(*(array[order] for array in triples)), settings, seed=5)
    for side in ("user", "movie"):
        assert np.array_equal(first.factors[side], second.factors[side])


def test_any_number_of_threads_gives_the_same_factors(triples):
    one, three = (
        fit_packed(LocalRatings(*triples, threads=threads), EXPLICIT, seed=5) for threads in (1, 3)
    )
    for side in ("user", "movie"):
        assert np.array_equal(one.factors[side], three.factors[side])


@pytest.mark.parametrize("solver", ["cg", "cholesky"])
@pytest.mark.parametrize("settings", [EXPLICIT, RENDLE, BIASED])
def test_blocks_on_the_workers_give_the_factors_of_the_driver(low_rank, triples, settings, solver):
    settings = replace(settings, solver=solver, iterations=2)
    ratings = low_rank.withColumn("value", F.abs("value") + 0.1)
    users, movies, values = triples
    values = np.abs(values) + 0.1
    packed = SparkRatings(ratings, ratings.count(), blocks=3)
    here = fit_packed(LocalRatings(users, movies, values), settings, seed=5)
    there = fit_packed(packed, settings, seed=5)
    packed.release()
    for side in ("user", "movie"):
        assert np.array_equal(there.ids[side], here.ids[side])
        assert np.array_equal(there.factors[side], here.factors[side])
    assert there.iterations[-1].loss == pytest.approx(here.iterations[-1].loss)


def test_a_broadcast_above_the_limit_names_what_to_set(low_rank, monkeypatch):
    monkeypatch.setattr(spark_ratings, "BROADCAST_BYTES", 1000)
    with pytest.raises(ReelhouseError, match="set fewer factors"):
        fit_packed(SparkRatings(low_rank, low_rank.count()), EXPLICIT, seed=1)


def test_ratings_too_many_for_the_driver_are_packed_on_the_workers(low_rank, monkeypatch):
    assert isinstance(packing.pack(low_rank), LocalRatings)
    monkeypatch.setattr(packing, "BYTES_PER_RATING", 2**40)
    assert isinstance(packing.pack(low_rank), SparkRatings)


def test_a_fit_goes_on_from_an_earlier_one_and_takes_in_new_users(triples):
    users, movies, ratings = triples
    known = users < users.max()
    earlier = fit_packed(
        LocalRatings(users[known], movies[known], ratings[known]), EXPLICIT, seed=1
    )
    once = replace(EXPLICIT, iterations=1)
    warm = fit_packed(LocalRatings(*triples), once, seed=2, start=earlier)
    cold = fit_packed(LocalRatings(*triples), once, seed=2)
    assert set(warm.ids["user"]) - set(earlier.ids["user"]) == {users.max()}
    assert warm.iterations[0].loss < 0.5 * cold.iterations[0].loss


@pytest.mark.parametrize("settings", [EXPLICIT, BIASED])
def test_a_warm_start_makes_use_of_more_factors(triples, settings):
    rank_1 = replace(settings, factors=1)
    earlier = fit_packed(LocalRatings(*triples), rank_1, seed=1)
    warm = fit_packed(LocalRatings(*triples), replace(settings, factors=3), seed=1, start=earlier)
    assert warm.iterations[-1].loss < 0.5 * earlier.iterations[-1].loss


def test_observations_without_a_meaning_are_refused_before_the_fit(low_rank, triples):
    users, movies, ratings = triples
    for packed in (
        LocalRatings(users, movies, ratings * 0),
        SparkRatings(low_rank.withColumn("value", F.lit(0.0)), low_rank.count()),
    ):
        with pytest.raises(ReelhouseError, match="above 0"):
            fit_packed(packed, RENDLE, seed=1)
    missing = low_rank.withColumn("value", F.when(F.col("value") > 0, F.col("value")))
    with pytest.raises(ReelhouseError, match="finite"):
        SparkRatings(missing, low_rank.count())


@pytest.mark.parametrize("settings", [EXPLICIT, IMPLICIT, RENDLE, BIASED])
def test_a_user_folded_in_has_the_factors_of_the_fit(triples, settings):
    users, movies, ratings = triples
    values = np.abs(ratings) + 0.1
    fitted = fit_packed(LocalRatings(users, movies, values), settings, seed=1)
    mine = users == users[0]
    # A movie that nobody has rated is left out.
    rated, given = np.append(movies[mine], FAR), np.append(values[mine], 5.0)
    folded = fold_in(settings, fitted.ids["movie"], fitted.factors["movie"], rated, given)
    assert folded == pytest.approx(fitted.factors["user"][0], rel=1e-4, abs=1e-5)
    nothing = fold_in(settings, fitted.ids["movie"], fitted.factors["movie"], rated[:0], given[:0])
    assert np.count_nonzero(nothing) == settings.biases


@pytest.mark.parametrize("settings", [EXPLICIT, IMPLICIT, RENDLE, BIASED])
@pytest.mark.parametrize("solver", ["cg", "cholesky"])
def test_the_loss_never_rises(triples, settings, solver):
    users, movies, ratings = triples
    packed = LocalRatings(users, movies, np.abs(ratings) + 0.1)
    fitted = fit_packed(packed, replace(settings, solver=solver), seed=1)
    losses = [iteration.loss for iteration in fitted.iterations]
    assert len(losses) == 10
    assert all(after <= before * 1.0001 for before, after in itertools.pairwise(losses))


def test_biases_are_fitted_beside_the_factors_and_their_loss_is_the_objective():
    """The values are sums of a user's and a movie's number, which one factor cannot express."""
    rng = np.random.default_rng(4)
    of_users, of_movies = rng.normal(size=40), rng.normal(size=30)
    users, movies = np.nonzero(rng.random((40, 30)) < 0.6)
    values = of_users[users] + of_movies[movies]
    settings = Settings(factors=1, reg=0.02, iterations=20, feedback="explicit", biases=True)
    packed = LocalRatings(users, movies, values)
    fitted = fit_packed(packed, settings, seed=1)
    u, m = fitted.factors["user"].astype(float), fitted.factors["movie"].astype(float)
    assert (u[:, 1] == 1).all() and (m[:, 0] == 1).all()
    assert np.corrcoef(u[:, 0], of_users)[0, 1] > 0.99
    errors = values - np.einsum("ij,ij->i", u[users], m[movies])
    assert np.sqrt(np.mean(errors**2)) < 0.1
    plain = fit_packed(packed, replace(settings, biases=False), seed=1).iterations[-1].loss
    assert fitted.iterations[-1].loss < 0.5 * plain
    penalty = sum(
        settings.reg * np.bincount(ids) @ (np.square(factors).sum(axis=1) - 1)
        for ids, factors in ((users, u), (movies, m))
    )
    assert fitted.iterations[-1].loss == pytest.approx(np.sum(errors**2) + penalty, rel=1e-4)


def test_a_fit_whose_validation_error_is_no_number_is_refused(triples):
    with pytest.raises(ReelhouseError, match="raise reg"):
        fit_packed(
            LocalRatings(*triples), EXPLICIT, seed=1, validation_metric=lambda *_: float("nan")
        )


def test_a_fit_stops_when_the_validation_error_does_not_improve(triples):
    errors = iter([3.0, 2.0, 2.5, 2.5, 1.0])
    seen = []

    def metric(users, movies):
        seen.append(users)
        return next(errors)

    fitted = fit_packed(LocalRatings(*triples), EXPLICIT, seed=1, validation_metric=metric)
    assert len(fitted.iterations) == 4
    assert np.array_equal(fitted.factors["user"], seen[1])


@pytest.mark.parametrize("settings", [EXPLICIT, RENDLE, BIASED])
@pytest.mark.parametrize("solver", ["cg", "cholesky"])
def test_the_metric_gets_the_factors_of_a_fit_of_as_many_iterations(triples, settings, solver):
    users, movies, ratings = triples
    # More factors than steps, so that conjugate gradients stop short of the solution.
    settings = replace(settings, factors=8, iterations=5, solver=solver)
    packed = LocalRatings(users, movies, np.abs(ratings) + 0.1)
    seen = []

    def metric(users, movies):
        seen.append({"user": users.copy(), "movie": movies.copy()})
        return float(-len(seen))

    validated = fit_packed(packed, settings, seed=1, validation_metric=metric)
    for count, factors in enumerate(seen, start=1):
        fitted = fit_packed(packed, replace(settings, iterations=count), seed=1)
        for side in ("user", "movie"):
            assert np.array_equal(factors[side], fitted.factors[side])
        assert validated.iterations[count - 1].loss == fitted.iterations[-1].loss
    assert len(seen) == 5


def test_a_rating_that_is_no_number_is_refused(low_rank):
    ids = np.arange(2)
    with pytest.raises(ReelhouseError, match="finite"):
        LocalRatings(ids, ids, np.array([1.0, np.nan]))
    with pytest.raises(ReelhouseError, match="finite"):
        SparkRatings(low_rank.withColumn("value", F.lit(float("inf"))), low_rank.count())


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        ({"factors": 0}, "factors"),
        ({"reg": 0.0}, "reg"),
        ({"alpha": 1.0}, "alpha"),
        ({"feedback": "implicit"}, "alpha"),
        ({"feedback": "graded"}, "unobserved_weight"),
        ({"solver": "lu"}, "solver"),
        ({"biases": True, "unobserved_weight": 0.1}, "biased_als"),
    ],
)
def test_settings_without_a_meaning_are_refused(change, hint):
    with pytest.raises(ReelhouseError, match=hint):
        replace(EXPLICIT, **change)
