"""Steps of the sampler: rows, bags, and independence of the number of threads."""

import numpy as np
import pytest

from reelhouse.als import LocalRatings
from reelhouse.als import Settings as AlsSettings
from reelhouse.als.biases import other_side
from reelhouse.als.half_steps import half_step
from reelhouse.bayes import Settings
from reelhouse.bayes.bags import bag_sums, redraw_vectors
from reelhouse.bayes.priors import BagPrior, RowPrior
from reelhouse.bayes.sampler import SIDES, Sampler

USERS, MOVIES, REG = 30, 200, 0.3


@pytest.fixture
def packed():
    """Ratings of 30 users and 200 movies; one user has rated more than a buffer of movies."""
    random = np.random.default_rng(1)
    rated = random.random((USERS, MOVIES)) < 0.1
    rated[0] = rated[:, 0] = True
    users, movies = np.nonzero(rated)
    return LocalRatings(users, movies, random.normal(size=len(users)))


@pytest.mark.parametrize("factors", [1, 3, 8, 12])
@pytest.mark.parametrize("side", SIDES)
def test_without_draws_and_bags_the_rows_are_those_of_als(packed, side, factors):
    sampler = Sampler(packed.csr, Settings(factors=factors, bags=False), seed=1)
    state, fixed = sampler.sides[side], sampler.sides[other_side(side)].rows
    fixed *= 3
    state.row_prior = RowPrior(np.zeros(factors + 1), REG * np.eye(factors + 1))
    sampler.draw_rows(side, mean=True)

    als = AlsSettings(
        factors=factors, reg=REG, reg_exponent=0, iterations=1,
        feedback="explicit", biases=True, solver="cholesky",
    )  # fmt: skip
    start = np.zeros_like(state.rows)
    solved, _ = packed.solve(side, half_step(als, fixed, packed.counts[side], start))
    assert state.rows == pytest.approx(solved, rel=1e-4, abs=1e-5)


def test_the_mean_of_a_row_weighs_its_ratings_by_their_noise(packed):
    sampler = Sampler(packed.csr, Settings(factors=2), seed=1)
    random = np.random.default_rng(2)
    user, movie = sampler.sides["user"], sampler.sides["movie"]
    user.noise, movie.noise = (random.random(n).astype(np.float32) for n in (USERS, MOVIES))
    user.bags = random.normal(size=user.bags.shape).astype(np.float32)
    precision = np.array([[2.0, 0.5, 0.1], [0.5, 1.0, 0.2], [0.1, 0.2, 3.0]])
    user.row_prior = RowPrior(np.array([0.3, -0.2, 0.1]), precision)
    sampler.noise = 1.7
    sampler.draw_rows("user", mean=True)
    for row in range(USERS):
        columns, values = user.csr.slice_rows(row, row + 1)[1:]
        y = movie.rows[columns].astype(float)
        targets, y[:, 0] = values - y[:, 0], 1
        w = 1.7 * user.noise[row] * movie.noise[columns]
        right = precision @ (user.row_prior.mean + user.bags[row]) + (w * targets) @ y
        exact = np.linalg.solve(precision + (y.T * w) @ y, right)
        assert user.rows[row] == pytest.approx(exact, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("over_relaxation", [0.0, 0.8])
def test_draws_of_rows_have_the_covariance_of_the_posterior(packed, over_relaxation):
    settings = Settings(factors=1, burn_in=0, bags=False, over_relaxation=over_relaxation)
    sampler = Sampler(packed.csr, settings, seed=1)
    movie = sampler.sides["movie"]
    movie.rows *= 3
    drawn = []
    for sampler.sweeps in range(4000):
        sampler.draw_rows("user")
        drawn.append(sampler.sides["user"].rows[3].copy())
    y = movie.rows[packed.csr["user"].slice_rows(3, 4).columns].astype(float)
    y[:, 0] = 1
    exact = np.linalg.inv(np.eye(2) + y.T @ y)
    assert np.cov(np.array(drawn).T) == pytest.approx(exact, rel=0.1, abs=0.1 * exact.max())


def test_means_of_bag_vectors_converge_to_the_dense_solution(packed):
    random = np.random.default_rng(3)
    sampler = Sampler(packed.csr, Settings(factors=2), seed=1)
    state, members = sampler.sides["user"], packed.csr["movie"]
    precision = np.array([[2.0, 0.5, 0.1], [0.5, 1.0, 0.2], [0.1, 0.2, 3.0]])
    row_prior = RowPrior(np.array([0.3, -0.2, 0.1]), precision)
    bag_prior = BagPrior(np.array([0.1, 0.0, -0.1]), np.array([0.5, 2.0, 1.0]))
    rows = random.normal(size=(USERS, 3)).astype(np.float32)
    vectors, bags = state.vectors, state.bags
    for _ in range(300):
        vectors = redraw_vectors(
            members, state.weights, rows - bags, row_prior, bag_prior, vectors,
            0.0, np.zeros_like(vectors), map,
        )  # fmt: skip
        bags = bag_sums(state.csr, state.weights, vectors)

    incidence = np.zeros((USERS, MOVIES))
    for user in range(USERS):
        rated = packed.csr["user"].slice_rows(user, user + 1).columns
        incidence[user, rated] = 1 / np.sqrt(len(rated))
    assert bags == pytest.approx(incidence @ vectors, abs=1e-4)
    # The log density of all vectors together is quadratic; its maximum solves a linear system.
    system = np.kron(incidence.T @ incidence, precision) + np.kron(
        np.eye(MOVIES), np.diag(bag_prior.precision)
    )
    right = incidence.T @ (rows - row_prior.mean) @ precision + bag_prior.mean * bag_prior.precision
    exact = np.linalg.solve(system, right.ravel()).reshape(MOVIES, 3)
    assert vectors == pytest.approx(exact, abs=2e-3)
