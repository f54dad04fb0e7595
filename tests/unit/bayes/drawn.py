"""Parameters drawn from the priors of the model, and ratings drawn given the parameters."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from reelhouse.als.csr import csr_of_both_sides
from reelhouse.bayes import Priors, Settings
from reelhouse.bayes.bags import bag_sums
from reelhouse.bayes.priors import draw_bag_prior, draw_noise, draw_own_noise, draw_row_prior
from reelhouse.bayes.sampler import SIDES, Sampler

COUNTS = {"user": 9, "movie": 7}
# Narrow priors: with those of a fit, most drawn data sets have hardly any signal or any noise. Bags
# vary less than own rows, so that the chain forgets its start quickly.
NARROW = Priors(row_degrees=4.0, bag_shape=12.0, bag_rate=2.0, noise_shape=6.0, noise_rate=3.0)


def drawn_sampler(random: Generator, settings: Settings, seed: int) -> Sampler:
    """Return a chain whose state is the truth: parameters from the priors, and ratings from them.

    Of the pairs of users and movies, about 60 % have a rating.
    """
    rated = random.random(tuple(COUNTS.values())) < 0.6
    rated[:, 0] = rated[0] = True
    users, movies = (positions.astype(np.int32) for positions in np.nonzero(rated))
    values = np.zeros(len(users), np.float32)
    by_user, by_movie = csr_of_both_sides(users, movies, values, *COUNTS.values())
    sampler = Sampler({"user": by_user, "movie": by_movie}, settings, seed=seed)
    for side in SIDES:
        _draw_side(random, sampler, side)
    sampler.noise = draw_noise(random, settings.priors, 0, 0.0)
    variances = 1 / (sampler.noise * np.outer(*(sampler.sides[side].noise for side in COUNTS)))
    ratings = scores(sampler) + random.standard_normal(rated.shape) * np.sqrt(variances)
    # Both are in the order of the observations: by user, and by movie.
    by_user.values[:] = ratings[rated]
    by_movie.values[:] = ratings.T[rated.T]
    return sampler


def scores(sampler: Sampler) -> np.ndarray:
    """Return the scores (users, movies) of the state of a chain."""
    u, m = sampler.sides["user"].rows, sampler.sides["movie"].rows
    return u[:, :1] + m[:, 0] + u[:, 1:] @ m[:, 1:].T


def _draw_side(random, sampler, side):
    state, settings, width = sampler.sides[side], sampler.settings, sampler.settings.width
    nothing = np.zeros((0, width), np.float32)
    state.row_prior = draw_row_prior(random, settings.priors, nothing)
    covariance = np.linalg.inv(state.row_prior.precision)
    own = random.multivariate_normal(state.row_prior.mean, covariance, COUNTS[side])
    if settings.bags:
        state.bag_prior = draw_bag_prior(random, settings.priors, nothing)
        deviations = random.standard_normal(state.vectors.shape) / np.sqrt(
            state.bag_prior.precision
        )
        state.vectors = (state.bag_prior.mean + deviations).astype(np.float32)
        state.bags = bag_sums(state.csr, state.weights, state.vectors)
    state.rows = own.astype(np.float32) + state.bags
    if settings.own_noise:
        none = np.zeros(COUNTS[side])
        drawn = draw_own_noise(random, settings.priors, none, none)
        state.noise = drawn.astype(np.float32)
