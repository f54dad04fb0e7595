"""Simulation-based calibration: the sampler draws from the posterior of its model.

Talts et al. 2018, "Validating Bayesian Inference Algorithms with Simulation-Based Calibration". The
truth is drawn from the priors and the ratings from the truth. Among draws from the posterior, every
rank of the truth is then equally likely. The truth itself is a draw from the posterior, so the
chain starts there and needs no burn-in.
"""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chisquare

from reelhouse.bayes import Settings
from tests.unit.bayes.drawn import NARROW, drawn_sampler, scores

# The draws are far enough apart to be almost independent.
DATA_SETS, DRAWS, THINNING = 108, 5, 10
WITH_OWN_NOISE = Settings(factors=1, burn_in=0, over_relaxation=0.5, priors=NARROW)
WITH_BAGS = replace(WITH_OWN_NOISE, own_noise=False)
WITHOUT_BAGS = replace(WITH_BAGS, bags=False)


def statistics(sampler):
    """Return what is ranked: parameters of every kind, and functions of them."""
    user, movie = sampler.sides["user"], sampler.sides["movie"]
    score = scores(sampler)
    found = {
        "noise": sampler.noise,
        "score of a pair": score[0, 0],
        "score of another pair": score[8, 6],
        "mean square of scores": np.mean(score**2),
        "bias of a user": user.rows[0, 0],
        "mean bias of the movies": movie.row_prior.mean[0],
        "precision of the users": user.row_prior.precision[1, 1],
        "precision of the movies": movie.row_prior.precision[0, 0],
    }
    if sampler.settings.bags:
        found |= {
            "precision of user bags": user.bag_prior.precision[0],
            "precision of movie bags": movie.bag_prior.precision[1],
            "mean of user bags": user.bag_prior.mean[0],
            "bag of a user": user.bags[0, 0],
            "bag vectors": np.mean(movie.vectors**2),
        }
    if sampler.settings.own_noise:
        found |= {"noise of a user": user.noise[0], "noise of a movie": movie.noise[0]}
    return found


def p_values(settings):
    """Return, for each statistic, the p-value of the hypothesis that ranks are uniform."""
    ranks = {}
    for number in range(DATA_SETS):
        random = np.random.default_rng(number)
        sampler = drawn_sampler(random, settings, seed=number)
        truth = statistics(sampler)
        below = dict.fromkeys(truth, 0)
        for _ in range(DRAWS):
            for _ in range(THINNING):
                sampler.sweep()
            for name, value in statistics(sampler).items():
                below[name] += value < truth[name]
        for name, rank in below.items():
            ranks.setdefault(name, []).append(rank)
    return {
        name: chisquare(np.bincount(values, minlength=DRAWS + 1)).pvalue
        for name, values in ranks.items()
    }


@pytest.mark.parametrize(
    "settings", [WITHOUT_BAGS, WITH_BAGS, WITH_OWN_NOISE], ids=["rows", "bags", "own noise"]
)
def test_ranks_of_the_truth_are_uniform(settings):
    found = p_values(settings)
    assert min(found.values()) > 1e-3, found


def test_a_noise_precision_that_is_twice_too_high_is_found(monkeypatch):
    from reelhouse.bayes import sampler

    exact = sampler.draw_noise
    monkeypatch.setattr(sampler, "draw_noise", lambda *arguments: 2 * exact(*arguments))
    assert p_values(WITHOUT_BAGS)["noise"] < 1e-6
