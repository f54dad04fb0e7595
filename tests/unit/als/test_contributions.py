"""The contributions of a user's ratings add up to the scores of a fit."""

from dataclasses import replace

import numpy as np
import pytest

from reelhouse.als import LocalRatings, Settings, fit_packed
from reelhouse.als.contributions import movie_side, rating_contributions, user_scores

EXPLICIT = Settings(factors=4, reg=0.01, iterations=10, feedback="explicit")
HU = Settings(factors=4, reg=0.1, iterations=10, feedback="implicit", alpha=10.0)
RENDLE = replace(HU, alpha=None, unobserved_weight=0.1, reg_exponent=0.5)
GRADED = replace(RENDLE, feedback="graded")
BIASED = replace(EXPLICIT, biases=True, reg_exponent=0.5)


@pytest.mark.parametrize("settings", [EXPLICIT, HU, RENDLE, GRADED, BIASED])
def test_contributions_and_the_bias_of_the_movie_add_up_to_the_score(settings):
    rng = np.random.default_rng(1)
    users, movies = np.nonzero(rng.random((60, 40)) < 0.5)
    values = rng.random(len(users)) + 0.1
    fitted = fit_packed(LocalRatings(users, movies, values), settings, seed=1)
    side = movie_side(settings, fitted.factors["movie"])
    every = np.arange(40, dtype=np.int32)
    for user in (0, 59):
        mine = users == user
        rated = movies[mine].astype(np.int32)
        added = rating_contributions(side, rated, values[mine].astype(np.float32), every)
        assert added.shape == (mine.sum(), 40)
        scores = fitted.factors["movie"] @ fitted.factors["user"][user]
        expected = scores - side.biases if settings.biases else scores
        assert added.sum(axis=0) == pytest.approx(expected, rel=1e-4, abs=1e-5)
        folded_in = user_scores(side, rated, values[mine].astype(np.float32))
        assert folded_in == pytest.approx(scores, rel=1e-4, abs=1e-5)


def test_a_similar_movie_contributes_more():
    """Movies 0 and 1 have the same direction; movie 2 is orthogonal to both."""
    factors = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0]], np.float32)
    side = movie_side(replace(EXPLICIT, factors=2), factors)
    rated, values = np.array([0, 2], np.int32), np.array([4.0, 5.0], np.float32)
    added = rating_contributions(side, rated, values, np.array([1], np.int32))
    # The equations are (1 + 0.02) u = (4, 5), so that the score is 2 · 4 / 1.02.
    assert added[:, 0] == pytest.approx([8 / 1.02, 0.0])
