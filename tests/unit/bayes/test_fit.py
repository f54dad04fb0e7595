"""Whole fits: predictions, intervals, factors, refusals."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from benchmarks.damped_bias import damped_bias_factors
from reelhouse.als import LocalRatings
from reelhouse.bayes import Priors, Settings, sample_mf
from reelhouse.errors import ReelhouseError
from reelhouse.paths import DATA

SETTINGS = Settings(factors=4, sweeps=120, burn_in=20)
STRANGER = 10_000


@pytest.fixture(scope="module")
def slice_of_movielens():
    """Return train and test rows (user, movie, rating) of 5,000 ratings by 100 users."""
    rows = np.loadtxt(DATA / "ml-100k" / "u.data", dtype=np.int64)[:, :3]
    rows = rows[rows[:, 0] <= 100][:5000]
    held_out = np.random.default_rng(0).random(len(rows)) < 0.2
    return rows[~held_out], rows[held_out]


def pack(rows, threads=1):
    return LocalRatings(rows[:, 0], rows[:, 1], rows[:, 2].astype(float), threads=threads)


@pytest.fixture(scope="module")
def posterior(slice_of_movielens):
    train, test = slice_of_movielens
    return sample_mf(pack(train), SETTINGS, seed=1, held_out=(test[:, 0], test[:, 1]))


def rmse(predicted, test):
    return np.sqrt(np.mean((np.clip(predicted, 1, 5) - test[:, 2]) ** 2))


def test_predictions_are_better_than_damped_biases(slice_of_movielens, posterior):
    train, test = slice_of_movielens
    size = train[:, :2].max(axis=0) + 1
    size = np.maximum(size, test[:, :2].max(axis=0) + 1)
    users, movies = damped_bias_factors(csr_matrix((train[:, 2], train[:, :2].T), size), 4)
    damped = np.einsum("ij,ij->i", users[test[:, 0]], movies[test[:, 1]])
    assert rmse(posterior.predictions, test) < 0.99 * rmse(damped, test)


def test_intervals_cover_their_share_of_the_held_out_ratings(slice_of_movielens, posterior):
    _, test = slice_of_movielens
    error = np.abs(posterior.predictions - test[:, 2]) / posterior.stddevs
    assert np.mean(error < 1.2816) == pytest.approx(0.8, abs=0.05)
    assert np.mean(error < 1.96) == pytest.approx(0.95, abs=0.03)


def test_the_dot_product_of_the_factors_is_the_prediction(slice_of_movielens, posterior):
    _, test = slice_of_movielens
    known = np.isin(test[:, 1], posterior.ids["movie"]) & np.isin(test[:, 0], posterior.ids["user"])
    users, movies = (
        posterior.factors[side][np.searchsorted(posterior.ids[side], test[known, column])]
        for column, side in enumerate(("user", "movie"))
    )
    scores = posterior.mean + np.einsum("ij,ij->i", users, movies)
    assert np.abs(scores - posterior.predictions[known]).mean() < 0.03


def test_all_factors_that_a_chain_can_have_give_exactly_its_average(slice_of_movielens):
    train, _ = slice_of_movielens
    pairs = train[:500, 0], train[:500, 1]
    settings = Settings(factors=2, sweeps=12, burn_in=2, mean_factors=20)
    fitted = sample_mf(pack(train), settings, seed=1, held_out=pairs)
    users, movies = (
        fitted.factors[side][np.searchsorted(fitted.ids[side], ids)]
        for side, ids in zip(("user", "movie"), pairs, strict=True)
    )
    scores = fitted.mean + np.einsum("ij,ij->i", users, movies)
    assert scores == pytest.approx(fitted.predictions, abs=1e-3)


def test_one_and_two_threads_give_the_same_bits(slice_of_movielens):
    train, test = slice_of_movielens
    pairs = test[:, 0], test[:, 1]
    settings = replace(SETTINGS, sweeps=6, burn_in=2, factors=9)
    one, two, again = (
        sample_mf(pack(train, threads), settings, seed=7, held_out=pairs) for threads in (1, 2, 1)
    )
    for other in (two, again):
        assert one.predictions.tobytes() == other.predictions.tobytes()
        assert one.stddevs.tobytes() == other.stddevs.tobytes()
        for side, factors in one.factors.items():
            assert factors.tobytes() == other.factors[side].tobytes()
    changed = sample_mf(pack(train), settings, seed=8, held_out=pairs)
    assert not np.allclose(one.predictions, changed.predictions)


def test_held_out_pairs_do_not_change_the_fit(slice_of_movielens):
    train, test = slice_of_movielens
    settings = replace(SETTINGS, sweeps=6, burn_in=2)
    alone = sample_mf(pack(train), settings, seed=1)
    beside = sample_mf(pack(train), settings, seed=1, held_out=(test[:, 0], test[:, 1]))
    assert not len(alone.predictions)
    for side, factors in alone.factors.items():
        assert factors.tobytes() == beside.factors[side].tobytes()


@pytest.fixture(scope="module")
def folded_in(slice_of_movielens):
    """Return a fit without every fifth user, all of whom are folded in."""
    train, test = slice_of_movielens
    is_new = train[:, 0] % 5 == 0
    return sample_mf(
        pack(train[~is_new]), SETTINGS, seed=1, held_out=(test[:, 0], test[:, 1]),
        folded_in=(train[is_new, 0], train[is_new, 1], train[is_new, 2]),
    )  # fmt: skip


def test_a_folded_in_user_is_predicted_almost_as_in_a_fit(slice_of_movielens, posterior, folded_in):
    train, test = slice_of_movielens
    is_new = test[:, 0] % 5 == 0
    error = rmse(folded_in.predictions[is_new], test[is_new])
    assert error < 1.05 * rmse(posterior.predictions[is_new], test[is_new])
    alone = sample_mf(
        pack(train[train[:, 0] % 5 != 0]), SETTINGS, seed=1, held_out=(test[:, 0], test[:, 1])
    )
    assert error < 0.97 * rmse(alone.predictions[is_new], test[is_new])
    # Folding in changes nothing else.
    assert alone.predictions[~is_new].tobytes() == folded_in.predictions[~is_new].tobytes()
    for side, factors in alone.factors.items():
        assert factors.tobytes() == folded_in.factors[side].tobytes()


def test_the_dot_product_with_a_folded_in_user_is_the_prediction(slice_of_movielens, folded_in):
    _, test = slice_of_movielens
    ids, factors = folded_in.folded_in
    known = np.isin(test[:, 0], ids) & np.isin(test[:, 1], folded_in.ids["movie"])
    assert known.sum() > 100
    users = factors[np.searchsorted(ids, test[known, 0])]
    movies = folded_in.factors["movie"][np.searchsorted(folded_in.ids["movie"], test[known, 1])]
    scores = folded_in.mean + np.einsum("ij,ij->i", users, movies)
    assert np.abs(scores - folded_in.predictions[known]).mean() < 0.03


def test_a_user_who_rated_no_movie_of_the_fit_is_not_folded_in(slice_of_movielens):
    train, _ = slice_of_movielens
    new = np.array([STRANGER, STRANGER + 1]), np.array([train[0, 1], STRANGER]), np.ones(2)
    settings = replace(SETTINGS, sweeps=3, burn_in=1)
    ids, factors = sample_mf(pack(train), settings, seed=1, folded_in=new).folded_in
    assert ids.tolist() == [STRANGER] and len(factors) == 1


def test_a_stranger_gets_the_average_and_a_wider_interval(slice_of_movielens):
    train, _ = slice_of_movielens
    known = np.unique(train[:, 0])
    users, popular = np.append(known, STRANGER), np.bincount(train[:, 1]).argmax()
    pairs = users, np.full(len(users), popular)
    fitted = sample_mf(pack(train), SETTINGS, seed=1, held_out=pairs)
    *others, stranger = fitted.predictions
    assert stranger == pytest.approx(np.mean(others), abs=0.4)
    assert fitted.stddevs[-1] > np.mean(fitted.stddevs[:-1])


def test_ratings_on_another_scale_have_predictions_on_that_scale(slice_of_movielens):
    train, test = slice_of_movielens
    pairs = test[:, 0], test[:, 1]
    settings = replace(SETTINGS, sweeps=6, burn_in=2)
    times_16 = np.column_stack([train[:, :2], 16 * train[:, 2]])
    one = sample_mf(pack(train), settings, seed=1, held_out=pairs)
    scaled = sample_mf(pack(times_16), settings, seed=1, held_out=pairs)
    assert scaled.predictions == pytest.approx(16 * one.predictions, rel=1e-4)
    assert scaled.stddevs == pytest.approx(16 * one.stddevs, rel=1e-4)
    assert scaled.sweeps[-1].noise == pytest.approx(16 * one.sweeps[-1].noise, rel=1e-4)


def test_equal_ratings_are_predicted():
    users, movies = np.nonzero(np.ones((6, 5)))
    packed = LocalRatings(users, movies, np.full(30, 4.0))
    fitted = sample_mf(packed, Settings(factors=2, sweeps=200), seed=1, held_out=(users, movies))
    assert fitted.predictions == pytest.approx(np.full(30, 4.0), abs=0.2)


@pytest.mark.parametrize(
    ("values", "message"),
    [([], "there is no rating to fit"), ([4.0, np.nan], "a rating to fit is not a finite number")],
)
def test_ratings_that_cannot_be_fitted_are_refused(values, message):
    ids = np.arange(len(values))
    with pytest.raises(ReelhouseError, match=message):
        sample_mf(LocalRatings(ids, ids, np.array(values)), SETTINGS, seed=1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"factors": 0}, "factors is 0: set it to 1 or more"),
        ({"factors": np.nan}, "factors is nan: set it to 1 or more"),
        ({"sweeps": 0}, "sweeps is 0: set it to 1 or more"),
        ({"burn_in": -1}, "burn_in is -1: set it to 0 or more"),
        ({"burn_in": 120}, r"burn_in is 120: set it below sweeps \(120\)"),
        ({"over_relaxation": 1.0}, "over_relaxation is 1.0: set it to 0 or more, below 1"),
        ({"mean_factors": 0}, "mean_factors is 0: set it to 1 or more"),
    ],
)
def test_invalid_settings_are_refused(changes, message):
    with pytest.raises(ReelhouseError, match=message):
        replace(SETTINGS, **changes)


def test_a_prior_that_is_no_distribution_is_refused():
    with pytest.raises(ReelhouseError, match="noise_rate is 0: set it above 0"):
        Priors(noise_rate=0)
    with pytest.raises(ReelhouseError, match="spread_degrees is 2: set it above 2"):
        Priors(spread_degrees=2)
